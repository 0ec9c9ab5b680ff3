"""`desk fsck`: is everything there, whole, and where it belongs? Looks, and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.checks.commits import check_commits
from helpdesk_cli.desk.checks.customers import check_customers
from helpdesk_cli.desk.checks.files import check_attachments, check_odd
from helpdesk_cli.desk.checks.finding import Finding
from helpdesk_cli.desk.checks.index import IndexCheck
from helpdesk_cli.desk.checks.originals import SETTLED, Start, check_originals, check_orphans, check_records
from helpdesk_cli.desk.checks.outbox import check_outbox
from helpdesk_cli.desk.checks.repository import (
    LOCK_AGE,
    TMP_AGE,
    check_branch,
    check_clone,
    check_leftovers,
)
from helpdesk_cli.desk.checks.survey import survey
from helpdesk_cli.desk.checks.tickets import check_tickets
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage import setup
from helpdesk_cli.storage.keys import KEY_BYTES, read_key
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from helpdesk_cli.desk.checks.survey import Survey
    from helpdesk_cli.desk.desk import Desk

    Check = Callable[[], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Ages:
    """From what age, in seconds, something is left behind and not just at work."""

    lock: float = LOCK_AGE
    tmp: float = TMP_AGE
    original: float = SETTLED


def fsck(
    desk: Desk,
    *,
    full: bool = False,
    ages: Ages | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Finding]:
    """What is wrong, by subject; [] when nothing is. `full` also reads every original and attachment.

    `progress` is given (ticket files read, of how many).
    """
    return look(desk, full=full, ages=ages or Ages(), progress=progress)[0]


def look(
    desk: Desk, *, full: bool, ages: Ages, progress: Callable[[int, int], None] | None = None
) -> tuple[list[Finding], Survey]:
    """The findings, and the survey they rest on."""
    start = Start.of(desk)
    index = IndexCheck(desk)
    found = survey(desk, seen=index.see, progress=progress)
    server = is_server(desk)
    astray = list(check_branch(desk.layout))
    checks: list[tuple[str, Check]] = [
        ("tickets", lambda: check_tickets(desk, found)),
        ("other files", lambda: check_odd(desk, found)),
        ("attachments", lambda: check_attachments(desk, found, full=full, is_server=server)),
        ("customers", lambda: check_customers(desk)),
        ("originals", lambda: check_originals(desk, found, full=full, is_server=server and not astray)),
        ("originals", lambda: () if astray else check_orphans(desk, found, start, settled=ages.original)),
        ("records", lambda: check_records(desk)),
        ("outbox", lambda: check_outbox(desk, settled=ages.original)),
        ("git", lambda: astray),
        ("git", lambda: check_commits(desk, found)),
        ("clone", lambda: check_clone(desk)),
        ("key", lambda: _check_key(desk, is_server=server)),
        ("leftovers", lambda: check_leftovers(desk.layout, lock_age=ages.lock, tmp_age=ages.tmp)),
        ("index", index.findings),
    ]
    return [finding for name, check in checks for finding in _guarded(name, check)], found


def is_server(desk: Desk) -> bool:
    """Whether mail comes in here, so that originals must be here (DECISIONS 15)."""
    return setup.settings(desk.layout).get("desk.role") == "server"


def _guarded(name: str, check: Check) -> Iterator[Finding]:
    """A check's findings; where it cannot look, that is one: the other checks go on."""
    try:
        yield from check()
    except (DeskError, OSError) as error:
        place = error.place if isinstance(error, DeskError) else str(error.filename or "")
        said = error.message if isinstance(error, DeskError) else str(error.strerror or error)
        hint = error.hint if isinstance(error, DeskError) else ""
        yield Finding("not-checked", place, f"the check of the {name} could not look: {said}", hint)


def _check_key(desk: Desk, *, is_server: bool) -> Iterator[Finding]:
    if is_server and not read_key(desk.layout).secret:
        yield Finding(
            "key-missing",
            str(desk.layout.state / "key"),
            f"the desk's secret is missing or not {KEY_BYTES} bytes: replies are not known as ours",
            "Restore it from a backup; `desk init` makes a new one, and older replies open new tickets then.",
        )
