"""A message that a clone wrote for the server to send: taken over by the server, once.

The mail's bytes are made from the entry and signed here. Kept first (`prepared`), then the ticket says whose
outbox has it, then it is queued: killed in between, `heal` finds either nothing said and begins anew, or
said, and queues. What a ticket says was taken over is never taken over again, whatever becomes of the
outbox.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from helpdesk_cli.desk.letters import SERVER, compose, ties_of
from helpdesk_cli.desk.outbox_tell import say
from helpdesk_cli.desk.outbox_words import shortened
from helpdesk_cli.errors import (
    ConflictError,
    DeskError,
    InvalidFileError,
    NotFoundError,
    TryAgainError,
    UsageError,
)
from helpdesk_cli.mail.letter import File
from helpdesk_cli.mail.outgoing import write_letter
from helpdesk_cli.storage import large
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.outbox import OutMail, Recipient
from helpdesk_cli.tickets.entries import origin_of
from helpdesk_cli.tickets.ids import is_id
from helpdesk_cli.tickets.moves import home_of
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.letters import Ties
    from helpdesk_cli.desk.record import Door, Held
    from helpdesk_cli.mail.letter import Letter
    from helpdesk_cli.storage.outbox import Outbox
    from helpdesk_cli.tickets.entries import Attachment, Message
    from helpdesk_cli.tickets.ticket import Ticket


def take_over(door: Door, outbox: Outbox, held: Held, entry: Message) -> str:
    """The mail's name in the outbox, queued; "" where it cannot be sent, and the ticket says why.

    Raises TryAgainError for a passing fault, with nothing said.
    """
    desk = door.desk
    kind = "forward" if "forward" in entry.flags else "reply"
    # A mail has the name and the id that it was given first, wherever it was moved since: it leaves once.
    name = f"{kind}-{origin_of(entry)}"
    written = replace(held.ticket, uid=home_of(entry, held.ticket))
    try:
        known = _known(outbox, written, name)
        ties = _ties(desk, written, entry)
        letter = _letter(desk, held, entry, ties)
        data = write_letter(letter)
    except TryAgainError:
        raise
    except DeskError as error:
        why = shortened(str(error))
        say(door, held, entry.id, f"failed {why}", summary="a mail cannot be sent from here")
        return ""
    if known:
        return name
    mail = OutMail(
        name=name,
        kind=kind,
        state="prepared",
        sender=ties.envelope_sender,
        recipients=tuple(Recipient(person.email) for person in (*letter.to, *letter.cc)),
        message_id=letter.message_id,
        subject=letter.subject,
        by=entry.by,
        queued_at=desk.now,
        ticket=written.uid,
        entry=origin_of(entry),
    )
    outbox.prepare(mail, data)
    say(door, held, entry.id, f"queued {ties.outbox}", summary="a mail is taken over by the server")
    outbox.put(replace(mail, state="queued"))
    return name


def _known(outbox: Outbox, ticket: Ticket, name: str) -> bool:
    """Whether this mail is here or was. Raises ConflictError where it is another ticket's."""
    mail = outbox.get(name)
    if mail is not None and mail.ticket != ticket.uid:
        raise ConflictError("another ticket holds a message of this id", name, "Answer anew.")
    return outbox.knows(name)


def _ties(desk: Desk, ticket: Ticket, entry: Message) -> Ties:
    if entry.automatic:
        raise UsageError("automatic mail is made by the server itself, not taken over from a clone")
    if not (is_id(origin_of(entry)) and is_id(ticket.uid)):
        raise UsageError("its id, or its ticket's uid, is not one that desk gives")
    ties = ties_of(desk, ticket, origin_of(entry))
    if ties.outbox == SERVER:
        raise TryAgainError("the desk's key is missing", str(desk.layout.state / "key"), "Run `desk doctor`.")
    return ties


def _letter(desk: Desk, held: Held, entry: Message, ties: Ties) -> Letter:
    folder = held.path.rpartition("/")[0]
    letter = compose(
        desk,
        held.ticket,
        ties,
        from_name=entry.from_.name,
        to=entry.to,
        cc=entry.cc,
        text=entry.text,
        subject=entry.subject,
        files=[_file(desk, folder, each) for each in entry.attachments],
    )
    return replace(letter, date=entry.at, in_reply_to=entry.in_reply_to, references=entry.references)


def _file(desk: Desk, folder: str, attachment: Attachment) -> File:
    """The attachment's bytes, if they are those that were attached."""
    if attachment.path:
        try:
            path = desk.path(f"{folder}/{attachment.path}")
            content = read_file(path, within=desk.layout.root, limit=attachment.size)[0]
        except FileNotFoundError:
            raise NotFoundError(f"the attachment {attachment.filename} is gone", attachment.path) from None
        except ValueError:
            # A hand wrote a path that leads out of the tickets.
            raise InvalidFileError("is no place for an attachment", attachment.path) from None
    else:
        content = large.read(desk.layout, attachment.sha256)
    if sha256(content).hexdigest() != attachment.sha256:
        raise InvalidFileError("is not the file that was attached", attachment.path or attachment.filename)
    return File(attachment.filename, attachment.content_type, content)
