"""Switching sending on: one line of desk.yaml, changed and committed; every other byte stays as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helpdesk_cli.desk.record import commit_message, open_door
from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage import durable, git, pending
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.outbox import Outbox, OutMail
from helpdesk_cli.storage.settings_file import read_settings
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk

_LINE = re.compile(r"(sending[ \t]*:[ \t]*)(?:hold|\"hold\"|'hold')([ \t]*(?:#[^\n]*)?)")
_KEY = re.compile(r"^[\"']?sending[\"']?[ \t]*:", re.MULTILINE)
_BY_HAND = "Write `sending: on` there yourself, and commit it."


@dataclass(frozen=True, slots=True)
class Switched:
    """The number of the line that was changed, and whether that is committed."""

    line: int
    committed: bool


def count_waiting(desk: Desk) -> int:
    """How many mails leave as soon as sending is on."""
    mails = (mail for _, mail in Outbox(desk.layout).items() if isinstance(mail, OutMail))
    return sum(mail.state == "queued" for mail in mails)


def switch_on(desk: Desk, *, actor: Actor) -> Switched:
    """Let mail go from now on. Raises InvalidFileError where the line is not one that can be changed safely.

    What else a person has changed in the file and not committed yet stays uncommitted.
    """
    layout = desk.layout
    with open_door(desk, actor) as door:
        data, stat = read_file(layout.config, within=layout.root)
        after, line = switched(data.decode(), place=layout.config.name)
        durable.replace(
            layout.config, after.encode(), within=layout.root, modes=layout.modes, expect=stat, tmp=layout.tmp
        )
        committed = _as_committed(desk)
        if committed is not None:
            message = commit_message("Switch sending on", op=door.op)
            change = pending.Commit(
                ((layout.config.name, committed),), (actor.name, actor.email), message, desk.now
            )
            pending.Queue(layout).put(change)
    return Switched(line, committed is not None)


def switched(text: str, *, place: str) -> tuple[str, int]:
    """(the text of a desk.yaml with sending on, the line's number). Raises InvalidFileError."""
    before = read_settings(text, place=place)
    lines = text.split("\n")
    found = [number for number, line in enumerate(lines) if _LINE.fullmatch(line.removesuffix("\r"))]
    if len(found) == 1:
        (number,) = found
        end = "\r" if lines[number].endswith("\r") else ""
        lines[number] = _LINE.sub(r"\g<1>on\g<2>", lines[number].removesuffix("\r")) + end
        after = "\n".join(lines)
    elif not _KEY.search(text):
        # Nothing is said: `hold` is what a desk ships with.
        end = "\r\n" if text.endswith("\r\n") else "\n"
        start = text if text.endswith("\n") or not text else f"{text}{end}"
        number = start.count("\n")
        after = f"{start}sending: on{end}"
    else:
        raise InvalidFileError("`sending:` is not written as a program may change it", place, _BY_HAND)
    if _settings(after, place) != replace(before, sending="on"):
        raise InvalidFileError("changing `sending:` would change something else as well", place, _BY_HAND)
    return after, number + 1


def _settings(text: str, place: str) -> object:
    try:
        return read_settings(text, place=place)
    except InvalidFileError:
        return None


def _as_committed(desk: Desk) -> bytes | None:
    """The committed desk.yaml with the line changed; None where there is none, or it has no such line."""
    layout = desk.layout
    try:
        data = git.run(layout, ["cat-file", "blob", f"HEAD:{layout.inside(layout.config)}"])
        return switched(data.decode(), place=layout.config.name)[0].encode()
    except (git.GitError, InvalidFileError, UnicodeDecodeError):
        return None
