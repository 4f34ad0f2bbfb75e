"""The names that examples of the Backend client take for granted: people, organizations, templates of their own."""

import itertools
from typing import Any

from servers import Server

from claimsmith.backend import BackendClient

_NUMBERS = itertools.count(1)
BROWSERS = frozenset({"refresh", "client_id", "client_token", "nonce"})
"""Names that only a browser's visit gives; calls with what stands for them here are refused."""


def make_estate(server: Server) -> dict[str, Any]:
    """Values by name, new ones each time, so that an example may delete what it likes."""
    number = next(_NUMBERS)
    with BackendClient(api_url=server.bapi_url, secret_key=server.secret_key) as backend:
        password = f"correct horse battery {number}"
        user = backend.users.create(email_address=[f"person{number}@example.com"], password=password)
        other = backend.users.create(email_address=[f"other{number}@example.com"])
        member = backend.users.create(email_address=[f"member{number}@example.com"])
        session = backend.sessions.create(user_id=user.id)
        organization = backend.organizations.create(name=f"Organization {number}", created_by=user.id)
        backend.organization_memberships.create(organization.id, user_id=member.id, role="org:member")
        invitation = backend.organization_invitations.create(
            organization.id, email_address=f"invited{number}@example.com", role="org:member", inviter_user_id=user.id
        )
        template = backend.jwt_templates.create(name=f"template-{number}", claims={"plan": "pro"})
        sign_in_token = backend.sign_in_tokens.create(user_id=user.id)
        actor_token = backend.actor_tokens.create(user_id=user.id, actor={"sub": other.id})
    return {
        "user_id": user.id,
        "other_user_id": other.id,
        "member_id": member.id,
        "password": password,
        "session_id": session.id,
        "organization_id": organization.id,
        "invitation_id": invitation.id,
        "template_id": template.id,
        "template_name": template.name,
        "new_name": f"new-{number}",
        "sign_in_token_id": sign_in_token.id,
        "actor_token_id": actor_token.id,
        "instance_id": server.instance_id,
        "email": f"new{number}@example.com",
        "claims": {"plan": "{{user.public_metadata.plan}}"},
        "client_id": "client_none",
        "client_token": "none",
        "nonce": "none",
        "refresh": {"expired_token": "none", "refresh_token": "none", "request_origin": "http://localhost:3000"},
    }
