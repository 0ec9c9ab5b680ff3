"""The words after a command's name: which are tickets, which are changes, what `-` stands for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from helpdesk_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

STDIN = "-"


def read_ids(words: Sequence[str], lines: Iterable[str] | None = None) -> list[str]:
    """The tickets that the words name, in order, each once; `-` is standard input's first column.

    `lines` stands for standard input in tests. Raises UsageError when no ticket is named.
    """
    ids: list[str] = []
    for word in words:
        if word == STDIN:
            ids += first_column(sys.stdin if lines is None else lines)
        else:
            ids.append(word)
    unique = list(dict.fromkeys(ids))
    if not unique:
        # `desk list … | desk close -` with an empty list is a usage error: a script must notice it.
        raise UsageError(
            "no ticket was named",
            hint="Name some, `-` for standard input, or `-q QUERY`.",
        )
    return unique


def first_column(lines: Iterable[str]) -> list[str]:
    """The first word of each line that has one: `desk list` prints the id there."""
    return [words[0] for words in (line.split(maxsplit=1) for line in lines) if words]


def part(words: Sequence[str], belongs: Callable[[str], bool]) -> tuple[list[str], list[str]]:
    """(the words that belong, the others), each in order."""
    return [word for word in words if belongs(word)], [word for word in words if not belongs(word)]


def last_word(words: Sequence[str], what: str, *, asked: bool = False) -> tuple[list[str], str]:
    """(all words but the last, the last): `42 43 kim` names tickets and then whom or what.

    `asked`: a query names tickets, too.
    """
    if len(words) < 2 - asked:
        raise UsageError(f"name {what}" if asked else f"name at least one ticket and then {what}")
    return list(words[:-1]), words[-1]


def is_tag_change(word: str) -> bool:
    """Whether the word adds (`+vip`) or removes (`-billing`) a tag; `-` alone is standard input."""
    return word[:1] in {"+", "-"} and word != STDIN


def read_tag_changes(words: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(tags to add, tags to remove) of words such as `+vip` and `-billing`; also `+vip,new`."""
    added: list[str] = []
    removed: list[str] = []
    for word in words:
        names = [name for name in word[1:].split(",") if name]
        if not names:
            raise UsageError(f'"{word}" names no tag')
        (added if word[0] == "+" else removed).extend(names)
    both = set(added) & set(removed)
    if both:
        raise UsageError(f'the tag "{min(both)}" is both to be added and to be removed')
    return tuple(dict.fromkeys(added)), tuple(dict.fromkeys(removed))


def read_assignments(words: Sequence[str]) -> list[tuple[str, str]]:
    """(field, value) of words such as `priority=high`; an empty value clears the field."""
    pairs = []
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise UsageError(f'"{word}" is no assignment', hint="Write FIELD=VALUE, such as `priority=high`.")
        pairs.append((name.strip(), value.strip()))
    return pairs
