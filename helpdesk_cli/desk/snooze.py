"""`desk snooze`, `desk wake`: tickets that rest until a time, and what wakes them."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.asking import local_text
from helpdesk_cli.desk.changing import Decided, Outcome, change_each
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.errors import UsageError
from helpdesk_cli.query.dates import is_length, read_when, shift
from helpdesk_cli.tickets import snooze as sleeping
from helpdesk_cli.tickets.snooze import WOKE, put_to_sleep, until_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, tzinfo

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.tickets.ticket import Ticket

# Under which name and role the index knows the tickets that rest; the entry is the time.
ROLE = "snoozed"
_HOUR = re.compile(r"(?:(?P<day>.*\S)\s+)?(?P<hour>[01]?\d|2[0-3])[:.](?P<minute>[0-5]\d)", re.DOTALL)
_MONDAY_TO_SUNDAY = re.compile(
    r"mon(day)?|tue(sday)?|wed(nesday)?|thu(rsday)?|fri(day)?|sat(urday)?|sun(day)?"
)
# Days on which the clocks are put forward have 23 hours.
_SHORTEST_DAY = timedelta(hours=20)
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
# Whoever means 2026 and types 2062 shall hear of it.
_FURTHEST = timedelta(days=3 * 366)
_EXAMPLES = 'Write `3d`, `4h`, `tomorrow`, `"monday 9:00"` or `2026-12-01`.'
_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def snooze(
    desk: Desk,
    words: Iterable[str],
    until: datetime,
    *,
    keep: bool = False,
    actor: Actor,
    dry_run: bool = False,
) -> Outcome:
    """Let the tickets rest until then: they keep their status and need nobody.

    Mail of a person wakes them before, unless `keep`. What is done cannot be snoozed.
    """
    told = f"snoozed until {local_text(desk, until)}{', also when mail comes' if keep else ''}"

    def decide(_: Door, ticket: Ticket) -> Decided:
        if desk.settings.status_kind(ticket.status) == "done":
            hint = f"`desk reopen {ticket.number}` first, if somebody is to look at it again."
            raise UsageError(f"is {ticket.status}: there is nothing to wake up for", ticket.id, hint)
        return Decided(put_to_sleep(ticket, until, keep=keep), told)

    return change_each(desk, words, decide, actor=actor, dry_run=dry_run)


def wake(desk: Desk, words: Iterable[str], *, actor: Actor, dry_run: bool = False) -> Outcome:
    """End the tickets' rest; those that are awake stay as they are."""

    def decide(_: Door, ticket: Ticket) -> Decided:
        return Decided(sleeping.wake(ticket), "awake again")

    return change_each(desk, words, decide, actor=actor, dry_run=dry_run)


def wake_due(desk: Desk) -> list[str]:
    """A step of `desk cron`: wake every ticket whose time has come; what could not be woken, in words."""
    with closing(open_index(desk, full=False)) as index:
        due = [path for path, until in index.paths_named(ROLE, ROLE) if _is_due(until, desk.now)]
    names = [path.rpartition("/")[2].removesuffix(".md") for path in due]
    if not names:
        return []

    def decide(_: Door, ticket: Ticket) -> Decided:
        if not _is_due(ticket.snoozed_until, desk.now):
            return Decided()
        # What was done meanwhile wakes nobody.
        is_done = desk.settings.status_kind(ticket.status) == "done"
        return Decided(
            sleeping.wake(ticket), "awake again: its time has come", ((WOKE, "done" if is_done else "due"),)
        )

    outcome = change_each(desk, names, decide, actor=desk_actor(desk, key="desk"))
    return [f"{name} could not be woken: {error}" for name, error in outcome.errors]


def read_until(text: str, now: datetime, zone: tzinfo, *, hour: str) -> datetime:
    """The moment that a person means: `3d`, `4h`, `monday`, `monday 9:00`, `17:00`, `2026-12-01`.

    A day without an hour begins at `hour` (`08:00`). Raises UsageError for what is no time, is not to come,
    or lies further ahead than three years.
    """
    try:
        found = _read(text.strip().casefold(), now, zone, hour=hour)
    except ValueError as error:
        raise UsageError(str(error), "--until", _EXAMPLES) from error
    if found <= now:
        raise UsageError(f'"{text}" is past: it was {_local(found, zone)}', "--until", _EXAMPLES)
    if found - now > _FURTHEST:
        raise UsageError(f'"{text}" lies more than three years ahead', "--until", _EXAMPLES)
    return found.replace(microsecond=0)


def until_text(desk: Desk, ticket: Ticket) -> str:
    """Until when the ticket rests, in the desk's time zone; "" for one that is awake."""
    until = until_of(ticket)
    return local_text(desk, until) if until is not None and until > desk.now else ""


def _read(text: str, now: datetime, zone: tzinfo, *, hour: str) -> datetime:
    if is_length(text.removeprefix("+")):
        return shift(now, text.removeprefix("+"), zone, ahead=True)
    match = _HOUR.fullmatch(text)
    day, clock = (
        ((match["day"] or "").removesuffix(" at"), f"{int(match['hour']):02d}:{match['minute']}")
        if match
        else (text, "")
    )
    if match and not day:
        today = _at(read_when("today", now, zone).start, clock, zone)
        return today if today > now else _at(today + _DAY, clock, zone)
    span = read_when(day.removeprefix("next ") if _is_weekday(day.removeprefix("next ")) else day, now, zone)
    if span.end - span.start < _SHORTEST_DAY:
        return span.start
    moment = _at(span.start, clock or hour, zone)
    if moment <= now and _is_weekday(day.removeprefix("next ")):
        # A day of the week is the next one of that name; today's, if its hour is still to come.
        moment = _at(span.start + _WEEK, clock or hour, zone)
    return moment


def _at(day: datetime, clock: str, zone: tzinfo) -> datetime:
    """That hour of the day, as the wall shows it."""
    hour, _, minute = clock.partition(":")
    # Noon is the same day whatever the clocks did that night.
    noon = (day + _DAY / 2).astimezone(zone)
    return noon.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0).astimezone(day.tzinfo)


def _is_weekday(text: str) -> bool:
    return _MONDAY_TO_SUNDAY.fullmatch(text) is not None


def _is_due(until: str, now: datetime) -> bool:
    moment = sleeping.read_until(until)
    return moment is not None and moment <= now


def _local(moment: datetime, zone: tzinfo) -> str:
    local = moment.astimezone(zone)
    return f"{_NAMES[local.weekday()]} {local:%Y-%m-%d %H:%M}"
