"""The step of `desk cron` that mails the digest, once a day or a week, where `digest:` in desk.yaml says so.

It notes which period is done with, so that a run a minute costs nothing; the mails' names are what keeps any
from being sent twice.
"""

from __future__ import annotations

import importlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.desk.asking import zone_of
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage.outbox import Outbox
from helpdesk_cli.storage.records import Records

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk

KIND = "digest"
_DONE = "done"
_DAY = timedelta(days=1)


def send_if_due(desk: Desk) -> list[str]:
    """Put the digest of the last day or week that is over into the outbox; what is wrong."""
    settings = desk.settings.digest
    if settings.send == "off":
        return []
    period, due_at = due_period(desk)
    records = Records(desk.layout.state, KIND)
    said = f"{settings.send} {period}"
    if (records.peek(_DONE) or {}).get("period") == said:
        return []
    since = Outbox(desk.layout).since
    if since is not None and due_at < since:
        # A restored desk does not know what was sent since its backup.
        return []
    people = importlib.import_module("helpdesk_cli.desk.digest_people")
    mails = importlib.import_module("helpdesk_cli.desk.digest")
    wish = importlib.import_module("helpdesk_cli.desk.report").Wish(period)
    try:
        mailing = mails.mail_digest(desk, wish, people.recipients_of(desk, settings.to))
    except DeskError as error:
        return [f"the digest: {error}"]
    records.put(_DONE, {"period": said})
    return [f"the digest does not count {path}: {why}" for path, why in mailing.problems]


def due_period(desk: Desk) -> tuple[str, datetime]:
    """The last day, or week from Monday on, whose digest is due, as `--period` reads it; and since when."""
    zone = zone_of(desk)
    local = desk.now.astimezone(zone)
    hour, _, minute = desk.settings.digest.at.partition(":")
    is_time = (local.hour, local.minute) >= (int(hour), int(minute))
    last = local.date() if is_time else local.date() - _DAY
    if desk.settings.digest.send == "weekly":
        last -= last.weekday() * _DAY
        period = f"{last - 7 * _DAY}..{last - _DAY}"
    else:
        period = f"{last - _DAY}"
    return period, datetime(last.year, last.month, last.day, int(hour), int(minute), tzinfo=zone)
