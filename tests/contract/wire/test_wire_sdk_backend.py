"""The SDK's client of the Backend API against a running server: every example of both clients is run."""

import ast
import asyncio
import inspect
import itertools
import re
import textwrap
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from openapi import Specification
from servers import Server

from claimsmith.backend import ApiError, AsyncBackendClient, BackendClient, Retries, User
from claimsmith.backend.operation import Operation
from claimsmith.backend.operations import RESOURCES
from claimsmith.network.transport import AsyncTransport, Transport

EXAMPLE = re.compile(r"```python\n(.*?)```", re.DOTALL)
NUMBERS = itertools.count(1)
RETRIES = Retries()
NEEDS_BROWSER = {"sessions.refresh", "clients.verify", "clients.get_handshake_payload"}
"""Their arguments come from browsers; each has a test of its own here."""
METHODS = [
    f"{module.__name__.rpartition('.')[2]}.{name}"
    for module in RESOURCES
    for constant, one in vars(module).items()
    if isinstance(one, Operation)
    for name in ([constant.lower(), "iterate"] if one.iterates else [constant.lower()])
]


@pytest.fixture(scope="module")
def backend(claimsmith_server: Server, check_response: Callable[[httpx.Response], None]) -> Iterator[BackendClient]:
    """A client of the server; its traffic is compared with the published file."""
    hooks = {"response": [check_response]}
    with httpx.Client(event_hooks=hooks, trust_env=False, timeout=20) as http:
        yield BackendClient(api_url=claimsmith_server.bapi_url, secret_key=claimsmith_server.secret_key, http=http)


class Names(MutableMapping[str, Any]):
    """What examples take for granted, made when an example asks for it: each name anew in each example."""

    def __init__(self, backend: BackendClient, given: dict[str, Any]) -> None:
        self._backend = backend
        self._known: dict[str, Any] = given

    def __getitem__(self, name: str) -> Any:
        if name not in self._known:
            self._known[name] = getattr(self, f"_make_{name}", self._no_name)()
        return self._known[name]

    def _no_name(self) -> Any:
        raise KeyError

    def _make_email(self) -> str:
        return f"grace{next(NUMBERS)}@example.com"

    def _make_password(self) -> str:
        return "correct horse battery"

    def _make_user_id(self) -> str:
        made = self._backend.users.create(email_address=[self._make_email()], password=self._make_password())
        return made.id

    def _make_other_user_id(self) -> str:
        return self._backend.users.create(email_address=[self._make_email()]).id

    def _make_session_id(self) -> str:
        return self._backend.sessions.create(user_id=self["user_id"]).id

    def _make_client_id(self) -> str:
        return self._backend.sessions.get(self["session_id"]).client_id

    def _make_organization_id(self) -> str:
        return self._backend.organizations.create(name="Acme", created_by=self["user_id"]).id

    def _make_member_id(self) -> str:
        made = self._backend.organization_memberships.create(
            self["organization_id"], user_id=self["other_user_id"], role="org:member"
        )
        assert made.public_user_data is not None
        return made.public_user_data.user_id or ""

    def _make_invitation_id(self) -> str:
        made = self._backend.organization_invitations.create(
            self["organization_id"], email_address=self["email"], role="org:member"
        )
        return made.id

    def _make_new_name(self) -> str:
        return f"template_{next(NUMBERS)}"

    def _make_template_name(self) -> str:
        name = self._make_new_name()
        self._backend.jwt_templates.create(name=name, claims={"email": "{{user.primary_email_address}}"})
        return name

    def _make_template_id(self) -> str:
        return self._backend.jwt_templates.create(name=self._make_new_name(), claims={}).id

    def _make_instance_id(self) -> str:
        return self._backend.instance.get().id

    def _make_claims(self) -> dict[str, str]:
        return {"fullName": "{{user.full_name}}"}

    def _make_sign_in_token_id(self) -> str:
        return self._backend.sign_in_tokens.create(user_id=self["user_id"]).id

    def _make_actor_token_id(self) -> str:
        return self._backend.actor_tokens.create(user_id=self["user_id"], actor={"sub": "user_support"}).id

    def __setitem__(self, name: str, value: Any) -> None:
        self._known[name] = value

    def __delitem__(self, name: str) -> None:
        del self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def read_example(method: str, client: BackendClient | AsyncBackendClient) -> str:
    resource, name = method.split(".")
    found = EXAMPLE.search(inspect.getdoc(getattr(getattr(client, resource), name)) or "")
    assert found is not None, f"{method} has no example"
    return textwrap.dedent(found[1])


@pytest.fixture
def unchanged(backend: BackendClient) -> Iterator[None]:
    """The instance as it was: other tests of the run share it."""
    yield
    backend.instance.update(allowed_origins=[])


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("method", [one for one in METHODS if one not in NEEDS_BROWSER])
def test_the_example_of_a_method_runs(backend: BackendClient, method: str) -> None:
    code = compile(read_example(method, backend), method, "exec")
    exec(code, {"print": lambda *_: None}, Names(backend, {"backend": backend}))  # noqa: S102 - our own docstrings


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("method", [one for one in METHODS if one not in NEEDS_BROWSER])
def test_the_example_of_a_method_runs_in_an_event_loop(
    backend: BackendClient, claimsmith_server: Server, method: str
) -> None:
    async def run() -> None:
        url, secret_key = claimsmith_server.bapi_url, claimsmith_server.secret_key
        async with AsyncBackendClient(api_url=url, secret_key=secret_key) as looping:
            names = Names(backend, {"backend": looping})
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            code = compile(read_example(method, looping), method, "exec", flags=flags)
            result = eval(code, {"print": lambda *_: None}, names)  # noqa: S307 - our own docstrings
            if inspect.isawaitable(result):
                await result

    asyncio.run(run())


def test_a_user_from_beginning_to_end(backend: BackendClient) -> None:
    email = f"grace{next(NUMBERS)}@example.com"
    user = backend.users.create(
        email_address=[email], first_name="Grace", last_name="Hopper", password="correct horse battery"
    )
    assert isinstance(user, User)
    assert (user.full_name, user.primary_email_address) == ("Grace Hopper", email)
    assert user.created_at > 1_700_000_000_000
    assert backend.users.get(user.id) == user
    assert backend.users.list(email_address=email) == (user,)
    assert backend.users.count(email_address=[email, "nobody@example.com"]).total_count == 1
    changed = backend.users.update(user.id, last_name=None)
    assert (changed.first_name, changed.last_name, changed.full_name) == ("Grace", None, "Grace")
    backend.users.update_metadata(user.id, public_metadata={"a": {"b": 1, "c": 2}})
    merged = backend.users.update_metadata(user.id, public_metadata={"a": {"b": None}}, private_metadata={"x": 1})
    assert (merged.public_metadata, merged.private_metadata) == ({"a": {"c": 2}}, {"x": 1})
    replaced = backend.users.replace_metadata(user.id, public_metadata={})
    assert (replaced.public_metadata, replaced.private_metadata) == ({}, {"x": 1})
    assert backend.users.verify_password(user.id, password="correct horse battery").verified
    assert backend.users.ban(user.id).banned
    assert not backend.users.unban(user.id).banned
    assert backend.users.lock(user.id).locked
    assert not backend.users.unlock(user.id).locked
    deleted = backend.users.delete(user.id)
    assert (deleted.object, deleted.id, deleted.deleted) == ("user", user.id, True)
    with pytest.raises(ApiError) as caught:
        backend.users.get(user.id)
    assert (caught.value.status, caught.value.codes) == (404, ("resource_not_found",))
    assert caught.value.trace_id


def test_a_wrong_password_is_an_error_that_does_not_tell_it(backend: BackendClient) -> None:
    user = backend.users.create(email_address=[f"grace{next(NUMBERS)}@example.com"], password="correct horse battery")
    with pytest.raises(ApiError) as caught:
        backend.users.verify_password(user.id, password="incorrect horse")
    assert caught.value.codes == ("form_password_incorrect",)
    assert "incorrect horse" not in f"{caught.value}{caught.value!r}"


@pytest.mark.usefixtures("seed_claims")
def test_a_session_its_claims_and_its_tokens(backend: BackendClient, claimsmith_server: Server) -> None:
    user = backend.users.create(email_address=[f"grace{next(NUMBERS)}@example.com"], first_name="Grace")
    session = backend.sessions.create(user_id=user.id)
    assert backend.sessions.list(user_id=user.id).data == (session,)
    claims = backend.sessions.get_claims(session.id)
    token = backend.sessions.create_token(session.id, expires_in_seconds=600)
    told = jwt.decode(token.jwt, claimsmith_server.jwt_key, algorithms=["RS256"], options={"verify_aud": False})
    assert (told["sub"], told["exp"] - told["iat"]) == (user.id, 600)
    assert claims.session_id == session.id
    assert claims.claims["fullName"] == told["fullName"] == "Grace"
    assert claims.claims.items() <= told.items()
    assert backend.sessions.revoke(session.id).status == "revoked"
    with pytest.raises(ApiError):
        backend.sessions.create_token(session.id)
    assert backend.sessions.list(user_id=user.id, status="active").total_count == 0


def test_a_config_change_can_be_tried_and_refuses_a_version_of_before(
    backend: BackendClient, claimsmith_server: Server
) -> None:
    instance_id = claimsmith_server.instance_id
    before = backend.config.get(instance_id, keys="session")
    claims = {"plan": "{{user.public_metadata.plan || 'free'}}"}
    document = {"session": {"claims": claims}}
    tried = backend.config.update(instance_id, document=document, dry_run=True, if_match=before.config_version)
    assert (tried.dry_run, tried.after["session"]["claims"]) == (True, claims)
    assert backend.config.get("development", keys="session") == before
    with pytest.raises(ApiError) as caught:
        backend.config.update(instance_id, document=document, dry_run=True, if_match="999999")
    assert caught.value.codes == ("config_version_mismatch",)


def test_all_users_are_iterated_over_by_both_clients(backend: BackendClient, claimsmith_server: Server) -> None:
    tag = f"zeta{next(NUMBERS)}"
    made = [backend.users.create(email_address=[f"{tag}{number}@example.com"]).id for number in range(7)]
    assert [user.id for user in backend.users.iterate(query=tag, page_size=3)] == made[::-1]
    assert [user.id for user in backend.users.iterate(query=tag, page_size=7, order_by="+created_at")] == made
    by_address = backend.users.iterate(query=tag, page_size=2, order_by="-email_address")
    assert [user.id for user in by_address] == made[::-1]

    async def gather() -> list[str]:
        url, secret_key = claimsmith_server.bapi_url, claimsmith_server.secret_key
        async with AsyncBackendClient(api_url=url, secret_key=secret_key) as looping:
            return [user.id async for user in looping.users.iterate(query=tag, page_size=3)]

    assert asyncio.run(gather()) == made[::-1]
    for user in backend.users.iterate(query=tag, page_size=2):
        backend.users.delete(user.id)
    assert backend.users.count(query=tag).total_count == 0


def test_a_wrong_secret_key_is_told_as_such(claimsmith_server: Server) -> None:
    backend = BackendClient(api_url=claimsmith_server.bapi_url, secret_key="sk_test_wrong")
    with backend, pytest.raises(ApiError) as caught:
        backend.users.count()
    assert (caught.value.status, caught.value.codes) == (401, ("clerk_key_invalid",))
    assert "sk_test_wrong" not in str(caught.value)


def test_what_only_browsers_bring_is_asked_for_rightly(backend: BackendClient) -> None:
    for call in (
        lambda: backend.clients.verify(token="made-up"),
        lambda: backend.clients.get_handshake_payload(nonce="made-up"),
        lambda: backend.sessions.refresh(
            "sess_made_up", expired_token="a.b.c", refresh_token="r", request_origin="http://localhost:3000"
        ),
    ):
        with pytest.raises(ApiError) as caught:
            call()
        assert caught.value.codes
        assert not {"form_param_missing", "form_param_unknown", "route_not_found"} & set(caught.value.codes)


def test_the_transports_of_the_clients_try_again(claimsmith_server: Server) -> None:
    url, secret_key = claimsmith_server.bapi_url, claimsmith_server.secret_key
    assert Transport(url, secret_key).retries.attempts == AsyncTransport(url, secret_key).retries.attempts == 1
    with BackendClient(api_url=url, secret_key=secret_key) as backend:
        assert backend._transport.retries == RETRIES
        assert RETRIES.attempts > 1


def test_the_traffic_was_compared_with_the_published_file(backend: BackendClient, specification: Specification) -> None:
    backend.users.count()
    assert 200 in specification.tally["GET /users/count"]


def test_the_how_to_runs_as_one_program(
    repository: Path, start_server: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start_server("--ephemeral")
    monkeypatch.setenv("CLERK_API_URL", server.bapi_url)
    monkeypatch.setenv("CLERK_SECRET_KEY", server.secret_key)
    page = (repository / "docs/how-to/backend-client.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec("\n".join(EXAMPLE.findall(page)), names)  # noqa: S102 - our own page
    assert asyncio.run(names["name_of"](names["user"].id)) == "Katherine"
    assert names["backend"].config.get("development", keys="session").session["claims"] == names["claims"]
    names["backend"].close()


def test_the_how_to_names_every_method(repository: Path) -> None:
    page = (repository / "docs/how-to/backend-client.md").read_text(encoding="utf-8")
    told = {
        f"{resource}.{method}"
        for row in re.findall(r"^\| (`[a-z_`, ]+) \| (`.*`) \|$", page, re.MULTILINE)
        for resource in re.findall(r"\w+", row[0])
        for method in re.findall(r"\w+", row[1])
    }
    assert told == set(METHODS)
