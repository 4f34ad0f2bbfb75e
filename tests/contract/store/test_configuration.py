"""Instances, keys, templates, session claims, roles, audit and outbox."""

# ruff: noqa: ANN001, ANN201, ANN202 - fixtures are told apart by name; ids of cases are upper case

import asyncio

import pytest
from rows_of_tests import (
    NOW,
    STAMPS,
    a_membership,
    a_role,
    a_secret_key,
    a_signing_key,
    a_template,
    an_instance,
    an_organization,
    fill,
)

from claimsmith_server.core.instance_settings import InstanceSettings, SessionSettings
from claimsmith_server.core.models import AuditEvent, OutboxMessage, Permission
from claimsmith_server.store import organizations, roles
from claimsmith_server.store.audit import insert_audit_event, list_audit_events
from claimsmith_server.store.errors import ForeignKeyViolation, UniqueViolation, VersionConflict
from claimsmith_server.store.instances import (
    delete_instance,
    insert_instance,
    list_instances,
    load_first_instance,
    load_instance,
    load_instance_by_slug,
    update_settings,
)
from claimsmith_server.store.jwt_templates import (
    count_jwt_templates,
    delete_jwt_template,
    insert_jwt_template,
    list_jwt_templates,
    load_jwt_template,
    load_jwt_template_by_name,
    update_jwt_template,
)
from claimsmith_server.store.outbox import finish_message, insert_outbox_message, load_due_messages
from claimsmith_server.store.secret_keys import (
    insert_secret_key,
    list_secret_keys,
    load_instance_by_secret,
    revoke_secret_key,
    touch_secret_key,
)
from claimsmith_server.store.session_claims import (
    list_session_claims,
    load_live_session_claims,
    load_session_claims,
    publish_session_claims,
)
from claimsmith_server.store.signing_keys import (
    activate_signing_key,
    insert_signing_key,
    list_signing_keys,
    load_active_signing_key,
    load_signing_key,
    set_signing_key_status,
)

MINUTE = 60_000
LONGER = InstanceSettings(
    session=SessionSettings(token_lifetime_seconds=300, claims_priority=("b", "a")), allowed_origins=("https://x.test",)
)


def test_an_instance_comes_back_by_id_by_slug_and_as_the_first(db, run):
    async def story():
        assert await load_first_instance(db) is None
        first = an_instance("b", settings=LONGER)
        await insert_instance(db, first)
        await insert_instance(db, an_instance("a", created_at=NOW + 1))
        assert await load_instance(db, "ins_b") == first
        assert await load_instance_by_slug(db, "b") == first
        assert await load_first_instance(db) == first
        assert [instance.slug for instance in await list_instances(db)] == ["b", "a"]
        assert await load_instance(db, "ins_x") is None
        assert await load_instance_by_slug(db, "x") is None
        with pytest.raises(UniqueViolation) as taken:
            await insert_instance(db, an_instance("c", slug="b"))
        assert taken.value.field == "slug"

    run(story())


def test_settings_change_only_from_the_version_that_was_read(db, run):
    async def story():
        await insert_instance(db, an_instance())
        changed = await update_settings(db, "ins_a", LONGER, expected_version=1, now=NOW + 1)
        assert (changed.config_version, changed.settings, changed.updated_at) == (2, LONGER, NOW + 1)
        assert await load_instance(db, "ins_a") == changed
        with pytest.raises(VersionConflict) as conflict:
            await update_settings(db, "ins_a", InstanceSettings(), expected_version=1, now=NOW)
        assert (conflict.value.expected, conflict.value.actual) == (1, 2)
        with pytest.raises(VersionConflict):
            await update_settings(db, "ins_x", LONGER, expected_version=1, now=NOW)

    run(story())


def test_of_twenty_publications_at_once_one_is_stored(db, run):
    async def story():
        await insert_instance(db, an_instance())
        assert await load_live_session_claims(db, "ins_a") is None
        tried = [
            publish_session_claims(
                db, "ins_a", f'{{"n": {n}}}', reason="why", created_by="demo", expected_version=1, now=NOW
            )
            for n in range(20)
        ]
        outcomes = await asyncio.gather(*tried, return_exceptions=True)
        stored = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
        assert len(stored) == 1
        assert {type(outcome) for outcome in outcomes if isinstance(outcome, Exception)} == {VersionConflict}
        assert await load_live_session_claims(db, "ins_a") == stored[0]
        instance = await load_instance(db, "ins_a")
        assert (instance.config_version, instance.session_claims_version) == (2, 1)

    run(story())


def test_session_claims_keep_all_versions_and_their_text_to_the_byte(db, run):
    async def story():
        await insert_instance(db, an_instance())
        texts = ['{ "b":1,\n\t"a" : "{{user.id}}" , "é": "\\u00e9"}', "{}", '{"x": 1.0}']
        for index, claims in enumerate(texts):
            await publish_session_claims(
                db, "ins_a", claims, reason=None, created_by="secret_key", expected_version=index + 1, now=NOW + index
            )
        assert (await load_live_session_claims(db, "ins_a")).claims == texts[2]
        assert (await load_session_claims(db, "ins_a", 1)).claims == texts[0]
        assert await load_session_claims(db, "ins_a", 4) is None
        assert [version.version for version in await list_session_claims(db, "ins_a", limit=2)] == [3, 2]
        with pytest.raises(VersionConflict):
            await publish_session_claims(db, "ins_a", "{}", reason=None, created_by="demo", expected_version=3, now=NOW)
        assert len(await list_session_claims(db, "ins_a")) == 3

    run(story())


def test_a_secret_key_opens_its_instance_until_revoked(db, run):
    async def story():
        await insert_instance(db, an_instance())
        key = a_secret_key()
        await insert_secret_key(db, key)
        assert await load_instance_by_secret(db, key.hash) == (an_instance(), key)
        for wrong in (b"", key.hash[:-1], key.hash + b"\0", key.hash.upper()):  # case S-024
            assert await load_instance_by_secret(db, wrong) is None
        with pytest.raises(UniqueViolation):
            await insert_secret_key(db, a_secret_key("other", hash=key.hash))
        assert not await revoke_secret_key(db, "ins_b", key.id, now=NOW)
        assert await revoke_secret_key(db, "ins_a", key.id, now=NOW + 1)
        assert not await revoke_secret_key(db, "ins_a", key.id, now=NOW + 2)
        assert await load_instance_by_secret(db, key.hash) is None
        assert [stored.revoked_at for stored in await list_secret_keys(db, "ins_a")] == [NOW + 1]

    run(story())


def test_last_used_is_written_at_most_once_a_minute(db, run):
    async def story():
        await insert_instance(db, an_instance())
        key = a_secret_key()
        await insert_secret_key(db, key)
        assert await touch_secret_key(db, "ins_a", key.id, None, now=NOW)
        assert not await touch_secret_key(db, "ins_a", key.id, None, now=NOW + MINUTE - 1)
        assert not await touch_secret_key(db, "ins_a", key.id, NOW, now=NOW + MINUTE - 1)
        assert await touch_secret_key(db, "ins_a", key.id, NOW, now=NOW + MINUTE)
        assert (await list_secret_keys(db, "ins_a"))[0].last_used_at == NOW + MINUTE

    run(story())


def test_K_009_of_keys_activated_at_once_exactly_one_is_active(db, run):
    async def story():
        await insert_instance(db, an_instance())
        await insert_signing_key(db, a_signing_key("k0"))
        for number in range(1, 6):
            await insert_signing_key(db, a_signing_key(f"k{number}", status="pending", created_at=NOW + number))
        tried = [activate_signing_key(db, "ins_a", f"k{number}", now=NOW + 9) for number in range(1, 6)]
        outcomes = await asyncio.gather(*tried, return_exceptions=True)
        assert True in outcomes
        assert {type(outcome) for outcome in outcomes} <= {bool, UniqueViolation}
        statuses = [key.status for key in await list_signing_keys(db, "ins_a")]
        assert statuses.count("active") == 1
        assert statuses.count("retiring") == outcomes.count(True)
        with pytest.raises(UniqueViolation):
            await insert_signing_key(db, a_signing_key("k9"))

    run(story())


def test_K_004_a_kid_is_never_used_twice(db, run):
    async def story():
        await insert_instance(db, an_instance())
        key = a_signing_key()
        await insert_signing_key(db, key)
        assert await load_signing_key(db, "ins_a", key.kid) == key
        assert await load_active_signing_key(db, "ins_a") == key
        assert await set_signing_key_status(db, "ins_a", key.kid, "removed", expected="active", now=NOW)
        assert not await set_signing_key_status(db, "ins_a", key.kid, "removed", expected="active", now=NOW)
        assert await load_active_signing_key(db, "ins_a") is None
        with pytest.raises(UniqueViolation):
            await insert_signing_key(db, key)

    run(story())


def test_only_a_pending_key_is_activated(db, run):
    async def story():
        await insert_instance(db, an_instance())
        await insert_signing_key(db, a_signing_key("k0"))
        await insert_signing_key(db, a_signing_key("gone", status="removed"))
        for kid in ("k0", "gone", "nothing"):
            assert await activate_signing_key(db, "ins_a", kid, now=NOW) is False
        assert (await load_active_signing_key(db, "ins_a")).kid == "k0"

    run(story())


def test_templates_have_five_operations(db, run):
    async def story():
        await insert_instance(db, an_instance())
        template = a_template("one", sealed_signing_key=b"\0\xff", claims='{ "a":\t1.0 }')
        await insert_jwt_template(db, template)
        await insert_jwt_template(db, a_template("two", created_at=NOW + 1))
        assert await load_jwt_template(db, "ins_a", "jtmp_one") == template
        assert await load_jwt_template_by_name(db, "ins_a", "one") == template
        assert [found.name for found in await list_jwt_templates(db, "ins_a")] == ["two", "one"]
        assert [found.name for found in await list_jwt_templates(db, "ins_a", limit=1, offset=1)] == ["one"]
        assert await count_jwt_templates(db, "ins_a") == 2
        changed = await update_jwt_template(db, "ins_a", "jtmp_one", {"name": "new", "lifetime": 90}, now=NOW + 5)
        assert (changed.name, changed.lifetime, changed.version, changed.updated_at) == ("new", 90, 2, NOW + 5)
        assert changed.claims == template.claims
        with pytest.raises(UniqueViolation) as taken:
            await update_jwt_template(db, "ins_a", "jtmp_one", {"name": "two"}, now=NOW)
        assert taken.value.field == "name"
        with pytest.raises(UniqueViolation):
            await insert_jwt_template(db, a_template("three", name="two"))
        with pytest.raises(KeyError):
            await update_jwt_template(db, "ins_a", "jtmp_one", {"version": 9}, now=NOW)
        assert await update_jwt_template(db, "ins_b", "jtmp_one", {"lifetime": 1}, now=NOW) is None
        assert not await delete_jwt_template(db, "ins_b", "jtmp_one")
        assert await delete_jwt_template(db, "ins_a", "jtmp_one")
        assert await load_jwt_template(db, "ins_a", "jtmp_one") is None

    run(story())


def test_organizations_roles_and_memberships(db, run):
    async def story():
        await fill(db)
        await organizations.insert_organization(db, an_organization())
        await organizations.insert_organization(db, an_organization("p", created_at=NOW + 1))
        await roles.insert_role(db, a_role())
        await roles.insert_role(db, a_role("org:member", permissions=()))
        assert await organizations.load_organization(db, "ins_a", "org_o") == an_organization()
        assert await organizations.load_organization_by_slug(db, "ins_a", "o") == an_organization()
        await organizations.insert_membership(db, a_membership())
        assert await organizations.load_membership(db, "ins_a", "org_o", "user_u") == a_membership()
        with pytest.raises(UniqueViolation):
            await organizations.insert_membership(db, a_membership(id="orgmem_again"))
        for wrong in (
            {"organization_id": "org_p", "role": "org:none"},
            {"user_id": "user_x"},
            {"organization_id": "org_x"},
        ):
            with pytest.raises(ForeignKeyViolation):
                await organizations.insert_membership(db, a_membership(**{"id": "orgmem_x", **wrong}))
        changed = await organizations.set_membership_role(db, "ins_a", "org_o", "user_u", "org:member", now=NOW + 1)
        assert (changed.role, changed.updated_at) == ("org:member", NOW + 1)
        with pytest.raises(ForeignKeyViolation):
            await organizations.set_membership_role(db, "ins_a", "org_o", "user_u", "org:none", now=NOW)
        with pytest.raises(ForeignKeyViolation):
            await roles.delete_role(db, "ins_a", "org:member")
        assert await roles.delete_role(db, "ins_a", "org:admin")
        assert await roles.load_role(db, "ins_a", "org:admin") is None
        role = await roles.set_role_permissions(db, "ins_a", "org:member", ("org:b", "org:a"), now=NOW)
        assert role.permissions == ("org:b", "org:a")
        assert [found.permissions for found in await roles.list_roles(db, "ins_a")] == [("org:b", "org:a")]
        permission = Permission(id="perm_1", instance_id="ins_a", key="org:a", name="A", description="", **STAMPS)
        await roles.insert_permission(db, permission)
        assert await roles.list_permissions(db, "ins_a") == [permission]
        assert [m.user_id for m in await organizations.list_memberships(db, "ins_a", organization_id="org_o")] == [
            "user_u"
        ]

    run(story())


def test_an_audit_event_is_stored_with_its_transaction_or_not_at_all_and_outlives_its_instance(db, run):
    async def story():
        await insert_instance(db, an_instance())
        events = [
            AuditEvent(
                id=f"evt_{n}",
                instance_id="ins_a",
                actor="secret_key",
                action="users.create",
                target=None,
                details={"n": n},
                created_at=NOW + n,
            )
            for n in range(3)
        ]

        async def fail(tx):
            await insert_audit_event(tx, events[0])
            raise LookupError

        with pytest.raises(LookupError):
            await db.transact(fail)
        assert await list_audit_events(db, "ins_a") == []
        for event in events:
            await insert_audit_event(db, event)
        await delete_instance(db, "ins_a")
        assert await list_audit_events(db, "ins_a", limit=2) == [events[2], events[1]]

    run(story())


def test_outbox_messages_are_due_when_available_and_done_once(db, run):
    async def story():
        await insert_instance(db, an_instance())
        for number in range(3):
            await insert_outbox_message(
                db,
                OutboxMessage(
                    id=f"out_{number}",
                    instance_id="ins_a",
                    kind="email",
                    payload={"to": "x"},
                    attempts=0,
                    available_at=NOW + number,
                    done_at=None,
                    created_at=NOW,
                ),
            )
        due = await db.transact(lambda tx: load_due_messages(tx, now=NOW + 1))
        assert [message.id for message in due] == ["out_0", "out_1"]
        assert await finish_message(db, "ins_a", "out_0", now=NOW)
        assert not await finish_message(db, "ins_a", "out_0", now=NOW)
        assert [message.id for message in await load_due_messages(db, now=NOW + 9)] == ["out_1", "out_2"]

    run(story())
