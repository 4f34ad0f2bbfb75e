"""Session claims as classes whose objects have an attribute for each claim: msgspec, pydantic, dataclass."""

from typing import NamedTuple

import msgspec

from claimsmith_server.core.claims import ObjectType
from claimsmith_server.core.claims.types import is_nullable
from claimsmith_server.core.typegen.python_names import PYDANTIC_TAKEN, ROOT, choose_attributes, is_tellable, quote
from claimsmith_server.core.typegen.python_types import Annotations

_DOC = '"""The custom claims of a session token; one that the token leaves out is None."""'


class Model(NamedTuple):
    """A kind of class."""

    head: str
    """Its first lines; `{name}`, and `{bases}` of msgspec, are filled in."""
    import_line: str
    taken: frozenset[str] = frozenset()
    """Attributes that every class of the kind has."""
    has_renaming: bool = False
    """Whether the head tells which attribute stands for a claim of another name."""
    has_aliases: bool = False
    """Whether each field tells so."""


MODELS = {
    "msgspec": Model("class {name}({bases}):\n", "import msgspec", has_renaming=True),
    "pydantic": Model(
        "class {name}(BaseModel):\n", "from pydantic import BaseModel", taken=PYDANTIC_TAKEN, has_aliases=True
    ),
    "dataclass": Model("@dataclass(frozen=True, kw_only=True)\nclass {name}:\n", "from dataclasses import dataclass"),
}


class _Field(msgspec.Struct, frozen=True):
    claim: str
    attribute: str
    annotation: str
    is_optional: bool
    is_nullable: bool

    @property
    def is_renamed(self) -> bool:
        return self.claim != self.attribute


class ModelWriter:
    """Writes classes of one kind."""

    def __init__(self, model: Model) -> None:
        """Nothing was written yet."""
        self.annotations = Annotations(self.write_class, takes_any_name=not model.has_renaming)
        self._model = model

    def write_class(self, name: str, one: ObjectType) -> str:
        """The source of a class."""
        fields = self._list_fields(name, one)
        told = [field for field in fields if not field.is_renamed or self._can_name(field.claim)]
        lines = [self._write_field(field) for field in told]
        lines += [
            f"    # {quote(field.claim)} is no name of an attribute here: read it from `auth.token_claims`\n"
            for field in fields
            if field not in told
        ]
        doc = [f"    {_DOC}\n", *(["\n"] if lines else [])] if name == ROOT else []
        bases = _write_bases({field.attribute: field.claim for field in told if field.is_renamed})
        nothing = [] if told or doc else ["    pass\n"]
        return self._model.head.format(name=name, bases=bases) + "".join([*doc, *lines, *nothing])

    def list_imports(self, body: str) -> list[str]:
        """What the source needs of others."""
        return [self._model.import_line + (", Field" if " = Field(" in body else "")]

    def _can_name(self, claim: str) -> bool:
        return self._model.has_aliases or (self._model.has_renaming and is_tellable(claim))

    def _list_fields(self, name: str, one: ObjectType) -> list[_Field]:
        attributes = choose_attributes((member.name for member in one.members), self._model.taken)
        return [
            _Field(
                member.name,
                attributes[member.name],
                self.annotations.write(member.type, self.annotations.name_class(name, member.name)),
                member.is_optional or name == ROOT,
                is_nullable(member.type),
            )
            for member in one.members
        ]

    def _write_field(self, field: _Field) -> str:
        annotation = field.annotation
        if field.is_optional and not field.is_nullable and annotation != "Any":
            annotation += " | None"
        return f"    {field.attribute}: {annotation}{self._write_default(field)}\n"

    def _write_default(self, field: _Field) -> str:
        if not (self._model.has_aliases and field.is_renamed):
            return " = None" if field.is_optional else ""
        return f" = Field({'default=None, ' if field.is_optional else ''}alias={quote(field.claim)})"


def _write_bases(renamed: dict[str, str]) -> str:
    bases = ("msgspec.Struct", "frozen=True", "kw_only=True")
    if not renamed:
        return ", ".join(bases)
    pairs = "".join(f"        {quote(attribute)}: {quote(claim)},\n" for attribute, claim in renamed.items())
    return "\n" + "".join(f"    {base},\n" for base in bases) + f"    rename={{\n{pairs}    }},\n"
