"""Refusals in the words of a page: a sentence for a person, on the field that it is about."""

from collections.abc import Mapping

import msgspec

from claimsmith_server.core.errors import ServiceError


class Problem(msgspec.Struct, frozen=True):
    """What is wrong, on the field of this name; `""` is the whole form."""

    text: str
    field: str = ""
    code: str = ""
    status: int = 422
    """Of the answer that tells it."""


def explain_refusal(
    refusal: ServiceError,
    fields: tuple[str, ...] = (),
    *,
    rename: Mapping[str, str] | None = None,
    sentences: Mapping[str, str] | None = None,
) -> Problem:
    """The refusal as a page tells it.

    Args:
        refusal: of a service.
        fields: those that the page shows; a problem of any other is told above the form.
        rename: names of parameters that the page calls otherwise.
        sentences: what to tell in place of the wire's own sentence, by code.
    """
    item = refusal.items[0]
    named = str((item.meta or {}).get("param_name", ""))
    field = (rename or {}).get(named, named)
    text = (sentences or {}).get(item.code, item.long_message)
    return Problem(text, field if field in fields else "", item.code, refusal.status)
