"""What an export or a call leaves out is said, before anything is written, and can follow."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from importing.test_mappings import EXPORTS, USERS, take

from helpdesk_cli.desk.fsck import fsck
from helpdesk_cli.errors import InvalidFileError, UsageError
from helpdesk_cli.tickets.entries import Note

if TYPE_CHECKING:
    from pathlib import Path

    from care.world import World

BY_KEYS: dict[str, Any] = {
    "id": 7,
    "created_at": "2026-01-01T00:00:00Z",
    "requester_id": 11,
    "assignee_id": 20,
    "comments": [
        {
            "id": 1,
            "author_id": 11,
            "public": True,
            "plain_body": "Hello",
            "created_at": "2026-01-01T00:00:00Z",
        },
        {
            "id": 2,
            "author_id": 99,
            "public": True,
            "plain_body": "Who?",
            "created_at": "2026-01-02T00:00:00Z",
        },
    ],
}
OWN = "name: own\nprefix: OWN\nfile: csv\n"


def lines(place: Path, *rows: dict[str, Any]) -> Path:
    """An export with a ticket a line."""
    place.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return place


def test_a_table_that_is_wanted_must_be_there(world: World, tmp_path: Path) -> None:
    export, empty = lines(tmp_path / "keys.jsonl", BY_KEYS), tmp_path / "empty.json"
    empty.write_text('{"users": []}')
    with pytest.raises(UsageError, match='the table "users" is missing, and ticket 7 names 20 in it'):
        take(world, "zendesk", export)
    with pytest.raises(UsageError, match='the table "users" is empty'):
        take(world, "zendesk", export, tables={"users": empty})
    assert world.paths() == []


def test_a_table_is_the_list_that_the_mapping_names(world: World, tmp_path: Path) -> None:
    users = json.loads(USERS["users"].read_text())["users"]
    table, export = tmp_path / "table.json", lines(tmp_path / "keys.jsonl", BY_KEYS)
    table.write_text(json.dumps({"identities": [{"id": 11}], "other": [], "users": users}))
    (took,) = take(world, "zendesk", export, tables={"users": table}, dry_run=True)
    assert took.unknown == ("users 99",)
    take(world, "zendesk", export, tables={"users": table})
    ticket = world.ticket("TICKET-7")
    assert (ticket.requester.email, ticket.assignee) == ("ada@customer.example", "lee")
    # Whoever is unknown is not the requester.
    assert [message.from_.name for message in ticket.messages] == ["Ada Lovelace", "users 99"]
    table.write_text(json.dumps({"identities": [], "people": users}))
    with pytest.raises(InvalidFileError, match=r'it has no list "users" .identities, people.'):
        take(world, "zendesk", export, tables={"users": table})


def test_a_file_that_was_missing_comes_with_the_next_call(world: World, tmp_path: Path) -> None:
    files = tmp_path / "files"
    rows = [json.loads(line) for line in (EXPORTS / "zendesk.jsonl").read_text().splitlines()]
    rows[0]["comments"][1]["attachments"] = [
        {"id": 78, "file_name": "sum\n.txt", "content_url": "http://x/\n78"}
    ]
    export = lines(tmp_path / "z.jsonl", *rows)
    first = take(world, "zendesk", export, tables=USERS)[1]
    assert first.missing == (
        "TICKET-4711: the file invoice.pdf (https://example.zendesk.com/attachments/77) is not in the export",
        "TICKET-4711: the file sum .txt (http://x/78) is not in the export",
    )
    assert take(world, "zendesk", export, tables=USERS)[1].missing == first.missing
    for number, name in ((77, "invoice.pdf"), (78, "sum .txt")):
        (files / str(number)).mkdir(parents=True)
        (files / str(number) / name).write_bytes(b"%d" % number)
    before = world.ticket("TICKET-4711")
    for dry_run in (True, False):
        later = take(world, "zendesk", export, tables=USERS, files=str(files), dry_run=dry_run)[1]
        assert (later.outcome, later.messages, later.files, later.missing) == ("extended", 0, 2, ())
    ticket = world.ticket("TICKET-4711")
    assert set(before.entries) < set(ticket.entries)
    late = [entry for entry in ticket.entries if isinstance(entry, Note) and entry.by == "import"]
    assert [(world.root / "tickets/2026/03" / each.attachments[0].path).read_bytes() for each in late] == [
        b"77",
        b"78",
    ]
    assert [entry.text for entry in late] == [
        "invoice.pdf belongs to what is said above.\n",
        "sum .txt belongs to what is said above.\n",
    ]
    (again,) = take(world, "zendesk", export, tables=USERS, files=str(files))[1:]
    assert (again.outcome, again.missing, world.ticket("TICKET-4711")) == ("known", (), ticket)
    assert fsck(world.desk) == []


def test_each_file_of_one_name_comes_itself(world: World, tmp_path: Path) -> None:
    files = tmp_path / "files"
    row = json.loads((EXPORTS / "zendesk.jsonl").read_text().splitlines()[0])
    row["comments"][0]["attachments"] = [
        {"id": number, "file_name": "image.png", "content_url": f"http://x/{number}"} for number in (1, 2, 3)
    ]
    export = lines(tmp_path / "z.jsonl", row)
    outcomes = []
    for number in (1, 3, 2, 0):
        if number:
            (files / str(number)).mkdir(parents=True)
            (files / str(number) / "image.png").write_bytes(b"%d" % number)
        (took,) = take(world, "zendesk", export, tables=USERS, files=str(files))
        outcomes.append((took.outcome, took.files, len(took.missing)))
    assert outcomes == [("created", 0, 2), ("extended", 1, 1), ("extended", 1, 0), ("known", 0, 0)]
    (ticket,) = world.tickets()
    found = [each for entry in ticket.entries for each in getattr(entry, "attachments", ())]
    assert sorted(each.sha256 for each in found) == sorted(
        hashlib.sha256(b"%d" % number).hexdigest() for number in (1, 2, 3)
    )


@pytest.mark.parametrize("odd", [{"file_name": "\ud800.pdf"}, {"id": "1\0"}])
def test_a_name_that_no_file_can_have_keeps_no_ticket_out(
    world: World, tmp_path: Path, odd: dict[str, str]
) -> None:
    row = json.loads((EXPORTS / "zendesk.jsonl").read_text().splitlines()[0])
    row["comments"][0]["attachments"] = [
        {"id": 5, "file_name": "a.pdf", "content_url": "http://x/5"} | odd,
    ]
    (tmp_path / "files").mkdir()
    export = lines(tmp_path / "z.jsonl", row)
    (took,) = take(world, "zendesk", export, tables=USERS, files=str(tmp_path / "files"))
    assert (took.outcome, len(took.missing)) == ("created", 1)


def test_a_name_is_no_agent(world: World, tmp_path: Path) -> None:
    note = {"id": 1, "public": False, "plain_body": "x", "created_at": "2026-01-01T00:00:00Z"}
    row = {**BY_KEYS, "requester_id": None, "assignee_id": None}
    row["comments"] = [{**note, "author": {"name": "dana"}}, {**note, "id": 2}]
    take(world, "zendesk", lines(tmp_path / "n.jsonl", row))
    said = [entry.by for entry in world.ticket("TICKET-7").entries if isinstance(entry, Note)]
    assert said == ["zendesk:dana", "zendesk:unknown"]


def own_csv(folder: Path, ticket: str, text: str, head: str = "") -> tuple[str, Path]:
    """A mapping of somebody's own, and their file."""
    (folder / "own.yaml").write_text(f"{OWN}{head}ticket: {{{ticket}}}\n")
    (folder / "own.csv").write_text(text)
    return str(folder / "own.yaml"), folder / "own.csv"


def test_columns_of_a_csv(world: World, tmp_path: Path) -> None:
    given = own_csv(
        tmp_path,
        "number: Ticket No., created: Opened, status: State | Status, tags: Topic, subject: Subject",
        "Ticket No.,Opened,Subject\n7,2026-01-01,x\n",
    )
    with pytest.raises(
        InvalidFileError, match=r'own.csv:1: there are no columns "State \| Status", "Topic"\. The'
    ):
        take(world, *given)
    long = "y" * 200_000
    given = own_csv(
        tmp_path,
        "number: Ticket No., created: Opened, status: State | Status, subject: Subject",
        f"Ticket No.,Opened,Status,Subject,Text\n7,2026-01-01,open,x,{long}\n",
    )
    assert [each.ticket for each in take(world, *given)] == ["TICKET-7"]


def test_times_that_no_ticket_can_have_are_the_mappings_fault(world: World, tmp_path: Path) -> None:
    text = "no,at\n7,01.02.2026\n"
    for form in ("%Q", "dd.mm.yyyy"):
        given = own_csv(tmp_path, "number: no, created: at", text, f"times: '{form}'\n")
        with pytest.raises(InvalidFileError, match=r"own\.yaml:4: "):
            take(world, *given)
    (took,) = take(world, *own_csv(tmp_path, "number: no, created: at", text, "times: '%d/%m/%Y'\n"))
    assert took.why.startswith("'01.02.2026' is no time. `times: '%d/%m/%Y'` in ")
    with pytest.raises(InvalidFileError, match="this is a folder"):
        take(world, "zendesk", tmp_path)


def test_people_of_request_tracker_and_osticket(world: World, tmp_path: Path) -> None:
    row = json.loads((EXPORTS / "request-tracker.jsonl").read_text())
    row["ticket"]["Cc"] = [{"id": "kim@customer.example"}, {"id": "root"}, {"id": "eve@customer.example"}]
    take(world, "request-tracker", lines(tmp_path / "rt.jsonl", row))
    assert [str(each) for each in world.ticket("TICKET-42").cc] == [
        "eve@customer.example",
        "kim@customer.example",
    ]
    take(world, "osticket", EXPORTS / "osticket.csv")
    assert world.ticket("TICKET-654321").assignee == "dana"
