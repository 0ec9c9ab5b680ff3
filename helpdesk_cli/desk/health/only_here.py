"""What only this host has, and git does not: how much, when it was backed up, and how the key is kept."""

from __future__ import annotations

import os
import stat
from datetime import timedelta
from hashlib import sha1, sha256
from typing import TYPE_CHECKING

from helpdesk_cli.desk.backup import last_backup
from helpdesk_cli.desk.health.diagnosis import Diagnosis, counted, megabytes, ok
from helpdesk_cli.storage import durable, git, setup
from helpdesk_cli.storage.keys import read_key
from helpdesk_cli.tickets.times import write_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.health.diagnosis import Patient

_OLD_BACKUP = timedelta(days=7)
# (folder of the state, one, several); DECISIONS 14.
_KINDS = (
    ("raw", "original mail", "original mails"),
    ("attachments", "large attachment", "large attachments"),
    ("set-aside", "mail set aside", "mails set aside"),
    ("waiting", "mail waiting for its ticket", "mails waiting for their tickets"),
    ("drafts", "draft", "drafts"),
    ("outbox", "mail to be sent", "mails to be sent"),
)
_SHA1, _SHA256 = "sha1", "sha256"


def check(patient: Patient) -> Iterator[Diagnosis]:
    """What lies here alone, the last backup, the key."""
    desk = patient.desk
    is_server = setup.settings(desk.layout).get("desk.role") == "server"
    yield from _stock(desk, is_server=is_server)
    yield from _key(desk, is_server=is_server)


def _stock(desk: Desk, *, is_server: bool) -> Iterator[Diagnosis]:
    stock = [(kind, *_measure(desk, kind[0])) for kind in _KINDS]
    told = [
        f"{counted(count, one, several)} ({megabytes(size)})"
        for (_, one, several), count, size in stock
        if count
    ]
    if read_key(desk.layout).secret:
        told.append("the key")
    if told:
        yield Diagnosis(
            "note",
            "only-here",
            f"only here, not in git: {', '.join(told)}",
            "`desk backup FILE` takes them along; a clone does not.",
        )
    has_remote = bool(git.run(desk.layout, ["remote"]).strip())
    at = last_backup(desk)
    has_much = any(count for _, count, _ in stock)
    if at is None:
        if is_server and has_much:
            also = "" if has_remote else ", and git has no remote: the tickets, too, are on this disk only"
            yield Diagnosis(
                "warning",
                "no-backup",
                f"no backup has been made here{also}",
                "`desk backup FILE`, every day, to another disk.",
            )
    elif desk.now - at > _OLD_BACKUP:
        old = f"the last backup is of {write_time(at)}"
        yield Diagnosis("warning", "old-backup", old, "`desk backup FILE`, every day.")
    else:
        yield ok("backup", f"the last backup is of {write_time(at)}")


def _measure(desk: Desk, kind: str) -> tuple[int, int]:
    """(files, bytes) below a folder of the state."""
    count = size = 0
    for place, _, files in os.walk(desk.layout.state / kind):
        for name in files:
            # Of mails and drafts the texts count, not the records and locks beside them.
            count += kind not in {"outbox", "drafts"} or (
                name.endswith(".eml") and not name.endswith(".old.eml")
            )
            size += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118 - tens of thousands of files
    return count, size


def _key(desk: Desk, *, is_server: bool) -> Iterator[Diagnosis]:
    path = desk.layout.state / "key"
    try:
        status = path.lstat()
    except FileNotFoundError:
        if is_server:
            yield Diagnosis(
                "error",
                "key-missing",
                f"{path} is missing: answers to our mail are not known as ours",
                "Restore it from a backup. `desk init` makes a new one; it does not know older mail.",
            )
        return
    allowed = durable.SHARED.file if desk.layout.modes == durable.SHARED else durable.PRIVATE.file
    if stat.S_IMODE(status.st_mode) & ~allowed:
        yield Diagnosis(
            "error",
            "key-open",
            f"{path} may be read by others: who has it can sign as this desk",
            f"`chmod {allowed:o} {path}`.",
        )
    if _in_git(desk):
        yield Diagnosis(
            "error",
            "key-in-git",
            "the key is in git: every clone has it, and who has it can sign as this desk",
            f"Remove {path}, run `desk init` for a new one, and take the file out of git.",
        )


def _in_git(desk: Desk) -> bool:
    """Whether the key's bytes are an object of the repository, under whatever name."""
    secret = read_key(desk.layout).secret
    if not secret:
        return False
    form = git.run(desk.layout, ["rev-parse", "--show-object-format"]).decode().strip()
    make = sha256 if form == _SHA256 else sha1
    name = make(b"blob %d\0" % len(secret) + secret).hexdigest()
    code, _, _ = git.Running(desk.layout, ["cat-file", "-e", name]).result()
    return code == 0
