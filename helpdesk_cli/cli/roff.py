"""A manual page in man(7) macros, for `man desk-list`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helpdesk_cli.cli.manual import flow, is_literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from helpdesk_cli.cli.manual import Page

_CODE = re.compile(r"`([^`]+)`")
# groff turns these into typographic characters; a man page must show what is typed.
_PLAIN = {"\\": "\\e", "-": "\\-", "^": "\\(ha", "~": "\\(ti", "`": "\\(ga", "'": "\\(aq", '"': "\\(dq"}
_SECTION = {"command": "1", "topic": "7"}


def as_roff(page: Page, *, version: str) -> str:
    """The page for section 1 (a command) or 7 (a topic)."""
    return "\n".join(_lines(page, version)) + "\n"


def file_name(page: Page) -> str:
    """`desk-list.1`; the page of desk itself is `desk.1`."""
    return f"{title(page.name)}.{section(page)}"


def section(page: Page) -> str:
    """The manual's section of the page."""
    return _SECTION["command" if page.usage else "topic"]


def title(name: str) -> str:
    """`desk-list` of `list`, `desk` of ``."""
    return f"desk-{name}" if name else "desk"


def _lines(page: Page, version: str) -> Iterator[str]:
    name = title(page.name)
    yield f'.TH "{_escape(name.upper())}" "{section(page)}" "" "desk {version}" "desk manual"'
    yield ".SH NAME"
    yield f"{_escape(name)} \\- {_text(page.summary.rstrip('.'))}"
    if page.usage:
        yield ".SH SYNOPSIS"
        for number, form in enumerate(page.synopsis):
            if number:
                yield ".br"
            yield _line(f"\\fB{_escape(form)}\\fR")
    if page.paragraphs:
        yield ".SH DESCRIPTION"
        for number, paragraph in enumerate(page.paragraphs):
            yield from _paragraph(paragraph, first=number == 0)
    yield from _definitions("ARGUMENTS", page.arguments)
    yield from _definitions("OPTIONS", page.options)
    if page.examples:
        yield ".SH EXAMPLES"
        for command, explanation in page.examples:
            yield ".TP"
            yield _line(f"\\fB{_escape(command)}\\fR")
            yield _line(_text(explanation))
    if page.see_also:
        yield ".SH SEE ALSO"
        yield ", ".join(f"\\fB{_escape(title(other))}\\fR(1)" for other in page.see_also)


def _paragraph(paragraph: str, *, first: bool) -> Iterator[str]:
    if not is_literal(paragraph):
        if not first:
            yield ".PP"
        yield _line(_text(flow(paragraph)))
        return
    yield from (".PP", ".nf") if not first else (".nf",)
    for line in paragraph.split("\n"):
        yield _line(_escape(line))
    yield ".fi"


def _definitions(heading: str, records: Sequence[tuple[str, str]]) -> Iterator[str]:
    if records:
        yield f".SH {heading}"
    for term, meaning in records:
        yield ".TP"
        yield _line(f"\\fB{_escape(term)}\\fR")
        yield _line(_text(flow(meaning)))


def _text(text: str) -> str:
    """Escaped, with what stands in backticks in bold."""
    pieces = _CODE.split(text)
    return "".join(
        f"\\fB{_escape(piece)}\\fR" if number % 2 else _escape(piece) for number, piece in enumerate(pieces)
    )


def _escape(text: str) -> str:
    plain = "".join(_PLAIN.get(character, character) for character in text)
    return "".join(character if character.isascii() else f"\\[u{ord(character):04X}]" for character in plain)


def _line(text: str) -> str:
    """The line, kept from being read as a request."""
    return f"\\&{text}" if text.startswith((".", "'")) else text
