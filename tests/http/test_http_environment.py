"""`/v1/environment` on the Frontend API: unwrapped, the same for GET and PATCH, always what the settings are now."""

import pytest
from faces import CONFIG, ORIGIN, Api, Open, read_refusal

PATH = "/v1/environment"


def test_both_verbs_answer_the_bare_environment(open_on_engine: Open) -> None:
    api = open_on_engine()
    answers = [api.send(method, PATH, key=None) for method in ("GET", "PATCH")]
    for answer in answers:
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "no-store"
    told = answers[0].json()
    assert answers[1].json() == told
    assert not {"response", "client"} & set(told), "clerk-js would take these for an envelope"
    assert told["id"] == api.tenants[0].instance.id
    assert told["display_config"]["sign_in_url"] == f"{ORIGIN}/sign-in"


@pytest.mark.parametrize("query", ["", "?__clerk_api_version=2026-08-20&_clerk_js_version=6.40.0&unknown=1"])
def test_clerk_js_asks_by_post_with_the_method_in_the_query(api: Api, query: str) -> None:
    join = "&" if query else "?"
    answer = api.send("POST", f"{PATH}{query}{join}_method=PATCH", key=None)
    assert answer.status_code == 200, answer.text
    assert answer.json() == api.send("GET", PATH, key=None).json()


def test_a_changed_setting_is_in_the_next_answer(api: Api) -> None:
    api.patch(CONFIG, {"authentication": {"username": "required"}, "display": {"application_name": "Forge"}})
    told = api.send("GET", PATH, key=None).json()
    assert told["user_settings"]["attributes"]["username"]["required"] is True
    assert told["display_config"]["application_name"] == "Forge"


def test_other_verbs_are_refused(api: Api) -> None:
    assert read_refusal(api.send("DELETE", PATH, key=None)).status == 405
