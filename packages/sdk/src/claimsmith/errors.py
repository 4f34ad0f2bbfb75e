"""What can go wrong, as exceptions that carry the wire's reason strings."""

from functools import partial
from typing import Any

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
        sentence, remedy = _SENTENCES[reason]
        self.remedy: str = remedy
        self.reason: TokenReason = reason
        self.message: str = message or sentence
        super().__init__(reason, self.message)

    def __str__(self) -> str:
        """The sentence, the reason in brackets, and the remedy."""
        return f"{self.message} ({self.reason}) {self.remedy}"


class ApiErrorItem(msgspec.Struct, frozen=True):
    """One entry of an error body's `errors` (contract 5)."""

    code: str
    message: str = ""
    long_message: str | None = None
    meta: dict[str, Any] = {}


class ApiError(Exception):
    """An answer of the Backend API that is not what the call asks for: not 2xx, or a body that cannot be read.

    Attributes:
        status: the HTTP status.
        errors: entries of the body, possibly none. Two codes are the SDK's own: `unexpected_redirect` and
            `unexpected_answer`.
        trace_id: `clerk_trace_id` of the body or `cf-ray` of the headers, for the server's log.
        retry_after: seconds to wait before the next try, when the answer says so.

    Example:
        ```python
        error = ApiError(404, (ApiErrorItem("resource_not_found", "No such user."),), trace_id="5f1c")
        assert error.codes == ("resource_not_found",)
        ```
    """

    def __init__(
        self,
        status: int,
        errors: tuple[ApiErrorItem, ...] = (),
        trace_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.status = status
        self.errors = errors
        self.trace_id = trace_id
        self.retry_after = retry_after
        super().__init__(status, errors, trace_id, retry_after)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the entries, e.g. `("resource_not_found",)`: what programs compare, as sentences change.

        Example: `ApiError(404, (ApiErrorItem("resource_not_found"),)).codes` is `("resource_not_found",)`.
        """
        return tuple(item.code for item in self.errors)

    def __str__(self) -> str:
        """The status and the code and sentence of each entry."""
        return "; ".join([f"HTTP {self.status}", *(f"{item.code}: {item.message}" for item in self.errors)])


class ConnectionFailed(Exception):  # noqa: N818 - what happened, as in ConnectionRefusedError
    """Nobody answered at the Backend API's address in time, after every try that the call allows.

    It may pass by itself, unlike a `ConfigurationError`.

    Attributes:
        address: whom was asked: scheme, host and port.
        was_sent: whether the request may have reached the server, so that its effect may be there.

    Example:
        ```python
        try:
            user = backend.users.get(user_id)
        except ConnectionFailed as error:
            print(error.address, error.was_sent)
        ```
    """

    def __init__(self, address: str, reason: str, *, was_sent: bool) -> None:
        self.address = address
        self.reason = reason
        self.was_sent = was_sent
        super().__init__(address, reason)

    def __str__(self) -> str:
        """The address, what went wrong, and a hint."""
        return f"{self.address} does not answer: {self.reason}. Is the instance running?"

    def __reduce__(self) -> tuple[object, ...]:
        """How to make it anew in another process."""
        return partial(ConnectionFailed, was_sent=self.was_sent), (self.address, self.reason)


class ConfigurationError(Exception):
    """An environment variable or an argument that cannot be right; the sentence says which, why and what to do.

    Example:
        ```python
        try:
            settings = load_settings({"CLERK_PUBLISHABLE_KEY": "pk_test_x"})
        except ConfigurationError as error:
            assert str(error).startswith("CLERK_PUBLISHABLE_KEY: ")
        ```
    """
