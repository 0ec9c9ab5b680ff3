"""`desk ingest`: mail goes in, tickets come out."""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from helpdesk_cli.channels.sources import Source, count_mail, find_mail
from helpdesk_cli.cli import complete
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import desk_of
from helpdesk_cli.cli.options import DryRun, Json
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.progress import track
from helpdesk_cli.cli.session import is_terminal, session_of
from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.desk.fields import check_value
from helpdesk_cli.desk.ingest import ingest
from helpdesk_cli.desk.ingest_many import ingest_many
from helpdesk_cli.desk.outcome import Ingested, Options
from helpdesk_cli.desk.retry import retry
from helpdesk_cli.desk.tag import check_tag
from helpdesk_cli.errors import PartialError, TryAgainError, UsageError
from helpdesk_cli.mail.delivered import sender_above
from helpdesk_cli.mail.limits import LARGEST_MAIL
from helpdesk_cli.mail.received import Envelope
from helpdesk_cli.values import replace

STDIN = "-"
_SAID = {
    "created": "opened {ticket}",
    "appended": "added to {ticket}",
    "duplicate": "already in {ticket}",
    "unparsed": "kept unread in {ticket}",
    "deferred": "set aside",
    "left": "left in place",
}


def take_in(
    context: typer.Context,
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH...", help="Mail files, folders, Maildirs or mailboxes; without one, standard input."
        ),
    ] = None,
    *,
    recipient: Annotated[
        list[str] | None,
        typer.Option("--recipient", metavar="ADDRESS", help="The envelope's recipient; may be given again."),
    ] = None,
    sender: Annotated[
        str | None,
        typer.Option("--sender", metavar="ADDRESS", help="The envelope's sender; empty for a bounce."),
    ] = None,
    live: Annotated[
        bool,
        typer.Option(
            "--live", help="Treat stored mail as if it came now: it may be answered and set rules off."
        ),
    ] = False,
    status: Annotated[
        str,
        typer.Option(
            "--status",
            metavar="STATUS",
            autocompletion=complete.statuses,
            help="The status of the tickets that are opened.",
        ),
    ] = "",
    tag: Annotated[
        list[str] | None, typer.Option("--tag", metavar="TAG", help="A tag for them; may be given again.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--retry", help="Take up the mail that was set aside or waits.")
    ] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Take mail in.

    One mail on standard input, as mail servers hand it over; or what lies in files, folders, Maildirs
    and mbox files, of which nothing is moved, marked or removed. A mail that is known already adds
    nothing, so that everything can be done twice.

    Mail on standard input is live. Stored mail is an import: it sets nothing in motion and keeps its
    own date, unless `--live` is given. `--status closed --tag imported` suits an old mailbox.

    With a mail on standard input the exit code is 0, when the mail is safe on the disk, or 75, when the
    mail server shall keep it and try again; nothing of the mail is printed. `desk-ingest` is the
    quicker door for mail servers: see `desk help setup`.

    A file or folder that cannot be read, and a symbolic link in a folder, is named and left; the exit code
    is 8, and the same call takes it once it can be read.

    With `--json`, each mail is one line: file, outcome (created, appended, duplicate, unparsed,
    deferred, left), ticket, message.
    """
    session = session_of(context)
    output = Output(session)
    from_stdin = not again and paths in (None, [], [STDIN])
    session.mail_waits = from_stdin and not is_terminal(0)
    if from_stdin and is_terminal(0):
        raise UsageError("there is no mail", hint="Name files or folders, or pipe a mail into it.")
    desk = desk_of(session)
    check_places(desk, () if from_stdin else paths or ())
    options = Options(
        Envelope(sender, tuple(recipient or ())),
        live=live or from_stdin,
        status=str(check_value(desk, "status", status, actor=None)) if status else "",
        tags=tuple(map(check_tag, tag or ())),
    )
    if from_stdin:
        data = _read_stdin()
        if sender is None:
            told = Envelope(sender_above(data), options.envelope.recipients)
            options = replace(options, envelope=told)
        if dry_run:
            source = Source("standard input", lambda: data)
            done = list(ingest_many(desk, [source], options, dry_run=True))
        else:
            done = [ingest(desk, data, options)]
        tell(output, done, as_json=as_json, each=output.to_terminal or dry_run)
        return
    if again:
        results: Iterable[Ingested] = (retried.ingested for retried in retry(desk))
    else:
        results = _from_paths(output, desk, [Path(path) for path in paths or []], options, dry_run=dry_run)
    counts = tell(output, results, as_json=as_json, each=dry_run)
    if not as_json:
        output.confirm(summary(counts, dry_run=dry_run))
    check_deferred(counts)


def check_deferred(counts: Counter[str]) -> None:
    """Raises PartialError where a mail could not be filed, or not even be read."""
    if counts["left"]:
        unread = f"{counts['left']} of {sum(counts.values())} not taken, and left in place"
        aside = f"; {counts['deferred']} set aside" if counts["deferred"] else ""
        hint = "See to what is named (make it readable, or leave it out), and say the same again."
        raise PartialError(
            f"{unread}{aside}", hint=hint + (" `desk ingest --retry` takes up the others." if aside else "")
        )
    if counts["deferred"]:
        raise PartialError(
            f"{counts['deferred']} of {sum(counts.values())} mails could not be filed; none of them is lost",
            hint="`desk` says what is wrong; `desk ingest --retry` takes them up.",
        )


def check_places(desk: Desk, paths: Iterable[str], *, strict: bool = False) -> None:
    """Raises UsageError for a name that is empty, and for the desk itself: what is in it is no mail.

    A folder that somebody put into the desk for a moment is one, unless `strict`; a single file always is.
    """
    root = desk.layout.root.resolve()
    for path in paths:
        if not path:
            raise UsageError("one of the names is empty", "PATH", "Name a mailbox, a folder or a file.")
        # Not `Path.resolve`, which raises over a link in a circle.
        place = Path(os.path.realpath(path))
        if not place.exists():
            # Whoever reads it says so.
            continue
        inside = place.relative_to(root).parts if place.is_relative_to(root) else ()
        is_own = inside[:1] in {("tickets",), (".git",)} or (
            strict and bool(inside) and not (place.parent == root and place.is_file())
        )
        if root.is_relative_to(place) or is_own:
            hint = "What is in a desk came from it: name the mailbox or the export itself, outside of it."
            raise UsageError("this is the desk, or a part of it, or has it in it", path, hint)


def _read_stdin() -> bytes:
    data = sys.stdin.buffer.read(LARGEST_MAIL + 1)
    if not data:
        # A mail server never hands over nothing; a broken pipe does.
        raise TryAgainError("nothing came on standard input")
    if len(data) > LARGEST_MAIL:
        raise TryAgainError(f"the mail is larger than {LARGEST_MAIL} bytes")
    return data


def _from_paths(
    output: Output, desk: Desk, paths: list[Path], options: Options, *, dry_run: bool
) -> Iterator[Ingested]:
    total = sum(map(count_mail, paths))
    sources = chain.from_iterable(map(find_mail, paths))
    results = ingest_many(desk, sources, options, dry_run=dry_run)
    return track(results, total=total, what="mails", session=output.session)


def tell(output: Output, results: Iterable[Ingested], *, as_json: bool, each: bool) -> Counter[str]:
    """Say what became of the mails, and count it. Nothing that is printed comes from a mail's content."""
    counts: Counter[str] = Counter()
    for done in results:
        counts[done.outcome] += 1
        if as_json:
            output.json_line(as_document(done))
        elif each:
            said = _SAID[done.outcome].format(ticket=done.ticket)
            output.confirm(f"{_name(done)}: {said}" if done.file else said)
        if done.file and done.outcome in {"deferred", "left"}:
            output.error(f"{_name(done)}: {done.why}")
    return counts


def _name(done: Ingested) -> str:
    """The file's name on one line."""
    return done.file.replace("\n", "\\u{a}")


def as_document(done: Ingested) -> dict[str, object]:
    """What `--json` prints of one mail."""
    message = f"{done.ticket.rpartition('-')[2]}.{done.message}" if done.ticket and done.message else None
    return {
        "schema": "desk/1",
        "kind": "ingested",
        "file": done.file or None,
        "outcome": done.outcome,
        "ticket": done.ticket or None,
        "message": message,
    }


def summary(counts: Counter[str], *, dry_run: bool) -> str:
    """`1,200 mails: 800 opened a ticket, 390 were added to one, 10 were known already.`."""
    total = sum(counts.values())
    words = {
        "created": "opened a ticket",
        "appended": "added to one",
        "duplicate": "known already",
        "unparsed": "kept unread",
        "deferred": "set aside",
        "left": "left in place",
    }
    parts = [f"{counts[outcome]:,} {word}" for outcome, word in words.items() if counts[outcome]]
    text = f"{total:,} mail{'' if total == 1 else 's'}{': ' if parts else ''}{', '.join(parts)}"
    return f"{text} (nothing was written)" if dry_run else text


COMMAND = Command(
    take_in,
    usage=(
        "[--sender ADDRESS] [--recipient ADDRESS]... < MAIL",
        "[--status STATUS] [--tag TAG]... [--live] [--dry-run] PATH...",
        "--retry",
    ),
    examples=(
        ("desk ingest < mail.eml", "Take in one mail as if it had just come."),
        ("desk ingest --dry-run ~/Maildir", "Say what would become of the mails in a Maildir."),
        ("desk ingest --status closed --tag imported old.mbox", "Import an old mailbox."),
        ("desk ingest --retry", "Take up what could not be filed when it came."),
    ),
    see_also=("list", "new", "init"),
)
