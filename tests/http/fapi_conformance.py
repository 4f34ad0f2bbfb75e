"""Whether an answer of the Frontend API is what the published description says (CASES "API conformance").

The description is beside the repository; where it is absent nothing is compared.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import msgspec
from openapi import Specification, load_specification

FAPI_FILE = Path(__file__).resolve().parents[3] / "shared/contract/openapi/fapi-2026-05-12.yml"

BEYOND: dict[str, tuple[str, ...]] = {
    "/v1/client/sign_ups": ("response.has_password", "client.sign_up.has_password"),
    "/v1/environment": (
        "object",
        "id",
        "auth_config.preferred_channels",
        "auth_config.session_minter",
        "user_settings.sign_in.second_factor.enabled",
        "user_settings.sign_up.allowlist_only",
        "user_settings.sign_up.mfa",
        "organization_settings.force_organization_selection",
        "organization_settings.organization_creation_defaults",
    ),
    "/v1/": ("client.sign_up.has_password", "response.sign_up.has_password"),
}
"""What SDKs read and the description, which allows no other members, does not have: by the start of a path."""


@cache
def fapi_specification() -> Specification | None:
    """The published description of the Frontend API; None where it is absent. Read once a run, about two seconds."""
    if not FAPI_FILE.exists():
        return None
    return load_specification(FAPI_FILE, "", amend=_amend)


def check_fapi(response: httpx.Response) -> None:
    """Compares an answer with its operation's schema; does nothing for what the description does not have.

    Raises:
        AssertionError: the body, its type or its status is not what the description says.
    """
    specification = fapi_specification()
    if specification is not None:
        specification.check_response(_without_extras(response))


_NULL = {"type": "object", "nullable": True, "maxProperties": 0}


def _amend(document: dict[str, Any]) -> None:
    """Lets `client` be null: in its file it may not, yet the service that it describes answers reads so (4.0)."""
    for name, schema in document["components"]["schemas"].items():
        if re.match(r"Client\.\w*Wrapped", name) and "client" in schema.get("properties", {}):
            told = schema["properties"]["client"]
            schema["properties"]["client"] = {"anyOf": [told, _NULL]}
    _amend_sign_ups(document)


def _amend_sign_ups(document: dict[str, Any]) -> None:
    """Lets a sign-up's verification be without a strategy until its code is sent, as the SDKs' pages need it (4.15)."""
    members = ("object", "status", "strategy", "attempts", "expire_at", "next_action", "supported_strategies")
    unprepared = {
        "type": "object",
        "properties": {
            "status": {"type": "string", "enum": ["unverified"]},
            "next_action": {"type": "string", "enum": ["needs_prepare"]},
            **dict.fromkeys(("strategy", "attempts", "expire_at"), _NULL),
        },
        "required": list(members),
    }
    verifications = document["components"]["schemas"]["Client.SignUp.Verifications"]["properties"]
    for name in ("email_address", "phone_number"):
        verifications[name] = {"anyOf": [verifications[name], unprepared]}


def _without_extras(response: httpx.Response) -> httpx.Response:
    if not response.is_success or "json" not in response.headers.get("content-type", ""):
        return response
    body = msgspec.json.decode(response.content)
    for start, paths in BEYOND.items():
        if response.request.url.path.startswith(start):
            for path in paths:
                _remove(body, path.split("."))
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    content = msgspec.json.encode(body)
    # Here the description has the page itself, which the other API's leaves out.
    request = httpx.Request(response.request.method, response.request.url.copy_remove_param("paginated"))
    return httpx.Response(response.status_code, headers=headers, content=content, request=request)


def _remove(body: Any, path: list[str]) -> None:
    for name in path[:-1]:
        body = body.get(name) if isinstance(body, dict) else None
    if isinstance(body, dict):
        body.pop(path[-1], None)
