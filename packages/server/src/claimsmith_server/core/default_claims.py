"""The claims that the server itself asserts, each with one line for people (contract 2.2, 2.3, 3.2)."""

import msgspec

from claimsmith_server.core.claims import Audience
from claimsmith_server.core.instance_settings import ClaimsVersion


class DefaultClaim(msgspec.Struct, frozen=True):
    """A default claim and what it says."""

    name: str
    doc: str


_OF_EVERY_TOKEN = {
    "azp": "Authorized party: the origin of the application that asked for the token.",
    "exp": "Expiry, unix seconds: verifiers refuse the token from then on.",
    "iat": "Issued at, unix seconds.",
    "iss": "Issuer: this instance's Frontend API.",
    "jti": "Id of this one token.",
    "nbf": "Not before, unix seconds: a little before `iat`, for clocks that are behind.",
    "sub": "Subject: the id of the user.",
}
_OF_SESSIONS = {
    "sid": "Id of the session.",
    "fva": "Minutes since the first and the second factor were verified; -1: never.",
    "act": "Who acts as the user (impersonation); absent otherwise.",
}
_OF_VERSION_2 = {
    "sts": "Status of the session: `active`, or `pending` while tasks are open.",
    "v": "Version of these claims.",
    "fea": "Features that the organization's role has permissions of, e.g. `o:posts`.",
    "o": "The active organization: id, slug, role, and permissions packed into bits.",
}
_OF_VERSION_1 = {
    "org_id": "Id of the active organization.",
    "org_slug": "Slug of the active organization.",
    "org_role": "Key of the user's role in it, e.g. `org:admin`.",
    "org_permissions": "Keys of the role's permissions.",
}
_OMITTED = {"_omitted": "Custom claims that were left out, because the cookie would be too large for browsers."}


def list_default_claims(audience: Audience, claims_version: ClaimsVersion = 2) -> tuple[DefaultClaim, ...]:
    """The default claims of a kind of token, those included that only some tokens have."""
    told = _OF_EVERY_TOKEN
    if audience == "session":
        told = told | _OF_SESSIONS | (_OF_VERSION_1 if claims_version == 1 else _OF_VERSION_2) | _OMITTED
    return tuple(DefaultClaim(name, doc) for name, doc in told.items())
