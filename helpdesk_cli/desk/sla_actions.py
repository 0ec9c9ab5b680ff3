"""What a warning of a clock does to its ticket: (name, value) pairs of sla.yaml, as changes and facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.tickets.changes import EntryAdded, change_list, field_value, set_field
from helpdesk_cli.tickets.entries import Note, Segment
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from datetime import datetime

    from helpdesk_cli.storage.settings import Settings
    from helpdesk_cli.tickets.changes import Change
    from helpdesk_cli.tickets.ticket import Ticket

NOTIFY, ESCALATED = "notify", "escalated"  # facts of events


@dataclass(slots=True)
class Acts:
    """What is to be changed, who is to be told, and in which words the log has it."""

    changes: list[Change] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    done: list[str] = field(default_factory=list)


def act(
    settings: Settings, ticket: Ticket, actions: tuple[tuple[str, str], ...], *, at: datetime, why: str
) -> Acts:
    """What the actions come to for this ticket; `at` is a note's time, `why` what brought them about.

    What is so already changes nothing. Who is told twice is told once.
    """
    acts = Acts()
    priority = field_value(ticket, "priority")
    added: list[str] = []
    told: dict[str, None] = {}
    for name, value in actions:
        if name == "tag":
            added.append(value)
        elif name == "priority":
            priority = value
        elif name == "note":
            text = f"{value.strip()}\n"
            note = Note(draw_id(ticket.uid, "sla"), at, "sla", (Segment("text", text),))
            acts.changes.append(EntryAdded(note))
            acts.done.append("note")
        elif name == "escalate":
            priority = _raised(settings, priority)
            told |= dict.fromkeys(people(settings, ticket, value or "team-lead"))
            acts.facts.append((ESCALATED, why))
        elif name == "notify":
            told |= dict.fromkeys(people(settings, ticket, value))
    acts.changes += set_field(ticket, "priority", priority)
    acts.changes += change_list(ticket, "tags", added=tuple(added))
    acts.facts += [(NOTIFY, agent) for agent in told]
    acts.done += [f"{agent} is told" for agent in told]
    return acts


def people(settings: Settings, ticket: Ticket, word: str) -> list[str]:
    """The agents whom `assignee`, `team-lead`, `team`, `everybody` or a name mean for this ticket.

    Where there is no such person the next circle is told, so that nobody being there is not nobody told:
    the assignee, the lead of the team, the team, everybody.
    """
    agents = [agent.key for agent in settings.agents]
    leads = settings.leads_of(ticket.team)
    team = [agent.key for agent in settings.agents if ticket.team and ticket.team in agent.teams]
    if word in agents:
        return [word]
    circles = {
        "assignee": [[ticket.assignee], leads, team, agents],
        "team-lead": [leads, team, agents],
        "team": [team, agents],
    }.get(word, [agents])
    found = ([agent for agent in circle if agent in agents] for circle in circles)
    return next((circle for circle in found if circle), [])


def _raised(settings: Settings, priority: str) -> str:
    """The next more urgent one; the most urgent stays."""
    names = [word.name for word in settings.priorities]
    place = names.index(priority) if priority in names else len(names)
    return names[max(0, place - 1)] if names else priority
