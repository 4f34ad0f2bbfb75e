"""Everything that an instance's owner sets, but for the session claims, which have versions of their own.

One struct is one section of the config document. What is absent from a stored row has its default, so a new setting
needs no migration.
"""

from typing import Annotated, Any, Literal

import msgspec

SizePolicy = Literal["shed", "refuse"]
ClaimsVersion = Literal[1, 2]
Presence = Literal["off", "optional", "required"]
"""Whether sign-up asks for an attribute."""
SignUpMode = Literal["public", "restricted"]
Text = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\u0000-\u001f\u007f]*(?!\n)$")]
"""One line: it stands in pages and in subjects of mails (case I-012). `(?!\\n)`, since Python's `$` allows one more."""
Address = Annotated[str, msgspec.Meta(max_length=254, pattern=r"^([^@\s\u0000-\u001f]+@[^@\s\u0000-\u001f]+)?(?!\n)$")]
"""An e-mail address, or empty."""
Url = Annotated[
    str, msgspec.Meta(max_length=2048, pattern=r"^(https?://[^/\s\u0000-\u001f][^\s\u0000-\u001f]*)?(?!\n)$")
]
"""Absolute, or empty: what is empty is a hosted page of this service."""
RoleKey = Annotated[str, msgspec.Meta(pattern=r"^org:[a-z0-9_]{1,60}(?!\n)$")]


class SessionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an instance's sessions live and how their tokens look."""

    token_lifetime_seconds: Annotated[int, msgspec.Meta(ge=20, le=3600)] = 60
    """Browsers refresh a token 17 s before it expires (contract 2.7), so it lives at least 20 s."""
    claims_version: ClaimsVersion = 2
    size_policy: SizePolicy = "shed"
    claims_priority: Annotated[tuple[str, ...], msgspec.Meta(max_length=100)] = ()
    """Custom claims to keep first when a token is over its budget, most important first."""
    maximum_lifetime_seconds: Annotated[int, msgspec.Meta(ge=300, le=315_360_000)] = 604_800
    """After this a session expires, whatever its activity (default 7 days)."""
    inactivity_timeout_seconds: Annotated[int, msgspec.Meta(ge=300, le=315_360_000)] | None = None
    """After this without activity a session is abandoned; `None` switches it off."""
    single_session_mode: bool = True


class AuthenticationSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What users sign up with and sign in by (contract 4.12, `user_settings`)."""

    email_address: Presence = "required"
    phone_number: Presence = "off"
    username: Presence = "off"
    first_name: Presence = "optional"
    last_name: Presence = "optional"
    password: Presence = "required"  # noqa: S105 - a presence, no password
    verify_email_address: bool = True
    """Whether sign-up asks for a code that was sent to the address."""
    verify_phone_number: bool = True
    email_code: bool = True
    """Whether a code sent to a verified address signs in."""
    phone_code: bool = True
    preferred_sign_in_strategy: Literal["password", "otp"] = "password"
    sign_up_mode: SignUpMode = "public"
    """`restricted`: only invitations and the Backend API make users (case A-032)."""
    delete_self: bool = True
    reverification: bool = False
    """Whether a change of password or address needs a first factor of the last ten minutes (case A-031)."""


class OrganizationSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Organizations (contract 4.12, `organization_settings`)."""

    enabled: bool = True
    max_allowed_memberships: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 50
    """Of each new organization; 0: without a limit."""
    admin_delete: bool = True
    create_organization: bool = True
    creator_role: RoleKey = "org:admin"
    """The role that whoever makes an organization has in it."""
    default_role: RoleKey = "org:member"


class DisplaySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What pages say and where they lead (contract 4.12, `display_config`)."""

    application_name: Text = ""
    """Empty: the instance's slug."""
    support_email: Address = ""
    home_url: Url = ""
    sign_in_url: Url = ""
    sign_up_url: Url = ""
    user_profile_url: Url = ""
    after_sign_in_url: Url = ""
    after_sign_up_url: Url = ""
    after_sign_out_url: Url = ""
    terms_url: Url = ""
    privacy_policy_url: Url = ""


class MetadataSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What metadata objects hold, each a JSON Schema that types are read of (`core.metadata_schema`); None: anything.

    Private metadata are in no token, so that nothing is declared of them.
    """

    user_public_metadata: dict[str, Any] | None = None
    user_unsafe_metadata: dict[str, Any] | None = None
    org_public_metadata: dict[str, Any] | None = None
    org_membership_public_metadata: dict[str, Any] | None = None


class InstanceSettings(msgspec.Struct, frozen=True, kw_only=True):
    """All sections."""

    session: SessionSettings = SessionSettings()
    authentication: AuthenticationSettings = AuthenticationSettings()
    organizations: OrganizationSettings = OrganizationSettings()
    display: DisplaySettings = DisplaySettings()
    metadata: MetadataSettings = MetadataSettings()
    test_mode: bool = True
    """Whether addresses with `+clerk_test` take the code 424242; in a development instance only (case A-034)."""
    allowed_origins: tuple[str, ...] = ()
    """Origins of applications beside the instance's own, e.g. `https://app.example.com`."""


SECTIONS: dict[str, type[msgspec.Struct]] = {
    "session": SessionSettings,
    "authentication": AuthenticationSettings,
    "organizations": OrganizationSettings,
    "display": DisplaySettings,
    "metadata": MetadataSettings,
}
"""The sections of the config document, each an attribute of `InstanceSettings`."""


class SettingsProblem(msgspec.Struct, frozen=True):
    """Settings that can't be together: the member to change, and what it must be."""

    param_name: str
    expected: str


IDENTIFIERS = ("email_address", "phone_number", "username")
"""What users sign in by."""


def identifier_presences(settings: AuthenticationSettings) -> dict[str, Presence]:
    """Whether sign-up asks for each identifier: the only one there is, is required, since no user goes without any."""
    told: dict[str, Presence] = {name: getattr(settings, name) for name in IDENTIFIERS}
    on = [name for name in IDENTIFIERS if told[name] != "off"]
    return told | {on[0]: "required"} if len(on) == 1 else told


def find_problem(settings: InstanceSettings) -> SettingsProblem | None:
    """What would let nobody sign up, or somebody sign up who can never sign in again; `None` when all is well."""
    users = settings.authentication
    presences = identifier_presences(users)
    on = [name for name in IDENTIFIERS if presences[name] != "off"]
    if not on:
        return SettingsProblem(
            "authentication.email_address",
            "`optional` or `required` while `phone_number` and `username` are `off`: users need a name to sign in by",
        )
    has_code = {"email_address": users.email_code, "phone_number": users.phone_code, "username": False}
    required = [name for name in on if presences[name] == "required"]
    # The identifiers of those users who give as few as they may.
    fewest = [required] if required else [[name] for name in on]
    has_factor = users.password == "required" or all(  # noqa: S105 - a presence, no password
        any(has_code[name] for name in names) for names in fewest
    )
    if has_factor:
        return None
    return SettingsProblem(
        "authentication.password",
        "`required` unless each user has an identifier that `email_code` or `phone_code` signs in by: "
        "users need a first factor",
    )
