"""The blast radius of a draft: rendered for every user, page by page, without holding up other requests.

Each user's token is composed as a mint would, for the organization of the user's newest session and an example session.
What counts as over the limit is the size before anything is left out.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Literal

import msgspec

from claimsmith_server.core import jose, size, tokens
from claimsmith_server.core.census import Census, CensusResult, OverUser
from claimsmith_server.core.claims import Template, render
from claimsmith_server.core.errors import ServiceError
from claimsmith_server.core.instance_settings import ClaimsVersion
from claimsmith_server.core.models import Instance
from claimsmith_server.services.claims_preview import load_any_signer, make_draft_issue
from claimsmith_server.services.claims_subjects import Subject, authorized_party, example_session, name_user
from claimsmith_server.services.claims_targets import Target, load_target
from claimsmith_server.services.claims_text import require_compiled
from claimsmith_server.services.context import Service
from claimsmith_server.services.session_tokens import ORGANIZATIONS, compose_session_token, compose_template_token
from claimsmith_server.store.mint import MintRow, load_user_contexts
from claimsmith_server.store.population import count_all_users, list_spread_users

PAGE = 100
"""Users of one page; between pages other requests have their turn."""
_BYTES_OF_A_TURN = 16_384
"""Of tokens that are composed before other requests have theirs: a few milliseconds, whatever the template."""
_PAGES_BETWEEN_NEWS = 5
_NO_ROOM = size.MAX_COOKIE_BYTES + 1
"""Taken for the size where even the server's own claims are over the limit."""


class AskPopulation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of the population route."""

    target: Annotated[str, msgspec.Meta(max_length=128)]
    text: Annotated[str, msgspec.Meta(max_length=131_072)]
    claims_version: Literal[1, 2] | None = None
    sample: Annotated[int, msgspec.Meta(ge=1, le=100_000)] | None = None
    """About so many users, evenly spread; `None`: all."""


class Progress(msgspec.Struct, frozen=True):
    """How far it is."""

    done: int
    of: int


class Finished(msgspec.Struct, frozen=True):
    """The last line."""

    result: CensusResult


class _Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What is rendered for each user."""

    target: Target
    template: Template
    version: ClaimsVersion
    party: str | None


async def measure_population(
    service: Service, instance: Instance, asked: AskPopulation
) -> AsyncIterator[Progress | Finished]:
    """Progress after every few pages, and at last what was found; compiling comes before the first of it.

    Raises:
        ServiceError: the text's errors, or `resource_not_found` for the target.
    """
    target = await load_target(service, instance, asked.target)
    version = asked.claims_version or target.claims_version
    compilation = require_compiled(asked.text, target.audience, version)
    assert compilation.template is not None  # noqa: S101 - it has no errors
    party = authorized_party(instance, Subject())
    draft = _Draft(target=target, template=compilation.template, version=version, party=party)
    return _walk(service, instance, draft, asked.sample)


async def _walk(
    service: Service, instance: Instance, draft: _Draft, sample: int | None
) -> AsyncIterator[Progress | Finished]:
    total = await count_all_users(service.database, instance.id)
    chosen = None
    if sample is not None and sample < total:
        chosen = await list_spread_users(service.database, instance.id, sample, total)
    expected = total if chosen is None else len(chosen)
    census = Census(size.MAX_COOKIE_BYTES if draft.target.template is None else None)
    signer: jose.Signer | None = None
    done = 0
    async for page in _read_pages(service, instance, draft, chosen):
        signer = signer or await load_any_signer(service, page[0])
        turn = 0
        for row in page:
            turn += _see(census, draft, row, make_draft_issue(service, row, draft.party), signer)
            if turn > _BYTES_OF_A_TURN:
                turn = 0
                await asyncio.sleep(0)
        done += len(page)
        if done // PAGE % _PAGES_BETWEEN_NEWS == 0:
            yield Progress(done, max(done, expected))
    yield Progress(done, max(done, expected))
    yield Finished(census.conclude(max(done, total)))


async def _read_pages(
    service: Service, instance: Instance, draft: _Draft, chosen: list[str] | None
) -> AsyncIterator[list[MintRow]]:
    """Pages of users in the order of ids: after the last one of the page before, or of those chosen."""
    session = example_session(service.clock.now())
    name = draft.target.template.name if draft.target.template else None
    with_organizations = ORGANIZATIONS in draft.template.requires
    after, place = "", 0
    while True:
        ids = None if chosen is None else chosen[place : place + PAGE]
        if ids is not None and not ids:
            return
        page = await load_user_contexts(
            service.database,
            session,
            instance_id=instance.id,
            after=after,
            limit=PAGE,
            user_ids=ids,
            template_name=name,
            with_organizations=with_organizations,
        )
        if page:
            yield page
            after = page[-1].context.user.id
        elif ids is None:
            return
        place += PAGE


def _see(census: Census, draft: _Draft, row: MintRow, issue: tokens.Issue, signer: jose.Signer) -> int:
    """The size of the token, which the census has now."""
    user = row.context.user
    try:
        composition = _compose(draft, row, issue, signer)
    except ServiceError:
        census.add(user.id, _NO_ROOM, lambda: _describe(draft, row, _NO_ROOM), (("*",), ()))
        return _NO_ROOM
    unnamed = 0 if draft.target.template is None else size.COOKIE_NAME_BYTES
    taken = composition.uncut_cookie_bytes - unnamed
    left_out = (composition.omitted, composition.failed)
    census.add(user.id, taken, lambda: _describe(draft, row, taken), left_out)
    return taken


def _compose(draft: _Draft, row: MintRow, issue: tokens.Issue, signer: jose.Signer) -> tokens.Composition:
    if row.template is None:
        return compose_session_token(row, draft.template, issue, signer, draft.version)
    return compose_template_token(row, draft.template, row.template, issue, signer)


def _describe(draft: _Draft, row: MintRow, taken: int) -> OverUser:
    sizes = {name: _measure(name, value) for name, value in render(draft.template, row.context).claims.items()}
    largest = max(sizes, key=sizes.__getitem__, default=None)
    return OverUser(
        row.context.user.id, name_user(row.context.user, row.context.user.primary_email_address), taken, largest
    )


def _measure(name: str, value: object) -> int:
    try:
        return size.claim_bytes(name, value)
    except Exception:  # noqa: BLE001 - whatever is stored: what is no JSON is in no token
        return 0
