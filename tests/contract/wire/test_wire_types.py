"""`claimsmith types` against a running server: types follow the claims."""

import subprocess
import sys
from pathlib import Path

import httpx
from servers import Server, own_environment

CONFIG = "/v1/platform/applications/app/instances/development/config"


def run_types(server: Server, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = own_environment() | {"CLERK_API_URL": server.url, "CLERK_SECRET_KEY": server.secret_key}
    command = [str(Path(sys.executable).with_name("claimsmith")), "types", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def set_claims(server: Server, claims: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {server.secret_key}"}
    answer = httpx.patch(server.url + CONFIG, json={"session": {"claims": claims}}, headers=headers)
    assert answer.status_code == 200, answer.text


def test_types_are_written_and_drift_is_told_with_a_diff(claimsmith_server: Server, tmp_path: Path) -> None:
    file = tmp_path / "types/globals.d.ts"
    set_claims(claimsmith_server, {"fullName": "{{user.full_name}}"})

    assert run_types(claimsmith_server, "--out", str(file)).returncode == 0
    assert "fullName?: string | null" in file.read_text()
    assert run_types(claimsmith_server, "--out", str(file), "--check").returncode == 0

    set_claims(claimsmith_server, {"plan": "{{user.public_metadata.plan}}"})
    drift = run_types(claimsmith_server, "--out", str(file), "--check")

    assert drift.returncode == 1
    assert "-    fullName?: string | null" in drift.stdout
    assert "+    plan?: unknown" in drift.stdout
    assert "fullName" in file.read_text(), "--check writes nothing"


def test_a_wrong_secret_key_is_a_clear_refusal(claimsmith_server: Server) -> None:
    environment = own_environment() | {"CLERK_API_URL": claimsmith_server.url, "CLERK_SECRET_KEY": "sk_test_wrong"}
    command = [str(Path(sys.executable).with_name("claimsmith")), "types"]

    refused = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    assert refused.returncode == 1
    assert "clerk_key_invalid" in refused.stderr
