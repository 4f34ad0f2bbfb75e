"""JSON objects that people type into forms."""

from collections.abc import Mapping

from claimsmith_server.core.json_text import JsonProblem, parse_object
from claimsmith_server.core.models import JsonObject
from claimsmith_server.dashboard.problems import Problem


def read_texts(texts: Mapping[str, str]) -> dict[str, JsonObject] | Problem:
    """The objects that the texts of a form hold, by field; or the first problem, with its line and column."""
    found: dict[str, JsonObject] = {}
    for name, text in texts.items():
        value = parse_object(text)
        if isinstance(value, JsonProblem):
            return Problem(value.sentence, name, "invalid_json")
        found[name] = value
    return found
