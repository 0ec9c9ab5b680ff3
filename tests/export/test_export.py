"""`desk export`: what leaves is what was there, threads intact, and nothing that was not meant for others."""

from __future__ import annotations

import csv
import io
import json
import mailbox
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from care.world import AT, World, write_mail
from export.conftest import DANA, SECRET
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk_cli.channels.sources import find_mail
from helpdesk_cli.cli import export
from helpdesk_cli.desk.export import Exported, documents, find
from helpdesk_cli.desk.export import mailbox as as_mailbox
from helpdesk_cli.desk.ingest_many import ingest_many
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.desk.redacting import Wish, redact
from helpdesk_cli.desk.show import show
from helpdesk_cli.mail.mbox import mbox_entry
from helpdesk_cli.mail.rebuilt import Old, rebuild
from helpdesk_cli.tickets.person import Person

if TYPE_CHECKING:
    from email.message import Message
    from pathlib import Path


def write_mbox(world: World, place: Path, *query: str, notes: bool = False) -> Exported:
    """The export in a file."""
    done = Exported()
    found = find(world.desk, query, actor=None)
    with closing(found), place.open("wb") as file:
        file.writelines(as_mailbox(world.desk, found.paths, done, notes=notes))
    return done


def original_of(world: World, number: int) -> Path:
    """Where the original of a mail lies."""
    wanted = b"\nMessage-ID: <m%d@" % number
    (place,) = [path for path in world.state.glob("raw/*/*") if wanted in path.read_bytes()]
    return place


def read_mbox(place: Path) -> list[Message]:
    """The mails in it, as Python's own reader takes them."""
    with closing(mailbox.mbox(place, create=False)) as box:
        return list(box)


def threads(mails: list[Message]) -> dict[str, str]:
    """The id at the root of each mail's thread, by the ids that it names and nothing else."""
    parents: dict[str, str] = {}
    for mail in mails:
        named = f"{mail['References'] or ''} {mail['In-Reply-To'] or ''}".split()
        parents[mail["Message-ID"]] = named[-1] if named else ""
    roots = {}
    for name in parents:
        chain = [name]
        while parents.get(chain[-1]):
            chain.append(parents[chain[-1]])
            assert len(chain) <= len(parents), f"a circle: {chain}"
        roots[name] = chain[-1]
    return roots


def test_originals_leave_byte_for_byte_but_for_the_quoting(spoken: World, tmp_path: Path) -> None:
    place = tmp_path / "all.mbox"
    done = write_mbox(spoken, place)
    assert (done.tickets, done.mails, done.rebuilt, done.missing) == (3, 5, 1, [])
    sources = list(find_mail(place))
    added = b"X-Desk-Ticket: TICKET-1\nX-Desk-Message: 1.1\n"
    data = sources[0].read()
    assert data.startswith(added)
    raw = original_of(spoken, 1).read_bytes()
    assert data.removeprefix(added).rstrip(b"\n") == raw.rstrip(b"\n")
    assert b"\n>From the top.\n>>From there.\n" in place.read_bytes()


@pytest.mark.parametrize("where", ["server", "clone"])
def test_threads_are_those_of_the_tickets(spoken: World, tmp_path: Path, where: str) -> None:
    """In a clone there are no originals: the same mails under the same ids, with their attachments."""
    if where == "clone":
        for path in spoken.state.glob("raw/*/*"):
            path.unlink()
    place = tmp_path / "all.mbox"
    done = write_mbox(spoken, place)
    assert done.rebuilt == (1 if where == "server" else 5)
    mails = read_mbox(place)
    by_ticket: dict[str, set[str]] = {}
    for mail, root in zip(mails, threads(mails).values(), strict=True):
        by_ticket.setdefault(mail["X-Desk-Ticket"], set()).add(root)
    assert {ticket: len(roots) for ticket, roots in by_ticket.items()} == {
        "TICKET-1": 1,
        "TICKET-2": 1,
        "TICKET-3": 1,
    }
    assert by_ticket["TICKET-1"] == {"<m1@customer.example>"}
    (file,) = [part for part in mails[0].walk() if part.get_filename() == "invoice.pdf"]
    assert file.get_payload(decode=True) == b"%PDF \x00 small"


def test_a_mail_without_id_and_without_reference_is_still_in_its_thread(
    spoken: World, tmp_path: Path
) -> None:
    mail = write_mail(7).replace(b"Message-ID: <m7@customer.example>\n", b"")
    spoken.take(mail.replace(b"Subject: Request 7", b"Subject: Re: [TICKET-1] Request 1"))
    place = tmp_path / "one.mbox"
    write_mbox(spoken, place, "id:1")
    mails = read_mbox(place)
    assert len(mails) == 4
    assert set(threads(mails).values()) == {"<m1@customer.example>"}
    assert mails[-1]["Message-ID"].endswith("@missing.invalid>")


def test_a_ticket_that_begins_with_its_answer_has_no_circle(spoken: World, tmp_path: Path) -> None:
    """Imported mail has its own date: what was answered may stand behind its answer, as by a wrong clock."""
    answer = write_mail(31, answers=32)
    asked = write_mail(32).replace(b"09:32:00", b"09:33:00")
    for mail in (answer, asked):
        spoken.take(mail, Options(live=False))
    place = tmp_path / "all.mbox"
    write_mbox(spoken, place, "subject:32")
    mails = read_mbox(place)
    assert len(mails) == 2
    assert set(threads(mails).values()) == {"<m32@customer.example>"}


def test_notes_and_events_stay_unless_asked_for(spoken: World, tmp_path: Path) -> None:
    place = tmp_path / "all.mbox"
    write_mbox(spoken, place)
    assert SECRET.encode() not in place.read_bytes()
    write_mbox(spoken, place, notes=True)
    (told,) = [mail for mail in read_mbox(place) if mail["X-Desk-Note"] == "yes"]
    assert (told["From"], SECRET in told.get_payload()) == ("Dana Davis <dana@example.com>", True)
    assert threads(read_mbox(place))[told["Message-ID"]] == "<m1@customer.example>"


def test_what_was_redacted_does_not_come_back(spoken: World, tmp_path: Path) -> None:
    """Not even where an original was left behind, as in a folder that somebody copied back."""
    kept = original_of(spoken, 2)
    data = kept.read_bytes()
    redact(spoken.desk, Wish("1.2", why="asked"), actor=DANA)
    kept.write_bytes(data)
    place = tmp_path / "all.mbox"
    write_mbox(spoken, place)
    assert b"This is what mail 2 says" not in place.read_bytes()


def test_the_export_comes_in_again_as_what_it_was(spoken: World, tmp_path: Path) -> None:
    """Into its own desk it brings nothing of what came by mail; into another, the same conversations."""
    place = tmp_path / "all.mbox"
    write_mbox(spoken, place, "id:1,2")
    own = ingest_many(spoken.desk, find_mail(place), Options())
    assert {done.outcome for done in own} == {"duplicate"}
    other = World.make(tmp_path / "other")
    done = list(ingest_many(other.desk, find_mail(place), Options()))
    assert [each.ticket for each in done] == ["TICKET-1", "TICKET-1", "TICKET-1", "TICKET-2"]


def test_jsonl_is_what_show_says(spoken: World) -> None:
    done = Exported()
    found = find(spoken.desk, ["sort:-created"], actor=None)
    with closing(found):
        told = list(documents(spoken.desk, found.paths, done))
    assert told == [show(spoken.desk, str(each["ticket"]["id"])).json() for each in told]
    assert len(told) == 3
    assert json.loads(json.dumps(told)) == told


def test_one_ticket_at_a_time_and_a_lost_one_is_named(spoken: World) -> None:
    done = Exported()
    found = find(spoken.desk, [], actor=None)
    with closing(found):
        stream = as_mailbox(spoken.desk, found.paths, done)
        next(stream)
        (spoken.root / found.paths[1]).unlink()
        (spoken.root / found.paths[2]).write_bytes(b"no ticket")
        rest = list(stream)
    assert len(rest) == 2
    assert done.tickets == 1
    assert [found.paths[1] in done.missing[0], found.paths[2] in done.missing[1]] == [True, True]


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=4))
@settings(max_examples=60)
def test_no_mail_ends_another(bodies: list[bytes]) -> None:
    """Whatever stands in a mail: as many come out as went in, each as it was."""
    lines = [b"Subject: x\n\n" + body.replace(b"\r", b"") + b"\n" for body in bodies]
    lines += [b"Subject: x\n\nFrom a@b Mon Jan  1 00:00:00 2024\n\nFrom x\n\n>From y\n"]
    whole = b"".join(mbox_entry(data, sender="a b\nFrom c", at=AT) for data in lines)
    found = _split(whole)
    assert [each.rstrip(b"\n") for each in found] == [each.rstrip(b"\n") for each in lines]


def _split(whole: bytes) -> list[bytes]:
    """As an mboxrd reader does it, written down independently: by lines."""
    mails: list[list[bytes]] = []
    for line in whole.split(b"\n"):
        if line.startswith(b"From "):
            mails.append([])
        else:
            quoted = line.lstrip(b">").startswith(b"From ") and line.startswith(b">")
            mails[-1].append(line[1:] if quoted else line)
    return [b"\n".join(each) for each in mails]


@given(name=st.text(max_size=30), address=st.text(max_size=30), subject=st.text(max_size=60), text=st.text())
@settings(max_examples=60)
def test_no_value_makes_a_header(name: str, address: str, subject: str, text: str) -> None:
    person = Person(name, address, phone="+49 30\r\nBcc: x@y.example")
    old = Old(
        person, f"{subject}\r\nBcc: x@y.example", text, "m@x", AT, to=(person,), references=("a@b", "c\nd")
    )
    head = rebuild(old).split(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert len(names) == len(set(names))
    assert b"Bcc" not in names
    assert head.isascii()


@pytest.mark.parametrize("at_once", [1, 2, 3, 4])
def test_a_table_that_is_made_in_pieces_has_every_ticket(
    spoken: World, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(export, "_AT_ONCE", at_once)
    done = Exported()
    found = find(spoken.desk, [], actor=None)
    with closing(found):
        text = "".join(export.table_pieces(spoken.desk, found, done, raw=False))
    assert [row["id"] for row in csv.DictReader(io.StringIO(text))] == ["TICKET-1", "TICKET-2", "TICKET-3"]
    assert done.tickets == 3


FORMULAS = ("=HYPERLINK(1)", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1", "＝1+1", "＠x")


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    # The command, as people call it: what is in the cells is decided there.
    from corpus_door.front import Front  # noqa: PLC0415 - brings the whole corpus with it

    front = Front.make(tmp_path)
    for subject in FORMULAS[:4] + FORMULAS[6:]:
        assert (
            front.desk("--as", "dana", "new", "-m", "x", f"--subject={subject}", "--for", subject).code == 0
        )
    safe = list(csv.DictReader(io.StringIO(front.desk("export", "csv").text)))
    assert len(safe) == 6
    cells = [cell for row in safe for cell in row.values() if not cell.lstrip("-").isdigit()]
    assert not [cell for cell in cells if cell[:1] in set("=+-@\t\r＝＋－＠")]
    plain = csv.DictReader(io.StringIO(front.desk("export", "csv", "--raw").text))
    assert [row["subject"] for row in plain] == [*FORMULAS[:4], *FORMULAS[6:]]
    place = tmp_path / "out.csv"
    assert front.desk("export", "csv", "-o", place, "subject:HYPERLINK").code == 0
    assert (place.stat().st_mode & 0o777, len(place.read_text().splitlines())) == (0o600, 2)
