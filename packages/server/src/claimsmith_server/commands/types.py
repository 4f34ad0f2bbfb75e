"""Types of claims in a file, for `claimsmith types --from FILE`; joined to the SDK's command by an entry point."""

from claimsmith.errors import ConfigurationError
from claimsmith_server.core.claims import Diagnostic, compile_template
from claimsmith_server.core.typegen import Language, Style, write_types


def compile_types(text: str, language: Language, style: Style) -> str:
    """The source file that declares the claims of a template, `{"fullName": "{{user.full_name}}"}`.

    What an instance declares of its metadata is not known here: they may hold anything.

    Raises:
        ConfigurationError: the template has errors; a line for each says where and what to do.
    """
    compilation = compile_template(text, audience="session")
    if compilation.template is None:
        errors = [one for one in compilation.diagnostics if one.severity == "error"]
        raise ConfigurationError("\n".join(map(_tell, errors)))
    return write_types(compilation.template, language, style=style)


def _tell(one: Diagnostic) -> str:
    return f"{one.line}:{one.column} {one.code}: {one.message} {one.hint}".rstrip()
