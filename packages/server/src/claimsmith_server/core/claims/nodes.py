"""JSON values that know where they stand in the template's text: what the scanner makes."""

import msgspec

from claimsmith_server.core.claims.diagnostics import Span


class ScalarNode(msgspec.Struct, frozen=True):
    """A number, a boolean or null."""

    span: Span
    value: int | float | bool | None


class TextNode(msgspec.Struct, frozen=True):
    """A string; `span` holds its quotes."""

    span: Span
    value: str
    offsets: tuple[int, ...] | None
    """Where in the text each character of `value` stands, then the closing quote; `None`: side by side, no escapes."""

    def offset(self, index: int) -> int:
        """Where in the text the character `index` of `value` stands."""
        return self.span[0] + 1 + index if self.offsets is None else self.offsets[index]


class ArrayNode(msgspec.Struct, frozen=True):
    """An array."""

    span: Span
    items: "tuple[Node, ...]"


class MemberNode(msgspec.Struct, frozen=True):
    """A member of an object."""

    key: TextNode
    value: "Node"

    @property
    def span(self) -> Span:
        """From the key's quote to the end of the value."""
        return self.key.span[0], self.value.span[1]


class ObjectNode(msgspec.Struct, frozen=True):
    """An object; no two members have one name, unless that was reported."""

    span: Span
    members: tuple[MemberNode, ...]


Node = ScalarNode | TextNode | ArrayNode | ObjectNode
