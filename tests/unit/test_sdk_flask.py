# ruff: noqa: N815 - claims keep the names that they have in the token
"""The Flask adapter, over WSGI calls, Flask's own test client and a real server."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from decision_table import OVER_HTTP, PATHS, Row, Seen, check_answer, describe_caller, running_backend_api
from flask import Blueprint, Flask, Response, copy_current_request_context, jsonify, stream_with_context
from flask.views import MethodView, View
from msgspec import Struct
from sdk_signing import NOW, PUBLISHABLE_KEY, make_token, own_keys, pem, rsa_key
from typing_extensions import TypedDict
from werkzeug.serving import WSGIRequestHandler, make_server
from wsgi_calls import Answered, call_wsgi

from claimsmith import Auth, ConfigurationError, RequestFacts, Settings, SignedOut, current
from claimsmith.decisions import Decision
from claimsmith.flask import Claimsmith, auth, get_auth, require_auth
from claimsmith.flask.requests import finish_response, make_facts
from claimsmith.instance import parse_publishable_key

ORIGIN = "http://localhost:3000"
SETTINGS = Settings(publishable_key=parse_publishable_key(PUBLISHABLE_KEY))
ADMIN = make_token(o={"id": "org_1", "rol": "admin"})


class MyClaims(TypedDict):
    """What the tokens here carry besides the default claims."""

    fullName: str


def make_app(**options: Any) -> Flask:
    app = Flask("flask_under_test", static_folder=None)
    Claimsmith(app, SETTINGS, **{"keys": own_keys(), "clock": lambda: NOW, "handshakes": False, **options})
    return app


def call(app: Flask, path: str, headers: Any = (), method: str = "GET") -> Answered:
    return call_wsgi(app, method, ORIGIN + path, headers)


def bearer(token: str) -> list[tuple[str, str]]:
    return [("authorization", f"Bearer {token}")]


def show() -> Response:
    return jsonify(describe_caller(auth()))


async def show_async() -> Response:
    return jsonify(describe_caller(auth()))


# The decision table --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def api_url() -> Iterator[str]:
    with running_backend_api() as url:
        yield url


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("row", OVER_HTTP, ids=str)
def test_the_decision_table(row: Row, path: str, api_url: str) -> None:
    settings, options = row.arguments(api_url)
    for view in (show, show_async):
        app = Flask("flask_under_test", static_folder=None)
        Claimsmith(app, settings, **options)
        app.add_url_rule("/page", "page", view, methods=["GET", "POST"])
        app.add_url_rule("/protected", "protected", require_auth()(view), methods=["GET", "POST"])
        sent = f"{path}?{row.query.replace('{path}', path)}" if row.query else path
        answer = call(app, sent, row.headers, row.method)
        check_answer(row, path, Seen(answer.status, answer.headers, answer.body))


# Views ---------------------------------------------------------------------------------------------------------------


def test_a_view_is_given_the_caller_with_typed_claims() -> None:
    app = make_app()

    @app.get("/greet")
    @require_auth(claims=MyClaims)
    def greet(auth: Auth[MyClaims]) -> str:
        return auth.session_claims["fullName"]

    @app.get("/greet-async")
    @require_auth(claims=MyClaims)
    async def greet_async(auth: Auth[MyClaims]) -> str:
        return auth.session_claims["fullName"]

    for path in ("/greet", "/greet-async"):
        assert call(app, path, bearer(make_token())).body == b"Ada Lovelace"
        assert call(app, path).status == 401
        refused = call(app, path, bearer(make_token(fullName=7)))
        assert (refused.status, refused.values("x-clerk-auth-status")) == (403, ["signed-in"])


def test_a_missing_right_and_an_old_proof_are_403_with_their_reasons() -> None:
    app = make_app()
    app.add_url_rule("/admin", "admin", require_auth(role="org:admin")(show))
    app.add_url_rule("/fresh", "fresh", require_auth(fresh="strict")(show))
    assert call(app, "/admin", bearer(ADMIN)).status == 200
    refused = call(app, "/admin", bearer(make_token()))
    assert (refused.status, refused.values("x-clerk-auth-status")) == (403, ["signed-in"])
    old = call(app, "/fresh", bearer(make_token(fva=[60, -1])))
    assert (old.status, old.values("x-clerk-auth-reason")) == (403, ["reverification-error"])


def test_a_class_is_guarded_by_the_decorator_and_by_flasks_own_list() -> None:
    class Guarded(MethodView):
        def get(self) -> Response:
            return show()

    class Listed(Guarded):
        decorators = (require_auth(),)  # type: ignore[assignment]

    class Open(View):
        def dispatch_request(self) -> Response:
            return show()

    app = make_app()
    app.add_url_rule("/guarded", view_func=require_auth(role="org:admin")(type("Admin", (Guarded,), {})).as_view("a"))
    app.add_url_rule("/listed", view_func=Listed.as_view("b"))
    app.add_url_rule("/open", view_func=Open.as_view("c"))
    app.add_url_rule("/base", view_func=Guarded.as_view("d"))
    assert [call(app, path).status for path in ("/guarded", "/listed", "/open", "/base")] == [401, 401, 200, 200]
    assert call(app, "/guarded", bearer(make_token())).status == 403
    assert [call(app, path, bearer(ADMIN)).status for path in ("/guarded", "/listed")] == [200, 200]


def test_a_blueprint_knows_its_callers_and_is_guarded_as_a_whole() -> None:
    app, reports = make_app(), Blueprint("reports", __name__, url_prefix="/reports")
    reports.before_request(require_auth()(lambda: None))
    reports.get("/mine")(show)
    app.register_blueprint(reports)
    app.get("/anyone")(show)
    assert call(app, "/reports/mine").status == 401
    assert call(app, "/reports/mine", bearer(make_token())).json == {"user_id": "user_1", "reason": None}
    assert call(app, "/anyone").status == 200


# The application -----------------------------------------------------------------------------------------------------


def test_one_object_may_be_given_to_several_applications_later() -> None:
    claimsmith = Claimsmith(settings=SETTINGS, keys=own_keys(), clock=lambda: NOW)
    for app in (Flask("first"), Flask("second")):
        claimsmith.init_app(app)
        app.get("/anyone")(show)
        assert call(app, "/anyone", bearer(make_token())).json == {"user_id": "user_1", "reason": None}
        assert app.extensions["claimsmith"].options.handshakes


def test_the_environment_is_read_when_the_application_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JWT_KEY", "API_URL", "SECRET_KEY", "PUBLISHABLE_KEY"):
        monkeypatch.delenv(f"CLERK_{name}", raising=False)
        monkeypatch.delenv(f"CLAIMSMITH_{name}", raising=False)
    claimsmith = Claimsmith()
    with pytest.raises(ConfigurationError, match="CLERK_JWT_KEY"):
        claimsmith.init_app(Flask("early"))
    monkeypatch.setenv("CLERK_JWT_KEY", pem())
    claimsmith.init_app(Flask("late"))


def test_an_application_without_claimsmith_says_what_to_do() -> None:
    app = Flask("bare")
    with pytest.raises(ConfigurationError, match=r"claimsmith\.flask\.Claimsmith\(app\)"), app.test_request_context():
        auth()
    with pytest.raises(ConfigurationError, match="no request"):
        auth()
    with pytest.raises(ConfigurationError, match="no request"):
        get_auth()


def test_flasks_test_client_shows_the_caller_of_the_last_request() -> None:
    app = make_app()
    app.get("/anyone")(show)
    with app.test_client() as client:
        client.get("/anyone", headers=bearer(make_token()))
        assert auth().user_id == get_auth().user_id == "user_1"
    with pytest.raises(ConfigurationError):
        auth()


def test_nothing_is_left_of_a_request_that_fails() -> None:
    app = make_app()

    @app.get("/fail")
    def fail() -> str:
        raise ValueError(auth().user_id)

    @app.get("/fail-early")
    def fail_early() -> str:
        return ""

    app.before_request(lambda: (_ for _ in ()).throw(ValueError) if auth().is_authenticated else None)
    for path in ("/fail", "/fail-early", "/nowhere"):
        call(app, path, bearer(make_token()))
        with pytest.raises(ConfigurationError, match="no request"):
            auth()


def test_a_request_within_a_request_has_its_own_caller() -> None:
    app = make_app()
    app.get("/inner")(show)

    @app.get("/outer")
    def outer() -> str:
        inner = app.test_client().get("/inner", headers=bearer(make_token(sub="user_2"))).json
        return f"{auth().user_id} {(inner or {})['user_id']} {auth().user_id}"

    assert call(app, "/outer", bearer(make_token())).body == b"user_1 user_2 user_1"
    with pytest.raises(ConfigurationError, match="no request"):
        auth()


def test_typed_claims_are_the_views_own() -> None:
    app, seen = make_app(), []

    class Typed(Struct):
        fullName: str

    def look(response: Response) -> Response:
        seen.extend([get_auth().session_claims, current.auth().session_claims])
        return response

    app.add_url_rule("/typed", "typed", require_auth(claims=Typed)(lambda: auth().session_claims.fullName))
    app.after_request(look)
    assert call(app, "/typed", bearer(make_token())).body == b"Ada Lovelace"
    assert [type(claims) is Typed for claims in seen] == [False, False]


def test_a_stream_and_a_thread_with_the_requests_context_know_the_caller() -> None:
    app = make_app()

    @app.get("/stream")
    def stream() -> Response:
        return Response(stream_with_context(f"{auth().user_id} " for _ in range(2)))

    @app.get("/thread")
    def thread() -> str:
        seen: list[str | None] = []
        other = threading.Thread(target=copy_current_request_context(lambda: seen.append(auth().user_id)))
        other.start()
        other.join()
        return f"{seen[0]} {auth().user_id}"

    assert call(app, "/stream", bearer(make_token())).body == b"user_1 user_1 "
    assert call(app, "/thread", bearer(make_token())).body == b"user_1 user_1"
    with pytest.raises(ConfigurationError, match="no request"):
        auth()


# Headers -------------------------------------------------------------------------------------------------------------


def test_a_response_to_someone_varies_with_who_asks() -> None:
    app = make_app()
    app.get("/anyone")(show)
    assert call(app, "/anyone", bearer(make_token())).values("vary") == ["Authorization, Cookie"]
    assert call(app, "/anyone").values("vary") == []


def test_cookies_of_a_handshake_keep_the_page_out_of_caches_and_beside_its_own_cookies(api_url: str) -> None:
    row = next(row for row in OVER_HTTP if row.id == "1 live nonce, in")
    settings, options = row.arguments(api_url)
    app = Flask("flask_under_test")
    Claimsmith(app, settings, **options)

    @app.get("/page")
    def page() -> Response:
        response = Response("hello")
        response.set_cookie("theme", "dark")
        return response

    answer = call(app, "/page", row.headers)
    assert answer.values("cache-control") == ["private, no-store"]
    assert sorted(answer.values("set-cookie")) == sorted([*row.expected.set_cookies, "theme=dark; Path=/"])


def test_a_cookie_is_sent_once_however_often_it_is_added_and_as_it_is() -> None:
    lines = ("__client_uat=0; Path=/; Domain=a.example", "__client_uat=0; Path=/", '__session=a"b,c; path=/; Max-Age=0')
    decision = Decision(SignedOut("session-token-missing"), RequestFacts(method="GET", url=ORIGIN), set_cookies=lines)
    response = finish_response(finish_response(Response(), decision), decision)
    assert response.headers.getlist("set-cookie") == list(lines)


@pytest.mark.parametrize("path", ["/a/../b", "/a%20b/%C3%A9", "/./x", "/a;b=c,d", "/100%25"])
def test_a_handshake_comes_back_to_the_path_that_was_asked_for(path: str) -> None:
    app, seen = make_app(), []
    app.before_request(lambda: seen.append(make_facts(app.request_class(request_environ()))))

    def request_environ() -> Any:
        from flask import request

        return request.environ

    call(app, f"{path}?q=%2F&r=a+b")
    assert [facts.url for facts in seen] == [f"{ORIGIN}{path}?q=%2F&r=a+b"]


@pytest.mark.parametrize("first", ["good", "bad"])
def test_J_039_two_authorization_headers_sign_nobody_in(first: str) -> None:
    app = make_app()
    app.add_url_rule("/me", "me", require_auth()(show))
    tokens = {"good": make_token(), "bad": make_token(key=rsa_key("attacker"))}
    ordered = [tokens.pop(first), *tokens.values()]
    for pair in (ordered, [make_token()] * 2):
        answer = call(app, "/me", [*bearer(pair[0]), *bearer(pair[1])])
        assert (answer.status, answer.values("x-clerk-auth-reason")) == (401, ["token-invalid"])


@pytest.mark.parametrize("host", ["[", "a b", "x:y:z", "]", "http://["])
def test_an_unreadable_host_header_is_no_error_of_ours(host: str) -> None:
    app = make_app()
    app.get("/anyone")(show)
    answer = app.test_client().get("/anyone", headers={"Host": host, "Cookie": f"__session={make_token()}"})
    assert answer.status_code in {200, 400}


def test_a_host_that_flask_does_not_trust_is_400() -> None:
    app = make_app()
    app.config["TRUSTED_HOSTS"] = ["app.example.com"]
    app.get("/anyone")(show)
    assert call(app, "/anyone", bearer(make_token())).status == 400


def test_variables_of_the_server_sign_nobody_in() -> None:
    """A client's headers get to `HTTP_*` only; what is kept beside them is the server's."""
    app = make_app()
    app.get("/anyone")(show)
    told = {"HTTP_CLAIMSMITH.DECISION": make_token(), "HTTP_X_AUTHORIZATION": f"Bearer {make_token()}"}
    answer = app.test_client().get("/anyone", environ_overrides=told)
    assert answer.json == {"user_id": None, "reason": "session-token-and-uat-missing"}
    stale = {"claimsmith.decision": Decision(_someone(), make_facts(app.test_request_context().request))}
    assert app.test_client().get("/anyone", environ_overrides=stale).json == answer.json


def _someone() -> Auth[Any]:
    app = make_app()
    with app.test_request_context(headers={"Authorization": f"Bearer {make_token()}"}):
        app.preprocess_request()
        caller = auth()
    assert isinstance(caller, Auth)
    return caller


# Many at once --------------------------------------------------------------------------------------------------------


def test_threads_of_a_server_never_mix_callers_up() -> None:
    app = make_app()

    @app.get("/meet")
    @require_auth()
    def meet(auth: Auth) -> str:
        time.sleep(0.002)
        return f"{auth.user_id} {get_auth().user_id}"

    @app.get("/meet-async")
    @require_auth()
    async def meet_async() -> str:
        return f"{auth().user_id} {get_auth().user_id}"

    class Quiet(WSGIRequestHandler):
        def log(self, *_: Any) -> None:
            """Nothing."""

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    tokens = {name: make_token(sub=name) for name in ("user_1", "user_2")}
    users = ["user_1", "user_2"] * 25
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", trust_env=False) as client:

            def ask(number: int) -> str:
                path = "/meet-async" if number % 4 > 1 else "/meet"
                return client.get(path, headers=bearer(tokens[users[number]])).text

            with ThreadPoolExecutor(8) as pool:
                seen = list(pool.map(ask, range(len(users))))
            assert client.get("/meet", headers=bearer(tokens["user_1"]) * 2).status_code == 401
            spoofed = [("sec_fetch_dest", "document"), ("Authorization", "Basic x")]
            assert client.get("/meet", headers=spoofed).status_code == 401
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert seen == [f"{name} {name}" for name in users]
