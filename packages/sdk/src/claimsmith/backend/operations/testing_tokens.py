"""Testing tokens: what test suites get past protection against bots with."""

from claimsmith.backend.models.tokens import TestingToken
from claimsmith.backend.operation import Operation

CREATE = Operation(
    method="POST",
    path="/v1/testing_tokens",
    returns=TestingToken,
    told="A token that is good for an hour.",
)
