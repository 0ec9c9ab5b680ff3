"""Rules from wherever they lie: the desk's rules.yaml, another file, a commit; every slip is told."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.desk.asking import context_of
from helpdesk_cli.desk.rules_reading import Book, condition_of
from helpdesk_cli.errors import DeskError, InvalidFileError, NotFoundError, UsageError
from helpdesk_cli.rules.conditions import rule_context
from helpdesk_cli.storage.rule_actions import Known
from helpdesk_cli.storage.rules_file import LARGEST, NAME, examine_rules, known_in, load_rules, read_bytes
from helpdesk_cli.storage.rules_versions import read_revision
from helpdesk_cli.storage.sla_file import text_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.desk.desk import Desk

HEAD = "HEAD"
# So many bytes are read of a file that somebody names: one more than rules may have.
MOST = LARGEST + 1


class BrokenRulesError(InvalidFileError):
    """A rules.yaml that cannot be used; `slips` are all that is wrong with it, in order."""

    def __init__(self, slips: Sequence[InvalidFileError]) -> None:
        """Says the first of them."""
        first = slips[0]
        super().__init__(first.message, first.place, first.hint)
        self.slips = tuple(slips)


def own_book(desk: Desk) -> Book:
    """The desk's rules, none where it has no rules.yaml. Raises BrokenRulesError."""
    data = read_bytes(desk.layout)
    return Book() if data is None else book_in(desk, data, place=NAME)


def rule_names(desk: Desk) -> list[str]:
    """The names of the desk's rules; none where its file cannot be used: for completion."""
    try:
        return [rule.name for rule in load_rules(desk.layout, desk.settings)]
    except DeskError:
        return []


def book_at(desk: Desk, place: str) -> Book:
    """The rules of a file, else of a commit. Raises NotFoundError, BrokenRulesError.

    In a commit words may stand that desk.yaml has no more: they are no mistakes there.
    """
    path = Path(place)
    if path.is_dir():
        raise UsageError("is a folder", place, "Name a file, or a commit that has a rules.yaml.")
    if path.exists():
        return book_in(desk, read_large(path), place=place)
    if "/" in place and not path.parent.exists() and place.endswith((".yaml", ".yml")):
        raise NotFoundError("no such file or directory", place)
    data = read_revision(desk.layout, place)
    return book_in(desk, data, place=f"{place}:{NAME}", is_past=True)


def read_large(path: Path) -> bytes:
    """The bytes of a file that somebody names, as many as rules may have and one more. NotFoundError."""
    try:
        with path.open("rb") as file:
            return file.read(MOST)
    except OSError as error:
        raise NotFoundError((error.strerror or str(error)).lower(), str(path)) from None


def book_in(desk: Desk, data: bytes, *, place: str, is_past: bool = False) -> Book:
    """The rules in these bytes. Raises BrokenRulesError."""
    if len(data) > LARGEST:
        raise BrokenRulesError([InvalidFileError(f"larger than {LARGEST // 1_000_000} MB", f"{place}:1")])
    try:
        text = text_of(data, place=place)
    except InvalidFileError as error:
        raise BrokenRulesError([error]) from None
    known = Known(None) if is_past else known_in(desk.layout, desk.settings)
    rules, slips = examine_rules(text, known, place=place)
    context = rule_context(context_of(desk), rules)
    conditions = []
    for rule in rules:
        found = condition_of(rule, context, place=place)
        if isinstance(found, InvalidFileError):
            slips.append(found)
        else:
            conditions.append(found)
    if slips:
        raise BrokenRulesError(slips)
    return Book(tuple(conditions), context.fields)
