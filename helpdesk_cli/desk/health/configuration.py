"""desk.yaml: whether it can be read, and what in it could be better."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from helpdesk_cli.desk.health.diagnosis import Diagnosis, counted, ok
from helpdesk_cli.desk.indexing import open_index

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.health.diagnosis import Patient

# Five to seven are what people still choose from without a list (DECISIONS 9).
MOST_CATEGORIES = 7
# A person rarely opens more tickets than this; a contact form does in a week.
MANY_TICKETS = 20
_SHIPPED_DOMAIN = "example.com"


def check(patient: Patient) -> Iterator[Diagnosis]:
    """Faults first; advice only where there are none."""
    if patient.fault is not None:
        fault = patient.fault
        yield Diagnosis("error", "settings-wrong", f"{fault.place}: {fault.message}", fault.hint)
        return
    desk = patient.desk
    settings = desk.settings
    yield ok(
        "settings",
        f"desk.yaml: {counted(len(settings.inboxes), 'inbox', 'inboxes')}, "
        f"{counted(len(settings.agents), 'agent')}",
    )
    if not settings.inboxes:
        yield Diagnosis(
            "warning", "no-inboxes", "desk.yaml names no inboxes", "Write your addresses under `inboxes:`."
        )
    shipped = [each.address for each in settings.inboxes if each.address.endswith(f"@{_SHIPPED_DOMAIN}")]
    if shipped:
        yield Diagnosis(
            "note",
            "sample-inboxes",
            f"desk.yaml still has the sample's addresses: {', '.join(shipped)}",
            "Write your own under `inboxes:`.",
        )
    if not settings.agents:
        yield Diagnosis(
            "warning",
            "no-agents",
            "desk.yaml names no agents: everybody may read, nobody may write",
            "Write yourself under `agents:`.",
        )
    if len(settings.categories) > MOST_CATEGORIES:
        yield Diagnosis(
            "note",
            "many-categories",
            f"{len(settings.categories)} categories: of more than {MOST_CATEGORIES}, people take the first",
            "Merge some, and use tags for the rest.",
        )
    yield from _forms(desk)


def _forms(desk: Desk) -> Iterator[Diagnosis]:
    """Senders that open so many tickets that they are likely a form (DECISIONS 20)."""
    index = open_index(desk, full=False)
    try:
        tickets = Counter(row.requester_email.casefold() for row in index.rows() if row.channel == "email")
    finally:
        index.close()
    known = {form.sender.casefold() for form in desk.settings.forms}
    known |= {agent.email.casefold() for agent in desk.settings.agents} | desk.settings.own_addresses
    for sender, number in tickets.most_common():
        if number < MANY_TICKETS:
            break
        if sender and sender not in known:
            yield Diagnosis(
                "note",
                "form-likely",
                f"{sender} opened {number} tickets; if that is a contact form, its users are the requesters",
                f"In desk.yaml, under `forms:`, write `NAME: {{sender: {sender}, requester: reply-to}}`.",
            )
