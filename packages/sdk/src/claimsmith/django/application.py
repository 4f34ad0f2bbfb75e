"""The application that Django's `settings.CLAIMSMITH` describes."""

import functools
import os
from collections.abc import Collection, Mapping
from typing import Any, get_type_hints

import msgspec
from django.conf import settings
from django.core.signals import setting_changed

from claimsmith.application import Application, ApplicationOptions
from claimsmith.errors import ConfigurationError
from claimsmith.settings import PREFIXES, Settings, load_settings

_OPTIONS = get_type_hints(ApplicationOptions)
_OBJECTS = frozenset({"keys", "clock"})
"""Options that are objects of the program; nothing but their use says whether they are right."""


@functools.cache
def load_application() -> Application:
    """The application that `settings.CLAIMSMITH` and the environment describe, one in a process.

    Members of the dictionary are in capitals: the variables of the wire without `CLERK_`, such as `PUBLISHABLE_KEY`,
    and the options of `ApplicationOptions`, such as `HANDSHAKES`. A variable that the dictionary lacks is read from the
    environment. The middleware and Django REST framework share the object, and so its keys.

    Raises:
        ConfigurationError: an unknown member or a value that cannot be right; the sentence names it.

    Example:
        ```python
        from claimsmith.django.application import load_application

        application = load_application()
        decision = application.decide(facts)
        ```
    """
    configured = getattr(settings, "CLAIMSMITH", {})
    if not isinstance(configured, Mapping):
        raise ConfigurationError('settings.CLAIMSMITH is a dict, e.g. {"PUBLISHABLE_KEY": "pk_test_..."}.')
    names = sorted(name.upper() for name in {*Settings.__struct_fields__, *_OPTIONS})
    for name in configured:
        if name not in names:
            raise ConfigurationError(f"{_name(name)} is not known. Known are {', '.join(names)}.")
    options: dict[str, Any] = {"handshakes": True}
    options |= {name: _parse_option(name, configured) for name in _OPTIONS if name.upper() in configured}
    try:
        return Application(_load_instance(configured), **options)
    except ConfigurationError as error:
        sentence = str(error)
        for name in sorted(configured, key=len, reverse=True):
            sentence = sentence.replace(f"CLERK_{name}", _name(name))
        raise ConfigurationError(sentence) from error


def _load_instance(configured: Mapping[str, Any]) -> Settings:
    """The instance's settings; a member of the dictionary takes the place of both twins in the environment."""
    fields = [name.upper() for name in Settings.__struct_fields__ if name.upper() in configured]
    hidden = {prefix + name for name in fields for prefix in PREFIXES}
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    return load_settings(environment | {f"CLERK_{name}": _write_value(name, configured[name]) for name in fields})


def _write_value(name: str, value: object) -> str:
    """The value as the environment would spell it."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Collection) and all(isinstance(entry, str) for entry in value):
        return ",".join(value)
    raise ConfigurationError(f"{_name(name)} is a text or a list of texts, not a {type(value).__name__}.")


def _parse_option(name: str, configured: Mapping[str, Any]) -> Any:
    value = configured[name.upper()]
    if name in _OBJECTS:
        return value
    try:
        return msgspec.convert(value, _OPTIONS[name])
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{_name(name.upper())}: {error}.") from error


def _name(member: object) -> str:
    return f'settings.CLAIMSMITH["{member}"]'


def _forget(*, setting: str, **_signal: object) -> None:
    """Tests change settings; what was made of the old ones is made anew."""
    if setting == "CLAIMSMITH":
        load_application.cache_clear()


setting_changed.connect(_forget, dispatch_uid="claimsmith")
