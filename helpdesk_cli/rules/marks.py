"""What rules leave in a ticket to be found again: what they are still to be asked about, alerts, timers."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpdesk_cli.tickets.ticket import Ticket

# Facts of events. `rule` is `ENTRY EVENT`: what the rule acted for. `rules-late` is `ENTRY WHY`: rules could
# not be asked about that entry when it came; `rules-ran` is ENTRY: since then they were.
RULE, LATE, RAN = "rule", "rules-late", "rules-ran"
# What a monitored thing is called; the same where a mail says that it works again.
ALERT, RECOVERED = "alert", "recovered"
# Under these roles the index finds tickets: late ones under that very name, alerts under theirs, and those
# on which a timer rule acted since a person last did anything under the rule's.
LATE_ROLE, ALERT_ROLE, TIMED_ROLE = "rules-late", "alert", "timed"


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


def timed_rules(ticket: Ticket) -> set[str]:
    """The timer rules that have acted since a person last did anything about the ticket."""
    acted = [(event.by, fact) for event in ticket.events if event.facts for fact in event.all_facts(RULE)]
    if not acted:
        return set()
    # Every command and every mail has tickets to index; those on which rules acted are some.
    rules = import_module("helpdesk_cli.rules.rule")
    present = import_module("helpdesk_cli.rules.occasion").of_time(ticket)
    told = f"{present.entry} {rules.TIMER}" if present is not None else ""
    return {by.removeprefix(rules.BY) for by, fact in acted if rules.is_rule(by) and fact == told}


def named_by_rules(ticket: Ticket) -> list[tuple[str, str, str]]:
    """(name, role, entry) of all that the index is to find."""
    return [
        *((LATE_ROLE, LATE_ROLE, entry) for entry in late_entries(ticket)),
        *((alert, ALERT_ROLE, "") for alert in alerts_of(ticket)),
        *((rule, TIMED_ROLE, "") for rule in timed_rules(ticket)),
    ]
