"""`desk redact`: a message, a note or a file is gone from the desk, and what still holds it is named.

First the ticket file is without it, durable; then this host's own copies go; git's history is rewritten by a
person only, with the commands that are given. Done again, it says how things stand.
"""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING

from helpdesk_cli.desk.forgetting import check_not_leaving, forget_copies, forget_index
from helpdesk_cli.desk.moving import files_of
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.redaction_traces import Needles, find_traces, needles_of
from helpdesk_cli.desk.show import split_message
from helpdesk_cli.errors import DeskError, NotFoundError, UsageError
from helpdesk_cli.storage import durable
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.holding import Holding, find_holding, holds_entry, remotes
from helpdesk_cli.storage.pending import Queue
from helpdesk_cli.tickets.entries import Message, Note, Tombstone, origin_of
from helpdesk_cli.tickets.ids import is_id
from helpdesk_cli.tickets.redaction import (
    FILE,
    NO_SUBJECT,
    Redaction,
    is_redaction,
    redact_entry,
    redact_files,
    redact_subject,
    redactions_of,
)
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door, Held
    from helpdesk_cli.tickets.entries import Attachment
    from helpdesk_cli.tickets.moves import Said
    from helpdesk_cli.tickets.ticket import Ticket

_LONGEST_WHY = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to go: a message (`42.3`) or a note (its entry's id); or of it only the `attachment` so named.

    With `subject` the ticket's subject goes, too.
    """

    word: str
    attachment: str = ""
    subject: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would go, in words, for whoever is asked. `is_done`: it was redacted before."""

    ticket: Ticket
    words: tuple[str, ...]
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Redacted:
    """What was done, what still has some of it, and what in git still holds it.

    `ids` is a file, from the desk's root, that lists git's objects for git filter-repo; "" for none.
    """

    done: tuple[str, ...] = ()
    traces: tuple[str, ...] = ()
    holding: Holding = Holding()
    remotes: tuple[tuple[str, str], ...] = ()
    ids: str = ""
    waits: bool = False  # for git: what is queued holds it as well


def plan_redaction(desk: Desk, wish: Wish, *, actor: Actor) -> Plan:
    """What would go. Raises NotFoundError, UsageError."""
    with open_door(desk, actor, dry_run=True) as door:
        held, entry = _find(door, wish.word)
        ticket = held.ticket
        name = _name(ticket, entry)
        if isinstance(entry, Tombstone) or _is_done(ticket, entry, wish):
            what = f"the attachment of {name}" if wish.attachment else name
            return Plan(ticket, (f"{what} was redacted before",), is_done=True)
        if wish.attachment:
            files = _files(entry, wish.attachment, name)
            words = [f"the attachment {file.filename} of {name}" for file in files]
        else:
            count = len(entry.attachments)
            words = [name, *([f"its {count} attachment{'' if count == 1 else 's'}"] if count else [])]
        words += ["its original"] if isinstance(entry, Message) and entry.raw else []
        words += [f"the subject of {ticket.id}"] if wish.subject else []
        return Plan(ticket, tuple(words))


def redact(
    desk: Desk,
    wish: Wish,
    *,
    actor: Actor,
    progress: Callable[[int, int], None] | None = None,
) -> Redacted:
    """Redact it, and look for what still holds it. It cannot be undone. Twice is once.

    Raises NotFoundError, UsageError, and ConflictError while the message is being sent.
    """
    if len(wish.why) > _LONGEST_WHY or "\n" in wish.why:
        raise UsageError(f"the reason is one line of at most {_LONGEST_WHY} characters: it stays", "-m")
    with open_door(desk, actor) as door:
        held, entry = _find(door, wish.word)
        before = held.ticket
        needles = Needles((), ()) if isinstance(entry, Tombstone) else needles_of(entry)
        if not isinstance(entry, Tombstone):
            if not _is_done(before, entry, wish):
                _redact(door, held, entry, wish)
        elif wish.subject:
            _redact_subject(door, held, wish)
    origin = origin_of(entry)
    ticket = _read_again(desk, actor, before.uid)
    stones = redactions_of(ticket, origin)
    done = list(dict.fromkeys(forget_copies(desk, stones)))
    if stones:
        forget_index(desk)
    digests = {value for stone in stones for key, value in stone.facts if key == FILE}
    ids = {origin, *(stone.covers for stone in stones)}
    old = () if before.subject in {ticket.subject, NO_SUBJECT} else (before.subject,)
    holds = _Holds(
        frozenset(ids) if not any(find == origin for find in map(origin_of, _said(ticket))) else frozenset(),
        frozenset(digests),
        before.uid,
        tuple(subject.encode("utf-8", "surrogateescape") for subject in old),
    )
    # What was found once and is there still counts: nobody can look for words that are gone.
    name = stones[0].id if stones else before.uid
    known = listed(desk, name)
    holding = find_holding(desk.layout, holds, known=known, progress=progress)
    return Redacted(
        tuple(done),
        (*find_traces(desk, needles), *_with_subject(ticket, old)),
        holding,
        tuple(remotes(desk.layout)),
        write_list(desk, name, holding),
        waits=not Queue(desk.layout).is_empty,
    )


def commands(found: Redacted) -> Iterator[str]:
    """What to type so that git forgets it, line by line; nothing where git holds none of it."""
    if not found.ids:
        return
    yield f"git filter-repo --force --strip-blobs-with-ids {found.ids}"
    if "refs/stash" in found.holding.refs:
        yield "git stash clear"
    yield "git reflog expire --expire=now --all"
    yield "git gc --prune=now"
    for name, address in found.remotes:
        if name == "origin":
            # git filter-repo takes it away, so that nobody pushes by habit.
            yield f"git remote add {name} {address}"
        yield f"git push --force --all {name} && git push --force --tags {name}"


@dataclass(frozen=True, slots=True)
class _Holds:
    """Whether a content of git's has what was redacted."""

    whole: frozenset[str]  # ids of messages that are gone as a whole
    files: frozenset[str]
    uid: str
    subjects: tuple[bytes, ...]

    def __call__(self, data: bytes) -> bool:
        """Whether these bytes have it."""
        if self.files and sha256(data).hexdigest() in self.files:
            return True
        if self.whole and holds_entry(data, self.whole):
            return True
        return (
            bool(self.subjects) and self.uid.encode() in data and any(each in data for each in self.subjects)
        )


def _find(door: Door, word: str) -> tuple[Held, Said | Tombstone]:
    """The ticket and the message of `42.3` or the entry of that id; the tombstone of one redacted before."""
    name, number = split_message(word)
    if number is None and is_id(word):
        paths = door.index.paths_named(word, "entry") or door.index.paths_named(word, "tombstone")
        if paths:
            held = door.read(paths[0][0])
            return held, _entry(held, word, word)
    held = door.hold(name)
    if number is None:
        hint = f"`desk show {held.ticket.number}` has the numbers; a note is named by its id (`--json`)."
        raise UsageError(f'"{word}" names no message', "", hint)
    entry = dict(held.ticket.numbered).get(number)
    if entry is None:
        raise NotFoundError(f"there is no message {number} in it", held.ticket.id)
    return held, _entry(held, entry.id, word)


def _entry(held: Held, name: str, word: str) -> Said | Tombstone:
    for entry in held.ticket.entries:
        if isinstance(entry, (Message, Note)) and name in {entry.id, origin_of(entry)}:
            return entry
    for entry in held.ticket.entries:
        if isinstance(entry, Tombstone) and name in {entry.id, entry.covers, origin_of(entry)}:
            if is_redaction(entry):
                return entry
            raise NotFoundError(f"{word} is not here any more ({entry.reason})", held.ticket.id)
    raise UsageError(f"{word} is neither a message nor a note", held.ticket.id)


def _redact(door: Door, held: Held, entry: Said, wish: Wish) -> None:
    ticket = held.ticket
    check_not_leaving(door.desk, {entry.id, origin_of(entry)})
    redaction = Redaction(door.actor.key, door.next_at(ticket), wish.why)
    name = _name(ticket, entry)
    files = _files(entry, wish.attachment, name) if wish.attachment else entry.attachments
    gone = files_of(door, held, [entry], only=files)

    def decide(now: Ticket) -> Ticket:
        after = (
            redact_files(now, entry, files, redaction)
            if wish.attachment
            else redact_entry(now, entry, redaction)
        )
        return redact_subject(after, redaction) if wish.subject else after

    what = "an attachment" if wish.attachment else "a note" if isinstance(entry, Note) else "a message"
    door.alter(held, decide, summary=f"{ticket.id}: {what} redacted", gone=gone)


def _redact_subject(door: Door, held: Held, wish: Wish) -> None:
    redaction = Redaction(door.actor.key, door.next_at(held.ticket), wish.why)
    door.alter(
        held, lambda now: redact_subject(now, redaction), summary=f"{held.ticket.id}: the subject redacted"
    )


def _files(entry: Said, wanted: str, name: str) -> tuple[Attachment, ...]:
    found = tuple(file for file in entry.attachments if wanted in {file.filename, file.original_name})
    if not found:
        names = ", ".join(file.filename for file in entry.attachments) or "none"
        raise NotFoundError(f'{name} has no attachment "{wanted}"', hint=f"It has: {names}.")
    return found


def _is_done(ticket: Ticket, entry: Said, wish: Wish) -> bool:
    """Whether the attachment that is to go went before: its name is gone with it."""
    if not wish.attachment or any(
        wish.attachment in {file.filename, file.original_name} for file in entry.attachments
    ):
        return False
    return any(key == FILE for stone in redactions_of(ticket, origin_of(entry)) for key, _ in stone.facts)


def _name(ticket: Ticket, entry: Said | Tombstone) -> str:
    number = next((number for number, each in ticket.numbered if each.id == entry.id), 0)
    return f"{ticket.id}.{number}" if number else f"a note of {ticket.id}"


def _said(ticket: Ticket) -> list[Said]:
    return [entry for entry in ticket.entries if isinstance(entry, (Message, Note))]


def _with_subject(ticket: Ticket, old: tuple[str, ...]) -> Iterator[str]:
    """The messages that have the old subject in theirs."""
    for number, entry in ticket.numbered:
        if isinstance(entry, Message) and any(each in entry.subject for each in old):
            yield f"{ticket.id}.{number} has it in its subject."


def _read_again(desk: Desk, actor: Actor, uid: str) -> Ticket:
    with open_door(desk, actor, dry_run=True) as door:
        return door.hold(uid).ticket


def listed(desk: Desk, name: str) -> frozenset[str]:
    """The names of git's objects that were written down for that redaction."""
    try:
        data, _ = read_file(_list_path(desk, name), within=desk.layout.state)
    except (FileNotFoundError, DeskError):
        return frozenset()
    return frozenset(data.decode("ascii", "replace").split())


def write_list(desk: Desk, name: str, holding: Holding) -> str:
    """Write the names of git's objects down, for git filter-repo; where they stand."""
    layout, path = desk.layout, _list_path(desk, name)
    if not holding.objects:
        durable.remove(path, within=layout.state)
        return ""
    durable.make_dirs(path.parent, within=layout.state, modes=layout.modes)
    data = "".join(f"{each}\n" for each in holding.objects).encode()
    durable.replace(path, data, within=layout.state, modes=layout.modes, tmp=layout.tmp)
    return os.path.relpath(path, layout.root)


def _list_path(desk: Desk, name: str) -> Path:
    return desk.layout.state / "redacted" / f"{name}.blobs"
