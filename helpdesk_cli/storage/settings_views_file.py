"""Reading `views:` and `list:` of desk.yaml: saved searches, and how lists look."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helpdesk_cli.storage import settings_checks as check
from helpdesk_cli.storage.settings import LIST_COLUMNS, suggest

if TYPE_CHECKING:
    from helpdesk_cli.storage.yaml_tree import Node


def read_views(node: Node, place: str) -> tuple[tuple[str, str], ...]:
    """(name, query), the order that a view names being part of its query."""
    return tuple((name, _view(name, value, place)) for name, value in check.named(node, place).items())


def _view(name: str, node: Node, place: str) -> str:
    if not isinstance(node.value, dict):
        return check.text(node, place)
    found = check.mapping(node, place, _VIEW)
    if "query" not in found:
        hint = "Write `query: status:open assignee:me` below it."
        raise check.fail(node, place, f'the view "{name}" has no query', hint)
    return f"{found['query']} {found['sort']}" if found.get("sort") else str(found["query"])


def read_view_columns(root: Node, place: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(name, columns) of each view that has columns of its own."""
    top = root.value if isinstance(root.value, dict) else {}
    views = check.named(top["views"], place) if "views" in top else {}
    tables = {
        name: check.mapping(value, place, _VIEW)
        for name, value in views.items()
        if isinstance(value.value, dict)
    }
    return tuple((name, table["columns"]) for name, table in tables.items() if table.get("columns"))


def _columns(node: Node, place: str) -> tuple[str, ...]:
    columns = tuple(name.replace("-", "_") for name in check.texts(node, place))
    for name in columns:
        if name not in LIST_COLUMNS:
            raise check.fail(node, place, f'there is no column "{name}"', suggest(name, list(LIST_COLUMNS)))
    return columns


def _sort(node: Node, place: str) -> str:
    """`sort:-priority,created`, as it stands in a query."""
    words = check.texts(node, place)
    return f"sort:{','.join(words)}" if words else ""


def read_list(node: Node, place: str) -> dict[str, Any]:
    """The attributes of Settings that `list:` gives."""
    return check.mapping(node, place, {"columns": ("list_columns", _columns), "sort": ("list_sort", _sort)})


_VIEW = {"query": ("query", check.text), "columns": ("columns", _columns), "sort": ("sort", _sort)}
