"""Whom a digest goes to: leads, agents, teams, and whoever is named by address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.errors import UsageError
from helpdesk_cli.mail.own import OwnAddresses
from helpdesk_cli.mail.recipients import check_address
from helpdesk_cli.storage.settings import suggest
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.settings import Settings

LEADS = "leads"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets it. `is_agent`: somebody of this desk."""

    name: str
    email: str
    is_agent: bool


def recipients_of(desk: Desk, words: Iterable[str]) -> list[Recipient]:
    """`leads`, an agent, a team, an address; each person once.

    Raises UsageError for an unknown word, an inbox of the desk, and where nobody with an address is meant.
    """
    found: dict[str, Recipient] = {}
    own = OwnAddresses(desk.settings.own_addresses)
    for word in words:
        for each in _meant(desk.settings, word.strip()):
            if own.has(each.email):
                raise UsageError(
                    f"{each.email} is an inbox of this desk", word, "The digest would come back as a ticket."
                )
            found.setdefault(each.email.casefold(), each)
    return list(found.values())


def _meant(settings: Settings, word: str) -> list[Recipient]:
    if "@" in word:
        agent = settings.agent_by_email(word)
        return [Recipient(agent.name if agent else "", check_address(word), agent is not None)]
    if word == LEADS:
        keys = list(dict.fromkeys(lead for _, lead in settings.leads))
        if not keys:
            raise UsageError(
                "no team of this desk has a lead",
                "desk.yaml",
                "Write `lead: NAME` below a team, or say an address.",
            )
    elif word in settings.teams:
        keys = [agent.key for agent in settings.agents if word in agent.teams]
    else:
        keys = [word]
    people = [_agent(settings, key) for key in keys]
    if not any(each.email for each in people):
        raise UsageError(
            f'nobody whom "{word}" means has an address', "desk.yaml", "Write `email:` below the agent."
        )
    return [each for each in people if each.email]


def _agent(settings: Settings, key: str) -> Recipient:
    agent = settings.agent(key)
    if agent is None:
        known = [LEADS, *(each.key for each in settings.agents), *settings.teams]
        raise UsageError(f'"{key}" is neither an agent nor a team nor an address', "", suggest(key, known))
    return Recipient(agent.name, agent.email, is_agent=True)


def outsiders(people: Iterable[Recipient]) -> Iterator[str]:
    """The addresses of those who are no agents of this desk."""
    return (each.email for each in people if not each.is_agent)
