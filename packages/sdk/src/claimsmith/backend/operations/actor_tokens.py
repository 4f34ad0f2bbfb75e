"""Actor tokens: tickets with which an actor is a user for a while."""

from claimsmith.backend import parameters
from claimsmith.backend.models.tokens import ActorToken
from claimsmith.backend.operation import Operation

CREATE = Operation(
    method="POST",
    path="/v1/actor_tokens",
    returns=ActorToken,
    takes=parameters.NewActorToken,
    told="A ticket with which an actor is a user; its text is told here and never again.",
    codes=("resource_not_found", "user_banned"),
    example='user_id=user_id, actor={"sub": "user_support"}',
)
REVOKE = Operation(
    method="POST",
    path="/v1/actor_tokens/{actor_token_id}/revoke",
    returns=ActorToken,
    told="A pending actor token, revoked; a session that it began stays.",
    codes=("resource_not_found",),
    example="actor_token_id",
)
