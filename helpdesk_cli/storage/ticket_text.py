"""The pieces of a ticket file's text: front matter lines, entries, and what hands wrote between them.

Structure is only what stands at the beginning of a line as `<!-- desk:` or `<!-- /desk:`. The pieces
joined are the text again, whatever its line ends.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage.entry_header import RawEntry
from helpdesk_cli.storage.entry_text import read_entry
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.tickets.entries import Entry

BOM = "\ufeff"
LARGEST_FRONT_MATTER = 64 * 1024
_MARKER = re.compile(r"\n<!-- (/?)desk:([^\n]*)")
_NAME = re.compile(r"([a-z][a-z0-9-]*) ([0-9A-Za-z]+)")
_HEADER_END = re.compile(r"\n-->[ \t]*\n")
_CONFLICT = re.compile(r"^(?:<{7,}|>{7,}|\|{7,})(?: |$)|^={7,}$", re.MULTILINE)
_SIDES = re.compile(r"^(?:<{7,}|>{7,})(?: |\r?$)", re.MULTILINE)
_HISTORY = "`git log -p` shows what it was."
_CONFLICT_HINT = "Run `desk fsck --repair`, or resolve it by hand."


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the file below the front matter: one entry, or text that a hand put there."""

    text: str
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """The front matter's lines, the two `---` lines among them, and the whole `text` without BOM.

    `newline` is that of the first line.
    """

    text: str
    bom: bool
    newline: str
    lines: tuple[str, ...]


def split_head(text: str, *, place: str) -> Head:
    """The front matter's lines. Raises InvalidFileError that names file, line and remedy."""
    bom = text.startswith(BOM)
    text = text.removeprefix(BOM)
    lines = tuple(_front_matter(text, place))
    return Head(text, bom, "\r\n" if lines[0].endswith("\r\n") else "\n", lines)


def has_conflict(text: str) -> bool:
    """Whether some line looks like one of git's conflict markers; a mail may hold such lines, too."""
    return _SIDES.search(text) is not None


def _front_matter(text: str, place: str) -> Iterator[str]:
    position = 0
    number = 1
    while number == 1 or position < len(text):
        end = text.find("\n", position) + 1 or len(text)
        line = text[position:end]
        bare = line.rstrip("\r\n")
        if _CONFLICT.match(bare):
            raise InvalidFileError("git left a conflict here", f"{place}:{number}", _CONFLICT_HINT)
        if number == 1 and bare != "---":
            raise InvalidFileError("the file does not begin with a line `---`", f"{place}:1", _HISTORY)
        yield line
        if number > 1 and bare == "---":
            return
        position = end
        number += 1
        if position > LARGEST_FRONT_MATTER + number:
            break
    size = f"{LARGEST_FRONT_MATTER // 1024} kB"
    raise InvalidFileError(f"the front matter has no closing `---` within {size}", f"{place}:1", _HISTORY)


def read_chunks(head: Head, *, folder: str, place: str) -> Iterator[Chunk]:
    """The pieces below the front matter, in order; `folder` is the ticket's attachment folder."""
    text = head.text
    hand = counted = sum(map(len, head.lines))
    line = len(head.lines) + 1
    seen: dict[str, int] = {}
    markers = _MARKER.finditer(text, hand - 1)
    for marker in markers:
        begin = marker.start() + 1
        line += text.count("\n", counted, begin)
        counted = begin
        kind, entry_id = _name(marker, seen, text, place=f"{place}:{line}")
        seen[entry_id] = line
        end = _entry_end(text, next(markers, None), line, name=(kind, entry_id), place=place)
        if hand < begin:
            yield Chunk(text[hand:begin])
        raw = _raw_entry(
            text[begin:end], kind=kind, entry_id=entry_id, place=f"{place}:{line}", folder=folder
        )
        yield Chunk(text[begin:end], read_entry(raw))
        hand = end
    if hand < len(text):
        yield Chunk(text[hand:])


def _name(marker: re.Match[str], seen: dict[str, int], text: str, *, place: str) -> tuple[str, str]:
    name = _NAME.fullmatch(marker[2].rstrip(" \t\r"))
    if marker[1] or name is None:
        raise _broken("this line begins no entry", place, text, "An entry begins `<!-- desk:KIND ID`.")
    kind, entry_id = name[1], name[2]
    if entry_id in seen:
        fact = f"the entry {entry_id} stands twice (first in line {seen[entry_id]})"
        raise _broken(fact, place, text, "Remove one of them.")
    return kind, entry_id


def _entry_end(
    text: str, closing: re.Match[str] | None, line: int, *, name: tuple[str, str], place: str
) -> int:
    kind, entry_id = name
    remedy = f"Put `<!-- /desk:{kind} {entry_id} -->` where it ends."
    if closing is None:
        raise _broken(f"the {kind} {entry_id} is never closed", f"{place}:{line}", text, remedy)
    if closing[1] and closing[2].rstrip(" \t\r") == f"{kind} {entry_id} -->":
        return min(closing.end() + 1, len(text))
    here = text.count("\n", 0, closing.start() + 1) + 1
    fact = f"the {kind} {entry_id} (line {line}) is not closed before this line"
    raise _broken(fact, f"{place}:{here}", text, remedy)


def _raw_entry(whole: str, *, kind: str, entry_id: str, place: str, folder: str) -> RawEntry:
    text = whole.replace("\r\n", "\n")
    if not text.endswith("\n"):
        text += "\n"
    opened = text.index("\n")
    ended = _HEADER_END.search(text, opened)
    rows = text[opened + 1 : ended.start() + 1].split("\n")[:-1] if ended else []
    pairs = [row.partition(":") for row in rows]
    if ended is None or not all(colon for _, colon, _ in pairs):
        raise InvalidFileError(
            f"the header of the {kind} {entry_id} is broken",
            place,
            "It is `key: value` lines and then a line `-->`.",
        )
    inside = text[ended.end() : text.rindex("\n", 0, -1) + 1]
    stripped = tuple((key.strip(" \t"), value.strip(" \t")) for key, _, value in pairs)
    return RawEntry(kind, entry_id, stripped, inside, text, place, folder)


def _broken(fact: str, place: str, text: str, remedy: str) -> InvalidFileError:
    """What a broken structure comes from is often a merge without desk's driver: then that is the remedy."""
    return InvalidFileError(
        fact, place, f"Git left a conflict. {_CONFLICT_HINT}" if has_conflict(text) else remedy
    )
