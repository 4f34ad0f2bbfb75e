"""Templates to begin with, and what each of them takes of the cookie."""

import msgspec

from claimsmith_server.core.claims import compile_template
from claimsmith_server.core.models import Instance
from claimsmith_server.services.claims_preview import compose
from claimsmith_server.services.claims_subjects import Subject, authorized_party, load_subject
from claimsmith_server.services.claims_targets import EMPTY, Target
from claimsmith_server.services.context import Service

_RECIPES = (
    (
        "Name and e-mail",
        "The claims of the guide: greet a user without a request of your own.",
        '{\n  "fullName": "{{user.full_name}}",\n  "primaryEmail": "{{user.primary_email_address}}"\n}',
    ),
    (
        "Role from metadata",
        "One role that your back end writes into public metadata, and a default for those who have none.",
        '{\n  "metadata": {\n    "role": "{{user.public_metadata.role || \'member\'}}"\n  }\n}',
    ),
    (
        "Onboarding flag",
        "Whether the user has finished onboarding; false until your back end says so.",
        '{\n  "metadata": {\n    "onboardingComplete": "{{user.public_metadata.onboardingComplete || false}}"\n  }\n}',
    ),
)


class Recipe(msgspec.Struct, frozen=True):
    """A template to begin with."""

    name: str
    description: str
    text: str
    cookie_bytes: int
    """What an example user's token grows by."""


async def measure_recipes(service: Service, instance: Instance, target: Target) -> list[Recipe]:
    """The recipes, each measured by composing an example user's token with it and without."""
    row = await load_subject(service, instance, target, Subject(), with_organizations=False)
    party = authorized_party(instance, Subject())
    sizes = []
    for text in (EMPTY, *(text for _, _, text in _RECIPES)):
        template = compile_template(text, audience=target.audience).template
        assert template is not None  # noqa: S101 - a test holds that they compile
        sizes.append((await compose(service, row, template, party, target.claims_version)).cookie_bytes)
    empty, *filled = sizes
    return [Recipe(*one, size - empty) for one, size in zip(_RECIPES, filled, strict=True)]
