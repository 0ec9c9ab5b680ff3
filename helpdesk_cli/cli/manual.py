"""A manual page as a value, and its short form on a terminal.

The same Page becomes `desk help NAME`, the man page (`roff`) and docs/commands (`markdown`).
In a page's text, paragraphs are parted by blank lines, a paragraph indented by two blanks is
printed as it stands, and `...` in backticks is what is typed or read literally.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from helpdesk_cli.cli.contents import Entry

GLOBAL_NOTE = "Every command also takes the global options: see `desk help options`."
MOST_COLUMNS = 96
TERM_COLUMNS = 26


@dataclass(frozen=True, slots=True)
class Page:
    """The manual page of a command; of a topic, when `usage` is empty."""

    name: str
    text: str
    usage: tuple[str, ...] = ()
    arguments: tuple[tuple[str, str], ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    examples: tuple[tuple[str, str], ...] = ()
    see_also: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        """The first line: what the command does, in one sentence."""
        return self.text.partition("\n")[0].strip()

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The text after the summary; a paragraph that keeps its indent is literal."""
        rest = self.text.partition("\n")[2].strip("\n")
        return tuple(block.strip("\n") for block in rest.split("\n\n") if block.strip())

    @property
    def synopsis(self) -> tuple[str, ...]:
        """Every form of the command line, `desk NAME` included."""
        return tuple(f"desk {self.name} {form}".rstrip() for form in self.usage)


def is_literal(paragraph: str) -> bool:
    """Whether a paragraph is printed as it stands."""
    return paragraph.startswith("  ")


def flow(paragraph: str) -> str:
    """A paragraph as one line."""
    return " ".join(paragraph.split())


def as_text(page: Page, width: int) -> str:
    """The page as `--help` prints it, ending in a newline."""
    width = min(width, MOST_COLUMNS)
    lines = [*_usage(page, width), *_wrap(page.summary, width, ""), ""]
    for paragraph in page.paragraphs:
        lines += [*_paragraph(paragraph, width), ""]
    for heading, records in (("Arguments", page.arguments), ("Options", page.options)):
        if records:
            column = min(TERM_COLUMNS, max(len(term) for term, _ in records) + 4)
            lines += [f"{heading}:", *_definitions(records, width, column), ""]
    if page.examples:
        lines.append("Examples:")
        for command, explanation in page.examples:
            lines += [f"  $ {command}", *_wrap(explanation, width, "      ")]
        lines.append("")
    if page.usage:
        lines += _wrap(GLOBAL_NOTE, width, "")
    if page.see_also:
        lines += _wrap(f"See also: {', '.join(f'`desk help {name}`' for name in page.see_also)}.", width, "")
    return "\n".join(lines).rstrip("\n") + "\n"


def contents_as_text(groups: Sequence[tuple[str, list[Entry]]], width: int) -> str:
    """What `desk --help` prints: the daily verbs first."""
    lines = [
        "Usage: desk [OPTIONS] [COMMAND [WORDS]...]",
        "",
        "The email helpdesk for people who live in a shell, git and mail.",
        "`desk` alone shows what needs attention.",
        "",
    ]
    width = min(width, MOST_COLUMNS)
    listed = [
        (heading, [(", ".join((entry.name, *entry.aliases)), entry.summary) for entry in entries])
        for heading, entries in groups
    ]
    column = max((len(name) for _, records in listed for name, _ in records), default=0) + 4
    for heading, records in listed:
        lines += [f"{heading}:", *_definitions(records, width, column), ""]
    lines += _wrap(
        "`desk help COMMAND` explains a command, `desk help options` the options that all take,"
        " `desk help topics` lists what else is explained.",
        width,
        "",
    )
    return "\n".join(lines) + "\n"


def _usage(page: Page, width: int) -> Iterator[str]:
    for number, form in enumerate(page.synopsis):
        start = "Usage: " if number == 0 else "       "
        yield from textwrap.wrap(
            form,
            width,
            initial_indent=start,
            subsequent_indent=" " * 11,
            break_long_words=False,
            break_on_hyphens=False,
        )
    if page.usage:
        yield ""


def _paragraph(paragraph: str, width: int) -> list[str]:
    if is_literal(paragraph):
        return paragraph.split("\n")
    return _wrap(flow(paragraph), width, "")


def _definitions(records: Sequence[tuple[str, str]], width: int, column: int) -> Iterator[str]:
    """Terms at the left, what they mean from `column` on, or below where the term is long."""
    for term, meaning in records:
        lines = _wrap(meaning, width, " " * column)
        if len(term) + 4 > column or not lines:
            yield f"  {term}"
            yield from lines
        else:
            yield f"  {term}".ljust(column) + lines[0].lstrip()
            yield from lines[1:]


def _wrap(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        flow(text),
        max(width, len(indent) + 20),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
