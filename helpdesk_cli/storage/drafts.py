"""Answers that are being written: a text and a small record for each ticket and agent, in `.git/desk/drafts`.

A draft is locked while its editor is open, by a file of its own: editors replace the file they edit. The
kernel lets go when the process dies, so that "open now" is never stale.
"""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from helpdesk_cli.storage import durable, folder, lock
from helpdesk_cli.storage.records import Records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpdesk_cli.storage.layout import Layout

KIND = "drafts"
_NAME = re.compile(r"(?P<uid>[a-z0-9]{16})\.(?P<kind>reply|forward)\.(?P<agent>[a-z0-9][a-z0-9._-]*)")
_LARGEST = 8 << 20
# Seconds. Whoever looks who is writing holds a lock for a moment.
_PATIENCE = 0.3


class Name(NamedTuple):
    """The draft of an agent on a ticket (its uid): reply or forward."""

    uid: str
    kind: str
    agent: str

    def __str__(self) -> str:
        """As the files are called."""
        return f"{self.uid}.{self.kind}.{self.agent}"


class Drafts:
    """The drafts of one repository."""

    def __init__(self, layout: Layout) -> None:
        """The folder may not be there yet."""
        self.layout = layout
        self._records = Records(layout.state, KIND)

    def names(self, uid: str = "") -> list[Name]:
        """The drafts there are, of one ticket or of all."""
        matches = map(_NAME.fullmatch, self._records.names())
        found = [Name(match["uid"], match["kind"], match["agent"]) for match in matches if match]
        return [name for name in found if uid in {"", name.uid}]

    def record(self, name: Name) -> dict[str, object] | None:
        """What is remembered of the draft; None where there is none, or nothing readable."""
        return self._records.peek(str(name))

    def put(self, name: Name, record: dict[str, object], text: str) -> None:
        """Keep text and record; durable when this returns."""
        self.write(name, text)
        self._records.put(str(name), record)

    def write(self, name: Name, text: str) -> None:
        """Keep the text; durable when this returns."""
        place, modes = self.place(name), self.layout.modes
        data = text.encode("utf-8", "surrogateescape")
        durable.make_dirs(place.parent, within=self.layout.state, modes=modes)
        durable.replace(place, data, within=self.layout.state, modes=modes, tmp=self.layout.tmp)

    def text(self, name: Name) -> str | None:
        """The text as the editor left it, with LF line ends; None where it left none."""
        try:
            data, _ = folder.read_file(self.place(name), within=self.layout.state, limit=_LARGEST)
        except FileNotFoundError:
            return None
        return data.decode("utf-8", "surrogateescape").replace("\r\n", "\n").replace("\r", "\n")

    def remove(self, name: Name) -> None:
        """Forget the draft."""
        for suffix in ("json", "eml", "lock"):
            durable.remove(self.place(name, suffix), within=self.layout.state)

    def put_aside(self, name: Name) -> Path:
        """Keep the text under another name, in the place of what was put aside before; gives that place."""
        text, place = self.text(name), self.place(name, "old.eml")
        if text is not None:
            data = text.encode("utf-8", "surrogateescape")
            state, modes = self.layout.state, self.layout.modes
            durable.replace(place, data, within=state, modes=modes, tmp=self.layout.tmp)
        self.remove(name)
        return place

    def place(self, name: Name, suffix: str = "eml") -> Path:
        """The file that the editor opens. `.eml`: editors know that for mail."""
        return self.layout.state / KIND / f"{name}.{suffix}"

    def is_open(self, name: Name) -> bool:
        """Whether somebody has the draft open now."""
        try:
            found = lock.try_hold(self.place(name, "lock"), modes=self.layout.modes, must_exist=True)
        except FileNotFoundError:
            return False
        if found is not None:
            found.release()
        return found is None

    @contextmanager
    def hold(self, name: Name) -> Iterator[bool]:
        """The draft is open inside the block; False where another process has it open."""
        found = self._try_hold(name)
        try:
            yield found is not None
        finally:
            if found is not None:
                found.release()

    def _try_hold(self, name: Name) -> lock.Lock | None:
        end = time.monotonic() + _PATIENCE
        while True:
            found = lock.try_hold(self.place(name, "lock"), modes=self.layout.modes)
            if found is not None or time.monotonic() > end:
                return found
            time.sleep(0.01)

    def forget_lock(self, name: Name) -> None:
        """Remove the lock of a draft that never was; by whoever holds it."""
        durable.remove(self.place(name, "lock"), within=self.layout.state, sync=False)
