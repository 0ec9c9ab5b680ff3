"""Shell completion: answers the shell's question; values come from the desk through one hook.

Whatever is offered ends up in an `eval` (zsh) or an unquoted word list (bash), so only values of
plain characters are offered; ticket subjects and other text from mail never are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import typer.completion

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.cli.root import Root

VARIABLE = "_DESK_COMPLETE"
SHELLS = ("bash", "zsh", "fish")
_PLAIN = re.compile(r"[A-Za-z0-9_@%.][A-Za-z0-9_@%.+/:-]*", re.ASCII)


def answer(root: Root, instruction: str) -> int:
    """Print what the shell asked for (`complete_bash`, `source_zsh` …); gives the exit code."""
    # Typer registers its shells as a side effect of this call.
    typer.completion.get_completion_inspect_parameters()
    return typer.completion.shell_complete(root, {}, "desk", VARIABLE, instruction)


def plain(values: Iterable[str], incomplete: str) -> list[str]:
    """Those of the values that begin as typed and are safe to hand to a shell."""
    return [value for value in values if value.startswith(incomplete) and _PLAIN.fullmatch(value)]
