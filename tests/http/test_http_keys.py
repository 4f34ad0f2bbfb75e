"""Signing keys and the master key: what is published, what is sealed, what refuses to start."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from faces import MASTER_KEY, START, Api, Open
from token_parts import decode_part

from claimsmith_server.app import load_master_key, open_service
from claimsmith_server.core.errors import ServiceError
from claimsmith_server.services import signing_keys
from claimsmith_server.services.key_ring import SealedKeyError
from claimsmith_server.settings import Settings, SettingsError

MINUTES_10 = 600_000


def kid_of(api: Api, session_id: str) -> str:
    kid: str = decode_part(api.post(f"/sessions/{session_id}/tokens")["jwt"].split(".")[0])["kid"]
    return kid


def published(api: Api) -> list[str]:
    api.now += 1000  # a JWKS is at most a second old
    return [key["kid"] for key in api.get("/jwks")["keys"]]


def test_K_001_both_jwks_are_the_same_public_keys_and_may_be_cached(api: Api) -> None:
    with_key = api.send("GET", "/v1/jwks")
    public = api.send("GET", "/.well-known/jwks.json", key=None)
    assert with_key.json() == public.json()
    assert public.headers["cache-control"] == "public, max-age=300, stale-if-error=86400"
    assert public.headers["content-type"] == "application/json"
    (key,) = public.json()["keys"]
    assert set(key) == {"use", "kid", "alg", "kty", "n", "e"}
    assert (key["use"], key["alg"], key["kty"], key["e"]) == ("sig", "RS256", "RSA", "AQAB")
    assert len(key["n"]) == 342  # 2048 bits


def test_K_009_a_rotation_is_seen_by_every_service_at_its_next_mint(open_on_engine: Open) -> None:
    first, second = open_on_engine(), open_on_engine()
    instance = first.tenants[0].instance
    session_id = first.new_session()
    old = kid_of(second, session_id)
    new = first.run(signing_keys.publish_pending(first.service, instance, "RS256"))
    assert set(published(second)) == {old, new}  # verifiers learn it before anything is signed with it
    assert kid_of(first, session_id) == kid_of(second, session_id) == old
    first.now = START + MINUTES_10
    assert first.run(signing_keys.activate_pending(first.service, instance)) == new
    assert kid_of(first, session_id) == kid_of(second, session_id) == new
    assert set(published(second)) == {old, new}  # K-005: tokens of the old key still verify


def test_K_004_a_pending_key_waits_until_every_verifier_has_it(api: Api) -> None:
    instance = api.tenants[0].instance
    with pytest.raises(ServiceError) as refused:
        api.run(signing_keys.activate_pending(api.service, instance))
    assert refused.value.status == 422
    api.run(signing_keys.publish_pending(api.service, instance, "ES256"))
    api.now = START + MINUTES_10 - 1
    with pytest.raises(ServiceError):
        api.run(signing_keys.activate_pending(api.service, instance))
    api.now += 1
    api.run(signing_keys.activate_pending(api.service, instance))
    header = decode_part(api.post(f"/sessions/{api.new_session()}/tokens")["jwt"].split(".")[0])
    assert header["alg"] == "ES256"


def test_K_009_of_two_rotations_at_once_one_key_is_active(open_on_engine: Open) -> None:
    first, second = open_on_engine(), open_on_engine()
    instance = first.tenants[0].instance
    for api in (first, second):
        api.run(signing_keys.publish_pending(api.service, instance, "EdDSA"))
    first.now = second.now = START + MINUTES_10
    first.together(*(signing_keys.activate_pending(api.service, instance) for api in (first, second)))
    session_id = first.new_session()
    assert kid_of(first, session_id) == kid_of(second, session_id)
    assert len(published(first)) == 3


def test_K_007_a_removed_key_is_published_no_more(api: Api) -> None:
    (kid,) = published(api)
    api.sql("UPDATE signing_keys SET status = 'removed' WHERE kid = ?", kid)
    assert published(api) == []
    assert api.refused("POST", f"/sessions/{api.new_session()}/tokens") == (500, "internal_error", {})


def test_K_010_the_database_holds_no_private_key_in_the_clear(api: Api, folder: Path) -> None:
    api.new_user(password="correct-horse-battery")
    api.sql("PRAGMA wal_checkpoint(TRUNCATE)")
    dump = b"".join(file.read_bytes() for file in folder.iterdir() if file.name.startswith("claimsmith.db"))
    for secret in (b"BEGIN", b'"d":', b"PRIVATE KEY", api.tenants[0].secret_key.encode(), b"correct-horse"):
        assert secret not in dump
    ((sealed,),) = api.sql(
        "SELECT sealed_private_key FROM signing_keys WHERE instance_id = ?", api.tenants[0].instance.id
    )
    assert sealed[:1] == b"\x01"
    assert b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01" not in sealed  # the OID that every RSA key in DER starts with


# --------------------------------------------------------------------------------------------------------- master key
def settings_of(folder: Path) -> Settings:
    return Settings(database_url=f"sqlite:///{folder}/claimsmith.db", master_key_file=str(folder / "master.key"))


def test_K_011_another_master_key_refuses_to_start_and_makes_no_key(api: Api, folder: Path) -> None:
    before = api.sql("SELECT kid FROM signing_keys")
    file = folder / "master.key"
    file.write_text(MASTER_KEY.swapcase())
    with pytest.raises(SealedKeyError, match="master key"):
        api.run(open_service(settings_of(folder)))
    assert api.sql("SELECT kid FROM signing_keys") == before


def test_K_011_a_missing_master_key_refuses_to_start_and_is_not_made(api: Api, folder: Path) -> None:
    (folder / "master.key").unlink()
    with pytest.raises(SettingsError, match="can't be read"):
        api.run(open_service(settings_of(folder)))
    assert not (folder / "master.key").exists()


def test_K_011_a_sealed_key_moved_to_another_row_refuses_to_start(api: Api, folder: Path) -> None:
    api.sql("UPDATE signing_keys SET sealed_private_key = (SELECT sealed_private_key FROM signing_keys LIMIT 1)")
    with pytest.raises(SealedKeyError):
        api.run(open_service(settings_of(folder)))


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o666, 0o610])
def test_L_004_a_master_key_that_others_may_touch_is_refused(folder: Path, mode: int) -> None:
    (folder / "master.key").chmod(mode)
    with pytest.raises(SettingsError, match="chmod 600"):
        load_master_key(folder / "master.key")


@pytest.mark.parametrize(
    "text", ["", "x", "AAAA", MASTER_KEY.strip() + "AAAA", "ключ", "A" * 44, MASTER_KEY.strip()[:-1]]
)
def test_K_011_what_is_no_master_key_is_refused_without_being_told(folder: Path, text: str) -> None:
    file = folder / "master.key"
    file.write_text(text)
    with pytest.raises(SettingsError) as refused:
        load_master_key(file)
    assert not text or text not in str(refused.value)


def test_L_004_the_databases_files_are_their_owners(api: Api, tmp_path: Path) -> None:
    from claimsmith_server.store.database import open_database
    from claimsmith_server.store.migration import migrate

    url = f"sqlite:///{tmp_path}/new/claimsmith.db"
    api.run(migrate(url))
    database = api.run(open_database(url))
    try:
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "new").iterdir()}
    finally:
        api.run(database.close())
    assert modes["claimsmith.db"] == 0o600
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_R_024_poisoned_settings_of_one_instance_do_not_keep_the_others_from_starting(
    api: Api, open_another: Callable[..., Api]
) -> None:
    good, poisoned = api.tenants
    session_id = api.new_session()
    api.sql("UPDATE instances SET settings = '{', config_version = 9 WHERE id = ?", poisoned.instance.id)
    restarted = open_another()
    assert restarted.mint(session_id)["sid"] == session_id
    assert restarted.send("GET", "/v1/instance", key=good.secret_key).status_code == 200
    refused = restarted.send("GET", "/v1/instance", key=poisoned.secret_key)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (500, "internal_error")
