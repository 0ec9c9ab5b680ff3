"""What a desk should hold after any commands, kept in the simplest way: no files, no entries, no events.

A field of a ticket is the list of those who set it, each with what they set; undoing strikes a line out of
that list, undoing the undoing writes it in again. What was said is a word that nobody else says, and the
ticket in which it can be read. Nothing here is imported from desk.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

KINDS = {"new": "active", "open": "active", "pending": "waiting", "on-hold": "waiting"}
INVERSE = {"related": "related", "blocks": "blocked-by", "child": "parent"}
MERGED_ALONG = ("assignee", "team", "category", "type", "product")
BY_HAND, BY_TIME = "by hand", "by time"
# A field, or an item of a list, which has "+" while it is in it.
Key = tuple[str, str]


class RefusedError(Exception):
    """The desk does not do this, and leaves all as it was."""


@dataclass(slots=True)
class Line:
    """Somebody set a key, which had been something else; `taken_back` by operations, and by these in turn."""

    op: str
    was: str
    value: str
    taken_back: list[str] = field(default_factory=list)

    @property
    def stands(self) -> bool:
        """Whether it counts: not taken back, or that taken back."""
        return len(self.taken_back) % 2 == 0


@dataclass(slots=True)
class Utterance:
    """A mail, a note or an answer: its word, the ticket in which it can be read (0: none), who sent it.

    `op` is the operation that put it where it is ("" for what was moved there), `ops` all that ever did, or
    took it back; `taken_back` as that of a line.
    """

    word: str
    kind: Literal["mail", "automatic", "entered", "note", "answer"]
    ticket: int
    sender: str = ""
    op: str = ""
    ops: set[str] = field(default_factory=set)
    taken_back: list[str] = field(default_factory=list)
    stood_in: int = 0
    delivery: str = ""
    is_gone: bool = False  # redacted

    def move(self, ticket: int) -> None:
        """It can be read elsewhere; what put it where it was has no power over it there."""
        self.ticket, self.op, self.taken_back = ticket, "", []


@dataclass(slots=True)
class Ticket:
    """A ticket: its keys, who set each last, which a hand edited unseen, what a merge ever took from here."""

    number: int
    requester: str
    lines: dict[Key, list[Line]] = field(default_factory=dict)
    edited: set[Key] = field(default_factory=set)
    is_dirty: bool = False  # its file is not as in git
    taken: set[str] = field(default_factory=set)
    # Labels of the lines by which it was merged since it last stood for itself; by which others came here.
    mergings: set[str] = field(default_factory=set)
    takings: dict[int, set[str]] = field(default_factory=dict)
    before_spam: str = ""

    def value(self, key: str, item: str = "") -> str:
        """What the key holds; "+" for an item of a list that is in it."""
        return next((line.value for line in reversed(self.lines.get((key, item), [])) if line.stands), "")

    def items(self, key: str) -> set[str]:
        """What a list holds."""
        return {item for name, item in self.lines if name == key and self.value(key, item)}

    @property
    def status(self) -> str:
        """Where it stands."""
        return self.value("status")

    @property
    def kind(self) -> str:
        """Whether we work on it, wait, or are done."""
        return KINDS.get(self.status, "done")

    def note_spam(self, key: str, was: str, value: str) -> None:
        """Remember what it was before it was spam."""
        if (key, value) == ("status", "spam"):
            self.before_spam = was

    def is_asleep(self, now: str) -> bool:
        """Whether it rests at that time."""
        return self.value("snoozed-until") > now


@dataclass(slots=True)
class Ledger:
    """All tickets and all that was said; which tickets an operation wrote, which it merged away."""

    tickets: dict[int, Ticket] = field(default_factory=dict)
    said: dict[str, Utterance] = field(default_factory=dict)
    wrote: dict[str, set[int]] = field(default_factory=dict)
    # What an operation moved: (which was merged or split off, into or from which).
    merges: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    partings: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    splits: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    entered: dict[str, int] = field(default_factory=dict)  # the tickets that operations opened
    count: int = 0  # of what the desk settled by itself

    def words_in(self, number: int) -> list[Utterance]:
        """What can be read in a ticket, in the order in which it was said."""
        return [each for each in self.said.values() if each.ticket == number]

    def put(self, op: str, ticket: Ticket, key: str, value: str, item: str = "", *, label: str = "") -> None:
        """Set a key; nothing happens where it is so already. `label` in the place of the operation."""
        was = ticket.value(key, item)
        if was != value:
            ticket.note_spam(key, was, value)
            ticket.lines.setdefault((key, item), []).append(Line(label or op, was, value))
            self.wrote.setdefault(op, set()).add(ticket.number)

    def touch(self, op: str, ticket: Ticket) -> None:
        """A command had the file in its hands: it tells what a hand did, and brings it into git."""
        if ticket.edited:
            self.wrote.setdefault(op, set()).add(ticket.number)
        if ticket.number in self.wrote.get(op, ()):
            ticket.edited.clear()
            ticket.is_dirty = False

    # What comes in, and time

    def open(self, word: str, sender: str, *, automatic: bool = False) -> int:
        """A mail that answers nothing opens a ticket; its number."""
        number = max(self.tickets, default=0) + 1
        ticket = self.tickets[number] = Ticket(number, sender)
        self.put("opened", ticket, "status", "new")
        self.put("opened", ticket, "priority", "medium")
        self.said[word] = Utterance(word, "automatic" if automatic else "mail", number, sender)
        return number

    def enter(self, op: str, word: str, who: str) -> int:
        """An agent opens a ticket for what somebody said; without its opening it would be closed."""
        number = max(self.tickets, default=0) + 1
        ticket = self.tickets[number] = Ticket(number, who)
        ticket.lines["status", ""] = [Line("before", "", "closed")]
        self.put(op, ticket, "status", "new")
        self.put("opened", ticket, "priority", "medium")
        self._say(op, Utterance(word, "entered", number, who, op=op, ops={op}))
        self.entered[op] = number
        return number

    def come(self, word: str, answers: str, sender: str, *, automatic: bool = False) -> int:
        """A mail that answers another goes where that one can be read now; the ticket's number."""
        ticket = self.tickets[self.said[answers].ticket]
        op = f"mail {word}"
        self.said[word] = Utterance(word, "automatic" if automatic else "mail", ticket.number, sender)
        self.wrote[op] = {ticket.number}
        self.touch(op, ticket)
        rests_on = ticket.value("snoozed-until") and ticket.value("snooze-on-reply")
        if not (automatic or rests_on or ticket.status in {"spam", "merged"}):
            if ticket.kind != "active":
                self.put(op, ticket, "status", "open")
            self._wake(op, ticket)
        return ticket.number

    def wake_due(self, now: str) -> None:
        """What rests until now, or until earlier, is awake."""
        for ticket in self.tickets.values():
            if "" < ticket.value("snoozed-until") <= now:
                self._wake(BY_TIME, ticket)
                self.touch(BY_TIME, ticket)

    def edit(self, number: int, key: str, value: str, item: str = "") -> None:
        """Somebody edits the file."""
        ticket = self.tickets[number]
        self.put(BY_HAND, ticket, key, value, item)
        ticket.edited.add((key, item))
        ticket.is_dirty = True

    # What agents do

    def assign(self, op: str, number: int, who: str) -> None:
        """Give it to somebody; what is new is open then."""
        ticket = self.tickets[number]
        if who not in {"", ticket.value("assignee")} and ticket.status == "new":
            self.put(op, ticket, "status", "open")
        self.set(op, number, "assignee", who)

    def status(self, op: str, number: int, status: str) -> None:
        """Bring it into a status; what was merged away has none of its own."""
        if self.tickets[number].value("merged-into"):
            raise RefusedError
        self.set(op, number, "status", status)

    def set(self, op: str, number: int, key: str, value: str) -> None:
        """Set a field."""
        self.put(op, self.tickets[number], key, value)
        self.touch(op, self.tickets[number])

    def tag(self, op: str, number: int, added: Iterable[str], removed: Iterable[str]) -> None:
        """Tags on and off."""
        ticket = self.tickets[number]
        for item in added:
            self.put(op, ticket, "tags", "+", item)
        for item in removed:
            self.put(op, ticket, "tags", "", item)
        self.touch(op, ticket)

    def reopen(self, op: str, number: int) -> None:
        """Take it up again, unless it is being worked on."""
        is_active = self.tickets[number].kind == "active"
        self.status(op, number, self.tickets[number].status if is_active else "open")

    def unspam(self, op: str, number: int) -> None:
        """What was called spam is what it was before."""
        ticket = self.tickets[number]
        if ticket.status == "spam":
            is_known = ticket.before_spam not in {"", "spam", "merged"}
            otherwise = "open" if ticket.value("assignee") else "new"
            self.put(op, ticket, "status", ticket.before_spam if is_known else otherwise)
        self.touch(op, ticket)

    def redact(self, op: str, word: str) -> None:
        """What was said is gone for good."""
        said = self.said[word]
        ticket = self.tickets[said.ticket]
        said.ticket, said.stood_in, said.is_gone = 0, ticket.number, True
        self.wrote.setdefault(op, set()).add(ticket.number)
        self.touch(op, ticket)

    def edit_with_desk(self, op: str, number: int, key: str, value: str, item: str = "") -> None:
        """As a hand edits, and what hands did before is told as the agent's, too."""
        ticket, name = self.tickets[number], (key, item)
        if ticket.value(key, item) == value:
            raise RefusedError
        for each in ticket.edited:
            ticket.lines[each][-1].op = op
        if name in ticket.edited:
            line = ticket.lines[name].pop()
            if line.was != value:
                ticket.lines[name].append(Line(op, line.was, value))
            ticket.note_spam(key, line.was, value)
        else:
            self.put(op, ticket, key, value, item)
        self.wrote.setdefault(op, set()).add(number)
        self.touch(op, ticket)

    def note(self, op: str, number: int, word: str) -> None:
        """Say something among agents."""
        self._say(op, Utterance(word, "note", number, op=op, ops={op}))
        self.touch(op, self.tickets[number])

    def answer(self, op: str, number: int, word: str, by: str) -> None:
        """Answer the requester: the mail waits in the outbox, the ticket waits for them, and is ours."""
        ticket = self.tickets[number]
        if ticket.status in {"spam", "merged"}:
            raise RefusedError
        self._say(op, Utterance(word, "answer", number, op=op, ops={op}, delivery="queued"))
        if ticket.kind == "active":
            self.put(op, ticket, "status", "pending")
        if not ticket.value("assignee"):
            self.put(op, ticket, "assignee", by)
        self.touch(op, ticket)

    def snooze(self, op: str, number: int, until: str, *, keep: bool) -> None:
        """Let it rest, unless there is nothing to wake up for."""
        ticket = self.tickets[number]
        if ticket.kind == "done":
            raise RefusedError
        self.put(op, ticket, "snoozed-until", until)
        self.put(op, ticket, "snooze-on-reply", "keep" if keep else "")
        self.touch(op, ticket)

    def wake(self, op: str, number: int) -> None:
        """Wake it before its time."""
        self._wake(op, self.tickets[number])
        self.touch(op, self.tickets[number])

    def link(self, op: str, one: int, other: int, kind: str) -> None:
        """Link two tickets, in the place of how they were linked; "" takes the link away."""
        there, here = (kind, INVERSE[kind]) if kind else ("", "")
        for number, name, how in ((one, other, there), (other, one, here)):
            ticket = self.tickets[number]
            wanted = f"{how} TICKET-{name}".removeprefix("related ") if how else ""
            for item in ticket.items("links") - {wanted}:
                if item.split()[-1] == f"TICKET-{name}":
                    self.put(op, ticket, "links", "", item)
            if wanted:
                self.put(op, ticket, "links", "+", wanted)
            if number in self.wrote.get(op, ()):
                self.touch(op, ticket)

    def merge(self, op: str, target: int, sources: Sequence[int]) -> None:
        """All that can be read in these can be read in the one, and each says where it is."""
        into = self.tickets[target]
        if into.value("merged-into"):
            raise RefusedError
        taken = [each for each in sources if not self.tickets[each].value("merged-into")]
        for source in taken:
            self._take_in(op, into, self.tickets[source])
        if taken != list(sources):
            raise RefusedError

    def _take_in(self, op: str, into: Ticket, ticket: Ticket, *, giving: bool = True) -> None:
        """`giving`: say in the ticket, too, where it is now."""
        if ticket.value("merged-into"):
            needs_us = any(each.kind in {"mail", "entered"} for each in self.words_in(ticket.number))
        else:
            needs_us = ticket.kind == "active"
        label = f"{op} {ticket.number}"
        for key in MERGED_ALONG:
            if not into.value(key):
                self.put(op, into, key, ticket.value(key), label=label)
        for item in ticket.items("tags"):
            self.put(op, into, "tags", "+", item, label=label)
        for item in ({ticket.requester} | ticket.items("cc")) - {into.requester}:
            self.put(op, into, "cc", "+", item, label=label)
        if needs_us:
            if into.kind != "active":
                self.put(op, into, "status", "open", label=label)
            if into.value("snoozed-until") and not into.value("snooze-on-reply"):
                self._wake(op, into, label=label)
        self._carry(ticket, into)
        if giving:
            self.put(op, ticket, "status", "merged", label=label)
            self.put(op, ticket, "merged-into", f"TICKET-{into.number}", label=label)
            self._wake(op, ticket, label=label)
        self._note_merge(op, into, ticket)

    def _carry(self, ticket: Ticket, into: Ticket) -> None:
        for each in self.words_in(ticket.number):
            each.move(into.number)
            ticket.taken.add(each.word)

    def _note_merge(self, op: str, into: Ticket, ticket: Ticket) -> None:
        label = f"{op} {ticket.number}"
        ticket.mergings.add(label)
        into.takings.setdefault(ticket.number, set()).add(label)
        self.merges.setdefault(op, []).append((ticket.number, into.number))
        for each in (into, ticket):
            self.wrote.setdefault(op, set()).add(each.number)
            self.touch(op, each)

    def settle(self) -> None:
        """What is left in merged tickets goes to where they were merged into."""
        for ticket in self.tickets.values():
            chain = [*self._merged_into(ticket)]
            if chain and self.words_in(ticket.number):
                self.count += 1
                self._take_in(f"settled{self.count}", self.tickets[chain[-1]], ticket, giving=False)

    def unmerge(self, op: str, number: int, only: str = "") -> None:
        """What was its own comes back; what the merge changed is taken back where nothing was set since.

        It comes back from where it was merged into, however often; what was split off there stays. `only` the
        lines of this label are taken back, not all by which it was merged.
        """
        ticket = self.tickets[number]
        chain = list(self._merged_into(ticket))
        if not chain:
            raise RefusedError
        holders = {chain[0]}
        label = f"{op} {number}"
        self._revert(label, {only} if only else ticket.mergings, ticket)
        ticket.mergings = set()
        for each in map(self.said.__getitem__, sorted(ticket.taken)):
            if each.ticket in chain:
                holders.add(each.ticket)
                each.move(number)
        for holder in map(self.tickets.__getitem__, holders):
            mine = holder.takings.pop(number, set())
            self._revert(label, mine & {only} if only else mine, holder)
        self.partings.setdefault(op, []).append((number, chain[0]))
        for each in (number, *holders):
            self.wrote.setdefault(op, set()).add(each)
            self.touch(op, self.tickets[each])

    def split(self, op: str, number: int, words: Sequence[str]) -> int:
        """What was said becomes a ticket of its own, linked to the one it was in; its number."""
        source = self.tickets[number]
        messages = [each for each in self.words_in(number) if each.kind != "note"]
        said = [each for each in messages if each.word in words]
        if len(said) == len(messages):
            raise RefusedError
        asked = next((each for each in said if each.kind != "answer"), None)
        people = [each for each in said if each.kind != "automatic"]
        new = max(self.tickets) + 1
        ticket = self.tickets[new] = Ticket(new, asked.sender if asked else source.requester)
        is_asking = source.kind != "active" and people and people[-1].kind != "answer"
        self.put("opened", ticket, "status", "open" if is_asking else source.status)
        for key in ("priority", *MERGED_ALONG):
            self.put("opened", ticket, key, source.value(key))
        for item in source.items("tags"):
            self.put("opened", ticket, "tags", "+", item)
        self.put("opened", ticket, "links", "+", f"TICKET-{number}")
        self.put(op, source, "links", "+", f"TICKET-{new}", label=f"{op} {new}")
        self.wrote.setdefault(op, set()).update((number, new))
        self.touch(op, source)
        self.splits.setdefault(op, []).append((new, number))
        for each in said:
            each.move(new)
        return new

    def _unsplit(self, op: str, undone: str, ticket: Ticket, source: Ticket) -> None:
        """What was split off is where it was; the ticket that it was remains, and says so."""
        label = f"{op} {ticket.number}"
        self._carry(ticket, source)
        self._revert(label, {f"{undone} {ticket.number}"}, source)
        self.put(op, ticket, "status", "merged", label=label)
        self.put(op, ticket, "merged-into", f"TICKET-{source.number}", label=label)
        self.put(op, ticket, "links", "", f"TICKET-{source.number}", label=label)
        self._note_merge(op, source, ticket)

    def undo(self, op: str, undone: str) -> None:
        """Take an operation back as far as nothing stands on it; refused where that is not all."""
        if undone in self.merges or undone in self.partings or undone in self.splits:
            is_all = self._move_back(op, undone)
        elif undone in self.entered and self._is_worked_on(undone):
            is_all = False
        else:
            done = [
                self._undo_lines(op, {undone}, ticket, key)
                for ticket in self.tickets.values()
                for key in ticket.lines
                if _tells({undone}, ticket.lines[key])
            ]
            done += [self._undo_word(op, undone, each) for each in self.said.values() if undone in each.ops]
            is_all = bool(done) and all(done)
        for number in self.wrote.get(undone, ()):
            self.touch(op, self.tickets[number])
        if not is_all:
            raise RefusedError

    def _is_worked_on(self, op: str) -> bool:
        """Whether anything else is said in the ticket that the operation opened."""
        said = self.words_in(self.entered[op])
        return any(each.op != op or each.taken_back for each in said)

    def _revert(self, op: str, undone: set[str], ticket: Ticket) -> None:
        for key in ticket.lines:
            if _tells(undone, ticket.lines[key]):
                self._undo_lines(op, undone, ticket, key)

    def _is_in_the_way(self, undone: set[str], ticket: Ticket, key: Key) -> bool:
        """Whether something later stands on it, or it was taken back already."""
        lines = ticket.lines.get(key, [])
        mine = [line for line in lines if undone & {line.op, *line.taken_back}]
        later = lines[lines.index(mine[0]) + 1 :] if mine else lines
        is_stood_on = any(line.stands and line not in mine for line in later)
        is_its = all((line.op in undone and line.stands) or undone & {*line.taken_back[-1:]} for line in mine)
        return key in ticket.edited or is_stood_on or not is_its

    def _undo_lines(self, op: str, undone: set[str], ticket: Ticket, key: Key) -> bool:
        """Strike its lines of this key out, or write in again those that it had struck."""
        if self._is_in_the_way(undone, ticket, key):
            return False
        was = ticket.value(*key)
        for line in ticket.lines[key]:
            if undone & {line.op, *line.taken_back}:
                line.taken_back.append(op)
        ticket.note_spam(key[0], was, ticket.value(*key))
        self.wrote.setdefault(op.partition(" ")[0], set()).add(ticket.number)
        return True

    def _undo_word(self, op: str, undone: str, each: Utterance) -> bool:
        """Let what it said not be there, or be there again; an answer that waits is given up for good."""
        if each.is_gone:
            return False
        where = each.ticket or each.stood_in
        if not (each.op == undone and not each.taken_back) and undone not in each.taken_back[-1:]:
            return False
        if each.kind == "answer":
            if each.delivery != "queued":
                return False
            each.delivery = "dropped"
        else:
            each.taken_back.append(op)
            each.ops.add(op)
            each.ticket, each.stood_in = each.stood_in, each.ticket
        self.wrote.setdefault(op, set()).add(where)
        return True

    def _move_back(self, op: str, undone: str) -> bool:
        """Take back what was merged, taken apart or split off, where nothing has moved it since."""
        back = [
            *(self._unmerge_back(op, undone, *each) for each in reversed(self.merges.get(undone, ()))),
            *(self._merge_back(op, undone, *each) for each in reversed(self.partings.get(undone, ()))),
            *(self._split_back(op, undone, *each) for each in reversed(self.splits.get(undone, ()))),
        ]
        return all(back)

    def _unmerge_back(self, op: str, undone: str, number: int, _: int) -> bool:
        label = f"{undone} {number}"
        if self._is_in_the_way({label}, self.tickets[number], ("merged-into", "")):
            return False
        self.unmerge(op, number, label)
        return True

    def _merge_back(self, op: str, undone: str, number: int, other: int) -> bool:
        ticket, into, label = self.tickets[number], self.tickets[other], f"{undone} {number}"
        keys = (("merged-into", ""), ("status", ""))
        if any(self._is_in_the_way({label}, ticket, key) for key in keys) or into.value("merged-into"):
            return False
        self._revert(f"{op} {number}", {label}, into)
        self._take_in(op, into, ticket, giving=False)
        self._revert(f"{op} {number}", {label}, ticket)
        self._wake(op, ticket)
        self.touch(op, ticket)
        return True

    def _split_back(self, op: str, undone: str, number: int, other: int) -> bool:
        ticket, into = self.tickets[number], self.tickets[other]
        if self._is_in_the_way({f"{undone} {number}"}, ticket, ("merged-into", "")):
            return False
        if into.value("merged-into"):
            return False
        self._unsplit(op, undone, ticket, into)
        return True

    def _merged_into(self, ticket: Ticket) -> Iterator[int]:
        """The tickets that it was merged into, one after the other."""
        while name := ticket.value("merged-into"):
            ticket = self.tickets[int(name.removeprefix("TICKET-"))]
            yield ticket.number

    def _say(self, op: str, utterance: Utterance) -> None:
        self.said[utterance.word] = utterance
        self.wrote.setdefault(op, set()).add(utterance.ticket)

    def _wake(self, op: str, ticket: Ticket, *, label: str = "") -> None:
        self.put(op, ticket, "snoozed-until", "", label=label)
        self.put(op, ticket, "snooze-on-reply", "", label=label)


def _tells(ops: set[str], lines: Iterable[Line]) -> bool:
    """Whether any of these lines is of these operations, or was taken back by them."""
    return any(ops & {line.op, *line.taken_back} for line in lines)
