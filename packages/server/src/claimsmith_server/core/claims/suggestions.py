"""Did you mean: the root or the shortcode that a wrong name was probably meant for."""

from claimsmith_server.core.claims.shortcodes import ROOTS, SHORTCODES

MISTAKEN_ROOTS: dict[str, str] = {
    "organization": "org",
    "organisation": "org",
    "orgs": "org",
    "users": "user",
    "membership": "org_membership",
    "organization_membership": "org_membership",
    "organisation_membership": "org_membership",
    "orgmembership": "org_membership",
    "sessions": "session",
}
"""Roots that people write, and what they mean; edit distance alone would miss these."""

MISTAKEN_NAMES: dict[str, str] = {
    "user.email": "user.primary_email_address",
    "user.email_address": "user.primary_email_address",
    "user.primary_email": "user.primary_email_address",
    "user.phone": "user.primary_phone_number",
    "user.phone_number": "user.primary_phone_number",
    "user.name": "user.full_name",
    "user.avatar": "user.image_url",
    "user.image": "user.image_url",
    "user.metadata": "user.public_metadata",
    "user.user_id": "user.id",
    "user.role": "org.role",
    "user.mfa_enabled": "user.two_factor_enabled",
    "user.permissions": "org_membership.permissions",
    "org.permissions": "org_membership.permissions",
    "org.metadata": "org.public_metadata",
    "org_membership.metadata": "org_membership.public_metadata",
    "session.act": "session.actor",
}
"""Names that people write, and what they mean."""

_FIELDS = {root: tuple(shortcode.field for shortcode in SHORTCODES if shortcode.root == root) for root in ROOTS}


def suggest_root(root: str) -> str | None:
    """The root that was probably meant."""
    return MISTAKEN_ROOTS.get(root.lower()) or find_nearest(root, ROOTS)


def suggest_name(root: str, field: str) -> str | None:
    """The shortcode, `root.field`, that was probably meant."""
    known = MISTAKEN_NAMES.get(f"{root}.{field}".lower())
    if known is not None:
        return known
    near = find_nearest(field, _FIELDS[root])
    return None if near is None else f"{root}.{near}"


def find_nearest(word: str, candidates: tuple[str, ...]) -> str | None:
    """The candidate within a third of the word's length in edits, case aside; the first of equals."""
    limit = max(1, len(word) // 3)
    # Far shorter or longer candidates are out at once, so long words cost nothing.
    close = [one for one in candidates if abs(len(one) - len(word)) <= limit]
    distances = {one: count_edits(word.lower(), one) for one in close}
    best = min(distances, key=distances.__getitem__, default=None)
    return best if best is not None and distances[best] <= limit else None


def count_edits(left: str, right: str) -> int:
    """Insertions, deletions and replacements that turn one word into the other (Levenshtein)."""
    row = list(range(len(right) + 1))
    for i, one in enumerate(left, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(right, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (one != other))
    return row[-1]
