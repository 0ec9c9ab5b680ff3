"""The root command: knows names, targets and summaries only, and loads a command when it is chosen."""

from __future__ import annotations

import difflib
import importlib
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand, TyperGroup

from helpdesk_cli.cli import contents, manual
from helpdesk_cli.cli.command import Command, DeskCommand, make_command
from helpdesk_cli.cli.globals import global_options
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.cli.contents import Entry

# What bare `desk` does.
DEFAULT = "overview"


class Root(TyperGroup):
    """`desk` itself. Nothing in it asks a command for anything before that command is called for.

    `ctx: Any` stands for click's Context, which Typer carries and does not export.
    """

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002 - see the class
        """The names a person may type."""
        return contents.names()

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:  # noqa: ANN401, ARG002 - see the class
        """What completion needs of the command of that name: a stand-in with its summary."""
        entry = contents.find(cmd_name)
        return TyperCommand(entry.name, help=entry.summary, rich_markup_mode=None) if entry else None

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:  # noqa: ANN401 - see the class
        """The command that the first word names, imported now; else what the word may have meant."""
        entry = contents.find(args[0])
        if entry is None:
            if ctx.resilient_parsing:
                return None, None, args[1:]
            raise unknown(args[0])
        return entry.name, load(entry), args[1:]

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - see the class
        """Run the chosen command; bare `desk` is the overview."""
        answer = super().invoke(ctx)
        if ctx.invoked_subcommand is not None:
            return answer
        entry = contents.find(DEFAULT)
        if entry is None:
            return Output(session_of(ctx)).text(ctx.get_help())
        command = load(entry)
        with command.make_context(entry.name, [], parent=ctx) as context:
            return command.invoke(context)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002 - see the class
        """Write the table of contents."""
        formatter.write(manual.contents_as_text(contents.in_groups(), width=formatter.width))


def make_root() -> Root:
    """The root command with the global options."""
    options: list[Any] = list(global_options(with_version=True))
    return Root(
        name="desk",
        params=options,
        invoke_without_command=True,
        rich_markup_mode=None,
        add_help_option=False,
    )


def load(entry: Entry) -> DeskCommand:
    """The command of that line of the table of contents; the one place that imports command modules."""
    module, _, name = entry.target.partition(":")
    spec = getattr(importlib.import_module(f"helpdesk_cli.cli.{module}"), name)
    if not isinstance(spec, Command):
        raise TypeError(f"{entry.target} is no Command")
    return make_command(entry.name, spec)


def unknown(name: str, others: Sequence[str] = ()) -> UsageError:
    """The refusal of a name that is no command, with the likely one."""
    likely = difflib.get_close_matches(name, [*contents.names(), *others], n=1)
    hint = f"Did you mean `{likely[0]}`?" if likely else "`desk help` lists the commands."
    what = "command or topic" if others else "command"
    return UsageError(f'there is no {what} "{name}"', hint=hint)
