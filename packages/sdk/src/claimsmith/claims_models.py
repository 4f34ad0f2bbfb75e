"""Session claims as a type of the application's: TypedDict, msgspec Struct, dataclass or pydantic model."""

from typing import Any

import msgspec

from claimsmith.auth import Auth


class ClaimsError(Exception):
    """Claims that are not of the shape that the application declared; `message` names the claim and both shapes."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def convert_claims(auth: Auth[Any], model: type[Any]) -> Auth[Any]:
    """The caller with `session_claims` as an object of the model.

    Raises:
        ClaimsError: a claim is missing or of another shape.
    """
    try:
        return msgspec.structs.replace(auth, session_claims=msgspec.convert(auth.session_claims, model))
    except msgspec.ValidationError as error:
        raise ClaimsError(str(error)) from error
