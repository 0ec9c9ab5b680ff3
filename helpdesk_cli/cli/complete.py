"""Shell completion: answers the shell's question; values come from the desk around the current folder.

Whatever is offered ends up in an `eval` (zsh) or an unquoted word list (bash), so only values of
plain characters are offered; ticket subjects and other text from mail never are. Nothing that goes
wrong here is said: a message in the middle of somebody's typing helps nobody.
"""

from __future__ import annotations

import importlib
import re
from contextlib import redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Any

import typer.completion

from helpdesk_cli.cli.session import Session
from helpdesk_cli.errors import DeskError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from helpdesk_cli.cli.root import Root

VARIABLE = "_DESK_COMPLETE"
SHELLS = ("bash", "zsh", "fish")
# More than anybody looks through; a shell asks before it prints so many.
MOST = 200
_PLAIN = re.compile(r"[A-Za-z0-9_@%+.][A-Za-z0-9_@%.+/:-]*", re.ASCII)


def answer(root: Root, instruction: str) -> int:
    """Print what the shell asked for (`complete_bash`, `source_zsh` …); gives the exit code."""
    # Typer registers its shells as a side effect of this call.
    typer.completion.get_completion_inspect_parameters()
    try:
        return typer.completion.shell_complete(root, {"obj": Session()}, "desk", VARIABLE, instruction)
    except (KeyError, ValueError):
        # The variables that the shell's function sets are missing or no numbers.
        return 1


def script(root: Root, shell: str) -> str:
    """The script that teaches a shell to ask us."""
    with redirect_stdout(StringIO()) as printed:
        answer(root, f"source_{shell}")
    # Without Typer's empty line at the top: zsh looks for `#compdef` in the first line.
    return printed.getvalue().strip()


def plain(values: Iterable[str], incomplete: str) -> list[str]:
    """Those of the values that begin as typed and are safe to hand to a shell."""
    fitting = (value for value in values if value.startswith(incomplete) and _PLAIN.fullmatch(value))
    return [value for value, _ in zip(fitting, range(MOST), strict=False)]


def tickets(context: typer.Context, incomplete: str) -> list[str]:
    """Ids of tickets that are not done."""
    return _offer(context, incomplete, _ids)


def tickets_and_agents(context: typer.Context, incomplete: str) -> list[str]:
    """Ids, then agents."""
    return _offer(context, incomplete, _ids, _agents)


def tickets_and_statuses(context: typer.Context, incomplete: str) -> list[str]:
    """Ids, then statuses."""
    return _offer(context, incomplete, _ids, _statuses)


def tickets_and_tags(context: typer.Context, incomplete: str) -> list[str]:
    """Ids; tags once a `+` is typed."""
    if incomplete.startswith("+"):
        return [f"+{tag}" for tag in _offer(context, incomplete[1:], _tags)]
    return _offer(context, incomplete, _ids)


def agents(context: typer.Context, incomplete: str) -> list[str]:
    """Agents, and the words that stand for some."""
    return _offer(context, incomplete, _agents)


def statuses(context: typer.Context, incomplete: str) -> list[str]:
    """The declared statuses."""
    return _offer(context, incomplete, _statuses)


def tags(context: typer.Context, incomplete: str) -> list[str]:
    """Tags in use."""
    return _offer(context, incomplete, _tags)


def teams(context: typer.Context, incomplete: str) -> list[str]:
    """The declared teams."""
    return _offer(context, incomplete, lambda desk: desk.settings.teams)


def outbox_actions(incomplete: str) -> list[str]:
    """What can be done with mail on its way out."""
    return plain(("list", "send", "drop"), incomplete)


def template_actions(incomplete: str) -> list[str]:
    """What `desk template` can do."""
    return plain(("list", "show", "render", "lint", "stats"), incomplete)


def templates(context: typer.Context, incomplete: str) -> list[str]:
    """Templates, and tickets where a number is begun."""
    return _offer(context, incomplete, _ids if incomplete[:1].isdigit() else _templates)


def kb_actions(incomplete: str) -> list[str]:
    """What `desk kb` can do."""
    return plain(("list", "search", "show", "suggest"), incomplete)


def articles(context: typer.Context, incomplete: str) -> list[str]:
    """Articles, and tickets where a number is begun."""
    return _offer(context, incomplete, _ids if incomplete[:1].isdigit() else _articles)


def _offer(context: typer.Context, incomplete: str, *sources: Callable[[Any], Iterable[str]]) -> list[str]:
    session = context.find_object(Session) or Session()
    # Loaded here because every command names these functions and only completion calls them.
    here = importlib.import_module("helpdesk_cli.cli.here")
    if incomplete[:1].isdigit():
        sources = tuple(_numbers if source is _ids else source for source in sources)
    try:
        desk = here.desk_of(session)
        values = [value for source in sources for value in source(desk)]
    except (DeskError, OSError):
        return []
    return plain(values, incomplete)


def _rows(desk: Any) -> Iterable[Any]:  # noqa: ANN401 - a Desk; naming it would load it
    listing = importlib.import_module("helpdesk_cli.desk.listing")
    rows: Iterable[Any] = listing.list_tickets(desk, listing.Filter()).rows
    return rows


def _ids(desk: Any) -> list[str]:  # noqa: ANN401 - as above
    return [row.id for row in _rows(desk)]


def _numbers(desk: Any) -> list[str]:  # noqa: ANN401 - as above
    return [str(row.number) for row in _rows(desk)]


def _tags(desk: Any) -> list[str]:  # noqa: ANN401 - as above
    return sorted({tag for row in _rows(desk) for tag in row.tags})


def _agents(desk: Any) -> list[str]:  # noqa: ANN401 - as above
    return [*(agent.key for agent in desk.settings.agents), "me", "none"]


def _statuses(desk: Any) -> list[str]:  # noqa: ANN401 - as above
    return [status.name for status in desk.settings.statuses]


def _templates(desk: Any) -> list[str]:  # noqa: ANN401 - as above
    names: list[str] = importlib.import_module("helpdesk_cli.desk.templates").template_names(desk)
    return names


def _articles(desk: Any) -> list[str]:  # noqa: ANN401 - as above
    names: list[str] = importlib.import_module("helpdesk_cli.desk.articles").article_list(desk)
    return names
