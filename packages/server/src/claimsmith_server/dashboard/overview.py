"""The front page: what goes on in the instance, and what to do next when nothing does yet."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final, NamedTuple

import msgspec
from litestar import get
from litestar.response import Redirect

from claimsmith.instance import make_publishable_key
from claimsmith_server.core.application_setup import Addresses, Framework, write_setup
from claimsmith_server.core.size import MAX_COOKIE_BYTES
from claimsmith_server.dashboard.access import GivenVisit, Visit
from claimsmith_server.dashboard.charts import BarChart, LineChart, draw_bars, draw_lines
from claimsmith_server.dashboard.shell import Page, show
from claimsmith_server.http.requests import read_query
from claimsmith_server.services.overview import RANGES, Bucket, Overview, RangeName, load_overview

_RANGE_NAMES: Final[dict[RangeName, str]] = {"24h": "24 hours", "7d": "7 days", "30d": "30 days"}
_NOTICES: Final = {"set_up": "Your account is ready, and you are signed in."}
_SIZE_TICK: Final = 1000
_DAY_MS: Final = 24 * 3600 * 1000
_SHOWN_CLAIMS: Final = 8
_ENGINES: Final[Mapping[str, str]] = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class OverviewQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What the page may be asked."""

    range: str = "24h"


class Row(NamedTuple):
    """A line of the table that says in words what the charts draw."""

    time: str
    bucket: Bucket


class Step(NamedTuple):
    """One thing to do in a new instance."""

    title: str
    text: str
    href: str
    action: str
    is_done: bool


@get("/", access="public")
async def get_root() -> Redirect:
    """The dashboard is what a person looks for here."""
    return Redirect("/dashboard")


@get("/dashboard")
async def get_overview(visit: GivenVisit) -> Page:
    """Sessions, sign-ins, tokens and their sizes over a time."""
    wanted = read_query(visit.request, OverviewQuery).range
    chosen: RangeName = next((name for name in RANGES if name == wanted), "24h")
    found = await load_overview(visit.service, visit.instance, chosen)
    step = RANGES[chosen].step
    steps = _steps(found)
    return show(
        visit,
        "overview.html",
        title="Overview",
        section="overview",
        notices=_NOTICES,
        found=found,
        chosen=chosen,
        range_name=_RANGE_NAMES[chosen],
        ranges=[(label, f"/dashboard?range={name}", name == chosen) for name, label in _RANGE_NAMES.items()],
        sign_ins_chart=_draw_counts([bucket.sign_ins for bucket in found.buckets], found.buckets, step, "sign-in"),
        minted_chart=_draw_counts([bucket.minted for bucket in found.buckets], found.buckets, step, "token"),
        sizes_chart=_draw_sizes(found.buckets, step),
        rows=[Row(tell_time(bucket.at, step), bucket) for bucket in reversed(found.buckets)],
        lacked=found.lacked[:_SHOWN_CLAIMS],
        limit=MAX_COOKIE_BYTES,
        steps=[] if all(one.is_done for one in steps) else steps,
        setup=_write_setup(visit),
        health=_health(visit, found),
    )


def _write_setup(visit: Visit) -> Framework:
    """The environment of the application that most people have; the secret key is on another page, for owners."""
    publishable_key = make_publishable_key(visit.instance.frontend_api, visit.instance.environment)
    hidden = "sk_…"
    return write_setup(Addresses(url=visit.base_url, publishable_key=publishable_key, secret_key=hidden))[0]


def tell_time(at: int, step: int) -> str:
    """A bucket in words, e.g. `Nov 23, 14:00 to 15:00`, `Nov 23`; UTC."""
    begin = datetime.fromtimestamp(at / 1000, UTC)
    day = f"{begin:%b} {begin.day}"
    if step >= _DAY_MS:
        return day
    end = datetime.fromtimestamp((at + step) / 1000, UTC)
    return f"{day}, {begin:%H:%M} to {end:%H:%M}"


def _draw_counts(values: Sequence[int], buckets: Sequence[Bucket], step: int, unit: str) -> BarChart:
    def title(place: int) -> str:
        count = values[place]
        return f"{tell_time(buckets[place].at, step)} UTC: {count:,} {unit}{'' if count == 1 else 's'}"

    return draw_bars(values, [bucket.at for bucket in buckets], step, title)


def _draw_sizes(buckets: Sequence[Bucket], step: int) -> LineChart:
    def title(place: int) -> str:
        bucket = buckets[place]
        told = f"{tell_time(bucket.at, step)} UTC: "
        if bucket.sizes is None:
            return told + "no session token"
        return told + f"median {bucket.sizes.median:,} B, p95 {bucket.sizes.p95:,} B, max {bucket.sizes.largest:,} B"

    sizes = [bucket.sizes for bucket in buckets]
    series: list[tuple[str, str, Sequence[int | None]]] = [
        ("max", "Largest", [one.largest if one else None for one in sizes]),
        ("p95", "p95", [one.p95 if one else None for one in sizes]),
        ("p50", "Median", [one.median if one else None for one in sizes]),
    ]
    return draw_lines(series, [bucket.at for bucket in buckets], step, MAX_COOKIE_BYTES, title, _SIZE_TICK)


def _steps(found: Overview) -> list[Step]:
    """The seed's own story: an application, claims, the claims read."""
    return [
        Step(
            "Connect an application",
            "Unmodified Clerk SDKs run against this instance: they need the environment lines below and a secret key.",
            "/dashboard/api-keys",
            "Open API keys",
            found.minted > 0,
        ),
        Step(
            "Make a user",
            "By signing up in the application, or here.",
            "/dashboard/users/new",
            "Create user",
            found.users > 0,
        ),
        Step(
            "Add claims to the session token",
            "Under Sessions, press Edit and add any claim. The editor shows the token of a real user, byte for byte.",
            "/dashboard/sessions",
            "Customize session token",
            found.claims_version > 0,
        ),
        Step(
            "Read them in the application",
            "auth().sessionClaims in Next.js, auth.session_claims in Python. "
            "The first token shows up on this page within seconds.",
            "/dashboard/sessions/claims",
            "See the code",
            found.session_tokens > 0 and found.claims_version > 0,
        ),
    ]


def _health(visit: Visit, found: Overview) -> list[tuple[str, str]]:
    key = f"{found.key.algorithm}, {_tell_age(visit.now - found.key.active_since)}" if found.key else "none is active"
    claims = f"version {found.claims_version:,}" if found.claims_version else "none published"
    return [
        ("Claimsmith", version("claimsmith-server")),
        ("Database", _ENGINES[found.engine]),
        ("Signing key", key),
        ("Session claims", claims),
        ("Configuration", f"version {visit.instance.config_version:,}"),
        ("Issuer", f"https://{visit.instance.frontend_api}"),
    ]


def _tell_age(milliseconds: int) -> str:
    days = milliseconds // _DAY_MS
    return f"active for {days:,} day{'' if days == 1 else 's'}" if days > 0 else "active for less than a day"


ROUTES = (get_root, get_overview)
