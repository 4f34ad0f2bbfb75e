"""What an application answers in place of its own page: a redirect, a 401, a 403. Frameworks only write it out.

Bodies have the wire's error shape (contract 5), headers say why (contract 2.4b).
"""

from typing import Any

import msgspec

from claimsmith import wire
from claimsmith.auth import SignedOut
from claimsmith.authentication.facts import RequestFacts, is_address, is_document
from claimsmith.authentication.handshake import Handshake, clean_url
from claimsmith.authentication.satellites import add_query
from claimsmith.claims.reverification import Reverification

_JSON = (("content-type", "application/json"), ("cache-control", "no-store"))
_WORD_SIGNED_OUT, _WORD_SIGNED_IN = "signed-out", "signed-in"


class Answer(msgspec.Struct, frozen=True):
    """A whole HTTP answer.

    Example:
        ```python
        Answer(307, (("location", "https://app.example.com/"),))
        ```
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    """Names in lower case; `set-cookie` may be there several times."""
    body: bytes = b""

    def __repr__(self) -> str:
        """The status and the names of headers, never their values: cookies and addresses hold tokens."""
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """As `repr`, for rich."""
        return [("status", self.status), ("headers", [name for name, _ in self.headers])]


def answer_handshake(handshake: Handshake) -> Answer:
    """307 to the Frontend API."""
    return Answer(307, handshake.headers)


def answer_clean_url(location: str, set_cookies: tuple[str, ...]) -> Answer:
    """307 to the same page without the keys of the handshake that has just ended, with its cookies."""
    cookies = (("set-cookie", cookie) for cookie in set_cookies)
    return Answer(307, (("location", location), ("cache-control", "no-store"), *cookies))


def answer_signed_out(signed_out: SignedOut, facts: RequestFacts, sign_in_url: str | None) -> Answer:
    """302 to the sign-in page for a person who asked for a page, where there is one to go to; else 401."""
    if sign_in_url is not None and is_document(facts) and is_address(facts.url):
        location = add_query(sign_in_url, {"redirect_url": clean_url(facts.url)})
        return Answer(302, (("location", location), ("cache-control", "no-store"), *_why(signed_out)))
    message = signed_out.message or "Sign in to use this."
    headers = (*_JSON, ("www-authenticate", "Bearer"), *_why(signed_out))
    return Answer(401, headers, _write_error("authentication_invalid", message))


def answer_forbidden(message: str = "You are signed in, but this needs a right that you lack.") -> Answer:
    """403 for someone who is signed in and may not."""
    return Answer(403, (*_JSON, (wire.AUTH_STATUS_HEADER, _WORD_SIGNED_IN)), _write_error("forbidden", message))


def answer_reverification(wanted: Reverification) -> Answer:
    """403 that asks for a proof of identity anew; front ends that know the wire show the dialog and try again."""
    message = "Confirm who you are again to do this."
    hint = {"level": wanted.level, "afterMinutes": wanted.after_minutes}
    told = {"type": "forbidden", "reason": "reverification-error", "metadata": {"reverification": hint}}
    headers = (*_JSON, (wire.AUTH_STATUS_HEADER, _WORD_SIGNED_IN), (wire.AUTH_REASON_HEADER, "reverification-error"))
    return Answer(403, headers, _write_error("reverification_required", message, clerk_error=told))


def answer_claims(message: str) -> Answer:
    """403 for a genuine token whose claims are not what the application declared."""
    return Answer(403, (*_JSON, (wire.AUTH_STATUS_HEADER, _WORD_SIGNED_IN)), _write_error("claims_invalid", message))


def _why(signed_out: SignedOut) -> tuple[tuple[str, str], ...]:
    message = signed_out.message or "Sign in to use this."
    return (
        (wire.AUTH_STATUS_HEADER, _WORD_SIGNED_OUT),
        (wire.AUTH_REASON_HEADER, signed_out.reason),
        (wire.AUTH_MESSAGE_HEADER, message),
    )


def _write_error(code: str, message: str, **more: object) -> bytes:
    entry = {"code": code, "message": message, "long_message": message, "meta": {}}
    return msgspec.json.encode({"errors": [entry], **more})
