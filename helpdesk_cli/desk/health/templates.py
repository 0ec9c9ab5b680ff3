"""Whether what desk and its agents would send can be sent: templates, articles, promised times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.health.diagnosis import Diagnosis, counted, ok
from helpdesk_cli.desk.template_lint import lint
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage.sla_file import load_sla

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.health.diagnosis import Patient
    from helpdesk_cli.sla.policies import Sla

_OFFICE = "office"


def check(patient: Patient) -> Iterator[Diagnosis]:
    """Every file that cannot be used; those that cannot be used for every ticket in one line."""
    if patient.fault is not None:
        return
    desk = patient.desk
    try:
        yield from _check_calendar(patient, load_sla(desk.layout, desk.settings))
    except DeskError as error:
        yield _broken("sla-broken", error)
    slips = lint(desk)
    for slip in slips:
        if slip.is_broken and not slip.error.place.startswith("sla.yaml"):
            yield _broken("template-broken", slip.error)
    partial = {slip.error.place.rpartition(":")[0] for slip in slips if not slip.is_broken}
    if partial:
        said = f"{counted(len(partial), 'template')} cannot be sent for every ticket"
        yield Diagnosis("note", "template-partial", said, "`desk template lint` says which, and why.")
    if not slips:
        yield ok("templates", "every template can be sent for every ticket")


def _check_calendar(patient: Patient, sla: Sla) -> Iterator[Diagnosis]:
    if patient.desk.settings.acknowledge.when == "outside-office-hours" and sla.calendar(_OFFICE) is None:
        yield Diagnosis(
            "error",
            "no-office-hours",
            f'acknowledgements go outside office hours, but sla.yaml has no calendar "{_OFFICE}"',
            "Write it under `calendars:` in sla.yaml.",
        )


def _broken(code: str, error: DeskError) -> Diagnosis:
    said = f"{error.place}: {error.message}" if error.place else error.message
    return Diagnosis("error", code, said, error.hint or "Mend that line.")
