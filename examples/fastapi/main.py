# ruff: noqa: N815 - claims keep the names that they have in the token
"""The endpoint of the guide "Customize your session token", in Python: two custom claims, typed."""

from typing import Annotated

from fastapi import Depends, FastAPI

from claimsmith import Auth, SessionClaims
from claimsmith.fastapi import Claimsmith, require_auth


class MyClaims(SessionClaims):
    """The session token's claims: the default ones, and the two of our template."""

    fullName: str | None
    primaryEmail: str | None


app = FastAPI(title="Claimsmith example")
Claimsmith(app)


@app.get("/api/example")
def example(auth: Annotated[Auth[MyClaims], Depends(require_auth)]) -> dict[str, str | None]:
    """What the token says of the caller; no database is asked."""
    claims = auth.session_claims
    return {"firstName": claims["fullName"], "primaryEmail": claims["primaryEmail"]}
