"""What an application knows of its caller: `Auth` when someone is signed in, `SignedOut` when no one is."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, cast

import msgspec

from claimsmith.claims.mapping import OMITTED_CLAIM, ClaimsMapping, MissingClaimError, is_omitted, list_omitted
from claimsmith.claims.reverification import Fresh, is_fresh, parse_fresh
from claimsmith.claims.session_claims import (
    ActiveOrganization,
    SessionClaims,
    is_listed,
    parse_factor_ages,
    parse_organization,
    with_org_prefix,
)
from claimsmith.errors import ConfigurationError
from claimsmith.wire import DEFAULT_CLAIMS, Reason

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from claimsmith.claims.omitted import OmittedClaims

    Claims_co = TypeVar("Claims_co", default=SessionClaims, covariant=True)
else:
    from typing import TypeVar

    Claims_co = TypeVar("Claims_co", covariant=True)


class Auth(msgspec.Struct, Generic[Claims_co], frozen=True, kw_only=True):
    """A signed-in caller. Make it with `make_auth`; adapters do.

    Two are equal when they are of one token and their claims are of one model.

    Example:
        ```python
        class MyClaims(SessionClaims):
            fullName: str


        def greet(auth: Auth[MyClaims]) -> str:
            return auth.session_claims["fullName"] if auth.has(role="org:admin") else auth.user_id
        ```
    """

    session_claims: Claims_co
    """All claims of the token, default and custom, by their names in the token; or an object of the application's own
    model, made by `convert_claims` or `require_auth(claims=...)`."""
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
    _verified: Mapping[str, Any] | None = None
    """The claims as they were verified; `None` when `session_claims` holds them."""
    _omitted: "OmittedClaims | None" = None
    """What fetches claims that are not in the token."""

    is_authenticated: ClassVar[Literal[True]] = True
    """Tells `Auth` from `SignedOut`; type checkers follow `isinstance` or `user_id is None` instead."""

    @property
    def org_id(self) -> str | None:
        """The active organization's id, e.g. `org_2abc`.

        Example: `make_auth({"sub": "user_1", "v": 2, "o": {"id": "org_1"}}, token).org_id` is `org_1`.
        """
        return self.organization.id if self.organization else None

    @property
    def org_slug(self) -> str | None:
        """The active organization's slug.

        Example: `make_auth({"sub": "user_1", "v": 2, "o": {"id": "org_1", "slg": "acme"}}, token).org_slug` is `acme`.
        """
        return self.organization.slug if self.organization else None

    @property
    def org_role(self) -> str | None:
        """The role in the active organization, with its prefix.

        Example: with `"o": {"id": "org_1", "rol": "admin"}` in the claims it is `org:admin`.
        """
        return self.organization.role if self.organization else None

    @property
    def org_permissions(self) -> tuple[str, ...]:
        """The permissions in the active organization, e.g. `("org:posts:read",)`.

        Example: `make_auth({"sub": "user_1"}, token).org_permissions` is `()`.
        """
        return self.organization.permissions if self.organization else ()

    @property
    def actor(self) -> Mapping[str, Any] | None:
        """The claim `act` when someone impersonates the user.

        Example: `make_auth({"sub": "user_1", "act": {"sub": "user_2"}}, token).actor` is `{"sub": "user_2"}`.
        """
        actor = self.token_claims.get("act")
        return actor if isinstance(actor, Mapping) else None

    @property
    def factor_verification_age(self) -> tuple[int, int] | None:
        """Minutes since the first and the second factor were verified, -1 for never; `None` when the token is silent.

        Example: `make_auth({"sub": "user_1", "fva": [3, -1]}, token).factor_verification_age` is `(3, -1)`.
        """
        return parse_factor_ages(self.token_claims.get("fva"))

    @property
    def token_claims(self) -> Mapping[str, Any]:
        """The claims as they are in the token, whatever `session_claims` was turned into.

        Example: `make_auth({"sub": "user_1", "plan": "pro"}, token).token_claims["plan"]` is `pro`.
        """
        return cast("Mapping[str, Any]", self.session_claims) if self._verified is None else self._verified

    @property
    def omitted_claims(self) -> tuple[str, ...]:
        """What the instance left out of this token for its size, e.g. `("bio",)`; `("*",)`: every custom claim.

        Example: `make_auth({"sub": "user_1", "_omitted": ["bio"]}, token).omitted_claims` is `("bio",)`.
        """
        return list_omitted(self.token_claims)

    async def claim(self, name: str) -> Any:
        """A claim, in the token or left out of it; what was left out is fetched once a token, in a thread.

        A fetched claim has the value of now, which may be newer than the token.

        Raises:
            MissingClaimError: the session has no such claim.
            ClaimsUnavailableError: the Backend API did not give it.
            ConfigurationError: the application does not know where to fetch it.

        Example:
            ```python
            async def read_bio(auth: Auth) -> str:
                return str(await auth.claim("bio"))
            ```
        """
        claims = self.token_claims
        return claims[name] if name in claims else self._pick(name, await self._source(name).load_async(self))

    def claim_sync(self, name: str) -> Any:
        """As `claim`, for code without an event loop: blocks while a claim that was left out is fetched.

        Example:
            ```python
            assert make_auth({"sub": "user_1", "plan": "pro"}, token).claim_sync("plan") == "pro"
            ```
        """
        claims = self.token_claims
        return claims[name] if name in claims else self._pick(name, self._source(name).load(self))

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

        Example:
            ```python
            auth = make_auth({"sub": "user_1", "v": 2, "o": {"id": "org_1", "rol": "admin"}, "fea": "u:search"}, token)
            assert auth.has(role="org:admin", feature="search")
            assert not auth.has(permission="org:posts:read")
            ```
        """
        claims = self.token_claims
        asked = [
            role is not None
            and (self.org_role is not None and with_org_prefix(role) == with_org_prefix(self.org_role)),
            permission is not None and with_org_prefix(permission) in map(with_org_prefix, self.org_permissions),
            feature is not None and is_listed(feature, claims.get("fea"), in_organization=bool(self.org_id)),
            plan is not None and is_listed(plan, claims.get("pla"), in_organization=bool(self.org_id)),
            fresh is not None and is_fresh(claims.get("fva"), parse_fresh(fresh)),
        ]
        wanted = [value is not None for value in (role, permission, feature, plan, fresh)]
        return any(wanted) and asked == wanted

    def _source(self, name: str) -> "OmittedClaims":
        """What fetches a claim that the token names as left out; raises as `claim`."""
        claims = self.token_claims
        if not is_omitted(claims, name):
            raise MissingClaimError(name, claims)
        if self._omitted is None:
            raise ConfigurationError(
                f"The claim {name!r} was left out of this token for its size, and there is no way to fetch it. Set "
                "CLERK_SECRET_KEY and CLERK_API_URL, which `claimsmith dev` prints."
            )
        return self._omitted

    def _pick(self, name: str, fetched: Mapping[str, Any]) -> Any:
        if name in fetched:
            return fetched[name]
        raise MissingClaimError(name, {**self.token_claims, **fetched})

    def __eq__(self, other: object) -> bool:
        """Whether both are of one token, their claims of one model."""
        if not isinstance(other, Auth):
            return NotImplemented
        return self.token == other.token and bool(self.session_claims == other.session_claims)

    def __hash__(self) -> int:
        """Of the token."""
        return hash(self.token)

    def __repr__(self) -> str:
        """Who it is, and the names of the custom claims: never the token, and no claim's value."""
        return f"Auth({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """As `repr`, for rich."""
        custom = sorted(name for name in self.token_claims if name not in DEFAULT_CLAIMS)
        told = [(name, getattr(self, name)) for name in ("user_id", "session_id", "org_id", "org_role")]
        return [*told, ("custom_claims", custom)]


class SignedOut(msgspec.Struct, frozen=True):
    """No one is signed in; `reason` says why, and every question is answered with nothing.

    Example:
        ```python
        nobody = SignedOut("token-expired", "The token has expired.")
        assert not nobody.is_authenticated and nobody.user_id is None and not nobody.has(role="org:admin")
        ```
    """

    reason: Reason
    message: str = ""
    """One sentence for people; never a token."""
    set_cookies: tuple[str, ...] = ()
    """`Set-Cookie` values to send along, when a handshake brought them."""
    location: str | None = None
    """Where to send the browser (307) before anything else, when a handshake ended here."""

    is_authenticated: ClassVar[Literal[False]] = False
    """Tells `SignedOut` from `Auth`; as there."""

    user_id: ClassVar[None] = None
    session_id: ClassVar[None] = None
    session_claims: ClassVar[None] = None
    token: ClassVar[None] = None
    actor: ClassVar[None] = None
    org_id: ClassVar[None] = None
    org_slug: ClassVar[None] = None
    org_role: ClassVar[None] = None
    org_permissions: ClassVar[tuple[()]] = ()
    factor_verification_age: ClassVar[None] = None

    def has(self, **_asked: object) -> Literal[False]:
        """`False`, whatever is asked.

        Example: `SignedOut("token-expired").has(role="org:admin")` is `False`.
        """
        return False

    def __repr__(self) -> str:
        """Why, never a cookie: those hold tokens."""
        return f"SignedOut(reason={self.reason!r}, message={self.message!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """As `repr`, for rich."""
        return [("reason", self.reason), ("message", self.message)]


def attach_omitted(auth: Auth[Any], omitted: "OmittedClaims | None") -> Auth[Any]:
    """The caller, with what fetches the claims that the token leaves out, if it leaves any out.

    Example:
        ```python
        auth = make_auth({"sub": "user_1"}, token)
        assert attach_omitted(auth, None) is auth
        ```
    """
    if omitted is None or OMITTED_CLAIM not in auth.token_claims:
        return auth
    return msgspec.structs.replace(auth, _omitted=omitted)


def make_auth(claims: Mapping[str, Any], token: str, *, omitted: "OmittedClaims | None" = None) -> Auth[Any]:
    """The caller that verified claims tell of; `session_claims` is a `ClaimsMapping` of its own.

    Args:
        claims: what `verify_token` gave back.
        token: the token they came from.
        omitted: what fetches claims that the instance left out of the token for its size.

    Example:
        ```python
        auth = make_auth(verify_token(token, keys), token)
        print(auth.user_id, auth.session_claims["fullName"])
        ```
    """
    session_id, version = claims.get("sid"), claims.get("v")
    return Auth(
        session_claims=ClaimsMapping(claims),
        user_id=claims["sub"],
        token=token,
        session_id=session_id if isinstance(session_id, str) else None,
        organization=parse_organization(claims),
        claims_version=2 if version == 2 else 1,  # noqa: PLR2004 - the version
        _omitted=omitted,
    )
