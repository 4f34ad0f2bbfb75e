"""How long the claims language takes: a table of microseconds for each render and each compile.

Run: `python benchmarks/render.py`. The target is 2 us for the seed's template.
"""

import sys
import time
from collections.abc import Callable

import msgspec

from claimsmith_server.core.claims import compile_template, render
from claimsmith_server.core.models import (
    ClaimsContext,
    TokenMembership,
    TokenOrganization,
    TokenSession,
    TokenUser,
)

TARGET_US = 2.0
ROUNDS = 5
SEED = '{"fullName": "{{user.full_name}}", "primaryEmail": "{{user.primary_email_address}}"}'

TEMPLATES: dict[str, str] = {
    "empty": "{}",
    "seed: name and e-mail": SEED,
    "metadata paths": '{"plan": "{{user.public_metadata.plan}}", "step": "{{user.public_metadata.onboarding.step}}"}',
    "fallbacks": '{"theme": "{{user.unsafe_metadata.theme || org.public_metadata.theme || \'light\'}}"}',
    "mixed string": '{"greeting": "Hello {{user.first_name || \'you\'}}, you are {{org.role}} of {{org.name}}"}',
    "nested, Hasura-like": """{"https://hasura.io/jwt/claims": {
        "x-hasura-default-role": "{{user.public_metadata.role || 'user'}}",
        "x-hasura-allowed-roles": ["user", "editor"],
        "x-hasura-user-id": "{{user.id}}",
        "x-hasura-org-id": "{{org.id}}"}}""",
    "50 claims": msgspec.json.encode(
        {f"claim_{n}": ("{{user.first_name}}", "{{user.public_metadata.plan}}", n)[n % 3] for n in range(50)}
    ).decode(),
}


def sample_context() -> ClaimsContext:
    """A user in an organization, with a little metadata."""
    user = TokenUser(
        id="user_2bbNfOPGnfHsPGTPwYBMl2vsvnn",
        external_id=None,
        username=None,
        first_name="Ada",
        last_name="Lovelace",
        primary_email_address="ada@example.com",
        email_verified=True,
        primary_phone_number=None,
        phone_number_verified=False,
        primary_web3_wallet=None,
        image_url="https://img.example.com/ada",
        has_image=False,
        two_factor_enabled=False,
        created_at=1_700_000_000_000,
        updated_at=1_700_000_000_000,
        last_sign_in_at=None,
        public_metadata={"plan": "pro", "role": "editor", "onboarding": {"step": 3}},
        unsafe_metadata={},
    )
    session = TokenSession("sess_2bbNfOPGnfHsPGTPwYBMl2vsvnn", "active", None, None, None, 1_700_000_000_000)
    organization = TokenOrganization(
        "org_2bbNfOPGnfHsPGTPwYBMl2vsvnn", "Engines", "engines", "", has_image=False, public_metadata={"theme": "dark"}
    )
    membership = TokenMembership("org:admin", ("org:sys_memberships:manage",), {})
    return ClaimsContext(user, session, organization, membership)


def measure(function: Callable[[], object], seconds: float = 0.1) -> float:
    """Microseconds a call: the best of a few rounds, each `seconds` long."""
    calls, elapsed = 1, 0.0
    while elapsed < seconds / 2:
        calls *= 2
        elapsed = _time(function, calls)
    return min(_time(function, calls) for _ in range(ROUNDS)) / calls * 1e6


def _time(function: Callable[[], object], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        function()
    return time.perf_counter() - start


def measure_template(text: str, context: ClaimsContext) -> tuple[float, float]:
    """Microseconds of one render and of one compile."""
    template = compile_template(text, audience="session").template
    assert template is not None, text
    assert render(template, context).failed == ()
    return (
        measure(lambda: render(template, context)),
        measure(lambda: compile_template(text, audience="session")),
    )


def main() -> int:
    """Print the table; gives 1 when the seed's template misses its target."""
    context = sample_context()
    print(f"{'template':<26}{'render us':>12}{'compile us':>12}")
    seed_us = 0.0
    for name, text in TEMPLATES.items():
        render_us, compile_us = measure_template(text, context)
        seed_us = render_us if text == SEED else seed_us
        print(f"{name:<26}{render_us:>12.2f}{compile_us:>12.1f}")
    print(f"seed's template: {seed_us:.2f} us, target <= {TARGET_US:.1f} us, ratio {seed_us / TARGET_US:.2f}")
    return int(seed_us > TARGET_US)


if __name__ == "__main__":
    sys.exit(main())
