"""Users on the Backend API: ban, unban, lock, unlock, one or many (contract appendix A, Users)."""

from litestar import post

from claimsmith_server.core.models import Instance
from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenInstance, GivenService, PathText
from claimsmith_server.http.requests import ApiRequest, read_body
from claimsmith_server.services import user_bans
from claimsmith_server.services.context import Service
from claimsmith_server.wire.user import user_out


@post("/v1/users/{user_id:str}/ban", status_code=200)
async def ban_user(user_id: PathText, service: GivenService, instance: GivenInstance) -> Json:
    """A user who may not sign in: once this is answered, no session of theirs mints."""
    return await _mark(service, instance, user_id, "ban")


@post("/v1/users/{user_id:str}/unban", status_code=200)
async def unban_user(user_id: PathText, service: GivenService, instance: GivenInstance) -> Json:
    """A user who may sign in again; sessions that the ban ended stay ended."""
    return await _mark(service, instance, user_id, "unban")


@post("/v1/users/{user_id:str}/lock", status_code=200)
async def lock_user(user_id: PathText, service: GivenService, instance: GivenInstance) -> Json:
    """A user who may not sign in until unlocked: once this is answered, no session of theirs mints."""
    return await _mark(service, instance, user_id, "lock")


@post("/v1/users/{user_id:str}/unlock", status_code=200)
async def unlock_user(user_id: PathText, service: GivenService, instance: GivenInstance) -> Json:
    """A user who may sign in again, whether locked by an operator or by failed attempts."""
    return await _mark(service, instance, user_id, "unlock")


@post("/v1/users/ban", status_code=200)
async def ban_users(request: ApiRequest, service: GivenService, instance: GivenInstance) -> Json:
    """Users, all of them banned, as a bare array."""
    return await _mark_several(request, service, instance, "ban")


@post("/v1/users/unban", status_code=200)
async def unban_users(request: ApiRequest, service: GivenService, instance: GivenInstance) -> Json:
    """Users, all of them unbanned, as a bare array."""
    return await _mark_several(request, service, instance, "unban")


async def _mark(service: Service, instance: Instance, user_id: str, mark: user_bans.Mark) -> Json:
    return Json(user_out(await user_bans.mark_user(service, instance, user_id, mark), service.clock.now()))


async def _mark_several(request: ApiRequest, service: Service, instance: Instance, mark: user_bans.Mark) -> Json:
    body = await read_body(request, user_bans.UserIds)
    now = service.clock.now()
    return Json([user_out(user, now) for user in await user_bans.mark_users(service, instance, body, mark)])


ROUTES = (ban_users, unban_users, ban_user, unban_user, lock_user, unlock_user)
