"""What OpenAPI documents say of routes under `require_auth`, for the frameworks that write one."""

from typing import Any, Final

import msgspec

from claimsmith.errors import ApiErrorItem
from claimsmith.requirements import Requirement

BEARER_SCHEME: Final = "SessionToken"
"""The name of the scheme `Authorization: Bearer`."""
COOKIE_SCHEME: Final = "SessionCookie"
"""The name of the scheme of the cookie `__session`."""
_UNAUTHENTICATED = "Nobody is signed in; the header `x-clerk-auth-reason` says why."
_FORBIDDEN = "Whoever is signed in lacks a right, has to prove again who they are, or has claims of another shape."


class Refusal(msgspec.Struct, frozen=True):
    """The body of a refusal (contract 5.3).

    Example:
        ```python
        assert Refusal((ApiErrorItem("forbidden"),)).errors[0].code == "forbidden"
        ```
    """

    errors: tuple[ApiErrorItem, ...]


def list_rights(requirement: Requirement) -> list[str]:
    """What a route asks for beyond a sign-in, as the role names of a security requirement (OpenAPI 3.1, 4.8.30).

    Example:
        ```python
        from claimsmith.requirements import parse_demands

        assert list_rights(parse_demands({"role": "org:admin", "fresh": "strict"})) == [
            "role:org:admin",
            "fresh:second_factor:10",
        ]
        ```
    """
    rights = [f"{name}:{value}" for name, value in requirement.rights.items()]
    if requirement.fresh is not None:
        rights.append(f"fresh:{requirement.fresh.level}:{requirement.fresh.after_minutes}")
    if requirement.claims is not None:
        rights.append(f"claims:{requirement.claims.__name__}")
    return rights


def list_refusals(rights: list[str]) -> dict[int, str]:
    """What a route's refusals mean, by status: 403 only where rights are asked for.

    Example:
        ```python
        assert list(list_refusals([])) == [401]
        ```
    """
    return {401: _UNAUTHENTICATED, 403: _FORBIDDEN} if rights else {401: _UNAUTHENTICATED}


def document_refusals(document: dict[str, Any]) -> None:
    """Adds 401, and 403 where rights are asked for, to each operation of a document that names a scheme of ours.

    Example:
        ```python
        operation = {"security": [{BEARER_SCHEME: ["role:org:admin"]}], "responses": {}}
        document_refusals({"paths": {"/admin": {"get": operation}}})
        assert sorted(operation["responses"]) == ["401", "403"]
        ```
    """
    for path in document.get("paths", {}).values():
        for operation in path.values():
            rights = _find_rights(operation)
            for status, meaning in () if rights is None else list_refusals(rights).items():
                operation.setdefault("responses", {}).setdefault(str(status), _write_response(meaning))


def _find_rights(operation: Any) -> list[str] | None:
    """The rights that an operation asks for, `None` when it has nothing to do with us."""
    if not isinstance(operation, dict):
        return None
    return next((one[BEARER_SCHEME] for one in operation.get("security", ()) if BEARER_SCHEME in one), None)


def _write_response(meaning: str) -> dict[str, Any]:
    item = msgspec.json.schema(ApiErrorItem)["$defs"]["ApiErrorItem"]
    errors = {"type": "array", "items": item}
    schema = {"title": "Refusal", "type": "object", "properties": {"errors": errors}, "required": ["errors"]}
    return {"description": meaning, "content": {"application/json": {"schema": schema}}}
