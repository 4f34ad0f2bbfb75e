"""What an application knows of its caller: `Auth` when someone is signed in, `SignedOut` when no one is."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, cast

import msgspec

from claimsmith.claims import ActiveOrganization, SessionClaims, parse_organization, split_scopes, with_org_prefix
from claimsmith.reverification import Fresh, is_fresh, parse_fresh
from claimsmith.wire import Reason

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    Claims = TypeVar("Claims", default=SessionClaims)
else:
    from typing import TypeVar

    Claims = TypeVar("Claims")

_SCOPES: dict[str, Literal["o", "u"]] = {"o": "o", "org": "o", "organization": "o", "u": "u", "user": "u"}


class Auth(msgspec.Struct, Generic[Claims], frozen=True, kw_only=True):
    """A signed-in caller. Make it with `make_auth`; adapters do.

    Example:
        ```python
        class MyClaims(SessionClaims):
            fullName: str


        def greet(auth: Auth[MyClaims]) -> str:
            return auth.session_claims["fullName"] if auth.has(role="org:admin") else auth.user_id
        ```
    """

    session_claims: Claims
    """All claims of the token, default and custom, by their names in the token."""
    user_id: str
    """`sub`, e.g. `user_2abc`."""
    token: str
    """The verified token itself, to pass on."""
    session_id: str | None = None
    """`sid`; a JWT-template token has none."""
    organization: ActiveOrganization | None = None
    """The active organization with its permissions, from either version of the claims."""
    claims_version: int = 1
    """2 for tokens with the compact claim `o`, else 1."""

    @property
    def is_authenticated(self) -> Literal[True]:
        """`True`; tells `Auth` from `SignedOut`."""
        return True

    @property
    def org_id(self) -> str | None:
        """The active organization's id, e.g. `org_2abc`."""
        return self.organization.id if self.organization else None

    @property
    def org_slug(self) -> str | None:
        """The active organization's slug."""
        return self.organization.slug if self.organization else None

    @property
    def org_role(self) -> str | None:
        """The role in the active organization, e.g. `org:admin`."""
        return self.organization.role if self.organization else None

    @property
    def org_permissions(self) -> tuple[str, ...]:
        """The permissions in the active organization, e.g. `org:posts:read`."""
        return self.organization.permissions if self.organization else ()

    @property
    def actor(self) -> Mapping[str, Any] | None:
        """The claim `act` when someone impersonates the user, e.g. `{"sub": "user_support"}`."""
        actor = self._claims.get("act")
        return actor if isinstance(actor, Mapping) else None

    def has(
        self,
        *,
        role: str | None = None,
        permission: str | None = None,
        feature: str | None = None,
        plan: str | None = None,
        fresh: Fresh | None = None,
    ) -> bool:
        """Whether the caller has everything that is asked for; what the token cannot tell is not had.

        Args:
            role: in the active organization, with or without `org:`.
            permission: in the active organization, e.g. `org:posts:read`.
            feature: a slug, of the user or the organization; `o:slug` or `u:slug` asks for one of the two.
            plan: as `feature`.
            fresh: how lately the caller proved who they are: a preset such as `strict`, an age of any factor, or a
                `Reverification`.

        Asking for nothing is answered `False`, so that a forgotten argument grants nothing. An empty text is asked for,
        and not had.
        """
        asked = [
            role is not None
            and (self.org_role is not None and with_org_prefix(role) == with_org_prefix(self.org_role)),
            permission is not None and with_org_prefix(permission) in map(with_org_prefix, self.org_permissions),
            feature is not None and _is_listed(feature, self._claims.get("fea"), in_organization=bool(self.org_id)),
            plan is not None and _is_listed(plan, self._claims.get("pla"), in_organization=bool(self.org_id)),
            fresh is not None and is_fresh(self._claims.get("fva"), parse_fresh(fresh)),
        ]
        wanted = [value is not None for value in (role, permission, feature, plan, fresh)]
        return any(wanted) and asked == wanted

    @property
    def _claims(self) -> Mapping[str, Any]:
        return cast("Mapping[str, Any]", self.session_claims)


class SignedOut(msgspec.Struct, frozen=True):
    """No one is signed in; `reason` says why, and every question is answered with nothing.

    Example: `SignedOut("token-expired", "The token has expired.")`
    """

    reason: Reason
    message: str = ""
    """One sentence for people; never a token."""
    set_cookies: tuple[str, ...] = ()
    """`Set-Cookie` values to send along, when a handshake brought them."""
    location: str | None = None
    """Where to send the browser (307) before anything else, when a handshake ended here."""

    @property
    def is_authenticated(self) -> Literal[False]:
        """`False`; tells `SignedOut` from `Auth`."""
        return False

    @property
    def user_id(self) -> None:
        """`None`."""

    @property
    def session_claims(self) -> None:
        """`None`."""

    def has(self, **_asked: object) -> Literal[False]:
        """`False`, whatever is asked."""
        return False


def make_auth(claims: Mapping[str, Any], token: str) -> Auth[Any]:
    """The caller that verified claims tell of.

    Args:
        claims: what `verify_token` gave back.
        token: the token they came from.
    """
    session_id, version = claims.get("sid"), claims.get("v")
    return Auth(
        session_claims=claims,
        user_id=claims["sub"],
        token=token,
        session_id=session_id if isinstance(session_id, str) else None,
        organization=parse_organization(claims),
        claims_version=2 if version == 2 else 1,  # noqa: PLR2004 - the version
    )


def _is_listed(wanted: str, claim: object, *, in_organization: bool) -> bool:
    """Whether a `fea` or `pla` claim lists a slug, in the scope that `wanted` names or in either."""
    organization, user = split_scopes(claim)
    if not in_organization:
        organization = frozenset()
    scope, colon, slug = wanted.partition(":")
    if not colon:
        return wanted in organization | user
    return slug in {"o": organization, "u": user, None: frozenset[str]()}[_SCOPES.get(scope)]
