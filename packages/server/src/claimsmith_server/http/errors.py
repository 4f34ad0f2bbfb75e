"""Every failure as the wire's error body: the one place that decides what a caller is told (case L-005)."""

from typing import Any

from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.routes import HTTPRoute

from claimsmith_server.core.errors import (
    CONFIG_VERSION_MISMATCH,
    IDENTIFIER_EXISTS,
    INTERNAL_ERROR,
    METHOD_NOT_ALLOWED,
    NAME_EXISTS,
    PARAM_TOO_LARGE,
    PARAM_VALUE_INVALID,
    REQUEST_BODY_INVALID,
    RESOURCE_NOT_FOUND,
    ROUTE_NOT_FOUND,
    SECRET_KEY_INVALID,
    SERVICE_UNAVAILABLE,
    ServiceError,
)
from claimsmith_server.http.answers import error_answer
from claimsmith_server.observability import TRACE_ID_BYTES, Logger, make_trace_id
from claimsmith_server.services.context import Service
from claimsmith_server.store import errors as store_errors

_USER_TABLES = {"users", "email_addresses", "phone_numbers"}
_NAMES_IN_PATHS = {"id", "session", "template"}
_RETRY = {"Retry-After": "1"}


def refuse_store(error: store_errors.StoreError) -> ServiceError:  # noqa: C901 - a table, one case a kind
    """What a caller is told of something that the store refused or could not do."""
    match error:
        case store_errors.UniqueViolation() if error.table in _USER_TABLES:
            return IDENTIFIER_EXISTS(param_name=error.field)
        case store_errors.UniqueViolation():
            return NAME_EXISTS(param_name=error.field, resource=error.table.rstrip("s").replace("_", " "))
        case store_errors.InvalidValue() if error.name in _NAMES_IN_PATHS:  # no id holds what can't be stored (I-008)
            return RESOURCE_NOT_FOUND(resource="resource", by=error.name, id="given")
        case store_errors.InvalidValue():
            return PARAM_VALUE_INVALID(param_name=error.name, expected=f"another value: {error.why}")
        case store_errors.TooLarge():
            return PARAM_TOO_LARGE(param_name=error.name, actual=f"{error.size:,} bytes", limit=f"{error.limit:,}")
        case store_errors.UnknownCursor():
            return PARAM_VALUE_INVALID(param_name="starting_after", expected="the id of the last one of a page")
        case store_errors.UnknownSecretKey():
            return SECRET_KEY_INVALID()
        case store_errors.ForeignKeyViolation():
            return RESOURCE_NOT_FOUND(resource="resource", by="this id", id="given", internal=str(error))
        case store_errors.VersionConflict():
            return CONFIG_VERSION_MISMATCH(expected=error.expected, current=error.actual)
        case store_errors.Busy() | store_errors.Unavailable():
            return SERVICE_UNAVAILABLE(internal=repr(error), headers=_RETRY)
        case _:
            return INTERNAL_ERROR(internal=repr(error))


def explain(error: Exception, log: Logger, trace_id: str, *, method: str, path: str) -> ServiceError:
    """The refusal that an exception becomes; its cause goes to the log, with the trace id."""
    refusal = error if isinstance(error, ServiceError) else None
    if isinstance(error, store_errors.StoreError):
        refusal = refuse_store(error)
    refusal = refusal or INTERNAL_ERROR()
    if refusal.status >= 500:  # noqa: PLR2004 - a failure of ours
        log.error(
            "request failed",
            trace_id=trace_id,
            method=method,
            path=path,
            code=refusal.items[0].code,
            internal=refusal.internal or None,
            exc_info=error,
        )
    return refusal


def answer_exception(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's handler for every exception."""
    return error_answer(*explain_exception(request, error))


def explain_exception(request: Request[Any, Any, Any], error: Exception) -> tuple[ServiceError, str]:
    """The refusal that an exception of the framework or of ours becomes, and the trace id that the log has it under."""
    service: Service = request.app.state.service
    method, path = request.method, request.scope["path"]
    trace_id = make_trace_id(service.clock.entropy(TRACE_ID_BYTES))
    if isinstance(error, NotFoundException):
        error = ROUTE_NOT_FOUND(method=method, path=path[:256])
    elif isinstance(error, MethodNotAllowedException):
        allowed = _list_methods(request.app, path)
        error = METHOD_NOT_ALLOWED(method=method, path=path[:256], allowed=allowed, headers={"Allow": allowed})
    elif isinstance(error, HTTPException) and error.status_code < 500:  # noqa: PLR2004 - the caller's mistake
        error = REQUEST_BODY_INVALID(problem=error.detail)
    return explain(error, service.log, trace_id, method=method, path=path), trace_id


def _list_methods(app: Litestar, path: str) -> str:
    """The methods that a path answers, as the Allow header lists them (RFC 9110, 10.2.1)."""
    parts = [part for part in path.split("/") if part]
    routes = [route for route in app.routes if isinstance(route, HTTPRoute) and _fits(route, parts)]
    # As the router does: a route that spells the path out comes before one that has a parameter there.
    route = max(routes, key=lambda one: sum(isinstance(part, str) for part in one.path_components))
    return ", ".join(sorted(route.methods))


def _fits(route: HTTPRoute, parts: list[str]) -> bool:
    components = route.path_components
    return len(components) == len(parts) and all(
        component == part for component, part in zip(components, parts, strict=True) if isinstance(component, str)
    )
