"""`desk rules test`: mails with expected results, tried in an empty desk of their own.

Each test gets a desk in a temporary folder with this desk's settings and service levels, and with the rules
that are tried; no ticket and no customer of this desk is there. Its mail is read by the same limited child,
filed by the same code and met by the same rules as mail that comes in; nothing is sent.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.asking import zone_of
from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.desk.ingest import take_in
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.desk.reading import circumstances_of, parser, read_safely
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.rules_around import around_of
from helpdesk_cli.desk.rules_book import outline_of
from helpdesk_cli.desk.rules_mail import write
from helpdesk_cli.desk.rules_reading import book_of, outline_of_book, read_book
from helpdesk_cli.errors import DeskError, InvalidFileError, NotFoundError
from helpdesk_cli.mail.limits import LARGEST_MAIL
from helpdesk_cli.mail.received import Envelope
from helpdesk_cli.query.dates import shift
from helpdesk_cli.rules.effects import Effects, effects_between
from helpdesk_cli.rules.engine import decide
from helpdesk_cli.rules.expected import compare
from helpdesk_cli.rules.marks import LATE
from helpdesk_cli.rules.occasion import of_entry, of_time
from helpdesk_cli.rules.rule import TIMER
from helpdesk_cli.storage import customer_files
from helpdesk_cli.storage.front_matter import new_front_matter
from helpdesk_cli.storage.layout import Layout
from helpdesk_cli.storage.rule_tests import find_tests, read_test
from helpdesk_cli.storage.rules_copy import key_of, write_copy
from helpdesk_cli.tickets.as_json import SCHEMA
from helpdesk_cli.tickets.changes import EntryAdded, change_list, list_value, set_field
from helpdesk_cli.tickets.entries import Message, Segment
from helpdesk_cli.tickets.fields import LISTS
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.mail.received import Received
    from helpdesk_cli.rules.expected import Difference, RuleTest
    from helpdesk_cli.rules.rule import Rule
    from helpdesk_cli.storage.front_matter import Value
    from helpdesk_cli.tickets.changes import FieldChange
    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.ticket import Ticket

# When a mail without a date comes in: a Monday morning.
_MONDAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_SETTLED = timedelta(minutes=1)
_AGENT = Actor("agent", "An agent", "agent@desk.invalid", "the agent of a test")
# What of a desk a test has as well.
# What the mail itself sets off; the rest is set off behind it.
_OF_MAILS = frozenset({"", "created", "customer-replied"})
ANSWERED = "agent-replied"
_COPIED = ("desk.yaml", "sla.yaml")


@dataclass(frozen=True, slots=True)
class Tested:
    """What became of a test. `differences` () and `error` None: all as expected."""

    name: str
    place: str
    differences: tuple[Difference, ...] = ()
    effects: Effects = Effects()
    error: DeskError | None = None

    @property
    def passed(self) -> bool:
        """Whether all is as expected."""
        return not self.differences and self.error is None

    def json(self) -> dict[str, Any]:
        """As it stands in the JSON of `desk rules test`."""
        return {
            "name": self.name,
            "place": self.place,
            "passed": self.passed,
            "error": str(self.error) if self.error is not None else None,
            "differences": [
                {"what": each.what, "expected": each.expected, "found": each.found, "line": each.line or None}
                for each in self.differences
            ],
            "rules": list(self.effects.rules),
            "effects": list(self.effects.lines),
        }


def document(tested: Sequence[Tested]) -> dict[str, Any]:
    """The stable JSON of `desk rules test --json`."""
    failed = sum(not each.passed for each in tested)
    items = [each.json() for each in tested]
    return {
        "schema": SCHEMA,
        "kind": "rules-test",
        "total": len(items),
        "passed": len(items) - failed,
        "failed": failed,
        "items": items,
    }


def test_rules(desk: Desk, rules: Sequence[Rule], places: Sequence[Path]) -> Iterator[Tested]:
    """Try the tests in these files and folders, one after the other; this desk's tickets are not touched.

    Raises NotFoundError where there is no test, InvalidFileError for a mail without one.
    """
    tests = find_tests(places)
    if not tests:
        where = ", ".join(map(str, places))
        raise NotFoundError(
            "there are no tests", where, "A test is a YAML file beside its mail: docs/rules.md."
        )
    # Each child inherits what is imported here.
    parser()
    with tempfile.TemporaryDirectory(prefix="desk-rules-") as folder:
        for number, path in enumerate(tests):
            place = _shown(desk, path)
            try:
                test = read_test(path, desk.settings, [rule.name for rule in rules], place=place)
                tried = _on(rules, test.on)
                room = _room(desk, Path(folder) / str(number), tried)
                effects, ticket = _Trial(room, test, mails=path.parent).run()
            except DeskError as error:
                yield Tested(path.stem, place, error=error)
                continue
            yield Tested(test.name, place, tuple(compare(test.expected, ticket, effects)), effects)
            shutil.rmtree(Path(folder) / str(number), ignore_errors=True)


def _shown(desk: Desk, path: Path) -> str:
    """The path from the desk's root, else as it was named."""
    root = desk.layout.root
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _on(rules: Sequence[Rule], names: Sequence[str]) -> list[Rule]:
    return [replace(rule, active=True, sends=True) if rule.name in names else rule for rule in rules]


def _room(desk: Desk, root: Path, rules: Sequence[Rule]) -> Desk:
    """An empty desk like this one, in which these rules are in force."""
    layout = Layout(root, root / ".git", root / ".git")
    for folder in (layout.state, layout.tickets):
        folder.mkdir(parents=True, mode=0o700)
    for name in _COPIED:
        source = desk.layout.root / name
        if source.is_file():
            shutil.copyfile(source, root / name)
    # Which rules there are is said by the copy of what a file came to.
    (root / "rules.yaml").write_text("rules:\n", "utf-8")
    room = Desk(layout, desk.settings, desk.now)
    key = key_of(layout)
    if key is not None:
        write_copy(layout, key, outline_of_book(read_book(room, rules)))
    return room


class _Trial:
    """One test in its room."""

    def __init__(self, room: Desk, test: RuleTest, *, mails: Path) -> None:
        """`mails`: the folder of the mails that it names."""
        self._room, self._test, self._mails = room, test, mails
        self._now: datetime | None = None
        self._uid = ""

    def run(self) -> tuple[Effects, Ticket]:
        """What rules did at the last step, and the ticket after it. Raises DeskError where a step fails."""
        test = self._test
        mail = self._read(test.mail)
        if test.customer:
            self._know(mail)
        for name in test.after:
            self._take(self._read(name))
        if test.event in _OF_MAILS:
            if test.given:
                self._alter(test.given)
            before, after = self._take(mail, at=test.at, later=test.later)
            self._check_event(after)
        else:
            self._take(mail, at=test.at)
            changed = self._alter(test.given) if test.given else None
            before, after = self._ask(changed)
        _check_ran(after)
        return effects_between(before, after), after

    def _read(self, name: str) -> Received:
        path = self._mails / name
        try:
            with path.open("rb") as file:
                data = file.read(LARGEST_MAIL + 1)
        except OSError as error:
            raise NotFoundError((error.strerror or str(error)).lower(), str(path)) from None
        if len(data) > LARGEST_MAIL or not data.strip():
            raise InvalidFileError("is no mail that could come in", str(path))
        return read_safely(data, self._envelope, circumstances_of(self._room))

    @property
    def _envelope(self) -> Envelope:
        return Envelope(self._test.sender, self._test.recipients)

    def _know(self, mail: Received) -> None:
        """Let the desk of the test know who wrote the mail."""
        address = mail.mail.from_[0].email if mail.mail.from_ else ""
        said = dict(self._test.customer)
        values: dict[str, Value] = {"name": said.pop("name", "Customer"), "addresses": (address,)}
        values |= {
            key: tuple(re.split(r"[\s,]+", value)) if key in customer_files.LISTS else value
            for key, value in said.items()
        }
        self._page("customer", values, organisation=False)
        if name := said.get("organisation"):
            self._page(name, {"name": name}, organisation=True)

    def _page(self, name: str, values: dict[str, Value], *, organisation: bool) -> None:
        place = customer_files.path_of(name, organisation=organisation)
        data = "".join(("---\n", *new_front_matter(values).lines, "---\n")).encode()
        customer_files.read(data, place=place)
        path = self._room.path(place)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def _take(self, mail: Received, *, at: datetime | None = None, later: str = "") -> tuple[Ticket, Ticket]:
        """Take the mail in; the ticket with it, and after its rules."""
        self._pass(at or mail.mail.date, later)
        options = Options(self._envelope, live=True)
        with self._door() as door:
            around = circumstances_of(door.desk)
            digest = sha256(mail.entry_id.encode()).hexdigest()
            done = take_in(door, mail, options, digest=digest, around=around)
            if not door.recorded:
                said = done.why or "it is the same as one before it"
                raise InvalidFileError(f"this mail does not come to a ticket: {said}", self._test.mail)
            before, after = door.recorded[0].ticket, door.recorded[-1].ticket
        self._uid = after.uid
        return before, after

    def _alter(self, fields: tuple[tuple[str, str], ...]) -> Entry:
        """Let an agent set these fields; the event that says so."""
        self._pass(None)
        with self._door() as door:
            held = door.hold(self._uid)
            changes = [change for key, value in fields for change in _changes(held.ticket, key, value)]
            after = door.change(held, changes, summary="as given").ticket
        return after.entries[-1]

    def _ask(self, changed: Entry | None) -> tuple[Ticket, Ticket]:
        """Let time, or what an agent does, set the rules off."""
        if self._test.event == ANSWERED:
            changed = self._answer()
        self._pass(None, self._test.later)
        with self._door() as door:
            held = door.hold(self._uid)
            before = held.ticket
            occasion = of_entry(before, changed) if changed is not None else None
            if self._test.event == TIMER:
                occasion = of_time(before)
            if occasion is None:
                raise InvalidFileError("nothing is updated: the ticket is so already", self._test.mail)
            book = book_of(door.desk, outline_of(door.desk))
            around = around_of(door.desk, door.index, book)
            acted = decide(book.conditions, before, occasion, around).acted
            return before, write(door, held, acted).ticket

    def _answer(self) -> Entry:
        self._pass(None)
        with self._door() as door:
            held = door.hold(self._uid)
            name, at = draw_id(self._uid, "answer"), door.next_at(held.ticket)
            message = Message(
                name,
                at,
                Person(_AGENT.name, _AGENT.email),
                "out",
                _AGENT.key,
                (held.ticket.requester,),
                subject=held.ticket.subject,
                body=(Segment("text", "An answer.\n"),),
            )
            door.change(held, [EntryAdded(message)], summary="answered")
        return message

    def _pass(self, at: datetime | None, later: str = "") -> None:
        """Let time pass: to the moment of the next step, which is behind that of the one before."""
        if self._now is None:
            self._now = at or _MONDAY
        elif later:
            self._now = shift(self._now, later, zone_of(self._room), ahead=True)
        else:
            self._now = max(at or self._now, self._now + _SETTLED)

    @contextmanager
    def _door(self) -> Iterator[Door]:
        desk = replace(self._room, now=self._now or _MONDAY)
        with open_door(desk, _AGENT, drains=False) as door, door.acting(_AGENT):
            yield door

    def _check_event(self, after: Ticket) -> None:
        event = "created" if len(after.messages) == 1 else "customer-replied"
        if self._test.event not in {"", event}:
            raise InvalidFileError(f"the mail sets off {event}, not {self._test.event}", self._test.mail)


def _check_ran(ticket: Ticket) -> None:
    late = [fact for event in ticket.events for fact in event.all_facts(LATE)]
    if late:
        raise InvalidFileError(f"rules could not run: {late[-1].partition(' ')[2]}", "rules.yaml")


def _changes(ticket: Ticket, key: str, value: str) -> list[FieldChange]:
    if key not in LISTS:
        return set_field(ticket, key, value)
    wanted, present = set(value.split()), set(list_value(ticket, key))
    return change_list(ticket, key, added=tuple(wanted - present), removed=tuple(present - wanted))
