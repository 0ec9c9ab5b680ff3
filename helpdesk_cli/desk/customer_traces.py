"""What still holds somebody who was erased: git's objects, files of the desk and of this host."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from helpdesk_cli.desk.checks.survey import walk
from helpdesk_cli.desk.customer_history import addresses_of
from helpdesk_cli.desk.redacting import Redacted, listed, write_list
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage.customer_files import path_of
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.holding import find_holding, holds_entry, remotes
from helpdesk_cli.storage.old_contents import old_contents
from helpdesk_cli.storage.pending import Queue
from helpdesk_cli.tickets.entries import origin_of
from helpdesk_cli.tickets.moves import identify
from helpdesk_cli.tickets.redaction import FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from helpdesk_cli.desk.customers import Who
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.tickets.entries import Tombstone

_LARGEST = 64_000_000
_FOLDERS = ("tickets", "customers", "kb", "templates")
# Disposable, or lists of hashes.
_NOT_SEARCHED = frozenset({"tmp", "redacted", "attachments"})
_FEWEST_WORDS = 2


def what_is_left(
    desk: Desk,
    who: Who,
    tickets: Sequence[str],
    stones: Sequence[Tombstone],
    *,
    done: Sequence[str],
    progress: Callable[[int, int], None] | None = None,
) -> Redacted:
    """What still holds the person, after `done`; `tickets` are the files of those that the person opened.

    One look over git's objects for all of it: earlier contents of those files and of the customer's, whatever
    has one of the messages that went, attachments that went.
    """
    layout, customer = desk.layout, who.standing.customer
    name = identify("erase", customer.id if customer else "", *sorted(addresses_of(who)))
    digests = {value for stone in stones for key, value in stone.facts if key == FILE}
    ids = {each for stone in stones for each in (stone.covers, origin_of(stone))}
    paths = [*tickets, *([path_of(customer.id, organisation=False)] if customer else [])]

    def holds(data: bytes) -> bool:
        is_file = bool(digests) and sha256(data).hexdigest() in digests
        return is_file or (bool(ids) and holds_entry(data, ids))

    known = listed(desk, name) | old_contents(layout, paths)
    holding = find_holding(layout, holds, known=known, progress=progress)
    return Redacted(
        tuple(done),
        tuple(_traces(desk, who)),
        holding,
        tuple(remotes(layout)),
        write_list(desk, name, holding),
        waits=not Queue(layout).is_empty,
    )


def _traces(desk: Desk, who: Who) -> Iterator[str]:
    """What else names the person, a sentence each. Reads every file: an erasure is a rare thing."""
    needles = [address.encode() for address in addresses_of(who)]
    name = who.standing.name or who.person.name
    needles += [name.casefold().encode()] if len(name.split()) >= _FEWEST_WORDS else []
    if not needles:
        return
    root, state = desk.layout.root, desk.layout.state
    for folder in _FOLDERS:
        for path, odd in walk(root, folder):
            if not odd and _has(root, path, needles):
                yield f"{path} names the person."
    originals = 0
    for below in sorted(state.iterdir()):
        if below.name in _NOT_SEARCHED or not below.is_dir():
            continue
        found = [path for path, odd in walk(state, below.name) if not odd and _has(state, path, needles)]
        if below.name == "raw":
            originals = len(found)
        else:
            yield from (f"{state / path} names the person." for path in found)
    if originals:
        count = f"{originals} original{'' if originals == 1 else 's'}"
        yield f"{count} of mail in other tickets name the person ({state / 'raw'})."


def _has(root: Path, path: str, needles: Sequence[bytes]) -> bool:
    try:
        data = read_file(root / path, within=root, limit=_LARGEST)[0].lower()
    except (OSError, DeskError):
        return False
    return any(needle in data for needle in needles)
