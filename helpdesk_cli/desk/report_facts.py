"""What happened to the tickets that a report is about, from the index: `reports/figures/history`."""

from __future__ import annotations

from contextlib import nullcontext
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from helpdesk_cli.desk.asking import vocabulary_of
from helpdesk_cli.desk.levels import Levels, kinds_of
from helpdesk_cli.desk.report_customers import customer_names
from helpdesk_cli.desk.report_promises import STATE, Promises, Rows
from helpdesk_cli.query.folding import fold
from helpdesk_cli.reports.figures.history import (
    NO_REQUEST,
    History,
    Said,
    requests_only,
    stretches_of,
    timeline,
)
from helpdesk_cli.reports.figures.ratings import ratings_of
from helpdesk_cli.reports.figures.reviews import reviews_of
from helpdesk_cli.reports.figures.undone import UNDOES, undone_pairs
from helpdesk_cli.sla.course import TRACKED
from helpdesk_cli.sla.hours import ms_of
from helpdesk_cli.storage import index_reports as asked_of
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.snooze import read_until
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.query.sql import Clause
    from helpdesk_cli.reports.figures.history import Kind, Rating
    from helpdesk_cli.reports.figures.ratings import Fact
    from helpdesk_cli.sla.policies import Sla
    from helpdesk_cli.storage.index import Index
    from helpdesk_cli.storage.settings import Settings

    Change = tuple[str, int, str, str, str, str, str]
    SaidRow = tuple[int, str, str, int]

# Fields whose history a report can need, by the word under which it needs it.
_HISTORIES = {"assignees": "assignee", "teams": "team", "snoozes": "snoozed-until"}
# Facts of events, by the word under which they are needed.
_FACTS = {"ratings": ("csat", "csat-answer"), "spent": ("spent",), "reviews": ("qa",)}


@dataclass(frozen=True, slots=True)
class Scope:
    """Which tickets, and what of them. `now`: nothing later is known; `is_past`: it is not the present."""

    condition: Clause
    start: int
    end: int
    now: int
    needs: frozenset[str]
    is_past: bool = False
    sla: Sla | None = None


class Gathering:
    """The histories of tickets, from an index with all that queries ask for."""

    def __init__(self, desk: Desk, index: Index, scope: Scope) -> None:
        """Raises InvalidFileError where promises are needed and sla.yaml cannot be read."""
        self._desk, self._index, self._scope = desk, index, scope
        self._kind_of = kinds_of(desk.settings)
        self._word = words_of(desk.settings)
        self._done = vocabulary_of(desk.settings).statuses("done")
        self.problems = tuple(index.problems())

    def histories(self) -> list[History]:
        """The tickets, by number."""
        scope, index = self._scope, self._index
        vocabulary = vocabulary_of(self._desk.settings)
        asked_of.choose_tickets(
            index,
            scope.condition,
            start=scope.start,
            end=scope.end,
            done=self._done,
            without=frozenset().union(*(vocabulary.spellings("status", word) for word in NO_REQUEST)),
        )
        rows = asked_of.ticket_rows(index)
        opened = {row["path"]: (row["created_at"], {field: row[field] for field in STATE}) for row in rows}
        if scope.is_past:
            self._rewind(rows)
        wanted = {need: field for need, field in _HISTORIES.items() if need in scope.needs}
        fields = {"status", *wanted.values(), *(TRACKED if "promises" in scope.needs else ())}
        changes = asked_of.changes_of(index, sorted(fields))
        told = self._facts()
        everything_said = {"said", "ratings", "promises"} & scope.needs
        said = asked_of.said_in(index) if everything_said else {}
        promises = self._promises(opened, said, changes)
        with promises.begin() if promises else nullcontext() as work:
            drafts = self._drafts(rows, self._standing(dict(changes), told), told, said=said, wanted=wanted)
            found = dict(promises.gathered(work.finish())) if promises and work else {}
        return [draft(promises=found.get(path, ())) for path, draft in drafts]

    def _drafts(
        self,
        rows: Iterable[dict[str, Any]],
        changes: Mapping[str, Sequence[Change]],
        told: Mapping[str, list[Fact]],
        *,
        said: Mapping[str, Sequence[SaidRow]],
        wanted: Mapping[str, str],
    ) -> list[tuple[str, Callable[..., History]]]:
        """(path, its history but for the promises) of each ticket that was a request."""
        scope, index = self._scope, self._index
        statuses = {row["path"]: self._statuses(row, changes.get(row["path"], ())) for row in rows}
        spoken_in = self._said(statuses, said)
        asked = asked_of.questions_of(index) if "ratings" in scope.needs else {}
        names = customer_names(self._desk, index) if "customers" in scope.needs else {}
        found: list[tuple[str, Callable[..., History]]] = []
        for row in rows:
            path = row["path"]
            if not statuses[path]:
                continue
            mine = self._known(changes.get(path, ()), 1)
            created = min(row["created_at"], scope.now)
            values: dict[str, Any] = {need: self._values(row, mine, field) for need, field in wanted.items()}
            spoken = spoken_in.get(path, ())
            draft = partial(
                History,
                path,
                row["number"],
                row["id"],
                created,
                row["subject"],
                row["requester"],
                names.get(row["requester"], "") or _name_of(row),
                statuses[path][-1][1],
                {field: self._word(field, row[field]) for field in asked_of.FIELDS},
                row["tags"],
                statuses[path],
                stretches_of(
                    statuses[path],
                    kind_of=self._kind_of,
                    answers=partial(_answered, spoken),
                ),
                self._kind_of(statuses[path][0][1]) == "done",
                tuple((at, by) for field, at, by, _, _, _, _ in mine if field == "status"),
                **values,
                said=spoken if "said" in scope.needs else (),
                spent=_spent(told[path]) if path in told else (),
                reviews=reviews_of(told[path]) if path in told else (),
                ratings=_rated(asked[path], told.get(path, ()), spoken, scope.now) if path in asked else (),
            )
            found.append((path, draft))
        return found

    def _known(self, rows: Iterable[Any], place: int) -> list[Any]:
        """Those that had happened."""
        if not self._scope.is_past:
            return list(rows)
        return [row for row in rows if row[place] <= self._scope.now]

    def _rewind(self, rows: Sequence[dict[str, Any]]) -> None:
        """The values of the front matter as they were, by taking back what was changed since."""
        later = asked_of.changes_after(self._index, self._scope.now)
        for row in rows:
            tags = set(row["tags"])
            for field, old, new in later.get(row["path"], ()):
                if field == "tags":
                    tags.discard(new)
                    tags |= {old} if old else set()
                elif field in row:
                    row[field] = old
            row["tags"] = tuple(sorted(tags))

    def _statuses(self, row: Mapping[str, Any], changes: Sequence[Change]) -> tuple[tuple[int, str], ...]:
        told = [
            (
                row["created_at"] if what == "opened" else at,
                self._word("status", old),
                self._word("status", new),
            )
            for field, at, _, what, old, new, _ in self._known(changes, 1)
            if field == "status"
        ]
        now = self._scope.now
        found = timeline(min(row["created_at"], now), told, self._word("status", row["status"]), now=now)
        return requests_only(found)

    def _values(
        self, row: Mapping[str, Any], changes: Sequence[Change], field: str
    ) -> tuple[tuple[int, str], ...]:
        if field != "snoozed-until" and field not in row:
            return ()
        read = _moment if field == "snoozed-until" else partial(self._word, field)
        told = [
            (row["created_at"] if what == "opened" else at, read(old), read(new))
            for name, at, _, what, old, new, _ in changes
            if name == field
        ]
        # When somebody wakes is no column of lists: what events tell of it counts.
        last = told[-1][2] if told else ""
        present = last if field == "snoozed-until" else self._word(field, row[field])
        return timeline(min(row["created_at"], self._scope.now), told, present, now=self._scope.now)

    def _said(
        self, statuses: Mapping[str, Sequence[tuple[int, str]]], rows: Mapping[str, Sequence[SaidRow]]
    ) -> dict[str, tuple[Said, ...]]:
        """What people said: in all tickets, or in those where it decides what a reopening was."""
        if not rows:
            again = [path for path, values in statuses.items() if len(_turns(values, self._kind_of)) > _ONCE]
            rows = asked_of.said_in(self._index, again) if again else {}
        now = self._scope.now
        is_past = self._scope.is_past
        return {
            path: tuple(
                Said(min(at, now), role, by)  # type: ignore[arg-type]
                for at, role, by, _ in said
                if not (is_past and at > now)
            )
            for path, said in rows.items()
        }

    @staticmethod
    def _standing(changes: dict[str, list[Change]], told: dict[str, list[Fact]]) -> dict[str, list[Change]]:
        """The changes without those that were undone, and without what undid them: neither happened.

        Of the facts, too, those of undone events go.
        """
        for path, facts in told.items():
            if pairs := undone_pairs(facts):
                both = [
                    {field for field, *_, entry in changes.get(path, ()) if entry == name} for name in pairs
                ]
                gone = {
                    (field, name)
                    for (one, other), fields in zip(pairs.items(), both, strict=True)
                    for field in fields
                    & {field for field, *_, entry in changes.get(path, ()) if entry == other}
                    for name in (one, other)
                }
                if path in changes:
                    changes[path] = [row for row in changes[path] if (row[0], row[-1]) not in gone]
                facts[:] = [fact for fact in facts if fact[2] not in pairs]
        return changes

    def _promises(
        self,
        opened: Mapping[str, tuple[int, dict[str, str]]],
        said: Mapping[str, Sequence[SaidRow]],
        changes: Mapping[str, Sequence[Change]],
    ) -> Promises | None:
        if "promises" not in self._scope.needs:
            return None
        levels = Levels(self._desk, self._index, in_force=self._scope.sla)
        if not levels.sla.policies:
            return None
        policies, snoozes = asked_of.policies_of(self._index), asked_of.snoozes_of(self._index)
        rows = Rows(opened, said, changes, policies, snoozes)
        return Promises(levels, rows, as_of=self._scope.now if self._scope.is_past else None)

    def _facts(self) -> dict[str, list[tuple[str, int, str, str, str]]]:
        needs = self._scope.needs
        keys = [UNDOES, *(key for need, some in _FACTS.items() if need in needs for key in some)]
        return {path: self._known(rows, 1) for path, rows in asked_of.facts_of(self._index, keys).items()}


# So many digits are no number of seconds.
_LONG = 9
_ONCE = 2
_WORDS = 1000


def words_of(settings: Settings) -> Callable[[str, str], str]:
    """From a field and a word in a ticket file to the declared word, by its aliases."""
    words = vocabulary_of(settings).words
    names = {
        field: {spelling: word[0] for word in words.get(field, ()) for spelling in word}
        for field in ("status", *asked_of.FIELDS)
    }
    folded = {field: {fold(word): name for word, name in known.items()} for field, known in names.items()}

    # Few words, asked for a hundred thousand times.
    @lru_cache(maxsize=_WORDS)
    def word_of(field: str, word: str) -> str:
        known = names.get(field)
        if not word or not known:
            return word
        return known.get(word) or folded[field].get(fold(word), word)

    return word_of


def _turns(values: Sequence[tuple[int, str]], kind_of: Callable[[str], Kind]) -> list[bool]:
    """Done and not done, as they followed each other."""
    turns: list[bool] = []
    for _, status in values:
        is_done = kind_of(status) == "done"
        if not turns or turns[-1] is not is_done:
            turns.append(is_done)
    return turns


def _moment(text: str) -> str:
    """When a snooze ends, in milliseconds since 1970, in digits; "" for never."""
    until = read_until(text)
    return "" if until is None else str(ms_of(until))


def _answered(said: Iterable[Said]) -> list[int]:
    return [each.at for each in said if each.role != "asked"]


def _spent(facts: Iterable[Fact]) -> tuple[tuple[int, str, int], ...]:
    """(moment, agent, seconds) of what answers took; what a hand wrote that is no number says nothing."""
    return tuple(
        (at, by, int(value))
        for key, at, _, value, by in facts
        if key == "spent" and value.isascii() and value.isdigit() and len(value) < _LONG
    )


def _rated(
    asked: Iterable[tuple[int]], facts: Sequence[Fact], said: Sequence[Said], now: int
) -> tuple[Rating, ...]:
    return ratings_of([at for (at,) in asked if at <= now], facts, said)


def _name_of(row: Mapping[str, Any]) -> str:
    """What to call who opened the ticket where no file speaks of them: the address, else what there is."""
    return row["requester_email"] or Person.read(row["requester"]).label if row["requester"] else ""
