"""Types of an instance's session claims, written in the application's language; pure.

Each language has a module with one function from the inferred type of a template to a source file. Every custom claim
is optional: a token over its budget leaves claims out (`core.size`), and a claim that fails is left out too.
"""

from typing import Literal

from claimsmith_server.core.claims import NOTHING_KNOWN, MetadataTypes, Template, infer
from claimsmith_server.core.typegen.python import Style, write_python
from claimsmith_server.core.typegen.schema import write_json_schema
from claimsmith_server.core.typegen.typescript import write_typescript

__all__ = ["Language", "Style", "write_types"]

Language = Literal["typescript", "python", "json-schema"]


def write_types(
    template: Template, language: Language, *, style: Style = "typeddict", metadata: MetadataTypes = NOTHING_KNOWN
) -> str:
    """The source file that declares a template's claims; the same template gives the same text.

    Args:
        template: the compiled claims.
        language: the language to write.
        style: what Python classes are; the other languages have one style.
        metadata: what is known of metadata objects, by their shortcodes.
    """
    claims = infer(template, metadata)
    if language == "python":
        return write_python(claims, style)
    return write_typescript(claims) if language == "typescript" else write_json_schema(claims)
