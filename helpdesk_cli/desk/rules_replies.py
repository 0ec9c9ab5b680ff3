"""Answers that rules want: written by `desk cron`, under every guard of docs/automatic-mail.md.

What a rule wants is a fact of its event; here it becomes a mail, once, by the name that the event gives it,
or a fact that says why there is none.
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
from helpdesk_cli.desk.automatic_mail import RULE_ANSWER, Refusal, answered_message, refuse_answer
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.letters import is_server
from helpdesk_cli.desk.outbox import why_held
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.rules_mail import RULES
from helpdesk_cli.desk.templates import find_template, render
from helpdesk_cli.errors import ConflictError, DeskError, TryAgainError
from helpdesk_cli.mail.identity import ticket_uid
from helpdesk_cli.rules.actions import NO_REPLY, REPLY
from helpdesk_cli.rules.marks import RULE
from helpdesk_cli.rules.rule import TIMER, is_rule
from helpdesk_cli.storage.keys import read_key
from helpdesk_cli.storage.outbox import Outbox
from helpdesk_cli.tickets.entries import Event
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.tickets.entries import Entry, Message
    from helpdesk_cli.tickets.ticket import Ticket


def answer_news(desk: Desk, news: Iterable[tuple[str, Ticket, Entry]]) -> Iterator[str]:
    """Write the answers that rules want among the news; what went wrong, in words. Twice is once.

    A passing fault (a busy lock, a full disk) keeps no other answer waiting. Raises TryAgainError or OSError
    for the first of them, behind the last answer: the news is news still, and the answer is asked for again.
    """
    wanted = [
        (ticket, entry)
        for _, ticket, entry in news
        if isinstance(entry, Event) and is_rule(entry.by) and entry.all_facts(REPLY)
    ]
    if not wanted or not is_server(desk) or not read_key(desk.layout).secret:
        return
    passing: Exception | None = None
    with closing(open_index(desk, full=False)) as index:
        known = Acquaintance(desk, index)
        for ticket, event in wanted:
            for template in dict.fromkeys(event.all_facts(REPLY)):
                try:
                    yield from _answer_or_say_why(desk, ticket, event, template, known)
                except (TryAgainError, OSError) as error:
                    passing = passing or error
    if passing is not None:
        raise passing


def _answer_or_say_why(
    desk: Desk, ticket: Ticket, event: Event, template: str, known: Acquaintance
) -> Iterator[str]:
    """Write one answer, or into the ticket why there is none; raises what passes."""
    try:
        refusal = _answer(desk, ticket, event, template, known)
    except TryAgainError:
        raise
    except DeskError as error:
        yield f"no answer for {ticket.id}, which {event.by} wants: {error}"
        refusal = Refusal("", str(error))
    if refusal is None:
        return
    try:
        _note_refusal(desk, ticket, event, template, refusal)
    except TryAgainError:
        raise
    except DeskError as error:
        yield f"no answer for {ticket.id}, and that does not stand in it: {error}"


def name_of(event: Event, template: str) -> str:
    """What the answer is called in the outbox."""
    return f"{RULE_ANSWER}-{ticket_uid(f'{event.id} {template}')}"


def _answer(desk: Desk, ticket: Ticket, event: Event, template: str, known: Acquaintance) -> Refusal | None:
    """Write one answer; why there is none."""
    name = name_of(event, template)
    if Outbox(desk.layout).knows(name) or _was_refused(ticket, event, template):
        return None
    message = answered_message(ticket, _entry_of(event))
    if why := why_held(desk):
        return Refusal("", why)
    refusal = refuse_answer(desk, ticket, message, at=event.at)
    if refusal is not None or message is None:
        return refusal
    return _write(desk, ticket, event, template=template, message=message, known=known)


def _write(
    desk: Desk, ticket: Ticket, event: Event, *, template: str, message: Message, known: Acquaintance
) -> Refusal | None:
    """Count and write it; why neither."""
    name = name_of(event, template)
    is_known = message.authenticated or known.is_known(message.from_)
    # Rendered first: a slip in the template costs the address none of its mails.
    is_timed = any(fact.endswith(f" {TIMER}") for fact in event.all_facts(RULE))
    words = _words(desk, ticket, template, is_known=is_known, is_timed=is_timed)
    address = message.from_.email
    with counting(desk) as counts:
        if why := counts.refusal(address, name, name=name):
            counts.note_refused(name, why)
            return Refusal("A15", why)
        counts.count(address, name, name=name, kind=RULE_ANSWER)
    with open_door(desk, desk_actor(desk, key=RULES)) as door:
        held = door.hold(ticket.uid)
        if refusal := refuse_answer(desk, held.ticket, message, at=event.at):
            return refusal
        try:
            write_automatic(
                door,
                held,
                words,
                to=clean_person(message.from_) if is_known else Person(email=address),
                answers=message if is_known else replace(message, references=()),
                entry_id=ticket_uid(name),
                name=name,
            )
        except ConflictError:
            # Another run was quicker.
            return None
    return None


def _words(desk: Desk, ticket: Ticket, name: str, *, is_known: bool, is_timed: bool) -> Words:
    template = find_template(desk, name)
    if is_known:
        person = clean_person(ticket.requester)
        shown = replace(ticket, subject=clean_subject(ticket.subject), requester=person)
    else:
        # As with acknowledgements: a template that asks for something of a stranger's fails, no mail goes.
        shown = replace(ticket, subject="", requester=Person(), cc=(), tags=(), links=(), other=())
    rendered = render(desk, template, shown, agent=None)
    return Words(
        RULE_ANSWER,
        fitting(rendered, template.place),
        subject_of(shown, rendered),
        "auto-generated" if is_timed else "auto-replied",
        f"answered with {template.name}",
        rendered.used,
    )


def _entry_of(event: Event) -> str:
    return next(iter(event.all_facts(RULE)), "").partition(" ")[0]


def _was_refused(ticket: Ticket, event: Event, template: str) -> bool:
    start = f"{event.id} {template} "
    return any(fact.startswith(start) for each in ticket.events for fact in each.all_facts(NO_REPLY))


def _note_refusal(desk: Desk, ticket: Ticket, event: Event, template: str, refusal: Refusal) -> None:
    """Say in the ticket why nobody was answered: who looks for the mail finds the reason."""
    why = " ".join(f"{refusal.rule} {refusal.why}".split())[:200]
    with open_door(desk, desk_actor(desk, key=RULES)) as door:
        held = door.hold(ticket.uid)
        if not _was_refused(held.ticket, event, template):
            fact = (NO_REPLY, f"{event.id} {template} {why}")
            door.change(held, [], summary=f"{held.ticket.id}: {event.by} answers nobody", facts=(fact,))
