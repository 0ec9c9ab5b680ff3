"""How far a trial of the desk's mail has got: what left, what came back, where it was filed, what it tells.

Results of SPF, DKIM and DMARC are those of our own mail: in the headers of a copy that came back attached, in
headers somebody pasted, in a robot's report. What the headers of the answer itself say is about its sender.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.letters import inbox_of
from helpdesk_cli.desk.reading import circumstances_of, read_safely
from helpdesk_cli.desk.record import LARGEST_TICKET, find_path
from helpdesk_cli.errors import DeskError
from helpdesk_cli.mail.auth_results import Verdict, judge, own_part, read_verdicts
from helpdesk_cli.mail.received import Envelope
from helpdesk_cli.storage import raw
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.outbox import Outbox
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.tickets.entries import Message
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.trial import Trial
    from helpdesk_cli.mail.auth_results import Method
    from helpdesk_cli.mail.model import Part
    from helpdesk_cli.storage.index import Index
    from helpdesk_cli.tickets.ticket import Ticket

# An answer that lost its way opened one of the tickets after that of the trial.
_LOOKED_THROUGH = 50
_MAILS = frozenset({"message/rfc822", "message/global", "message/rfc822-headers", "text/rfc822-headers"})


@dataclass(frozen=True, slots=True)
class Answer:
    """A mail that came back. `joined`: it found the ticket of the trial; `bounce`: it was returned."""

    ticket: str
    number: int
    threaded_by: str
    joined: bool
    bounce: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a trial has got. `state` is the outbox's word for its mail, `why` the reason for it."""

    trial: Trial
    state: str
    why: str = ""
    answer: Answer | None = None
    verdicts: Mapping[Method, Verdict] = field(default_factory=dict)

    @property
    def has_succeeded(self) -> bool:
        """Whether a mail went out and its answer found its ticket."""
        return self.answer is not None and self.answer.joined and not self.answer.bounce


def look(desk: Desk, trial: Trial) -> Progress:
    """How far the trial has got. Raises NotFoundError where its ticket is gone."""
    mail = Outbox(desk.layout).get(trial.name)
    index = open_index(desk, full=False)
    try:
        ticket = _read(desk, find_path(desk, index, trial.uid))
        answers = list(_answers(desk, index, ticket, trial))
    finally:
        index.close()
    # An answer on its ticket says more than a stray one, and each of them more than a bounce.
    answers.sort(key=lambda each: (each[0].bounce, not each[0].joined))
    found = [
        verdict
        for answer, message in answers
        if not answer.bounce
        for text in _texts(desk, message, trial)
        for verdict in read_verdicts(text)
    ]
    return Progress(
        trial,
        mail.state if mail else "unknown",
        mail.why if mail else "its record in the outbox is gone",
        answers[0][0] if answers else None,
        judge(found, domain=inbox_of(desk, ticket).address.rpartition("@")[2]),
    )


def _read(desk: Desk, path: str) -> Ticket:
    data, _ = read_file(desk.path(path), within=desk.layout.root, limit=LARGEST_TICKET)
    return read_ticket_file(data, place=path).ticket


def _answers(desk: Desk, index: Index, ticket: Ticket, trial: Trial) -> Iterator[tuple[Answer, Message]]:
    """What came to the trial's ticket, and what opened another one though it answers the trial."""
    for number, entry in ticket.numbered:
        if isinstance(entry, Message) and entry.direction == "in":
            yield _answer(ticket, number, entry, joined=True), entry
    for later in range(ticket.number + 1, min(index.highest_number(), ticket.number + _LOOKED_THROUGH) + 1):
        for path in index.paths_numbered(later):
            try:
                other = _read(desk, path)
            except (DeskError, OSError):
                continue
            for number, entry in other.numbered:
                if isinstance(entry, Message) and _is_about(entry, trial):
                    yield _answer(other, number, entry, joined=False), entry


def _answer(ticket: Ticket, number: int, message: Message, *, joined: bool) -> Answer:
    bounce = message.automatic == "bounce" or bool(message.failed_recipients)
    return Answer(ticket.id, number, message.threaded_by, joined, bounce)


def _is_about(message: Message, trial: Trial) -> bool:
    ids = {message.in_reply_to, *message.references}
    return message.direction == "in" and (message.from_.key == trial.to.casefold() or trial.message_id in ids)


def _texts(desk: Desk, message: Message, trial: Trial) -> Iterator[str]:
    """What the mail tells of ours: attached copies and reports first, then its own text."""
    try:
        data = raw.read(desk.layout.state, message.raw)
    except DeskError:
        yield message.text
        return
    mail = read_safely(data, Envelope(), circumstances_of(desk)).mail
    for part in mail.parts:
        yield from _text_of(part, trial)
    yield mail.text


def _text_of(part: Part, trial: Trial) -> Iterator[str]:
    text = part.content.decode("utf-8", "replace")
    if part.content_type in _MAILS or part.filename.casefold().endswith(".eml"):
        yield own_part(text, message_id=trial.message_id, tag=f"[{trial.ticket}]")
    elif part.content_type.startswith("text/") and "html" not in part.content_type:
        yield text
