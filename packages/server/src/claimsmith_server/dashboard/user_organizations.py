"""The organizations that a user is a member of."""

from typing import Final

from litestar import get

from claimsmith_server.core.models import User
from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.dashboard.shell import Page
from claimsmith_server.dashboard.user_frame import PATH, load_user, show_user
from claimsmith_server.http.arguments import PathText
from claimsmith_server.services.organizations.memberships import Member
from claimsmith_server.services.organizations.memberships import list_own as list_own_members

_MOST: Final = 500


@get(f"{PATH}/{{user_id:str}}/organizations")
async def get_organizations(user_id: PathText, visit: GivenVisit) -> Page:
    """The user's memberships, oldest first."""
    user = await load_user(visit, user_id)
    is_on = visit.instance.settings.organizations.enabled
    members = await list_own(visit, user)
    return show_user(visit, user, "organizations", "user_organizations.html", members=members, is_on=is_on)


async def list_own(visit: Visit, user: User) -> list[Member]:
    """The user's memberships; none where organizations are off."""
    if not visit.instance.settings.organizations.enabled:
        return []
    return (await list_own_members(visit.service, visit.instance, user, limit=_MOST, offset=0)).page


ROUTES = (get_organizations,)
