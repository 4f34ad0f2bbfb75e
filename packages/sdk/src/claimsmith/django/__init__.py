"""Django: `"claimsmith.django.ClaimsmithMiddleware"` in `MIDDLEWARE`, then `@require_auth()` on views of any kind.

Example:
    ```python
    from django.http import HttpRequest, HttpResponse

    from claimsmith import Auth
    from claimsmith.django import require_auth


    @require_auth(role="org:admin")
    def reports(request: HttpRequest, auth: Auth) -> HttpResponse:
        return HttpResponse(f"Hello {auth.user_id}")
    ```
"""

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from inspect import signature
from typing import Any, TypeVar, Unpack, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views import View
from msgspec.structs import replace

from claimsmith.answers import Answer
from claimsmith.auth import Auth, SignedOut
from claimsmith.current import auth
from claimsmith.decisions import Decision
from claimsmith.django.answers import finish_response, vary_by_caller, write_answer
from claimsmith.django.application import load_application
from claimsmith.django.requests import entered, find_decision, make_facts
from claimsmith.errors import ConfigurationError
from claimsmith.requirements import Demands, Requirement, parse_demands

__all__ = ["ClaimsmithMiddleware", "auth", "get_auth", "provide_auth", "require_auth"]

AnyView = TypeVar("AnyView", bound=Callable[..., Any])


class ClaimsmithMiddleware:
    """Asks on every request who is calling; under WSGI and ASGI alike, in the event loop where there is one.

    Put it after `SecurityMiddleware` and before whatever asks for the caller. Options are in `settings.CLAIMSMITH`, see
    `load_application`.

    Raises:
        ConfigurationError: when Django starts, for settings that cannot be right.

    Example:
        ```python
        MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "claimsmith.django.ClaimsmithMiddleware"]
        CLAIMSMITH = {"AUTHORIZED_PARTIES": ["https://app.example.com"]}
        ```
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self._get_response = get_response
        self._application = load_application()
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """The view's answer with the cookies of a handshake, or the redirect of one."""
        if self._is_async:
            return self._answer_async(request)
        decision = self._application.decide(make_facts(request))
        if decision.answer is not None:
            return write_answer(decision.answer)
        with entered(request, decision):
            response = self._get_response(request)
        return finish_response(response, decision)

    async def _answer_async(self, request: HttpRequest) -> HttpResponseBase:
        decision = await self._application.decide_async(make_facts(request))
        if decision.answer is not None:
            return write_answer(decision.answer)
        with entered(request, decision):
            response = await self._get_response(request)
        return finish_response(response, decision)


def get_auth(request: HttpRequest) -> Auth[Any] | SignedOut:
    """The caller of a request of Django or of Django REST framework.

    Raises:
        ConfigurationError: the request has not passed `ClaimsmithMiddleware`.

    Example:
        ```python
        def greet(request: HttpRequest) -> HttpResponse:
            return HttpResponse(f"Hello {get_auth(request).user_id or 'stranger'}")
        ```
    """
    return _know_decision(request).caller


def provide_auth(request: HttpRequest) -> dict[str, Auth[Any] | SignedOut]:
    """Context processor: `{{ auth.user_id }}` and `{% if auth.is_authenticated %}` in templates. Raises as `get_auth`.

    Example:
        ```python
        TEMPLATES = [{"OPTIONS": {"context_processors": ["claimsmith.django.provide_auth"]}}]
        ```
    """
    return {"auth": get_auth(request)}


def require_auth(**demands: Unpack[Demands]) -> Callable[[AnyView], AnyView]:
    """A decorator for views: functions, coroutine functions, classes, and methods by Django's `method_decorator`.

    Anyone else is answered 401, 403 or, for a page when there is a sign-in page, a redirect to it. A view with a
    parameter `auth` is given the caller, whose claims are of the type `claims=`; so does `get_auth` in the view.

    Raises:
        ValueError: `fresh` is not one of its forms.

    Example:
        ```python
        from django.views import View


        @require_auth(permission="org:reports:read")
        class Reports(View):
            async def get(self, request: HttpRequest) -> HttpResponse:
                return HttpResponse("only for those who may")
        ```
    """
    requirement = parse_demands(demands)

    def decorate(view: AnyView) -> AnyView:
        if isinstance(view, type):
            view_class = cast("Any", view)
            view_class.dispatch = _guard_dispatch(view_class.dispatch, requirement)
            return cast("AnyView", view)
        guard = _guard_async if iscoroutinefunction(view) or _is_async_dispatch(view) else _guard
        return cast("AnyView", guard(view, requirement))

    return decorate


def _know_decision(request: HttpRequest) -> Decision:
    decision = find_decision(request)
    if decision is None:
        raise ConfigurationError(
            'This request has not passed the middleware. Add "claimsmith.django.ClaimsmithMiddleware" to MIDDLEWARE.'
        )
    return decision


def _admit(request: HttpRequest, requirement: Requirement) -> Decision | HttpResponse:
    decision = _know_decision(request)
    admitted = load_application().check(decision, requirement)
    return write_answer(admitted) if isinstance(admitted, Answer) else replace(decision, caller=admitted)


def _is_async_dispatch(view: Callable[..., Any]) -> bool:
    """Whether it is what `method_decorator(..., name="dispatch")` hands out for a class of coroutine methods."""
    owner = getattr(getattr(view, "func", None), "__self__", None)
    return isinstance(owner, View) and owner.view_is_async


def _guard(view: Callable[..., Any], requirement: Requirement) -> Callable[..., Any]:
    wants_auth = "auth" in signature(view).parameters

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> Any:
        admitted = _admit(request, requirement)
        if isinstance(admitted, HttpResponse):
            return admitted
        if wants_auth:
            kwargs["auth"] = admitted.caller
        with entered(request, admitted):
            # Here already: `cache_page` around the view stores its response before the middleware sees it.
            return vary_by_caller(view(request, *args, **kwargs))

    return guarded


def _guard_async(view: Callable[..., Any], requirement: Requirement) -> Callable[..., Any]:
    wants_auth = "auth" in signature(view).parameters

    @wraps(view)
    async def guarded(request: HttpRequest, *args: object, **kwargs: object) -> Any:
        admitted = _admit(request, requirement)
        if isinstance(admitted, HttpResponse):
            return admitted
        if wants_auth:
            kwargs["auth"] = admitted.caller
        with entered(request, admitted):
            return vary_by_caller(await view(request, *args, **kwargs))  # As in _guard.

    return guarded


def _guard_dispatch(dispatch: Callable[..., Any], requirement: Requirement) -> Callable[..., Any]:
    @wraps(dispatch)
    def guarded(self: View, request: HttpRequest, *args: object, **kwargs: object) -> Any:
        guard = _guard_async if self.view_is_async else _guard
        return guard(partial(dispatch, self), requirement)(request, *args, **kwargs)

    return guarded
