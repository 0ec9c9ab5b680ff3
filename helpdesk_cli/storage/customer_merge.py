"""Two versions of a customer's file made one: by line where that goes, else key by key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helpdesk_cli.customers.customer import Customer
from helpdesk_cli.customers.keys import address_key, phone_key
from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage import customer_files as files
from helpdesk_cli.storage.front_matter import Nested, Value
from helpdesk_cli.storage.line_merge import merge_lines, show_both
from helpdesk_cli.tickets.merge import three_way
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACE = re.compile(r"(.*/)?(customers/(?:organisations/)?[^/]+\.md)", re.DOTALL)
_BLANK = re.compile(r"\n(?:[ \t]*\n)+")
_SAME_PLACE = "changed on both sides in the same place"


def customer_place(path: str, *, prefix: str | None = None) -> str:
    """From the desk's root, the path in a repository of a customer's or organisation's file; "" for another.

    `prefix` is the way to the desk in it, "" or `path/to/desk/`; None: the file is known to be the desk's.
    """
    found = _PLACE.fullmatch(path)
    return found[2] if found and prefix in {None, found[1] or ""} else ""


def merge_customer_files(base: bytes, ours: bytes, theirs: bytes, *, place: str) -> tuple[bytes, str]:
    """The merged file, and what is left to a person ("" for nothing); `base` empty: both sides made it.

    `place` is its path from the desk's root. What comes together by line does, unless that breaks the file.
    Else lists have what either side added and neither took out; notes that both added follow each other. Left
    are a key that both set differently, and two people under one name: then git's markers stand in the file.
    """
    by_line = _merged_by_line(base, ours, theirs, place=place)
    if by_line.is_good:
        return by_line.data, ""
    if not any(b"\r\n" in each for each in (base, ours, theirs)):
        return _merge(base, ours, theirs, place=place, by_line=by_line)
    # An editor that writes the line ends of Windows has changed no line by that.
    plain = [each.replace(b"\r\n", b"\n") for each in (base, ours, theirs)]
    by_line = _merged_by_line(*plain, place=place)
    merged, left = (by_line.data, "") if by_line.is_good else _merge(*plain, place=place, by_line=by_line)
    is_windows = ours.partition(b"\n")[0].endswith(b"\r")
    return merged.replace(b"\n", b"\r\n") if is_windows else merged, left


@dataclass(frozen=True, slots=True)
class _ByLine:
    """What git makes of it; else with its markers, or where it has none both sides between them."""

    data: bytes
    is_good: bool


def _merged_by_line(base: bytes, ours: bytes, theirs: bytes, *, place: str) -> _ByLine:
    texts = [each.decode("utf-8", "surrogateescape") for each in (base, ours, theirs)]
    merged, is_clean = merge_lines(*texts)
    data = merged.encode("utf-8", "surrogateescape")
    if not (is_clean and base):
        return _ByLine(data, is_good=False)
    if _reads(data, place) or not (_reads(ours, place) and _reads(theirs, place)):
        return _ByLine(data, is_good=True)
    # Clean and nonsense: a key said twice.
    return _ByLine(show_both(*texts[1:]).encode("utf-8", "surrogateescape"), is_good=False)


def _merge(base: bytes, ours: bytes, theirs: bytes, *, place: str, by_line: _ByLine) -> tuple[bytes, str]:
    """Key by key; what is left to a person is shown as it is by line."""
    marked = by_line.data
    try:
        one, other = (files.parts(each, place=place) for each in (ours, theirs))
        before = files.parts(base, place=place) if base else None
        if before is None and not _is_one(ours, theirs, place):
            return marked, "two files of one name, made by two clones"
        if _comments(other) - _comments(before) - _comments(one):
            return marked, _SAME_PLACE
        values = before.block.values if before else {}
        changed, left = _merged_values(values, one.block.values, other.block.values)
        notes = _merged_notes(before.notes if before else "", one.notes, other.notes)
        if left or notes is None:
            return marked, f"{_SAME_PLACE}: {', '.join(left) or 'the notes'}"
        return files.change((one.head + notes).encode(), changed, place=place), ""
    except InvalidFileError as error:
        return marked, f"not merged by meaning: {error.message}"


def _comments(parts: files.Parts | None) -> frozenset[str]:
    """The lines of the front matter that have comments."""
    return frozenset(line for line in parts.block.lines if "#" in line) if parts else frozenset()


def _reads(data: bytes, place: str) -> bool:
    try:
        files.read(data, place=place)
    except InvalidFileError:
        return False
    return True


def _is_one(ours: bytes, theirs: bytes, place: str) -> bool:
    """Whether two clones wrote down the same person, or the same organisation."""
    keys = []
    for data in (ours, theirs):
        file = files.read(data, place=place)
        if isinstance(file, Customer):
            keys.append({*map(address_key, file.addresses), *map(phone_key, file.phones)})
        else:
            keys.append({domain.casefold() for domain in file.domains})
    return not keys[0].isdisjoint(keys[1])


def _merged_values(
    before: Mapping[str, Value], ours: Mapping[str, Value], theirs: Mapping[str, Value]
) -> tuple[dict[str, Value], list[str]]:
    """What of ours changes, and the keys that both set differently."""
    changed: dict[str, Value] = {}
    left: list[str] = []
    for key in {**ours, **theirs}:
        base, one, other = (side.get(key, "") for side in (before, ours, theirs))
        if one == other:
            continue
        merged: Value | None
        if key in files.LISTS and not any(isinstance(each, Nested) for each in (base, one, other)):
            merged = _merged_list(*map(_items, (base, one, other)))
            changed |= {} if merged == _items(one) else {key: merged}
            continue
        merged = min(str(one), str(other)) if key == "uid" and one and other else three_way(base, one, other)
        if merged is None or isinstance(merged, Nested):
            left.append(key)
        elif merged != one:
            changed[key] = merged
    return changed, left


def _items(value: Value) -> tuple[str, ...]:
    items = value if isinstance(value, tuple) else tuple(value.split(","))
    return tuple(" ".join(item.split()) for item in items if item.strip())


def _merged_list(base: tuple[str, ...], ours: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[str, ...]:
    gone = {item for item in base if item not in ours or item not in theirs}
    return tuple(item for item in dict.fromkeys((*ours, *theirs)) if item not in gone)


def _merged_notes(before: str, ours: str, theirs: str) -> str | None:
    """The notes; None where a person has to choose."""
    chosen = three_way(before, ours, theirs)
    if chosen is not None:
        return chosen
    start = before.rstrip("\n")
    one, other = sorted(_added(start, side) for side in (ours, theirs))
    if one and other:
        added = [*one, *(each for each in other if each not in one)]
        return "\n\n".join([start, *added] if start else ["\n" + added[0], *added[1:]]) + "\n"
    merged, is_clean = merge_lines(before, ours, theirs)
    return merged if is_clean else None


def _added(start: str, notes: str) -> tuple[str, ...]:
    """The paragraphs below what there was; none where that was changed, or its last line goes on."""
    rest = notes.removeprefix(start)
    is_below = notes.startswith(start) and (not start or _BLANK.match(rest))
    return tuple(filter(None, _BLANK.split("\n\n" + rest.rstrip()))) if is_below else ()
