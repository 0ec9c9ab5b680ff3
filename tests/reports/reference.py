"""What the tickets of a commit come to, worked out once more: slowly, from git, by none of desk's code.

It reads the files that `git archive` gives, and goes day by day through the office's hours. What each figure
means stands in docs/reports.md.
"""

from __future__ import annotations

import io
import re
import subprocess
import tarfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from pathlib import Path

ZONE = ZoneInfo("Europe/Berlin")
HOURS = ((time(9), time(12, 30)), (time(13), time(17, 30)))
FRIDAY = ((time(9), time(15)),)
HOLIDAYS = {date(2024, 12, 25), date(2024, 12, 26), date(2025, 1, 1), date(2025, 5, 1), date(2025, 10, 3)}
WORKING_DAY = timedelta(hours=(4 * 8 + 6) / 5)
FIRST = {
    "urgent": timedelta(hours=1),
    "high": timedelta(hours=4),
    "medium": WORKING_DAY,
    "low": 2 * WORKING_DAY,
}
FULL = {"question": WORKING_DAY, "problem": 2 * WORKING_DAY, "feature": 5 * WORKING_DAY}
RESTS = {"pending", "on-hold"}
DONE = {"resolved", "closed", "spam", "merged"}
SECOND = timedelta(seconds=1)
Span = tuple[datetime, datetime]

_ENTRY = re.compile(
    r"^<!-- desk:(\w+) (\w+)\n(.*?)^-->\n(.*?)^<!-- /desk:\1 \2 -->$", re.MULTILINE | re.DOTALL
)


@dataclass
class Message:
    """A message that a person wrote: "asked", "answered", or "spoken" (both)."""

    at: datetime
    role: str
    by: str


@dataclass
class Ticket:
    """A ticket file, read."""

    front: dict[str, str]
    tags: list[str]
    created: datetime
    statuses: list[tuple[datetime, str]] = field(default_factory=list)
    assignees: list[tuple[datetime, str]] = field(default_factory=list)
    finishers: dict[datetime, str] = field(default_factory=dict)
    said: list[Message] = field(default_factory=list)
    csat: list[tuple[datetime, str]] = field(default_factory=list)
    asked: list[datetime] = field(default_factory=list)
    spent: list[tuple[datetime, str, int]] = field(default_factory=list)
    snoozes: list[tuple[datetime, str]] = field(default_factory=list)

    def status_at(self, at: datetime) -> str:
        """The status then."""
        return [status for since, status in self.statuses if since <= at][-1]

    def owner_at(self, at: datetime) -> str:
        """Whose it was then."""
        return ([who for since, who in self.assignees if since <= at] or [""])[-1]


def read_commit(root: Path, commit: str) -> list[Ticket]:
    """Every ticket of a commit."""
    archive = subprocess.run(
        ["git", "-C", str(root), "archive", commit, "tickets"], capture_output=True, check=True
    )
    found = []
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isfile() else None
            if file is not None:
                found.append(_read(file.read().decode()))
    return sorted(found, key=lambda each: int(each.front["id"].split("-")[1]))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.strip('"'))


def _read(text: str) -> Ticket:
    front_text = text.split("---\n")[1]
    front = dict(re.findall(r"^([a-z-]+): (.*)$", front_text, re.MULTILINE))
    ticket = Ticket(front, re.findall(r"^- (.*)$", front_text, re.MULTILINE), _moment(front["created"]))
    entries = []
    for kind, name, head, _ in _ENTRY.findall(text):
        lines = [tuple(line.split(": ", 1)) for line in head.splitlines()]
        entries.append((kind, name, lines, _moment(dict(lines)["at"])))
    entries.sort(key=lambda each: each[3])
    quiet, failed = set(), set()
    for kind, _, lines, _ in entries:
        if kind == "event":
            moves = any(key == "set" and value.startswith("status ") for key, value in lines)
            quiet |= {value for key, value in lines if key in {"confirmed", "csat-answer"} and not moves}
            failed |= {value.split()[0] for key, value in lines if key == "delivery" and " failed" in value}
    for kind, name, lines, at in entries:
        said = dict(lines)
        if kind == "message":
            _message(ticket, name, said, at, quiet=quiet, failed=failed)
        elif kind == "event":
            _event(ticket, lines, said, at)
    return ticket


def _message(
    ticket: Ticket, name: str, said: dict[str, str], at: datetime, *, quiet: set[str], failed: set[str]
) -> None:
    if said.get("automatic") == "csat":
        ticket.asked.append(at)
    if said.get("automatic"):
        return
    if said.get("direction") == "out":
        if name not in failed and said.get("delivery") != "failed":
            ticket.said.append(Message(at, "answered", said.get("by", "")))
    elif name not in quiet:
        role = "spoken" if said.get("channel") == "phone" else "asked"
        ticket.said.append(Message(at, role, said.get("by", "")))


def _event(ticket: Ticket, lines: list[tuple[str, ...]], said: dict[str, str], at: datetime) -> None:
    when = ticket.created if said.get("what") == "opened" else at
    for key, value in lines:
        parts = value.split(" | ") if key == "set" else [""]
        if key == "set" and len(parts) == 2:
            # An empty last cell loses its space.
            parts = [*value.rstrip(" |").split(" | "), ""]
        if parts[0] == "status":
            ticket.statuses.append((when, parts[2]))
            ticket.finishers[when] = said.get("by", "")
        elif parts[0] == "priority":
            ticket.front["told-priority"] = parts[2]
        elif parts[0] == "assignee":
            ticket.assignees.append((when, parts[2]))
        elif parts[0] == "snoozed-until":
            ticket.snoozes.append((when, parts[2]))
        elif key == "csat":
            ticket.csat.append((at, value.split()[0]))
        elif key == "spent":
            ticket.spent.append((at, said.get("by", ""), int(value)))


def office_days(start: datetime, end: datetime) -> list[Span]:
    """When the office was open between the two, day by day."""
    day = start.astimezone(ZONE).date()
    found = []
    while day <= end.astimezone(ZONE).date():
        if day.weekday() < 5 and day not in HOLIDAYS:
            for opens, closes in FRIDAY if day.weekday() == 4 else HOURS:
                first = max(start, datetime.combine(day, opens, ZONE).astimezone(UTC))
                last = min(end, datetime.combine(day, closes, ZONE).astimezone(UTC))
                if first < last:
                    found.append((first, last))
        day += timedelta(days=1)
    return found


def working(spans: list[Span]) -> timedelta:
    """How much of these the office was open."""
    return sum((last - first for span in spans for first, last in office_days(*span)), timedelta())


def when_used(spans: list[Span], allowed: timedelta) -> datetime | None:
    """When so much of the office's time in these was used up; None: it is not."""
    used = timedelta()
    for span in spans:
        for first, last in office_days(*span):
            if used + (last - first) >= allowed:
                return first + (allowed - used)
            used += last - first
    return None


class Reference:
    """The figures of a period, of what these tickets say at `now`."""

    def __init__(self, tickets: list[Ticket], start: datetime, end: datetime, now: datetime) -> None:
        """Spam and merged tickets are none."""
        self.everything = tickets
        self.tickets = [each for each in tickets if each.front["status"] not in {"spam", "merged"}]
        self.start, self.end, self.now = start, end, now

    def holds(self, at: datetime) -> bool:
        """Whether it is in the period."""
        return self.start <= at < self.end

    def spells(self, ticket: Ticket) -> list[tuple[datetime, datetime | None]]:
        """When there was work to do, as reports count it."""
        found: list[tuple[datetime, datetime | None]] = []
        begun: datetime | None = None
        kept = [(at, status) for at, status in ticket.statuses if status not in {"spam", "merged"}]
        for at, status in kept:
            if status in DONE:
                if begun is not None:
                    found.append((begun, at))
                begun = None
            elif begun is None:
                begun = at
        if begun is not None:
            found.append((begun, None))
        counted = []
        for first, last in found:
            answered = any(m.role != "asked" and last and first <= m.at <= last for m in ticket.said)
            if first == ticket.created or last is None or answered:
                counted.append((first, last))
        return counted

    def came_done(self, ticket: Ticket) -> bool:
        """Whether it was done when it came."""
        return ticket.statuses[0][1] in DONE - {"spam", "merged"}

    def resolutions(self, ticket: Ticket) -> list[tuple[datetime, timedelta | None]]:
        """(when, after how much working time) it was done."""
        found: list[tuple[datetime, timedelta | None]] = []
        if self.came_done(ticket):
            found.append((ticket.created, None))
        before: list[Span] = []
        for first, last in self.spells(ticket):
            if last is not None:
                before.append((first, last))
                found.append((last, None if self.came_done(ticket) else working(before)))
        return found

    def reopenings(self, ticket: Ticket) -> list[datetime]:
        """When it was taken up again."""
        return [first for first, _ in self.spells(ticket) if first != ticket.created]

    def is_open(self, ticket: Ticket, at: datetime) -> bool:
        """Whether there was work to do then."""
        return any(first <= at and (last is None or at < last) for first, last in self.spells(ticket))

    def volume(self) -> dict[str, tuple[int, int, int, int]]:
        """By month: in, resolved, reopened, open at its end."""
        months = sorted({self.month(t.created) for t in self.tickets if self.holds(t.created)})
        first, last = months[0], self.month(self.end - SECOND)
        found = {}
        while first <= last:
            year, month = map(int, first.split("-"))
            following = f"{year + month // 12:04d}-{month % 12 + 1:02d}"
            end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=ZONE).astimezone(UTC)
            inside = [t for t in self.tickets if self.month(t.created) == first and self.holds(t.created)]
            done = [at for t in self.tickets for at, _ in self.resolutions(t) if self.month(at) == first]
            again = [at for t in self.tickets for at in self.reopenings(t) if self.month(at) == first]
            still = [t for t in self.tickets if t.created < end and self.is_open(t, end - SECOND)]
            found[first] = (len(inside), len(list(filter(self.holds, done))), len(again), len(still))
            first = following
        return found

    def month(self, at: datetime) -> str:
        """The month on the desk's wall."""
        return f"{at.astimezone(ZONE):%Y-%m}"

    def waits(self, ticket: Ticket) -> list[tuple[str, datetime, datetime | None, str]]:
        """(first or next, asked, answered, by whom)."""
        found: list[tuple[str, datetime, datetime | None, str]] = []
        question: datetime | None = None
        heard = False
        for message in ticket.said:
            at = max(message.at, ticket.created)
            if question is None and message.role in {"asked", "spoken"}:
                question = at
            if message.role in {"answered", "spoken"}:
                if question is not None:
                    found.append(("next" if heard else "first", question, at, message.by))
                question, heard = None, True
        if question is not None:
            found.append(("next" if heard else "first", question, None, ""))
        return found

    def response_times(self, kind: str) -> list[timedelta]:
        """How long answers of the period took."""
        return [
            working([(asked, answered)])
            for t in self.tickets
            for which, asked, answered, _ in self.waits(t)
            if which == kind and answered is not None and self.holds(answered)
        ]

    def resolution_times(self) -> list[timedelta]:
        """How long the resolutions of the period took."""
        return [
            took
            for t in self.tickets
            for at, took in self.resolutions(t)
            if took is not None and self.holds(at)
        ]

    def _running(self, ticket: Ticket, start: datetime, end: datetime, rests: set[str]) -> list[Span]:
        """The parts of that time in which a clock runs that rests then and while the ticket is done."""
        found = []
        times = [at for at, _ in ticket.statuses] + [max(end, self.now)]
        for (since, status), until in zip(ticket.statuses, times[1:], strict=True):
            first, last = max(since, start), min(until, end)
            if status not in DONE | rests and first < last:
                found.append((first, last))
        return found

    def _done_since(self, ticket: Ticket) -> datetime | None:
        found = None
        for at, status in reversed(ticket.statuses):
            if status not in DONE:
                break
            found = at
        return found

    def promises(self, target: str) -> tuple[int, int]:
        """(kept, late) in the period."""
        kept = late = 0
        for t in self.tickets:
            done = self._done_since(t)
            if target == "first":
                wait = next((each for each in self.waits(t) if each[0] == "first"), None)
                if wait is None:
                    continue
                start, stop = wait[1], wait[2]
                allowed, rests = FIRST.get(self._priority(t, stop or done)), set[str]()
            else:
                start, stop = t.created, done
                allowed, rests = FULL.get(t.front.get("type", "")), RESTS
            if allowed is None:
                continue
            spells = self.spells(t)
            if target != "first" and spells and spells[0][1] is not None:
                # What was done in time once was kept, whatever came of it.
                whole = self._running(t, start, spells[0][1], rests)
                if working(whole) <= allowed:
                    kept += int(self._promised(t, spells[0][1]))
                    continue
            answered = stop is not None
            end = stop or (max(done, start) if done else self.now)
            spans = self._running(t, start, end, rests)
            if working(spans) > allowed:
                due = when_used(spans, allowed)
                late += int(due is not None and self._promised(t, due))
            elif answered:
                kept += int(self._promised(t, end))
        return kept, late

    def _promised(self, ticket: Ticket, at: datetime) -> bool:
        """Whether that is of the period; what came done has no promise before it was taken up."""
        if self.came_done(ticket) and not any(first <= at for first, _ in self.spells(ticket)):
            return False
        return self.holds(at)

    def _priority(self, ticket: Ticket, end: datetime | None) -> str:
        """As events tell it; what a hand wrote counts from now on."""
        return ticket.front["told-priority"] if end is not None else ticket.front["priority"]

    def first_contact(self) -> tuple[int, int]:
        """(done for the first time in the period, of these at the first contact)."""
        every = good = 0
        for t in self.tickets:
            spells = self.spells(t)
            if self.came_done(t) or not spells or spells[0][1] is None or not self.holds(spells[0][1]):
                continue
            every += 1
            done = spells[0][1]
            week = done + timedelta(days=7)
            answers = [m for m in t.said if m.role != "asked" and m.at <= week]
            after = answers[0].at if answers else done
            asked = [m for m in t.said if m.role == "asked" and after < m.at <= week]
            again = [at for at in self.reopenings(t) if at <= week]
            good += len(answers) <= 1 and not asked and not again
        return every, good

    def in_one_day(self) -> tuple[int, int]:
        """(resolutions of the period, of these within a working day)."""
        times = self.resolution_times()
        return len(times), sum(1 for each in times if each <= WORKING_DAY)

    def reopened(self) -> tuple[int, int]:
        """(tickets done in the period, of these taken up again after)."""
        every = again = 0
        for t in self.tickets:
            done = [at for at, _ in self.resolutions(t) if self.holds(at)]
            if self.came_done(t):
                done = [at for at in done if at != t.created]
            if done:
                every += 1
                again += any(at >= min(done) for at in self.reopenings(t))
        return every, again

    def ratings(self) -> Counter[str]:
        """How often each was said, "" for no answer, of the questions of the period."""
        found: Counter[str] = Counter()
        for t in self.tickets:
            for place, at in enumerate(t.asked):
                following = (*t.asked, datetime.max.replace(tzinfo=UTC))[place + 1]
                if self.holds(at):
                    said = [rating for when, rating in t.csat if at <= when < following]
                    found[said[-1] if said else ""] += 1
        return found

    def replies(self) -> Counter[str]:
        """Public answers by agent."""
        return Counter(m.by for t in self.tickets for m in t.said if m.role != "asked" and self.holds(m.at))

    def resolved_by(self) -> Counter[str]:
        """Resolutions by whose they are."""
        return Counter(
            t.owner_at(at) or t.finishers.get(at, "")
            for t in self.tickets
            for at, _ in self.resolutions(t)
            if self.holds(at)
        )

    def handle_time(self) -> tuple[int, float]:
        """(how many, their mean in seconds)."""
        took = [seconds for t in self.tickets for at, _, seconds in t.spent if self.holds(at)]
        return len(took), sum(took) / max(1, len(took))

    def backlog(self, at: datetime) -> Counter[str]:
        """How many are open then, by whose they are."""
        return Counter(t.owner_at(at) for t in self.tickets if self.is_open(t, at))

    def snoozed(self, at: datetime) -> int:
        """How many of the open ones rest then."""
        resting = 0
        for t in self.tickets:
            last = ([until for since, until in t.snoozes if since <= at] or [""])[-1]
            resting += bool(last) and _moment(last) > at and self.is_open(t, at)
        return resting

    def tags(self) -> Counter[str]:
        """How many tickets opened in the period have each tag."""
        return Counter(tag for t in self.tickets if self.holds(t.created) for tag in t.tags)

    def arrivals(self) -> Counter[tuple[int, int]]:
        """Questions by (hour, weekday) on the desk's wall."""
        found: Counter[tuple[int, int]] = Counter()
        for t in self.tickets:
            for m in t.said:
                at = max(m.at, t.created)
                if m.role != "answered" and self.holds(at):
                    found[at.astimezone(ZONE).hour, at.astimezone(ZONE).weekday()] += 1
        return found

    def status_times(self) -> dict[str, list[timedelta]]:
        """How long tickets done in the period were in each status."""
        found: dict[str, list[timedelta]] = defaultdict(list)
        for t in self.tickets:
            ends = [last for _, last in self.spells(t) if last is not None and self.holds(last)]
            if self.came_done(t) or not ends:
                continue
            each: dict[str, list[Span]] = defaultdict(list)
            kept = [(at, status) for at, status in t.statuses if status not in {"spam", "merged"}]
            kept[0] = (t.created, kept[0][1])
            for first, last in self.spells(t):
                if last is None or last > ends[-1]:
                    break
                for (since, status), (until, _) in zip(kept, [*kept[1:], (last, "")], strict=True):
                    low, high = max(since, first), min(until, last)
                    if status not in DONE and low < high:
                        each[status].append((low, high))
            for status, spans in each.items():
                found[status].append(working(spans))
        return found
