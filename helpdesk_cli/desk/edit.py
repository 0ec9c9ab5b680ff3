"""`desk edit`: a ticket file in the user's own editor, checked before it counts; nobody is overwritten."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from helpdesk_cli.desk.by_hand import hand_changes
from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.fields import check_value
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.record import Held, find_broken, open_door
from helpdesk_cli.desk.show import path_of
from helpdesk_cli.errors import ConflictError, InvalidFileError, NotFoundError, UsageError
from helpdesk_cli.storage.folder import Stat, read_file
from helpdesk_cli.storage.ticket_file import TicketFile, read_ticket_file
from helpdesk_cli.tickets.changes import EntryAdded, FieldSet, apply_all
from helpdesk_cli.tickets.entries import Event
from helpdesk_cli.tickets.ids import read_number, ticket_id
from helpdesk_cli.tickets.times import next_time
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Recorded


@dataclass(frozen=True, slots=True)
class Editing:
    """A ticket file as it was when the editor opened it."""

    path: str
    data: bytes
    stat: Stat


def begin_edit(desk: Desk, word: str) -> Editing:
    """The file to edit; a broken one too, for mending it is what an editor is for.

    Raises NotFoundError where `word` names no ticket.
    """
    try:
        path = path_of(desk, word)
    except InvalidFileError:
        path = _broken_path(desk, word)
        if not path:
            raise
    return Editing(path, *_read(desk, path))


def _broken_path(desk: Desk, word: str) -> str:
    number = read_number(word, desk.settings.prefix)
    index = open_index(desk, full=False)
    try:
        found = find_broken(index, ticket_id(desk.settings.prefix, number)) if number else None
    finally:
        index.close()
    return found[0] if found else ""


def _read(desk: Desk, path: str) -> tuple[bytes, Stat]:
    try:
        return read_file(desk.path(path), within=desk.layout.root)
    except FileNotFoundError:
        raise NotFoundError(
            "this ticket file is gone", path, "`git checkout -- PATH` brings it back."
        ) from None


def finish_edit(
    desk: Desk, editing: Editing, data: bytes, *, actor: Actor, dry_run: bool = False
) -> Recorded | None:
    """Take over what the editor left; None when nothing was changed.

    Raises InvalidFileError (line and remedy; the file stays as it was), UsageError for an unknown
    value, ConflictError when the ticket changed meanwhile.
    """
    if data == editing.data:
        return None
    edited = read_ticket_file(data, place=editing.path)
    ticket = edited.ticket
    changes = hand_changes(ticket)
    for change in changes:
        if isinstance(change, FieldSet):
            _check_known(desk, change.field, change.new, actor=actor, place=editing.path)
    with open_door(desk, actor, dry_run=dry_run) as door:
        now, stat = _read(desk, editing.path)
        if now != editing.data:
            raise ConflictError(
                "the ticket changed while you were editing; nothing was overwritten",
                editing.path,
                "Your text is kept; `desk edit` again and take it over.",
            )
        held = Held(editing.path, _old_file(editing, edited), stat)
        name = PurePosixPath(editing.path).stem if held.file is edited else held.ticket.id
        if (name, held.ticket.uid) != (ticket.id, ticket.uid):
            raise InvalidFileError("id and uid are never edited", editing.path, "Put them back as they were.")
        if changes:
            event = Event(
                draw_id(ticket.uid, "edit"),
                next_time(desk.now, ticket.last_at),
                actor.key,
                "by hand",
                tuple(changes),
            )
            ticket = apply_all(ticket, [EntryAdded(event)])
        return door.take_over(held, edited, ticket, summary=f"{ticket.id}: edited by {actor.key}")


def _check_known(desk: Desk, key: str, value: str, *, actor: Actor, place: str) -> None:
    try:
        check_value(desk, key, value, actor=actor)
    except UsageError as error:
        raise InvalidFileError(error.message, place, error.hint) from None


def _old_file(editing: Editing, edited: TicketFile) -> TicketFile:
    """The file before the edit; for one that could not be read, what the edit made of it."""
    try:
        return read_ticket_file(editing.data, place=editing.path)
    except InvalidFileError:
        return edited
