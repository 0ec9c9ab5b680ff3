"""Shell completion: answers the shell's question; values come from the desk around the current folder.

Whatever is offered ends up in an `eval` (zsh) or an unquoted word list (bash), so only values of
plain characters are offered; ticket subjects and other text from mail never are. Nothing that goes
wrong here is said: a message in the middle of somebody's typing helps nobody.
"""

from __future__ import annotations

import importlib
import os
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
# bash parts words at colons and signs of equality, and puts what we offer in the place of the last part
# only; a field that waits for its value is followed by no blank.
_BASH = """
_desk_completion() {
    local IFS=$'\\n' line="${COMP_LINE:0:COMP_POINT}" typed head="" sign breaks=""
    COMPREPLY=( $( env COMP_LINE="$line" VARIABLE=complete_bash "$1" ) )
    typed="${line##*[[:space:]]}"
    for sign in : = @; do
        case "$COMP_WORDBREAKS" in *"$sign"*) breaks="$breaks$sign" ;; esac
    done
    if [ -n "$breaks" ]; then
        case "$typed" in *["$breaks"]*) head="${typed%"${typed##*["$breaks"]}"}" ;; esac
    fi
    COMPREPLY=( "${COMPREPLY[@]#"$head"}" )
    case "${COMPREPLY[0]}" in *:) [ "${#COMPREPLY[@]}" -ne 1 ] || compopt -o nospace 2> /dev/null ;; esac
    return 0
}

complete -o default -F _desk_completion desk
"""
_PLAIN = re.compile(r"[A-Za-z0-9_@%+.][A-Za-z0-9_@%.+/:-]*", re.ASCII)


def answer(root: Root, instruction: str) -> int:
    """Print what the shell asked for (`complete_bash`, `source_zsh` …); gives the exit code."""
    if instruction == "complete_bash" and "COMP_LINE" in os.environ:
        _count_words()
    # Typer registers its shells as a side effect of this call.
    typer.completion.get_completion_inspect_parameters()
    try:
        return typer.completion.shell_complete(root, {"obj": Session()}, "desk", VARIABLE, instruction)
    except (KeyError, ValueError):
        # The variables that the shell's function sets are missing or no numbers.
        return 1


def _count_words() -> None:
    """Say to Typer which word of the line is being typed: bash parts words at each colon, we do not."""
    line = os.environ["COMP_LINE"]
    os.environ["COMP_WORDS"] = line
    # As Typer splits it, which offers no function for that; needed while somebody types, and then only.
    words = importlib.import_module("shlex").shlex(line, posix=True)
    words.whitespace_split, words.commenters, number = True, "", 0
    try:
        for _ in words:
            number += 1
    except ValueError:
        # The last word's quotation mark is still open.
        number += 1
    os.environ["COMP_CWORD"] = str(number if line[-1:].isspace() else number - 1)


def script(root: Root, shell: str) -> str:
    """The script that teaches a shell to ask us."""
    if shell == "bash":
        return _BASH.replace("VARIABLE", VARIABLE).strip()
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
    return _offer(context, incomplete, lambda desk, _: desk.settings.teams)


def outbox_actions(incomplete: str) -> list[str]:
    """What can be done with mail on its way out."""
    return plain(("list", "send", "drop"), incomplete)


def template_actions(incomplete: str) -> list[str]:
    """What `desk template` can do."""
    return plain(("list", "show", "render", "lint", "stats"), incomplete)


def sla_actions(incomplete: str) -> list[str]:
    """What `desk sla` can do."""
    return plain(("status", "explain", "run", "check", "diff", "reapply"), incomplete)


def rules_actions(incomplete: str) -> list[str]:
    """What `desk rules` can do."""
    return plain(("list", "check", "test", "explain", "run", "replay"), incomplete)


def rule_names(context: typer.Context, incomplete: str) -> list[str]:
    """The rules of this desk."""
    return _offer(context, incomplete, _rule_names)


def rule_events(incomplete: str) -> list[str]:
    """What rules can wait for."""
    return plain(importlib.import_module("helpdesk_cli.rules.rule").EVENTS, incomplete)


def reports(incomplete: str) -> list[str]:
    """The reports there are."""
    return plain(importlib.import_module("helpdesk_cli.desk.report").names(), incomplete)


def report_groups(incomplete: str) -> list[str]:
    """What a report can be grouped by."""
    return plain(importlib.import_module("helpdesk_cli.reports.figures.groups").BY, incomplete)


def periods(incomplete: str) -> list[str]:
    """Words for periods."""
    days = ("today", "yesterday", "thisweek", "lastweek", "thismonth", "lastmonth", "lastquarter", "lastyear")
    return plain((*days, "7d", "30d", "90d"), incomplete)


def agent_actions(incomplete: str) -> list[str]:
    """What `desk agent` can do."""
    return plain(("list", "away", "back"), incomplete)


def ways(incomplete: str) -> list[str]:
    """How tickets are assigned by themselves."""
    return plain(("round-robin", "least-loaded", "by-skill"), incomplete)


def agents_and_teams(context: typer.Context, incomplete: str) -> list[str]:
    """Agents, then teams."""
    return _offer(context, incomplete, _agents, lambda desk, _: desk.settings.teams)


def templates(context: typer.Context, incomplete: str) -> list[str]:
    """Templates, and tickets where a number is begun."""
    return _offer(context, incomplete, _ids if incomplete[:1].isdigit() else _templates)


def kb_actions(incomplete: str) -> list[str]:
    """What `desk kb` can do."""
    return plain(("list", "search", "show", "suggest"), incomplete)


def articles(context: typer.Context, incomplete: str) -> list[str]:
    """Articles, and tickets where a number is begun."""
    return _offer(context, incomplete, _ids if incomplete[:1].isdigit() else _articles)


def export_forms(incomplete: str) -> list[str]:
    """What `desk export` can write."""
    return plain(("csv", "jsonl", "mbox"), incomplete)


def mappings(context: typer.Context, incomplete: str) -> list[str]:
    """Mappings for imports."""
    return _offer(context, incomplete, _mappings)


def qa_actions(incomplete: str) -> list[str]:
    """What `desk qa` can do."""
    return plain(("sample", "score", "list"), incomplete)


def customer_actions(incomplete: str) -> list[str]:
    """What `desk customer` can do."""
    return plain(("list", "show", "new", "set", "export", "erase"), incomplete)


def customers(context: typer.Context, incomplete: str) -> list[str]:
    """The files of customers and organisations."""
    return _offer(context, incomplete, _customers)


def terms(context: typer.Context, incomplete: str) -> list[str]:
    """What a term of a query goes on with: fields, values behind a colon, views behind an `@`."""
    sign = next((sign for sign in ("-", "not:") if incomplete.startswith(sign)), "")
    rest = incomplete.removeprefix(sign)
    field, colon, value = rest.partition(":")
    if not colon and not rest.startswith("@"):
        names = _offer(context, rest, lambda _, __: _completing().fields())
        return [sign + name for name in names if not sign or name != "not:"]
    if not colon:
        head, name, last = sign + "@", "view", rest.removeprefix("@")
    else:
        before, comma, last = value.rpartition(",")
        head, name = f"{sign}{field}:{before}{comma}", field
    # A falling order begins with the dash that no word may begin with.
    turned = "-" if name == "sort" and last.startswith("-") else ""
    found = _offer(
        context,
        last.removeprefix(turned),
        lambda desk, _: [text.removeprefix(turned) for text in _completing().values(desk, name)],
    )
    return [head + turned + text for text in dict.fromkeys(found)]


def _offer(
    context: typer.Context, incomplete: str, *sources: Callable[[Any, str], Iterable[str]]
) -> list[str]:
    session = context.find_object(Session) or Session()
    # Loaded here because every command names these functions and only completion calls them.
    here = importlib.import_module("helpdesk_cli.cli.here")
    try:
        desk = here.desk_of(session)
        values = [value for source in sources for value in source(desk, incomplete)]
    except (DeskError, OSError):
        return []
    return plain(values, incomplete)


def _ids(desk: Any, incomplete: str) -> list[str]:  # noqa: ANN401 - a Desk; naming it would load it
    found: list[str] = _completing().ids(desk, incomplete, MOST)
    return found


def _tags(desk: Any, _: str) -> list[str]:  # noqa: ANN401 - as above
    found: list[str] = _completing().tags(desk)
    return found


def _rule_names(desk: Any, _: str) -> list[str]:  # noqa: ANN401 - as above
    names: list[str] = importlib.import_module("helpdesk_cli.desk.rules_files").rule_names(desk)
    return names


def _completing() -> Any:  # noqa: ANN401 - a module
    return importlib.import_module("helpdesk_cli.desk.completing")


def _agents(desk: Any, _: str) -> list[str]:  # noqa: ANN401 - as above
    return [*(agent.key for agent in desk.settings.agents), "me", "none"]


def _statuses(desk: Any, _: str) -> list[str]:  # noqa: ANN401 - as above
    return [status.name for status in desk.settings.statuses]


def _templates(desk: Any, _: str) -> list[str]:  # noqa: ANN401 - as above
    names: list[str] = importlib.import_module("helpdesk_cli.desk.templates").template_names(desk)
    return names


def _articles(desk: Any, _: str) -> list[str]:  # noqa: ANN401 - as above
    names: list[str] = importlib.import_module("helpdesk_cli.desk.articles").article_list(desk)
    return names


def _mappings(desk: Any, _: str) -> list[str]:  # noqa: ANN401 - as above
    names: list[str] = importlib.import_module("helpdesk_cli.desk.import_plan").mapping_names(desk)
    return names


def _customers(desk: Any, begin: str) -> list[str]:  # noqa: ANN401 - as above
    names: list[str] = importlib.import_module("helpdesk_cli.desk.customers").file_names(desk, begin)
    return names
