# ruff: noqa: N815 - claims keep the names that they have in the token
"""Pages and endpoints that read custom claims from the session token, typed."""

import os
import sys
from pathlib import Path
from typing import Any

from flask import Flask, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from claimsmith import Auth, SessionClaims
from claimsmith.flask import Claimsmith, auth, require_auth

FOLDER = Path(__file__).resolve().parent
SESSION_COOKIES = ("__session", "__client_uat", "__refresh")


class MyClaims(SessionClaims):
    """The session token's claims: the default ones, and the two of our template."""

    fullName: str | None
    primaryEmail: str | None


app = Flask(__name__)
app.config["TRUSTED_HOSTS"] = ["localhost"]
app.context_processor(lambda: {"auth": auth()})


@app.get("/api/example")
@require_auth(claims=MyClaims)
def example(auth: Auth[MyClaims]) -> dict[str, str | None]:
    """The endpoint of the guide "Customize your session token"; no database is asked."""
    claims = auth.session_claims
    return {"firstName": claims["fullName"], "primaryEmail": claims["primaryEmail"]}


@app.get("/")
def home() -> str:
    """A page for everyone; the template asks `auth` who is there."""
    return render_template("home.html")


@app.get("/account")
@require_auth()
def account(auth: Auth[Any]) -> str:
    """A page for who is signed in; anyone else is sent to the sign-in page and comes back."""
    frontend_api = os.environ.get("CLERK_PROXY_URL", "")
    return render_template("account.html", claims=auth.session_claims, frontend_api=frontend_api)


@app.get("/teams/<slug>")
@require_auth()
def team(slug: str, auth: Auth) -> tuple[str, int]:
    """A page of one organization: opening it makes that organization the active one, for who is a member."""
    is_member = auth.org_slug == slug
    is_admin = is_member and auth.has(role="org:admin")
    page = render_template("team.html", slug=slug, is_member=is_member, is_admin=is_admin)
    return page, 200 if is_member else 403


@app.get("/api/team")
@require_auth(role="org:admin")
def team_api(auth: Auth) -> dict[str, str | None]:
    """For administrators of the active organization."""
    return {"organization": auth.org_slug, "role": auth.org_role}


@app.get("/sign-out")
def sign_out() -> AnyResponse:
    """Forgets the session here, and goes on to the page that ends it everywhere."""
    response = redirect(f"{os.environ.get('CLERK_PROXY_URL', '')}/sign-out", Response=Response)
    for name in request.cookies:
        if name.startswith(SESSION_COOKIES):
            response.delete_cookie(name)
    return response


def main() -> None:
    sys.path.append(str(FOLDER.parent))
    from claimsmith_dev import development_instance, tell  # noqa: PLC0415 - it lies beside this folder

    with development_instance(FOLDER):
        Claimsmith(app, organization_patterns=("/teams/:slug",))
        port = int(os.environ.get("PORT", "5000"))
        tell(f"Flask answers at http://localhost:{port}")
        app.run("localhost", port)


if __name__ == "__main__":
    main()
