"""Session: what the global options and the environment say, before any desk is looked for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    import typer

ColorChoice = Literal["auto", "always", "never"]


@dataclass(slots=True)
class Session:
    """Filled by option callbacks while the command line is read; later options win. "" = not said."""

    directory: str = ""  # -C
    now: str = field(default_factory=lambda: os.environ.get("DESK_NOW", ""))
    agent: str = ""  # DESK_AGENT is weighed by the desk, where its reason can be named
    color: ColorChoice = "auto"
    pager: bool = True
    quiet: bool = False
    yes: bool = False
    mail_waits: bool | None = (
        None  # whether this call holds a mail that came on standard input; None = not known
    )

    @property
    def folder(self) -> str:
        """Where to look for the desk: -C, else DESK_DIR, else "" for the current folder."""
        return self.directory or os.environ.get("DESK_DIR", "")

    @property
    def may_ask(self) -> bool:
        """Whether a person may be asked: not when DESK_NO_INPUT is set."""
        return os.environ.get("DESK_NO_INPUT", "") in {"", "0"}

    def wants_color(self, *, is_terminal: bool) -> bool:
        """Whether to colour a stream: --color first, then NO_COLOR, then the terminal itself."""
        if self.color != "auto":
            return self.color == "always"
        return is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "") != "dumb"


def session_of(context: typer.Context) -> Session:
    """The session of this call."""
    found = context.find_object(Session)
    return found if found is not None else Session()


def is_terminal(descriptor: int) -> bool:
    """Whether that descriptor is open on a terminal."""
    try:
        return os.isatty(descriptor)
    except OSError:
        return False
