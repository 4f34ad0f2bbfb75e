# ruff: noqa: N815 - claims keep the names that they have in the token
"""Only type-checked: claims as the application's own types. Run as `sdk_auth.py`."""

from dataclasses import dataclass
from typing import Any, TypedDict, assert_type

import msgspec
from pydantic import BaseModel

from claimsmith import Auth, SessionClaims
from claimsmith.answers import Answer
from claimsmith.decisions import Decision
from claimsmith.requirements import Demands, check_requirement, parse_demands
from claimsmith.typed_claims import convert_claims


class Typed(SessionClaims):
    """A TypedDict with the default claims."""

    fullName: str


class Bare(TypedDict):
    """A TypedDict without them."""

    fullName: str


class Struct(msgspec.Struct):
    """A msgspec Struct."""

    fullName: str
    plan: str | None = None


@dataclass
class Data:
    """A dataclass."""

    fullName: str


class Model(BaseModel):
    """A pydantic model."""

    fullName: str


def convert(auth: Auth) -> None:
    """The caller is known by its model, whichever kind that is."""
    assert_type(convert_claims(auth, Typed), Auth[Typed])
    assert_type(convert_claims(auth, Bare), Auth[Bare])
    assert_type(convert_claims(auth, Struct), Auth[Struct])
    assert_type(convert_claims(auth, Data), Auth[Data])
    assert_type(convert_claims(auth, Model), Auth[Model])


def read(typed: Auth[Typed], bare: Auth[Bare], struct: Auth[Struct], data: Auth[Data], model: Auth[Model]) -> None:
    """Claims have the types that the model gives them."""
    assert_type(typed.session_claims["fullName"], str)
    assert_type(typed.session_claims["exp"], int)
    assert_type(bare.session_claims["fullName"], str)
    assert_type(struct.session_claims.fullName, str)
    assert_type(struct.session_claims.plan, str | None)
    assert_type(data.session_claims.fullName, str)
    assert_type(model.session_claims.fullName, str)
    assert_type(struct.user_id, str)


def convert_again(auth: Auth[Struct]) -> Auth[Model]:
    """One model can be exchanged for another."""
    return convert_claims(auth, Model)


def require(decision: Decision) -> None:
    """What a route asks for is checked by name and type."""
    demands: Demands = {"role": "org:admin", "fresh": "strict", "claims": Struct}
    assert_type(check_requirement(decision, parse_demands(demands)), Auth[Any] | Answer)
    wrong: Demands = {"rolle": "org:admin"}  # type: ignore[typeddict-unknown-key]  # pyright: ignore[reportAssignmentType]
    del wrong
