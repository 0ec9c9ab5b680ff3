"""`desk rules`: what happens to tickets by itself."""

from pathlib import Path
from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import desk_of
from helpdesk_cli.cli.options import Fields, Form, Json
from helpdesk_cli.cli.output import Output, check_form
from helpdesk_cli.cli.rules_view import rules_table
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.desk.rules_check import check, list_rules, rule_json
from helpdesk_cli.errors import FindingsError, InvalidFileError, UsageError
from helpdesk_cli.tickets.as_json import SCHEMA

ACTIONS = ("list", "check")


def rules(
    context: typer.Context,
    action: Annotated[
        str,
        typer.Argument(
            metavar="[list|check]", autocompletion=complete.rules_actions, help="What to do; else `list`."
        ),
    ] = "list",
    *,
    file: Annotated[
        str, typer.Option("--rules", metavar="FILE", help="With `check`: another rules.yaml.")
    ] = "",
    form: Form = "",
    as_json: Json = False,
    fields: Fields = "",
) -> int | None:
    """Say what happens to tickets by itself, and check it.

    `list` shows the rules of `rules.yaml` in their order. A rule is on, off, or in dry run: one that
    would write to customers does nothing until it says `send: on`.

    `check` reads the file as it is now: exit code 4 for what is wrong, 1 for what is odd: rules that never
    act, and rules that set one field of the same tickets to different values.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    form = check_form("json" if as_json else form)
    if action == "list":
        _list(output, desk, form=form, fields=fields)
    elif action == "check":
        _check(output, desk, file, form=form)
    else:
        raise UsageError(f"there is no `desk rules {action}`", hint=f"There are {', '.join(ACTIONS)}.")
    return None


def _list(output: Output, desk: Desk, *, form: str, fields: str) -> None:
    found = list_rules(desk).rules
    if form == "json":
        items = [rule_json(rule) for rule in found]
        output.json({"schema": SCHEMA, "kind": "rules", "total": len(items), "items": items})
        return
    output.table(rules_table(found), form, fields=fields)


def _check(output: Output, desk: Desk, file: str, *, form: str) -> None:
    found = check(desk, Path(file) if file else None)
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
    usage=("[list]", "check [--rules FILE]"),
    examples=(
        ("desk rules", "The rules in their order, and which of them are on."),
        ("desk rules check", "Look at rules.yaml before it counts."),
    ),
    see_also=("sla", "cron", "log"),
)
