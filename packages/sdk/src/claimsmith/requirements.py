"""What a route asks of its caller, and the answer to those who lack it: `require_auth` of every adapter."""

from collections.abc import Hashable, Mapping
from typing import Any, TypedDict, cast

import msgspec

from claimsmith.answers import Answer, answer_claims, answer_forbidden, answer_reverification, answer_signed_out
from claimsmith.auth import Auth, SignedOut
from claimsmith.claims.problems import ClaimsError
from claimsmith.claims.reverification import Fresh, Reverification, parse_fresh
from claimsmith.decisions import Decision
from claimsmith.typed_claims import convert_claims, make_converter


class Demands(TypedDict, total=False):
    """The keyword arguments of every adapter's `require_auth`; all that are given must be had.

    Example:
        ```python
        demands: Demands = {"role": "org:admin", "fresh": "strict"}
        ```
    """

    role: str
    """In the active organization, e.g. `org:admin`."""
    permission: str
    """In the active organization, e.g. `org:posts:manage`."""
    feature: str
    plan: str
    fresh: Fresh
    """How lately the caller proved who they are: a preset, a `timedelta`, or a `Reverification`."""
    claims: type[Any]
    """What `session_claims` is turned into: a TypedDict, msgspec Struct, dataclass or pydantic model."""


class Requirement(msgspec.Struct, frozen=True):
    """Demands, checked once when a route is declared.

    Example: `parse_demands({"role": "org:admin"})`
    """

    rights: Mapping[str, Any]
    fresh: Reverification | None = None
    claims: type[Any] | None = None


def parse_demands(demands: Demands) -> Requirement:
    """The requirement that the arguments of `require_auth` stand for.

    Raises:
        TypeError: an argument that there is not.
        ValueError: one that asks for nothing, `None` or empty; or `fresh` is not one of its forms.
        ConfigurationError: `claims` is not a model that claims can be turned into.

    Example:
        ```python
        requirement = parse_demands({"permission": "org:posts:manage", "fresh": "strict"})
        assert requirement.rights == {"permission": "org:posts:manage"}
        ```
    """
    _check_names(demands)
    rights: dict[str, Any] = {name: value for name, value in demands.items() if name not in {"fresh", "claims"}}
    fresh, model = demands.get("fresh"), demands.get("claims")
    if model is not None:
        make_converter(cast("Hashable", model))
    return Requirement(rights, None if fresh is None else parse_fresh(fresh), model)


def _check_names(demands: Mapping[str, object]) -> None:
    """A slip is told where a route is declared: later it would be an error 500, or a route that asks for nothing."""
    for name, value in demands.items():
        if name not in Demands.__annotations__:
            raise TypeError(f"require_auth() has no argument {name!r}; it takes {', '.join(Demands.__annotations__)}.")
        if value is None or value == "":
            raise ValueError(f"{name}={value!r} asks for nothing. Leave {name} out, or say what is asked for.")


def check_requirement(
    decision: Decision, requirement: Requirement, *, sign_in_url: str | None = None
) -> Auth[Any] | Answer:
    """The caller when they have everything that is asked for, else what to answer them.

    Args:
        decision: on the request.
        requirement: of the route.
        sign_in_url: where people who are signed out are sent, if anywhere.

    Example:
        ```python
        decision = Decision(SignedOut("session-token-and-uat-missing"), facts)
        answer = check_requirement(decision, parse_demands({}))
        assert isinstance(answer, Answer) and answer.status == 401
        ```
    """
    caller = decision.caller
    if isinstance(caller, SignedOut):
        return answer_signed_out(caller, decision.facts, sign_in_url)
    if requirement.rights and not caller.has(**requirement.rights):
        return answer_forbidden()
    if requirement.fresh is not None and not caller.has(fresh=requirement.fresh):
        return answer_reverification(requirement.fresh)
    if requirement.claims is None:
        return caller
    try:
        return convert_claims(caller, requirement.claims)
    except ClaimsError as error:
        return answer_claims(error.message)
