"""Names that the wire fixes: cookies, headers, query keys, token categories, reason strings.

Both the SDK and the server read them here; nothing else in the workspace spells them.
Source: contract sections 1.1, 2.1, 2.4, 2.4b, 2.4c and 4.9.
"""

from typing import Final, Literal

SESSION_COOKIE: Final = "__session"
"""Holds the session token on the application's host; also written with a suffix, `__session_<suffix>`."""
CLIENT_UAT_COOKIE: Final = "__client_uat"
"""Unix seconds of the last sign-in or sign-out, `0` when signed out; also written with a suffix."""
DEV_BROWSER_COOKIE: Final = "__clerk_db_jwt"
"""The dev browser id, development instances only; also the name of the query key that carries it."""
CLIENT_COOKIE: Final = "__client"
"""The client token, on the Frontend API's host."""
REFRESH_COOKIE: Final = "__refresh"
"""The refresh token, always written with a suffix."""
HANDSHAKE: Final = "__clerk_handshake"
"""Cookie (live) or query key (dev) that carries a handshake token."""
HANDSHAKE_NONCE: Final = "__clerk_handshake_nonce"
"""Cookie (live) or query key (dev) that carries a handshake nonce."""
REDIRECT_COUNT_COOKIE: Final = "__clerk_redirect_count"
"""Counts handshakes in a row on the application's host; lives two seconds."""
HANDSHAKE_PATH: Final = "/v1/client/handshake"
"""Where the Frontend API answers a handshake."""
HANDSHAKE_REASON_QUERY: Final = "__clerk_hs_reason"
"""Query key of the handshake request that says why it was made."""

COOKIE_SUFFIX_LENGTH: Final = 8
"""Characters of the cookie suffix: the head of base64url(SHA-1(publishable key)), contract 1.1."""

CATEGORY_SESSION: Final = "cl_B7d4PD111AAA"
CATEGORY_JWT_TEMPLATE: Final = "cl_B7d4PD222AAA"
CATEGORY_M2M: Final = "cl_B7d4PD333AAA"
CATEGORY_IGNORE: Final = "cl_I7d4PD111III"

MACHINE_TOKEN_PREFIXES: Final = ("mt_", "oat_", "ak_", "m2m_")
"""Opaque tokens of machines, never session tokens."""
MACHINE_SUBJECT_PREFIX: Final = "mch_"
"""A JWT with such a `sub` is a machine's."""

AUTH_STATUS_HEADER: Final = "x-clerk-auth-status"
AUTH_REASON_HEADER: Final = "x-clerk-auth-reason"
AUTH_MESSAGE_HEADER: Final = "x-clerk-auth-message"

MAX_COOKIE_BYTES: Final = 4096
"""Name plus value of one cookie, as browsers count (RFC 6265bis, 5.6)."""
CUSTOM_CLAIMS_ADVICE_BYTES: Final = 1229
"""About 1.2 KB (1.2 * 1024): what custom claims should stay below, contract 3.3."""
MAX_TOKEN_BYTES: Final = 16 * 1024
"""A longer token is refused before anything is decoded."""
DEFAULT_LEEWAY_SECONDS: Final = 5.0
"""Clock skew that verifiers allow (contract 2.4)."""

DEFAULT_CLAIMS: Final = frozenset(
    {
        *("azp", "exp", "fva", "iat", "iss", "jti", "nbf", "sid", "sub", "v", "pla", "fea", "sts", "o", "act"),
        *("org_id", "org_role", "org_slug", "org_permissions"),
        "_omitted",
    },
)
"""Claims that an instance sets by itself; every other claim of a session token is a custom claim."""

TokenReason = Literal[
    "token-expired",
    "token-not-active-yet",
    "token-iat-in-the-future",
    "token-invalid",
    "token-invalid-signature",
    "token-invalid-algorithm",
    "token-invalid-authorized-parties",
    "token-verification-failed",
    "token-type-mismatch",
    "secret-key-invalid",
    "jwk-local-missing",
    "jwk-remote-failed-to-load",
    "jwk-remote-invalid",
    "jwk-remote-missing",
    "jwk-failed-to-resolve",
    "jwk-kid-mismatch",
]
"""Why a token does not verify (contract 2.4)."""

StateReason = Literal[
    "session-token-and-uat-missing",
    "session-token-missing",
    "session-token-but-no-client-uat",
    "client-uat-but-no-session-token",
    "session-token-iat-before-client-uat",
    "session-token-expired",
    "session-token-expired-refresh-non-eligible-no-refresh-cookie",
    "session-token-expired-refresh-non-eligible-non-get",
    "session-token-expired-refresh-missing-api-client",
    "session-token-expired-refresh-expired-session-token-missing-sid-claim",
    "session-token-expired-refresh-invalid-session-token",
    "session-token-expired-refresh-fetch-error",
    "session-token-expired-refresh-unexpected-bapi-error",
    "session-token-expired-refresh-unexpected-sdk-error",
    "session-token-nbf",
    "session-token-iat-in-the-future",
    "dev-browser-missing",
    "dev-browser-sync",
    "satellite-needs-syncing",
    "primary-responds-to-syncing",
    "primary-domain-cross-origin-sync",
    "active-organization-mismatch",
    "unexpected-error",
]
"""Why a request with cookies is signed out or sent to a handshake (contract 2.4b, 4.9)."""

Reason = TokenReason | StateReason
"""Value of the header `x-clerk-auth-reason`."""
