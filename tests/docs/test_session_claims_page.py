"""The how-to for session claims in Python: its code runs, and what it says of errors and routes is so."""

import asyncio
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from claimsmith.auth import Auth, make_auth
from claimsmith.claims.mapping import MissingClaimError
from claimsmith.typed_claims import ClaimsError, convert_claims
from claimsmith_server.faces import BACKEND_ROUTES, FRONTEND_ROUTES
from claimsmith_server.wire.session import SessionClaims

CLAIMS = {"sub": "user_1", "fullName": "Ada", "primaryEmail": "ada@example.com", "bio": "Long."}


def read(repository: Path, name: str) -> str:
    return (repository / "docs" / name).read_text(encoding="utf-8")


@pytest.fixture
def page(repository: Path) -> str:
    return read(repository, "how-to/session-claims.md")


@pytest.fixture
def names(page: str) -> dict[str, Any]:
    """What the page's code defines, each block after the one before."""
    space: dict[str, Any] = {"Auth": Auth, "msgspec": msgspec, "convert_claims": convert_claims}
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        exec(block, space)  # noqa: S102 - the page of this repository
    return space


def test_the_pages_code_reads_claims(names: dict[str, Any]) -> None:
    auth = make_auth(CLAIMS, "token")
    assert names["greet"](auth) == names["greet_typed"](auth) == "Hello Ada"
    assert names["greet"](make_auth({"sub": "user_1"}, "token")) == "Hello stranger"
    assert asyncio.run(names["read_bio"](auth)) == names["read_bio_in_a_thread"](auth) == "Long."


def test_errors_say_what_the_page_says(page: str, names: dict[str, Any]) -> None:
    missing, misfit = (line.strip() for line in re.findall(r"^    (?:This token|The claim) .*$", page, re.MULTILINE))
    with pytest.raises(MissingClaimError) as caught:
        make_auth({name: value for name, value in CLAIMS.items() if name != "bio"}, "token").session_claims["fulName"]
    assert missing.removesuffix(", …") == str(caught.value).removesuffix(".")
    with pytest.raises(ClaimsError) as refused:
        convert_claims(make_auth({**CLAIMS, "fullName": 7}, "token"), names["MyClaims"])
    assert str(refused.value) == misfit


def test_the_page_of_our_own_routes_names_routes_and_members_that_are_there(repository: Path) -> None:
    page = read(repository, "reference/additions.md")
    served = {
        re.sub(r"\{\w+:str\}", "{id}", path)
        for one in (*BACKEND_ROUTES, *FRONTEND_ROUTES)
        for path in getattr(one, "paths", ())
    }
    named = set(re.findall(r"^\| `GET (\S+)`", page, re.MULTILINE))
    assert len(named) == 3
    assert named <= served
    (example,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    told = msgspec.json.decode(example, type=SessionClaims)
    assert set(msgspec.json.decode(example)) == set(SessionClaims.__struct_fields__)
    assert told.omitted == ("bio",)
