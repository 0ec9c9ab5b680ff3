"""What can happen to a ticket, as values; `apply` is the only way from one ticket to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helpdesk_cli.tickets.entries import Event, Tombstone, sort_key
from helpdesk_cli.tickets.fields import BY_KEY, LISTS, SCALARS
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.fields import Field
    from helpdesk_cli.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class FieldSet:
    """A scalar field went from `old` to `new`, both as the file writes them; "" = not set."""

    field: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ListChanged:
    """Items were added to and removed from a list field."""

    field: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


FieldChange = FieldSet | ListChanged


@dataclass(frozen=True, slots=True)
class EntryAdded:
    """A message, note, event or tombstone was added."""

    entry: Entry


Change = FieldSet | ListChanged | EntryAdded
# Of a number of seconds: a hand may write anything.
_MOST_DIGITS = 10


def apply(ticket: Ticket, change: Change) -> Ticket:
    """The ticket after the change. Field changes alter the state; entries are added in order of time.

    Raises KeyError for a field that does not exist: verbs check names before they decide.
    """
    return apply_all(ticket, (change,))


def apply_all(ticket: Ticket, changes: Iterable[Change]) -> Ticket:
    """The ticket after all the changes, in order."""
    # Gathered and put in place at once: a ticket has twenty fields, and a copy for each change adds up.
    after: dict[str, Any] = {}
    added: dict[str, Entry] = {}
    for change in changes:
        if isinstance(change, EntryAdded):
            added.setdefault(change.entry.id, change.entry)
            continue
        field = BY_KEY[change.field]
        before = after.get(field.attribute, getattr(ticket, field.attribute))
        after[field.attribute] = _changed(field, before, change)
    known = {entry.id for entry in ticket.entries}
    if fresh := [entry for entry in added.values() if entry.id not in known]:
        after["entries"] = without_covered([*ticket.entries, *fresh])
    return replace(ticket, **after) if after else ticket


def _changed(field: Field, before: Any, change: FieldChange) -> Any:  # noqa: ANN401 - the table says which type
    if isinstance(change, FieldSet):
        return Person.read(change.new) if field.shape == "person" else change.new
    items = sorted(({str(item) for item in before} - set(change.removed)) | set(change.added))
    return tuple(map(Person.read, items)) if field.shape == "people" else tuple(items)


def field_value(ticket: Ticket, key: str) -> str:
    """A scalar field's value as the file writes it."""
    return str(getattr(ticket, BY_KEY[key].attribute))


def list_value(ticket: Ticket, key: str) -> tuple[str, ...]:
    """A list field's items as the file writes them, sorted."""
    return tuple(sorted(str(item) for item in getattr(ticket, BY_KEY[key].attribute)))


def set_field(ticket: Ticket, key: str, new: str) -> list[FieldChange]:
    """The change that gives the scalar field `key` the value `new`; [] when it has it already."""
    old = field_value(ticket, key)
    return [] if old == new else [FieldSet(key, old, new)]


def change_list(
    ticket: Ticket, key: str, *, added: tuple[str, ...] = (), removed: tuple[str, ...] = ()
) -> list[FieldChange]:
    """The change that adds and removes what is not yet there or still there; [] when there is none."""
    present = set(list_value(ticket, key))
    fresh = tuple(sorted(set(added) - present))
    gone = tuple(sorted(set(removed) & present))
    return [ListChanged(key, fresh, gone)] if fresh or gone else []


def without_covered(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries in order, less those that a tombstone among them stands for."""
    present = list(entries)
    covered = {entry.covers for entry in present if isinstance(entry, Tombstone)}
    kept = (entry for entry in present if entry.id not in covered or isinstance(entry, Tombstone))
    return tuple(sorted(kept, key=sort_key))


def change_text(change: FieldChange) -> str:
    """One change in words: `status new → open`, `tags +vip -billing`."""
    if isinstance(change, FieldSet):
        old, new = change.old, change.new or "none"
        return f"{change.field} {old} → {new}" if old else f"{change.field} {new}"
    items = [f"+{item}" for item in change.added] + [f"-{item}" for item in change.removed]
    return f"{change.field} {' '.join(items)}"


def fact_text(key: str, value: str) -> str:
    """One fact of an event in words; "" for what only programs read."""
    entry, _, rest = value.partition(" ")
    told = {
        "op": "",
        "undoes": "",
        "undo-of": f"takes back {value}",
        "rule": "",
        "rules-late": f"rules wait: {rest}",
        "rules-ran": "rules were asked after all",
        "reply": f"answer with {value}",
        "no-reply": f"no answer was written: {rest.partition(' ')[2]}",
        "alert": f"about {value}",
        "recovered": f"works again: {value}",
        "confirmed": "the requester confirms",
        "csat": f"{rest} wishes no questions" if entry == "stop" else f"{rest} rates this {entry}",
        "csat-answer": "",
        "policy": f"policy {value.rpartition(chr(64))[0]}",
        "sla": _level_text(entry, rest),
        "notify": f"{value} is told",
        "escalated": _escalated_text(entry, rest),
        "routed": _routed_text(entry, rest.partition(" ")[0]),
        "unrouted": f"nobody can take it ({_routed_text(entry, rest)})",
        "split": f"messages split off to {rest}",
        "split-from": f"split off {rest}",
        "merged": f"{rest} merged into this",
        "unmerged": f"{rest} taken out of this again",
        "woke": {"due": "awake again: its time has come", "mail": "awake again"}.get(value, "awake again"),
        "also-to": f"a mail came to {rest} as well",
        "spent": f"{int(value) // 60}m spent" if value.isdecimal() and len(value) < _MOST_DIGITS else "",
        "not-sent": f"a mail of an agent was not sent on: {rest}",
        "qa": f"answers of {entry} reviewed: {rest.replace('=', ' ')}",
        "qa-comment": f"“{value}”",
        "delivery": f"delivery of {entry[:6]}: {rest}",
    }
    return told.get(key, f"{key} {value}")


def _escalated_text(step: str, rest: str) -> str:
    """`escalated to team-lead, step 1`; why, unless a note says it."""
    whom, _, why = rest.partition(" ")
    number = f", step {step}" if step.isdigit() else ""
    because = "" if not why or why.startswith("note ") else f" ({why})"
    return f"escalated to {whom}{number}{because}"


def _routed_text(way: str, team: str) -> str:
    return f"by {way}" if team in {"", "-"} else f"by {way} of {team}"


def _level_text(target: str, rest: str) -> str:
    """`80% of first-response used`, `first-response late`; nothing of a warning that a later one overtook."""
    used = rest.partition(" ")[0]
    if rest.endswith(" overtaken"):
        return ""
    return f"{target} late" if used == "breach" else f"{used} of {target} used"


def replay(ticket: Ticket) -> dict[str, str | tuple[str, ...]]:
    """What the events say that the tracked fields are: the state unless a hand changed the front matter.

    Only fields that some event speaks of are in the result. What an event says of a field that is none
    here, or is of another shape, counts for nothing: a hand wrote it, or a later version of desk.
    """
    state: dict[str, str | tuple[str, ...]] = {}
    for entry in ticket.entries:
        if not isinstance(entry, Event):
            continue
        for change in entry.changes:
            if isinstance(change, FieldSet):
                if change.field in SCALARS:
                    state[change.field] = change.new
            elif change.field in LISTS:
                items = state.get(change.field, ())
                known = set(items) if isinstance(items, tuple) else set()
                state[change.field] = tuple(sorted((known - set(change.removed)) | set(change.added)))
    return state
