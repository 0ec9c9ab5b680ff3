"""RELIABILITY G25: a mail leaves at most once, whatever happens; and the ticket says what became of it."""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import smtp_sink
from care.world import AT, LIVE, World, write_mail

from helpdesk_cli.desk import outbox_heal, outbox_list, takeover
from helpdesk_cli.desk.actor import need_actor
from helpdesk_cli.desk.backup import backup
from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.doctor import doctor
from helpdesk_cli.desk.fsck import Ages, fsck
from helpdesk_cli.desk.init import init
from helpdesk_cli.desk.letters import compose, ties_of
from helpdesk_cli.desk.outbox import heal, send_due, why_held
from helpdesk_cli.desk.outbox_words import fate
from helpdesk_cli.desk.posting import post
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.repair import repair
from helpdesk_cli.desk.restore import restore
from helpdesk_cli.desk.show import show
from helpdesk_cli.desk.status import status as set_status
from helpdesk_cli.errors import ConflictError, NotFoundError, TryAgainError
from helpdesk_cli.mail.received import Envelope
from helpdesk_cli.mail.token import read_message_id
from helpdesk_cli.storage import folder
from helpdesk_cli.storage.keys import make_key, read_key
from helpdesk_cli.storage.outbox import Outbox, OutMail, Recipient
from helpdesk_cli.tickets.changes import EntryAdded
from helpdesk_cli.tickets.deliveries import deliveries
from helpdesk_cli.tickets.entries import Attachment, Message, Segment, Tombstone
from helpdesk_cli.tickets.person import Person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from smtp_sink import Sink

ADA = "ada@example.org"
AT_ONCE = Ages(0, 0, 0)
SETTINGS = """\
inboxes: {support: support@example.com}
agents:
  dana: {name: Dana Davis, email: dana@example.com}
"""


@pytest.fixture
def sink() -> Iterator[Sink]:
    with smtp_sink.running() as sink:
        yield sink


@pytest.fixture
def sending(world: World, sink: Sink) -> World:
    """A desk that sends, with a ticket."""
    (world.root / "desk.yaml").write_text(SETTINGS + sink.settings)
    world.git("commit", "-q", "-a", "-m", "Send")
    world.take(write_mail(1, sender=f"Ada <{ADA}>"))
    return world


def answer(world: World, *to: str, text: str = "It is mended.\n", word: str = "1", name: str = "") -> str:
    """Post a reply; its name in the outbox."""
    desk = world.desk
    with open_door(desk, need_actor(desk, said="dana")) as door:
        held = door.hold(word)
        entry_id = draw_id()
        ties = ties_of(desk, held.ticket, entry_id)
        letter = compose(
            desk,
            held.ticket,
            ties,
            from_name="Dana Davis",
            to=[Person(email=each) for each in to or (ADA,)],
            text=text,
            answers=held.ticket.messages[0],
        )
        posted = post(
            door,
            held,
            letter,
            ties,
            entry_id=entry_id,
            kind="reply",
            summary=f"{held.ticket.id}: answered by dana",
            by="dana",
            name=name,
        )
    return posted.name


def mail_of(world: World, name: str) -> OutMail:
    mail = Outbox(world.desk.layout).get(name)
    assert mail is not None
    return mail


def told(world: World, word: str = "TICKET-1") -> list[str]:
    """What the ticket's events say of its mails, in order."""
    events = world.ticket(word).events
    return [fact.partition(" ")[2] for event in events for fact in event.all_facts("delivery")]


def test_a_reply_leaves_once_and_the_ticket_says_so(sending: World, sink: Sink) -> None:
    name = answer(sending)
    (done,) = send_due(sending.desk)
    assert (done.state, done.told, sink.kept[0].recipients) == ("sent", True, (ADA,))
    assert told(sending) == ["sent"]
    entry = sending.ticket("TICKET-1").messages[1]
    assert sink.ids() == [entry.message_id] == [mail_of(sending, name).message_id]
    assert sending.subjects()[-2:] == ["TICKET-1: answered by dana", "TICKET-1: reply sent"]
    assert send_due(sending.desk) == send_due(sending.desk, names=[name], again=True) == []
    assert len(sink.kept) == 1
    assert Outbox(sending.desk.layout).names() == []


def test_on_hold_nothing_leaves_but_a_test_mail(sending: World, sink: Sink) -> None:
    config = sending.root / "desk.yaml"
    config.write_text(config.read_text().replace("sending: on", "sending: hold"))
    name = answer(sending)
    assert send_due(sending.desk) == send_due(sending.desk, names=[name], again=True) == []
    assert "desk doctor mail" in why_held(sending.desk)
    (listed,) = outbox_list.listing(sending.desk).mails
    assert (listed.state, listed.ticket, listed.why) == ("queued", "TICKET-1", why_held(sending.desk))
    outbox = Outbox(sending.desk.layout)
    assert outbox.add(notice("test-1", kind="test"), b"Message-ID: <t1@example.com>\r\n\r\nx\r\n")
    assert [mail.name for mail in send_due(sending.desk, names=["test-1"])] == ["test-1"]
    assert sink.ids() == ["t1@example.com"]


def notice(name: str, *, kind: str = "notification", to: str = ADA) -> OutMail:
    return OutMail(
        name=name,
        kind=kind,
        state="prepared",
        sender="",
        recipients=(Recipient(to),),
        message_id=f"{name}@example.com",
        subject="A notice",
        by="desk",
        queued_at=AT,
    )


def test_who_has_it_does_not_get_it_again(sending: World, sink: Sink) -> None:
    """Of four recipients one is refused for good, one for now: only that one is tried again."""
    name = answer(sending, ADA, "refused@example.org", "later@example.org", "bob@example.org")
    (done,) = send_due(sending.desk)
    assert (done.state, done.pending, sink.kept[0].recipients) == (
        "queued",
        ("later@example.org",),
        (ADA, "bob@example.org"),
    )
    (alarm,) = told(sending)
    assert alarm.startswith(
        "failed refused@example.org: 550 5.1.1 no such user; sent to ada@example.org, bob@"
    )
    assert alarm.endswith("still trying later@example.org")
    assert send_due(sending.later(seconds=59).desk) == []
    # The server has changed its mind about nobody: the last is told later until the time is over.
    hours = 0
    while mail_of(sending, name).state == "queued":
        hours += 4
        assert hours < 110
        send_due(sending.later(hours=hours).desk)
    after = mail_of(sending, name)
    assert (hours, after.state, after.told) == (96, "failed", True)
    assert [each.state for each in after.recipients] == ["sent", "refused", "refused", "sent"]
    assert "given up after" in told(sending)[-1]
    assert len(sink.kept) == 1


def test_waits_grow_and_are_counted_from_the_first_try(sending: World, sink: Sink) -> None:
    sink.busy = True
    name = answer(sending)
    world = sending.later(days=10)  # held for long: that was no try
    waits = []
    for _ in range(7):
        send_due(world.desk)
        mail = mail_of(world, name)
        assert mail.state == "queued"
        assert mail.next_at is not None
        waits.append((mail.next_at - world.now) / timedelta(minutes=1))
        world = World(world.root, mail.next_at)
    assert waits == [1, 5, 15, 60, 240, 240, 240]
    sink.busy = False
    (done,) = send_due(world.desk)
    assert (done.state, done.attempts, told(sending)) == ("sent", 8, ["sent"])


def test_a_mail_the_server_may_have_is_unknown_and_never_sent_unasked(sending: World, sink: Sink) -> None:
    sink.ends = "dot"
    name = answer(sending)
    (done,) = send_due(sending.desk)
    assert (done.state, len(sink.kept)) == ("unknown", 1)
    assert told(sending)[-1].startswith("unknown ")
    sink.ends = ""
    for _ in range(3):
        heal(sending.desk)
        assert send_due(sending.later(days=1).desk) == send_due(sending.desk, names=[name]) == []
    assert len(sink.kept) == 1
    (done,) = send_due(sending.desk, names=[name], again=True)
    assert (done.state, told(sending)[-1]) == ("sent", "sent")
    # The same bytes, the same id: who has it already can tell.
    assert sink.kept[0].data == sink.kept[1].data


@pytest.mark.parametrize("ends", ["mail", "data"])
def test_a_server_that_hangs_up_before_it_has_the_mail(sending: World, sink: Sink, ends: str) -> None:
    sink.ends = ends
    answer(sending)
    (done,) = send_due(sending.desk)
    assert done.state in ({"queued"} if ends == "mail" else {"queued", "unknown"})
    assert sink.kept == []


def test_a_way_out_that_is_blocked_is_not_tried_by_all(sending: World, sink: Sink) -> None:
    sink.busy = True
    for _ in range(6):
        answer(sending)
    assert len(send_due(sending.desk)) == 3
    # Those three wait their minute; next come the others.
    assert len(send_due(sending.desk)) == 3
    sink.busy = False
    assert {mail.state for mail in send_due(sending.later(minutes=2).desk)} == {"sent"}
    assert len(sink.ids()) == len(set(sink.ids())) == 6


def test_whoever_dies_while_sending_leaves_an_unknown_mail(sending: World, sink: Sink) -> None:
    name = answer(sending)
    outbox = Outbox(sending.desk.layout)
    with outbox.hold(name) as held:
        assert held
        outbox.put(replace(mail_of(sending, name), state="sending", attempts=1))
        assert heal(sending.desk) == []  # somebody is at it
        assert outbox_list.listing(sending.desk).mails[0].state == "sending"
    assert [each.what for each in heal(sending.desk)] == ["unknown"]
    assert mail_of(sending, name).state == "unknown"
    assert told(sending) == [f"unknown {outbox_heal.KILLED}"]
    assert heal(sending.desk) == send_due(sending.desk) == []
    assert sink.kept == []


def test_two_senders_at_once_send_once(sending: World, sink: Sink) -> None:
    sink.proceed.clear()
    name = answer(sending)
    first: list[OutMail] = []
    thread = threading.Thread(target=lambda: first.extend(send_due(sending.desk)))
    thread.start()
    assert sink.started.wait(20)
    # While the first waits for the server's word.
    assert (
        send_due(sending.desk) == send_due(sending.desk, names=[name], again=True) == heal(sending.desk) == []
    )
    with pytest.raises(ConflictError, match="being sent"):
        drop(sending, name)
    sink.proceed.set()
    thread.join(30)
    assert [mail.state for mail in first] == ["sent"]
    assert len(sink.kept) == 1


def drop(world: World, name: str) -> None:
    (mail,) = outbox_list.names_of(world.desk, [name])
    outbox_list.drop(world.desk, mail, actor=need_actor(world.desk, said="dana"))


def test_dropped_is_for_ever(sending: World, sink: Sink) -> None:
    name = answer(sending)
    drop(sending, name)
    assert told(sending) == ["dropped"]
    assert sending.ticket("TICKET-1").events[-1].by == "dana"
    assert send_due(sending.desk) == send_due(sending.desk, names=[name], again=True) == []
    with pytest.raises(ConflictError, match="dropped already"):
        drop(sending, name)
    with pytest.raises(NotFoundError):
        drop(sending, "reply-nosuchmail")
    assert sink.kept == []


def test_what_a_person_took_back_is_not_sent(sending: World, sink: Sink) -> None:
    name = answer(sending)
    desk = sending.desk
    with open_door(desk, need_actor(desk, said="dana")) as door:
        held = door.hold("1")
        message = held.ticket.messages[1]
        stone = Tombstone(
            draw_id(), message.at, "dana", covers=message.id, reason="undone", removed_at=desk.now
        )
        door.change(held, [EntryAdded(stone)], summary="TICKET-1: undone")
    (done,) = send_due(sending.desk)
    assert (done.name, done.state, done.why) == (name, "dropped", "taken back: undone")
    assert sink.kept == []


def test_a_broken_ticket_keeps_its_mail_and_no_other(sending: World, sink: Sink) -> None:
    sending.take(write_mail(2, sender=f"Ada <{ADA}>"))
    held_back, other = answer(sending), answer(sending, word="2")
    (path,) = sending.root.glob("tickets/*/*/TICKET-1.md")
    good = path.read_bytes()
    path.write_bytes(good.replace(b"\nuid:", b"\nuuid:", 1))
    done = {mail.name: mail for mail in send_due(sending.desk)}
    assert (done[other].state, done[held_back].state) == ("sent", "queued")
    assert "its ticket cannot be read" in done[held_back].why
    path.write_bytes(good)
    assert [mail.state for mail in send_due(sending.later(minutes=6).desk)] == ["sent"]
    assert len(sink.kept) == 2


def test_a_name_is_one_mail_for_ever(sending: World, sink: Sink) -> None:
    outbox = Outbox(sending.desk.layout)
    mail = notice("notification-x-dana")
    data = b"Message-ID: <n1@example.com>\r\n\r\nx\r\n"
    assert outbox.add(mail, data)
    assert not outbox.add(mail, data)
    send_due(sending.desk)
    assert not outbox.add(mail, data)
    with pytest.raises(ConflictError):
        outbox.prepare(mail, data)
    # A month later only the name is left.
    (record,) = (sending.state / "outbox" / "done").glob("*.json")
    os.utime(record, (0, 0))
    heal(sending.desk)
    assert outbox.get(mail.name) is None
    assert outbox.knows(mail.name)
    assert not outbox.add(mail, data)
    assert sink.ids() == ["n1@example.com"]
    assert not outbox.knows("notification-x-dan")


def test_prepared_and_no_more(sending: World, sink: Sink) -> None:
    """Killed before the entry: it never was. Killed after it: it is queued."""
    outbox = Outbox(sending.desk.layout)
    name = answer(sending)
    mail = mail_of(sending, name)
    outbox.put(replace(mail, state="prepared"))
    other = replace(mail, name="reply-0000000000000000", entry="0000000000000000", state="prepared")
    outbox.prepare(other, b"x")
    assert send_due(sending.desk) == []
    assert {each.name: each.what for each in heal(sending.desk)} == {name: "queued", other.name: "removed"}
    assert [mail.state for mail in send_due(sending.desk)] == ["sent"]
    assert outbox.strays() == []
    assert len(sink.kept) == 1


def test_posted_twice_for_one_reason_is_once(sending: World) -> None:
    """Its maker died before it was queued, and makes it again: it is on its way already."""
    outbox = Outbox(sending.desk.layout)
    name = answer(sending, name="acknowledgement-1")
    outbox.put(replace(mail_of(sending, name), state="prepared"))
    with pytest.raises(ConflictError, match="made before"):
        answer(sending, name="acknowledgement-1")
    assert mail_of(sending, name).state == "queued"
    assert len(sending.ticket("TICKET-1").messages) == 2


def test_a_lost_record_is_unknown_and_not_sent(sending: World, sink: Sink) -> None:
    name = answer(sending)
    shutil.rmtree(sending.state / "outbox")
    heal(sending.desk)
    assert told(sending) == [f"unknown {outbox_heal.LOST}"]
    assert send_due(sending.desk) == heal(sending.desk) == []
    (listed,) = outbox_list.listing(sending.desk).mails
    assert (listed.name, listed.state, listed.kept) == (name, "unknown", False)
    # A person wants it sent: with the id that it had.
    outbox_list.bring_back(sending.desk, outbox_list.names_of(sending.desk, ["1"]))
    (done,) = send_due(sending.desk, names=[name], again=True)
    assert (done.state, sink.ids()) == ("sent", [sending.ticket("TICKET-1").messages[1].message_id])
    assert [each.partition(" ")[0] for each in told(sending)] == ["unknown", "queued", "sent"]


def test_a_record_that_cannot_be_read_for_a_moment_is_not_lost(
    sending: World, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = answer(sending)

    def busy(*_: object, **__: object) -> bytes:
        raise TryAgainError("too many open files", "outbox")

    with monkeypatch.context() as patched:
        patched.setattr(folder, "read_file", busy)
        with suppress(TryAgainError):
            heal(sending.desk)
    assert told(sending) == []
    assert [mail.name for mail in send_due(sending.desk)] == [name]
    assert len(sink.kept) == 1


def test_told_once_also_when_the_ticket_was_busy(sending: World, sink: Sink) -> None:
    """Sent, and killed before the ticket said so: said by the next run, once."""
    name = answer(sending)
    send_due(sending.desk)
    done = mail_of(sending, name)
    outbox = Outbox(sending.desk.layout)
    outbox.put(replace(done, told=False))
    heal(sending.desk)
    heal(sending.desk)
    assert told(sending) == ["sent"]
    assert outbox.names() == []
    assert len(sink.kept) == 1


def test_words_of_a_fate() -> None:
    sent, refused = Recipient("a@x", "sent"), Recipient("b@x", "refused", "550 no")
    mail = replace(notice("n"), recipients=(sent, refused))
    assert fate(replace(mail, state="failed")) == "failed b@x: 550 no; sent to a@x"
    assert fate(replace(mail, state="dropped", why="wrong person")) == "dropped wrong person; sent to a@x"
    assert fate(replace(mail, state="unknown", why="cut\noff", recipients=(refused,))) == "unknown cut off"
    many = tuple(Recipient(f"r{n}@x", "refused") for n in range(7))
    assert fate(replace(mail, state="failed", recipients=many)).endswith("r4@x and 2 more")
    assert "\n" not in fate(replace(mail, state="failed", recipients=(replace(refused, why="x\ny" * 900),)))


# A bounce of ours ------------------------------------------------------------------------------------

DSN = """\
From: Mail Delivery System <MAILER-DAEMON@mx.example.com>
To: {to}
Subject: Undelivered Mail Returned to Sender
Message-ID: <{name}@mx.example.com>
Date: Fri, 20 Nov 2026 09:30:00 +0000
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

Your mail could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; {failed}
Action: {action}
Status: {status}
--b
Content-Type: text/rfc822-headers

Message-ID: <{returned}>
Subject: Re: [TICKET-1] Request 1
--b--
"""


def dsn(returned: str, *, action: str = "failed", to: str = "support@example.com", name: str = "d1") -> bytes:
    status = {"failed": "5.1.1", "delayed": "4.4.1"}[action]
    text = DSN.format(returned=returned, failed=ADA, action=action, status=status, to=to, name=name)
    return text.encode()


def settle(world: World, status: str = "pending") -> None:
    set_status(world.desk, ["1"], status, actor=need_actor(world.desk, said="dana"))


def test_a_bounce_marks_the_reply_and_takes_the_ticket_up(sending: World, sink: Sink) -> None:
    answer(sending)
    send_due(sending.desk)
    settle(sending, "resolved")
    assert sending.take(dsn(sink.ids()[0])).ticket == "TICKET-1"
    ticket = sending.ticket("TICKET-1")
    assert (told(sending), ticket.status) == (["sent", f"bounced {ADA}"], "open")
    assert sending.subjects()[-1] == "TICKET-1: a bounce, status resolved → open"
    shown = show(sending.desk, "1")
    assert shown.json()["ticket"]["timeline"][2]["delivery"] == f"bounced {ADA}"
    assert shown.deliveries[ticket.messages[1].id] == f"bounced {ADA}"
    # The same report again adds nothing.
    assert sending.take(dsn(sink.ids()[0])).outcome == "duplicate"
    assert len(told(sending)) == 2


def test_a_delay_is_no_bounce(sending: World, sink: Sink) -> None:
    answer(sending)
    send_due(sending.desk)
    settle(sending)
    sending.take(dsn(sink.ids()[0], action="delayed"))
    assert (told(sending), sending.ticket("TICKET-1").status) == (["sent"], "pending")


@pytest.mark.parametrize("returned", ["m1@customer.example", "other"])
def test_a_forged_report_is_only_filed(sending: World, sink: Sink, returned: str) -> None:
    """T43: it names an id that everybody knows, or one of ours with another signature."""
    answer(sending)
    send_due(sending.desk)
    settle(sending)
    ours = sink.ids()[0]
    head, _, domain = ours.partition("@")
    forged = f"{head[:-1]}{'0' if head[-1] != '0' else '1'}@{domain}" if returned == "other" else returned
    sending.take(dsn(forged))
    assert (told(sending), sending.ticket("TICKET-1").status) == (["sent"], "pending")


def test_a_bounce_to_the_signed_address_without_the_mail(world: World, sink: Sink) -> None:
    """Some servers return nothing of the mail: then the address it comes to tells."""
    config = SETTINGS + sink.settings + "  plus-addresses: yes\n"
    (world.root / "desk.yaml").write_text(config)
    world.take(write_mail(1, sender=f"Ada <{ADA}>"))
    answer(world)
    send_due(world.desk)
    to = sink.kept[0].sender
    assert to.startswith("support+")
    settle(world)
    world.take(dsn("nothing@x.example", to=to), replace(LIVE, envelope=Envelope("", (to,))))
    assert (told(world)[-1], world.ticket("TICKET-1").status) == (f"bounced {ADA}", "open")


# Clones ----------------------------------------------------------------------------------------------


def clone_of(world: World, place: Path) -> World:
    """A clone that is not the server, with the desk's merge driver."""
    world.git("clone", "-q", str(world.root), str(place))
    clone = World(place, world.now)
    init(place, now=world.now, environment={"HOME": "/nonexistent"})
    clone.git("pull", "-q", check=False)
    return clone


def pull(world: World, other: World) -> None:
    world.git("pull", "-q", "--no-edit", str(other.root), "main")


def test_the_server_sends_what_a_clone_wrote_once(sending: World, sink: Sink, tmp_path: Path) -> None:
    clone = clone_of(sending, tmp_path / "clone").later(minutes=5)
    assert answer(clone) == ""
    assert heal(clone.desk) == send_due(clone.desk) == []
    assert "server" in why_held(clone.desk)
    assert [mail.state for mail in outbox_list.listing(clone.desk).mails] == ["queued"]
    world = sending.later(minutes=10)
    pull(world, clone)
    assert [each.what for each in heal(world.desk)] == ["queued"]
    assert heal(world.desk) == []
    assert [mail.state for mail in send_due(world.desk)] == ["sent"]
    instance = read_key(world.desk.layout).instance
    assert told(world) == [f"queued {instance}", "sent"]
    # Signed by the server: an answer to it finds the ticket.
    assert read_message_id(sink.ids()[0], read_key(world.desk.layout).secret)
    pull(clone, world)
    assert outbox_list.listing(clone.desk).mails == ()
    assert clone.ticket("TICKET-1") == world.ticket("TICKET-1")
    assert len(sink.kept) == 1


@pytest.mark.parametrize("lost", ["outbox", "key"])
def test_what_was_taken_over_is_never_taken_over_again(
    sending: World, sink: Sink, tmp_path: Path, lost: str
) -> None:
    """The state folder, or all of it, is lost after the takeover, or after the sending."""
    clone = clone_of(sending, tmp_path / "clone").later(minutes=5)
    answer(clone)
    world = sending.later(minutes=10)
    pull(world, clone)
    heal(world.desk)
    shutil.rmtree(world.state / "outbox")
    if lost == "key":
        (world.state / "key").unlink()
        make_key(world.desk.layout)
    world = world.later(minutes=1)
    for _ in range(2):
        heal(world.desk)
        assert send_due(world.desk) == []
    assert sink.kept == []


def test_a_server_without_memory_does_not_guess(sending: World, sink: Sink, tmp_path: Path) -> None:
    """It may have sent what a clone wrote before it lost its outbox: a person decides."""
    clone = clone_of(sending, tmp_path / "clone").later(minutes=5)
    answer(clone)
    world = sending.later(minutes=10)
    shutil.rmtree(world.state / "outbox")
    pull(world, clone)
    assert [each.what for each in heal(world.desk)] == ["unknown"]
    assert send_due(world.desk) == []
    assert told(world) == [f"unknown {outbox_heal.TOO_OLD}"]
    mails = outbox_list.names_of(world.desk, ["1.2"])
    outbox_list.bring_back(world.desk, mails)
    assert [mail.state for mail in send_due(world.desk, names=[mails[0].name], again=True)] == ["sent"]
    assert len(sink.kept) == 1


@pytest.mark.parametrize("step", ["prepared", "said"])
def test_a_takeover_that_dies_begins_anew_or_goes_on(
    sending: World, sink: Sink, tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = clone_of(sending, tmp_path / "clone").later(minutes=5)
    answer(clone)
    world = sending.later(minutes=10)
    pull(world, clone)

    class DiedError(Exception):
        pass

    keep = Outbox.put

    def die(*_: object, **__: object) -> None:
        raise DiedError

    def put(outbox: Outbox, mail: OutMail, *, sync: bool = True) -> None:
        if mail.state == "queued":
            raise DiedError
        keep(outbox, mail, sync=sync)

    with monkeypatch.context() as patched:
        # The first thing after the mail is prepared; and after the ticket says it.
        patched.setattr(takeover, "say", die if step == "prepared" else takeover.say)
        patched.setattr(Outbox, "put", put if step == "said" else keep)
        with pytest.raises(DiedError):
            heal(world.desk)
    heal(world.desk)
    heal(world.desk)
    assert [mail.state for mail in send_due(world.desk)] == ["sent"]
    assert [each.partition(" ")[0] for each in told(world)] == ["queued", "sent"]
    assert len(sink.kept) == 1


def test_a_restored_desk_sends_nothing_again(sending: World, sink: Sink, tmp_path: Path) -> None:
    """What was queued when the backup was made may have left since."""
    name = answer(sending)
    backup(sending.desk, tmp_path / "backup.tar.gz")
    assert [mail.state for mail in send_due(sending.desk)] == ["sent"]
    restore(tmp_path / "backup.tar.gz", tmp_path / "again", now=AT + timedelta(hours=1))
    world = World(tmp_path / "again", AT + timedelta(hours=1))
    heal(world.desk)
    assert send_due(world.desk) == send_due(world.desk, names=[name]) == []
    assert mail_of(world, name).state == "unknown"
    assert "restored" in told(world)[-1]
    assert len(sink.kept) == 1


# Looking after it ------------------------------------------------------------------------------------


def test_fsck_finds_what_is_damaged_or_halfway_and_repairs_it(sending: World, sink: Sink) -> None:
    assert fsck(sending.desk, ages=AT_ONCE) == []
    outbox = Outbox(sending.desk.layout)
    names = [answer(sending) for _ in range(4)]
    assert fsck(sending.desk, ages=AT_ONCE) == []
    place = sending.state / "outbox"
    outbox.put(replace(mail_of(sending, names[0]), state="sending"))
    outbox.put(replace(mail_of(sending, names[1]), state="prepared"))
    (place / f"{names[2]}.json").write_text("{")
    (place / f"{names[3]}.eml").unlink()
    (place / "reply-left.eml").write_bytes(b"x")
    codes = sorted(finding.code for finding in fsck(sending.desk, ages=AT_ONCE))
    assert codes == ["outbox-damaged", "outbox-halfway", "outbox-halfway", "outbox-no-bytes", "outbox-stray"]
    left = repair(sending.desk, ages=AT_ONCE).left
    assert sorted(finding.code for finding in left) == ["outbox-damaged", "outbox-no-bytes"]
    assert [mail_of(sending, name).state for name in names[:2]] == ["unknown", "queued"]
    found = outbox_list.listing(sending.desk)
    assert len(found.problems) == 1
    # The damaged record hides no other; its mail is not sent, and nor is the one without bytes.
    assert {mail.name: mail.state for mail in send_due(sending.desk)} == {
        names[1]: "sent",
        names[3]: "failed",
    }
    assert len(sink.kept) == 1


def diagnoses(world: World) -> dict[str, str]:
    found = doctor(world.root, now=world.now, environment={})
    return {each.code: each.level for subject, each in found if subject == "outgoing mail"}


def test_the_doctor_tells_what_nobody_looks_after(sending: World) -> None:
    assert diagnoses(sending) == {"sending": "ok", "way-out": "ok"}
    names = [answer(sending) for _ in range(3)]
    outbox = Outbox(sending.desk.layout)
    outbox.put(replace(mail_of(sending, names[0]), state="unknown"))
    outbox.put(replace(mail_of(sending, names[1]), state="failed"))
    found = diagnoses(sending.later(days=2))
    assert (
        found.items() >= {"mail-unknown": "warning", "mail-failed": "warning", "queue-old": "warning"}.items()
    )
    config = sending.root / "desk.yaml"
    text = config.read_text()
    config.write_text(text.replace("sending: on", "sending: hold"))
    assert diagnoses(sending)["sending-held"] == "warning"
    config.write_text(text.replace("via: smtp", "sendmail: /no/such/program"))
    assert diagnoses(sending)["sendmail-missing"] == "error"
    config.write_text(text.replace("security: none", "security: none, user: kim"))
    assert diagnoses(sending)["smtp-incomplete"] == "error"
    config.write_text(
        text.replace("security: none", "security: none, user: kim, password-command: no-such-pass x")
    )
    found = {each.code: each.level for _, each in doctor(sending.root, now=sending.now, environment={})}
    assert found["command-missing"] == found["command-new"] == "error"


def test_a_clone_says_who_sends(sending: World, tmp_path: Path) -> None:
    clone = clone_of(sending, tmp_path / "clone").later(minutes=5)
    answer(clone)
    assert diagnoses(clone) == {"waits-for-server": "note"}
    assert diagnoses(clone.later(days=2)) == {"waits-for-server": "warning"}
    entry = clone.ticket("TICKET-1").messages[1].id
    assert "server" in show(clone.desk, "1").deliveries[entry]
    assert show(clone.desk, "1").json()["ticket"]["timeline"][-1]["delivery"] == "queued"


def smuggled(world: World, **parts: object) -> None:
    """A message that a hand, or a program of somebody's, wrote into the ticket for the server to send."""
    desk = world.desk
    given = {
        "id": draw_id(),
        "at": desk.now,
        "from_": Person("The Boss", "ceo@victim.example"),
        "direction": "out",
        "by": "dana",
        "to": (Person("", ADA),),
        "subject": "Hello",
        "delivery": "queued",
        "outbox": "server",
        "body": (Segment("text", "Hello.\n"),),
    }
    with open_door(desk, need_actor(desk, said="dana")) as door:
        message = Message(**(given | parts))  # type: ignore[arg-type]
        door.change(door.hold("1"), [EntryAdded(message)], summary="TICKET-1: by hand")


@pytest.mark.parametrize(
    "parts",
    [
        {"id": "Odd"},
        {"id": "../../../../etc/passwd".replace("/", "").replace(".", "")},
        {"to": (Person("", "-oQ/tmp@x.example"),)},
        {"to": ()},
        {"automatic": "auto-reply"},
        {"attachments": (Attachment("a.pdf", "application/pdf", 3, "0" * 64, "TICKET-1/a.pdf"),)},
        {"attachments": (Attachment("a.pdf", "application/pdf", 3, "0" * 64, "../../../desk.yaml"),)},
        {"attachments": (Attachment("a.pdf", "application/pdf", 3, "0" * 64),)},
    ],
)
def test_what_the_server_cannot_send_is_said_and_stops_no_other(
    sending: World, sink: Sink, parts: dict[str, object]
) -> None:
    world = sending.later(minutes=5)
    smuggled(world, **parts)
    smuggled(world)
    heal(world.desk)
    send_due(world.desk)
    states = sorted(each.partition(" ")[0] for each in deliveries(world.ticket("TICKET-1")).values())
    assert states == ["failed", "sent"]
    assert heal(world.desk) == []
    # And it left under an address of ours.
    (kept,) = sink.kept
    assert b"ceo@victim.example" not in kept.data
    assert b"support@example.com" in kept.data


def test_a_message_that_came_in_is_never_sent(sending: World) -> None:
    world = sending.later(minutes=5)
    smuggled(world, direction="in")
    assert heal(world.desk) == send_due(world.desk) == []


def test_one_id_in_two_tickets_is_one_mail(sending: World, sink: Sink) -> None:
    world = sending.later(minutes=5)
    smuggled(world, id="0000000000000001")
    (path,) = world.root.glob("tickets/*/*/TICKET-1.md")
    uid = world.ticket("TICKET-1").uid
    text = path.read_text().replace("id: TICKET-1", "id: TICKET-2", 1).replace(uid, "0000000000000002")
    path.with_name("TICKET-2.md").write_text(text)
    for _ in range(2):
        heal(world.desk)
        send_due(world.desk)
    assert len(sink.kept) == 1
