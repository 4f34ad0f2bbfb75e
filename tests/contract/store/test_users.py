"""Users: what is stored comes back, what must be unique is, and every filter of GET /v1/users."""

# ruff: noqa: ANN001, ANN003, ANN201, ANN202 - fixtures are told apart by name; ids of cases are upper case

import asyncio

import pytest
from rows_of_tests import (
    NOW,
    a_client,
    a_membership,
    a_role,
    a_session,
    a_user,
    an_instance,
    an_organization,
    fill,
)
from sqlalchemy import text

from claimsmith_server.store import organizations, roles
from claimsmith_server.store.clients import insert_client
from claimsmith_server.store.errors import InvalidValue, TooLarge, UniqueViolation, UnknownCursor
from claimsmith_server.store.instances import insert_instance
from claimsmith_server.store.mint import load_mint_context
from claimsmith_server.store.sessions import SessionFilter, insert_session, list_sessions
from claimsmith_server.store.user_filters import ORDER_COLUMNS, Among, UserFilter, UserOrder, parse_among, parse_order
from claimsmith_server.store.users import (
    count_users,
    delete_user,
    insert_user,
    list_users,
    load_user,
    load_user_by_identifier,
    load_users,
    merge_user_metadata,
    update_user,
)

NASTY = [
    "'",
    '"',
    "\\",
    "%",
    "_",
    "(",
    ")",
    "/",
    "[a]",
    "{}",
    "--",
    "';drop table users;--",
    "é",
    "😀",
    "ﬃ",
    "\u202eabc",
]


async def names(db, instance_id="ins_a", order=None, **which):
    found = await list_users(db, instance_id, UserFilter(**which), order=order, limit=100)
    count = await count_users(db, instance_id, UserFilter(**which))
    assert count == len(found)
    return [user.id.removeprefix("user_") for user in found]


async def fill_three(db):
    await insert_instance(db, an_instance())
    await insert_user(
        db,
        a_user(
            "ada",
            emails=("Ada@Example.com", "zz_ada@x.test"),
            phones=("+15550001",),
            username="AdaL",
            first_name="Ada",
            last_name="Lovelace",
            external_id="e1",
            created_at=NOW + 1,
            last_active_at=NOW + 10,
            last_sign_in_at=NOW + 100,
            primary_web3_wallet="0xABC",
        ),
    )
    await insert_user(
        db,
        a_user(
            "bob",
            emails=("bob%50_off@example.com",),
            phones=("+15550002",),
            first_name="Böb",
            last_name="O'Neil 100%",
            banned=True,
            created_at=NOW + 2,
            last_active_at=NOW + 20,
        ),
    )
    await insert_user(db, a_user("cid", username="cid_x", external_id="e3", created_at=NOW + 3))


def test_a_user_comes_back_as_stored(db, run):
    async def story():
        await insert_instance(db, an_instance())
        user = a_user(
            "u",
            emails=("z@example.com", "a@example.com"),
            phones=("+2", "+1"),
            username="MixedCase",
            first_name="Ünï",
            last_name="O'Brien",
            public_metadata={"a": [1, 2.0, 1e300, -0.0, 12345678901234567890123, None, True, "\x7f"]},
            private_metadata={"$where": 1, "__proto__": {"x": 1}, "": 0, "1": "one", "k" * 1024: {}},
            create_organizations_limit=0,
            legal_accepted_at=NOW,
            password_digest="$argon2id$x",
        )
        await insert_user(db, user)
        loaded = await load_user(db, "ins_a", "user_u")
        assert loaded == user
        assert repr(loaded.public_metadata) == repr(user.public_metadata)
        assert type(loaded.banned) is bool
        assert [email.email_address for email in loaded.email_addresses] == ["z@example.com", "a@example.com"]
        assert await load_users(db, "ins_a", ["user_u", "user_nobody", "user_u"]) == {"user_u": user}
        assert await load_users(db, "ins_a", []) == {}
        assert await load_user(db, "ins_b", "user_u") is None
        for identifier in ("Z@Example.COM", "+1", "mixedcase"):
            assert (await load_user_by_identifier(db, "ins_a", identifier)).id == "user_u"
        assert await load_user_by_identifier(db, "ins_a", "nobody") is None

    run(story())


@pytest.mark.parametrize(
    ("first", "second", "field"),
    [
        ({"emails": ("same@example.com",)}, {"emails": ("SAME@example.com",)}, "email_address"),
        ({"phones": ("+1555",)}, {"phones": ("+1555",)}, "phone_number"),
        ({"username": "Same"}, {"username": "sAME"}, "username"),
        ({"external_id": "x"}, {"external_id": "x"}, "external_id"),
    ],
)
def test_Z_013_of_two_users_at_once_with_one_identifier_exactly_one_is_stored(db, run, first, second, field):
    async def story():
        await insert_instance(db, an_instance())
        tried = [insert_user(db, a_user("one", **first)), insert_user(db, a_user("two", **second))]
        outcomes = await asyncio.gather(*tried, return_exceptions=True)
        refused = [outcome for outcome in outcomes if outcome is not None]
        assert [type(error) for error in refused] == [UniqueViolation]
        assert refused[0].field == field
        assert await count_users(db, "ins_a", UserFilter()) == 1
        stored = (await list_users(db, "ins_a", UserFilter()))[0]
        addresses = await db.all(text("SELECT user_id FROM email_addresses"))
        assert {row[0] for row in addresses} <= {stored.id}

    run(story())


def test_Z_013_other_instances_may_have_the_same_identifiers(db, run):
    async def story():
        for name in ("a", "b"):
            await insert_instance(db, an_instance(name))
            user = a_user("u", emails=("u@example.com",), username="u", external_id="x", instance_id=f"ins_{name}")
            await insert_user(db, user)
        assert (await load_user(db, "ins_b", "user_u")).instance_id == "ins_b"
        assert await delete_user(db, "ins_a", "user_u")
        assert (await load_user(db, "ins_b", "user_u")).email_addresses[0].email_address == "u@example.com"

    run(story())


def test_Z_008_a_recycled_identifier_inherits_nothing(db, run):
    async def story():
        identifiers = {"emails": ("u@example.com",), "username": "u", "external_id": "x"}
        await fill(db, user=a_user("u", **identifiers))
        await organizations.insert_organization(db, an_organization())
        await roles.insert_role(db, a_role())
        await organizations.insert_membership(db, a_membership())
        await delete_user(db, "ins_a", "user_u")
        await insert_user(db, a_user("u", **identifiers))  # even the id is the same
        assert await list_sessions(db, "ins_a", SessionFilter(user_id="user_u"), now=NOW) == []
        assert await organizations.list_memberships(db, "ins_a", user_id="user_u") == []
        assert await load_mint_context(db, "sess_s", instance_id="ins_a") is None

    run(story())


def test_exact_filters_find_what_they_name(db, run):
    async def story():
        await fill_three(db)
        assert await names(db) == ["cid", "bob", "ada"]
        assert await names(db, email_address=("ADA@example.com", "nobody@x")) == ["ada"]
        assert await names(db, email_address=("zz_ada@x.test",)) == ["ada"]
        assert await names(db, phone_number=("+15550002", "+15550001")) == ["bob", "ada"]
        assert await names(db, username=("ADAL",)) == ["ada"]
        assert await names(db, web3_wallet=("0xABC",)) == ["ada"]
        assert await names(db, external_id=Among(("e1",))) == ["ada"]
        assert await names(db, external_id=Among((), ("e1",))) == ["cid", "bob"]
        assert await names(db, user_id=parse_among(("+user_ada", "user_bob"))) == ["bob", "ada"]
        assert await names(db, user_id=parse_among(("-user_ada",))) == ["cid", "bob"]
        assert await names(db, user_id=parse_among(("user_ada", "-user_ada"))) == []
        assert await names(db, banned=True) == ["bob"]
        assert await names(db, banned=False) == ["cid", "ada"]
        assert await names(db, instance_id="ins_b") == []

    run(story())


def test_organization_filters_include_and_exclude(db, run):
    async def story():
        await fill_three(db)
        await roles.insert_role(db, a_role())
        for name in ("o", "p"):
            await organizations.insert_organization(db, an_organization(name))
        await organizations.insert_membership(db, a_membership("org_o", "user_ada"))
        await organizations.insert_membership(db, a_membership("org_p", "user_ada"))
        await organizations.insert_membership(db, a_membership("org_p", "user_bob"))
        assert await names(db, organization_id=Among(("org_o",))) == ["ada"]
        assert await names(db, organization_id=Among(("org_o", "org_p"))) == ["bob", "ada"]
        assert await names(db, organization_id=Among(("org_p",), ("org_o",))) == ["bob"]
        assert await names(db, organization_id=Among((), ("org_p",))) == ["cid"]

    run(story())


def test_partial_filters_match_anywhere_and_in_any_case(db, run):
    async def story():
        await fill_three(db)
        assert await names(db, query="LOVE") == ["ada"]
        assert await names(db, query="ada lov") == ["ada"]
        assert await names(db, query="BÖB") == ["bob"]
        assert await names(db, query="USER_C") == ["cid"]
        assert await names(db, query="0xab") == ["ada"]
        assert await names(db, query="5550002") == ["bob"]
        assert await names(db, query="@EXAMPLE.com") == ["bob", "ada"]
        assert await names(db, email_address_query="ZZ_") == ["ada"]
        assert await names(db, phone_number_query="5550001") == ["ada"]
        assert await names(db, username_query="DAL") == ["ada"]
        assert await names(db, name_query="o'neil") == ["bob"]
        assert await names(db, name_query="") == ["cid", "bob", "ada"]

    run(story())


def test_I_002_texts_match_literally_whatever_they_hold(db, run):
    async def story():
        await fill_three(db)
        assert await names(db, query="%") == ["bob"]
        assert await names(db, query="_off") == ["bob"]
        assert await names(db, query="b_b") == []
        assert await names(db, query="%50_") == ["bob"]
        assert await names(db, username_query="d_x") == ["cid"]
        for position, nasty in enumerate(NASTY):
            await insert_user(db, a_user(f"n{position}", first_name=f"<{nasty}>", external_id=nasty))
            assert f"n{position}" in await names(db, name_query=f"<{nasty}>")
            assert await names(db, external_id=Among((nasty,))) == [f"n{position}"]
            assert await names(db, email_address=(nasty,)) == []
            assert await names(db, user_id=parse_among((f"-{nasty}",))) != []
        assert await names(db, query="x" * 10_000) == []
        assert await names(db, query="%" * 10_000) == []
        assert await names(db, query="😀" * 10_000) == []

    run(story())


@pytest.mark.parametrize(
    "which", ["query", "email_address_query", "phone_number_query", "username_query", "name_query"]
)
@pytest.mark.parametrize("bad", ["nul\0byte", "half \ud800 pair", "x" * 20_000])
def test_I_002_texts_that_an_engine_would_choke_on_are_refused_by_both(db, run, which, bad):
    async def story():
        with pytest.raises(InvalidValue):
            await list_users(db, "ins_a", UserFilter(**{which: bad}))

    run(story())


@pytest.mark.parametrize("bad", ["nul\0byte", "half \ud800 pair"])
def test_I_002_exact_values_that_an_engine_would_choke_on_are_refused_by_both(db, run, bad):
    async def story():
        for which in (
            UserFilter(email_address=(bad,)),
            UserFilter(username=(bad,)),
            UserFilter(user_id=Among((), (bad,))),
            UserFilter(organization_id=Among((bad,))),
        ):
            with pytest.raises(InvalidValue):
                await list_users(db, "ins_a", which)
            with pytest.raises(InvalidValue):
                await count_users(db, "ins_a", which)
        with pytest.raises(InvalidValue):
            await load_user(db, "ins_a", bad)

    run(story())


@pytest.mark.parametrize("name", [name for name in UserFilter.__struct_fields__ if "_at_" in name])
def test_I_007_times_beyond_64_bits_are_refused_by_both_engines(db, run, name):
    async def story():
        for beyond in (2**63, -(2**63) - 1, 10**30):
            with pytest.raises(InvalidValue) as refused:
                await list_users(db, "ins_a", UserFilter(**{name: beyond}))
            assert refused.value.name == name
        assert await list_users(db, "ins_a", UserFilter(**{name: 2**63 - 1})) == []

    run(story())


def test_time_filters_are_exclusive_before_and_after_and_inclusive_since(db, run):
    async def story():
        await fill_three(db)
        assert await names(db, created_at_before=NOW + 2) == ["ada"]
        assert await names(db, created_at_after=NOW + 2) == ["cid"]
        assert await names(db, last_active_at_before=NOW + 20) == ["ada"]
        assert await names(db, last_active_at_after=NOW + 20) == []
        assert await names(db, last_active_at_since=NOW + 20) == ["bob"]
        assert await names(db, last_sign_in_at_before=NOW + 101) == ["ada"]
        assert await names(db, last_sign_in_at_after=NOW + 100) == []

    run(story())


@pytest.mark.parametrize("name", sorted(ORDER_COLUMNS))
def test_every_order_works_both_ways_with_nulls_last(db, run, name):
    async def story():
        await fill_three(db)
        up = await names(db, order=UserOrder(name, descending=False))
        down = await names(db, order=UserOrder(name))
        assert sorted(up) == sorted(down) == ["ada", "bob", "cid"]
        with_value = {
            "created_at": ["ada", "bob", "cid"],
            "updated_at": ["ada", "bob", "cid"],
            "email_address": ["ada", "bob"],
            "web3wallet": ["ada"],
            "first_name": ["ada", "bob"],
            "last_name": ["ada", "bob"],
            "phone_number": ["ada", "bob"],
            "username": ["ada", "cid"],
            "last_active_at": ["ada", "bob"],
            "last_sign_in_at": ["ada"],
        }[name]
        assert up[: len(with_value)] == with_value
        assert down[: len(with_value)] == with_value[::-1]

    run(story())


@pytest.mark.parametrize(
    "text_of_order",
    [
        "created_at;--",
        "+(select 1)",
        "password_digest",
        "-private_metadata",
        "-password_digest",
        "id",
        "",
        "-",
        "--created_at",
        "created_at,email_address",
        "x" * 10_240,
    ],
)
def test_I_001_order_by_takes_only_names_of_the_table(text_of_order):
    assert parse_order(text_of_order) is None


def test_I_001_signs_of_order_by_are_read():
    assert parse_order("-created_at") == UserOrder("created_at", descending=True)
    assert parse_order("+username") == UserOrder("username", descending=False)
    assert parse_order("username") == UserOrder("username", descending=False)


def test_pages_by_cursor_show_each_user_once_even_when_made_in_the_same_millisecond(db, run):
    async def story():
        await insert_instance(db, an_instance())
        for number in range(25):
            await insert_user(db, a_user(f"{number:02d}", created_at=NOW + number // 10))
        for descending in (True, False):
            order = UserOrder("created_at", descending)
            seen: list[str] = []
            while page := await list_users(
                db, "ins_a", UserFilter(), order=order, limit=7, starting_after=seen[-1] if seen else None
            ):
                seen += [user.id for user in page]
            expected = sorted((f"user_{number:02d}" for number in range(25)), reverse=descending)
            assert seen == expected
        by_offset = [user.id for at in (0, 10, 20) for user in await list_users(db, "ins_a", UserFilter(), offset=at)]
        assert by_offset == sorted(by_offset, reverse=True)
        assert len(set(by_offset)) == 25

    run(story())


@pytest.mark.parametrize(
    "cursor", ["user_nobody", "", "' or 1=1 --", "MTIzNDU=", "user_of_b", "user_" + "9" * 5_000, "😀"]
)
def test_I_004_a_cursor_that_is_no_user_of_the_instance_is_refused(db, run, cursor):
    async def story():
        await insert_instance(db, an_instance())
        await insert_instance(db, an_instance("b"))
        await insert_user(db, a_user("of_b", instance_id="ins_b"))
        await insert_user(db, a_user("own"))
        with pytest.raises(UnknownCursor):
            await list_users(db, "ins_a", UserFilter(), starting_after=cursor)
        with pytest.raises(UnknownCursor):
            await list_users(db, "ins_a", UserFilter(), order=UserOrder("username"), starting_after="user_own")

    run(story())


def test_I_005_offsets_up_to_64_bits_are_answered_and_beyond_refused(db, run):
    async def story():
        await fill_three(db)
        assert await list_users(db, "ins_a", UserFilter(), offset=10**18) == []
        assert len(await list_users(db, "ins_a", UserFilter(), limit=10**18)) == 3
        for limit, offset in ((10, 10**19), (10**19, 0)):
            with pytest.raises(InvalidValue):
                await list_users(db, "ins_a", UserFilter(), limit=limit, offset=offset)

    run(story())


def test_an_update_changes_what_it_names_and_what_searching_looks_at(db, run):
    async def story():
        await fill_three(db)
        user = await update_user(db, "ins_a", "user_ada", {"username": "New", "last_name": None}, now=NOW + 50)
        assert (user.username, user.last_name, user.first_name, user.updated_at) == ("New", None, "Ada", NOW + 50)
        assert await names(db, username=("new",)) == ["ada"]
        assert await names(db, query="lovelace") == []
        assert await update_user(db, "ins_a", "user_nobody", {"banned": True}, now=NOW) is None
        with pytest.raises(UniqueViolation) as taken:
            await update_user(db, "ins_a", "user_ada", {"external_id": "e3", "first_name": "Half"}, now=NOW)
        assert taken.value.field == "external_id"
        assert (await load_user(db, "ins_a", "user_ada")).first_name == "Ada"
        for forbidden in ("id", "instance_id", "updated_at", "email_addresses", "no_such"):
            with pytest.raises(KeyError):
                await update_user(db, "ins_a", "user_ada", {forbidden: "x"}, now=NOW)

    run(story())


def test_I_009_metadata_merges_deeply_and_null_removes(db, run):
    async def story():
        start = {"keep": 1, "deep": {"a": 1, "b": {"c": 2}}, "list": [1, 2], "gone": 1}
        await fill(db, user=a_user("u", public_metadata=start, private_metadata={"p": 1}))
        patch = {
            "deep": {"b": {"c": None, "d": 3}, "e": {"x": None}},
            "list": [3],
            "gone": None,
            "$where": "1",
            "__proto__": {"polluted": True},
            "": "empty",
            "1": 1.0,
        }
        user = await merge_user_metadata(db, "ins_a", "user_u", {"public_metadata": patch}, now=NOW + 1)
        assert user.public_metadata == {
            "keep": 1,
            "deep": {"a": 1, "b": {"d": 3}, "e": {}},
            "list": [3],
            "$where": "1",
            "__proto__": {"polluted": True},
            "": "empty",
            "1": 1.0,
        }
        assert type(user.public_metadata["1"]) is float
        assert (user.private_metadata, user.updated_at) == ({"p": 1}, NOW + 1)
        assert await merge_user_metadata(db, "ins_a", "user_x", {"public_metadata": {}}, now=NOW) is None

    run(story())


def test_metadata_patches_at_the_same_time_all_arrive(db, run):
    async def story():
        await fill(db)
        patches = [{"public_metadata": {f"k{number}": number}} for number in range(30)]
        await asyncio.gather(*(merge_user_metadata(db, "ins_a", "user_u", patch, now=NOW) for patch in patches))
        user = await load_user(db, "ins_a", "user_u")
        assert user.public_metadata == {f"k{number}": number for number in range(30)}

    run(story())


def test_metadata_over_its_limit_is_refused_and_nothing_is_written(db, run):
    async def story():
        await fill(db)
        patches = {"unsafe_metadata": {"a": 1}, "public_metadata": {"long": "é" * 50}}
        with pytest.raises(TooLarge) as refused:
            await merge_user_metadata(db, "ins_a", "user_u", patches, now=NOW, limit=100)
        assert (refused.value.name, refused.value.size, refused.value.limit) == ("public_metadata", 111, 100)
        assert (await load_user(db, "ins_a", "user_u")).unsafe_metadata == {}

    run(story())


@pytest.mark.parametrize("bad", ["\0", "a\0b", "\\\0", "\ud800", "x\udfff"])
def test_I_010_nul_and_half_surrogate_pairs_in_metadata_are_refused_by_both(db, run, bad):
    async def story():
        await fill(db)
        for value in ({"k": bad}, {bad: 1}, {"deep": [{"x": [bad]}]}):
            with pytest.raises(InvalidValue) as refused:
                await merge_user_metadata(db, "ins_a", "user_u", {"private_metadata": value}, now=NOW)
            assert refused.value.name == "private_metadata"
            with pytest.raises(InvalidValue):
                await insert_user(db, a_user("v", public_metadata=value))
        with pytest.raises(InvalidValue):
            await update_user(db, "ins_a", "user_u", {"first_name": bad}, now=NOW)
        assert await load_user(db, "ins_a", "user_v") is None

    run(story())


def test_I_010_text_that_only_looks_like_an_escape_is_stored(db, run):
    async def story():
        await fill(db)
        value = {"k": "\\u0000", "l": "\\\\u0000", "m": "\u2028\x1f😀", "n": "\\ud800"}
        user = await merge_user_metadata(db, "ins_a", "user_u", {"public_metadata": value}, now=NOW)
        assert user.public_metadata == value

    run(story())


def test_S_018_sessions_and_clients_of_others_survive_a_deletion(db, run):
    async def story():
        await fill(db)
        await insert_user(db, a_user("v"))
        await insert_client(db, a_client("d"))
        await insert_session(db, a_session("other", user_id="user_v", client_id="client_c"))
        await delete_user(db, "ins_a", "user_u")
        left = await list_sessions(db, "ins_a", SessionFilter(), now=NOW)
        assert [session.id for session in left] == ["sess_other"]

    run(story())
