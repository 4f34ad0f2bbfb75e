"""SMTP as the settings describe it: where, as whom, and with verified TLS (case L-010)."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import aiosmtplib
import msgspec

from claimsmith_server.core.contacts import parse_email_address
from claimsmith_server.core.mail_content import clean_line
from claimsmith_server.services.mail.message import Sender
from claimsmith_server.settings import Settings, SettingsError

Tls = Literal["implicit", "starttls", "off"]
CONNECT_SECONDS = 15.0
SEND_SECONDS = 20.0
_GOODBYE_SECONDS = 2.0
_PORTS = {"smtp": 587, "smtps": 465}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_OTHERS = 0o007
_NAMED = re.compile(r'"?(?P<name>[^"<>]*?)"?\s*<(?P<address>[^<>]+)>')
_NO_SUCH_MAILBOX = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10")
"""Enhanced status codes (RFC 3463, RFC 7505) of addresses that no later attempt reaches."""
FAILURES = (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError)
"""What connecting and sending raise."""


class SmtpServer(msgspec.Struct, frozen=True, kw_only=True):
    """A mail server and how it is spoken to."""

    host: str
    port: int
    tls: Tls
    username: str = ""
    password: str = ""
    local_name: str = "localhost"
    """What EHLO says."""

    def __repr__(self) -> str:
        """Without the password."""
        return f"SmtpServer({self.host}:{self.port}, tls={self.tls})"


class PostOffice(msgspec.Struct, frozen=True):
    """Everything that sending needs."""

    server: SmtpServer
    sender: Sender


class SmtpConnection:
    """An open connection; one message after the other."""

    def __init__(self, client: aiosmtplib.SMTP, sender: Sender) -> None:
        """Made by `connect`."""
        self._client = client
        self._sender = sender

    async def send(self, message: EmailMessage) -> None:
        """Nothing; the server answers for the message from now on.

        Raises:
            SMTPException, OSError, TimeoutError: it does not.
        """
        async with asyncio.timeout(SEND_SECONDS):
            await self._client.send_message(message, sender=self._sender.address)

    @property
    def is_open(self) -> bool:
        """Whether another message can follow."""
        return self._client.is_connected


def load_post_office(settings: Settings) -> PostOffice | None:
    """Server and sender of the settings, `None` when there is no `smtp_url`.

    Raises:
        SettingsError: they can't be used; the message says why and what to do.
    """
    if not settings.smtp_url:
        return None
    server = parse_smtp_url(settings.smtp_url)
    password = _load_password(Path(settings.smtp_password_file)) if settings.smtp_password_file else server.password
    local_name = urlsplit(settings.base_url).hostname or "localhost"
    server = msgspec.structs.replace(server, password=password, local_name=local_name)
    if bool(server.username) != bool(server.password):
        raise SettingsError(
            "smtp_url and smtp_password_file together must give both a user and a password, or neither."
        )
    if server.tls == "off" and server.password and server.host not in _LOOPBACK:
        raise SettingsError("smtp_url says tls=off, which would send its password in the clear. Leave tls=off away.")
    return PostOffice(server, parse_sender(settings.mail_from))


def parse_smtp_url(url: str) -> SmtpServer:
    """The server of `smtp://user:password@host:587` (STARTTLS) or `smtps://user:password@host:465` (TLS at once).

    Certificates are always verified. A server on this machine is spoken to without TLS; `?tls=off` asks for that
    elsewhere.

    Raises:
        SettingsError: it is neither; the message never repeats it, since it may hold a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SettingsError("smtp_url has a port or host that is none.") from error
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = set(query) - {"tls"} or query.get("tls", "off") != "off"
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or unknown or parts.fragment:
        raise SettingsError("smtp_url is smtp://user:password@host:587 or smtps://user:password@host:465.")
    return SmtpServer(
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        tls=_choose_tls(parts.scheme, parts.hostname, is_off="tls" in query),
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def parse_sender(text: str) -> Sender:
    """The sender of `no-reply@example.com` or `Acme <no-reply@example.com>`.

    Raises:
        SettingsError: it is neither.
    """
    named = _NAMED.fullmatch(text)
    name, spec = (named["name"], named["address"]) if named else ("", text)
    address = parse_email_address(spec)
    if address is None or not address.isascii() or clean_line(name) != name:
        raise SettingsError(
            "mail_from is the address that mails come from, needed with smtp_url: no-reply@example.com or "
            "Acme <no-reply@example.com>, the address in ASCII."
        )
    return Sender(address, name)


def make_tls_context() -> ssl.SSLContext:
    """What verifies mail servers: this machine's authorities (`SSL_CERT_FILE` names others), names checked, TLS 1.2."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@asynccontextmanager
async def connect(office: PostOffice, context: ssl.SSLContext) -> AsyncIterator[SmtpConnection]:
    """A connection that is signed in where the settings say so.

    Raises:
        SMTPException, OSError, TimeoutError: there is none.
    """
    server = office.server
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username or None,
        password=server.password or None,
        local_hostname=server.local_name,
        timeout=CONNECT_SECONDS,
        use_tls=server.tls == "implicit",
        start_tls=server.tls == "starttls",
        tls_context=context,
    )
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await client.connect()
        yield SmtpConnection(client, office.sender)
    finally:
        await _leave(client)


def tell_failure(error: BaseException) -> str:
    """What went wrong, for the log: never the server's words, which may repeat addresses."""
    certificate = _find_certificate_error(error)
    if certificate is not None:
        return f"certificate refused: {certificate.verify_message}"
    code = getattr(error, "code", None) or _refused_code(error)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def is_hang_up(error: BaseException) -> bool:
    """Whether the server ended the connection."""
    return isinstance(error, aiosmtplib.SMTPServerDisconnected)


def is_hopeless(error: BaseException) -> bool:
    """Whether the server says that there is no such mailbox, so that trying again is only noise."""
    if not isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return False
    return all(
        one.code // 100 == 5 and one.message.startswith(tuple(f"{code} " for code in _NO_SUCH_MAILBOX))  # noqa: PLR2004
        for one in error.recipients
    )


def _choose_tls(scheme: str, host: str, *, is_off: bool) -> Tls:
    if scheme == "smtps":
        return "implicit"
    return "off" if is_off or host in _LOOPBACK else "starttls"


def _load_password(file: Path) -> str:
    try:
        if file.stat().st_mode & _OTHERS:
            raise SettingsError(f"{file} may be read by everybody. Run: chmod o-rwx {file}")
        password = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"smtp_password_file {file} can't be read as text: {error}.") from error
    if not password:
        raise SettingsError(f"smtp_password_file {file} is empty; it should hold the mail server's password.")
    return password


async def _leave(client: aiosmtplib.SMTP) -> None:
    """Nothing; the server was told goodbye if it still listens."""
    if not client.is_connected:
        return
    try:
        async with asyncio.timeout(_GOODBYE_SECONDS):
            await client.quit()
    except FAILURES:
        client.close()


def _refused_code(error: BaseException) -> int | None:
    refused = getattr(error, "recipients", None)
    return refused[0].code if isinstance(error, aiosmtplib.SMTPRecipientsRefused) and refused else None


def _find_certificate_error(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error
