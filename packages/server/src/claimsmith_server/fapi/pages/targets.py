"""Where a hosted page leads to once it is done: an allowed address, or one of the instance's own settings."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from claimsmith_server.core.models import Instance
from claimsmith_server.core.origins import parse_redirect_url

Way = Literal["sign_in", "sign_up"]


class Targets(msgspec.Struct, frozen=True, kw_only=True):
    """The addresses that pages of one visit lead to, each checked."""

    asked: str | None
    """What the application asked for."""
    is_refused: bool
    """Whether it asked for an address that is not its own (case S-008)."""
    after: dict[Way, str]
    signed_out: str | None
    """`None`: the sign-in page."""
    profile: str


def find_targets(instance: Instance, base_url: str, query: Mapping[str, str]) -> Targets:
    """The addresses of a visit whose page was opened with this query.

    SDKs of servers send `redirect_url`; clerk-js the pair of `sign_in_force_redirect_url` and
    `sign_in_fallback_redirect_url`, and the same for sign-up.
    """
    display, profile = instance.settings.display, f"{base_url}/user"
    names = [
        *(f"{way}_force_redirect_url" for way in ("sign_in", "sign_up")),
        "redirect_url",
        *(f"{way}_fallback_redirect_url" for way in ("sign_in", "sign_up")),
    ]
    given = [query[name] for name in names if query.get(name)]
    allowed = [url for url in (allow_url(instance, base_url, text) for text in given) if url]
    asked = allowed[0] if allowed else None
    home = display.home_url or profile
    return Targets(
        asked=asked,
        is_refused=bool(given) and asked is None,
        after={
            "sign_in": asked or display.after_sign_in_url or home,
            "sign_up": asked or display.after_sign_up_url or home,
        },
        signed_out=asked or display.after_sign_out_url or None,
        profile=profile,
    )


def allow_url(instance: Instance, base_url: str, text: str) -> str | None:
    """The address, when it is one of the instance's applications'."""
    return parse_redirect_url(
        text,
        environment=instance.environment,
        frontend_api=instance.frontend_api,
        allowed_origins=instance.settings.allowed_origins,
        base_url=base_url,
    )
