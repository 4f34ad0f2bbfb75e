"""Tests of templates: a context written as an object, the claims that it must give, and how they differ."""

from typing import Annotated, Any

import msgspec

from claimsmith_server.core.claims.compiler import Template, render
from claimsmith_server.core.models import (
    ClaimsContext,
    JsonObject,
    TokenMembership,
    TokenOrganization,
    TokenSession,
    TokenUser,
)

Seconds = Annotated[int, msgspec.Meta(ge=0, le=2**42)]
_MOST_DIFFERENCES = 100


class FixtureUser(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What shortcodes of the root `user` read; times are unix seconds, as in tokens."""

    id: str = "user_example"
    external_id: str | None = None
    username: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    primary_email_address: str | None = None
    email_verified: bool = False
    primary_phone_number: str | None = None
    phone_number_verified: bool = False
    primary_web3_wallet: str | None = None
    image_url: str = ""
    has_image: bool = False
    two_factor_enabled: bool = False
    created_at: Seconds = 0
    updated_at: Seconds = 0
    last_sign_in_at: Seconds | None = None
    public_metadata: JsonObject = msgspec.field(default_factory=dict)
    unsafe_metadata: JsonObject = msgspec.field(default_factory=dict)
    organizations: dict[str, str] = msgspec.field(default_factory=dict)


class FixtureOrganization(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What shortcodes of the root `org` read; `role` may stand here or in `org_membership`."""

    id: str = "org_example"
    name: str = ""
    slug: str = ""
    role: str | None = None
    image_url: str = ""
    has_image: bool = False
    public_metadata: JsonObject = msgspec.field(default_factory=dict)


class FixtureMembership(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What shortcodes of the root `org_membership` read."""

    role: str | None = None
    permissions: tuple[str, ...] = ()
    public_metadata: JsonObject = msgspec.field(default_factory=dict)


class FixtureSession(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What shortcodes of the root `session` read."""

    id: str = "sess_example"
    actor: JsonObject | None = None


class FixtureContext(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A context as a fixture writes it; what is left out is absent, an `org` too."""

    user: FixtureUser = FixtureUser()
    org: FixtureOrganization | None = None
    org_membership: FixtureMembership | None = None
    session: FixtureSession = FixtureSession()


class Difference(msgspec.Struct, frozen=True, omit_defaults=True):
    """One place at which claims are not as expected."""

    path: str
    """JSON Pointer (RFC 6901) within the claims."""
    message: str
    """For people, e.g. `expected "pro", got "free"`."""


def build_context(fixture: FixtureContext) -> ClaimsContext:
    """The context that a template is rendered with."""
    user = fixture.user
    values: dict[str, Any] = {name: getattr(user, name) for name in user.__struct_fields__}
    for name in ("created_at", "updated_at", "last_sign_in_at"):
        values[name] = None if values[name] is None else values[name] * 1000
    session = TokenSession(fixture.session.id, "active", fixture.session.actor, None, None, 0)
    organization = fixture.org
    if organization is None:
        return ClaimsContext(TokenUser(**values), session)
    member = fixture.org_membership or FixtureMembership()
    return ClaimsContext(
        TokenUser(**values),
        session,
        TokenOrganization(
            organization.id,
            organization.name,
            organization.slug,
            organization.image_url,
            organization.has_image,
            organization.public_metadata,
        ),
        TokenMembership(member.role or organization.role or "", member.permissions, member.public_metadata),
    )


def describe_context(context: ClaimsContext) -> FixtureContext:
    """The context written as a fixture does: `build_context` gives the same claims for every template."""
    user = context.user
    names = (name for name in FixtureUser.__struct_fields__ if name != "organizations")
    values: dict[str, Any] = {name: getattr(user, name) for name in names}
    for name in ("created_at", "updated_at", "last_sign_in_at"):
        values[name] = None if values[name] is None else values[name] // 1000
    organization, member = context.organization, context.membership
    session = FixtureSession(id=context.session.id, actor=context.session.actor)
    told = FixtureUser(**values, organizations=user.organizations or {})
    if organization is None or member is None:
        return FixtureContext(user=told, session=session)
    return FixtureContext(
        user=told,
        org=FixtureOrganization(
            id=organization.id,
            name=organization.name,
            slug=organization.slug,
            image_url=organization.image_url,
            has_image=organization.has_image,
            public_metadata=organization.public_metadata,
        ),
        org_membership=FixtureMembership(
            role=member.role, permissions=member.permissions, public_metadata=member.public_metadata
        ),
        session=session,
    )


def run_fixture(template: Template, context: FixtureContext, expected: JsonObject) -> tuple[Difference, ...]:
    """Where the claims of a template differ from those expected, at most 100 places; nothing: the test passes."""
    rendered = render(template, build_context(context))
    found: list[Difference] = [
        Difference(_pointer((name,)), "could not be rendered") for name in rendered.failed if name in expected
    ]
    _compare(expected, {**rendered.claims, **dict.fromkeys(rendered.failed)}, (), found)
    return tuple(found[:_MOST_DIFFERENCES])


def _compare(expected: Any, actual: Any, place: tuple[str, ...], found: list[Difference]) -> None:
    if len(found) > _MOST_DIFFERENCES:
        return
    if isinstance(expected, dict) and isinstance(actual, dict):
        for name in expected | actual:
            inner = (*place, name)
            if name not in actual:
                found.append(Difference(_pointer(inner), f"expected {_print(expected[name])}, got no such claim"))
            elif name not in expected:
                found.append(Difference(_pointer(inner), f"expected no such claim, got {_print(actual[name])}"))
            else:
                _compare(expected[name], actual[name], inner, found)
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for index, (one, other) in enumerate(zip(expected, actual, strict=True)):
            _compare(one, other, (*place, str(index)), found)
    elif not _is_same(expected, actual):
        found.append(Difference(_pointer(place), f"expected {_print(expected)}, got {_print(actual)}"))


def _is_same(one: Any, other: Any) -> bool:
    """Equal as JSON: Python takes `1` for `true`, and JSON has one kind of number."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def _print(value: Any) -> str:
    try:
        text = msgspec.json.encode(value).decode()
    except Exception:  # noqa: BLE001 - whatever is stored: what can't be written as JSON is told as such
        return "what is no JSON"
    return text if len(text) <= 200 else f"{text[:200]}…"  # noqa: PLR2004 - as much as is read at a glance


def _pointer(names: tuple[str, ...]) -> str:
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names)
