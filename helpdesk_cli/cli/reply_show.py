"""What a person is told around an answer: who else writes, what came, who gets it, what will be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.cli.presence import clock
from helpdesk_cli.cli.ticket_view import event_text, person_text, size_text, wrap
from helpdesk_cli.mail.address_list import write_list
from helpdesk_cli.table import Toned
from helpdesk_cli.tickets.entries import Event, Message, Note
from helpdesk_cli.tickets.escapes import make_visible, one_line
from helpdesk_cli.tickets.person import Person

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from helpdesk_cli.cli.output import Output, Piece
    from helpdesk_cli.desk.reply import Answer, Audience
    from helpdesk_cli.desk.reply_plan import Plan
    from helpdesk_cli.tickets.entries import Entry

WIDTH = 72
_LONGEST_GIST = 200
_WHY = {
    "reply-to": "The mail asks for answers at another address (Reply-To). To use it, take away the `# `:",
    "wrote": "Wrote on this ticket, but was never written to. To answer them too, take away the `# `:",
    "copied": "Named in their mail, but never written to. To include them, take away the `# `:",
}
_HEADER = {"reply-to": "To", "wrote": "Cc", "copied": "Cc"}


def news_lines(news: Iterable[Entry], now: datetime) -> Iterator[str]:
    """What came, a line each: `10:31 UTC  Ada Lovelace: One more thing ...`."""
    for entry in news:
        yield f"{clock(entry.at, now)}  {_gist(entry)}"


def _gist(entry: Entry) -> str:
    if isinstance(entry, Message):
        who = f"{entry.by} answered" if entry.direction == "out" else entry.from_.label or "somebody"
        return _short(f"{who}: {entry.new_text or '(no text)'}")
    if isinstance(entry, Note):
        return _short(f"note by {entry.by}: {entry.text}")
    return event_text(entry) if isinstance(entry, Event) else entry.kind


def _short(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= _LONGEST_GIST else f"{line[:_LONGEST_GIST]}…"


def offers(plan: Plan) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The offered people as remarks for the editor: why, and the headers to take."""
    groups: dict[str, list[str]] = {}
    for offer in plan.circle.offered:
        groups.setdefault(offer.why, []).append(f"{_HEADER[offer.why]}: {typed((offer.person,))}")
    return tuple((_WHY[why], tuple(headers)) for why, headers in groups.items())


def typed(people: Iterable[Person]) -> str:
    """People as a list to edit: on one line, without characters that nobody sees."""
    return write_list(tuple(Person(plain(person.name), person.email) for person in people))


def plain(text: str) -> str:
    """The text on one line, without characters that nobody sees."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def reading(plan: Plan, news: Iterable[Entry], now: datetime) -> str:
    """What stands below the scissors: what came since, then the message, each line behind a mark."""
    lines = []
    came = list(news_lines(news, now))
    if came:
        lines += ["Since this was begun:", *(f"  {line}" for line in came), ""]
    message = plan.answered
    if message is None:
        return "\n".join([*lines, "There is no message to answer."])
    number = next((count for count, entry in plan.ticket.numbered if entry == message), 0)
    head = f"{person_text(message.from_)}, {clock(message.at, now)} ({plan.ticket.number}.{number}):"
    said = make_visible(message.new_text or message.text).split("\n")
    files = [f"[{one_line(file.filename)}, {size_text(file.size)}]" for file in message.attachments]
    return "\n".join([*lines, head, "", *(f"> {line}".rstrip() for line in [*said, *files])])


def remarks(text: str) -> list[str]:
    """The text in lines short enough that no editor wraps them."""
    return [piece for line in text.split("\n") for piece in wrap(one_line(line), WIDTH)] or [""]


def show_envelope(output: Output, plan: Plan, answer: Answer, audience: Audience) -> None:
    """From, To, Cc and Subject as they will be sent, with who is new and who is left out; on stderr."""
    new = {person.key for person in audience.new}
    output.note(f"From:    {person_text(plan.from_)}")
    for name, people in (("To", answer.to), ("Cc", answer.cc)):
        for place, person in enumerate(people):
            label = f"{name}:".ljust(9) if not place else " " * 9
            output.note(f"{label}{person_text(person)}{'   (new)' if person.key in new else ''}")
    for person in audience.dropped:
        output.note(f"Without: {person_text(person)}   (had the mail so far)")
    output.note(f"Subject: {one_line(answer.subject)}")
    for file in answer.files:
        output.note(f"File:    {one_line(file.filename)} ({size_text(len(file.content))})")


def mail_lines(answer: Answer) -> Iterator[list[Piece]]:
    """The text as it will be sent, indented."""
    for line in make_visible(answer.text).rstrip("\n").split("\n"):
        yield [Toned(f"    {line}".rstrip(), "plain")]
