"""Steps of a sign-up that several tests take, through the Frontend API; and what is given past it."""

from typing import Any

from browser import Browser
from faces import Api

from claimsmith_server.core.models import Organization, OrganizationInvitation
from claimsmith_server.core.secrets import hash_secret
from claimsmith_server.store.organization_invitations import insert_invitation
from claimsmith_server.store.organizations import insert_organization

PASSWORD = "correct horse battery"
EMAIL = "mary@example.com"
TEST_EMAIL = "mary+clerk_test@example.com"
TEST_CODE = "424242"
MINUTE = 60 * 1000
HOUR = 60 * MINUTE


def begin(browser: Browser, email: str = EMAIL, **form: Any) -> Any:
    """A new attempt with an address and a password."""
    return browser.post("/client/sign_ups", {"email_address": email, "password": PASSWORD, **form})


def change(browser: Browser, sign_up: Any, **form: Any) -> Any:
    """The attempt with fields changed."""
    return browser.patch(f"/client/sign_ups/{sign_up['id']}", form)


def prepare(browser: Browser, sign_up: Any, strategy: str = "email_code") -> Any:
    """The attempt, a code for it sent."""
    return browser.post(f"/client/sign_ups/{sign_up['id']}/prepare_verification", {"strategy": strategy})


def attempt(browser: Browser, sign_up: Any, code: str, strategy: str = "email_code") -> Any:
    """The attempt after a code that is right."""
    return browser.post(attempt_path(sign_up), {"strategy": strategy, "code": code})


def attempt_path(sign_up: Any) -> str:
    """Where codes of an attempt are tried."""
    return f"/client/sign_ups/{sign_up['id']}/attempt_verification"


def complete(browser: Browser, email: str = TEST_EMAIL, **form: Any) -> Any:
    """The attempt of a whole sign-up with a test address."""
    made = begin(browser, email, **form)
    prepare(browser, made)
    return attempt(browser, made, TEST_CODE)


def list_users(api: Api, email: str) -> Any:
    """The users that have an address, as the Backend API tells them."""
    return api.get("/users", params={"email_address": email})


def invite(api: Api, email: str, **fields: Any) -> tuple[str, str]:
    """The id of a new organization, and the ticket of an invitation of this address to it."""
    instance_id, ticket = api.tenants[0].instance.id, api.service.make_secret()
    organization = Organization(
        id=api.service.make_id("org"),
        instance_id=instance_id,
        name="Royal Society",
        slug=api.service.make_id("royal").lower().replace("_", "-"),
        image_url="",
        has_image=False,
        public_metadata={},
        private_metadata={},
        max_allowed_memberships=50,
        admin_delete_enabled=True,
        created_by=None,
        created_at=api.now,
        updated_at=api.now,
    )
    usual: dict[str, Any] = {"status": "pending", "role": "org:member", "expire_at": api.now + 24 * HOUR}
    invitation = OrganizationInvitation(
        id=api.service.make_id("orginv"),
        instance_id=instance_id,
        organization_id=organization.id,
        email_address=email,
        inviter_id=None,
        token_hash=hash_secret(ticket),
        public_metadata={"seat": 7},
        private_metadata={},
        created_at=api.now,
        updated_at=api.now,
        **{**usual, **fields},
    )
    api.run(insert_organization(api.service.database, organization))
    api.run(insert_invitation(api.service.database, invitation))
    return organization.id, ticket
