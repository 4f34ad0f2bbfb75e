"""Session claims as Python: a module with one class, for `Auth[CustomSessionClaims]`.

A TypedDict has the default claims too; the models have the custom claims alone. A claim that a token leaves out is
absent from a TypedDict and None in a model.
"""

import re
from typing import Literal

from claimsmith_server.core.claims import ObjectType
from claimsmith_server.core.typegen.python_models import MODELS, ModelWriter
from claimsmith_server.core.typegen.python_names import ROOT
from claimsmith_server.core.typegen.python_typed_dict import TypedDictWriter

Style = Literal["typeddict", "msgspec", "pydantic", "dataclass"]
_TYPING = ("Any", "Literal", "NotRequired", "TypedDict")
_TEXTS = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|#.*""")
"""String literals and comments, which use nothing."""


def write_python(claims: ObjectType, style: Style = "typeddict") -> str:
    """A module with the class `CustomSessionClaims`, of the kind that `style` names."""
    writer = TypedDictWriter() if style == "typeddict" else ModelWriter(MODELS[style])
    root = writer.write_class(ROOT, claims)
    body = "\n\n".join([*writer.annotations.classes, root])
    imports = [*_import_typing(body), *writer.list_imports(body)]
    standard = sorted(line for line in imports if line.startswith(("from typing ", "from dataclasses ")))
    others = sorted(set(imports) - set(standard), key=lambda line: (line.startswith("from"), line))
    blocks = ["\n".join(lines) + "\n" for lines in (standard, others) if lines]
    return (
        '"""Session claims, written by `claimsmith types`; a change of them writes it again."""\n\n'
        + "\n".join(blocks)
        + f"\n\n{body}"
    )


def _import_typing(body: str) -> list[str]:
    code = _TEXTS.sub("", body)
    used = [name for name in _TYPING if re.search(rf"\b{name}\b", code)]
    return [f"from typing import {', '.join(used)}"] if used else []
