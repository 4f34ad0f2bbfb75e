"""The pytest plugin as an application's tests have it: in a run of pytest of its own, where warnings are errors."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HOW_TO = ROOT / "docs/how-to/testing.md"
INI = """
[pytest]
addopts = -p no:cacheprovider -q
filterwarnings =
    error
    ignore:Using `httpx` with `starlette.testclient`
"""
"""What Starlette warns of is of its own making: it asks for another package under its test client."""


ASYNCIO = ("-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function")


def run_pytest(folder: Path, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A run of pytest over one file; the plugin is found by its entry point, as everywhere."""
    (folder / "pytest.ini").write_text(INI)
    (folder / "test_application.py").write_text(textwrap.dedent(code))
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", *(arguments or ("-p", "no:asyncio"))]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False, timeout=100)


def assert_passes(folder: Path, code: str, count: int, *arguments: str) -> None:
    done = run_pytest(folder, code, *arguments)
    assert re.search(rf"\b{count} passed", done.stdout), done.stdout[-4000:] + done.stderr[-1000:]
    assert done.returncode == 0, done.stdout[-4000:]
    assert not re.search(r"failed|error|warning|skipped", done.stdout), done.stdout[-4000:]


WITHOUT_A_SERVER = """
    import pytest
    from claimsmith import testing, verify_token
    from claimsmith.application import Application
    from claimsmith.authentication.facts import RequestFacts
    from claimsmith.stand_ins import find_stand_in


    def decide(**options):
        return Application(testing.settings, **options).decide(RequestFacts(method="GET", url="http://t/")).caller


    def test_the_fixture_signs_in_without_a_with(signed_in):
        signed_in(user="user_1", claims={"plan": "gold"})
        assert (decide().user_id, decide().session_claims["plan"]) == ("user_1", "gold")
        signed_in(user="user_2")
        assert decide().user_id == "user_2"


    def test_nobody_is_left_of_the_test_before():
        assert find_stand_in() is None
        assert not decide().is_authenticated


    def test_the_fixture_ends_with_its_with(signed_in):
        with signed_in(user="user_1") as caller:
            assert decide() is caller
        assert find_stand_in() is None


    def test_tokens(make_token):
        assert verify_token(make_token({"plan": "gold"}, user="user_1"), testing.keys)["plan"] == "gold"


    def test_the_clock_is_everybodys(frozen_clock, make_token, signed_in):
        frozen_clock.move_to(1_700_000_000)
        token = make_token()
        assert verify_token(token, testing.keys, now=frozen_clock())["iat"] == 1_700_000_000
        frozen_clock.advance(100)
        assert signed_in().caller.session_claims["iat"] == 1_700_000_100
        assert verify_token(make_token(issued_at=500), testing.keys, now=500)["iat"] == 500


    def test_a_clock_is_new_in_each_test(frozen_clock):
        assert frozen_clock() == 1_767_225_600


    @pytest.fixture
    def as_ada(signed_in):
        return signed_in(user="ada").caller


    def test_a_fixture_of_the_application(as_ada):
        assert decide() is as_ada


    @pytest.fixture
    def as_grace():
        with testing.signed_in(user="grace") as caller:
            yield caller


    def test_a_fixture_with_a_block(as_grace):
        assert decide() is as_grace
"""

ASYNCHRONOUS = """
    import pytest
    from claimsmith import testing
    from claimsmith.application import Application
    from claimsmith.authentication.facts import RequestFacts
    from claimsmith.stand_ins import find_stand_in


    async def decide():
        application = Application(testing.settings)
        return (await application.decide_async(RequestFacts(method="GET", url="http://t/"))).caller


    @pytest.mark.asyncio
    async def test_a_coroutine_signs_in(signed_in):
        signed_in(user="user_1")
        assert (await decide()).user_id == "user_1"


    @pytest.mark.asyncio
    async def test_nobody_is_left():
        assert find_stand_in() is None


    @pytest.fixture
    def as_ada(signed_in):
        return signed_in(user="ada").caller


    @pytest.mark.asyncio
    async def test_a_fixture_of_another_context(as_ada):
        assert (await decide()).user_id == "ada"


    @pytest.fixture
    async def as_grace():
        with testing.signed_in(user="grace") as caller:
            yield caller


    @pytest.mark.asyncio
    async def test_an_asynchronous_fixture(as_grace):
        assert (await decide()).user_id == "grace"
"""

WITH_A_SERVER = """
    import httpx
    from claimsmith import StaticKeys, testing, verify_token
    from claimsmith.application import Application
    from claimsmith.authentication.facts import RequestFacts


    def test_a_user_signs_in(claimsmith_server):
        user = claimsmith_server.create_user(first_name="Ada", public_metadata={"plan": "gold"})
        claimsmith_server.customize_session_token({"name": "{{user.first_name}}"})
        signed_in = claimsmith_server.sign_in(user)
        claims = verify_token(signed_in.token, StaticKeys.from_pem(claimsmith_server.pem))
        assert (claims["sub"], claims["sid"], claims["name"]) == (user.id, signed_in.session_id, "Ada")
        headers = tuple((name.lower(), value) for name, value in signed_in.headers.items())
        application = Application(claimsmith_server.settings)
        facts = RequestFacts(method="GET", url="http://t/", headers=headers)
        assert application.decide(facts).caller.user_id == user.id


    def test_an_organization_is_active(claimsmith_server):
        user = claimsmith_server.create_user()
        organization = claimsmith_server.create_organization(user)
        token = claimsmith_server.sign_in(user, organization).token
        assert verify_token(token, StaticKeys.from_pem(claimsmith_server.pem))["o"]["id"] == organization.id


    def test_the_demo_is_there(claimsmith_server, monkeypatch):
        for name, value in claimsmith_server.environment.items():
            monkeypatch.setenv(name, value)
        assert Application().settings.publishable_key.text == claimsmith_server.publishable_key
        assert [user.email.partition("@")[0] for user in claimsmith_server.demo_users][0].startswith("ada")
        assert httpx.get(claimsmith_server.url + "/v1/jwks", trust_env=False).status_code == 401
        assert httpx.get(claimsmith_server.url + "/.well-known/jwks.json", trust_env=False).status_code == 200


    def test_a_storage_state_is_what_playwright_reads(claimsmith_server):
        user = claimsmith_server.create_user()
        state = testing.storage_state(claimsmith_server, user, "http://localhost:3000")
        assert set(state) == {"cookies", "origins"}
        members = {"name", "value", "domain", "path", "expires", "httpOnly", "secure", "sameSite"}
        assert all(set(cookie) == members for cookie in state["cookies"])
        ours = {cookie["name"]: cookie["value"] for cookie in state["cookies"] if cookie["domain"] == "localhost"}
        assert {"__session", "__client_uat", "__clerk_db_jwt"} < set(ours)
        header = "; ".join(f"{name}={value}" for name, value in ours.items())
        facts = RequestFacts(
            method="GET", url="http://localhost:3000/", headers=(("cookie", header), ("sec-fetch-dest", "document"))
        )
        assert Application(claimsmith_server.settings, handshakes=True).decide(facts).caller.user_id == user.id
"""


def test_the_fixtures_need_no_server(tmp_path: Path) -> None:
    assert_passes(tmp_path, WITHOUT_A_SERVER, 8)


def test_the_fixtures_work_in_coroutines(tmp_path: Path) -> None:
    pytest.importorskip("pytest_asyncio")
    assert_passes(tmp_path, ASYNCHRONOUS, 4, *ASYNCIO)


def test_a_real_server_makes_users_sessions_and_tokens(tmp_path: Path) -> None:
    pytest.importorskip("claimsmith_server")
    assert_passes(tmp_path, WITH_A_SERVER, 4)


def test_every_worker_of_xdist_has_fixtures_of_its_own(tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    assert_passes(tmp_path, WITHOUT_A_SERVER, 8, "-n", "2", "-p", "no:asyncio")


def test_without_the_server_package_the_fixture_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("import sys\nsys.modules['claimsmith_server'] = None\n")
    done = run_pytest(tmp_path, "def test_it(claimsmith_server): ...")
    assert done.returncode == 1
    assert "Add claimsmith-server to what your tests need" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    pytest.importorskip("claimsmith_server")
    code = """
        import pytest
        from claimsmith import ConfigurationError, testing


        def test_it():
            with pytest.raises(ConfigurationError, match="(?s)The server ended.*no-such-option"):
                with testing.running_server(None, "--no-such-option"):
                    pass
    """
    assert_passes(tmp_path, code, 1)


def test_the_plugin_is_loaded_in_five_milliseconds_and_loads_nothing_else() -> None:
    code = """
        import sys, time
        import pytest
        before = set(sys.modules)
        start = time.perf_counter()
        import claimsmith.testing.pytest_plugin
        print(time.perf_counter() - start)
        print(*sorted(name for name in set(sys.modules) - before if not name.startswith("claimsmith")))
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines() for _ in range(5)]
    assert min(float(lines[0]) for lines in runs) < 0.005
    assert runs[0][1:] in ([], [""])


def test_the_names_of_the_fixtures_are_told_with_what_they_do(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, "", "--fixtures", "-p", "no:asyncio")
    for name in ("signed_in", "make_token", "frozen_clock", "claimsmith_server"):
        assert re.search(rf"^{name}\b", done.stdout, re.MULTILINE), done.stdout[-3000:]


def test_the_how_to_runs_as_it_is_written(tmp_path: Path) -> None:
    pytest.importorskip("fastapi")
    pytest.importorskip("claimsmith_server")
    blocks = re.findall(r"```python\n# (\S+\.py)\n(.*?)```", HOW_TO.read_text(), re.DOTALL)
    assert blocks
    for name, code in blocks:
        (tmp_path / name).write_text(code)
    done = run_pytest(tmp_path, "")
    assert done.returncode == 0, done.stdout[-4000:]
    assert re.search(r"\d+ passed", done.stdout)
