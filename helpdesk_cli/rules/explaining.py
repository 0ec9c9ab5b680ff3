"""Why each rule acts or does not: the terms of its condition, what the ticket has there, what it would do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.query.facts import Facts
from helpdesk_cli.query.fields import ITEM_KINDS, TEXTS, by_name
from helpdesk_cli.query.folding import BETWEEN
from helpdesk_cli.query.kinds import NAMES
from helpdesk_cli.query.match import explain
from helpdesk_cli.query.nodes import terms
from helpdesk_cli.rules.conditions import facts_about
from helpdesk_cli.rules.effects import Effects, effects_of
from helpdesk_cli.rules.engine import decide
from helpdesk_cli.tickets.times import write_time
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from helpdesk_cli.query.fields import Field
    from helpdesk_cli.query.match import Reason
    from helpdesk_cli.query.nodes import Query
    from helpdesk_cli.rules.around import Around
    from helpdesk_cli.rules.conditions import Condition
    from helpdesk_cli.rules.engine import Verdict
    from helpdesk_cli.rules.occasion import Occasion
    from helpdesk_cli.rules.rule import Rule
    from helpdesk_cli.tickets.ticket import Ticket

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 80
_MOST_ITEMS = 5
# Of these it is said as well what they would do.
_ASKED_ALL_THE_SAME = frozenset({"off", "dry run", "too late", "stopped"})


@dataclass(frozen=True, slots=True)
class Because:
    """A term that decided, whether it holds, and what the ticket or mail has there (folded; "" = nothing)."""

    term: str
    holds: bool
    has: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one rule. `by` is the rule whose `stop` kept it from being asked.

    `effects` of one that does not act are those that it would have; None where its condition does not hold,
    or nobody asked. `left`: what it does not do, because this came too late to write to anybody.
    `broken`: it is off, and its condition cannot be read, for this reason.
    """

    rule: Rule
    verdict: Verdict
    because: tuple[Because, ...] = ()
    effects: Effects | None = None
    by: str = ""
    left: tuple[str, ...] = ()
    broken: str = ""


def tell_rules(
    conditions: Sequence[Condition],
    ticket: Ticket,
    occasion: Occasion,
    around: Around,
    *,
    quiet: bool = False,
) -> list[Told]:
    """What becomes of each rule, in the order of the file; those that are not asked are tried alone."""
    decision = decide(conditions, ticket, occasion, around, quiet=quiet)
    found: list[Told] = []
    stopped = ""
    for condition, asked in zip(conditions, decision.asked, strict=True):
        rule, verdict, acted = asked.rule, asked.verdict, asked.acted
        if condition.broken:
            found.append(Told(rule, verdict, broken=condition.broken))
            continue
        if verdict in {"other event", "done before"}:
            found.append(Told(rule, verdict))
            if verdict == "done before" and rule.stop:
                stopped = stopped or rule.name
            continue
        if verdict in _ASKED_ALL_THE_SAME:
            tried = decide([condition], ticket, occasion, around, tries=True).asked[0]
            if tried.verdict in {"other event", "done before"}:
                found.append(Told(rule, tried.verdict))
                continue
            holds, acted = tried.verdict != "no match", tried.acted
        else:
            holds = verdict != "no match"
        because = tuple(_because(condition.query, ticket, occasion, around))
        effects = effects_of([acted] if acted else [], ticket) if holds else None
        by = stopped if verdict == "stopped" else ""
        found.append(Told(rule, verdict, because, effects, by, tuple(map(str, asked.left))))
        if asked.acted is not None:
            ticket = asked.acted.after
        if verdict in {"acted", "nothing to do", "too late"} and rule.stop:
            stopped = rule.name
    return found


def _because(query: Query | None, ticket: Ticket, occasion: Occasion, around: Around) -> Iterator[Because]:
    if query is None:
        return
    facts = facts_about(ticket, occasion, fields=around.fields, done=around.done, extra=around.known(ticket))
    if query.is_late and (levels := around.levels(ticket)) is not None:
        scalars, items = {**facts.scalars, **levels.scalars}, {**facts.items, **levels.items}
        facts = Facts("", scalars, items, facts.texts)
    rows = by_name(around.fields)
    fields = {str(term): term.field for term in terms(query.where)}
    told: set[str] = set()
    for reason in _deciding(explain(query, facts)):
        if reason.text in told:
            continue
        told.add(reason.text)
        row = rows.get(fields.get(reason.text) or fields.get(reason.text.removeprefix("-"), ""))
        yield Because(reason.text, reason.holds, _has(row, facts) if row else "")


def _deciding(reason: Reason) -> Iterator[Reason]:
    """The smallest parts for which the whole is as it is."""
    alike = [part for part in reason.parts if part.holds == reason.holds]
    if not alike:
        yield reason
    for part in alike:
        yield from _deciding(part)


def _has(row: Field, facts: Facts) -> str:
    """What is known there, short enough for a line."""
    if row.texts or row.stored in TEXTS:
        texts = row.texts or (row.stored,)
        return _cut(" ".join(facts.texts.get(text, "").replace(BETWEEN, " ") for text in texts).strip())
    if row.kind in ITEM_KINDS:
        items = [*facts.items.get(row.stored, ()), *facts.items.get(row.stored + NAMES, ())]
        some = [_cut(item) for item in items if item][:_MOST_ITEMS]
        return ", ".join(some) + (" …" if len(items) > len(some) else "")
    value = facts.scalars.get(row.stored)
    if value is None:
        return ""
    if row.kind in {"time", "length"} and isinstance(value, int):
        try:
            return write_time(_EPOCH + timedelta(milliseconds=value))
        except OverflowError:
            return ""
    return _cut(str(value))


def _cut(text: str) -> str:
    text = " ".join(text.split()) if len(text) < 10 * _LONGEST else " ".join(text[: 10 * _LONGEST].split())
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
