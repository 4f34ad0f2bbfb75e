# ruff: noqa: ARG001, N815 - views take the request; claims keep the names that they have in the token
"""Pages and endpoints that read custom claims from the session token, typed."""

import os

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views import View

from claimsmith import Auth, SessionClaims
from claimsmith.django import get_auth, require_auth

SESSION_COOKIES = ("__session", "__client_uat", "__refresh")


class MyClaims(SessionClaims):
    """The session token's claims: the default ones, and the two of our template."""

    fullName: str | None
    primaryEmail: str | None


@require_auth(claims=MyClaims)
def example(request: HttpRequest, auth: Auth[MyClaims]) -> JsonResponse:
    """The endpoint of the guide "Customize your session token"; no database is asked."""
    claims = auth.session_claims
    return JsonResponse({"firstName": claims["fullName"], "primaryEmail": claims["primaryEmail"]})


def home(request: HttpRequest) -> HttpResponse:
    """A page for everyone; the template asks `auth` who is there."""
    return render(request, "home.html")


@require_auth()
async def account(request: HttpRequest, auth: Auth) -> HttpResponse:
    """A page for who is signed in; anyone else is sent to the sign-in page and comes back."""
    frontend_api = os.environ.get("CLERK_PROXY_URL", "")
    return render(request, "account.html", {"claims": dict(auth.session_claims), "frontend_api": frontend_api})


@require_auth()
class Team(View):
    """A page of one organization: opening it makes that organization the active one, for who is a member."""

    def get(self, request: HttpRequest, slug: str) -> HttpResponse:
        """The page, also for who is not a member, with status 403 then."""
        auth = get_auth(request)
        is_member = isinstance(auth, Auth) and auth.org_slug == slug
        context = {"slug": slug, "is_member": is_member, "is_admin": is_member and auth.has(role="org:admin")}
        return render(request, "team.html", context, status=200 if is_member else 403)


@require_auth(role="org:admin")
def team_api(request: HttpRequest, auth: Auth) -> JsonResponse:
    """For administrators of the active organization."""
    return JsonResponse({"organization": auth.org_slug, "role": auth.org_role})


def sign_out(request: HttpRequest) -> HttpResponse:
    """Forgets the session here, and goes on to the page that ends it everywhere."""
    response = HttpResponseRedirect(f"{os.environ.get('CLERK_PROXY_URL', '')}/sign-out")
    for name in request.COOKIES:
        if name.startswith(SESSION_COOKIES):
            response.delete_cookie(name)
    return response
