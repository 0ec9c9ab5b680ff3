"""What can be wrong with ticket files, each by itself and one with another."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from helpdesk_cli.desk.checks.finding import Finding
from helpdesk_cli.storage.index import number_of
from helpdesk_cli.tickets.changes import FieldSet
from helpdesk_cli.tickets.ids import read_number
from helpdesk_cli.tickets.times import FURTHEST_AHEAD, write_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.checks.survey import Broken, Survey, Surveyed
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.tickets.changes import FieldChange

_CLASH = "`desk fsck --repair` heals it: the older ticket keeps the number."
_PLACE = re.compile(r"(?P<path>.+\.md)(?P<line>:\d+)?")


def check_tickets(desk: Desk, survey: Survey) -> Iterator[Finding]:
    """Broken files, clashes, hand edits, unknown words, dangling names, times to come."""
    yield from map(_broken, survey.broken)
    yield from _clashes(survey)
    numbers = {ticket.number for ticket in survey.tickets}
    numbers |= {number_of(broken.path) for broken in survey.broken}
    for ticket in survey.tickets:
        yield from _check_name(ticket)
        yield from _check_values(desk, ticket)
        yield from _check_names(desk, ticket, numbers)
        if ticket.last_at and ticket.last_at > desk.now + FURTHEST_AHEAD:
            yield Finding(
                "time-to-come",
                ticket.path,
                f"its last entry is of {write_time(ticket.last_at)}, which is still to come",
                "A clock was wrong. Correct that entry's `at:` if it disturbs.",
            )
        if ticket.hand:
            said = "; ".join(map(_say, ticket.hand))
            yield Finding(
                "hand-edit",
                ticket.path,
                f"edited by hand and not yet in its history: {said}",
                "The next change to the ticket or `desk fsck --repair` adds the event.",
                repairable=True,
            )


def _broken(broken: Broken) -> Finding:
    place = broken.error.place
    found = _PLACE.fullmatch(place)
    path = f"{broken.path}{found['line'] or ''}" if found else broken.path
    if broken.has_conflict:
        remedy = "`desk fsck --repair` merges it anew, or settle the conflict by hand."
        return Finding("conflict", path, broken.error.message, remedy, repairable=True)
    return Finding("ticket-broken", path, broken.error.message, broken.error.hint or "Mend it in an editor.")


def _clashes(survey: Survey) -> Iterator[Finding]:
    numbers: dict[int, list[Surveyed]] = defaultdict(list)
    uids: dict[str, list[Surveyed]] = defaultdict(list)
    for ticket in survey.tickets:
        numbers[ticket.number].append(ticket)
        uids[ticket.uid].append(ticket)
    twice = Counter(entry for ticket in survey.tickets for entry in ticket.entries)
    for tickets in numbers.values():
        for other in tickets[1:]:
            said = f"has the number {other.number}, as {tickets[0].path} has"
            yield Finding("number-clash", other.path, said, _CLASH, repairable=True)
    for tickets in uids.values():
        for other in tickets[1:]:
            said = f"is the same ticket as {tickets[0].path} (uid {other.uid})"
            yield Finding(
                "uid-clash", other.path, said, "`desk fsck --repair` folds the two into one.", repairable=True
            )
    holders: dict[str, str] = {}
    folded = {ticket.path for tickets in uids.values() if len(tickets) > 1 for ticket in tickets}
    for ticket in survey.tickets:
        for entry in ticket.entries:
            if twice[entry] > 1 and ticket.path not in folded:
                first = holders.setdefault(entry, ticket.path)
                if first != ticket.path:
                    said = f"the entry {entry} is in {first} as well"
                    yield Finding(
                        "entry-twice", ticket.path, said, "Remove it from the ticket it does not belong to."
                    )


def _check_name(ticket: Surveyed) -> Iterator[Finding]:
    name = PurePosixPath(ticket.path).stem
    if name != ticket.id:
        yield Finding(
            "name-differs",
            ticket.path,
            f"the file is named {name}, but its id is {ticket.id}",
            f"Rename the file to {ticket.id}.md, or correct `id:`.",
        )


def _check_values(desk: Desk, ticket: Surveyed) -> Iterator[Finding]:
    is_done = desk.settings.status_kind(dict(ticket.values).get("status", "")) == "done"
    for key, value in ticket.values:
        if is_done and key != "status":
            # People leave, products end: what is over may name them.
            continue
        words = desk.settings.words(key)
        if words is not None and value not in {word.name for word in words} | _always(key):
            yield Finding(
                "unknown-word",
                ticket.path,
                f'{key} is "{value}", which desk.yaml does not declare',
                f"`desk set {ticket.number} {key}=…`, or declare it in desk.yaml.",
            )


def _always(key: str) -> set[str]:
    """Words that desk itself writes, whatever desk.yaml declares."""
    return {"spam", "merged"} if key == "status" else set()


def _check_names(desk: Desk, ticket: Surveyed, numbers: set[int]) -> Iterator[Finding]:
    for key, name in (("merged-into", ticket.merged_into), *(("links", link) for link in ticket.links)):
        number = read_number(name, desk.settings.prefix) if name else None
        if number is not None and number not in numbers:
            yield Finding(
                "dangling",
                ticket.path,
                f"{key} names {name}, and there is no such ticket",
                "Correct the name, or bring the ticket file back: `git log --all -- '*/" + f"{name}.md'`.",
            )


def _say(change: FieldChange) -> str:
    if isinstance(change, FieldSet):
        return f'{change.field} is "{change.new}", was "{change.old}"'
    items = [*(f"+{item}" for item in change.added), *(f"-{item}" for item in change.removed)]
    return f"{change.field} {' '.join(items)}"
