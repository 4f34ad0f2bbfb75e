"""The demo's people: what `claimsmith dev` puts into a new development instance."""

import msgspec

from claimsmith_server.core.models import Instance, Membership, Organization, Role
from claimsmith_server.services.context import Service
from claimsmith_server.services.user_input import CreateUser
from claimsmith_server.services.users import create_user
from claimsmith_server.store import organizations, roles, users
from claimsmith_server.store.database import Tx

DEMO_PASSWORD = "correct-horse-battery"  # noqa: S105 - a development instance's, printed at start
_ORGANIZATION_SLUG = "acme"
_EDITOR_PERMISSIONS = ("org:posts:read", "org:posts:edit", "org:billing:read")


class DemoUser(msgspec.Struct, frozen=True):
    """A demo user as the ready file tells it."""

    id: str
    email: str
    password: str


_PEOPLE: tuple[tuple[str, str, str, str | None, dict[str, object]], ...] = (
    ("Ada", "Lovelace", "ada+clerk_test@example.com", "org:admin", {"plan": "pro", "role": "admin"}),
    ("Grace", "Hopper", "grace+clerk_test@example.com", "org:editor", {"plan": "pro", "role": "editor"}),
    ("Alan", "Turing", "alan+clerk_test@example.com", None, {"onboarded": False}),
)
"""First name, last name, address, role in the demo organization, public metadata."""


async def seed_demo(service: Service, instance: Instance) -> list[DemoUser]:
    """The demo users, made when they are not there yet; the first two are members of the organization `acme`."""
    found = []
    missing = []
    for person in _PEOPLE:
        user = await users.load_user_by_identifier(service.database, instance.id, person[2])
        if user is None:
            missing.append(person)
        else:
            found.append(DemoUser(user.id, person[2], DEMO_PASSWORD))
    if not missing:
        return found
    organization = await _require_organization(service, instance)
    for first_name, last_name, email, role, metadata in missing:
        user = await create_user(
            service,
            instance,
            CreateUser(
                first_name=first_name,
                last_name=last_name,
                email_address=(email,),
                password=DEMO_PASSWORD,
                public_metadata=metadata,
            ),
        )
        if role is not None:
            await organizations.insert_membership(
                service.database, _membership(service, organization.id, user.id, instance.id, role)
            )
        found.append(DemoUser(user.id, email, DEMO_PASSWORD))
    return found


async def _require_organization(service: Service, instance: Instance) -> Organization:
    database = service.database
    existing = await organizations.load_organization_by_slug(database, instance.id, _ORGANIZATION_SLUG)
    if existing is not None:
        return existing
    now = service.clock.now()
    organization = Organization(
        id=service.make_id("org"),
        instance_id=instance.id,
        name="Acme Corporation",
        slug=_ORGANIZATION_SLUG,
        image_url="",
        has_image=False,
        public_metadata={"region": "eu"},
        private_metadata={},
        max_allowed_memberships=5,
        admin_delete_enabled=True,
        created_by=None,
        created_at=now,
        updated_at=now,
    )
    editor = Role(
        id=service.make_id("role"),
        instance_id=instance.id,
        key="org:editor",
        name="Editor",
        permissions=_EDITOR_PERMISSIONS,
        created_at=now,
        updated_at=now,
    )

    async def work(tx: Tx) -> None:
        await organizations.insert_organization(tx, organization)
        await roles.insert_role(tx, editor)

    await database.transact(work)
    return organization


def _membership(service: Service, organization_id: str, user_id: str, instance_id: str, role: str) -> Membership:
    now = service.clock.now()
    return Membership(
        id=service.make_id("orgmem"),
        instance_id=instance_id,
        organization_id=organization_id,
        user_id=user_id,
        role=role,
        public_metadata={},
        private_metadata={},
        created_at=now,
        updated_at=now,
    )
