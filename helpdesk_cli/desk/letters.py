"""From a ticket and a text to a letter: who it is from, what ties it to its ticket, how it is called."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helpdesk_cli.errors import UsageError
from helpdesk_cli.mail import token
from helpdesk_cli.mail.letter import File, Letter
from helpdesk_cli.mail.outgoing import trim_references
from helpdesk_cli.storage import setup
from helpdesk_cli.storage.keys import read_key
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.settings import Agent, Inbox
    from helpdesk_cli.tickets.entries import Message
    from helpdesk_cli.tickets.ticket import Ticket

SERVER = "server"
_REPEATED = re.compile(r"(?:(?:re|aw|sv|antw)\s*:\s*)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Ties:
    """What ties a mail to its ticket: Message-ID, envelope sender, Reply-To ("" for none), who sends it."""

    message_id: str
    envelope_sender: str
    reply_to: str
    outbox: str


def sends_here(desk: Desk) -> bool:
    """Whether this clone transmits what is written in it: the server, or where `from-clones` says so."""
    return is_server(desk) or desk.settings.outgoing.from_clones


def is_server(desk: Desk) -> bool:
    """Whether this clone is the desk's server (DECISIONS 15)."""
    return setup.settings(desk.layout).get("desk.role") == "server"


def inbox_of(desk: Desk, ticket: Ticket) -> Inbox:
    """The inbox the ticket came to, else the desk's first. Raises UsageError where there is none at all."""
    inboxes = desk.settings.inboxes
    if not inboxes:
        raise UsageError("this desk has no address to write from", "desk.yaml", "Name one under `inboxes:`.")
    return next((inbox for inbox in inboxes if inbox.name == ticket.inbox), inboxes[0])


def name_of(agent: Agent) -> str:
    """The agent's name as customers see it. Raises UsageError: a login is no name to sign with."""
    if not agent.name:
        raise UsageError(
            f'the agent "{agent.key}" has no name for customers to see',
            "desk.yaml",
            f'Write `name: "First Last"` under `agents: {agent.key}:`.',
        )
    return agent.name


def ties_of(desk: Desk, ticket: Ticket, entry_id: str, *, sends: bool | None = None) -> Ties:
    """What ties the mail of that entry to its ticket; with a signature where this clone is to send it.

    `sends`: what `sends_here` says, from a caller who asks for many (it runs git); None: asked here.
    """
    inbox = inbox_of(desk, ticket)
    local, _, domain = inbox.address.rpartition("@")
    key = read_key(desk.layout)
    sends = sends_here(desk) if sends is None else sends
    if not sends or not key.secret:
        return Ties(f"desk.{ticket.uid}.{entry_id}@{desk.settings.domain}", inbox.address, "", SERVER)
    message_id = token.message_id(ticket.uid, entry_id, key=key.secret, domain=desk.settings.domain)
    if not desk.settings.outgoing.plus_addresses:
        return Ties(message_id, inbox.address, "", key.instance)
    tied = token.address(local, ticket.uid, key=key.secret, domain=domain)
    return Ties(message_id, tied, tied, key.instance)


def subject_for(ticket: Ticket, subject: str = "") -> str:
    """`Re: [TICKET-42] Invoice`, of the given subject or the ticket's; the tag once."""
    bare = _REPEATED.sub("", (subject or ticket.subject).strip(), count=1)
    bare = bare.replace(f"[{ticket.id}]", "").strip()
    return f"Re: [{ticket.id}] {bare}".strip()


def compose(
    desk: Desk,
    ticket: Ticket,
    ties: Ties,
    *,
    from_name: str,
    to: Sequence[Person],
    text: str,
    subject: str = "",
    cc: Sequence[Person] = (),
    answers: Message | None = None,
    files: Sequence[File] = (),
    headers: Sequence[tuple[str, str]] = (),
) -> Letter:
    """The letter; `answers` is the message it replies to, None for the ticket as a whole.

    The people who took part know one another's ids from the thread: References end in what is answered.
    """
    known = [*answers.references, answers.message_id] if answers else []
    return Letter(
        from_=Person(from_name, inbox_of(desk, ticket).address),
        to=tuple(to),
        cc=tuple(cc),
        subject=subject or subject_for(ticket),
        text=text,
        message_id=ties.message_id,
        date=desk.now,
        reply_to=ties.reply_to,
        in_reply_to=answers.message_id if answers else "",
        references=trim_references(tuple(each for each in known if each)),
        files=tuple(files),
        headers=tuple(headers),
    )
