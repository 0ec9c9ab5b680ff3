"""Options that several commands share, each written once."""

from collections.abc import Collection, Mapping
from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.errors import UsageError

DryRun = Annotated[
    bool, typer.Option("--dry-run", "-n", help="Say what would be changed and change nothing.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON: see `desk help json`.")]
Form = Annotated[
    str,
    typer.Option(
        "--output",
        "-O",
        metavar="FORMAT",
        help="The format: `table`, `tsv`, `csv`, `json`, `jsonl`, `ids` or `md`.",
    ),
]
Fields = Annotated[
    str,
    typer.Option("--fields", metavar="NAMES", help="Only these columns, in this order, joined by commas."),
]
Tickets = Annotated[
    list[str],
    typer.Argument(
        metavar="ID...",
        help="Tickets, or `-` for a list on standard input: see `desk help ids`.",
        autocompletion=complete.tickets,
    ),
]
Chosen = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[ID...]",
        help="Tickets, or `-` for a list on standard input: see `desk help ids`.",
        autocompletion=complete.tickets,
    ),
]
Query = Annotated[
    str | None,
    typer.Option(
        "--query", "-q", metavar="QUERY", help="The tickets that this query finds: see `desk help query`."
    ),
]


def check_options(command: str, known: Collection[str], said: Mapping[str, object]) -> None:
    """Refuse what one of several actions does not understand: nobody is to think that it counted.

    `said` has of every option whether it was given, by truth. Raises UsageError for the first.
    """
    for name, value in said.items():
        if value and name not in known:
            hint = f"It takes {', '.join(known)}." if known else "Leave it out."
            raise UsageError(f"`desk {command}` takes no {name}", hint=hint)
