"""`desk sla check`: what is wrong with sla.yaml, what is odd, and how long its promises can let wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helpdesk_cli.desk.conditions import read_condition
from helpdesk_cli.errors import InvalidFileError, NotFoundError
from helpdesk_cli.query.errors import QueryError
from helpdesk_cli.sla.hours import hours_of, moment_of, ms_of
from helpdesk_cli.sla.policies import EVERY, TARGETS
from helpdesk_cli.sla.waits import longest_wait
from helpdesk_cli.storage.public_holidays import PublicHolidays
from helpdesk_cli.storage.sla_file import NAME, examine_sla, read_bytes, text_of
from helpdesk_cli.storage.sla_versions import is_in_git
from helpdesk_cli.tickets.as_json import SCHEMA
from helpdesk_cli.tickets.times import write_time
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo
    from pathlib import Path

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.sla.policies import Policy, Sla, Span, Target
    from helpdesk_cli.sla.waits import Wait

_OFFICE = "office"  # the calendar that `acknowledge:` in desk.yaml asks


@dataclass(frozen=True, slots=True)
class Promise:
    """A span of a policy, and the longest that it can last by the clock on the wall; the calendar's zone."""

    policy: str
    target: str
    word: str  # the priority or type; "" for all
    span: Span
    wait: Wait
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Checked:
    """`errors` keep the file from being used, `oddities` do not; places are `sla.yaml:LINE`."""

    errors: tuple[InvalidFileError, ...]
    oddities: tuple[InvalidFileError, ...]
    promises: tuple[Promise, ...]

    def json(self) -> dict[str, Any]:
        """The stable JSON of `desk sla check --json`."""
        return {
            "schema": SCHEMA,
            "kind": "sla-check",
            "errors": [_slip(error) for error in self.errors],
            "oddities": [_slip(oddity) for oddity in self.oddities],
            "promises": [] if self.errors else [_promise(promise) for promise in self.promises],
        }


def _slip(error: InvalidFileError) -> dict[str, Any]:
    return {"place": error.place, "what": error.message, "remedy": error.hint or None}


def _promise(promise: Promise) -> dict[str, Any]:
    wait = promise.wait
    return {
        "policy": promise.policy,
        "target": promise.target,
        "for": promise.word or None,
        "span": str(promise.span),
        "longest_wait_seconds": None if wait.due is None else wait.length // 1000,
        "start_at": write_time(moment_of(wait.start)),
        "due_at": None if wait.due is None else write_time(moment_of(wait.due)),
    }


def check(desk: Desk, file: Path | None = None) -> Checked:
    """Look at the desk's sla.yaml, or at another file. Raises NotFoundError where there is none."""
    place = file.name if file else NAME
    data = read_other(file) if file else read_bytes(desk.layout)
    if data is None:
        raise NotFoundError("there is no sla.yaml", "", "`desk init` in an empty folder shows one.")
    try:
        text = text_of(data, place=place)
    except InvalidFileError as error:
        return Checked((error,), (), ())
    sla, errors = examine_sla(text, desk.settings, place=place, holidays=PublicHolidays(desk.layout))
    errors += _conditions(desk, sla, place)
    oddities = [] if errors else list(_oddities(desk, sla, place))
    if file is None and not errors and not is_in_git(desk.layout, data):
        said = (
            "is not in git as it stands: tickets that are opened now name a version that clones do not have"
        )
        oddities.append(InvalidFileError(said, NAME, "Commit it."))
    return Checked(tuple(errors), tuple(oddities), tuple(promises(sla, ms_of(desk.now))))


def read_other(file: Path) -> bytes:
    """The bytes of a file that somebody names. Raises NotFoundError."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise NotFoundError((error.strerror or str(error)).lower(), str(file)) from None


def promises(sla: Sla, now: int) -> Iterator[Promise]:
    """Every span that is promised, in the order of the file."""
    for policy in sla.policies:
        calendar = sla.calendar(policy.calendar)
        for name, target in _targets(policy):
            for word, span in target.spans:
                if calendar is not None:
                    wait = longest_wait(span, hours_of(calendar), now)
                    yield Promise(policy.name, name, "" if word == EVERY else word, span, wait, calendar.zone)


def _targets(policy: Policy) -> Iterator[tuple[str, Target]]:
    for name in TARGETS:
        if (target := policy.target(name)) is not None:
            yield name, target


def _conditions(desk: Desk, sla: Sla, place: str) -> list[InvalidFileError]:
    found = []
    for policy in sla.policies:
        try:
            if policy.when:
                read_condition(desk, policy.when)
        except QueryError as error:
            said = f"the condition of {policy.name}: {str(error).removeprefix('query: ')}"
            found.append(InvalidFileError(said, f"{place}:{policy.when_line}"))
    return found


def _oddities(desk: Desk, sla: Sla, place: str) -> Iterator[InvalidFileError]:
    yield from _order(sla, place)
    for policy in sla.policies:
        yield from _gaps(desk, policy, place)
    yield from _calendars(desk, sla, place)


def _order(sla: Sla, place: str) -> Iterator[InvalidFileError]:
    """Policies that nothing can have, and tickets that have none."""
    for_all = sla.policy_for_all()
    seen: dict[str, str] = {}
    is_past = False
    for policy in sla.policies:
        if is_past and for_all is not None:
            said = f"no ticket ever has the policy {policy.name}: {for_all.name} before it has no condition"
            yield InvalidFileError(said, f"{place}:{policy.line}", f"Put it before {for_all.name}.")
        elif policy.when in seen:
            said = f"no ticket ever has the policy {policy.name}: {seen[policy.when]} asks for the same"
            yield InvalidFileError(said, f"{place}:{policy.when_line}", "Take one of them out.")
        seen.setdefault(policy.when, policy.name)
        is_past = is_past or policy == for_all
    if sla.policies and for_all is None:
        said = "every policy has a condition: for tickets that fit none nothing is promised"
        yield InvalidFileError(said, f"{place}:{sla.policies[-1].line}", "End with one without `when`.")


def _gaps(desk: Desk, policy: Policy, place: str) -> Iterator[InvalidFileError]:
    """Priorities and types for which a target says nothing; warnings of targets that there are not."""
    settings, here = desk.settings, f"{place}:{policy.line}"
    kinds = {
        "priority": [word.name for word in settings.priorities],
        "type": [word.name for word in settings.types],
    }
    names = []
    for name, target in _targets(policy):
        names.append(name)
        said = {word for word, _ in target.spans}
        if not said:
            yield InvalidFileError(f"{policy.name}: {name} promises nothing", here, "Write a time.")
        if EVERY in said:
            continue
        for kind, words in kinds.items():
            missing = [word for word in words if word not in said]
            if missing and len(missing) < len(words):
                hint = "Write `all:` for the others, if something is promised."
                told = f"{policy.name}: {name} says nothing for the {kind} {', '.join(missing)}"
                yield InvalidFileError(told, here, hint)
    if not names:
        yield InvalidFileError(f"{policy.name} promises nothing", here, f"Targets are {', '.join(TARGETS)}.")
    for warn in policy.warn:
        if not set(warn.targets) & set(names):
            told = f"{policy.name} warns of {', '.join(warn.targets)}, of which it promises nothing"
            yield InvalidFileError(told, here, f"It promises {', '.join(names)}.")


def _calendars(desk: Desk, sla: Sla, place: str) -> Iterator[InvalidFileError]:
    used = {policy.calendar for policy in sla.policies} | {_OFFICE}
    for calendar in sla.calendars:
        here = f"{place}:{calendar.line}"
        if calendar.line and calendar.name not in used:
            yield InvalidFileError(f"no policy uses the calendar {calendar.name}", here, "Take it out.")
        today = desk.now.astimezone(calendar.zone).date()
        if calendar.special and not calendar.regions and all(day.last < today for day in calendar.special):
            told = f"the days of the calendar {calendar.name} are all past"
            yield InvalidFileError(told, here, "Write those to come, or name a region as DE-BE.")
