"""How mail comes in: the shim, the mail server's side, what came last, what was refused or waits."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.channels.recipes import KINDS
from helpdesk_cli.channels.shim import read_places, shim_text
from helpdesk_cli.desk.health.diagnosis import Diagnosis, counted, ok
from helpdesk_cli.desk.hookup import missing
from helpdesk_cli.desk.setup_mta import find_program, plan, try_door
from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage import access, raw, records, setup
from helpdesk_cli.tickets.times import write_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.channels.recipes import Kind
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.health.diagnosis import Patient

_REFUSED = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) desk-ingest ended with (\d+);.*")
# Of the log's end, so much is read.
_LOG_TAIL = 200_000
_RECENT = timedelta(days=7)
_GROUP_OR_ALL_WRITE = 0o022


def check(patient: Patient) -> Iterator[Diagnosis]:
    """Only the desk's server takes mail in; what waits is told everywhere."""
    desk = patient.desk
    here = setup.settings(desk.layout)
    if here.get("desk.role") == "server":
        yield from _door(desk, here)
        yield from _traffic(desk)
    yield from _waiting(desk)


def _door(desk: Desk, here: dict[str, str]) -> Iterator[Diagnosis]:
    door = here.get("desk.door", "")
    if not door and desk.settings.fetch:
        # `fetching` tells of the way that mail comes in.
        return
    if not door:
        yield Diagnosis(
            "note",
            "no-mail-server",
            "no mail server hands mail to this desk",
            "`desk setup mta` shows how; mail that lies in files is taken in by `desk ingest`.",
        )
        return
    kinds = [kind for kind in here.get("desk.mta", "").split() if kind in KINDS]
    again = " ".join(
        ("`sudo desk setup mta", *(f"--{kind}" for kind in kinds), f"--shim {door}", "--install`")
    )
    wrong = list(_shim(desk, Path(door), again))
    yield from wrong
    if any(diagnosis.level == "error" for diagnosis in wrong):
        return
    user = access.user_named(here.get("desk.mailuser", ""))
    if user is not None:
        answer = try_door(Path(door), user)
        if answer.is_good:
            yield ok("door", f"{door} takes mail in as {user.name}")
        elif answer.code is None:
            yield Diagnosis(
                "note",
                "door-not-tried",
                f"{door} was not tried as {user.name}: {'; '.join(answer.reasons)}",
                "`sudo desk doctor` tries it.",
            )
        else:
            reasons = "; ".join(answer.reasons) or f"it ends with {answer.code}"
            told = f"{door} takes no mail in as {user.name}: {reasons}"
            yield Diagnosis("error", "door-closed", told, again)
    yield from _recipes(desk, kinds, here, again)


def _shim(desk: Desk, door: Path, again: str) -> Iterator[Diagnosis]:
    try:
        text = door.read_bytes()
        mode = door.stat().st_mode
    except FileNotFoundError:
        yield Diagnosis(
            "error", "door-missing", f"{door} is missing: the mail server keeps every mail back", again
        )
        return
    except OSError as error:
        yield Diagnosis("note", "door-unread", f"{door} cannot be looked at: {error.strerror}")
        return
    places = read_places(text)
    if places is None:
        yield Diagnosis("error", "door-foreign", f"{door} is not desk's shim", again)
        return
    if places.desk != str(desk.layout.root):
        yield Diagnosis("error", "door-elsewhere", f"{door} hands mail to {places.desk}", again)
    elif not _exists(places.python):
        yield Diagnosis(
            "error",
            "door-no-python",
            f"{door} runs {places.python}, which is not there: the mail server keeps every mail back",
            f"Install desk there again, or from where it is now: {again}.",
        )
    elif text != shim_text(places):
        yield Diagnosis("warning", "door-old", f"{door} is of another version of desk", again)
    if mode & _GROUP_OR_ALL_WRITE:
        told = f"others may change {door}, which runs for mail"
        yield Diagnosis("warning", "door-writable", told, f"`chmod go-w {door}`.")


def _recipes(desk: Desk, kinds: list[Kind], here: dict[str, str], again: str) -> Iterator[Diagnosis]:
    try:
        planned = plan(
            desk,
            kinds,
            user=here.get("desk.mailuser", ""),
            name=here.get("desk.mailname", ""),
            shim=here.get("desk.door", ""),
        )
    except DeskError:
        # What is wrong with the user or the inboxes, others say.
        return
    for recipe in planned.recipes:
        gone = missing(recipe, find_program)
        if gone:
            yield Diagnosis(
                "warning",
                "recipe-changed",
                f"{recipe.title} is not hooked up as `desk setup mta` did it: {', '.join(gone)}",
                f"Compare with `desk setup mta --{recipe.kind}`, or {again}.",
            )
        else:
            yield ok("recipe", f"{recipe.title} is hooked up")


def _traffic(desk: Desk) -> Iterator[Diagnosis]:
    last_in = raw.last_kept(desk.layout.state)
    refusals = _refusals(desk)
    recent = [(at, why) for at, why in refusals if at > desk.now - _RECENT]
    if last_in is None:
        yield Diagnosis("note", "no-mail-yet", "no mail has come in yet", "Send one, and look with `desk`.")
    else:
        yield ok("last-mail", f"the last mail came in at {write_time(last_in)}")
    if not recent:
        return
    at, why = recent[-1]
    told = f"{counted(len(recent), 'delivery', 'deliveries')} put off in the last 7 days"
    if last_in is None or at > last_in:
        yield Diagnosis(
            "error",
            "mail-refused",
            f"{told}, and none has come in since the last at {write_time(at)}: {why}",
            "The mail server keeps them and tries again; `desk.door` and its log say more: "
            f"{desk.layout.state / 'door.log'}.",
        )
    else:
        yield Diagnosis("note", "mail-was-refused", f"{told}, the last at {write_time(at)}: {why}")


def _refusals(desk: Desk) -> list[tuple[datetime, str]]:
    """When the door said 75 and why, as far as the log's end tells, oldest first."""
    try:
        with (desk.layout.state / "door.log").open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _LOG_TAIL))
            lines = file.read().decode("utf-8", "backslashreplace").splitlines()
    except OSError:
        return []
    found = []
    why = ""
    for line in lines:
        match = _REFUSED.fullmatch(line)
        if match is None:
            why = line
            continue
        at = datetime.strptime(match[1], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        found.append((at, why.removeprefix("desk-ingest: ") or f"it ended with {match[2]}"))
        why = ""
    return found


def _waiting(desk: Desk) -> Iterator[Diagnosis]:
    aside = list(records.set_aside(desk.layout).items())
    if aside:
        record = aside[-1][1]
        why = record.message if isinstance(record, DeskError) else str(record.get("why", ""))
        yield Diagnosis(
            "warning",
            "set-aside",
            f"{counted(len(aside), 'mail')} set aside, of which no ticket could be made: {why}",
            "`desk ingest --retry` tries again; tell the makers of desk if it fails.",
        )
    waits = list(records.waiting(desk.layout).items())
    if waits:
        record = waits[-1][1]
        path = "" if isinstance(record, DeskError) else str(record.get("path", ""))
        yield Diagnosis(
            "warning",
            "waiting",
            f"{counted(len(waits), 'mail')} waiting beside a ticket file that cannot be read: {path}",
            "Mend the file; the next command that writes files them.",
        )


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except PermissionError:
        # Behind a door that only others may open: the trial says more.
        return True
