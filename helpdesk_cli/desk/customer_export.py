"""`desk customer export`: everything the desk holds of a person, in one archive, for whoever asks for it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpdesk_cli.customers.erasure import names_person
from helpdesk_cli.desk.customer_erase import plan_erasure, same_person
from helpdesk_cli.desk.customer_history import standing_json
from helpdesk_cli.desk.record import LARGEST_TICKET
from helpdesk_cli.errors import DeskError, UsageError
from helpdesk_cli.storage import archive, large, raw
from helpdesk_cli.storage import customer_files as files
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.space import require_space
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.tickets.as_json import SCHEMA, show_json
from helpdesk_cli.tickets.entries import Message, Note
from helpdesk_cli.tickets.times import write_time
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable

    from helpdesk_cli.desk.customer_erase import Plan
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.tickets.person import Person
    from helpdesk_cli.tickets.ticket import Ticket

_README = """\
What {desk} holds of {label}, as of {at}.

customer.md, customer.json   what is written down about the person
tickets/                     what the person asked: each ticket as the desk keeps it, as JSON, and its files
named/                       messages in tickets of others that the person wrote, or that name the person
originals/                   the mails themselves, as far as they are kept on the host where this was made
list.json                    every file with its size and sha256

Tickets hold internal notes, and messages of other people. Read them before you hand this over: what concerns
others may have to be taken out.
"""


@dataclass(slots=True)
class Exported:
    """The archive, how much is in it, and what is missing, in words."""

    path: Path
    tickets: int = 0
    named: int = 0
    files: int = 0
    missing: list[str] = field(default_factory=list)


def export(
    desk: Desk, word: str, target: Path, *, progress: Callable[[int, int], None] | None = None
) -> Exported:
    """Write everything of whom `word` means into a new archive, readable by its owner only.

    Raises NotFoundError where there is nothing, UsageError for a place that cannot be.
    """
    plan = plan_erasure(desk, word)
    path = _path_for(desk, plan, Path(os.path.abspath(target)))  # noqa: PTH100 - links in the name stay as typed
    is_theirs = same_person(desk, plan)
    done = Exported(path)
    with archive.create(path) as writer:
        out = _Out(desk, writer, done)
        said = _README.format(desk=desk.settings.name, label=plan.who.label, at=write_time(desk.now))
        writer.add_bytes("README.txt", said.encode())
        out.add_customer(plan)
        for number, ticket in enumerate((*plan.own, *plan.others), 1):
            try:
                out.add_ticket(ticket, is_theirs, is_own=ticket in plan.own)
            except (DeskError, OSError) as error:
                done.missing.append(str(error))
            if progress:
                progress(number, len(plan.own) + len(plan.others))
        writer.finish({"schema": SCHEMA, "kind": "customer-export", "made-at": write_time(desk.now)})
        done.files = writer.count
    return done


def _path_for(desk: Desk, plan: Plan, target: Path) -> Path:
    if target.is_dir():
        name = plan.customer.id if plan.customer else "person"
        target /= f"{name}-{desk.now:%Y%m%d}.tar.gz"
    if any(target.is_relative_to(folder) for folder in (desk.layout.root, desk.layout.common_dir)):
        raise UsageError("this does not belong inside the desk", str(target), "Name a place elsewhere: --to.")
    if os.path.lexists(target):
        raise UsageError("there is such a file already", str(target), "Name another, or a folder.")
    if not target.parent.is_dir():
        raise UsageError("there is no such folder", str(target.parent))
    require_space(target.parent, 0, floor=desk.settings.free_space)
    return target


@dataclass(slots=True)
class _Out:
    """An archive on its way."""

    desk: Desk
    writer: archive.Writer
    done: Exported
    named: set[str] = field(default_factory=set)

    def add_customer(self, plan: Plan) -> None:
        """The file, and what follows from it."""
        if plan.customer:
            path = files.path_of(plan.customer.id, organisation=False)
            self.writer.add_bytes("customer.md", files.load(self.desk.layout.root, path)[0])
        found = standing_json(plan.who.standing, plan.who.person)
        self._json("customer.json", {"schema": SCHEMA, "kind": "known-customer", "customer": found})

    def add_ticket(self, path: str, is_theirs: Callable[[Person], bool], *, is_own: bool) -> None:
        """A ticket whole; of one of others the messages with the person."""
        data, _ = read_file(self.desk.path(path), within=self.desk.layout.root, limit=LARGEST_TICKET)
        ticket = read_ticket_file(data, place=path).ticket
        document = show_json(ticket, path=path)
        if is_own:
            self.done.tickets += 1
            self.writer.add_bytes(f"tickets/{ticket.id}.md", data)
            self._json(f"tickets/{ticket.id}.json", document)
            self._files(ticket, path, None)
            return
        names = set(names_person(ticket, is_theirs))
        timeline = [entry for entry in document["ticket"]["timeline"] if entry["id"] in names]
        if timeline:
            self.done.named += len(timeline)
            found = {"schema": SCHEMA, "kind": "named", "ticket": ticket.id, "timeline": timeline}
            self._json(f"named/{ticket.id}.json", found)
            self._files(ticket, path, names)

    def _files(self, ticket: Ticket, path: str, names: set[str] | None) -> None:
        """Attachments and originals; of some messages only, where `names` says which."""
        below = "tickets" if names is None else "named"
        for entry in ticket.entries:
            if not isinstance(entry, (Message, Note)) or (names is not None and entry.id not in names):
                continue
            for file in entry.attachments:
                name = f"{below}/{file.path or f'{ticket.id}/{file.sha256[:8]}-{file.filename}'}"
                where = f"{path.rpartition('/')[0]}/{file.path}" if file.path else ""
                name = name if archive.is_safe(name) else f"{below}/{file.sha256}"
                self._add(name, where, file.sha256)
            if isinstance(entry, Message) and entry.raw:
                self._add(f"originals/{entry.raw[:16]}.eml", "", entry.raw, is_mail=True)

    def _add(self, name: str, where: str, digest: str, *, is_mail: bool = False) -> None:
        """A file, once: two messages may have the same. `where` "": what is kept beside git."""
        if name in self.named:
            return
        self.named.add(name)
        layout = self.desk.layout
        try:
            if where:
                data, _ = read_file(self.desk.path(where), within=layout.root)
            else:
                data = raw.read(layout.state, digest) if is_mail else large.read(layout, digest)
        except (DeskError, OSError) as error:
            self.done.missing.append(f"{name}: {error}")
        else:
            self.writer.add_bytes(name, data)

    def _json(self, name: str, value: dict[str, Any]) -> None:
        self.writer.add_bytes(
            name, json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "replace")
        )
