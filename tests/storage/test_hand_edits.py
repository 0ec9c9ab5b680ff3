"""What hands wrote survives every change: a command touches the lines that it is about, and no other."""

from __future__ import annotations

import difflib
import subprocess
import sys
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from made_tickets import NOON

from helpdesk_cli.storage.ticket_file import change_ticket_file, read_ticket_file
from helpdesk_cli.tickets.changes import EntryAdded, FieldSet, ListChanged, apply_all
from helpdesk_cli.tickets.entries import Message, Note, Segment
from helpdesk_cli.tickets.person import Person

REQUIRED = ["id: TICKET-42", "uid: 4vq7m3x9k2wd8h5n", 'created: "2026-11-20T12:00:00Z"  # when']
BY_HAND = [
    "# a comment",
    "",
    "  # indented",
    "tier: gold",
    "'odd key': \"x\\ty\"",
    "nested: {a: [1, 2], b: {c: d}}",
    "deeper:\n  a:\n  - b\n  - c: d",
    "text: |\n  two\n\n  # lines\n",
    "folded: >-\n    a\n    b",
    "empty:",
    "subject: 'It''s \"quoted\"'",
    "assignee:   kim   # since May",
    "cc: [ada@example.org]",
    "links:\n    - TICKET-7",
]
STATUS = ["status: new", "status: 'new'  # why", 'status:     "new"', "status: >\n  new", ""]
TAGS = [
    "tags: [b, a]",
    "tags: [b,\n  a]",
    "tags:\n- a # one\n- b",
    "tags:\n    - b\n    - 'a'",
    "tags: a, b",
    "tags:\n- a\n# two\n- b",
    "tags:\n-\n  a\n- b",
    "",
]
NOTE = "<!-- desk:note n1\nat: 2026-11-20T12:00:00Z\nby: kim\nmood: good\n-->\n## Odd\n```text\nHi\n```\n"
BELOW = [
    "",
    "Text between.",
    "# A heading",
    "```\nfence\n```",
    "> quoted <b>",
    "---",
    "<<<<<<< not a conflict",
    "<!-- a comment -->",
    f"{NOTE}<!-- /desk:note n1 -->",
    "<!-- desk:later l1\nat: 2026-11-20T12:00:05Z\n-->\nwhatever\n<!-- /desk:later l1 -->",
]


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A ticket file as an editor may leave it."""
    keys = draw(st.lists(st.sampled_from(BY_HAND), unique=True, max_size=5))
    keys += [line for line in (draw(st.sampled_from(STATUS)), draw(st.sampled_from(TAGS))) if line]
    block = draw(st.permutations(REQUIRED + keys))
    below = draw(st.lists(st.sampled_from(BELOW[:-2]), max_size=4)) + draw(st.permutations(BELOW[-2:]))
    text = "\n".join(["---", *block, "---", *below, draw(st.sampled_from(["", "end", "end\n\n"]))])
    match draw(st.sampled_from(["lf", "crlf", "mixed"])):
        case "crlf":
            text = text.replace("\n", "\r\n")
        case "mixed":
            ends = draw(st.randoms(use_true_random=False))
            text = "".join(line + ends.choice(["\n", "\r\n"]) for line in text.split("\n"))
    return draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.encode()


def lines(data: bytes) -> list[bytes]:
    return data.split(b"\n")


@given(files(), st.data())
@settings(max_examples=300)
def test_a_change_touches_its_own_lines_only(data: bytes, draws: st.DataObject) -> None:
    file = read_ticket_file(data, place="x")
    assert file.to_bytes() == data
    new = Message("m9", NOON + timedelta(minutes=1), Person("Ada"), body=(Segment("text", "Hello\n"),))
    old = Note("n0", NOON - timedelta(minutes=1), "kim")
    possible = [
        FieldSet("status", "", "open"),
        ListChanged("tags", ("c",), ("a",)),
        EntryAdded(new),
        EntryAdded(old),
    ]
    changes = draws.draw(st.lists(st.sampled_from(possible), min_size=1, unique=True))
    ticket = apply_all(file.ticket, changes)
    after = change_ticket_file(file, ticket)
    written = after.to_bytes()
    assert read_ticket_file(written, place="x").ticket == ticket
    assert written.count(b"# two") == data.count(b"# two")
    removed = [line[2:] for line in difflib.ndiff(*map(as_text, (data, written))) if line.startswith("- ")]
    about = {change.field for change in changes if not isinstance(change, EntryAdded)}
    for line in removed:
        place = lines(data).index(line.encode())
        assert {key_at(data, place)} <= about or is_last_line(data, line), (line, about)
    if changes == [EntryAdded(new)]:
        assert written.startswith(data)


def as_text(data: bytes) -> list[str]:
    return data.decode().split("\n")


def key_at(data: bytes, place: int) -> str:
    """The key whose value the line belongs to."""
    for line in reversed(lines(data)[: place + 1]):
        key, colon, _ = line.lstrip(b"\xef\xbb\xbf").partition(b":")
        if colon and key[:1].isalpha():
            return key.decode()
    return ""


def is_last_line(data: bytes, line: str) -> bool:
    """What is added behind a last line without its end gives it one; in CRLF files that shows as a change."""
    return data.endswith(line.encode())


@given(files())
def test_no_change_changes_nothing(data: bytes) -> None:
    file = read_ticket_file(data, place="x")
    assert change_ticket_file(file, file.ticket).to_bytes() == data


def test_a_new_ticket_is_written_without_loading_yaml() -> None:
    program = (
        "import sys, made_tickets as made\n"
        "from helpdesk_cli.storage.ticket_file import new_ticket_file\n"
        "from helpdesk_cli.tickets.ticket import Ticket\n"
        "before = set(sys.modules)\n"
        "new_ticket_file(Ticket(made.ID, made.UID, made.NOON, 'a: b', tags=('x',))).to_bytes()\n"
        "print([name for name in ('yaml', 'frontmatter', 'difflib') if name in set(sys.modules) - before])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True, cwd="tests"
    )
    assert done.stdout == "[]\n"
