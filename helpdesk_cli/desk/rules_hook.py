"""Where mail that comes in meets the rules: everything dear is behind the question whether there are any."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from helpdesk_cli.desk.filing import recipients_of
from helpdesk_cli.desk.rules_book import outline_of
from helpdesk_cli.storage.rules_copy import Outline
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from helpdesk_cli.desk.outcome import Options
    from helpdesk_cli.desk.record import Door, Held
    from helpdesk_cli.desk.rules_mail import Joined
    from helpdesk_cli.mail.received import Received
    from helpdesk_cli.rules.occasion import Occasion
    from helpdesk_cli.tickets.ticket import Ticket

CREATED, REPLIED = "created", "customer-replied"
# Nobody replied where a machine did; what programs send of their own accord (alerts, orders) sets rules off.
NO_REPLY = frozenset({"auto-reply", "bounce", "loop"})


@dataclass(frozen=True, slots=True)
class MailRules:
    """The rules as one mail meets them; of an import nothing is asked (DECISIONS 19)."""

    door: Door
    received: Received
    options: Options
    found: Outline

    @classmethod
    def of(cls, door: Door, received: Received, options: Options) -> MailRules:
        """Those of this desk. A mail that was set aside when it came in still has its rules to come."""
        is_asked = (options.live or options.came_at is not None) and received.kind.automatic != "loop"
        return cls(door, received, options, outline_of(door.desk) if is_asked else Outline())

    @property
    def recipients(self) -> tuple[str, ...]:
        """Where the mail was delivered, if rules ask for that, or cannot say what they ask for."""
        is_wanted = self.found.recipients or self.found.why
        return recipients_of(self.received, self.options.envelope) if is_wanted else ()

    def find_alert(self, make: Callable[[str], Ticket]) -> Joined | None:
        """The ticket that the mail joins by a rule, instead of opening what `make` makes of an id."""
        if not self.found.dedupes:
            return None
        draft = make(f"{self.door.desk.settings.prefix}-0")
        rules = importlib.import_module("helpdesk_cli.desk.rules_mail")
        joined: Joined | None = rules.find_alert(self.door, self.found, draft, self._occasion(CREATED, draft))
        return joined

    def around(self, event: str, file: Callable[[], Held], *, joined: Joined | None = None) -> Held:
        """What `file` writes of the mail, and in the same breath what its rules do."""
        is_asked = bool(self.found.why) or event in self.found.events
        if event == REPLIED and self.received.kind.automatic in NO_REPLY:
            is_asked = False
        if not is_asked and joined is None:
            return file()
        # The modules of queries and rules: for desks that have rules.
        rules = importlib.import_module("helpdesk_cli.desk.rules_mail")
        with self.door.together():
            held = file()
            occasion = self._occasion(event, held.ticket)
            if joined is not None:
                held = rules.join_alert(self.door, held, self.found, joined, occasion)
            if is_asked:
                quiet = not self.options.live or _is_late(held.ticket, self.received.entry_id)
                held = rules.run_rules(self.door, held, self.found, occasion, quiet=quiet)
            return held

    def _occasion(self, event: str, ticket: Ticket) -> Occasion:
        occasions = importlib.import_module("helpdesk_cli.rules.occasion")
        entry, mail = self.received.entry_id, self.received.mail
        message = occasions.message_of(ticket, entry)
        found: Occasion = occasions.Occasion(
            event, entry, message, mail.headers, recipients_of(self.received, self.options.envelope)
        )
        return found


def _is_late(ticket: Ticket, entry: str) -> bool:
    """Whether the mail was too old when it came in to set anything in motion that writes to anybody."""
    return any(message.id == entry and message.answerable == "late" for message in ticket.messages)
