"""What holds of every session token: its budget, its reserved claims, its organization; and of ids and patches."""

import functools
import json
from typing import Any, cast

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from token_parts import (
    ALGORITHMS,
    NOW,
    SECONDS,
    TOKEN_ID,
    a_session,
    a_signer,
    a_template,
    a_user,
    an_issue,
    an_organization,
    expand_like_javascript,
)

from claimsmith_server.core import ids, size, tokens
from claimsmith_server.core.errors import ServiceError
from claimsmith_server.core.models import ClaimsContext, TokenMembership

EXAMPLES = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LIMIT = 4096

characters = st.characters(exclude_categories=["Cs"])
lengths = st.sampled_from([0, 1, 5, 50, 500, 1000, 2000, 2600, 2700, 5000])
fillings = st.sampled_from(["x", "é", "€", "😀", '"', "\\", "\n", "\x7f", "\u2028"])
long_texts = st.builds(lambda filling, length: filling * length, fillings, lengths)
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.text(characters, max_size=30),
    long_texts,
    st.lists(long_texts, max_size=3),
    st.dictionaries(st.text(characters, max_size=5), st.integers(), max_size=3),
)
names = st.text(characters, min_size=1, max_size=8) | st.sampled_from(["plan", "role", "n" * 300, "é" * 120, "*"])
customs = st.dictionaries(names, values, max_size=8)
permissions = st.lists(
    st.tuples(
        st.sampled_from(["posts", "billing", "a", "sys_profile", "f" * 60]),
        st.sampled_from(["read", "edit", "x", "p" * 200]) | st.integers(0, 70).map(lambda number: f"p{number}"),
    ).map(lambda pair: f"org:{pair[0]}:{pair[1]}"),
    unique=True,
    max_size=80,
).map(tuple)
actors = st.none() | st.just({"sub": "user_2"}) | st.builds(lambda text: {"sub": text}, long_texts)
memberships = st.none() | st.builds(TokenMembership, st.sampled_from(["org:admin", "org:member"]), permissions)
slugs = st.sampled_from(["acme", "a" * 100, "a" * 2500])


def make_context(actor: Any, membership: TokenMembership | None, slug: str) -> ClaimsContext:
    session = a_session(actor=actor)
    if membership is None:
        return ClaimsContext(a_user(), session)
    return ClaimsContext(a_user(), session, an_organization(slug=slug), membership)


memberships = st.none() | st.builds(
    TokenMembership, st.sampled_from(["org:admin", "org:member"]), permissions, st.just({})
)
contexts = st.builds(make_context, actors, memberships, slugs)


@functools.cache
def empty_template() -> Any:
    return a_template("{}")


def with_claims(custom: dict[str, Any]) -> Any:
    """A template that renders exactly `custom`, whatever the compiler's limits would say of its length."""
    return type(empty_template())((), frozenset(), empty_template().expression, custom, ())


@EXAMPLES
@given(
    custom=customs,
    context=contexts,
    algorithm=st.sampled_from(ALGORITHMS),
    version=st.sampled_from([1, 2]),
    policy=st.sampled_from(["shed", "refuse"]),
    data=st.data(),
)
def test_no_session_token_exceeds_a_cookie(  # noqa: PLR0913, PLR0917 - all that a token is made of
    custom: dict[str, Any], context: ClaimsContext, algorithm: str, version: Any, policy: Any, data: st.DataObject
) -> None:
    priority = tuple(data.draw(st.permutations(sorted(custom))))[: data.draw(st.integers(0, 8))]
    signer = a_signer(algorithm)
    try:
        composition = tokens.compose_session_token(
            with_claims(custom),
            context,
            an_issue(),
            signer,
            claims_version=version,
            size_policy=policy,
            claims_priority=priority,
        )
    except ServiceError as error:
        assert error.items[0].code == "token_too_large"  # noqa: PT017 - a token may come, too
        assert _least_cookie(context, signer, version) > LIMIT
        return
    token = tokens.sign(composition, signer)
    claims = json.loads(composition.payload)
    assert composition.cookie_bytes == size.COOKIE_NAME_BYTES + len(token) <= LIMIT
    assert (claims["sub"], claims["sid"], claims["jti"], claims["iat"]) == ("user_1", "sess_1", TOKEN_ID, SECONDS)
    _check_omitted(composition, claims, _allowed(custom, version))


def _allowed(custom: dict[str, Any], version: Any) -> dict[str, Any]:
    return {name: value for name, value in custom.items() if name not in tokens._SESSION_RESERVED[version]}


def _least_cookie(context: ClaimsContext, signer: Any, version: Any) -> int:
    """Cookie bytes of the server's own claims alone, without permissions."""
    from claimsmith_server.core import jose

    defaults = tokens._without_permissions(tokens._session_defaults(context, an_issue(), version))
    payload = json.dumps({"_omitted": ["*", "o.per"], **defaults}, separators=(",", ":"), ensure_ascii=False)
    header = jose.encode_header(signer.algorithm, signer.kid, category="cl_B7d4PD111AAA", issued_at=SECONDS)
    token = size.token_length(len(header), len(payload.encode()), signer.signature_size)
    return size.cookie_bytes(token)


def _check_omitted(composition: tokens.Composition, claims: dict[str, Any], custom: dict[str, Any]) -> None:
    """`_omitted` names exactly what is missing, or says `*` for everything."""
    missing = {name for name in custom if name not in claims}
    if not composition.omitted:
        assert "_omitted" not in claims
        assert missing == set()
        return
    assert claims["_omitted"] == list(composition.omitted)
    if "*" in custom:
        return  # a claim of that very name reads as "everything": what is sent is right, what is told says more
    if composition.omitted[0] == "*":
        assert missing == set(custom)
    else:
        assert missing == set(composition.omitted)
        assert len(set(composition.omitted)) == len(composition.omitted)


@EXAMPLES
@given(custom=customs.filter(lambda claims: "*" not in claims), room=st.integers(0, 4000), data=st.data())
def test_the_kept_set_is_the_largest_in_the_documented_order(
    custom: dict[str, Any], room: int, data: st.DataObject
) -> None:
    priority = tuple(data.draw(st.permutations(sorted(custom))))[: data.draw(st.integers(0, 8))]
    fitted = size.fit(custom, policy="shed", priority=priority, payload_room=room)
    free = sorted(
        (name for name in custom if name not in priority),
        key=lambda name: (-len(_encode({name: custom[name]})), name),
    )
    order = [*free, *(name for name in reversed(priority) if name in custom)]
    for shed in range(len(order) + 1):
        kept = {name: custom[name] for name in custom if name not in order[:shed]}
        told = kept | ({"_omitted": order[:shed]} if shed else {})
        if _members_size(told) <= room:
            assert fitted is not None
            assert (fitted.claims, list(fitted.omitted)) == (kept, order[:shed])
            assert list(fitted.claims) == list(kept)
            return
    assert fitted is None or (fitted.claims == {} and fitted.omitted == ("*",))
    assert (fitted is None) == (_members_size({"_omitted": ["*"]}) > room)


def _encode(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _members_size(claims: dict[str, Any]) -> int:
    """Bytes that members add to an object that has others: each with a comma."""
    return sum(len(_msgspec(name)) + len(_msgspec(value)) + 2 for name, value in claims.items())


def _msgspec(value: Any) -> bytes:
    import msgspec

    return msgspec.json.encode(value)


@EXAMPLES
@given(permissions=permissions)
def test_the_organization_read_by_the_javascript_sdk_grants_no_more_than_the_role(permissions: tuple[str, ...]) -> None:
    context = make_context(None, TokenMembership("org:admin", permissions, {}), "acme")
    composition = tokens.compose_session_token(None, context, an_issue(), a_signer())
    seen = expand_like_javascript(json.loads(composition.payload))
    told = [key for key in permissions if ":sys_" not in key]
    assert set(seen["org_permissions"]) <= set(told)
    distinct = len({key.rsplit(":", 1)[1] for key in told})
    if distinct <= 53 and "o.per" not in composition.omitted:
        assert set(seen["org_permissions"]) == set(told)


@EXAMPLES
@given(
    first=st.tuples(st.integers(NOW, NOW + 10**12), st.binary(min_size=16, max_size=16)),
    second=st.tuples(st.integers(NOW, NOW + 10**12), st.binary(min_size=16, max_size=16)),
)
def test_ids_sort_by_age_and_never_collapse(first: tuple[int, bytes], second: tuple[int, bytes]) -> None:
    one, other = ids.make_id("user", *first), ids.make_id("user", *second)
    assert len(one) == len(other) == len("user_") + 28
    assert one.removeprefix("user_").isalnum()
    if first[0] // 1000 < second[0] // 1000:
        assert one < other
    assert (one == other) == ((first[0] // 1000, first[1]) == (second[0] // 1000, second[1]))


@EXAMPLES
@given(payload=st.dictionaries(names, values, max_size=4))
def test_payload_bytes_are_the_claims_and_nothing_else(payload: dict[str, Any]) -> None:
    composition = tokens.compose_session_token(
        with_claims(payload), make_context(None, None, ""), an_issue(), a_signer()
    )
    assert json.loads(composition.payload) == cast("Any", json.loads(_msgspec(composition.claims)))
