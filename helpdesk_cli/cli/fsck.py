"""`desk fsck`: whether everything is there, whole, and where it belongs."""

from typing import Annotated

import typer

from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.findings import as_documents, tell
from helpdesk_cli.cli.here import desk_of, reader_of
from helpdesk_cli.cli.options import Json
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.progress import reporter
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk import fsck as checking
from helpdesk_cli.desk.repair import Done
from helpdesk_cli.desk.repair import repair as set_right
from helpdesk_cli.errors import FindingsError


def check(
    context: typer.Context,
    *,
    repair: Annotated[
        bool, typer.Option("--repair", help="Set right what needs no judgement; say what was done.")
    ] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Read every original mail and every attachment too.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Check that everything is there, whole, and where it belongs.

    Every ticket file is read; attachments, original mails, what waits and what was set aside, git and
    the index are looked at. Each finding is a line: where, what, and what to do about it. Findings end
    in exit code 1.

    `--repair` throws nothing away and guesses nothing: it files what waits, brings into git what is
    missing there, gives tickets that share a number one each, takes over what hands have edited. Doing
    it twice is doing it once.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    progress = reporter("ticket files", session)
    repaired: tuple[Done, ...] = ()
    if repair:
        result = set_right(desk, actor=reader_of(desk, session), full=full, progress=progress)
        findings = list(result.left)
        repaired = result.done
    else:
        findings = checking.fsck(desk, full=full, progress=progress)
    if as_json:
        items = as_documents(findings)
        document = {"schema": "desk/1", "kind": "findings", "total": len(items), "items": items}
        mended = [{"code": done.code, "path": done.path or None, "what": done.what} for done in repaired]
        output.json({**document, "repaired": mended})
    else:
        for done in repaired:
            output.confirm(f"{done.path}: {done.what}" if done.path else done.what)
        tell(output, findings)
    if findings:
        count = f"{len(findings)} finding{'' if len(findings) == 1 else 's'}"
        mendable = sum(finding.repairable for finding in findings)
        hint = f"`desk fsck --repair` sees to {mendable} of them." if mendable and not repair else ""
        raise FindingsError(count, hint=hint)
    if not as_json:
        output.confirm("Everything is in order.")


COMMAND = Command(
    check,
    usage=("[--repair] [--full] [--json]",),
    examples=(
        ("desk fsck", "Look whether all is well."),
        ("desk fsck --repair", "Set right what can be."),
        ("desk fsck --full --json | jq '.items[].path'", "Read everything, for a program."),
    ),
    see_also=("ingest", "edit"),
)
