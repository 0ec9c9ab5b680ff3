"""What is asked of an ingest and what it answers, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from helpdesk_cli.mail.received import Envelope
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from datetime import datetime

Outcome = Literal["created", "appended", "duplicate", "unparsed", "deferred", "left"]


@dataclass(frozen=True, slots=True)
class Options:
    """How mail is taken in. Only `live` mail sets anything in motion (DECISIONS 19)."""

    envelope: Envelope = field(default_factory=Envelope)
    live: bool = False
    status: str = ""
    tags: tuple[str, ...] = ()
    knows_own: bool = False  # what bears our address was sent by us: of old mailboxes only
    came_at: datetime | None = None  # when it was delivered, for a mail that is filed later than that


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of one mail: the ticket's id and the message's number, "" and 0 where there is none yet."""

    outcome: Outcome
    ticket: str = ""
    message: int = 0
    file: str = ""
    why: str = ""
