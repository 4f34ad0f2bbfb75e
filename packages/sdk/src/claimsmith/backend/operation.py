"""One operation of the Backend API as a value: what it is called, where its arguments go, what it gives."""

import string
from collections.abc import Mapping
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote

import msgspec

from claimsmith.network.transport import Call

Result = TypeVar("Result")
Place = Literal["path", "query", "body", "header", "document"]
"""Where a keyword argument goes; `document` is the whole body."""


class Operation(msgspec.Struct, Generic[Result], frozen=True, kw_only=True):
    """An operation; its path's parameters are the positional arguments of the method.

    Example:
        ```python
        from claimsmith.backend.operations import users

        assert users.GET.call("user_1").path == "/v1/users/user_1"
        ```
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    """From `/v1` on, e.g. `/v1/users/{user_id}`."""
    returns: type[Result]
    takes: type | None = None
    """A TypedDict of `backend.parameters`: the keyword arguments."""
    iterates: type | None = None
    """A TypedDict for `iterate`: `takes` without those that say which page."""
    cursor: str | None = None
    """The query's name for the last row of the page before, where there is one."""
    places: Mapping[str, Place] = {}
    """Where keyword arguments go that go elsewhere than to the query (GET, DELETE) or the body (all others)."""
    preset: Mapping[str, str] = {}
    """What is in the query unless the caller says otherwise, and of the path what has a default."""
    told: str
    """The first line of the method's docstring."""
    more: str = ""
    """What else is to know of it."""
    codes: tuple[str, ...] = ()
    """Codes of the errors that callers may want to tell apart."""
    example: str = ""
    """The arguments of the docstring's example."""

    @property
    def names(self) -> tuple[str, ...]:
        """The path's parameters that are positional arguments, in their order."""
        fields = (name for _, name, _, _ in string.Formatter().parse(self.path) if name)
        return tuple(name for name in fields if self.places.get(name) != "path")

    def call(self, *values: str, **given: Any) -> Call[Result]:
        """The call that the arguments make.

        Args:
            *values: of the path's parameters.
            **given: of the keyword arguments; `None` in the query is left out, in a body it is sent.

        Raises:
            ValueError: a path's parameter is empty, or would lead elsewhere.

        Example: see `Operation`.
        """
        sent: dict[Place, dict[str, Any]] = {"path": {}, "query": {}, "body": {}, "header": {}, "document": {}}
        for name, value in {**self.preset, **given}.items():
            sent[self.place_of(name)][name] = value
        sent["path"] |= dict(zip(self.names, values, strict=True))
        document = next(iter(sent["document"].values()), sent["body"])
        return Call(
            method=self.method,
            path=self.path.format_map({name: quote_segment(name, value) for name, value in sent["path"].items()}),
            returns=self.returns,
            query=sent["query"],
            body=document if self.method in {"POST", "PUT", "PATCH"} else None,
            headers={name.replace("_", "-").title(): value for name, value in sent["header"].items() if value},
        )

    def place_of(self, name: str) -> Place:
        """Where a keyword argument goes.

        Example: `users.CREATE.place_of("first_name")` is `body`.
        """
        if name in self.preset:
            return self.places.get(name, "query")
        return self.places.get(name, "query" if self.method in {"GET", "DELETE"} else "body")


def quote_segment(name: str, value: str) -> str:
    """One segment of a path; an id that someone made up cannot lead to another route.

    Raises:
        ValueError: empty, or a dot segment, which clients and proxies take away (RFC 3986 section 5.2.4).

    Example:
        ```python
        assert quote_segment("user_id", "a/b?c") == "a%2Fb%3Fc"
        ```
    """
    if value in {"", ".", ".."}:
        raise ValueError(f"{name} is {value!r}, which names nothing")
    return quote(value, safe="")
