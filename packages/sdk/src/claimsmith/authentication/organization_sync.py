"""The organization that an address belongs to: opening it makes that organization the active one (contract 2.4b)."""

import functools
import re
from urllib.parse import urlsplit

import msgspec

from claimsmith.auth import Auth
from claimsmith.authentication.facts import Options

_PART = re.compile(r":([A-Za-z_]\w*)|\(\.\*\)|([^:()*?+{}\\]+)")


class Target(msgspec.Struct, frozen=True):
    """What has to be active at an address.

    Example:
        ```python
        assert Target(slug="acme").wanted == "acme"
        ```
    """

    id: str | None = None
    slug: str | None = None
    """Neither: the personal account."""

    @property
    def wanted(self) -> str:
        """As the Frontend API is told: id or slug, empty for the personal account."""
        return self.id or self.slug or ""

    def is_active(self, caller: Auth[object]) -> bool:
        """Whether it is what the caller's token has."""
        if self.id:
            return caller.org_id == self.id
        return caller.org_slug == self.slug if self.slug else caller.org_id is None


def find_target(url: str, options: Options) -> Target | None:
    """What has to be active at an address, `None` when anything may be.

    Example:
        ```python
        options = Options(organization_patterns=("/orgs/:slug", "/orgs/:slug/(.*)"))
        assert find_target("https://a.example/orgs/acme/settings", options) == Target(slug="acme")
        assert find_target("https://a.example/", options) is None
        ```
    """
    if not options.organization_patterns and not options.personal_account_patterns:
        return None
    path = urlsplit(url).path or "/"
    for pattern in options.organization_patterns:
        found = compile_pattern(pattern).fullmatch(path)
        named = found.groupdict() if found else {}
        if named.get("id") or named.get("slug"):
            return Target(id=named["id"]) if named.get("id") else Target(slug=named["slug"])
    if any(compile_pattern(pattern).fullmatch(path) for pattern in options.personal_account_patterns):
        return Target()
    return None


@functools.lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> re.Pattern[str]:
    """A path's pattern: `:name` is one segment, `(.*)` anything; a slash at the end and letters' case don't count.

    Raises:
        ValueError: something else of a pattern language.

    Example:
        ```python
        assert compile_pattern("/orgs/:slug").fullmatch("/Orgs/acme/")["slug"] == "acme"
        ```
    """
    written, end, names = "", 0, set[str]()
    for part in _PART.finditer(pattern):
        if part.start() != end:
            break
        name, literal = part.groups()
        if name in names:
            break
        names |= {name} if name else set()
        written += f"(?P<{name}>[^/#?]+?)" if name else re.escape(literal) if literal else ".*"
        end = part.end()
    if end != len(pattern) or not pattern.startswith("/"):
        raise ValueError(f"a path's pattern is of /, :name and (.*), not {pattern!r}")
    return re.compile(f"{written}/?", re.IGNORECASE)
