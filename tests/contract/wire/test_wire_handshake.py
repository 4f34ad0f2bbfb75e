"""The unmodified @clerk/backend through whole handshakes and refreshes (contract 2.4b, 4.9, 5.5; cases S-005 to S-015).

The application is `authenticateRequest` alone; redirects and cookies are followed as a browser follows them. All is on
`localhost`, whose cookies every port shares, so one jar serves the application and the Frontend API.
"""

import itertools
from collections.abc import Callable, Iterator
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from clerk_backend_api import Clerk
from node_sdk import NodeError, NodeSdk, install_packages, running_node
from timed_server import TimedServer, running_timed_server
from token_parts import decode_token

from claimsmith.instance import parse_publishable_key
from claimsmith_server.core.models import Membership, Organization, Session, User
from claimsmith_server.services.callers import Credentials, client_cookie, load_caller
from claimsmith_server.services.clients import require_client
from claimsmith_server.services.session_start import start_session
from claimsmith_server.services.session_tokens import Asked, mint_for_client
from claimsmith_server.store import organizations, users
from claimsmith_server.store.database import Tx

pytestmark = pytest.mark.node

ORIGIN = "http://localhost:3000"
DOCUMENT = {"accept": "text/html", "sec-fetch-dest": "document"}
FETCH = {"accept": "*/*", "sec-fetch-dest": "empty"}
MOST_REQUESTS = 25
FORMATS = pytest.mark.parametrize("fmt", ["nonce", "token"])
emails = itertools.count(1)


class Visitor:
    """A browser at an application; `sdk` is the application's server."""

    def __init__(self, timed: TimedServer, node: NodeSdk, fmt: str = "nonce") -> None:
        self.timed = timed
        self.node = node
        self.fmt = fmt
        self.jar: dict[str, str] = {}
        self.handshakes: list[dict[str, str]] = []
        """The queries of the handshakes so far."""
        self.options: dict[str, Any] = {"proxyUrl": timed.server.url, "authorizedParties": [ORIGIN]}
        self.suffix = parse_publishable_key(timed.server.publishable_key).cookie_suffix
        self.keeps: Callable[[str], bool] = lambda _: True
        """Which cookies this browser keeps, by name."""

    def visit(self, path: str = "/", headers: dict[str, str] | None = None) -> Any:
        """What the SDK says of a page's request in the end; it is more than two seconds after the one before."""
        self.jar.pop("__clerk_redirect_count", None)
        url = ORIGIN + path
        for _ in range(MOST_REQUESTS):
            state = self.authenticate(url, headers or DOCUMENT)
            self.keep(state["setCookies"])
            location = state["headers"].get("location")
            if location is None:
                return state
            url = self.shake(location) if location.startswith(self.timed.server.url) else location
        raise AssertionError("no end to it")

    def authenticate(self, url: str, headers: dict[str, str], cookie: str | None = None) -> Any:
        """What the SDK says of one request."""
        line = "; ".join(f"{name}={value}" for name, value in self.jar.items()) if cookie is None else cookie
        request = {"url": url, "method": "GET", "headers": headers | ({"cookie": line} if line else {})}
        return self.node("authenticateRequest", request, self.options)

    def shake(self, location: str) -> str:
        """Where the Frontend API leads."""
        parts = urlsplit(location)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        assert query["format"] == "nonce", "what this SDK asks for"
        query["format"] = self.fmt
        self.handshakes.append(query)
        line = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        headers = DOCUMENT | ({"cookie": line} if line else {})
        address = f"{parts.scheme}://{parts.netloc}{parts.path}"
        answer = httpx.get(address, params=query, headers=headers, trust_env=False)
        assert answer.status_code == 307, answer.text
        self.keep(answer.headers.get_list("set-cookie"))
        found: str = answer.headers["location"]
        return found

    def keep(self, lines: list[str]) -> None:
        """Take cookies as a browser does."""
        for line in lines:
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.jar.pop(name, None)
                elif self.keeps(name):
                    self.jar[name] = morsel.value

    def sign_in(self, user: User) -> Session:
        """A session on this browser's client; the application has only heard that something happened."""
        service, instance = self.timed.service, self.timed.instance
        is_live = instance.environment == "production"
        credentials = Credentials(
            dev_browser=None if is_live else self.jar["__clerk_db_jwt"],
            client_tokens=tuple(filter(None, [self.jar.get(client_cookie(instance))])),
            origin=ORIGIN,
        )

        async def work() -> Any:
            caller = await load_caller(service, instance, credentials)

            async def start(tx: Tx) -> Any:
                made = await require_client(service, tx, caller)
                return await start_session(service, tx, caller, made.client, user, strategy="password")

            return await service.database.transact(start)

        started = self.timed.run(work())
        self.jar[client_cookie(instance)] = started.client_token
        self.set_uat(service.clock.now() // 1000)
        session: Session = started.session
        return session

    def set_uat(self, seconds: int) -> None:
        """What clerk-js writes after a sign-in (development), or the Frontend API itself (live)."""
        self.jar["__client_uat"] = self.jar[f"__client_uat_{self.suffix}"] = str(seconds)

    def set_token(self, token: str) -> None:
        """The session token that clerk-js left."""
        self.jar["__session"] = self.jar[f"__session_{self.suffix}"] = token


@pytest.fixture(scope="module")
def development(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimedServer]:
    """A development instance."""
    with running_timed_server(tmp_path_factory.mktemp("dev"), "development", "timed.clerk.accounts.dev") as timed:
        yield timed


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimedServer]:
    """A production instance whose application is at localhost, as its owner allowed."""
    with running_timed_server(tmp_path_factory.mktemp("live"), "production", "clerk.timed.test") as timed:
        headers = {"Authorization": f"Bearer {timed.server.secret_key}"}
        body = {"allowed_origins": [ORIGIN]}
        url = f"{timed.server.bapi_url}/v1/instance"
        assert httpx.patch(url, json=body, headers=headers, trust_env=False).status_code == 204
        yield timed


@pytest.fixture(scope="module")
def dev_node(development: TimedServer) -> Iterator[NodeSdk]:
    """The SDK of an application of the development instance."""
    install_packages()
    with running_node(development.server) as sdk:
        yield sdk


@pytest.fixture(scope="module")
def live_node(live: TimedServer) -> Iterator[NodeSdk]:
    """The SDK of an application of the production instance."""
    install_packages()
    with running_node(live.server) as sdk:
        yield sdk


@pytest.fixture
def visitor(development: TimedServer, dev_node: NodeSdk) -> Iterator[Visitor]:
    """A browser at the development instance's application; the server's clock is right again afterwards."""
    yield Visitor(development, dev_node)
    development.offset_seconds = 0


@pytest.fixture
def live_visitor(live: TimedServer, live_node: NodeSdk) -> Iterator[Visitor]:
    """A browser at the production instance's application."""
    yield Visitor(live, live_node)
    live.offset_seconds = 0


def ask(timed: TimedServer, method: str, path: str, body: Any = None) -> Any:
    """The JSON of a Backend API request that succeeds."""
    headers = {"Authorization": f"Bearer {timed.server.secret_key}"}
    url = f"{timed.server.bapi_url}/v1{path}"
    answer = httpx.request(method, url, json=body, headers=headers, trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer.json()


def new_user(timed: TimedServer) -> User:
    """Ada Lovelace."""
    body = {"first_name": "Ada", "email_address": [f"ada{next(emails)}@example.com"]}
    made = ask(timed, "POST", "/users", body)
    user = timed.run(users.load_user(timed.service.database, timed.instance.id, made["id"]))
    assert user
    return user


def mint(timed: TimedServer, session: Session) -> str:
    """A token of a session, dated by the server's clock."""
    asked = Asked(session_id=session.id, authorized_party=ORIGIN)
    return timed.run(mint_for_client(timed.service, timed.instance.id, session.client_id, asked)).jwt


def expire(visitor: Visitor) -> Session:
    """A session of five minutes ago, whose token expired a minute ago, in a browser that knows the application."""
    timed = visitor.timed
    if timed.instance.environment == "development":
        visitor.visit()
    timed.offset_seconds = -300
    session = visitor.sign_in(new_user(timed))
    timed.offset_seconds = -120
    visitor.set_token(mint(timed, session))
    timed.offset_seconds = 0
    return session


def user_of(state: Any) -> str | None:
    """Who the SDK says it is, or nobody."""
    found: str | None = (state["auth"] or {}).get("userId")
    assert (state["status"] == "signed-in") == (found is not None)
    return found


# -------------------------------------------------------------------------------------------------------- handshakes
@FORMATS
def test_development_a_first_visit_and_a_sign_in_take_one_handshake_each(visitor: Visitor, fmt: str) -> None:
    visitor.fmt = fmt
    state = visitor.visit("/page?a=1")
    assert (state["status"], state["reason"]) == ("signed-out", "session-token-and-uat-missing")
    assert [query["__clerk_hs_reason"] for query in visitor.handshakes] == ["dev-browser-missing"]
    user = new_user(visitor.timed)
    session = visitor.sign_in(user)
    state = visitor.visit("/secret")
    assert (user_of(state), state["auth"]["sessionId"]) == (user.id, session.id)
    assert state["auth"]["sessionClaims"]["azp"] == ORIGIN
    assert [query["__clerk_hs_reason"] for query in visitor.handshakes][1:] == ["client-uat-but-no-session-token"]
    assert visitor.jar["__session"] == visitor.jar[f"__session_{visitor.suffix}"]
    assert user_of(visitor.visit("/more")) == user.id
    assert user_of(visitor.visit("/data", FETCH)) == user.id
    assert len(visitor.handshakes) == 2


@FORMATS
def test_live_keys_a_sign_in_takes_one_handshake_whose_cookie_is_deleted(live_visitor: Visitor, fmt: str) -> None:
    visitor = live_visitor
    visitor.fmt = fmt
    assert visitor.visit()["reason"] == "session-token-and-uat-missing"
    assert visitor.handshakes == []
    user = new_user(visitor.timed)
    visitor.sign_in(user)
    assert user_of(visitor.visit("/secret?a=b")) == user.id
    assert len(visitor.handshakes) == 1
    assert not [name for name in visitor.jar if name.startswith("__clerk_handshake")]
    assert "__clerk_db_jwt" not in visitor.jar
    assert user_of(visitor.visit("/more")) == user.id
    assert len(visitor.handshakes) == 1


def test_pitfall_4_requests_beside_the_first_one_read_the_same_live_nonce(live_visitor: Visitor) -> None:
    user = new_user(live_visitor.timed)
    live_visitor.sign_in(user)
    location = live_visitor.authenticate(f"{ORIGIN}/", DOCUMENT)["headers"]["location"]
    live_visitor.shake(location)
    states = [live_visitor.authenticate(f"{ORIGIN}/{number}", FETCH) for number in range(3)]
    assert [user_of(state) for state in states] == [user.id] * 3


def test_S_012_a_development_nonce_is_spent_by_its_first_use(visitor: Visitor) -> None:
    visitor.visit()
    visitor.sign_in(new_user(visitor.timed))
    url = visitor.shake(visitor.authenticate(f"{ORIGIN}/", DOCUMENT)["headers"]["location"])
    assert user_of(visitor.authenticate(url, DOCUMENT))
    again = visitor.authenticate(url, DOCUMENT)
    assert again["status"] == "signed-out"
    assert again["setCookies"] == []


def test_S_015_the_carrier_leaves_the_address_by_a_second_redirect(visitor: Visitor) -> None:
    url = visitor.shake(visitor.authenticate(f"{ORIGIN}/a?b=c", DOCUMENT)["headers"]["location"])
    assert "__clerk_handshake_nonce=" in url
    assert visitor.authenticate(url, DOCUMENT)["headers"]["location"] == f"{ORIGIN}/a?b=c"


def test_an_expired_token_heals_by_one_handshake_on_a_document_and_is_signed_out_on_a_fetch(visitor: Visitor) -> None:
    session = expire(visitor)
    state = visitor.visit("/data", FETCH)
    assert state["status"] == "signed-out"
    assert state["reason"].startswith("session-token-expired-refresh-non-eligible-no-refresh-cookie")
    assert user_of(visitor.visit("/page")) == session.user_id
    assert len(visitor.handshakes) == 2
    assert visitor.handshakes[1]["__clerk_hs_reason"].startswith("session-token-expired-refresh-")


def test_S_016_a_revoked_session_is_signed_out_by_the_next_handshake(visitor: Visitor) -> None:
    session = expire(visitor)
    ask(visitor.timed, "POST", f"/sessions/{session.id}/revoke")
    assert visitor.visit("/page")["status"] == "signed-out"
    assert not [name for name in visitor.jar if name.startswith(("__session", "__refresh"))]
    assert {visitor.jar["__client_uat"], visitor.jar[f"__client_uat_{visitor.suffix}"]} == {"0"}


@pytest.mark.parametrize("pattern", ["/orgs/:id", "/orgs/:slug"])
def test_organization_sync_switches_by_id_slug_and_to_none(visitor: Visitor, pattern: str) -> None:
    timed = visitor.timed
    visitor.visit()
    user = new_user(timed)
    visitor.sign_in(user)
    slug = f"acme-{next(emails)}"
    organization_id = new_organization(timed, user, slug)
    visitor.options["organizationSyncOptions"] = {
        "organizationPatterns": [pattern], "personalAccountPatterns": ["/me"]
    }  # fmt: skip
    assert visitor.visit("/")["auth"].get("orgId") is None
    before = len(visitor.handshakes)
    state = visitor.visit(f"/orgs/{organization_id if pattern.endswith('id') else slug}")
    assert state["auth"]["orgId"] == organization_id
    assert [query["__clerk_hs_reason"] for query in visitor.handshakes[before:]] == ["active-organization-mismatch"]
    assert visitor.visit("/")["auth"]["orgId"] == organization_id
    assert visitor.visit("/me")["auth"].get("orgId") is None
    assert len(visitor.handshakes) == before + 2


def test_organization_sync_to_an_organization_of_others_ends_and_changes_nothing(visitor: Visitor) -> None:
    visitor.visit()
    user = new_user(visitor.timed)
    visitor.sign_in(user)
    visitor.options["organizationSyncOptions"] = {"organizationPatterns": ["/orgs/:slug"]}
    state = visitor.visit("/orgs/nobodys")
    assert (user_of(state), state["auth"].get("orgId")) == (user.id, None)
    assert len(visitor.handshakes) <= 4


# ----------------------------------------------------------------------------------------------------------- refreshes
@pytest.mark.parametrize("headers", [DOCUMENT, FETCH], ids=["document", "fetch"])
def test_v6b_an_expired_token_is_refreshed_without_a_handshake(visitor: Visitor, headers: dict[str, str]) -> None:
    session = expire(visitor)
    old = visitor.jar["__session"]
    visitor.visit("/page")
    assert f"__refresh_{visitor.suffix}" in visitor.jar
    visitor.set_token(old)
    before = len(visitor.handshakes)
    state = visitor.visit("/data", headers)
    assert user_of(state) == session.user_id
    assert len(visitor.handshakes) == before
    assert visitor.jar["__session"] == visitor.jar[f"__session_{visitor.suffix}"] != old
    assert decode_token(visitor.jar["__session"])[1]["azp"] == ORIGIN
    assert user_of(visitor.visit("/more")) == session.user_id


def test_v6b_live_keys_refresh_too(live_visitor: Visitor) -> None:
    session = expire(live_visitor)
    old = live_visitor.jar["__session"]
    assert user_of(live_visitor.visit("/page")) == session.user_id
    live_visitor.set_token(old)
    assert user_of(live_visitor.visit("/data", FETCH)) == session.user_id
    assert len(live_visitor.handshakes) == 1


def test_a_revoked_session_is_not_refreshed_and_the_reason_says_why(visitor: Visitor) -> None:
    session = expire(visitor)
    old = visitor.jar["__session"]
    visitor.visit("/page")
    visitor.set_token(old)
    ask(visitor.timed, "POST", f"/sessions/{session.id}/revoke")
    state = visitor.visit("/data", FETCH)
    assert (state["status"], state["reason"]) == ("signed-out", "session-token-expired-refresh-session_not_active")
    assert visitor.visit("/page")["status"] == "signed-out"
    assert visitor.handshakes[-1]["__clerk_hs_reason"] == "session-token-expired-refresh-session_not_active"


def test_another_sessions_refresh_token_falls_back_to_a_handshake(visitor: Visitor) -> None:
    session = expire(visitor)
    visitor.jar[f"__refresh_{visitor.suffix}"] = "A" * 43
    assert user_of(visitor.visit("/page")) == session.user_id
    assert visitor.handshakes[-1]["__clerk_hs_reason"] == "session-token-expired-refresh-refresh_token_invalid"


def test_the_sdk_refreshes_to_a_plain_token_as_well(visitor: Visitor) -> None:
    session = expire(visitor)
    old = visitor.jar["__session"]
    visitor.visit("/page")
    params = {
        "format": "token",
        "expired_token": old,
        "refresh_token": visitor.jar[f"__refresh_{visitor.suffix}"],
        "request_origin": ORIGIN,
    }
    assert decode_token(visitor.node("sessions.refreshSession", session.id, params)["jwt"])[1]["sid"] == session.id


# ------------------------------------------------------------------------------------------------------------- cookies
@pytest.mark.parametrize("kept", ["plain", "suffixed"])
def test_either_form_of_the_cookies_is_enough(visitor: Visitor, kept: str) -> None:
    visitor.visit()
    user = new_user(visitor.timed)
    visitor.sign_in(user)
    visitor.visit()
    for name in list(visitor.jar):
        if name.startswith(("__session", "__client_uat", "__clerk_db_jwt")):
            is_suffixed = name.endswith(f"_{visitor.suffix}")
            if is_suffixed != (kept == "suffixed"):
                del visitor.jar[name]
    before = len(visitor.handshakes)
    assert user_of(visitor.visit("/page")) == user.id
    assert len(visitor.handshakes) - before <= 1
    assert user_of(visitor.visit("/page")) == user.id


def test_S_005_a_tossed_cookie_costs_at_most_a_handshake(visitor: Visitor) -> None:
    visitor.visit()
    user, thief = new_user(visitor.timed), new_user(visitor.timed)
    visitor.sign_in(user)
    visitor.visit()
    other = Visitor(visitor.timed, visitor.node)
    other.visit()
    stolen = mint(visitor.timed, other.sign_in(thief))
    forged = f"{stolen.rpartition('.')[0]}.{'A' * 342}"
    line = "; ".join(f"{name}={value}" for name, value in visitor.jar.items())
    tossed = [forged, "x", "", forged[:-1]]
    for value, name in itertools.product(tossed, ("__session", "__client_uat", "__clerk_db_jwt")):
        for cookie in (f"{name}={value}; {line}", f"{line}; {name}={value}"):
            state = visitor.authenticate(f"{ORIGIN}/", DOCUMENT, cookie)
            found = user_of(state) if state["status"] != "handshake" else None
            assert found in {None, user.id}, (name, value)


def test_S_006_the_token_of_another_instance_signs_nobody_in(visitor: Visitor, live_visitor: Visitor) -> None:
    visitor.visit()
    foreign = mint(live_visitor.timed, live_visitor.sign_in(new_user(live_visitor.timed)))
    visitor.set_token(foreign)
    visitor.set_uat(1_700_000_000)
    state = visitor.authenticate(f"{ORIGIN}/", DOCUMENT)
    assert state["status"] in {"signed-out", "handshake"}


def test_J_029_a_template_token_is_no_handshake(visitor: Visitor) -> None:
    visitor.visit()
    session = visitor.sign_in(new_user(visitor.timed))
    name = f"evil{next(emails)}"
    ask(visitor.timed, "POST", "/jwt_templates", {"name": name, "claims": {"handshake": ["__session=evil"]}})
    token = ask(visitor.timed, "POST", f"/sessions/{session.id}/tokens/{name}")["jwt"]
    assert decode_token(token)[1]["handshake"] == ["__session=evil"]
    with pytest.raises(NodeError, match="category"):
        visitor.authenticate(f"{ORIGIN}/?__clerk_handshake={token}", DOCUMENT)


def test_a_handshake_token_is_no_session_token(visitor: Visitor) -> None:
    visitor.visit()
    visitor.sign_in(new_user(visitor.timed))
    visitor.fmt = "token"
    url = visitor.shake(visitor.authenticate(f"{ORIGIN}/", DOCUMENT)["headers"]["location"])
    token = parse_qs(urlsplit(url).query)["__clerk_handshake"][0]
    visitor.set_token(token)
    assert visitor.visit("/data", FETCH)["status"] == "signed-out"


def test_S_011_a_browser_that_loses_the_uat_is_stopped_after_three_handshakes(visitor: Visitor) -> None:
    visitor.visit()
    visitor.sign_in(new_user(visitor.timed))
    before = len(visitor.handshakes)
    visitor.set_uat(9_999_999_999)
    visitor.keeps = lambda name: not name.startswith("__client_uat")
    assert visitor.visit()["status"] == "signed-out"
    assert len(visitor.handshakes) - before == 3


def test_S_010_a_fetch_starts_no_handshake(visitor: Visitor) -> None:
    state = visitor.visit("/data", FETCH)
    assert (state["status"], state["reason"]) == ("signed-out", "dev-browser-missing")
    assert visitor.handshakes == []


def test_the_sdk_reads_clients(visitor: Visitor) -> None:
    visitor.visit()
    session = visitor.sign_in(new_user(visitor.timed))
    client = visitor.node("clients.getClient", session.client_id)
    assert (client["sessionIds"], client["lastActiveSessionId"]) == ([session.id], session.id)
    token = visitor.jar[client_cookie(visitor.timed.instance)]
    assert visitor.node("clients.verifyClient", token)["id"] == session.client_id
    page = visitor.node("clients.getClientList", {"limit": 1})
    assert len(page["data"]) == 1
    assert page["totalCount"] >= 1


def test_clients_and_refreshes_answer_as_published(
    http: httpx.Client, new_session: Callable[..., dict[str, Any]]
) -> None:
    session = new_session()
    assert http.get(f"/clients/{session['client_id']}").json()["session_ids"] == [session["id"]]
    assert http.get("/clients").json()
    assert http.get("/clients/client_x").status_code == 404
    assert http.post("/clients/verify", json={"token": "x"}).status_code == 404
    body = {"expired_token": "x", "refresh_token": "x", "request_origin": ORIGIN}
    assert http.post(f"/sessions/{session['id']}/refresh", json=body).status_code == 401
    assert http.get("/clients/handshake_payload", params={"nonce": "x"}).status_code == 404


def test_the_python_sdk_reads_clients(clerk: Clerk, new_session: Callable[..., dict[str, Any]]) -> None:
    session = new_session()
    client = clerk.clients.get(client_id=session["client_id"])
    assert client.session_ids == [session["id"]]
    with pytest.deprecated_call():
        assert clerk.clients.list(limit=1)


def new_organization(timed: TimedServer, user: User, slug: str) -> str:
    """The id of an organization that the user is a member of."""
    database, now = timed.service.database, timed.clock.now()
    made = Organization(
        id=f"org_{slug}",
        instance_id=timed.instance.id,
        name=slug,
        slug=slug,
        image_url="",
        has_image=False,
        public_metadata={},
        private_metadata={},
        max_allowed_memberships=5,
        admin_delete_enabled=True,
        created_by=user.id,
        created_at=now,
        updated_at=now,
    )
    timed.run(organizations.insert_organization(database, made))
    membership = msgspec.convert(
        {
            "id": f"orgmem_{slug}",
            "instance_id": timed.instance.id,
            "organization_id": made.id,
            "user_id": user.id,
            "role": "org:admin",
            "public_metadata": {},
            "private_metadata": {},
            "created_at": now,
            "updated_at": now,
        },
        Membership,
    )
    timed.run(organizations.insert_membership(database, membership))
    return made.id
