"""Flask: `Claimsmith(app)` once, then `auth()` in views and `@require_auth()` on them.

Example:
    ```python
    from flask import Flask

    from claimsmith import Auth, Settings
    from claimsmith.flask import Claimsmith, require_auth

    app = Flask("reports")
    Claimsmith(app, Settings(jwt_key=pem))  # without settings: from the environment


    @app.get("/reports")
    @require_auth(role="org:admin")
    def reports(auth: Auth) -> str:
        return f"Hello {auth.user_id}"
    ```
"""

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction, signature
from typing import Any, TypeVar, Unpack, cast

from flask import Flask, Request, Response, current_app, has_request_context, request
from msgspec.structs import replace

from claimsmith import current
from claimsmith.answers import Answer
from claimsmith.application import Application, ApplicationOptions
from claimsmith.auth import Auth, SignedOut
from claimsmith.decisions import Decision
from claimsmith.errors import ConfigurationError
from claimsmith.flask.requests import enter, find_decision, finish_response, leave, make_facts, replaced, write_answer
from claimsmith.requirements import Demands, Requirement, parse_demands
from claimsmith.settings import Settings

__all__ = ["Claimsmith", "auth", "get_auth", "require_auth"]

AnyView = TypeVar("AnyView", bound=Callable[..., Any])


class Claimsmith:
    """Asks on every request of a Flask application who is calling, before its views and blueprints.

    Args:
        app: the application, or `None` to give it later to `init_app`.
        settings: of the instance; read from the environment when `None`, as `init_app` is called.
        **options: see `ApplicationOptions`; `handshakes` is `True` unless it is given.

    Raises:
        ConfigurationError: no key to verify tokens with, or a value that cannot be right.

    Example:
        ```python
        from flask import Flask

        from claimsmith import Settings

        claimsmith = Claimsmith(settings=Settings(jwt_key=pem))


        def create_app() -> Flask:
            app = Flask("reports")
            claimsmith.init_app(app)
            return app
        ```
    """

    def __init__(
        self, app: Flask | None = None, settings: Settings | None = None, **options: Unpack[ApplicationOptions]
    ) -> None:
        options.setdefault("handshakes", True)
        self._settings, self._options = settings, options
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Makes the application know its callers. Several applications may be given; each has keys of its own.

        Raises:
            ConfigurationError: the application knows its callers already, or as the class says.
        """
        if "claimsmith" in app.extensions:
            raise ConfigurationError("This application has Claimsmith already. Call Claimsmith(app) or init_app once.")
        app.extensions["claimsmith"] = Application(self._settings, **self._options)
        app.before_request(_enter)
        app.after_request(_finish)
        app.teardown_request(_leave)


def auth() -> Auth[Any] | SignedOut:
    """The caller of the request that is being answered. Raises as `get_auth`.

    Example:
        ```python
        def greeting() -> str:
            caller = auth()
            return f"Hello {caller.user_id}" if caller.is_authenticated else "Hello stranger"
        ```
    """
    return get_auth() if has_request_context() else current.auth()


def get_auth(request: Request = request) -> Auth[Any] | SignedOut:
    """The caller of a request, of the current one by default.

    Raises:
        ConfigurationError: no request is being answered here, or its application lacks `Claimsmith(app)`.

    Example:
        ```python
        from flask import request


        def greeting() -> str:
            return f"Hello {get_auth(request).user_id or 'stranger'}"
        ```
    """
    return _know_decision(request).caller


def require_auth(**demands: Unpack[Demands]) -> Callable[[AnyView], AnyView]:
    """A decorator for views: functions, coroutine functions, and classes derived from `flask.views.View`.

    Anyone else is answered 401, 403 or, for a page when there is a sign-in page, a redirect to it. A view with a
    parameter `auth` is given the caller, whose claims are of the type `claims=`; so does `auth()` in the view.
    `blueprint.before_request(require_auth()(lambda: None))` guards a whole blueprint.

    Raises:
        ValueError: `fresh` is not one of its forms.

    Example:
        ```python
        @require_auth(permission="org:reports:read")
        async def reports() -> str:
            return f"Reports of {auth().user_id}"
        ```
    """
    requirement = parse_demands(demands)

    def decorate(view: AnyView) -> AnyView:
        if isinstance(view, type):
            view_class = cast("Any", view)
            view_class.decorators = [*view_class.decorators, decorate]
            return cast("AnyView", view)
        guard = _guard_async if iscoroutinefunction(view) else _guard
        return cast("AnyView", guard(view, requirement))

    return decorate


def _know_decision(asked: Request) -> Decision:
    decision = find_decision(asked) if asked else None
    if decision is None:
        raise ConfigurationError(
            "There is no request here whose caller is known. Call claimsmith.flask.Claimsmith(app) once, and ask while "
            "a request is answered."
        )
    return decision


def _application() -> Application:
    return cast("Application", current_app.extensions["claimsmith"])


def _enter() -> Response | None:
    decision = _application().decide(make_facts(request))
    enter(request, decision)
    return None if decision.answer is None else write_answer(decision.answer)


def _finish(response: Response) -> Response:
    decision = find_decision(request)
    return response if decision is None else finish_response(response, decision)


def _leave(_error: BaseException | None) -> None:
    leave(request)


def _admit(requirement: Requirement) -> Decision | Response:
    decision = _know_decision(request)
    admitted = _application().check(decision, requirement)
    return write_answer(admitted) if isinstance(admitted, Answer) else replace(decision, caller=admitted)


def _guard(view: Callable[..., Any], requirement: Requirement) -> Callable[..., Any]:
    wants_auth = "auth" in signature(view).parameters

    @wraps(view)
    def guarded(*args: object, **kwargs: object) -> Any:
        admitted = _admit(requirement)
        if isinstance(admitted, Response):
            return admitted
        if wants_auth:
            kwargs["auth"] = admitted.caller
        with replaced(request, admitted):
            return view(*args, **kwargs)

    return guarded


def _guard_async(view: Callable[..., Any], requirement: Requirement) -> Callable[..., Any]:
    wants_auth = "auth" in signature(view).parameters

    @wraps(view)
    async def guarded(*args: object, **kwargs: object) -> Any:
        admitted = _admit(requirement)
        if isinstance(admitted, Response):
            return admitted
        if wants_auth:
            kwargs["auth"] = admitted.caller
        with replaced(request, admitted):
            return await view(*args, **kwargs)

    return guarded
