"""Mail that cannot be filed now: it waits or is set aside, visible, and is filed when it can be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from care.world import write_mail

from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.retry import retry
from helpdesk_cli.storage import raw, records, waiting

if TYPE_CHECKING:
    from pathlib import Path

    from care.world import World


def break_ticket(path: Path) -> str:
    """Spoil a ticket file in its place as a slip in an editor does; what it was before."""
    text = path.read_text("utf-8")
    path.write_text(text.replace("subject:", "subject: [:", 1), "utf-8")
    return text


def the_file(world: World, ticket: str) -> Path:
    (path,) = world.root.glob(f"tickets/*/*/{ticket}.md")
    return path


def test_a_mail_for_a_broken_ticket_waits_beside_it(world: World) -> None:
    world.take(write_mail(1))
    spoiled = the_file(world, "TICKET-1")
    break_ticket(spoiled)
    before = spoiled.read_bytes()
    reply = write_mail(2, answers=1)
    assert world.take(reply).outcome == "deferred"
    (name,) = records.waiting(world.desk.layout).names()
    assert raw.read(world.state, waiting.digest_of(name)) == reply
    assert spoiled.read_bytes() == before
    assert len(world.paths()) == 1


def test_one_broken_ticket_never_stops_the_rest(world: World) -> None:
    for number in (1, 2):
        world.take(write_mail(number))
    break_ticket(the_file(world, "TICKET-1"))
    outcomes = [
        world.take(write_mail(number, answers=answers)).outcome
        for number, answers in ((3, 1), (4, 2), (5, None))
    ]
    assert outcomes == ["deferred", "appended", "created"]
    assert [len(world.ticket(name).messages) for name in ("TICKET-2", "TICKET-3")] == [2, 1]


def test_the_next_command_files_it_when_the_ticket_is_mended(world: World) -> None:
    world.take(write_mail(1))
    text = break_ticket(the_file(world, "TICKET-1"))
    world.take(write_mail(2, answers=1))
    the_file(world, "TICKET-1").write_text(text, "utf-8")
    world.take(write_mail(3))
    assert [message.message_id for message in world.ticket("TICKET-1").messages] == [
        "m1@customer.example",
        "m2@customer.example",
    ]
    assert records.waiting(world.desk.layout).names() == []
    assert world.status() == ""


def test_it_goes_on_waiting_while_the_ticket_is_broken(world: World) -> None:
    for number in (1, 2):
        world.take(write_mail(number))
    break_ticket(the_file(world, "TICKET-1"))
    world.take(write_mail(3, answers=1))
    record = records.waiting(world.desk.layout).names()
    later = world.later(hours=1)
    later.take(write_mail(4, answers=2))
    assert records.waiting(world.desk.layout).names() == record
    assert [retried.ingested.outcome for retried in retry(later.desk)] == ["deferred"]
    assert records.waiting(world.desk.layout).names() == record


def test_a_mail_that_opened_a_broken_ticket_does_not_open_another(world: World) -> None:
    first = write_mail(1)
    world.take(first)
    text = break_ticket(the_file(world, "TICKET-1"))
    assert world.take(first).outcome == "deferred"
    assert len(world.paths()) == 1
    the_file(world, "TICKET-1").write_text(text, "utf-8")
    assert [retried.ingested.outcome for retried in retry(world.desk)] == ["duplicate"]
    assert records.waiting(world.desk.layout).names() == []


def test_mail_waits_for_one_ticket_while_another_is_mended(world: World) -> None:
    for number in (1, 2):
        world.take(write_mail(number))
    break_ticket(the_file(world, "TICKET-1"))
    text = break_ticket(the_file(world, "TICKET-2"))
    for number, answers in ((3, 1), (4, 2)):
        world.take(write_mail(number, answers=answers))
    the_file(world, "TICKET-2").write_text(text, "utf-8")
    with open_door(world.desk, desk_actor(world.desk)):
        pass
    assert len(world.ticket("TICKET-2").messages) == 2
    assert [name.partition(".")[0] for name in records.waiting(world.desk.layout).names()] == ["1"]


def test_a_mail_set_aside_is_taken_up_again_as_an_import(world: World) -> None:
    mail = write_mail(1)
    digest = raw.keep(world.state, mail)
    record = {
        "why": "ValueError: a fault of ours",
        "sender": "ada@customer.example",
        "tags": ["vip"],
        "status": "open",
    }
    records.set_aside(world.desk.layout).put(digest, record)
    (retried,) = retry(world.later(days=3).desk)
    assert (retried.kind, retried.ingested.outcome) == ("set-aside", "created")
    ticket = world.ticket("TICKET-1")
    assert (ticket.tags, ticket.status) == (("vip",), "open")
    # Its own Date, not the hour of the retry: an import.
    assert ticket.messages[0].at.isoformat() == "2026-11-20T09:01:00+00:00"
    assert records.set_aside(world.desk.layout).names() == []
    assert list(retry(world.desk)) == []


def test_a_record_whose_original_is_gone_stays_to_be_seen(world: World) -> None:
    records.set_aside(world.desk.layout).put("0" * 64, {"why": "?"})
    (retried,) = retry(world.desk)
    assert retried.ingested.outcome == "deferred"
    assert "original" in retried.ingested.why
    assert records.set_aside(world.desk.layout).names() == ["0" * 64]


def test_a_torn_record_still_names_its_mail(world: World) -> None:
    digest = raw.keep(world.state, write_mail(1))
    records.set_aside(world.desk.layout).put(digest, {})
    (world.state / "set-aside" / f"{digest}.json").write_bytes(b'{"why')
    assert [retried.ingested.outcome for retried in retry(world.desk)] == ["created"]
    assert records.set_aside(world.desk.layout).names() == []


def test_the_same_bytes_are_one_mail_also_when_they_could_not_be_parsed_at_first(world: World) -> None:
    # Without a Message-ID the id is made of the content, and that looks otherwise when it is only guessed.
    mail = write_mail(1).replace(b"Message-ID: <m1@customer.example>\n", b"")
    digest = raw.keep(world.state, mail)
    world.take(mail)
    path = the_file(world, "TICKET-1")
    entry = world.ticket("TICKET-1").messages[0].id
    path.write_text(path.read_text("utf-8").replace(entry, "0" * 16), "utf-8")
    assert world.take(mail).outcome == "duplicate"
    assert len(world.paths()) == 1
    assert json.dumps([message.raw for message in world.ticket("TICKET-1").messages]) == json.dumps([digest])
