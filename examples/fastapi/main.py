# ruff: noqa: N815 - claims keep the names that they have in the token
"""Pages and endpoints that read custom claims from the session token, typed."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.templating import Jinja2Templates

from claimsmith import Auth, SessionClaims
from claimsmith.fastapi import Claimsmith, auth, require_auth

FOLDER = Path(__file__).resolve().parent


class MyClaims(SessionClaims):
    """The session token's claims: the default ones, and the two of our template."""

    fullName: str | None
    primaryEmail: str | None


router = APIRouter()
pages = Jinja2Templates(FOLDER / "templates", context_processors=[lambda _: {"auth": auth()}])


@router.get("/api/example")
async def example(auth: Annotated[Auth[MyClaims], Depends(require_auth(claims=MyClaims))]) -> dict[str, str | None]:
    """The endpoint of the guide "Customize your session token"; no database is asked."""
    claims = auth.session_claims
    return {"firstName": claims["fullName"], "primaryEmail": claims["primaryEmail"]}


@router.get("/api/team")
async def team_api(auth: Annotated[Auth, Depends(require_auth(role="org:admin"))]) -> dict[str, str | None]:
    """For administrators of the active organization."""
    return {"organization": auth.org_slug, "role": auth.org_role}


@router.get("/", include_in_schema=False)
async def home(request: Request) -> Response:
    """A page for everyone; the template asks `auth` who is there."""
    return pages.TemplateResponse(request, "home.html")


@router.get("/account", include_in_schema=False)
async def account(request: Request, auth: Annotated[Auth[Any], Depends(require_auth())]) -> Response:
    """A page for who is signed in; anyone else is sent to the sign-in page and comes back."""
    context = {"claims": auth.session_claims, "frontend_api": os.environ.get("CLERK_PROXY_URL", "")}
    return pages.TemplateResponse(request, "account.html", context)


@router.get("/teams/{slug}", include_in_schema=False)
async def team(request: Request, slug: str, auth: Annotated[Auth, Depends(require_auth())]) -> Response:
    """A page of one organization: opening it makes that organization the active one, for who is a member."""
    is_member = auth.org_slug == slug
    context = {"slug": slug, "is_member": is_member, "is_admin": is_member and auth.has(role="org:admin")}
    return pages.TemplateResponse(request, "team.html", context, status_code=200 if is_member else 403)


def make_app() -> FastAPI:
    """The application; keys and addresses of its instance are in the environment."""
    app = FastAPI(title="Claimsmith and FastAPI")
    Claimsmith(app, handshakes=True, organization_patterns=("/teams/:slug",))
    app.include_router(router)
    return app


def main() -> None:
    sys.path.append(str(FOLDER.parent))
    from claimsmith_dev import development_instance, tell  # noqa: PLC0415 - it lies beside this folder

    with development_instance(FOLDER):
        port = int(os.environ.get("PORT", "8000"))
        tell(f"FastAPI answers at http://localhost:{port}")
        uvicorn.run(make_app(), host="localhost", port=port, log_level="warning")


if __name__ == "__main__":
    main()
