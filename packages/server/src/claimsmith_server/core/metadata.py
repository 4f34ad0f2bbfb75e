"""Metadata of users and organizations: how a patch changes them."""

from typing import Any

from claimsmith_server.core.models import JsonObject


def merge_metadata(current: JsonObject, patch: JsonObject) -> JsonObject:
    """A new object: `patch` laid over `current`, objects merged at any depth, `null` removes its key (RFC 7396).

    Arrays and scalars are replaced whole. Neither argument is changed. Keys are only names: `__proto__`, `$where` and
    the empty key are stored as any other. Depth costs no stack.

    Example: `{"a": {"b": 1, "c": 2}}` and `{"a": {"b": null, "d": 3}}` give `{"a": {"c": 2, "d": 3}}`.
    """
    merged = dict(current)
    unfinished = [(merged, patch)]
    while unfinished:
        target, changes = unfinished.pop()
        for key, value in changes.items():
            if value is None:
                target.pop(key, None)
            elif isinstance(value, dict):
                inner = _copy_object(target.get(key))
                target[key] = inner
                unfinished.append((inner, value))
            else:
                target[key] = value
    return merged


def _copy_object(value: Any) -> JsonObject:
    return dict(value) if isinstance(value, dict) else {}
