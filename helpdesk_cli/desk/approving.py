"""A person says which commands of desk.yaml run on this host (`desk setup commands`)."""

from __future__ import annotations

import importlib
import os
import re
from typing import TYPE_CHECKING, Literal

from helpdesk_cli.desk.commands import commands_of, is_approved, owner_named
from helpdesk_cli.errors import InvalidFileError, UsageError
from helpdesk_cli.storage.access import running_user
from helpdesk_cli.storage.approvals import Approval, may_approve, read_approvals, write_approvals
from helpdesk_cli.storage.settings_cache import read_text
from helpdesk_cli.tickets.times import write_time
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.desk.commands import Named
    from helpdesk_cli.desk.desk import Desk

State = Literal["approved", "new", "changed"]
# What ends a word for a shell, and what stands before a path in `--file=/path`.
_BETWEEN_WORDS = re.compile(r"""[\s;|&<>()='"`]+""")


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A command against what was approved in its place, None for nothing. `line`: in desk.yaml, 0 unknown.

    `inside` is the file of the desk's own folder that it names, "" for none: such a one is never approved.
    """

    named: Named
    state: State
    approval: Approval | None = None
    line: int = 0
    inside: str = ""


def review(desk: Desk) -> list[Reviewed]:
    """Each command that this clone runs; none counts as approved where the record is damaged."""
    try:
        approved = read_approvals(desk.layout)
    except InvalidFileError:
        approved = {}
    commands = commands_of(desk)
    if not commands:
        return []
    # YAML costs 20 ms to import: only where there is a line to name.
    line_of = importlib.import_module("helpdesk_cli.storage.settings_lines").line_of
    text = read_text(desk.layout)
    return [
        Reviewed(
            command,
            _state(command, approved.get(command.place)),
            approved.get(command.place),
            line_of(text, command.place),
            _inside(desk, command.text),
        )
        for command in commands
    ]


def approve(desk: Desk, commands: Sequence[Named], *, by: str) -> None:
    """Let these run on this host from now on, as they were shown; what desk.yaml no longer names may not.

    Raises UsageError where who runs this does not own the desk here, or one lies in the desk itself.
    """
    require_owner(desk)
    for command in commands:
        if inside := _inside(desk, command.text):
            raise UsageError(
                f"{inside} lies in the desk: whoever may push can change what it does",
                f"desk.yaml: {command.place}",
                "Put it elsewhere, such as /usr/local/bin or /etc, and name it there.",
            )
    try:
        before = read_approvals(desk.layout)
    except InvalidFileError:
        before = {}
    places = {command.place for command in commands_of(desk)}
    kept = {place: approval for place, approval in before.items() if place in places}
    at = write_time(desk.now)
    new = {each.place: Approval(each.text, each.to, by, at) for each in commands}
    write_approvals(desk.layout, kept | new)


def require_owner(desk: Desk) -> None:
    """Raise UsageError where who runs this may not say what runs on this host."""
    if not may_approve(desk.layout):
        owner = owner_named(desk)
        said = f"only {owner}, who owns this desk, or root says which commands run on this host"
        raise UsageError(said, "setup commands", f"`sudo -u {owner} desk setup commands`.")


def running_user_name() -> str:
    """The login of who runs this."""
    return running_user().name


def _state(command: Named, approval: Approval | None) -> State:
    if approval is None:
        return "new"
    return "approved" if is_approved(command, approval) else "changed"


def _inside(desk: Desk, text: str) -> str:
    """The first file of the desk's working tree that the words of a command name; "" for none.

    A shell can hide a name from this: it keeps people from a mistake, not from themselves.
    """
    layout = desk.layout
    tops = {str(layout.top), os.path.realpath(layout.top)}
    own = {str(layout.common_dir), os.path.realpath(layout.common_dir)}
    for word in _BETWEEN_WORDS.split(os.path.expandvars(text)):
        path = os.path.expanduser(word)  # noqa: PTH111 - as the shell
        if not path.startswith("/"):
            continue
        for each in (os.path.normpath(path), os.path.realpath(path)):
            if _is_below(each, tops) and not _is_below(each, own):
                return each
    return ""


def _is_below(path: str, folders: set[str]) -> bool:
    return any(path == folder or path.startswith(f"{folder.rstrip('/')}/") for folder in folders)
