"""What rules make of a ticket and of the one thing that happened to it: decided here, written elsewhere.

Every rule is asked at most once for one thing, in the order of the file; later ones see what earlier ones
changed; what rules do sets off no rules. So nothing goes round, whatever stands in the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from helpdesk_cli.query.facts import Facts
from helpdesk_cli.query.match import matches, why
from helpdesk_cli.rules.actions import REPLY, Doing, do
from helpdesk_cli.rules.conditions import facts_about, facts_of_mail
from helpdesk_cli.rules.marks import ALERT, RECOVERED, RULE
from helpdesk_cli.rules.occasion import event_id, has_run, note_id
from helpdesk_cli.rules.rule import DEDUPE
from helpdesk_cli.tickets.changes import EntryAdded, apply_all
from helpdesk_cli.tickets.entries import Event, Note, Segment
from helpdesk_cli.tickets.times import next_time
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.rules.around import Around
    from helpdesk_cli.rules.conditions import Condition
    from helpdesk_cli.rules.occasion import Occasion
    from helpdesk_cli.rules.rule import Action, Rule
    from helpdesk_cli.tickets.changes import Change
    from helpdesk_cli.tickets.ticket import Ticket

# What became of a rule: it acted; it held and had nothing to change; its condition did not hold; it acted for
# this before; it waits for other events; it is off; it would write to customers and may not; it would write
# to somebody, who is not to be written to any more, and do nothing else; one before it said stop.
Verdict = Literal[
    "acted",
    "nothing to do",
    "no match",
    "done before",
    "other event",
    "off",
    "dry run",
    "too late",
    "stopped",
]


@dataclass(frozen=True, slots=True)
class Acted:
    """What one rule does to the ticket. `changes` are whole: its event is among them."""

    rule: Rule
    before: Ticket
    after: Ticket
    changes: tuple[Change, ...]
    summary: str
    event: Event

    @property
    def alert(self) -> str:
        """The name of the monitored thing that the mail speaks of; "" for none."""
        return next(iter(self.event.all_facts(ALERT) or self.event.all_facts(RECOVERED)), "")

    @property
    def replies(self) -> list[str]:
        """The templates with which a customer is to be answered."""
        return self.event.all_facts(REPLY)


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of one rule. `why`: the terms of its condition that decided, where that was asked for.

    `left` are actions that it did not take, because they write to somebody.
    """

    rule: Rule
    verdict: Verdict
    why: tuple[str, ...] = ()
    acted: Acted | None = None
    left: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What all rules come to: the ticket after them, and what became of each, in the order of the file."""

    ticket: Ticket
    asked: tuple[Asked, ...] = ()

    @property
    def acted(self) -> list[Acted]:
        """What is to be written, in order."""
        return [each.acted for each in self.asked if each.acted is not None]


def decide(
    conditions: Iterable[Condition],
    ticket: Ticket,
    occasion: Occasion,
    around: Around,
    *,
    explains: bool = False,
    tries: bool = False,
    quiet: bool = False,
    spares: bool = False,
) -> Decision:
    """What the rules do to the ticket.

    `explains`: with the terms that decided. `tries`: as if every rule were on and might write; who tries
    writes nothing. `quiet`: without the actions that write to anybody. `spares`: of rules that have such
    actions none is taken, so that they may act later. Their `stop` holds either way: a rule behind them was
    never to be asked. Raises whatever `around` raises.
    """
    asking = _Asking(ticket, occasion, around)
    asked: list[Asked] = []
    is_stopped = False
    for condition in conditions:
        rule = condition.rule
        verdict = "stopped" if is_stopped else _refusal(rule, ticket, occasion, tries=tries)
        left = rule.outward if quiet or spares else ()
        if verdict is None and left and not rule.stop and (spares or len(left) == len(rule.actions)):
            verdict = "too late"
        if verdict is not None:
            asked.append(Asked(rule, verdict))
            is_stopped = is_stopped or (verdict == "done before" and rule.stop)
            continue
        around.check()
        said = asking.why(condition) if explains else ()
        if not asking.holds(condition):
            asked.append(Asked(rule, "no match", said))
            continue
        acted = None if left and spares else asking.act(condition, without=left)
        nothing: Verdict = "too late" if left else "nothing to do"
        asked.append(Asked(rule, "acted" if acted else nothing, said, acted, left))
        is_stopped = rule.stop
    return Decision(asking.ticket, tuple(asked))


def join(condition: Condition, ticket: Ticket, occasion: Occasion, around: Around) -> Acted | None:
    """What a further mail about a monitored thing does to the ticket that is about it already.

    Of the rule's actions `dedupe` alone acts again: a storm assigns nobody and tells nobody.
    """
    if has_run(ticket, condition.rule.name, occasion.entry):
        return None
    return _Asking(ticket, occasion, around).act(condition, only=DEDUPE)


def _refusal(rule: Rule, ticket: Ticket, occasion: Occasion, *, tries: bool) -> Verdict | None:
    """Why the rule is not asked at all; None where it is."""
    if occasion.event not in rule.events:
        return "other event"
    if not tries and rule.state != "on":
        return "off" if rule.state == "off" else "dry run"
    return "done before" if has_run(ticket, rule.name, occasion.entry) else None


@dataclass(slots=True)
class _Asking:
    """The ticket as it is by now, and what is known of it."""

    ticket: Ticket
    occasion: Occasion
    around: Around
    _facts: Facts | None = None
    _late: Facts | None = None
    _mail: Facts | None = None

    def holds(self, condition: Condition) -> bool:
        """Whether the rule is for the ticket as it is now."""
        if condition.broken:
            return False
        return condition.query is None or matches(condition.query, self._known(late=condition.query.is_late))

    def why(self, condition: Condition) -> tuple[str, ...]:
        """The terms that decide it."""
        return why(condition.query, self._known(late=condition.query.is_late)) if condition.query else ()

    def act(self, condition: Condition, *, only: str = "", without: tuple[Action, ...] = ()) -> Acted | None:
        """What the rule does, or only those actions of that name; None where all is so already."""

        def has_recovered(_: Action) -> bool:
            query = condition.recovered
            return query is not None and matches(query, self._known(late=query.is_late))

        rule, before = condition.rule, self.ticket
        doing = Doing(before, self.around, rule.by, occasion=self.occasion, has_recovered=has_recovered)
        for action in rule.actions:
            if action.name == only or not (only or action in without):
                do(doing, action)
        acted = _written(rule, before, doing, self.occasion)
        if acted is not None:
            self.ticket, self._facts, self._late = acted.after, None, None
        return acted

    def _known(self, *, late: bool) -> Facts:
        if self._facts is None:
            around = self.around
            if self._mail is None and self.occasion.message is not None:
                self._mail = facts_of_mail(self.ticket, self.occasion, fields=around.fields)
            self._facts = facts_about(
                self.ticket,
                self.occasion,
                fields=around.fields,
                done=around.done,
                extra=around.known(self.ticket),
                mail=self._mail,
            )
        if late and self._late is None:
            levels = self.around.levels(self.ticket) or Facts("", {}, {}, {})
            known = self._facts
            scalars, items = {**known.scalars, **levels.scalars}, {**known.items, **levels.items}
            self._late = Facts("", scalars, items, known.texts)
        return self._late if late and self._late is not None else self._facts


def _written(rule: Rule, before: Ticket, doing: Doing, occasion: Occasion) -> Acted | None:
    """What was done, as entries of the ticket: notes, then the event."""
    if not (doing.changes or doing.notes or doing.facts):
        return None
    now = doing.around.now
    changes: list[Change] = list(doing.changes)
    after = doing.ticket
    for number, text in enumerate(doing.notes):
        name = note_id(before, rule.name, occasion.entry, number)
        note = Note(name, next_time(now, after.last_at), rule.by, (Segment("text", text),))
        changes.append(EntryAdded(note))
        after = apply_all(after, changes[-1:])
    facts = ((RULE, f"{occasion.entry} {occasion.event}"), *doing.facts)
    name = event_id(before, rule.name, occasion.entry)
    event = Event(name, next_time(now, after.last_at), rule.by, changes=tuple(doing.changes), facts=facts)
    changes.append(EntryAdded(event))
    after = apply_all(after, changes[-1:])
    return Acted(rule, before, after, tuple(changes), f"{rule.by}: {', '.join(doing.said)}", event)
