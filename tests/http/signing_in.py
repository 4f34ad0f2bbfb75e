"""Steps of a sign-in that several tests take, through the Frontend API; and what is given or changed past it."""

from typing import Any

from browser import Browser, read_code
from faces import Api

from claimsmith_server.core.attempts import Ticket, TicketKind
from claimsmith_server.core.models import User
from claimsmith_server.core.secrets import hash_secret
from claimsmith_server.store.tickets import insert_ticket
from claimsmith_server.store.users import load_user, update_user

PASSWORD = "correct horse battery"
EMAIL = "ada@example.com"
HOUR = 3600 * 1000


def begin(browser: Browser, identifier: str = EMAIL, **form: Any) -> Any:
    """A new attempt that knows who it is about."""
    made = browser.post("/client/sign_ins", {"identifier": identifier, **form})
    assert made["status"] == "needs_first_factor"
    return made


def attempt(browser: Browser, sign_in: Any, strategy: str, **form: Any) -> Any:
    """The attempt after a first factor that is right."""
    return browser.post(f"/client/sign_ins/{sign_in['id']}/attempt_first_factor", {"strategy": strategy, **form})


def prepare(browser: Browser, sign_in: Any, strategy: str, **form: Any) -> Any:
    """The attempt, a code for it sent."""
    return browser.post(f"/client/sign_ins/{sign_in['id']}/prepare_first_factor", {"strategy": strategy, **form})


def factor_of(sign_in: Any, strategy: str) -> Any:
    """The likeliest factor of a strategy."""
    return next(factor for factor in sign_in["supported_first_factors"] if factor["strategy"] == strategy)


def give_ticket(api: Api, user_id: str, kind: TicketKind = "sign_in", **more: Any) -> str:
    """A ticket of the Backend API, by its text."""
    text = api.service.make_secret()
    fields: dict[str, Any] = {
        "actor": None,
        "session_max_duration_seconds": None,
        "status": "pending",
        "expire_at": api.now + HOUR,
        **more,
    }
    ticket = Ticket(
        id=api.service.make_id("sit"),
        instance_id=api.tenants[0].instance.id,
        kind=kind,
        user_id=user_id,
        token_hash=hash_secret(text),
        created_at=api.now,
        updated_at=api.now,
        **fields,
    )
    api.run(insert_ticket(api.service.database, ticket))
    return text


def stored_user(api: Api, user_id: str) -> User:
    """The user as it is stored now."""
    user = api.run(load_user(api.service.database, api.tenants[0].instance.id, user_id))
    assert user is not None
    return user


def reset_code(browser: Browser) -> Any:
    """An attempt whose reset code was right."""
    made = begin(browser, strategy="reset_password_email_code")
    done = attempt(browser, made, "reset_password_email_code", code=read_code(browser.api, EMAIL))
    assert (done["status"], done["created_session_id"]) == ("needs_new_password", None)
    assert browser.client["sessions"] == []
    assert browser.client["sign_in"] == done
    return done


def change_user(api: Api, user_id: str, **changes: Any) -> None:
    """Nothing; fields of the user are changed, past every service."""
    api.run(update_user(api.service.database, api.tenants[0].instance.id, user_id, changes, now=api.now))
