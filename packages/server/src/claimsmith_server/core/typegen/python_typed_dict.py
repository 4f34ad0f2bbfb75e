"""Session claims as a TypedDict."""

import re
from typing import get_type_hints

from claimsmith.claims.session_claims import SessionClaims
from claimsmith_server.core.claims import ObjectType
from claimsmith_server.core.typegen.python_names import ROOT, is_plain, is_tellable, quote
from claimsmith_server.core.typegen.python_types import Annotations

_DOC = '"""The claims of a session token; it may leave custom claims out."""'
_PARTS = ("ActorClaim", "OrganizationClaim")
"""Types of default claims."""


class TypedDictWriter:
    """Writes TypedDicts."""

    def __init__(self) -> None:
        """Nothing was written yet."""
        self.annotations = Annotations(self.write_class, takes_any_name=False)

    def write_class(self, name: str, one: ObjectType) -> str:
        """The source of a class: in the functional syntax where a member's name is no identifier."""
        fields: dict[str, str] = {}
        for member in one.members:
            if not is_tellable(member.name):
                continue  # In the claims at run time, as one that is not declared.
            written = self.annotations.write(member.type, self.annotations.name_class(name, member.name))
            fields[member.name] = f"NotRequired[{written}]" if member.is_optional else written
        if name == ROOT:
            return _write_root(fields)
        return _write_members(name, "TypedDict", fields) if _is_plain(fields) else _write_call(name, fields, "")

    def list_imports(self, body: str) -> list[str]:
        """What the source needs of the SDK."""
        used = [name for name in _PARTS if re.search(rf"\b{name}\b", body)]
        parts = [f"from claimsmith.claims.session_claims import {', '.join(used)}"] if used else []
        has_base = any(bases in body for bases in _BASES)
        return [*parts, "from claimsmith import SessionClaims"] if has_base else parts


_BASES = ("(SessionClaims, total=False)", f"(_{ROOT}, SessionClaims)")


def _write_root(fields: dict[str, str]) -> str:
    defaults = _list_default_claims()
    if not fields.keys().isdisjoint(defaults):
        # A custom claim may have the name of a default one of the other version; no class may define it again.
        every = defaults | fields
        return _write_members(ROOT, "TypedDict, total=False", every) if _is_plain(every) else _write_derived(every, "")
    if _is_plain(fields):
        return _write_members(ROOT, "SessionClaims, total=False", fields)
    return _write_derived(fields, ", SessionClaims")


def _write_members(name: str, bases: str, fields: dict[str, str]) -> str:
    lines = [f"    {field}: {kind}\n" for field, kind in fields.items()]
    doc = f"    {_DOC}\n" + ("\n" if lines else "") if name == ROOT else ""
    return f"class {name}({bases}):\n{doc}{''.join(lines)}"


def _write_derived(fields: dict[str, str], more_bases: str) -> str:
    own = f"_{ROOT}"
    call = _write_call(own, fields, "    total=False,\n")
    return f"{call}\n\nclass {ROOT}({own}{more_bases}):\n    {_DOC}\n"


def _write_call(name: str, fields: dict[str, str], more: str) -> str:
    pairs = "".join(f"        {quote(field)}: {kind},\n" for field, kind in fields.items())
    return f'{name} = TypedDict(\n    "{name}",\n    {{\n{pairs}    }},\n{more})\n'


def _is_plain(fields: dict[str, str]) -> bool:
    return all(map(is_plain, fields))


def _list_default_claims() -> dict[str, str]:
    """The default claims with their annotations."""
    return {
        name: kind.__name__ if isinstance(kind, type) and not hasattr(kind, "__args__") else str(kind)
        for name, kind in get_type_hints(SessionClaims).items()
    }
