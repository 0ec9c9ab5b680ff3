"""Service levels as people read them: the list, the account of a ticket, the promises of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.sla.calendar import HOUR, week_text
from helpdesk_cli.sla.hours import moment_of
from helpdesk_cli.sla.policies import TARGETS
from helpdesk_cli.sla.words import left_text, length_text, outcome_text, state_text, tone_of
from helpdesk_cli.table import Column, Table, Toned
from helpdesk_cli.tickets.escapes import one_line
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.times import write_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from helpdesk_cli.desk.sla import Explained, Standing
    from helpdesk_cli.desk.sla_check import Promise
    from helpdesk_cli.desk.sla_diff import Difference
    from helpdesk_cli.sla.account import Entry
    from helpdesk_cli.sla.clocks import Clock
    from helpdesk_cli.table import Tone

    Line = list[str | Toned]

STATUS_COLUMNS = (
    Column("id", "ID"),
    Column("priority", "PRIORITY"),
    Column("status", "STATUS"),
    Column("assignee", "WHO"),
    Column("target", "TARGET"),
    Column("due_at", "DUE"),
    Column("left", "LEFT", align="right"),
    Column("policy", "POLICY"),
    Column("subject", "SUBJECT", shrinks=True),
    Column("state", "STATE", hidden=True),
    Column("left_seconds", "LEFT_SECONDS", align="right", hidden=True),
    Column("requester", "FROM", shrinks=True, hidden=True),
    Column("path", "PATH", hidden=True),
)
_PROMISE_COLUMNS = (
    Column("policy", "POLICY"),
    Column("target", "TARGET"),
    Column("for", "FOR"),
    Column("span", "PROMISED"),
    Column("wait", "LONGEST WAIT", align="right"),
    Column("from", "FROM"),
    Column("until", "UNTIL"),
)
_DIFF_COLUMNS = (
    Column("target", "TARGET"),
    Column("met", "MET", align="right"),
    Column("breached", "BREACHED", align="right"),
    Column("open", "OPEN", align="right"),
    Column("in_time", "IN TIME", align="right"),
    Column("new_met", "NEW: MET", align="right"),
    Column("new_breached", "BREACHED", align="right"),
    Column("new_open", "OPEN", align="right"),
    Column("new_in_time", "IN TIME", align="right"),
)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MINUTE = 60_000
_LONG_DAY = 24
# Of a longer account the middle is one line, unless all of it is wanted.
_SHOWN = 24


def status_table(standings: Sequence[Standing], zone: tzinfo, *, for_people: bool) -> Table:
    """One row a ticket: what is due next. For people times are those of the wall, and lengths in words."""
    rows = []
    for each in standings:
        row, level = each.row, each.level
        clock = level.next_clock or _last(level.clocks)
        due = seconds = target = state = left = ""
        if clock is not None:
            target, state = clock.target, clock.state
            left = left_text(clock) if clock.is_open else outcome_text(clock)
            seconds = str((clock.left - clock.over) // 1000)
            if clock.due_shown is not None:
                at = clock.due_shown
                due = short_moment(at, zone) if for_people else write_time(moment_of(at))
        rows.append(
            (
                row.id,
                row.priority,
                row.status,
                row.assignee,
                target,
                due,
                Toned(left, tone_of(clock)),
                level.policy.name if level.policy else "",
                one_line(row.subject),
                state,
                seconds,
                one_line(Person.read(row.requester).label),
                row.path,
            )
        )
    return Table("service-levels", STATUS_COLUMNS, tuple(rows))


def _last(clocks: Sequence[Clock]) -> Clock | None:
    """Of clocks that have all stopped the one to tell of: one that was late, else the last."""
    late = [clock for clock in clocks if clock.state == "breached"]
    return next(iter(late), clocks[-1] if clocks else None)


def account_lines(explained: Explained, zone: tzinfo, *, full: bool) -> Iterator[Line]:
    """The account of every clock of a ticket, in the calendar's time; each adds up by hand."""
    ticket, level = explained.ticket, explained.level
    words = [ticket.id]
    if level.policy is not None:
        words.append(f"policy {level.policy.name}")
    words += filter(None, [ticket.priority, ticket.type])
    if level.calendar is not None:
        zone = level.calendar.zone
        days_off = f", holidays {' '.join(level.calendar.regions)}" if level.calendar.regions else ""
        words.append(f"{level.calendar.name}: {zone}, {week_text(level.calendar)}{days_off}")
    yield [Toned(one_line(" · ".join(words)), "strong")]
    if level.remark:
        yield [Toned(one_line(level.remark), "notice")]
    if level.policy is None:
        yield ["No policy counts for this ticket: nothing is promised."]
    elif not explained.accounts:
        yield ["Nothing is promised for a ticket like this."]
    for clock, account in explained.accounts:
        yield from _clock_lines(clock, account, explained, zone, full=full)


def _clock_lines(
    clock: Clock, account: tuple[Entry, ...], explained: Explained, zone: tzinfo, *, full: bool
) -> Iterator[Line]:
    tone: Tone = "alarm" if clock.state == "breached" else "good" if clock.state == "met" else "plain"
    yield [f"{clock.target:<15}  target {target_text(clock, explained)}  ", Toned(state_text(clock), tone)]
    has_seconds = any(moment % _MINUTE for entry in account for moment in (entry.start, entry.end))
    hidden = len(account) - _SHOWN if not full and len(account) > _SHOWN + 1 else 0
    for place, entry in enumerate(account):
        if hidden and _SHOWN // 2 <= place < _SHOWN // 2 + hidden:
            if place == _SHOWN // 2:
                middle = account[place : place + hidden]
                counted = length_text(sum(each.counted for each in middle), seconds=has_seconds)
                yield [Toned(f"   {hidden} more stretches, {counted} counted (--full shows them)", "faint")]
            continue
        is_now = clock.stopped is None and place == len(account) - 1
        yield _entry_line(entry, zone, is_now=is_now, seconds=has_seconds)
    if clock.due_shown is not None:
        yield [f"   due {long_moment(clock.due_shown, zone)}"]


def target_text(clock: Clock, explained: Explained) -> str:
    """`4h`, `2d = 13h 36m` where a day is one of the calendar's."""
    calendar = explained.level.calendar
    if clock.span.unit != "day" or calendar is None:
        return str(clock.span)
    return f"{clock.span} = {length_text(clock.allowed)}"


def _entry_line(entry: Entry, zone: tzinfo, *, is_now: bool, seconds: bool) -> Line:
    if entry.is_day:
        return [Toned(f"   {_day(entry.start, zone)}  {'':<26}  {'':>9}  {entry.why}", "faint")]
    end = "now" if is_now else _until(entry, zone, seconds=seconds)
    span = f"{_clock(entry.start, zone, seconds=seconds)} – {end}"
    counted = length_text(entry.counted, seconds=seconds) if not entry.why else ""
    tone: Tone = "faint" if entry.why else "plain"
    return [Toned(f"   {_day(entry.start, zone)}  {span:<26}  {counted:>9}  {entry.why or 'counted'}", tone)]


def _until(entry: Entry, zone: tzinfo, *, seconds: bool) -> str:
    """The time of day, with the day where it is another."""
    first, last = (moment_of(moment).astimezone(zone).date() for moment in (entry.start, entry.end))
    at = _clock(entry.end, zone, seconds=seconds)
    return at if first == last else f"{_plain_day(entry.end, zone)} {at}"


def _clock(moment: int, zone: tzinfo, *, seconds: bool) -> str:
    local = moment_of(moment).astimezone(zone)
    return f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"


def _day(moment: int, zone: tzinfo) -> str:
    local = moment_of(moment).astimezone(zone)
    return f"{_DAYS[local.weekday()]} {local.day:>2} {_MONTHS[local.month - 1]}"


def _plain_day(moment: int, zone: tzinfo) -> str:
    return _day(moment, zone).replace("  ", " ")


def short_moment(moment: int, zone: tzinfo) -> str:
    """`Fri 20 Nov 10:12`."""
    return f"{_plain_day(moment, zone)} {moment_of(moment).astimezone(zone):%H:%M}"


def long_moment(moment: int, zone: tzinfo) -> str:
    """`Fri 20 Nov 2026 10:12 CET`."""
    local = moment_of(moment).astimezone(zone)
    return f"{_plain_day(moment, zone)} {local.year} {local:%H:%M} {local.tzname() or ''}".strip()


def promise_table(promises: Sequence[Promise]) -> Table:
    """Every promise with the longest that it can last by the clock on the wall."""
    rows = []
    for each in promises:
        wait = each.wait
        last = "never" if wait.due is None else short_moment(wait.due, each.zone)
        rows.append(
            (
                each.policy,
                each.target,
                each.word or "all",
                str(each.span),
                wait_text(wait.length) if wait.due is not None else "for ever",
                short_moment(wait.start, each.zone),
                last,
            )
        )
    return Table("promises", _PROMISE_COLUMNS, tuple(rows))


def wait_text(milliseconds: int) -> str:
    """`4h 00m`, `5d 23h` of plain days."""
    hours = milliseconds // HOUR
    if hours < _LONG_DAY:
        return length_text(milliseconds)
    return f"{hours // _LONG_DAY}d {hours % _LONG_DAY:02d}h"


def difference_table(found: Difference) -> Table:
    """A row a target: as it was, and as it would have been."""
    rows: list[tuple[str | int, ...]] = []
    for target in TARGETS:
        before, after = (
            {state: counts.get((target, state), 0) for state in ("met", "breached", "open")}
            for counts in (found.before, found.after)
        )
        if any(before.values()) or any(after.values()):
            rows.append((target, *before.values(), _share(before), *after.values(), _share(after)))
    return Table("service-level-difference", _DIFF_COLUMNS, tuple(rows))


def _share(counts: dict[str, int]) -> str:
    """How many of those that are over were in time, in percent, rounded down."""
    over = counts["met"] + counts["breached"]
    return f"{counts['met'] * 100 // over}%" if over else "–"
