"""After an answer is recorded: its mail is transmitted now, or it is said why not."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Literal

from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.posting import Posted

When = Literal["", "now", "queue"]
WAITS = "the next `desk cron` sends it, or `desk outbox send`"


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of the mails: how many left; (entry, why) of those that wait, and of those that failed.

    `was_tried`: they were to leave now; else it was known that they wait.
    """

    sent: int
    was_tried: bool = True
    queued: tuple[tuple[str, str], ...] = ()
    failed: tuple[tuple[str, str], ...] = ()


def transmit(
    desk: Desk,
    posted: Sequence[Posted],
    *,
    when: When,
    progress: Callable[[int, int], None] | None = None,
) -> Sent:
    """Transmit what was posted, unless it has to wait; `when` is what the caller said of it.

    Not under the desk's lock: a mail server may take its time.
    """
    # Only who has something to send loads what sends.
    outbox = importlib.import_module("helpdesk_cli.desk.outbox")
    if why := outbox.why_waits(desk) or (WAITS if when == "queue" else ""):
        return Sent(0, was_tried=False, queued=tuple((each.message.id, why) for each in posted))
    names = [each.name for each in posted]
    mails: list[Any] = outbox.send_due(desk, names=names, progress=progress)
    by_name = {mail.name: mail for mail in mails}
    sent, queued, failed = 0, [], []
    for each in posted:
        mail = by_name.get(each.name)
        state = mail.state if mail is not None else "queued"
        why = (mail.why if mail is not None else "") or WAITS
        if state == "sent":
            sent += 1
        elif state in {"queued", "prepared", "sending"}:
            queued.append((each.message.id, why))
        else:
            failed.append((each.message.id, f"{state}: {why}"))
    return Sent(sent, queued=tuple(queued), failed=tuple(failed))
