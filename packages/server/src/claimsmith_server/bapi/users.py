"""Users on the Backend API: list, count, create, get, update, metadata, delete."""

from litestar import delete, get, patch, post, put

from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenInstance, GivenService, PathText
from claimsmith_server.http.requests import ApiRequest, read_body, read_query
from claimsmith_server.services import user_input, users
from claimsmith_server.wire.lists import Deleted, TotalCount
from claimsmith_server.wire.user import user_out


@get("/v1/users")
async def list_users(request: ApiRequest, service: GivenService, instance: GivenInstance) -> Json:
    """A page of users as a bare array, newest first unless asked otherwise."""
    query = read_query(request, user_input.UserQuery)
    found = await users.list_users(service, instance, query)
    now = service.clock.now()
    return Json([user_out(user, now) for user in found])


@get("/v1/users/count")
async def count_users(request: ApiRequest, service: GivenService, instance: GivenInstance) -> Json:
    """How many users the same filters find."""
    query = read_query(request, user_input.UserQuery)
    return Json(TotalCount(total_count=await users.count_users(service, instance, query)))


@post("/v1/users", status_code=200)
async def create_user(request: ApiRequest, service: GivenService, instance: GivenInstance) -> Json:
    """A new user."""
    body = await read_body(request, user_input.CreateUser)
    return Json(user_out(await users.create_user(service, instance, body), service.clock.now()))


@get("/v1/users/{user_id:str}")
async def get_user(user_id: PathText, service: GivenService, instance: GivenInstance) -> Json:
    """One user."""
    return Json(user_out(await users.load_user(service, instance, user_id), service.clock.now()))


@patch("/v1/users/{user_id:str}")
async def update_user(user_id: PathText, request: ApiRequest, service: GivenService, instance: GivenInstance) -> Json:
    """A user with what the body names changed."""
    body = await read_body(request, user_input.UpdateUser)
    return Json(user_out(await users.update_user(service, instance, user_id, body), service.clock.now()))


@patch("/v1/users/{user_id:str}/metadata")
async def merge_metadata(
    user_id: PathText, request: ApiRequest, service: GivenService, instance: GivenInstance
) -> Json:
    """A user with metadata merged deeply; `null` deletes a member."""
    body = await read_body(request, user_input.Metadata)
    return Json(
        user_out(await users.change_metadata(service, instance, user_id, body, merge=True), service.clock.now())
    )


@put("/v1/users/{user_id:str}/metadata")
async def replace_metadata(
    user_id: PathText, request: ApiRequest, service: GivenService, instance: GivenInstance
) -> Json:
    """A user with the given metadata in place of the old."""
    body = await read_body(request, user_input.Metadata)
    return Json(
        user_out(await users.change_metadata(service, instance, user_id, body, merge=False), service.clock.now())
    )


@delete("/v1/users/{user_id:str}", status_code=200)
async def delete_user(user_id: PathText, service: GivenService, instance: GivenInstance) -> Json:
    """A user is gone, and every session of theirs."""
    await users.delete_user(service, instance, user_id)
    return Json(Deleted(object="user", id=user_id))


ROUTES = (
    list_users,
    count_users,
    create_user,
    get_user,
    update_user,
    merge_metadata,
    replace_metadata,
    delete_user,
)
