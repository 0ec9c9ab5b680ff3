"""`desk import --mapping`: others' exports become tickets once, with what they had; nobody is written to."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from automatic_world import Automatic
from care.world import World, write_mail
from clones.meeting import Clone
from documented import faults

from helpdesk_cli.cli.import_ import as_document
from helpdesk_cli.desk import import_filing, importing
from helpdesk_cli.desk.cron import cron
from helpdesk_cli.desk.fsck import fsck
from helpdesk_cli.desk.import_plan import mapping_names, plan_import
from helpdesk_cli.desk.importing import import_tickets
from helpdesk_cli.desk.show import show
from helpdesk_cli.errors import DeskError, InvalidFileError, NotFoundError, UsageError
from helpdesk_cli.storage.mapping_file import read_mapping
from helpdesk_cli.tickets.changes import replay
from helpdesk_cli.tickets.entries import Note

if TYPE_CHECKING:
    from helpdesk_cli.desk.import_filing import Took

EXPORTS = Path(__file__).parent / "exports"
USERS = {"users": EXPORTS / "zendesk-users.json"}


def take(world: World, mapping: str, *paths: Path, dry_run: bool = False, **given: Any) -> list[Took]:
    """What became of each ticket of the export."""
    plan = plan_import(world.desk, mapping, list(paths), **({"tables": {}} | given))
    return list(import_tickets(world.desk, plan, dry_run=dry_run))


def zendesk(world: World, **given: Any) -> list[Took]:
    """The sample export of Zendesk, with its users."""
    return take(world, "zendesk", EXPORTS / "zendesk.jsonl", tables=USERS, **given)


def test_zendesk_with_numbers_times_people_and_files(world: World, tmp_path: Path) -> None:
    (tmp_path / "77").mkdir()
    (tmp_path / "77" / "invoice.pdf").write_bytes(b"%PDF-1.4\n")
    took = zendesk(world, files=str(tmp_path), tags=("imported",))
    assert [(each.outcome, each.number, each.ticket) for each in took] == [
        ("created", 4709, "TICKET-4709"),
        ("created", 4711, "TICKET-4711"),
    ]
    ticket = world.ticket("TICKET-4711")
    assert (ticket.subject, ticket.status, ticket.priority, ticket.type) == (
        "Wrong VAT number",
        "resolved",
        "medium",
        "problem",
    )
    assert (ticket.assignee, ticket.channel, ticket.formerly) == ("lee", "email", ("ZD-4711",))
    assert (str(ticket.requester.email), ticket.requester.phone) == ("ada@customer.example", "+49301234")
    assert ticket.tags == ("imported", "invoice-2026", "vat")
    assert ticket.created_at == datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
    first, answer = ticket.messages
    assert (first.direction, first.at, first.from_.name) == ("in", ticket.created_at, "Ada Lovelace")
    assert [segment.kind for segment in first.body] == ["text", "quote"]
    (file,) = first.attachments
    folder = world.root / "tickets/2026/03"
    assert (folder / file.path).read_bytes() == b"%PDF-1.4\n"
    assert (answer.direction, answer.by, answer.text) == ("out", "lee", "It is corrected.\n")
    (note,) = [entry for entry in ticket.entries if isinstance(entry, Note)]
    assert (note.by, note.other) == ("lee", (("imported", "zendesk 4711"),))
    closed = [event for event in ticket.events if event.what != "opened"]
    assert [(event.at, event.changes[0].field) for event in closed] == [
        (datetime(2026, 3, 2, 12, 30, tzinfo=UTC), "status")
    ]
    gone = world.ticket("TICKET-4709").messages[1]
    assert (gone.direction, gone.by) == ("out", "gone@example.com")


def test_request_tracker_with_message_ids_and_contents(world: World) -> None:
    (took,) = take(world, "request-tracker", EXPORTS / "request-tracker.jsonl")
    assert (took.outcome, took.ticket, took.messages) == ("created", "TICKET-42", 3)
    ticket = world.ticket("TICKET-42")
    first, answer = ticket.messages
    assert (first.text, first.message_id) == ("It burns.\n\n-- \nAda\n", "rt1@customer.example")
    assert (first.attachments[0].filename, first.attachments[0].size) == ("fire.png", 6)
    assert (answer.direction, answer.by, answer.text.strip()) == ("out", "dana", "It is out. Äh.")
    assert (ticket.status, ticket.assignee, ticket.tags) == ("resolved", "dana", ("hardware",))
    # Whoever answers a mail of theirs now is in the ticket that it was.
    mail = write_mail(900).replace(b"\nMIME", b"\nIn-Reply-To: <rt-5.0-1@rt.example.com>\nMIME", 1)
    assert world.take(mail).ticket == "TICKET-42"


def test_osticket_and_its_columns(world: World, tmp_path: Path) -> None:
    first, second = take(world, "osticket", EXPORTS / "osticket.csv")
    assert (first.ticket, second.ticket) == ("TICKET-123456", "TICKET-654321")
    ticket = world.ticket("TICKET-123456")
    assert (ticket.subject, ticket.channel, ticket.tags) == (
        'Broken, "really" broken',
        "form",
        ("report-a-problem",),
    )
    assert world.ticket("TICKET-654321").status == "closed"
    odd = tmp_path / "odd.csv"
    odd.write_text("Ticket No;Subject\n1;x\n")
    with pytest.raises(InvalidFileError, match=r'odd.csv:1: there are no columns "Ticket Number", "Date'):
        take(world, "osticket", odd)


def test_a_csv_with_a_line_a_message(world: World, tmp_path: Path) -> None:
    """What anybody can make of a database."""
    mapping = tmp_path / "own.yaml"
    mapping.write_text(
        "format: 1\nname: own\nprefix: OWN\nfile: csv\ntimes: '%d.%m.%Y %H:%M'\nzone: Europe/Berlin\n"
        "ticket: {number: no, subject: subject, created: at, email: from}\n"
        "messages: {in: rows, at: at, text: text, email: from}\n"
    )
    export = tmp_path / "own.csv"
    export.write_text(
        "no;subject;at;from;text\n7;Moin;01.07.2024 09:00;ada@c.example;Hello\n"
        '7;;02.07.2024 10:00;lee@example.com;"Two\nlines"\n9;Tach;03.07.2024 10:00;bob@c.example;Ho\n'
    )
    assert [each.messages for each in take(world, str(mapping), export)] == [2, 1]
    first, second = world.ticket("TICKET-7").messages
    assert first.at == datetime(2024, 7, 1, 7, 0, tzinfo=UTC)
    assert (second.direction, second.text) == ("out", "Two\nlines\n")


def test_a_whole_document_is_read_as_lines_are(world: World, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in (EXPORTS / "zendesk.jsonl").read_text().splitlines()]
    users = json.loads((EXPORTS / "zendesk-users.json").read_text())["users"]
    whole = tmp_path / "whole.json"
    whole.write_text(json.dumps({"tickets": rows, "users": users}, indent=1))
    assert [each.ticket for each in take(world, "zendesk", whole)] == ["TICKET-4709", "TICKET-4711"]
    assert {each.outcome for each in zendesk(world)} == {"known"}
    # So is a page of the API a line.
    pages = tmp_path / "pages.jsonl"
    pages.write_text("".join(json.dumps({"tickets": [row], "users": users}) + "\n" for row in rows))
    assert [each.outcome for each in take(world, "zendesk", pages)] == ["known", "known"]


def test_twice_is_once_in_every_clone_and_a_later_export_adds(world: World, tmp_path: Path) -> None:
    clone = Clone.of(world, tmp_path / "clone", "lee")
    zendesk(world)
    before = {path: (world.root / path).read_bytes() for path in world.paths()}
    assert {each.outcome for each in zendesk(world)} == {"known"}
    assert {path: (world.root / path).read_bytes() for path in world.paths()} == before
    zendesk(clone.world)
    clone.world.git("pull", "--no-edit", "--quiet")
    assert clone.world.paths() == world.paths()
    assert [len(ticket.entries) for ticket in clone.world.tickets()] == [
        len(ticket.entries) for ticket in world.tickets()
    ]
    rows = [json.loads(line) for line in (EXPORTS / "zendesk.jsonl").read_text().splitlines()]
    rows[0]["comments"].append(
        {
            "id": 999,
            "author_id": 11,
            "public": True,
            "plain_body": "Thanks",
            "created_at": "2026-03-04T00:00:00Z",
        }
    )
    rows[0]["status"] = "open"
    later = tmp_path / "later.jsonl"
    later.write_text("".join(json.dumps(row) + "\n" for row in rows))
    took = take(world, "zendesk", later, tables=USERS)
    assert [(each.outcome, each.messages) for each in took] == [("known", 0), ("extended", 1)]
    ticket = world.ticket("TICKET-4711")
    assert (ticket.messages[-1].text, ticket.status) == ("Thanks\n", "resolved")


def test_a_number_that_was_given_out_here_stays_here(world: World) -> None:
    world.take(write_mail(1))
    (world.state / "last-number").write_text("4710\n")
    took = zendesk(world)
    assert [each.ticket for each in took] == ["TICKET-4711", "TICKET-4712"]
    # 4709 became 4711, so that 4711 of there is another number here; both are found by their own.
    assert show(world.desk, "ZD-4711").ticket.id == "TICKET-4712"
    assert show(world.desk, "zd-4709").ticket.id == "TICKET-4711"
    assert show(world.desk, "4709").ticket.id == "TICKET-4711"
    with pytest.raises(NotFoundError):
        show(world.desk, "ZD-1")


def test_an_import_writes_to_nobody(fresh_desk: Path, tmp_path: Path) -> None:
    """Everything that writes by itself is on; the tickets are open, late, assigned, and name agents."""
    world = Automatic.settle(fresh_desk, tmp_path / "quiet")
    world.git("config", "desk.role", "server")
    cron(world.root, now=world.now)
    zendesk(world)
    assert {ticket.status for ticket in world.tickets()} == {"open", "resolved"}
    for span in ({}, {"hours": 2}, {"days": 2}):
        assert replace(world, now=world.now + timedelta(**span)).tick() == []
        cron(world.root, now=world.later(**span).now)
    assert world.posted() == []
    facts = [fact for ticket in world.tickets() for event in ticket.events for fact in event.facts]
    assert {key for key, _ in facts} <= {"imported", "policy"}
    # It is the import that is quiet, not the desk.
    later = replace(world, now=world.now + timedelta(days=2))
    later.comes(write_mail(3).replace(b"20 Nov 2026", b"22 Nov 2026"))
    assert later.tick() == []
    assert [mail.kind for mail in later.posted()] == ["acknowledgement"]


def test_the_state_is_what_the_events_say_and_nothing_is_to_mend(world: World) -> None:
    zendesk(world)
    take(world, "request-tracker", EXPORTS / "request-tracker.jsonl")
    for ticket in world.tickets():
        state = replay(ticket)
        said = [state.get(name, "") for name in ("status", "subject", "assignee", "type", "requester")]
        assert said == [ticket.status, ticket.subject, ticket.assignee, ticket.type, str(ticket.requester)]
        assert state.get("tags", ()) == ticket.tags
    assert fsck(world.desk) == []
    assert world.status() == ""


def test_a_dry_run_writes_nothing(world: World) -> None:
    took = zendesk(world, dry_run=True)
    assert [each.outcome for each in took] == ["created", "created"]
    assert (world.paths(), world.status()) == ([], "")


def test_what_cannot_be_taken_over_costs_only_itself(world: World, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"id": 1, "created_at": "2026-01-01T00:00:00Z", "status": "waiting-for-moon", "comments": []},
        {"id": 2, "created_at": "yesterday", "comments": []},
        {"id": "x3", "created_at": "2026-01-01T00:00:00Z"},
        {"id": 4, "created_at": "2026-01-01T00:00:00Z", "comments": [{"id": 1, "plain_body": "when?"}]},
        {"id": 5, "created_at": "2026-01-01T00:00:00Z", "subject": "\x1b[2J\u202e", "comments": None},
        {
            "id": 6,
            "created_at": 1767225600,
            "comments": [
                {"created_at": "2026-01-01T00:00:00Z", "html_body": "<" * 9999},
                {"created_at": "2099-01-01T00:00:00Z", "body": "x"},
            ],
        },
    ]
    export = tmp_path / "odd.jsonl"
    export.write_text("".join(json.dumps(row) + "\n" for row in rows))
    took = {each.number: each for each in take(world, "zendesk", export)}
    assert Counter(each.outcome for each in took.values()) == {"failed": 4, "created": 2}
    assert re.match(r'/.*/zendesk.yaml:\d+: unknown status "waiting-for-moon"', took[1].why)
    assert "words: {waiting-for-moon: …}" in took[1].why
    assert took[2].why.startswith("'yesterday' is no time. There is no `times:` in ")
    assert took[4].why == "its message 1 has no time"
    assert "\x1b" not in (world.root / world.paths()[0]).read_text()
    assert max(ticket.last_at for ticket in world.tickets() if ticket.last_at) <= world.later(hours=1).now
    documents = [json.loads(json.dumps(as_document(each))) for each in took.values()]
    assert faults(documents, "list of imported") == []


def test_a_fault_of_ours_keeps_one_ticket_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = import_filing.open_ticket

    def fails(*args: Any, **given: Any) -> Any:
        if given["subject"] == "Wrong VAT number":
            raise RuntimeError("\x1b[2J of the export")
        return real(*args, **given)

    monkeypatch.setattr(import_filing, "open_ticket", fails)
    first, second = zendesk(world)
    assert (first.outcome, second.outcome) == ("created", "failed")
    assert second.why.startswith("RuntimeError in ")
    monkeypatch.undo()
    assert [each.outcome for each in zendesk(world)] == ["known", "created"]


def test_no_file_is_read_outside_of_the_folder(world: World, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "files" / "link").symlink_to(tmp_path / "secret")
    names = ["../secret", "/etc/passwd", "link", "secret"]
    comment = {
        "id": 1,
        "created_at": "2026-01-01T00:00:00Z",
        "plain_body": "x",
        "attachments": [
            {"id": name, "file_name": name, "content_url": "http://127.0.0.1:1/"} for name in names
        ],
    }
    export = tmp_path / "one.jsonl"
    export.write_text(
        json.dumps({"id": 1, "created_at": "2026-01-01T00:00:00Z", "comments": [comment]}) + "\n"
    )
    (took,) = take(world, "zendesk", export, files=str(tmp_path / "files"))
    message = world.ticket("TICKET-1").messages[0]
    assert (message.attachments, len(took.missing)) == ((), 4)
    assert message.flags == tuple(f"not imported: {name}" for name in names)


def test_a_kill_in_the_middle_and_the_same_call_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ended behind the first chunk: what was answered is there, the rest comes with the next call."""
    monkeypatch.setattr(importing, "_CHUNK", 1)
    plan = plan_import(world.desk, "zendesk", [EXPORTS / "zendesk.jsonl"], tables=USERS)
    going = import_tickets(world.desk, plan)
    assert next(going).ticket == "TICKET-4709"
    going.close()
    assert len(world.paths()) == 1
    assert [each.outcome for each in zendesk(world)] == ["known", "created"]
    assert world.status() == ""


HEAD = "name: x\nprefix: X\n"
BROKEN = {
    "name: x\nprefix: X\n": 'm.yaml:1: the key "ticket" is missing',
    "name: x\nprefix: X\nticket: {number: id}\n": '"created" is missing below `ticket:`',
    "name: X!\nprefix: X\n": 'm.yaml:1: "X!" is not possible here',
    f"{HEAD}ticket:\n  number: id\n  created: at\n  subjekt: s\n": 'm.yaml:6: unknown key "subjekt"',
    "name: x\nprefix: X\nticket: {number: id, created: users(a).b}\n": 'm.yaml:3: there is no table "users"',
    f"{HEAD}ticket: {{number: id, created: {{words: {{a: b}}}}}}\n": "either `from` or `is` belongs here",
    f"{HEAD}ticket: {{number: id, created: at}}\nfiles: {{name: a}}\n": "`files:` are those of messages",
    "format: 2\nname: x\n": "this mapping has format 2",
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_slip_in_a_mapping_is_named_with_its_line(text: str) -> None:
    with pytest.raises(InvalidFileError, match=re.escape(BROKEN[text])):
        read_mapping(text, place="m.yaml")


def test_what_is_named_wrongly_is_said_before_anything_is_written(world: World, tmp_path: Path) -> None:
    assert mapping_names(world.desk) == ["osticket", "request-tracker", "zendesk"]
    bad = tmp_path / "bad.json"
    bad.write_text('{"tickets": [\n{"id": 1,}\n]}')
    wrong: list[tuple[str, Path, dict[str, Any], type[DeskError]]] = [
        ("zendesq", EXPORTS / "zendesk.jsonl", {}, NotFoundError),
        ("zendesk", tmp_path / "nothing.json", {}, NotFoundError),
        ("zendesk", bad, {}, InvalidFileError),
        (
            "zendesk",
            EXPORTS / "zendesk.jsonl",
            {"tables": {"people": EXPORTS / "zendesk-users.json"}},
            UsageError,
        ),
        ("zendesk", EXPORTS / "zendesk.jsonl", {"files": str(tmp_path / "none")}, NotFoundError),
    ]
    for mapping, path, given, kind in wrong:
        with pytest.raises(kind):
            take(world, mapping, path, **given)
    assert world.paths() == []
