"""The Platform routes that hold the session token's custom claims (contract 3.3)."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import jwt
import pytest
from servers import Server, running_server

CLAIMS = {"fullName": "{{user.full_name}}"}
OTHER_CLAIMS = {"plan": "{{user.public_metadata.plan || 'free'}}"}


class Config(NamedTuple):
    """The config document of an instance, as a client of it sees it."""

    http: httpx.Client
    path: str
    user_id: str

    def read(self, **query: Any) -> dict[str, Any]:
        answer = self.http.get(self.path, params=query)
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document

    def patch(self, claims: Any, *, headers: dict[str, str] | None = None, **query: Any) -> httpx.Response:
        return self.http.patch(self.path, json={"session": {"claims": claims}}, params=query, headers=headers)

    def mint_claims(self) -> dict[str, Any]:
        session = self.http.post("/sessions", json={"user_id": self.user_id}).json()
        token = self.http.post(f"/sessions/{session['id']}/tokens").json()["jwt"]
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        return claims


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of these tests' own: they change what every session token of the instance carries."""
    with running_server(tmp_path_factory.mktemp("platform")) as server:
        yield server


@pytest.fixture
def config(own_server: Server) -> Iterator[Config]:
    """The instance's config document, with `CLAIMS` in it."""
    with httpx.Client(
        base_url=f"{own_server.bapi_url}/v1",
        headers={"Authorization": f"Bearer {own_server.secret_key}"},
        trust_env=False,
        timeout=20,
    ) as http:
        path = f"/platform/applications/app_demo/instances/{own_server.instance_id}/config"
        document = Config(http, path, own_server.demo_users[0].id)
        assert document.patch(CLAIMS).status_code == 200
        yield document


def test_a_patch_is_in_the_next_token(config: Config) -> None:
    assert config.patch(OTHER_CLAIMS).status_code == 200
    claims = config.mint_claims()
    assert claims["plan"]
    assert "fullName" not in claims, "the claims are one value: a patch replaces the template"


def test_a_patch_answers_the_version_and_what_it_changed(config: Config) -> None:
    before = config.read()
    answer = config.patch(OTHER_CLAIMS)
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["config_version"] != before["config_version"]
    assert answer.json()["session"]["claims"] == OTHER_CLAIMS


def test_the_environment_names_the_instance_too(config: Config) -> None:
    by_environment = config.path.replace(config.path.split("/")[-2], "development")
    assert config.http.get(by_environment).json() == config.read()


def test_keys_restrict_what_is_read(config: Config) -> None:
    assert set(config.read(keys="session")) == {"config_version", "session"}
    assert config.read(keys="session")["session"]["claims"] == CLAIMS


def test_a_dry_run_tells_both_states_and_changes_nothing(config: Config) -> None:
    before = config.read()
    answer = config.patch(OTHER_CLAIMS, dry_run="true").json()
    assert answer["dry_run"] is True
    assert answer["before"]["session"]["claims"] == CLAIMS
    assert answer["after"]["session"]["claims"] == OTHER_CLAIMS
    assert config.read() == before
    assert "plan" not in config.mint_claims()


def test_if_match_with_an_old_version_is_a_conflict_and_changes_nothing(config: Config) -> None:
    old = config.read()["config_version"]
    assert config.patch(OTHER_CLAIMS, headers={"If-Match": str(old)}).status_code == 200
    refused = config.patch({"late": "yes"}, headers={"If-Match": str(old)})
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["code"]
    assert config.read()["session"]["claims"] == OTHER_CLAIMS


def test_a_put_needs_every_key_and_names_the_missing_ones(config: Config) -> None:
    refused = config.http.put(config.path, json={"session": {}})
    assert refused.status_code == 400
    named = {error["meta"]["param_name"] for error in refused.json()["errors"]}
    assert named == set(config.read()) - {"config_version", "session"}
    document = {key: value for key, value in config.read().items() if key != "config_version"}
    document["session"] = document["session"] | {"claims": OTHER_CLAIMS}
    replaced = config.http.put(config.path, json=document)
    assert replaced.status_code == 200, replaced.text
    assert config.read()["session"]["claims"] == OTHER_CLAIMS


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "user_other"},
        {"exp": 9999999999},
        {"o": {"rol": "admin"}},
        {"secret": "{{user.private_metadata.note}}"},
        {"name": "{{user.first_name"},
        {"name": "{{organization.name}}"},
        [],
        "text",
    ],
)
def test_claims_that_cannot_be_are_a_422_that_names_them_and_changes_nothing(config: Config, claims: Any) -> None:
    before = config.read()
    refused = config.patch(claims)
    assert refused.status_code == 422, refused.text
    problem = refused.json()["errors"][0]
    assert problem["code"]
    assert problem["long_message"]
    assert "claims" in problem["meta"]["param_name"]
    assert config.read() == before


def test_an_unknown_section_is_refused(config: Config) -> None:
    refused = config.http.patch(config.path, json={"no_such_section": {}})
    assert refused.status_code in {400, 422}
    assert "no_such_section" in refused.text


def test_the_config_needs_a_secret_key(config: Config, own_server: Server) -> None:
    url = f"{own_server.bapi_url}/v1{config.path}"
    assert httpx.get(url, trust_env=False).status_code == 401
    wrong = httpx.get(url, headers={"Authorization": "Bearer sk_test_wrong"}, trust_env=False)
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (401, "clerk_key_invalid")


def test_another_instance_is_not_found(config: Config) -> None:
    other = config.path.replace(config.path.split("/")[-2], "ins_of_somebody_else")
    assert config.http.get(other).status_code == 404
    assert config.http.patch(other, json={"session": {"claims": {}}}).status_code == 404


def test_no_claims_are_an_empty_template(config: Config) -> None:
    assert config.patch({}).status_code == 200
    assert config.mint_claims().keys().isdisjoint({"fullName", "plan"})
