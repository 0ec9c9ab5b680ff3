"""Files below `tickets/` that are not ticket files: attachments, and what does not belong there."""

from __future__ import annotations

import os
import re
import stat
from hashlib import sha256
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from helpdesk_cli.desk.checks.finding import Finding
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage import large
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.tickets.ids import HIGHEST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from helpdesk_cli.desk.checks.survey import Survey, Surveyed
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.tickets.entries import Attachment

_RESTORE = "`git checkout -- PATH` brings it back, or restore it from a backup."
_FROM_BACKUP = "Restore it from a backup (`desk restore`)."
# What git and git-lfs take orders from, and a pull can bring (RELIABILITY T50).
_ORDERS = (".gitmodules", ".lfsconfig")
# What would be a ticket, were its number one.
_NUMBERED = re.compile(r"tickets(?:/\d+){0,2}/[A-Za-z][A-Za-z0-9]*-\d+\.md")
# Editors at work in a ticket's folder.
_PASSING = (".swp", ".swo", ".swx", "~", ".tmp")


def check_odd(desk: Desk, survey: Survey) -> Iterator[Finding]:
    """Links, FIFOs and dotfiles where tickets and attachments lie, and files that give git orders."""
    for path, what in survey.odd:
        yield Finding("not-a-file", path, f"is {what}", "desk neither reads nor writes it: remove it.")
    for path in survey.files:
        name = path.rpartition("/")[2]
        if name.startswith(".") and not name.endswith(_PASSING):
            remedy = "See where it came from (`git log -- PATH`), then remove it."
            yield Finding("dotfile", path, "a hidden file does not belong among the tickets", remedy)
        if _NUMBERED.fullmatch(path):
            said = f"no ticket has such a number: they go from 1 to {HIGHEST}. No command reads this file"
            yield Finding("name-unreadable", path, said, "Rename it to a free number, and its `id:` with it.")
    for folder in {desk.layout.top, desk.layout.root}:
        for name in _ORDERS:
            if os.path.lexists(folder / name):
                yield Finding(
                    "dotfile",
                    os.path.relpath(folder / name, desk.layout.root),
                    "a desk needs no such file, and git takes orders from it",
                    "See where it came from (`git log -- PATH`), then remove it.",
                )
        yield from _check_attributes(desk, folder / ".gitattributes")


def check_attachments(desk: Desk, survey: Survey, *, full: bool, is_server: bool) -> Iterator[Finding]:
    """Attachments that are gone or not as they were; `full` reads each of them."""
    for ticket in survey.tickets:
        for file in ticket.files:
            if file.path:
                yield from _check_file(desk, ticket, file, full=full)
            elif is_server:
                yield from _check_large(desk, ticket, file, full=full)


def named_files(survey: Survey) -> set[str]:
    """The attachments that tickets name, from the desk's root."""
    return {f"{ticket.folder}/{file.path}" for ticket in survey.tickets for file in ticket.files if file.path}


def _check_file(desk: Desk, ticket: Surveyed, file: Attachment, *, full: bool) -> Iterator[Finding]:
    path = f"{ticket.folder}/{file.path}"
    if ".." in PurePosixPath(file.path).parts or file.path.startswith("/"):
        said = f"names an attachment outside the desk: {file.path}"
        yield Finding("attachment-astray", ticket.path, said, "Remove that line: no mail makes such a name.")
        return
    try:
        size = _size(desk.path(path))
        digest = sha256(read_file(desk.path(path), within=desk.layout.root)[0]).hexdigest() if full else ""
    except FileNotFoundError:
        yield Finding("attachment-missing", path, f"an attachment of {ticket.id} is gone", _RESTORE)
    except (DeskError, NotADirectoryError) as error:
        yield Finding(
            "attachment-missing", path, f"an attachment of {ticket.id} cannot be read: {error}", _RESTORE
        )
    else:
        if size != file.size or digest not in {"", file.sha256}:
            said = f"an attachment of {ticket.id} is not what came with the mail"
            yield Finding("attachment-differs", path, said, _RESTORE)


def _check_large(desk: Desk, ticket: Surveyed, file: Attachment, *, full: bool) -> Iterator[Finding]:
    path = large.path_of(desk.layout, file.sha256)
    try:
        size = _size(path)
        digest = sha256(large.read(desk.layout, file.sha256)).hexdigest() if full else file.sha256
    except (DeskError, FileNotFoundError):
        said = f"the large attachment {file.filename} of {ticket.id} is not on this host"
        yield Finding("attachment-missing", str(path), said, _FROM_BACKUP)
    else:
        if size != file.size or digest != file.sha256:
            said = f"the large attachment {file.filename} of {ticket.id} is not what came with the mail"
            yield Finding("attachment-differs", str(path), said, _FROM_BACKUP)


def _size(path: Path) -> int:
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        raise FileNotFoundError(path)
    return status.st_size


def _check_attributes(desk: Desk, path: Path) -> Iterator[Finding]:
    try:
        text = read_file(path, within=path.parent, limit=100_000)[0].decode("utf-8", "replace")
    except (FileNotFoundError, DeskError):
        return
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()[1:] if not line.startswith("#") else []
        odd = [
            word for word in words if word.partition("=")[0] in {"filter", "diff", "merge"} and "=" in word
        ]
        for word in odd:
            if word != "merge=desk":
                yield Finding(
                    "dotfile",
                    f"{os.path.relpath(path, desk.layout.root)}:{number}",
                    f"{word} makes git run what a setting of that name says",
                    "Remove it unless you put it there.",
                )
