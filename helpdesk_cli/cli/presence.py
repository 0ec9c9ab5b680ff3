"""Who else writes on a ticket, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from helpdesk_cli.desk.drafting import Presence

_OPEN = {True: "open now", False: "not open now"}


def clock(moment: datetime, now: datetime) -> str:
    """`09:12 UTC`, with its date on another day."""
    day = "" if moment.date() == now.date() else f"{moment:%Y-%m-%d} "
    return f"{day}{moment:%H:%M} UTC"


def presence_text(each: Presence, now: datetime) -> str:
    """`lee has a draft open since 09:12 UTC (open now)`."""
    what = "a draft" if each.kind == "reply" else "a mail to somebody else"
    state = "open since" if each.is_open else "since"
    return f"{each.agent} has {what} {state} {clock(each.since, now)} ({_OPEN[each.is_open]})"
