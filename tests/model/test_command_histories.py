"""Random commands on a real desk and on the ledger: files, index, git and output agree after each of them.

`make histories` tells more of them than a test run has time for.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from care.world import World, write_mail
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from model.ledger import Ledger, RefusedError
from model.observed import LISTS, SCALARS, SETTINGS, WORD, RealDesk

# Each mail is read in a child, which need not import what it begins with.
import helpdesk_cli.mail.reading  # noqa: F401
from helpdesk_cli.desk.listing import list_tickets
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.storage.outbox import Outbox, OutMail

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from model.ledger import Ticket

PEOPLE = ("Ada Lovelace <ada@customer.example>", "Grace <grace@customer.example>", "bob@other.example")
AUTOMATIC = (("Auto-Submitted", "auto-replied"),)
STATUSES = ("new", "open", "pending", "on-hold", "resolved", "closed", "spam")
PRIORITIES = ("urgent", "high", "medium", "low")
TAGS = ("vip", "billing", "outage")
CATEGORIES = ("", "billing", "technical")
STEPS = 25
SAMPLE = 8
LONGEST = timedelta(days=20)  # a closed ticket is reopened by mail for thirty

AUTOMATICALLY = st.sampled_from((False, False, False, True))

few = st.integers(0, 5)
many = st.integers(0, 1000)
# What a command is for: tickets that are named, or a query.
QUERIES: dict[str, Callable[[Ticket], bool]] = {
    **{f"status:{word}": lambda ticket, word=word: ticket.status == word for word in STATUSES},
    **{f"priority:{word}": lambda ticket, word=word: ticket.value("priority") == word for word in PRIORITIES},
    **{f"tag:{word}": lambda ticket, word=word: word in ticket.items("tags") for word in TAGS},
    "not:tag:vip": lambda ticket: "vip" not in ticket.items("tags"),
    "assignee:dana": lambda ticket: ticket.value("assignee") == "dana",
    "assignee:none status:new,open": lambda ticket: not ticket.value("assignee") and ticket.kind == "active",
    "(tag:vip OR priority:>=high) not:assignee:lee": lambda ticket: (
        ("vip" in ticket.items("tags") or ticket.value("priority") in {"urgent", "high"})
        and ticket.value("assignee") != "lee"
    ),
}
# What a line of `desk bulk` asks for.
LINES: dict[str, Callable[[Ledger, str, int], None]] = {
    "close": lambda ledger, op, number: ledger.status(op, number, "closed"),
    "resolve": lambda ledger, op, number: ledger.status(op, number, "resolved"),
    "reopen": lambda ledger, op, number: ledger.reopen(op, number),
    "assign lee": lambda ledger, op, number: ledger.assign(op, number, "lee"),
    "tag +vip -outage": lambda ledger, op, number: ledger.tag(op, number, ["vip"], ["outage"]),
    "priority low": lambda ledger, op, number: ledger.set(op, number, "priority", "low"),
    "keep": lambda *_: None,
}
chosen = st.one_of(
    st.lists(many, min_size=1, max_size=3), st.sampled_from([None, *QUERIES]).filter(lambda query: query)
)


class Histories(RuleBasedStateMachine):
    """One history: a desk, its ledger, and the names of what was done."""

    fresh: Path
    filled: Path
    is_apart = False
    checked = 0
    agreed = False

    @initialize(is_filled=st.booleans())
    def begin(self, *, is_filled: bool) -> None:
        """An empty desk, or one with more tickets than are changed one by one."""
        self.place = Path(tempfile.mkdtemp(prefix="histories-"))
        root = self.place / "desk"
        shutil.copytree(self.filled if is_filled else self.fresh, root, symlinks=True)
        self.real = RealDesk(World(root).later(hours=2), self.is_apart)
        self.began = self.real.world.now
        self.ledger = Ledger()
        self.names: dict[str, str] = {}
        self.changed: set[int] | None = None
        self.mails: list[bytes] = []
        self.count = 0
        if is_filled:
            for number in range(1, FILLED + 1):
                self.ledger.open(self.new_word(), PEOPLE[number % 3])
        self.head, self.changed = self.real.git()

    def teardown(self) -> None:
        """What another process prints and what git's objects hold is the same, too; then it is gone."""
        if hasattr(self, "real"):
            try:
                if self.agreed:
                    self.agree_at_the_end()
            finally:
                shutil.rmtree(self.place)

    # What happens

    @rule(who=st.sampled_from(PEOPLE), automatic=AUTOMATICALLY)
    def mail(self, who: str, *, automatic: bool) -> None:
        """Somebody writes for the first time."""
        word = self.tick()
        data = write_mail(self.count, sender=who, text=f"Hello, {word}.\n", headers=AUTOMATIC * automatic)
        self.take(data, "created", self.ledger.open(word, who, automatic=automatic))

    @precondition(lambda self: self.messages())
    @rule(which=many, is_stranger=st.sampled_from((False,) * 5 + (True,)), automatic=AUTOMATICALLY)
    def answer_from_outside(self, which: int, *, is_stranger: bool, automatic: bool) -> None:
        """Somebody answers what they said, wherever it is now; a stranger's answer is another matter."""
        answered = pick(self.messages(), which)
        word = self.tick()
        # Each stranger is another: who wrote before takes part in what their mail was filed in.
        who = f"m{self.count}@elsewhere.example" if is_stranger else self.ledger.said[answered].sender
        data = write_mail(
            self.count,
            sender=who,
            answers=int(answered[1:]),
            text=f"And, {word}.\n",
            headers=AUTOMATIC * automatic,
        )
        if is_stranger:
            self.take(data, "created", self.ledger.open(word, who, automatic=automatic))
        else:
            self.take(data, "appended", self.ledger.come(word, answered, who, automatic=automatic))

    @precondition(lambda self: self.mails)
    @rule(which=many)
    def mail_again(self, which: int) -> None:
        """A mail is delivered twice."""
        self.tick()
        done = self.real.world.take(pick(self.mails, which), Options(live=True))
        assert done.outcome == "duplicate"

    @rule(who=st.sampled_from(PEOPLE))
    def enter(self, who: str) -> None:
        """`desk new`: somebody called."""
        word = self.new_word()
        self.do(
            "new",
            "--for",
            who,
            "-s",
            "A call",
            "-m",
            f"Please, {word}.",
            do=lambda op: self.ledger.enter(op, word, who),
        )

    @precondition(lambda self: self.ledger.tickets)
    @rule(tickets=chosen, who=st.sampled_from(("dana", "lee", "")))
    def assign(self, tickets: Chosen, who: str) -> None:
        """`desk assign`."""
        self.each("assign", tickets, who or "none", do=lambda op, number: self.ledger.assign(op, number, who))

    @precondition(lambda self: self.ledger.tickets)
    @rule(tickets=chosen, status=st.sampled_from(STATUSES))
    def status(self, tickets: Chosen, status: str) -> None:
        """`desk status`."""
        self.each("status", tickets, status, do=lambda op, number: self.ledger.status(op, number, status))

    @precondition(lambda self: self.ledger.tickets)
    @rule(tickets=chosen, verb=st.sampled_from(("take", "resolve", "close", "reopen", "spam", "unspam")))
    def shorthand(self, tickets: Chosen, verb: str) -> None:
        """Verbs for what is done most."""
        doing = {
            "take": lambda op, number: self.ledger.assign(op, number, "dana"),
            "resolve": lambda op, number: self.ledger.status(op, number, "resolved"),
            "close": lambda op, number: self.ledger.status(op, number, "closed"),
            "spam": lambda op, number: self.ledger.status(op, number, "spam"),
            "reopen": self.ledger.reopen,
            "unspam": self.ledger.unspam,
        }
        self.each(verb, tickets, do=doing[verb])

    @precondition(lambda self: self.ledger.tickets)
    @rule(tickets=chosen, tag=st.sampled_from(TAGS), other=st.sampled_from(TAGS))
    def tag(self, tickets: Chosen, tag: str, other: str) -> None:
        """`desk tag`."""
        off = [other] if other != tag else []
        words = [f"+{tag}", *(f"-{word}" for word in off)]
        self.each("tag", tickets, *words, do=lambda op, number: self.ledger.tag(op, number, [tag], off))

    @precondition(lambda self: self.ledger.tickets)
    @rule(tickets=chosen, priority=st.sampled_from(PRIORITIES), category=st.sampled_from(CATEGORIES))
    def set(self, tickets: Chosen, priority: str, category: str) -> None:
        """`desk set`."""

        def do(op: str, number: int) -> None:
            self.ledger.put(op, self.ledger.tickets[number], "category", category)
            self.ledger.set(op, number, "priority", priority)

        self.each("set", tickets, f"priority={priority}", f"category={category}", do=do)

    @precondition(lambda self: self.ledger.tickets)
    @rule(which=many)
    def note(self, which: int) -> None:
        """`desk note`."""
        word = self.new_word()
        number = self.number(which)
        self.do("note", str(number), "-m", f"note {word}", do=lambda op: self.ledger.note(op, number, word))

    @precondition(lambda self: self.ledger.tickets)
    @rule(which=many)
    def reply(self, which: int) -> None:
        """`desk reply`: the mail waits."""
        word = self.new_word()
        number = self.number(which)
        self.do(
            "reply",
            str(number),
            "-m",
            f"Well, {word}",
            do=lambda op: self.ledger.answer(op, number, word, "dana"),
        )

    @precondition(lambda self: self.ledger.tickets)
    @rule(tickets=chosen, days=st.integers(1, 3), keep=st.booleans())
    def snooze(self, tickets: Chosen, days: int, *, keep: bool) -> None:
        """`desk snooze`."""
        until = f"{self.real.world.now + timedelta(minutes=1, days=days):%Y-%m-%dT%H:%M:%SZ}"
        words = [f"--until={days}d", *(["--keep-on-reply"] if keep else [])]
        self.each(
            "snooze",
            tickets,
            *words,
            do=lambda op, number: self.ledger.snooze(op, number, until, keep=keep),
        )

    @precondition(lambda self: self.ledger.tickets)
    @rule(tickets=chosen)
    def wake(self, tickets: Chosen) -> None:
        """`desk wake`."""
        self.each("wake", tickets, do=self.ledger.wake)

    @precondition(lambda self: self.ledger.tickets)
    @rule(hours=st.sampled_from((1, 30)))
    def time_goes_by(self, hours: int) -> None:
        """`desk cron` after a while."""
        if self.real.world.now - self.began < LONGEST:
            self.real.world = self.real.world.later(hours=hours)
        self.tick()
        code, _, said = self.real.call("cron")
        assert code == 0, said
        self.ledger.settle()
        self.ledger.wake_due(self.now)

    @precondition(lambda self: len(self.ledger.tickets) > 1)
    @rule(whiches=st.lists(many, min_size=2, max_size=3))
    def merge(self, whiches: Sequence[int]) -> None:
        """`desk merge`."""
        target, *sources = dict.fromkeys(map(self.number, whiches))
        sources = [each for each in sources if self.merged_into(each) != target]
        if sources:
            self.do(
                "merge", *map(str, (target, *sources)), do=lambda op: self.ledger.merge(op, target, sources)
            )

    @precondition(lambda self: self.ledger.tickets)
    @rule(which=many)
    def unmerge(self, which: int) -> None:
        """`desk unmerge`: of one that is merged, where there is any."""
        merged = [number for number in self.ledger.tickets if self.merged_into(number)]
        number = pick(merged, which) if merged else self.number(which)
        self.do("unmerge", str(number), do=lambda op: self.ledger.unmerge(op, number))

    @precondition(lambda self: self.long_tickets())
    @rule(which=many, first=few, size=st.integers(1, 2))
    def split(self, which: int, first: int, size: int) -> None:
        """`desk split`."""
        number = pick(self.long_tickets(), which)
        numbered = self.numbered(number)
        start = first % len(numbered)
        chosen = numbered[start : start + size]
        self.do(
            "split",
            *(f"{number}.{place}" for place, _ in chosen),
            do=lambda op: self.ledger.split(op, number, [word for _, word in chosen]),
        )

    @precondition(lambda self: self.redactable())
    @rule(which=many)
    def redact(self, which: int) -> None:
        """`desk redact`: seldom, and for good."""
        word = pick(self.redactable(), which)
        number = self.ledger.said[word].ticket
        place = self.places(number)[word]
        self.do("redact", f"{number}.{place}", "-m", "a number", do=lambda op: self.ledger.redact(op, word))

    @precondition(lambda self: len(self.ledger.tickets) > 1)
    @rule(one=many, other=many, kind=st.sampled_from(("related", "blocks", "child", "")))
    def link(self, one: int, other: int, kind: str) -> None:
        """`desk link`, `desk unlink`."""
        first, second = self.number(one), self.number(other)
        if first != second:
            words = ["link", f"--as={kind}"] if kind else ["unlink"]
            self.do(*words, str(first), str(second), do=lambda op: self.ledger.link(op, first, second, kind))

    @precondition(lambda self: self.names)
    @rule(which=many)
    def undo(self, which: int) -> None:
        """`desk undo` of an operation, seldom the last."""
        name = pick(list(self.names)[-8:], which)
        self.do("undo", self.names[name], do=lambda op: self.ledger.undo(op, name))

    @precondition(lambda self: self.ledger.tickets)
    @rule(which=many, what=st.sampled_from(("status", "priority", "assignee", "tag")), value=few)
    def edit(self, which: int, what: str, value: int) -> None:
        """Somebody opens the file in an editor and saves it."""
        number = self.number(which)
        ticket = self.ledger.tickets[number]
        key, item, word = self.edit_of(what, value)
        if self.merged_into(number) or (key, item) in ticket.edited or ticket.value(key, item) == word:
            return
        (path,) = self.real.world.root.glob(f"tickets/*/*/TICKET-{number}.md")
        path.write_text(edited(path.read_text(), key, word, item=item))
        self.ledger.edit(number, key, word, item)

    @precondition(lambda self: self.ledger.tickets)
    @rule(which=many, what=st.sampled_from(("status", "priority", "assignee", "tag")), value=few)
    def edit_with_desk(self, which: int, what: str, value: int) -> None:
        """`desk edit`, with an editor that changes one thing."""
        number = self.number(which)
        key, item, word = self.edit_of(what, value)
        if not self.merged_into(number):
            (path,) = self.real.world.root.glob(f"tickets/*/*/TICKET-{number}.md")
            left = self.place / "left.md"
            left.write_text(
                edited(path.read_text(), key, word, item=item)
                if self.ledger.tickets[number].value(key, item) != word
                else path.read_text()
            )
            os.environ["DESK_EDITOR"] = f"cp {left}"
            self.do(
                "edit", str(number), do=lambda op: self.ledger.edit_with_desk(op, number, key, word, item)
            )

    @precondition(lambda self: self.ledger.tickets)
    @rule(query=st.sampled_from(sorted(QUERIES)), data=st.data())
    def bulk(self, query: str, data: st.DataObject) -> None:
        """`desk bulk`: a line each."""
        self.tick()
        numbers = self.meant(query)
        doing = {}
        for number in numbers[:6]:
            doing[number] = data.draw(st.sampled_from(sorted(LINES)))
        script = "".join(f"s/^keep  *{number} /{line} {number} /;" for number, line in doing.items())
        os.environ["DESK_EDITOR"] = f"sed -i -e '{script or 'p;d'}'"

        def do(op: str) -> None:
            refused = False
            for number, line in doing.items():
                try:
                    LINES[line](self.ledger, op, number)
                except RefusedError:
                    refused = True
            if refused or (numbers and all(line == "keep" for line in doing.values())):
                raise RefusedError

        self.do("bulk", query, do=do, ticks=False)

    @precondition(lambda self: self.ledger.tickets)
    @rule(word=st.sampled_from(("reindex", "fsck --quick", "gone")))
    def forget_the_index(self, word: str) -> None:
        """The index is made anew, or is not there any more."""
        if word == "gone":
            for path in self.real.world.state.glob("index.db*"):
                path.unlink()
        else:
            self.real.call(*word.split())

    @precondition(lambda self: any(ticket.is_dirty for ticket in self.ledger.tickets.values()))
    @rule()
    def commit_by_hand(self) -> None:
        """Somebody commits what they edited, as git users do."""
        self.real.world.git("commit", "-q", "-a", "-m", "What I did")
        for ticket in self.ledger.tickets.values():
            ticket.is_dirty = False
        self.head, self.changed = self.real.git()

    @precondition(lambda self: self.ledger.tickets)
    @rule(which=many, verb=st.sampled_from(("status closed", "assign lee", "tag +vip", "set priority=low")))
    def look_only(self, which: int, verb: str) -> None:
        """`--dry-run` of anything leaves everything as it is."""
        name, what = verb.split()
        self.tick()
        self.real.call(name, str(self.number(which)), what, "--dry-run")

    # What must be so

    @invariant()
    def agree(self) -> None:
        """Files, index and git say what the ledger says."""
        if not hasattr(self, "real"):
            return
        self.agreed = False
        type(self).checked += 1
        seen, ledger = self.real.tickets(), self.ledger
        assert sorted(seen) == sorted(ledger.tickets)
        assert len(ledger.tickets) == max(ledger.tickets, default=0)
        for number, ticket in ledger.tickets.items():
            one = seen[number]
            assert one.requester == ticket.requester
            assert dict(one.values) == {key: ticket.value(key) for key in SCALARS}, (number, one.values)
            assert {key: set(value) for key, value in one.lists.items()} == {
                key: ticket.items(key) for key in LISTS
            }, number
            here = ledger.words_in(number)
            assert one.words == tuple(sorted(each.word for each in here)), (number, one.words, here)
            told = {each.word: each.delivery for each in here if each.kind == "answer"}
            assert dict(one.deliveries) == told, number
        self.agree_in_lists()
        self.head, self.changed = (self.head, self.changed) if self.changed is not None else self.real.git()
        changed, self.changed = self.changed, None
        dirty = {ticket.number for ticket in ledger.tickets.values() if ticket.is_dirty}
        assert changed == dirty, (changed, dirty, self.real.world.git("diff", "--unified=0"))
        self.agreed = True

    def agree_in_lists(self) -> None:
        """Lists say what the files say, whatever is asked; the outbox what the tickets say."""
        desk = self.real.world.desk
        rows = {row.number: row for row in list_tickets(desk, everything=True).rows}
        assert set(rows) == set(self.ledger.tickets)
        for number, ticket in self.ledger.tickets.items():
            row = rows[number]
            told = (row.status, row.priority, row.assignee, row.category, row.merged_into, set(row.tags))
            keys = ("status", "priority", "assignee", "category", "merged-into")
            assert told == (*map(ticket.value, keys), ticket.items("tags")), number
            messages = [each for each in self.ledger.words_in(number) if each.kind != "note"]
            assert row.messages == len(messages), number
        query = pick(list(QUERIES), self.count)
        found = [row.number for row in list_tickets(desk, query).rows]
        assert sorted(found) == self.meant(query), query
        mails = [mail for _, mail in Outbox(desk.layout).items() if isinstance(mail, OutMail)]
        waiting = [mail.state for mail in mails if mail.kind == "reply" and mail.state != "dropped"]
        told = [each.delivery for each in self.ledger.said.values() if each.delivery == "queued"]
        assert waiting == told, (waiting, told)

    def agree_at_the_end(self) -> None:
        """The whole command line says so as well, git's objects hold the files, and `fsck` finds nothing."""
        code, out, said = self.real.call("list", "--all", "-O", "json")
        assert code == 0, said
        listed = {int(item["id"].removeprefix("TICKET-")): item for item in json.loads(out)["items"]}
        assert {number: item["status"] for number, item in listed.items()} == {
            number: ticket.status for number, ticket in self.ledger.tickets.items()
        }
        _, out, _ = self.real.call("count", "--by", "status", "--all", "--json")
        told = {item["value"]: item["tickets"] for item in json.loads(out)["items"]}
        assert sum(told.values()) == len(self.ledger.tickets)
        dirty = {ticket.number for ticket in self.ledger.tickets.values() if ticket.is_dirty}
        edited = {ticket.number for ticket in self.ledger.tickets.values() if ticket.edited}
        assert {int(re.findall(r"\d+", Path(path).stem)[0]) for path in self.real.blobs_differ()} == dirty
        self.agree_in_tickets()
        told = self.real.operations()
        for op, name in self.names.items():
            assert told[name] == self.ledger.wrote[op], (op, told[name], self.ledger.wrote[op])
        # What a hand did is told, and nothing else is left to find.
        self.real.call("fsck", "--repair")
        for number, ticket in self.ledger.tickets.items():
            ticket.edited.clear()
            ticket.is_dirty = ticket.is_dirty and number not in edited
        self.agree()
        code, out, said = self.real.call("fsck")
        assert code == 0, out + said

    def agree_in_tickets(self) -> None:
        """`desk show` and `desk log` say it, and an index that is made anew says what the one in use does."""
        for number in list(self.ledger.tickets)[-4:]:
            ticket = self.ledger.tickets[number]
            shown = json.loads(self.answer("show", str(number), "--json"))["ticket"]
            assert (shown["status"], set(shown["tags"])) == (ticket.status, ticket.items("tags"))
            assert set(shown["links"]) == {item.split()[-1] for item in ticket.items("links")}
            texts = " ".join(each["text"] for each in shown["timeline"] if each.get("text"))
            assert sorted(WORD.findall(texts)) == sorted(each.word for each in self.ledger.words_in(number))
        told: dict[str, set[int]] = {}
        for item in json.loads(self.answer("log", "--limit=0", "-O", "json"))["items"]:
            numbers = map(int, re.findall(r"\d+$", item["ticket"] or ""))
            told.setdefault(item["op"], set()).update(numbers)
        for op, name in self.names.items():
            assert told[name] == self.ledger.wrote[op], (op, told[name])
        columns = (
            "id,status,priority,assignee,tags,messages,replies,notes,last_at,last_in_at,resolved_at,reopened"
        )
        every = ("list", "--all", "-O", "json", "--fields", columns)
        before = self.answer(*every)
        self.answer("reindex")
        assert self.answer(*every) == before

    # How it is done

    def answer(self, *words: str) -> str:
        """What a command prints that does well."""
        code, out, said = self.real.call(*words)
        assert code == 0, (words, said)
        return out

    @property
    def now(self) -> str:
        """The time as tickets write it."""
        return f"{self.real.world.now:%Y-%m-%dT%H:%M:%SZ}"

    def edit_of(self, what: str, value: int) -> tuple[str, str, str]:
        """(key, item, value) of an edit."""
        words = {"status": STATUSES, "priority": PRIORITIES, "assignee": ("dana", "lee")}
        return ("tags", pick(TAGS, value), "+") if what == "tag" else (what, "", pick(words[what], value))

    def new_word(self) -> str:
        """A word that nobody has said."""
        self.count += 1
        return f"w{self.count:04d}"

    def tick(self) -> str:
        """A minute goes by; a new word."""
        self.agreed = False
        self.real.world = self.real.world.later(minutes=1)
        return self.new_word()

    def number(self, which: int) -> int:
        """One of the tickets; more often one of the last."""
        return pick(list(self.ledger.tickets)[-6:], which)

    def merged_into(self, number: int) -> int:
        """The ticket it was merged into, 0 for none."""
        return int(self.ledger.tickets[number].value("merged-into").removeprefix("TICKET-") or 0)

    def messages(self) -> list[str]:
        """The words of mails that came in and can be read, the last ones."""
        said = self.ledger.said.values()
        return [each.word for each in said if each.kind in {"mail", "automatic"} and each.ticket][-12:]

    def long_tickets(self) -> list[int]:
        """Tickets with several messages."""
        return [number for number in self.ledger.tickets if len(self.numbered(number)) > 1]

    def redactable(self) -> list[str]:
        """The words of messages that are no answers of ours."""
        said = self.ledger.said.values()
        return [each.word for each in said if each.kind not in {"note", "answer"} and each.ticket][-6:]

    def places(self, number: int) -> dict[str, int]:
        """The number of each message that can be read in the ticket."""
        said = self.real.world.ticket(f"TICKET-{number}").numbered
        texts = {place: "".join(each.text for each in getattr(entry, "body", ())) for place, entry in said}
        words = [each.word for each in self.ledger.words_in(number)]
        return {word: place for word in words for place, text in texts.items() if word in text}

    def numbered(self, number: int) -> list[tuple[int, str]]:
        """(its number in the ticket, its word) of each message, as the ledger has them in order."""
        words = [each.word for each in self.ledger.words_in(number) if each.kind != "note"]
        if len(words) < 2:
            return []
        return [(place, word) for word, place in self.places(number).items() if word in words]

    def meant(self, query: str) -> list[int]:
        """The tickets that the query finds: without what is done or rests, unless a status is asked for."""
        every = "status:" in query
        return sorted(
            number
            for number, ticket in self.ledger.tickets.items()
            if QUERIES[query](ticket) and (every or not (ticket.kind == "done" or ticket.is_asleep(self.now)))
        )

    def take(self, data: bytes, outcome: str, number: int) -> None:
        """Take the mail in; it goes where the ledger says."""
        self.mails.append(data)
        done = self.real.world.take(data)
        assert (done.outcome, done.ticket) == (outcome, f"TICKET-{number}")
        self.head, self.changed = self.real.git()

    def each(self, verb: str, tickets: Chosen, *words: str, do: Callable[[str, int], None]) -> None:
        """A verb for some tickets, or for those that a query finds, each by itself."""
        self.tick()
        if isinstance(tickets, str):
            numbers, named = self.meant(tickets), ["-q", tickets]
        else:
            numbers = list(dict.fromkeys(map(self.number, tickets)))
            named = list(map(str, numbers))

        def do_each(op: str) -> None:
            refused = []
            for number in numbers:
                try:
                    do(op, number)
                except RefusedError as error:
                    refused.append(error)
            if refused:
                raise refused[0]

        self.do(verb, *named, *words, do=do_each, ticks=False)

    def do(self, *words: str, do: Callable[[str], object], ticks: bool = True) -> None:
        """Call a command; it is refused where the ledger says so, and an operation where it did anything."""
        self.agreed = False
        if ticks:
            self.real.world = self.real.world.later(minutes=1)
        op = f"op{len(self.names)}.{self.count}"
        refused = False
        try:
            do(op)
        except RefusedError:
            refused = True
        code, out, said = self.real.call(*words)
        assert bool(code) == refused, (words, code, out, said)
        assert code < 70, (words, said)  # an internal fault, or one that passes
        head, self.changed = self.real.git()
        assert (head != self.head) == bool(self.ledger.wrote.get(op)), (words, out, said)
        if head != self.head:
            self.names[op] = self.real.last_operation()
        self.head = head


Chosen = list[int] | str
FILLED = 21


T = TypeVar("T")


def pick(items: Sequence[T], which: int) -> T:
    """One of them."""
    return items[which % len(items)]


def edited(text: str, key: str, word: str, *, item: str) -> str:
    """The file as a hand leaves it, with another value, or with an item more."""
    if item:
        head, rest = text.split("\n---\n", 1)
        lines = head if re.search(r"^tags:$", head, re.MULTILINE) else f"{head}\ntags:"
        return f"{re.sub(r'^tags:$', f'tags:{chr(10)}- {item}', lines, flags=re.MULTILINE)}\n---\n{rest}"
    if re.search(rf"^{key}:", text, re.MULTILINE):
        return re.sub(rf"^{key}: .*$", f"{key}: {word}", text, count=1, flags=re.MULTILINE)
    return text.replace("\n---\n", f"\n{key}: {word}\n---\n", 1)


def prepare(place: Path) -> None:
    """The two desks with which histories begin."""
    fresh = World.make(place / "fresh")
    (fresh.root / "desk.yaml").write_text(SETTINGS)
    # Nothing is late here: what time does to tickets is another test's matter.
    (fresh.root / "sla.yaml").write_text("policies: []\n")
    (fresh.root / "rules.yaml").write_text("rules: []\n")
    fresh.git("commit", "-q", "-a", "-m", "Settle")
    filled = place / "filled"
    shutil.copytree(fresh.root, filled, symlinks=True)
    world = World(filled)
    for number in range(1, FILLED + 1):
        text = f"Hello, w{number:04d}.\n"
        world.later(minutes=number).take(write_mail(number, sender=PEOPLE[number % 3], text=text))
    Histories.fresh, Histories.filled = fresh.root, filled


class HistoriesApart(Histories):
    """The same, each command a process."""

    is_apart = True


@pytest.mark.parametrize(("kind", "count", "steps"), [(Histories, SAMPLE, STEPS), (HistoriesApart, 1, 12)])
def test_whatever_is_done_the_desk_holds_what_was_done(
    kind: type[Histories], count: int, steps: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("DESK_EDITOR", "true")
    prepare(tmp_path)
    # The same ones each time; `make histories` has others.
    bounds = settings(max_examples=count, stateful_step_count=steps, derandomize=True, database=None)
    run_state_machine_as_test(kind, settings=bounds)
