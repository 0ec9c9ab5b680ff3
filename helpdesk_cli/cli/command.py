"""A command: its function, its examples, its words; and the Typer command that is made of them."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperOption

from helpdesk_cli.cli import manual
from helpdesk_cli.cli.globals import global_options
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    # As Typer types its own methods: click's Context and HelpFormatter, which it does not export.
    Formatter = Any


@dataclass(frozen=True, slots=True)
class Command:
    """What a command's module says about itself. The function's docstring is the description.

    `usage` is the synopsis without the name, one string a form; `examples` are (command line, what
    it does). In a command with `dashed_words`, `-billing` is a word (remove the tag, exclude the
    term) and only what is exactly one of the options is an option (DECISIONS 30).
    """

    run: Callable[..., Any]
    usage: tuple[str, ...]
    examples: tuple[tuple[str, str], ...]
    see_also: tuple[str, ...] = ()
    dashed_words: bool = False


class DeskCommand(TyperCommand):
    """A Typer command that takes the global options too and prints our manual page as its help."""

    spec: Command

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - click's Context, see above
        """Read the words; where the command says so, words may start with a dash."""
        if self.spec.dashed_words:
            args = sort_words(args, self.params)
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:  # noqa: ANN401 - as above
        """What a shell may offer; also words, where words may start with a dash."""
        offered: list[Any] = super().shell_complete(ctx, incomplete)
        if self.spec.dashed_words and incomplete[:1] == "-" != incomplete[1:2]:
            words = next((each for each in self.params if each.param_type_name == "argument"), None)
            offered += words.shell_complete(ctx, incomplete) if words else []
        return offered

    def format_help(self, ctx: Any, formatter: Formatter) -> None:  # noqa: ANN401 - click's Context, see above
        """Write the manual page in its short form."""
        formatter.write(manual.as_text(self.page(str(ctx.info_name)), width=formatter.width))

    def page(self, name: str) -> manual.Page:
        """The command's manual page: the one source of help, man page and documentation."""
        return manual.Page(
            name=name,
            usage=self.spec.usage,
            text=inspect.cleandoc(self.help or ""),
            arguments=_records(self.params, "argument"),
            options=_records([each for each in self.params if each.expose_value], "option"),
            examples=self.spec.examples,
            see_also=self.spec.see_also,
        )


def make_command(name: str, spec: Command) -> DeskCommand:
    """The Typer command of that name."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(name, cls=DeskCommand)(spec.run)
    command = typer.main.get_command(app)
    if not isinstance(command, DeskCommand):
        raise TypeError(f"Typer made {type(command).__name__} of the command {name}")
    command.spec = spec
    command.add_help_option = False
    command.params = [*command.params, *_not_taken(global_options(), command.params)]
    return command


def _not_taken(options: Sequence[TyperOption], params: Sequence[Any]) -> list[TyperOption]:
    """The global options without the short names that the command has for its own: `-q` is also --query."""
    taken = {name for param in params for name in (*param.opts, *param.secondary_opts)}
    for option in options:
        option.opts = [name for name in option.opts if name not in taken]
    return list(options)


def sort_words(arguments: Sequence[str], params: Sequence[Any]) -> list[str]:
    """The same words with all options first and `--` before the rest, however many dashes those have.

    A single-dash word is an option only when it is exactly one; a double-dash word always is.
    """
    takes_value = {
        name: not param.is_flag and not param.count
        for param in params
        if isinstance(param, TyperOption)
        for name in (*param.opts, *param.secondary_opts)
    }
    options: list[str] = []
    words: list[str] = []
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--":
            words += rest
            break
        long = word.startswith("--")
        if long or word in takes_value:
            options.append(word)
            if takes_value.get(word) and rest:
                options.append(rest.pop(0))
        else:
            words.append(word)
    return [*options, "--", *words]


def _records(params: Sequence[Any], kind: str) -> tuple[tuple[str, str], ...]:
    """(how it is written, what it does) of each visible parameter of that kind."""
    records = []
    for param in params:
        if param.param_type_name != kind or param.hidden:
            continue
        if kind == "argument":
            written = param.metavar or str(param.name).upper()
        else:
            written = ", ".join(
                sorted((*param.opts, *param.secondary_opts), key=lambda name: (name.startswith("--"), name))
            )
            if not param.is_flag and not param.count:
                written += f" {param.metavar or str(param.name).upper()}"
        records.append((written, str(param.help or "")))
    return tuple(records)
