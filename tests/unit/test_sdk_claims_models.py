# ruff: noqa: N815 - claims keep the names that they have in the token
"""Claims as the application's own types: converted strictly, and clear about what does not fit."""

import dataclasses
import enum
import json
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, NotRequired, TypedDict, TypeVar
from uuid import UUID

import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimsmith.answers import Answer
from claimsmith.auth import Auth, make_auth
from claimsmith.authentication.facts import RequestFacts
from claimsmith.claims.mapping import ClaimsMapping, MissingClaimError, OmittedClaimError
from claimsmith.claims.session_claims import SessionClaims
from claimsmith.decisions import Decision
from claimsmith.errors import ConfigurationError
from claimsmith.requirements import check_requirement, parse_demands
from claimsmith.typed_claims import ClaimsError, convert_claims, make_converter

TOKEN = "eyJ.secret.token"
CLAIMS: dict[str, Any] = {
    "sub": "user_1",
    "sid": "sess_1",
    "exp": 1_700_000_060,
    "v": 2,
    "fva": [3, -1],
    "o": {"id": "org_1", "rol": "admin"},
    "act": {"sub": "user_support", "note": "kept"},
    "fullName": "Ada",
    "plan": "pro",
    "age": 36,
    "tags": ["a", "b"],
    "address": {"city": "London", "zip": "N1", "geo": {"lat": 51.5}},
}


class TypedClaims(SessionClaims):
    fullName: str
    plan: str | None
    age: int
    tags: list[str]
    address: "Address"
    nickname: NotRequired[str]


class Address(TypedDict):
    city: str


class StructAddress(msgspec.Struct):
    city: str


class StructClaims(msgspec.Struct):
    fullName: str
    plan: str | None
    age: int
    tags: list[str]
    address: StructAddress
    nickname: str | None = None


@dataclasses.dataclass
class DataAddress:
    city: str


@dataclasses.dataclass
class DataClaims:
    fullName: str
    plan: str | None
    age: int
    tags: list[str]
    address: DataAddress
    nickname: str | None = None


class PydanticAddress(pydantic.BaseModel):
    city: str


class PydanticClaims(pydantic.BaseModel):
    fullName: str
    plan: str | None
    age: int
    tags: list[str]
    address: PydanticAddress
    nickname: str | None = None


MODELS = [TypedClaims, StructClaims, DataClaims, PydanticClaims]
OBJECTS = MODELS[1:]


def auth_of(**changes: Any) -> Auth[Any]:
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not ...}
    return make_auth(claims, TOKEN)


def problem_of(model: Any, **changes: Any) -> ClaimsError:
    """What converting says, which is never the token."""
    with pytest.raises(ClaimsError) as caught:
        convert_claims(auth_of(**changes), model)
    assert TOKEN not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.message == str(caught.value)
    return caught.value


# ---------------------------------------------------------------------------------------------------------- what fits
@pytest.mark.parametrize("model", OBJECTS)
def test_an_object_has_the_claims_that_it_declares(model: Any) -> None:
    claims = convert_claims(auth_of(), model).session_claims
    assert type(claims) is model
    assert (claims.fullName, claims.plan, claims.age, claims.tags) == ("Ada", "pro", 36, ["a", "b"])
    assert (claims.address.city, claims.nickname) == ("London", None)


def test_a_typed_dict_stays_a_mapping_with_claims_that_it_does_not_declare_at_any_depth() -> None:
    claims = convert_claims(auth_of(extra={"x": 1}), TypedClaims).session_claims
    assert claims == {**CLAIMS, "extra": {"x": 1}}
    assert type(claims) is ClaimsMapping
    with pytest.raises(MissingClaimError):
        claims["nickname"]


def test_the_caller_stays_the_same_whatever_the_model() -> None:
    auth = auth_of()
    for model in MODELS:
        typed = convert_claims(auth, model)
        for name in ("user_id", "session_id", "token", "org_id", "org_role", "claims_version", "actor"):
            assert getattr(typed, name) == getattr(auth, name)
        assert typed.factor_verification_age == (3, -1)
        assert typed.has(role="org:admin")
        assert not typed.has(plan="pro")
        assert typed.token_claims == CLAIMS
        assert typed != auth or model is TypedClaims
        for other in MODELS:
            assert convert_claims(typed, other) == convert_claims(auth, other)


def test_null_fits_only_what_may_be_null() -> None:
    for model in MODELS:
        convert_claims(auth_of(plan=None), model)
        assert problem_of(model, age=None).claim == "age"


class Plan(enum.Enum):
    PRO = "pro"


class Rich(TypedDict):
    plan: Plan
    since: datetime
    key: UUID
    share: float
    pair: tuple[int, str]


class RichStruct(msgspec.Struct):
    plan: Plan
    since: datetime
    key: UUID
    share: float
    pair: tuple[int, str]


class RichPydantic(pydantic.BaseModel):
    plan: Plan
    since: datetime
    key: UUID
    share: float
    pair: tuple[int, str]


@pytest.mark.parametrize("model", [Rich, RichStruct, RichPydantic])
def test_text_becomes_what_json_has_no_type_for(model: Any) -> None:
    key = "0b5d7a26-9f0c-4d39-8b3b-6a1f9d2c7e10"
    changes = {"since": "2026-01-02T03:04:05Z", "key": key, "share": 1, "pair": [1, "x"]}
    claims = convert_claims(auth_of(**changes), model).session_claims
    told = claims if model is Rich else {name: getattr(claims, name) for name in Rich.__annotations__}
    assert told["plan"] is Plan.PRO
    assert (told["since"], told["key"]) == (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), UUID(key))
    assert (told["share"], type(told["share"]), told["pair"]) == (1.0, float, (1, "x"))


def test_a_name_that_is_no_identifier_is_renamed_in_each_kind() -> None:
    class Renamed(msgspec.Struct):
        hasura: dict[str, str] = msgspec.field(name="https://hasura.io/jwt/claims")

    class Aliased(pydantic.BaseModel):
        hasura: dict[str, str] = pydantic.Field(alias="https://hasura.io/jwt/claims")

    functional = TypedDict("functional", {"https://hasura.io/jwt/claims": dict[str, str]})
    value = {"x-hasura-role": "user"}
    auth = auth_of(**{"https://hasura.io/jwt/claims": value})
    assert convert_claims(auth, Renamed).session_claims.hasura == value
    assert convert_claims(auth, Aliased).session_claims.hasura == value
    assert convert_claims(auth, functional).session_claims["https://hasura.io/jwt/claims"] == value
    for model in (Renamed, Aliased, functional):
        problem = problem_of(model, **{"https://hasura.io/jwt/claims": {"x": 1}})
        assert problem.claim == "https://hasura.io/jwt/claims"


Value = TypeVar("Value")


class Boxed(TypedDict, Generic[Value]):
    plan: Value


def test_a_generic_model_with_its_parameter_is_a_model() -> None:
    claims = convert_claims(auth_of(), Boxed[str]).session_claims
    assert (claims["plan"], type(claims)) == ("pro", ClaimsMapping)
    assert problem_of(Boxed[int]).claim == "plan"


def test_keys_that_are_converted_are_not_mixed_with_those_of_the_token() -> None:
    class Numbered(TypedDict):
        by_number: dict[int, str]

    claims = convert_claims(auth_of(by_number={"1": "x"}), Numbered).session_claims
    assert claims["by_number"] == {1: "x"}
    problem = problem_of(Numbered, by_number={"x": "y"})
    assert (problem.claim, "expected `int`, got `str`" in problem.message) == ("by_number", True)


# ------------------------------------------------------------------------------------------------------ what does not
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("fullName", 7, "an integer (7)"),
        ("fullName", None, "null"),
        ("fullName", ["x" * 99], "a list"),
        ("fullName", {"secret": "y"}, "an object"),
        ("fullName", 1.5, "a number (1.5)"),
        ("fullName", True, "a boolean (true)"),
        ("age", "36", 'text ("36")'),
        ("age", "x" * 300, "text of 302 characters"),
        ("age", 36.5, "a number (36.5)"),
        ("age", True, "a boolean (true)"),
        ("plan", 0, "an integer (0)"),
        ("tags", "a", 'text ("a")'),
        ("tags", {}, "an object"),
    ],
)
def test_nothing_is_turned_into_another_type_and_the_error_says_what_came(
    model: Any, name: str, value: Any, told: str
) -> None:
    problem = problem_of(model, **{name: value})
    assert problem.claim == name
    assert problem.message.startswith(f"The claim `{name}` is not what {model.__name__} declares: ")
    assert f", got {told}" in problem.message
    assert "xxxx" not in problem.message
    assert "secret" not in problem.message


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("changes", "claim", "told"),
    [
        ({"tags": ["a", 2]}, "tags", "an integer (2)"),
        ({"address": {"city": 5}}, "address", "an integer (5)"),
        ({"address": {}}, "address", "city"),
        ({"address": "London"}, "address", 'text ("London")'),
    ],
)
def test_a_problem_inside_a_claim_says_where(model: Any, changes: dict[str, Any], claim: str, told: str) -> None:
    problem = problem_of(model, **changes)
    assert problem.claim == claim
    assert told in problem.message


@pytest.mark.parametrize("model", MODELS)
def test_what_was_declared_is_told(model: Any) -> None:
    message = problem_of(model, age="36").message
    assert ("expected `int`" if model is not PydanticClaims else "valid integer") in message


@pytest.mark.parametrize("model", MODELS)
def test_a_claim_that_is_not_there_is_named_with_those_that_are(model: Any) -> None:
    problem = problem_of(model, fullName=..., fulName="Ada")
    assert problem.claim == "fullName"
    assert problem.message.startswith(f"The claim `fullName`, which {model.__name__} requires, is not in the token. ")
    assert "Did you mean `fulName`?" in problem.message
    assert "Ada" not in problem.message


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("omitted", [["fullName"], ["*"], ["plan", "fullName"]])
def test_a_required_claim_that_was_left_out_for_size_says_how_to_read_it(model: Any, omitted: list[str]) -> None:
    problem = problem_of(model, fullName=..., _omitted=omitted)
    assert problem.claim == "fullName"
    assert "left out of this token for its size" in problem.message
    assert '`await auth.claim("fullName")`' in problem.message


def test_an_optional_claim_that_was_left_out_is_not_taken_for_absent_in_a_mapping() -> None:
    claims = convert_claims(auth_of(_omitted=["nickname"]), TypedClaims).session_claims
    with pytest.raises(OmittedClaimError):
        claims.get("nickname")


def test_the_problem_of_a_whole_model_names_no_claim() -> None:
    class Whole(pydantic.BaseModel):
        plan: str

        @pydantic.model_validator(mode="after")
        def check(self) -> "Whole":
            raise ValueError("not together")

    @dataclasses.dataclass
    class WholeData:
        plan: str

        def __post_init__(self) -> None:
            raise ValueError("not together")

    for model in (Whole, WholeData):
        problem = problem_of(model)
        assert problem.claim is None
        assert problem.message.startswith(f"These claims are not what {model.__name__} declares: ")
        assert "not together" in problem.message


def test_a_constraint_is_told_and_a_long_one_is_cut() -> None:
    class Constrained(msgspec.Struct):
        age: Annotated[int, msgspec.Meta(ge=50)]

    class Listed(msgspec.Struct):
        plan: Any = None

        def __post_init__(self) -> None:
            raise ValueError("z" * 5000)

    assert "Expected `int` >= 50" in problem_of(Constrained).message
    assert len(problem_of(Listed).message) < 400
    forbidding = msgspec.defstruct("Forbidding", [("plan", str)], forbid_unknown_fields=True)
    assert "unknown field" in problem_of(forbidding).message


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
)
JSON_VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["city", "x"]), inner, max_size=2),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["fullName", "plan", "age", "tags", "address", "nickname"]), JSON_VALUES))
def test_the_kinds_of_models_agree_on_which_claims_fit(changes: dict[str, Any]) -> None:
    auth, outcomes = auth_of(**changes), {}
    for model in MODELS:
        try:
            convert_claims(auth, model)
        except ClaimsError as error:
            outcomes[model] = error.claim in changes
        else:
            outcomes[model] = None
    if changes.get("nickname", "") is None:  # only the objects can be told that it may be null
        del outcomes[TypedClaims]
    assert set(outcomes.values()) in ({None}, {True}), outcomes


# ------------------------------------------------------------------------------------------------------ what a model is
class Unreadable(TypedDict):
    plan: "NoSuchName"  # type: ignore[name-defined]  # noqa: F821 - the point


def test_what_is_no_model_is_refused_where_a_route_is_declared() -> None:
    class Plain:
        def __init__(self, other: object) -> None:
            self.other = other

    for wrong in (Plain, Unreadable, int, list[str]):
        with pytest.raises(
            ConfigurationError, match=f"into `{getattr(wrong, '__name__', wrong)}`.*A model is a TypedDict"
        ):
            parse_demands({"claims": wrong})
    assert parse_demands({"claims": StructClaims}).claims is StructClaims


def test_a_slip_in_the_arguments_of_require_auth_is_told_where_the_route_is_declared() -> None:
    with pytest.raises(TypeError, match=r"no argument 'rol'; it takes role, permission, feature, plan, fresh, claims"):
        parse_demands({"rol": "org:admin"})  # type: ignore[typeddict-unknown-key]
    for name in ("role", "permission", "feature", "plan", "fresh", "claims"):
        for nothing in (None, ""):
            with pytest.raises(ValueError, match=f"{name}=.*asks for nothing"):
                parse_demands({name: nothing})  # type: ignore[misc]


def test_names_outside_ascii_are_found_at_any_depth_of_a_typed_dict() -> None:
    def spell(name: str) -> str:  # a string of its own each time, as those of a token and of a module are
        return "".join(list(name))

    inner: Any = TypedDict("inner", {spell("größe"): int})  # type: ignore[misc]
    model: Any = TypedDict("model", {spell("名前"): list[inner]})  # type: ignore[misc]
    claims = {spell("名前"): [{spell("größe"): 1}]}
    assert make_converter(model)(claims) == claims
    with pytest.raises(ClaimsError, match="größe"):
        make_converter(model)({spell("名前"): [{spell("größe"): "1"}]})


def test_a_converter_is_made_once_a_model() -> None:
    assert make_converter(StructClaims) is make_converter(StructClaims)


def test_pydantic_is_not_imported_for_other_models() -> None:
    import subprocess
    import sys

    code = (
        "import sys, msgspec; from claimsmith.auth import make_auth\n"
        "from claimsmith.typed_claims import convert_claims\n"
        "class M(msgspec.Struct): sub: str\n"
        "convert_claims(make_auth({'sub': 'user_1'}, 't'), M); print('pydantic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


# ----------------------------------------------------------------------------------------------------- in a requirement
FACTS = RequestFacts(method="GET", url="https://app.example.com/")


def test_a_route_gets_typed_claims_or_answers_403_with_the_reason() -> None:
    requirement = parse_demands({"role": "org:admin", "claims": StructClaims})
    caller = check_requirement(Decision(auth_of(), FACTS), requirement)
    assert isinstance(caller, Auth)
    assert isinstance(caller.session_claims, StructClaims)
    answer = check_requirement(Decision(auth_of(age="36"), FACTS), requirement)
    assert isinstance(answer, Answer)
    (error,) = json.loads(answer.body)["errors"]
    assert (answer.status, error["code"]) == (403, "claims_invalid")
    assert "`age`" in error["message"]
    assert TOKEN not in answer.body.decode()
