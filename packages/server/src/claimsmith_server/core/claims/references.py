"""From the words of a shortcode to a row of the table: an allow-list, looked up by name and nothing else."""

import re
from typing import NamedTuple

from claimsmith_server.core.claims.complaints import Complaint, Edit, RefusedError
from claimsmith_server.core.claims.shortcodes import ROOTS, Shortcode, find_shortcode
from claimsmith_server.core.claims.suggestions import suggest_name, suggest_root

_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_SECRET = re.compile(
    r"private_?metadata|password|passkey|secret|digest|totp|backup_?code|token|sealed|\botp", re.IGNORECASE
)
"""Fields that a template must not even seem to reach."""


class Resolution(NamedTuple):
    """What a word stands for."""

    shortcode: Shortcode | None
    path: tuple[str, ...]
    warning: Complaint | None


def resolve(word: str, start: int) -> Resolution:
    """The row and the path that `word`, which begins at index `start`, stands for.

    Raises:
        RefusedError: an unknown root, a root alone, an empty name, a secret field or no name at all.
    """
    root, _, rest = word.partition(".")
    if root not in ROOTS:
        raise _refuse_root(root, start)
    if not rest.strip("."):
        raise _refuse_incomplete(root, start, start + len(word))
    names = tuple(rest.split("."))
    if "" in names:
        at = start + len(word) - len(rest) + (f".{rest}.").index("..")
        raise RefusedError(Complaint("invalid_shortcode", (at - 1, at), "A name is missing beside this dot."))
    return _resolve_field(root, names, start, start + len(word))


def _resolve_field(root: str, names: tuple[str, ...], start: int, end: int) -> Resolution:
    field, path = names[0], names[1:]
    shortcode = find_shortcode(root, field)
    if shortcode is not None and (shortcode.is_path or not path):
        return Resolution(shortcode, path, None)
    if _SECRET.search(field):
        raise _refuse_secret(root, field, start, end)
    if not all(map(_FIELD.fullmatch, names)):
        message = f"`{root}.{'.'.join(names)}` is no shortcode."
        raise RefusedError(Complaint("invalid_shortcode", (start, end), message, "Names begin with a letter."))
    return Resolution(None, (), _warn_of_unknown(root, names, start, end))


def _refuse_root(root: str, start: int) -> RefusedError:
    meant = suggest_root(root)
    span = (start, start + len(root))
    edit = Edit(f"Write `{meant}`", span, meant) if meant else None
    hint = (
        f"Did you mean `{meant}`?" if meant else f"The roots are {', '.join(ROOTS)}; literals stand in single quotes."
    )
    return RefusedError(Complaint("unknown_root", span, f"There is no root `{root[:60]}`.", hint, edit))


def _refuse_incomplete(root: str, start: int, end: int) -> RefusedError:
    message = f"`{root}` alone has no value."
    return RefusedError(Complaint("incomplete_shortcode", (start, end), message, f"Name a field, such as `{root}.id`."))


def _refuse_secret(root: str, field: str, start: int, end: int) -> RefusedError:
    has_public = find_shortcode(root, "public_metadata") is not None and field.lower().startswith("private")
    at = start + len(root) + 1
    edit = Edit("Use public metadata", (at, at + len(field)), "public_metadata") if has_public else None
    hint = "Tokens are readable by whoever holds them; what may be seen belongs into public metadata."
    message = f"`{root}.{field[:60]}` can not be reached from a template."
    return RefusedError(Complaint("secret_field", (start, end), message, hint, edit))


def _warn_of_unknown(root: str, names: tuple[str, ...], start: int, end: int) -> Complaint:
    name = f"{root}.{names[0]}"
    is_known = find_shortcode(root, names[0]) is not None
    meant = name if is_known else suggest_name(root, names[0])
    edit = Edit(f"Write `{meant}`", (start, start + len(name)), meant) if meant else None
    if is_known:
        edit = Edit(f"Write `{name}`", (start, end), name)
    message = f"`{'.'.join((root, *names))[:80]}` is not known and renders null."
    return Complaint("unknown_path", (start, end), message, f"Did you mean `{meant}`?" if meant else "", edit)
