"""The outbox: records that can be read, each with its bytes, none left halfway by whoever died."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.checks.finding import Finding
from helpdesk_cli.desk.clock import filesystem_now_ns
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage.outbox import FINISHED, KIND, Outbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.outbox import OutMail

_HALFWAY = {
    "prepared": "was prepared, and whoever did it was ended",
    "sending": "was being sent, and whoever did it was ended: it may have left",
}


def check_outbox(desk: Desk, *, settled: float) -> Iterator[Finding]:
    """What is damaged or left halfway; what merely waits or failed is the doctor's to tell.

    `settled`: seconds that bytes without a record are left to whoever may be writing one.
    """
    latest = filesystem_now_ns() - int(settled * 1e9)
    outbox = Outbox(desk.layout)
    folder = desk.layout.state / KIND
    for name, mail in outbox.items():
        if isinstance(mail, DeskError):
            yield Finding(
                "outbox-damaged",
                str(folder / f"{name}.json"),
                mail.message,
                "Restore it from a backup, or move it away: whether the mail left is unknown then.",
            )
        else:
            yield from _check(outbox, mail, str(folder), latest)
    for name in outbox.strays():
        if outbox.is_older(name, latest):
            yield Finding(
                "outbox-stray",
                str(folder / f"{name}.eml"),
                "is a mail without a record: nothing speaks of it, and nothing will send it",
                "`desk fsck --repair` removes it.",
                repairable=True,
            )


def _check(outbox: Outbox, mail: OutMail, folder: str, latest: int) -> Iterator[Finding]:
    if mail.state in _HALFWAY:
        # Preparing takes a moment. Whoever sends holds the lock, or has just changed the record.
        is_busy = mail.state == "prepared" and not outbox.is_older(mail.name, latest)
        if is_busy or outbox.is_being_sent(mail.name) or outbox.get(mail.name) != mail:
            return
        yield Finding(
            "outbox-halfway",
            f"{folder}/{mail.name}.json",
            f"this mail {_HALFWAY[mail.state]}",
            "`desk fsck --repair`, or `desk cron`, settles it; nothing is sent twice.",
            repairable=True,
        )
    elif mail.state not in FINISHED and not outbox.has_data(mail.name):
        yield Finding(
            "outbox-no-bytes",
            f"{folder}/{mail.name}.json",
            f"the bytes of this mail are gone; it is {mail.state}",
            f"`desk outbox drop {mail.name}`, and answer anew if it must go.",
        )
