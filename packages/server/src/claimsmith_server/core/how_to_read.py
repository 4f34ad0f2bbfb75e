"""How an application reads the claims of one template: code for each framework, with that template's own names.

Names are data: they stand in string literals and never in comments, and what is made of them for a variable is ASCII.
"""

import keyword
import re
from collections.abc import Callable

import msgspec

from claimsmith_server.core.claims import ObjectType, Template, infer

FRAMEWORKS = ("Next.js", "Express", "FastAPI", "Django", "Flask", "Litestar", "Starlette")
_MOST_NAMES = 8
_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_JAVASCRIPT_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        await break case catch class const continue debugger default delete do else enum export extends false finally
        for function if implements import in instanceof interface let new null package private protected public return
        static super switch this throw true try typeof var void while with yield arguments eval auth claims
        sessionclaims getauth app token req res
        """,
    )
)
_PYTHON_NAMES = frozenset({*(word.lower() for word in keyword.kwlist), "auth", "claims", "request", "app", "me"})

_NEXT_JS = """\
// app/api/me/route.ts
import {{ auth }} from '@clerk/nextjs/server'
import {{ NextResponse }} from 'next/server'

export async function GET() {{
  const {{ sessionClaims }} = await auth()
{reads}
  return NextResponse.json({{ {names} }})
}}
"""
_EXPRESS = """\
// server.mjs
import express from 'express'
import {{ clerkMiddleware, getAuth }} from '@clerk/express'

const app = express()
app.use(clerkMiddleware())

app.get('/me', (req, res) => {{
  const {{ sessionClaims }} = getAuth(req)
{reads}
  res.json({{ {names} }})
}})

app.listen(3000)
"""
_FASTAPI = """\
# main.py
from typing import Annotated, Any

from claimsmith import Auth
from claimsmith.fastapi import Claimsmith, require_auth
from fastapi import Depends, FastAPI

app = FastAPI()
Claimsmith(app)


@app.get("/me")
def me(auth: Annotated[Auth[Any], Depends(require_auth())]) -> dict[str, Any]:
    claims = auth.session_claims
{reads}
    return {{{members}}}
"""
_DJANGO = """\
# views.py; settings.MIDDLEWARE has "claimsmith.django.ClaimsmithMiddleware"
from typing import Any

from claimsmith import Auth
from claimsmith.django import require_auth
from django.http import HttpRequest, JsonResponse


@require_auth()
def me(request: HttpRequest, auth: Auth[Any]) -> JsonResponse:
    claims = auth.session_claims
{reads}
    return JsonResponse({{{members}}})
"""
_FLASK = """\
# app.py
from typing import Any

from claimsmith import Auth
from claimsmith.flask import Claimsmith, require_auth
from flask import Flask

app = Flask(__name__)
Claimsmith(app)


@app.get("/me")
@require_auth()
def me(auth: Auth[Any]) -> dict[str, Any]:
    claims = auth.session_claims
{reads}
    return {{{members}}}
"""
_LITESTAR = """\
# app.py
from typing import Any

from claimsmith import Auth
from claimsmith.litestar import Claimsmith, require_auth
from litestar import Litestar, get
from litestar.di import NamedDependency


@get("/me", guards=[require_auth()])
async def me(auth: NamedDependency[Auth[Any]]) -> dict[str, Any]:
    claims = auth.session_claims
{reads}
    return {{{members}}}


app = Litestar([me], plugins=[Claimsmith()])
"""
_STARLETTE = """\
# main.py
from typing import Any

from claimsmith import Auth
from claimsmith.starlette import Claimsmith, require_auth
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


@require_auth()
async def me(request: Request, auth: Auth[Any]) -> JSONResponse:
    claims = auth.session_claims
{reads}
    return JSONResponse({{{members}}})


app = Starlette(routes=[Route("/me", me)])
Claimsmith(app)
"""
_NEXT_JS_TEMPLATE = """\
// app/api/call/route.ts
import {{ auth }} from '@clerk/nextjs/server'

export async function GET() {{
  const {{ getToken }} = await auth()
  const token = await getToken({{ template: {template} }})
  return fetch('https://api.example.com/me', {{ headers: {{ Authorization: `Bearer ${{token}}` }} }})
}}
"""
_EXPRESS_TEMPLATE = """\
// server.mjs
import express from 'express'
import {{ createRemoteJWKSet, jwtVerify }} from 'jose'

const app = express()
const keys = createRemoteJWKSet(new URL(process.env.CLERK_API_URL + '/v1/jwks'))

app.get('/me', async (req, res) => {{
  const token = req.headers.authorization?.replace('Bearer ', '') ?? ''
  const {{ payload: sessionClaims }} = await jwtVerify(token, keys)
{reads}
  res.json({{ {names} }})
}})

app.listen(3000)
"""
_PYTHON_TEMPLATE = """\
# {file}
import os

import jwt

KEY = os.environ["CLERK_JWT_KEY"]


def read_claims(token: str) -> dict[str, object]:
    claims = jwt.decode(token, KEY, algorithms=["RS256"])
{reads}
    return {{{members}}}
"""
_PYTHON = {
    "FastAPI": _FASTAPI,
    "Django": _DJANGO,
    "Flask": _FLASK,
    "Litestar": _LITESTAR,
    "Starlette": _STARLETTE,
}
_PYTHON_FILES = {
    "FastAPI": "main.py",
    "Django": "views.py",
    "Flask": "app.py",
    "Litestar": "app.py",
    "Starlette": "main.py",
}

Place = tuple[str, ...]
"""The names that lead to a value within the claims."""


def write_how_to_read(template: Template, *, template_name: str | None = None) -> dict[str, str]:
    """Code by framework; `template_name` says that it is a JWT template's token, not the session's.

    At most eight values are read; members of an object that the template writes are read one by one.
    """
    places = _list_places(infer(template))
    javascript = _write_javascript(places)
    python = _write_python(places)
    if template_name is None:
        return {
            "Next.js": _NEXT_JS.format(**javascript),
            "Express": _EXPRESS.format(**javascript),
            **{name: text.format(**python) for name, text in _PYTHON.items()},
        }
    return {
        "Next.js": _NEXT_JS_TEMPLATE.format(template=_quote(template_name)),
        "Express": _EXPRESS_TEMPLATE.format(**javascript),
        **{name: _PYTHON_TEMPLATE.format(file=file, **python) for name, file in _PYTHON_FILES.items()},
    }


def _list_places(claims: ObjectType) -> list[Place]:
    places: list[Place] = []
    for member in claims.members:
        inner = member.type.members if isinstance(member.type, ObjectType) else ()
        places.extend([(member.name, one.name) for one in inner] or [(member.name,)])
    return places[:_MOST_NAMES]


def _write_javascript(places: list[Place]) -> dict[str, str]:
    names = _name_variables(places, _camel, _JAVASCRIPT_WORDS)
    reads = [
        f"  const {name} = sessionClaims{''.join(_step(one) for one in place)}"
        for name, place in zip(names, places, strict=True)
    ]
    return {"reads": "\n".join(reads), "names": ", ".join(names)}


def _write_python(places: list[Place]) -> dict[str, str]:
    names = _name_variables(places, _snake, _PYTHON_NAMES)
    reads = [f"    {name} = {_get(place)}" for name, place in zip(names, places, strict=True)]
    return {"reads": "\n".join(reads), "members": ", ".join(f'"{name}": {name}' for name in names)}


def _step(name: str) -> str:
    return f"?.{name}" if _IDENTIFIER.fullmatch(name) else f"?.[{_quote(name)}]"


def _get(names: Place) -> str:
    *outer, last = names
    read = "claims"
    for name in outer:
        read = f"({read}.get({_quote(name)}) or {{}})"
    return f"{read}.get({_quote(last)})"


def _quote(text: str) -> str:
    r"""A string literal of JSON, JavaScript and Python alike; what only JSON and Python agree on is `\uXXXX` there."""
    written = msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")
    return re.sub("[\x80-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]", _escape, written)


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _name_variables(places: list[Place], write: Callable[[list[str]], str], taken: frozenset[str]) -> list[str]:
    names: list[str] = []
    for place in places:
        words = _WORD.findall(place[-1])
        name = write(words[-4:]) if words and not words[-4:][0].isdigit() else "value"
        name = f"{name}_" if name.lower() in taken else name
        names.append(name if name not in names else f"{name}{len(names) + 1}")
    return names


def _camel(words: list[str]) -> str:
    return words[0].lower() + "".join(word.capitalize() for word in words[1:])


def _snake(words: list[str]) -> str:
    return "_".join(word.lower() for word in words)
