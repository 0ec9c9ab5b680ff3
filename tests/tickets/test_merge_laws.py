"""The laws of the merge, over random histories in three clones (RELIABILITY G20, G21)."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from histories import Op, by_anyone, by_desk, happen, start
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpdesk_cli.errors import ConflictError
from helpdesk_cli.storage.ticket_file import TicketFile, new_ticket_file, read_ticket_file
from helpdesk_cli.storage.ticket_merge import MergedFile, merge_ticket_files
from helpdesk_cli.tickets.entries import Tombstone
from helpdesk_cli.tickets.merge import merge

if TYPE_CHECKING:
    from helpdesk_cli.tickets.ticket import Ticket

BASE = start()
SET, BY_HAND = Op("status", 0, 0), Op("hand status", 0, 0)


def merged(base: TicketFile | None, ours: TicketFile, theirs: TicketFile) -> MergedFile:
    return merge_ticket_files(base, ours, theirs)


def again(result: MergedFile) -> TicketFile:
    return read_ticket_file(result.to_bytes(), place="merged")


def covered(*tickets: Ticket) -> set[str]:
    entries = [entry for ticket in tickets for entry in ticket.entries]
    return {entry.covers for entry in entries if isinstance(entry, Tombstone)}


def entry_ids(*tickets: Ticket) -> set[str]:
    return {entry.id for ticket in tickets for entry in ticket.entries}


@given(by_desk, by_desk)
def test_what_the_desk_wrote_never_conflicts_and_is_canonical(one: list, other: list) -> None:
    a, b = happen(BASE, one, "a"), happen(BASE, other, "b")
    result = merged(BASE, a, b)
    assert result.conflicts == ()
    assert result.to_bytes() == new_ticket_file(result.ticket).to_bytes()
    assert again(result).ticket == result.ticket


@given(by_desk, by_desk, by_desk)
@settings(max_examples=150)
def test_all_orders_of_merges_give_the_same_bytes(one: list, other: list, third: list) -> None:
    clones = [happen(BASE, operations, name) for operations, name in ((one, "a"), (other, "b"), (third, "c"))]
    results = set()
    for x, y, z in permutations(clones):
        results.add(merged(BASE, again(merged(BASE, x, y)), z).to_bytes())
        results.add(merged(BASE, z, again(merged(BASE, x, y))).to_bytes())
        results.add(merged(None, again(merged(None, x, y)), z).to_bytes())
    assert len(results) == 1


@given(by_anyone, by_anyone)
@settings(max_examples=150)
def test_it_is_commutative(one: list, other: list) -> None:
    a, b = happen(BASE, one, "a"), happen(BASE, other, "b")
    there, back = merged(BASE, a, b), merged(BASE, b, a)
    assert there.ticket == back.ticket
    assert there.conflicts == back.conflicts
    if not there.conflicts:
        assert there.to_bytes() == back.to_bytes()


@given(by_anyone, by_anyone, by_anyone)
@settings(max_examples=int(os.environ.get("DAYS") or 150))
# Two hands write the same, one of them knowing of a command that the other does not.
@example([SET], [BY_HAND], [SET, BY_HAND])
@example([replace(SET, after=5)], [BY_HAND], [SET, BY_HAND])
def test_it_is_associative_also_for_what_hands_wrote(one: list, other: list, third: list) -> None:
    a, b, c = (
        happen(BASE, operations, name) for operations, name in ((one, "a"), (other, "b"), (third, "c"))
    )
    left, right = merged(BASE, a, b), merged(BASE, b, c)
    if left.conflicts or right.conflicts:
        return
    one_way, other_way = merged(BASE, again(left), c), merged(BASE, a, again(right))
    if not one_way.conflicts and not other_way.conflicts:
        assert one_way.ticket == other_way.ticket


@given(by_anyone, by_anyone)
def test_it_is_idempotent(one: list, other: list) -> None:
    a, b = happen(BASE, one, "a"), happen(BASE, other, "b")
    assert merged(BASE, a, a).to_bytes() == a.to_bytes()
    both = merged(BASE, a, b)
    if not both.conflicts:
        assert merged(a, again(both), a).to_bytes() == both.to_bytes()
        assert merged(b, b, again(both)).to_bytes() == both.to_bytes()
        assert merged(BASE, again(both), BASE).to_bytes() == both.to_bytes()


@given(by_anyone, by_anyone)
def test_it_loses_no_entry_and_brings_back_no_redacted_one(one: list, other: list) -> None:
    a, b = happen(BASE, one, "a"), happen(BASE, other, "b")
    for base in (BASE, None):
        result = merged(base, a, b).ticket
        gone = covered(a.ticket, b.ticket)
        assert entry_ids(a.ticket, b.ticket) - gone <= entry_ids(result)
        assert not gone & entry_ids(result)


@given(by_anyone, by_anyone)
def test_a_hand_made_value_that_lost_is_told_by_an_event(one: list, other: list) -> None:
    a, b = happen(BASE, one, "a"), happen(BASE, other, "b")
    result = merged(BASE, a, b).ticket
    for side in (a.ticket, b.ticket):
        if side.status.startswith("by-hand") and result.status != side.status:
            told = [event for event in result.events if ("status", side.status) in event.facts]
            assert [event.what for event in told] == ["by hand, overtaken"]


@given(by_anyone, by_anyone)
def test_the_text_that_hands_wrote_survives(one: list, other: list) -> None:
    a, b = happen(BASE, one, "a"), happen(BASE, other, "b")
    text = merged(BASE, a, b).text
    for side in (a, b):
        for line in str(side).split("\n"):
            if line.startswith(("Remember", "# look", "customer-tier")):
                assert line in text


@given(by_anyone, by_anyone)
def test_without_a_conflict_the_file_reads_as_the_merged_ticket(one: list, other: list) -> None:
    a, b = happen(BASE, one, "a"), happen(BASE, other, "b")
    for base in (BASE, None):
        result = merged(base, a, b)
        if not result.conflicts:
            assert again(result).ticket == result.ticket


def test_different_tickets_are_never_blended() -> None:
    other = read_ticket_file(BASE.to_bytes().replace(b"4vq7", b"5vq7"), place="other")
    with pytest.raises(ConflictError, match="different tickets"):
        merge(None, BASE.ticket, other.ticket)


@dataclass(frozen=True)
class Commit:
    """A version of the file with all that came before it, as git knows it."""

    file: TicketFile
    before: frozenset[int]

    def after(self, *others: Commit, file: TicketFile) -> Commit:
        """A commit on top of this one and others."""
        known = frozenset[int]().union(*(commit.before | {id(commit)} for commit in (self, *others)))
        return Commit(file, known)


class Clones:
    """Three clones that work and pull from each other in any order; every commit is kept alive by number."""

    def __init__(self) -> None:
        """All have the same ticket."""
        self.commits: dict[int, Commit] = {}
        first = self.keep(Commit(BASE, frozenset()))
        self.tips = [first, first, first]

    def keep(self, commit: Commit) -> Commit:
        """The commit, alive as long as this is."""
        self.commits[id(commit)] = commit
        return commit

    def work(self, clone: int, operations: list, step: int) -> None:
        """Operations in a clone, as one commit."""
        tip = self.tips[clone]
        file = happen(tip.file, operations, f"clone {clone} step {step}")
        self.tips[clone] = self.keep(tip.after(file=file))

    def pull(self, clone: int, other: int) -> None:
        """`git pull`: nothing, a fast-forward, or a merge with the newest common ancestor as base."""
        ours, theirs = self.tips[clone], self.tips[other]
        if theirs is ours or id(theirs) in ours.before:
            return
        if id(ours) in theirs.before:
            self.tips[clone] = theirs
            return
        common = ours.before & theirs.before
        base = max((self.commits[number] for number in common), key=lambda commit: len(commit.before))
        result = merged(base.file, ours.file, theirs.file)
        assert result.conflicts == ()
        self.tips[clone] = self.keep(ours.after(theirs, file=again(result)))


steps = st.lists(
    st.tuples(st.integers(0, 2), by_desk) | st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=8
)


@given(steps)
@settings(max_examples=int(os.environ.get("DAYS") or 200))
def test_clones_that_work_and_pull_in_any_order_come_to_the_same_bytes(story: list) -> None:
    clones = Clones()
    for step, (clone, what) in enumerate(story):
        if isinstance(what, int):
            clones.pull(clone, what)
        else:
            clones.work(clone, what, step)
    tips = list(clones.tips)
    results = set()
    for first, second, third in permutations(range(3)):
        clones.tips = list(tips)
        clones.pull(first, second)
        clones.pull(third, first)
        clones.pull(second, third)
        clones.pull(first, third)
        assert clones.tips[first].file.to_bytes() == clones.tips[second].file.to_bytes()
        results.add(clones.tips[first].file.to_bytes())
    assert len(results) == 1
    ticket = clones.tips[0].file.ticket
    every = [commit.file.ticket for commit in clones.commits.values()]
    assert entry_ids(*every) - covered(*every) == entry_ids(ticket)
