"""Which tickets timer rules are to act on now: those on which they would, looked at without the lock."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from helpdesk_cli.customers.fields import KEYS as CUSTOMER_KEYS
from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.by_hand import adopt_hand_edits
from helpdesk_cli.desk.customers import customers_in
from helpdesk_cli.desk.finding import open_facts
from helpdesk_cli.desk.level_terms import answer_late
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.rules_around import RulesTooSlowError, around_of
from helpdesk_cli.desk.rules_mail import RULES, problem_of
from helpdesk_cli.desk.rules_memory import Idle, Stragglers
from helpdesk_cli.errors import DeskError
from helpdesk_cli.query.atoms import Among
from helpdesk_cli.query.nodes import Both, Not, Query, Term
from helpdesk_cli.rules.engine import decide
from helpdesk_cli.rules.marks import TIMED_ROLE
from helpdesk_cli.rules.occasion import of_time
from helpdesk_cli.rules.rule import TIMER
from helpdesk_cli.storage.index_find import paths_where
from helpdesk_cli.storage.rules_copy import key_of
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.desk.rules_reading import Book
    from helpdesk_cli.rules.conditions import Condition
    from helpdesk_cli.storage.index import Index

# No rule is asked about these, whatever it says.
_LEFT_ALONE = Not(Term("status", "status:spam,merged", (Among("status", frozenset({"spam", "merged"})),)))
# So many files are read in one run to find out whether a rule would act; what was found out is remembered.
_MOST_LOOKS = 2000
_MOST_SLOW = 3


@dataclass(frozen=True, slots=True)
class Due:
    """The files of the tickets, the rules that may act on them, and what is held back, in words."""

    paths: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    problems: tuple[str, ...] = ()


def due_tickets(desk: Desk, book: Book) -> Due:
    """The tickets on which a rule would act; the rules are asked again, with the lock, of each one's file.

    A rule that would act on more tickets than its `at-most` does nothing: it is new, or wrong, or nobody
    looked for long, and a person is to say so.
    """
    look = _Look(desk, book)
    with closing(open_facts(desk)) as index:
        for condition in book.waiting_for(TIMER):
            try:
                look.due[condition.rule.name] = tickets_for(desk, index, condition)
            except DeskError as error:
                # A broken sla.yaml keeps only those from acting that ask for it.
                look.problems.append(f'the timer rule "{condition.rule.name}" waits: {error}')
    look.at_all()
    paths: dict[str, None] = {}
    conditions = []
    for condition in book.waiting_for(TIMER):
        rule = condition.rule
        if rule.name not in look.due:
            continue
        acts = look.acts.get(rule.name, [])
        if len(acts) > rule.at_most:
            look.problems.append(
                f'the timer rule "{rule.name}" would act on more than {rule.at_most} tickets at once: it does'
                " nothing. `desk rules run` shows and does it; `at-most:` lets it"
            )
        elif rule.name in look.unknown and len(look.due[rule.name]) > rule.at_most:
            look.problems.append(
                f'the timer rule "{rule.name}" holds for {len(look.due[rule.name]):,} tickets, more than are'
                " looked at in a minute: it waits. Let its condition leave out what it has no work on"
            )
        else:
            conditions.append(condition)
            paths |= dict.fromkeys(acts)
    return Due(tuple(paths), tuple(conditions), tuple(look.problems))


def tickets_for(desk: Desk, index: Index, condition: Condition) -> list[str]:
    """The files of the tickets that fulfil the condition, less those on which the rule acted already.

    Raises InvalidFileError where it asks for service levels and sla.yaml cannot be read.
    """
    query = condition.query or Query()
    if not CUSTOMER_KEYS.isdisjoint(query.fields):
        customers_in(desk, index).refresh_requesters()
    wanted = Query(Both((query.where, _LEFT_ALONE)))
    if wanted.is_late:
        answer_late(desk, index, wanted, sides=None)
    done = {path for path, _ in index.paths_named(condition.rule.name, TIMED_ROLE)}
    return [path for path in paths_where(index, wanted, late=wanted.is_late) if path not in done]


@dataclass(slots=True)
class _Look:
    """A look at the files of those that are due: each rule alone, as if no other were there.

    By the rule's name: `due`, whatever the index has, `acts`, where it would act (of those that are too many
    only some), and in `unknown` those of which not all were looked at.
    """

    desk: Desk
    book: Book
    due: dict[str, list[str]] = field(default_factory=dict)
    acts: dict[str, list[str]] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def at_all(self) -> None:
        """Look at everything that is due and may have changed since the last look."""
        fits: dict[str, list[Condition]] = {}
        for condition in self.book.conditions:
            for path in self.due.get(condition.rule.name, ()):
                fits.setdefault(path, []).append(condition)
        if not fits:
            return
        # People are away and back by the day.
        key = [*(key_of(self.desk.layout) or ()), self.desk.now.date().isoformat()]
        idle = Idle.read(self.desk, key)
        stragglers = Stragglers.read(self.desk, "looks")
        looks = slow = 0
        with open_door(self.desk, desk_actor(self.desk, key=RULES), dry_run=True) as door:
            for path in stragglers.last(fits):
                conditions = fits[path]
                resting = idle.known(path)
                asked = [
                    each
                    for each in conditions
                    if each.rule.name not in resting and not self._has_enough(each)
                ]
                if not asked:
                    continue
                if looks >= _MOST_LOOKS or slow >= _MOST_SLOW:
                    self.unknown |= {each.rule.name for each in asked}
                    continue
                try:
                    acts, rest = self._at(door, path, asked)
                except Exception as error:  # noqa: BLE001 - one ticket on which a rule fails keeps no other from its rules
                    slow += isinstance(error, RulesTooSlowError)
                    stragglers.note(path, failed=True)
                    self.problems.append(problem_of(path, error))
                    continue
                # Of those that act there are no more than `at-most`: what is in vain is counted.
                looks += not acts
                stragglers.note(path, failed=False)
                if rest:
                    idle.note(path, resting | rest)
        stragglers.keep(fits)
        idle.keep()

    def _has_enough(self, condition: Condition) -> bool:
        return len(self.acts.get(condition.rule.name, ())) > condition.rule.at_most

    def _at(self, door: Door, path: str, conditions: Sequence[Condition]) -> tuple[bool, frozenset[str]]:
        """Note which rules would act on the ticket; whether any does; which of them never have work there."""
        held = door.read(path)
        ticket = adopt_hand_edits(self.desk, path, held.ticket)
        occasion = of_time(ticket)
        if occasion is None:
            return False, frozenset(each.rule.name for each in conditions)
        around = around_of(self.desk, door.index, self.book)
        timers = self.book.waiting_for(TIMER)
        acts, rest = False, set()
        for condition in conditions:
            # A rule before it that says `stop` keeps it from acting.
            stops = [each for each in timers[: timers.index(condition)] if each.rule.stop]
            *before, asked = decide([*stops, condition], ticket, occasion, around).asked
            is_stopped = asked.verdict == "stopped" and any(each.verdict == "done before" for each in before)
            # What does not hold now may hold in a minute.
            if is_stopped or asked.verdict in {"nothing to do", "done before"}:
                rest.add(condition.rule.name)
            if asked.acted is not None:
                acts = True
                self.acts.setdefault(condition.rule.name, []).append(path)
        return acts, frozenset(rest)
