"""Clients, which is what the wire calls browsers, and what handshakes bring."""

from claimsmith.backend import parameters
from claimsmith.backend.models.lists import Page
from claimsmith.backend.models.sessions import Client
from claimsmith.backend.models.tokens import HandshakePayload
from claimsmith.backend.operation import Operation

LIST = Operation(
    method="GET",
    path="/v1/clients",
    returns=Page[Client],
    takes=parameters.Paging,
    iterates=parameters.Unfiltered,
    preset={"paginated": "true"},
    told="A page of clients, newest first.",
    example="limit=50",
)
GET = Operation(
    method="GET",
    path="/v1/clients/{client_id}",
    returns=Client,
    told="One client with its live sessions.",
    codes=("resource_not_found",),
    example="client_id",
)
VERIFY = Operation(
    method="POST",
    path="/v1/clients/verify",
    returns=Client,
    takes=parameters.ClientToken,
    told="The client whose token it is.",
    codes=("resource_not_found",),
    example="token=client_token",
)
GET_HANDSHAKE_PAYLOAD = Operation(
    method="GET",
    path="/v1/clients/handshake_payload",
    returns=HandshakePayload,
    takes=parameters.HandshakeNonce,
    told="The cookies that a handshake's nonce stands for.",
    more="The adapters do this by themselves.",
    codes=("resource_not_found",),
    example="nonce=nonce",
)
