"""What comes of trying rules, as people read it: tests, reasons, and two files beside each other."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from helpdesk_cli.table import Column, Table, Toned
from helpdesk_cli.tickets.escapes import one_line
from helpdesk_cli.tickets.times import write_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from helpdesk_cli.desk.rules_explain import Explained
    from helpdesk_cli.desk.rules_replay import Otherwise, Replay
    from helpdesk_cli.desk.rules_test import Tested
    from helpdesk_cli.rules.explaining import Told
    from helpdesk_cli.table import Tone

    Line = list[str | Toned]

_REPLAY_COLUMNS = (
    Column("rule", "RULE"),
    Column("before", "BEFORE", align="right"),
    Column("after", "AFTER", align="right"),
    Column("difference", "DIFFERENCE", align="right"),
)
ENDS = "Each rule is asked once, and what rules change sets off no rules."


def test_lines(tested: Tested) -> Iterator[Line]:
    """A test on a line; below one that fails what was expected and what was found."""
    name = one_line(tested.name)
    if tested.passed:
        yield [Toned("ok  ", "good"), f"  {name}"]
        return
    line = next((each.line for each in tested.differences if each.line), 0)
    place = f"{tested.place}:{line}" if line else tested.place
    yield [Toned("FAIL", "alarm"), f"  {name}  ({place})"]
    if tested.error is not None:
        yield [f"        {tested.error}"]
    for each in tested.differences:
        yield [f"        {each.what}"]
        yield [Toned(f"        - {one_line(each.expected) or 'none'}", "alarm")]
        yield [Toned(f"        + {one_line(each.found) or 'none'}", "good")]


def replay_table(found: Replay, *, full: bool) -> Table:
    """How often each rule acts by either file; those that act by neither only in `full`."""
    rows = []
    for name, (before, after) in found.rules.items():
        if not (before or after or full):
            continue
        difference = f"{after - before:+d}" if after != before else ""
        rows.append((name, str(before), str(after), Toned(difference, "notice")))
    return Table("rules-replay", _REPLAY_COLUMNS, tuple(rows))


def replay_words(found: Replay) -> str:
    """What was asked about, and how much comes out otherwise."""
    mails = f"{found.mails:,} mail{'' if found.mails == 1 else 's'}"
    others = (
        f" and {found.others:,} thing{'' if found.others == 1 else 's'} that we did" if found.others else ""
    )
    tickets = f"{found.tickets:,} ticket{'' if found.tickets == 1 else 's'}"
    number = found.changed
    verb = "comes" if number < 2 else "come"  # noqa: PLR2004 - one or none
    return f"{mails}{others} in {tickets}; {number or 'none'} {verb} out otherwise"


def otherwise_lines(each: Otherwise) -> Iterator[Line]:
    """One occasion: what the one file does and the other does not."""
    name = f"{each.id}.{each.message}" if each.message else each.id
    yield [Toned(name, "strong"), f" {each.event}, {write_time(each.at)}: {one_line(each.subject)}"]
    old, new = set(each.before), set(each.after)
    for line in each.before:
        if line not in new:
            yield [Toned(f"  - {one_line(line)}", "alarm")]
    for line in each.after:
        if line not in old:
            yield [Toned(f"  + {one_line(line)}", "good")]
    if each.rules_before != each.rules_after:
        before, after = (", ".join(names) or "no rule" for names in (each.rules_before, each.rules_after))
        yield [Toned(f"    {before} → {after}", "faint")]


def explained_lines(found: Explained, *, only: str = "") -> Iterator[Line]:
    """Rule by rule, in the order of the file; `only`: this one alone."""
    name = found.ticket or "a mail"
    name += f".{found.message}" if found.message else ""
    joins = f", for {found.joins}" if found.joins else ""
    yield [Toned(name, "strong"), f" {found.event}, {write_time(found.at)}{joins}: {one_line(found.subject)}"]
    waiting = []
    for told in found.told:
        if only and told.rule.name != only:
            continue
        if told.verdict == "other event" and not only:
            waiting.append(told.rule.name)
            continue
        yield [""]
        yield from _told(told)
    yield [""]
    if waiting:
        yield [Toned(f"Not for {found.event}: {', '.join(waiting)}.", "faint")]
    if found.ticket and found.event != "timer":
        yield [f"By the ticket, {', '.join(found.then) or 'no rule'} acted for this."]
    yield [Toned(ENDS, "faint")]


def _told(told: Told) -> Iterator[Line]:
    rule = told.rule
    acts = told.verdict == "acted"
    tone: Tone = "good" if acts else "notice"
    yield [
        Toned(rule.name, "strong"),
        f" (line {rule.line}) ",
        Toned(_verdict(told), tone),
    ]
    width = max((len(each.term) for each in told.because), default=0)
    for each in told.because:
        has = f"  {each.has}" if each.has else "  (nothing)"
        yield [f"  {'yes' if each.holds else 'no '}  {each.term:<{width}}", Toned(has, "faint")]
    if told.effects is not None:
        for line in told.effects.lines:
            yield [f"  {'does' if acts else 'would'} {one_line(line)}"]
    if acts and told.left:
        yield [f"  does not {one_line(', '.join(told.left))}: this mail came too late to write to anybody"]


def _verdict(told: Told) -> str:
    rule = told.rule
    words = {
        "acted": "acts",
        "nothing to do": "is for this ticket, and all is so already",
        "no match": "is not for this ticket",
        "done before": "acted for this already",
        "other event": f"waits for {', '.join(rule.events)}",
        "off": "is off: `active: no`",
        "dry run": "is in dry run: it writes to customers only with `send: on`",
        "too late": "does nothing: it writes to somebody, and this mail came too late for that",
        "stopped": f'is not asked: "{told.by}" says `stop`',
    }
    if told.broken:
        return f"is off, and cannot be switched on: {told.broken}"
    holds = told.verdict in {"acted", "nothing to do", "too late"}
    last = "; `stop`: no later rule is asked" if rule.stop and holds else ""
    return words[told.verdict] + last


def many_lines(items: Sequence[Otherwise], most: int) -> Iterator[Line]:
    """The first of them, and how many more there are."""
    yield from chain.from_iterable(map(otherwise_lines, items[:most]))
    if len(items) > most:
        yield [Toned(f"and {len(items) - most:,} more: `--full` shows all", "faint")]
