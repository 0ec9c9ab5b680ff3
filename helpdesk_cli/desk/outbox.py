"""Sending what the outbox holds: each mail once, each result durable before anything else happens.

Under the mail's own lock: `sending` is on the disk, then it is transmitted, then the result is on the disk.
Whoever is killed in between leaves `sending` without a lock, which `heal` calls unknown; nothing is resent
unasked (RELIABILITY G25). The desk's lock is not held meanwhile; tickets are told afterwards.
"""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from helpdesk_cli.desk.commands import outgoing_command, require_approved, why_not_run
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.letters import sends_here
from helpdesk_cli.desk.outbox_heal import heal
from helpdesk_cli.desk.outbox_tell import find_entry, is_to_tell, tell
from helpdesk_cli.desk.outbox_words import shortened
from helpdesk_cli.desk.record import LARGEST_TICKET
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.outbox import Outbox, OutMail, Recipient
from helpdesk_cli.storage.space import require_space
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.tickets.entries import Tombstone, find_said
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.index import Index

    class Result(Protocol):
        """What one recipient's server said: sent, refused, later or unknown."""

        address: str
        state: str
        why: str

    class Transport(Protocol):
        """An open way out, for several mails."""

        def send(self, data: bytes, *, sender: str, recipients: list[str]) -> Iterable[Result]:
            """Transmit one mail."""


__all__ = ["heal", "send_due", "why_blocked", "why_held", "why_waits"]

# Minutes until the next try, by how many there were; the last one over and over.
_WAITS = (1, 5, 15, 60, 240)
# A mail whose ticket cannot be read is looked at again after so long; that is no attempt.
_LOOK_AGAIN = timedelta(minutes=5)
# So many mails in a row that nobody took: the way out is blocked, not the mails. The others keep their turn.
_BLOCKED = 3
# Tickets are told of so many at a time.
_TOGETHER = 25
_AGAIN = frozenset({"queued", "unknown", "failed"})


def why_held(desk: Desk) -> str:
    """Why mail is not sent here, as was decided, with the remedy; "" where it is."""
    if not sends_here(desk):
        return "this clone sends nothing: the desk's server does, once it has this by `desk sync`"
    if desk.settings.sending != "on":
        return (
            "sending is on hold: `desk doctor mail --to ADDRESS` tries the way out and back, then "
            "`sending: on` in desk.yaml lets mail go"
        )
    return ""


def why_waits(desk: Desk) -> str:
    """Why what is queued stays so, with the remedy; "" where it is sent."""
    return why_held(desk) or why_blocked(desk)


def why_blocked(desk: Desk) -> str:
    """Why nothing at all can leave, be it a test mail: the command for it is not approved on this host."""
    return why_not_run(desk, outgoing_command(desk.settings.outgoing)).rstrip(".")


def send_due(
    desk: Desk,
    *,
    names: Sequence[str] | None = None,
    again: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> list[OutMail]:
    """Transmit what is due, or the mails of these names now; each as it is afterwards.

    A name may be "", for what is not in this outbox. Nothing is transmitted while `why_blocked` says so, nor
    while `why_held` does, except test mails. `again`: also mails that failed, or of which it is not known
    whether they left, as a person says so. A mail that somebody else is sending is left alone. Raises
    TryAgainError when a result could not be kept: that mail is unknown from then on.
    """
    outbox = Outbox(desk.layout)
    due = _due(desk, outbox, names, again=again)
    if not due:
        return []
    done: list[OutMail] = []
    untold: list[OutMail] = []
    blocked = 0
    with _opened(desk) as (index, transport):
        for count, name in enumerate(due, start=1):
            before, after = _attempt(desk, outbox, name, again=again, index=index, transport=transport)
            if after is not None:
                done.append(after)
                untold += [after] if is_to_tell(after) else []
                was_tried = before is not None and after.attempts > before.attempts
                blocked = 0 if not was_tried or after.state != "queued" else blocked + 1
            if len(untold) >= _TOGETHER:
                tell(desk, untold)
                untold.clear()
            if progress:
                progress(count, len(due))
            if blocked >= _BLOCKED and names is None:
                break
    tell(desk, untold)
    return [_now(outbox, mail) for mail in done]


def _due(desk: Desk, outbox: Outbox, names: Sequence[str] | None, *, again: bool) -> list[str]:
    """The names of what is to be tried, the longest waiting first."""
    if names is None:
        found = [mail for _, mail in outbox.items() if isinstance(mail, OutMail) and mail.state == "queued"]
        found = [mail for mail in found if mail.next_at is None or mail.next_at <= desk.now]
    else:
        states = _AGAIN if again else {"queued"}
        asked = [outbox.get(name) for name in dict.fromkeys(names) if name]
        found = [mail for mail in asked if mail and mail.state in states]
    if not found or why_blocked(desk):
        return []
    if why_held(desk):
        found = [mail for mail in found if mail.kind == "test" and sends_here(desk)]
    if names is None:
        found.sort(key=lambda mail: (mail.next_at or mail.queued_at, mail.name))
    return [mail.name for mail in found]


@contextmanager
def _opened(desk: Desk) -> Iterator[tuple[Index, Transport]]:
    """The index, and the way out; loaded here because only who sends needs TLS and the like.

    The one way to it, whoever asks: raises NotApprovedError before any command of desk.yaml can run.
    """
    require_approved(desk, outgoing_command(desk.settings.outgoing))
    transports = importlib.import_module("helpdesk_cli.channels.transport")
    index = open_index(desk, full=False)
    try:
        with transports.open_transport(desk.settings.outgoing) as transport:
            yield index, transport
    finally:
        index.close()


def _attempt(
    desk: Desk, outbox: Outbox, name: str, *, again: bool, index: Index, transport: Transport
) -> tuple[OutMail | None, OutMail | None]:
    """The mail before and after one try; (None, None) where it is not to be tried any more, or by others."""
    with outbox.hold(name) as held:
        mail = outbox.get(name)
        if mail is None or mail.state not in (_AGAIN if again else {"queued"}):
            return None, None
        if not held:
            if outbox.has_data(name):
                return None, None
            gone = {"state": "failed", "why": "its bytes are gone from the outbox", "told": False}
            return mail, keep(outbox, desk, mail, gone)
        if obstacle := _obstacle(desk, index, mail):
            return mail, keep(outbox, desk, mail, obstacle)
        data = outbox.data(name)
        require_space(desk.layout.state, len(data), floor=desk.settings.free_space)
        begun = mail if mail.state == "queued" else _renewed(mail)
        trying = {"state": "sending", "attempts": begun.attempts + 1, "first_at": begun.first_at or desk.now}
        sending = keep(outbox, desk, begun, {**trying, "why": "", "told": False})
        results = _transmitted(transport, sending, data) if sending.pending else {}
        return begun, keep(outbox, desk, sending, _outcome(desk, sending, results))


def _transmitted(transport: Transport, mail: OutMail, data: bytes) -> dict[str, tuple[str, str]]:
    """(state, why) by address, as `Result` has it; a fault of ours after the first byte is unknown."""
    try:
        results = transport.send(data, sender=mail.sender, recipients=list(mail.pending))
    except DeskError as error:
        # It raises only before anything is said to the server: a missing program, a secret that fails.
        return {address: ("later", str(error)) for address in mail.pending}
    except Exception as error:  # noqa: BLE001 - whatever it was, the mail may have left
        return {address: ("unknown", f"{type(error).__name__}: {error}") for address in mail.pending}
    found = {result.address: (result.state, result.why) for result in results}
    return {address: found.get(address, ("unknown", "nothing was heard")) for address in mail.pending}


def _outcome(desk: Desk, mail: OutMail, results: dict[str, tuple[str, str]]) -> dict[str, Any]:
    """What the record says after a try."""
    recipients = tuple(_after(each, *results.get(each.address, ("", ""))) for each in mail.recipients)
    later = next((each.why for each in recipients if not each.state), None)
    next_at = None
    if later is not None and _reasons(recipients, "unknown") is None:
        if desk.now - (mail.first_at or desk.now) < desk.settings.outgoing.retry_for:
            next_at = desk.now + timedelta(minutes=_WAITS[min(mail.attempts, len(_WAITS)) - 1])
        else:
            recipients = tuple(_given_up(each, mail.attempts) for each in recipients)
    why = ""
    state = "sent"
    for name, told in (("refused", "failed"), ("", "queued"), ("unknown", "unknown")):
        # The last that there is counts: what may have left is not tried again with the others.
        if (reason := _reasons(recipients, name)) is not None:
            state, why = told, reason
    return {"state": state, "recipients": recipients, "why": why, "next_at": next_at}


def _reasons(recipients: Sequence[Recipient], state: str) -> str | None:
    """What was said of the first recipient in that state; None where there is none."""
    return next((each.why for each in recipients if each.state == state), None)


def _given_up(recipient: Recipient, tries: int) -> Recipient:
    if recipient.state:
        return recipient
    return replace(recipient, state="refused", why=f"given up after {tries} tries: {recipient.why}")


def _after(recipient: Recipient, state: str, why: str) -> Recipient:
    if recipient.state or not state:
        return recipient
    return replace(recipient, state="" if state == "later" else state, why=shortened(why))


def _renewed(mail: OutMail) -> OutMail:
    """The mail for a person who wants it tried anew: for all but those who have it."""
    recipients = tuple(each if each.state == "sent" else Recipient(each.address) for each in mail.recipients)
    return replace(mail, recipients=recipients, first_at=None, attempts=0)


def _obstacle(desk: Desk, index: Index, mail: OutMail) -> dict[str, Any]:
    """What the record is to say where the mail must not leave (now); {} where nothing is in its way."""
    if not mail.recipients:
        return {"state": "failed", "why": "it has no recipient", "told": False}
    if not mail.entry:
        return {}
    try:
        path = find_entry(index, mail.entry, mail.ticket)
        data, _ = read_file(desk.path(path), within=desk.layout.root, limit=LARGEST_TICKET)
        ticket = read_ticket_file(data, place=path).ticket
    except (DeskError, FileNotFoundError) as error:
        return {"state": mail.state, "why": f"its ticket cannot be read: {error}", **_later(desk, mail)}
    if find_said(ticket.entries, mail.entry):
        return _of_spam(desk, mail, ticket.id) if ticket.status == "spam" else {}
    for entry in ticket.entries:
        if isinstance(entry, Tombstone) and entry.covers == mail.entry:
            return {"state": "dropped", "why": f"taken back: {entry.reason or 'removed'}", "told": False}
    return {"state": mail.state, "why": f"{ticket.id} does not hold it (any more)", **_later(desk, mail)}


def _of_spam(desk: Desk, mail: OutMail, ticket_id: str) -> dict[str, Any]:
    """Who sends spam learns nothing from us; what a person wrote waits for a person."""
    if mail.kind in {"reply", "forward"}:
        why = f"{ticket_id} is spam; `desk unspam {ticket_id}` lets it go"
        return {"state": mail.state, "why": why, **_later(desk, mail)}
    return {"state": "dropped", "why": "its ticket is spam", "told": False}


def _later(desk: Desk, mail: OutMail) -> dict[str, Any]:
    return {"next_at": desk.now + _LOOK_AGAIN} if mail.state == "queued" else {}


def keep(outbox: Outbox, desk: Desk, mail: OutMail, changes: dict[str, Any]) -> OutMail:
    """The mail with these changes, durable; the caller holds its lock."""
    after = replace(mail, **changes)
    if after.state != mail.state:
        after = replace(after, changed_at=desk.now)
    if after != mail:
        outbox.put(after)
    return after


def _now(outbox: Outbox, mail: OutMail) -> OutMail:
    return outbox.get(mail.name) or mail
