"""The form of every automatic mail to a customer: docs/automatic-mail.md, at its end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helpdesk_cli.desk.letters import compose, ties_of
from helpdesk_cli.desk.posting import post
from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage.keys import read_key
from helpdesk_cli.tickets.escapes import drop_unsafe
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from helpdesk_cli.desk.posting import Posted
    from helpdesk_cli.desk.record import Door, Held
    from helpdesk_cli.replies.template import Rendered
    from helpdesk_cli.tickets.entries import Message
    from helpdesk_cli.tickets.person import Person
    from helpdesk_cli.tickets.ticket import Ticket

# RELIABILITY T36: whoever makes us write to somebody else shall gain nothing by it.
LARGEST = 2000  # bytes
_LONGEST_SUBJECT = 60
_LONGEST_NAME = 60
_START = re.compile(r"\s*(?:re|auto)\s*:", re.IGNORECASE)
# What mail programs make a link of, or what somebody is to dial: whole words.
_LINKS = re.compile(
    r"\S*(?:://|www\.|@|\w\.\w*[^\W\d]|[\w-]/[\w-])\S*|(?<!\S)\+?\d[\d\s()/-]{5,}\d(?!\S)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Words:
    """What an automatic mail says; `submitted` is the word of Auto-Submitted (RFC 3834 section 5)."""

    kind: str
    text: str
    subject: str
    submitted: str
    summary: str
    used: tuple[tuple[str, str], ...] = ()  # the template, as `desk template stats` counts it


def write_automatic(
    door: Door,
    held: Held,
    words: Words,
    *,
    to: Person,
    answers: Message | None,
    entry_id: str,
    name: str,
) -> Posted:
    """Record the mail in its ticket and queue it. It goes from the null sender, so that nothing answers it.

    Raises ConflictError where there was one of this name.
    """
    desk, ticket = door.desk, held.ticket
    ties = ties_of(desk, ticket, entry_id)
    letter = compose(
        desk,
        ticket,
        ties,
        from_name=desk.settings.company or desk.settings.name,
        to=[to],
        text=words.text,
        subject=words.subject,
        answers=answers,
        headers=(
            ("Auto-Submitted", words.submitted),
            ("X-Auto-Response-Suppress", "All"),
            ("X-Desk-Loop", f"{read_key(desk.layout).instance}; hops=1"),
        ),
    )
    return post(
        door,
        held,
        letter,
        ties,
        entry_id=entry_id,
        kind=words.kind,
        summary=f"{ticket.id}: {words.summary}",
        by=door.actor.key,
        automatic=words.kind,
        name=name,
        envelope_sender="",
        other=words.used,
    )


def subject_of(ticket: Ticket, rendered: Rendered) -> str:
    """`Auto: [TICKET-42] ...`: what the template says, without its own prefix and tag."""
    rest = rendered.subject.replace(f"[{ticket.id}]", " ")
    while match := _START.match(rest):
        rest = rest[match.end() :]
    return " ".join(["Auto:", f"[{ticket.id}]", *rest.split()])


def fitting(rendered: Rendered, place: str) -> str:
    """The template's text. Raises InvalidFileError where it is too long for a mail that nobody asked for."""
    if len(rendered.text.encode()) > LARGEST:
        raise InvalidFileError(
            f"this gives more than {LARGEST} bytes, too much for automatic mail", place, "Shorten it."
        )
    return rendered.text


def clean_subject(text: str) -> str:
    """A customer's subject as we may repeat it: one line of at most sixty characters, without links."""
    return _cut(" ".join(_LINKS.sub(" ", drop_unsafe(" ".join(text.split()))).split()), _LONGEST_SUBJECT)


def clean_person(person: Person) -> Person:
    """The person, with a name that holds no link; "" where nothing is left of it."""
    name = drop_unsafe(" ".join(person.name.split()))
    return replace(person, name="" if _LINKS.search(name) or len(name) > _LONGEST_NAME else name)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rsplit(' ', 1)[0].rstrip()}…"
