"""What rules leave in a ticket to be found again: mails for which they could not run, names of alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpdesk_cli.tickets.ticket import Ticket

# Facts of events. `rules-late` is `ENTRY WHY`: rules could not be asked about that entry when it came;
# `rules-ran` is ENTRY: since then they were.
LATE, RAN = "rules-late", "rules-ran"
# What a monitored thing is called; the same where a mail says that it works again.
ALERT, RECOVERED = "alert", "recovered"
# Under these roles the index finds the tickets; the name of late ones is LATE, that of alerts the alert's.
LATE_ROLE, ALERT_ROLE = "rules-late", "alert"


def late_entries(ticket: Ticket) -> list[str]:
    """The entries about which rules are still to be asked, in order."""
    late: dict[str, None] = {}
    for event in ticket.events:
        if event.facts:
            late |= dict.fromkeys(fact.partition(" ")[0] for fact in event.all_facts(LATE))
            for fact in event.all_facts(RAN):
                late.pop(fact, None)
    return list(late)


def alerts_of(ticket: Ticket) -> set[str]:
    """What the monitored things are called that this ticket is about."""
    return {fact for event in ticket.events if event.facts for fact in event.all_facts(ALERT)}
