"""Clients on the Backend API, and what a handshake's nonce stands for (contract 4.9, 5.4)."""

import msgspec
from litestar import get, post

from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import GivenInstance, GivenService, PathText
from claimsmith_server.http.requests import ApiRequest, read_body, read_query
from claimsmith_server.services import backend_clients, handshake
from claimsmith_server.wire.backend_client import HandshakePayload, backend_client_out
from claimsmith_server.wire.lists import listing


class PayloadQuery(msgspec.Struct, frozen=True):
    """The query of the handshake payload."""

    nonce: str


@get("/v1/clients/handshake_payload")
async def get_handshake_payload(request: ApiRequest, service: GivenService, instance: GivenInstance) -> Json:
    """The cookies that a handshake brings, for the application that it was made for."""
    query = read_query(request, PayloadQuery)
    return Json(HandshakePayload(await handshake.use_nonce(service, instance, query.nonce)))


@get("/v1/clients")
async def list_clients(request: ApiRequest, service: GivenService, instance: GivenInstance) -> Json:
    """A page of clients, newest first."""
    query = read_query(request, backend_clients.ClientQuery)
    found, total_count = await backend_clients.list_clients(service, instance, query)
    return Json(listing([backend_client_out(*one) for one in found], total_count, paginated=query.paginated))


@get("/v1/clients/{client_id:str}")
async def get_client(client_id: PathText, service: GivenService, instance: GivenInstance) -> Json:
    """One client."""
    return Json(backend_client_out(*await backend_clients.load_client(service, instance, client_id)))


@post("/v1/clients/verify", status_code=200)
async def verify_client(request: ApiRequest, service: GivenService, instance: GivenInstance) -> Json:
    """The client whose token the body holds."""
    body = await read_body(request, backend_clients.VerifyClient)
    return Json(backend_client_out(*await backend_clients.verify_client(service, instance, body)))


ROUTES = (get_handshake_payload, list_clients, get_client, verify_client)
