"""Small JSON records under the desk's state: what was set aside, what waits beside a broken ticket."""

from __future__ import annotations

import importlib
import os
import re
from typing import TYPE_CHECKING

from helpdesk_cli.errors import DeskError, InvalidFileError
from helpdesk_cli.storage import durable, folder
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpdesk_cli.storage.layout import Layout

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_LIMIT = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one kind, each a JSON object under a name of its own."""

    state: Path
    kind: str

    def put(self, name: str, record: dict[str, object], *, sync: bool = True) -> None:
        """Write the record, in the place of the one that had this name; durable when it returns."""
        path = self._path(name)
        modes = durable.modes_of(self.state)
        json = importlib.import_module("json")
        data = json.dumps(record, indent=1, sort_keys=True).encode() + b"\n"
        durable.make_dirs(path.parent, within=self.state, modes=modes, sync=sync)
        durable.replace(path, data, within=self.state, modes=modes, tmp=self.state / "tmp", sync=sync)

    def get(self, name: str) -> dict[str, object] | None:
        """The record, or None; InvalidFileError when it is not a JSON object."""
        path = self._path(name)
        try:
            data, _ = folder.read_file(path, within=self.state, limit=_LIMIT)
            record = importlib.import_module("json").loads(data)
        except FileNotFoundError:
            return None
        except (ValueError, RecursionError) as error:
            raise InvalidFileError("is not JSON", str(path)) from error
        if not isinstance(record, dict):
            raise InvalidFileError("is not a JSON object", str(path))
        return record

    def peek(self, name: str) -> dict[str, object] | None:
        """The record, None also where the one that is there cannot be read."""
        try:
            return self.get(name)
        except InvalidFileError:
            return None

    def remove(self, name: str) -> bool:
        """Forget the record; False where there was none."""
        return durable.remove(self._path(name), within=self.state)

    def names(self) -> list[str]:
        """The names in order; what has no record's name was not put there by desk."""
        try:
            found = os.listdir(self.state / self.kind)  # noqa: PTH208 - names are all it needs
        except (FileNotFoundError, NotADirectoryError):
            return []
        names = (name.removesuffix(".json") for name in found if name.endswith(".json"))
        return sorted(name for name in names if _NAME.fullmatch(name))

    def items(self) -> Iterator[tuple[str, dict[str, object] | DeskError]]:
        """Each name with its record, or with what is wrong with it: one bad record never hides the rest."""
        for name in self.names():
            try:
                record = self.get(name)
            except DeskError as error:
                yield name, error
            else:
                if record is not None:
                    yield name, record

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError(f"not a name for a record: {name!r}")
        return self.state / self.kind / f"{name}.json"


def set_aside(layout: Layout) -> Records:
    """Mails that no ticket could be made of yet, by the sha256 of their original."""
    return Records(layout.state, "set-aside")


def waiting(layout: Layout) -> Records:
    """Mails that wait for their broken ticket file to be mended; `storage.waiting` names them."""
    return Records(layout.state, "waiting")
