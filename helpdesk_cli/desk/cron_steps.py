"""The steps of `desk cron` that are about the desk's own house: commits, mail set aside, the outbox, git."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from helpdesk_cli.desk.letters import sends_here
from helpdesk_cli.desk.outbox import heal, send_due, why_blocked
from helpdesk_cli.desk.record import commit_pending
from helpdesk_cli.desk.retry import retry
from helpdesk_cli.storage import history

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk


def commit(desk: Desk) -> list[str]:
    """Bring into git what waits for it."""
    why = commit_pending(desk)
    return [f"changes wait to be committed: {why}"] if why else []


def retry_set_aside(desk: Desk) -> list[str]:
    """File the mails that could not be filed when they came."""
    left = Counter(done.ingested.why for done in retry(desk) if done.ingested.outcome == "deferred")
    return [
        f"{count} mail{'' if count == 1 else 's'} cannot be filed, and none of them is lost: {why}"
        for why, count in left.items()
    ]


def send(desk: Desk) -> list[str]:
    """Send what is due; what became of each mail its ticket says, and a notice to whoever wrote it."""
    if not sends_here(desk):
        return []
    heal(desk)
    if desk.settings.sending == "on" and (why := why_blocked(desk)):
        return [f"no mail leaves: {why}"]
    return [
        f"a {mail.kind} to {', '.join(each.address for each in mail.recipients)}: {mail.state}: {mail.why}"
        for mail in send_due(desk)
        if mail.state in {"failed", "unknown"}
    ]


def tidy(desk: Desk) -> list[str]:
    """Let git pack what has piled up."""
    history.tidy(desk.layout)
    return []
