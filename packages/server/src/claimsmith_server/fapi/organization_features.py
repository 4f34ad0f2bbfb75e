"""What SDKs ask of organizations that this service has not: their lists are empty, their changes refused (4.6)."""

from typing import Any

from litestar import delete, get, post, put

from claimsmith_server.core.errors import ORGANIZATION_FEATURE_DISABLED, ServiceError
from claimsmith_server.core.organizations import MANAGE_MEMBERS, READ_DOMAINS
from claimsmith_server.fapi.access import GivenActing
from claimsmith_server.fapi.answers import answer_read
from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenService, PathText
from claimsmith_server.services.organizations.access import by_acting, require_organization, require_organizations
from claimsmith_server.wire.lists import Page

_ORGANIZATION = "/v1/organizations/{organization_id:str}"


@get(f"{_ORGANIZATION}/domains")
async def list_domains(organization_id: PathText, service: GivenService, acting: GivenActing) -> Json:
    """No domains."""
    await require_organization(service.database, acting.instance, organization_id, by_acting(acting), READ_DOMAINS)
    return await answer_read(Page((), 0))


@get(f"{_ORGANIZATION}/membership_requests")
async def list_membership_requests(organization_id: PathText, service: GivenService, acting: GivenActing) -> Json:
    """No requests."""
    await require_organization(service.database, acting.instance, organization_id, by_acting(acting), MANAGE_MEMBERS)
    return await answer_read(Page((), 0))


@get(f"{_ORGANIZATION}/enterprise_connections")
async def list_enterprise_connections(organization_id: PathText, service: GivenService, acting: GivenActing) -> Json:
    """No connections, as a bare array."""
    await require_organization(service.database, acting.instance, organization_id, by_acting(acting))
    return await answer_read(())


@get("/v1/me/organization_suggestions")
async def list_suggestions(acting: GivenActing) -> Json:
    """No suggestions."""
    require_organizations(acting.instance)
    return await answer_read(Page((), 0))


@post([f"{_ORGANIZATION}/domains", f"{_ORGANIZATION}/domains/bulk"], status_code=200)
async def create_domain(acting: GivenActing) -> Json:
    """A refusal."""
    raise _refuse(acting, "Domains of organizations")


@post(
    [
        f"{_ORGANIZATION}/membership_requests/{{request_id:str}}/accept",
        f"{_ORGANIZATION}/membership_requests/{{request_id:str}}/reject",
        "/v1/me/organization_suggestions/{request_id:str}/accept",
    ],
    status_code=200,
)
async def answer_request(acting: GivenActing) -> Json:
    """A refusal."""
    raise _refuse(acting, "Requests to join and suggestions")


@post(f"{_ORGANIZATION}/enterprise_connections", status_code=200)
async def create_enterprise_connection(acting: GivenActing) -> Json:
    """A refusal."""
    raise _refuse(acting, "Enterprise connections")


@put(f"{_ORGANIZATION}/logo")
async def set_logo(acting: GivenActing) -> Json:
    """A refusal."""
    raise _refuse(acting, "Logos of organizations")


@delete(f"{_ORGANIZATION}/logo", status_code=200)
async def delete_logo(acting: GivenActing) -> Json:
    """A refusal."""
    raise _refuse(acting, "Logos of organizations")


def _refuse(acting: Any, feature: str) -> ServiceError:
    require_organizations(acting.instance)
    return ORGANIZATION_FEATURE_DISABLED(feature=feature)


ROUTES = (
    list_domains,
    list_membership_requests,
    list_enterprise_connections,
    list_suggestions,
    create_domain,
    answer_request,
    create_enterprise_connection,
    set_logo,
    delete_logo,
)
