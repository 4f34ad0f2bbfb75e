# ruff: noqa: N815 - claims keep the names that they have in the token
"""Only type-checked: what editors know of `Auth`. Run: mypy --strict tests/typing/sdk_auth.py"""

from typing import assert_type

from claimsmith import Auth, SessionClaims, SignedOut


class MyClaims(SessionClaims):
    """A custom claim."""

    fullName: str | None


def read(auth: Auth[MyClaims]) -> str | None:
    """Custom and default claims have their types."""
    assert_type(auth.user_id, str)
    assert_type(auth.org_role, str | None)
    assert_type(auth.session_claims["exp"], int)
    return auth.session_claims["fullName"]


def read_plain(auth: Auth) -> str:
    """Without a parameter the default claims are known."""
    assert_type(auth.session_claims, SessionClaims)
    return auth.session_claims["sub"]


def narrow(auth: Auth | SignedOut) -> str:
    """`is_authenticated` is a literal, so that a union can be told apart."""
    if isinstance(auth, SignedOut):
        assert_type(auth.user_id, None)
        return auth.reason
    return auth.user_id
