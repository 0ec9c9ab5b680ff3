"""`desk fetch`: mail from mailboxes elsewhere."""

from collections import Counter
from typing import Annotated

import typer

from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import desk_of
from helpdesk_cli.cli.ingest import summary
from helpdesk_cli.cli.options import DryRun, Json
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.progress import track
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.cli.setup_commands import offer
from helpdesk_cli.desk.commands import NotApprovedError, fetch_command, why_not_run
from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.desk.fetch import Fetched, accounts, open_account
from helpdesk_cli.errors import DeskError, TryAgainError, UsageError


def fetch(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="ACCOUNT...", help="Accounts of `fetch:` in desk.yaml; all without one."),
    ] = None,
    *,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Fetch mail from mailboxes elsewhere.

    For a desk without a mail server of its own: `desk.yaml` names mailboxes on IMAP servers. Each mail
    is fetched, taken in as live mail, and when it is safe on the disk it is marked in the mailbox, or
    moved to another folder (`after: move`). Nothing is ever deleted. Interrupted anywhere, the next
    call goes on; a mail that is known already adds nothing.

    The mark is a keyword of the desk's own, where the server keeps such: then mail that a person reads
    in the mailbox is taken all the same. At first only what nobody has read is taken. Where a server
    keeps no keywords the flag for read mail is the mark, and what a person reads first is lost to the
    desk: move the mail instead, or leave the mailbox to the desk.

    The connection is encrypted and the server's certificate checked. Passwords and tokens come from
    commands: see docs/fetching-mail.md.

    Exit code 75 means that a mailbox could not be reached, or that a mail stays there; nothing is lost
    and the next call tries again; 4, that a command for a password was not approved on this host (`desk
    setup commands`). With `--json`, each mail is one line: account, uid, outcome (as
    `desk ingest`, or left), ticket, message, why.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    counts: Counter[str] = Counter()
    faults: list[DeskError] = []
    wanted = accounts(desk, names or ())
    if not as_json and any(why_not_run(desk, fetch_command(account)) for account in wanted):
        offer(session, output, desk, place="fetch: ")
    for account in wanted:
        try:
            _fetch_one(output, desk, account.name, counts, dry_run=dry_run, as_json=as_json)
        except UsageError:
            raise
        except DeskError as error:
            faults.append(error)
            output.error(str(error))
    if not as_json and (counts or not faults):
        output.confirm(summary(counts, dry_run=dry_run))
    if faults and all(isinstance(fault, NotApprovedError) for fault in faults) and not counts["left"]:
        raise NotApprovedError(_not_fetched(faults), hint="`desk setup commands` approves; nothing is lost.")
    if faults or counts["left"]:
        said = [_not_fetched(faults)] if faults else []
        said += (
            [f"{counts['left']} mail{'' if counts['left'] == 1 else 's'} left there"]
            if counts["left"]
            else []
        )
        raise TryAgainError(", ".join(said), hint="The next call tries again; nothing is lost.")


def _not_fetched(faults: list[DeskError]) -> str:
    return f"{len(faults)} mailbox{'' if len(faults) == 1 else 'es'} not fetched from"


def _fetch_one(
    output: Output, desk: Desk, name: str, counts: Counter[str], *, dry_run: bool, as_json: bool
) -> None:
    (account,) = accounts(desk, [name])
    with open_account(desk, account, dry_run=dry_run) as fetching:
        if fetching is None:
            output.note(f"{name}: another fetch is at this mailbox; it is left to that.")
            return
        for fetched in track(fetching, total=len(fetching), what="mails", session=output.session):
            outcome = "left" if fetched.left else fetched.ingested.outcome
            counts[outcome] += 1
            if as_json:
                output.json_line(as_document(fetched))
            if fetched.left:
                output.error(f"fetch: {name}: mail {fetched.uid} stays in the mailbox: {fetched.left}")


def as_document(fetched: Fetched) -> dict[str, object]:
    """What `--json` prints of one mail."""
    done = fetched.ingested
    message = f"{done.ticket.rpartition('-')[2]}.{done.message}" if done.ticket and done.message else None
    return {
        "schema": "desk/1",
        "kind": "fetched",
        "account": fetched.account,
        "uid": fetched.uid,
        "outcome": "left" if fetched.left else done.outcome,
        "ticket": done.ticket or None,
        "message": message,
        "why": fetched.left or done.why or None,
    }


COMMAND = Command(
    fetch,
    usage=("[--dry-run] [--json] [ACCOUNT...]",),
    examples=(
        ("desk fetch", "Take the mail of every mailbox that desk.yaml names."),
        ("desk fetch --dry-run support", "Say what would become of the mails in one, and leave them there."),
    ),
    see_also=("ingest", "doctor", "setup"),
)
