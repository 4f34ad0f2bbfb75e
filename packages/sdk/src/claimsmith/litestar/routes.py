"""Litestar's routes as they are registered: what OpenAPI says of their guards, and their dependency `auth`."""

from copy import copy
from typing import Any, get_origin

from litestar.config.response_cache import default_cache_key_builder
from litestar.di import Provide
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import CacheKeyBuilder

from claimsmith.auth import Auth
from claimsmith.errors import ConfigurationError
from claimsmith.openapi import BEARER_SCHEME, COOKIE_SCHEME, Refusal, list_refusals
from claimsmith.wire import SESSION_COOKIE

_SCHEMES = Components(
    security_schemes={
        BEARER_SCHEME: SecurityScheme(type="http", scheme="bearer", bearer_format="JWT"),
        COOKIE_SCHEME: SecurityScheme(type="apiKey", security_scheme_in="cookie", name=SESSION_COOKIE),
    }
)


def document_schemes(document: OpenAPIConfig) -> OpenAPIConfig:
    """A copy of what OpenAPI says of the application, with the two ways to send a session token.

    Example:
        ```python
        assert len(document_schemes(OpenAPIConfig(title="Reports", version="1")).components) == 2
        ```
    """
    old, copied = document.components, copy(document)
    copied.components = [*(old if isinstance(old, list) else [old]), _SCHEMES]
    return copied


def document_route(handler: HTTPRouteHandler, rights: list[str]) -> None:
    """Adds to a handler's part of the OpenAPI document the ways to sign in, 401, and 403 where rights are asked for.

    Example:
        ```python
        from litestar import get


        @get("/reports")
        async def reports() -> list[str]:
            return []


        document_route(reports, ["role:org:admin"])
        assert sorted(reports.responses) == [401, 403]
        ```
    """
    ways = [{BEARER_SCHEME: rights}, {COOKIE_SCHEME: rights}]
    # A handler of several paths is registered once for each.
    handler.security = [*(one for one in handler.security or () if one not in ways), *ways]
    refusals = {
        status: ResponseSpec(Refusal, generate_examples=False, description=meaning)
        for status, meaning in list_refusals(rights).items()
    }
    handler.responses = {**refusals, **(handler.responses or {})}


def check_cache(handler: HTTPRouteHandler, cached_by: CacheKeyBuilder) -> None:
    """Nothing; a guarded handler is not cached by its address alone, which gives one caller's answer to all others.

    Args:
        handler: guarded by `require_auth`.
        cached_by: what makes the keys of the application's cache.

    Raises:
        ConfigurationError: it is.

    Example:
        ```python
        from litestar import get


        @get("/reports")
        async def reports() -> list[str]:
            return []


        check_cache(reports, default_cache_key_builder)
        ```
    """
    if handler.cache and (handler.cache_key_builder or cached_by) is default_cache_key_builder:
        raise ConfigurationError(
            f"{handler} is cached by its address, so that one caller's answer would be given to all others. Add "
            'cache_key_builder=lambda request: f"{get_auth(request).user_id} {request.url}", or leave cache out.'
        )


def give_auth(handler: BaseRouteHandler, *, is_required: bool) -> None:
    """Lets a handler, and the dependencies that it has, take `auth` as it is.

    Litestar converts what a handler takes, as if a client had sent it; here it is told not to, before its first look.

    Args:
        handler: just registered.
        is_required: whether a guard lets nobody in who is not signed in.

    Raises:
        ConfigurationError: it takes `auth: Auth`, but no guard sees to it that there is one.

    Example:
        ```python
        from litestar import Litestar, get
        from litestar.di import NamedDependency


        @get("/reports")
        async def reports(auth: NamedDependency[Any]) -> list[str]:
            return []


        app = Litestar([reports], dependencies={"auth": Provide(lambda: None, sync_to_thread=False)})
        (route,) = (route for route in app.routes if route.path == "/reports")
        give_auth(route.route_handlers[0], is_required=True)
        ```
    """
    takers: list[BaseRouteHandler | Provide] = [handler, *handler.resolve_dependencies().values()]
    for taker in takers:
        if "auth" in taker.signature_model.__annotations__:
            taker.signature_model.__annotations__["auth"] = Any
            annotation = taker.parsed_fn_signature.parameters["auth"].annotation
            if not is_required and (get_origin(annotation) or annotation) is Auth:
                raise ConfigurationError(
                    f"{handler} takes `auth: Auth`, but nobody has to be signed in. Add guards=[require_auth()], or "
                    "write `auth: Auth | SignedOut`."
                )
