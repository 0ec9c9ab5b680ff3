"""`desk reconcile`: proof that no mail was lost."""

from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from helpdesk_cli.channels.maillog import read_logs
from helpdesk_cli.channels.sources import count_mail, find_mail
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import desk_of
from helpdesk_cli.cli.options import Json
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.progress import track
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk.reconcile import (
    Reconciled,
    Told,
    Wanted,
    check_compared,
    lines_of,
    read_ignored,
    reconcile_log,
)
from helpdesk_cli.desk.reconcile_mail import reconcile_mail
from helpdesk_cli.errors import FindingsError, InvalidFileError, NotFoundError, UsageError, fault

# What became of the mails, in the order in which it is told.
_SAID = {
    "ticket": "in a ticket",
    "spam": "in a ticket that is spam",
    "broken": "in a ticket whose file cannot be read",
    "removed": "taken out of a ticket by somebody",
    "set-aside": "set aside (`desk ingest --retry`)",
    "waiting": "waiting for a ticket file to be mended",
    "queued": "still with the mail server",
    "young": "younger than ten minutes",
    "ignored": "left out by name",
    "returned": "given back to the sender by the mail server",
    "unfiled": "kept and in no ticket",
    "differs": "only by its Message-ID",
    "missing": "missing",
}

# Of those that are well and wait.
_MOST_NOTED = 20


def reconcile(
    context: typer.Context,
    *,
    maillog: Annotated[
        list[str] | None,
        typer.Option(
            "--maillog", metavar="FILE", help="A mail server's log, also gzipped; may be given again."
        ),
    ] = None,
    maildir: Annotated[
        list[str] | None,
        typer.Option(
            "--maildir",
            metavar="DIR",
            help="A Maildir, folder or mbox that gets the same mail; may be given again.",
        ),
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option(
            "--to", metavar="ADDRESS", help="Only mail to this address; else to the desk's inboxes."
        ),
    ] = None,
    command: Annotated[
        list[str] | None,
        typer.Option(
            "--command",
            metavar="WORD",
            help="Only mail handed to a command or transport with this in its name.",
        ),
    ] = None,
    ignore: Annotated[
        str,
        typer.Option("--ignore", metavar="FILE", help="Mails to leave out: lines `<MESSAGE-ID> REASON`."),
    ] = "",
    as_json: Json = False,
) -> None:
    """Look whether every mail that the mail server handed over is here.

    The log of Postfix, Exim, sendmail or procmail says which mails were for the desk: those handed to
    `desk-ingest`, and those to an address of an inbox (`--to` and `--command` say otherwise). A Maildir that
    the mail server fills as well can be compared in the same way. Each mail is counted once, however often
    it was delivered: in a ticket, in one that is spam, taken out by somebody, set aside, waiting, still with
    the mail server, or left out for the reason that `--ignore` names. Of several logs the oldest is read
    first, in whatever order they are named. A log knows a mail by its Message-ID; in a Maildir what it says
    counts.

    What is none of these is named, with its Message-ID (or the mail server's name of it), when, from whom,
    and what to do, and the exit code is 1. So is what the mail server gave back to its sender. Where nothing
    was compared at all, or all of it is younger than ten minutes, the exit code is 3: that proves nothing.

    A mail without a Message-ID is found by the mail server's own name of it, in the originals that the host
    keeps that takes mail in; run it there.
    """
    session = session_of(context)
    output = Output(session)
    logs, folders = [Path(each) for each in maillog or ()], [Path(each) for each in maildir or ()]
    if not logs and not folders:
        raise UsageError("there is nothing to compare with", hint="Name a log: --maillog /var/log/mail.log.")
    desk = desk_of(session)
    wanted = Wanted.of(desk, to=to or (), commands=command or ())
    ignored = _read_ignored(ignore)
    done = Reconciled()
    if logs:
        reconcile_log(desk, read_logs(logs, now=desk.now), wanted, ignored, done)
    if folders:
        total = sum(map(count_mail, folders))
        sources = track(
            chain.from_iterable(map(find_mail, folders)), total=total, what="mails", session=session
        )
        reconcile_mail(desk, sources, ignored, done, only=wanted.addresses if to else None)
    check_compared(done, [*logs, *folders])
    if as_json:
        output.json(as_document(done))
    else:
        _tell(output, done)
    if done.wrong:
        count = (
            f"{len(done.wrong):,} of {done.total:,} mails {'is' if len(done.wrong) == 1 else 'are'} not well"
        )
        raise FindingsError(count)


def _read_ignored(file: str) -> dict[str, str]:
    if not file:
        return {}
    try:
        return read_ignored(Path(file).read_text("utf-8"), place=file)
    except UnicodeDecodeError:
        raise InvalidFileError("not UTF-8", file, "Save the file as UTF-8.") from None
    except FileNotFoundError:
        raise NotFoundError("there is no such file", file, "Name the file of --ignore.") from None
    except IsADirectoryError:
        raise InvalidFileError("this is a folder", file, "Name the file of --ignore.") from None
    except OSError as error:
        raise fault(error, file) from error


def _tell(output: Output, done: Reconciled) -> None:
    for told in lines_of(done):
        for line in output.folded(as_line(told), indent="  "):
            output.line(line)
    for told in done.waiting[:_MOST_NOTED]:
        output.note(as_line(told))
    parts = [f"{done.counts[outcome]:,} {words}" for outcome, words in _SAID.items() if done.counts[outcome]]
    output.confirm(f"{done.total:,} mail{'' if done.total == 1 else 's'} for this desk: {', '.join(parts)}.")


def as_line(told: Told) -> str:
    """`<m7@x>, from ada@x, Nov 20 09:12:41 (mail.log:41): it was handed over and is not here. Look …`."""
    name = f"<{told.name}>" if "@" in told.name and "/" not in told.name else told.name
    parts = [name, f"from {told.sender}" if told.sender else "from <>", told.at]
    who = ", ".join(part for part in parts if part)
    said = told.why or _SAID[told.outcome]
    if told.outcome == "queued":
        said = f"{_SAID['queued']}: {told.why}" if told.why else _SAID["queued"]
    if told.outcome == "returned":
        said = f"the mail server gave it back to the sender: {told.why}" if told.why else _SAID["returned"]
    stop = "" if said.endswith((".", "!", "?")) else "."
    return f"{who} ({told.place}): {said}{stop} {told.remedy}".rstrip()


def as_document(done: Reconciled) -> dict[str, object]:
    """What `--json` prints."""
    items = [
        {
            "name": told.name,
            "outcome": told.outcome,
            "at": told.at or None,
            "from": told.sender or None,
            "place": told.place,
            "ticket": told.ticket or None,
            "why": told.why or None,
            "remedy": told.remedy or None,
        }
        for told in (*lines_of(done), *done.waiting)
    ]
    return {
        "schema": "desk/1",
        "kind": "reconciled",
        "total": done.total,
        "deliveries": done.deliveries,
        "counts": [{"outcome": name, "mails": done.counts[name]} for name in _SAID if done.counts[name]],
        "items": items,
    }


COMMAND = Command(
    reconcile,
    usage=(
        "--maillog FILE... [--to ADDRESS]... [--command WORD]... [--ignore FILE]",
        "--maildir DIR... [--to ADDRESS]... [--ignore FILE]",
    ),
    examples=(
        (
            "desk reconcile --maillog /var/log/mail.log --maillog /var/log/mail.log.1",
            "Since the last two rotations.",
        ),
        (
            "desk reconcile --maillog /var/log/exim4/mainlog.2.gz --to support@example.com",
            "One inbox, an older log.",
        ),
        (
            "desk reconcile --maildir ~/Archive --quiet || mail -s 'mail is missing' root",
            "Compare with a copy, in cron.",
        ),
    ),
    see_also=("ingest", "fsck", "doctor", "setup"),
)
