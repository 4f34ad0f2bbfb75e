"""Tests of templates: made, run, removed; red ones keep a draft from being published."""

import asyncio
from typing import Annotated

import msgspec

from claimsmith_server.core.claims import Compilation, Template, render
from claimsmith_server.core.claims.fixtures import FixtureContext, build_context, describe_context, run_fixture
from claimsmith_server.core.errors import PARAM_TOO_LARGE, RESOURCE_NOT_FOUND, TOO_MANY_FIXTURES
from claimsmith_server.core.models import ClaimsFixture, Instance, JsonObject
from claimsmith_server.core.parameters import convert_object
from claimsmith_server.services.audit import record
from claimsmith_server.services.claims_subjects import Subject, load_subject
from claimsmith_server.services.claims_targets import Target, load_target
from claimsmith_server.services.claims_text import require_compiled
from claimsmith_server.services.context import Service
from claimsmith_server.store import claims_fixtures
from claimsmith_server.store.database import Tx
from claimsmith_server.wire.claims_preview import FixtureResult

MOST_FIXTURES = 100
"""Of one template; all of them run at each preview."""
MOST_FIXTURE_BYTES = 65_536
"""Of a test's context and expected claims as JSON: room for all metadata that a real user can have."""


class WriteFixture(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A test as its author gives it."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    context: JsonObject | None = None
    """As `core.claims.fixtures.FixtureContext`; `None`: what `subject` is at this moment."""
    expected: JsonObject | None = None
    """The custom claims, all of them; `None`: what `text` gives for the context at this moment."""
    subject: Subject = Subject()
    text: Annotated[str, msgspec.Meta(max_length=131_072)] | None = None
    """`None`: the live text."""


async def list_fixtures(service: Service, instance: Instance, target: str) -> list[ClaimsFixture]:
    """The tests of a target, oldest first."""
    return list(await claims_fixtures.list_fixtures(service.database, instance.id, target))


async def create_fixture(
    service: Service, instance: Instance, target: str, asked: WriteFixture, *, author: str
) -> ClaimsFixture:
    """A new test; it may be red.

    Raises:
        ServiceError: the context names what no shortcode reads, the text has errors, the test is too large, there are
            too many tests, or no such target, user or session.
        UniqueViolation: another test of the target has this name.
    """
    found = await load_target(service, instance, target)
    context = await _load_context(service, instance, found, asked)
    expected = asked.expected
    if expected is None:
        text = found.text if asked.text is None else asked.text
        expected = _render(require_compiled(text, found.audience, found.claims_version), context)
    now = service.clock.now()
    fixture = ClaimsFixture(
        id=service.make_id("fix"),
        instance_id=instance.id,
        target=target,
        name=asked.name,
        context=msgspec.to_builtins(context) if asked.context is None else asked.context,
        expected=expected,
        created_by=author,
        created_at=now,
        updated_at=now,
    )
    taken = len(msgspec.json.encode((fixture.context, fixture.expected)))
    if taken > MOST_FIXTURE_BYTES:
        raise PARAM_TOO_LARGE(param_name="context", actual=f"{taken:,} bytes", limit=f"{MOST_FIXTURE_BYTES:,} bytes")

    async def work(tx: Tx) -> None:
        if await claims_fixtures.count_fixtures(tx, instance.id, target) >= MOST_FIXTURES:
            raise TOO_MANY_FIXTURES(limit=MOST_FIXTURES)
        await claims_fixtures.insert_fixture(tx, fixture)
        told = {"target": target, "name": asked.name}
        await record(service, tx, instance.id, "claims_fixture.created", fixture.id, told, actor=author)

    await service.database.transact(work)
    return fixture


async def delete_fixture(service: Service, instance: Instance, target: str, fixture_id: str, *, author: str) -> None:
    """Nothing; the test is gone.

    Raises:
        ServiceError: `resource_not_found`.
    """

    async def work(tx: Tx) -> None:
        if not await claims_fixtures.delete_fixture(tx, instance.id, target, fixture_id):
            raise RESOURCE_NOT_FOUND(resource="test", by="id", id=fixture_id[:64])
        await record(service, tx, instance.id, "claims_fixture.deleted", fixture_id, {"target": target}, actor=author)

    await service.database.transact(work)


async def run_fixtures(service: Service, instance: Instance, target: str, template: Template) -> list[FixtureResult]:
    """How each test of the target goes with a template; between two tests other requests have their turn."""
    results = []
    for one in await claims_fixtures.list_fixtures(service.database, instance.id, target):
        results.append(_run(one, template))
        await asyncio.sleep(0)
    return results


async def _load_context(service: Service, instance: Instance, target: Target, asked: WriteFixture) -> FixtureContext:
    if asked.context is not None:
        return convert_object(asked.context, FixtureContext, "context")
    row = await load_subject(service, instance, target, asked.subject, with_organizations=True)
    return describe_context(row.context)


def _render(compilation: Compilation, context: FixtureContext) -> JsonObject:
    if compilation.template is None:
        return {}
    return render(compilation.template, build_context(context)).claims


def _run(fixture: ClaimsFixture, template: Template) -> FixtureResult:
    differences = run_fixture(template, convert_object(fixture.context, FixtureContext), fixture.expected)
    return FixtureResult(fixture.id, fixture.name, not differences, differences)
