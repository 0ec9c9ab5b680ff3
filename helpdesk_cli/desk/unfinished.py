"""What a run wrote that was killed before git had it: brought into git by the next one.

News is what git has: a change that no git knows of tells nobody anything.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.checks.commits import loose
from helpdesk_cli.desk.record import LARGEST_TICKET, LOCK_TIMEOUT, commit_message, commit_pending
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage import lock, pending
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.records import Records
from helpdesk_cli.storage.ticket_file import read_ticket_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from helpdesk_cli.desk.desk import Desk

_GOING = "going"  # the record of a run that has not come to its end


@contextmanager
def is_going(desk: Desk, actor: str, paths: Iterable[str]) -> Iterator[None]:
    """Inside the block a run writes these files; one that is killed leaves word of them."""
    records = Records(desk.layout.state, f"{actor}-run")
    records.put(_GOING, {"paths": list(paths)})
    yield
    records.remove(_GOING)


def finish(desk: Desk, actor: str) -> None:
    """Bring into git what a run wrote that was killed before it could ask for that."""
    records = Records(desk.layout.state, f"{actor}-run")
    left = records.peek(_GOING)
    if left is None:
        return
    wanted = left.get("paths")
    paths = set(map(str, wanted)) if isinstance(wanted, list) else set()
    layout, who = desk.layout, desk_actor(desk, key=actor)
    with lock.hold(layout.lock, timeout=LOCK_TIMEOUT, modes=layout.modes):
        for path in loose(desk):
            if path not in paths:
                continue
            try:
                data, _ = read_file(desk.path(path), within=layout.root, limit=LARGEST_TICKET)
                ticket = read_ticket_file(data, place=path).ticket
            except (DeskError, FileNotFoundError):
                # One that a hand is at: not what a run left.
                continue
            message = commit_message(f"{ticket.id}: {actor}", op=draw_id(ticket.uid, actor))
            pending.Queue(layout).put(
                pending.Commit(((path, data),), (who.name, who.email), message, desk.now)
            )
    commit_pending(desk)
    records.remove(_GOING)
