"""A desk of some years, written as files by docs/FORMAT.md, without any of desk's own code.

python benchmarks/years.py FOLDER --tickets 10000 --days 730: into a desk that `desk init` made there.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
START = datetime(2024, 11, 1, tzinfo=UTC)
AGENTS = ("dana", "lee", "kim")
TEAMS = {"dana": "billing", "lee": "technical", "kim": "technical"}
TAGS = ("billing", "invoice", "invoices", "login", "vip", "slow", "export", "api")
CATEGORIES = ("technical", "billing", "account", "sales", "feedback")
TYPES = ("question", "problem", "feature")
PRIORITIES = ("urgent", "high", "medium", "medium", "medium", "low")
CUSTOMERS = 60
_DAY = timedelta(days=1)


@dataclass(slots=True)
class Entry:
    """An entry, when it is told (for git), and what it changes of the front matter."""

    at: datetime
    text: str
    sets: dict[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] | None = None
    told_at: datetime | None = None  # when it was written, where that is later
    hides: str = ""  # the entry that a tombstone covers


@dataclass(slots=True)
class Made:
    """A ticket: what never changes, and its entries in order."""

    number: int
    uid: str
    subject: str
    requester: str
    created: datetime
    entries: list[Entry] = field(default_factory=list)
    by_hand: dict[str, str] = field(default_factory=dict)  # what a hand wrote and no event tells
    state: dict[str, str] = field(default_factory=dict)
    last: datetime = START

    @property
    def path(self) -> str:
        """Where its file lies."""
        return f"tickets/{self.created:%Y/%m}/TICKET-{self.number}.md"


class Maker:
    """Makes tickets from a seed."""

    def __init__(self, *, tickets: int, days: int, seed: int) -> None:
        """So many, spread over so many days from START on."""
        self.random = Random(f"years {seed}")  # noqa: S311 - the same for the same seed
        self.end = START + days * _DAY
        self.count = 0
        starts = sorted(self._moment(days) for _ in range(tickets))
        self.made: list[Made] = []
        for number, start in enumerate(starts, 1):
            self.made.append(self._ticket(number, start))

    def _moment(self, days: int) -> datetime:
        day = START + self.random.randrange(days) * _DAY
        if day.weekday() > 4 and self.random.random() < 0.7:  # noqa: PLR2004 - the weekend is quiet
            day -= 2 * _DAY
        hour = self.random.choice((7, 8, 9, 9, 10, 10, 11, 13, 14, 15, 16, 19, 23))
        return max(START, day) + timedelta(hours=hour, seconds=self.random.randrange(3600))

    def _id(self) -> str:
        self.count += 1
        digest = hashlib.sha256(f"years {self.count}".encode()).digest()
        return "".join(ALPHABET[byte % 32] for byte in digest[:16])

    def _ticket(self, number: int, start: datetime) -> Made:
        random = self.random
        customer = random.randrange(CUSTOMERS)
        requester = f"Customer {customer} <customer{customer}@company{customer % 9}.example>"
        made = Made(number, self._id(), f"Request {number} about it", requester, start, last=start)
        kind = random.random()
        opened = {
            "subject": made.subject,
            "requester": made.requester,
            "status": "new",
            "priority": random.choice(PRIORITIES),
            "inbox": "support",
            "channel": "mail",
            "category": random.choice((*CATEGORIES, "")),
            "type": random.choice((*TYPES, "")),
            "team": random.choice(("billing", "technical", "")),
        }
        tags = tuple(sorted(set(random.sample(TAGS, random.choice((0, 0, 1, 1, 2))))))
        if kind < 0.05:  # noqa: PLR2004 - one in twenty is old mail, taken in as done
            opened |= {"status": "closed"}
            tags = (*tags, "old")
            self._asks(made, live=False)
        elif kind < 0.09:  # noqa: PLR2004 - a few by telephone
            opened |= {"channel": "phone", "assignee": "kim"}
            self._asks(made, by="kim", channel="phone")
        elif kind < 0.12:  # noqa: PLR2004 - a few that we began
            opened |= {"channel": "agent", "assignee": "lee"}
            self._answers(made, "lee", first=True)
        else:
            self._asks(made)
        self._event(made, opened, what="opened", tags=tags, same=True)
        if opened["status"] == "closed":
            if random.random() < 0.1:  # noqa: PLR2004 - now and then it comes back
                self._later(made, 24 * 30)
                self._asks(made)
                self._event(made, {"status": "open"})
                self._work(made)
            return made
        if random.random() < 0.04:  # noqa: PLR2004 - spam that a person named so
            self._later(made, 6)
            self._event(made, {"status": "spam"}, by="dana")
            if random.random() < 0.3:  # noqa: PLR2004 - and that was none
                self._later(made, 6)
                self._event(made, {"status": "new"}, by="lee")
                self._work(made)
            return made
        self._work(made)
        if random.random() < 0.04 and number > 9:  # noqa: PLR2004 - what belongs together
            self._merge(made, self.made[random.randrange(max(0, number - 40), number - 1)])
        return made

    def _work(self, made: Made) -> None:
        """What agents and customers do until it is done, and after."""
        random = self.random
        agent = made.state.get("assignee") or random.choice(AGENTS)
        if random.random() < 0.8:  # noqa: PLR2004 - most are taken
            self._later(made, 5)
            self._event(made, {"assignee": agent, "team": TEAMS[agent], "status": "open"}, by=agent)
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            self._later(made, random.choice((1, 3, 8, 30, 90)))
            if random.random() < 0.06:  # noqa: PLR2004 - some rest
                until = made.last + timedelta(days=3)
                self._event(made, {"snoozed-until": f"{until:%Y-%m-%dT%H:%M:%SZ}"}, by=agent)
                made.last = until
                self._event(made, {"snoozed-until": ""}, facts=(("woke", "due"),))
            if random.random() < 0.1:  # noqa: PLR2004 - somebody writes again before we answer
                self._asks(made)
                self._later(made, 4)
            if random.random() < 0.9:  # noqa: PLR2004 - some are done without a word
                self._answers(made, agent)
                self._event(made, {"status": "pending"}, by=agent, spent=random.choice((0, 240, 600)))
            if random.random() < 0.4:  # noqa: PLR2004 - a question comes back
                self._later(made, 40)
                self._asks(made)
                self._event(made, {"status": "open"})
        self._finish(made, agent)

    def _finish(self, made: Made, agent: str) -> None:  # noqa: C901 - each branch is a way that tickets go
        random = self.random
        if made.last > self.end - 20 * _DAY and random.random() < 0.5:  # noqa: PLR2004 - some are still open
            return
        self._later(made, 20)
        self._event(made, {"status": "resolved"}, by=agent)
        draw = random.random()
        if draw < 0.2:  # noqa: PLR2004 - some are asked how it went
            self._later(made, 1)
            self._answers(made, "", automatic="csat")
            if random.random() < 0.6:  # noqa: PLR2004 - and answer
                self._later(made, 20)
                message = self._asks(made)
                said = f"{random.choice(('good', 'good', 'ok', 'bad'))} {_address(made)}"
                self._event(made, {}, facts=(("csat", said), ("csat-answer", message)))
        elif draw < 0.32:  # noqa: PLR2004 - some say thanks
            self._later(made, 20)
            message = self._asks(made)
            self._event(made, {}, facts=(("confirmed", message),))
        elif draw < 0.45:  # noqa: PLR2004 - some come back
            self._later(made, random.choice((20, 24 * 12)))
            self._asks(made)
            self._event(made, {"status": "open"})
            self._later(made, 9)
            if random.random() < 0.6:  # noqa: PLR2004 - and need an answer
                self._answers(made, agent)
            self._event(made, {"status": "resolved"}, by=agent)
        elif draw < 0.5:  # noqa: PLR2004 - one changes a mind
            self._later(made, 3)
            self._event(made, {"status": "open"}, by=agent)
            self._later(made, 3)
            self._event(made, {"status": "closed"}, by=agent)
        elif draw < 0.53:  # noqa: PLR2004 - a machine writes
            self._later(made, 5)
            self._asks(made, automatic="auto-reply")
        if made.state["status"] == "resolved" and random.random() < 0.3:  # noqa: PLR2004 - some are closed
            self._later(made, 100)
            self._event(made, {"status": "closed"}, by=agent)
        elif random.random() < 0.01:  # noqa: PLR2004 - a hand changes what no event tells
            made.by_hand["priority"] = "low"

    def _merge(self, made: Made, target: Made) -> None:
        """Its messages go into another ticket of before: a copy there, a tombstone here."""
        if target.state["status"] in {"merged", "spam"} or "merged-into" in made.state:
            return
        at = max(made.last, target.last) + timedelta(hours=2)
        for entry in [each for each in made.entries if each.text.startswith("<!-- desk:message")]:
            old = entry.text.split()[2]
            new = self._id()
            text = entry.text.replace(old, new).replace("\n-->", f"\nmoved-from: {made.uid} {old}\n-->", 1)
            target.entries.append(Entry(entry.at, text, told_at=at))
            stone = self._id()
            head = (
                f"at: {_time(entry.at)}\nby: dana\ncovers: {old}\nreason: merged into TICKET-{target.number}"
            )
            head += f"\nremoved-at: {_time(at)}\nmove: merge\nmoved-to: {target.uid} {new}\n"
            body = f"<!-- desk:tombstone {stone}\n{head}-->\n<!-- /desk:tombstone {stone} -->\n"
            made.entries.append(Entry(entry.at, body, told_at=at, hides=old))
        made.last = target.last = at
        into = {"status": "merged", "merged-into": f"TICKET-{target.number}"}
        self._event(made, into, by="dana")
        self._event(target, {}, by="dana", facts=(("merged", f"{made.uid} TICKET-{made.number}"),))
        target.entries.sort(key=lambda each: each.at)

    def _later(self, made: Made, hours: float) -> None:
        made.last += timedelta(seconds=int(hours * 3600 * self.random.uniform(0.05, 1.6)) + 1)

    def _asks(
        self, made: Made, *, live: bool = True, by: str = "", channel: str = "", automatic: str = ""
    ) -> str:
        name = self._id()
        lines = [f"at: {_time(made.last)}", *([f"by: {by}"] if by else []), f"from: {made.requester}"]
        lines += ["to: support@example.com", f"subject: {made.subject}"]
        lines += [] if by else [f"message-id: <{name}@company.example>", "threaded-by: new"]
        lines += [f"automatic: {automatic}"] if automatic else []
        lines += ["answerable: yes"] if live and not by and not automatic else []
        lines += [f"channel: {channel}"] if channel else []
        self._message(made, name, lines)
        return name

    def _answers(self, made: Made, by: str, *, automatic: str = "", first: bool = False) -> None:
        name = self._id()
        delivery = "queued" if self.random.random() < 0.97 else "failed"  # noqa: PLR2004 - few never leave
        lines = [f"at: {_time(made.last)}", "direction: out", *([f"by: {by}"] if by else [])]
        lines += ["from: Support <support@example.com>", f"to: {made.requester}", f"subject: {made.subject}"]
        lines += [f"message-id: <{name}@example.com>"]
        lines += [f"automatic: {automatic}"] if automatic else []
        lines += [f"delivery: {'queued' if first else delivery}"]
        self._message(made, name, lines)
        if not first and delivery == "failed":
            self._event(made, {}, facts=(("delivery", f"{name} failed 550 no"),))

    def _message(self, made: Made, name: str, lines: list[str]) -> None:
        head = "\n".join(lines)
        text = f"<!-- desk:message {name}\n{head}\n-->\n```text\nThis is about number {made.number}.\n```\n"
        made.entries.append(Entry(made.last, f"{text}<!-- /desk:message {name} -->\n"))
        made.last += timedelta(seconds=1)

    def _event(
        self,
        made: Made,
        changes: dict[str, str],
        *,
        by: str = "",
        what: str = "",
        tags: tuple[str, ...] | None = None,
        facts: tuple[tuple[str, str], ...] = (),
        spent: int = 0,
        same: bool = False,
    ) -> None:
        name = self._id()
        changed = {key: value for key, value in changes.items() if made.state.get(key, "") != value}
        facts = (*facts, ("spent", str(spent))) if spent else facts
        if not changed and not facts and not what:
            return
        lines = [
            f"at: {_time(made.last)}",
            *([f"by: {by}"] if by else []),
            *([f"what: {what}"] if what else []),
        ]
        lines += [f"set: {key} | {made.state.get(key, '')} | {value}" for key, value in changed.items()]
        lines += [f"list: tags | {' | '.join(f'+{tag}' for tag in tags)}"] if tags else []
        lines += [f"{key}: {value}" for key, value in facts]
        head = "\n".join(lines)
        text = f"<!-- desk:event {name}\n{head}\n-->\n<!-- /desk:event {name} -->\n"
        made.entries.append(Entry(made.last, text, changed, tags))
        made.state |= changed
        made.last += timedelta(seconds=1 if same else 2)


def text_of(made: Made, *, until: datetime | None = None) -> str:
    """The file, as it was at that moment; whole without one. "" where it was not opened yet."""
    entries = [each for each in made.entries if until is None or (each.told_at or each.at) <= until]
    hidden = {each.hides for each in entries if each.hides}
    state: dict[str, str] = {}
    tags: tuple[str, ...] = ()
    for each in sorted(entries, key=lambda entry: entry.at):
        state |= each.sets
        tags = each.tags if each.tags is not None else tags
    if not state:
        return ""
    if until is None:
        state |= made.by_hand
    front = [f"id: TICKET-{made.number}", f'uid: "{made.uid}"', f"subject: {made.subject}"]
    order = ("status", "priority", "category", "type", "team", "assignee", "inbox", "channel")
    front += [f"{key}: {state[key]}" for key in order if state.get(key)]
    front += [f"requester: {made.requester}"]
    front += ["tags:", *(f"- {tag}" for tag in sorted(tags))] if tags else []
    front += [f'created: "{_time(made.created)}"']
    rest = ("merged-into", "snoozed-until")
    front += [f'{key}: "{state[key]}"' for key in rest if state.get(key)]
    shown = [each.text for each in entries if each.text.split()[2] not in hidden]
    return "---\n" + "\n".join(front) + "\n---\n" + "".join(f"\n{text}" for text in shown)


def write_years(root: Path, made: list[Made], *, cuts: tuple[datetime, ...] = ()) -> None:
    """Write the files into a desk, with a commit for the state at each of these moments, then all of it."""
    for cut in (*cuts, None):
        for each in made:
            if text := text_of(each, until=cut):
                path = root / each.path
                path.parent.mkdir(parents=True, exist_ok=True)
                if not path.exists() or path.read_text() != text:
                    path.write_text(text)
        moment = cut or max(each.last for each in made)
        stamp = f"{int(moment.timestamp())} +0000"
        who = {
            f"GIT_{role}_{what}": "Years" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        times = {"GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp}
        git = ["git", "-C", str(root), "-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0"]
        subprocess.run([*git, "add", "tickets"], check=True)
        words = [
            "commit",
            "--quiet",
            "--allow-empty",
            "-m",
            f"The desk at {moment:%Y-%m-%d}",
            "--",
            "tickets",
        ]
        subprocess.run([*git, *words], check=True, env={"PATH": "/usr/bin:/bin", **who, **times})


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _address(made: Made) -> str:
    return made.requester.partition("<")[2].rstrip(">")


def main() -> None:
    """Make the tickets in a folder that is a desk."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tickets", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--seed", type=int, default=1)
    said = parser.parse_args()
    made = Maker(tickets=said.tickets, days=said.days, seed=said.seed).made
    cuts = tuple(START + timedelta(days=day) for day in range(30, said.days, 30))
    write_years(said.folder, made, cuts=cuts if said.tickets <= 20_000 else ())  # noqa: PLR2004 - minutes otherwise
    print(f"{len(made)} tickets")


if __name__ == "__main__":
    main()
