"""Whether a response is what a published OpenAPI file says."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.jsonschema import DRAFT202012

VERBS = ("get", "post", "put", "patch", "delete")
ROOT = "urn:openapi"
ERRORS = {"$ref": f"{ROOT}#/components/schemas/ClerkErrors"}


class Operation(NamedTuple):
    """One operation of the file, with the pattern that its addresses match."""

    name: str
    """As in `GET /users/{user_id}`."""
    pattern: re.Pattern[str]
    responses: dict[str, Any]


def convert(node: Any) -> Any:
    """An OpenAPI 3.0 schema as JSON Schema 2020-12.

    `nullable` becomes an alternative, wherever it stands: the file puts it beside `$ref`, `allOf` and `oneOf`, where it
    would have no effect, and beside `enum`, where null would have to be listed.
    """
    if isinstance(node, list):
        return [convert(item) for item in node]
    if not isinstance(node, dict):
        return node
    converted = {
        key: convert(value) for key, value in node.items() if not (key == "nullable" and isinstance(value, bool))
    }
    if isinstance(reference := converted.get("$ref"), str):
        # Absolute, so that a schema can be read by itself, taken out of the file.
        converted["$ref"] = ROOT + reference
    return {"anyOf": [converted, {"type": "null"}]} if node.get("nullable") is True else converted


def paginated(items: Any) -> dict[str, Any]:
    """The shape of a list that was asked for with `paginated=true`, which the file does not tell (contract 5.3)."""
    page = {"data": items, "total_count": {"type": "integer"}}
    return {"type": "object", "properties": page, "required": ["data", "total_count"], "additionalProperties": False}


class Specification:
    """The operations of an OpenAPI file, and a tally of what was compared with it."""

    def __init__(self, document: dict[str, Any], prefix: str) -> None:
        """`prefix` stands before every path of the file, as in `/v1`."""
        self._document = convert(document)
        resource = DRAFT202012.create_resource(self._document)
        self._registry: Registry[Any] = Registry().with_resource(ROOT, resource)
        self._prefix = prefix
        self._operations = sorted(
            (
                self._read_operation(verb, path, item[verb])
                for path, item in self._document["paths"].items()
                for verb in VERBS
                if verb in item
            ),
            # A literal segment wins over a parameter: /users/count is not /users/{user_id}.
            key=lambda operation: operation.name.count("{"),
        )
        self.tally: dict[str, set[int]] = {}

    @staticmethod
    def _read_operation(verb: str, path: str, operation: dict[str, Any]) -> Operation:
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))
        return Operation(f"{verb.upper()} {path}", re.compile(f"{verb.upper()} {pattern}"), operation["responses"])

    def names(self) -> set[str]:
        """Every operation of the file."""
        return {operation.name for operation in self._operations}

    def find_operation(self, request: httpx.Request) -> Operation | None:
        """The operation that a request calls, if the file has it; `_method` and a trailing slash are browsers' ways."""
        if not request.url.path.startswith(self._prefix + "/"):
            return None
        method = request.url.params.get("_method", request.method)
        line = f"{method} {request.url.path.removeprefix(self._prefix).rstrip('/')}"
        return next((operation for operation in self._operations if operation.pattern.fullmatch(line)), None)

    def check_response(self, response: httpx.Response) -> None:
        """Compares a response with its operation's schema and adds it to the tally; does nothing if there is none.

        Raises:
            AssertionError: the body, its type or its status is not what the file says.
        """
        operation = self.find_operation(response.request)
        if operation is None:
            return
        response.read()
        schema = self._find_schema(operation, response.status_code)
        if response.is_success and response.request.url.params.get("paginated") == "true":
            schema = paginated(schema)
        if schema is not None:
            told = f"{operation.name} -> {response.status_code}"
            assert response.headers.get("content-type") == "application/json", told
            validator = Draft202012Validator(schema, registry=self._registry)
            problem = best_match(validator.iter_errors(msgspec.json.decode(response.content)))
            assert problem is None, f"{told}: {problem.json_path} {problem.message}" if problem else told
        self.tally.setdefault(operation.name, set()).add(response.status_code)

    def _find_schema(self, operation: Operation, status: int) -> Any:
        """The schema of a status' body; None when the file says that there is no body.

        The file lists few of the errors that its own server gives (a wrong key is 401 everywhere), so an error that it
        doesn't list has to have the shape of all errors; a success that it doesn't list is wrong.
        """
        listed = operation.responses.get(str(status))
        if listed is None:
            assert 400 <= status < 500, f"{operation.name} -> {status} is not in the file"
            return ERRORS
        if "$ref" in listed:
            listed = self._document["components"]["responses"][listed["$ref"].rpartition("/")[2]]
        content = listed.get("content")
        return content["application/json"]["schema"] if content else None


def load_specification(
    path: Path, prefix: str, amend: Callable[[dict[str, Any]], None] = lambda _: None
) -> Specification:
    """The specification in a YAML file, amended where it is wrong; a second or two, so once a run."""
    document = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    amend(document)
    return Specification(document, prefix)
