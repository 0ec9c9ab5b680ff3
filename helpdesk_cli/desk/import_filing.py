"""A ticket of another helpdesk on its way into this desk: opened, or what is new of it added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.fields import check_value
from helpdesk_cli.desk.filing import open_ticket
from helpdesk_cli.desk.import_entries import IMPORTED, Filed, id_of
from helpdesk_cli.errors import DeskError, InvalidFileError, TryAgainError, UsageError, where
from helpdesk_cli.storage.samples import mapping_files
from helpdesk_cli.storage.settings import find_word
from helpdesk_cli.tickets.changes import EntryAdded, FieldSet, ListChanged, apply_all
from helpdesk_cli.tickets.entries import Event, Message, Note
from helpdesk_cli.tickets.ids import ticket_id
from helpdesk_cli.tickets.times import next_time
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from datetime import datetime, tzinfo
    from pathlib import Path

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.import_files import Export, Found
    from helpdesk_cli.desk.old_tickets import OldTicket
    from helpdesk_cli.desk.record import Door, Held
    from helpdesk_cli.storage.mapping_file import Mapping
    from helpdesk_cli.tickets.changes import Change
    from helpdesk_cli.tickets.ticket import Ticket

_FIRST_STATUS = "new"


@dataclass(frozen=True, slots=True)
class Took:
    """What became of a ticket of the export: `created`, `extended`, `known`, `failed`."""

    outcome: str
    place: str
    number: int
    ticket: str = ""
    messages: int = 0
    why: str = ""
    files: int = 0  # that came later than what they belong to
    missing: tuple[str, ...] = ()  # a line for each file that is in neither the export nor the folder
    unknown: tuple[str, ...] = ()  # `users 20`: whoever is in no table


@dataclass(frozen=True, slots=True)
class Plan:
    """A mapping with what it needs: tables, the folder of files ("" = none), tags for every ticket."""

    mapping: Mapping
    export: Export
    tables: dict[str, dict[str, object]]
    zone: tzinfo
    files: Path | None = None
    tags: tuple[str, ...] = ()


def take(door: Door, plan: Plan, found: Found, old: OldTicket | str) -> Took:
    """Write one ticket, or what is new of it. A fault of it costs only itself."""
    if isinstance(old, str):
        return Took("failed", found.place, found.number, why=old)
    try:
        uid = id_of(plan.mapping, "ticket", old.key)
        for path, _ in door.index.paths_named(uid, "uid"):
            return _extend(door, plan, found, old, door.read(path))
        return _create(door, plan, found, old, uid)
    except (TryAgainError, OSError, MemoryError):
        raise
    except DeskError as error:
        return Took("failed", found.place, old.number, why=str(error))
    except Exception as error:  # noqa: BLE001 - a mistake of ours keeps one ticket out, and none behind it
        return Took("failed", found.place, old.number, why=f"{type(error).__name__} {where(error)}")


def _create(door: Door, plan: Plan, found: Found, old: OldTicket, uid: str) -> Took:
    settings, mapping, now = door.desk.settings, plan.mapping, door.desk.now
    # A clock there was wrong: what is still to come was said now.
    old = replace(old, created_at=min(old.created_at, now))
    fields, assignee = _fields(door.desk, plan, old)
    status = fields.pop("status", _FIRST_STATUS)
    alias = ticket_id(mapping.prefix, old.number)
    filed: list[Filed] = []

    def make(name: str) -> Ticket:
        folder = f"tickets/{old.created_at.year:04d}/{old.created_at.month:02d}"
        work = Filed(door, plan, old, folder, name)
        for said in old.messages:
            work.add(said, id_of(mapping, "entry", old.key, said.key))
        filed.append(work)
        ticket = open_ticket(
            None,
            at=old.created_at,
            ticket_id=name,
            uid=uid,
            subject=old.subject,
            requester=old.requester,
            event_id=id_of(mapping, "opened", old.key),
            by=door.actor.key,
            status=_FIRST_STATUS,
            tags=(*plan.tags, *old.tags),
            channel=fields.pop("channel", "other"),
            inbox=next((inbox for inbox in settings.inboxes if inbox.name == fields.get("inbox")), None),
            settings=settings,
            fields={key: word for key, word in fields.items() if key != "inbox"},
        )
        opened = ticket.events[0]
        people = [ListChanged("cc", tuple(sorted(map(str, old.cc))))] if old.cc else []
        told = replace(
            opened,
            changes=(*opened.changes, *people),
            facts=(*opened.facts, (IMPORTED, f"{mapping.name} {old.key}")),
        )
        ticket = replace(ticket, entries=(told,), formerly=(alias,) if alias != name else ())
        ticket = apply_all(ticket, people)
        ticket = apply_all(ticket, map(EntryAdded, work.entries))
        return apply_all(ticket, _ending(plan, old, ticket, status=status, assignee=assignee, now=now))

    held = door.create(
        make,
        summary=f"imported from {mapping.name}",
        files=lambda _: filed[-1].files,
        number=old.number,
    )
    (work,) = filed[-1:]
    return Took(
        "created",
        found.place,
        old.number,
        held.ticket.id,
        len(work.entries),
        missing=tuple(work.remarks),
        unknown=old.unknown,
    )


def _ending(
    plan: Plan, old: OldTicket, ticket: Ticket, *, status: str, assignee: str, now: datetime
) -> list[Change]:
    """What the ticket became in the end, as an event at the time at which it did."""
    changes: list[Change] = []
    if status != _FIRST_STATUS:
        changes.append(FieldSet("status", _FIRST_STATUS, status))
    if assignee:
        changes.append(FieldSet("assignee", "", assignee))
    if not changes:
        return []
    at = next_time(min(old.ended_at or old.created_at, now), None)
    at = (
        max(at, next_time(ticket.last_at or at, ticket.last_at))
        if ticket.last_at and at <= ticket.last_at
        else at
    )
    event = Event(
        id_of(plan.mapping, "ended", old.key),
        at,
        "import",
        changes=tuple(change for change in changes if isinstance(change, FieldSet)),
        facts=((IMPORTED, f"{plan.mapping.name} {old.key}"),),
    )
    return [*changes, EntryAdded(event)]


def _extend(door: Door, plan: Plan, found: Found, old: OldTicket, held: Held) -> Took:
    """Add what was said since the last import; nothing else: people work on the ticket here now."""
    mapping, folder = plan.mapping, held.path.rpartition("/")[0]
    work = Filed(door, plan, old, folder, held.ticket.id, known=held.ticket.entries)
    known = {entry.id: entry for entry in held.ticket.entries}
    for said in old.messages:
        name = id_of(mapping, "entry", old.key, said.key)
        entry = known.get(name)
        if isinstance(entry, Message | Note):
            work.add_files(said, entry)
        elif entry is None and not work.is_elsewhere(name):
            work.add(said, name)
    missing = tuple(work.remarks)
    if not work.entries:
        return Took("known", found.place, old.number, held.ticket.id, missing=missing, unknown=old.unknown)
    changes = [EntryAdded(entry) for entry in work.entries]
    summary = f"{held.ticket.id}: {len(changes)} more from {mapping.name}"
    door.change(held, changes, summary=summary, files=work.files)
    messages = len(changes) - work.late
    return Took(
        "extended",
        found.place,
        old.number,
        held.ticket.id,
        messages,
        files=work.late,
        missing=missing,
        unknown=old.unknown,
    )


def _fields(desk: Desk, plan: Plan, old: OldTicket) -> tuple[dict[str, str], str]:
    """Our words for what the ticket has, and its agent: whoever is no agent here has no tickets.

    Raises InvalidFileError naming the line of the mapping where a word is missing.
    """
    found: dict[str, str] = {}
    assignee = ""
    for key, word in old.fields:
        if key == "channel":
            found[key] = word
            continue
        if key == "assignee":
            agent = desk.settings.agent_by_email(word) or desk.settings.agent(word)
            called = [each for each in desk.settings.agents if each.name.casefold() == word.casefold()]
            agent = agent or (called[0] if len(called) == 1 else None)
            assignee = agent.key if agent else ""
            continue
        try:
            found[key] = (
                find_word(desk.settings, key, word)
                if key == "inbox"
                else str(check_value(desk, key, word, actor=None))
            )
        except UsageError as error:
            value = plan.mapping.ticket.value(key)
            line = value.line if value else 1
            hint = f"{error.hint} Add a word for it: `words: {{{word}: …}}`.".strip()
            place = plan.mapping.place
            if place in map(str, mapping_files().values()):
                hint += f" Do so in a copy, which goes before it: mkdir -p mappings && cp {place} mappings/"
            raise InvalidFileError(error.message, f"{place}:{line}", hint) from None
    return found, assignee
