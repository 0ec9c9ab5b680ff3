"""What `desk show` says of messages that went out: the ticket's word, and what this host knows beyond it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from helpdesk_cli.tickets.deliveries import deliveries
from helpdesk_cli.tickets.entries import origin_of
from helpdesk_cli.tickets.times import write_time

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.tickets.ticket import Ticket

_UNSETTLED = ("queued", "failed", "unknown")


def delivery_words(desk: Desk, ticket: Ticket) -> dict[str, str]:
    """For a person: what became of each message that went out, by its entry's id."""
    told = deliveries(ticket)
    words = {each.id: told.get(each.id, each.delivery) for each in ticket.messages}
    words = {entry: said for entry, said in words.items() if said}
    unsettled = [entry for entry, said in words.items() if said.startswith(_UNSETTLED)]
    if not unsettled:
        return words
    # Most tickets are shown without it: nothing of theirs is on its way.
    lists = importlib.import_module("helpdesk_cli.desk.outbox_list")
    known = {mail.entry: mail for mail in lists.listing(desk).mails}
    origins = {message.id: origin_of(message) for message in ticket.messages}
    for entry in unsettled:
        if mail := known.get(origins[entry], known.get(entry)):
            words[entry] = _words(mail, words[entry])
    return words


def _words(mail: Any, told: str) -> str:  # noqa: ANN401 - a Listed; naming it would load its module
    if mail.state == "queued" and mail.next_at:
        return f"queued: {mail.why}; tried again at {write_time(mail.next_at)}"
    if mail.state == "queued":
        return f"queued: {mail.why}" if mail.why else "queued"
    if mail.state == "sending":
        return "being sent"
    said = told if told.startswith(mail.state) else f"{mail.state} {mail.why}".rstrip()
    if mail.state not in {"failed", "unknown"}:
        return said
    again = "sends it (again)" if mail.state == "unknown" else "tries again"
    return f"{said} (`desk outbox send {mail.name}` {again}, `drop` gives it up)"
