"""What can go wrong, as exceptions that carry the wire's reason strings."""

import msgspec

from claimsmith.wire import TokenReason

_KEYS_REMEDY = "Set CLERK_JWT_KEY to the instance's PEM public key, or CLERK_SECRET_KEY and CLERK_API_URL."
_SENTENCES: dict[TokenReason, tuple[str, str]] = {
    "token-expired": (
        "The token has expired.",
        "Ask the browser for a fresh session token, and compare the clocks of both machines.",
    ),
    "token-not-active-yet": (
        "The token is not active yet: its nbf is in the future.",
        "Compare the clocks of the two machines; up to the leeway is allowed.",
    ),
    "token-iat-in-the-future": (
        "The token was issued in the future.",
        "Compare the clocks of the two machines; up to the leeway is allowed.",
    ),
    "token-invalid": (
        "This is not a well-formed token.",
        "Send the session token as it was minted: three base64url parts joined by dots.",
    ),
    "token-invalid-signature": (
        "The token's signature does not match the key.",
        "Use the key of the instance that minted the token; a PEM key does not follow key rotation.",
    ),
    "token-invalid-algorithm": (
        "The token's algorithm is not the one that its key is for.",
        "Use the key of the instance that minted the token.",
    ),
    "token-invalid-authorized-parties": (
        "The token was minted for another origin.",
        "Add the origin of your front end, e.g. https://app.example.com, to the authorized parties.",
    ),
    "token-verification-failed": (
        "A claim of the token is not acceptable.",
        "Compare the token's claims with the audience and issuer that you ask for.",
    ),
    "token-type-mismatch": (
        "This is another kind of token than the one asked for.",
        "Session tokens, JWT-template tokens and machine tokens do not stand in for each other.",
    ),
    "secret-key-invalid": (
        "The Backend API refused the secret key.",
        "Copy the secret key (sk_...) of this instance from its dashboard.",
    ),
    "jwk-local-missing": ("The PEM key or JWK cannot be used.", _KEYS_REMEDY),
    "jwk-remote-failed-to-load": (
        "The key set could not be fetched, and none is in the cache.",
        "Check that CLERK_API_URL is reachable from here.",
    ),
    "jwk-remote-invalid": (
        "The fetched key set is not acceptable.",
        "Check that CLERK_API_URL names the Backend API, without /v1.",
    ),
    "jwk-remote-missing": (
        "The fetched key set holds no key.",
        "Check the instance's signing keys in its dashboard.",
    ),
    "jwk-failed-to-resolve": ("No key for the token could be found.", _KEYS_REMEDY),
    "jwk-kid-mismatch": (
        "No key of the instance has the token's kid.",
        "Check that the token and the keys belong to the same instance.",
    ),
}


class TokenError(Exception):
    """A token that does not verify, or a key that cannot be had.

    Attributes:
        reason: the wire's reason string, e.g. `token-expired` (contract 2.4).
        message: one sentence for people; it never holds the token or a key.
        remedy: one sentence, what to do.

    Example:
        ```python
        try:
            claims = verify_token(token, keys)
        except TokenError as error:
            print(error.reason, error.message, error.remedy)
        ```
    """

    def __init__(self, reason: TokenReason, message: str | None = None) -> None:
        sentence, self.remedy = _SENTENCES[reason]
        self.reason: TokenReason = reason
        self.message = message or sentence
        super().__init__(reason, self.message)

    def __str__(self) -> str:
        """The sentence, the reason in brackets, and the remedy."""
        return f"{self.message} ({self.reason}) {self.remedy}"


class ApiErrorItem(msgspec.Struct, frozen=True):
    """One entry of an error body's `errors` (contract 5)."""

    code: str
    message: str = ""
    long_message: str | None = None
    meta: dict[str, object] = {}


class ApiError(Exception):
    """An answer of the Backend API that is not 2xx.

    Attributes:
        status: the HTTP status.
        errors: entries of the body, possibly none.
        trace_id: `clerk_trace_id` of the body, for the server's log.
    """

    def __init__(self, status: int, errors: tuple[ApiErrorItem, ...] = (), trace_id: str | None = None) -> None:
        self.status = status
        self.errors = errors
        self.trace_id = trace_id
        super().__init__(status, errors)

    def __str__(self) -> str:
        """The status and the code and sentence of each entry."""
        return "; ".join([f"HTTP {self.status}", *(f"{item.code}: {item.message}" for item in self.errors)])


class ConfigurationError(Exception):
    """An environment variable or an argument that cannot be right; the sentence says which, why and what to do."""
