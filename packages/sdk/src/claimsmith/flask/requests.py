"""Flask's requests: their facts, the decision that goes with each, and what is added to the responses."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from flask import Request, Response

from claimsmith.answers import Answer
from claimsmith.authentication.facts import RequestFacts
from claimsmith.current import enter_request, leave_request
from claimsmith.decisions import Decision

_DECISION, _TOKEN = "claimsmith.decision", "claimsmith.token"
"""Places in a request's WSGI environment; nothing that a client sends gets there."""


def make_facts(request: Request) -> RequestFacts:
    """The facts of a request.

    WSGI has joined repeated headers by a comma: two `Authorization` headers are one that no token is in, and are
    refused. The host is the one that Flask accepts, see `TRUSTED_HOSTS`.

    Example:
        ```python
        from werkzeug.test import EnvironBuilder

        facts = make_facts(EnvironBuilder("/reports", headers={"Authorization": f"Bearer {token}"}).get_request())
        ```
    """
    headers = tuple((name.lower(), value) for name, value in request.headers)
    # `request.url` is for people: it has characters in it that a redirect must not have.
    path = quote(f"{request.root_path.rstrip('/')}/{request.path.lstrip('/')}", safe="/!$&'()*+,:;=@~")
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    return RequestFacts(method=request.method, url=f"{request.scheme}://{request.host}{path}{query}", headers=headers)


def find_decision(request: Request) -> Decision | None:
    """What was decided on the request; `None` when its application lacks `Claimsmith(app)`.

    Example:
        ```python
        from werkzeug.test import EnvironBuilder

        assert find_decision(EnvironBuilder("/").get_request()) is None
        ```
    """
    decision = request.environ.get(_DECISION)
    return decision if isinstance(decision, Decision) else None


def enter(request: Request, decision: Decision) -> None:
    """Make the decision the request's, until `leave`.

    Example:
        ```python
        from werkzeug.test import EnvironBuilder

        request = EnvironBuilder("/").get_request()
        enter(request, application.decide(facts))
        leave(request)
        ```
    """
    request.environ |= {_DECISION: decision, _TOKEN: enter_request(decision)}


def leave(request: Request) -> None:
    """Forget the decision outside of the request."""
    token = request.environ.get(_TOKEN)
    if token is None:
        return
    try:
        leave_request(token)
    except ValueError:
        return  # A copy of the request ended in another thread, where nothing was entered.
    del request.environ[_TOKEN]


@contextmanager
def replaced(request: Request, decision: Decision) -> Iterator[None]:
    """A block in which the request has another decision, with the caller's claims as the view wants them.

    Example:
        ```python
        from werkzeug.test import EnvironBuilder

        request = EnvironBuilder("/").get_request()
        with replaced(request, application.decide(facts)):
            assert find_decision(request) is not None
        ```
    """
    before = request.environ.get(_DECISION)
    request.environ[_DECISION] = decision
    token = enter_request(decision)
    try:
        yield
    finally:
        leave_request(token)
        request.environ[_DECISION] = before


def finish_response(response: Response, decision: Decision) -> Response:
    """The response with the cookies of a handshake, and kept from caches that would give it to somebody else.

    Example:
        ```python
        from flask import Response

        response = finish_response(Response("Hello"), application.decide(facts))
        ```
    """
    sent = response.headers.getlist("Set-Cookie")
    for directive in decision.set_cookies:
        if directive not in sent:
            response.headers.add("Set-Cookie", directive)
    if decision.set_cookies:
        response.cache_control.private, response.cache_control.no_store = True, True
    if decision.caller.is_authenticated:
        response.vary.update(("Authorization", "Cookie"))
    return response


def write_answer(answer: Answer) -> Response:
    """The answer as Flask's, each `Set-Cookie` as it is.

    Example:
        ```python
        from claimsmith.answers import answer_forbidden

        assert write_answer(answer_forbidden()).status_code == 403
        ```
    """
    return Response(answer.body, answer.status, list(answer.headers))
