"""A mail server that takes what it is given and keeps it: real SMTP on a free loopback port, failing on request."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, NamedTuple


class Delivery(NamedTuple):
    """One message with its envelope."""

    sender: str
    recipient: str
    octets: bytes
    secure: bool
    login: str | None

    @property
    def message(self) -> EmailMessage:
        """The message, parsed."""
        parsed = message_from_bytes(self.octets, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def part(self, kind: str) -> str:
        """The text of the part of a kind, `plain` or `html`."""
        part = self.message.get_body(preferencelist=(kind,))
        assert part is not None
        text: str = part.get_content()
        return text


class Sink:
    """What was delivered, and what the server answers."""

    def __init__(self, context: ssl.SSLContext | None, *, implicit: bool = False) -> None:
        self.deliveries: list[Delivery] = []
        self.answers: dict[str, str] = {}
        """What a verb is answered instead, e.g. `{"RCPT": "550 5.1.1 nobody"}`; `""` hangs up."""
        self.connections = 0
        self.drop_after: int | None = None
        """Hang up after that many messages of a connection."""
        self.drop_when_asked_after: int | None = None
        """As `drop_after`, but only when one more is begun."""
        self.on_taken: Callable[[], None] = lambda: None
        """Called with each message."""
        self.extensions = ["8BITMIME"]
        """What EHLO offers beside TLS and logins."""
        self.pause = 0.0
        """Seconds that a message takes."""
        self.context = context
        self.implicit = implicit
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.connections += 1
        try:
            await Session(self, reader, writer, secure=self.implicit).run()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, OSError):
            pass  # the client hung up
        finally:
            writer.close()


class Session:
    """One connection's state."""

    def __init__(self, sink: Sink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, secure: bool) -> None:
        self.sink, self.reader, self.writer, self.secure = sink, reader, writer, secure
        self.login: str | None = None
        self.sender = self.recipient = ""
        self.taken = 0

    async def run(self) -> None:
        """Greet, then answer commands until one side hangs up."""
        await self.say("220 sink ESMTP")
        while line := await self.reader.readline():
            text = line.decode().rstrip("\r\n")
            verb = text.split(" ")[0].upper()
            answer = self.sink.answers.get(verb)
            if answer == "" or (verb == "MAIL" and self.taken == self.sink.drop_when_asked_after):
                return
            if answer is None:
                answer = await self.answer(verb, text)
            await self.say(answer)
            if verb == "QUIT" or self.taken == self.sink.drop_after:
                return
            if verb == "STARTTLS" and answer.startswith("220"):
                await self.writer.start_tls(self.sink.context)
                self.secure = True

    async def answer(self, verb: str, text: str) -> str:
        """The answer to one command."""
        match verb:
            case "EHLO" | "HELO":
                offers = ["STARTTLS"] if self.sink.context and not self.secure else []
                offers += ["AUTH PLAIN LOGIN"] if self.secure or not self.sink.context else []
                offers += self.sink.extensions
                return "\r\n".join(f"250-{offer}" for offer in ["sink", *offers]) + "\r\n250 HELP"
            case "STARTTLS":
                return "220 go on" if self.sink.context else "502 no"
            case "AUTH":
                self.login = base64.b64decode(text.split(" ")[2]).decode().replace("\0", ":").lstrip(":")
                return "235 welcome"
            case "MAIL":
                self.sender = address_of(text)
                return "250 ok"
            case "RCPT":
                self.recipient = address_of(text)
                return "250 ok"
            case "DATA":
                return await self.take()
            case "QUIT":
                return "221 bye"
            case _:
                return "250 ok"

    async def take(self) -> str:
        """Read one message."""
        await self.say("354 go on")
        lines = []
        while (line := await self.reader.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        await asyncio.sleep(self.sink.pause)
        refused = self.sink.answers.get("BODY")
        if refused is not None:
            return refused
        made = Delivery(self.sender, self.recipient, b"".join(lines), self.secure, self.login)
        self.sink.deliveries.append(made)
        self.taken += 1
        self.sink.on_taken()
        return "250 taken"

    async def say(self, text: str) -> None:
        """Write one answer."""
        self.writer.write(text.encode() + b"\r\n")
        await self.writer.drain()


def address_of(line: str) -> str:
    """What stands between angle brackets."""
    return line.partition("<")[2].partition(">")[0]


@asynccontextmanager
async def running_sink(
    context: ssl.SSLContext | None = None, *, implicit: bool = False, port: int = 0
) -> AsyncIterator[Sink]:
    """A mail server on 127.0.0.1; with a context it offers STARTTLS, or speaks TLS at once."""
    sink = Sink(context, implicit=implicit)
    serving: Any = await asyncio.start_server(
        sink.serve, "127.0.0.1", port, ssl=context if implicit else None, reuse_address=True
    )
    sink.port = serving.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        serving.close()
        await serving.wait_closed()
