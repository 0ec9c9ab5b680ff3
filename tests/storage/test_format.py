"""docs/FORMAT.md, clause by clause: the number in a test's name is the clause that it holds to."""

from __future__ import annotations

import difflib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from histories import Op, happen, start
from rendering import RENDERERS, read_html

from helpdesk_cli.errors import ConflictError, InvalidFileError
from helpdesk_cli.storage.line_merge import show_both
from helpdesk_cli.storage.ticket_file import TicketFile, change_ticket_file, new_ticket_file, read_ticket_file
from helpdesk_cli.storage.ticket_merge import merge_ticket_files
from helpdesk_cli.tickets.changes import EntryAdded, FieldSet, ListChanged, apply, replay
from helpdesk_cli.tickets.entries import (
    Attachment,
    Event,
    Message,
    Note,
    Opaque,
    Segment,
    Tombstone,
    origin_of,
)
from helpdesk_cli.tickets.escapes import escape, unescape
from helpdesk_cli.tickets.ids import ALPHABET, is_id, write_id
from helpdesk_cli.tickets.links import INVERSE, Link, links_of
from helpdesk_cli.tickets.merge import merge
from helpdesk_cli.tickets.moves import Away, moved, stone_for
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.redaction import Redaction, redact_entry, redact_files, redact_subject
from helpdesk_cli.tickets.renumber import moved_files, with_id
from helpdesk_cli.tickets.ticket import Ticket

if TYPE_CHECKING:
    from collections.abc import Callable

FORMAT = Path(__file__).parents[2] / "docs" / "FORMAT.md"
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
UID = "4vq7m3x9k2wd8h5n"
HEAD = f'id: TICKET-42\nuid: "{UID}"\ncreated: "2026-11-20T12:00:00Z"\n'
ADA = Person("Ada", "ada@example.org")
NOTE = (
    "<!-- desk:note n1\nat: 2026-11-20T12:00:00Z\nby: kim\n-->\n## Note\n\n```text\nHello\n```\n"
    "<!-- /desk:note n1 -->\n"
)
TICKET = Ticket("TICKET-42", UID, NOON, subject="Invoice", status="new", tags=("a", "c"))


def read(text: str | bytes) -> TicketFile:
    return read_ticket_file(text if isinstance(text, bytes) else text.encode(), place="TICKET-42.md")


def front(lines: str, below: str = "") -> TicketFile:
    return read(f"---\n{HEAD}{lines}---\n{below}")


def body(below: str) -> Ticket:
    return front("", f"\n{below}").ticket


def broken(text: str | bytes) -> InvalidFileError:
    with pytest.raises(InvalidFileError) as caught:
        read(text)
    return caught.value


def written(ticket: Ticket) -> str:
    return str(new_ticket_file(ticket))


def message(text: str = "Hello\n", **more: object) -> Message:
    return Message("m1", NOON, ADA, body=(Segment("text", text),), **more)


def with_entry(entry: object) -> str:
    return written(replace(TICKET, entries=(entry,)))


def changed_lines(before: str, after: str) -> list[str]:
    pairs = difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True))
    return [line for line in pairs if line[0] in "+-"]


def test_every_clause_has_a_test_and_every_test_a_clause() -> None:
    clauses = re.findall(r"^\*\*F(\d+)\*\*", FORMAT.read_text(), re.MULTILINE)
    tests = {match[1] for name in globals() if (match := re.match(r"test_f(\d+)_", name))}
    assert clauses == [str(number) for number in range(1, len(clauses) + 1)]
    assert set(clauses) == tests


def test_the_example_is_a_ticket_file_as_the_desk_writes_it() -> None:
    example = re.search(r"^~~~markdown\n(.*?)^~~~$", FORMAT.read_text(), re.MULTILINE | re.DOTALL)
    assert example
    file = read(example[1])
    kinds = [entry.kind for entry in file.ticket.entries]
    assert kinds == ["message", "event"]
    by_hand = "\nCalled her: it is about the May invoice, too. (Written by hand, between two entries.)\n"
    assert str(new_ticket_file(file.ticket)) == example[1].replace(by_hand, "")


def test_f1_utf8_with_or_without_a_byte_order_mark() -> None:
    data = b"\xef\xbb\xbf---\n" + HEAD.encode() + b"---\n\nby hand: \xff\xfe\n"
    file = change_ticket_file(read(data), replace(read(data).ticket, status="open"))
    assert file.to_bytes() == data.replace(b"---\n\n", b"status: open\n---\n\n").replace(
        b"status: open\n", b"", 1
    ).replace(HEAD.encode(), HEAD.encode().replace(b"created", b"status: open\ncreated"))
    assert broken(b"---\nsubject: \xff\n---\n").place == "TICKET-42.md:2"


@pytest.mark.parametrize("char", ["\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_f2_only_lf_ends_a_line(char: str) -> None:
    assert body(f"a{char}<!-- desk:note n1\n").entries == ()


def test_f2_what_is_added_ends_as_the_first_line_does() -> None:
    mixed = f"---\r\n{HEAD}---\r\n\r\nby hand\n".encode()
    file = read(mixed)
    after = change_ticket_file(file, apply(replace(file.ticket, status="open"), EntryAdded(message())))
    data = after.to_bytes()
    added = data.replace(b"by hand\n", b"").replace(HEAD.split("created", maxsplit=1)[0].encode(), b"")
    assert data.startswith(mixed[: mixed.index(b"created")] + b"status: open\r\ncreated")
    assert b"by hand\n\r\n<!-- desk:message m1\r\n" in data
    assert added.count(b"\n") == added.count(b"\r\n") + 1  # `created`, which nobody touched
    assert read(data).ticket == after.ticket


def test_f3_the_last_line_may_lack_its_end() -> None:
    file = read(f"---\n{HEAD}---\n\n{NOTE}".removesuffix("\n"))
    after = change_ticket_file(file, apply(file.ticket, EntryAdded(Note("n2", NOON, "kim"))))
    assert "<!-- /desk:note n1 -->\n\n<!-- desk:note n2\n" in str(after)
    bare = read(f"---\n{HEAD}---")
    assert str(change_ticket_file(bare, apply(bare.ticket, EntryAdded(message())))).count("---\n\n<!--") == 1


def test_f4_reading_and_writing_changes_nothing() -> None:
    odd = (f"\ufeff---\r\n# c\n{HEAD}x: [1,\n  2]\r\n---\n\n\r\ntext\rx\n{NOTE}\n\ntail".encode()) + b"\xff"
    assert read(odd).to_bytes() == odd


def test_f5_attachments_lie_in_the_folder_of_the_id() -> None:
    file = Attachment("a.pdf", "application/pdf", 1, "ab", "TICKET-42/ab-a.pdf")
    text = with_entry(message(attachments=(file,)))
    assert "](TICKET-42/ab-a.pdf)" in text
    assert read(text).ticket.id == "TICKET-42"


def test_f6_front_matter_stands_between_two_lines_of_dashes() -> None:
    for text in ("", " ---\n", "----\n", "# x\n---\n"):
        assert "does not begin" in broken(text).message
    assert "no closing" in broken(f"---\n{HEAD}").message
    assert "no closing" in broken("---\n" + "x: y\n" * 20_000 + "---\n").message
    assert front("", "\n---\nstatus: closed\n---\n").ticket.status == ""


@pytest.mark.parametrize(
    "value", ["no", "1:30", "2024-13-45", "=", "~", "1_000", "null", "0x1f", ".inf", "<<"]
)
def test_f7_every_value_is_text(value: str) -> None:
    assert front(f"status: {value}\ntags:\n- {value}\n").ticket.status == value
    assert front(f"status: {value}\ntags:\n- {value}\n").ticket.tags == (value,)


@pytest.mark.parametrize(
    ("lines", "fact"),
    [
        ("status: a\nstatus: b\n", 'the key "status" stands twice (first in line 5)'),
        ("x: &a b\n", "anchors"),
        ("x: *a\n", "anchors"),
        ("x: !!int 1\n", "tags"),
        ("x: !y z\n", "tags"),
        ("...\n", "document"),
        ("--- x\n", "document"),
        ("x: {a: {b: {c: d}}}\ny: {a: {b: {c: {d: e}}}}\n", "nested deeper than 4"),
        ("[a]: b\n", "a key must be a word"),
        ('? "a\n  b"\n: c\n', "a key must be a word"),
    ],
)
def test_f8_what_yaml_can_do_and_a_ticket_does_not(lines: str, fact: str) -> None:
    error = broken(f"---\n{HEAD}{lines}---\n")
    assert fact in error.message
    line = 4 + max(1, lines.count("\n") if "twice" in fact or "deeper" in fact else 1)
    assert error.place == f"TICKET-42.md:{line}"


def test_f8_a_mapping_in_braces_is_no_front_matter() -> None:
    assert "lines of" in broken("---\n{id: TICKET-42, uid: x}\n---\n").message


def test_f9_the_keys_and_their_order() -> None:
    full = Ticket(
        *("TICKET-42", UID, NOON, "s", "st", "p", "c", "t", "pr", "te", "as", "in", "ch", ADA),
        cc=(ADA,),
        tags=("a",),
        links=("TICKET-1",),
        merged_into="TICKET-2",
        snoozed_until="2026-12-01T08:00:00Z",
        snooze_on_reply="keep",
        formerly=("TICKET-3",),
    )
    table = FORMAT.read_text().split("**F9**")[1].split("**F10**")[0]
    keys = re.findall(r"`([a-z-]+)`", table.split("|---|---|")[1])
    assert re.findall(r"^([a-z-]+):", written(full).split("---\n")[1], re.MULTILINE) == keys
    assert read(written(full)).ticket == full


@pytest.mark.parametrize("missing", ["id", "uid", "created"])
def test_f10_what_is_required(missing: str) -> None:
    lines = "".join(line for line in HEAD.splitlines(keepends=True) if not line.startswith(missing))
    assert missing in broken(f"---\n{lines}---\n").message


@pytest.mark.parametrize(
    "bad", ["42", "TICKET-0", "TICKET-042", "TICKET-1000000000", "A B-1", "1T-1", "TICKET-"]
)
def test_f10_what_an_id_looks_like(bad: str) -> None:
    assert broken(f"---\n{HEAD.replace('TICKET-42', bad)}---\n").place == "TICKET-42.md:2"


def test_f10_empty_values_are_missing_values() -> None:
    assert front('status: ""\nteam:\ntags: []\n').ticket == front("").ticket
    assert "status" not in written(replace(TICKET, status=""))


@pytest.mark.parametrize("char", ["\x00", "\x1b", "\x7f", "\x85", "\x9b", "\u2028", "\ufeff", "\ufffe", "\r"])
def test_f11_control_characters_are_escapes(char: str) -> None:
    error = broken(f"---\n{HEAD}subject: a{char}b\n---\n")
    assert (error.place, "control character" in error.message) == ("TICKET-42.md:5", True)
    code = f"\\u{{{ord(char):x}}}"
    assert code in error.hint
    assert front(f"subject: a{code}b\n").ticket.subject == f"a{char}b"


@pytest.mark.parametrize(
    ("person", "text"),
    [
        (Person("Ada", "ada@example.org"), "Ada <ada@example.org>"),
        (Person(email="ada@example.org"), "ada@example.org"),
        (Person("Ada", phone="+49 30", handle="@ada"), "Ada <tel:+49 30> <handle:@ada>"),
        (Person('A "x" <b@c>', "a@b"), '"A \\"x\\" <b@c>" <a@b>'),
        (Person("a@b", "c@d"), '"a@b" <c@d>'),
        (Person(" Ada "), '" Ada "'),
        (Person(email="a>b\\c@d"), "<a\\>b\\\\c@d>"),
    ],
)
def test_f12_how_a_person_is_written(person: Person, text: str) -> None:
    assert str(person) == text
    assert Person.read(text) == person


def test_f13_times() -> None:
    assert 'created: "2026-11-20T12:00:00Z"' in written(TICKET)
    late = replace(TICKET, created_at=NOON + timedelta(milliseconds=5))
    assert 'created: "2026-11-20T12:00:00.005Z"' in written(late)
    for text in ("2026-11-20 13:00:00+01:00", "2026-11-20T12:00", "20261120T120000Z"):
        assert (
            front("x: y\n").ticket.created_at
            == read(f"---\n{HEAD.replace('2026-11-20T12:00:00Z', text)}---\n").ticket.created_at
        )
    assert NOON.astimezone(timezone(timedelta(hours=1))) == NOON
    for bad in ("soon", "2026-13-01", "9999-12-31T23:59:59-14:00"):
        error = broken(f"---\n{HEAD.replace('2026-11-20T12:00:00Z', bad)}---\n")
        assert (error.place, "is not a time" in error.message) == ("TICKET-42.md:4", True)


def test_f14_lists() -> None:
    assert "tags:\n- a\n- b\ncreated" in written(replace(TICKET, tags=("b", "a", "b")))
    for text in (
        "tags:\n- b\n- a\n- b\n",
        "tags: [b, a]\n",
        "tags: b, a\n",
        "tags: a b\n",
        "tags:\n  - a\n  - b\n",
    ):
        assert front(text).ticket.tags == ("a", "b")
    assert front("cc: Ada Lovelace <ada@example.org>\n").ticket.cc == (
        Person("Ada Lovelace", "ada@example.org"),
    )


def test_f15_what_is_not_known_stays() -> None:
    odd = "# why\n\ntier: {level: [1, 2], x: {y: z}}  # gold\nnote: |\n  a\n  # b\n\nstatus: new\n"
    file = front(odd)
    after = change_ticket_file(file, replace(file.ticket, status="open", team="billing"))
    assert str(after) == str(file).replace("status: new\n", "status: open\nteam: billing\n")
    gone = change_ticket_file(file, replace(file.ticket, status=""))
    assert str(gone) == str(file).replace("status: new\n", "")


@pytest.mark.parametrize(
    "word", ["new", "Invoice 2026", "a/b", "ada@example.org", "Ada L. <ada@example.org>"]
)
def test_f16_plain_words_are_written_plain(word: str) -> None:
    assert f"status: {word}\n" in written(replace(TICKET, status=word))


@pytest.mark.parametrize(
    "word",
    [
        "no",
        "Yes",
        "y",
        "null",
        "NaN",
        "1",
        "1.5",
        "a: b",
        "a #b",
        " a",
        "a ",
        "-",
        "~",
        "é",
        "a\tb",
        "{",
        "=",
        "@",
    ],
)
def test_f16_anything_else_is_quoted(word: str) -> None:
    text = written(replace(TICKET, status=word))
    line = next(line for line in text.split("\n") if line.startswith("status"))
    assert re.fullmatch(r'status: "(?:[^"\\]|\\[\\"tn])*"', line)
    assert yaml.safe_load(line) == {"status": word}


def test_f17_a_change_touches_its_own_lines_only() -> None:
    file = front("status: 'new'   # ask Kim\ntags:\n  # whose\n- 'c' # three\n- a\nzeta: 1\n")
    after = change_ticket_file(file, replace(file.ticket, status="open"))
    assert changed_lines(str(file), str(after)) == [
        "- status: 'new'   # ask Kim\n",
        "+ status: open   # ask Kim\n",
    ]
    file = front("tags:\n  - 'a' # one\n  - c\nzeta: 1\n")
    after = change_ticket_file(file, replace(file.ticket, tags=("a", "b")))
    assert changed_lines(str(file), str(after)) == ["-   - c\n", "+   - b\n"]
    after = change_ticket_file(file, replace(file.ticket, priority="high", subject="x"))
    assert changed_lines(str(file), str(after)) == ["+ subject: x\n", "+ priority: high\n"]
    assert f'uid: "{UID}"\nsubject: x\npriority: high\ncreated' in str(after)


@pytest.mark.parametrize("marker", ["<<<<<<< HEAD", "|||||||", "||||||| base", "=======", ">>>>>>> x"])
def test_f18_conflict_markers_count_in_the_front_matter_only(marker: str) -> None:
    error = broken(f"---\n{HEAD}{marker}\n---\n")
    assert error.place == "TICKET-42.md:5"
    assert "git left a conflict" in error.message
    assert "desk fsck --repair" in error.hint
    assert "git left a conflict" in broken(f"{marker}\n---\n{HEAD}---\n").message
    text = with_entry(message(f"{marker}\n"))
    assert read(text).ticket.messages[0].text == f"{marker}\n"


def test_f19_structure_begins_at_the_first_column() -> None:
    for line in (
        " <!-- desk:note n1",
        "x <!-- desk:note n1",
        "<!--desk:note n1",
        "<!-- Desk:note n1",
        "> <!-- desk:x",
    ):
        assert body(f"{line}\n").entries == ()
    assert [entry.id for entry in body(f"text\n{NOTE}text\n").entries] == ["n1"]


def test_f20_an_entry() -> None:
    (note,) = body(NOTE).entries
    assert note == Note("n1", NOON, "kim", (Segment("text", "Hello\n"),))
    for kind in ("Note", "1note", "no te", "", "nöte"):
        assert broken(f"---\n{HEAD}---\n{NOTE.replace('desk:note', f'desk:{kind}')}")


def test_f21_ids_are_eighty_bits() -> None:
    assert (len(ALPHABET), len(write_id(bytes(10)))) == (32, 16)
    assert write_id(b"\xff" * 10) == "z" * 16
    assert is_id(write_id(b"0123456789"))
    assert not is_id("4VQ7m3x9k2wd8h5n")
    assert broken(f"---\n{HEAD.replace(UID, 'x')}---\n").place == "TICKET-42.md:3"


@pytest.mark.parametrize(
    ("below", "line", "fact"),
    [
        (NOTE.replace("<!-- /desk:note n1 -->\n", ""), 6, "never closed"),
        (
            NOTE.replace("<!-- /desk:note n1 -->", "<!-- /desk:note n2 -->"),
            15,
            "is not closed before this line",
        ),
        (NOTE.replace("<!-- /desk:note n1 -->\n", "") + NOTE, 15, "is not closed before this line"),
        ("<!-- /desk:note n1 -->\n", 6, "begins no entry"),
        (NOTE + NOTE, 16, "stands twice (first in line 6)"),
        (NOTE.replace("by: kim", "by kim"), 6, "header of the note n1 is broken"),
        (NOTE.replace("-->\n##", "##"), 6, "header of the note n1 is broken"),
        (NOTE.replace("at: 2026", "at: x"), 6, "no readable time"),
        (NOTE.replace("at: 2026-11-20T12:00:00Z\n", ""), 6, "no readable time"),
    ],
)
def test_f22_errors_name_file_line_fact_and_remedy(below: str, line: int, fact: str) -> None:
    error = broken(f"---\n{HEAD}---\n{below}")
    assert (error.place, fact in error.message) == (f"TICKET-42.md:{line}", True)
    assert error.hint


def test_f22_a_broken_structure_that_a_merge_left_is_said_to_be_one() -> None:
    text = f"---\n{HEAD}---\n<<<<<<< ours\n{NOTE}=======\n{NOTE}>>>>>>> theirs\n"
    assert "desk fsck --repair" in broken(text).hint


def test_f23_the_order_is_that_of_times_then_ids() -> None:
    notes = [Note(f"n{n}", NOON + timedelta(seconds=n // 2), "kim") for n in (3, 1, 2, 0)]
    text = written(replace(TICKET, entries=tuple(notes)))
    assert re.findall(r"desk:note (n\d)\n", text) == ["n0", "n1", "n2", "n3"]
    assert re.findall(r"\n\n<!-- desk:note", text) == ["\n\n<!-- desk:note"] * 4
    out_of_order = front("", "\n" + NOTE.replace("n1", "n9").replace("12:00", "12:05") + "\n" + NOTE)
    assert [entry.id for entry in out_of_order.ticket.entries] == ["n1", "n9"]


def test_f23_an_entry_between_others_goes_before_the_later_one() -> None:
    file = front("", f"\n{NOTE}\nby hand\n\n{NOTE.replace('n1', 'n3').replace('12:00', '12:05')}")
    after = change_ticket_file(
        file, apply(file.ticket, EntryAdded(Note("n2", NOON + timedelta(minutes=1), "kim")))
    )
    assert re.findall(r"desk:note n\d\n|by hand|\n\n", str(after)) == [
        *("\n\n", "desk:note n1\n", "\n\n"),
        *("\n\n", "by hand", "\n\n", "desk:note n2\n", "\n\n", "desk:note n3\n", "\n\n"),
    ]


def test_f24_an_entry_at_the_end_is_a_pure_addition() -> None:
    file = front("status: new\n", f"\n{NOTE}\nby hand\n")
    after = change_ticket_file(
        file, apply(file.ticket, EntryAdded(replace(message(), at=NOON + timedelta(1))))
    )
    assert str(after).startswith(str(file))


@pytest.mark.parametrize(
    "value", ["a\nb", "\t", " a ", "a --> b", "--!>", "\\\n", "\\ ", "a\\\t", "\xa0a\xa0", ""]
)
def test_f25_a_value_stays_on_its_line_and_in_its_comment(value: str) -> None:
    text = with_entry(message(subject=value, attachments=(Attachment(f"{value}|x", "", 0, "", "", value),)))
    header = text.split("<!-- desk:message m1\n")[1].split("\n-->\n")[0]
    assert "-->" not in header
    assert "--!>" not in header
    assert all(re.fullmatch(r"[a-z-]+: [^ \t](?:.*[^ \t])?", line) for line in header.split("\n"))
    found = read(text).ticket.messages[0]
    assert (found.subject, found.attachments[0].filename) == (value, f"{value}|x")


def test_f25_spaces_around_a_value_are_not_part_of_it() -> None:
    assert body(NOTE.replace("by: kim", "by:   kim  ")).entries == body(NOTE).entries
    row = "set:status|new|  open\n"
    event = f"<!-- desk:event e1\nat: 2026-11-20T12:00:00Z\n{row}-->\n<!-- /desk:event e1 -->\n"
    assert body(event).events[0].changes == (FieldSet("status", "new", "open"),)


def test_f26_keys_repeat_and_unknown_ones_stay() -> None:
    text = NOTE.replace("by: kim\n", "by: kim\nmood: good\nmood: better\n")
    (note,) = body(text).entries
    assert note.other == (("mood", "good"), ("mood", "better"))
    assert "by: kim\nmood: good\nmood: better\n-->" in with_entry(note)


def test_f27_an_unknown_kind_stays_as_it_is() -> None:
    text = NOTE.replace("desk:note", "desk:vote-of-2031").replace("by: kim", "by: kim\nstars: 5")
    (entry,) = body(text).entries
    assert isinstance(entry, Opaque)
    assert (entry.kind, entry.id, entry.at) == ("vote-of-2031", "n1", NOON)
    assert text in with_entry(entry)


def test_f28_a_message() -> None:
    kim = Person(email="kim@example.org")
    full = message(
        direction="out",
        by="kim",
        to=(ADA, kim),
        cc=(kim,),
        reply_to=(kim,),
        subject="S",
        date=NOON,
        message_id="a@b",
        in_reply_to="c@d",
        references=("c@d", "e@f"),
        threaded_by="new",
        inbox="support",
        automatic="bounce",
        bulk="list",
        spam=True,
        answerable="A9",
        authenticated=True,
        failed_recipients=("x@y",),
        delivery="queued",
        outbox="server",
        flags=("odd",),
        headers=(("X-A", "1"),),
        other=(("recipient", "a@b"),),
        raw="ab",
        attachments=(Attachment("a", "b", 1, "c"),),
    )
    text = with_entry(replace(full, body=(Segment("text", "Hello"),)))
    header = text.split("<!-- desk:message m1\n")[1].split("\n-->\n")[0]
    table = FORMAT.read_text().split("**F28**")[1].split("**F29**")[0].split("|---|---|")[1]
    documented = re.findall(r"`([a-z-]+)`", "".join(re.findall(r"^\|([^|]*)\|", table, re.MULTILINE)))
    keys = [line.partition(":")[0] for line in header.split("\n")]
    assert list(dict.fromkeys(keys)) == documented
    assert "message-id: <a@b>\n" in header
    assert read(text).ticket.messages[0] == replace(full, body=(Segment("text", "Hello"),))


def test_f29_an_attachment() -> None:
    here = Attachment("a.pdf", "application/pdf", 7, "ab", "TICKET-42/ab-a.pdf", "A?.pdf")
    outside, elsewhere = Attachment("b", "x/y", 8, "cd"), Attachment("c", "x/y", 9, "ef", "../shared/c")
    text = with_entry(message(attachments=(here, outside, elsewhere)))
    assert "attachment: a.pdf | application/pdf | 7 | sha256:ab | ab-a.pdf | A?.pdf\n" in text
    assert "attachment: b | x/y | 8 | sha256:cd | -\n" in text
    ticket = read(text).ticket
    assert ticket.messages[0].attachments == (here, outside, elsewhere)
    renumbered = with_id(ticket, "TICKET-57")
    assert moved_files(ticket, "TICKET-57") == {"TICKET-42/ab-a.pdf": "TICKET-57/ab-a.pdf"}
    after = str(change_ticket_file(read(text), renumbered))
    assert "sha256:ab | ab-a.pdf | A?.pdf\n" in after
    assert "](TICKET-57/ab-a.pdf)" in after
    assert read(after).ticket == renumbered


def test_f30_a_note() -> None:
    note = Note("n1", NOON, "kim", (Segment("text", "x"),), (Attachment("a", "b", 1, "c"),))
    text = with_entry(note)
    assert "by: kim\nfinal-newline: no\nattachment: a | b | 1 | sha256:c | -\n-->" in text
    assert read(text).ticket.entries == (note,)


def test_f31_an_event() -> None:
    changes = (
        FieldSet("status", "", "open"),
        ListChanged("tags", ("a", "b"), ("c",)),
        FieldSet("team", "x", ""),
    )
    event = Event("e1", NOON, "kim", "opened", changes, (("op", "o1"),))
    text = with_entry(event)
    expected = (
        "what: opened\nset: status |  | open\nlist: tags | +a | +b | -c\nset: team | x |\nop: o1\n-->\n"
    )
    assert expected in text
    assert read(text).ticket.entries == (event,)


def test_f32_a_tombstone_stands_for_an_entry_and_keeps_its_place() -> None:
    later = Note("n2", NOON + timedelta(seconds=9), "kim")
    ticket = replace(TICKET, entries=(message(message_id="a@b"), later))
    stone = Tombstone("t1", NOON, "kim", "m1", "redacted", NOON + timedelta(days=1), "a@b", (("op", "o1"),))
    file = change_ticket_file(new_ticket_file(ticket), apply(ticket, EntryAdded(stone)))
    assert [entry.id for entry in read(str(file)).ticket.entries] == ["t1", "n2"]
    assert read(str(file)).ticket.entries[0] == stone
    assert "removed-at: 2026-11-21T12:00:00Z\n" in str(file)
    assert str(file) == written(file.ticket)
    # Not added again, not even by the same mail; and a tombstone covers no tombstone.
    assert apply(file.ticket, EntryAdded(message())) == file.ticket
    above = Tombstone("t2", NOON, "kim", "t1")
    assert {entry.id for entry in apply(file.ticket, EntryAdded(above)).entries} == {"t1", "t2", "n2"}


def test_f33_the_text_is_what_stands_in_the_fences() -> None:
    segments = (Segment("text", "new\n"), Segment("quote", "> old\n"), Segment("signature", "-- \nAda\n"))
    text = with_entry(replace(message(), body=segments))
    found = read(text).ticket.messages[0]
    assert (found.body, found.text, found.new_text) == (segments, "new\n> old\n-- \nAda\n", "new")
    for line in ("```", "``` text", "```python", "~~~text", " ```text", "```text "):
        assert body(NOTE.replace("```text", line)).entries[0].text == ""


@pytest.mark.parametrize("line", ["```", "`````x", "   ````", "\t```", "a ```", "`"])
def test_f34_a_fence_is_longer_than_what_is_in_it(line: str) -> None:
    text = with_entry(message(f"a\n{line}\nb\n"))
    fence = re.search(r"^(`{3,})text$", text, re.MULTILINE)
    assert fence
    runs = re.findall(r"^[ \t]*(`+)", f"a\n{line}\nb\n", re.MULTILINE)
    assert len(fence[1]) > max(map(len, runs), default=0)
    assert read(text).ticket.messages[0].text == f"a\n{line}\nb\n"


@pytest.mark.parametrize("slashes", [0, 1, 2])
@pytest.mark.parametrize("line", ["<!-- desk:note n1", "<!-- /desk:message m1 -->", "<!-- desk:"])
def test_f35_a_line_of_structure_in_a_body_gets_a_backslash(line: str, slashes: int) -> None:
    shielded = "\\" * slashes + line
    text = with_entry(message(f"{shielded}\n"))
    assert f"\n\\{shielded}\n" in text
    assert read(text).ticket.messages[0].text == f"{shielded}\n"


@pytest.mark.parametrize("said", ["a", "a\n", "a\n\n", "\n", "", "\n\na"])
def test_f36_the_last_newline_is_neither_lost_nor_made(said: str) -> None:
    text = with_entry(message(said))
    assert read(text).ticket.messages[0].text == said
    assert ("final-newline: no\n" in text) == (said != "" and not said.endswith("\n"))
    assert ("```" in text) == (said != "")


def test_f36_a_fence_that_is_not_closed_ends_with_its_entry() -> None:
    assert body(NOTE.replace("Hello\n```\n", "Hello\n````\n")).entries[0].text == "Hello\n````\n"


def test_f37_quotes_and_signatures_are_folded() -> None:
    segments = (Segment("text", "a\n"), Segment("quote", "> b\n> c\n"), Segment("signature", "d\n"))
    text = with_entry(replace(message(), body=segments))
    assert (
        "<details><summary>Quoted text and signature, 3 lines</summary>\n\n```quote\n> b\n> c\n```\n" in text
    )
    assert text.count("<details>") == text.count("</details>") == 1


def test_f38_unsafe_characters_are_visible_escapes() -> None:
    listed = FORMAT.read_text().split("**F38**")[1].split("**F39**")[0]
    listed = listed.replace("C0 but TAB and LF", "U+0000 to U+0008, U+000B to U+001F").replace(
        "DEL, C1", "U+007F to U+009F"
    )
    unsafe: set[int] = set(range(0xD800, 0xE000))
    for first, last in re.findall(r"U\+([0-9A-F]{4,5})(?:\s+to\s+U\+([0-9A-F]{4,5}))?", listed):
        unsafe |= set(range(int(first, 16), int(last or first, 16) + 1))
    unsafe -= {0x61C} - {0x61C}
    escaped = {code for code in range(0x110000) if escape(chr(code)) != chr(code)}
    assert escaped == unsafe
    assert escape("\x1b\u202e") == "\\u{1b}\\u{202e}"
    assert [escape(text) for text in ("می\u200cخواهم", "🧑\u200d💻")] == ["می\u200cخواهم", "🧑\u200d💻"]


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("\\u{", "\\\\u{"),
        ("\\u{1b}", "\\\\u{1b}"),
        ("\\\\u{1b}", "\\\\\\u{1b}"),
        ("\\\x1b", "\\u{5c}\\u{1b}"),
        ("\\n \\", "\\n \\"),
    ],
)
def test_f39_escapes_are_reversible(text: str, stored: str) -> None:
    assert escape(text) == stored
    assert unescape(stored) == text


@pytest.mark.parametrize(
    "text", ["\\u{zz}", "\\u{110000}", "\\n", "\\u1b", "\\U{1b}", "\\u{1B}", "a\x07b\x1b"]
)
def test_f40_what_is_no_escape_is_text(text: str) -> None:
    assert body(NOTE.replace("Hello", text)).entries[0].text == f"{text}\n"


def test_f41_decoration_is_never_read() -> None:
    text = with_entry(message(attachments=(Attachment("a", "b", 1, "c", "TICKET-42/d"),)))
    other = text.replace("## Ada", "## Someone else\n\ntext <b>\n\n- ").replace("- [a]", "- [b](c)\n\n> x")
    assert other != text
    assert read(other).ticket == read(text).ticket


@pytest.mark.parametrize("render", RENDERERS)
def test_f42_no_text_of_a_mail_is_markdown_or_html(render: Callable[[str], str]) -> None:
    text = "# a\n```\n</details>\n<b>x</b> [a](b) -->\n<!-- desk:note n1\n"
    page = read_html(
        render(with_entry(Message("m1", NOON, Person(text), subject=text, body=message(text).body)))
    )
    assert [node.name for node in page.elements] == ["#comment", "h2", "pre", "#comment"]
    assert not page.every("b") + page.every("a") + page.every("h1")


def test_f43_what_hands_write_survives_commands() -> None:
    file = front(
        "# mind the gap\nmood: good\nstatus: new # so\n", f"\nAbove.\n\n{NOTE}\nBelow.\n\n- a list\n"
    )
    ticket = apply(
        replace(file.ticket, status="open"), EntryAdded(replace(message(), at=NOON + timedelta(1)))
    )
    after = str(change_ticket_file(file, ticket))
    assert after.startswith(str(file).replace("status: new", "status: open"))


def test_f43_text_belongs_to_the_entry_above() -> None:
    file = front("", f"\n{NOTE}\nBelow.\n\n{NOTE.replace('n1', 'n3').replace('12:00', '12:05')}")
    after = str(change_ticket_file(file, apply(file.ticket, EntryAdded(message()))))
    assert after.index("n1 -->") < after.index("Below.") or after.index("m1") < after.index("desk:note n1")
    assert "<!-- /desk:note n1 -->\n\nBelow.\n\n" in after


def test_f44_a_corrected_text_is_read_and_a_deleted_entry_comes_back() -> None:
    assert body(NOTE.replace("Hello", "Hallo")).entries[0].text == "Hallo\n"
    base, without = front("", f"\n{NOTE}"), front("")
    assert [entry.id for entry in merge_ticket_files(base, base, without).ticket.entries] == ["n1"]


def test_f45_the_uid_tells_tickets_apart() -> None:
    other = replace(TICKET, uid="5" * 16)
    with pytest.raises(ConflictError, match="different tickets"):
        merge(None, TICKET, other)
    assert merge(None, TICKET, with_id(TICKET, "TICKET-57")).ticket.id == "TICKET-57"


def test_f46_a_ticket_under_another_number() -> None:
    text = written(with_id(TICKET, "TICKET-57"))
    assert "id: TICKET-57\n" in text
    assert "formerly:\n- TICKET-42\n" in text


def test_f47_entries_are_united_by_id() -> None:
    base = start()
    one, other = happen(base, [Op("message", 0, 1)], "a"), happen(base, [Op("same mail", 1, 3)], "b")
    late = happen(base, [Op("same mail", 1, 5)], "c")
    ticket = merge(base.ticket, one.ticket, other.ticket).ticket
    ids = {entry.id for file in (one, other) for entry in file.ticket.entries}
    assert {entry.id for entry in ticket.entries} == ids
    first = min(other.ticket.entries[-1].at, late.ticket.entries[-1].at)
    assert merge(base.ticket, late.ticket, other.ticket).ticket.entries[-1].at == first


def test_f48_the_latest_event_decides() -> None:
    base = start()
    early = happen(base, [Op("status", 0, 2)], "a")
    late = happen(base, [Op("status", 1, 5)], "b")
    by_hand = happen(base, [Op("hand status", 2, 0)], "c")
    assert merge(base.ticket, early.ticket, late.ticket).ticket.status == "pending"
    assert merge(base.ticket, base.ticket, by_hand.ticket).ticket.status == "by-hand-2"
    both = merge(base.ticket, by_hand.ticket, early.ticket).ticket
    assert (both.status, both.events[1].facts) == ("open", (("status", "by-hand-2"),))
    tagged, untagged = happen(base, [Op("tag", 2, 2)], "a"), happen(base, [Op("untag", 0, 2)], "b")
    assert merge(base.ticket, tagged.ticket, untagged.ticket).ticket.tags == ("vip",)


def test_f49_only_what_hands_wrote_twice_conflicts() -> None:
    base = start()
    one, other = happen(base, [Op("hand key", 0, 0)], "a"), happen(base, [Op("hand key", 1, 0)], "b")
    assert merge_ticket_files(base, one, other).conflicts == ('the key "customer-tier"',)
    assert merge_ticket_files(base, one, happen(base, [Op("status", 0, 1)], "b")).conflicts == ()


def test_f50_the_order_of_merges_does_not_matter() -> None:
    base = start()
    files = [happen(base, [Op("status", n, n), Op("tag", n, 0), Op("note", 0, 1)], str(n)) for n in range(3)]
    results = set()
    for first, second, third in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        once = read(merge_ticket_files(base, files[first], files[second]).to_bytes())
        results.add(merge_ticket_files(base, once, files[third]).to_bytes())
    assert len(results) == 1


def test_f51_two_tickets_under_one_name_stand_whole_between_markers() -> None:
    one, other = written(TICKET), written(replace(TICKET, uid="5" * 16, subject="=" * 9))
    both = show_both(one, other)
    assert both == f"{'<' * 10} ours\n{one}{'=' * 10}\n{other}{'>' * 10} theirs\n"
    assert "git left a conflict" in broken(both).message


def test_f52_links_are_words_and_ids() -> None:
    ticket = front("links:\n- TICKET-7\n- blocks TICKET-9\n- rhymes-with TICKET-8\n").ticket
    assert links_of(ticket) == [
        Link("related", "TICKET-7"),
        Link("blocks", "TICKET-9"),
        Link("rhymes-with", "TICKET-8"),
    ]
    assert [str(link) for link in links_of(ticket)] == list(ticket.links)
    assert "- blocks TICKET-9\n" in written(ticket)
    table = FORMAT.read_text().split("**F52**")[1].split("**F53**")[0]
    assert {*INVERSE} <= set(re.findall(r"`([a-z-]+)(?: TICKET-9)?`", table))
    assert all(INVERSE[INVERSE[kind]] == kind for kind in INVERSE)


def moved_here() -> tuple[Ticket, Message, Message, Tombstone]:
    """A ticket, a message of it, the copy of that in another ticket, the tombstone in its place."""
    message = Message(
        "a1", NOON, ADA, message_id="m@x", attachments=(Attachment("a", "b", 1, "c", "TICKET-42/c-a"),)
    )
    ticket = replace(TICKET, entries=(message,))
    copy = moved(message, ticket, uid="5" * 16, ticket_id="TICKET-5")
    assert isinstance(copy, Message)
    away = Away("5" * 16, "dana", NOON, "merged into TICKET-5", "merge")
    return ticket, message, copy, stone_for(message, ticket, away, copy_id=copy.id)


def test_f53_a_move_is_a_copy_and_a_tombstone_with_fixed_ids() -> None:
    ticket, message, copy, stone = moved_here()
    assert (copy.id, stone.id) == (moved_here()[2].id, moved_here()[3].id)
    assert copy.attachments[0].path == "TICKET-5/c-a"
    assert dict(copy.other) == {"moved-from": f"{UID} a1"}
    assert dict(stone.facts) == {"moved-to": f"{'5' * 16} {copy.id}", "move": "merge"}
    assert origin_of(copy) == origin_of(stone) == "a1"
    other = replace(ticket, id="TICKET-5", uid="5" * 16, entries=(copy,))
    assert read(written(other)).ticket == other
    back = moved(copy, other, uid=UID, ticket_id="TICKET-42")
    assert back.id not in {message.id, copy.id}
    assert dict(back.other) == dict(copy.other)
    kept = apply(ticket, EntryAdded(stone))
    assert read(written(kept)).ticket == kept


def test_f54_what_was_away_and_is_back_counts_once() -> None:
    ticket, _, copy, stone = moved_here()
    other = replace(ticket, id="TICKET-5", uid="5" * 16, entries=(copy,))
    away = apply(ticket, EntryAdded(stone))
    assert [number for number, _ in away.numbered] == [1]
    again = apply(away, EntryAdded(moved(copy, other, uid=UID, ticket_id="TICKET-42")))
    assert [(number, entry.kind) for number, entry in again.numbered] == [(1, "message")]
    twice = replace(stone, id="b2", reason="merged into TICKET-6")
    assert [number for number, _ in apply(away, EntryAdded(twice)).numbered] == [1]


def test_f55_a_redaction_keeps_ids_and_hashes_only() -> None:
    message = Message(
        "a1", NOON, ADA, subject="s3cret", message_id="m@x", raw="f" * 64, body=(Segment("text", "x\n"),)
    )
    file = Attachment("a.pdf", "b", 1, "c" * 64, "TICKET-42/c-a")
    ticket = replace(TICKET, subject="s3cret", entries=(replace(message, attachments=(file,)),))
    opened = Event("e1", NOON, "mail", "opened", (FieldSet("subject", "", "s3cret"),))
    ticket = apply(ticket, EntryAdded(opened))
    redaction = Redaction("dana", NOON, "why")
    (said,) = ticket.messages
    gone = redact_subject(redact_entry(ticket, said, redaction), redaction)
    text = written(gone)
    assert "s3cret" not in text
    assert f"redacted: message\noriginal: {'f' * 64}\nfile: {'c' * 64}\n" in text
    assert read(text).ticket == gone
    assert replay(gone)["subject"] == gone.subject
    part = redact_files(ticket, said, [file], redaction)
    (left,) = part.messages
    assert (left.attachments, left.raw, origin_of(left), left.text) == ((), "", "a1", "x\n")
