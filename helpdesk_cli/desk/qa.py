"""`desk qa`: which answers to review, the reviews, and what they come to. Read from the tickets alone."""

from __future__ import annotations

from contextlib import closing
from hashlib import sha256
from typing import TYPE_CHECKING

from helpdesk_cli.desk.changing import Decided, change_each
from helpdesk_cli.desk.finding import find_tickets, lines_of
from helpdesk_cli.desk.record import LARGEST_TICKET
from helpdesk_cli.errors import DeskError, NotFoundError, UsageError
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.index_find import paths_told
from helpdesk_cli.storage.settings import suggest
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.tickets.scorecards import LEAST, MOST, QA, answerers, scorecards, write_card
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.changing import Outcome
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.storage.settings import Settings
    from helpdesk_cli.tickets.scorecards import Scorecard
    from helpdesk_cli.tickets.ticket import Ticket

    Progress = Callable[[int, int], None]

_NEVER = frozenset({"spam", "merged"})
_LONGEST_COMMENT = 2000


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A ticket with the reviews that count, which may be none, and who answered, most answers first."""

    ticket: Ticket
    agents: tuple[str, ...]
    cards: tuple[Scorecard, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """The tickets drawn, in the order of the draw; of how many; the seed; and files that cannot be read."""

    seed: str
    drawn: tuple[Reviewed, ...]
    total: int
    problems: tuple[str, ...] = ()


def sample(
    desk: Desk,
    number: int,
    *,
    seed: str,
    query: str = "",
    agent: str = "",
    actor: Actor | None = None,
    progress: Progress | None = None,
) -> Sample:
    """So many of the resolved tickets that the query finds and that somebody of us answered, or that agent.

    Each ticket has its place in the draw by the seed and its own uid: the same seed draws the same tickets in
    every clone, and one that is added or falls out moves no other. Raises QueryError.
    """
    found = find_tickets(desk, query, actor=actor, everything=True, progress=progress)
    with closing(found):
        rows = [
            line.row
            for line in lines_of(found.index, found.paths)
            if is_resolved(desk.settings, line.row.status) and line.facts.get("replies")
        ]
        problems = [f"{path}: {problem}" for path, problem in found.problems]
    rows.sort(key=lambda row: sha256(f"{seed}\0{row.uid}".encode()).digest())
    if not agent:
        drawn = tuple(_reviewed(desk, [row.path for row in rows[:number]], problems))
        return Sample(seed, drawn, len(rows), tuple(problems))
    theirs = [each for each in _reviewed(desk, [row.path for row in rows], problems) if agent in each.agents]
    return Sample(seed, tuple(theirs[:number]), len(theirs), tuple(problems))


def is_resolved(settings: Settings, status: str) -> bool:
    """Whether a ticket of this status was brought to an end by an answer."""
    return settings.status_kind(status) == "done" and status not in _NEVER


def scores(
    desk: Desk,
    query: str | Sequence[str] = "",
    *,
    actor: Actor | None = None,
    problems: list[str] | None = None,
    progress: Progress | None = None,
) -> tuple[Reviewed, ...]:
    """Those tickets of the query that were reviewed, with their reviews; by number. Raises QueryError."""
    told: list[str] = [] if problems is None else problems
    found = find_tickets(desk, query, actor=actor, everything=True, progress=progress)
    with closing(found):
        having = paths_told(found.index, QA)
        paths = [row.path for row in found.index.rows_of(found.paths) if row.path in having]
        told += [f"{path}: {problem}" for path, problem in found.problems]
    reviewed = [each for each in _reviewed(desk, paths, told) if each.cards]
    return tuple(sorted(reviewed, key=lambda each: each.ticket.number))


def _reviewed(desk: Desk, paths: Iterable[str], problems: list[str]) -> Iterator[Reviewed]:
    for path in paths:
        try:
            data, _ = read_file(desk.path(path), within=desk.layout.root, limit=LARGEST_TICKET)
            ticket = read_ticket_file(data, place=path).ticket
        except FileNotFoundError:
            problems.append(f"{path}: this ticket file is gone")
        except DeskError as error:
            problems.append(str(error))
        else:
            yield Reviewed(ticket, answerers(ticket), scorecards(ticket))


def read_points(desk: Desk, words: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """The points of words such as `empathy=4`. Raises UsageError for another criterion or number, or none."""
    known = [name for name, _ in desk.settings.qa_criteria]
    points: dict[str, int] = {}
    for word in words:
        name, _, number = word.partition("=")
        if name not in known:
            raise UsageError(f'"{name}" is no criterion', "", suggest(name, known))
        if not (number.isascii() and number.isdecimal() and LEAST <= int(number[:3]) <= MOST):
            hint = f"Write {name}={LEAST} (poor) to {name}={MOST} (very good)."
            raise UsageError(f'"{word}" gives no points', "", hint)
        if name in points:
            raise UsageError(f"{name} has points twice", "", "Keep one.")
        points[name] = int(number)
    if not points:
        raise UsageError(
            "a review needs points", "", f"Write for instance {' '.join(f'{name}=4' for name in known)}."
        )
    return tuple((name, points[name]) for name in known if name in points)


def agent_called(desk: Desk, said: str, further: Iterable[str] = ()) -> str:
    """The key of the agent of that key, address or name, or one of `further` keys. Raises UsageError."""
    settings = desk.settings
    agent = settings.agent(said) or settings.agent_by_email(said)
    named = {
        each.key for each in settings.agents if said.casefold() in {each.name.casefold(), each.key.casefold()}
    }
    if agent is not None:
        return agent.key
    if len(named) == 1:
        return named.pop()
    # Who worked here once may still have reviews.
    if said in further:
        return said
    raise UsageError(f'no agent "{said}"', "--agent", suggest(said, [each.key for each in settings.agents]))


def dropped_points(ticket: Ticket, about: str, by: str, points: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    """The points of this reviewer's last review that a new one without these criteria takes away."""
    last = next((card for card in scorecards(ticket) if (card.by, card.agent) == (by, about)), None)
    given = {name for name, _ in points}
    return tuple(f"{name}={number}" for name, number in (last.points if last else ()) if name not in given)


def reviewed_agent(desk: Desk, ticket: Ticket, said: str = "") -> str:
    """Whose answers a review is about: who is named, else who answered most, else whose ticket it is.

    Raises UsageError for a name that is nobody, NotFoundError where nobody answered.
    """
    if said:
        return agent_called(desk, said)
    found = answerers(ticket)[:1] or ((ticket.assignee,) if ticket.assignee else ())
    if not found:
        raise NotFoundError(
            "nobody of us answered in this ticket", ticket.id, "Say whom you mean: --agent NAME."
        )
    return found[0]


def is_own(ticket: Ticket, agent: str) -> bool:
    """Whether somebody who reviews this ticket reviews work of their own."""
    return agent == ticket.assignee or agent in answerers(ticket)


def score(
    desk: Desk,
    word: str,
    points: Sequence[tuple[str, int]],
    *,
    actor: Actor,
    comment: str = "",
    agent: str = "",
    dry_run: bool = False,
) -> Outcome:
    """Keep a review of a ticket; it takes the place of the same reviewer's last about the same agent."""
    said = " ".join(comment.split())
    if len(said) > _LONGEST_COMMENT:
        raise UsageError(
            f"the comment has more than {_LONGEST_COMMENT} characters", "-m", "Write a note as well."
        )

    def decide(_: Door, ticket: Ticket) -> Decided:
        about = reviewed_agent(desk, ticket, agent)
        last = {(card.by, card.agent): card for card in scorecards(ticket)}.get((actor.key, about))
        if last and (last.points, last.comment) == (tuple(points), said):
            return Decided()
        facts = write_card(about, points, said)
        return Decided(summary=f"answers of {about} reviewed by {actor.key}", facts=facts)

    return change_each(desk, [word], decide, actor=actor, dry_run=dry_run)
