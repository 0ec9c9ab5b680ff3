"""`desk completion`: the script that teaches a shell to complete desk's words."""

from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.root import make_root
from helpdesk_cli.errors import UsageError


def print_script(
    shell: Annotated[
        str,
        typer.Argument(
            metavar="SHELL", help="`bash`, `zsh` or `fish`.", autocompletion=lambda: list(complete.SHELLS)
        ),
    ],
) -> int:
    """Print the completion script for a shell.

    The script asks `desk` itself for the words that fit: commands, options, and the ids, agents,
    tags and statuses of the desk around the current folder.
    """
    if shell not in complete.SHELLS:
        raise UsageError(
            f'there is no completion for "{shell}"', hint=f"Choose one of {', '.join(complete.SHELLS)}."
        )
    return complete.answer(make_root(), f"source_{shell}")


COMMAND = Command(
    print_script,
    usage=("bash|zsh|fish",),
    examples=(
        ('eval "$(desk completion bash)"', "Complete in this shell; put the line into ~/.bashrc to keep it."),
        ('desk completion zsh > "${fpath[1]}/_desk"', "Install the completion for zsh."),
        ("desk completion fish > ~/.config/fish/completions/desk.fish", "Install the completion for fish."),
    ),
)
