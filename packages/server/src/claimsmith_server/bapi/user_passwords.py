"""Users on the Backend API: verify and remove a password (contract appendix A, Users)."""

import msgspec
from litestar import post

from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenInstance, GivenService, PathText
from claimsmith_server.http.requests import ApiRequest, read_body
from claimsmith_server.services import user_passwords
from claimsmith_server.wire.user import user_out


class Verified(msgspec.Struct, frozen=True):
    """What is told of a password that is right."""

    verified: bool = True


@post("/v1/users/{user_id:str}/verify_password", status_code=200)
async def verify_password(
    user_id: PathText, request: ApiRequest, service: GivenService, instance: GivenInstance
) -> Json:
    """That the password is the user's."""
    body = await read_body(request, user_passwords.VerifyPassword)
    await user_passwords.verify_password(service, instance, user_id, body)
    return Json(Verified())


@post("/v1/users/{user_id:str}/remove_password", status_code=200)
async def remove_password(
    user_id: PathText, request: ApiRequest, service: GivenService, instance: GivenInstance
) -> Json:
    """A user without a password."""
    body = await read_body(request, user_passwords.RemovePassword)
    user = await user_passwords.remove_password(service, instance, user_id, body)
    return Json(user_out(user, service.clock.now()))


ROUTES = (verify_password, remove_password)
