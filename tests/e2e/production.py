"""A production instance on localhost, with live keys, and the Next.js example against it."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from next_example import (
    FRONTEND_API_LENGTH,
    Instance,
    find_free_port,
    running_application,
    running_next,
)
from packages import run_to_end
from places import Site, open_backend

FRONTEND_API = "clerk.live-e2e-1.example.test"
assert len(FRONTEND_API) == FRONTEND_API_LENGTH
CLAIMSMITH = str(Path(sys.executable).with_name("claimsmith"))


@contextmanager
def running_production(folder: Path, bundles: Path, claims: Mapping[str, Any], token_lifetime: int) -> Iterator[Site]:
    """What an operator does: makes the instance, serves it, and lists the application's origin as allowed."""
    port = find_free_port()
    settings = {
        "CLAIMSMITH_PORT": str(port),
        "CLAIMSMITH_HOST": "localhost",
        "CLAIMSMITH_DATABASE_URL": f"sqlite:///{folder / 'live.db'}",
        "CLAIMSMITH_MASTER_KEY_FILE": str(folder / "live.key"),
        "CLAIMSMITH_BUNDLES_DIRECTORY": str(bundles),
        # Every visitor of these tests has the same address.
        "CLAIMSMITH_SIGN_IN_RATE_LIMIT": "100",
        "CLAIMSMITH_ATTEMPT_RATE_LIMIT": "100",
    }
    command = [CLAIMSMITH, "keys", "init", "--slug", "live", "--frontend-api", FRONTEND_API]
    told = run_to_end(command, folder, settings)
    with running_application([CLAIMSMITH, "serve"], folder, port, settings) as url:
        instance = Instance(url, find_word(told, "pk_live_"), find_word(told, "sk_live_"))
        instance_id = read_instance_id(instance)
        with open_backend(instance, instance_id, claims) as backend, running_next(folder, instance) as site_url:
            path = f"/platform/applications/app_e2e/instances/{instance_id}/config"
            shorter = backend.patch(path, json={"session": {"token_lifetime_seconds": token_lifetime}})
            assert shorter.status_code == 200, shorter.text
            allowed = backend.patch("/instance", json={"allowed_origins": [site_url]})
            assert allowed.status_code == 204, allowed.text
            yield Site(site_url, instance, backend, [])


def find_word(text: str, start: str) -> str:
    """The word of a command's output that starts so."""
    return next(word.partition("=")[2] or word for word in text.split() if start in word)


def read_instance_id(instance: Instance) -> str:
    """The id that the Backend API knows the instance by."""
    headers = {"Authorization": f"Bearer {instance.secret_key}"}
    response = httpx.get(f"{instance.url}/v1/instance", headers=headers, trust_env=False)
    assert response.status_code == 200, response.text
    found: str = response.json()["id"]
    return found
