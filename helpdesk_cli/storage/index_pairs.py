"""Pairs of ticket files that have something in common, by the index and by the folders of attachments."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from helpdesk_cli.storage.index import Index

Pair = tuple[str, str]
# What more tickets than this have in common (a logo, an id that a program always uses) tells nothing.
_MOST_HOLDERS = 4
_FILE = re.compile(r"([0-9a-f]{8})-(.+)")
# Not what a tombstone keeps the id of: it was moved away, or is gone.
_PRESENT = (
    "NOT EXISTS (SELECT 1 FROM names AS gone WHERE gone.name = said.entry AND gone.role = 'tombstone'"
    " AND gone.path = said.path)"
)
# Logos and rules of signatures are smaller.
_SMALLEST_FILE = 4096


def shared_message_ids(index: Index) -> Iterator[tuple[str, str, str]]:
    """(path, path, Message-ID) of two tickets with a message of one id."""
    found: dict[str, set[str]] = defaultdict(set)
    shared = "SELECT name FROM names WHERE role = 'message' GROUP BY name HAVING count(DISTINCT path) > 1"
    query = (
        f"SELECT name, path FROM names AS said WHERE role = 'message' AND name IN ({shared}) AND {_PRESENT}"  # noqa: S608 - fixed text
    )
    for name, path in index.ask(query):
        found[name].add(path)
    for name, paths in found.items():
        yield from ((*pair, name) for pair in _pairs(paths))


def references(index: Index) -> Iterator[Pair]:
    """(path, path) of a ticket with a message that answers one of the other."""
    joined = "names AS answer JOIN names AS said ON said.name = answer.name AND said.role = 'message'"
    query = (
        f"SELECT DISTINCT answer.path, said.path FROM {joined} WHERE answer.role = 'reference' AND {_PRESENT}"  # noqa: S608 - fixed text
    )
    yield from ((one, other) for one, other in index.ask(query) if one != other)


def possible_parents(index: Index) -> Iterator[tuple[str, int]]:
    """(path, number) of a ticket with a mail that named the ticket of that number, and did not join it."""
    query = "SELECT path, value FROM items WHERE field = 'flag' AND value LIKE 'possible parent %'"
    for path, value in index.ask(query):
        digits = str(value).rpartition("-")[2]
        if digits.isdecimal() and digits.isascii():
            yield path, int(digits)


def shared_files(root: Path, paths: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """(path, path, name) of two tickets in whose folders lies what looks like the same file.

    By its size and the beginning of its sha256, which its name has.
    """
    holders: dict[tuple[str, int], dict[str, str]] = defaultdict(dict)
    for path in paths:
        try:
            files = list(os.scandir(root / path.removesuffix(".md")))
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue
        for file in files:
            match = _FILE.fullmatch(file.name)
            if match and file.is_file(follow_symlinks=False):
                size = file.stat(follow_symlinks=False).st_size
                if size >= _SMALLEST_FILE:
                    holders[match[1], size][path] = match[2]
    for names in holders.values():
        yield from ((*pair, names[pair[0]]) for pair in _pairs(names))


def _pairs(paths: Iterable[str]) -> Iterator[Pair]:
    some = sorted(set(paths))
    if len(some) <= _MOST_HOLDERS:
        yield from combinations(some, 2)
