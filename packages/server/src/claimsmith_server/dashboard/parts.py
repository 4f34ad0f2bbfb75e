"""The gallery of the pages' parts: every macro in every state, with the names that users choose to hurt a layout.

It is for those who change the looks, and for the tests that compare screenshots; a production instance has none.
"""

from typing import Final

from litestar import get
from litestar.exceptions import NotFoundException

from claimsmith_server.dashboard.access import GivenVisit
from claimsmith_server.dashboard.problems import Problem
from claimsmith_server.dashboard.shell import Page, show

NAMES: Final = (
    "Ada Lovelace",
    "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaft",
    "Dr. Maximiliane Friederike von und zu Hohenstein-Sonderburg III",
    "محمد بن عبد الله الخوارزمي",
    "שרה \u202egrey\u202c כהן",
    "👩🏽‍🚀👨‍👩‍👧‍👦 Ω≈ç√∫µ≤",
    "<script>alert('x')</script>",
    "{{7*7}} ${7*7} '; DROP TABLE users; --",
    "x",
)
"""Common, long without a break, long with breaks, right to left, overridden direction, joined emoji, markup, code."""
_DAY = 86_400_000


@get("/dashboard/_parts")
async def get_parts(visit: GivenVisit) -> Page:
    """Every part in every state.

    Raises:
        NotFoundException: the instance is not for development.
    """
    if visit.instance.environment != "development":
        raise NotFoundException
    return show(
        visit,
        "gallery.html",
        title="Parts",
        names=NAMES,
        times=(visit.now, visit.now - 90_000, visit.now - 3 * 3_600_000, visit.now - 40 * _DAY, visit.now + _DAY, None),
        problem=Problem(
            "Another user has this address. Choose another one, or edit that user.", "bad_field", status=200
        ),
    )


ROUTES = (get_parts,)
