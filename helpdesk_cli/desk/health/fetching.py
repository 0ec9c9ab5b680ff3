"""Mailboxes that mail is fetched from: whether they can be reached, and how they mark what was taken."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.desk.fetch import state_of
from helpdesk_cli.desk.health.diagnosis import Diagnosis, ok
from helpdesk_cli.desk.letters import is_server
from helpdesk_cli.tickets.times import write_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.fetch import State
    from helpdesk_cli.desk.health.diagnosis import Patient

_LONG_AGO = timedelta(hours=1)


def check(patient: Patient) -> Iterator[Diagnosis]:
    """Each mailbox, as the last fetch left it; nothing is asked of its server."""
    desk = patient.desk
    if is_server(desk):
        for account in desk.settings.fetch:
            yield from _account(desk, account.name, state_of(desk, account.name))


def _account(desk: Desk, name: str, state: State) -> Iterator[Diagnosis]:
    if state.failing_since is not None:
        told = f"{name}: no mail can be fetched since {write_time(state.failing_since)}: {state.why}"
        yield Diagnosis("error", "fetch-fails", told, f"Mend that, then `desk fetch {name}`.")
    elif state.fetched_at is None:
        told = f"{name}: no mail was fetched yet"
        yield Diagnosis(
            "note", "fetch-never", told, f"`desk fetch {name}`; `desk setup cron` does it by itself."
        )
    elif desk.now - state.fetched_at > _LONG_AGO:
        told = f"{name}: mail was fetched last at {write_time(state.fetched_at)}"
        yield Diagnosis("warning", "fetch-rests", told, "`desk setup cron` shows how it is done by itself.")
    else:
        yield ok("fetch", f"{name}: mail was fetched at {write_time(state.fetched_at)}")
    if state.mark == "seen":
        yield Diagnosis(
            "note",
            "fetch-by-seen",
            f"{name}: its server keeps no mark of our own: mail that a person reads there is not fetched",
            "Let nobody read there, or write `after: move` and `to: FOLDER` for this account.",
        )
