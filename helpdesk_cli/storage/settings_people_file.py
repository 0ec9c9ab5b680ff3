"""Reading who works here: `agents:`, `teams:`, `routing:` and `escalation:` of desk.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helpdesk_cli.routing.away import Away, check_order, read_bound, read_range
from helpdesk_cli.routing.choosing import BY_HAND, WAYS
from helpdesk_cli.routing.path import CIRCLES, KEEP, RAISE, Step
from helpdesk_cli.storage import settings_checks as check
from helpdesk_cli.storage.settings import NOBODY_WORDS, Agent, suggest
from helpdesk_cli.tickets.entries import MACHINES

if TYPE_CHECKING:
    from helpdesk_cli.storage.settings import Settings
    from helpdesk_cli.storage.yaml_tree import Node

_AWAY_HINT = "Write 2026-12-24..2027-01-02 (both days are away), ..2027-01-02, or `yes`."
_MOST_STEPS = 20
# Words that say something else where an agent could stand.
NOT_AGENTS = NOBODY_WORDS | MACHINES | frozenset(CIRCLES) | {"me", "away", "somebody"}


def read_agents(node: Node, place: str) -> tuple[Agent, ...]:
    """The agents, in the order of the file."""
    agents = tuple(
        Agent(key, **check.mapping(value, place, _AGENT)) for key, value in check.named(node, place).items()
    )
    emails: dict[str, str] = {}
    for agent in agents:
        if agent.key in NOT_AGENTS:
            said = f'"{agent.key}" cannot be an agent: it has a meaning of its own'
            hint = f"Write another word, such as {agent.key}-agent."
            raise check.fail(check.named(node, place)[agent.key], place, said, hint)
        if agent.email and agent.email.casefold() in emails:
            other = emails[agent.email.casefold()]
            said = f'the agents "{other}" and "{agent.key}" have the same address'
            raise check.fail(node, place, said, "Write each agent once.")
        emails[agent.email.casefold()] = agent.key
    return agents


def _away(node: Node, place: str) -> Away | None:
    if isinstance(node.value, dict):
        bounds = {
            "from": ("start", _bound),
            "until": ("end", _bound),
            "why": ("why", check.text),
        }
        away = Away(**check.mapping(node, place, bounds))
        try:
            check_order(away)
        except ValueError as error:
            raise check.fail(node, place, str(error), "Write the earlier one first.") from None
        return away
    said = check.text(node, place).strip()
    if said.casefold() in {"", "no", "false"}:
        return None
    try:
        return read_range(said)
    except ValueError as error:
        message = f'"{said}" is no time to be away'
        if "comes before" in str(error):
            message = str(error)
        raise check.fail(node, place, message, _AWAY_HINT) from None


def _bound(node: Node, place: str) -> str:
    said = check.text(node, place).strip()
    try:
        read_bound(said)
    except ValueError:
        hint = "Write 2026-12-24, or a moment with its zone: 2026-12-24T12:00+01:00."
        raise check.fail(node, place, f'"{said}" is neither a day nor a moment', hint) from None
    return said


def _skills(node: Node, place: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.casefold() for word in check.texts(node, place) if word))


_AGENT: dict[str, tuple[str, Any]] = {
    "name": ("name", check.text),
    "email": ("email", check.address),
    "teams": ("teams", check.texts),
    "skills": ("skills", _skills),
    "capacity": ("capacity", check.number),
    "hours": ("hours", check.text),
    "away": ("away", _away),
    "signature": ("signature", check.lines),
    "notify": ("notify", check.one_of("at-once", "digest", "off")),
}
_WAY = check.one_of(BY_HAND, *WAYS)
_TEAM: dict[str, tuple[str, Any]] = {
    "about": ("about", check.text),
    "lead": ("lead", check.texts),
    "assign": ("assign", _WAY),
}
_ROUTING: dict[str, tuple[str, Any]] = {
    "assign": ("default_way", _WAY),
    "capacity": ("default_capacity", check.number),
}


def read_teams(node: Node, place: str) -> tuple[str, ...]:
    """The names of the teams."""
    for value in check.named(node, place).values():
        check.mapping(value, place, _TEAM)
    return tuple(check.named(node, place))


def read_team_values(root: Node, place: str) -> dict[str, Any]:
    """`leads`: (team, agent) for each lead, the first in front; `team_ways`: (team, way) of those who say."""
    top = root.value if isinstance(root.value, dict) else {}
    teams = check.named(top["teams"], place) if "teams" in top else {}
    leads: list[tuple[str, str]] = []
    ways: list[tuple[str, str]] = []
    for team, value in teams.items():
        found = check.mapping(value, place, _TEAM)
        leads += [(team, lead) for lead in dict.fromkeys(found.get("lead", ())) if lead]
        ways += [(team, found["assign"])] if "assign" in found else []
    return {"leads": tuple(leads), "team_ways": tuple(ways)}


def read_routing(node: Node, place: str) -> dict[str, Any]:
    """The attributes of Settings that `routing:` gives."""
    return check.mapping(node, place, _ROUTING)


def read_escalation(node: Node, place: str) -> tuple[Step, ...]:
    """The steps of the path."""
    if node.value == "":
        return ()
    if not isinstance(node.value, list):
        raise check.fail(node, place, "a list of steps belongs here", "Begin each with `- to: …`.")
    if len(node.value) > _MOST_STEPS:
        raise check.fail(node, place, f"more than {_MOST_STEPS} steps", "Nobody would be left to ask.")
    steps = []
    for item in node.value:
        if isinstance(item.value, str) and item.value:
            steps.append(Step(check.text(item, place)))
            continue
        found = check.mapping(item, place, _STEP)
        if not found.get("to"):
            hint = "Write `to: team-lead`, team, everybody, or the name of an agent or a team."
            raise check.fail(item, place, "this step does not say whom it turns to", hint)
        steps.append(Step(**found))
    return tuple(steps)


_STEP: dict[str, tuple[str, Any]] = {
    "to": ("to", check.text),
    "priority": ("priority", check.text),
    "assign": ("assign", check.yes_no),
    "note": ("note", check.text),
}


def check_people(settings: Settings, root: Node, place: str) -> None:
    """Everybody and everything that teams and steps name must be declared. Raises InvalidFileError."""
    top = root.value if isinstance(root.value, dict) else {}
    agents = [agent.key for agent in settings.agents]
    for team, lead in settings.leads:
        if lead not in agents:
            node = check.named(top["teams"], place)[team]
            raise check.fail(node, place, f'the lead "{lead}" of {team} is no agent', suggest(lead, agents))
    steps = top["escalation"].value if "escalation" in top else []
    for step, node in zip(settings.escalation, steps if isinstance(steps, list) else [], strict=False):
        known = [*CIRCLES, *agents, *settings.teams]
        if step.to not in known:
            message = f'"{step.to}" is neither an agent nor a team of this desk'
            raise check.fail(_within(node, "to"), place, message, suggest(step.to, known))
        words = [RAISE, KEEP, *(word.name for word in settings.priorities)]
        if step.priority not in words:
            message = f'unknown priority "{step.priority}"'
            raise check.fail(_within(node, "priority"), place, message, suggest(step.priority, words))


def _within(node: Node, key: str) -> Node:
    found = node.value.get(key) if isinstance(node.value, dict) else None
    return found or node
