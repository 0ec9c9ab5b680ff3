"""Templates and articles as files: Markdown with a front matter, in folders, named by their path.

Links are not followed, sizes are bounded, and what is no text is an error with its line.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from helpdesk_cli.errors import InvalidFileError, NotFoundError
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.front_matter import Nested, Value, read_front_matter
from helpdesk_cli.storage.settings import suggest
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LARGEST = 64 * 1024
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*(?:/[a-z0-9][a-z0-9._-]*){0,4}")
_ENDING = ".md"
_MOST = 5_000
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Page:
    """A file's keys with the line of each, and its text with the line that this begins in."""

    place: str
    values: Mapping[str, Value]
    lines: Mapping[str, int]
    body: str
    body_line: int

    def text(self, key: str) -> str:
        """The value of a key on one line; "" where it is not there. Raises InvalidFileError for a list."""
        value = self.values.get(key, "")
        if isinstance(value, tuple | Nested):
            raise InvalidFileError(
                f'"{key}" is one value, not several', self._where(key), "Write it behind the colon."
            )
        return " ".join(value.split())

    def texts(self, key: str) -> tuple[str, ...]:
        """The values of a key: a list, or words divided by commas."""
        value = self.values.get(key, "")
        if isinstance(value, Nested):
            raise InvalidFileError(f'"{key}" is a list of words', self._where(key), "Write [one, two].")
        items = value if isinstance(value, tuple) else value.split(",")
        return tuple(" ".join(item.split()) for item in items if item.strip())

    def check_keys(self, known: tuple[str, ...]) -> None:
        """Raise InvalidFileError for a key that is none of these."""
        for key in self.values:
            if key not in known:
                raise InvalidFileError(f'unknown key "{key}"', self._where(key), suggest(key, list(known)))

    def _where(self, key: str) -> str:
        return f"{self.place}:{self.lines.get(key, 1)}"


def is_name(text: str) -> bool:
    """Whether it may be the name of such a file: small letters, digits, `.`, `_`, `-`, folders by `/`."""
    return _NAME.fullmatch(text) is not None and len(text) <= 200  # noqa: PLR2004 - as paths go


def page_names(folder: Path) -> tuple[list[str], list[str]]:
    """(names, paths that cannot be named) of the Markdown files in that folder and those below, sorted."""
    names, odd = [], []
    for path in _files(folder):
        relative = path.relative_to(folder).as_posix().removesuffix(_ENDING)
        if is_name(relative):
            names.append(relative)
        elif path.name.casefold() != "readme.md":
            odd.append(relative + _ENDING)
    return sorted(names), sorted(odd)


def _files(folder: Path) -> Iterator[Path]:
    count = 0
    for top, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.endswith(_ENDING) and not name.startswith("."):
                count += 1
                if count > _MOST:
                    raise InvalidFileError(f"more than {_MOST} files", str(folder), "Take some away.")
                yield folder.__class__(top) / name


def read_page(folder: Path, name: str, *, within: Path, place: str) -> Page:
    """The file of that name. Raises NotFoundError, and InvalidFileError with the line."""
    try:
        data, _ = read_file(folder / f"{name}{_ENDING}", within=within, limit=LARGEST)
    except FileNotFoundError:
        raise NotFoundError("there is no such file", place) from None
    return parse_page(data, place=place)


def parse_page(data: bytes, *, place: str) -> Page:
    """What such a file says. Raises InvalidFileError with the line."""
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InvalidFileError("this line is not UTF-8", f"{place}:{line}", "Save it as UTF-8.") from None
    if bad := _FORBIDDEN.search(text):
        line = text.count("\n", 0, bad.start()) + 1
        said = f"this line holds a control character (U+{ord(bad[0]):04X})"
        raise InvalidFileError(said, f"{place}:{line}", "Take it out.")
    lines = text.splitlines(keepends=True)
    if not lines or lines[0].rstrip() != "---":
        return Page(place, {}, {}, text, 1)
    end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), 0)
    if not end:
        raise InvalidFileError(
            "the front matter has no end", f"{place}:1", "Put `---` on a line of its own below its keys."
        )
    block = read_front_matter(lines[1:end], place=place)
    where = {key: spot.start + 2 for key, spot in block.places.items()}
    return Page(place, block.values, where, "".join(lines[end + 1 :]), end + 2)
