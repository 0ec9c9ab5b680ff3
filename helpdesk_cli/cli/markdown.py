"""A manual page in Markdown, for docs/commands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helpdesk_cli.cli.manual import GLOBAL_NOTE, flow, is_literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.cli.manual import Page

_CODE = re.compile(r"(`[^`]+`)")


def as_markdown(page: Page) -> str:
    """The page as one Markdown file."""
    return "\n".join(_lines(page)) + "\n"


def _lines(page: Page) -> Iterator[str]:
    yield from (f"# {_called(page.name)}", "", _text(page.summary))
    if page.usage:
        yield from ("", "```", *page.synopsis, "```")
    for paragraph in page.paragraphs:
        yield from ("", *_paragraph(paragraph))
    for heading, records in (("Arguments", page.arguments), ("Options", page.options)):
        if records:
            yield from ("", f"## {heading}", "")
            yield from (f"- `{term}`: {_text(flow(meaning))}" for term, meaning in records)
    if page.examples:
        yield from ("", "## Examples")
        for command, explanation in page.examples:
            yield from ("", _text(explanation), "", "```console", f"$ {command}", "```")
    if page.usage and page.name:
        yield from ("", _text(GLOBAL_NOTE))
    if page.see_also:
        links = ", ".join(f"[{_called(other)}]({other}.md)" for other in page.see_also)
        yield from ("", f"See also: {links}.")


def _called(name: str) -> str:
    return f"desk {name}".rstrip()


def _paragraph(paragraph: str) -> list[str]:
    if not is_literal(paragraph):
        return [_text(flow(paragraph))]
    return ["```", *(line.removeprefix("  ") for line in paragraph.split("\n")), "```"]


def _text(text: str) -> str:
    """Escaped, except for what stands in backticks."""
    pieces = _CODE.split(text)
    return "".join(
        piece if number % 2 else re.sub(r"([\\*_<>\[\]|])", r"\\\1", piece)
        for number, piece in enumerate(pieces)
    )
