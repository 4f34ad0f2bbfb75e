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
        meta: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(items[0].code)
        self.status = status
        self.items = items
        self.internal = internal
        self.headers = dict(headers or {})
        self.meta = meta
        """What goes out beside `errors`: the client, for pages whose picture of it is out of date (contract 4.15)."""

    def about(self, param_name: str) -> "ServiceError":
        """The same refusal under another name of the parameter that it is about: pages find the field by it."""
        items = tuple(
            msgspec.structs.replace(item, meta={**item.meta, "param_name": param_name})
            if item.meta and "param_name" in item.meta
            else item
            for item in self.items
        )
        return ServiceError(self.status, items, internal=self.internal, headers=self.headers, meta=self.meta)


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
SIGNED_OUT = ErrorKind(
    "authentication_invalid",
    401,
    "Signed out",
    "This browser has no such session that is active. Sign in, then try again.",
)
DEV_BROWSER_UNAUTHENTICATED = ErrorKind(
    "dev_browser_unauthenticated",
    401,
    "Unable to authenticate this browser for your development instance",
    "The development browser id is not known here: it is another instance's, or the instance was made anew. Get a new "
    "one with POST /v1/dev_browser, or clear the cookies of the application's host.",
)
DEV_BROWSER_NOT_ALLOWED = ErrorKind(
    "dev_browser_not_allowed",
    400,
    "Development browsers are not for production",
    "This is a production instance, which knows browsers by their cookie alone. Remove `__clerk_db_jwt`.",
)
ORIGIN_INVALID = ErrorKind(
    "origin_invalid",
    403,
    "Invalid HTTP Origin header",
    "The Origin `{origin}` is not an application of this instance. Add it to the instance's allowed origins.",
)
CSRF_TOKEN_INVALID = ErrorKind(
    "csrf_token_invalid",
    403,
    "The page was too old",
    "The page that sent this was made for another sign-in. Reload it, and repeat what you did.",
)
ROLE_INSUFFICIENT = ErrorKind(
    "role_insufficient",
    403,
    "Your role does not allow this",
    "This needs the role `{needed}`; yours is `{role}`. Ask an owner of the dashboard to change it.",
)
DASHBOARD_SIGNED_OUT = ErrorKind(
    "dashboard_signed_out",
    401,
    "You are signed out of the dashboard",
    "Sign in to the dashboard again; what you typed stays on the page.",
)
ADMINISTRATOR_SIGN_IN_REFUSED = ErrorKind(
    "administrator_sign_in_refused",
    422,
    "E-mail address or password is wrong",
    "This address and this password don't belong together. After ten wrong passwords in a row an address is refused "
    "for an hour, even with the right one.",
)
ADMINISTRATOR_LINK_INVALID = ErrorKind(
    "administrator_link_invalid",
    410,
    "This link is of no use any more",
    "It was used, replaced or taken back, or it is older than a day. Ask an owner for a new one, or run "
    "`claimsmith administrators invite`.",
)
SET_UP_ELSEWHERE = ErrorKind(
    "set_up_elsewhere",
    403,
    "Set the dashboard up where it runs",
    "A development server hands its dashboard to a browser on its own machine only, straight and under the name "
    "localhost. Open the link there.",
)
OWNER_REQUIRED = ErrorKind(
    "owner_required",
    403,
    "You are no owner any more",
    "Another owner changed your role meanwhile, so nothing was done.",
)
LAST_OWNER = ErrorKind(
    "last_owner",
    422,
    "The dashboard needs an owner",
    "This is the only owner. Make somebody else an owner first.",
)
LAST_SECRET_KEY = ErrorKind(
    "last_secret_key",
    422,
    "This is the last secret key",
    "Without it nothing can use the Backend API. Make a new key first, or confirm that this is what you want.",
)
SIGNING_KEY_IN_USE = ErrorKind(
    "signing_key_in_use",
    422,
    "This key is still needed",
    "Tokens that it signed are valid for up to {seconds} s from now. Remove it after that.",
)
SIGNING_KEY_STATUS_INVALID = ErrorKind(
    "signing_key_status_invalid",
    422,
    "This key has another status now",
    "Somebody changed it meanwhile, so nothing was done. Reload the page to see how it stands.",
)
REDIRECT_URL_INVALID = ErrorKind(
    "redirect_url_invalid",
    400,
    "is not allowed",
    "`{param_name}` must be an absolute http or https address whose origin is an application of this instance. "
    "Add the origin to the instance's allowed origins.",
)

HANDSHAKE_NOT_A_DOCUMENT = ErrorKind(
    "handshake_not_document",
    400,
    "A handshake is for pages",
    "A handshake answers only when a browser opens a page, and this request is for `{destination}`. "
    "Ask for a token with the session's token route instead.",
)
HANDSHAKE_LOOP = ErrorKind(
    "handshake_loop",
    422,
    "Handshakes did not settle the sign-in state",
    "{count} handshakes in a row. {cause} {remedy}.",
)
REFRESH_TOKEN_INVALID = ErrorKind(
    "refresh_token_invalid",
    401,
    "Refresh token is invalid",
    "The refresh token is not this session's, or another instance's secret key sent it. Begin a handshake instead.",
)
EXPIRED_TOKEN_INVALID = ErrorKind(
    "expired_token_invalid",
    401,
    "Expired token is invalid",
    "The expired token is no session token that this instance signed for this session ({reason}). "
    "Begin a handshake instead.",
)
REQUEST_ORIGIN_INVALID = ErrorKind(
    "request_origin_invalid",
    401,
    "Request origin is not allowed",
    "The origin `{origin}` is not an application of this instance. Add it to the instance's allowed origins.",
)

# ------------------------------------------------------------------------------------------- signing in, signing up
IDENTIFIER_NOT_FOUND = ErrorKind(
    "form_identifier_not_found", 422, "Couldn't find your account.", "No user of this instance has this identifier."
)
PASSWORD_INCORRECT = ErrorKind(
    "form_password_incorrect",
    422,
    "Password is incorrect. Try again, or use another method.",
    "The password is not this user's. Try again, or reset it.",
)
CODE_INCORRECT = ErrorKind(
    "form_code_incorrect",
    422,
    "is incorrect",
    "The code is not the one that was sent. Try again, or ask for a new one.",
)
VERIFICATION_MISSING = ErrorKind(
    "verification_missing",
    400,
    "No code was asked for",
    "There is no verification to attempt. Prepare one first; that sends a code.",
)
VERIFICATION_EXPIRED = ErrorKind(
    "verification_expired", 422, "This verification has expired", "The code was not used in time. Ask for a new one."
)
VERIFICATION_FAILED = ErrorKind(
    "verification_failed",
    422,
    "Too many failed attempts",
    "The code was guessed wrongly too many times and is void. Ask for a new one.",
)
VERIFICATION_ALREADY_VERIFIED = ErrorKind(
    "verification_already_verified",
    400,
    "This verification has already been verified",
    "The code was used already. Nothing more is to do.",
)
TOO_MANY_ATTEMPTS = ErrorKind(
    "too_many_requests",
    429,
    "Too many requests. Please try again in a bit.",
    "One address may do this {limit} times in {seconds} seconds. Try again after the time in Retry-After.",
)
TOO_MANY_CODES = ErrorKind(
    "too_many_requests",
    429,
    "Too many codes",
    "Too many codes were sent to this address or number, or guessed wrongly. Try again after the time in Retry-After.",
)
USER_LOCKED = ErrorKind(
    "user_locked",
    403,
    "Your account is locked",
    "There were too many failed attempts. Try again in {minutes} minutes, or ask support to unlock the account.",
)
USER_BANNED = ErrorKind(
    "user_banned", 403, "Your account is not available", "The user may not sign in. Ask support for the reason."
)
SESSION_EXISTS = ErrorKind(
    "session_exists",
    400,
    "You're already signed in",
    "This browser has a session, and the instance allows one at a time. Sign out first.",
)
IDENTIFIER_ALREADY_SIGNED_IN = ErrorKind(
    "identifier_already_signed_in",
    400,
    "You're already signed in",
    "This user has a session in this browser. Make it the active one instead.",
)
STRATEGY_INVALID = ErrorKind(
    "strategy_for_user_invalid",
    422,
    "The verification strategy is not valid for this account",
    "`{strategy}` is not among the ways in which this user may be verified here.",
)
STATUS_INVALID = ErrorKind(
    "client_state_invalid",
    400,
    "This step is not next",
    "The attempt is {status}, in which this can't be done. Look at its status, or begin a new one.",
)
# Tickets' errors name no parameter: Clerk's forms have no field for it, and show such an error nowhere at all.
TICKET_INVALID = ErrorKind(
    "ticket_invalid",
    400,
    "Ticket is invalid",
    "The ticket is not known here, was used already, or was revoked. Ask for a new one.",
)
TICKET_EXPIRED = ErrorKind(
    "ticket_expired_code", 400, "Ticket has expired", "The ticket was not used in time. Ask for a new one."
)
SIGN_IN_TOKEN_NOT_PENDING = ErrorKind(
    "sign_in_token_cannot_be_revoked_code",
    400,
    "Sign-in token cannot be revoked",
    "Only pending sign-in tokens can be revoked, and this one is {status}.",
)
ACTOR_TOKEN_NOT_PENDING = ErrorKind(
    "actor_token_cannot_be_revoked_code",
    400,
    "Actor token cannot be revoked",
    "Only pending actor tokens can be revoked, and this one is {status}.",
)
SIGN_UP_RESTRICTED = ErrorKind(
    "sign_up_mode_restricted",
    403,
    "Sign-up is by invitation",
    "Only who was invited may sign up here. Open the link in your invitation, or ask the application's owner for one.",
)
PHONE_NUMBER_UNREACHABLE = ErrorKind(
    "phone_number_unreachable",
    422,
    "can't receive codes here",
    "No way of sending text messages is set up. With test mode, numbers such as +1 555 555 0100 take the code 424242.",
)

# ----------------------------------------------------------------------------------------------- users about themselves
REVERIFICATION_REQUIRED = ErrorKind(
    "session_reverification_required",
    403,
    "Reverify your session",
    "Prove again who you are, with POST /v1/client/sessions/{session_id}/verify, then send this request once more.",
)
IMPERSONATION_FORBIDDEN = ErrorKind(
    "impersonation_not_allowed",
    403,
    "Not while you act for someone else",
    "This session was begun for its user by somebody else, who may not change what guards the account.",
)
DELETE_SELF_FORBIDDEN = ErrorKind(
    "user_delete_self_not_enabled",
    403,
    "You may not delete your account",
    "Either this instance or the user's own settings don't let users delete themselves. Ask support to do it.",
)
LAST_IDENTIFICATION = ErrorKind(
    "last_identification_deletion_failed",
    400,
    "You can't remove your last way to sign in",
    "Without this {what} the user could not sign in any more. Add and verify another one first.",
)
LAST_REQUIRED_IDENTIFICATION = ErrorKind(
    "last_required_identification_deletion_failed",
    400,
    "You need one of these",
    "This instance asks every user for a {what}, and this is the last one. Add and verify another one first.",
)
PASSWORD_REQUIRED = ErrorKind(
    "password_required",
    400,
    "You need a password",
    "This instance asks every user for a password. Change it instead.",
)
USER_CHANGED = ErrorKind(
    "user_changed",
    409,
    "The user was changed meanwhile",
    "Somebody else saved other values since this page was loaded, so nothing was saved. Compare both, then save again.",
)
PASSWORD_NOT_SET = ErrorKind(
    "no_password_set", 400, "You have no password", "The user has no password that could be removed."
)
FEATURE_NOT_BUILT = ErrorKind(
    "feature_not_enabled", 403, "This feature is off", "{feature} are not a feature of this service. {remedy}."
)

# ----------------------------------------------------------------------------------------------------- organizations
ORGANIZATIONS_DISABLED = ErrorKind(
    "organization_not_enabled_in_instance",
    403,
    "Organizations are off",
    "This instance has no organizations. Switch them on with `organizations.enabled` in its settings.",
)
ORGANIZATION_FEATURE_DISABLED = ErrorKind(
    "feature_not_enabled",
    403,
    "This feature is off",
    "{feature} are not a feature of this service. Invite members by their e-mail addresses instead.",
)
ORGANIZATION_CREATION_NOT_ALLOWED = ErrorKind(
    "organization_creation_not_allowed",
    403,
    "You may not create organizations",
    "Neither this instance's settings nor the user's own let users create organizations. Ask an administrator.",
)
ORGANIZATION_QUOTA_EXCEEDED = ErrorKind(
    "organization_quota_exceeded",
    403,
    "You have reached your limit of organizations",
    "This user may create {limit} organizations, and has. Delete one, or ask an administrator for more.",
)
ORGANIZATION_DELETION_NOT_ALLOWED = ErrorKind(
    "organization_deletion_not_allowed",
    403,
    "This organization can't be deleted by its members",
    "Its `admin_delete_enabled` is off. Ask an administrator of the application to delete it.",
)
ORGANIZATION_PERMISSION_MISSING = ErrorKind(
    "missing_organization_permission",
    403,
    "You don't have the permission",
    "The role that you have in this organization lacks `{permission}`. Ask one of its administrators.",
)
MINIMUM_PERMISSIONS_NEEDED = ErrorKind(
    "organization_minimum_permissions_needed",
    400,
    "An organization needs a member who may manage it",
    "Nobody else in this organization may manage its members and delete it. Give another member such a role first.",
)
ROLE_IN_USE = ErrorKind(
    "organization_role_in_use",
    422,
    "The role is in use",
    "{members} and {invitations} have this role. Give the members another one, and revoke the invitations, first.",
)
ROLE_REQUIRED = ErrorKind(
    "organization_role_required",
    422,
    "The instance needs this role",
    "The settings name it as `organizations.{setting}`. Name another role there first.",
)
ROLE_PERMISSIONS_REQUIRED = ErrorKind(
    "organization_role_permissions_required",
    422,
    "The role needs these permissions",
    "{why}, so it must keep {permissions}.",
)
METADATA_CHANGED = ErrorKind(
    "metadata_changed",
    409,
    "Metadata was changed by someone else",
    "These metadata were changed after the page was loaded, so nothing was saved. Compare both, then save again.",
)
MEMBERSHIP_QUOTA_EXCEEDED = ErrorKind(
    "organization_membership_quota_exceeded",
    403,
    "The organization is full",
    "This organization may have {limit} members, including outstanding invitations. Remove one, or revoke one.",
)
ALREADY_MEMBER = ErrorKind(
    "already_a_member_in_organization",
    400,
    "is already a member of the organization",
    "{who} is already a member of the organization.",
)
INVITATION_DUPLICATE = ErrorKind(
    "duplicate_record",
    400,
    "An invitation is pending already",
    "There are pending invitations of {addresses} to this organization. Revoke them first to invite again.",
)
INVITATION_NOT_PENDING = ErrorKind(
    "organization_invitation_not_pending",
    400,
    "The invitation is not pending",
    "The invitation is {status}, so nothing more can be done with it. Ask for a new one.",
)
INVITATION_ADDRESS_UNVERIFIED = ErrorKind(
    "organization_invitation_address_unverified",
    403,
    "Verify your address first",
    "The invitation was sent to an address of yours that isn't verified. Verify it, then accept.",
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
TOO_MANY_FIXTURES = ErrorKind(
    "claims_fixture_quota_exceeded",
    422,
    "Too many tests",
    "A template may have {limit} tests. Delete one that you don't need any more.",
)
FIXTURES_FAILED = ErrorKind(
    "fixtures_failed",
    422,
    "Tests of these claims fail",
    "{count} of this template's tests fail with these claims: {names}. Change the claims, or the tests.",
)
CLAIMS_CONFLICT = ErrorKind(
    "claims_conflict",
    409,
    "Somebody else published in the meantime",
    "These claims are based on version {expected}, and version {current} is live now. "
    "Compare the two, then publish yours over it or take theirs.",
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
