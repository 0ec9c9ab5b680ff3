"""docs/JSON.md and what the commands print are the same, key by key."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from corpus_door.front import ROOT, Front
from documented import PAGE, faults, tables
from hypothesis import given
from made_tickets import tickets

from helpdesk_cli.tickets.as_json import show_json
from helpdesk_cli.tickets.entries import Message

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.tickets.ticket import Ticket

MAIL = b"""\
From: Ada Lovelace <ada@example.org>
To: Support <support@example.com>
Cc: Bob <bob@example.org>
Date: Fri, 20 Nov 2026 09:12:00 +0000
Message-ID: <m1@example.org>
Subject: Wrong VAT number
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b

Hello
--b
Content-Type: application/pdf
Content-Disposition: attachment; filename="a.pdf"

x
--b--
"""
ANSWER = b"""\
From: Ada Lovelace <ada@example.org>
To: Support <support@example.com>
Message-ID: <m2@example.org>
In-Reply-To: <m1@example.org>
Subject: Re: Wrong VAT number

It was corrected.

> Hello
"""
# Section 5 of the issue: what scripts were promised before anything else.
PROMISED = {
    "document": "schema kind ticket",
    "ticket": "id uid subject status priority category type product team inbox channel requester cc assignee"
    " tags created_at merged_into formerly links path timeline",
    "contact": "name email phone handle",
    "entry: message": "kind id at direction from to cc subject message_id in_reply_to references threaded_by"
    " text new_text automatic bulk spam failed_recipients delivery attachments",
    "person": "name email",
    "attachment": "filename content_type size sha256 path",
    "entry: note": "kind by at text",
    "entry: event": "kind by at changes",
    "ingested": "schema kind file outcome ticket message",
    "tickets": "schema kind total items",
}


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Front:
    """A desk on which a little of everything has happened."""
    front = Front.make(tmp_path_factory.mktemp("json"))
    assert front.desk("ingest", stdin=MAIL).code == 0
    assert front.desk("ingest", stdin=ANSWER).code == 0
    for words in (
        ("new", "-s", "A call", "-m", "Please call back.", "--for", "Kim", "--phone", "+49301234"),
        ("note", "1", "-m", "Called her."),
        ("take", "1"),
        ("tag", "1", "+vat"),
        ("resolve", "2"),
    ):
        done = front.desk("--as", "dana", *words)
        assert done.code == 0, done.err
    return front


def document(front: Front, *words: str, code: int = 0, stdin: bytes = b"") -> dict[str, Any]:
    """What a command prints, one document."""
    ended = front.desk("--as", "dana", *words, stdin=stdin)
    assert ended.code == code, ended.err
    found: dict[str, Any] = json.loads(ended.text)
    return found


def test_show(front: Front) -> None:
    found = document(front, "show", "--json", "1")
    assert faults(found, "document") == []
    kinds = [entry["kind"] for entry in found["ticket"]["timeline"]]
    assert {"message", "note", "event"} == set(kinds)
    message = found["ticket"]["timeline"][0]
    assert (message["number"], message["attachments"][0]["filename"]) == ("1.1", "a.pdf")


def test_show_of_several_is_one_a_line(front: Front) -> None:
    found = front.desk("show", "--json", "1", "2").documents()
    assert [each["ticket"]["id"] for each in found] == ["TICKET-1", "TICKET-2"]
    assert faults(found, "list of document") == []


@given(tickets())
def test_show_of_any_ticket(ticket: Ticket) -> None:
    """Tombstones among them; of words that a hand may have put in place of ours, any."""
    ours = tuple(
        replace(entry, automatic="", bulk="") if isinstance(entry, Message) else entry
        for entry in ticket.entries
    )
    found = json.loads(
        json.dumps(show_json(replace(ticket, entries=ours), path="tickets/2026/11/TICKET-42.md"))
    )
    assert faults(found, "document") == []


def test_lists(front: Front) -> None:
    assert faults(document(front, "list", "--json", "--all", "--limit", "0"), "tickets") == []
    assert faults(document(front, "list", "-O", "json"), "tickets") == []
    limited = document(front, "list", "--json", "--all", "--limit", "1")
    assert (limited["total"], len(limited["items"])) == (2, 1)
    assert faults(document(front, "overview", "--json"), "overview") == []


def test_count_and_next(front: Front) -> None:
    assert faults(document(front, "count", "--json", "--all"), "count") == []
    counted = document(front, "count", "--json", "--all", "--by", "assignee")
    assert faults(counted, "count") == []
    assert sum(item["tickets"] for item in counted["items"]) == counted["total"] == 2
    assert faults(document(front, "next", "--json"), "next") == []


def test_ingest(front: Front, tmp_path: Path) -> None:
    (tmp_path / "mail.eml").write_bytes(MAIL)
    known = document(front, "ingest", "--json", str(tmp_path / "mail.eml"))
    assert faults(known, "ingested") == []
    assert (known["outcome"], known["ticket"], known["message"]) == ("duplicate", "TICKET-1", "1.1")
    piped = document(front, "ingest", "--json", stdin=MAIL)
    assert faults(piped, "ingested") == []
    assert piped["file"] is None


def test_new(front: Front) -> None:
    given_ = json.dumps({"on": "2", "text": "She called again."}).encode()
    assert faults(document(front, "new", "--json", "-", stdin=given_), "opened") == []


def test_attachments_and_logs(front: Front) -> None:
    assert faults(document(front, "attachments", "1", "-O", "json"), "attachments") == []
    assert faults(document(front, "log", "1", "--json"), "log") == []
    assert faults(document(front, "log", "--json"), "log") == []


def test_outbox(tmp_path: Path) -> None:
    front = Front.make(tmp_path)
    assert front.desk("ingest", stdin=MAIL).code == 0
    assert front.desk("--as", "dana", "reply", "1", "--yes", "-m", "Corrected.").code == 0
    found = document(front, "outbox", "--json")
    assert faults(found, "outbox") == []
    (mail,) = found["items"]
    assert (mail["state"], mail["ticket"], mail["to"]) == ("queued", "TICKET-1", ["ada@example.org"])
    assert document(front, "show", "--json", "1")["ticket"]["timeline"][2]["id"] == mail["entry"]


def test_checks(tmp_path: Path) -> None:
    front = Front.make(tmp_path)
    assert faults(document(front, "fsck", "--json"), "findings") == []
    assert front.desk("ingest", stdin=MAIL).code == 0
    (ticket,) = front.root.glob("tickets/*/*/*.md")
    ticket.write_text(ticket.read_text().replace("status: new", "status: open"))
    found = document(front, "fsck", "--json", code=1)
    assert faults(found, "findings") == []
    assert found["items"]
    mended = document(front, "fsck", "--repair", "--json")
    assert faults(mended, "findings") == []
    assert mended["repaired"]
    seen = json.loads(front.desk("doctor", "--json").text)
    assert faults(seen, "diagnoses") == []
    assert seen["items"]


def test_who_and_backup(front: Front, tmp_path: Path) -> None:
    assert faults(document(front, "whoami", "--json"), "agent") == []
    assert faults(document(front, "backup", "--json", str(tmp_path / "backup.tar.gz")), "backup") == []


def test_service_levels(front: Front, tmp_path: Path) -> None:
    found = document(front, "sla", "--all", "--json")
    assert faults(found, "service-levels") == []
    assert found["items"][0]["clocks"]
    explained = document(front, "sla", "explain", "1", "--json", "--now", "2099-01-01T12:00:00Z")
    assert faults(explained, "service-level") == []
    (clock, *_) = explained["clocks"]
    assert sum(each["counted_seconds"] for each in clock["account"]) == clock["used_seconds"]
    assert faults(document(front, "sla", "check", "--json"), "sla-check") == []
    new = tmp_path / "new.yaml"
    new.write_text("policies: [{name: a, update: 1d}]")
    compared = document(front, "sla", "diff", "--sla", str(new), "--period", "1990..2099", "--json")
    assert faults(compared, "service-level-difference") == []
    assert compared["items"]


def test_rules_that_are_tried(front: Front, tmp_path: Path) -> None:
    new = tmp_path / "new.yaml"
    new.write_text(
        "rules: [{name: a, event: created, when: 'subject:nothing', do: [{tag: x}]},"
        " {name: b, event: [created, timer], do: [{tag: y}], stop: yes}, "
        "{name: c, event: created, do: [spam]}]"
    )
    replayed = document(
        front, "rules", "replay", "--json", "--rules", str(new), "--since", "1990..2099", code=1
    )
    assert faults(replayed, "rules-replay") == []
    assert replayed["items"]
    explained = document(front, "rules", "explain", "--json", "--rules", str(new), "1.1")
    assert faults(explained, "rules-explained") == []
    assert [each["verdict"] for each in explained["rules"]] == ["no-match", "acted", "stopped"]
    (tmp_path / "it.eml").write_bytes(MAIL if isinstance(MAIL, bytes) else MAIL.encode())
    (tmp_path / "it.yaml").write_text("expect: {rules: [b], ticket: {team: billing}}")
    tested = document(
        front, "rules", "test", "--json", "--rules", str(new), str(tmp_path / "it.yaml"), code=1
    )
    assert faults(tested, "rules-test") == []
    assert tested["items"][0]["differences"]


def test_every_command_with_json_has_its_section() -> None:
    """A command that learns `--json` is written down here as well; `attachments` has it as `-O json`."""
    commands = {
        page.stem
        for page in (ROOT / "docs/commands").glob("*.md")
        if re.search(r"^- `(-\w, )?--json", page.read_text("utf-8"), re.MULTILINE)
    }
    sections = set(re.findall(r"^## desk ([\w-]+)(?: \w+)? -", PAGE.read_text("utf-8"), re.MULTILINE))
    assert sections == commands | {"overview", "attachments"}


def test_what_was_promised_is_there() -> None:
    for name, keys in PROMISED.items():
        assert set(keys.split()) <= tables()[name].keys(), name


def test_every_table_is_used_by_another_or_by_a_command() -> None:
    """No table is left over from what was printed once."""
    kinds = {kind for table in tables().values() for kind in table.values()}
    named = {word for kind in kinds for word in (kind.removesuffix(" or null").removeprefix("list of "),)}
    alone = {name for name in tables() if name not in named and not name.startswith(("entry:", "change:"))}
    assert all('"desk/1"' in tables()[name].get("schema", "") for name in alone)
