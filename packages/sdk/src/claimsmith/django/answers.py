"""Answers as Django's responses, and what is added to the responses of views: cookies and `Vary`."""

from http.cookies import Morsel
from typing import TypeVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control, patch_vary_headers

from claimsmith.answers import Answer
from claimsmith.decisions import Decision

Answered = TypeVar("Answered")


def write_answer(answer: Answer) -> HttpResponse:
    """The answer as Django's, each `Set-Cookie` as it is.

    Example:
        ```python
        from claimsmith.answers import answer_forbidden

        assert write_answer(answer_forbidden()).status_code == 403
        ```
    """
    response = HttpResponse(answer.body, status=answer.status)
    for name, value in answer.headers:
        if name == "set-cookie":
            _set_cookie(response, value)
        else:
            response.headers[name] = value
    return response


class _Directive(Morsel[str]):
    """A cookie that is sent as the Frontend API wrote it; Django would quote its value and reorder its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        name, _, value = text.partition(";")[0].partition("=")
        self.set(name.strip(), value, value)
        self.text = text

    def OutputString(self, attrs: object = None) -> str:  # noqa: ARG002, N802 - as Morsel has it
        return self.text


def _set_cookie(response: HttpResponseBase, text: str) -> None:
    directive = _Directive(text)
    names = [name for name, cookie in response.cookies.items() if cookie.OutputString() == text]
    # One name may be there twice, for two domains; Django's own key for a cookie is its name.
    key = text if directive.key in response.cookies else directive.key
    if not names:
        dict.__setitem__(response.cookies, key, directive)


def finish_response(response: HttpResponseBase, decision: Decision) -> HttpResponseBase:
    """The response with the cookies of a handshake, and kept from caches that would give it to somebody else.

    Example:
        ```python
        from django.http import HttpResponse

        response = finish_response(HttpResponse("Hello"), application.decide(facts))
        ```
    """
    for text in decision.set_cookies:
        _set_cookie(response, text)
    if decision.set_cookies:
        patch_cache_control(response, private=True, no_store=True)
    return vary_by_caller(response) if decision.caller.is_authenticated else response


def vary_by_caller(response: Answered) -> Answered:
    """The response, which no cache gives to another caller; whatever else a view returned stays as it is.

    Example:
        ```python
        from django.http import HttpResponse

        assert vary_by_caller(HttpResponse("Hello")).headers["Vary"] == "Authorization, Cookie"
        ```
    """
    if isinstance(response, HttpResponseBase):
        patch_vary_headers(response, ("Authorization", "Cookie"))
    return response
