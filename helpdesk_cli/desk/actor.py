"""Who acts: an agent, the desk itself, or somebody unknown, who may read but not write. DECISIONS 17."""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING

from helpdesk_cli.errors import NotFoundError, UsageError
from helpdesk_cli.storage.identity import configured_email
from helpdesk_cli.storage.settings import Agent, suggest
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helpdesk_cli.desk.desk import Desk


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a change, as the file and git name them. `why` says how desk knows."""

    key: str
    name: str
    email: str
    why: str = ""


def desk_actor(desk: Desk, *, key: str = "mail") -> Actor:
    """The desk itself, for what mail and timers bring about."""
    return Actor(key, f"{desk.settings.name} desk", f"desk@{desk.settings.domain}", "the desk itself")


def find_actor(desk: Desk, *, said: str = "", environment: Mapping[str, str] | None = None) -> Actor | None:
    """Who runs this command, None when no agent is meant. `said` is the value of `--as`.

    Raises UsageError when `--as` or DESK_AGENT name nobody.
    """
    environment = os.environ if environment is None else environment
    for source, word in (("--as", said), ("DESK_AGENT", environment.get("DESK_AGENT", ""))):
        if word:
            agent = desk.settings.agent(word) or desk.settings.agent_by_email(word)
            if agent is None:
                known = suggest(word, [agent.key for agent in desk.settings.agents])
                raise UsageError(f'no agent "{word}" in desk.yaml', source, known)
            return _actor(agent, f"{source} says so")
    email = configured_email(desk.layout, environment)
    if email and (agent := desk.settings.agent_by_email(email)):
        return _actor(agent, f"git's user.email is {email}")
    for source, login in (("SUDO_USER", environment.get("SUDO_USER", "")), ("login name", _login())):
        if login and (agent := desk.settings.agent(login)):
            return _actor(agent, f"{source} is {login}")
    return None


def need_actor(desk: Desk, *, said: str = "", environment: Mapping[str, str] | None = None) -> Actor:
    """Who runs this command. Raises NotFoundError with the remedy when no agent is meant."""
    actor = find_actor(desk, said=said, environment=environment)
    if actor is None:
        email = configured_email(desk.layout, os.environ if environment is None else environment)
        who = (
            f"git's user.email is {email}, your login is {_login()}" if email else f"your login is {_login()}"
        )
        raise NotFoundError(
            f"you are no agent of this desk ({who})",
            "desk.yaml",
            "Add yourself under `agents:`, or say `--as NAME`. Reading needs no name.",
        )
    return actor


def _actor(agent: Agent, why: str) -> Actor:
    return Actor(agent.key, agent.name or agent.key, agent.email or f"{agent.key}@desk.invalid", why)


def _login() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
