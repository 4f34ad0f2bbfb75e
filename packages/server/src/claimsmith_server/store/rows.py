"""Rows to structs and back: one `Shape` for a struct and its table."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import Boolean, Column, Table

from claimsmith_server.store.errors import CorruptRow, InvalidValue
from claimsmith_server.store.statements import Row

S = TypeVar("S", bound=msgspec.Struct)

_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Shape(Generic[S]):
    """How a table's rows become structs of one type: fields and columns of the same name.

    `columns` is what a select must name, in this order. Columns marked `json` hold JSON text, of the type that the
    struct's field has.
    """

    def __init__(self, struct: type[S], table: Table, *, without: Iterable[str] = ()) -> None:
        left_out = set(without)
        fields = [field for field in msgspec.structs.fields(struct) if field.name not in left_out]
        self.table = table
        self.struct = struct
        self.names = tuple(field.name for field in fields)
        self.columns: tuple[Column[Any], ...] = tuple(table.c[name] for name in self.names)
        self._readers = [_reader(table.c[field.name], field.type) for field in fields]

    def build(self, row: Row, **more: Any) -> S:
        """The struct of a row that starts with `columns`; `more` are the fields that no column holds.

        Raises:
            CorruptRow: JSON text that is not what the field's type says.
        """
        values = {
            name: value if reader is None else reader(value)
            for name, value, reader in zip(self.names, row, self._readers, strict=False)
        }
        return self.struct(**values, **more)

    def values(self, struct: S) -> dict[str, Any]:
        """The columns' values for an insert."""
        return self.encode({name: getattr(struct, name) for name in self.names})

    def encode(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """The columns' values for an update; only names of the shape are allowed.

        Raises:
            KeyError: a name that is not a field with a column.
            InvalidValue: JSON that can't be stored.
        """
        for name in changes:
            if name not in self.names:
                raise KeyError(name)
        return {
            name: encode_json(value, name) if is_json(self.table.c[name]) and value is not None else value
            for name, value in changes.items()
        }


def is_json(column: Column[Any]) -> bool:
    """Whether the column holds JSON text."""
    return bool(column.info.get("json"))


def encode_json(value: Any, name: str) -> str:
    r"""The JSON text of a value, the same for both engines: a TEXT column keeps numbers and order of keys as given.

    Raises:
        InvalidValue: a NUL or half a surrogate pair in some text (case I-010), or nothing that JSON can tell.
    """
    try:
        text = msgspec.json.encode(value)
    except (TypeError, ValueError, RecursionError) as error:  # UnicodeEncodeError is a ValueError
        raise InvalidValue(name, "not storable as JSON") from error
    if rb"\u0000" in text and _ESCAPED_NUL.search(text):
        raise InvalidValue(name, "a text with NUL")
    return text.decode()


def _reader(column: Column[Any], kind: Any) -> Callable[[Any], Any] | None:
    if is_json(column):
        return _json_reader(str(column), kind)
    return bool if isinstance(column.type, Boolean) else None


def _json_reader(name: str, kind: Any) -> Callable[[Any], Any]:
    decoder = msgspec.json.Decoder(kind)

    def read(text: str | None) -> Any:
        if text is None:
            return None
        try:
            return decoder.decode(text)
        except (msgspec.DecodeError, RecursionError) as error:
            raise CorruptRow(f"{name}: {error}") from error

    return read
