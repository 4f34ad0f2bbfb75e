"""The controls of the settings pages: one for each member of a section, with its words."""

from typing import Final, Literal

import msgspec

Kind = Literal["select", "check", "number", "text", "email", "url", "role"]
Options = tuple[tuple[str, str], ...]
PRESENCES: Final[Options] = (("off", "Off"), ("optional", "Optional"), ("required", "Required"))


class Control(msgspec.Struct, frozen=True):
    """One setting as a page shows it."""

    name: str
    kind: Kind
    label: str
    hint: str = ""
    options: Options = ()
    suffix: str = ""
    least: str = ""
    most: str = ""


class Group(msgspec.Struct, frozen=True):
    """Controls that belong together."""

    title: str
    sentence: str
    controls: tuple[Control, ...]
    is_paired: bool = False
    """Whether controls stand side by side where there is room."""


_AUTHENTICATION: Final = (
    Group(
        "What sign-up asks for",
        "Users sign in by an e-mail address, a phone number or a username: at least one of them must be on.",
        (
            Control("email_address", "select", "E-mail address", "An identifier.", PRESENCES),
            Control("phone_number", "select", "Phone number", "An identifier. Only test numbers get codes.", PRESENCES),
            Control("username", "select", "Username", "An identifier that no code reaches.", PRESENCES),
            Control("password", "select", "Password", "Required, unless a code signs each user in.", PRESENCES),
            Control("first_name", "select", "First name", "", PRESENCES),
            Control("last_name", "select", "Last name", "", PRESENCES),
        ),
        is_paired=True,
    ),
    Group(
        "Verification and sign-in",
        "Codes have six digits and live for 10 minutes.",
        (
            Control("verify_email_address", "check", "Verify e-mail addresses at sign-up"),
            Control("verify_phone_number", "check", "Verify phone numbers at sign-up"),
            Control("email_code", "check", "Sign in with a code by e-mail", "Only verified addresses get one."),
            Control("phone_code", "check", "Sign in with a code by phone"),
            Control(
                "preferred_sign_in_strategy",
                "select",
                "What is asked for first",
                "When a user has a password and a code could be sent, too.",
                (("password", "The password"), ("otp", "A code")),
            ),
        ),
    ),
    Group(
        "Accounts",
        "",
        (
            Control(
                "sign_up_mode",
                "select",
                "Who may sign up",
                "Restricted: invitations and the Backend API alone make users.",
                (("public", "Anybody"), ("restricted", "Invited people only")),
            ),
            Control("delete_self", "check", "Users may delete their own account"),
            Control(
                "reverification",
                "check",
                "Ask again before sensitive changes",
                "A new password or address needs a first factor of the last 10 minutes.",
            ),
        ),
    ),
)
_ORGANIZATIONS: Final = (
    Group(
        "Organizations",
        "",
        (
            Control("enabled", "check", "Organizations are on", "Off: nobody sees or makes any; what there is, stays."),
            Control("create_organization", "check", "Users may make organizations"),
            Control("admin_delete", "check", "Admins may delete their organization"),
            Control(
                "max_allowed_memberships",
                "number",
                "Members of a new organization, at most",
                "0: without a limit. Organizations that there are keep their own.",
                suffix="members",
                least="0",
                most="100000",
            ),
        ),
    ),
    Group(
        "Roles",
        "What somebody is in an organization, unless told otherwise.",
        (
            Control("creator_role", "role", "Who makes an organization becomes"),
            Control("default_role", "role", "Who joins becomes"),
        ),
        is_paired=True,
    ),
)
_DISPLAY: Final = (
    Group(
        "Words",
        "On hosted pages, in components and in mails.",
        (
            Control("application_name", "text", "Application name", "Empty: the instance's slug."),
            Control("support_email", "email", "Support address", "Where people who can't sign in may write."),
        ),
        is_paired=True,
    ),
    Group(
        "Pages of your application",
        "Absolute addresses. Empty: the hosted pages of this service.",
        (
            Control("home_url", "url", "Home"),
            Control("sign_in_url", "url", "Sign-in"),
            Control("sign_up_url", "url", "Sign-up"),
            Control("user_profile_url", "url", "User profile"),
        ),
        is_paired=True,
    ),
    Group(
        "Where people go next",
        "An address that the application names itself wins. Empty: its home.",
        (
            Control("after_sign_in_url", "url", "After sign-in"),
            Control("after_sign_up_url", "url", "After sign-up"),
            Control("after_sign_out_url", "url", "After sign-out"),
        ),
        is_paired=True,
    ),
    Group(
        "Legal",
        "Linked from sign-up.",
        (
            Control("terms_url", "url", "Terms of service"),
            Control("privacy_policy_url", "url", "Privacy policy"),
        ),
        is_paired=True,
    ),
)
GROUPS: Final = {"authentication": _AUTHENTICATION, "organizations": _ORGANIZATIONS, "display": _DISPLAY}
"""By section of the config document; `session` has its page of its own."""
EFFECTS: Final = {
    "authentication": "Counts for the next sign-in or sign-up. Open pages learn of it when they are loaded again.",
    "organizations": "Counts at once for what is written. Open pages learn of it when they are loaded again.",
    "display": "Open pages learn of it when they are loaded again; mails from the next one on.",
    "instance": "Counts at the next request.",
}
"""When a change is felt, by tab."""


def list_controls(section: str) -> tuple[Control, ...]:
    """The controls of a section, in their order."""
    return tuple(control for group in GROUPS[section] for control in group.controls)
