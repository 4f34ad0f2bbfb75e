"""Session claims as a type of the application's: TypedDict, msgspec Struct, dataclass or pydantic model."""

import contextlib
from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache
from typing import Any, TypeVar, cast, get_origin, is_typeddict

import msgspec

from claimsmith.auth import Auth
from claimsmith.claims.mapping import ClaimsMapping
from claimsmith.claims.problems import ClaimsError, explain_msgspec, explain_pydantic, name_model
from claimsmith.errors import ConfigurationError

__all__ = ["ClaimsError", "convert_claims", "make_converter"]

Model = TypeVar("Model")
_CONTAINERS = frozenset({dict, list})
Converter = Callable[[Mapping[str, Any]], Any]


def convert_claims(auth: Auth[Any], model: type[Model]) -> Auth[Model]:
    """The caller with `session_claims` as an object of the model.

    A TypedDict stays a `ClaimsMapping`, checked, with claims that it does not declare. Nothing is turned into another
    JSON type to fit: `"1"` is no `int`. Text becomes a date, an enumeration or a UUID where the model declares one.

    Args:
        auth: of a verified token.
        model: a TypedDict, msgspec Struct, dataclass or pydantic (version 2) model; it need not declare default claims.

    Raises:
        ClaimsError: a claim is missing or of another shape.
        ConfigurationError: not a model that claims can be turned into.

    Example:
        ```python
        class MyClaims(msgspec.Struct):
            fullName: str


        typed = convert_claims(make_auth({"sub": "user_1", "fullName": "Ada"}, token), MyClaims)
        assert typed.session_claims.fullName == "Ada"
        ```
    """
    claims = auth.token_claims
    return Auth(
        session_claims=make_converter(cast("Hashable", model))(claims),
        user_id=auth.user_id,
        token=auth.token,
        session_id=auth.session_id,
        organization=auth.organization,
        claims_version=auth.claims_version,
        _verified=claims,
        _omitted=auth._omitted,  # noqa: SLF001 - the same caller, with claims of another type
    )


@lru_cache(maxsize=256)
def make_converter(model: Any) -> Converter:
    """What turns claims into objects of the model; made once a model, so call it where a route is declared.

    Raises:
        ConfigurationError: as `convert_claims`.

    Example:
        ```python
        from typing import TypedDict


        class MyClaims(TypedDict):
            fullName: str


        assert make_converter(MyClaims)({"fullName": "Ada"})["fullName"] == "Ada"
        ```
    """
    if hasattr(model, "__pydantic_validator__"):
        return _make_pydantic_converter(model)
    _check_model(model)
    _make_names_findable(model)
    is_mapping = is_typeddict(get_origin(model) or model)
    return _make_typed_dict_converter(model) if is_mapping else _make_msgspec_converter(model)


def _check_model(model: Any) -> None:
    """Raise unless msgspec makes objects of the model from JSON objects; its annotations are read here, once."""
    from msgspec import inspect  # noqa: PLC0415 - 5 ms that only those who declare a model pay for

    objects = (inspect.TypedDictType, inspect.StructType, inspect.DataclassType, inspect.DictType)
    problem, cause = "it is none", None
    try:
        if isinstance(inspect.type_info(model), objects):
            return
    except (TypeError, NameError, AttributeError) as error:
        problem, cause = str(error), error
    raise ConfigurationError(
        f"Claims cannot be turned into `{name_model(model)}`: {problem}. A model is a TypedDict, a msgspec Struct, a "
        "dataclass or a pydantic (version 2) model, of types that JSON has."
    ) from cause


def _make_names_findable(model: Any) -> None:
    """Nothing; msgspec 0.22 finds a TypedDict's names outside ASCII once they were encoded, which its schema does."""
    with contextlib.suppress(TypeError):  # A type of JSON that a schema can't tell, such as one with a hook.
        msgspec.json.encode(msgspec.json.schema(model))


def _make_msgspec_converter(model: Any) -> Converter:
    convert = msgspec.convert

    def convert_to_object(claims: Mapping[str, Any]) -> Any:
        try:
            return convert(claims, model, str_keys=True)  # As JSON: all names of members are text there.
        except msgspec.ValidationError as error:
            raise explain_msgspec(error, claims, model) from None

    return convert_to_object


def _make_typed_dict_converter(model: type[Any]) -> Converter:
    convert = _make_msgspec_converter(model)

    def convert_to_mapping(claims: Mapping[str, Any]) -> Any:
        mapping = ClaimsMapping(claims)
        for name, value in convert(claims).items():
            mapping[name] = _with_undeclared(claims[name], value) if type(value) in _CONTAINERS else value
        return mapping

    return convert_to_mapping


def _with_undeclared(claim: Any, converted: Any) -> Any:
    """The converted value with those members, at any depth, that a TypedDict does not declare."""
    if type(converted) is dict and isinstance(claim, dict) and converted.keys() <= claim.keys():
        return claim | {name: _with_undeclared(claim[name], value) for name, value in converted.items()}
    if type(converted) is list and isinstance(claim, list):
        return [_with_undeclared(*pair) for pair in zip(claim, converted, strict=True)]
    return converted


def _make_pydantic_converter(model: type[Any]) -> Converter:
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - it is loaded: the model is one of pydantic's

    adapter = TypeAdapter(model)

    def convert_to_model(claims: Mapping[str, Any]) -> Any:
        # As JSON: pydantic's strict mode takes text for a date from JSON alone.
        try:
            return adapter.validate_json(msgspec.json.encode(claims), strict=True)
        except ValidationError as error:
            raise explain_pydantic(error.errors(include_url=False, include_context=False), claims, model) from None

    return convert_to_model
