"""The cookie of the dashboard: its names, its value read and set, and the CSRF token that belongs to it (X-006).

`__Host-…` with Secure, HttpOnly, SameSite=Strict and Path=/, without Max-Age: it ends with the browser, and the server
ends it before. Chromium keeps such a cookie on `http://localhost`; Safari does not (ADR 0014), so on a development
instance, and over loopback alone, the same value is also set under a name without the prefix.
"""

import hashlib
import hmac

from litestar import Response
from litestar.datastructures import Cookie

from claimsmith.authentication.cookies import parse_cookies
from claimsmith.instance import cookie_suffix, make_publishable_key
from claimsmith_server.core.models import Instance
from claimsmith_server.http.asgi import Scope
from claimsmith_server.http.loopback import is_local

_CONTEXT = b"claimsmith csrf\0"


def dashboard_cookie(instance: Instance) -> str:
    """Name of the cookie: with the instance's suffix, since all servers on localhost share one cookie jar."""
    return f"__Host-{plain_cookie(instance)}"


def plain_cookie(instance: Instance) -> str:
    """Name of its twin for browsers that keep no Secure cookie on `http://localhost`."""
    publishable_key = make_publishable_key(instance.frontend_api, instance.environment)
    return f"claimsmith_{cookie_suffix(publishable_key)}"


def has_twin(scope: Scope, instance: Instance) -> bool:
    """Whether the twin counts: what it holds never leaves this machine."""
    return instance.environment == "development" and scope["scheme"] == "http" and is_local(scope)


def read_cookie(scope: Scope, instance: Instance) -> str:
    """The cookie's value; `""` when there is none, or when there are two that differ."""
    headers = [value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"]
    cookies = parse_cookies(headers)
    names = [dashboard_cookie(instance)] + ([plain_cookie(instance)] if has_twin(scope, instance) else [])
    sent = next((cookies[name] for name in names if name in cookies), ())
    return sent[0] if len(sent) == 1 else ""


def set_cookie(answer: Response[object], scope: Scope, instance: Instance, token: str) -> None:
    """Nothing; the answer gives the browser this value, or takes it away when it is `""`."""
    _add(answer, dashboard_cookie(instance), token, is_secure=True)
    if has_twin(scope, instance):
        _add(answer, plain_cookie(instance), token, is_secure=False)


def csrf_token(cookie: str) -> str:
    """The CSRF token that belongs to a cookie's value; `""` to none."""
    return hmac.digest(cookie.encode(), _CONTEXT, hashlib.sha256).hex() if cookie else ""


def _add(answer: Response[object], name: str, value: str, *, is_secure: bool) -> None:
    answer.set_cookie(
        Cookie(
            key=name,
            value=value,
            path="/",
            max_age=None if value else 0,
            secure=is_secure,
            httponly=True,
            samesite="strict",
        )
    )
