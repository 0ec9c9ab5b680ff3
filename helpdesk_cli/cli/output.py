"""The only door to a person or a pipe: nothing is printed that has not passed `make_visible`.

Results go to standard output, everything else to standard error. A line is given as pieces; a
piece that carries a tone is coloured where colour is wanted. Text is escaped by default: a
caller cannot forget it, and an escape sequence of its own would come out visible.
"""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from typing import TYPE_CHECKING, Any, TextIO

from helpdesk_cli.cli.session import Session, is_terminal
from helpdesk_cli.errors import TryAgainError, UsageError
from helpdesk_cli.table import Toned
from helpdesk_cli.tickets.escapes import make_visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from helpdesk_cli.table import Table, Tone

Piece = str | Toned
FORMS = ("table", "tsv", "csv", "json", "jsonl", "ids", "md")
_CODES: dict[Tone, str] = {"good": "32", "notice": "33", "alarm": "1;31", "faint": "2", "strong": "1"}
# Wide enough to be useful where nobody says how wide a line may be.
FALLBACK_WIDTH = 80
# What is narrower wraps as it likes.
LEAST_WIDTH = 20


class Output:
    """Where this call's results, notes and errors go, and how they look there."""

    def __init__(self, session: Session) -> None:
        """Look at the streams as they are now."""
        self.session = session
        self.to_terminal = is_terminal(1)
        self.colored = session.wants_color(is_terminal=self.to_terminal)
        self._out = _prepared(sys.stdout)
        self._err = _prepared(sys.stderr)

    @property
    def width(self) -> int:
        """Columns of the terminal; COLUMNS overrides it."""
        return shutil.get_terminal_size((FALLBACK_WIDTH, 24)).columns

    def line(self, *pieces: Piece) -> None:
        """A line of the result."""
        self._write(render(pieces, colored=self.colored) + "\n")

    def confirm(self, *pieces: Piece) -> None:
        """A line that says what was done; --quiet leaves it out."""
        if not self.session.quiet:
            self.line(*pieces)

    def note(self, text: str) -> None:
        """A remark beside the result, on standard error; --quiet leaves it out."""
        if not self.session.quiet:
            self._complain(f"{self._fitted(make_visible(text))}\n")

    def error(self, text: str) -> None:
        """A fault, on standard error, always said."""
        self._complain(f"{self._fitted(make_visible(f'desk: {text}'))}\n")

    def folded(self, text: str, *, indent: str = "") -> list[str]:
        """The text as lines of the result: between words no wider than the terminal, as it is elsewhere."""
        return self._fitted(text, is_seen=self.to_terminal, indent=indent).split("\n")

    def text(self, text: str) -> None:
        """A text of several lines, through the pager where it is long."""
        self.page([[line] for line in text.rstrip("\n").split("\n")])

    def page(self, lines: Iterable[Sequence[Piece]]) -> None:
        """A long text: through the pager on a terminal, plainly elsewhere."""
        text = "".join(render(line, colored=self.colored) + "\n" for line in lines)
        if self.to_terminal and self.session.pager and os.environ.get("TERM", "") != "dumb":
            # subprocess is loaded only by calls that start a program.
            importlib.import_module("helpdesk_cli.cli.pager").show(text)
        else:
            self._write(text)

    def json(self, value: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
        """One JSON document a call, complete, without a control character in it."""
        formats = importlib.import_module("helpdesk_cli.cli.formats")
        self._write(formats.as_json(value, indent=2 if self.to_terminal else None) + "\n")

    def json_line(self, value: Any) -> None:  # noqa: ANN401 - as above
        """One JSON document a line, written at once: for streams."""
        formats = importlib.import_module("helpdesk_cli.cli.formats")
        self._write(formats.as_json(value, indent=None) + "\n")
        self._out.flush()

    def table(self, table: Table, form: str, *, fields: str = "", paged: bool = False) -> None:
        """A table in the form named ("" = for people on a terminal, TSV in a pipe), with those columns."""
        table = choose(table, fields)
        if form == "table" or (not form and self.to_terminal):
            # tabulate costs as much as Typer itself: only where a person looks at a table.
            drawing = importlib.import_module("helpdesk_cli.cli.drawing")
            fitted = self.width if self.to_terminal or "COLUMNS" in os.environ else None
            lines = drawing.draw(table, width=fitted)
            if paged:
                self.page(lines)
                return
            for line in lines:
                self.line(*line)
        else:
            formats = importlib.import_module("helpdesk_cli.cli.formats")
            self._write(formats.as_text(table, form or "tsv"))

    def pieces(self, pieces: Iterable[str] | Iterable[bytes]) -> None:
        """Text that `formats` made, or bytes, as they come. Callers see to it that no terminal gets bytes."""
        for piece in pieces:
            if isinstance(piece, bytes):
                self.bytes(piece)
            else:
                self._write(piece)

    def original(self, data: bytes) -> None:
        """A mail as it came: byte for byte in a pipe, its control characters visible on a terminal."""
        if self.to_terminal:
            text = data.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
            self.text(text)
        else:
            self.bytes(data)

    def bytes(self, data: bytes) -> None:
        """Bytes as they are, for a file or a pipe. Callers see to it that this is no terminal."""
        self._out.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    def _fitted(self, text: str, *, is_seen: bool | None = None, indent: str = "") -> str:
        """The text with lines that a person's terminal shows whole; by default on standard error."""
        if not (is_terminal(2) if is_seen is None else is_seen) or len(text) <= LEAST_WIDTH:
            return text
        # Only a long sentence on a terminal needs to know how wide characters are.
        wrapped: str = importlib.import_module("helpdesk_cli.cli.wrapping").wrap_text(
            text, max(self.width, LEAST_WIDTH), indent=indent
        )
        return wrapped

    def _write(self, text: str) -> None:
        try:
            self._out.write(text)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise TryAgainError(f"the output cannot be written: {error.strerror}") from error

    def _complain(self, text: str) -> None:
        try:
            # Results said so far come first where both streams are one terminal.
            self._out.flush()
            self._err.write(text)
            self._err.flush()
        except OSError:
            # A full disk or a closed stream is no reason to leave the work undone.
            return


def check_form(name: str) -> str:
    """The name of an output format; "" stays "". Raises UsageError with the list of them."""
    if name and name not in FORMS:
        raise UsageError(f'there is no output format "{name}"', hint=f"Choose one of {', '.join(FORMS)}.")
    return name


def choose(table: Table, fields: str) -> Table:
    """The table with the columns that --fields names, by key or heading; whole without. Raises UsageError."""
    headings = {column.heading.casefold(): column.key for column in table.columns}
    named = [key.strip() for key in fields.split(",") if key.strip()]
    keys = tuple(key if key in table.keys else headings.get(key.casefold(), key) for key in named)
    unknown = [key for key in keys if key not in table.keys]
    if unknown:
        raise UsageError(
            f'there is no column "{unknown[0]}"', "--fields", f"Columns: {', '.join(table.keys)}."
        )
    return table.select(keys) if keys else table


def render(pieces: Iterable[Piece], *, colored: bool) -> str:
    """The pieces as one safe line."""
    return "".join(_render_piece(piece, colored=colored) for piece in pieces)


def paint(text: str, tone: Tone) -> str:
    """Safe text in the colour of a tone."""
    code = _CODES.get(tone)
    return f"\x1b[{code}m{text}\x1b[0m" if code and text else text


def _render_piece(piece: Piece, *, colored: bool) -> str:
    if isinstance(piece, Toned):
        text = make_visible(str(piece.value))
        return paint(text, piece.tone) if colored else text
    return make_visible(piece)


class _Nowhere:
    """Stands for a stream that was closed before we began."""

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        return


def _prepared(stream: TextIO | None) -> TextIO | _Nowhere:
    """The stream, made unable to fail on a character that its encoding lacks."""
    if stream is None:
        return _Nowhere()
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    return stream
