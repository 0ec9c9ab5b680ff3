"""Original mails and records about them: on the host that takes mail in, each mail is in a ticket."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helpdesk_cli.desk.checks.finding import Finding
from helpdesk_cli.desk.clock import filesystem_now_ns
from helpdesk_cli.desk.reading import circumstances_of, read_safely
from helpdesk_cli.errors import DeskError
from helpdesk_cli.mail.received import Envelope
from helpdesk_cli.storage import history, raw, records, waiting
from helpdesk_cli.storage.copies import note_copies, read_copies
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from helpdesk_cli.desk.checks.survey import Survey
    from helpdesk_cli.desk.desk import Desk

# An original younger than this may be in the hands of an ingest that has not filed it yet.
SETTLED = 300.0
_FROM_BACKUP = "Restore it from a backup (`desk restore`)."
_RETRY = "`desk ingest --retry` takes it up again."


def check_originals(desk: Desk, survey: Survey, *, full: bool, is_server: bool) -> Iterator[Finding]:
    """Originals that are gone or damaged; `full` reads each of them."""
    state = desk.layout.state
    present = set(raw.digests(state))
    for ticket in survey.tickets if is_server else ():
        gone = [f"{ticket.number}.{number}" for number, digest in ticket.originals if digest not in present]
        if gone:
            said = f"the original of {', '.join(gone)} is not on this host"
            yield Finding("original-missing", ticket.path, said, _FROM_BACKUP)
    for digest in sorted(present) if full else ():
        if not raw.verify(state, digest):
            path = raw.path_of(state, digest)
            yield Finding("original-damaged", str(path), "its sha256 is not its name", _FROM_BACKUP)


@dataclass(frozen=True, slots=True)
class Start:
    """What was so before the tickets were read: mail may be filed while they are."""

    at_ns: int
    accounted: frozenset[str]  # originals that a record speaks of

    @classmethod
    def of(cls, desk: Desk) -> Start:
        """To be taken before the survey."""
        waits = {waiting.digest_of(name) for name in records.waiting(desk.layout).names()}
        aside = set(records.set_aside(desk.layout).names())
        return cls(filesystem_now_ns(), frozenset(waits | aside))


def check_orphans(desk: Desk, survey: Survey, start: Start, *, settled: float = SETTLED) -> Iterator[Finding]:
    """Originals that are in no ticket. `settled`: seconds that a new one is left to whoever files it."""
    named = {digest for ticket in survey.tickets for _, digest in ticket.originals}
    # What a broken ticket file names is in nobody's survey: it is not looked for elsewhere.
    candidates = set(raw.digests(desk.layout.state)) - named - _in_broken(desk, survey) - start.accounted
    latest = start.at_ns - int(settled * 1e9)
    candidates = {each for each in candidates if _kept_at(desk, each) <= latest}
    found = _orphans(desk, survey, candidates)
    if found and survey.unread:
        yield Finding(
            "not-checked",
            survey.unread[0],
            f"{len(found)} mails are in no ticket that can be read, and this cannot be",
            "They are looked for again when it can be.",
        )
        return
    # What somebody took out of a ticket, or a ticket that was removed, is not a mail that was lost.
    known = history.ever_named(desk.layout, "tickets", found)
    for digest in found:
        if digest in known:
            continue
        yield Finding(
            "original-orphaned",
            str(raw.path_of(desk.layout.state, digest)),
            "a mail that came in is in no ticket",
            "`desk fsck --repair` files it.",
            repairable=True,
        )


def check_records(desk: Desk) -> Iterator[Finding]:
    """Mails that were set aside, and mails that wait for a ticket file to be mended."""
    for name, record in records.set_aside(desk.layout).items():
        said = record.message if isinstance(record, DeskError) else str(record.get("why", ""))
        yield Finding("set-aside", name, f"a mail was set aside: {said}", _RETRY, repairable=True)
    for name, record in records.waiting(desk.layout).items():
        path = "" if isinstance(record, DeskError) else str(record.get("path", ""))
        said = f"a mail waits for this ticket file to be mended ({waiting.digest_of(name)[:12]})"
        remedy = "Mend the file; the mail is filed by the next command that writes."
        yield Finding("waiting", path or name, said, remedy, repairable=True)


def _orphans(desk: Desk, survey: Survey, candidates: Iterable[str]) -> list[str]:
    """Those of these originals whose mail no ticket holds or ever held.

    An original that no ticket names may be a further copy of a mail that one does: then its entry is there.
    """
    held = {entry for ticket in survey.tickets for entry in (*ticket.entries, *ticket.covered)}
    known = read_copies(desk.layout)
    learnt: dict[str, str] = {}
    found = []
    for digest in sorted(candidates):
        if digest not in known:
            entry = _entry_of(desk, digest)
            if not entry:
                continue
            known[digest] = learnt[digest] = entry
        if known[digest] not in held:
            found.append(digest)
    note_copies(desk.layout, learnt)
    return found


def _kept_at(desk: Desk, digest: str) -> int:
    return raw.path_of(desk.layout.state, digest).lstat().st_mtime_ns


def _entry_of(desk: Desk, digest: str) -> str:
    """The id of the entry that this mail is or would be; "" where the original cannot be read."""
    try:
        data = raw.read(desk.layout.state, digest)
    except DeskError:
        return ""
    return read_safely(data, Envelope(), circumstances_of(desk)).entry_id


def _in_broken(desk: Desk, survey: Survey) -> set[str]:
    """The originals that broken ticket files name, as far as their text still says so."""
    found: set[str] = set()
    for broken in survey.broken:
        try:
            found |= _named_in(read_file(desk.path(broken.path), within=desk.layout.root)[0])
        except (DeskError, FileNotFoundError):
            continue
    return found


def _named_in(text: bytes) -> set[str]:
    """The originals that the text of a ticket file names."""
    return {digest.decode() for digest in re.findall(rb"^raw: sha256:([0-9a-f]{64})\r?$", text, re.MULTILINE)}
