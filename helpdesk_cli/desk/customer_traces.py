"""What still holds somebody who was erased: git's objects, files of the desk and of this host."""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256
from typing import TYPE_CHECKING

from helpdesk_cli.desk.checks.survey import walk
from helpdesk_cli.desk.customer_history import addresses_of
from helpdesk_cli.desk.redacting import Redacted, listed, write_list
from helpdesk_cli.errors import DeskError
from helpdesk_cli.mail.unwrapped import unwrapped
from helpdesk_cli.storage.customer_files import path_of
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.holding import find_holding, holds_entry, remotes
from helpdesk_cli.storage.old_contents import is_among, old_contents
from helpdesk_cli.storage.pending import Queue
from helpdesk_cli.tickets.entries import origin_of
from helpdesk_cli.tickets.moves import identify
from helpdesk_cli.tickets.redaction import FILE
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from helpdesk_cli.desk.customers import Who
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.tickets.entries import Tombstone

_LARGEST = 64_000_000
_FOLDERS = ("tickets", "customers", "kb", "templates")
# Disposable, or lists of hashes.
_NOT_SEARCHED = frozenset({"tmp", "redacted", "attachments"})
_FEWEST_WORDS = 2


@dataclass(frozen=True, slots=True)
class Gone:
    """From where somebody was erased: the files of their own tickets, of every ticket in which something
    was changed, the tombstones of what went, and the names that the person had there.
    """  # noqa: D205 - one sentence

    own: tuple[str, ...]
    touched: tuple[str, ...]
    stones: tuple[Tombstone, ...]
    names: frozenset[str]


def what_is_left(
    desk: Desk,
    who: Who,
    gone: Gone,
    *,
    done: Sequence[str],
    progress: Callable[[int, int], None] | None = None,
) -> Redacted:
    """What still holds the person, after `done`. One look over git's objects for all of it.

    What the person's own tickets and the customer's file were before; what tickets of others were before, as
    far as it names the person; whatever has a message or an attachment that went.
    """
    layout, customer = desk.layout, who.standing.customer
    name = identify("erase", customer.id if customer else "", *sorted(addresses_of(who)))
    digests = {value for stone in gone.stones for key, value in stone.facts if key == FILE}
    ids = {each for stone in gone.stones for each in (stone.covers, origin_of(stone))}
    own = [*gone.own, *([path_of(customer.id, organisation=False)] if customer else [])]
    touched, named = old_contents(layout, gone.touched), _named(who, gone.names)

    def holds(data: bytes) -> bool:
        if (ids and holds_entry(data, ids)) or (digests and sha256(data).hexdigest() in digests):
            return True
        text = data.decode("utf-8", "surrogateescape") if touched else ""
        return named.is_in(text) and is_among(data, touched)

    known = listed(desk, name) | old_contents(layout, own)
    holding = find_holding(layout, holds, known=known, progress=progress)
    return Redacted(
        tuple(done),
        tuple(_traces(desk, named)),
        holding,
        tuple(remotes(layout)),
        write_list(desk, name, holding),
        waits=not Queue(layout).is_empty,
    )


def _named(who: Who, names: Iterable[str]) -> _Named:
    found = {tuple(_folded(name).split()) for name in (who.standing.name, who.person.name, *names)}
    whole = sorted(name for name in found if len(name) >= _FEWEST_WORDS)
    return _Named(tuple(map(_folded, addresses_of(who))), tuple(whole))


@dataclass(frozen=True, slots=True)
class _Named:
    """By what the person is known again, folded: the addresses, and the words of each name of several."""

    addresses: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]

    def is_in(self, text: str) -> bool:
        """Whether the text names the person; a name may go on in the next line."""
        folded = _folded(text)
        return any(address in folded for address in self.addresses) or any(
            all(word in folded for word in name) and re.search(r"\s+".join(map(re.escape, name)), folded)
            for name in self.names
        )


def _folded(text: str) -> str:
    """For comparison: without regard to case, and to how letters with accents are put together.

    query/folding, which makes one space of all white space, would take minutes for the originals of a desk.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _traces(desk: Desk, named: _Named) -> Iterator[str]:
    """What else names the person, a sentence each. Reads every file: an erasure is a rare thing."""
    if not (named.addresses or named.names):
        return
    root, state = desk.layout.root, desk.layout.state
    for folder in _FOLDERS:
        for path, odd in walk(root, folder):
            if not odd and _has(root, path, named):
                yield f"{path} names the person."
    originals = 0
    for below in sorted(state.iterdir()):
        if below.name in _NOT_SEARCHED or not below.is_dir():
            continue
        found = [path for path, odd in walk(state, below.name) if not odd and _has(state, path, named)]
        if below.name == "raw":
            originals = len(found)
        else:
            yield from (f"{state / path} names the person." for path in found)
    if originals:
        count = f"{originals} original{'' if originals == 1 else 's'}"
        yield f"{count} of mail in other tickets name the person ({state / 'raw'})."


def _has(root: Path, path: str, named: _Named) -> bool:
    try:
        data = read_file(root / path, within=root, limit=_LARGEST)[0]
    except (OSError, DeskError):
        return False
    return any(map(named.is_in, unwrapped(data)))
