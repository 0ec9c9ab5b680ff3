"""`desk rules`: what happens to tickets by itself."""

import importlib
import sys
from pathlib import Path
from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import desk_of
from helpdesk_cli.cli.options import DryRun, Fields, Form, Json, check_options
from helpdesk_cli.cli.output import Output, check_form
from helpdesk_cli.cli.rules_view import rules_table
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.desk.rules_check import check, list_rules, rule_json
from helpdesk_cli.desk.rules_files import MOST, read_large
from helpdesk_cli.errors import FindingsError, InvalidFileError, UsageError
from helpdesk_cli.tickets.as_json import SCHEMA

# The options that each understands, beside --rules, --json and the like.
_OPTIONS: dict[str, tuple[str, ...]] = {
    "list": (),
    "check": (),
    "test": (),
    "explain": ("--rule", "--event", "--sender", "--recipient"),
    "run": ("--rule", "--event", "--send", "--dry-run"),
    "replay": ("--against", "--since", "--full"),
}
ACTIONS = ("list", "check", "test", "explain", "run", "replay")


def rules(
    context: typer.Context,
    action: Annotated[
        str,
        typer.Argument(
            metavar="[list|check|test|explain|run|replay]",
            autocompletion=complete.rules_actions,
            help="What to do; else `list`.",
        ),
    ] = "list",
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE|ID|QUERY...]",
            autocompletion=complete.terms,
            help="For `test` tests or folders of them, for `explain` a ticket, `42.3` or a mail in a file,"
            " for `run` and `replay` a query.",
        ),
    ] = None,
    *,
    file: Annotated[
        str,
        typer.Option("--rules", metavar="FILE", help="Another rules.yaml; `-` is standard input."),
    ] = "",
    against: Annotated[
        str,
        typer.Option(
            "--against",
            metavar="FILE|COMMIT",
            help="With `replay`: what is in force; else the desk's file, or for that the last commit.",
        ),
    ] = "",
    since: Annotated[
        str,
        typer.Option("--since", metavar="PERIOD", help="With `replay`: `90d`, `2026Q3`, `2026-07-01..` ..."),
    ] = "",
    rule: Annotated[
        str,
        typer.Option(
            "--rule",
            metavar="NAME",
            autocompletion=complete.rule_names,
            help="With `explain` and `run`: this rule alone.",
        ),
    ] = "",
    event: Annotated[
        str,
        typer.Option(
            "--event",
            metavar="EVENT",
            autocompletion=complete.rule_events,
            help="With `explain` and `run`: as if this had just happened.",
        ),
    ] = "",
    sender: Annotated[
        str | None,
        typer.Option("--sender", metavar="ADDRESS", help="Of a mail in a file: the envelope's sender."),
    ] = None,
    recipient: Annotated[
        list[str] | None,
        typer.Option("--recipient", metavar="ADDRESS", help="Of a mail in a file: the envelope's recipient."),
    ] = None,
    send: Annotated[
        bool, typer.Option("--send", help="With `run`: rules may write to customers, and tell us.")
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="With `replay`: every difference.")] = False,
    dry_run: DryRun = False,
    form: Form = "",
    as_json: Json = False,
    fields: Fields = "",
) -> int | None:
    """Say what happens to tickets by itself; check and try it.

    `list` shows the rules of `rules.yaml` in their order. A rule is on, off, or in dry run: one that
    would write to customers does nothing until it says `send: on`.

    `check` reads the file as it is now: exit code 4 for what is wrong, 1 for what is odd: rules that never
    act, and rules that set one field of the same tickets to different values.

    `test` tries the rules on mails with expected results, those in `rules/tests/` unless others are named,
    each in an empty desk of its own: exit code 1 where one comes out otherwise. A test is a YAML file beside
    its mail: `expect:` with `rules:` (all that act, in order), `ticket:`, `notes:`, `mails:` and `told:`;
    docs/rules.md has the rest.

    `explain` says of a ticket's last mail (`42.3`: of that message), or of a mail in a file, what becomes of
    each rule: the terms for which it acts or does not, what the ticket has there, what it would change.

    `run` lets rules act on tickets that are there, as if the `--event` had just happened (else `created`, or
    what the rule waits for): nothing twice, one operation, asked first where they are many. What would
    write to anybody is left out without `--send`.

    `replay` asks what `--rules FILE` would have made of past mail, beside the file in force: exit code 1
    where a ticket comes out otherwise, 0 where none does, 4 where the file is broken. Without `--rules`,
    the desk's own file is tried against the last commit. It reads only, and needs no terminal.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    form = check_form("json" if as_json else form)
    if action not in ACTIONS:
        raise UsageError(f"there is no `desk rules {action}`", hint=f"There are {', '.join(ACTIONS)}.")
    said = {
        "--against": against,
        "--since": since,
        "--rule": rule,
        "--event": event,
        "--sender": sender is not None,
        "--recipient": recipient,
        "--send": send,
        "--full": full,
        "--dry-run": dry_run,
    }
    check_options(f"rules {action}", _OPTIONS[action], said)
    if action in {"list", "check"} and words:
        raise UsageError(f"`desk rules {action}` takes no words")
    if action == "list":
        _list(output, desk, file, form=form, fields=fields)
        return None
    if action == "check":
        _check(output, desk, file, form=form, fields=fields)
        return None
    # What tries rules brings the mail modules with it; a look at the list does not wait for them.
    trial = importlib.import_module("helpdesk_cli.cli.rules_trial")
    asked = trial.Asked(
        tuple(words or ()),
        file=file,
        against=against,
        rule=rule,
        event=event,
        since=since,
        sender=sender,
        recipients=tuple(recipient or ()),
        sends=send,
        full=full,
        dry_run=dry_run,
        form=form,
        fields=fields,
    )
    code: int | None = trial.do(action, output, session, desk, asked)
    return code


def _list(output: Output, desk: Desk, file: str, *, form: str, fields: str) -> None:
    if file:
        # As those read it that try it.
        found = importlib.import_module("helpdesk_cli.cli.rules_trial").read_book(output, desk, file).rules
    else:
        found = list_rules(desk).rules
    if form == "json" and not fields:
        items = [rule_json(rule) for rule in found]
        output.json({"schema": SCHEMA, "kind": "rules", "total": len(items), "items": items})
        return
    output.table(rules_table(found), form, fields=fields)


def _check(output: Output, desk: Desk, file: str, *, form: str, fields: str) -> None:
    if form not in {"", "json"}:
        raise UsageError("`desk rules check` prints lines, or JSON", "--output")
    if fields:
        raise UsageError("there are no columns to choose from", "--fields")
    if file == "-":
        found = check(desk, sys.stdin.buffer.read(MOST), place="standard input")
    elif file:
        found = check(desk, read_large(Path(file)), place=file)
    else:
        found = check(desk)
    if form == "json":
        output.json(found.json())
    else:
        for error in (*found.errors, *found.oddities):
            output.line(str(error))
    if found.errors:
        number = len(found.errors)
        raise InvalidFileError(f"{number} mistake{'' if number == 1 else 's'}: no rules run with this file")
    if found.oddities:
        number = len(found.oddities)
        raise FindingsError(f"{number} thing{'' if number == 1 else 's'} to look at")
    if form != "json":
        many = f"{len(found.rules):,} rule{'' if len(found.rules) == 1 else 's'}"
        output.confirm(f"{many}, nothing to mend.")


COMMAND = Command(
    rules,
    usage=(
        "[list] [--rules FILE]",
        "check [--rules FILE]",
        "test [--rules FILE] [TEST]...",
        "explain [--rule NAME] [--event EVENT] ID|MAIL",
        "run [--rule NAME] [--event EVENT] [--send] [--dry-run] [QUERY]...",
        "replay [--since PERIOD] [--rules FILE] [--against FILE|COMMIT] [QUERY]...",
    ),
    examples=(
        ("desk rules", "The rules in their order, and which of them are on."),
        ("desk rules check", "Look at rules.yaml before it counts."),
        ("desk rules test", "Try it on the mails in rules/tests/."),
        ("desk rules explain 42", "Why the last mail of ticket 42 came where it is."),
        ("desk rules run --rule 'billing words' --dry-run", "What a new rule would do to what is open."),
        ("desk rules replay --since 90d", "What my changes would have made of the last months' mail."),
        ("desk rules replay --against origin/main --json", "The same for a program, in a check of a branch."),
    ),
    see_also=("sla", "cron", "log", "undo"),
)
