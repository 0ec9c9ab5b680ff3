"""What a query is read with: the time, the zone, the desk's own words, who asks, the saved views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.query.fields import FIELDS, FLAGS
from helpdesk_cli.query.folding import fold
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, tzinfo

    from helpdesk_cli.query.fields import Field, Flag


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of a desk, as plain values.

    `words`: field key to its declared words, each a name followed by its aliases, the greatest first where
    they have an order; a field without a list takes any text. Words that tickets still have, but desk.yaml
    has no longer, belong in it, or those tickets cannot be asked for. `waiting` and `done` are names of
    statuses; every other is active. `me` is the agent who asks, "" = nobody knows; `away`
    are the agents who are.
    """

    words: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    waiting: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    me: str = ""
    away: tuple[str, ...] = ()
    views: Mapping[str, str] = field(default_factory=dict)
    prefix: str = "TICKET"

    def spellings(self, key: str, name: str) -> frozenset[str]:
        """The name and its aliases, folded: what a ticket's file may have for it."""
        wanted = fold(name)
        for word in self.words.get(key, ()):
            folded = frozenset(map(fold, word))
            if wanted in folded:
                return folded
        return frozenset({wanted})

    def statuses(self, side: str) -> frozenset[str]:
        """The folded spellings of every status that is `waiting` or `done`."""
        names = self.waiting if side == "waiting" else self.done
        return frozenset(word for name in names for word in self.spellings("status", name))


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that reading a query needs. `now` has a zone; `zone` is the one that days are counted in."""

    now: datetime
    zone: tzinfo
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    fields: tuple[Field, ...] = FIELDS
    flags: tuple[Flag, ...] = FLAGS
