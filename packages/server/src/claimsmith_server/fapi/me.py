"""A user about itself (contract 4.7): each change answers with the user, and with the client as it is after it."""

import msgspec
from litestar import delete, get, patch, post

from claimsmith_server.core.errors import FEATURE_NOT_BUILT, ServiceError
from claimsmith_server.core.models import User
from claimsmith_server.fapi.access import GivenActing, tell_signed_out
from claimsmith_server.fapi.answers import answer_change, answer_read
from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenService
from claimsmith_server.http.forms import read_form
from claimsmith_server.http.requests import ApiRequest, read_query
from claimsmith_server.services import custom_claims
from claimsmith_server.services.account import password as own_password
from claimsmith_server.services.account import profile
from claimsmith_server.services.acting import Acting
from claimsmith_server.services.client_view import load_memberships
from claimsmith_server.services.context import Service
from claimsmith_server.services.session_tokens import Asked
from claimsmith_server.wire.lists import Deleted
from claimsmith_server.wire.user import ClientUser, client_user_out


class ClaimsQuery(msgspec.Struct, frozen=True):
    """The query of the route of claims."""

    organization_id: str | None = None
    """Absent: the session's active organization. Empty: none."""


@get("/v1/me")
async def get_me(service: GivenService, acting: GivenActing) -> Json:
    """The user."""
    return await answer_read(await _user_wire(service, acting, acting.user))


@get("/v1/me/claims")
async def get_my_claims(request: ApiRequest, service: GivenService, acting: GivenActing) -> Json:
    """All custom claims of the acting session, those too that its token leaves out for size: an addition of ours."""
    asked = Asked(
        session_id=acting.session.id,
        authorized_party=acting.caller.authorized_party,
        organization_id=read_query(request, ClaimsQuery).organization_id,
    )
    try:
        told = await custom_claims.load_for_browser(service, acting.instance.id, acting.client.id, asked)
    except ServiceError as refusal:
        tell_signed_out(refusal)
    return await answer_read(told)


@patch("/v1/me", status_code=200)
async def update_me(request: ApiRequest, service: GivenService, acting: GivenActing) -> Json:
    """The user with names, username or primary identifications changed."""
    asked = await read_form(request, profile.UpdateProfile)
    return await _answer(request, service, acting, await profile.update_profile(service, acting, asked))


@patch("/v1/me/metadata", status_code=200)
async def merge_metadata(request: ApiRequest, service: GivenService, acting: GivenActing) -> Json:
    """The user with a patch merged into its unsafe metadata."""
    asked = await read_form(request, profile.MergeMetadata)
    return await _answer(request, service, acting, await profile.merge_metadata(service, acting, asked))


@delete("/v1/me", status_code=200)
async def delete_me(request: ApiRequest, service: GivenService, acting: GivenActing) -> Json:
    """The user is gone; the client has none of its sessions any more."""
    token = await profile.delete_account(service, acting)
    told = Deleted(object="user", id=acting.user.id)
    return await answer_change(service, request, acting.caller, told, client_token=token)


@post("/v1/me/change_password", status_code=200)
async def change_password(request: ApiRequest, service: GivenService, acting: GivenActing) -> Json:
    """The user with a new password; once this is answered, other sessions mint no more if that was asked for."""
    asked = await read_form(request, own_password.ChangePassword)
    return await _answer(request, service, acting, await own_password.change_password(service, acting, asked))


@post("/v1/me/remove_password", status_code=200)
async def remove_password(request: ApiRequest, service: GivenService, acting: GivenActing) -> Json:
    """The user without a password."""
    asked = await read_form(request, own_password.RemovePassword)
    return await _answer(request, service, acting, await own_password.remove_password(service, acting, asked))


@post("/v1/me/profile_image", status_code=200)
async def set_profile_image(acting: GivenActing) -> None:
    """Always a refusal: pictures are not kept here."""
    raise _no_images(acting)


@delete("/v1/me/profile_image", status_code=200)
async def delete_profile_image(acting: GivenActing) -> None:
    """Always a refusal: there is none."""
    raise _no_images(acting)


def _no_images(_: Acting) -> Exception:
    return FEATURE_NOT_BUILT(feature="Profile images", remedy="Keep the picture's address in the user's metadata")


async def _answer(request: ApiRequest, service: Service, acting: Acting, user: User) -> Json:
    return await answer_change(service, request, acting.caller, await _user_wire(service, acting, user))


async def _user_wire(service: Service, acting: Acting, user: User) -> ClientUser:
    memberships = await load_memberships(service, acting.instance, {user.id: user})
    return client_user_out(user, memberships.get(user.id, ()), service.clock.now())


ROUTES = (
    get_me,
    get_my_claims,
    update_me,
    merge_metadata,
    delete_me,
    change_password,
    remove_password,
    set_profile_image,
    delete_profile_image,
)
