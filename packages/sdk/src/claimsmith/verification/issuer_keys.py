"""Keys of several instances in one process, each used for the tokens of its own issuer only (case J-037)."""

from collections.abc import Collection, Mapping
from typing import Any

from claimsmith.errors import ConfigurationError, TokenError
from claimsmith.verification.keys import KeySet
from claimsmith.verification.remote_keys import RemoteKeys
from claimsmith.verification.tokens import TokenCache, decode_claims, verify_token
from claimsmith.wire import DEFAULT_LEEWAY_SECONDS


class IssuerKeys:
    """Key sets by issuer, for a service that several instances' users call.

    What a token says about its issuer only chooses the key set; the signature is then proved with that set, and the
    issuer asserted. Two instances may use the same `kid`.

    Example:
        ```python
        issuer_keys = IssuerKeys({"https://demo.clerk.accounts.dev": StaticKeys.from_pem(pem)})
        claims = issuer_keys.verify(token)
        claims["iss"]
        ```
    """

    def __init__(self, keys: Mapping[str, KeySet]) -> None:
        """Hold the key sets by `iss`, exactly as tokens spell it, e.g. `https://demo.clerk.accounts.dev`.

        Raises:
            ConfigurationError: none is given.
        """
        if not keys:
            raise ConfigurationError("IssuerKeys needs the keys of at least one issuer.")
        self._keys = dict(keys)

    def __repr__(self) -> str:
        """The issuers."""
        return f"IssuerKeys({', '.join(self._keys)})"

    @property
    def issuers(self) -> tuple[str, ...]:
        """The issuers whose tokens can be verified, in the order given."""
        return tuple(self._keys)

    def choose(self, token: str) -> tuple[str, KeySet]:
        """The issuer that a token claims to be from and its keys; **nothing is proved**: give both to `verify_token`.

        Raises:
            TokenError: `token-invalid`, `token-invalid-algorithm`, or `jwk-failed-to-resolve` for an unknown issuer.

        Example:
            ```python
            issuer, chosen = issuer_keys.choose(token)
            claims = verify_token(token, chosen, issuer=issuer)
            ```
        """
        issuer = decode_claims(token).get("iss")
        keys = self._keys.get(issuer) if isinstance(issuer, str) else None
        if keys is None:
            raise TokenError("jwk-failed-to-resolve", "The token is from an issuer that is not known here.")
        return str(issuer), keys

    def verify(  # noqa: PLR0913 - as `verify_token`
        self,
        token: str,
        *,
        now: float | None = None,
        authorized_parties: Collection[str] = (),
        audience: Collection[str] = (),
        leeway: float = DEFAULT_LEEWAY_SECONDS,
        cache: TokenCache | None = None,
    ) -> dict[str, Any]:
        """The claims of a session token of one of the issuers; arguments and errors as of `verify_token`.

        Example:
            ```python
            claims = issuer_keys.verify(token, authorized_parties=["http://localhost:3000"])
            ```
        """
        issuer, keys = self.choose(token)
        return verify_token(
            token,
            keys,
            now=now,
            authorized_parties=authorized_parties,
            audience=audience,
            issuer=issuer,
            leeway=leeway,
            cache=cache,
        )

    def preload(self) -> None:
        """Fetch every key set that is on the network. Raises as `RemoteKeys.preload`."""
        for keys in self._remote_keys():
            keys.preload()

    async def preload_async(self) -> None:
        """As `preload`, in an event loop that is never blocked."""
        for keys in self._remote_keys():
            await keys.preload_async()

    def _remote_keys(self) -> list[RemoteKeys]:
        return [keys for keys in self._keys.values() if isinstance(keys, RemoteKeys)]
