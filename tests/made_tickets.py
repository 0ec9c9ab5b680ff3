"""Tickets for property tests: any text in every place that a mail or a person can fill, and known attacks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from helpdesk_cli.tickets.changes import FieldSet, ListChanged
from helpdesk_cli.tickets.entries import Attachment, Event, Message, Note, Segment, Tombstone, sort_key
from helpdesk_cli.tickets.fields import FIELDS
from helpdesk_cli.tickets.ids import write_id
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.ticket import Ticket

if TYPE_CHECKING:
    from helpdesk_cli.tickets.changes import FieldChange

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ID = "TICKET-42"
UID = "4vq7m3x9k2wd8h5n"
TEXT_FIELDS = [field.attribute for field in FIELDS if field.shape == "text" and field.tracked]

# RELIABILITY T12, T13, T17 to T23, T29, T37, and what ends or imitates each piece of our own structure.
ATTACKS = (
    "\n---\nstatus: closed\n---\n",
    "---\n",
    "<!-- desk:note 00000000\nat: 2026-11-20T12:00:00Z\n-->\nx\n<!-- /desk:note 00000000 -->\n",
    "-->\n<!-- /desk:message 0000000000000000 -->\n",
    "\\<!-- desk:event x\n",
    "\\\\<!-- /desk:event x -->\n",
    "-->",
    "--!>",
    "<!--",
    "<!-->",
    "]]>",
    "```\n",
    "````text\n",
    "```text\nforged\n```\n",
    "   ```\n",
    "~~~\n",
    "```quote\n",
    "</details>\n",
    "<details open><summary>Quoted text</summary>\n",
    "</code></pre><h2>forged</h2>",
    "<script>alert(1)</script>",
    '<img src=" javascript:alert(1)">',
    "![x](file:///etc/passwd)",
    "[a](javascript:1)",
    "# forged\n",
    "## Ada <ada@example.org> · Fri 20 Nov 2026, 09:12 UTC\n",
    "forged\n===\n",
    "- 09:12 · kim: status new → closed\n",
    "| a | b |\n|---|---|\n",
    "[ref]: http://example.org\n",
    "<http://example.org>",
    "www.example.org",
    "*a* _b_ ~~c~~ `d`",
    "&lt;b&gt;",
    "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> other\n",
    "\x1b]52;c;ZWNobyBwd24=\x07",
    "\x9b31m",
    "\x1b]8;;http://e\x07x",
    "\u202egpj.exe",
    "\u200b.htaccess",
    ".g\u200cit/x",
    "a\u200db",
    "می\u200cخواهم",
    "\u2028\u2029\x85\x0b\x0c\x1c",
    "\r",
    "\r\n",
    "a\rb",
    "\0",
    "\ud800",
    "\ufeff",
    "\ufffe\uffff",
    "\U000e0041",
    "\\u{1b}",
    "\\\\u{1b}\x1b",
    "\\",
    "\\\x1b",
    "no",
    "null",
    "1:30",
    "2024-13-45",
    "=",
    "~",
    "!!python/object/apply:os.system [id]",
    "&a [*a]",
    "*a",
    ": ",
    "a: b",
    "# x",
    "a # b",
    "\t",
    "- a",
    "? a",
    "%YAML 1.1",
    "@a",
    "|",
    " | ",
    "a|b",
    "\\|",
    ">",
    "'",
    '"',
    "{}",
    "[]",
    " ",
    "  a  ",
    "\xa0a\xa0",
    "../../.git/hooks/post-commit",
    "a/b",
    "-",
    "CON",
    "Signed-off-by: ceo",
    "A\nB <x>",
    "🧑\u200d💻",
)
_CHARS = st.characters(codec=None, exclude_categories=())
# Indices, because a strategy that prints every attack takes longer to print than to run.
attacks = st.integers(0, len(ATTACKS) - 1).map(ATTACKS.__getitem__)
texts = st.lists(
    attacks | st.text(_CHARS, max_size=12) | st.text("<!-/>`\\#\n ~desk:u{}|", max_size=12), max_size=5
).map("".join)
words = st.text(_CHARS, max_size=8) | attacks
ids = st.binary(min_size=10, max_size=10).map(write_id)
moments = st.integers(0, 10_000_000).map(lambda count: NOON + timedelta(milliseconds=count))
people = st.builds(Person, words, words, words, words) | st.emails().map(lambda email: Person("", email))
segments = st.builds(Segment, st.sampled_from(["text", "quote", "signature"]), texts)


class Picker:
    """Fills the many places of an entry from a few drawn words: a draw for each would take far longer."""

    def __init__(self, draw: st.DrawFn) -> None:
        """Draw the words, and the order in which they are picked."""
        self.words = ["", *draw(st.lists(words, max_size=6))]
        self.people = [Person(), *draw(st.lists(people, max_size=2))]
        self.random = Random(draw(st.integers(0, 2**32)))  # noqa: S311 - it shuffles words

    def word(self) -> str:
        """Any word."""
        return self.random.choice(self.words)

    def filled(self) -> str:
        """A word that is not empty."""
        return self.word() or "filled"

    def person(self) -> Person:
        """Anyone."""
        return self.random.choice(self.people)

    def number(self, most: int = 2) -> range:
        """So many things."""
        return range(self.random.randint(0, most))

    def people_list(self) -> tuple[Person, ...]:
        """People, none of them nobody."""
        known = [person for person in self.people if person != Person()]
        return tuple(self.random.choice(known) for _ in self.number()) if known else ()

    def digest(self) -> str:
        """A sha256."""
        return self.random.randbytes(32).hex()

    def moment(self) -> datetime:
        """A time, to the millisecond."""
        return NOON + timedelta(milliseconds=self.random.randint(0, 10_000_000))

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Further lines of a header."""
        return tuple((self.random.choice(["op", "rule", "also-to"]), self.word()) for _ in self.number())

    def attachment(self) -> Attachment:
        """A file in the ticket's folder, or outside git."""
        name, original = self.filled(), self.word()
        stored = self.word().replace("/", "").removeprefix("-")
        return Attachment(
            name,
            self.word(),
            self.random.randint(0, 10**12),
            self.digest(),
            path=f"{ID}/{stored}" if stored else "",
            original_name=original if original != name else "",
        )

    def change(self) -> FieldChange:
        """A change of a field or a list."""
        if self.random.random() < 0.5:
            return FieldSet(self.random.choice(["status", "subject"]), self.word(), self.word())
        return ListChanged(
            "tags",
            tuple(self.filled() for _ in self.number()),
            tuple(self.filled() for _ in self.number()),
        )


@st.composite
def bodies(draw: st.DrawFn) -> tuple[Segment, ...]:
    """Segments of whole lines, as texts are cut; the last may lack its line end."""
    drawn = [segment for segment in draw(st.lists(segments, max_size=4)) if segment.text]
    whole = [
        Segment(part.kind, part.text if part.text.endswith("\n") else f"{part.text}\n") for part in drawn
    ]
    return (*whole[:-1], drawn[-1]) if drawn else ()


@st.composite
def messages(draw: st.DrawFn) -> Message:
    """A message with any text in every place."""
    some = Picker(draw)
    return Message(
        draw(ids),
        draw(moments),
        some.person(),
        some.random.choice(["in", "out"]),
        by=some.word(),
        to=some.people_list(),
        cc=some.people_list(),
        reply_to=some.people_list(),
        subject=some.word(),
        date=some.random.choice([None, some.moment()]),
        message_id=some.word(),
        in_reply_to=some.word(),
        references=tuple(some.filled() for _ in some.number()),
        threaded_by=some.word(),
        inbox=some.word(),
        automatic=some.word(),
        bulk=some.word(),
        spam=some.random.choice([True, False]),
        failed_recipients=tuple(some.filled() for _ in some.number()),
        delivery=some.word(),
        flags=tuple(some.filled() for _ in some.number()),
        headers=tuple((some.random.choice(["Subject", "X-Spam"]), some.word()) for _ in some.number()),
        raw=some.random.choice(["", some.digest()]),
        body=draw(bodies()),
        attachments=tuple(some.attachment() for _ in some.number()),
        other=some.facts(),
    )


@st.composite
def notes(draw: st.DrawFn) -> Note:
    """A note with any text in every place."""
    some = Picker(draw)
    files = tuple(some.attachment() for _ in some.number())
    return Note(draw(ids), draw(moments), some.word(), draw(bodies()), files, some.facts())


@st.composite
def events(draw: st.DrawFn) -> Event:
    """An event with any text in every place."""
    some = Picker(draw)
    changes = tuple(some.change() for _ in some.number())
    return Event(draw(ids), draw(moments), some.word(), some.word(), changes=changes, facts=some.facts())


@st.composite
def tombstones(draw: st.DrawFn) -> Tombstone:
    """A tombstone with any text in every place."""
    some = Picker(draw)
    return Tombstone(
        draw(ids),
        draw(moments),
        some.word(),
        draw(ids),
        reason=some.word(),
        removed_at=some.random.choice([None, some.moment()]),
        message_id=some.word(),
        facts=some.facts(),
    )


entries = st.one_of(messages(), notes(), events(), tombstones())
entry_lists = st.lists(entries, max_size=4, unique_by=lambda entry: entry.id)


@st.composite
def tickets(draw: st.DrawFn) -> Ticket:
    """A ticket with any text in every place."""
    some = Picker(draw)
    tags, links, formerly = (tuple(sorted({some.filled() for _ in some.number()})) for _ in range(3))
    return Ticket(
        ID,
        UID,
        draw(moments),
        **{name: some.word() for name in TEXT_FIELDS},
        requester=some.person(),
        cc=tuple(sorted(set(some.people_list()), key=str)),
        tags=tags,
        links=links,
        formerly=formerly,
        entries=tuple(sorted(draw(entry_lists), key=sort_key)),
    )
