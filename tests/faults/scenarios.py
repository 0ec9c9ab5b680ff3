"""What is swept: a change to a desk, the process that makes it, and how to tell that it was made once."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from care.world import LIVE, World, write_mail

from helpdesk_cli.channels.sources import find_mail
from helpdesk_cli.desk.actor import need_actor
from helpdesk_cli.desk.fsck import Ages, fsck
from helpdesk_cli.desk.ingest import Options, ingest
from helpdesk_cli.desk.ingest_many import ingest_many
from helpdesk_cli.desk.repair import repair
from helpdesk_cli.desk.status import status
from helpdesk_cli.storage import raw, records

if TYPE_CHECKING:
    from pathlib import Path

    from faults.strace import Ran

DOOR = [sys.executable, "-I", "-B", "-c", "from helpdesk_cli.cli.door import main; main()"]
DESK = [sys.executable, "-I", "-B", "-c", "from helpdesk_cli.cli.main import main; main()"]
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "DESK_NOW": "2026-11-20T10:00:00Z"}
AT_ONCE = Ages(0, 0, 0)
ATTACHMENT = b"%PDF which is attached"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A change: the command, what is on its standard input, the tickets and messages there are after it."""

    name: str
    command: tuple[str, ...]
    mail: bytes = b""
    messages: tuple[tuple[str, ...], ...] = ()  # of each ticket, the message-ids
    status: str = ""
    commits: int = 3  # the desk's begin, the first mail, and this change
    in_disorder: bool = False
    folder: tuple[bytes, ...] = ()  # mails in a folder beside the desk

    def argv(self, root: Path) -> list[str]:
        """The command for the desk in `root`."""
        return [word.replace("DESK", str(root)) for word in self.command]

    def lay_out(self, place: Path) -> None:
        """Put the mails into their folder."""
        for number, mail in enumerate(self.folder):
            path = place / "mails" / f"{number}.eml"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(mail)

    def again(self, world: World) -> None:
        """The same change once more: the mail server delivers again, the person repeats the command."""
        if self.mail:
            ingest(world.desk, self.mail, LIVE)
        elif self.in_disorder:
            repair(world.desk, ages=AT_ONCE)
        elif self.folder:
            mails = find_mail(world.root.parent / "mails")
            assert len(list(ingest_many(world.desk, mails, Options()))) == len(self.folder)
        else:
            desk = world.desk
            status(desk, ["1"], self.status, actor=need_actor(desk, said="lee"))


NEW_TICKET = Scenario(
    "a mail opens a ticket",
    (*DOOR, "--desk=DESK"),
    write_mail(2),
    messages=(("m1@customer.example",), ("m2@customer.example",)),
)
REPLY = Scenario(
    "a reply with an attachment",
    (*DOOR, "--desk=DESK"),
    write_mail(3, answers=1, attachment=ATTACHMENT),
    messages=(("m1@customer.example", "m3@customer.example"),),
)
FIRST_ATTACHMENT = Scenario(
    "a mail with an attachment opens a ticket",
    (*DOOR, "--desk=DESK"),
    write_mail(2, attachment=ATTACHMENT),
    messages=(("m1@customer.example",), ("m2@customer.example",)),
)
STATUS = Scenario(
    "an agent sets the status",
    (*DESK, "-C", "DESK", "--as", "lee", "status", "1", "pending"),
    messages=(("m1@customer.example",),),
    status="pending",
)
REPAIR = Scenario(
    "a desk in disorder is repaired",
    (*DESK, "-C", "DESK", "--as", "lee", "fsck", "--repair"),
    messages=(
        ("m1@customer.example", "m11@customer.example"),
        ("m2@customer.example",),
        ("m12@customer.example",),
    ),
    commits=6,
    in_disorder=True,
)
IMPORT = Scenario(
    "a folder of mails is imported",
    (*DESK, "-C", "DESK", "ingest", "--quiet", "DESK/../mails"),
    messages=(
        ("m1@customer.example", "m2@customer.example"),
        ("m3@customer.example",),
        ("m4@customer.example",),
    ),
    commits=5,
    folder=(write_mail(2, answers=1), write_mail(3, attachment=ATTACHMENT), write_mail(4)),
)
SCENARIOS = (NEW_TICKET, REPLY, FIRST_ATTACHMENT, STATUS, IMPORT, REPAIR)


def make_template(root: Path) -> World:
    """A desk with one ticket, as each run begins with."""
    world = World.make(root)
    world.take(write_mail(1))
    return world


def copy(template: World, root: Path, *, in_disorder: bool = False) -> World:
    """A desk of its own for one run; `in_disorder`: with much to repair."""
    shutil.copytree(template.root, root, symlinks=True)
    world = World(root)
    if in_disorder:
        _disturb(world)
    _age(root)
    return world


def old_copy(template: World, root: Path) -> World:
    """A desk of its own, whose files look as if they had been there for an hour."""
    shutil.copytree(template.root, root, symlinks=True)
    _age(root)
    return World(root, template.now)


def _age(root: Path) -> None:
    """What is younger than two seconds is read twice: how many calls there are would depend on the moment."""
    for path in (root / "tickets", *root.glob("tickets/**/*")):
        os.utime(path, (path.stat().st_mtime - 3600,) * 2)


def _disturb(world: World) -> None:
    """A mail that nobody filed, one set aside, an edit by hand, what crashes leave; all of it a while ago."""
    world.take(write_mail(2))
    orphan = raw.keep(world.state, write_mail(11, answers=1))
    records.set_aside(world.desk.layout).put(raw.keep(world.state, write_mail(12)), {"why": "a fault"})
    (edited,) = world.root.glob("tickets/*/*/TICKET-2.md")
    edited.write_text(edited.read_text("utf-8").replace("status: new", "status: pending"), "utf-8")
    left = [world.state / "tmp/.desk-1-abc.tmp", world.root / ".git/index.lock"]
    for path in left:
        path.write_bytes(b"")
    days_ago = world.root.stat().st_mtime - 3 * 86400
    for path in (raw.path_of(world.state, orphan), *left):
        os.utime(path, (days_ago, days_ago))


def judge(scenario: Scenario, world: World, ran: Ran, *, repairs_first: bool) -> None:
    """What must hold after a fault: nothing half, no word of the mail; in the end the change is made once."""
    assert ran.out == b"" or not scenario.mail
    assert b"customer" not in ran.err
    tickets = world.tickets()  # each file can be read
    if ran.code == 0 and scenario.mail:
        assert _is_kept(world, scenario), "said to be safe and is not"
    assert {ticket.id for ticket in tickets} <= {f"TICKET-{number}" for number in range(1, 5)}
    if repairs_first:
        repair(world.desk, ages=AT_ONCE)
        scenario.again(world)
    else:
        scenario.again(world)
        repair(world.desk, ages=AT_ONCE)
    _judge_end(scenario, world)


def _judge_end(scenario: Scenario, world: World) -> None:
    assert fsck(world.desk, full=True, ages=AT_ONCE) == []
    tickets = world.tickets()
    found = [tuple(message.message_id for message in ticket.messages) for ticket in tickets]
    # A repair files in the order of sha256, not of arrival.
    assert sorted(found) == sorted(scenario.messages)
    if scenario.status:
        (ticket,) = tickets
        assert ticket.status == scenario.status
        told = [change for event in ticket.events for change in event.changes if change.field == "status"]
        assert [change.new for change in told] == ["new", scenario.status]
    assert world.status() == ""
    # One commit a change, whatever stood in its way.
    subjects = world.subjects()
    assert len(subjects) == len(set(subjects)) == scenario.commits, subjects


def _is_kept(world: World, scenario: Scenario) -> bool:
    wanted = {message for ticket in scenario.messages for message in ticket}
    filed = {message.message_id for ticket in world.tickets() for message in ticket.messages}
    aside = [*world.state.glob("set-aside/*.json"), *world.state.glob("waiting/*.json")]
    return wanted <= filed or bool(aside)
