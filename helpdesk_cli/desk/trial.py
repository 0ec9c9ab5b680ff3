"""The trial of a desk's mail: one goes out, is answered, and comes back to its ticket (`desk doctor mail`).

Its mail is the only one that leaves while sending is on hold. What became of it `trial_look` reads from the
tickets each time; only which trial was the last is remembered.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.commands import outgoing_command, require_approved
from helpdesk_cli.desk.filing import open_ticket
from helpdesk_cli.desk.letters import compose, sends_here, ties_of
from helpdesk_cli.desk.posting import post
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.trial_words import SUBJECT, letter_text
from helpdesk_cli.errors import NotFoundError, UsageError
from helpdesk_cli.mail.own import OwnAddresses
from helpdesk_cli.mail.recipients import check_address
from helpdesk_cli.storage import setup
from helpdesk_cli.storage.keys import read_key
from helpdesk_cli.storage.records import Records
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.times import next_time, read_time, write_time
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from datetime import datetime

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.tickets.ticket import Ticket

KIND = "mail-test"
CHANNEL = "test"
_LAST = "last"
_SHIPPED_DOMAIN = "example.com"


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial that was begun: its ticket (uid and id), the mail's name in the outbox, to whom it went."""

    uid: str
    ticket: str
    name: str
    message_id: str
    to: str
    at: datetime


def begin(desk: Desk, to: str, *, actor: Actor) -> Trial:
    """Open the trial's ticket, send its mail, remember the trial. Raises UsageError for what cannot work.

    Raises NotApprovedError, with nothing done, where the command by which mail leaves is not approved here.

    What became of the transmission `look` says.
    """
    _check(desk, to)
    require_approved(desk, outgoing_command(desk.settings.outgoing))
    entry_id, uid, event_id = draw_id("message"), draw_id("uid"), draw_id("event")
    with open_door(desk, actor) as door:

        def make(ticket_id: str) -> Ticket:
            return open_ticket(
                None,
                at=next_time(desk.now, None),
                ticket_id=ticket_id,
                uid=uid,
                subject=SUBJECT,
                requester=Person(email=to),
                event_id=event_id,
                by=actor.key,
                status=_waiting(desk),
                tags=(),
                channel=CHANNEL,
                inbox=desk.settings.inboxes[0],
                settings=desk.settings,
            )

        held = door.create(make, summary="a trial of this desk's mail")
        ties = ties_of(desk, held.ticket, entry_id)
        letter = compose(
            desk,
            held.ticket,
            ties,
            from_name=desk.settings.company or desk.settings.name,
            to=[Person(email=to)],
            text=letter_text(actor.name, desk.settings.name),
            subject=f"[{held.ticket.id}] {SUBJECT}",
        )
        summary = f"{held.ticket.id}: trial mail written"
        posted = post(door, held, letter, ties, entry_id=entry_id, kind="test", summary=summary, by=actor.key)
    trial = Trial(uid, posted.held.ticket.id, posted.name, letter.message_id, to, desk.now)
    Records(desk.layout.state, KIND).put(_LAST, _packed(trial))
    # What sends costs TLS to import.
    importlib.import_module("helpdesk_cli.desk.outbox").send_due(desk, names=[trial.name])
    return trial


def has_way_in(desk: Desk) -> bool:
    """Whether mail comes in by itself: a mail server hands it over, or a mailbox is fetched from."""
    return bool(desk.settings.fetch or setup.settings(desk.layout).get("desk.door"))


def try_again(desk: Desk) -> None:
    """Transmit what is due and may leave, among it a trial that met a passing fault."""
    importlib.import_module("helpdesk_cli.desk.outbox").send_due(desk)


def last_trial(desk: Desk) -> Trial | None:
    """The trial that was begun last; None where there was none here."""
    record = Records(desk.layout.state, KIND).peek(_LAST)
    try:
        return _unpacked(record) if record else None
    except (KeyError, TypeError, ValueError):
        return None


def _check(desk: Desk, to: str) -> None:
    if not sends_here(desk):
        raise UsageError(
            "this clone sends nothing: the desk's server does",
            "doctor mail",
            "Run this there; `git config desk.role server` makes this clone the one.",
        )
    if not desk.settings.inboxes:
        raise UsageError("this desk has no address to write from", "desk.yaml", "Name one under `inboxes:`.")
    address = desk.settings.inboxes[0].address
    to = check_address(to)
    if OwnAddresses(desk.settings.own_addresses).has(to):
        raise UsageError(
            f"{to} is an address of this desk", "--to", "Name a mailbox elsewhere that you read yourself."
        )
    if address.rpartition("@")[2] == _SHIPPED_DOMAIN and to.rpartition("@")[2] != _SHIPPED_DOMAIN:
        raise UsageError(
            f"{address} is the sample's address: no answer would come back",
            "desk.yaml",
            "Write your own under `inboxes:`.",
        )
    if not read_key(desk.layout).secret:
        raise NotFoundError(
            "the key that signs our mail is missing", str(desk.layout.state / "key"), "Run `desk init`."
        )


def _waiting(desk: Desk) -> str:
    """The status of what waits for somebody else; the first of its kind."""
    statuses = desk.settings.statuses
    return next((status.name for status in statuses if status.kind == "waiting"), "new")


def _packed(trial: Trial) -> dict[str, object]:
    return {
        "uid": trial.uid,
        "ticket": trial.ticket,
        "name": trial.name,
        "message_id": trial.message_id,
        "to": trial.to,
        "at": write_time(trial.at),
    }


def _unpacked(record: dict[str, object]) -> Trial:
    said = {key: str(record[key]) for key in ("uid", "ticket", "name", "message_id", "to")}
    return Trial(**said, at=read_time(str(record["at"])))
