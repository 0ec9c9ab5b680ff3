"""What time brings about: whether `desk cron` is called, and whether the times in desk.yaml mean anything."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from helpdesk_cli.desk.health.diagnosis import Diagnosis, ok
from helpdesk_cli.desk.letters import is_server
from helpdesk_cli.storage.records import Records
from helpdesk_cli.tickets.times import read_time, write_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.health.diagnosis import Patient

# It is to be called every minute; a long fetch may take some of them.
_LATE = timedelta(minutes=15)
_REMEDY = "`desk setup cron` prints the line for the crontab."


def check(patient: Patient) -> Iterator[Diagnosis]:
    """When `desk cron` ran last, on the server; the time zone of digests."""
    desk = patient.desk
    if is_server(desk):
        yield _cron(desk)
    zone = desk.settings.notify.timezone
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        told = f"`notify: timezone: {zone}` is no time zone: digests go by UTC"
        yield Diagnosis("warning", "notify-zone", told, "Write it as Europe/Berlin.")


def _cron(desk: Desk) -> Diagnosis:
    ran_at = _ran_at(desk)
    if ran_at is not None and desk.now - ran_at <= _LATE:
        return ok("cron", f"`desk cron` ran at {write_time(ran_at)}")
    told = (
        "`desk cron` has never run here"
        if ran_at is None
        else f"`desk cron` ran last at {write_time(ran_at)}"
    )
    if desk.settings.sending != "on":
        return Diagnosis("note", "cron", told, _REMEDY)
    return Diagnosis("warning", "cron", f"{told}: what waits in the outbox stays there", _REMEDY)


def _ran_at(desk: Desk) -> datetime | None:
    since = (Records(desk.layout.state, "cron").peek("running") or {}).get("since")
    try:
        return read_time(str(since)) if since else None
    except ValueError:
        return None
