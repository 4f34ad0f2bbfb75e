"""Every error that a face may answer: one table of kinds, raised by calling them.

`raise RESOURCE_NOT_FOUND(resource="session", id=session_id)` gives the wire's body (contract 5.3):
`{"errors": [{"code", "message", "long_message", "meta"}], "clerk_trace_id"}`. What is for the log only goes into
`internal` and never into a body. Problems of a claims template are values (`core.claims.Diagnostic`), turned into
this shape by `claims_rejected`.
"""

from collections.abc import Mapping
from typing import Any

import msgspec


class ErrorItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One member of `errors` on the wire."""

    code: str
    message: str
    long_message: str
    meta: dict[str, Any] | None = None


class ServiceError(Exception):
    """A refusal that the caller may read; `internal` is for the log."""

    def __init__(
        self,
        status: int,
        items: tuple[ErrorItem, ...],
        *,
        internal: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(items[0].code)
        self.status = status
        self.items = items
        self.internal = internal
        self.headers = dict(headers or {})


class ErrorKind(msgspec.Struct, frozen=True):
    """A kind of refusal: stable code, HTTP status, a short message and a sentence with the remedy.

    `long_message` may name values in braces, which the call gives.
    """

    code: str
    status: int
    message: str
    long_message: str

    def __call__(
        self,
        *,
        param_name: str | None = None,
        meta: dict[str, Any] | None = None,
        internal: str = "",
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> ServiceError:
        """The error to raise."""
        told = {} if param_name is None else {"param_name": param_name}
        told |= meta or {}
        sentence = self.long_message.format(param_name=param_name, **values)
        item = ErrorItem(self.code, self.message.format(param_name=param_name, **values), sentence, told or None)
        return ServiceError(self.status, (item,), internal=internal, headers=headers)


def claims_rejected(problems: tuple[ErrorItem, ...]) -> ServiceError:
    """The 422 that lists every problem of a claims template, each with its own code."""
    return ServiceError(422, problems)


# --------------------------------------------------------------------------------------------- who calls, and what
AUTHENTICATION_INVALID = ErrorKind(
    "authentication_invalid",
    401,
    "Invalid authentication",
    "This request carries no secret key. Send it as `Authorization: Bearer sk_…`.",
)
SECRET_KEY_INVALID = ErrorKind(
    "clerk_key_invalid",
    401,
    "The provided secret key is invalid",
    "The secret key in the Authorization header belongs to no instance here, or was revoked. "
    "Copy a current one from the dashboard's API keys page.",
)
SESSION_NOT_ACTIVE = ErrorKind(
    "session_not_active",
    401,
    "Session is not active",
    "No token is minted for this session, because it is {status}. Sign the user in again.",
)
USER_NOT_ALLOWED = ErrorKind(
    "user_not_allowed",
    401,
    "User may not sign in",
    "No token is minted for this session, because its user is {state}.",
)
RESOURCE_NOT_FOUND = ErrorKind(
    "resource_not_found",
    404,
    "Not found",
    "No {resource} was found with {by} `{id}` in this instance. Check the value and the secret key's instance.",
)
ROUTE_NOT_FOUND = ErrorKind(
    "route_not_found",
    404,
    "Not found",
    "There is no route {method} {path}. The reference lists the routes of each API.",
)
METHOD_NOT_ALLOWED = ErrorKind(
    "method_not_allowed", 405, "Method not allowed", "{path} does not answer {method}. It answers {allowed}."
)
CONFIG_INCOMPLETE = ErrorKind(
    "config_incomplete",
    400,
    "Config is incomplete",
    "PUT replaces the whole config, but `{param_name}` is missing. Send every section, or change some with PATCH.",
)
CONFIG_VERSION_MISMATCH = ErrorKind(
    "config_version_mismatch",
    409,
    "Config was changed by someone else",
    "If-Match names config version {expected}, but the current one is {current}. "
    "Read the config again, apply your change to it, and send the new version.",
)

# ------------------------------------------------------------------------------------------------------- the request
REQUEST_BODY_INVALID = ErrorKind(
    "request_body_invalid",
    400,
    "Request body is invalid",
    "The request's body is not a JSON object that this route can read: {problem}.",
)
REQUEST_BODY_TOO_LARGE = ErrorKind(
    "request_body_too_large", 413, "Request body is too large", "The request's body is limited to {limit} bytes."
)
CONTENT_TYPE_UNSUPPORTED = ErrorKind(
    "content_type_unsupported",
    415,
    "Content type is not supported",
    "This route reads `application/json` without a Content-Encoding, not `{content_type}`.",
)
TOO_MANY_REQUESTS = ErrorKind(
    "too_many_requests",
    429,
    "Too many requests",
    "This secret key is limited to {limit} requests in {seconds} seconds. Try again after the time in Retry-After.",
)
PARAM_MISSING = ErrorKind("form_param_missing", 422, "is missing", "`{param_name}` must be given.")
PARAM_UNKNOWN = ErrorKind(
    "form_param_unknown",
    422,
    "is unknown",
    "`{param_name}` is not a parameter of this request. Remove it, or look for its name in the reference.",
)
PARAM_TYPE_INVALID = ErrorKind(
    "form_param_type_invalid", 422, "is of the wrong type", "`{param_name}` has the wrong type: {problem}."
)
PARAM_FORMAT_INVALID = ErrorKind("form_param_format_invalid", 422, "is invalid", "`{param_name}` must be {expected}.")
PARAM_VALUE_INVALID = ErrorKind("form_param_value_invalid", 422, "is not allowed", "`{param_name}` must be {expected}.")
PARAM_TOO_LARGE = ErrorKind(
    "form_param_exceeds_allowed_size",
    422,
    "exceeds the allowed size",
    "`{param_name}` takes {actual}, and {limit} is the most. Keep what is large in your own database.",
)
IDENTIFIER_EXISTS = ErrorKind(
    "form_identifier_exists",
    422,
    "is taken",
    "This {param_name} already belongs to another user of this instance. Use another one.",
)
NAME_EXISTS = ErrorKind(
    "form_name_exists", 422, "is taken", "Another {resource} of this instance has this {param_name}. Use another one."
)
PASSWORD_TOO_SHORT = ErrorKind(
    "form_password_length_too_short", 422, "Password is too short", "A password has at least {limit} characters."
)
PASSWORD_TOO_LONG = ErrorKind(
    "form_password_length_too_long", 422, "Password is too long", "A password has at most {limit} characters."
)
PASSWORD_COMMON = ErrorKind(
    "form_password_pwned",
    422,
    "Password is among the first that attackers try",
    "This password is on a list of common ones or repeats the user's own address. Choose another one.",
)
PASSWORD_DIGEST_INVALID = ErrorKind(
    "form_password_digest_invalid",
    422,
    "Password digest is invalid",
    "The digest is not one that `{hasher}` makes, or asks for more work than is allowed: {problem}.",
)
VERIFIED_IDENTIFICATION_NEEDED = ErrorKind(
    "form_param_value_invalid",
    422,
    "is not a verified identification of this user",
    "`{param_name}` must name a verified identification that belongs to the user.",
)

# ------------------------------------------------------------------------------------------------------------ limits
TOKEN_TOO_LARGE = ErrorKind(
    "token_too_large",
    422,
    "Session token would exceed the cookie limit",
    "Even without custom claims and permissions this token needs {actual} bytes of the cookie's {limit}. "
    "Make the actor or the organization's slug smaller.",
)
HASHING_BUSY = ErrorKind(
    "hashing_busy",
    503,
    "Too many passwords are being checked",
    "The server hashes as many passwords as it can at once. Try again after the time in Retry-After.",
)
SERVICE_UNAVAILABLE = ErrorKind(
    "service_unavailable",
    503,
    "Service is unavailable",
    "The storage does not answer. Nothing was changed; try again after the time in Retry-After.",
)
INTERNAL_ERROR = ErrorKind(
    "internal_error",
    500,
    "Oops, an unexpected error occurred",
    "Something failed in the service itself. Give the operator the trace id below; the log has the cause.",
)

ERROR_KINDS: tuple[ErrorKind, ...] = tuple(value for value in list(globals().values()) if isinstance(value, ErrorKind))
"""Every kind, for the reference page and for the test that each one is raised somewhere."""
