"""Organizations, members and invitations: found, counted, changed once among many who try."""

# ruff: noqa: ANN001, ANN003, ANN201, ANN202 - fixtures are told apart by name; ids of cases are upper case

import asyncio

import msgspec
import pytest
from rows_of_tests import (
    HOUR,
    NOW,
    STAMPS,
    a_membership,
    a_role,
    a_user,
    an_instance,
    an_organization,
    fill,
    without,
)

from claimsmith_server.core.models import OrganizationInvitation
from claimsmith_server.store import organization_invitations as invitations
from claimsmith_server.store import organization_members as members
from claimsmith_server.store import organizations, roles
from claimsmith_server.store.errors import ForeignKeyViolation, InvalidValue, TooLarge, UniqueViolation
from claimsmith_server.store.instances import insert_instance
from claimsmith_server.store.organization_filters import (
    OrganizationFilter,
    count_organizations,
    list_organizations,
)
from claimsmith_server.store.organization_invitations import InvitationFilter
from claimsmith_server.store.organization_members import MemberFilter
from claimsmith_server.store.user_filters import Among, UserFilter, UserOrder
from claimsmith_server.store.users import delete_user, insert_user

LATER = NOW + HOUR


def an_invitation(name="i", **more):
    known = {
        "id": f"orginv_{name}",
        "instance_id": "ins_a",
        "organization_id": "org_o",
        "email_address": f"{name}@Example.com",
        "role": "org:admin",
        "status": "pending",
        "inviter_id": "user_u",
        "token_hash": name.encode().ljust(32, b"\0"),
        "public_metadata": {"seat": 1},
        "private_metadata": {"canary": 1},
        "expire_at": LATER,
        **STAMPS,
    }
    return OrganizationInvitation(**{**known, **more})


def named(key, name, age):
    return msgspec.structs.replace(an_organization(key), name=name, created_at=NOW + age)


async def prepare(db):
    """An instance with a user, an admin of `org_o`, and the roles."""
    await fill(db)
    await roles.insert_role(db, a_role())
    await roles.insert_role(db, a_role("org:member", permissions=()))
    await organizations.insert_organization(db, an_organization())
    await organizations.insert_membership(db, a_membership())


def test_an_organization_is_read_with_its_counts(db, run):
    async def story():
        await prepare(db)
        await invitations.insert_invitation(db, an_invitation())
        await invitations.insert_invitation(db, an_invitation("gone", status="revoked"))
        await invitations.insert_invitation(db, an_invitation("late", expire_at=NOW + 1))
        for now, pending in ((NOW, 2), (NOW + 1, 1), (LATER, 0)):
            found = await organizations.load_counted_organization(db, "ins_a", "org_o", now=now)
            assert (found.members_count, found.pending_invitations_count) == (1, pending)
            ((_, joined, role),) = await organizations.list_memberships_of_users(db, "ins_a", ["user_u"], now=now)
            assert joined == found
            assert role.key == "org:admin"
        assert without(found, "members_count") == without(an_organization(), "members_count")
        assert await organizations.load_counted_organization(db, "ins_b", "org_o", now=NOW) is None

    run(story())


def test_an_organization_is_changed_and_its_metadata_merged(db, run):
    async def story():
        await prepare(db)
        await organizations.insert_organization(db, an_organization("p"))
        changed = await organizations.update_organization(db, "ins_a", "org_o", {"name": "New"}, now=NOW + 5)
        assert (changed.name, changed.updated_at) == ("New", NOW + 5)
        with pytest.raises(UniqueViolation) as taken:
            await organizations.update_organization(db, "ins_a", "org_o", {"slug": "p"}, now=NOW)
        assert taken.value.field == "slug"
        with pytest.raises(KeyError):
            await organizations.update_organization(db, "ins_a", "org_o", {"instance_id": "ins_b"}, now=NOW)
        patch = {"public_metadata": {"tier": None, "a": {"b": 1}}}
        merged = await organizations.merge_organization_metadata(db, "ins_a", "org_o", patch, now=NOW, limit=100)
        assert (merged.public_metadata, merged.private_metadata) == ({"a": {"b": 1}}, {"canary": 1})
        too_large, unstorable = {"x": "y" * 100}, {"x": "\0"}
        for value, error in ((too_large, TooLarge), (unstorable, InvalidValue)):
            patch = {"public_metadata": value}
            with pytest.raises(error):
                await organizations.merge_organization_metadata(db, "ins_a", "org_o", patch, now=NOW, limit=100)
        assert await organizations.merge_organization_metadata(db, "ins_b", "org_o", {}, now=NOW, limit=9) is None
        assert (await organizations.load_organization(db, "ins_a", "org_o")).public_metadata == {"a": {"b": 1}}

    run(story())


def test_of_two_metadata_patches_at_once_neither_is_lost(db, run):
    async def story():
        await prepare(db)
        await asyncio.gather(
            *(
                organizations.merge_organization_metadata(
                    db, "ins_a", "org_o", {"public_metadata": {f"k{number}": 1}}, now=NOW, limit=1000
                )
                for number in range(20)
            )
        )
        found = await organizations.load_organization(db, "ins_a", "org_o")
        assert set(found.public_metadata) == {"tier", *(f"k{number}" for number in range(20))}

    run(story())


def test_organizations_are_filtered_ordered_and_counted(db, run):
    async def story():
        await prepare(db)
        await organizations.insert_organization(db, named("p", "apex 100%", 1))
        await organizations.insert_organization(db, named("q", "Zebra", 2))
        for which, wanted in (
            ({}, ["org_q", "org_p", "org_o"]),
            ({"query": "APEX"}, ["org_p"]),
            ({"query": "0%"}, ["org_p"]),
            ({"query": "%"}, ["org_p"]),
            ({"query": "_"}, []),
            ({"query": "org_q"}, ["org_q"]),
            ({"user_id": Among(("user_u",))}, ["org_o"]),
            ({"user_id": Among((), ("user_u",))}, ["org_q", "org_p"]),
            ({"organization_id": Among(("org_o", "org_x"))}, ["org_o"]),
            ({"organization_id": Among((), ("org_o",))}, ["org_q", "org_p"]),
        ):
            filtered = OrganizationFilter(**which)
            found = await list_organizations(db, "ins_a", filtered, now=NOW)
            assert [one.id for one in found] == wanted, which
            assert await count_organizations(db, "ins_a", filtered) == len(wanted)
        for order, wanted in (
            (UserOrder("name", descending=False), ["org_p", "org_o", "org_q"]),
            (UserOrder("members_count", descending=True), ["org_o", "org_q", "org_p"]),
        ):
            found = await list_organizations(db, "ins_a", OrganizationFilter(), now=NOW, order=order)
            assert [one.id for one in found] == wanted
        page = await list_organizations(db, "ins_a", OrganizationFilter(), now=NOW, limit=1, offset=1)
        assert [one.id for one in page] == ["org_p"]
        assert await list_organizations(db, "ins_b", OrganizationFilter(), now=NOW) == []
        with pytest.raises(InvalidValue):
            await count_organizations(db, "ins_a", OrganizationFilter(query="a\0b"))

    run(story())


def test_members_are_filtered_by_role_and_text(db, run):
    async def story():
        await prepare(db)
        await insert_user(db, a_user("g", emails=("grace@example.com",), first_name="Grace"))
        await organizations.insert_membership(db, a_membership(user_id="user_g", role="org:member", created_at=NOW + 1))
        for which, wanted in (
            (MemberFilter(), ["user_g", "user_u"]),
            (MemberFilter(role=("org:member",)), ["user_g"]),
            (MemberFilter(role=("org:x",)), []),
            (MemberFilter(user=UserFilter(query="GRAC")), ["user_g"]),
            (MemberFilter(user=UserFilter(email_address=("u@example.com",))), ["user_u"]),
            (MemberFilter(user=UserFilter(user_id=Among((), ("user_u",)))), ["user_g"]),
        ):
            found = await members.list_members(db, "ins_a", "org_o", which)
            assert [membership.user_id for membership, _ in found] == wanted, which
            assert await members.count_members(db, "ins_a", "org_o", which) == len(wanted)
        by_name = UserOrder("first_name", descending=False)
        found = await members.list_members(db, "ins_a", "org_o", MemberFilter(), order=by_name, limit=1)
        assert [(membership.user_id, role.key) for membership, role in found] == [("user_u", "org:admin")]
        assert await members.count_members_by_role(db, "ins_a", "org_o") == {"org:admin": 1, "org:member": 1}
        assert await members.count_members(db, "ins_a", "org_o") == 2
        assert await members.load_member(db, "ins_b", "org_o", "user_u") is None
        await delete_user(db, "ins_a", "user_g")
        assert await members.count_members(db, "ins_a", "org_o") == 1

    run(story())


def test_an_invitation_comes_back_as_stored_with_the_status_of_the_moment(db, run):
    async def story():
        await prepare(db)
        await invitations.insert_invitation(db, an_invitation())
        for now, status in ((LATER - 1, "pending"), (LATER, "expired")):
            expected = an_invitation(status=status)
            assert await invitations.load_invitation(db, "ins_a", "orginv_i", now=now) == expected
            token = an_invitation().token_hash
            assert await invitations.load_invitation_by_token(db, "ins_a", token, now=now) == expected
            (row,) = await invitations.list_invitations(db, "ins_a", InvitationFilter(), now=now)
            assert (row[0], row[1].id, row[2].key) == (expected, "org_o", "org:admin")
            assert await invitations.load_joined_invitation(db, "ins_a", "org_o", "orginv_i", now=now) == row
        assert await invitations.load_invitation(db, "ins_b", "orginv_i", now=NOW) is None
        assert await invitations.load_joined_invitation(db, "ins_a", "org_x", "orginv_i", now=NOW) is None

    run(story())


def test_Z_001_an_invitation_cannot_point_into_another_instance(db, run):
    async def story():
        await prepare(db)
        await insert_instance(db, an_instance("b"))
        for wrong in ({"instance_id": "ins_b"}, {"organization_id": "org_x"}, {"role": "org:x"}):
            with pytest.raises(ForeignKeyViolation):
                await invitations.insert_invitation(db, an_invitation(**wrong))

    run(story())


def test_Z_013_one_invitation_is_pending_for_an_address_of_an_organization(db, run):
    async def story():
        await prepare(db)
        many = [an_invitation(f"i{number}", email_address="X@example.com") for number in range(10)]
        many += [an_invitation(f"j{number}", email_address="x@EXAMPLE.com") for number in range(10)]
        done = await asyncio.gather(*(invitations.insert_invitation(db, one) for one in many), return_exceptions=True)
        assert sum(one is None for one in done) == 1
        refused = [one for one in done if one is not None]
        assert {(type(one), one.field) for one in refused} == {(UniqueViolation, "email_address")}
        assert await invitations.expire_invitations(db, "ins_a", "org_o", now=LATER - 1) == 0
        assert await invitations.expire_invitations(db, "ins_a", "org_o", now=LATER) == 1
        await invitations.insert_invitation(db, an_invitation("again", email_address="x@example.com"))

    run(story())


@pytest.mark.parametrize("events", [("accept",) * 20, ("accept", "revoke") * 10])
def test_A_002_of_all_that_change_an_invitation_one_does(db, run, events):
    async def story():
        await prepare(db)
        await invitations.insert_invitation(db, an_invitation())
        done = await asyncio.gather(
            *(invitations.change_invitation(db, "ins_a", "orginv_i", event, now=NOW + 1) for event in events)
        )
        (changed,) = [one for one in done if one is not None]
        assert changed.status in ("accepted", "revoked")
        assert await invitations.load_invitation(db, "ins_a", "orginv_i", now=LATER) == changed
        for event in ("accept", "revoke"):
            assert await invitations.change_invitation(db, "ins_a", "orginv_i", event, now=NOW) is None

    run(story())


def test_an_invitation_is_not_accepted_or_revoked_once_its_time_is_over(db, run):
    async def story():
        await prepare(db)
        await invitations.insert_invitation(db, an_invitation())
        for event in ("accept", "revoke"):
            assert await invitations.change_invitation(db, "ins_a", "orginv_i", event, now=LATER) is None
            assert await invitations.change_invitation(db, "ins_b", "orginv_i", event, now=NOW) is None

    run(story())


def test_invitations_are_filtered_by_address_and_status(db, run):
    async def story():
        await prepare(db)
        await invitations.insert_invitation(db, an_invitation("a", expire_at=NOW + 5))
        await invitations.insert_invitation(db, an_invitation("b", created_at=NOW + 1))
        await invitations.insert_invitation(db, an_invitation("c", status="accepted", created_at=NOW + 2))
        await invitations.insert_invitation(db, an_invitation("d", status="expired", created_at=NOW + 3))
        for which, now, wanted in (
            ({}, NOW, "dcba"),
            ({"status": ("pending",)}, NOW, "ba"),
            ({"status": ("pending",)}, NOW + 5, "b"),
            ({"status": ("expired",)}, NOW + 5, "da"),
            ({"status": ("accepted", "expired")}, NOW, "dc"),
            ({"status": ("completed",)}, NOW, ""),
            ({"email_address": ("B@example.COM", "x")}, NOW, "b"),
            ({"organization_id": "org_x"}, NOW, ""),
        ):
            filtered = InvitationFilter(**which)
            found = await invitations.list_invitations(db, "ins_a", filtered, now=now)
            assert "".join(row[0].id.removeprefix("orginv_") for row in found) == wanted, which
            assert await invitations.count_invitations(db, "ins_a", filtered, now=now) == len(wanted)
        asked = ["A@example.com", "c@example.com", "x@example.com"]
        assert await invitations.find_invited(db, "ins_a", "org_o", asked, now=NOW) == {"a@example.com"}
        assert await invitations.find_invited(db, "ins_a", "org_o", asked, now=NOW + 5) == set()

    run(story())


def test_an_organization_that_is_deleted_takes_its_invitations_along(db, run):
    async def story():
        await prepare(db)
        await invitations.insert_invitation(db, an_invitation())
        assert await organizations.delete_organization(db, "ins_a", "org_o")
        assert await invitations.count_invitations(db, "ins_a", InvitationFilter(), now=NOW) == 0
        assert await members.count_members(db, "ins_a", "org_o") == 0

    run(story())


def test_Z_014_whoever_holds_an_organization_counts_what_is_there(db, run):
    async def join(number):
        async def work(tx):
            held = await organizations.hold_organization(tx, "ins_a", "org_o")
            if await members.count_members(tx, "ins_a", "org_o") >= held.max_allowed_memberships:
                return False
            await organizations.insert_membership(tx, a_membership(user_id=f"user_p{number}", role="org:member"))
            return True

        return await db.transact(work)

    async def story():
        await prepare(db)
        for number in range(50):
            await insert_user(db, a_user(f"p{number}"))
        joined = await asyncio.gather(*(join(number) for number in range(50)))
        assert sum(joined) == 4
        assert await members.count_members(db, "ins_a", "org_o") == 5

    run(story())
