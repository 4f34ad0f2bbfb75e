# ruff: noqa: N815 - claims keep the names that they have in the token
"""Pages and endpoints that read custom claims from the session token, typed."""

import os
import sys
from pathlib import Path
from typing import Any

import uvicorn
from litestar import Litestar, get
from litestar.contrib.jinja import JinjaTemplateEngine
from litestar.di import NamedDependency
from litestar.openapi import OpenAPIConfig
from litestar.response import Template
from litestar.template import TemplateConfig

from claimsmith import Auth, SessionClaims, SignedOut
from claimsmith.litestar import Claimsmith, require_auth

FOLDER = Path(__file__).resolve().parent


class MyClaims(SessionClaims):
    """The session token's claims: the default ones, and the two of our template."""

    fullName: str | None
    primaryEmail: str | None


@get("/api/example", guards=[require_auth(claims=MyClaims)])
async def example(auth: NamedDependency[Auth[MyClaims]]) -> dict[str, str | None]:
    """The endpoint of the guide "Customize your session token"; no database is asked."""
    claims = auth.session_claims
    return {"firstName": claims["fullName"], "primaryEmail": claims["primaryEmail"]}


@get("/api/team", guards=[require_auth(role="org:admin")])
async def team_api(auth: NamedDependency[Auth]) -> dict[str, str | None]:
    """For administrators of the active organization."""
    return {"organization": auth.org_slug, "role": auth.org_role}


@get("/", include_in_schema=False)
async def home(auth: NamedDependency[Auth[Any] | SignedOut]) -> Template:
    """A page for everyone; the template asks `auth` who is there."""
    return Template("home.html", context={"auth": auth})


@get("/account", guards=[require_auth()], include_in_schema=False)
async def account(auth: NamedDependency[Auth[Any]]) -> Template:
    """A page for who is signed in; anyone else is sent to the sign-in page and comes back."""
    frontend_api = os.environ.get("CLERK_PROXY_URL", "")
    context = {"auth": auth, "claims": auth.session_claims, "frontend_api": frontend_api}
    return Template("account.html", context=context)


@get("/teams/{slug:str}", guards=[require_auth()], include_in_schema=False)
async def team(slug: str, auth: NamedDependency[Auth]) -> Template:
    """A page of one organization: opening it makes that organization the active one, for who is a member."""
    is_member = auth.org_slug == slug
    is_admin = is_member and auth.has(role="org:admin")
    context = {"auth": auth, "slug": slug, "is_member": is_member, "is_admin": is_admin}
    return Template("team.html", context=context, status_code=200 if is_member else 403)


def make_app() -> Litestar:
    """The application; keys and addresses of its instance are in the environment."""
    return Litestar(
        [example, team_api, home, account, team],
        plugins=[Claimsmith(handshakes=True, organization_patterns=("/teams/:slug",))],
        template_config=TemplateConfig(directory=FOLDER / "templates", engine=JinjaTemplateEngine),
        openapi_config=OpenAPIConfig(title="Claimsmith and Litestar", version="1"),
    )


def main() -> None:
    sys.path.append(str(FOLDER.parent))
    from claimsmith_dev import development_instance, tell  # noqa: PLC0415 - it lies beside this folder

    with development_instance(FOLDER):
        port = int(os.environ.get("PORT", "8000"))
        tell(f"Litestar answers at http://localhost:{port}")
        uvicorn.run(make_app(), host="localhost", port=port, log_level="warning")


if __name__ == "__main__":
    main()
