"""From a session to the desk it means and the agent who acts: the first lines of every command."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from helpdesk_cli.desk.actor import find_actor, need_actor
from helpdesk_cli.desk.clock import read_clock
from helpdesk_cli.desk.desk import open_desk

if TYPE_CHECKING:
    from datetime import datetime

    from helpdesk_cli.cli.session import Session
    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.asking import Asker
    from helpdesk_cli.desk.desk import Desk


def now_of(session: Session) -> datetime:
    """The present, or what --now or DESK_NOW say."""
    return read_clock(session.now)


def desk_of(session: Session) -> Desk:
    """The desk that -C, DESK_DIR or the current folder mean. Raises NotFoundError."""
    return open_desk(session.folder or os.curdir, now=now_of(session))


def reader_of(desk: Desk, session: Session) -> Actor | None:
    """The agent who reads; None when it is somebody else, who may read all the same."""
    return find_actor(desk, said=session.agent)


def asker_of(desk: Desk, session: Session) -> Asker:
    """The agent who reads, found out where a query says `me`: that asks git. Raises UsageError for nobody."""
    if session.agent or os.environ.get("DESK_AGENT"):
        actor = reader_of(desk, session)
        return lambda: actor
    return partial(reader_of, desk, session)


def actor_of(desk: Desk, session: Session) -> Actor:
    """The agent who acts. Raises NotFoundError with the remedy when no agent is meant."""
    return need_actor(desk, said=session.agent)
