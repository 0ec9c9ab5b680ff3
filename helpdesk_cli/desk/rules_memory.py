"""What the steps of `desk cron` remember from one run to the next of the tickets on which they ask rules.

Disposable: where it is lost or cannot be written, more is asked than need be, and nothing is asked in vain.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage.records import Records
from helpdesk_cli.tickets.times import write_time
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.desk.desk import Desk

# A folder of `desk cron` itself, which no backup has.
_KIND = "cron"
_MOST = 20_000


@dataclass(slots=True)
class Stragglers:
    """The tickets on which rules failed or took too long, of one step: they come last the next time."""

    desk: Desk
    name: str
    _before: dict[str, object] = field(default_factory=dict)
    _now: dict[str, object] = field(default_factory=dict)

    @classmethod
    def read(cls, desk: Desk, name: str) -> Stragglers:
        """As the last run left them."""
        found = Records(desk.layout.state, _KIND).peek(name) or {}
        return cls(desk, name, found, dict(found))

    def last(self, paths: Iterable[str]) -> list[str]:
        """The files, those that made trouble behind the others: what waits longest for another try first."""
        return sorted(paths, key=lambda path: str(self._before.get(path, "")))

    def note(self, path: str, *, failed: bool) -> None:
        """What became of one."""
        if failed:
            self._now[path] = write_time(self.desk.now)
        else:
            self._now.pop(path, None)

    def keep(self, present: Iterable[str]) -> None:
        """Remember them, as far as they are asked about at all."""
        wanted = set(present)
        found = {path: at for path, at in self._now.items() if path in wanted}
        _put(self.desk, self.name, self._before, dict(list(found.items())[-_MOST:]))


@dataclass(slots=True)
class Idle:
    """The tickets on which timer rules had nothing to do: so it is while file and rules stay the same.

    `key`: what that depends on beside the ticket's own file.
    """

    desk: Desk
    key: object
    _before: dict[str, object] = field(default_factory=dict)
    _now: dict[str, object] = field(default_factory=dict)
    _stamps: dict[str, list[object]] = field(default_factory=dict)

    @classmethod
    def read(cls, desk: Desk, key: object) -> Idle:
        """As the last run left them; none where something else is in force."""
        found = Records(desk.layout.state, _KIND).peek("idle") or {}
        paths = found.get("paths")
        return cls(desk, key, paths if found.get("key") == key and isinstance(paths, dict) else {})

    def known(self, path: str) -> frozenset[str]:
        """The rules that have nothing to do on the ticket, as its file is now."""
        stamp, before = self._stamp(path), self._before.get(path)
        self._stamps[path] = stamp
        if not stamp or not isinstance(before, list) or before[:2] != stamp:
            return frozenset()
        self._now[path] = before
        return frozenset(map(str, before[2:]))

    def note(self, path: str, rules: Iterable[str]) -> None:
        """That these rules have nothing to do on the file that `known` saw."""
        if path in self._now or len(self._now) < _MOST:
            self._now[path] = [*self._stamps[path], *sorted(rules)]

    def keep(self) -> None:
        """Remember them for the next run."""
        before = {"key": self.key, "paths": self._before}
        _put(self.desk, "idle", before, {"key": self.key, "paths": self._now})

    def _stamp(self, path: str) -> list[object]:
        try:
            found = self.desk.path(path).lstat()
        except OSError:
            return []
        return [found.st_mtime_ns, found.st_size]


def _put(desk: Desk, name: str, before: dict[str, object], after: dict[str, object]) -> None:
    if after != before:
        with suppress(DeskError, OSError):
            Records(desk.layout.state, _KIND).put(name, after, sync=False)
