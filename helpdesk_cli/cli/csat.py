"""`desk csat`: how satisfied people are."""

from typing import Annotated

import typer

from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import desk_of
from helpdesk_cli.cli.options import Json
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk.csat_report import Summary, summarise
from helpdesk_cli.errors import PartialError
from helpdesk_cli.tickets.times import write_time

_MOST_COMMENTS = 20
_MOST_LINES = 4


def tell(
    context: typer.Context,
    *,
    period: Annotated[
        str,
        typer.Option(
            "--period", metavar="PERIOD", help="When people were asked: `30d`, `12w`, `2026-11` or `all`."
        ),
    ] = "90d",
    as_json: Json = False,
) -> None:
    """Say how satisfied people are.

    Counts the questions that were asked in the period (the last 90 days, without `--period`) and the
    last rating of each person who was asked; below stand the latest comments. The score is the share
    of good among all ratings. What is counted stands in the tickets, so that every clone says the same.

    Whether and when people are asked is set under `csat:` in desk.yaml: see docs/automatic-mail.md.
    """
    session = session_of(context)
    output = Output(session)
    found = summarise(desk_of(session), period)
    if as_json:
        output.json(as_document(found))
    else:
        _tell(output, found)
    if found.unreadable:
        count = len(found.unreadable)
        raise PartialError(
            f"{count} ticket file{'' if count == 1 else 's'} could not be read",
            hint="`desk fsck` names them.",
        )


def _tell(output: Output, found: Summary) -> None:
    if not found.asked:
        output.line("Nobody was asked.")
        return
    output.line(f"asked     {found.asked:>6}")
    output.line(f"answered  {found.answered:>6}  {_share(found.answer_rate)} of those asked")
    for name, count in (("good", found.good), ("ok", found.ok), ("bad", found.bad)):
        output.line(f"{name:<8}  {count:>6}")
    if found.stopped:
        output.line(f"stop      {found.stopped:>6}  wish not to be asked again")
    output.line(f"score     {_share(found.score):>6}  good, of all ratings")
    for comment in found.comments[:_MOST_COMMENTS]:
        output.line("")
        output.line(f"{comment.number}  {comment.rating}  {comment.at:%d %b %Y}")
        lines = [line for line in comment.text.split("\n") if line.strip()]
        for line in lines[:_MOST_LINES]:
            output.line(f"    {line}")
        if len(lines) > _MOST_LINES:
            output.line("    …")
    if len(found.comments) > _MOST_COMMENTS:
        output.note(f"{len(found.comments) - _MOST_COMMENTS} earlier comments: `desk csat --json`.")


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def as_document(found: Summary) -> dict[str, object]:
    """What `--json` prints."""
    return {
        "schema": "desk/1",
        "kind": "csat",
        "since": write_time(found.since),
        "until": write_time(found.until) if found.until else None,
        "asked": found.asked,
        "answered": found.answered,
        "good": found.good,
        "ok": found.ok,
        "bad": found.bad,
        "stopped": found.stopped,
        "score": found.score,
        "answer_rate": found.answer_rate,
        "comments": [
            {"message": each.number, "at": write_time(each.at), "rating": each.rating, "text": each.text}
            for each in found.comments
        ],
    }


COMMAND = Command(
    tell,
    usage=("[--period PERIOD] [--json]",),
    examples=(
        ("desk csat", "How satisfied people were in the last 90 days."),
        ("desk csat --period 2026-11", "Those who were asked in November."),
        ("desk csat --json | jq '.score'", "The score, for a program."),
    ),
    see_also=("ack", "list"),
)
