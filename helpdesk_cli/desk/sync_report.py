"""What came and what went, counted: entries that one commit has and another has not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helpdesk_cli.storage import arrivals, trees
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from helpdesk_cli.storage.layout import Layout

_ID = re.compile(rb'^id: "?([A-Za-z0-9-]+)', re.MULTILINE)
_ASSIGNEE = re.compile(rb'^assignee: "?([^"\s#]+)', re.MULTILINE)
_FRONT = 65536


@dataclass(frozen=True, slots=True)
class Tally:
    """So many new tickets, mails from outside, answers of ours, notes, other events; and other files by name.

    A mail that opened a ticket counts as a mail as well, what an agent entered by telephone does not.
    `yours`: tickets that became the asking agent's.
    """

    tickets: int = 0
    mails: int = 0
    replies: int = 0
    notes: int = 0
    changes: int = 0
    files: tuple[str, ...] = ()
    yours: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether it is nothing at all."""
        return self == Tally()


def count(layout: Layout, before: str, after: str, *, base: str, agent: str = "") -> Tally:
    """What `after` has and `before` has not. `base`: where they parted ("" for never)."""
    found = arrivals.arrivals(layout, before, after)
    if base:
        # What `before` has taken away since is nothing that comes.
        gained = {arrival.id for arrival in arrivals.arrivals(layout, base, after)}
        found = [arrival for arrival in found if arrival.id in gained]
    said = [arrival for arrival in found if arrival.kind == "message"]
    replies = sum(arrival.is_out for arrival in said)
    opened = sum(arrival.opens for arrival in found)
    others = sum(arrival.kind not in {"message", "note"} for arrival in found) - opened
    return Tally(
        tickets=opened,
        mails=sum(not (arrival.is_out or arrival.is_entered) for arrival in said),
        replies=replies,
        notes=sum(arrival.kind == "note" for arrival in found),
        changes=others,
        files=_files(layout, base, after) if base else (),
        yours=_yours(layout, before, after, agent) if agent and before else (),
    )


def _files(layout: Layout, base: str, after: str) -> tuple[str, ...]:
    """The files that are no tickets and no attachments."""
    tickets = f"{layout.prefix}tickets/"
    changed = trees.compare(layout, base, after)
    return tuple(sorted(path.removeprefix(layout.prefix) for path in changed if not path.startswith(tickets)))


def _yours(layout: Layout, before: str, after: str, agent: str) -> tuple[str, ...]:
    changes = [
        change for path, change in trees.compare(layout, before, after).items() if path.endswith(".md")
    ]
    sides = []
    for leaves in ([change.old for change in changes], [change.new for change in changes]):
        names = sorted({leaf.blob for leaf in leaves if leaf and leaf.is_file})
        blobs = (data[:_FRONT] for _, data in trees.contents(layout, names))
        sides.append({match[1].decode() for data in blobs if (match := _owned(data, agent))})
    return tuple(sorted(sides[1] - sides[0], key=lambda name: (len(name), name)))


def _owned(data: bytes, agent: str) -> re.Match[bytes] | None:
    """The id, where the front matter says that it is this agent's."""
    front = data.partition(b"\n---")[0]
    assignee = _ASSIGNEE.search(front)
    return _ID.search(front) if assignee and assignee[1] == agent.encode() else None
