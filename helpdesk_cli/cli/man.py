"""`desk man`: the manual pages, made from the commands' own help."""

from pathlib import Path
from typing import Annotated

import typer

import helpdesk_cli
from helpdesk_cli.cli import contents, manual, markdown, roff, topics
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.globals import global_options
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.root import load
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.errors import UsageError


def write_pages(
    context: typer.Context,
    folder: Annotated[
        str,
        typer.Argument(metavar="DIR", help="Where to write; without it, the names of the pages are printed."),
    ] = "",
    *,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Write Markdown instead of man pages.")
    ] = False,
) -> None:
    """Write the manual pages.

    Man pages go into `man1` and `man7` below DIR, so that `MANPATH` or a folder such as
    `~/.local/share/man` can be given. With `--markdown`, one file a page is written into DIR.
    """
    output = Output(session_of(context))
    for name, text in render(as_markdown=as_markdown):
        if folder:
            _write(Path(folder) / name, text)
        output.confirm(str(Path(folder) / name))


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", place=str(path)) from error


def render(*, as_markdown: bool) -> list[tuple[str, str]]:
    """(file name, text) of every page, in the order of the table of contents."""
    if as_markdown:
        return [(f"{page.name or 'desk'}.md", markdown.as_markdown(page)) for page in all_pages()]
    return [
        (
            f"man{roff.section(page)}/{roff.file_name(page)}",
            roff.as_roff(page, version=helpdesk_cli.__version__),
        )
        for page in all_pages()
    ]


def all_pages() -> list[manual.Page]:
    """The pages of desk itself, of every command and of every topic."""
    commands = [load(entry).page(entry.name) for entry in contents.ENTRIES if not entry.hidden]
    others = [page for name in topics.topic_names() if (page := topics.find_topic(name)) is not None]
    return [_desk(), *commands, *others]


def _desk() -> manual.Page:
    """The page of `desk` itself: the list of commands."""
    text = "the email helpdesk for people who live in a shell, git and mail\n\n"
    text += "`desk` alone shows what needs attention: what waits for us or for others, what is wrong.\n\n"
    for heading, entries in contents.in_groups():
        lines = "\n".join(f"  {entry.name.ljust(14)} {entry.summary}" for entry in entries)
        text += f"{heading}:\n\n{lines}\n\n"
    return manual.Page(
        "",
        text,
        usage=("[OPTIONS] [COMMAND [WORDS]...]",),
        options=topics.records(global_options(with_version=True)),
        see_also=("help",),
    )


COMMAND = Command(
    write_pages,
    usage=("[--markdown] [DIR]",),
    examples=(
        ("desk man ~/.local/share/man", "Install the man pages for yourself; `man desk-list` then works."),
        ("desk man --markdown docs/commands", "Write the pages of the documentation."),
    ),
    see_also=("help",),
)
