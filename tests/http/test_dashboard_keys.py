"""API keys and signing keys in the dashboard: shown masked, made once, rotated only when it is safe."""

import pytest
from dashboard import PASSWORD, Visitor, make_administrator, sign_in
from faces import START, Api, Open
from token_parts import decode_part

from claimsmith_server.core.errors import ServiceError
from claimsmith_server.core.models import AdministratorRole
from claimsmith_server.services import instances, signing_keys
from claimsmith_server.services.administrators.sessions import start_session
from claimsmith_server.store.database import Tx

KEYS = "/dashboard/api-keys"
SIGNING = "/dashboard/signing-keys"
MINUTE = 60_000


def owner_with_password(api: Api) -> Visitor:
    administrator = make_administrator(api, "owner", password=PASSWORD)

    async def work(tx: Tx) -> str:
        return await start_session(api.service, tx, administrator)

    return Visitor(api, api.run(api.service.database.transact(work)), administrator)


def live_keys(api: Api) -> list[str]:
    return [key.id for key in api.run(instances.list_secret_keys(api.service, api.tenants[0].instance))]


def statuses(api: Api) -> dict[str, str]:
    rows = api.sql("SELECT kid, status FROM signing_keys WHERE instance_id = ?", api.tenants[0].instance.id)
    return dict(rows)


def audited(api: Api, action: str) -> list[tuple[str, str]]:
    return [tuple(row) for row in api.sql("SELECT actor, target FROM audit_log WHERE action = ?", action)]


def kid_of_token(api: Api) -> str:
    user = api.new_user(f"{api.now}@example.com")
    kid: str = decode_part(api.post(f"/sessions/{api.new_session(user['id'])}/tokens")["jwt"].split(".")[0])["kid"]
    return kid


# ------------------------------------------------------------------------------------------------------------ API keys
@pytest.mark.parametrize("role", ["viewer", "editor", "owner"])
def test_X_007_a_secret_key_is_shown_masked_to_every_role(api: Api, role: AdministratorRole) -> None:
    secret = api.tenants[0].secret_key
    page = sign_in(api, role).page(KEYS)
    assert f"sk_test_…{secret[-4:]}" in page
    assert secret not in page
    assert secret[8:20] not in page
    assert ("Make a secret key" in page) == (role == "owner")


def test_the_page_has_all_that_an_application_needs(api: Api) -> None:
    page = sign_in(api, "viewer").page(KEYS)
    instance = api.tenants[0].instance
    pem = api.run(api.service.keys.load_public_pem(instance.id))
    assert f"https://{instance.frontend_api}" in page
    assert "/.well-known/jwks.json" in page
    assert pem.splitlines()[1] in page
    assert "CLERK_JWT_KEY=&#34;-----BEGIN PUBLIC KEY-----MII" in page
    assert "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY=pk_test_" in page


@pytest.mark.parametrize(
    ("framework", "line"),
    [
        ("nextjs", "NEXT_PUBLIC_CLERK_PROXY_URL="),
        ("express", "CLERK_PROXY_URL="),
        ("react", "VITE_CLERK_PROXY_URL="),
        ("python", "CLERK_API_URL="),
        ("python", "CLERK_PROXY_URL="),
        ("no-such", "NEXT_PUBLIC_CLERK_PROXY_URL="),
    ],
)
def test_each_framework_has_its_lines_without_any_script(api: Api, framework: str, line: str) -> None:
    assert f"\n{line}" in sign_in(api, "viewer").page(f"{KEYS}?framework={framework}")


def test_no_secret_key_is_named_where_browsers_read_the_environment(api: Api) -> None:
    page = sign_in(api, "viewer").page(f"{KEYS}?framework=react")
    assert "CLERK_SECRET_KEY" not in page


def test_X_007_a_new_secret_key_is_shown_once_after_the_password_and_works(api: Api) -> None:
    visitor = owner_with_password(api)
    answer = visitor.post(f"{KEYS}/new", {"password": PASSWORD})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    secret = next(part.split('"')[0] for part in answer.text.split('data-copy="')[1:] if part.startswith("sk_test_"))
    assert api.send("GET", "/v1/users", key=secret).status_code == 200
    assert api.send("GET", "/v1/users").status_code == 200, "the key before it stays good"
    assert secret not in visitor.page(KEYS)
    ((actor, _),) = [row for row in audited(api, "secret_key.created") if row[0] == visitor.administrator.id]
    assert actor == visitor.administrator.id


@pytest.mark.parametrize("password", ["", "not the password"])
def test_X_007_without_the_right_password_no_secret_key_is_made(api: Api, password: str) -> None:
    visitor, before = owner_with_password(api), live_keys(api)
    answer = visitor.post(f"{KEYS}/new", {"password": password})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert "sk_test_" not in answer.text
    assert live_keys(api) == before


def test_X_007_wrong_passwords_lock_the_password_as_they_do_at_sign_in(api: Api) -> None:
    visitor, before = owner_with_password(api), live_keys(api)
    for _ in range(10):
        visitor.post(f"{KEYS}/new", {"password": "wrong"})
        api.now += 11_000
    assert visitor.post(f"{KEYS}/new", {"password": PASSWORD}).status_code == 422
    assert live_keys(api) == before


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_Z_010_only_owners_make_and_revoke_keys(api: Api, role: AdministratorRole) -> None:
    visitor, before, signing = sign_in(api, role), live_keys(api), statuses(api)
    (kid,) = signing
    for path in (
        f"{KEYS}/new",
        f"{KEYS}/{before[0]}/revoke",
        SIGNING,
        f"{SIGNING}/{kid}/activate",
        f"{SIGNING}/{kid}/remove",
    ):
        assert visitor.post(path, {"is_sure": "true", "is_ready": "true"}).status_code == 403
    assert visitor.get(f"{KEYS}/new").status_code == 403
    assert (live_keys(api), statuses(api)) == (before, signing)


def test_a_revoked_key_is_refused_at_once(api: Api) -> None:
    visitor = sign_in(api, "owner")
    api.run(instances.add_secret_key(api.service, api.tenants[0].instance))
    old = live_keys(api)[0]
    assert api.send("GET", "/v1/users").status_code == 200
    assert "This key is in use" in visitor.page(f"{KEYS}/{old}/revoke")
    assert visitor.done(f"{KEYS}/{old}/revoke") == f"{KEYS}?done=revoked"
    assert api.send("GET", "/v1/users").status_code == 401
    assert audited(api, "secret_key.revoked") == [(visitor.administrator.id, old)]
    assert visitor.get(f"{KEYS}/{old}/revoke").status_code == 404


def test_the_last_secret_key_goes_only_when_the_form_is_sure(api: Api) -> None:
    visitor, (key,) = sign_in(api, "owner"), live_keys(api)
    assert "This is the last secret key" in visitor.page(f"{KEYS}/{key}/revoke")
    refused = visitor.post(f"{KEYS}/{key}/revoke")
    assert refused.status_code == 422
    assert "This is the last secret key" in refused.text
    assert live_keys(api) == [key]
    visitor.done(f"{KEYS}/{key}/revoke", {"is_sure": "true"})
    assert live_keys(api) == []
    page = visitor.page(KEYS)
    assert "No secret key" in page
    assert "CLERK_SECRET_KEY=\n" in page


def test_of_two_who_revoke_the_last_two_keys_at_once_one_is_refused(open_on_engine: Open) -> None:
    first, second = open_on_engine(), open_on_engine()
    instance = first.tenants[0].instance
    first.run(instances.add_secret_key(first.service, instance))
    one, other = live_keys(first)
    outcomes = first.together(
        instances.revoke_secret_key(first.service, instance, one, author="admin_1", may_be_last=False),
        instances.revoke_secret_key(second.service, instance, other, author="admin_2", may_be_last=False),
    )
    assert len(live_keys(first)) == 1
    (refused,) = [outcome for outcome in outcomes if isinstance(outcome, ServiceError)]
    assert refused.items[0].code == "last_secret_key"


def test_Z_001_a_key_of_another_instance_is_not_found(api: Api) -> None:
    (foreign,) = [key.id for key in api.run(instances.list_secret_keys(api.service, api.tenants[1].instance))]
    visitor = sign_in(api, "owner")
    assert visitor.get(f"{KEYS}/{foreign}/revoke").status_code == 404
    visitor.post(f"{KEYS}/{foreign}/revoke", {"is_sure": "true"})
    assert api.send("GET", "/v1/users", key=api.tenants[1].secret_key).status_code == 200


# -------------------------------------------------------------------------------------------------------- signing keys
def test_a_rotation_by_the_pages_leaves_no_token_refused(api: Api) -> None:
    visitor, (old,) = sign_in(api, "owner"), statuses(api)
    assert visitor.done(SIGNING, {"algorithm": "RS256"}) == f"{SIGNING}?done=published"
    (new,) = statuses(api).keys() - {old}
    assert kid_of_token(api) == old
    assert "may sign" in visitor.page(f"{SIGNING}?done=published")
    api.now = START + 10 * MINUTE
    assert visitor.done(f"{SIGNING}/{new}/activate", {"is_ready": "true"}) == f"{SIGNING}?done=activated"
    assert kid_of_token(api) == new
    assert {key["kid"] for key in api.get("/jwks")["keys"]} == {old, new}
    api.now += 11 * MINUTE
    assert visitor.done(f"{SIGNING}/{old}/remove") == f"{SIGNING}?done=removed"
    api.now += 1000
    assert [key["kid"] for key in api.get("/jwks")["keys"]] == [new]
    for action, kid in (("published", new), ("activated", new), ("removed", old)):
        assert audited(api, f"signing_key.{action}") == [(visitor.administrator.id, kid)]


def test_K_004_a_key_does_not_sign_before_every_verifier_has_it(api: Api) -> None:
    visitor, (old,) = sign_in(api, "owner"), statuses(api)
    visitor.done(SIGNING)
    (new,) = statuses(api).keys() - {old}
    api.now = START + 10 * MINUTE - 1
    refused = visitor.post(f"{SIGNING}/{new}/activate", {"is_ready": "true"})
    assert refused.status_code == 422
    assert "Not every verifier has read this key yet" in refused.text
    assert kid_of_token(api) == old


def test_K_008_a_rotation_needs_a_word_on_pinned_applications(api: Api) -> None:
    visitor, (old,) = sign_in(api, "owner"), statuses(api)
    visitor.done(SIGNING)
    (new,) = statuses(api).keys() - {old}
    api.now = START + 10 * MINUTE
    refused = visitor.post(f"{SIGNING}/{new}/activate")
    assert refused.status_code == 422
    assert "Confirm that no application is pinned" in refused.text
    assert statuses(api)[old] == "active"


def test_K_006_an_old_key_stays_until_its_longest_token_is_over(api: Api) -> None:
    visitor, (old,) = sign_in(api, "owner"), statuses(api)
    api.post("/jwt_templates", {"name": "long", "claims": {}, "lifetime": 7200})
    visitor.done(SIGNING)
    (new,) = statuses(api).keys() - {old}
    api.now = START + 10 * MINUTE
    visitor.done(f"{SIGNING}/{new}/activate", {"is_ready": "true"})
    api.now += 130 * MINUTE - 1
    visitor = sign_in(api, "owner")  # hours later
    assert "Remove key</span>" not in visitor.page(f"{SIGNING}/{old}")
    refused = visitor.post(f"{SIGNING}/{old}/remove")
    assert refused.status_code == 422
    assert "valid for up to 1 s from now" in refused.text
    assert statuses(api)[old] == "retiring"
    api.now += 1
    visitor.done(f"{SIGNING}/{old}/remove")
    assert statuses(api) == {old: "removed", new: "active"}


def test_K_007_a_leaked_key_is_replaced_and_gone_at_once_after_the_password(api: Api) -> None:
    visitor, (old,) = owner_with_password(api), statuses(api)
    visitor.done(SIGNING)
    (new,) = statuses(api).keys() - {old}
    hasty = {"at_once": "true", "is_ready": "true"}
    assert visitor.post(f"{SIGNING}/{new}/activate", {**hasty, "password": "wrong"}).status_code == 422
    assert statuses(api)[old] == "active"
    api.now += MINUTE
    visitor.done(f"{SIGNING}/{new}/activate", {**hasty, "password": PASSWORD})
    assert visitor.post(f"{SIGNING}/{old}/remove", {"at_once": "true"}).status_code == 422
    visitor.done(f"{SIGNING}/{old}/remove", {"at_once": "true", "password": PASSWORD})
    assert statuses(api) == {old: "removed", new: "active"}
    api.now += 1000
    assert [key["kid"] for key in api.get("/jwks")["keys"]] == [new]
    assert kid_of_token(api) == new


def test_the_key_that_signs_can_not_be_removed_nor_one_removed_twice(api: Api) -> None:
    visitor, (active,) = owner_with_password(api), statuses(api)
    assert visitor.post(f"{SIGNING}/{active}/remove", {"at_once": "true", "password": PASSWORD}).status_code == 422
    visitor.done(SIGNING)
    (waiting,) = statuses(api).keys() - {active}
    visitor.done(f"{SIGNING}/{waiting}/remove")
    assert visitor.post(f"{SIGNING}/{waiting}/remove").status_code == 422
    assert statuses(api) == {active: "active", waiting: "removed"}


def test_only_one_key_waits_at_a_time(api: Api) -> None:
    visitor = sign_in(api, "owner")
    visitor.done(SIGNING)
    refused = visitor.post(SIGNING)
    assert refused.status_code == 422
    assert "A key is waiting already" in refused.text
    assert list(statuses(api).values()).count("pending") == 1


def test_an_unknown_algorithm_is_refused_on_the_page(api: Api) -> None:
    refused = sign_in(api, "owner").post(SIGNING, {"algorithm": "HS256"})
    assert refused.status_code == 422
    assert len(statuses(api)) == 1


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_K_001_a_key_s_page_shows_its_public_half_alone(api: Api, algorithm: str) -> None:
    visitor, (old,) = sign_in(api, "owner"), statuses(api)
    visitor.done(SIGNING, {"algorithm": algorithm})
    (new,) = statuses(api).keys() - {old}
    page = visitor.page(f"{SIGNING}/{new}")
    assert "BEGIN PUBLIC KEY" in page
    assert "PRIVATE" not in page
    for member in ("d", "p", "q", "dp", "dq", "qi", "k"):
        assert f"&#34;{member}&#34;:" not in page
    assert visitor.get(f"{SIGNING}/ins_none").status_code == 404


def test_Z_001_a_signing_key_of_another_instance_is_not_found(api: Api) -> None:
    lives = api.run(signing_keys.list_key_lives(api.service, api.tenants[1].instance))
    visitor = sign_in(api, "owner")
    assert visitor.get(f"{SIGNING}/{lives[0].key.kid}").status_code == 404
    assert visitor.post(f"{SIGNING}/{lives[0].key.kid}/remove").status_code == 404
