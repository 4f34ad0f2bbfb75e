"""The editor's own routes: JSON in and out, never cached; the page works without them, by forms over the same services.

Reads that take a body are POST and open to viewers; what writes is an editor's.
"""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar import delete, get, post, put
from litestar.params import FromPath
from litestar.response import Stream

from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.http.answers import Json
from claimsmith_server.http.arguments import PathText
from claimsmith_server.http.errors import explain
from claimsmith_server.http.requests import read_body, read_query
from claimsmith_server.observability import TRACE_ID_BYTES, make_trace_id
from claimsmith_server.services import claims_drafts, claims_fixtures
from claimsmith_server.services.claims_editor import load_editor, load_version, tell_fixture
from claimsmith_server.services.claims_population import AskPopulation, measure_population
from claimsmith_server.services.claims_preview import AskPreview, preview
from claimsmith_server.services.claims_publishing import PublishClaims, publish_claims
from claimsmith_server.services.claims_subjects import Subject
from claimsmith_server.services.claims_targets import load_target
from claimsmith_server.services.subject_search import SubjectQuery, find_subjects, load_values

_API = "/dashboard/api"
_STREAM_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Accel-Buffering": "no",  # proxies that keep an answer until it is whole would keep the progress too
}


@get(_API + "/editor/{target:str}")
async def get_editor(visit: GivenVisit, target: PathText) -> Json:
    """All that the editor begins with."""
    return Json(await load_editor(visit.service, visit.instance, target, can_write=visit.can("editor")))


@post(_API + "/preview", status_code=200, access="viewer")
async def post_preview(visit: GivenVisit) -> Json:
    """What a draft would give."""
    asked = await read_body(visit.request, AskPreview)
    return Json(await preview(visit.service, visit.instance, asked))


@get(_API + "/subjects")
async def get_subjects(visit: GivenVisit) -> Json:
    """Users to preview for."""
    query = read_query(visit.request, SubjectQuery)
    return Json({"users": await find_subjects(visit.service, visit.instance, query)})


@get(_API + "/values")
async def get_values(visit: GivenVisit) -> Json:
    """What each shortcode has for a subject."""
    subject = read_query(visit.request, Subject)
    return Json({"values": await load_values(visit.service, visit.instance, subject)})


@post(_API + "/population", status_code=200, access="viewer")
async def post_population(visit: GivenVisit) -> Stream:
    """Lines of JSON: `{"done", "of"}` now and then, `{"result"}` at last; it ends when nobody reads it any more."""
    asked = await read_body(visit.request, AskPopulation)
    found = await measure_population(visit.service, visit.instance, asked)
    return Stream(_write_lines(visit, found), media_type="application/x-ndjson", headers=_STREAM_HEADERS)


@post(_API + "/claims/{target:str}", status_code=200)
async def post_claims(visit: GivenVisit, target: PathText) -> Json:
    """The claims are live."""
    asked = await read_body(visit.request, PublishClaims)
    return Json(await publish_claims(visit.service, visit.instance, target, asked, author=visit.author))


@put(_API + "/drafts/{target:str}")
async def put_draft(visit: GivenVisit, target: PathText) -> Json:
    """The draft is kept."""
    asked = await read_body(visit.request, claims_drafts.WriteDraft)
    await load_target(visit.service, visit.instance, target)
    draft = await claims_drafts.save_draft(visit.service, visit.instance, target, asked, author=visit.author)
    return Json({"base_version": draft.base_version, "author": draft.created_by, "updated_at": draft.updated_at})


@delete(_API + "/drafts/{target:str}", status_code=200)
async def delete_draft(visit: GivenVisit, target: PathText) -> Json:
    """There is no draft."""
    is_gone = await claims_drafts.delete_draft(visit.service, visit.instance, target, author=visit.author)
    return Json({"deleted": is_gone})


@post(_API + "/fixtures/{target:str}", status_code=200)
async def post_fixture(visit: GivenVisit, target: PathText) -> Json:
    """A new test, as it is or made of a preview."""
    asked = await read_body(visit.request, claims_fixtures.WriteFixture)
    made = await claims_fixtures.create_fixture(visit.service, visit.instance, target, asked, author=visit.author)
    return Json(tell_fixture(made))


@delete(_API + "/fixtures/{target:str}/{fixture_id:str}", status_code=200)
async def delete_fixture(visit: GivenVisit, target: PathText, fixture_id: PathText) -> Json:
    """The test is gone."""
    await claims_fixtures.delete_fixture(visit.service, visit.instance, target, fixture_id, author=visit.author)
    return Json({"deleted": True})


@get(_API + "/history/{target:str}/{version:int}")
async def get_version(visit: GivenVisit, target: PathText, version: FromPath[int]) -> Json:
    """One published version."""
    found = await load_version(visit.service, visit.instance, target, version)
    told = {name: getattr(found, name) for name in ("version", "reason", "created_at")}
    return Json(told | {"text": found.claims, "author": found.created_by})


async def _write_lines(visit: Visit, found: AsyncIterator[Any]) -> AsyncIterator[bytes]:
    try:
        async for one in found:
            yield msgspec.json.encode(one) + b"\n"
    except Exception as error:  # noqa: BLE001 - the answer has begun: its last line tells why it is not whole
        trace_id = make_trace_id(visit.service.clock.entropy(TRACE_ID_BYTES))
        scope = visit.request.scope
        refusal = explain(error, visit.service.log, trace_id, method=scope["method"], path=scope["path"])
        yield msgspec.json.encode({"error": refusal.items[0], "clerk_trace_id": trace_id}) + b"\n"


ROUTES = (
    get_editor,
    post_preview,
    get_subjects,
    get_values,
    post_population,
    post_claims,
    put_draft,
    delete_draft,
    post_fixture,
    delete_fixture,
    get_version,
)
