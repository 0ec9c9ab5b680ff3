"""`desk escalate`: a ticket goes a step up the path of desk.yaml, or to whom somebody names.

One function decides for people, rules and service levels alike; each writes it in its own event. How far a
ticket is stands in its events, and begins anew once it was done.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from helpdesk_cli.desk.asking import away_agents
from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.changing import Decided, Outcome, change_each
from helpdesk_cli.desk.circles import people_of
from helpdesk_cli.desk.mentions import MENTIONS, mentioned
from helpdesk_cli.desk.note import clean_text
from helpdesk_cli.desk.status import check_stands
from helpdesk_cli.errors import CancelledError, ConflictError, UsageError
from helpdesk_cli.routing.choosing import BY_HAND
from helpdesk_cli.routing.path import CIRCLES, Step, raised, step_after
from helpdesk_cli.storage.settings import suggest
from helpdesk_cli.tickets.changes import EntryAdded, FieldChange, apply_all, change_text, set_field
from helpdesk_cli.tickets.entries import Note, Segment
from helpdesk_cli.tickets.escalations import escalations, write_fact
from helpdesk_cli.tickets.snooze import wake
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.storage.index import Index
    from helpdesk_cli.storage.settings import Settings
    from helpdesk_cli.tickets.changes import Change
    from helpdesk_cli.tickets.ticket import Ticket

NOTIFY = "notify"


@dataclass(frozen=True, slots=True)
class Escalated:
    """What escalating a ticket comes to: changes, facts, the agents who are told, a note, and it in words.

    The facts do not name who is told. `step` 0: somebody was named instead of the path's next step.
    """

    changes: tuple[FieldChange, ...]
    facts: tuple[tuple[str, str], ...]
    told: tuple[str, ...]
    note: str = ""
    step: int = 0
    words: str = ""


def escalate(
    desk: Desk,
    words: Iterable[str],
    why: str,
    *,
    to: str = "",
    actor: Actor,
    dry_run: bool = False,
) -> Outcome:
    """Escalate the tickets: each goes its next step, or with `to` becomes that agent's or team's.

    Raises CancelledError without a reason, UsageError for somebody there is not.
    """
    text = clean_text(why)
    if not text:
        raise CancelledError("no reason was given; nothing was escalated", hint="Say it with -m WHY.")
    whom = check_whom(desk.settings, to) if to else ""

    def decide(door: Door, ticket: Ticket) -> Decided:
        check_stands(ticket)
        if desk.settings.status_kind(ticket.status) == "done":
            hint = f"`desk reopen {ticket.number}` first, if somebody is to look at it again."
            raise UsageError(f"is {ticket.status}: there is nothing to escalate", ticket.id, hint)
        note = _note(door, ticket, text, by=actor.key)
        found = plan(desk, door.index, ticket, whom, why=f"note {note.id}", gives=bool(whom), goes_on=False)
        added: list[Change] = [EntryAdded(note)]
        after = apply_all(ticket, added)
        if found.note:
            added.append(EntryAdded(_note(door, after, clean_text(found.note), by=actor.key)))
        told = [agent for agent in found.told if agent != actor.key]
        facts = (*found.facts, *((NOTIFY, agent) for agent in told))
        said = "; ".join([found.words, *(f"{agent} is told" for agent in told)])
        return Decided([*added, *found.changes, *wake(ticket)], said, facts)

    return change_each(desk, words, decide, actor=actor, dry_run=dry_run)


def plan(
    desk: Desk,
    index: Index,
    ticket: Ticket,
    to: str = "",
    *,
    why: str,
    gives: bool = False,
    goes_on: bool = True,
) -> Escalated:
    """What escalating the ticket comes to; nothing is written.

    `to` "": the next step of the path. `gives`: the ticket becomes that of whom `to` names. At the end of the
    path its last step is taken again where it `goes_on`; else raises ConflictError.
    """
    settings = desk.settings
    number, step = (0, Step(to, assign=gives)) if to else _next(settings, ticket, goes_on=goes_on)
    names = [word.name for word in settings.priorities]
    changes: list[FieldChange] = []
    changes += set_field(ticket, "priority", raised(ticket.priority, names, step.priority))
    facts = [write_fact(number, step.to, why)]
    if step.assign:
        given, more = _given(desk, index, ticket, step.to)
        changes += given
        facts += more
    told = people_of(settings, ticket, step.to, away=away_agents(desk))
    of = f", step {number} of {len(settings.escalation)}" if number else ""
    said = "; ".join([f"escalated to {step.to}{of}", *map(change_text, changes)])
    return Escalated(tuple(changes), tuple(facts), tuple(told), step.note, number, said)


def steps_of(settings: Settings, ticket: Ticket) -> list[int]:
    """The steps of the path that the ticket has taken since it was last done, in order."""
    return [each.step for each in escalations(ticket, is_done_in(settings)) if each.step]


def is_done_in(settings: Settings) -> Callable[[str], bool]:
    """Whether a status is one in which nothing is left to do."""
    return lambda status: settings.status_kind(status) == "done"


def check_whom(settings: Settings, word: str) -> str:
    """The agent's key, the team or the circle that the word names. Raises UsageError with a suggestion."""
    said = word.strip()
    agent = settings.agent(said.casefold()) or settings.agent_by_email(said)
    if agent is not None:
        return agent.key
    if said in settings.teams or said in CIRCLES:
        return said
    known = [*(agent.key for agent in settings.agents), *settings.teams, *CIRCLES]
    raise UsageError(f'"{said}" is neither an agent nor a team', "--to", suggest(said, known))


def _next(settings: Settings, ticket: Ticket, *, goes_on: bool) -> tuple[int, Step]:
    path = settings.escalation
    taken = max(steps_of(settings, ticket), default=0)
    found = step_after(path, taken)
    if found is not None:
        return found
    if path and goes_on:
        return len(path), path[-1]
    if not path:
        said, hint = "there is no path to escalate along", "Write `escalation:` in desk.yaml, or say --to."
    else:
        count = f"{len(path)} step{'' if len(path) == 1 else 's'}"
        said, hint = f"is at the end of the path, after {count}", "`--to NAME` turns to somebody else."
    raise ConflictError(said, ticket.id, hint)


def _given(
    desk: Desk, index: Index, ticket: Ticket, to: str
) -> tuple[list[FieldChange], tuple[tuple[str, str], ...]]:
    """The changes that make the ticket theirs, and the facts of how one of a team was chosen."""
    settings = desk.settings
    team = to if to in settings.teams and settings.agent(to) is None else ticket.team
    changes = set_field(ticket, "team", team)
    facts: tuple[tuple[str, str], ...] = ()
    is_team = team and to in {team, "team"}
    if is_team and settings.way_of(team) != BY_HAND:
        # Who is whose turn: a question that most escalations do not ask.
        choice = importlib.import_module("helpdesk_cli.desk.routing").choose(
            desk, index, ticket, team=team, without=_without(ticket)
        )
        key, facts = choice.agent, choice.facts
    elif is_team:
        key = next(iter(_leads_here(desk, team)), "")
    elif to == "everybody":
        return changes, facts
    else:
        key = next(iter(people_of(settings, ticket, to, away=away_agents(desk))), ticket.assignee)
    changes += set_field(ticket, "assignee", key)
    if key and ticket.status == "new":
        changes += set_field(ticket, "status", "open")
    return changes, facts


def _without(ticket: Ticket) -> Sequence[str]:
    """Who has it now is not whom it is escalated to."""
    return (ticket.assignee,) if ticket.assignee else ()


def _leads_here(desk: Desk, team: str) -> list[str]:
    away = away_agents(desk)
    return [lead for lead in desk.settings.leads_of(team) if lead not in away]


def _note(door: Door, ticket: Ticket, text: str, *, by: str) -> Note:
    called = mentioned(text, [agent.key for agent in door.desk.settings.agents])
    return Note(
        draw_id(ticket.uid, text),
        door.next_at(ticket),
        by,
        (Segment("text", text),),
        other=((MENTIONS, " ".join(called)),) if called else (),
    )
