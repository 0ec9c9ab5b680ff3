"""`desk import`: an old mailbox, or another helpdesk's tickets."""

import importlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from helpdesk_cli.channels.sources import find_mail
from helpdesk_cli.cli import complete, ingest
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import desk_of
from helpdesk_cli.cli.import_tally import OUTCOMES, Tally, count_of
from helpdesk_cli.cli.options import DryRun, Json
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.progress import track
from helpdesk_cli.cli.session import Session, is_terminal, session_of
from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.desk.fields import check_value
from helpdesk_cli.desk.import_filing import Took
from helpdesk_cli.desk.outcome import Ingested, Options
from helpdesk_cli.desk.tag import check_tag
from helpdesk_cli.errors import UsageError


def import_(
    context: typer.Context,
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Mailboxes: mbox, Maildir, folders; or an export's files."),
    ],
    *,
    mapping: Annotated[
        str | None,
        typer.Option(
            "--mapping",
            metavar="NAME|FILE",
            autocompletion=complete.mappings,
            help="What an export says where: `zendesk`, `request-tracker`, `osticket`, or a file of yours.",
        ),
    ] = None,
    files: Annotated[
        str, typer.Option("--files", metavar="DIR", help="The folder in which the export's attachments lie.")
    ] = "",
    table: Annotated[
        list[str] | None,
        typer.Option("--table", metavar="NAME=FILE", help="A table of the mapping in a file of its own."),
    ] = None,
    status: Annotated[
        str,
        typer.Option(
            "--status",
            metavar="STATUS",
            autocompletion=complete.statuses,
            help="Of mailboxes: the status of the tickets that are opened; else `closed`.",
        ),
    ] = "",
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="TAG", help="A tag for them, else `imported`; may be given again."),
    ] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Take over an old mailbox, or the tickets of another helpdesk.

    Nothing is set in motion: no acknowledgement, no rule, no notice, no question, no warning. What is taken
    over keeps its times. Done twice it is done once; interrupted, the same call goes on.

    Mailboxes are taken in as `desk ingest` does it; their tickets are closed and tagged `imported` unless
    `--status` and `--tag` say otherwise, and reopen nothing. What bears an address of ours or of an agent in
    them, as in a folder of sent mail, is filed as what we answered. What is clearly no mail (a packed file,
    JSON, a picture), what cannot be read, and links in folders are named and left.

    With `--mapping`, tickets come from an export in JSON or CSV, with subject, status, people, messages,
    notes, attachments, and their numbers: 4711 stays 4711 where that is above every number that was given
    out here, and is found as ZD-4711 (as the mapping's prefix has it) in any case. An export that is made
    later adds what was said since. Attachments come from the export or from `--files`, never from the
    network. docs/importing.md tells how to get the exports, and how to write a mapping. A table that tickets
    refer to (`--table users=FILE`) must be there before the first is taken over.

    What cannot be taken over, a file that is missing among it, is named with its place, and the exit code is
    8; mended, the same call takes it.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    tags = tuple(map(check_tag, tag or ["imported"]))
    ingest.check_places(desk, paths, strict=True)
    if mapping is None:
        if files or table:
            raise UsageError("--files and --table belong to an export", hint="Say --mapping NAME.")
        word = str(check_value(desk, "status", status or "closed", actor=None))
        _mail(
            output,
            desk,
            paths,
            Options(status=word, tags=tags, knows_own=True),
            dry_run=dry_run,
            as_json=as_json,
        )
        return
    if not mapping:
        raise UsageError("the name of the mapping is empty", "--mapping", "Say --mapping zendesk.")
    if status:
        raise UsageError(
            "with --mapping the export says the status", hint="The mapping's `words:` translate it."
        )
    exported = importlib.import_module("helpdesk_cli.desk.import_plan")
    plan = exported.plan_import(
        desk, mapping, [Path(each) for each in paths], tables=_tables(table or []), files=files, tags=tags
    )
    done = importlib.import_module("helpdesk_cli.desk.importing").import_tickets(desk, plan, dry_run=dry_run)
    results = track(done, total=len(plan.export.tickets), what="tickets", session=session)
    _tell_tickets(output, results, dry_run=dry_run, as_json=as_json)


def _tables(given: list[str]) -> dict[str, Path]:
    found = {}
    for word in given:
        name, sign, file = word.partition("=")
        if not sign or not name or not file:
            raise UsageError(f'"{word}" names no table', "--table", "Write users=users.json.")
        found[name] = Path(file)
    return found


def _mail(
    output: Output, desk: Desk, paths: list[str], options: Options, *, dry_run: bool, as_json: bool
) -> None:
    work = importlib.import_module("helpdesk_cli.desk.import_mail")
    resumed = work.Resumed()
    places = [Path(path) for path in paths]
    total = _count(output.session, places)
    sources = chain.from_iterable(find_mail(place, checks=True) for place in places)
    done: Iterator[Ingested] = work.import_mail(desk, sources, options, resumed=resumed, dry_run=dry_run)
    counts = ingest.tell(
        output,
        track(done, total=total, what="mails", session=output.session),
        as_json=as_json,
        each=dry_run,
    )
    if not as_json:
        if resumed.before:
            output.confirm(f"{resumed.before:,} were taken in before, when this import was interrupted.")
        output.confirm(ingest.summary(counts, dry_run=dry_run))
    ingest.check_deferred(counts)


def _count(session: Session, places: list[Path]) -> int:
    """How many mails there are; counted only where somebody looks at the bar."""
    if session.quiet or not is_terminal(2):
        return 0
    return sum(1 for place in places for _ in find_mail(place))


def _tell_tickets(output: Output, results: Iterable[Took], *, dry_run: bool, as_json: bool) -> None:
    tally = Tally()
    for took in results:
        tally.add(took)
        if as_json:
            output.json_line(as_document(took))
        elif dry_run and took.outcome != "failed":
            said = f"{OUTCOMES[took.outcome]} {took.ticket}" if took.outcome != "known" else "known already"
            output.confirm(f"{took.place}: {said}, {count_of(took.messages, 'message')}")
        for line in took.missing:
            output.error(line)
        if took.outcome == "failed":
            number = f"number {took.number}: " if took.number else ""
            output.error(f"{took.place}: {number}{took.why}")
    if tally.unknown:
        output.note(tally.unknown_people())
    if not as_json:
        output.confirm(tally.summary(dry_run=dry_run))
    tally.check()


def as_document(took: Took) -> dict[str, object]:
    """What `--json` prints of one ticket."""
    return {
        "schema": "desk/1",
        "kind": "imported",
        "place": took.place,
        "number": took.number,
        "outcome": took.outcome,
        "ticket": took.ticket or None,
        "messages": took.messages,
        "files": took.files,
        "missing": list(took.missing),
        "unknown": list(took.unknown),
        "why": took.why or None,
    }


COMMAND = Command(
    import_,
    usage=(
        "[--status STATUS] [--tag TAG]... [--dry-run] PATH...",
        "--mapping NAME|FILE [--files DIR] [--table NAME=FILE]... [--tag TAG]... [--dry-run] FILE...",
    ),
    examples=(
        ("desk import --dry-run old.mbox", "Say what would become of an old mailbox."),
        ("desk import ~/Maildir-2019 --tag 2019", "Take over a Maildir as closed tickets."),
        (
            "desk import --mapping zendesk --files attachments tickets.json",
            "Take over the tickets of Zendesk.",
        ),
        ("desk import --mapping our-rt.yaml --dry-run rt.jsonl", "Try a mapping of your own."),
    ),
    see_also=("ingest", "export", "new"),
)
