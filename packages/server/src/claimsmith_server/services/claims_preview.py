"""What a draft would give: diagnostics, the token of a chosen user byte for byte, its size, and types.

Preview and mint are one path: the same compile, read and composition (`services.session_tokens`); only the signature
is not made, since its length is known.
"""

from typing import Annotated, Literal

import msgspec

from claimsmith_server.core import jose, tokens
from claimsmith_server.core.claims import Template, compile_template, reserved_claims
from claimsmith_server.core.claims.provenance import list_sources
from claimsmith_server.core.default_claims import list_default_claims
from claimsmith_server.core.errors import ServiceError
from claimsmith_server.core.how_to_read import write_how_to_read
from claimsmith_server.core.instance_settings import ClaimsVersion
from claimsmith_server.core.models import Instance
from claimsmith_server.core.typegen import write_types
from claimsmith_server.services import claims_fixtures
from claimsmith_server.services.claims_subjects import Subject, authorized_party, load_subject
from claimsmith_server.services.claims_targets import Target, load_target
from claimsmith_server.services.context import Service
from claimsmith_server.services.metadata_types import read_declared
from claimsmith_server.services.session_tokens import (
    ORGANIZATIONS,
    Asked,
    compose_session_token,
    compose_template_token,
    load_jwt_template,
    load_signer,
    make_issue,
)
from claimsmith_server.store.mint import MintRow
from claimsmith_server.wire.claims_preview import Preview, ToldSubject, diagnostics_out, token_out

Text = Annotated[str, msgspec.Meta(max_length=131_072)]
"""Far over the limit of a template, so that the limit is told as a diagnostic."""


class AskPreview(msgspec.Struct, frozen=True, kw_only=True):
    """The body of the preview route."""

    target: Annotated[str, msgspec.Meta(max_length=128)]
    text: Text
    claims_version: Literal[1, 2] | None = None
    subject: Subject = Subject()


async def preview(service: Service, instance: Instance, asked: AskPreview) -> Preview:
    """What the text would give for the subject.

    Raises:
        ServiceError: `resource_not_found` for the target, the user or the session.
    """
    target = await load_target(service, instance, asked.target)
    version = asked.claims_version or target.claims_version
    compilation = compile_template(asked.text, audience=target.audience, claims_version=version)
    told = diagnostics_out(asked.text, compilation.diagnostics)
    template = compilation.template
    if template is None:
        return Preview(told, None, None, None, [], version)
    row = await load_subject(
        service, instance, target, asked.subject, with_organizations=ORGANIZATIONS in template.requires
    )
    party = authorized_party(instance, asked.subject)
    token, problem = None, None
    try:
        composition = await compose(service, row, template, party, version)
        token = token_out(
            composition,
            text=asked.text,
            template=template,
            custom=custom_names(template, target, version),
            sources=list_sources(template, asked.text, row.context),
            docs={one.name: one.doc for one in list_default_claims(target.audience, version)},
            is_cookie=target.template is None,
        )
    except ServiceError as refused:
        problem = refused.items[0].long_message
    return Preview(
        told,
        token,
        _write_all_types(template, instance),
        write_how_to_read(template, template_name=target.template.name if target.template else None),
        await claims_fixtures.run_fixtures(service, instance, target.id, template),
        version,
        ToldSubject(
            row.context.user.id,
            row.context.session.id,
            row.context.organization.id if row.context.organization else None,
            row.context.session.actor is not None,
            party,
        ),
        problem,
    )


def _write_all_types(template: Template, instance: Instance) -> dict[str, str]:
    metadata = read_declared(instance.settings.metadata)
    return {
        "typescript": write_types(template, "typescript", metadata=metadata),
        "python": write_types(template, "python", metadata=metadata),
        "json_schema": write_types(template, "json-schema", metadata=metadata),
    }


async def compose(
    service: Service, row: MintRow, template: Template, party: str | None, version: ClaimsVersion
) -> tokens.Composition:
    """The token of a draft but for its signature, by the mint's own functions.

    Raises:
        ServiceError: `token_too_large`.
    """
    issue = make_draft_issue(service, row, party)
    signer = await load_any_signer(service, row)
    if row.template is None:
        return compose_session_token(row, template, issue, signer, version)
    return compose_template_token(row, template, row.template, issue, signer)


def make_draft_issue(service: Service, row: MintRow, party: str | None) -> tokens.Issue:
    """The circumstances of a token that a mint would make now."""
    lifetime = row.template.lifetime if row.template else row.settings.session.token_lifetime_seconds
    asked = Asked(session_id=row.context.session.id, authorized_party=party)
    return make_issue(service, row, asked, service.clock.now(), lifetime)


async def load_any_signer(service: Service, row: MintRow) -> jose.Signer:
    """The signer of the row's JWT template, else the instance's."""
    own = (await load_jwt_template(service, row, row.template))[1] if row.template else None
    return own or await load_signer(service, row)


def custom_names(template: Template, target: Target, version: ClaimsVersion) -> frozenset[str]:
    """The claims that the template may set."""
    return frozenset(one.name for one in template.claims) - reserved_claims(target.audience, version)
