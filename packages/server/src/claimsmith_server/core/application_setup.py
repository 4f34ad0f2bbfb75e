"""What an application is given to use an instance: environment lines by framework, ready to paste (contract 0, 1.3)."""

from typing import Final

import msgspec

_CLERK_JS = "/npm/@clerk/clerk-js@6/dist/clerk.browser.js"
_CLERK_UI = "/npm/@clerk/ui@1/dist/ui.browser.js"


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """What the lines say."""

    url: str
    """The service's public address."""
    publishable_key: str
    secret_key: str


class Framework(msgspec.Struct, frozen=True, kw_only=True):
    """One framework and the lines of its environment file."""

    key: str
    """For addresses of pages, e.g. `nextjs`."""
    name: str
    file: str
    """Where the lines go."""
    lines: tuple[str, ...]
    code: str = ""
    """What the application needs besides, where no variable says it."""
    code_file: str = ""


def write_setup(addresses: Addresses) -> tuple[Framework, ...]:
    """Every framework, the most used first."""
    return (_write_next(addresses), _write_express(addresses), _write_react(addresses), _write_python(addresses))


def write_jwt_key(pem: str) -> str:
    """The line of a public key in PEM, without line breaks, which every reader takes (contract 1.2)."""
    return f'CLERK_JWT_KEY="{"".join(pem.split(chr(10)))}"'


def _write_next(addresses: Addresses) -> Framework:
    url = addresses.url
    lines = (
        f"NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY={addresses.publishable_key}",
        f"CLERK_SECRET_KEY={addresses.secret_key}",
        f"CLERK_API_URL={url}",
        f"NEXT_PUBLIC_CLERK_PROXY_URL={url}",
        f"NEXT_PUBLIC_CLERK_JS_URL={url}{_CLERK_JS}",
        f"NEXT_PUBLIC_CLERK_UI_URL={url}{_CLERK_UI}",
        "NEXT_PUBLIC_CLERK_SIGN_IN_URL=/sign-in",
        "NEXT_PUBLIC_CLERK_SIGN_UP_URL=/sign-up",
        "NEXT_PUBLIC_CLERK_TELEMETRY_DISABLED=1",
    )
    return Framework(key="nextjs", name="Next.js", file=".env.local", lines=lines)


def _write_express(addresses: Addresses) -> Framework:
    url = addresses.url
    lines = (
        f"CLERK_PUBLISHABLE_KEY={addresses.publishable_key}",
        f"CLERK_SECRET_KEY={addresses.secret_key}",
        f"CLERK_API_URL={url}",
        f"CLERK_PROXY_URL={url}",
        f"CLERK_JS_URL={url}{_CLERK_JS}",
        f"CLERK_UI_URL={url}{_CLERK_UI}",
        "CLERK_TELEMETRY_DISABLED=1",
    )
    return Framework(key="express", name="Express", file=".env", lines=lines)


_REACT_CODE: Final = """<ClerkProvider
  publishableKey={import.meta.env.VITE_CLERK_PUBLISHABLE_KEY}
  proxyUrl={import.meta.env.VITE_CLERK_PROXY_URL}
  __internal_clerkJSUrl={import.meta.env.VITE_CLERK_JS_URL}
  __internal_clerkUIUrl={import.meta.env.VITE_CLERK_UI_URL}
  telemetry={false}
>
  <App />
</ClerkProvider>"""


def _write_react(addresses: Addresses) -> Framework:
    """No secret key: whatever Vite is given, browsers read."""
    url = addresses.url
    lines = (
        f"VITE_CLERK_PUBLISHABLE_KEY={addresses.publishable_key}",
        f"VITE_CLERK_PROXY_URL={url}",
        f"VITE_CLERK_JS_URL={url}{_CLERK_JS}",
        f"VITE_CLERK_UI_URL={url}{_CLERK_UI}",
    )
    return Framework(
        key="react", name="React with Vite", file=".env.local", lines=lines, code=_REACT_CODE, code_file="src/main.tsx"
    )


def _write_python(addresses: Addresses) -> Framework:
    lines = (
        f"CLERK_PUBLISHABLE_KEY={addresses.publishable_key}",
        f"CLERK_SECRET_KEY={addresses.secret_key}",
        f"CLERK_API_URL={addresses.url}",
        f"CLERK_PROXY_URL={addresses.url}",
        f"CLERK_SIGN_IN_URL={addresses.url}/sign-in",
    )
    return Framework(key="python", name="Python", file=".env", lines=lines)
