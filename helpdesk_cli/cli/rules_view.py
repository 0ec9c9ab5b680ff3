"""Rules as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.table import Column, Table, Toned

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.rules.rule import Rule


_COLUMNS = (
    Column("name", "RULE"),
    Column("state", "STATE"),
    Column("event", "EVENT"),
    Column("when", "WHEN", shrinks=True),
    Column("do", "DOES", shrinks=True),
)


def rules_table(rules: Iterable[Rule]) -> Table:
    """Every rule on a line, in the order of the file."""
    rows = [
        (
            rule.name,
            Toned(rule.state, "plain" if rule.state == "on" else "faint"),
            ", ".join(rule.events),
            rule.when,
            ", ".join([*map(str, rule.actions), *(["stop"] if rule.stop else [])]),
        )
        for rule in rules
    ]
    return Table("rules", _COLUMNS, tuple(rows))
