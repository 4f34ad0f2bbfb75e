"""The claims of a made-up session, as an instance would mint them (contract 2.2, 2.3)."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Literal, Protocol, TypedDict, Unpack

import msgspec

from claimsmith.clock import present
from claimsmith.testing.organizations import Organization, compact_claims, expand_claims
from claimsmith.testing.signing import ISSUER

SKEW_SECONDS = 10
"""How long before `iat` a session token is valid."""
_JTI_DIGITS = 20


class Identified(Protocol):
    """Anything with an id, such as a user that the Backend API gave."""

    @property
    def id(self) -> str:
        """E.g. `user_1`."""
        ...


class ClaimsOptions(TypedDict, total=False):
    """The keyword arguments of `make_claims`, `make_token`, `auth_headers`, `auth_cookies` and `signed_in`."""

    user: str | Identified
    """The user or their id; `user_test` when not given."""
    session_id: str
    organization: Organization | str
    """The active organization; an id alone is one where the user is a member without permissions."""
    actor: str | Mapping[str, Any]
    """Who impersonates the user: their id, or the whole claim `act`."""
    features: Sequence[str]
    """With scope, e.g. `o:posts` or `u:export`."""
    plans: Sequence[str]
    """With scope, e.g. `u:pro`."""
    verified: tuple[int, int]
    """Minutes since the first and the second factor were verified, -1 for never; `(0, -1)` when not given."""
    status: Literal["active", "pending"]
    authorized_party: str
    """`azp`: the origin of the front end."""
    issued_at: float
    """Unix seconds; now when not given."""
    lifetime: int
    """Seconds; 60 when not given."""
    version: Literal[1, 2]
    """Of the claims; 2 when not given."""


def make_claims(claims: Mapping[str, Any] | None = None, **options: Unpack[ClaimsOptions]) -> dict[str, Any]:
    """All claims of a session token.

    Args:
        claims: custom claims; they may also replace default ones, to make what no instance would.
        **options: see `ClaimsOptions`.

    Example:
        ```python
        from claimsmith import testing

        claims = testing.make_claims({"plan": "gold"}, user="user_1", issued_at=1_700_000_000)
        assert (claims["sub"], claims["exp"], claims["plan"]) == ("user_1", 1_700_000_060, "gold")
        ```
    """
    issued_at = int(options.get("issued_at", present()))
    defaults: dict[str, Any] = {
        "exp": issued_at + options.get("lifetime", 60),
        "fva": list(options.get("verified", (0, -1))),
        "iat": issued_at,
        "iss": ISSUER,
        "nbf": issued_at - SKEW_SECONDS,
        "sid": options.get("session_id", "sess_test"),
        "sub": find_id(options.get("user", "user_test")),
        **_tell_party_and_actor(options),
        **_tell_rights(options),
    }
    # No entropy is asked for: the same claims have the same id.
    defaults["jti"] = sha256(msgspec.json.encode([defaults, claims])).hexdigest()[:_JTI_DIGITS]
    return {**defaults, **(claims or {})}


def find_id(one: str | Identified) -> str:
    """The id of what may be an id already."""
    return one if isinstance(one, str) else one.id


def _tell_party_and_actor(options: ClaimsOptions) -> dict[str, Any]:
    actor, party = options.get("actor"), options.get("authorized_party")
    told: dict[str, Any] = {} if party is None else {"azp": party}
    if actor is not None:
        told["act"] = {"sub": actor} if isinstance(actor, str) else dict(actor)
    return told


def _tell_rights(options: ClaimsOptions) -> dict[str, Any]:
    """The claims that differ between the versions."""
    organization = options.get("organization")
    if isinstance(organization, str):
        organization = Organization(id=organization)
    if options.get("version", 2) == 1:
        return {} if organization is None else expand_claims(organization)
    features, plans = options.get("features", ()), options.get("plans", ())
    told: dict[str, Any] = {"sts": options.get("status", "active"), "v": 2}
    if plans:
        told["pla"] = ",".join(plans)
    if organization is not None:
        return told | compact_claims(organization, features)
    return told | ({"fea": ",".join(features)} if features else {})
