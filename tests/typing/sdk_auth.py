# ruff: noqa: N815 - claims keep the names that they have in the token
"""Only type-checked: what editors know of `Auth`. Run: mypy --strict tests/typing/sdk_auth.py, and pyright."""

from collections.abc import Mapping
from typing import Any, Literal, assert_type

from claimsmith import Auth, SessionClaims, SignedOut, make_auth
from claimsmith.claims.session_claims import ActiveOrganization


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


def read_everything(auth: Auth) -> None:
    """Every member has a type of its own."""
    assert_type(auth.is_authenticated, Literal[True])
    assert_type(auth.token, str)
    assert_type(auth.session_id, str | None)
    assert_type(auth.organization, ActiveOrganization | None)
    assert_type(auth.org_id, str | None)
    assert_type(auth.org_slug, str | None)
    assert_type(auth.org_permissions, tuple[str, ...])
    assert_type(auth.actor, Mapping[str, Any] | None)
    assert_type(auth.factor_verification_age, tuple[int, int] | None)
    assert_type(auth.claims_version, int)
    assert_type(auth.token_claims, Mapping[str, Any])
    assert_type(auth.omitted_claims, tuple[str, ...])
    assert_type(auth.has(role="org:admin", fresh="strict"), bool)
    assert_type(auth.claim_sync("bio"), Any)


async def read_omitted(auth: Auth) -> None:
    """A claim that may have been left out is awaited; its type is not known."""
    assert_type(await auth.claim("bio"), Any)


def narrow(auth: Auth | SignedOut) -> str:
    """`is_authenticated` is a literal, so that a union can be told apart."""
    assert_type(auth.user_id, str | None)
    assert_type(auth.org_id, str | None)
    if isinstance(auth, SignedOut):
        assert_type(auth.user_id, None)
        assert_type(auth.session_claims, None)
        assert_type(auth.has(role="org:admin"), Literal[False])
        return auth.reason
    return auth.user_id


def narrow_by_id(auth: Auth[MyClaims] | SignedOut) -> str | None:
    """As `narrow`, by the user's id, as front ends do."""
    if auth.user_id is None:
        assert_type(auth, SignedOut)
        return auth.message
    assert_type(auth, Auth[MyClaims])
    return auth.session_claims["fullName"]


def narrow_by_question(auth: Auth[MyClaims] | SignedOut) -> str | None:
    """As `narrow`, by asking; pyright needs the comparison, mypy does without."""
    return auth.session_claims["fullName"] if auth.is_authenticated is True else auth.message


def widen(auth: Auth[MyClaims]) -> str:
    """Who knows more claims fits where fewer are asked for."""
    return read_plain(auth)


def construct(claims: dict[str, Any]) -> Auth[MyClaims]:
    """What is made of plain claims fits what is annotated."""
    return make_auth(claims, "token")


def misread(auth: Auth[MyClaims]) -> None:
    """What is no claim is an error."""
    auth.session_claims["fulName"]  # type: ignore[typeddict-item]  # pyright: ignore[reportTypedDictNotRequiredAccess, reportGeneralTypeIssues]
    auth.user_id = "user_2"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    auth.has(rolle="org:admin")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
