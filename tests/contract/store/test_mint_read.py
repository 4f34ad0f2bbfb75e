"""The mint's one read: what it brings, and that it is the revocation check."""

# ruff: noqa: ANN001, ANN201, ANN202 - fixtures are told apart by name; ids of cases are upper case

import asyncio

import msgspec
import pytest
from rows_of_tests import (
    HOUR,
    NOW,
    a_membership,
    a_role,
    a_secret_key,
    a_session,
    a_template,
    a_user,
    an_instance,
    an_organization,
    fill,
)
from sqlalchemy import text

from claimsmith_server.core.instance_settings import InstanceSettings, SessionSettings
from claimsmith_server.store import organizations, roles
from claimsmith_server.store.errors import CorruptRow, UnknownSecretKey
from claimsmith_server.store.instances import delete_instance, insert_instance, load_instance, update_settings
from claimsmith_server.store.jwt_templates import insert_jwt_template, update_jwt_template
from claimsmith_server.store.mint import PERSONAL, load_mint_context
from claimsmith_server.store.secret_keys import insert_secret_key, revoke_secret_key
from claimsmith_server.store.session_claims import publish_session_claims
from claimsmith_server.store.sessions import end_session, insert_session, touch_session
from claimsmith_server.store.users import delete_user, insert_user, load_user, merge_user_metadata, update_user


async def join_organization(db):
    await organizations.insert_organization(db, an_organization())
    await roles.insert_role(db, a_role())
    await organizations.insert_membership(db, a_membership())
    await touch_session(db, "ins_a", "sess_s", now=NOW, abandon_at=NOW + HOUR, organization_id="org_o")


def test_it_brings_user_session_and_settings_in_one_row(db, run):
    async def story():
        user = a_user(
            "u",
            emails=("U@Example.com", "second@example.com"),
            phones=("+15550001111",),
            username="Ada",
            first_name="Ada",
            last_name="Lovelace",
            external_id="ext1",
            has_image=True,
            two_factor_enabled=True,
            last_sign_in_at=NOW - 5,
            public_metadata={"plan": "pro", "n": 1.0, "deep": {"a": [1, None]}},
            unsafe_metadata={"theme": "dark"},
            private_metadata={"canary": "never in a token"},
            password_digest="canary-digest",
        )
        await fill(db, user=user, session=a_session(actor={"sub": "user_admin"}))
        row = await load_mint_context(db, "sess_s", instance_id="ins_a")
        assert row is not None
        told = msgspec.to_builtins(row.context)
        assert told["user"] == {
            "id": "user_u",
            "external_id": "ext1",
            "username": "Ada",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "primary_email_address": "U@Example.com",
            "email_verified": True,
            "primary_phone_number": "+15550001111",
            "phone_number_verified": True,
            "primary_web3_wallet": None,
            "image_url": "https://img.example/u.png",
            "has_image": True,
            "two_factor_enabled": True,
            "created_at": NOW,
            "updated_at": NOW,
            "last_sign_in_at": NOW - 5,
            "public_metadata": {"plan": "pro", "n": 1.0, "deep": {"a": [1, None]}},
            "unsafe_metadata": {"theme": "dark"},
            "organizations": None,
        }
        assert told["session"] == {
            "id": "sess_s",
            "status": "active",
            "actor": {"sub": "user_admin"},
            "first_factor_verified_at": NOW,
            "second_factor_verified_at": None,
            "created_at": NOW,
        }
        assert told["organization"] is None
        assert told["membership"] is None
        assert row.status_at(NOW) == "active"
        assert (row.user_banned, row.user_locked) == (False, False)
        assert (row.instance_id, row.environment, row.frontend_api) == (
            "ins_a",
            "development",
            "a.clerk.accounts.dev",
        )
        assert (row.active_kid, row.config_version, row.session_claims_version) == ("ins_key1", 1, 0)
        assert (row.client_id, row.expire_at, row.abandon_at, row.last_active_at) == (
            "client_c",
            NOW + 24 * HOUR,
            NOW + 48 * HOUR,
            NOW,
        )
        assert row.settings == InstanceSettings()
        assert type(row.context.user.has_image) is bool
        assert "canary" not in repr(row)

    run(story())


def test_it_brings_the_active_organization_with_ordered_permissions(db, run):
    async def story():
        await fill(db)
        await join_organization(db)
        row = await load_mint_context(db, "sess_s", instance_id="ins_a")
        assert row is not None
        assert row.organization_id == "org_o"
        assert msgspec.to_builtins(row.context.organization) == {
            "id": "org_o",
            "name": "O",
            "slug": "o",
            "image_url": "https://img.example/o.png",
            "has_image": True,
            "public_metadata": {"tier": 2},
        }
        assert row.context.membership.permissions == ("org:z:last", "org:a:first")
        assert row.context.membership.role == "org:admin"
        assert row.context.membership.public_metadata == {"seat": 7}
        assert "canary" not in repr(row)

    run(story())


def test_S_026_the_asked_organization_counts_and_a_foreign_one_is_seen_to_be_foreign(db, run):
    async def story():
        await fill(db)
        await join_organization(db)
        await organizations.insert_organization(db, an_organization("other"))
        asked = await load_mint_context(db, "sess_s", instance_id="ins_a", organization_id="org_other")
        assert (asked.organization_id, asked.context.organization) == ("org_other", None)
        personal = await load_mint_context(db, "sess_s", instance_id="ins_a", organization_id=PERSONAL)
        assert (personal.organization_id, personal.context.organization) == (None, None)

    run(story())


def test_organizations_of_the_user_come_when_asked_for_with_or_without_a_template(db, run):
    async def story():
        await fill(db)
        bare = await load_mint_context(db, "sess_s", instance_id="ins_a", with_organizations=True)
        assert bare.context.user.organizations == {}
        await join_organization(db)
        await organizations.insert_organization(db, an_organization("a"))
        await organizations.insert_membership(db, a_membership("org_a"))
        await insert_jwt_template(db, a_template())
        for name in (None, "t"):
            row = await load_mint_context(
                db, "sess_s", instance_id="ins_a", with_organizations=True, template_name=name
            )
            assert list(row.context.user.organizations.items()) == [("org_a", "org:admin"), ("org_o", "org:admin")]
            assert (row.template is None) == (name is None)

    run(story())


def test_a_template_comes_by_name_with_a_version_that_each_edit_raises(db, run):
    async def story():
        await fill(db)
        await insert_jwt_template(db, a_template(lifetime=90, custom_signing_key=True))
        row = await load_mint_context(db, "sess_s", instance_id="ins_a", template_name="t")
        assert row.template == ("jtmp_t", 1, 90, 5, True, "RS256")
        await update_jwt_template(db, "ins_a", "jtmp_t", {"claims": "{}"}, now=NOW)
        again = await load_mint_context(db, "sess_s", instance_id="ins_a", template_name="t")
        assert again.template.version == 2
        missing = await load_mint_context(db, "sess_s", instance_id="ins_a", template_name="T")
        assert missing.template is None

    run(story())


def test_Z_011_a_secret_key_finds_its_instance_until_it_is_revoked(db, run):
    async def story():
        await fill(db)
        key = a_secret_key()
        await insert_secret_key(db, key)
        row = await load_mint_context(db, "sess_s", secret_hash=key.hash)
        assert (row.instance_id, row.secret_key_id, row.secret_key_last_used_at) == ("ins_a", key.id, None)
        assert await load_mint_context(db, "sess_unknown", secret_hash=key.hash) is None
        with pytest.raises(UnknownSecretKey):
            await load_mint_context(db, "sess_s", secret_hash=b"another")
        assert await revoke_secret_key(db, "ins_a", key.id, now=NOW)
        with pytest.raises(UnknownSecretKey):
            await load_mint_context(db, "sess_s", secret_hash=key.hash)

    run(story())


def test_Z_001_a_session_is_found_only_in_its_own_instance(db, run):
    async def story():
        await fill(db)
        await insert_instance(db, an_instance("b"))
        assert await load_mint_context(db, "sess_s", instance_id="ins_b") is None
        key = a_secret_key("b", instance_id="ins_b")
        await insert_secret_key(db, key)
        assert await load_mint_context(db, "sess_s", secret_hash=key.hash) is None
        assert await load_mint_context(db, "sess_s", instance_id="ins_unknown") is None

    run(story())


def test_an_edit_of_settings_or_claims_is_seen_by_the_next_read(db, run):
    async def story():
        await fill(db)
        assert (
            await load_mint_context(db, "sess_s", instance_id="ins_a")
        ).settings.session.token_lifetime_seconds == 60
        longer = InstanceSettings(session=SessionSettings(token_lifetime_seconds=300))
        await update_settings(db, "ins_a", longer, expected_version=1, now=NOW)
        row = await load_mint_context(db, "sess_s", instance_id="ins_a")
        assert (row.settings, row.config_version) == (longer, 2)
        await publish_session_claims(db, "ins_a", "{}", reason=None, created_by="demo", expected_version=2, now=NOW)
        row = await load_mint_context(db, "sess_s", instance_id="ins_a")
        assert (row.session_claims_version, row.config_version) == (1, 3)

    run(story())


def test_S_016_after_a_revoke_no_read_sees_the_session_live(db, run):
    async def story():
        await fill(db)
        seen_live_after = []
        acknowledged = False

        async def mint():
            for _ in range(100):
                before = acknowledged
                row = await load_mint_context(db, "sess_s", instance_id="ins_a")
                if before and row.status_at(NOW) == "active":
                    seen_live_after.append(row)
                await asyncio.sleep(0)

        async def revoke():
            nonlocal acknowledged
            await asyncio.sleep(0.005)
            assert await end_session(db, "ins_a", "sess_s", "revoked", now=NOW) is not None
            acknowledged = True

        await asyncio.gather(mint(), mint(), mint(), revoke())
        assert not seen_live_after
        assert (await load_mint_context(db, "sess_s", instance_id="ins_a")).status_at(NOW) == "revoked"

    run(story())


def test_S_018_banned_and_locked_users_are_seen_by_the_next_read(db, run):
    async def story():
        await fill(db)
        await update_user(db, "ins_a", "user_u", {"banned": True}, now=NOW)
        assert (await load_mint_context(db, "sess_s", instance_id="ins_a")).user_banned
        await update_user(db, "ins_a", "user_u", {"banned": False, "locked": True}, now=NOW)
        row = await load_mint_context(db, "sess_s", instance_id="ins_a")
        assert (row.user_banned, row.user_locked) == (False, True)

    run(story())


def test_S_018_a_deleted_user_leaves_nothing_that_can_mint(db, run):
    async def story():
        await fill(db)
        await join_organization(db)
        assert await delete_user(db, "ins_a", "user_u")
        assert await load_mint_context(db, "sess_s", instance_id="ins_a") is None
        for table in ("sessions", "email_addresses", "phone_numbers", "organization_memberships"):
            assert await db.all(text(f"SELECT 1 FROM {table}")) == []  # noqa: S608 - tables of ours
        assert not await delete_user(db, "ins_a", "user_u")

    run(story())


def test_S_018_a_deleted_organization_or_membership_is_in_no_later_mint(db, run):
    async def story():
        await fill(db)
        await join_organization(db)
        assert await organizations.delete_membership(db, "ins_a", "org_o", "user_u")
        row = await load_mint_context(db, "sess_s", instance_id="ins_a")
        assert (row.organization_id, row.context.organization, row.context.membership) == (None, None, None)
        await organizations.insert_membership(db, a_membership())
        await touch_session(db, "ins_a", "sess_s", now=NOW, abandon_at=NOW + HOUR, organization_id="org_o")
        assert (await load_mint_context(db, "sess_s", instance_id="ins_a")).context.organization is not None
        assert await organizations.delete_organization(db, "ins_a", "org_o")
        row = await load_mint_context(db, "sess_s", instance_id="ins_a")
        assert (row.organization_id, row.context.organization) == (None, None)

    run(story())


def test_S_018_a_deleted_instance_takes_everything_with_it(db, run):
    async def story():
        await fill(db)
        await join_organization(db)
        assert await delete_instance(db, "ins_a")
        assert await load_mint_context(db, "sess_s", instance_id="ins_a") is None
        for table in ("users", "clients", "sessions", "roles", "organizations", "signing_keys"):
            assert await db.all(text(f"SELECT 1 FROM {table}")) == []  # noqa: S608 - tables of ours

    run(story())


def test_Z_012_settings_that_cannot_be_read_refuse_the_mint_and_leave_others_alone(db, run):
    async def story():
        await fill(db)
        await db.run(text('UPDATE instances SET settings = \'{"session": {"size_policy": "maybe"}}\''))
        with pytest.raises(CorruptRow):
            await load_mint_context(db, "sess_s", instance_id="ins_a")
        with pytest.raises(CorruptRow):
            await load_instance(db, "ins_a")

    run(story())


def test_the_primary_email_address_of_somebody_else_is_never_told(db, run):
    async def story():
        await fill(db)
        await insert_user(db, a_user("v", emails=("v@example.com",)))
        await update_user(db, "ins_a", "user_u", {"primary_email_address_id": "idn_user_v_v@example.com"}, now=NOW)
        row = await load_mint_context(db, "sess_s", instance_id="ins_a")
        assert (row.context.user.primary_email_address, row.context.user.email_verified) == (None, False)

    run(story())


def test_a_thousand_reads_leave_no_transaction_open(db, run):
    async def story():
        await fill(db)
        await insert_session(db, a_session("t"))
        for _ in range(300):
            await load_mint_context(db, "sess_s", instance_id="ins_a")
        await merge_user_metadata(db, "ins_a", "user_u", {"public_metadata": {"seen": True}}, now=NOW)
        row = await load_mint_context(db, "sess_t", instance_id="ins_a")
        assert row.context.user.public_metadata == {"seen": True}
        assert (await load_user(db, "ins_a", "user_u")).public_metadata == {"seen": True}

    run(story())
