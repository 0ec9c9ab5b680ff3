"""`desk doctor`: is everything set up as it should be, for everybody who works here? Looks, changes nothing.

`desk fsck` reads the tickets; the doctor looks at what is around them: installation, people and their
permissions, settings, git, the way mail comes in, what is not backed up, room.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.desk.health import (
    commands,
    configuration,
    customers,
    fetching,
    installation,
    mail,
    only_here,
    outgoing,
    people,
    repository,
    room,
    routing,
    rules,
    templates,
    timed,
)
from helpdesk_cli.desk.health.diagnosis import Diagnosis, Patient
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage import layout as layouts
from helpdesk_cli.storage.settings import Settings
from helpdesk_cli.storage.settings_cache import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

_CHECKS: tuple[tuple[str, Callable[[Patient], Iterable[Diagnosis]]], ...] = (
    ("installation", installation.check),
    ("people", people.check),
    ("settings", configuration.check),
    ("git", repository.check),
    ("mail", mail.check),
    ("fetch", fetching.check),
    ("outgoing mail", outgoing.check),
    ("commands", commands.check),
    ("cron", timed.check),
    ("templates", templates.check),
    ("customers", customers.check),
    ("rules", rules.check),
    ("routing", routing.check),
    ("backup", only_here.check),
    ("room", room.check),
)


def doctor(
    start: Path | str, *, now: datetime, environment: Mapping[str, str] | None = None
) -> list[tuple[str, Diagnosis]]:
    """(subject, diagnosis) of everything looked at, what is well included; a check that fails is one, too.

    Works where desk.yaml is broken. Raises NotFoundError where there is no desk.
    """
    patient = examine(start, now=now, environment=os.environ if environment is None else environment)
    found: list[tuple[str, Diagnosis]] = []
    for subject, check in _CHECKS:
        try:
            # Not as a whole list: what was found before a check failed counts.
            for diagnosis in check(patient):
                found.append((subject, diagnosis))  # noqa: PERF401 - as said above
        except Exception as error:  # noqa: BLE001 - a doctor does not die of what the patient has
            found.append((subject, _not_checked(error)))
    return found


def _not_checked(error: Exception) -> Diagnosis:
    if isinstance(error, DeskError):
        said, hint = f"{error.place}: {error.message}" if error.place else error.message, error.hint
    elif isinstance(error, OSError):
        said, hint = f"{error.filename}: {error.strerror}", ""
    else:
        said, hint = f"{type(error).__name__}: {error}", "Please report this."
    failed = f"this could not be looked at to the end: {said}"
    return Diagnosis("error", "not-checked", failed, hint or "Look there, then run `desk doctor` again.")


def examine(start: Path | str, *, now: datetime, environment: Mapping[str, str]) -> Patient:
    """The desk that `start` lies in, whatever its desk.yaml is like."""
    layout = layouts.find(Path(start))
    try:
        return Patient(Desk(layout, load_settings(layout), now), environment)
    except DeskError as error:
        return Patient(Desk(layout, Settings(), now), environment, error)


def needs_mending(found: Iterable[tuple[str, Diagnosis]]) -> bool:
    """Whether there is more than notes: the exit code is 1 then (DECISIONS 31)."""
    return any(diagnosis.level in {"warning", "error"} for _, diagnosis in found)
