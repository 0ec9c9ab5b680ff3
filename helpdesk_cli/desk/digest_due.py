"""The step of `desk cron` that mails the digest, once a day or a week, where `digest:` in desk.yaml says so.

It notes which period is done with, so that a run a minute costs nothing; the mails' names are what keeps any
from being sent twice.
"""

from __future__ import annotations

import importlib
from datetime import timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.desk.asking import zone_of
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage.records import Records

if TYPE_CHECKING:
    from datetime import date

    from helpdesk_cli.desk.desk import Desk

KIND = "digest"
_DONE = "done"
_DAY = timedelta(days=1)


def send_if_due(desk: Desk) -> list[str]:
    """Put the digest of the last day or week that is over into the outbox; what is wrong."""
    settings = desk.settings.digest
    if settings.send == "off":
        return []
    period = due_period(desk)
    records = Records(desk.layout.state, KIND)
    said = f"{settings.send} {period}"
    if (records.peek(_DONE) or {}).get("period") == said:
        return []
    people = importlib.import_module("helpdesk_cli.desk.digest_people")
    mails = importlib.import_module("helpdesk_cli.desk.digest")
    wish = importlib.import_module("helpdesk_cli.desk.report").Wish(period)
    try:
        mails.mail_digest(desk, wish, people.recipients_of(desk, settings.to))
    except DeskError as error:
        return [f"the digest: {error}"]
    records.put(_DONE, {"period": said})
    return []


def due_period(desk: Desk) -> str:
    """The last day, or week from Monday on, that is over and whose digest is due, as `--period` reads it."""
    local = desk.now.astimezone(zone_of(desk))
    hour, _, minute = desk.settings.digest.at.partition(":")
    is_time = (local.hour, local.minute) >= (int(hour), int(minute))
    if desk.settings.digest.send == "daily":
        last = local.date() - (_DAY if is_time else 2 * _DAY)
        return f"{last}"
    monday: date = local.date() - local.weekday() * _DAY
    if local.date() == monday and not is_time:
        monday -= 7 * _DAY
    return f"{monday - 7 * _DAY}..{monday - _DAY}"
