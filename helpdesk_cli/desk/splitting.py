"""`desk split`: messages that are another matter become a ticket of their own, and answers to them follow.

The new ticket's uid follows from what is split off: killed in between and done again, or done in two clones,
it is one ticket. Its inverse is a merge back.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helpdesk_cli.desk.changing import Outcome, changed
from helpdesk_cli.desk.filing import open_ticket
from helpdesk_cli.desk.merge_effects import MERGED, Reverted
from helpdesk_cli.desk.moving import Move, Telling, leave, move, read_files
from helpdesk_cli.desk.record import open_door, ticket_path
from helpdesk_cli.desk.show import split_message
from helpdesk_cli.errors import NotFoundError, UsageError
from helpdesk_cli.tickets.changes import EntryAdded, ListChanged, apply_all, change_list, set_field
from helpdesk_cli.tickets.entries import Message
from helpdesk_cli.tickets.links import RELATED, Link
from helpdesk_cli.tickets.moves import identify, moved, said_in
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.times import next_time
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door, Held
    from helpdesk_cli.tickets.moves import Said
    from helpdesk_cli.tickets.ticket import Ticket

SPLIT, SPLIT_FROM = "split", "split-from"  # facts of events: `UID ID` of the new ticket, of the one it was in
_KEPT = ("priority", "team", "category", "type", "product", "assignee")
_PREFIX = re.compile(r"^\s*(?:re|aw|sv|antw|fwd?|wg)\s*:\s*", re.IGNORECASE)


def split(
    desk: Desk, words: Sequence[str], *, subject: str = "", actor: Actor, dry_run: bool = False
) -> Outcome:
    """Make a new ticket of these messages (`42.3`), all of one ticket, with their attachments.

    Its requester is who wrote the first of them. Raises UsageError for messages of several tickets, and for
    all that a ticket has; NotFoundError for one that is not there.
    """
    with open_door(desk, actor, dry_run=dry_run) as door:
        source, said = _meant(door, words)
        ticket = source.ticket
        uid = identify("split", ticket.uid, *(entry.id for entry in said))
        lying = [path for path, _ in door.index.paths_named(uid, "uid")]
        how = Move("split off", "split", Telling(""), Telling(""))
        if lying:
            # Done before, by whom died or by another clone: what is left to do is done.
            target = door.read(lying[0])
            target, source = move(door, target, source, said, _told(how, ticket, target.ticket))
        else:
            target = _open(door, source, said, uid=uid, subject=subject)
            leave(door, source, target.ticket, said, _told(how, ticket, target.ticket))
        return Outcome(door.op, [changed(each, diff=dry_run) for each in door.recorded])


def unsplit(door: Door, split_off: Held, source: Held, *, back: Reverted | None = None) -> Held:
    """Put what was split off back: the new ticket becomes a stub of the one it came from, which is given.

    `back`: what takes back what the split changed in the latter; None where nobody knows more than that it is
    linked.
    """
    ticket, into = split_off.ticket, source.ticket
    back = back or Reverted(tuple(change_list(into, "links", removed=(ticket.id,))), ())
    taking = Telling(
        f"{into.id}: {ticket.id} put back into it",
        back.changes,
        ((MERGED, f"{ticket.uid} {ticket.id}"), *back.facts),
    )
    giving = Telling(
        f"{ticket.id}: put back into {into.id}",
        (
            *set_field(ticket, "status", "merged"),
            *set_field(ticket, "merged-into", into.id),
            *change_list(ticket, "links", removed=(into.id,)),
        ),
    )
    how = Move(f"put back into {into.id}", "merge", taking, giving)
    return move(door, source, split_off, said_in(ticket), how)[0]


def _told(how: Move, ticket: Ticket, new: Ticket) -> Move:
    """What is said in both: each names the other."""
    numbers = f"{ticket.id}: split off to {new.id}"
    giving = Telling(
        numbers,
        tuple(change_list(ticket, "links", added=(str(Link(RELATED, new.id)),))),
        ((SPLIT, f"{new.uid} {new.id}"),),
    )
    return Move(f"split off to {new.id}", how.kind, Telling(f"{new.id}: split off {ticket.id}"), giving)


def _meant(door: Door, words: Sequence[str]) -> tuple[Held, list[Said]]:
    """The ticket, and its messages that the words name, in order."""
    held = {held.path: held for held in (door.hold(split_message(word)[0]) for word in words)}
    if len(held) != 1:
        names = " and ".join(each.ticket.id for each in held.values())
        raise UsageError(f"these messages are of {names}", hint="Split one ticket after the other.")
    (source,) = held.values()
    ticket = source.ticket
    by_number = dict(ticket.numbered)
    found: dict[str, Said] = {}
    for word in words:
        number = split_message(word)[1]
        if number is None:
            hint = f"`desk show {ticket.number}` has their numbers: {ticket.number}.2."
            raise UsageError(f'"{word}" names no message', hint=hint)
        entry = by_number.get(number)
        if not isinstance(entry, Message):
            what = "was removed" if entry else "is not there"
            raise NotFoundError(
                f"message {number} {what}", ticket.id, f"`desk show {ticket.number}` has the others."
            )
        found[entry.id] = entry
    if len(found) == len(ticket.messages):
        hint = f"`desk set {ticket.number} subject=...` gives it another subject."
        raise UsageError("that is every message of it: nothing would be left", ticket.id, hint)
    return source, [entry for entry in said_in(ticket) if entry.id in found]


def _open(door: Door, source: Held, said: Sequence[Said], *, uid: str, subject: str) -> Held:
    """The new ticket with copies of what is split off."""
    desk, ticket = door.desk, source.ticket
    first = said[0]
    asked = next((each for each in said if isinstance(each, Message) and each.direction == "in"), None)
    requester = ticket.requester
    if asked and (asked.from_.email or asked.from_.phone or asked.from_.handle):
        requester = Person(asked.from_.name, asked.from_.email, asked.from_.phone, asked.from_.handle)
    own = first.subject if isinstance(first, Message) else ""
    title = " ".join(subject.split()) or own or ticket.subject
    people = [each for each in said if isinstance(each, Message) and not each.automatic]
    asks = bool(people) and people[-1].direction == "in"
    is_active = desk.settings.status_kind(ticket.status) == "active"
    status = "open" if asks and not is_active else ticket.status
    inbox = next((inbox for inbox in desk.settings.inboxes if inbox.name == ticket.inbox), None)
    kept: dict[str, list[Said]] = {}

    def make(ticket_id: str) -> Ticket:
        made = open_ticket(
            None,
            at=first.at,
            ticket_id=ticket_id,
            uid=uid,
            subject=_PREFIX.sub("", title),
            requester=requester,
            event_id=identify("opened", uid),
            by=door.actor.key,
            status=status,
            tags=ticket.tags,
            channel=ticket.channel,
            inbox=inbox,
            settings=desk.settings,
            fields={key: value for key in _KEPT if (value := str(getattr(ticket, key)))},
        )
        copies = kept["copies"] = [moved(entry, ticket, uid=uid, ticket_id=ticket_id) for entry in said]
        link = ListChanged("links", (str(Link(RELATED, ticket.id)),))
        (opened,) = made.events
        event = replace(
            opened,
            at=next_time(desk.now, said[-1].at),
            changes=(*opened.changes, link),
            facts=((SPLIT_FROM, f"{ticket.uid} {ticket.id}"),),
        )
        added = [EntryAdded(entry) for entry in (*copies, event)]
        return apply_all(replace(made, entries=()), [link, *added])

    def files(made: Ticket) -> list[tuple[str, bytes]]:
        return read_files(door, source, ticket_path(made), pairs=(said, kept["copies"]))

    return door.create(make, summary=f"split off {ticket.id}", files=files)
