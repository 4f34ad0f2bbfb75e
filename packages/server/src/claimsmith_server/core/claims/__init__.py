"""The claims language: a JSON template with shortcodes, compiled once, rendered at each mint.

`compile_template` gives a template and diagnostics, `render` its claims, `infer` their types. See
docs/reference/claims-language.md.
"""

from claimsmith_server.core.claims.compiler import (
    ClaimSource,
    Compilation,
    Rendered,
    ShortcodeUse,
    Template,
    compile_template,
    infer,
    leave_out_unencodable,
    render,
)
from claimsmith_server.core.claims.diagnostics import DIAGNOSTICS, Diagnostic, DiagnosticKind, Fix, Severity
from claimsmith_server.core.claims.inference import NOTHING_KNOWN, MetadataTypes
from claimsmith_server.core.claims.json_schema import json_schema
from claimsmith_server.core.claims.review import Audience, reserved_claims
from claimsmith_server.core.claims.shortcodes import ROOTS, SHORTCODES, Shortcode
from claimsmith_server.core.claims.types import ClaimType, ObjectType, accepts

__all__ = [
    "DIAGNOSTICS",
    "NOTHING_KNOWN",
    "ROOTS",
    "SHORTCODES",
    "Audience",
    "ClaimSource",
    "ClaimType",
    "Compilation",
    "Diagnostic",
    "DiagnosticKind",
    "Fix",
    "MetadataTypes",
    "ObjectType",
    "Rendered",
    "Severity",
    "Shortcode",
    "ShortcodeUse",
    "Template",
    "accepts",
    "compile_template",
    "infer",
    "json_schema",
    "leave_out_unencodable",
    "render",
    "reserved_claims",
]
