"""docs/JSON.md read as a schema: what a document may hold, by the tables that people read."""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[1] / "docs/JSON.md"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")


@cache
def tables() -> dict[str, dict[str, str]]:
    """Name of an object -> its keys -> the type of each, as the page words it."""
    found = {}
    for section in re.split(r"^### ", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        name, _, text = section.partition("\n")
        rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", text.partition("\n## ")[0], re.MULTILINE)
        found[name] = dict(rows)
    return found


def faults(value: Any, kind: str, place: str = "") -> list[str]:
    """Where a value is not what the page says of `kind`; [] where it is."""
    choices = kind.split(" or ")
    if value is None:
        return [] if "null" in choices else [f"{place} is null"]
    if any(choice.startswith('`"') for choice in choices):
        words = {json.loads(choice.strip("`")) for choice in choices if choice != "null"}
        return [] if value in words else [f"{place} is {value!r}"]
    kind = kind.removesuffix(" or null")
    if kind.startswith("list of "):
        if not isinstance(value, list):
            return [f"{place} is no list"]
        inner = kind.removeprefix("list of ")
        return [
            fault for number, item in enumerate(value) for fault in faults(item, inner, f"{place}[{number}]")
        ]
    if kind in _PLAIN:
        return [] if _PLAIN[kind](value) else [f"{place} is {value!r}, not {kind}"]
    return _object_faults(value, kind, place)


def _object_faults(value: Any, kind: str, place: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{place} is no object"]
    table = tables()[_variant(value, kind)]
    missing, further = table.keys() - value.keys(), value.keys() - table.keys()
    wrong = [f"{place} lacks {key}" for key in sorted(missing)] + [
        f"{place} has {key}" for key in sorted(further)
    ]
    return wrong + [
        fault for key in table if key in value for fault in faults(value[key], table[key], f"{place}.{key}")
    ]


def _variant(value: dict[str, Any], kind: str) -> str:
    """Entries and changes come in several kinds, a table each."""
    if kind == "entry":
        known = f"entry: {value.get('kind')}"
        return known if known in tables() else "entry: of a kind that this version does not know"
    if kind == "change":
        return "change: of a list" if "added" in value else "change: of a text"
    return kind


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and bool(_TIME.fullmatch(value)) and bool(datetime.fromisoformat(value))


_PLAIN = {
    "text": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "fraction": lambda value: isinstance(value, float) and 0 <= value <= 1,
    "true or false": lambda value: isinstance(value, bool),
    "time": _is_time,
    "row": lambda value: (
        isinstance(value, dict) and not any(isinstance(each, dict) for each in value.values())
    ),
}
