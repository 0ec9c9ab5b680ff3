"""What can be said of a mail by itself, as values: light, for both sides of the sandbox import them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.mail.limits import Limits
from helpdesk_cli.mail.own import OwnAddresses
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from datetime import datetime

    from helpdesk_cli.mail.kinds import Kind
    from helpdesk_cli.mail.model import Incoming, Segment
    from helpdesk_cli.tickets.person import Person


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the mail server said beside the mail. `sender` None = it said nothing, "" = the null sender."""

    sender: str | None = None
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What must be known of the desk to read a mail for it."""

    own: OwnAddresses = field(default_factory=OwnAddresses)
    authservs: frozenset[str] = frozenset()
    trust_spam_headers: bool = True
    now: datetime | None = None
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Received:
    """A mail with what it is: its parts, its kind, its names."""

    mail: Incoming
    kind: Kind
    body: tuple[Segment, ...]
    message_id: str  # bare; made from the content where the mail has none
    content_hash: str
    entry_id: str
    thanks: bool = False
    forwarded_from: Person | None = None
    unparsed: bool = False
    authenticated: bool = False  # our own mail server vouches for the From domain
