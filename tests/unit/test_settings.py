"""Settings from files and variables, and the log that they configure."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from claimsmith_server.core.errors import ERROR_KINDS, PARAM_TOO_LARGE, ServiceError
from claimsmith_server.http.limits import RateLimit
from claimsmith_server.observability import configure_logging, make_trace_id
from claimsmith_server.settings import Settings, SettingsError, describe_settings, load_settings


def write(folder: Path, text: str | bytes) -> Path:
    file = folder / "claimsmith.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_a_variable_wins_over_the_file_and_an_option_over_both(tmp_path: Path) -> None:
    file = write(tmp_path, 'port = 1\nhost = "file"\nworkers = 3\n')
    variables = {"CLAIMSMITH_PORT": "2", "CLAIMSMITH_HOST": "variable", "PORT": "9", "OTHER_CLAIMSMITH_PORT": "9"}
    settings = load_settings(file, variables, port=5, host=None)
    assert (settings.port, settings.host, settings.workers) == (5, "variable", 3)


def test_without_anything_everything_has_its_default() -> None:
    assert load_settings(None, {}) == Settings()


def test_every_setting_can_be_given_as_a_variable_and_in_the_file(tmp_path: Path) -> None:
    others: dict[str, Any] = {
        "host": "::1", "port": 5000, "public_url": "https://auth.example.com", "database_url": "postgresql://h/d",
        "database_pool_size": 5, "master_key_file": "/k", "workers": 2, "instance": "acme", "backend_rate_limit": 7,
        "smtp_url": "smtps://u:p@mail.example.com", "smtp_password_file": "/p", "mail_from": "a@b.example",
        "log_level": "debug", "log_format": "console", "bundles_directory": "/b", "trusted_proxies": 1,
        "sign_in_rate_limit": 50, "attempt_rate_limit": 30, "browser_rate_limit": 300, "set_up_locally": True,
    }  # fmt: skip
    assert set(others) == {one.name for one in describe_settings()}
    file = write(tmp_path, "".join(f"{name} = {json.dumps(value)}\n" for name, value in others.items()))
    variables = {f"CLAIMSMITH_{name.upper()}": str(value) for name, value in others.items()}
    assert load_settings(file, {}) == load_settings(None, variables) == Settings(**others)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("prot = 1", "`prot` is not a setting"),
        ("port = 65536", "`port`"),
        ("port = -1", "`port`"),
        ("port = true", "`port`"),
        ("workers = 0", "`workers`"),
        ("backend_rate_limit = -1", "`backend_rate_limit`"),
        ('log_format = "xml"', "`log_format`"),
        ('public_url = "https://h/path"', "`public_url`"),
        ('public_url = "javascript:alert(1)"', "`public_url`"),
        ('host = ""', "`host`"),
        ("port = 1\nport = 2", "is not TOML"),
        ("port =", "is not TOML"),
        (b"\xff\xfe", "is not TOML"),
        ("[server]\nport = 1", "`server` is not a setting"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, text: str | bytes, told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(write(tmp_path, text), {})
    assert told in str(refused.value)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(write(tmp_path, "port = -1\nworkers = 0\n"), {"CLAIMSMITH_LOG_LEVEL": "loud"})
    assert all(f"`{name}`" in str(refused.value) for name in ("port", "workers", "log_level"))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't be read"):
        load_settings(tmp_path / "nothing.toml", {})


def test_the_base_url_is_the_public_one_without_its_slash() -> None:
    assert Settings(public_url="https://auth.example.com/").base_url == "https://auth.example.com"
    assert Settings(port=5000).base_url == "http://localhost:5000"


# ---------------------------------------------------------------------------------------------------------------- log
HOSTILE = ["a\r\nb", "\x1b[31mred", "\u2028\u2029\x85", '"}{"event":"forged"}', "\x00\x07\x7f", "\ud800"]


@pytest.mark.parametrize("text", HOSTILE)
def test_I_011_an_event_is_one_json_line_whatever_is_in_it(text: str) -> None:
    stream = io.StringIO()
    configure_logging(Settings(), stream).info("request failed", path=text, **{text: text})
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["event"] == "request failed"
    assert json.loads(line)["path"] == text
    assert line.isascii()
    assert line.isprintable()


@pytest.mark.parametrize("text", HOSTILE)
def test_I_011_a_value_on_the_console_cannot_move_the_cursor_or_make_a_line(text: str) -> None:
    stream = io.StringIO()
    configure_logging(Settings(log_format="console"), stream).info("request failed", path=text, paths=[text])
    (line,) = stream.getvalue().splitlines()
    assert line.isprintable()


def test_events_below_the_level_are_not_written_and_two_logs_do_not_mix() -> None:
    one, other = io.StringIO(), io.StringIO()
    loud, quiet = (
        configure_logging(Settings(log_level="debug"), one),
        configure_logging(Settings(log_level="error"), other),
    )
    for log in (loud, quiet):
        log.debug("a")
        log.warning("b")
        log.error("c")
    assert [json.loads(line)["event"] for line in one.getvalue().splitlines()] == ["a", "b", "c"]
    assert [json.loads(line)["event"] for line in other.getvalue().splitlines()] == ["c"]


def test_a_trace_id_is_32_hex_digits() -> None:
    assert make_trace_id(bytes(range(16))) == "000102030405060708090a0b0c0d0e0f"


# ------------------------------------------------------------------------------------------------------------- limits
def test_A_014_a_window_of_ten_seconds_slides() -> None:
    limit = RateLimit(2)
    assert [accepted(limit, b"a", at) for at in (0, 9000, 9999, 10_000, 10_001, 19_000)] == [1, 1, 0, 1, 0, 1]
    assert accepted(limit, b"b", 10_001) == 1


def accepted(limit: RateLimit, caller: bytes, now: int) -> int:
    try:
        limit.count(caller, now)
    except ServiceError as error:
        is_told = error.status == 429 and 1 <= int(error.headers["Retry-After"]) <= 10
        return 0 if is_told else -1
    return 1


def test_A_015_the_limiter_forgets_the_oldest_callers() -> None:
    limit = RateLimit(1)
    for number in range(100_100):
        limit.count(number.to_bytes(4), 0)
    assert len(limit._callers) == 100_000


# ------------------------------------------------------------------------------------------------------------- errors
def test_every_kind_makes_a_sentence_with_all_its_values() -> None:
    import re

    for kind in ERROR_KINDS:
        names = set(re.findall(r"\{(\w+)\}", kind.long_message + kind.message)) - {"param_name"}
        error = kind(param_name="name", **dict.fromkeys(names, "VALUE"))
        (item,) = error.items
        assert (error.status, item.code) == (kind.status, kind.code)
        assert item.long_message.count("VALUE") >= len(names - set(re.findall(r"\{(\w+)\}", kind.message)))
        assert "{" not in item.long_message + item.message


def test_a_value_with_braces_is_told_as_it_is() -> None:
    error = PARAM_TOO_LARGE(param_name="{x}", actual="{0}", limit="{limit}", internal="SECRET")
    assert "`{x}` takes {0}, and {limit} is the most." in error.items[0].long_message
    assert "SECRET" not in str(error.items)
    assert "SECRET" not in str(error)


def test_a_variable_with_a_slip_in_its_name_is_refused_and_not_overlooked() -> None:
    with pytest.raises(SettingsError, match="CLAIMSMITH_WORKRES is not a setting; did you mean CLAIMSMITH_WORKERS"):
        load_settings(None, {"CLAIMSMITH_WORKRES": "4"})


def test_variables_of_the_sdk_on_the_same_machine_are_no_settings() -> None:
    twins = ("PUBLISHABLE_KEY", "SECRET_KEY", "JWT_KEY", "API_URL", "AUTHORIZED_PARTIES", "PROXY_URL", "TEST_ALL")
    assert load_settings(None, {f"CLAIMSMITH_{name}": "x" for name in twins}) == Settings()
