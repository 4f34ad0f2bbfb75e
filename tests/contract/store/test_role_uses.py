"""Where roles are used, on both engines; of a role that loses its power and a member who does, one waits."""

# ruff: noqa: ANN001, ANN201, ANN202 - fixtures are told apart by name

import asyncio

import pytest
from rows_of_tests import HOUR, NOW, STAMPS, a_membership, a_role, an_organization, fill

from claimsmith_server.core.models import OrganizationInvitation, Permission
from claimsmith_server.store import organization_invitations, organizations, role_uses, roles
from claimsmith_server.store.errors import ForeignKeyViolation
from claimsmith_server.store.role_uses import RoleUse

MEMBER = "org:member"


def an_invitation(name, status="pending", expire_at=NOW + HOUR):
    return OrganizationInvitation(
        id=f"orginv_{name}",
        instance_id="ins_a",
        organization_id="org_o",
        email_address=f"{name}@example.com",
        role=MEMBER,
        status=status,
        inviter_id=None,
        token_hash=name.encode().ljust(32, b"\0"),
        public_metadata={},
        private_metadata={},
        expire_at=expire_at,
        **STAMPS,
    )


async def prepare(db):
    """An instance with one admin of `org_o`, and an open and three past invitations to be a member."""
    await fill(db)
    await roles.insert_role(db, a_role())
    await roles.insert_role(db, a_role(MEMBER, permissions=()))
    await organizations.insert_organization(db, an_organization())
    await organizations.insert_membership(db, a_membership())
    past = [an_invitation("b", "accepted"), an_invitation("c", "revoked"), an_invitation("d", expire_at=NOW)]
    for one in (an_invitation("a"), *past):
        await organization_invitations.insert_invitation(db, one)


def test_uses_count_members_and_open_invitations(db, run):
    async def story():
        await prepare(db)
        uses = await role_uses.count_role_uses(db, "ins_a", now=NOW)
        assert uses == {"org:admin": RoleUse(1, 0), MEMBER: RoleUse(0, 1)}
        assert await role_uses.count_role_uses(db, "ins_b", now=NOW) == {}

    run(story())


def test_a_role_is_deleted_once_its_past_invitations_are(db, run):
    async def story():
        await prepare(db)
        assert await role_uses.delete_past_invitations(db, "ins_a", MEMBER, now=NOW) == 3
        with pytest.raises(ForeignKeyViolation):
            await roles.delete_role(db, "ins_a", MEMBER)
        assert await role_uses.delete_past_invitations(db, "ins_a", MEMBER, now=NOW + HOUR) == 1
        assert await roles.delete_role(db, "ins_a", MEMBER)

    run(story())


def test_organizations_that_one_role_alone_manages_are_counted(db, run):
    async def story():
        await prepare(db)
        count = role_uses.count_managed_by_role_alone
        assert await count(db, "ins_a", "org:admin", (MEMBER,)) == 1
        assert await count(db, "ins_a", "org:admin", ("org:admin",)) == 0
        assert await count(db, "ins_a", MEMBER, ()) == 0

    run(story())


def test_whoever_holds_the_organizations_of_a_role_lets_nobody_change_their_members(db, run):
    async def story():
        await prepare(db)
        order = []
        is_held = asyncio.Event()

        async def hold(tx):
            assert await role_uses.hold_organizations_of_role(tx, "ins_a", "org:admin") == 1
            is_held.set()
            await asyncio.sleep(0.1)
            order.append("role")

        async def change(tx):
            await organizations.hold_organization(tx, "ins_a", "org_o")
            order.append("member")

        async def change_after():
            await is_held.wait()
            await db.transact(change)

        await asyncio.gather(db.transact(hold), change_after())
        assert order == ["role", "member"]

    run(story())


def test_names_of_roles_and_permissions_change_and_permissions_go(db, run):
    async def story():
        await prepare(db)
        assert [one.key for one in await db.transact(lambda tx: roles.hold_roles(tx, "ins_a"))] == ["org:admin", MEMBER]
        renamed = await roles.set_role_name(db, "ins_a", MEMBER, "Reader", now=NOW + 1)
        assert (renamed.name, renamed.updated_at) == ("Reader", NOW + 1)
        assert await roles.set_role_name(db, "ins_b", MEMBER, "Reader", now=NOW) is None
        one = Permission(id="perm_1", instance_id="ins_a", key="org:a:b", name="A", description="", **STAMPS)
        await roles.insert_permission(db, one)
        changed = await roles.update_permission(db, "ins_a", "org:a:b", name="B", description="C", now=NOW + 1)
        assert (changed.name, changed.description) == ("B", "C")
        assert await roles.update_permission(db, "ins_a", "org:a:c", name="B", description="C", now=NOW) is None
        assert await roles.delete_permission(db, "ins_a", "org:a:b")
        assert not await roles.delete_permission(db, "ins_a", "org:a:b")

    run(story())
