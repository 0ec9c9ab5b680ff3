"""Telling people that their mail came in: once a ticket, if at all. A step of `desk cron`.

Personal, with name and subject, for those we know or our own mail server vouches for; neutral for all others
(RELIABILITY T36). Counted, durably, before it is written; what cannot be counted is not written (A16).
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from helpdesk_cli.desk.acquaintance import Acquaintance
from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.automatic_counts import counting
from helpdesk_cli.desk.automatic_letters import (
    Words,
    clean_person,
    clean_subject,
    fitting,
    subject_of,
    write_automatic,
)
from helpdesk_cli.desk.automatic_mail import ACKNOWLEDGEMENT, refuse_acknowledgement
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.letters import is_server
from helpdesk_cli.desk.outbox import why_held
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.templates import find_template, render
from helpdesk_cli.errors import ConflictError, DeskError, TryAgainError
from helpdesk_cli.mail.identity import ticket_uid
from helpdesk_cli.storage.keys import read_key
from helpdesk_cli.storage.outbox import Outbox
from helpdesk_cli.tickets.entries import Message
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door, Held
    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.ticket import Ticket

STORM = (
    "more automatic mail was due than `acknowledge: an-hour` lets out, so some went to nobody; in a storm of "
    "mail `automatic-mail: stopped` in desk.yaml stops all of it"
)
PERSONAL, NEUTRAL = "acknowledgement", "acknowledgement-stranger"


def acknowledge(desk: Desk, news: Iterable[tuple[str, Ticket, Entry]]) -> Iterator[str]:
    """Acknowledge the new tickets among the news, where that is wanted; what went wrong, in words.

    Twice is once: by the name in the outbox, and by the ticket itself. A passing fault keeps no other
    waiting. Raises TryAgainError or OSError for the first of them, behind the last: the mail is news still,
    and is acknowledged when it has passed.
    """
    came = [(ticket, entry) for _, ticket, entry in news if _came_in(entry)]
    if not came or not is_server(desk) or not read_key(desk.layout).secret:
        return
    passing: Exception | None = None
    with closing(open_index(desk, full=False)) as index:
        known = Acquaintance(desk, index)
        for ticket, message in came:
            try:
                problem = _take(desk, ticket, message, known)
            except (TryAgainError, OSError) as error:
                passing = passing or error
                continue
            except DeskError as error:
                problem = f"no acknowledgement for {ticket.id}: {error}"
            if problem:
                yield problem
            if problem == STORM:
                # All that is left would be refused alike, one after the other.
                break
    if passing is not None:
        raise passing


def name_of(message: Message) -> str:
    """What the acknowledgement of that message is called in the outbox."""
    return f"{ACKNOWLEDGEMENT}-{message.id}"


def entry_of(message: Message) -> str:
    """The id of its entry: the same whoever writes it and how often."""
    return ticket_uid(f"acknowledgement {message.id}")


def template_for(message: Message, known: Acquaintance) -> str:
    """The template: personal for those we know, or for whom our own mail server vouches."""
    return PERSONAL if message.authenticated or known.is_known(message.from_) else NEUTRAL


def _came_in(entry: Entry) -> bool:
    return isinstance(entry, Message) and entry.direction == "in"


def _take(desk: Desk, ticket: Ticket, message: Entry, known: Acquaintance) -> str:
    """Acknowledge one message, or leave it; a problem in words, "" for none."""
    if not isinstance(message, Message):
        return ""
    address, name = message.from_.email, name_of(message)
    if message.automatic == "loop":
        # Three of them within a day, and the address gets no automatic mail (A4).
        with counting(desk) as counts:
            counts.count(address, "", name=f"loop-{message.id}", kind="loop")
        return ""
    if refuse_acknowledgement(desk, ticket, message) or was_written(desk, ticket, message) or why_held(desk):
        return ""
    template = template_for(message, known)
    # Rendered first: a slip in the template costs the address none of its mails.
    words = _words(desk, ticket, template)
    with counting(desk) as counts:
        if why := counts.refusal(address, message.subject, name=name):
            counts.note_refused(name, why)
            return STORM if counts.is_full else ""
        counts.count(address, message.subject, name=name, kind=ACKNOWLEDGEMENT)
    with open_door(desk, desk_actor(desk, key="desk")) as door:
        held = door.hold(ticket.uid)
        if refuse_acknowledgement(desk, held.ticket, message) or was_written(desk, held.ticket, message):
            return ""
        _write(door, held, message, words, is_personal=template == PERSONAL)
    return ""


def was_written(desk: Desk, ticket: Ticket, message: Message) -> bool:
    """Whether the ticket or the outbox has it already."""
    if any(entry.id == entry_of(message) for entry in ticket.entries):
        return True
    if any(each.automatic == ACKNOWLEDGEMENT for each in ticket.messages):
        return True
    return Outbox(desk.layout).knows(name_of(message))


def _words(desk: Desk, ticket: Ticket, name: str) -> Words:
    template = find_template(desk, name)
    if name == PERSONAL:
        shown = replace(
            ticket, subject=clean_subject(ticket.subject), requester=clean_person(ticket.requester)
        )
    else:
        # Nothing of the customer's is at hand: a template that asks for it fails, and no mail goes.
        shown = replace(ticket, subject="", requester=Person(), cc=(), tags=(), links=(), other=())
    rendered = render(desk, template, shown, agent=None)
    return Words(
        ACKNOWLEDGEMENT,
        fitting(rendered, template.place),
        subject_of(shown, rendered),
        "auto-replied",
        "acknowledged",
        rendered.used,
    )


def _write(door: Door, held: Held, message: Message, words: Words, *, is_personal: bool) -> None:
    answered = message if is_personal else replace(message, references=())
    to = clean_person(message.from_) if is_personal else Person(email=message.from_.email)
    try:
        write_automatic(
            door,
            held,
            words,
            to=to,
            answers=answered,
            entry_id=entry_of(message),
            name=name_of(message),
        )
    except ConflictError:
        # Another run was quicker.
        return
