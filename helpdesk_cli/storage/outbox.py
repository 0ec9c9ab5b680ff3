"""Mail on its way out: the bytes and a small record for each, durable before anything is transmitted.

`prepared`: written, but what it belongs to (a ticket's entry) may not be; never transmitted.
`queued`: to be transmitted at `next_at`. `sending`: being transmitted by whoever holds its lock; where
nobody does, the sender died and it is `unknown` whether the mail left (RELIABILITY G25).
`sent`, `failed`, `unknown` are final until a person says otherwise. The name is the reason for the mail:
what happened once has one name, and so is never sent twice, whoever asks and how often.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, cast

from helpdesk_cli.errors import DeskError, InvalidFileError
from helpdesk_cli.storage import durable, folder, lock
from helpdesk_cli.storage.records import Records
from helpdesk_cli.values import dataclass, fields

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpdesk_cli.storage.layout import Layout

State = Literal["prepared", "queued", "sending", "sent", "failed", "unknown"]
KIND = "outbox"
_LARGEST = 256 << 20
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,150}")


@dataclass(frozen=True, slots=True)
class Recipient:
    """One envelope recipient. `state`: "" not yet, sent, or refused (for good); `why`: the server's words."""

    address: str
    state: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class OutMail:
    """The record of one mail. Times are UTC; None and "" where there is nothing to say.

    `kind`: reply, forward, acknowledgement, csat, notification, digest, test. `sender` is the envelope's,
    "" the null sender. `ticket` is a uid, `entry` the id of the message in it; `told` whether the ticket
    says what became of it.
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


class Outbox:
    """The outbox of one repository, in `.git/desk/outbox`."""

    def __init__(self, layout: Layout) -> None:
        """The folder may not be there yet."""
        self.layout = layout
        self._records = Records(layout.state, KIND)

    def prepare(self, mail: OutMail, data: bytes, *, sync: bool = True) -> None:
        """Keep a mail, `prepared`; durable when this returns."""
        modes, place = self.layout.modes, self._eml(mail.name)
        durable.make_dirs(place.parent, within=self.layout.state, modes=modes, sync=sync)
        durable.replace(place, data, within=self.layout.state, modes=modes, tmp=self.layout.tmp, sync=sync)
        self.put(mail, sync=sync)

    def put(self, mail: OutMail, *, sync: bool = True) -> None:
        """Write the record in the place of the one of that name; durable when this returns."""
        self._records.put(_checked(mail.name), _packed(mail), sync=sync)

    def get(self, name: str) -> OutMail | None:
        """The record; None where there is none. Raises InvalidFileError for a damaged one."""
        record = self._records.get(_checked(name))
        return None if record is None else self._unpacked(name, record)

    def items(self) -> Iterator[tuple[str, OutMail | DeskError]]:
        """Every record, by name; or what is wrong with it: a bad one never hides the rest."""
        for name, record in self._records.items():
            if isinstance(record, DeskError):
                yield name, record
                continue
            try:
                yield name, self._unpacked(name, record)
            except InvalidFileError as error:
                yield name, error

    def names(self) -> list[str]:
        """The names of all records, in order."""
        return self._records.names()

    def data(self, name: str) -> bytes:
        """The mail's bytes. Raises FileNotFoundError, InvalidFileError."""
        return folder.read_file(self._eml(_checked(name)), within=self.layout.state, limit=_LARGEST)[0]

    def remove(self, name: str) -> None:
        """Forget the mail: the record first, so that no record is without its bytes."""
        self._records.remove(_checked(name))
        durable.remove(self._eml(name), within=self.layout.state)

    def is_being_sent(self, name: str) -> bool:
        """Whether somebody holds the mail's lock."""
        with self.hold(name) as held:
            return not held

    @contextmanager
    def hold(self, name: str) -> Iterator[bool]:
        """Hold the mail's lock inside the block, without waiting; False where another process has it."""
        place = self._eml(_checked(name))
        found = lock.try_hold(place, modes=self.layout.modes) if place.exists() else None
        try:
            yield found is not None
        finally:
            if found is not None:
                found.release()

    def _eml(self, name: str) -> Path:
        return self.layout.state / KIND / f"{name}.eml"

    def _unpacked(self, name: str, record: dict[str, object]) -> OutMail:
        found: dict[str, Any] = {key: value for key, value in record.items() if key in _KEYS}
        try:
            for key in ("queued_at", "next_at", "changed_at"):
                found[key] = datetime.fromisoformat(found[key]) if found.get(key) else None
            found["recipients"] = tuple(Recipient(*each) for each in found["recipients"])
            return OutMail(**found)
        except (KeyError, TypeError, ValueError) as error:
            place = str(self.layout.state / KIND / f"{name}.json")
            raise InvalidFileError("is no record of a mail", place) from error


_KEYS = frozenset(field.name for field in fields(cast("Any", OutMail)))


def _packed(mail: OutMail) -> dict[str, object]:
    record: dict[str, object] = {key: getattr(mail, key) for key in sorted(_KEYS)}
    for key in ("queued_at", "next_at", "changed_at"):
        moment = getattr(mail, key)
        record[key] = moment.isoformat() if moment else None
    record["recipients"] = [[each.address, each.state, each.why] for each in mail.recipients]
    return record


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a name for a mail: {name!r}")
    return name
