"""Recorded before sent: a letter becomes a message of its ticket and a mail in the outbox, or neither.

The mail is kept first (`prepared`: never transmitted), then the ticket says it, then it is queued. Killed
in between, `desk.outbox` finds a prepared mail and looks into the ticket: written there, it is queued; else
it is dropped.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from helpdesk_cli.desk.letters import SERVER
from helpdesk_cli.mail.outgoing import write_letter
from helpdesk_cli.storage import large
from helpdesk_cli.storage.outbox import Outbox, OutMail, Recipient
from helpdesk_cli.tickets.changes import EntryAdded
from helpdesk_cli.tickets.entries import Attachment, Message, Segment, find_said
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from helpdesk_cli.desk.letters import Ties
    from helpdesk_cli.desk.record import Door, Held
    from helpdesk_cli.mail.letter import Letter
    from helpdesk_cli.tickets.changes import Change
    from helpdesk_cli.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Posted:
    """What was posted: the ticket after it, the message, and its name in the outbox ("" = the server's)."""

    held: Held
    message: Message
    name: str


def post(
    door: Door,
    held: Held,
    letter: Letter,
    ties: Ties,
    *,
    entry_id: str,
    kind: str,
    summary: str,
    by: str,
    changes: Sequence[Change] = (),
    facts: tuple[tuple[str, str], ...] = (),
    automatic: str = "",
    other: tuple[tuple[str, str], ...] = (),
    name: str = "",
    envelope_sender: str | None = None,
    at: datetime | None = None,
) -> Posted:
    """Record the letter in the ticket and queue it; nothing is transmitted here.

    `name` is its name in the outbox (`kind-ENTRY` without). `envelope_sender`: "" is the null sender; None
    the one of `ties`. Raises UsageError where the letter's words or addresses are not fit for a mail, and
    ConflictError where there is, or ever was, a mail of this name.
    """
    desk = door.desk
    data = write_letter(letter)
    message, files, outside = _message(
        held.ticket,
        letter,
        entry_id=entry_id,
        folder=held.path.rpartition("/")[0],
        at=at or door.next_at(held.ticket),
        limit=desk.settings.attachment_limit,
    )
    message = replace(message, by=by, automatic=automatic, outbox=ties.outbox, other=other)
    name = name or f"{kind}-{entry_id}"
    outbox = Outbox(desk.layout)
    mail = OutMail(
        name=name,
        kind=kind,
        state="prepared",
        sender=ties.envelope_sender if envelope_sender is None else envelope_sender,
        recipients=tuple(Recipient(person.email) for person in (*letter.to, *letter.cc)),
        message_id=letter.message_id,
        subject=letter.subject,
        by=by,
        queued_at=desk.now,
        ticket=held.ticket.uid,
        entry=entry_id,
    )
    is_ours = ties.outbox != SERVER
    if is_ours and not door.dry_run:
        _settle_earlier(outbox, name, held.ticket)
        outbox.prepare(mail, data)
    if not door.dry_run:
        for content in outside:
            large.keep(desk.layout, content)
    after = door.change(held, [EntryAdded(message), *changes], summary=summary, facts=facts, files=files)
    if is_ours and not door.dry_run:
        outbox.put(replace(mail, state="queued"))
    return Posted(after, message, name if is_ours else "")


def _settle_earlier(outbox: Outbox, name: str, ticket: Ticket) -> None:
    """A mail that was prepared and is in the ticket is on its way: whoever made it died before saying so."""
    known = outbox.get(name)
    if known and known.state == "prepared" and find_said(ticket.entries, known.entry):
        outbox.put(replace(known, state="queued"))


def _message(
    ticket: Ticket, letter: Letter, *, entry_id: str, folder: str, at: datetime, limit: int
) -> tuple[Message, list[tuple[str, bytes]], list[bytes]]:
    attachments, files, outside = [], [], []
    for file in letter.files:
        digest = sha256(file.content).hexdigest()
        keep = len(file.content) <= limit
        path = f"{ticket.id}/{digest[:8]}-{file.filename}" if keep else ""
        attachments.append(Attachment(file.filename, file.content_type, len(file.content), digest, path))
        if keep:
            files.append((f"{folder}/{path}", file.content))
        else:
            outside.append(file.content)
    message = Message(
        id=entry_id,
        at=at,
        from_=letter.from_,
        direction="out",
        to=letter.to,
        cc=letter.cc,
        subject=letter.subject,
        message_id=letter.message_id,
        in_reply_to=letter.in_reply_to,
        references=letter.references,
        inbox=ticket.inbox,
        delivery="queued",
        body=(Segment("text", letter.text if letter.text.endswith("\n") else f"{letter.text}\n"),),
        attachments=tuple(attachments),
    )
    return message, files, outside
