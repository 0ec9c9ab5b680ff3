"""The mails that tell agents what concerns them: their words, and what binds an answer to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.letters import inbox_of
from helpdesk_cli.desk.notices import text_of, words_of
from helpdesk_cli.desk.templates import find_template, render
from helpdesk_cli.mail import notice_token
from helpdesk_cli.mail.letter import Letter
from helpdesk_cli.storage.keys import read_key
from helpdesk_cli.tickets.escapes import make_visible
from helpdesk_cli.tickets.ids import is_id
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.notices import Notice
    from helpdesk_cli.storage.settings import Agent, Inbox
    from helpdesk_cli.tickets.ticket import Ticket

# Below each notice: who finds it in an answer knows that the notice was quoted unmarked.
FOOTER = "This notice is for"
HOW_TO = (
    "First lines that begin with # are for the desk: #note (keep it inside), #resolve, #close, #status WORD, "
    "#assign NAME, #priority WORD, #tag WORD -WORD."
)
_FROM_DIGEST = "`desk show NUMBER` shows a ticket, `desk reply NUMBER` answers it."
_MOST_TICKETS = 100
_LONGEST_SUBJECT = 80


@dataclass(frozen=True, slots=True)
class Concern:
    """A ticket and what is to be told of it, in order; one notice at least."""

    ticket: Ticket
    notices: tuple[Notice, ...]


def notice_letter(desk: Desk, agent: Agent, concern: Concern) -> Letter:
    """The mail about one ticket. An answer to it is bound to this ticket and this agent."""
    ticket, notices = concern.ticket, concern.notices
    inbox = inbox_of(desk, ticket)
    said = list(dict.fromkeys(filter(None, (words_of(ticket, notice) for notice in notices))))
    rendered = render(
        desk,
        find_template(desk, "notification"),
        ticket,
        agent=agent,
        extra={
            "what": "\n".join(said),
            "text": text_of(ticket, notices),
            "how_to_answer": _how_to_answer(desk, ticket),
            "ticket_subject": shortened(ticket.subject),
        },
    )
    message_id, reply_to = _ties(desk, ticket, agent, inbox, entry=_last(ticket))
    footer = f"\n\n-- \n{FOOTER} {agent.name or agent.key} alone: {ticket.id}, {_desk_name(desk)}\n"
    return Letter(
        from_=Person(_desk_name(desk), inbox.address),
        to=(Person(agent.name, agent.email),),
        subject=rendered.subject,
        text=rendered.text.rstrip() + footer,
        message_id=message_id,
        date=desk.now,
        reply_to=reply_to,
        # Never stored by the desk: it only keeps an agent's notices of one ticket together.
        references=(f"ticket.{ticket.uid}@{desk.settings.domain}",),
        headers=_headers(desk),
    )


def digest_letter(desk: Desk, agent: Agent, concerns: Sequence[Concern]) -> Letter:
    """The mail about several tickets. It belongs to none: an answer to it opens a ticket of its own."""
    pieces = []
    for concern in concerns[:_MOST_TICKETS]:
        ticket = concern.ticket
        words = dict.fromkeys(filter(None, (words_of(ticket, notice) for notice in concern.notices)))
        lines = [f"{ticket.id}  {shortened(ticket.subject)}", *(f"    {line}" for line in words)]
        pieces.append("\n".join(lines))
    if len(concerns) > _MOST_TICKETS:
        pieces.append(f"and {len(concerns) - _MOST_TICKETS} more: `desk list assignee:{agent.key}`")
    first = concerns[0].ticket
    rendered = render(
        desk,
        find_template(desk, "digest"),
        first,
        agent=agent,
        extra={"what": "\n\n".join(pieces), "count": str(len(concerns))},
    )
    return Letter(
        from_=Person(_desk_name(desk), inbox_of(desk, first).address),
        to=(Person(agent.name, agent.email),),
        subject=rendered.subject,
        text=f"{rendered.text.rstrip()}\n\n{_FROM_DIGEST}\n",
        message_id=f"digest.{draw_id('digest', agent.key)}@{desk.settings.domain}",
        date=desk.now,
        headers=_headers(desk),
    )


def shortened(subject: str) -> str:
    """A subject for a line of ours: a customer's words, on one line and not too long."""
    line = make_visible(" ".join(subject.split())) or "(no subject)"
    return line if len(line) <= _LONGEST_SUBJECT else f"{line[: _LONGEST_SUBJECT - 1]}…"


def accepts_answers(desk: Desk) -> bool:
    """Whether an agent's answer to a notice can become the desk's reply at all."""
    accept = desk.settings.agent_mail.accept
    return accept == "token" or (accept == "authenticated" and bool(desk.settings.authserv_id))


def _how_to_answer(desk: Desk, ticket: Ticket) -> str:
    by_command = f"`desk reply {ticket.number}`"
    requester = ticket.requester
    if not accepts_answers(desk) or not requester.email or not read_key(desk.layout).secret:
        return f"To answer: {by_command}. An answer to this mail goes to nobody but the desk."
    name = make_visible(requester.label)
    return (
        f"Answer this mail, and what you write above the quoted text goes to {name} as your reply. "
        f"{HOW_TO} Or: {by_command}."
    )


def _ties(desk: Desk, ticket: Ticket, agent: Agent, inbox: Inbox, *, entry: str) -> tuple[str, str]:
    """Message-ID and Reply-To ("" for none)."""
    key, domain = read_key(desk.layout), desk.settings.domain
    if not key.secret or not entry:
        return f"notice.{draw_id(ticket.uid, agent.key)}@{domain}", ""
    serial = draw_id(ticket.uid, agent.key)
    message_id = notice_token.message_id(
        ticket.uid, agent.key, entry=entry, serial=serial, key=key.secret, domain=domain
    )
    if not desk.settings.outgoing.plus_addresses:
        return message_id, ""
    local, _, mail_domain = inbox.address.rpartition("@")
    return message_id, notice_token.address(local, ticket.uid, agent.key, key=key.secret, domain=mail_domain)


def _last(ticket: Ticket) -> str:
    """The last entry that this desk gave an id to: what the agent has seen when they answer."""
    return next((entry.id for entry in reversed(ticket.entries) if is_id(entry.id)), "")


def _headers(desk: Desk) -> tuple[tuple[str, str], ...]:
    """RELIABILITY section 5: no machine answers this, and if it comes back the desk knows it."""
    marks = [("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All")]
    instance = read_key(desk.layout).instance
    return (*marks, ("X-Desk-Loop", f"{instance}; hops=1")) if instance else tuple(marks)


def _desk_name(desk: Desk) -> str:
    return desk.settings.name
