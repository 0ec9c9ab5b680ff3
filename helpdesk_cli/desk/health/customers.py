"""Customers' files: each that cannot be used as somebody meant it, as `desk fsck` finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.checks.customers import check_customers
from helpdesk_cli.desk.customers import has_customers
from helpdesk_cli.desk.health.diagnosis import Diagnosis, ok

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.health.diagnosis import Patient


def check(patient: Patient) -> Iterator[Diagnosis]:
    """What is wrong with them; nothing of a desk without any."""
    if patient.fault is not None or not has_customers(patient.desk):
        return
    found = list(check_customers(patient.desk))
    for finding in found:
        yield Diagnosis("warning", finding.code, f"{finding.path}: {finding.problem}", finding.remedy)
    if not found:
        yield ok("customers", "every customer's file can be read, and each address stands in one only")
