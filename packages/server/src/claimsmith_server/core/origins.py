"""Origins and redirect addresses: which of them belong to an instance (cases S-008, S-009, C-005). Pure.

Addresses are parsed by the WHATWG rules that browsers follow, with the parser that is Node's own, so that nothing reads
as ours here and leads elsewhere there.
"""

from functools import lru_cache

from ada_url import URL, HostType, idna

from claimsmith_server.core.models import Environment

MOST_URL_BYTES = 8192
_OWN_HOST_PREFIX = "clerk."
_REMEMBERED = 64


def parse_origin(text: str) -> str | None:
    """The origin of an http or https address as browsers write it, e.g. `https://app.example.com:8443`; else `None`.

    Lower case, punycode, without the scheme's own port, whatever follows it left out.
    """
    url = _parse_http_url(text)
    return url.origin if url else None


def is_loopback_origin(origin: str) -> bool:
    """Whether an origin is of this machine: `localhost`, `*.localhost`, 127.0.0.0/8 or `[::1]`, with any port."""
    url = _parse_http_url(origin)
    if url is None:
        return False
    host = url.hostname
    if url.host_type == HostType.IPV4:
        return host.startswith("127.")
    return host in {"localhost", "[::1]"} or (host.endswith(".localhost") and all(host.split(".")))


def is_allowed(
    origin: str,
    *,
    environment: Environment,
    frontend_api: str,
    allowed_origins: tuple[str, ...],
    base_url: str,
) -> bool:
    """Whether pages of an origin may act for an instance's users: whom CORS answers and whom handshakes lead back to.

    Everywhere: the service's own origin and those listed, exactly. In development every loopback origin, too; in
    production `https://<frontend_api>`, and what it is without a leading `clerk.`. Nothing by suffix, and nothing that
    is not written as browsers write an origin, so that an answer may repeat it.

    Args:
        origin: An `Origin` header, or what `parse_origin` gives.
        environment: The instance's.
        frontend_api: The instance's host, e.g. `clerk.example.com`.
        allowed_origins: Those that the instance's owner listed.
        base_url: The service's public address.
    """
    if origin in _list_origins(environment, frontend_api, allowed_origins, base_url):
        return True
    return environment == "development" and _is_plain_loopback(origin)


def parse_redirect_url(
    text: str,
    *,
    environment: Environment,
    frontend_api: str,
    allowed_origins: tuple[str, ...],
    base_url: str,
) -> str | None:
    """The address to lead a browser to, as the WHATWG parser writes it; `None` unless its origin is allowed.

    Only whole http and https addresses of at most 8 KiB, without credentials and control characters. The rules are
    those of `is_allowed`. Lead to what this gives, never to the text (case S-008).
    """
    url = _parse_http_url(text)
    if url is None or url.username or url.password or any(_is_control(character) for character in text):
        return None
    if not is_allowed(
        url.origin,
        environment=environment,
        frontend_api=frontend_api,
        allowed_origins=allowed_origins,
        base_url=base_url,
    ):
        return None
    return url.href if len(url.href) <= MOST_URL_BYTES else None


def _parse_http_url(text: str) -> URL | None:
    if len(text) > MOST_URL_BYTES:
        return None
    try:
        url = URL(text)
    except ValueError:  # no URL, or no text: lone surrogates
        return None
    return url if url.protocol in {"http:", "https:"} and not _has_bad_punycode(url.hostname) else None


def _has_bad_punycode(host: str) -> bool:
    """Whether a label says `xn--` and is no punycode: the standard took such a host for none once, and takes it now."""
    return "xn--" in host and any(label.startswith("xn--") and idna.decode(label) == label for label in host.split("."))


def _is_control(character: str) -> bool:
    """Of C0, DEL or C1: the parser would leave some out, and others read them in their own way."""
    return character < " " or "\x7f" <= character <= "\x9f"


@lru_cache(maxsize=_REMEMBERED)
def _is_plain_loopback(origin: str) -> bool:
    """Whether it is a loopback origin, written as browsers write it; remembered, since every request says its own."""
    return parse_origin(origin) == origin and is_loopback_origin(origin)


@lru_cache(maxsize=_REMEMBERED)
def _list_origins(
    environment: Environment, frontend_api: str, allowed_origins: tuple[str, ...], base_url: str
) -> frozenset[str]:
    """The origins that are allowed by name: a token's route asks at every request, and the answer hardly changes."""
    texts = [base_url, *allowed_origins]
    if environment == "production":
        texts += [f"https://{host}" for host in _own_hosts(frontend_api)]
    return frozenset(origin for origin in map(parse_origin, texts) if origin)


def _own_hosts(frontend_api: str) -> list[str]:
    """`clerk.example.com` and the application's `example.com`; the latter never is `localhost` or a top level."""
    application = frontend_api.removeprefix(_OWN_HOST_PREFIX)
    return [frontend_api, application] if "." in application else [frontend_api]
