"""Django's requests: their facts, and the decision that goes with each of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.http import HttpRequest

from claimsmith.authentication.facts import RequestFacts
from claimsmith.current import enter_request, leave_request
from claimsmith.decisions import Decision


def make_facts(request: HttpRequest) -> RequestFacts:
    """The facts of a request.

    Under ASGI, headers are exactly as they came. WSGI has joined repeated ones by a comma: two `Authorization` headers
    are one that no token is in, and are refused. The host is the one that Django accepts.

    Raises:
        DisallowedHost: the `Host` header is not among `settings.ALLOWED_HOSTS`; Django answers 400.

    Example:
        ```python
        from django.test import RequestFactory

        facts = make_facts(RequestFactory().get("/reports", headers={"Authorization": f"Bearer {token}"}))
        ```
    """
    scope = getattr(request, "scope", None)
    if scope is None:
        headers = tuple((name.lower(), value) for name, value in request.headers.items())
    else:
        headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"])
    url = f"{request.scheme}://{request.get_host()}{request.get_full_path()}"
    return RequestFacts(method=request.method or "GET", url=url, headers=headers)


@contextmanager
def entered(request: HttpRequest, decision: Decision) -> Iterator[None]:
    """A block in which the decision is the request's, for `find_decision` and `auth()`.

    Example:
        ```python
        from claimsmith.current import auth
        from django.test import RequestFactory

        decision = application.decide(facts)
        with entered(RequestFactory().get("/"), decision):
            assert auth() is decision.caller
        ```
    """
    cast("Any", request).claimsmith = decision
    token = enter_request(decision)
    try:
        yield
    finally:
        leave_request(token)


def find_decision(request: HttpRequest) -> Decision | None:
    """What the middleware decided on the request; `None` when the request has not passed it.

    Example:
        ```python
        from django.test import RequestFactory

        assert find_decision(RequestFactory().get("/")) is None
        ```
    """
    decision = getattr(request, "claimsmith", None)
    return decision if isinstance(decision, Decision) else None
