"""The options that every command takes, before its name and after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperOption

import helpdesk_cli
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.session import Session, session_of
from helpdesk_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

COLORS = ("auto", "always", "never")


def global_options(*, with_version: bool = False) -> list[TyperOption]:
    """Fresh options; each stores what it is given in the call's Session and is no argument of the command."""
    options = [
        _value(
            ["-C", "--directory"],
            "DIR",
            "Use the desk in DIR instead of the one around the current folder.",
            "directory",
        ),
        _value(["--as"], "AGENT", "Act as AGENT.", "agent"),
        _value(["--now"], "TIME", "Take TIME for the present, such as `2026-11-20T09:00Z`.", "now"),
        _value(
            ["--color"],
            "WHEN",
            "Colour the output: `auto`, `always` or `never`.",
            "color",
            check=_check_color,
        ),
        _flag("--no-pager", "Do not page long output.", "pager", stored=False),
        _flag("--quiet", "Print results and errors only.", "quiet", short="-q"),
        _flag("--yes", "Answer every question with yes.", "yes"),
    ]
    if with_version:
        options.append(
            _option(["--version"], "Print the version.", _print_version, is_flag=True, is_eager=True)
        )
    # Our own, for Typer's would bypass the output.
    options.append(
        _option(["-h", "--help"], "Explain the command.", _print_help, is_flag=True, is_eager=True)
    )
    return options


def _value(
    names: list[str], metavar: str, explanation: str, attribute: str, *, check: Callable[[str], str] = str
) -> TyperOption:
    def store(context: typer.Context, _parameter: object, value: str | None) -> None:
        session = context.find_object(Session)
        if value is not None and session is not None:
            setattr(session, attribute, check(value))

    return _option(names, explanation, store, metavar=metavar)


def _flag(
    name: str, explanation: str, attribute: str, *, stored: bool = True, short: str = ""
) -> TyperOption:
    def store(context: typer.Context, _parameter: object, value: bool | None) -> None:  # noqa: FBT001 - Typer calls it
        session = context.find_object(Session)
        if value and session is not None:
            setattr(session, attribute, stored)

    return _option([short, name] if short else [name], explanation, store, is_flag=True)


def _option(names: list[str], explanation: str, callback: Callable[..., None], **shape: Any) -> TyperOption:  # noqa: ANN401 - as Typer declares it
    return TyperOption(param_decls=names, expose_value=False, help=explanation, callback=callback, **shape)


def _check_color(value: str) -> str:
    if value not in COLORS:
        raise UsageError(f'"{value}" is no way to colour', "--color", f"Choose one of {', '.join(COLORS)}.")
    return value


def _print_version(context: typer.Context, _parameter: object, value: bool | None) -> None:  # noqa: FBT001 - Typer calls it
    if value and not context.resilient_parsing:
        Output(session_of(context)).line(f"desk {helpdesk_cli.__version__}")
        raise typer.Exit


def _print_help(context: typer.Context, _parameter: object, value: bool | None) -> None:  # noqa: FBT001 - Typer calls it
    if value and not context.resilient_parsing:
        Output(session_of(context)).text(context.get_help())
        raise typer.Exit
