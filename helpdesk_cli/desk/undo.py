"""`desk undo`: the inverse of one operation, ticket by ticket, field by field (DECISIONS 13).

Entries are never removed: fields get an event that says what it takes back, a note gets a tombstone, what
came back from under one is a copy of it. What somebody changed since is left as it is and named. A mail that
has left cannot be taken back; one that waits is given up. Undoing is an operation itself, and can be undone.
"""

from __future__ import annotations

import importlib
from contextlib import closing
from typing import TYPE_CHECKING

from helpdesk_cli.desk import customer_undo
from helpdesk_cli.desk.by_hand import hand_changes
from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.changing import Decided, Outcome, change_each, changed
from helpdesk_cli.desk.customer_undo import Beside, beside_in, is_beside
from helpdesk_cli.desk.fields import told
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.moves_undone import Moves
from helpdesk_cli.desk.operations import (
    ENTRY,
    Operation,
    all_of,
    find_operation,
    last_operation,
)
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.status import closed_word
from helpdesk_cli.desk.taking_back import take_back
from helpdesk_cli.desk.undo_originals import Originals
from helpdesk_cli.errors import ConflictError, DeskError
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.tickets.changes import EntryAdded
from helpdesk_cli.tickets.entries import (
    MOVED_FROM,
    MOVED_TO,
    OPENED,
    UNDO_OF,
    UNDOES,
    Event,
    Message,
    Note,
    Tombstone,
    origin_of,
)
from helpdesk_cli.tickets.inverse import invert
from helpdesk_cli.tickets.moves import home_of, identify
from helpdesk_cli.tickets.scorecards import is_review
from helpdesk_cli.values import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.storage.history import LoggedCommit
    from helpdesk_cli.storage.index import Index
    from helpdesk_cli.storage.outbox import OutMail
    from helpdesk_cli.tickets.changes import Change
    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.ticket import Ticket

# The reason of a tombstone; only what it stands for comes back by undoing.
UNDONE = "undone"
BY_HAND = "by hand"
_EDITED = ": edited by "


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be undone: the operation, the files of its tickets, the entries that it added.

    `edited` are those of a hand in `desk edit`; `remarks` what it did that no entry tells, in words.
    """

    operation: Operation
    paths: tuple[str, ...]
    entries: frozenset[str]
    edited: frozenset[str] = frozenset()
    remarks: tuple[str, ...] = ()
    beside: tuple[Beside, ...] = ()  # files of customers that it wrote


def plan_undo(desk: Desk, word: str, *, actor: Actor) -> Plan:
    """What undoing that operation concerns; "" is the last one of the agent's. Nothing is written.

    Raises NotFoundError where there is none, UsageError for what is no operation, ConflictError for an
    erasure.
    """
    operation, commits = find_operation(desk, word or last_operation(desk, actor).op)
    entries = [entry for commit in commits for entry in all_of(commit, ENTRY)]
    edited = frozenset(
        entry for commit in commits if _EDITED in commit.subject for entry in all_of(commit, ENTRY)
    )
    beside = beside_in(desk, commits)
    remarks = [
        _by_hand_text(commit) for commit in commits if not all_of(commit, ENTRY) and not is_beside(commit)
    ]
    paths: dict[str, None] = {}
    lost = 0
    with closing(open_index(desk, full=False)) as index:
        for entry in entries:
            found = _holders(desk, index, entry)
            paths.update(dict.fromkeys(found))
            lost += not found
    if lost:
        remarks.append(f"{lost:,} of its {len(entries):,} entries are in no ticket here.")
    return Plan(operation, tuple(paths), frozenset(entries), edited, tuple(remarks), beside)


def _holders(desk: Desk, index: Index, entry: str) -> list[str]:
    """The files in which the entry stands; else, where it was moved or removed, that in which it stood."""
    found = index.paths_named(entry, "entry")
    if own := [path for path, name in found if name == entry]:
        return own
    stones = [path for path, _ in index.paths_named(entry, "tombstone")]
    if len(stones) > 1:
        # Moved several times: the first of the stones stands where it was written.
        stones = [path for path in stones if _stood_in(desk, path, entry)] or stones
    return stones or [path for path, _ in found]


def _stood_in(desk: Desk, path: str, entry: str) -> bool:
    try:
        data, _ = read_file(desk.path(path), within=desk.layout.root)
        entries = read_ticket_file(data, place=path).ticket.entries
    except (FileNotFoundError, DeskError):
        return False
    return any(isinstance(each, Tombstone) and each.covers == entry for each in entries)


def undo(
    desk: Desk, plan: Plan, *, actor: Actor, paths: Iterable[str] | None = None, dry_run: bool = False
) -> Outcome:
    """Take the operation back; what cannot be is among the errors, and the rest is done.

    `paths`: those of the plan, for a caller who counts them as they are taken.
    """
    moves = Moves(plan.operation.op, plan.entries)
    work = _Undoing(desk, plan, Originals(desk, plan.operation.undoes), moves)
    outcome = change_each(
        desk,
        plan.paths if paths is None else paths,
        work.decide,
        actor=actor,
        dry_run=dry_run,
        find=lambda _, path: path,
        undoes=plan.operation.op,
    )
    if work.moves:
        _move_back(desk, work, outcome, actor=actor, dry_run=dry_run)
    if work.by_hand and not (outcome.recorded or outcome.errors):
        said = "what a hand had done before stays, and this operation did nothing else"
        outcome.errors += [(name, ConflictError(said, name)) for name in work.by_hand]
    if plan.beside:
        with open_door(desk, actor, dry_run=dry_run) as door:
            door.op, door.undoes = outcome.op or door.op, plan.operation.op
            outcome.op = door.op
            customer_undo.take_back(door, plan.beside, outcome)
    if work.dropped:
        importlib.import_module("helpdesk_cli.desk.outbox_tell").tell(desk, work.dropped)
    outcome.remarks += plan.remarks
    return outcome


def _by_hand_text(commit: LoggedCommit) -> str:
    ticket = commit.subject.partition(":")[0]
    if not commit.hash:
        return f"{ticket}: text that a hand edited stays as it is."
    return (
        f"{ticket}: text that a hand edited stays as it is; `git show {commit.hash[:10]}` has both versions."
    )


@dataclass(slots=True)
class _Undoing:
    """An operation being taken back."""

    desk: Desk
    plan: Plan
    originals: Originals
    moves: Moves
    dropped: list[OutMail] = field(default_factory=list)
    by_hand: list[str] = field(default_factory=list)

    def decide(self, door: Door, ticket: Ticket) -> Decided:
        """What takes back what the operation did to this ticket."""
        mine = [entry for entry in ticket.entries if entry.id in self.plan.entries]
        if self.moves.gather(ticket, mine):
            # One half of it: whoever moves it back sees to both.
            return Decided(refused=())
        refused = [*self._gone(ticket)]
        if mine and not refused and all(isinstance(each, Event) and not self._counts(each) for each in mine):
            # Here the operation did nothing but write down what a hand had done.
            self.by_hand.append(ticket.id)
            return Decided()
        events = {each.id for each in mine if isinstance(each, Event) and self._counts(each)}
        opened = next((each for each in mine if isinstance(each, Event) and each.what == OPENED), None)
        if opened and (why := self._why_open(ticket)):
            events.discard(opened.id)
            refused.append(why)
            mine = [each for each in mine if not isinstance(each, Message)]
        inverse = invert(ticket, events, closed=closed_word(self.desk), by_hand=hand_changes(ticket))
        refused += [f"{why}: it stays as it is" for why in inverse.refused]
        changes: list[Change] = [*inverse.changes]
        facts = [(UNDOES, each) for each in inverse.undone]
        words = [told(change) for change in inverse.changes]
        for entry in mine:
            said = self._take_back(door, ticket, entry)
            changes += said.changes
            facts += said.facts
            words += said.words
            refused += said.refused
        if facts:
            facts.append((UNDO_OF, self.plan.operation.op))
        if not (changes or facts or refused):
            refused.append("nothing of this operation is left to undo")
        errors = tuple(ConflictError(why, ticket.id) for why in refused)
        return Decided(changes, f"undone: {', '.join(words)}", tuple(facts), refused=errors)

    def _take_back(self, door: Door, ticket: Ticket, entry: Entry) -> _Said:
        """What takes back an entry that is no event."""
        if isinstance(entry, Tombstone):
            return self._restore(ticket, entry)
        if isinstance(entry, Note):
            return _Said([self._stone(ticket, entry, door.actor)], words=["a note"])
        if isinstance(entry, Message):
            return self._take_message(door, ticket, entry)
        if isinstance(entry, Event) and is_review(ticket, entry):
            return _Said(facts=[(UNDOES, entry.id)], words=["a review"])
        return _Said()

    def _take_message(self, door: Door, ticket: Ticket, entry: Message) -> _Said:
        if entry.direction == "in" and entry.by:
            return _Said([self._stone(ticket, entry, door.actor)], words=["a message entered by hand"])
        name = next((f"{ticket.number}.{number}" for number, each in ticket.numbered if each is entry), "")
        if entry.direction == "in":
            hint = f"`desk spam`, `desk split {name}` or `desk redact {name}` are for that."
            return _Said(refused=[f"the mail {name} came in and stays. {hint}"])
        taken = take_back(door, ticket, entry, why=f"undone by {door.actor.key}")
        if isinstance(taken, str):
            return _Said(refused=[f"the mail {name} {taken}"])
        self.dropped += [taken.mail] if taken.mail else []
        return _Said(facts=[("delivery", f"{entry.id} {taken.told}")], words=[f"the mail {name} is not sent"])

    def _stone(self, ticket: Ticket, entry: Note | Message, actor: Actor) -> EntryAdded:
        message_id = entry.message_id if isinstance(entry, Message) else ""
        facts = [(UNDO_OF, self.plan.operation.op)]
        if origin_of(entry) != entry.id:
            facts.append((MOVED_FROM, f"{home_of(entry, ticket)} {origin_of(entry)}"))
        return EntryAdded(
            Tombstone(
                draw_id(ticket.uid, "undone"),
                entry.at,
                actor.key,
                entry.id,
                UNDONE,
                self.desk.now,
                message_id,
                tuple(facts),
            )
        )

    def _restore(self, ticket: Ticket, stone: Tombstone) -> _Said:
        """Bring back what an undoing covered: a copy, for nothing covers a tombstone."""
        if stone.reason != UNDONE:
            return _Said(
                refused=[f"what was removed ({stone.reason or 'no reason given'}) does not come back"]
            )
        copy_id = identify("restored", ticket.uid, stone.id)
        if any(copy_id in {each.id, getattr(each, "covers", "")} for each in ticket.entries):
            return _Said(refused=["what was undone is back already"])
        original = self.originals.find(stone.covers)
        if original is None:
            return _Said(refused=["its text is not in this clone's history (any more); it stays undone"])
        others = tuple(pair for pair in original.other if pair[0] != MOVED_FROM)
        origin = (MOVED_FROM, f"{home_of(stone, ticket)} {origin_of(stone)}")
        copy = replace(original, id=copy_id, other=(*others, origin))
        what = "a note" if isinstance(copy, Note) else "a message entered by hand"
        return _Said([EntryAdded(copy)], words=[f"{what} is back"])

    def _counts(self, event: Event) -> bool:
        """Not what a hand had done before, which the operation only wrote down."""
        return event.what != BY_HAND or event.id in self.plan.edited

    def _gone(self, ticket: Ticket) -> Iterator[str]:
        """What the operation added and is not there any more, in words."""
        ids = self.plan.entries
        for stone in ticket.entries:
            if isinstance(stone, Tombstone) and stone.covers in ids and stone.id not in ids:
                if stone.reason == UNDONE:
                    yield f"what it added was undone by {stone.by} already"
                elif any(key == MOVED_TO for key, _ in stone.facts):
                    yield f"what it added was moved by {stone.by} since ({stone.reason}): undo that first"
                else:
                    yield f"what it added was removed by {stone.by} since ({stone.reason or 'no reason'})"

    def _why_open(self, ticket: Ticket) -> str:
        """Why a ticket that the operation opened is not closed again; "" where it is."""
        said = [each for each in ticket.entries if isinstance(each, (Message, Note))]
        if any(isinstance(each, Message) and each.direction == "in" and not each.by for each in said):
            return "mail stands in this ticket: it stays. `desk close`, `spam` or `redact` are for that"
        if any(each.id not in self.plan.entries for each in said):
            return "the ticket has been worked on since it was opened: it stays. `desk close` closes it"
        return ""


@dataclass(slots=True)
class _Said:
    """What is to be done about one entry."""

    changes: list[EntryAdded] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def _move_back(desk: Desk, work: _Undoing, outcome: Outcome, *, actor: Actor, dry_run: bool) -> None:
    """Take back what was merged, split off or taken apart."""
    with open_door(desk, actor, dry_run=dry_run) as door:
        door.op, door.undoes = outcome.op or door.op, work.plan.operation.op
        outcome.op = door.op
        work.moves.take_back(door)
        outcome.recorded += [changed(each, diff=dry_run) for each in door.recorded]
    moved = {each.id for each in outcome.recorded}
    outcome.unchanged = [name for name in outcome.unchanged if name not in moved]
    outcome.remarks += work.moves.remarks
    outcome.errors += work.moves.errors
