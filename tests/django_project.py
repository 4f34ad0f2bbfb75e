"""A Django project for tests, once a process: no database, no templates; each test names its own URLs and settings."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import django
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from django.urls import path
from sdk_signing import NOW, PUBLISHABLE_KEY, own_keys

MIDDLEWARE = ("claimsmith.django.ClaimsmithMiddleware",)
CLAIMSMITH: dict[str, Any] = {
    "PUBLISHABLE_KEY": PUBLISHABLE_KEY,
    "KEYS": own_keys(),
    "CLOCK": lambda: NOW,
    "HANDSHAKES": False,
}

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["localhost", "127.0.0.1", "testserver"],
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"],
        SECRET_KEY="for tests",
        USE_TZ=True,
    )
    django.setup()

Views = dict[str, Callable[..., Any]]


@contextmanager
def project(views: Views, claimsmith: dict[str, Any] | None = None, **more: Any) -> Iterator[None]:
    """A block in which the project has these views by path, behind the middleware unless `MIDDLEWARE` is given."""
    urls = ModuleType("urls")
    urls.urlpatterns = [path(place, view) for place, view in views.items()]  # type: ignore[attr-defined]
    chosen = {"MIDDLEWARE": MIDDLEWARE, "CLAIMSMITH": CLAIMSMITH | (claimsmith or {}), "ROOT_URLCONF": urls, **more}
    with override_settings(**chosen):
        yield


def wsgi() -> WSGIHandler:
    """The project as a WSGI application; its middleware is made now."""
    return WSGIHandler()


def asgi() -> ASGIHandler:
    """The project as an ASGI application; its middleware is made now."""
    return ASGIHandler()
