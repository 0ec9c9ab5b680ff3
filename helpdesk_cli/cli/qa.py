"""`desk qa`: how good our answers are, as a colleague sees it."""

from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.ask import confirm
from helpdesk_cli.cli.changing import report
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import actor_of, desk_of, reader_of
from helpdesk_cli.cli.options import DryRun, Fields, Form, Json, check_options
from helpdesk_cli.cli.output import Output, check_form
from helpdesk_cli.cli.progress import reporter
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk import qa as verbs
from helpdesk_cli.desk.show import show
from helpdesk_cli.errors import PartialError, UsageError
from helpdesk_cli.table import Column, Table, Value
from helpdesk_cli.tickets.scorecards import Scorecard
from helpdesk_cli.tickets.times import write_time

ACTIONS = ("sample", "score", "list")
SAMPLE = 10
_MOST = 10_000
_HEADING = 4
_TAKES: dict[str, tuple[str, ...]] = {
    "sample": ("--agent", "--seed", "--query", "--output", "--json", "--fields"),
    "score": ("--agent", "--message", "--dry-run"),
    "list": ("--agent", "--query", "--output", "--json", "--fields"),
}
SAMPLE_COLUMNS = (
    Column("id", "ID"),
    Column("agents", "WHO"),
    Column("status", "STATUS"),
    Column("reviewed_by", "REVIEWED BY"),
    Column("subject", "SUBJECT", shrinks=True),
    Column("uid", "UID", hidden=True),
)


def qa(
    context: typer.Context,
    action: Annotated[
        str,
        typer.Argument(
            metavar="sample|score|list", autocompletion=complete.qa_actions, help="What to do; else `list`."
        ),
    ] = "list",
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[N | ID CRITERION=1..5...]",
            autocompletion=complete.tickets,
            help="How many to draw; or the ticket, and its points.",
        ),
    ] = None,
    *,
    seed: Annotated[
        str,
        typer.Option(
            "--seed", metavar="WORD", help="What the draw goes by; without it the week, `2026-W47`."
        ),
    ] = "",
    query: Annotated[
        str,
        typer.Option(
            "--query", "-q", metavar="QUERY", help="Only tickets that this query finds: `desk help query`."
        ),
    ] = "",
    agent: Annotated[
        str,
        typer.Option(
            "--agent",
            metavar="NAME",
            autocompletion=complete.agents,
            help="Whose answers are meant (key, name or address); `score` without it: whose are the most.",
        ),
    ] = "",
    comment: Annotated[
        str, typer.Option("--message", "-m", metavar="TEXT", help="What there is to say beside the points.")
    ] = "",
    form: Form = "",
    as_json: Json = False,
    fields: Fields = "",
    dry_run: DryRun = False,
) -> int:
    """Review answers: draw some, give points, see what they came to.

    `sample` draws resolved tickets that somebody of us answered, 10 without N. The draw goes by the seed
    and the tickets alone: the same seed draws the same tickets for every reviewer and in every clone, and
    of a ticket that is resolved later nothing changes but that it may be drawn, too.

    `score` keeps a review with the ticket: 1 to 5 points for each criterion that `qa:` in desk.yaml names
    (communication, empathy, knowledge, accuracy), by whom and about whom. A later one of yours about the
    same agent takes the place of the last; `desk undo` takes it back. Whoever reviews a ticket of their own
    is asked whether they mean it.

    `list` shows the reviews. No customer ever sees one: they are in no mail, and in no mailbox that is
    exported.
    """
    named = list(words or ())
    if action not in ACTIONS:
        raise UsageError(f"there is no `desk qa {action}`", hint=f"There are {', '.join(ACTIONS)}.")
    given = {
        "--seed": seed,
        "--query": query,
        "--message": comment,
        "--output": form,
        "--json": as_json,
        "--fields": fields,
        "--dry-run": dry_run,
    }
    check_options(f"qa {action}", _TAKES[action], given)
    if action == "score":
        return _score(context, named, agent=agent, comment=comment, dry_run=dry_run)
    form = check_form("json" if as_json else form)
    if action == "sample":
        _sample(context, named, seed=seed, query=query, agent=agent, form=form, fields=fields)
    else:
        if named:
            raise UsageError("`desk qa list` takes no words", hint="`-q QUERY` chooses tickets.")
        _list(context, query=query, agent=agent, form=form, fields=fields)
    return 0


def _sample(
    context: typer.Context, words: list[str], *, seed: str, query: str, agent: str, form: str, fields: str
) -> None:
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    number = words[0] if words else str(SAMPLE)
    if len(words) > 1 or not (number.isascii() and number.isdecimal() and 0 < int(number[:6]) <= _MOST):
        raise UsageError(
            "`desk qa sample` takes one number, of how many to draw", hint="Say `desk qa sample 10`."
        )
    year, week, _ = desk.now.isocalendar()
    found = verbs.sample(
        desk,
        int(number),
        seed=seed or f"{year}-W{week:02}",
        query=query,
        agent=verbs.agent_called(desk, agent) if agent else "",
        actor=reader_of(desk, session),
        progress=reporter("ticket files", session),
    )
    if form == "json" and not fields:
        output.json(sample_document(found))
    else:
        rows = tuple(
            (
                each.ticket.id,
                each.agents,
                each.ticket.status,
                tuple(card.by for card in each.cards),
                each.ticket.subject,
                each.ticket.uid,
            )
            for each in found.drawn
        )
        output.table(Table("sample", SAMPLE_COLUMNS, rows), form, fields=fields)
        output.note(
            f"{len(found.drawn):,} of {found.total:,} resolved tickets, drawn by the seed {found.seed}."
        )
    _tell(output, found.problems)


def _score(context: typer.Context, words: list[str], *, agent: str, comment: str, dry_run: bool) -> int:
    session = session_of(context)
    desk = desk_of(session)
    actor = actor_of(desk, session)
    if not words or "=" in words[0]:
        raise UsageError("which ticket?", hint="Write `desk qa score 42 empathy=4 accuracy=5`.")
    points = verbs.read_points(desk, words[1:])
    ticket = show(desk, words[0]).ticket
    about = verbs.reviewed_agent(desk, ticket, agent)
    if verbs.is_own(ticket, actor.key) and not dry_run:
        confirm(session, f"{ticket.id} is your own work ({actor.key}): review it all the same?")
    output = Output(session)
    dropped = verbs.dropped_points(ticket, about, actor.key, points)
    done = verbs.score(desk, words[0], points, actor=actor, comment=comment, agent=about, dry_run=dry_run)
    if dropped:
        output.note(
            f"This takes the place of your last review of {about}, of which {' '.join(dropped)} "
            "counts no more: give all points at once."
        )
    return report(output, done, dry_run=dry_run)


def _list(context: typer.Context, *, query: str, agent: str, form: str, fields: str) -> None:
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    problems: list[str] = []
    found = verbs.scores(
        desk,
        query,
        actor=reader_of(desk, session),
        problems=problems,
        progress=reporter("ticket files", session),
    )
    known = {card.agent for each in found for card in each.cards}
    about = verbs.agent_called(desk, agent, known) if agent else ""
    cards = [(each, card) for each in found for card in each.cards if about in {"", card.agent}]
    if form == "json" and not fields:
        items = [card_document(each, card) for each, card in cards]
        output.json({"schema": "desk/1", "kind": "reviews", "total": len(items), "items": items})
    elif cards or form or fields or not output.to_terminal:
        output.table(table_of([name for name, _ in desk.settings.qa_criteria], cards), form, fields=fields)
    else:
        output.confirm("There are no reviews yet. `desk qa sample` draws what to review.")
    _tell(output, problems)


def table_of(criteria: list[str], cards: list[tuple[verbs.Reviewed, Scorecard]]) -> Table:
    """A review a line; a criterion that desk.yaml names no more has its column behind the others."""
    given = [name for _, card in cards for name, _ in card.points]
    names = list(dict.fromkeys([*criteria, *given]))
    columns = (
        Column("id", "ID"),
        Column("agent", "WHO"),
        Column("by", "BY"),
        Column("at", "WHEN"),
        *(
            Column(f"points.{name}", heading, align="right")
            for name, heading in zip(names, _headings(names), strict=True)
        ),
        Column("mean", "MEAN", align="right"),
        Column("comment", "COMMENT", shrinks=True),
    )
    rows: list[tuple[Value, ...]] = []
    for each, card in cards:
        points = dict(card.points)
        numbers = [points.get(name) for name in names]
        rows.append(
            (each.ticket.id, card.agent, card.by, card.at, *numbers, f"{card.mean:.2f}", card.comment)
        )
    return Table("reviews", columns, tuple(rows))


def _headings(names: list[str]) -> list[str]:
    """The criteria's names, cut where they stay apart: below them stands one digit."""
    short = [name.upper()[:_HEADING] for name in names]
    return short if len(set(short)) == len(short) else [name.upper() for name in names]


def card_document(each: verbs.Reviewed, card: Scorecard) -> dict[str, object]:
    """A review as JSON has it."""
    return {
        "ticket": each.ticket.id,
        "uid": each.ticket.uid,
        "subject": each.ticket.subject,
        "entry": card.entry,
        "agent": card.agent,
        "by": card.by,
        "at": write_time(card.at),
        "points": [{"criterion": name, "points": number} for name, number in card.points],
        "comment": card.comment or None,
    }


def sample_document(found: verbs.Sample) -> dict[str, object]:
    """A draw as JSON has it."""
    items = [
        {
            "ticket": each.ticket.id,
            "uid": each.ticket.uid,
            "subject": each.ticket.subject,
            "agents": list(each.agents),
            "reviewed_by": [card.by for card in each.cards],
        }
        for each in found.drawn
    ]
    return {"schema": "desk/1", "kind": "sample", "seed": found.seed, "total": found.total, "items": items}


def _tell(output: Output, problems: tuple[str, ...] | list[str]) -> None:
    for problem in problems:
        output.error(problem)
    if problems:
        count = f"{len(problems)} ticket file{'' if len(problems) == 1 else 's'}"
        raise PartialError(f"{count} could not be read", hint="`desk fsck` says more.")


COMMAND = Command(
    qa,
    usage=(
        "sample [N] [--seed WORD] [-q QUERY] [--agent NAME]",
        "score ID CRITERION=1..5... [-m TEXT] [--agent NAME]",
        "list [-q QUERY] [--agent NAME] [--json]",
    ),
    examples=(
        (
            "desk qa sample 10 --seed 2026Q4 -q 'resolved:2026Q4'",
            "Ten tickets of a quarter, the same for everybody.",
        ),
        ("desk qa score 42 communication=5 empathy=4 -m 'Warm, and to the point.'", "Give points."),
        ("desk qa list --agent lee -O csv", "What Lee's answers were worth, for a spreadsheet."),
        ("desk qa sample 5 -O ids | desk show -", "Read what was drawn."),
    ),
    see_also=("csat", "list", "show", "undo"),
)
