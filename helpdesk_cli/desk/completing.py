"""What shell completion offers of a desk: asked of the index as it is, without a look at every file."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.query_fields import ALL_FIELDS, ALL_FLAGS
from helpdesk_cli.query.fields import by_name
from helpdesk_cli.query.folding import fold

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.query.fields import Field

_DATES = ("today", "yesterday", "thisweek", "lastweek", "thismonth", "lastmonth", "7d..", "30d..", "..7d")
_LENGTHS = ("1d..", "3d..", "7d..", "30d..")


def ids(desk: Desk, begin: str, most: int) -> list[str]:
    """Ids of tickets that are not done and begin so; numbers where a number is begun."""
    with closing(open_index(desk, full=False)) as index:
        done = [word.name for word in desk.settings.statuses if word.kind == "done"]
        return index.ids_beginning(begin, without=done, most=most)


def tags(desk: Desk) -> list[str]:
    """Tags in use."""
    with closing(open_index(desk, full=False)) as index:
        return index.values("tags")


def fields() -> list[str]:
    """What can stand before the colon of a query's term, colon included."""
    flags = sorted({flag.field for flag in ALL_FLAGS})
    return [f"{name}:" for name in (*(row.key for row in ALL_FIELDS), *flags, "view", "sort", "not")]


def values(desk: Desk, field: str) -> list[str]:
    """What can stand behind the colon, as far as the desk knows it."""
    name = fold(field)
    flags = [flag.value for flag in ALL_FLAGS if flag.field == name]
    row = by_name(ALL_FIELDS).get(name)
    if name == "view":
        return [view for view, _ in desk.settings.views]
    if name == "sort":
        kinds = {"time", "length", "number", "ticket", "word"}
        keys = [each.key for each in ALL_FIELDS if each.kind in kinds]
        return [*keys, *(f"-{key}" for key in keys)]
    return flags if row is None else _values_of(desk, row)


def _values_of(desk: Desk, row: Field) -> list[str]:
    if row.values:
        return list(row.values)
    if row.kind == "tag" and not row.words:
        return [*tags(desk), "none"]
    if row.kind in {"time", "length"}:
        return list(_DATES if row.kind == "time" else _LENGTHS)
    words = [word.name for word in desk.settings.words(row.words or row.key) or ()]
    return [*words, *(["me"] if "assignee" in {row.key, row.words} else []), *(["none"] if words else [])]
