"""One answer to many tickets: each filled in for itself, looked at, confirmed, recorded, sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.cli.answering import say_sent
from helpdesk_cli.cli.ask import MANY, confirm
from helpdesk_cli.cli.progress import reporter
from helpdesk_cli.cli.reply_show import mail_lines, show_envelope
from helpdesk_cli.cli.ticket_view import people_text
from helpdesk_cli.desk.reply_all import plan_many, send_many
from helpdesk_cli.desk.sending import transmit
from helpdesk_cli.tickets.escapes import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.cli.answering import Call
    from helpdesk_cli.desk.reply_all import Planned
    from helpdesk_cli.errors import DeskError

# Of a table that nobody reads to its end.
_MOST_ROWS = 40


def answer_many(call: Call, words: Sequence[str]) -> int:
    """Answer every ticket that the words name; gives the exit code, that of the first that could not be."""
    wish = call.wish
    planned, errors = plan_many(
        call.desk,
        words,
        actor=call.actor,
        text=wish.text or "",
        template=wish.template,
        to=wish.to,
        cc=wish.cc,
        only=wish.only,
        files=wish.files,
        status=wish.status,
        spent=wish.spent,
    )
    _say(call, errors)
    if planned:
        _preview(call, planned)
        if not wish.dry_run:
            _confirm(call, planned)
            errors += _send(call, planned)
    return errors[0][1].exit_code if errors else 0


def _send(call: Call, planned: Sequence[Planned]) -> list[tuple[str, DeskError]]:
    done = send_many(
        call.desk,
        planned,
        actor=call.actor,
        anyway=call.wish.anyway,
        progress=reporter("answers", call.session),
    )
    for recorded in done.recorded:
        call.output.confirm(recorded.summary)
    _say(call, done.errors)
    if done.posted:
        progress = reporter("mails", call.session)
        say_sent(call, done.posted, transmit(call.desk, done.posted, when=call.wish.when, progress=progress))
    return done.errors


def _preview(call: Call, planned: Sequence[Planned]) -> None:
    """The first mail whole, then who gets what."""
    output, first = call.output, planned[0]
    show_envelope(output, first.plan, first.answer, first.audience)
    output.note("")
    for line in mail_lines(first.answer):
        output.note("".join(map(_words, line)))
    output.note("")
    for each in planned[1:_MOST_ROWS]:
        new = "   (new)" if each.audience.new else ""
        who = people_text([*each.answer.to, *each.answer.cc])
        output.note(f"{each.plan.ticket.id}  {who}{new}  {one_line(each.answer.subject)}")
    if len(planned) > _MOST_ROWS:
        output.note(f"… and {len(planned) - _MOST_ROWS:,} more")


def _words(piece: object) -> str:
    return str(getattr(piece, "value", piece))


def _confirm(call: Call, planned: Sequence[Planned]) -> None:
    """Ask above five people or tickets, and wherever somebody is new."""
    people = {person.key for each in planned for person in (*each.answer.to, *each.answer.cc)}
    new = {person.key for each in planned for person in each.audience.new}
    if len(people) > MANY or len(planned) > MANY or new:
        written = f" ({len(new)} never written to)" if new else ""
        who = f"{len(people):,} {'person' if len(people) == 1 else 'people'}{written}"
        confirm(call.session, f"{len(planned):,} tickets, {who}. Send to all of them?")


def _say(call: Call, errors: Sequence[tuple[str, DeskError]]) -> None:
    for word, error in errors:
        text = str(error)
        call.output.error(text if word in text else f"{word}: {text}")
