"""What git runs to merge two versions of a file: `desk merge-driver %O %A %B %P` (gitattributes(5)).

`storage/setup` makes it `merge.desk.driver` and `tickets/**/*.md merge=desk`. What the desk cannot merge by
meaning is merged by line as git would have done it, markers and all; two different tickets under one name
stand whole between markers, so that even a careless commit keeps both.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from helpdesk_cli.errors import ConflictError, FindingsError, InvalidFileError
from helpdesk_cli.storage import durable
from helpdesk_cli.storage.customer_merge import customer_place, merge_customer_files
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.storage.ticket_merge import merge_ticket_files

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.storage.ticket_file import TicketFile

LARGEST = 64_000_000


def run(base: Path, ours: Path, theirs: Path, *, path: str) -> int:
    """Merge the three files over `ours`, whole or not at all; 0 when nothing is left to a person.

    `path` is the file's name in the repository, for messages. An empty `base` means that there is none.
    Raises FindingsError (exit code 1: git then says "conflict" and keeps all versions in its index) when
    something is left to a person; the file has it between conflict markers.
    """
    texts = [
        read_file(file.absolute(), within=file.absolute().parent, limit=LARGEST)[0]
        for file in (base, ours, theirs)
    ]
    merged, left = merge_bytes(*texts, path=path)
    durable.replace(ours.absolute(), merged, within=ours.absolute().parent, modes=durable.PRIVATE, sync=False)
    if left:
        raise FindingsError(left, path, "Resolve it and `git add` the file, or run `desk fsck --repair`.")
    return 0


def merge_bytes(base: bytes, ours: bytes, theirs: bytes, *, path: str) -> tuple[bytes, str]:
    """The merged file, and what is left to a person ("" for nothing)."""
    if place := customer_place(path):
        return merge_customer_files(base, ours, theirs, place=place)
    try:
        files = [read_ticket_file(data, place=path) for data in (ours, theirs)]
    except InvalidFileError as error:
        merged, is_clean = _by_line(base, ours, theirs)
        return merged, "" if is_clean and _reads(merged, path) else f"not merged by meaning: {error.message}"
    try:
        merged_file = merge_ticket_files(_ancestor(base, path), *files)
    except ConflictError as error:
        both = import_module("helpdesk_cli.storage.line_merge").show_both(*map(_text, (ours, theirs)))
        return both.encode("utf-8", "surrogateescape"), error.message
    left = ", ".join(merged_file.conflicts)
    return merged_file.to_bytes(), f"changed by hand on both sides: {left}" if left else ""


def _ancestor(data: bytes, path: str) -> TicketFile | None:
    try:
        return read_ticket_file(data, place=path)
    except InvalidFileError:
        return None


def _reads(data: bytes, path: str) -> bool:
    return _ancestor(data, path) is not None


def _by_line(base: bytes, ours: bytes, theirs: bytes) -> tuple[bytes, bool]:
    # Needed only where a file is broken: git's own merge by line, as a process.
    line_merge = import_module("helpdesk_cli.storage.line_merge")
    text, is_clean = line_merge.merge_lines(*map(_text, (base, ours, theirs)))
    return text.encode("utf-8", "surrogateescape"), is_clean


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
