"""Whether rules run: the file that they stand in, and tickets that wait for them."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from helpdesk_cli.desk.health.diagnosis import Diagnosis, counted, ok
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.rules_check import check as check_file
from helpdesk_cli.errors import NotFoundError
from helpdesk_cli.rules.marks import LATE_ROLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.health.diagnosis import Patient

_MOST = 5


def check(patient: Patient) -> Iterator[Diagnosis]:
    """What is wrong with rules.yaml, what is odd, and what waits."""
    if patient.fault is not None:
        return
    desk = patient.desk
    try:
        found = check_file(desk)
    except NotFoundError:
        yield ok("rules", "there are no rules")
        return
    for error in found.errors[:_MOST]:
        said = f"{error.place}: {error.message}; no rules run, and mail comes in without them"
        yield Diagnosis("error", "rules-broken", said, error.hint.partition("\n")[0] or "Mend that line.")
    if found.oddities:
        said = f"{counted(len(found.oddities), 'thing')} in rules.yaml may not be meant"
        yield Diagnosis("note", "rules-odd", said, "`desk rules check` says which.")
    dry = [rule.name for rule in found.rules if rule.state == "dry run"]
    if dry:
        said = f"in dry run, because they write to customers: {', '.join(dry[:_MOST])}"
        yield Diagnosis("note", "rules-dry-run", said, "`send: on` in a rule of rules.yaml lets it write.")
    with closing(open_index(desk, full=False)) as index:
        late = {path for path, _ in index.paths_named(LATE_ROLE, LATE_ROLE)}
    if late:
        remedy = "Mend rules.yaml, if that is named above; then `desk cron` asks them."
        yield Diagnosis(
            "warning", "rules-wait", f"{counted(len(late), 'ticket')} wait for their rules", remedy
        )
    if not (found.errors or found.oddities or late):
        on = sum(rule.state == "on" for rule in found.rules)
        yield ok("rules", f"{counted(len(found.rules), 'rule')}, {on} of them on")
