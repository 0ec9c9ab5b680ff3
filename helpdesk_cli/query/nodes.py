"""A query as a value: terms under AND, OR and NOT; `str` gives a text that reads as the same query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.query.atoms import Atom


@dataclass(frozen=True, slots=True)
class Term:
    """`text`, its plainest spelling, holds where one of `atoms` does. `field` is the row's key."""

    field: str
    text: str
    atoms: tuple[Atom, ...]
    late: bool = False

    def __str__(self) -> str:
        """`status:new,open`."""
        return self.text


@dataclass(frozen=True, slots=True)
class Named:
    """A saved view or a flag, `@mine` or `is:answered`, and the query that it stands for."""

    field: str
    text: str
    part: Node

    def __str__(self) -> str:
        """`view:mine`."""
        return self.text


@dataclass(frozen=True, slots=True)
class Not:
    """What the part is not."""

    part: Node

    def __str__(self) -> str:
        """`-status:open`, `-(a OR b)`."""
        return f"-({self.part})" if isinstance(self.part, Both | Either | Not) else f"-{self.part}"


@dataclass(frozen=True, slots=True)
class Both:
    """Every part; without parts, any ticket."""

    parts: tuple[Node, ...] = ()

    def __str__(self) -> str:
        """`a (b OR c)`."""
        return " ".join(f"({part})" if isinstance(part, Either | Both) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of the parts."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        """`a b OR c`."""
        return " OR ".join(f"({part})" if isinstance(part, Either) else str(part) for part in self.parts)


Node = Term | Named | Not | Both | Either


@dataclass(frozen=True, slots=True)
class Sort:
    """One key of the order. `column` is one of the facts, `ranks` the words in their declared order.

    Tickets without a value come last, whatever the direction. `turned`: the column falls as the field
    rises, as the time of opening does while the age rises.
    """

    field: str
    column: str
    descending: bool = False
    turned: bool = False
    ranks: tuple[tuple[str, ...], ...] = ()

    def __str__(self) -> str:
        """`sort:-created`."""
        return f"sort:{'-' if self.descending else ''}{self.field}"


@dataclass(frozen=True, slots=True)
class Query:
    """What is wanted and in which order; `Query()` is every ticket in no particular order."""

    where: Node = Both()
    sort: tuple[Sort, ...] = ()

    def __str__(self) -> str:
        """The query in its plainest spelling."""
        return " ".join(filter(None, [str(self.where), *map(str, self.sort)]))

    @property
    def fields(self) -> frozenset[str]:
        """The keys of every field that it asks about, those in views and flags among them."""
        return frozenset(term.field for term in terms(self.where))

    @property
    def is_late(self) -> bool:
        """Whether it asks what no index stores: whoever asks must look at what SQL gives once more."""
        return any(term.late for term in terms(self.where))


def terms(node: Node) -> Iterator[Term]:
    """The terms below a node, from left to right."""
    match node:
        case Term():
            yield node
        case Named(part=part) | Not(part=part):
            yield from terms(part)
        case Both(parts=parts) | Either(parts=parts):
            for part in parts:
                yield from terms(part)
