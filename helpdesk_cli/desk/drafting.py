"""Answers being written: who writes on what, and a text that survives whatever happens to the editor."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.errors import ConflictError
from helpdesk_cli.storage.drafts import Drafts, Name
from helpdesk_cli.tickets.times import write_time
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody writes on a ticket: who, what (reply or forward), since when, and whether at this moment."""

    agent: str
    kind: str
    since: datetime
    is_open: bool


@dataclass(frozen=True, slots=True)
class Begun:
    """What a draft remembers: when it began, the entries known then, the id that its message will have.

    `answers` is the id of the message that it answers or carries, `untouched` what tells a text that nobody
    has changed yet, `used` the template and articles in it, `attach` the paths of files to send along,
    `carries` whether a forward takes the files of its message along.
    """

    at: datetime
    base: frozenset[str]
    entry: str
    answers: str = ""
    untouched: str = ""
    status: str = ""
    spent: int = 0
    used: tuple[tuple[str, str], ...] = ()
    attach: tuple[str, ...] = ()
    carries: bool = True


@dataclass(slots=True)
class OpenDraft:
    """A draft that is open here and nowhere else; `begun` is None for a new one."""

    name: Name
    drafts: Drafts
    begun: Begun | None = None
    is_done: bool = field(default=False)

    @property
    def place(self) -> Path:
        """The file for the editor."""
        return self.drafts.place(self.name)

    def text(self) -> str:
        """The text as it lies there; "" where an editor removed it."""
        return self.drafts.text(self.name) or ""

    def begin(self, begun: Begun, text: str) -> None:
        """Keep a new text."""
        self.begun = begun
        self.drafts.put(self.name, _packed(begun), text)

    def write(self, text: str) -> None:
        """Keep the text in the place of the one that was there."""
        self.drafts.write(self.name, text)

    def put_aside(self) -> Path:
        """Begin anew; the text so far is kept at the place this gives."""
        self.begun = None
        return self.drafts.put_aside(self.name)

    def finish(self) -> None:
        """The draft has become a mail, or was given up: nothing of it is kept."""
        self.is_done = True


@contextmanager
def open_draft(desk: Desk, ticket: Ticket, agent: str, kind: str) -> Iterator[OpenDraft]:
    """The agent's draft on the ticket, open inside the block; kept afterwards unless it is finished.

    Raises ConflictError where the same agent has it open already.
    """
    drafts = Drafts(desk.layout)
    name = Name(ticket.uid, kind, agent)
    with drafts.hold(name) as is_ours:
        draft = OpenDraft(name, drafts, _unpacked(drafts.record(name)))
        if not is_ours:
            since = f" since {write_time(draft.begun.at)}" if draft.begun else ""
            raise ConflictError(
                f"you have this draft open in another window{since}",
                ticket.id,
                "Go on there, or close it first.",
            )
        try:
            yield draft
        finally:
            if draft.is_done:
                drafts.remove(name)
            elif drafts.text(name) is None:
                drafts.forget_lock(name)


def presence(desk: Desk, uid: str, *, but: str = "") -> list[Presence]:
    """Who has a draft on the ticket, `but` for one agent; the longest first."""
    drafts = Drafts(desk.layout)
    found = []
    for name in drafts.names(uid):
        begun = _unpacked(drafts.record(name)) if name.agent != but else None
        if begun is not None:
            found.append(Presence(name.agent, name.kind, begun.at, drafts.is_open(name)))
    return sorted(found, key=lambda each: (each.since, each.agent))


def new_begun(desk: Desk, ticket: Ticket, **parts: Any) -> Begun:  # noqa: ANN401 - fields of Begun
    """What a draft that begins now remembers."""
    parts.setdefault("entry", draw_id(ticket.uid, "message"))
    return Begun(at=desk.now, base=frozenset(entry.id for entry in ticket.entries), **parts)


def _packed(begun: Begun) -> dict[str, object]:
    return {
        "at": write_time(begun.at),
        "base": sorted(begun.base),
        "entry": begun.entry,
        "answers": begun.answers,
        "untouched": begun.untouched,
        "status": begun.status,
        "spent": begun.spent,
        "attach": list(begun.attach),
        "carries": begun.carries,
        "used": [list(pair) for pair in begun.used],
    }


def _unpacked(record: dict[str, object] | None) -> Begun | None:
    """None for no record, or one that no desk wrote: the text beside it is still there to go on with."""
    if record is None:
        return None
    try:
        base, used, attach = record["base"], record["used"], record["attach"]
        if not isinstance(base, list) or not isinstance(used, list) or not isinstance(attach, list):
            return None
        return Begun(
            at=datetime.fromisoformat(str(record["at"])),
            base=frozenset(map(str, base)),
            entry=str(record["entry"]),
            answers=str(record["answers"]),
            untouched=str(record["untouched"]),
            status=str(record["status"]),
            spent=int(str(record["spent"])),
            used=tuple((str(key), str(value)) for key, value in used),
            attach=tuple(map(str, attach)),
            carries=bool(record["carries"]),
        )
    except (KeyError, TypeError, ValueError):
        return None
