"""The resources of the Backend API, blocking. Written by `packages/sdk/generate_backend.py`."""

from collections.abc import Iterator
from typing import Any, Unpack

from claimsmith.backend.models.instances import Instance, InstanceConfig, JsonWebKeySet, JwtTemplate
from claimsmith.backend.models.lists import Deleted, Page, TotalCount
from claimsmith.backend.models.organizations import (
    Organization,
    OrganizationInvitation,
    OrganizationMembership,
    OrganizationSettings,
)
from claimsmith.backend.models.sessions import Client, Session, SessionClaims
from claimsmith.backend.models.tokens import (
    ActorToken,
    HandshakePayload,
    SessionRefresh,
    SignInToken,
    TestingToken,
    Token,
)
from claimsmith.backend.models.users import PasswordVerification, User
from claimsmith.backend.operations import (
    actor_tokens,
    clients,
    config,
    instance,
    jwks,
    jwt_templates,
    organization_invitations,
    organization_memberships,
    organizations,
    sessions,
    sign_in_tokens,
    testing_tokens,
    users,
)
from claimsmith.backend.pages import PAGE_SIZE, Pages, iterate_rows
from claimsmith.backend.parameters import (
    ClaimsQuery,
    ClientToken,
    ConfigChanges,
    ConfigQuery,
    HandshakeNonce,
    InstanceChanges,
    InvitationFilters,
    InvitationQuery,
    InvitationRevocation,
    JwtTemplateDefinition,
    MemberFilters,
    MemberQuery,
    Metadata,
    NewActorToken,
    NewInvitation,
    NewMembership,
    NewOrganization,
    NewSession,
    NewSignInToken,
    NewToken,
    NewUser,
    OrganizationChanges,
    OrganizationFilters,
    OrganizationQuery,
    OrganizationSettingsChanges,
    OrganizationView,
    Paging,
    Password,
    PasswordRemoval,
    Refresh,
    RoleChange,
    SessionFilters,
    SessionQuery,
    UserChanges,
    UserFilters,
    UserIds,
    UserMetadata,
    UserOrder,
    UserQuery,
)
from claimsmith.network.transport import Transport


class UsersResource:
    """Users: who they are, their metadata, their passwords, and whether they may sign in."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, **given: Unpack[UserQuery]) -> tuple[User, ...]:
        """A page of users, newest first unless asked otherwise; `count` tells how many there are.

        Args:
            **given: Which part of the list of users.
                See `backend.parameters.UserQuery`.

        Example:
            ```python
            users = backend.users.list(query="ada", limit=50)
            ```
        """
        return self._transport.send(users.LIST.call(**given))

    def iterate(self, *, page_size: int = PAGE_SIZE, **given: Unpack[UserOrder]) -> Iterator[User]:
        """Every row of the list, a page at a time; no row twice, see `claimsmith.backend.pages`.

        Args:
            page_size: rows a call, 1 to 500.
            **given: Which users, in which order.
                See `backend.parameters.UserOrder`.

        Example:
            ```python
            for user in backend.users.iterate():
                print(user.id)
            ```
        """
        pages = Pages(users.LIST, (), given, page_size)
        return iterate_rows(self._transport.send, pages)

    def count(self, **given: Unpack[UserFilters]) -> TotalCount:
        """How many users the filters find.

        Args:
            **given: Which users; all that are given must be met.
                See `backend.parameters.UserFilters`.

        Example:
            ```python
            total_count = backend.users.count(banned=False)
            ```
        """
        return self._transport.send(users.COUNT.call(**given))

    def get(self, user_id: str) -> User:
        """One user.

        Args:
            user_id: e.g. `user_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            user = backend.users.get(user_id)
            ```
        """
        return self._transport.send(users.GET.call(user_id))

    def create(self, **given: Unpack[NewUser]) -> User:
        """A new user.

        Args:
            **given: A user to be made.
                See `backend.parameters.NewUser`.

        Raises:
            ApiError: `form_identifier_exists`, `form_param_format_invalid` and others.

        Example:
            ```python
            user = backend.users.create(email_address=[email], first_name="Ada", public_metadata={"plan": "pro"})
            ```
        """
        return self._transport.send(users.CREATE.call(**given))

    def update(self, user_id: str, **given: Unpack[UserChanges]) -> User:
        """A user with what the arguments name changed; `None` clears.

        Args:
            user_id: e.g. `user_2abc`.
            **given: What to change of a user; for metadata see `update_metadata`.
                See `backend.parameters.UserChanges`.

        Raises:
            ApiError: `resource_not_found`, `form_identifier_exists` and others.

        Example:
            ```python
            user = backend.users.update(user_id, first_name="Augusta", last_name=None)
            ```
        """
        return self._transport.send(users.UPDATE.call(user_id, **given))

    def update_metadata(self, user_id: str, **given: Unpack[UserMetadata]) -> User:
        """A user with metadata merged deeply; a member that is `None` is deleted.

        Args:
            user_id: e.g. `user_2abc`.
            **given: Metadata of a user; each kind has at most 8 KB as JSON.
                See `backend.parameters.UserMetadata`.

        Raises:
            ApiError: `resource_not_found`, `form_param_exceeds_allowed_size` and others.

        Example:
            ```python
            user = backend.users.update_metadata(user_id, public_metadata={"theme": "dark", "trial": None})
            ```
        """
        return self._transport.send(users.UPDATE_METADATA.call(user_id, **given))

    def replace_metadata(self, user_id: str, **given: Unpack[UserMetadata]) -> User:
        """A user with the given metadata in place of the old; a kind that is not given stays.

        Args:
            user_id: e.g. `user_2abc`.
            **given: Metadata of a user; each kind has at most 8 KB as JSON.
                See `backend.parameters.UserMetadata`.

        Raises:
            ApiError: `resource_not_found`, `form_param_exceeds_allowed_size` and others.

        Example:
            ```python
            user = backend.users.replace_metadata(user_id, public_metadata={"theme": "dark"})
            ```
        """
        return self._transport.send(users.REPLACE_METADATA.call(user_id, **given))

    def delete(self, user_id: str) -> Deleted:
        """That the user is gone, and every session of theirs.

        Args:
            user_id: e.g. `user_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            deleted = backend.users.delete(user_id)
            ```
        """
        return self._transport.send(users.DELETE.call(user_id))

    def ban(self, user_id: str) -> User:
        """A user who may not sign in; no session of theirs mints any more.

        Args:
            user_id: e.g. `user_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            user = backend.users.ban(user_id)
            ```
        """
        return self._transport.send(users.BAN.call(user_id))

    def unban(self, user_id: str) -> User:
        """A user who may sign in again; sessions that the ban ended stay ended.

        Args:
            user_id: e.g. `user_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            user = backend.users.unban(user_id)
            ```
        """
        return self._transport.send(users.UNBAN.call(user_id))

    def ban_several(self, **given: Unpack[UserIds]) -> tuple[User, ...]:
        """Users, all of them banned or none.

        Args:
            **given: Several users.
                See `backend.parameters.UserIds`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            users = backend.users.ban_several(user_ids=[user_id])
            ```
        """
        return self._transport.send(users.BAN_SEVERAL.call(**given))

    def unban_several(self, **given: Unpack[UserIds]) -> tuple[User, ...]:
        """Users, all of them unbanned or none.

        Args:
            **given: Several users.
                See `backend.parameters.UserIds`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            users = backend.users.unban_several(user_ids=[user_id])
            ```
        """
        return self._transport.send(users.UNBAN_SEVERAL.call(**given))

    def lock(self, user_id: str) -> User:
        """A user who may not sign in until unlocked.

        Args:
            user_id: e.g. `user_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            user = backend.users.lock(user_id)
            ```
        """
        return self._transport.send(users.LOCK.call(user_id))

    def unlock(self, user_id: str) -> User:
        """A user who may sign in again, whether locked by you or by failed attempts.

        Args:
            user_id: e.g. `user_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            user = backend.users.unlock(user_id)
            ```
        """
        return self._transport.send(users.UNLOCK.call(user_id))

    def verify_password(self, user_id: str, **given: Unpack[Password]) -> PasswordVerification:
        """That the password is the user's; a wrong one is an error, and counts as a failed attempt.

        Args:
            user_id: e.g. `user_2abc`.
            **given: A password to be compared.
                See `backend.parameters.Password`.

        Raises:
            ApiError: `resource_not_found`, `form_password_incorrect`, `no_password_set`, `user_locked` and others.

        Example:
            ```python
            password_verification = backend.users.verify_password(user_id, password=password)
            ```
        """
        return self._transport.send(users.VERIFY_PASSWORD.call(user_id, **given))

    def remove_password(self, user_id: str, **given: Unpack[PasswordRemoval]) -> User:
        """A user without a password.

        Args:
            user_id: e.g. `user_2abc`.
            **given: How a password is taken away.
                See `backend.parameters.PasswordRemoval`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            user = backend.users.remove_password(user_id, sign_out_of_other_sessions=True)
            ```
        """
        return self._transport.send(users.REMOVE_PASSWORD.call(user_id, **given))

    def list_organization_memberships(self, user_id: str, **given: Unpack[Paging]) -> Page[OrganizationMembership]:
        """A page of a user's memberships.

        Args:
            user_id: e.g. `user_2abc`.
            **given: Which part of a list; see `iterate` for all of it.
                See `backend.parameters.Paging`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            page = backend.users.list_organization_memberships(user_id, limit=50)
            ```
        """
        return self._transport.send(users.LIST_ORGANIZATION_MEMBERSHIPS.call(user_id, **given))


class SessionsResource:
    """Sessions: which there are, their claims and tokens, and their end."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, **given: Unpack[SessionQuery]) -> Page[Session]:
        """A page of sessions, newest first.

        Args:
            **given: Which part of the list of sessions.
                See `backend.parameters.SessionQuery`.

        Example:
            ```python
            page = backend.sessions.list(user_id=user_id, status="active")
            ```
        """
        return self._transport.send(sessions.LIST.call(**given))

    def iterate(self, *, page_size: int = PAGE_SIZE, **given: Unpack[SessionFilters]) -> Iterator[Session]:
        """Every row of the list, a page at a time; no row twice, see `claimsmith.backend.pages`.

        Args:
            page_size: rows a call, 1 to 500.
            **given: Which sessions.
                See `backend.parameters.SessionFilters`.

        Example:
            ```python
            for session in backend.sessions.iterate():
                print(session.id)
            ```
        """
        pages = Pages(sessions.LIST, (), given, page_size)
        return iterate_rows(self._transport.send, pages)

    def get(self, session_id: str) -> Session:
        """One session.

        Args:
            session_id: e.g. `sess_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            session = backend.sessions.get(session_id)
            ```
        """
        return self._transport.send(sessions.GET.call(session_id))

    def create(self, **given: Unpack[NewSession]) -> Session:
        """A new active session of a user, on a browser of its own; for tests and tools.

        Args:
            **given: A session to be made.
                See `backend.parameters.NewSession`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            session = backend.sessions.create(user_id=user_id)
            ```
        """
        return self._transport.send(sessions.CREATE.call(**given))

    def revoke(self, session_id: str) -> Session:
        """A session that mints no more.

        Tokens that it minted stay valid until they expire.

        Args:
            session_id: e.g. `sess_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            session = backend.sessions.revoke(session_id)
            ```
        """
        return self._transport.send(sessions.REVOKE.call(session_id))

    def create_token(self, session_id: str, **given: Unpack[NewToken]) -> Token:
        """A new session token of an active session.

        Args:
            session_id: e.g. `sess_2abc`.
            **given: A token to be minted.
                See `backend.parameters.NewToken`.

        Raises:
            ApiError: `resource_not_found`, `session_not_active` and others.

        Example:
            ```python
            token = backend.sessions.create_token(session_id, expires_in_seconds=300)
            ```
        """
        return self._transport.send(sessions.CREATE_TOKEN.call(session_id, **given))

    def create_token_from_template(self, session_id: str, template_name: str, **given: Unpack[NewToken]) -> Token:
        """A new token of a JWT template, for an active session.

        Args:
            session_id: e.g. `sess_2abc`.
            template_name: a JWT template's name.
            **given: A token to be minted.
                See `backend.parameters.NewToken`.

        Raises:
            ApiError: `resource_not_found`, `session_not_active` and others.

        Example:
            ```python
            token = backend.sessions.create_token_from_template(session_id, template_name)
            ```
        """
        return self._transport.send(sessions.CREATE_TOKEN_FROM_TEMPLATE.call(session_id, template_name, **given))

    def get_claims(self, session_id: str, **given: Unpack[ClaimsQuery]) -> SessionClaims:
        """All custom claims of a session, those too that its token leaves out for size.

        An addition of Claimsmith's; nothing is minted.

        Args:
            session_id: e.g. `sess_2abc`.
            **given: Whose claims.
                See `backend.parameters.ClaimsQuery`.

        Raises:
            ApiError: `resource_not_found`, `session_not_active` and others.

        Example:
            ```python
            session_claims = backend.sessions.get_claims(session_id)
            ```
        """
        return self._transport.send(sessions.GET_CLAIMS.call(session_id, **given))

    def refresh(self, session_id: str, **given: Unpack[Refresh]) -> SessionRefresh:
        """A new token for a browser that sent one that has expired, and its refresh cookie.

        The adapters do this by themselves.

        Args:
            session_id: e.g. `sess_2abc`.
            **given: What a browser sent with a token that has expired.
                See `backend.parameters.Refresh`.

        Raises:
            ApiError: `refresh_token_invalid`, `expired_token_invalid`, `session_not_active` and others.

        Example:
            ```python
            session_refresh = backend.sessions.refresh(session_id, **refresh)
            ```
        """
        return self._transport.send(sessions.REFRESH.call(session_id, **given))


class OrganizationsResource:
    """Organizations and their metadata."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, **given: Unpack[OrganizationQuery]) -> Page[Organization]:
        """A page of organizations, newest first unless asked otherwise.

        Args:
            **given: Which part of the list of organizations.
                See `backend.parameters.OrganizationQuery`.

        Example:
            ```python
            page = backend.organizations.list(query="acme", include_members_count=True)
            ```
        """
        return self._transport.send(organizations.LIST.call(**given))

    def iterate(self, *, page_size: int = PAGE_SIZE, **given: Unpack[OrganizationFilters]) -> Iterator[Organization]:
        """Every row of the list, a page at a time; no row twice, see `claimsmith.backend.pages`.

        Args:
            page_size: rows a call, 1 to 500.
            **given: Which organizations, in which order.
                See `backend.parameters.OrganizationFilters`.

        Example:
            ```python
            for organization in backend.organizations.iterate():
                print(organization.id)
            ```
        """
        pages = Pages(organizations.LIST, (), given, page_size)
        return iterate_rows(self._transport.send, pages)

    def get(self, organization_id: str, **given: Unpack[OrganizationView]) -> Organization:
        """One organization, by its id or slug.

        Args:
            organization_id: e.g. `org_2abc`.
            **given: What to tell of one organization.
                See `backend.parameters.OrganizationView`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            organization = backend.organizations.get(organization_id)
            ```
        """
        return self._transport.send(organizations.GET.call(organization_id, **given))

    def create(self, **given: Unpack[NewOrganization]) -> Organization:
        """A new organization.

        Args:
            **given: An organization to be made.
                See `backend.parameters.NewOrganization`.

        Raises:
            ApiError: `form_identifier_exists`, `organization_not_enabled_in_instance` and others.

        Example:
            ```python
            organization = backend.organizations.create(name="Acme", created_by=user_id)
            ```
        """
        return self._transport.send(organizations.CREATE.call(**given))

    def update(self, organization_id: str, **given: Unpack[OrganizationChanges]) -> Organization:
        """An organization with what the arguments name changed.

        Args:
            organization_id: e.g. `org_2abc`.
            **given: What to change of an organization; for metadata see `update_metadata`.
                See `backend.parameters.OrganizationChanges`.

        Raises:
            ApiError: `resource_not_found`, `form_identifier_exists` and others.

        Example:
            ```python
            organization = backend.organizations.update(organization_id, name="Acme Ltd")
            ```
        """
        return self._transport.send(organizations.UPDATE.call(organization_id, **given))

    def update_metadata(self, organization_id: str, **given: Unpack[Metadata]) -> Organization:
        """An organization with metadata merged deeply; a member that is `None` is deleted.

        Args:
            organization_id: e.g. `org_2abc`.
            **given: Metadata of an organization or a membership; each kind has at most 8 KB as JSON.
                See `backend.parameters.Metadata`.

        Raises:
            ApiError: `resource_not_found`, `form_param_exceeds_allowed_size` and others.

        Example:
            ```python
            organization = backend.organizations.update_metadata(organization_id, public_metadata={"plan": "pro"})
            ```
        """
        return self._transport.send(organizations.UPDATE_METADATA.call(organization_id, **given))

    def replace_metadata(self, organization_id: str, **given: Unpack[Metadata]) -> Organization:
        """An organization with the given metadata in place of the old; a kind that is not given stays.

        Args:
            organization_id: e.g. `org_2abc`.
            **given: Metadata of an organization or a membership; each kind has at most 8 KB as JSON.
                See `backend.parameters.Metadata`.

        Raises:
            ApiError: `resource_not_found`, `form_param_exceeds_allowed_size` and others.

        Example:
            ```python
            organization = backend.organizations.replace_metadata(organization_id, public_metadata={"plan": "pro"})
            ```
        """
        return self._transport.send(organizations.REPLACE_METADATA.call(organization_id, **given))

    def delete(self, organization_id: str) -> Deleted:
        """That the organization is gone, and every membership in it.

        Args:
            organization_id: e.g. `org_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            deleted = backend.organizations.delete(organization_id)
            ```
        """
        return self._transport.send(organizations.DELETE.call(organization_id))


class OrganizationMembershipsResource:
    """Members of organizations; see `users.list_organization_memberships` for those of one user."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, organization_id: str, **given: Unpack[MemberQuery]) -> Page[OrganizationMembership]:
        """A page of members, who joined last first unless asked otherwise.

        Args:
            organization_id: e.g. `org_2abc`.
            **given: Which part of the list of members.
                See `backend.parameters.MemberQuery`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            page = backend.organization_memberships.list(organization_id, role="org:admin")
            ```
        """
        return self._transport.send(organization_memberships.LIST.call(organization_id, **given))

    def iterate(
        self, organization_id: str, *, page_size: int = PAGE_SIZE, **given: Unpack[MemberFilters]
    ) -> Iterator[OrganizationMembership]:
        """Every row of the list, a page at a time; no row twice, see `claimsmith.backend.pages`.

        Args:
            organization_id: e.g. `org_2abc`.
            page_size: rows a call, 1 to 500.
            **given: Which members, in which order.
                See `backend.parameters.MemberFilters`.

        Example:
            ```python
            for organization_membership in backend.organization_memberships.iterate(organization_id):
                print(organization_membership.id)
            ```
        """
        pages = Pages(organization_memberships.LIST, (organization_id,), given, page_size)
        return iterate_rows(self._transport.send, pages)

    def create(self, organization_id: str, **given: Unpack[NewMembership]) -> OrganizationMembership:
        """A new member.

        Args:
            organization_id: e.g. `org_2abc`.
            **given: A membership to be made.
                See `backend.parameters.NewMembership`.

        Raises:
            ApiError: `resource_not_found`, `already_a_member_in_organization` and others.

        Example:
            ```python
            organization_membership = backend.organization_memberships.create(
                organization_id,
                user_id=other_user_id,
                role="org:member",
            )
            ```
        """
        return self._transport.send(organization_memberships.CREATE.call(organization_id, **given))

    def update(self, organization_id: str, user_id: str, **given: Unpack[RoleChange]) -> OrganizationMembership:
        """A member with another role.

        Args:
            organization_id: e.g. `org_2abc`.
            user_id: e.g. `user_2abc`.
            **given: Another role of a member.
                See `backend.parameters.RoleChange`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            organization_membership = backend.organization_memberships.update(
                organization_id,
                user_id,
                role="org:admin",
            )
            ```
        """
        return self._transport.send(organization_memberships.UPDATE.call(organization_id, user_id, **given))

    def update_metadata(self, organization_id: str, user_id: str, **given: Unpack[Metadata]) -> OrganizationMembership:
        """A member with metadata merged deeply; a member of it that is `None` is deleted.

        Args:
            organization_id: e.g. `org_2abc`.
            user_id: e.g. `user_2abc`.
            **given: Metadata of an organization or a membership; each kind has at most 8 KB as JSON.
                See `backend.parameters.Metadata`.

        Raises:
            ApiError: `resource_not_found`, `form_param_exceeds_allowed_size` and others.

        Example:
            ```python
            organization_membership = backend.organization_memberships.update_metadata(
                organization_id,
                user_id,
                public_metadata={"team": "core"},
            )
            ```
        """
        return self._transport.send(organization_memberships.UPDATE_METADATA.call(organization_id, user_id, **given))

    def delete(self, organization_id: str, user_id: str) -> OrganizationMembership:
        """The membership that is no more.

        Args:
            organization_id: e.g. `org_2abc`.
            user_id: e.g. `user_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            organization_membership = backend.organization_memberships.delete(organization_id, member_id)
            ```
        """
        return self._transport.send(organization_memberships.DELETE.call(organization_id, user_id))


class OrganizationInvitationsResource:
    """Invitations to organizations."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, organization_id: str, **given: Unpack[InvitationQuery]) -> Page[OrganizationInvitation]:
        """A page of an organization's invitations, newest first.

        Args:
            organization_id: e.g. `org_2abc`.
            **given: Which part of the list of invitations.
                See `backend.parameters.InvitationQuery`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            page = backend.organization_invitations.list(organization_id, status="pending")
            ```
        """
        return self._transport.send(organization_invitations.LIST.call(organization_id, **given))

    def iterate(
        self, organization_id: str, *, page_size: int = PAGE_SIZE, **given: Unpack[InvitationFilters]
    ) -> Iterator[OrganizationInvitation]:
        """Every row of the list, a page at a time; no row twice, see `claimsmith.backend.pages`.

        Args:
            organization_id: e.g. `org_2abc`.
            page_size: rows a call, 1 to 500.
            **given: Which invitations, in which order.
                See `backend.parameters.InvitationFilters`.

        Example:
            ```python
            for organization_invitation in backend.organization_invitations.iterate(organization_id):
                print(organization_invitation.id)
            ```
        """
        pages = Pages(organization_invitations.LIST, (organization_id,), given, page_size)
        return iterate_rows(self._transport.send, pages)

    def get(self, organization_id: str, invitation_id: str) -> OrganizationInvitation:
        """One invitation.

        Args:
            organization_id: e.g. `org_2abc`.
            invitation_id: e.g. `orginv_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            organization_invitation = backend.organization_invitations.get(organization_id, invitation_id)
            ```
        """
        return self._transport.send(organization_invitations.GET.call(organization_id, invitation_id))

    def create(self, organization_id: str, **given: Unpack[NewInvitation]) -> OrganizationInvitation:
        """A new invitation; its mail is on its way.

        Args:
            organization_id: e.g. `org_2abc`.
            **given: An invitation to be sent.
                See `backend.parameters.NewInvitation`.

        Raises:
            ApiError: `resource_not_found`, `duplicate_record` and others.

        Example:
            ```python
            organization_invitation = backend.organization_invitations.create(
                organization_id,
                email_address=email,
                role="org:member",
            )
            ```
        """
        return self._transport.send(organization_invitations.CREATE.call(organization_id, **given))

    def revoke(
        self, organization_id: str, invitation_id: str, **given: Unpack[InvitationRevocation]
    ) -> OrganizationInvitation:
        """An invitation, revoked.

        Args:
            organization_id: e.g. `org_2abc`.
            invitation_id: e.g. `orginv_2abc`.
            **given: In whose name an invitation is revoked.
                See `backend.parameters.InvitationRevocation`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            organization_invitation = backend.organization_invitations.revoke(organization_id, invitation_id)
            ```
        """
        return self._transport.send(organization_invitations.REVOKE.call(organization_id, invitation_id, **given))


class JwtTemplatesResource:
    """JWT templates: tokens for other services, with claims of your own."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, **given: Unpack[Paging]) -> Page[JwtTemplate]:
        """A page of templates, newest first.

        Args:
            **given: Which part of a list; see `iterate` for all of it.
                See `backend.parameters.Paging`.

        Example:
            ```python
            page = backend.jwt_templates.list(limit=50)
            ```
        """
        return self._transport.send(jwt_templates.LIST.call(**given))

    def iterate(self, *, page_size: int = PAGE_SIZE) -> Iterator[JwtTemplate]:
        """Every row of the list, a page at a time; no row twice, see `claimsmith.backend.pages`.

        Args:
            page_size: rows a call, 1 to 500.

        Example:
            ```python
            for jwt_template in backend.jwt_templates.iterate():
                print(jwt_template.id)
            ```
        """
        pages = Pages(jwt_templates.LIST, (), {}, page_size)
        return iterate_rows(self._transport.send, pages)

    def get(self, template_id: str) -> JwtTemplate:
        """One template.

        Args:
            template_id: e.g. `jtmp_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            jwt_template = backend.jwt_templates.get(template_id)
            ```
        """
        return self._transport.send(jwt_templates.GET.call(template_id))

    def create(self, **given: Unpack[JwtTemplateDefinition]) -> JwtTemplate:
        """A new template.

        Args:
            **given: A JWT template as it shall be.
                See `backend.parameters.JwtTemplateDefinition`.

        Raises:
            ApiError: `form_identifier_exists`, `form_param_value_invalid` and others.

        Example:
            ```python
            jwt_template = backend.jwt_templates.create(
                name=new_name,
                claims={"email": "{{user.primary_email_address}}"},
                lifetime=300,
            )
            ```
        """
        return self._transport.send(jwt_templates.CREATE.call(**given))

    def update(self, template_id: str, **given: Unpack[JwtTemplateDefinition]) -> JwtTemplate:
        """A template as the arguments say; what they do not name stays.

        Args:
            template_id: e.g. `jtmp_2abc`.
            **given: A JWT template as it shall be.
                See `backend.parameters.JwtTemplateDefinition`.

        Raises:
            ApiError: `resource_not_found`, `form_param_value_invalid` and others.

        Example:
            ```python
            jwt_template = backend.jwt_templates.update(template_id, name=new_name, claims={"role": "authenticated"})
            ```
        """
        return self._transport.send(jwt_templates.UPDATE.call(template_id, **given))

    def delete(self, template_id: str) -> Deleted:
        """That the template is gone; tokens that it made stay valid until they expire.

        Args:
            template_id: e.g. `jtmp_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            deleted = backend.jwt_templates.delete(template_id)
            ```
        """
        return self._transport.send(jwt_templates.DELETE.call(template_id))


class InstanceResource:
    """The secret key's instance, and its settings of organizations."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self) -> Instance:
        """The secret key's instance.

        Example:
            ```python
            instance = backend.instance.get()
            ```
        """
        return self._transport.send(instance.GET.call())

    def update(self, **given: Unpack[InstanceChanges]) -> None:
        """Nothing; what the arguments name is changed.

        Args:
            **given: What to change of the instance.
                See `backend.parameters.InstanceChanges`.

        Raises:
            ApiError: `form_param_format_invalid` and others.

        Example:
            ```python
            backend.instance.update(allowed_origins=["https://app.example.com"])
            ```
        """
        self._transport.send(instance.UPDATE.call(**given))

    def get_organization_settings(self) -> OrganizationSettings:
        """The instance's settings of organizations.

        Example:
            ```python
            organization_settings = backend.instance.get_organization_settings()
            ```
        """
        return self._transport.send(instance.GET_ORGANIZATION_SETTINGS.call())

    def update_organization_settings(self, **given: Unpack[OrganizationSettingsChanges]) -> OrganizationSettings:
        """The settings of organizations with what the arguments name changed.

        Args:
            **given: What to change of the settings of organizations.
                See `backend.parameters.OrganizationSettingsChanges`.

        Raises:
            ApiError: `form_param_value_invalid` and others.

        Example:
            ```python
            organization_settings = backend.instance.update_organization_settings(admin_delete_enabled=True)
            ```
        """
        return self._transport.send(instance.UPDATE_ORGANIZATION_SETTINGS.call(**given))


class ConfigResource:
    """The instance's config document: every setting of its owner, the session token's claims among them.

    `instance_id` may also be `development` or `production`. Where the Platform API has keys of its own, make a client
    with such a key.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self, instance_id: str, **given: Unpack[ConfigQuery]) -> InstanceConfig:
        """The config document, or the sections that `keys` names.

        Args:
            instance_id: e.g. `ins_2abc`.
            **given: Which sections of the config document.
                See `backend.parameters.ConfigQuery`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            instance_config = backend.config.get(instance_id, keys="session")
            ```
        """
        return self._transport.send(config.GET.call(instance_id, **given))

    def get_schema(self, instance_id: str, **given: Unpack[ConfigQuery]) -> dict[str, Any]:
        """The JSON Schema of the config document.

        Args:
            instance_id: e.g. `ins_2abc`.
            **given: Which sections of the config document.
                See `backend.parameters.ConfigQuery`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            schema = backend.config.get_schema(instance_id)
            ```
        """
        return self._transport.send(config.GET_SCHEMA.call(instance_id, **given))

    def update(self, instance_id: str, **given: Unpack[ConfigChanges]) -> InstanceConfig:
        """The config document with what `document` names changed, before and after.

        With `dry_run` nothing is written. With `if_match` nobody's change in between is lost.

        Args:
            instance_id: e.g. `ins_2abc`.
            **given: What to change of the config document.
                See `backend.parameters.ConfigChanges`.

        Raises:
            ApiError: `config_version_mismatch`, `form_param_value_invalid` and others.

        Example:
            ```python
            instance_config = backend.config.update(instance_id, document={"session": {"claims": claims}}, dry_run=True)
            ```
        """
        return self._transport.send(config.UPDATE.call(instance_id, **given))


class ClientsResource:
    """Clients, which is what the wire calls browsers, and what handshakes bring."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, **given: Unpack[Paging]) -> Page[Client]:
        """A page of clients, newest first.

        Args:
            **given: Which part of a list; see `iterate` for all of it.
                See `backend.parameters.Paging`.

        Example:
            ```python
            page = backend.clients.list(limit=50)
            ```
        """
        return self._transport.send(clients.LIST.call(**given))

    def iterate(self, *, page_size: int = PAGE_SIZE) -> Iterator[Client]:
        """Every row of the list, a page at a time; no row twice, see `claimsmith.backend.pages`.

        Args:
            page_size: rows a call, 1 to 500.

        Example:
            ```python
            for client in backend.clients.iterate():
                print(client.id)
            ```
        """
        pages = Pages(clients.LIST, (), {}, page_size)
        return iterate_rows(self._transport.send, pages)

    def get(self, client_id: str) -> Client:
        """One client with its live sessions.

        Args:
            client_id: e.g. `client_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            client = backend.clients.get(client_id)
            ```
        """
        return self._transport.send(clients.GET.call(client_id))

    def verify(self, **given: Unpack[ClientToken]) -> Client:
        """The client whose token it is.

        Args:
            **given: What the client cookie of a browser holds.
                See `backend.parameters.ClientToken`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            client = backend.clients.verify(token=client_token)
            ```
        """
        return self._transport.send(clients.VERIFY.call(**given))

    def get_handshake_payload(self, **given: Unpack[HandshakeNonce]) -> HandshakePayload:
        """The cookies that a handshake's nonce stands for.

        The adapters do this by themselves.

        Args:
            **given: What a handshake brought.
                See `backend.parameters.HandshakeNonce`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            handshake_payload = backend.clients.get_handshake_payload(nonce=nonce)
            ```
        """
        return self._transport.send(clients.GET_HANDSHAKE_PAYLOAD.call(**given))


class SignInTokensResource:
    """Sign-in tokens: tickets that sign a user in once."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, **given: Unpack[NewSignInToken]) -> SignInToken:
        """A ticket that signs a user in once; its text is told here and never again.

        Args:
            **given: A sign-in token to be made.
                See `backend.parameters.NewSignInToken`.

        Raises:
            ApiError: `resource_not_found`, `user_banned` and others.

        Example:
            ```python
            sign_in_token = backend.sign_in_tokens.create(user_id=user_id, expires_in_seconds=600)
            ```
        """
        return self._transport.send(sign_in_tokens.CREATE.call(**given))

    def revoke(self, sign_in_token_id: str) -> SignInToken:
        """A pending sign-in token, revoked.

        Args:
            sign_in_token_id: e.g. `sit_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            sign_in_token = backend.sign_in_tokens.revoke(sign_in_token_id)
            ```
        """
        return self._transport.send(sign_in_tokens.REVOKE.call(sign_in_token_id))


class ActorTokensResource:
    """Actor tokens: tickets with which an actor is a user for a while."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, **given: Unpack[NewActorToken]) -> ActorToken:
        """A ticket with which an actor is a user; its text is told here and never again.

        Args:
            **given: An actor token to be made.
                See `backend.parameters.NewActorToken`.

        Raises:
            ApiError: `resource_not_found`, `user_banned` and others.

        Example:
            ```python
            actor_token = backend.actor_tokens.create(user_id=user_id, actor={"sub": "user_support"})
            ```
        """
        return self._transport.send(actor_tokens.CREATE.call(**given))

    def revoke(self, actor_token_id: str) -> ActorToken:
        """A pending actor token, revoked; a session that it began stays.

        Args:
            actor_token_id: e.g. `act_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            actor_token = backend.actor_tokens.revoke(actor_token_id)
            ```
        """
        return self._transport.send(actor_tokens.REVOKE.call(actor_token_id))


class TestingTokensResource:
    """Testing tokens: what test suites get past protection against bots with."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self) -> TestingToken:
        """A token that is good for an hour.

        Example:
            ```python
            testing_token = backend.testing_tokens.create()
            ```
        """
        return self._transport.send(testing_tokens.CREATE.call())


class JwksResource:
    """The instance's key set; to verify tokens use `RemoteKeys`, which checks and caches it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self) -> JsonWebKeySet:
        """The instance's public keys.

        Example:
            ```python
            json_web_key_set = backend.jwks.get()
            ```
        """
        return self._transport.send(jwks.GET.call())


class Resources:
    """Every resource of the Backend API, blocking."""

    users: UsersResource
    sessions: SessionsResource
    organizations: OrganizationsResource
    organization_memberships: OrganizationMembershipsResource
    organization_invitations: OrganizationInvitationsResource
    jwt_templates: JwtTemplatesResource
    instance: InstanceResource
    config: ConfigResource
    clients: ClientsResource
    sign_in_tokens: SignInTokensResource
    actor_tokens: ActorTokensResource
    testing_tokens: TestingTokensResource
    jwks: JwksResource

    def __init__(self, transport: Transport) -> None:
        self.users = UsersResource(transport)
        self.sessions = SessionsResource(transport)
        self.organizations = OrganizationsResource(transport)
        self.organization_memberships = OrganizationMembershipsResource(transport)
        self.organization_invitations = OrganizationInvitationsResource(transport)
        self.jwt_templates = JwtTemplatesResource(transport)
        self.instance = InstanceResource(transport)
        self.config = ConfigResource(transport)
        self.clients = ClientsResource(transport)
        self.sign_in_tokens = SignInTokensResource(transport)
        self.actor_tokens = ActorTokensResource(transport)
        self.testing_tokens = TestingTokensResource(transport)
        self.jwks = JwksResource(transport)
