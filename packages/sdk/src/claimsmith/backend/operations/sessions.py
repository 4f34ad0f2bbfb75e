"""Sessions: which there are, their claims and tokens, and their end."""

from claimsmith.backend import parameters
from claimsmith.backend.models.lists import Page
from claimsmith.backend.models.sessions import Session, SessionClaims
from claimsmith.backend.models.tokens import SessionRefresh, Token
from claimsmith.backend.operation import Operation

LIST = Operation(
    method="GET",
    path="/v1/sessions",
    returns=Page[Session],
    takes=parameters.SessionQuery,
    iterates=parameters.SessionFilters,
    preset={"paginated": "true"},
    told="A page of sessions, newest first.",
    example='user_id=user_id, status="active"',
)
GET = Operation(
    method="GET",
    path="/v1/sessions/{session_id}",
    returns=Session,
    told="One session.",
    codes=("resource_not_found",),
    example="session_id",
)
CREATE = Operation(
    method="POST",
    path="/v1/sessions",
    returns=Session,
    takes=parameters.NewSession,
    told="A new active session of a user, on a browser of its own; for tests and tools.",
    codes=("resource_not_found",),
    example="user_id=user_id",
)
REVOKE = Operation(
    method="POST",
    path="/v1/sessions/{session_id}/revoke",
    returns=Session,
    told="A session that mints no more.",
    more="Tokens that it minted stay valid until they expire.",
    codes=("resource_not_found",),
    example="session_id",
)
CREATE_TOKEN = Operation(
    method="POST",
    path="/v1/sessions/{session_id}/tokens",
    returns=Token,
    takes=parameters.NewToken,
    told="A new session token of an active session.",
    codes=("resource_not_found", "session_not_active"),
    example="session_id, expires_in_seconds=300",
)
CREATE_TOKEN_FROM_TEMPLATE = Operation(
    method="POST",
    path="/v1/sessions/{session_id}/tokens/{template_name}",
    returns=Token,
    takes=parameters.NewToken,
    told="A new token of a JWT template, for an active session.",
    codes=("resource_not_found", "session_not_active"),
    example="session_id, template_name",
)
GET_CLAIMS = Operation(
    method="GET",
    path="/v1/sessions/{session_id}/claims",
    returns=SessionClaims,
    takes=parameters.ClaimsQuery,
    told="All custom claims of a session, those too that its token leaves out for size.",
    more="An addition of Claimsmith's; nothing is minted.",
    codes=("resource_not_found", "session_not_active"),
    example="session_id",
)
REFRESH = Operation(
    method="POST",
    path="/v1/sessions/{session_id}/refresh",
    returns=SessionRefresh,
    takes=parameters.Refresh,
    told="A new token for a browser that sent one that has expired, and its refresh cookie.",
    more="The adapters do this by themselves.",
    codes=("refresh_token_invalid", "expired_token_invalid", "session_not_active"),
    example="session_id, **refresh",
)
