"""Refusals of services as one type, for faces that answer a refused form with the form."""

from collections.abc import Iterator
from contextlib import contextmanager

from claimsmith_server.http.errors import refuse_store
from claimsmith_server.store.errors import StoreError


@contextmanager
def refusing() -> Iterator[None]:
    """Within it, what the store refuses is raised as the `ServiceError` that the wire would tell.

    Raises:
        ServiceError: for every `StoreError`.
    """
    try:
        yield
    except StoreError as error:
        raise refuse_store(error) from error
