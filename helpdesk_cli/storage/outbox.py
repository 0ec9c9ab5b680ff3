"""Mail on its way out: the bytes and a small record for each, durable before anything is transmitted.

`prepared`: written, but what it belongs to (a ticket's entry) may not be; never transmitted.
`queued`: to be transmitted at `next_at`. `sending`: being transmitted by whoever holds its lock; where
nobody does, the sender died and it is `unknown` whether the mail left (RELIABILITY G25).
`failed` and `unknown` are final until a person sends again or drops the mail; `sent` and `dropped` for ever.
The name is the reason for the mail: what happened once has one name, and so is never sent twice, whoever
asks and how often.

`outbox/NAME.json` and `NAME.eml` while there is anything left to do or to say; `outbox/done/NAME.json` for
a month when it is finished; after that its name in `outbox/names`.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from helpdesk_cli.errors import ConflictError, DeskError, InvalidFileError
from helpdesk_cli.storage import durable, folder, lock
from helpdesk_cli.storage.records import Records
from helpdesk_cli.values import dataclass, fields, replace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpdesk_cli.storage.layout import Layout

State = Literal["prepared", "queued", "sending", "sent", "failed", "unknown", "dropped"]
KIND = "outbox"
FINISHED = frozenset({"sent", "dropped"})
# A finished record of these is of no more use: the ticket's entry and events tell the same.
_TOLD_BY_TICKETS = frozenset({"reply", "forward"})
_LARGEST = 256 << 20
_MONTH_NS = 31 * 86_400 * 1_000_000_000
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,150}")


@dataclass(frozen=True, slots=True)
class Recipient:
    """One envelope recipient. `state`: "" not yet, sent, refused (for good), or unknown.

    `why` are the server's words.
    """

    address: str
    state: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class OutMail:
    """The record of one mail. Times are UTC; None and "" where there is nothing to say.

    `kind`: reply, forward, acknowledgement, csat, rule, notification, digest, test. `sender` is the
    envelope's, "" the null sender. `ticket` is a uid, `entry` the id of the message in it; `told` whether
    the ticket says what became of it. `first_at` is when it was first tried.
    """

    name: str
    kind: str
    state: State
    sender: str
    recipients: tuple[Recipient, ...]
    message_id: str
    subject: str
    by: str
    queued_at: datetime
    ticket: str = ""
    entry: str = ""
    attempts: int = 0
    next_at: datetime | None = None
    changed_at: datetime | None = None
    why: str = ""
    told: bool = False
    first_at: datetime | None = None

    @property
    def pending(self) -> tuple[str, ...]:
        """The recipients who are still to get it, each once."""
        return tuple(dict.fromkeys(each.address for each in self.recipients if not each.state))


class Outbox:
    """The outbox of one repository, in `.git/desk/outbox`."""

    def __init__(self, layout: Layout) -> None:
        """The folder may not be there yet."""
        self.layout = layout
        self._records = Records(layout.state, KIND)
        self._done = Records(layout.state, f"{KIND}/done")

    def prepare(self, mail: OutMail, data: bytes, *, sync: bool = True) -> None:
        """Keep a mail, in the state it has, `prepared` for one that a ticket is to tell of; durable then.

        Raises ConflictError where there is, or ever was, a mail of this name; one that is only prepared is
        replaced, as whoever prepared it has died: the desk's lock is held.
        """
        known = self.get(mail.name)
        if known is None and self._is_listed(mail.name):
            known = mail
        if known is not None and known.state != "prepared":
            raise ConflictError("this mail was made before", mail.name, "It is never sent twice.")
        modes, place = self.layout.modes, self._eml(mail.name)
        durable.make_dirs(place.parent, within=self.layout.state, modes=modes, sync=sync)
        durable.replace(place, data, within=self.layout.state, modes=modes, tmp=self.layout.tmp, sync=sync)
        self.put(mail, sync=sync)

    def add(self, mail: OutMail, data: bytes) -> bool:
        """Queue a mail that no ticket tells of (a notice, a digest), whatever its state says.

        False, and nothing is done, where there is or ever was a mail of this name. The desk's lock is held.
        """
        if self.knows(mail.name):
            return False
        self.prepare(replace(mail, state="queued"), data)
        return True

    def knows(self, name: str) -> bool:
        """Whether there is, or ever was, a mail of this name: nothing is to be done for its reason again.

        One that is only prepared does not count: `desk.outbox.heal` decides what becomes of it.
        """
        mail = self.get(name)
        return mail.state != "prepared" if mail else self._is_listed(name)

    def put(self, mail: OutMail, *, sync: bool = True) -> None:
        """Write the record in the place of the one of that name; durable when this returns."""
        self._records.put(_checked(mail.name), _packed(mail), sync=sync)

    def finish(self, mail: OutMail) -> None:
        """File away a mail that is sent or dropped, and told of; its bytes have done their work."""
        self._done.put(_checked(mail.name), _packed(mail))
        self.remove(mail.name)

    def get(self, name: str) -> OutMail | None:
        """The record; None where there is none. Raises InvalidFileError for a damaged one."""
        for records in (self._records, self._done):
            record = records.get(_checked(name))
            if record is not None:
                return self._unpacked(name, record)
        return None

    def items(self) -> Iterator[tuple[str, OutMail | DeskError]]:
        """Every record that is not finished, by name; or what is wrong with it: none hides the rest."""
        yield from self._each(self._records)

    def finished(self) -> Iterator[tuple[str, OutMail | DeskError]]:
        """The same of those that were sent or dropped in the last month."""
        yield from self._each(self._done)

    def names(self) -> list[str]:
        """The names of all records that are not finished, in order."""
        return self._records.names()

    def data(self, name: str) -> bytes:
        """The mail's bytes. Raises FileNotFoundError, InvalidFileError."""
        return folder.read_file(self._eml(_checked(name)), within=self.layout.state, limit=_LARGEST)[0]

    def has_data(self, name: str) -> bool:
        """Whether the mail's bytes are there."""
        return self._eml(_checked(name)).is_file()

    def strays(self) -> list[str]:
        """The names of bytes without a record: what a crash left, of a mail that nothing speaks of."""
        known = set(self.names())
        return sorted(path.stem for path in self._eml("x").parent.glob("*.eml") if path.stem not in known)

    def is_older(self, name: str, than_ns: int) -> bool:
        """Whether its bytes were written before that moment (file time, ns)."""
        try:
            return self._eml(name).stat().st_mtime_ns <= than_ns
        except FileNotFoundError:
            return False

    def remove(self, name: str) -> None:
        """Forget the mail: the record first, so that no record is without its bytes."""
        self._records.remove(_checked(name))
        durable.remove(self._eml(name), within=self.layout.state)

    def prune(self, *, now_ns: int) -> None:
        """Of what was finished a month ago keep the name, unless a ticket tells the same."""
        try:
            old = [
                entry.name.removesuffix(".json")
                for entry in os.scandir(self.layout.state / KIND / "done")
                if entry.name.endswith(".json") and entry.stat().st_mtime_ns < now_ns - _MONTH_NS
            ]
        except FileNotFoundError:
            return
        for name in old:
            record = self._done.peek(name) or {}
            if not (record.get("kind") in _TOLD_BY_TICKETS and record.get("entry")):
                self._list(name)
            self._done.remove(name)

    @property
    def since(self) -> datetime | None:
        """From when on this outbox knows what it sent; None where that was never said."""
        try:
            path = self.layout.state / KIND / "since"
            text = folder.read_file(path, within=self.layout.state, limit=100)[0]
            return datetime.fromisoformat(text.decode("ascii").strip())
        except (FileNotFoundError, ValueError):
            return None

    def begin(self, now: datetime) -> None:
        """Say that this outbox knows nothing of what was sent before now."""
        modes, path = self.layout.modes, self.layout.state / KIND / "since"
        durable.make_dirs(path.parent, within=self.layout.state, modes=modes)
        data = f"{now.isoformat()}\n".encode()
        durable.replace(path, data, within=self.layout.state, modes=modes, tmp=self.layout.tmp)

    def is_being_sent(self, name: str) -> bool:
        """Whether somebody holds the mail's lock."""
        with self.hold(name) as held:
            return not held and self.has_data(name)

    @contextmanager
    def hold(self, name: str) -> Iterator[bool]:
        """Hold the mail's lock inside the block, without waiting; False where another process has it.

        False, too, where the mail's bytes are gone: there is nothing to send, and nobody sends it.
        """
        try:
            found = lock.try_hold(self._eml(_checked(name)), modes=self.layout.modes, must_exist=True)
        except FileNotFoundError:
            found = None
        try:
            yield found is not None
        finally:
            if found is not None:
                found.release()

    def _each(self, records: Records) -> Iterator[tuple[str, OutMail | DeskError]]:
        for name, record in records.items():
            if isinstance(record, DeskError):
                yield name, record
                continue
            try:
                yield name, self._unpacked(name, record)
            except InvalidFileError as error:
                yield name, error

    def _is_listed(self, name: str) -> bool:
        return f"\n{name}\n".encode() in b"\n" + self._listed()

    def _listed(self) -> bytes:
        try:
            return folder.read_file(self.layout.state / KIND / "names", within=self.layout.state)[0]
        except FileNotFoundError:
            return b""

    def _list(self, name: str) -> None:
        # A line that a crash cut off must not swallow this one.
        start = b"" if self._listed().endswith(b"\n") else b"\n"
        path, modes = self.layout.state / KIND / "names", self.layout.modes
        durable.append(path, start + f"{name}\n".encode(), within=self.layout.state, modes=modes)

    def _eml(self, name: str) -> Path:
        return self.layout.state / KIND / f"{name}.eml"

    def _unpacked(self, name: str, record: dict[str, object]) -> OutMail:
        found: dict[str, Any] = {key: value for key, value in record.items() if key in _KEYS}
        try:
            for key in _TIMES:
                found[key] = datetime.fromisoformat(found[key]) if found.get(key) else None
            found["recipients"] = tuple(Recipient(*each) for each in found["recipients"])
            mail = OutMail(**found)
        except (KeyError, TypeError, ValueError) as error:
            raise self._damaged(name) from error
        if mail.name != name or mail.state not in get_args(State):
            raise self._damaged(name)
        return mail

    def _damaged(self, name: str) -> InvalidFileError:
        return InvalidFileError("is no record of a mail", str(self.layout.state / KIND / f"{name}.json"))


_TIMES = ("queued_at", "next_at", "changed_at", "first_at")
_KEYS = frozenset(field.name for field in fields(cast("Any", OutMail)))


def _packed(mail: OutMail) -> dict[str, object]:
    record: dict[str, object] = {key: getattr(mail, key) for key in sorted(_KEYS)}
    for key in _TIMES:
        moment = getattr(mail, key)
        record[key] = moment.isoformat() if moment else None
    record["recipients"] = [[each.address, each.state, each.why] for each in mail.recipients]
    return record


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a name for a mail: {name!r}")
    return name
