"""The claims of a token as a dictionary that explains what it lacks."""

from collections.abc import Collection, Mapping
from typing import Any

from claimsmith.wire import DEFAULT_CLAIMS

OMITTED_CLAIM = "_omitted"
"""Names the custom claims that the instance left out for size; `["*"]` when even their names would not fit."""
EVERY_CLAIM = "*"
_MOST_NAMES = 30
_LONGEST_NAME = 80


class MissingClaimError(KeyError):
    """A claim that the token does not have; the sentence says which it has, custom ones first.

    Attributes:
        name: of the claim that was asked for.
        names: of the claims that are there.

    Example:
        ```python
        try:
            ClaimsMapping({"sub": "user_1", "fullName": "Ada"})["fulName"]
        except MissingClaimError as error:
            assert "Did you mean `fullName`?" in str(error)
        ```
    """

    def __init__(self, name: str, names: Collection[str] = ()) -> None:
        self.name = name
        self.names: tuple[str, ...] = tuple(names)
        super().__init__(name, self.names)

    def __str__(self) -> str:
        """The sentence; it holds names, never values."""
        return f"This token has no claim {quote_name(self.name)}. {describe_names(self.names, self.name)}"


class OmittedClaimError(LookupError):
    """A claim that the instance left out of this token for its size; the sentence says how to read it.

    It is no `KeyError` on purpose: code that takes a missing claim for absent must not take this one for absent.

    Attributes:
        name: of the claim that was asked for.

    Example:
        ```python
        try:
            ClaimsMapping({"sub": "user_1", "_omitted": ["bio"]}).get("bio")
        except OmittedClaimError as error:
            assert 'await auth.claim("bio")' in str(error)
        ```
    """

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)

    def __str__(self) -> str:
        """The sentence."""
        asked = quote_name(self.name)[1:-1]
        return (
            f"The claim `{asked}` was left out of this token for its size. Read it with "
            f'`await auth.claim("{asked}")`, or with `auth.claim_sync("{asked}")` outside of an event loop.'
        )


class ClaimsMapping(dict[str, Any]):
    """The claims of one token by name: a dictionary whose misses explain themselves.

    `claims["x"]` raises `MissingClaimError`, a `KeyError`, for a claim that is not there. For one that was left out for
    size, `claims["x"]` and `claims.get("x")` raise `OmittedClaimError`, since its value exists. `"x" in claims` tells
    of the token alone.

    Example:
        ```python
        claims = ClaimsMapping({"sub": "user_1", "fullName": "Ada"})
        assert claims["fullName"] == "Ada"
        assert claims.get("plan", "free") == "free"
        ```
    """

    __slots__ = ()

    def __missing__(self, name: str) -> Any:
        """Raises `OmittedClaimError` or `MissingClaimError`."""
        raise OmittedClaimError(name) if is_omitted(self, name) else MissingClaimError(name, self)

    def get(self, name: str, default: Any = None, /) -> Any:
        """The claim, or `default` when the token has none of that name.

        Raises:
            OmittedClaimError: the claim was left out for size.
        """
        if name in self:
            return self[name]
        if OMITTED_CLAIM in self and is_omitted(self, name):
            raise OmittedClaimError(name)
        return default


def list_omitted(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """What the instance left out of a token for its size, e.g. `("bio",)`; `("*",)`: every custom claim.

    Example:
        ```python
        assert list_omitted({"sub": "user_1", "_omitted": ["bio"]}) == ("bio",)
        assert list_omitted({"sub": "user_1"}) == ()
        ```
    """
    named = claims.get(OMITTED_CLAIM)
    return tuple(name for name in named if isinstance(name, str)) if isinstance(named, list) else ()


def is_omitted(claims: Mapping[str, Any], name: str) -> bool:
    """Whether a claim that is not in the token was, or may have been, left out for size. Default claims never are.

    Example:
        ```python
        assert is_omitted({"_omitted": ["bio"]}, "bio")
        assert is_omitted({"_omitted": ["*"]}, "anything")
        assert not is_omitted({"_omitted": ["*"]}, "act")
        ```
    """
    if name in claims or name in DEFAULT_CLAIMS:
        return False
    names = list_omitted(claims)
    return name in names or EVERY_CLAIM in names


def describe_names(names: Collection[str], wanted: str) -> str:
    """Sentences for people: a likely spelling of `wanted`, if there is one, and which claims there are.

    Example:
        ```python
        assert describe_names(["sub", "plan"], "plam") == "Did you mean `plan`? It has `plan`, and by default `sub`."
        ```
    """
    import difflib  # noqa: PLC0415 - only those who err pay for it

    near = difflib.get_close_matches(wanted[:_LONGEST_NAME], [name[:_LONGEST_NAME] for name in names], 1)
    hint = f"Did you mean {quote_name(near[0])}? " if near else ""
    custom = _list([name for name in names if name not in DEFAULT_CLAIMS])
    default = _list([name for name in names if name in DEFAULT_CLAIMS])
    return f"{hint}It has {custom or 'no custom claims'}, and by default {default or 'none'}."


def quote_name(name: object) -> str:
    """A claim's name in backticks, cut when it is long.

    Example: `quote_name("plan")` is a backtick, `plan` and a backtick.
    """
    text = str(name)
    return f"`{text}`" if len(text) <= _LONGEST_NAME else f"`{text[:_LONGEST_NAME]}…`"


def _list(names: list[str]) -> str:
    told = ", ".join(quote_name(name) for name in names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return told if more <= 0 else f"{told} and {more} more"
