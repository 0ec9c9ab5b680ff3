"""The shim that a mail server runs: the shipped script with this desk's places written in."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path

import helpdesk_cli
from helpdesk_cli.errors import NotFoundError
from helpdesk_cli.values import dataclass

_LINE = re.compile(rb"^(python|desk|log|mask)='([^\n]*)'$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Places:
    """What is written into a shim: absolute paths, and whether the group may read the log."""

    python: str
    desk: str
    log: str
    shared: bool = False


def interpreter() -> str:
    """The interpreter this program runs in, by the name it has in its environment (links not followed)."""
    return os.path.abspath(sys.executable)  # noqa: PTH100 - resolve() would leave the environment


def shim_text(places: Places) -> bytes:
    """The script with these places. Raises NotFoundError where the installation lacks it."""
    path = Path(helpdesk_cli.__file__).parent / "door" / "desk-ingest"
    try:
        shipped = path.read_bytes()
    except FileNotFoundError:
        raise NotFoundError("the shim is missing", str(path), "Install desk again.") from None
    values = {
        b"python": places.python,
        b"desk": places.desk,
        b"log": places.log,
        b"mask": "007" if places.shared else "077",
    }

    def fill(match: re.Match[bytes]) -> bytes:
        # Always in quotes: so it is read again by `read_places`, and a path may hold anything.
        quoted = "'" + values[match[1]].replace("'", "'\"'\"'") + "'"
        return match[1] + b"=" + os.fsencode(quoted)

    return _LINE.sub(fill, shipped)


def read_places(text: bytes) -> Places | None:
    """What is written into a shim; None when it is none of ours."""
    found = {}
    for line in text.split(b"\n"):
        name, equals, value = line.partition(b"=")
        if equals and name in {b"python", b"desk", b"log", b"mask"} and name not in found:
            try:
                words = shlex.split(os.fsdecode(value))
            except ValueError:
                return None
            found[name] = words[0] if words else ""
    if not text.startswith(b"#!/bin/sh\n# desk-ingest:") or len(found) != len(Places.__slots__):
        return None
    return Places(found[b"python"], found[b"desk"], found[b"log"], found[b"mask"] == "007")
