"""Asking how it went: one question by mail, after an agent resolved a ticket. A step of `desk cron`.

Answered by a plain reply or by a mail that one of the links begins; nothing is counted by opening anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

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
from helpdesk_cli.desk.automatic_mail import ASKED_WITHIN, CSAT, Refusal, refuse_question
from helpdesk_cli.desk.csat_memory import note_asked, note_stop, refuse_again
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.letters import inbox_of, is_server
from helpdesk_cli.desk.outbox import why_held
from helpdesk_cli.desk.record import LARGEST_TICKET, open_door
from helpdesk_cli.desk.templates import find_template, render
from helpdesk_cli.errors import ConflictError, DeskError
from helpdesk_cli.mail.csat_token import RATINGS, write_token
from helpdesk_cli.mail.identity import ticket_uid
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.keys import read_key
from helpdesk_cli.storage.outbox import Outbox
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.tickets.times import read_time
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.index import Index, Row
    from helpdesk_cli.tickets.ticket import Ticket

TEMPLATE = "csat"


def ask_how_it_went(desk: Desk) -> list[str]:
    """Ask whoever is to be asked now; what went wrong, in words. Twice is once."""
    if desk.settings.csat.ask != "on" or not is_server(desk) or why_held(desk):
        return []
    if not read_key(desk.layout).secret:
        return []
    problems: dict[str, None] = {}
    index = open_index(desk, full=False)
    try:
        known = Acquaintance(desk, index)
        for ticket in _resolved(desk, index):
            try:
                _ask(desk, ticket, known)
            except (DeskError, OSError) as error:
                problems[f"{ticket.id}: the requester was not asked how it went: {error}"] = None
    finally:
        index.close()
    return list(problems)


def name_of(ticket: Ticket) -> str:
    """What the question about this ticket is called in the outbox."""
    return f"{CSAT}-{ticket.uid}"


def refuse(desk: Desk, ticket: Ticket, known: Acquaintance) -> Refusal | None:
    """Why the requester is not asked about this ticket now: B1 to B5; None when they are."""
    if refusal := refuse_question(desk, ticket):
        return refusal
    if known.bounces(ticket.requester):
        return Refusal("B4", "mail to this address came back")
    if known.wants_no_questions(ticket.requester):
        note_stop(desk, ticket.requester.email)
        return Refusal("B5", "they wish not to be asked")
    if Outbox(desk.layout).knows(name_of(ticket)):
        return Refusal("B2", "the requester was asked about this ticket")
    return refuse_again(desk, ticket.requester.email, name=name_of(ticket))


def links(desk: Desk, ticket: Ticket) -> dict[str, str]:
    """A mailto link for each rating, by the name of its variable (RFC 6068)."""
    inbox, key = inbox_of(desk, ticket).address, read_key(desk.layout).secret
    last_day = (desk.now + desk.settings.csat.valid_for).date()
    made = {}
    for rating in RATINGS:
        token = write_token(ticket.uid, rating, recipient=ticket.requester.email, last_day=last_day, key=key)
        subject = quote(f"{rating} {token}", safe="")
        made[f"link_{rating}"] = f"mailto:{quote(inbox, safe='@')}?subject={subject}"
    return made


def _resolved(desk: Desk, index: Index) -> Iterator[Ticket]:
    """The tickets that were resolved lately, as far as the index can tell."""
    oldest = desk.now - desk.settings.csat.after - ASKED_WITHIN
    for row in index.rows():
        if not _may_be(desk, row) or read_time(row.last_at) < oldest:
            continue
        try:
            data, _ = read_file(desk.path(row.path), within=desk.layout.root, limit=LARGEST_TICKET)
            yield read_ticket_file(data, place=row.path).ticket
        except (DeskError, OSError):
            # `desk fsck` tells of it.
            continue


def _may_be(desk: Desk, row: Row) -> bool:
    has_both = bool(row.last_in_at and row.last_out_at)
    return (
        has_both and row.status not in {"spam", "merged"} and desk.settings.status_kind(row.status) == "done"
    )


def _ask(desk: Desk, ticket: Ticket, known: Acquaintance) -> None:
    if refuse(desk, ticket, known):
        return
    address, name = ticket.requester.email, name_of(ticket)
    words = _words(desk, ticket)
    with counting(desk) as counts:
        # The same lock guards both counts: two runs at once ask one person once.
        if refuse_again(desk, address, name=name) or counts.refusal(address, name, name=name):
            return
        counts.count(address, name, name=name, kind=CSAT)
        note_asked(desk, address, name=name)
    with open_door(desk, desk_actor(desk, key="desk")) as door:
        held = door.hold(ticket.uid)
        if refuse_question(desk, held.ticket):
            return
        answers = [each for each in held.ticket.messages if each.from_.key == held.ticket.requester.key]
        try:
            write_automatic(
                door,
                held,
                words,
                to=clean_person(held.ticket.requester),
                answers=answers[-1],
                entry_id=ticket_uid(f"csat {ticket.uid}"),
                name=name,
            )
        except ConflictError:
            # Another run was quicker.
            return


def _words(desk: Desk, ticket: Ticket) -> Words:
    template = find_template(desk, TEMPLATE)
    shown = replace(ticket, subject=clean_subject(ticket.subject), requester=clean_person(ticket.requester))
    rendered = render(desk, template, shown, agent=None, extra=links(desk, ticket))
    return Words(
        CSAT,
        fitting(rendered, template.place),
        subject_of(shown, rendered),
        "auto-generated",
        "asked how it went",
        rendered.used,
    )
