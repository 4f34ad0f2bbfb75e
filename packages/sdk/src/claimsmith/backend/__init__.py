"""A client of the Backend API: users, sessions, organizations, JWT templates and settings, blocking or not.

Example:
    ```python
    from claimsmith.backend import BackendClient

    with BackendClient() as backend:
        print(backend.users.count().total_count)
    ```
"""

from claimsmith.backend.client import AsyncBackendClient, BackendClient
from claimsmith.backend.models.instances import Instance, InstanceConfig, JsonWebKey, JsonWebKeySet, JwtTemplate
from claimsmith.backend.models.lists import Deleted, Page, TotalCount
from claimsmith.backend.models.organizations import (
    MemberData,
    Organization,
    OrganizationInvitation,
    OrganizationMembership,
    OrganizationSettings,
)
from claimsmith.backend.models.sessions import Client, Session, SessionActivity, SessionClaims
from claimsmith.backend.models.tokens import (
    ActorToken,
    HandshakePayload,
    SessionRefresh,
    SignInToken,
    TestingToken,
    Token,
)
from claimsmith.backend.models.users import EmailAddress, PasswordVerification, PhoneNumber, User, Verification
from claimsmith.errors import ApiError, ConnectionFailed
from claimsmith.network.retries import Retries

__all__ = [
    "ActorToken",
    "ApiError",
    "AsyncBackendClient",
    "BackendClient",
    "Client",
    "ConnectionFailed",
    "Deleted",
    "EmailAddress",
    "HandshakePayload",
    "Instance",
    "InstanceConfig",
    "JsonWebKey",
    "JsonWebKeySet",
    "JwtTemplate",
    "MemberData",
    "Organization",
    "OrganizationInvitation",
    "OrganizationMembership",
    "OrganizationSettings",
    "Page",
    "PasswordVerification",
    "PhoneNumber",
    "Retries",
    "Session",
    "SessionActivity",
    "SessionClaims",
    "SessionRefresh",
    "SignInToken",
    "TestingToken",
    "Token",
    "TotalCount",
    "User",
    "Verification",
]
