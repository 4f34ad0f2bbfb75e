"""How an application asks for the token of a JWT template: code by place, with the template's own name."""

import msgspec

_BROWSER = """\
// in any component
import {{ useAuth }} from '@clerk/nextjs'

const {{ getToken }} = useAuth()
const token = await getToken({{ template: {name} }})"""
_SERVER = """\
// a route handler or a server action
import {{ auth }} from '@clerk/nextjs/server'

const {{ getToken }} = await auth()
const token = await getToken({{ template: {name} }})"""
_PYTHON = """\
# pip install clerk-backend-api
# session_id: the claim sid of the caller's session token
import os

from clerk_backend_api import Clerk

with Clerk(
    bearer_auth=os.environ["CLERK_SECRET_KEY"],
    server_url=os.environ["CLERK_API_URL"] + "/v1",
) as clerk:
    token = clerk.sessions.create_token_from_template(
        session_id=session_id,
        template_name={name},
    ).jwt"""


def write_how_to_get(name: str) -> dict[str, str]:
    """Code by place; a name is letters, digits, spaces, `.`, `_` and `-`, so that it stands in any string literal."""
    quoted = msgspec.json.encode(name).decode()
    return {
        "In the browser": _BROWSER.format(name=quoted),
        "Next.js server": _SERVER.format(name=quoted),
        "Python": _PYTHON.format(name=quoted),
    }
