"""Sign-in tokens: tickets that sign a user in once."""

from claimsmith.backend import parameters
from claimsmith.backend.models.tokens import SignInToken
from claimsmith.backend.operation import Operation

CREATE = Operation(
    method="POST",
    path="/v1/sign_in_tokens",
    returns=SignInToken,
    takes=parameters.NewSignInToken,
    told="A ticket that signs a user in once; its text is told here and never again.",
    codes=("resource_not_found", "user_banned"),
    example="user_id=user_id, expires_in_seconds=600",
)
REVOKE = Operation(
    method="POST",
    path="/v1/sign_in_tokens/{sign_in_token_id}/revoke",
    returns=SignInToken,
    told="A pending sign-in token, revoked.",
    codes=("resource_not_found",),
    example="sign_in_token_id",
)
