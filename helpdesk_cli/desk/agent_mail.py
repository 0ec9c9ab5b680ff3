"""Mail from an agent to a ticket: whether it may become the desk's own answer, and if not, why not.

The door for mail asks this for agents' mail only, under the desk's lock. What is not an answer beyond doubt
stays what it is, a message that is filed and gives no rights (RELIABILITY T32).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from helpdesk_cli.desk.filing import answerable_of
from helpdesk_cli.desk.notices import NOT_SENT
from helpdesk_cli.desk.outcome import Ingested
from helpdesk_cli.mail.notice_token import names_notice, read_notice
from helpdesk_cli.storage.keys import read_key
from helpdesk_cli.storage.outbox import Outbox
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.outcome import Options
    from helpdesk_cli.desk.record import Door, Held
    from helpdesk_cli.mail.notice_token import Notice
    from helpdesk_cli.mail.received import Received
    from helpdesk_cli.storage.settings import Agent

_MOST_NAMES = 100
_NEVER = "desk.yaml says `agent-mail: accept: no`; `desk reply` answers"
_NO_SERVER = (
    "no mail server of ours vouches for it: `mail: authserv-id` in desk.yaml names none "
    "(`agent-mail: accept: token` is for a server that checks nothing)"
)
_FORGED = "our mail server did not vouch that it comes from you"
_OF_ANOTHER = "it answers a notice to somebody else, or none that this desk wrote"
_ELSEWHERE = "it answers a notice about another ticket than the one it belongs to"


@dataclass(frozen=True, slots=True)
class Ordinary:
    """The mail is filed as it is: with these flags, and these facts in the event about it."""

    flags: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


def take(
    door: Door, held: Held, received: Received, options: Options, *, agent: Agent, digest: str
) -> Ingested | Ordinary:
    """What becomes of an agent's mail to this ticket. Nothing is written where it is an ordinary one."""
    if received.kind.automatic or received.kind.spam:
        return Ordinary()
    named = [text for text in _names(received, options) if names_notice(text)]
    if not named:
        return _without_notice(held, received, options)
    name = f"reply-{received.entry_id}"
    key = read_key(door.desk.layout).secret
    notices = [notice for text in named if (notice := read_notice(text, agent.key, key))]
    why = _refusal(door, held, received, options, notices=notices)
    if not why:
        notice = next(each for each in notices if each.uid == held.ticket.uid)
        answering = importlib.import_module("helpdesk_cli.desk.agent_answering")
        done: Ingested | str = answering.answer(
            door, held, received, agent=agent, notice=notice, digest=digest
        )
        if isinstance(done, Ingested):
            return done
        why = done
    if not door.dry_run and not door.batch:
        # A try that was ended half-way may have prepared a mail of this very entry: it is not to leave.
        _forget(Outbox(door.desk.layout), name)
    is_live = options.live or options.came_at is not None
    facts = ((NOT_SENT, f"{received.entry_id} {why}"),) if is_live and not door.batch else ()
    return Ordinary((f"not sent on: {why}",), facts)


def _names(received: Received, options: Options) -> Iterator[str]:
    """Where a notice may be named: what the mail answers, nearest first, then where it was sent to."""
    mail = received.mail
    yield from dict.fromkeys([mail.in_reply_to, *reversed(mail.references[-_MOST_NAMES:])])
    yield from options.envelope.recipients[:_MOST_NAMES]
    yield from [person.email for person in (*mail.to, *mail.cc)][:_MOST_NAMES]


def _without_notice(held: Held, received: Received, options: Options) -> Ordinary:
    """An agent is among the people of a ticket, or their program names nothing that it answers."""
    ticket, mail = held.ticket, received.mail
    sender = mail.from_[0].key
    if sender == ticket.requester.key:
        return Ordinary()
    flags = ("from an agent, and not sent on",)
    reaches = {person.key for person in (*mail.to, *mail.cc)}
    if not options.live or ticket.requester.key in reaches or not ticket.requester.email:
        return Ordinary(flags)
    why = "nothing in it names the notice that it answers; `desk reply` answers"
    return Ordinary(flags, ((NOT_SENT, f"{received.entry_id} {why}"),))


def _refusal(door: Door, held: Held, received: Received, options: Options, *, notices: list[Notice]) -> str:
    """Why it may not be an answer, "" where it may. Every doubt is a refusal."""
    settings, kind = door.desk.settings, received.kind
    accept = settings.agent_mail.accept
    needs_proof = accept == "authenticated"
    refusals = (
        (accept == "no", _NEVER),
        (not notices, _OF_ANOTHER),
        (not any(notice.uid == held.ticket.uid for notice in notices), _ELSEWHERE),
        (needs_proof and not settings.authserv_id, _NO_SERVER),
        (needs_proof and not received.authenticated, _FORGED),
        ("A11" in kind.reasons, _FORGED),
        (not options.live or door.batch or door.dry_run, "it was not taken in when it came"),
        (
            answerable_of(received, now=door.desk.now, live=options.live) == "late",
            "it is older than three days",
        ),
        (bool(kind.bulk), "it came through a mailing list"),
        (received.unparsed, "it could not be read as a whole"),
    )
    return next((why for holds, why in refusals if holds), "")


def _forget(outbox: Outbox, name: str) -> None:
    mail = outbox.get(name)
    if mail is not None and mail.state == "prepared":
        outbox.remove(name)
