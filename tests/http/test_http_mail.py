"""Mails from the transaction that decides them to a real SMTP server: delivered once, sealed, put off, given up."""

# ruff: noqa: ANN001, ANN003, ANN201, ANN202 - fixtures are told apart by name

import asyncio
import base64
import datetime as dt
import ipaddress
import ssl
from collections import Counter
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from faces import START
from smtp_sink import running_sink

from claimsmith_server.core.models import OutboxMessage
from claimsmith_server.services.context import Service
from claimsmith_server.services.mail import KIND_PREFIX, MailUnreadable, list_kept_mails, open_mail, queue_mail
from claimsmith_server.services.mail import delivery as mail_delivery
from claimsmith_server.services.mail.delivery import BACKOFF_SECONDS, BATCH, LEASE_SECONDS, MailWorker
from claimsmith_server.services.mail.smtp import CONNECT_SECONDS, SEND_SECONDS
from claimsmith_server.services.mail_signal import MailSignal
from claimsmith_server.settings import SettingsError
from claimsmith_server.store import instances, outbox

SENDER = "no-reply@acme.example"
SECOND = 1000
HOUR = 3600 * SECOND
CANARY = "731946"


def mail_settings(api, port, **more):
    known = {"smtp_url": f"smtp://127.0.0.1:{port}", "mail_from": SENDER}
    return msgspec.structs.replace(api.settings, **(known | more))


async def queue(api, *, to="ada@example.com", kind="verification_code", instance=None, **values):
    values = {"code": CANARY, "purpose": "sign_in"} | values
    instance = instance or api.tenants[0].instance

    async def work(tx):
        return await queue_mail(api.service, tx, instance, to=to, kind=kind, values=values)

    return await api.service.database.transact(work)


async def row(api, message_id, instance=None) -> OutboxMessage:
    instance = instance or api.tenants[0].instance
    found = await outbox.load_message(api.service.database, instance.id, message_id)
    assert found is not None
    return found


@asynccontextmanager
async def running_worker(service, settings):
    worker = MailWorker(service, settings)
    worker.start()
    try:
        yield worker
    finally:
        await worker.close()


async def until(is_so, seconds=10.0):
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110 - what is awaited tells nobody
            await asyncio.sleep(0.005)


def test_a_mail_is_sent_once_its_transaction_is_committed_and_then_says_nothing_any_more(api):
    async def story():
        async with running_sink() as sink:
            worker = MailWorker(api.service, mail_settings(api, sink.port))
            message_id = await queue(api)
            assert await worker.deliver_due() == 1
            assert await worker.deliver_due() == 0
            (delivery,) = sink.deliveries
            assert (delivery.sender, delivery.recipient) == (SENDER, "ada@example.com")
            assert delivery.message["Subject"] == f"{CANARY} is your a code"
            assert delivery.message["Date"].datetime.timestamp() == START // SECOND
            assert delivery.message["Message-ID"] == f"<{message_id}@acme.example>"
            assert CANARY in delivery.part("plain")
            assert CANARY in delivery.part("html")
            done = await row(api, message_id)
            assert (done.payload, done.done_at) == ({}, START)

    api.run(story())


def test_W_004_a_mail_of_a_transaction_that_fails_is_never_sent(api):
    async def story():
        async def work(tx):
            values = {"code": CANARY, "purpose": "sign_in"}
            await queue_mail(
                api.service, tx, api.tenants[0].instance, to="a@b.example", kind="verification_code", values=values
            )
            raise LookupError

        with pytest.raises(LookupError):
            await api.service.database.transact(work)
        async with running_sink() as sink:
            assert await MailWorker(api.service, mail_settings(api, sink.port)).deliver_due() == 0
            assert sink.connections == 0

    api.run(story())


def test_L_002_a_dump_of_the_database_shows_no_code_no_ticket_and_no_address(api):
    ticket = "ticket-canary-5f1d"
    api.run(queue(api, to="canary.address@example.com"))
    api.run(
        queue(api, kind="organization_invitation", organization="Org", inviter="I", url=f"https://a.example/?{ticket}")
    )
    rows = api.sql("SELECT * FROM outbox")
    assert len(rows) == 2
    folder = api.settings.database_url.removeprefix("sqlite:///").rpartition("/")[0]
    dump = b"".join(Path(f"{folder}/claimsmith.db{end}").read_bytes() for end in ("", "-wal"))
    for canary in (CANARY.encode(), ticket.encode(), b"canary.address"):
        for spelling in (canary, base64.b64encode(canary).rstrip(b"="), canary.hex().encode()):
            assert spelling not in dump


def test_K_010_a_payload_moved_to_another_row_does_not_open(api):
    async def story():
        first, second = await queue(api), await queue(api, to="eve@example.com")
        stolen = msgspec.structs.replace(await row(api, second), payload=(await row(api, first)).payload)
        with pytest.raises(MailUnreadable):
            open_mail(api.service, stolen)
        renamed = msgspec.structs.replace(await row(api, first), kind=KIND_PREFIX + "reset_password_code")
        with pytest.raises(MailUnreadable):
            open_mail(api.service, renamed)
        assert open_mail(api.service, await row(api, first)).content.code == CANARY

    api.run(story())


def test_a_payload_that_does_not_open_is_given_up_and_the_others_are_sent(api):
    async def story():
        broken = await queue(api)
        await queue(api, to="next@example.com")
        api.sql("UPDATE outbox SET payload = ? WHERE id = ?", '{"sealed":"AAAA"}', broken)
        async with running_sink() as sink:
            await MailWorker(api.service, mail_settings(api, sink.port)).deliver_due()
            assert [delivery.recipient for delivery in sink.deliveries] == ["next@example.com"]
        assert (await row(api, broken)).done_at == START

    api.run(story())
    (event,) = [event for event in api.events() if event["event"] == "mail given up"]
    assert event["reason"] == "MailUnreadable"


@pytest.mark.parametrize("workers", [2])
def test_two_workers_deliver_each_of_a_hundred_mails_once(open_on_engine, workers):
    apis = [open_on_engine() for _ in range(workers)]

    async def story():
        for number in range(100):
            await queue(apis[0], to=f"user{number}@example.com")
        async with running_sink() as sink:
            sink.pause = 0.002
            made = [MailWorker(api.service, mail_settings(api, sink.port)) for api in apis]
            for worker in made:
                worker.start()
            await until(lambda: len(sink.deliveries) >= 100, 30)
            await asyncio.sleep(0.1)
            for worker in made:
                await worker.close()
            counted = Counter(delivery.recipient for delivery in sink.deliveries)
            assert counted == dict.fromkeys((f"user{number}@example.com" for number in range(100)), 1)
            assert all(any(event["event"] == "mail sent" for event in api.events()) for api in apis)
        assert not await outbox.has_due_messages(apis[0].service.database, now=START + 99 * HOUR)

    apis[0].run(story())


def test_many_claims_at_once_share_out_the_messages(open_on_engine):
    apis = [open_on_engine() for _ in range(2)]

    async def story():
        ids = [await queue(apis[0]) for _ in range(50)]
        claims = [
            outbox.claim_messages(api.service.database, now=START, until=START + SECOND, limit=7, kinds=KIND_PREFIX)
            for api in apis * 6
        ]
        claimed = [message.id for batch in await asyncio.gather(*claims) for message in batch]
        assert len(claimed) == len(set(claimed)) <= 50
        again = await outbox.claim_messages(apis[0].service.database, now=START, until=START + 1, limit=99)
        assert sorted(claimed + [message.id for message in again]) == sorted(ids)

    apis[0].run(story())


def test_W_004_a_mail_whose_worker_died_is_sent_by_another_when_the_lease_is_over(open_on_engine):
    api = open_on_engine()

    async def story():
        await queue(api)
        await outbox.claim_messages(
            api.service.database, now=api.now, until=api.now + LEASE_SECONDS * SECOND, limit=BATCH
        )
        async with running_sink() as sink:
            worker = MailWorker(api.service, mail_settings(api, sink.port))
            assert await worker.deliver_due() == 0
            api.now += LEASE_SECONDS * SECOND
            assert await worker.deliver_due() == 1
            assert len(sink.deliveries) == 1

    api.run(story())


def test_a_lease_outlasts_the_longest_that_a_mail_may_take():
    assert CONNECT_SECONDS + SEND_SECONDS + 1 < LEASE_SECONDS


def test_mails_whose_lease_would_not_outlast_their_turn_are_left_to_the_next_look(api):
    async def story():
        for number in range(4):
            await queue(api, to=f"u{number}@example.com")

        def take_long():
            api.now += 20 * SECOND

        async with running_sink() as sink:
            sink.on_taken = take_long
            worker = MailWorker(api.service, mail_settings(api, sink.port))
            assert await worker.deliver_due() == 4
            assert len(sink.deliveries) == 2
            assert await worker.deliver_due() == 2
            assert Counter(one.recipient for one in sink.deliveries) == {f"u{n}@example.com": 1 for n in range(4)}

    api.run(story())


def test_a_lost_lease_can_not_put_a_message_off(api):
    async def story():
        await queue(api)
        (mine,) = await outbox.claim_messages(api.service.database, now=START, until=START + 1, limit=1)
        (theirs,) = await outbox.claim_messages(api.service.database, now=START + 1, until=START + 9, limit=1)
        assert not await outbox.put_off_message(api.service.database, mine, available_at=0, attempts=9)
        assert await outbox.put_off_message(api.service.database, theirs, available_at=START + 5, attempts=1)
        assert (await row(api, mine.id)).attempts == 1

    api.run(story())


def test_a_mail_is_tried_six_times_over_seven_hours_then_given_up(api):
    async def story():
        message_id = await queue(api)
        async with running_sink() as sink:
            sink.answers["DATA"] = "451 4.3.0 ada@example.com: not now"
            worker = MailWorker(api.service, mail_settings(api, sink.port))
            for attempt, seconds in enumerate(BACKOFF_SECONDS, 1):
                assert await worker.deliver_due() == 1
                waiting = await row(api, message_id)
                assert (waiting.attempts, waiting.done_at) == (attempt, None)
                api.now += seconds * SECOND - 1
                assert await worker.deliver_due() == 0
                api.now += 1
            assert await worker.deliver_due() == 1
            assert sink.deliveries == []
        assert (await row(api, message_id)).done_at == api.now
        assert (await row(api, message_id)).payload == {}

    api.run(story())
    told = [event["event"] for event in api.events()]
    assert told == ["mail put off"] * 5 + ["mail given up"]
    assert BACKOFF_SECONDS == (30, 120, 600, 3600, 21_600)


@pytest.mark.parametrize(("answer", "is_given_up"), [
    ("550 5.1.1 no such user", True), ("553 5.1.3 bad", True), ("550 5.7.1 relaying denied", False),
    ("554 go away", False), ("450 4.2.0 greylisted", False),
])  # fmt: skip
def test_only_an_address_that_does_not_exist_is_given_up_at_once(api, answer, is_given_up):
    async def story():
        message_id = await queue(api)
        async with running_sink() as sink:
            sink.answers["RCPT"] = answer
            await MailWorker(api.service, mail_settings(api, sink.port)).deliver_due()
        assert ((await row(api, message_id)).done_at is not None) is is_given_up

    api.run(story())


def test_R_26_while_the_mail_server_is_down_for_an_hour_requests_are_answered_and_no_mail_is_lost(api):
    async def story():
        async with running_sink() as sink:
            port = sink.port
        service = with_signal(api.service)
        async with running_worker(service, mail_settings(api, port)) as worker:
            for number in range(60):
                api.now += 60 * SECOND
                await queue(api, to=f"user{number}@example.com")
                answer = await api.ask("GET", "/v1/users")
                assert answer.status_code == 200
                await worker.deliver_due()
            async with running_sink(port=port) as sink:
                for _ in range(80):
                    api.now += 60 * SECOND
                    while await worker.deliver_due():
                        pass
                recipients = Counter(delivery.recipient for delivery in sink.deliveries)
        assert recipients == {f"user{number}@example.com": 1 for number in range(60)}

    api.run(story())


def test_R_26_a_mail_server_that_never_answers_holds_up_nothing_and_the_worker_ends_in_time(api, monkeypatch):
    monkeypatch.setattr(mail_delivery, "_CLOSE_SECONDS", 0.1)

    async def story():
        async def silence(reader, writer):
            await reader.read()
            writer.close()

        mute = await asyncio.start_server(silence, "127.0.0.1", 0)
        port = mute.sockets[0].getsockname()[1]
        message_id = await queue(api)
        started = asyncio.get_running_loop().time()
        async with running_worker(api.service, mail_settings(api, port)):
            for _ in range(20):
                assert (await api.ask("GET", "/v1/users")).status_code == 200
                await asyncio.sleep(0.01)
        assert asyncio.get_running_loop().time() - started < 5
        assert (await row(api, message_id)).done_at is None
        mute.close()
        await mute.wait_closed()

    api.run(story())


def with_signal(service) -> Service:
    """The service as it is wired: with a signal that queueing nudges."""
    return service._replace(mail_signal=MailSignal())


def test_a_nudge_sends_at_once_although_the_worker_would_look_later(api, monkeypatch):
    monkeypatch.setattr(mail_delivery, "POLL_SECONDS", 60.0)
    monkeypatch.setattr(mail_delivery, "_FIRST_PAUSE_SECONDS", 60.0)
    api.service = with_signal(api.service)

    async def story():
        async with running_sink() as sink, running_worker(api.service, mail_settings(api, sink.port)):
            await asyncio.sleep(0.3)  # it looked, found nothing, and waits by now
            for number in range(1, 4):
                await queue(api)
                await until(lambda number=number: len(sink.deliveries) == number, 10.0)
                await asyncio.sleep(0.2)

    api.run(story())


def test_a_commit_that_takes_its_time_is_still_found_soon_after_the_nudge(api, monkeypatch):
    monkeypatch.setattr(mail_delivery, "POLL_SECONDS", 60.0)
    api.service = with_signal(api.service)

    async def story():
        async with running_sink() as sink, running_worker(api.service, mail_settings(api, sink.port)):
            await asyncio.sleep(1.5)  # idle looks are far apart by now

            async def slow(tx):
                values = {"code": CANARY, "purpose": "sign_in"}
                instance = api.tenants[0].instance
                await queue_mail(
                    api.service, tx, instance, to="ada@example.com", kind="verification_code", values=values
                )
                await asyncio.sleep(0.15)

            await api.service.database.transact(slow)
            await until(lambda: sink.deliveries, 2.0)

    api.run(story())


@pytest.mark.parametrize("how", ["drop_after", "drop_when_asked_after"])
def test_a_server_that_hangs_up_between_mails_gets_the_rest_at_once_on_new_connections(api, how):
    async def story():
        for number in range(5):
            await queue(api, to=f"u{number}@example.com")
        async with running_sink() as sink:
            setattr(sink, how, 2)
            worker = MailWorker(api.service, mail_settings(api, sink.port))
            while await worker.deliver_due():
                pass
            assert Counter(one.recipient for one in sink.deliveries) == {f"u{n}@example.com": 1 for n in range(5)}
            assert sink.connections == 3

    api.run(story())
    assert {event["event"] for event in api.events()} == {"mail sent"}


def test_a_server_that_hangs_up_on_each_mail_gets_each_later(api):
    async def story():
        ids = [await queue(api, to=f"u{number}@example.com") for number in range(3)]
        async with running_sink() as sink:
            sink.answers["DATA"] = ""
            worker = MailWorker(api.service, mail_settings(api, sink.port))
            while await worker.deliver_due():
                pass
            assert sink.connections == 3
        assert [(await row(api, message_id)).attempts for message_id in ids] == [1, 1, 1]

    api.run(story())


def test_an_address_of_another_script_needs_a_server_that_takes_it_and_holds_up_no_other_mail(api):
    async def story():
        await queue(api, to="żółw@bücher.example")
        await queue(api, to="next@example.com")
        async with running_sink() as sink:
            worker = MailWorker(api.service, mail_settings(api, sink.port))
            await worker.deliver_due()
            assert [delivery.recipient for delivery in sink.deliveries] == ["next@example.com"]
            sink.extensions.append("SMTPUTF8")
            api.now += 31 * SECOND
            await worker.deliver_due()
            assert sink.deliveries[1].recipient == "żółw@xn--bcher-kva.example"
            assert "To: żółw@xn--bcher-kva.example".encode() in sink.deliveries[1].octets

    api.run(story())


def test_L_001_log_lines_name_a_mail_by_its_id_and_domain_and_nothing_else(api):
    async def story():
        await queue(api, to="ada.canary@example.com")
        await queue(api, to="eve.canary@example.com")
        async with running_sink() as sink:
            worker = MailWorker(api.service, mail_settings(api, sink.port))
            sink.answers["BODY"] = f"451 4.3.0 <ada.canary@example.com> {CANARY}"
            await worker.deliver_due()
            sink.answers = {"RCPT": "550 5.1.1 <eve.canary@example.com> unknown"}
            api.now += 31 * SECOND
            await worker.deliver_due()
            sink.answers = {}
            await queue(api, to="ok.canary@example.com")
            await worker.deliver_due()

    api.run(story())
    text = api.log.getvalue()
    assert {event["event"] for event in api.events()} == {"mail put off", "mail given up", "mail sent"}
    assert {event["domain"] for event in api.events()} == {"example.com"}
    assert "canary" not in text
    assert CANARY not in text
    assert {event["reason"] for event in api.events() if "reason" in event} == {
        "SMTPDataError 451",
        "SMTPRecipientsRefused 550",
    }


def test_without_a_mail_server_a_development_instance_keeps_its_mails_to_be_read(api):
    async def story():
        worker = MailWorker(api.service, api.settings)
        message_id = await queue(api)
        assert await worker.deliver_due() == 1
        assert await worker.deliver_due() == 0
        instance = api.tenants[0].instance
        (kept,) = await list_kept_mails(api.service, instance)
        assert (kept.id, kept.content.code) == (message_id, CANARY)
        assert await list_kept_mails(api.service, api.tenants[1].instance) == []
        async with running_sink() as sink:  # a server that is set later gets only what is queued later
            assert await MailWorker(api.service, mail_settings(api, sink.port)).deliver_due() == 0
        api.now += 24 * HOUR + 1
        assert await list_kept_mails(api.service, instance) == []
        await worker.deliver_due()
        assert api.sql("SELECT count(*) FROM outbox") == [(0,)]

    api.run(story())


def test_the_outbox_keeps_the_last_two_hundred_mails(open_on_engine):
    api = open_on_engine()

    async def story():
        for number in range(203):
            api.now += 1
            await queue(api, to=f"u{number}@example.com")
        await queue(api, instance=api.tenants[1].instance)
        await MailWorker(api.service, api.settings).deliver_due()
        instance = api.tenants[0].instance
        since = {"kinds": KIND_PREFIX, "since": 0, "limit": 999}
        assert len(await outbox.list_messages(api.service.database, instance.id, **since)) == 200
        assert len(await outbox.list_messages(api.service.database, api.tenants[1].instance.id, **since)) == 1
        kept = await list_kept_mails(api.service, instance)
        assert [mail.to for mail in kept] == [f"u{number}@example.com" for number in range(202, 2, -1)]

    api.run(story())


def test_without_a_mail_server_a_production_instance_lets_its_mails_wait_and_says_so_once(open_on_engine):
    api = open_on_engine()
    database = api.service.database

    async def story():
        known = api.tenants[0].instance
        instance = msgspec.structs.replace(known, environment="production", id="ins_live", slug="live")
        await instances.insert_instance(database, instance)
        message_id = await queue(api, instance=instance)
        worker = MailWorker(api.service, api.settings)
        for _ in range(3):
            assert await worker.deliver_due() == 0
            api.now += 2 * HOUR
        waiting = await row(api, message_id, instance)
        assert (waiting.done_at, waiting.attempts) == (None, 0)
        async with running_sink() as sink:
            assert await MailWorker(api.service, mail_settings(api, sink.port)).deliver_due() == 1
            assert len(sink.deliveries) == 1

    api.run(story())
    assert [event["event"] for event in api.events() if event["level"] == "warning"] == [
        "no mail is sent: smtp_url is not set"
    ]


def test_a_code_that_waited_a_day_is_given_up_and_a_notice_a_week(api):
    async def story():
        code = await queue(api)
        notice = await queue(api, kind="password_changed")
        for hours, expected in ((23, (False, False)), (25, (True, False)), (7 * 24 + 1, (True, True))):
            api.now = START + hours * HOUR
            closed = mail_settings(api, 1)  # nobody listens there
            await MailWorker(api.service, closed)._keep_house(api.now)
            assert tuple([(await row(api, one)).done_at is not None for one in (code, notice)]) == expected
            if hours == 25:
                api.sql("UPDATE outbox SET done_at = ? WHERE id = ?", START + 7 * 24 * HOUR, code)

    api.run(story())


def test_a_mail_without_its_values_is_refused_before_anything_is_stored(api):
    async def work(tx):
        await queue_mail(
            api.service, tx, api.tenants[0].instance, to="a@b.example", kind="organization_invitation", values={}
        )

    with pytest.raises(ValueError, match="needs organization"):
        api.run(api.service.database.transact(work))
    assert api.sql("SELECT * FROM outbox") == []


def test_settings_that_can_not_be_used_end_the_start(api):
    with pytest.raises(SettingsError, match="mail_from"):
        MailWorker(api.service, mail_settings(api, 25, mail_from=""))


def test_a_worker_survives_a_database_that_fails_and_tells_it_once(api, monkeypatch):
    async def story():
        async with running_sink() as sink, running_worker(api.service, mail_settings(api, sink.port)):
            await until(lambda: api.sql("SELECT 1"))
            api.sql("ALTER TABLE outbox RENAME TO gone")
            await asyncio.sleep(0.3)
            api.sql("ALTER TABLE gone RENAME TO outbox")
            await queue(api)
            await until(lambda: sink.deliveries, 5)

    monkeypatch.setattr(mail_delivery, "POLL_SECONDS", 0.05)
    api.run(story())
    assert [event["event"] for event in api.events()] == ["mail worker failed", "mail sent"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A folder with an authority's certificate and those that it signed, by name."""
    folder = tmp_path_factory.mktemp("tls")
    ca_key, ca_name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")]),
    )
    (folder / "ca.pem").write_bytes(certify(ca_key, ca_name, ca_key, ca_name, None))
    for name in ("127.0.0.1", "192.0.2.9"):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = certify(key, subject, ca_key, ca_name, name)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (folder / f"{name}.pem").write_bytes(private + certificate)
    return folder


def certify(key, subject, issuer_key, issuer, address):
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=address is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if address is None:
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(usage, critical=True)
    else:
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def server_context(authority, name="127.0.0.1"):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority / f"{name}.pem")
    return context


@pytest.mark.parametrize("implicit", [False, True])
def test_L_010_tls_is_used_and_the_login_goes_through_it(api, authority, monkeypatch, implicit):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority / "ca.pem"))

    async def story():
        await queue(api)
        async with running_sink(server_context(authority), implicit=implicit) as sink:
            await deliver_with_tls(api, sink, implicit=implicit)
            (delivery,) = sink.deliveries
            assert (delivery.secure, delivery.login) == (True, "ada:hunter2")

    api.run(story())


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize(("trusts", "name", "told"), [
    (False, "127.0.0.1", "certificate refused: "),
    (True, "192.0.2.9", "certificate refused: IP address mismatch"),
])  # fmt: skip
def test_L_010_a_certificate_of_nobody_or_of_another_name_is_refused(  # noqa: PLR0913, PLR0917 - fixtures
    api, authority, monkeypatch, implicit, trusts, name, told
):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority / "ca.pem") if trusts else "/dev/null")
    monkeypatch.setenv("SSL_CERT_DIR", str(authority))

    async def story():
        await queue(api)
        async with running_sink(server_context(authority, name), implicit=implicit) as sink:
            await deliver_with_tls(api, sink, implicit=implicit)
            assert sink.deliveries == []

    api.run(story())
    (event,) = api.events()
    assert event["event"] == "mail put off"
    assert event["reason"].startswith(told)


def test_L_010_a_server_that_does_not_offer_starttls_gets_neither_login_nor_mail(api):
    async def story():
        await queue(api)
        async with running_sink() as sink:
            await deliver_with_tls(api, sink, implicit=False)
            assert sink.deliveries == []
            assert sink.connections == 1

    api.run(story())
    assert [event["event"] for event in api.events()] == ["mail put off"]


async def deliver_with_tls(api, sink, *, implicit):
    """One pass with TLS as it is for servers elsewhere; loopback alone is let off STARTTLS."""
    scheme = "smtps" if implicit else "smtp"
    settings = mail_settings(api, sink.port, smtp_url=f"{scheme}://ada:hunter2@127.0.0.1:{sink.port}")
    worker = MailWorker(api.service, settings)
    if not implicit:
        server = msgspec.structs.replace(worker._office.server, tls="starttls")
        worker._office = msgspec.structs.replace(worker._office, server=server)
    await worker.deliver_due()
