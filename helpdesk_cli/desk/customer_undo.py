"""Changes of customers' files taken back: what `desk undo` leaves to those who know what these files say.

They have no entries; git has the file before and after each operation. What the operation changed is taken
out of the file as it is now: as two clones' changes are merged, so that what came later stays. Who was erased
stays erased.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helpdesk_cli.customers.customer import Customer
from helpdesk_cli.customers.keys import address_key
from helpdesk_cli.desk.changing import Changed
from helpdesk_cli.desk.customers import customers_in
from helpdesk_cli.desk.operations import CUSTOMERS, read_commits
from helpdesk_cli.desk.side_files import SideFile, show_diff, write_side_files
from helpdesk_cli.errors import ConflictError, DeskError, TryAgainError
from helpdesk_cli.storage import customer_files as files
from helpdesk_cli.storage import history
from helpdesk_cli.storage.customer_merge import merge_customer_files
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from helpdesk_cli.desk.changing import Outcome
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.storage.folder import Stat
    from helpdesk_cli.storage.front_matter import Value
    from helpdesk_cli.storage.history import LoggedCommit

ERASED = ": erased by "
_CHANGED = re.compile(r"(?:customer|organisation) \w+: (.*) changed")
_NOTE = "note"


@dataclass(frozen=True, slots=True)
class Beside:
    """A file that an operation wrote: its path, what commit it is and says."""

    path: str
    commit: str
    subject: str
    at: datetime


def is_beside(commit: LoggedCommit) -> bool:
    """Whether the commit is a customer's."""
    return commit.subject.startswith(CUSTOMERS)


def beside_in(desk: Desk, commits: Sequence[LoggedCommit]) -> tuple[Beside, ...]:
    """The customers' files that these commits wrote. Raises ConflictError for an erasure, TryAgainError."""
    found: list[Beside] = []
    for each in filter(is_beside, commits):
        if ERASED in each.subject:
            raise ConflictError("who was erased stays erased: that is not undone", each.subject)
        if not each.hash:
            raise TryAgainError(
                "this operation is not in git yet",
                each.subject,
                "Undo it when it is: `desk doctor` says why.",
            )
        paths = history.paths_of(desk.layout, each.hash)
        found += [
            Beside(path, each.hash, each.subject, each.at) for path in paths if path.startswith("customers/")
        ]
    return tuple(found)


def take_back(door: Door, beside: Sequence[Beside], outcome: Outcome) -> None:
    """Take what the operation did out of each of the files; what cannot be is among the errors."""
    for each in reversed(beside):
        try:
            done = _take_back(door, each)
        except TryAgainError:
            raise
        except DeskError as error:
            outcome.errors.append((each.path, error))
        else:
            outcome.recorded.append(done)


def _take_back(door: Door, each: Beside) -> Changed:
    layout, path = door.desk.layout, each.path
    before, after = (history.blob(layout, rev, path) for rev in (f"{each.commit}^", each.commit))
    now, stat = _load(door, path)
    wanted = _without(each, before, after, now)
    uid = each.subject.split()[1].rstrip(":")
    if wanted is not None:
        _check_free(door, path, wanted)
    if now is None and any(ERASED in said.subject for said in read_commits(door.desk, since=each.at)):
        # Nothing that is left says who it was: it may have been this one.
        raise ConflictError("somebody was erased since: nobody is brought back", path)
    what = "removed again" if wanted is None else "brought back" if now is None else "taken back"
    kind = each.subject.partition(" ")[0]
    write_side_files(door, [SideFile(path, wanted, stat)], summary=f"{kind} {uid}: {what}")
    return Changed(path, path, f"{path}: {what}", show_diff(door, path, now or b"", wanted or b""))


def _without(each: Beside, before: bytes | None, after: bytes | None, now: bytes | None) -> bytes | None:
    """The file as it is now, without what the operation did; None where it goes. Raises ConflictError."""
    path = each.path
    if after is None:
        if now is not None:
            raise ConflictError("there is such a file again: it stays as it is", path)
        return before
    if now is None:
        raise ConflictError("is gone since: nothing is left to take back", path)
    if before is None:
        if now != after:
            hint = "`desk customer set` changes it, `desk customer erase` takes the person out of the desk."
            raise ConflictError("was changed since it was made: it stays as it is", path, hint)
        return None
    wanted = _reverted(each, before, after)
    if now != after:
        wanted, left = merge_customer_files(after, now, wanted, place=path)
        if left:
            hint = f"`git show {each.commit[:10]}` has what it was."
            raise ConflictError(f"was changed since: it stays as it is ({left})", path, hint)
    uid = files.read(now, place=path).uid
    if uid and not files.read(wanted, place=path).uid:
        # Its name for ever, whoever gave it one.
        wanted = files.change(wanted, {"uid": uid}, place=path)
    if wanted == now:
        raise ConflictError("nothing of this operation is left to undo", path)
    return wanted


def _reverted(each: Beside, before: bytes, after: bytes) -> bytes:
    """The file after the operation, with what that says it changed as it was; what hands did stays."""
    told = _CHANGED.fullmatch(each.subject)
    if told is None:
        return before
    names = told[1].split(", ")
    old, new = (files.parts(data, place=each.path) for data in (before, after))
    values: dict[str, Value] = {name: old.block.values.get(name, "") for name in names if name != _NOTE}
    notes = new.notes
    if _NOTE in names:
        notes = old.notes.replace("\r\n", "\n").replace("\n", new.newline)
    return files.change((new.head + notes).encode(), values, place=each.path)


def _load(door: Door, path: str) -> tuple[bytes | None, Stat | None]:
    try:
        return files.load(door.desk.layout.root, path)
    except FileNotFoundError:
        return None, None


def _check_free(door: Door, path: str, data: bytes) -> None:
    """Raises ConflictError where what comes back is somebody else's by now, or of somebody who was erased."""
    file = files.read(data, place=path)
    customers = customers_in(door.desk, door.index)
    is_person = isinstance(file, Customer)
    names = (
        map(address_key, file.addresses) if isinstance(file, Customer) else map(str.casefold, file.domains)
    )
    for name in names:
        others = [
            other for other in customers.named("address" if is_person else "domain", name) if other != file.id
        ]
        if others:
            raise ConflictError(
                f"{name} stands in another file now: {others[0]}", path, "Take it out there first."
            )
