"""Administrators of the dashboard: set-up and invitations, signing in, the team, an administrator's own password."""

from claimsmith_server.services.administrators.invitations import (
    OPERATOR,
    AcceptInvitation,
    NewInvitation,
    accept_invitation,
    invite_administrator,
    list_invitations,
    load_invitation,
    make_set_up_link,
    revoke_invitation,
)
from claimsmith_server.services.administrators.password import ChangePassword, change_password
from claimsmith_server.services.administrators.sessions import (
    IDLE_MS,
    SESSION_MS,
    SignedIn,
    load_signed_in,
    sign_out,
)
from claimsmith_server.services.administrators.sign_in import SignIn, sign_in
from claimsmith_server.services.administrators.team import (
    change_role,
    has_administrators,
    list_administrators,
    load_administrator,
    remove_administrator,
)

__all__ = [
    "IDLE_MS",
    "OPERATOR",
    "SESSION_MS",
    "AcceptInvitation",
    "ChangePassword",
    "NewInvitation",
    "SignIn",
    "SignedIn",
    "accept_invitation",
    "change_password",
    "change_role",
    "has_administrators",
    "invite_administrator",
    "list_administrators",
    "list_invitations",
    "load_administrator",
    "load_invitation",
    "load_signed_in",
    "make_set_up_link",
    "remove_administrator",
    "revoke_invitation",
    "sign_in",
    "sign_out",
]
