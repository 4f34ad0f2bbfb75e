"""A server that is running, as tests talk to it: users, sessions, tokens, claims."""

import os
from collections.abc import Mapping
from typing import Any, Unpack

import msgspec

from claimsmith.backend import BackendClient, Organization, User
from claimsmith.backend.parameters import NewSession, NewUser
from claimsmith.settings import Settings, load_settings
from claimsmith.testing.session_claims import Identified, find_id


class DemoUser(msgspec.Struct, frozen=True):
    """A user who is there from the start: Ada administers Acme Corporation, Grace is a member, Alan of none."""

    id: str
    email: str
    password: str


class SignIn(msgspec.Struct, frozen=True):
    """A new session of a user, and its first token.

    Example: `SignIn("sess_1", "eyJ...").headers` is `{"Authorization": "Bearer eyJ..."}`
    """

    session_id: str
    token: str
    """Lives 60 s, as the instance says."""

    @property
    def headers(self) -> dict[str, str]:
        """`Authorization`, to send to the application."""
        return {"Authorization": f"Bearer {self.token}"}


class RunningServer:
    """A server that runs until the end of the tests; the fixture `claimsmith_server` and `running_server` give it.

    Example:
        ```python
        from claimsmith import StaticKeys, verify_token
        from claimsmith.testing import RunningServer


        def test_a_token_of_the_server(claimsmith_server: RunningServer) -> None:
            user = claimsmith_server.create_user(first_name="Ada")
            token = claimsmith_server.sign_in(user).token
            assert verify_token(token, StaticKeys.from_pem(claimsmith_server.pem))["sub"] == user.id
        ```
    """

    url: str
    """Where everything is, e.g. `http://127.0.0.1:41234`: Frontend API and Backend API below `/v1`."""
    publishable_key: str
    """`pk_test_…`."""
    secret_key: str
    """`sk_test_…`."""
    pem: str
    """The public key of its tokens, as `CLERK_JWT_KEY` takes it."""
    instance_id: str
    """`ins_…`."""
    demo_users: tuple[DemoUser, ...]
    """Who is there from the start."""
    backend: BackendClient
    """For all that there is no method for here."""

    def __init__(  # noqa: PLR0913 - each names one fact, and `running_server` knows them all
        self,
        url: str,
        *,
        publishable_key: str,
        secret_key: str,
        pem: str = "",
        instance_id: str = "",
        demo_users: tuple[DemoUser, ...] = (),
    ) -> None:
        """Nothing is sent yet; made by hand, it stands for any instance that runs already."""
        self.url, self.publishable_key, self.secret_key = url, publishable_key, secret_key
        self.pem, self.instance_id, self.demo_users = pem, instance_id, demo_users
        self.backend = BackendClient(api_url=url, secret_key=secret_key)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that an application reads, e.g. for `monkeypatch.setenv` or a process."""
        return {
            "CLERK_PUBLISHABLE_KEY": self.publishable_key,
            "CLERK_SECRET_KEY": self.secret_key,
            "CLERK_API_URL": self.url,
            "CLERK_PROXY_URL": self.url,
        }

    @property
    def settings(self) -> Settings:
        """The same for an application that is made in the test."""
        return load_settings(self.environment)

    def create_user(self, **given: Unpack[NewUser]) -> User:
        """A new user, with an address that nobody has when none is given, and without a password likewise.

        Args:
            **given: see `claimsmith.backend.parameters.NewUser`, e.g. `first_name`, `email_address` (a list),
                `public_metadata`.
        """
        given.setdefault("email_address", [f"user-{os.urandom(6).hex()}+clerk_test@example.com"])
        given.setdefault("skip_password_requirement", "password" not in given)
        return self.backend.users.create(**given)

    def create_organization(self, created_by: str | Identified, name: str = "Test Organization") -> Organization:
        """A new organization, whose administrator is `created_by`."""
        return self.backend.organizations.create(name=name, created_by=find_id(created_by))

    def sign_in(self, user: str | Identified, organization: str | Identified | None = None) -> SignIn:
        """A new session of the user, with a token of it.

        Args:
            user: or their id.
            organization: to act for, or its id; the user must be a member of it.
        """
        asked: NewSession = {"user_id": find_id(user)}
        if organization is not None:
            asked["active_organization_id"] = find_id(organization)
        session = self.backend.sessions.create(**asked)
        return SignIn(session.id, self.mint(session.id))

    def mint(self, session_id: str, template: str | None = None) -> str:
        """A new token of a session, of a JWT template when one is named."""
        sessions = self.backend.sessions
        if template is None:
            return sessions.create_token(session_id).jwt
        return sessions.create_token_from_template(session_id, template).jwt

    def customize_session_token(self, claims: Mapping[str, Any]) -> None:
        """Put these claims into every session token from now on, for all users, e.g. `{"name": "{{user.full_name}}"}`.

        Raises:
            ApiError: 422, the claims do not compile.
        """
        self.backend.config.update(self.instance_id, document={"session": {"claims": dict(claims)}})

    def close(self) -> None:
        """Close the connection; the server goes on."""
        self.backend.close()
