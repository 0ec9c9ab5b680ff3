"""What became of another helpdesk's tickets, counted and said."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from helpdesk_cli.errors import PartialError
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from helpdesk_cli.desk.import_filing import Took

OUTCOMES: Final = {
    "created": "opened",
    "extended": "added to",
    "known": "known already",
    "failed": "not taken over",
}
# Of those who are in no table.
_MOST_NAMED: Final = 10


def count_of(number: int, what: str) -> str:
    """`1 file`, `1,200 files`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


@dataclass(slots=True)
class Tally:
    """What became of the tickets, and what was missing."""

    counts: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    messages: int = 0
    files: int = 0
    missing: int = 0

    def add(self, took: Took) -> None:
        """Count it."""
        self.counts[took.outcome] += 1
        self.unknown.update(took.unknown)
        self.messages += took.messages
        self.files += took.files
        self.missing += len(took.missing)

    def summary(self, *, dry_run: bool) -> str:
        """`3 tickets: 2 opened, 1 known already; 4 messages`."""
        parts = [f"{self.counts[name]:,} {said}" for name, said in OUTCOMES.items() if self.counts[name]]
        if not parts:
            return "The export has no tickets."
        added = f", {count_of(self.files, 'file')} that had been missing" if self.files else ""
        end = " (nothing was written)" if dry_run else ""
        tickets = count_of(self.counts.total(), "ticket")
        return f"{tickets}: {', '.join(parts)}; {count_of(self.messages, 'message')}{added}{end}"

    def check(self) -> None:
        """Raises PartialError where something is left to be taken over."""
        left = []
        if self.counts["failed"]:
            left.append(f"{self.counts['failed']} of {self.counts.total()} tickets were not taken over")
        if self.missing:
            left.append(f"{count_of(self.missing, 'file')} {'is' if self.missing == 1 else 'are'} missing")
        if left:
            hint = "Mend what is named (files: --files DIR); the same call takes it and changes nothing else."
            raise PartialError(" and ".join(left), hint=hint)

    def unknown_people(self) -> str:
        """Who is in no table, and in how many tickets."""
        unknown = self.unknown
        named = [f"{name} ({number:,})" for name, number in unknown.most_common(_MOST_NAMED)]
        more = f", and {len(unknown) - _MOST_NAMED:,} more" if len(unknown) > _MOST_NAMED else ""
        return (
            f"{len(unknown):,} {'is' if len(unknown) == 1 else 'are'} named in tickets and in no table "
            f"(how many tickets): {', '.join(named)}{more}."
        )
