"""What rules.yaml comes to, in a copy: a mail on its way in need not wait for YAML and queries to be read."""

from __future__ import annotations

import marshal
import os
from typing import TYPE_CHECKING

import helpdesk_cli
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage import durable
from helpdesk_cli.storage.folder import Stat
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from helpdesk_cli.storage.layout import Layout

NAME = "rules.copy"
# To be raised when rules, queries or the outline have other attributes.
_SHAPE = 1


@dataclass(frozen=True, slots=True)
class Outline:
    """What must be known before any rule is asked.

    `events` that a rule waits for that is on; `headers` and `recipients` that rules ask for, to be kept with
    a mail; `dedupes`: whether a mail may join a ticket by a rule. `packed` are the rules, for whoever packed
    them. `why`: the file cannot be used, for this reason.
    """

    events: frozenset[str] = frozenset()
    headers: tuple[str, ...] = ()
    recipients: bool = False
    dedupes: bool = False
    packed: object = None
    why: str = ""


def key_of(layout: Layout) -> list[object] | None:
    """What the copy depends on; None where there is no rules.yaml."""
    try:
        stats = [Stat.of(os.lstat(path)) for path in (layout.root / "rules.yaml", layout.config)]
    except OSError:
        return None
    return [
        helpdesk_cli.__version__,
        _SHAPE,
        *(getattr(stat, name) for stat in stats for name in Stat.__slots__),
    ]


def read_copy(layout: Layout, key: list[object]) -> Outline | None:
    """The copy, if it is of these very files."""
    try:
        found = marshal.loads((layout.state / NAME).read_bytes())  # noqa: S302 - written by desk itself, as settings.copy
        return Outline(*found[1:]) if found[0] == key else None
    except (OSError, ValueError, EOFError, TypeError, IndexError):
        return None


def write_copy(layout: Layout, key: list[object], outline: Outline) -> None:
    """Keep it for the next mail."""
    if not layout.state.is_dir():
        return
    parts = [getattr(outline, name) for name in Outline.__slots__]
    try:
        durable.replace(
            layout.state / NAME,
            marshal.dumps([key, *parts]),
            within=layout.state,
            modes=layout.modes,
            sync=False,
        )
    except (DeskError, OSError, ValueError):
        # Somebody without write permission reads the YAML each time.
        return
