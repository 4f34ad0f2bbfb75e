"""Django REST framework: `SessionTokenAuthentication` knows callers, `require_auth(...)` makes permission classes.

Example:
    ```python
    from rest_framework.request import Request
    from rest_framework.response import Response
    from rest_framework.views import APIView

    from claimsmith.django.rest import SessionTokenAuthentication, require_auth


    class Reports(APIView):
        authentication_classes = [SessionTokenAuthentication]
        permission_classes = [require_auth(permission="org:reports:read")]

        def get(self, request: Request) -> Response:
            return Response({"user": request.auth.user_id})
    ```
"""

from typing import TYPE_CHECKING, Any, Literal, Unpack, cast

import msgspec
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import APIException
from rest_framework.permissions import AND, BasePermission
from rest_framework.request import Request

from claimsmith.answers import Answer, answer_signed_out
from claimsmith.auth import Auth, SignedOut
from claimsmith.decisions import Decision
from claimsmith.django.application import load_application
from claimsmith.django.requests import find_decision, make_facts
from claimsmith.errors import ConfigurationError
from claimsmith.requirements import Demands, Requirement, parse_demands

if TYPE_CHECKING:
    # The framework imports this module while it imports its views, when the settings name an authentication class.
    from rest_framework.views import APIView

__all__ = ["SessionTokenAuthentication", "SessionTokenUser", "require_auth"]


class SessionTokenUser(msgspec.Struct, frozen=True):
    """`request.user` of a signed-in caller: what Django REST framework asks of a user, and `auth`; no row of a table.

    Example:
        ```python
        from claimsmith import make_auth, verify_token

        user = SessionTokenUser(make_auth(verify_token(token, keys), token))
        assert user.is_authenticated and user.id == user.auth.user_id
        ```
    """

    auth: Auth[Any]
    is_staff: Literal[False] = False
    """A token knows nothing of Django's own staff."""
    is_active: Literal[True] = True
    is_anonymous: Literal[False] = False
    is_authenticated: Literal[True] = True

    @property
    def id(self) -> str:
        """The user's id, e.g. `user_2abc`."""
        return self.auth.user_id

    @property
    def pk(self) -> str:
        """As `id`; throttles count by it."""
        return self.auth.user_id

    def __str__(self) -> str:
        """The user's id."""
        return self.auth.user_id


class SessionTokenAuthentication(BaseAuthentication):
    """Knows the caller by `Authorization: Bearer` or the session cookie, with `ClaimsmithMiddleware` or without it.

    `request.user` is a `SessionTokenUser`, `request.auth` the `Auth`. Anyone else is anonymous, so that other
    authentication classes have their turn. Whoever is known by a cookie has to give Django's CSRF token with unsafe
    methods, as with the framework's own `SessionAuthentication`; a token in the header needs none.

    Example:
        ```python
        REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": ["claimsmith.django.rest.SessionTokenAuthentication"]}
        ```
    """

    def authenticate(self, request: Request) -> tuple[SessionTokenUser, Auth[Any]] | None:
        """The user and the `Auth`, `None` for anyone else; PermissionDenied when the CSRF token is missing."""
        caller = _load_decision(request).caller
        if isinstance(caller, SignedOut):
            return None
        if not any(caller.token in value for value in make_facts(request).values("authorization")):
            SessionAuthentication().enforce_csrf(request)
        headers = _response_headers(request)
        headers["Vary"] = ", ".join(filter(None, (headers.get("Vary"), "Authorization", "Cookie")))
        return SessionTokenUser(caller), caller

    def authenticate_header(self, request: Request) -> str:
        """`Bearer`. The framework asks for it when it answers 401, so the headers that say why are added here."""
        decision = _load_decision(request)
        if isinstance(decision.caller, SignedOut):
            _add_reason(request, answer_signed_out(decision.caller, decision.facts, None))
        return "Bearer"


def require_auth(**demands: Unpack[Demands]) -> type[BasePermission]:
    """A permission class; it may be joined to others by `&`, `|` and `~`.

    `~require_auth(role=...)` grants whoever lacks the role, and those too who are signed out; somebody without it is
    `require_auth() & ~require_auth(role=...)`.

    Anyone who is not signed in is answered 401, who lacks a right 403, in the framework's error shape and with the
    wire's headers. With `claims`, `request.auth.session_claims` is of that type.

    Raises:
        ValueError: `fresh` is not one of its forms.

    Example:
        ```python
        from rest_framework.permissions import SAFE_METHODS, BasePermission


        class IsReading(BasePermission):
            def has_permission(self, request, view):
                return request.method in SAFE_METHODS


        permission_classes = [IsReading | require_auth(role="org:editor")]
        ```
    """
    parsed = parse_demands(demands)

    class RequireAuth(BasePermission):
        """Grants what `require_auth` was told to ask for."""

        requirement = parsed

        def has_permission(self, request: Request, view: "APIView") -> bool:
            """Whether the caller has it; raises ConfigurationError when the view cannot know its callers."""
            _check_authenticators(request)
            decision = _load_decision(request)
            if not isinstance(request.auth, Auth) and not isinstance(decision.caller, SignedOut):
                return False  # Known by another authentication class; the session token was not looked at.
            admitted = load_application().check(decision, parsed)
            if isinstance(admitted, Answer):
                self.message = _refuse(request, admitted, is_last_word=_is_last_word(view, parsed))
                return False
            request.user, request.auth = cast("Any", SessionTokenUser(admitted)), admitted
            return True

        def has_object_permission(self, request: Request, view: "APIView", obj: object) -> bool:  # noqa: ARG002 - as above
            """As `has_permission`: `~` turns the answer about an object, too, which else is always yes."""
            return self.has_permission(request, view)

    return RequireAuth


class _RefusedError(APIException):
    """A refusal whose body front ends know, e.g. to ask for a proof of identity and try again."""

    status_code = 403

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__()
        self.detail = body


def _load_decision(request: Request) -> Decision:
    """The middleware's decision, else one of our own that stays with the request."""
    decision = find_decision(request)
    if decision is None:
        decision = load_application().decide(make_facts(request))
        cast("Any", request).claimsmith = decision
    return decision


def _check_authenticators(request: Request) -> None:
    if not any(isinstance(one, SessionTokenAuthentication) for one in request.authenticators or ()):
        raise ConfigurationError(
            "require_auth needs claimsmith.django.rest.SessionTokenAuthentication among the view's "
            "authentication_classes, or in DEFAULT_AUTHENTICATION_CLASSES of settings.REST_FRAMEWORK."
        )


def _is_last_word(view: "APIView", requirement: Requirement) -> bool:
    """Whether nobody gets in without it: under `|` another permission may grant, and under `~` its refusal does."""

    def is_needed(permission: Any) -> bool:
        if type(permission) is AND:
            return any(is_needed(one) for one in vars(permission).values())
        return bool(getattr(permission, "requirement", None) == requirement)

    return any(is_needed(permission) for permission in view.get_permissions())


def _refuse(request: Request, answer: Answer, *, is_last_word: bool) -> str:
    """What the framework tells the caller, after the headers are added."""
    _add_reason(request, answer)
    body = msgspec.json.decode(answer.body) if answer.body else {}
    message = body["errors"][0]["message"] if body else ""
    if "clerk_error" in body and is_last_word:
        raise _RefusedError({"detail": message, **body})
    return str(message)


def _add_reason(request: Request, answer: Answer) -> None:
    told = {name: value for name, value in answer.headers if name.startswith("x-clerk-auth-")}
    _response_headers(request).update(told)


def _response_headers(request: Request) -> dict[str, str]:
    """What the view adds to its response, whatever that will be; nobody's when no view asks."""
    view = cast("Any", request).parser_context.get("view")
    return cast("dict[str, str]", getattr(view, "headers", {}))
