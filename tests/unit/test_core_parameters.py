"""Bodies and queries into structs: what is refused, how fast, and with which code."""

import time
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

from claimsmith_server.core import parameters
from claimsmith_server.core.errors import ServiceError
from claimsmith_server.services.paging import Limit, Milliseconds, Offset
from claimsmith_server.services.user_input import CreateUser, UserQuery

MIB = 1024 * 1024
SUITE_FILES = 318


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str = ""
    count: Annotated[int, msgspec.Meta(ge=1, le=10)] = 1
    metadata: dict[str, Any] | None = None
    names: tuple[str, ...] = ()


class Page(msgspec.Struct, frozen=True, kw_only=True):
    limit: Limit = 10
    offset: Offset = 0
    since: Milliseconds | None = None
    paginated: bool = False
    names: Annotated[tuple[str, ...], msgspec.Meta(max_length=100)] = ()


def refuse(body: bytes, kind: type[Any] = Body) -> ServiceError:
    """The refusal of a body, which must cost at most 20 ms, or 100 ms for one of 256 KiB."""
    started = time.process_time()
    with pytest.raises(ServiceError) as refused:
        parameters.decode_body(body, kind)
    assert time.process_time() - started < 0.02 + len(body) / 3e6
    assert refused.value.status in {400, 413, 422}
    return refused.value


def refuse_query(**values: Any) -> ServiceError:
    pairs = [
        (name, value) for name, given in values.items() for value in (given if isinstance(given, list) else [given])
    ]
    with pytest.raises(ServiceError) as refused:
        parameters.decode_query(pairs, Page)
    assert refused.value.status == 422
    return refused.value


def named(error: ServiceError) -> tuple[str, Any]:
    (item,) = error.items
    return item.code, (item.meta or {}).get("param_name")


def test_an_empty_body_is_an_empty_object() -> None:
    assert parameters.decode_body(b"", Body) == parameters.decode_body(b" \n", Body) == Body()


@pytest.mark.parametrize(
    ("body", "code", "name"),
    [
        (b'{"nam": "x"}', "form_param_unknown", "nam"),
        (b'{"name": 7}', "form_param_type_invalid", "name"),
        (b'{"name": null}', "form_param_type_invalid", "name"),
        (b'{"count": 0}', "form_param_value_invalid", "count"),
        (b'{"count": 11}', "form_param_value_invalid", "count"),
        (b'{"count": "1"}', "form_param_type_invalid", "count"),
        (b'{"count": 1.5}', "form_param_type_invalid", "count"),
        (b'{"count": true}', "form_param_type_invalid", "count"),
        (b'{"metadata": []}', "form_param_type_invalid", "metadata"),
        (b'{"names": ["a", 7]}', "form_param_type_invalid", "names[1]"),
        (b'{"metadata": {"a": "x\\u0000"}}', "form_param_format_invalid", "metadata.a"),
        (b'{"metadata": {"x\\u0000": 1}}', "form_param_format_invalid", "metadata"),
        (b'{"metadata": {"a": {"b": 18446744073709551616}}}', "form_param_value_invalid", "metadata.a.b"),
        (b'{"metadata": {"a": 9223372036854775808}}', "form_param_value_invalid", "metadata.a"),
        (b'{"metadata": {"a": -9223372036854775809}}', "form_param_value_invalid", "metadata.a"),
    ],
)
def test_a_refused_value_is_named(body: bytes, code: str, name: str) -> None:
    assert named(refuse(body)) == (code, name)


def test_a_missing_parameter_is_named() -> None:
    from claimsmith_server.services.sessions import CreateSession

    assert named(refuse(b"{}", CreateSession)) == ("form_param_missing", "user_id")


def test_a_name_from_a_hostile_body_is_cut() -> None:
    error = refuse(b'{"' + b"n" * 10_000 + b'": 1}')
    assert error.items[0].meta == {"param_name": "n" * 128}


@pytest.mark.parametrize("name", ["a`b", "a\\nb", "{param_name}", "{0}", "%s", "a - at `$.x`"])
def test_a_name_with_markup_changes_nothing(name: str) -> None:
    error = refuse(b'{"' + name.encode() + b'": 1}')
    assert error.items[0].code == "form_param_unknown"
    assert error.status == 422


def test_64_bit_numbers_are_kept() -> None:
    body = b'{"metadata": {"low": -9223372036854775808, "high": 9223372036854775807}}'
    assert parameters.decode_body(body, Body).metadata == {"low": -(2**63), "high": 2**63 - 1}


# ------------------------------------------------------------------------------------------------------------- limits
def test_D_001_a_body_over_256_kib_is_refused_before_it_is_parsed() -> None:
    fitting = b'{"name":"' + b"x" * (parameters.MAX_BODY_BYTES - 11) + b'"}'
    assert len(fitting) == parameters.MAX_BODY_BYTES
    assert parameters.decode_body(fitting, Body).name.count("x") == parameters.MAX_BODY_BYTES - 11
    assert refuse(fitting + b" ").status == 413
    assert refuse(b"{" * (MIB + 1)).status == 413


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
@pytest.mark.parametrize("depth", [33, 1000, 40_000])
def test_D_002_nesting_beyond_32_is_refused(opening: bytes, depth: int) -> None:
    closing = {b"[": b"]", b'{"a":': b"}"}[opening]
    body = b'{"metadata":' + opening * depth + b"1" + closing * depth + b"}"
    assert refuse(body).status in {400, 413}
    assert refuse(body[: len(body) // 2]).status in {400, 413}


def test_D_002_32_levels_are_taken() -> None:
    body = b'{"metadata":{"a":' + b"[" * 30 + b"1" + b"]" * 30 + b"}}"
    assert parameters.decode_body(body, Body).metadata is not None
    assert refuse(body.replace(b"[1]", b"[[1]]")).status == 400


@pytest.mark.parametrize(
    "value",
    [
        b"9" * 100_000,
        b"-" + b"9" * 5000,
        b"1e999999",
        b"-1e400",
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b"0x10",
        b"01",
        b"1.",
        b".5",
        b"+1",
    ],
)
def test_D_002_D_017_odd_numbers_are_refused(value: bytes) -> None:
    assert refuse(b'{"metadata": {"a": ' + value + b"}}").status in {400, 422}


def test_D_002_many_members_and_long_arrays_are_bounded_work() -> None:
    members = b",".join(b'"k%d":0' % index for index in range(20_000))
    assert len(parameters.decode_body(b'{"metadata":{' + members + b"}}", Body).metadata or {}) == 20_000
    assert refuse(b'{"metadata":[' + b"0," * 120_000 + b"0]}").status == 422
    assert refuse(b"[" + b"0," * 500_000 + b"0]").status == 413


def test_D_003_a_repeated_member_is_found_fast_among_many() -> None:
    members = b",".join(b'"k%d":0' % index for index in range(20_000))
    error = refuse(b'{"metadata":{' + members + b',"z":1,"z":2}}')
    assert (error.status, "`z`" in error.items[0].long_message) == (400, True)


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": "a", "name": "b"}',
        b'{"name": "a", "name": "a"}',
        b'{"name": "a", "n\\u0061me": "b"}',
        b'{"metadata": {"a": {"b": 1, "b": 1}}}',
        b'{"metadata": {"a": [{"b": 1, "b": 2}]}}',
        b'{"metadata": {"": 1, "": 2}}',
    ],
)
def test_D_003_a_member_given_twice_is_refused_at_any_depth(body: bytes) -> None:
    error = refuse(body)
    assert (error.status, error.items[0].code) == (400, "request_body_invalid")


@pytest.mark.parametrize(
    "body",
    [
        b"[]", b"null", b"1", b'"text"', b"true", b"{} {}",
        b"{}x", b"{'a': 1}", b'{"a": 1,}', b"{/**/}", b"\xef\xbb\xbf{}",
        '{"a": "é"}'.encode("utf-16"), '{"name": "é"}'.encode("latin-1"), b'{"name": "\xed\xa0\x80"}',
        b'{"name": "\\ud800"}', b'{"name": "\\udc00\\ud800"}', b"\x00", b"\x1f\x8b\x08",
    ],
)  # fmt: skip
def test_I_010_what_is_no_json_object_in_utf8_is_refused(body: bytes) -> None:
    assert refuse(body).status in {400, 422}


def test_D_002_every_file_of_the_json_test_suite(shared: Path) -> None:
    """`y_` objects are taken, everything else is a refusal; `i_` may go either way; nothing else is ever raised."""
    files = sorted((shared / "security/data/jsontestsuite/test_parsing").glob("*.json"))
    assert len(files) == SUITE_FILES
    wrong = []
    for file in files:
        body = file.read_bytes()
        try:
            taken = parameters.parse_json_object(body) is not None
        except ServiceError as error:
            assert error.status in {400, 422}  # noqa: PT017 - being taken is right, too
            taken = False
        if file.name.startswith("n_") and taken:
            wrong.append(file.name)
        if file.name.startswith("y_") and body.lstrip()[:1] == b"{" and not taken:
            wrong.append(file.name)
    # RFC 8259 leaves these to the reader: repeated members are refused (D-003), NUL can't be stored on PostgreSQL.
    assert wrong == [
        "y_object_duplicated_key.json",
        "y_object_duplicated_key_and_value.json",
        "y_object_escaped_null_in_key.json",
    ]


def test_D_002_every_file_of_the_suite_as_a_users_body_and_as_a_member(shared: Path) -> None:
    for file in sorted((shared / "security/data/jsontestsuite/test_parsing").glob("*.json")):
        for body in (file.read_bytes(), b'{"public_metadata":' + file.read_bytes() + b"}"):
            try:
                parameters.decode_body(body, CreateUser)
            except ServiceError as error:
                assert error.status in {400, 422}  # noqa: PT017 - being taken is right, too


# -------------------------------------------------------------------------------------------------------------- query
@pytest.mark.parametrize(
    "value",
    [
        "0",
        "-1",
        "501",
        str(10**18),
        str(10**30),
        "10;",
        "1.5",
        "true",
        "[1]",
        "",
        " ",
        "\u0665",
        "0x5",
        "NaN",
        "9" * 5000,
    ],
)
def test_I_005_a_limit_is_a_number_from_1_to_500(value: str) -> None:
    assert named(refuse_query(limit=value))[1] == "limit"


@pytest.mark.parametrize("value", ["-1", str(10**18), "x", "1.5"])
def test_I_005_an_offset_is_a_number_from_0(value: str) -> None:
    assert named(refuse_query(offset=value))[1] == "offset"


@pytest.mark.parametrize("value", ["1", "500"])
def test_I_005_the_bounds_themselves_are_taken(value: str) -> None:
    assert parameters.decode_query([("limit", value)], Page).limit == int(value)


@pytest.mark.parametrize("key", ["names", "names[]"])
def test_I_006_at_most_100_values(key: str) -> None:
    assert parameters.decode_query([(key, str(index)) for index in range(100)], Page).names[99] == "99"
    assert named(refuse_query(**{key: ["x"] * 101}))[1] == "names"


@pytest.mark.parametrize("name", [field.name for field in msgspec.structs.fields(UserQuery) if "_at_" in field.name])
@pytest.mark.parametrize("value", [str(2**63), str(-(2**63) - 1), "1e30", "9" * 400])
def test_I_007_a_time_beyond_64_bits_is_refused(name: str, value: str) -> None:
    with pytest.raises(ServiceError) as refused:
        parameters.decode_query([(name, value)], UserQuery)
    assert refused.value.status == 422


def test_of_a_single_value_the_first_counts_and_unknown_keys_are_ignored() -> None:
    pairs = [("limit", "3"), ("limit", "4"), ("__clerk_api_version", "2026-08-20"), ("paginated", "true")]
    assert parameters.decode_query(pairs, Page) == Page(limit=3, paginated=True)


@pytest.mark.parametrize("value", ["yes", "maybe", "2", "", "null"])
def test_a_switch_is_true_or_false(value: str) -> None:
    assert named(refuse_query(paginated=value))[1] == "paginated"


@pytest.mark.parametrize("names", [["x\x00"], ["a", "\x00"]])
def test_I_010_a_query_with_nul_is_refused(names: list[str]) -> None:
    assert named(refuse_query(names=names)) == ("form_param_format_invalid", "names")
