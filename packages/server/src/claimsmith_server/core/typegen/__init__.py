"""Types of an instance's session claims, written in the application's language; pure.

Each language has a module with one function from the inferred type of a template to a source file. Every custom claim
is optional: a token over its budget leaves claims out (`core.size`), and a claim that fails is left out too.
"""

from typing import Literal

from claimsmith_server.core.claims import Template, infer
from claimsmith_server.core.typegen.python import write_python
from claimsmith_server.core.typegen.schema import write_json_schema
from claimsmith_server.core.typegen.typescript import write_typescript

Language = Literal["typescript", "python", "json-schema"]
_WRITERS = {"typescript": write_typescript, "python": write_python, "json-schema": write_json_schema}


def write_types(template: Template, language: Language) -> str:
    """The source file that declares a template's claims; the same template gives the same text."""
    return _WRITERS[language](infer(template))
