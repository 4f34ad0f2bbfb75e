"""The resources of the Backend API, in an event loop. Written by `packages/sdk/generate_backend.py`."""

from collections.abc import AsyncIterator
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
from claimsmith.backend.pages import PAGE_SIZE, Pages, iterate_rows_async
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
from claimsmith.network.transport import AsyncTransport


class AsyncUsersResource:
    """Users: who they are, their metadata, their passwords, and whether they may sign in."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(self, **given: Unpack[UserQuery]) -> tuple[User, ...]:
        """A page of users, newest first unless asked otherwise; `count` tells how many there are.

        Args:
            **given: Which part of the list of users.
                See `backend.parameters.UserQuery`.

        Example:
            ```python
            users = await backend.users.list(query="ada", limit=50)
            ```
        """
        return await self._transport.send(users.LIST.call(**given))

    def iterate(self, *, page_size: int = PAGE_SIZE, **given: Unpack[UserOrder]) -> AsyncIterator[User]:
        """Every row of the list, a page at a time; no row twice, see `claimsmith.backend.pages`.

        Args:
            page_size: rows a call, 1 to 500.
            **given: Which users, in which order.
                See `backend.parameters.UserOrder`.

        Example:
            ```python
            async for user in backend.users.iterate():
                print(user.id)
            ```
        """
        pages = Pages(users.LIST, (), given, page_size)
        return iterate_rows_async(self._transport.send, pages)

    async def count(self, **given: Unpack[UserFilters]) -> TotalCount:
        """How many users the filters find.

        Args:
            **given: Which users; all that are given must be met.
                See `backend.parameters.UserFilters`.

        Example:
            ```python
            total_count = await backend.users.count(banned=False)
            ```
        """
        return await self._transport.send(users.COUNT.call(**given))

    async def get(self, user_id: str) -> User:
        """One user.

        Args:
            user_id: e.g. `user_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            user = await backend.users.get(user_id)
            ```
        """
        return await self._transport.send(users.GET.call(user_id))

    async def create(self, **given: Unpack[NewUser]) -> User:
        """A new user.

        Args:
            **given: A user to be made.
                See `backend.parameters.NewUser`.

        Raises:
            ApiError: `form_identifier_exists`, `form_param_format_invalid` and others.

        Example:
            ```python
            user = await backend.users.create(email_address=[email], first_name="Ada", public_metadata={"plan": "pro"})
            ```
        """
        return await self._transport.send(users.CREATE.call(**given))

    async def update(self, user_id: str, **given: Unpack[UserChanges]) -> User:
        """A user with what the arguments name changed; `None` clears.

        Args:
            user_id: e.g. `user_2abc`.
            **given: What to change of a user; for metadata see `update_metadata`.
                See `backend.parameters.UserChanges`.

        Raises:
            ApiError: `resource_not_found`, `form_identifier_exists` and others.

        Example:
            ```python
            user = await backend.users.update(user_id, first_name="Augusta", last_name=None)
            ```
        """
        return await self._transport.send(users.UPDATE.call(user_id, **given))

    async def update_metadata(self, user_id: str, **given: Unpack[UserMetadata]) -> User:
        """A user with metadata merged deeply; a member that is `None` is deleted.

        Args:
            user_id: e.g. `user_2abc`.
            **given: Metadata of a user; each kind has at most 8 KB as JSON.
                See `backend.parameters.UserMetadata`.

        Raises:
            ApiError: `resource_not_found`, `form_param_exceeds_allowed_size` and others.

        Example:
            ```python
            user = await backend.users.update_metadata(user_id, public_metadata={"theme": "dark", "trial": None})
            ```
        """
        return await self._transport.send(users.UPDATE_METADATA.call(user_id, **given))

    async def replace_metadata(self, user_id: str, **given: Unpack[UserMetadata]) -> User:
        """A user with the given metadata in place of the old; a kind that is not given stays.

        Args:
            user_id: e.g. `user_2abc`.
            **given: Metadata of a user; each kind has at most 8 KB as JSON.
                See `backend.parameters.UserMetadata`.

        Raises:
            ApiError: `resource_not_found`, `form_param_exceeds_allowed_size` and others.

        Example:
            ```python
            user = await backend.users.replace_metadata(user_id, public_metadata={"theme": "dark"})
            ```
        """
        return await self._transport.send(users.REPLACE_METADATA.call(user_id, **given))

    async def delete(self, user_id: str) -> Deleted:
        """That the user is gone, and every session of theirs.

        Args:
            user_id: e.g. `user_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            deleted = await backend.users.delete(user_id)
            ```
        """
        return await self._transport.send(users.DELETE.call(user_id))

    async def ban(self, user_id: str) -> User:
        """A user who may not sign in; no session of theirs mints any more.

        Args:
            user_id: e.g. `user_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            user = await backend.users.ban(user_id)
            ```
        """
        return await self._transport.send(users.BAN.call(user_id))

    async def unban(self, user_id: str) -> User:
        """A user who may sign in again; sessions that the ban ended stay ended.

        Args:
            user_id: e.g. `user_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            user = await backend.users.unban(user_id)
            ```
        """
        return await self._transport.send(users.UNBAN.call(user_id))

    async def ban_several(self, **given: Unpack[UserIds]) -> tuple[User, ...]:
        """Users, all of them banned or none.

        Args:
            **given: Several users.
                See `backend.parameters.UserIds`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            users = await backend.users.ban_several(user_ids=[user_id])
            ```
        """
        return await self._transport.send(users.BAN_SEVERAL.call(**given))

    async def unban_several(self, **given: Unpack[UserIds]) -> tuple[User, ...]:
        """Users, all of them unbanned or none.

        Args:
            **given: Several users.
                See `backend.parameters.UserIds`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            users = await backend.users.unban_several(user_ids=[user_id])
            ```
        """
        return await self._transport.send(users.UNBAN_SEVERAL.call(**given))

    async def lock(self, user_id: str) -> User:
        """A user who may not sign in until unlocked.

        Args:
            user_id: e.g. `user_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            user = await backend.users.lock(user_id)
            ```
        """
        return await self._transport.send(users.LOCK.call(user_id))

    async def unlock(self, user_id: str) -> User:
        """A user who may sign in again, whether locked by you or by failed attempts.

        Args:
            user_id: e.g. `user_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            user = await backend.users.unlock(user_id)
            ```
        """
        return await self._transport.send(users.UNLOCK.call(user_id))

    async def verify_password(self, user_id: str, **given: Unpack[Password]) -> PasswordVerification:
        """That the password is the user's; a wrong one is an error, and counts as a failed attempt.

        Args:
            user_id: e.g. `user_2abc`.
            **given: A password to be compared.
                See `backend.parameters.Password`.

        Raises:
            ApiError: `resource_not_found`, `form_password_incorrect`, `no_password_set`, `user_locked` and others.

        Example:
            ```python
            password_verification = await backend.users.verify_password(user_id, password=password)
            ```
        """
        return await self._transport.send(users.VERIFY_PASSWORD.call(user_id, **given))

    async def remove_password(self, user_id: str, **given: Unpack[PasswordRemoval]) -> User:
        """A user without a password.

        Args:
            user_id: e.g. `user_2abc`.
            **given: How a password is taken away.
                See `backend.parameters.PasswordRemoval`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            user = await backend.users.remove_password(user_id, sign_out_of_other_sessions=True)
            ```
        """
        return await self._transport.send(users.REMOVE_PASSWORD.call(user_id, **given))

    async def list_organization_memberships(
        self, user_id: str, **given: Unpack[Paging]
    ) -> Page[OrganizationMembership]:
        """A page of a user's memberships.

        Args:
            user_id: e.g. `user_2abc`.
            **given: Which part of a list; see `iterate` for all of it.
                See `backend.parameters.Paging`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            page = await backend.users.list_organization_memberships(user_id, limit=50)
            ```
        """
        return await self._transport.send(users.LIST_ORGANIZATION_MEMBERSHIPS.call(user_id, **given))


class AsyncSessionsResource:
    """Sessions: which there are, their claims and tokens, and their end."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(self, **given: Unpack[SessionQuery]) -> Page[Session]:
        """A page of sessions, newest first.

        Args:
            **given: Which part of the list of sessions.
                See `backend.parameters.SessionQuery`.

        Example:
            ```python
            page = await backend.sessions.list(user_id=user_id, status="active")
            ```
        """
        return await self._transport.send(sessions.LIST.call(**given))

    def iterate(self, *, page_size: int = PAGE_SIZE, **given: Unpack[SessionFilters]) -> AsyncIterator[Session]:
        """Every row of the list, a page at a time; no row twice, see `claimsmith.backend.pages`.

        Args:
            page_size: rows a call, 1 to 500.
            **given: Which sessions.
                See `backend.parameters.SessionFilters`.

        Example:
            ```python
            async for session in backend.sessions.iterate():
                print(session.id)
            ```
        """
        pages = Pages(sessions.LIST, (), given, page_size)
        return iterate_rows_async(self._transport.send, pages)

    async def get(self, session_id: str) -> Session:
        """One session.

        Args:
            session_id: e.g. `sess_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            session = await backend.sessions.get(session_id)
            ```
        """
        return await self._transport.send(sessions.GET.call(session_id))

    async def create(self, **given: Unpack[NewSession]) -> Session:
        """A new active session of a user, on a browser of its own; for tests and tools.

        Args:
            **given: A session to be made.
                See `backend.parameters.NewSession`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            session = await backend.sessions.create(user_id=user_id)
            ```
        """
        return await self._transport.send(sessions.CREATE.call(**given))

    async def revoke(self, session_id: str) -> Session:
        """A session that mints no more.

        Tokens that it minted stay valid until they expire.

        Args:
            session_id: e.g. `sess_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            session = await backend.sessions.revoke(session_id)
            ```
        """
        return await self._transport.send(sessions.REVOKE.call(session_id))

    async def create_token(self, session_id: str, **given: Unpack[NewToken]) -> Token:
        """A new session token of an active session.

        Args:
            session_id: e.g. `sess_2abc`.
            **given: A token to be minted.
                See `backend.parameters.NewToken`.

        Raises:
            ApiError: `resource_not_found`, `session_not_active` and others.

        Example:
            ```python
            token = await backend.sessions.create_token(session_id, expires_in_seconds=300)
            ```
        """
        return await self._transport.send(sessions.CREATE_TOKEN.call(session_id, **given))

    async def create_token_from_template(self, session_id: str, template_name: str, **given: Unpack[NewToken]) -> Token:
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
            token = await backend.sessions.create_token_from_template(session_id, template_name)
            ```
        """
        return await self._transport.send(sessions.CREATE_TOKEN_FROM_TEMPLATE.call(session_id, template_name, **given))

    async def get_claims(self, session_id: str, **given: Unpack[ClaimsQuery]) -> SessionClaims:
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
            session_claims = await backend.sessions.get_claims(session_id)
            ```
        """
        return await self._transport.send(sessions.GET_CLAIMS.call(session_id, **given))

    async def refresh(self, session_id: str, **given: Unpack[Refresh]) -> SessionRefresh:
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
            session_refresh = await backend.sessions.refresh(session_id, **refresh)
            ```
        """
        return await self._transport.send(sessions.REFRESH.call(session_id, **given))


class AsyncOrganizationsResource:
    """Organizations and their metadata."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(self, **given: Unpack[OrganizationQuery]) -> Page[Organization]:
        """A page of organizations, newest first unless asked otherwise.

        Args:
            **given: Which part of the list of organizations.
                See `backend.parameters.OrganizationQuery`.

        Example:
            ```python
            page = await backend.organizations.list(query="acme", include_members_count=True)
            ```
        """
        return await self._transport.send(organizations.LIST.call(**given))

    def iterate(
        self, *, page_size: int = PAGE_SIZE, **given: Unpack[OrganizationFilters]
    ) -> AsyncIterator[Organization]:
        """Every row of the list, a page at a time; no row twice, see `claimsmith.backend.pages`.

        Args:
            page_size: rows a call, 1 to 500.
            **given: Which organizations, in which order.
                See `backend.parameters.OrganizationFilters`.

        Example:
            ```python
            async for organization in backend.organizations.iterate():
                print(organization.id)
            ```
        """
        pages = Pages(organizations.LIST, (), given, page_size)
        return iterate_rows_async(self._transport.send, pages)

    async def get(self, organization_id: str, **given: Unpack[OrganizationView]) -> Organization:
        """One organization, by its id or slug.

        Args:
            organization_id: e.g. `org_2abc`.
            **given: What to tell of one organization.
                See `backend.parameters.OrganizationView`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            organization = await backend.organizations.get(organization_id)
            ```
        """
        return await self._transport.send(organizations.GET.call(organization_id, **given))

    async def create(self, **given: Unpack[NewOrganization]) -> Organization:
        """A new organization.

        Args:
            **given: An organization to be made.
                See `backend.parameters.NewOrganization`.

        Raises:
            ApiError: `form_identifier_exists`, `organization_not_enabled_in_instance` and others.

        Example:
            ```python
            organization = await backend.organizations.create(name="Acme", created_by=user_id)
            ```
        """
        return await self._transport.send(organizations.CREATE.call(**given))

    async def update(self, organization_id: str, **given: Unpack[OrganizationChanges]) -> Organization:
        """An organization with what the arguments name changed.

        Args:
            organization_id: e.g. `org_2abc`.
            **given: What to change of an organization; for metadata see `update_metadata`.
                See `backend.parameters.OrganizationChanges`.

        Raises:
            ApiError: `resource_not_found`, `form_identifier_exists` and others.

        Example:
            ```python
            organization = await backend.organizations.update(organization_id, name="Acme Ltd")
            ```
        """
        return await self._transport.send(organizations.UPDATE.call(organization_id, **given))

    async def update_metadata(self, organization_id: str, **given: Unpack[Metadata]) -> Organization:
        """An organization with metadata merged deeply; a member that is `None` is deleted.

        Args:
            organization_id: e.g. `org_2abc`.
            **given: Metadata of an organization or a membership; each kind has at most 8 KB as JSON.
                See `backend.parameters.Metadata`.

        Raises:
            ApiError: `resource_not_found`, `form_param_exceeds_allowed_size` and others.

        Example:
            ```python
            organization = await backend.organizations.update_metadata(organization_id, public_metadata={"plan": "pro"})
            ```
        """
        return await self._transport.send(organizations.UPDATE_METADATA.call(organization_id, **given))

    async def replace_metadata(self, organization_id: str, **given: Unpack[Metadata]) -> Organization:
        """An organization with the given metadata in place of the old; a kind that is not given stays.

        Args:
            organization_id: e.g. `org_2abc`.
            **given: Metadata of an organization or a membership; each kind has at most 8 KB as JSON.
                See `backend.parameters.Metadata`.

        Raises:
            ApiError: `resource_not_found`, `form_param_exceeds_allowed_size` and others.

        Example:
            ```python
            organization = await backend.organizations.replace_metadata(
                organization_id,
                public_metadata={"plan": "pro"},
            )
            ```
        """
        return await self._transport.send(organizations.REPLACE_METADATA.call(organization_id, **given))

    async def delete(self, organization_id: str) -> Deleted:
        """That the organization is gone, and every membership in it.

        Args:
            organization_id: e.g. `org_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            deleted = await backend.organizations.delete(organization_id)
            ```
        """
        return await self._transport.send(organizations.DELETE.call(organization_id))


class AsyncOrganizationMembershipsResource:
    """Members of organizations; see `users.list_organization_memberships` for those of one user."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(self, organization_id: str, **given: Unpack[MemberQuery]) -> Page[OrganizationMembership]:
        """A page of members, who joined last first unless asked otherwise.

        Args:
            organization_id: e.g. `org_2abc`.
            **given: Which part of the list of members.
                See `backend.parameters.MemberQuery`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            page = await backend.organization_memberships.list(organization_id, role="org:admin")
            ```
        """
        return await self._transport.send(organization_memberships.LIST.call(organization_id, **given))

    def iterate(
        self, organization_id: str, *, page_size: int = PAGE_SIZE, **given: Unpack[MemberFilters]
    ) -> AsyncIterator[OrganizationMembership]:
        """Every row of the list, a page at a time; no row twice, see `claimsmith.backend.pages`.

        Args:
            organization_id: e.g. `org_2abc`.
            page_size: rows a call, 1 to 500.
            **given: Which members, in which order.
                See `backend.parameters.MemberFilters`.

        Example:
            ```python
            async for organization_membership in backend.organization_memberships.iterate(organization_id):
                print(organization_membership.id)
            ```
        """
        pages = Pages(organization_memberships.LIST, (organization_id,), given, page_size)
        return iterate_rows_async(self._transport.send, pages)

    async def create(self, organization_id: str, **given: Unpack[NewMembership]) -> OrganizationMembership:
        """A new member.

        Args:
            organization_id: e.g. `org_2abc`.
            **given: A membership to be made.
                See `backend.parameters.NewMembership`.

        Raises:
            ApiError: `resource_not_found`, `already_a_member_in_organization` and others.

        Example:
            ```python
            organization_membership = await backend.organization_memberships.create(
                organization_id,
                user_id=other_user_id,
                role="org:member",
            )
            ```
        """
        return await self._transport.send(organization_memberships.CREATE.call(organization_id, **given))

    async def update(self, organization_id: str, user_id: str, **given: Unpack[RoleChange]) -> OrganizationMembership:
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
            organization_membership = await backend.organization_memberships.update(
                organization_id,
                user_id,
                role="org:admin",
            )
            ```
        """
        return await self._transport.send(organization_memberships.UPDATE.call(organization_id, user_id, **given))

    async def update_metadata(
        self, organization_id: str, user_id: str, **given: Unpack[Metadata]
    ) -> OrganizationMembership:
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
            organization_membership = await backend.organization_memberships.update_metadata(
                organization_id,
                user_id,
                public_metadata={"team": "core"},
            )
            ```
        """
        return await self._transport.send(
            organization_memberships.UPDATE_METADATA.call(organization_id, user_id, **given)
        )

    async def delete(self, organization_id: str, user_id: str) -> OrganizationMembership:
        """The membership that is no more.

        Args:
            organization_id: e.g. `org_2abc`.
            user_id: e.g. `user_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            organization_membership = await backend.organization_memberships.delete(organization_id, member_id)
            ```
        """
        return await self._transport.send(organization_memberships.DELETE.call(organization_id, user_id))


class AsyncOrganizationInvitationsResource:
    """Invitations to organizations."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(self, organization_id: str, **given: Unpack[InvitationQuery]) -> Page[OrganizationInvitation]:
        """A page of an organization's invitations, newest first.

        Args:
            organization_id: e.g. `org_2abc`.
            **given: Which part of the list of invitations.
                See `backend.parameters.InvitationQuery`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            page = await backend.organization_invitations.list(organization_id, status="pending")
            ```
        """
        return await self._transport.send(organization_invitations.LIST.call(organization_id, **given))

    def iterate(
        self, organization_id: str, *, page_size: int = PAGE_SIZE, **given: Unpack[InvitationFilters]
    ) -> AsyncIterator[OrganizationInvitation]:
        """Every row of the list, a page at a time; no row twice, see `claimsmith.backend.pages`.

        Args:
            organization_id: e.g. `org_2abc`.
            page_size: rows a call, 1 to 500.
            **given: Which invitations, in which order.
                See `backend.parameters.InvitationFilters`.

        Example:
            ```python
            async for organization_invitation in backend.organization_invitations.iterate(organization_id):
                print(organization_invitation.id)
            ```
        """
        pages = Pages(organization_invitations.LIST, (organization_id,), given, page_size)
        return iterate_rows_async(self._transport.send, pages)

    async def get(self, organization_id: str, invitation_id: str) -> OrganizationInvitation:
        """One invitation.

        Args:
            organization_id: e.g. `org_2abc`.
            invitation_id: e.g. `orginv_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            organization_invitation = await backend.organization_invitations.get(organization_id, invitation_id)
            ```
        """
        return await self._transport.send(organization_invitations.GET.call(organization_id, invitation_id))

    async def create(self, organization_id: str, **given: Unpack[NewInvitation]) -> OrganizationInvitation:
        """A new invitation; its mail is on its way.

        Args:
            organization_id: e.g. `org_2abc`.
            **given: An invitation to be sent.
                See `backend.parameters.NewInvitation`.

        Raises:
            ApiError: `resource_not_found`, `duplicate_record` and others.

        Example:
            ```python
            organization_invitation = await backend.organization_invitations.create(
                organization_id,
                email_address=email,
                role="org:member",
            )
            ```
        """
        return await self._transport.send(organization_invitations.CREATE.call(organization_id, **given))

    async def revoke(
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
            organization_invitation = await backend.organization_invitations.revoke(organization_id, invitation_id)
            ```
        """
        return await self._transport.send(organization_invitations.REVOKE.call(organization_id, invitation_id, **given))


class AsyncJwtTemplatesResource:
    """JWT templates: tokens for other services, with claims of your own."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(self, **given: Unpack[Paging]) -> Page[JwtTemplate]:
        """A page of templates, newest first.

        Args:
            **given: Which part of a list; see `iterate` for all of it.
                See `backend.parameters.Paging`.

        Example:
            ```python
            page = await backend.jwt_templates.list(limit=50)
            ```
        """
        return await self._transport.send(jwt_templates.LIST.call(**given))

    def iterate(self, *, page_size: int = PAGE_SIZE) -> AsyncIterator[JwtTemplate]:
        """Every row of the list, a page at a time; no row twice, see `claimsmith.backend.pages`.

        Args:
            page_size: rows a call, 1 to 500.

        Example:
            ```python
            async for jwt_template in backend.jwt_templates.iterate():
                print(jwt_template.id)
            ```
        """
        pages = Pages(jwt_templates.LIST, (), {}, page_size)
        return iterate_rows_async(self._transport.send, pages)

    async def get(self, template_id: str) -> JwtTemplate:
        """One template.

        Args:
            template_id: e.g. `jtmp_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            jwt_template = await backend.jwt_templates.get(template_id)
            ```
        """
        return await self._transport.send(jwt_templates.GET.call(template_id))

    async def create(self, **given: Unpack[JwtTemplateDefinition]) -> JwtTemplate:
        """A new template.

        Args:
            **given: A JWT template as it shall be.
                See `backend.parameters.JwtTemplateDefinition`.

        Raises:
            ApiError: `form_identifier_exists`, `form_param_value_invalid` and others.

        Example:
            ```python
            jwt_template = await backend.jwt_templates.create(
                name=new_name,
                claims={"email": "{{user.primary_email_address}}"},
                lifetime=300,
            )
            ```
        """
        return await self._transport.send(jwt_templates.CREATE.call(**given))

    async def update(self, template_id: str, **given: Unpack[JwtTemplateDefinition]) -> JwtTemplate:
        """A template as the arguments say; what they do not name stays.

        Args:
            template_id: e.g. `jtmp_2abc`.
            **given: A JWT template as it shall be.
                See `backend.parameters.JwtTemplateDefinition`.

        Raises:
            ApiError: `resource_not_found`, `form_param_value_invalid` and others.

        Example:
            ```python
            jwt_template = await backend.jwt_templates.update(
                template_id,
                name=new_name,
                claims={"role": "authenticated"},
            )
            ```
        """
        return await self._transport.send(jwt_templates.UPDATE.call(template_id, **given))

    async def delete(self, template_id: str) -> Deleted:
        """That the template is gone; tokens that it made stay valid until they expire.

        Args:
            template_id: e.g. `jtmp_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            deleted = await backend.jwt_templates.delete(template_id)
            ```
        """
        return await self._transport.send(jwt_templates.DELETE.call(template_id))


class AsyncInstanceResource:
    """The secret key's instance, and its settings of organizations."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def get(self) -> Instance:
        """The secret key's instance.

        Example:
            ```python
            instance = await backend.instance.get()
            ```
        """
        return await self._transport.send(instance.GET.call())

    async def update(self, **given: Unpack[InstanceChanges]) -> None:
        """Nothing; what the arguments name is changed.

        Args:
            **given: What to change of the instance.
                See `backend.parameters.InstanceChanges`.

        Raises:
            ApiError: `form_param_format_invalid` and others.

        Example:
            ```python
            await backend.instance.update(allowed_origins=["https://app.example.com"])
            ```
        """
        await self._transport.send(instance.UPDATE.call(**given))

    async def get_organization_settings(self) -> OrganizationSettings:
        """The instance's settings of organizations.

        Example:
            ```python
            organization_settings = await backend.instance.get_organization_settings()
            ```
        """
        return await self._transport.send(instance.GET_ORGANIZATION_SETTINGS.call())

    async def update_organization_settings(self, **given: Unpack[OrganizationSettingsChanges]) -> OrganizationSettings:
        """The settings of organizations with what the arguments name changed.

        Args:
            **given: What to change of the settings of organizations.
                See `backend.parameters.OrganizationSettingsChanges`.

        Raises:
            ApiError: `form_param_value_invalid` and others.

        Example:
            ```python
            organization_settings = await backend.instance.update_organization_settings(admin_delete_enabled=True)
            ```
        """
        return await self._transport.send(instance.UPDATE_ORGANIZATION_SETTINGS.call(**given))


class AsyncConfigResource:
    """The instance's config document: every setting of its owner, the session token's claims among them.

    `instance_id` may also be `development` or `production`. Where the Platform API has keys of its own, make a client
    with such a key.
    """

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def get(self, instance_id: str, **given: Unpack[ConfigQuery]) -> InstanceConfig:
        """The config document, or the sections that `keys` names.

        Args:
            instance_id: e.g. `ins_2abc`.
            **given: Which sections of the config document.
                See `backend.parameters.ConfigQuery`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            instance_config = await backend.config.get(instance_id, keys="session")
            ```
        """
        return await self._transport.send(config.GET.call(instance_id, **given))

    async def get_schema(self, instance_id: str, **given: Unpack[ConfigQuery]) -> dict[str, Any]:
        """The JSON Schema of the config document.

        Args:
            instance_id: e.g. `ins_2abc`.
            **given: Which sections of the config document.
                See `backend.parameters.ConfigQuery`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            schema = await backend.config.get_schema(instance_id)
            ```
        """
        return await self._transport.send(config.GET_SCHEMA.call(instance_id, **given))

    async def update(self, instance_id: str, **given: Unpack[ConfigChanges]) -> InstanceConfig:
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
            instance_config = await backend.config.update(
                instance_id,
                document={"session": {"claims": claims}},
                dry_run=True,
            )
            ```
        """
        return await self._transport.send(config.UPDATE.call(instance_id, **given))


class AsyncClientsResource:
    """Clients, which is what the wire calls browsers, and what handshakes bring."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(self, **given: Unpack[Paging]) -> Page[Client]:
        """A page of clients, newest first.

        Args:
            **given: Which part of a list; see `iterate` for all of it.
                See `backend.parameters.Paging`.

        Example:
            ```python
            page = await backend.clients.list(limit=50)
            ```
        """
        return await self._transport.send(clients.LIST.call(**given))

    def iterate(self, *, page_size: int = PAGE_SIZE) -> AsyncIterator[Client]:
        """Every row of the list, a page at a time; no row twice, see `claimsmith.backend.pages`.

        Args:
            page_size: rows a call, 1 to 500.

        Example:
            ```python
            async for client in backend.clients.iterate():
                print(client.id)
            ```
        """
        pages = Pages(clients.LIST, (), {}, page_size)
        return iterate_rows_async(self._transport.send, pages)

    async def get(self, client_id: str) -> Client:
        """One client with its live sessions.

        Args:
            client_id: e.g. `client_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            client = await backend.clients.get(client_id)
            ```
        """
        return await self._transport.send(clients.GET.call(client_id))

    async def verify(self, **given: Unpack[ClientToken]) -> Client:
        """The client whose token it is.

        Args:
            **given: What the client cookie of a browser holds.
                See `backend.parameters.ClientToken`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            client = await backend.clients.verify(token=client_token)
            ```
        """
        return await self._transport.send(clients.VERIFY.call(**given))

    async def get_handshake_payload(self, **given: Unpack[HandshakeNonce]) -> HandshakePayload:
        """The cookies that a handshake's nonce stands for.

        The adapters do this by themselves.

        Args:
            **given: What a handshake brought.
                See `backend.parameters.HandshakeNonce`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            handshake_payload = await backend.clients.get_handshake_payload(nonce=nonce)
            ```
        """
        return await self._transport.send(clients.GET_HANDSHAKE_PAYLOAD.call(**given))


class AsyncSignInTokensResource:
    """Sign-in tokens: tickets that sign a user in once."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(self, **given: Unpack[NewSignInToken]) -> SignInToken:
        """A ticket that signs a user in once; its text is told here and never again.

        Args:
            **given: A sign-in token to be made.
                See `backend.parameters.NewSignInToken`.

        Raises:
            ApiError: `resource_not_found`, `user_banned` and others.

        Example:
            ```python
            sign_in_token = await backend.sign_in_tokens.create(user_id=user_id, expires_in_seconds=600)
            ```
        """
        return await self._transport.send(sign_in_tokens.CREATE.call(**given))

    async def revoke(self, sign_in_token_id: str) -> SignInToken:
        """A pending sign-in token, revoked.

        Args:
            sign_in_token_id: e.g. `sit_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            sign_in_token = await backend.sign_in_tokens.revoke(sign_in_token_id)
            ```
        """
        return await self._transport.send(sign_in_tokens.REVOKE.call(sign_in_token_id))


class AsyncActorTokensResource:
    """Actor tokens: tickets with which an actor is a user for a while."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(self, **given: Unpack[NewActorToken]) -> ActorToken:
        """A ticket with which an actor is a user; its text is told here and never again.

        Args:
            **given: An actor token to be made.
                See `backend.parameters.NewActorToken`.

        Raises:
            ApiError: `resource_not_found`, `user_banned` and others.

        Example:
            ```python
            actor_token = await backend.actor_tokens.create(user_id=user_id, actor={"sub": "user_support"})
            ```
        """
        return await self._transport.send(actor_tokens.CREATE.call(**given))

    async def revoke(self, actor_token_id: str) -> ActorToken:
        """A pending actor token, revoked; a session that it began stays.

        Args:
            actor_token_id: e.g. `act_2abc`.

        Raises:
            ApiError: `resource_not_found` and others.

        Example:
            ```python
            actor_token = await backend.actor_tokens.revoke(actor_token_id)
            ```
        """
        return await self._transport.send(actor_tokens.REVOKE.call(actor_token_id))


class AsyncTestingTokensResource:
    """Testing tokens: what test suites get past protection against bots with."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(self) -> TestingToken:
        """A token that is good for an hour.

        Example:
            ```python
            testing_token = await backend.testing_tokens.create()
            ```
        """
        return await self._transport.send(testing_tokens.CREATE.call())


class AsyncJwksResource:
    """The instance's key set; to verify tokens use `RemoteKeys`, which checks and caches it."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def get(self) -> JsonWebKeySet:
        """The instance's public keys.

        Example:
            ```python
            json_web_key_set = await backend.jwks.get()
            ```
        """
        return await self._transport.send(jwks.GET.call())


class AsyncResources:
    """Every resource of the Backend API, in an event loop."""

    users: AsyncUsersResource
    sessions: AsyncSessionsResource
    organizations: AsyncOrganizationsResource
    organization_memberships: AsyncOrganizationMembershipsResource
    organization_invitations: AsyncOrganizationInvitationsResource
    jwt_templates: AsyncJwtTemplatesResource
    instance: AsyncInstanceResource
    config: AsyncConfigResource
    clients: AsyncClientsResource
    sign_in_tokens: AsyncSignInTokensResource
    actor_tokens: AsyncActorTokensResource
    testing_tokens: AsyncTestingTokensResource
    jwks: AsyncJwksResource

    def __init__(self, transport: AsyncTransport) -> None:
        self.users = AsyncUsersResource(transport)
        self.sessions = AsyncSessionsResource(transport)
        self.organizations = AsyncOrganizationsResource(transport)
        self.organization_memberships = AsyncOrganizationMembershipsResource(transport)
        self.organization_invitations = AsyncOrganizationInvitationsResource(transport)
        self.jwt_templates = AsyncJwtTemplatesResource(transport)
        self.instance = AsyncInstanceResource(transport)
        self.config = AsyncConfigResource(transport)
        self.clients = AsyncClientsResource(transport)
        self.sign_in_tokens = AsyncSignInTokensResource(transport)
        self.actor_tokens = AsyncActorTokensResource(transport)
        self.testing_tokens = AsyncTestingTokensResource(transport)
        self.jwks = AsyncJwksResource(transport)
