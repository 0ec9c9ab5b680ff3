"""`desk completion`: the script that teaches a shell to complete desk's words."""

from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.root import make_root
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.errors import UsageError


def print_script(
    context: typer.Context,
    shell: Annotated[
        str,
        typer.Argument(
            metavar="SHELL", help="`bash`, `zsh` or `fish`.", autocompletion=lambda: list(complete.SHELLS)
        ),
    ],
) -> None:
    """Print the completion script for a shell.

    The script asks `desk` itself for the words that fit: commands, options, and the ids, agents,
    tags and statuses of the desk around the current folder.
    """
    if shell not in complete.SHELLS:
        raise UsageError(
            f'there is no completion for "{shell}"', hint=f"Choose one of {', '.join(complete.SHELLS)}."
        )
    output = Output(session_of(context))
    for line in complete.script(make_root(), shell).split("\n"):
        output.line(line)


COMMAND = Command(
    print_script,
    usage=("bash|zsh|fish",),
    examples=(
        ('eval "$(desk completion bash)"', "Complete in this shell; put the line into ~/.bashrc to keep it."),
        ('eval "$(desk completion zsh)"', "The same for zsh, in ~/.zshrc after `compinit`."),
        ("desk completion fish > ~/.config/fish/completions/desk.fish", "Install the completion for fish."),
    ),
)
