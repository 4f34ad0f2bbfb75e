"""Every route of the Backend API but the two token routes, which are beside the framework (`bapi.tokens`)."""

from claimsmith_server.bapi import (
    actor_tokens,
    clients,
    instance,
    jwks,
    jwt_templates,
    organization_invitations,
    organization_memberships,
    organizations,
    session_claims,
    session_refresh,
    sessions,
    sign_in_tokens,
    testing_tokens,
    user_bans,
    user_passwords,
    users,
)

ROUTES = (
    *jwks.ROUTES,
    *instance.ROUTES,
    *users.ROUTES,
    *user_bans.ROUTES,
    *user_passwords.ROUTES,
    *sign_in_tokens.ROUTES,
    *actor_tokens.ROUTES,
    *testing_tokens.ROUTES,
    *sessions.ROUTES,
    *session_refresh.ROUTES,
    *clients.ROUTES,
    *organizations.ROUTES,
    *organization_memberships.ROUTES,
    *organization_invitations.ROUTES,
    *jwt_templates.ROUTES,
    *session_claims.ROUTES,
)

FAMILIES = (
    "jwks",
    "instance",
    "users",
    "clients",
    "sessions",
    "session_claims",
    "jwt_templates",
    "sign_in_tokens",
    "actor_tokens",
    "testing_tokens",
    "platform",
)
"""First segments, after `/v1/`, that only the Backend API has: without a key they are a 401, not a 404."""
