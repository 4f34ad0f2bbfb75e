"""Members of organizations, each in a browser of their own."""

from typing import Any

from browser import Browser
from faces import Api


class Person:
    """A user who is signed in in a browser."""

    def __init__(self, api: Api, email: str, **fields: Any) -> None:
        """A new user with a verified address."""
        self.user = api.new_user(email, **fields)
        self.id: str = self.user["id"]
        self.email = email
        self.browser = Browser(api)
        self.browser.start_session(self.id)

    def organizations(self) -> dict[str, str]:
        """Roles by organization id, as the client says that the last answer brought."""
        memberships = self.browser.session["user"]["organization_memberships"]
        return {one["organization"]["id"]: one["role"] for one in memberships}


def found_organization(person: Person, name: str = "Acme") -> str:
    """The id of a new organization that the person created."""
    organization_id: str = person.browser.post("/organizations", {"name": name})["id"]
    return organization_id


def enlist(founder: Person, organization_id: str, person: Person, role: str = "org:member") -> None:
    """Makes the person a member."""
    founder.browser.post(f"/organizations/{organization_id}/memberships", {"user_id": person.id, "role": role})
