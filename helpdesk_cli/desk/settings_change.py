"""A change of desk.yaml by a command: one value, committed by whoever made it; the rest stays as it is."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from helpdesk_cli.desk.record import commit_message, open_door
from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage import durable, git, pending
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.settings_file import read_settings
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.settings import Settings

    Patch = Callable[[str], str]

_BY_HAND = "Write it there yourself, and commit it."


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """The settings after the change, what it did as a diff, and whether it is committed.

    `diff` is empty where there was nothing to change.
    """

    settings: Settings
    diff: tuple[str, ...] = ()
    committed: bool = False


def change_settings(
    desk: Desk,
    patch: Patch,
    expected: Callable[[Settings], Settings],
    *,
    summary: str,
    actor: Actor,
    dry_run: bool = False,
) -> SettingsChanged:
    """Let `patch` change the text of desk.yaml, if its settings are then what is `expected` of those before.

    What else a person has changed in the file and not committed yet stays uncommitted. Raises
    InvalidFileError where anything else would change; ConflictError for an editor that saved meanwhile.
    """
    layout, name = desk.layout, desk.layout.config.name
    with open_door(desk, actor, dry_run=dry_run) as door:
        data, stat = read_file(layout.config, within=layout.root)
        text = _text(data, name)
        after, settings = _checked(text, patch, expected, place=name)
        diff = tuple(_diff(text, after, name)) if after != text else ()
        if dry_run:
            return SettingsChanged(settings, diff)
        if diff:
            durable.replace(
                layout.config,
                after.encode(),
                within=layout.root,
                modes=layout.modes,
                expect=stat,
                tmp=layout.tmp,
            )
        before, committed = _as_committed(desk, patch, expected)
        # Also what a call wrote that was ended before it could be committed.
        if committed is not None and committed != before:
            message = commit_message(f"{name}: {summary}", op=door.op)
            author = (actor.name, actor.email)
            change = pending.Commit(((name, committed),), author, message, desk.now)
            pending.Queue(layout).put(change)
    return SettingsChanged(settings, diff, committed is not None)


def _checked(
    text: str, patch: Patch, expected: Callable[[Settings], Settings], *, place: str
) -> tuple[str, Settings]:
    """The text after the patch and its settings, read anew. Raises InvalidFileError."""
    before = read_settings(text.removeprefix("\ufeff"), place=place)
    after = patch(text)
    wanted = expected(before)
    try:
        found = read_settings(after.removeprefix("\ufeff"), place=place)
    except InvalidFileError:
        found = None
    if found != wanted:
        raise InvalidFileError("this change would change something else as well", place, _BY_HAND)
    return after, wanted


def _text(data: bytes, place: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise InvalidFileError("not UTF-8", place, "Save the file as UTF-8.") from None


def _diff(before: str, after: str, name: str) -> list[str]:
    # 4 ms to import, for who looks at it.
    lines = importlib.import_module("difflib").unified_diff(
        before.split("\n"), after.split("\n"), f"a/{name}", f"b/{name}", lineterm=""
    )
    return list(lines)


def _as_committed(
    desk: Desk, patch: Patch, expected: Callable[[Settings], Settings]
) -> tuple[bytes | None, bytes | None]:
    """The committed desk.yaml, and that with the same change; None where there is none or it does not fit."""
    layout = desk.layout
    try:
        data = _queued(desk)
        if data is None:
            data = git.run(layout, ["cat-file", "blob", f"HEAD:{layout.inside(layout.config)}"])
        return data, _checked(_text(data, "desk.yaml"), patch, expected, place="desk.yaml")[0].encode()
    except (git.GitError, InvalidFileError):
        return None, None


def _queued(desk: Desk) -> bytes | None:
    """The desk.yaml that is on its way into git; None where none is."""
    name = desk.layout.config.name
    waiting = [
        content
        for commit in pending.Queue(desk.layout).waiting()
        for path, content in commit.paths
        if path == name and isinstance(content, bytes)
    ]
    return waiting[-1] if waiting else None
