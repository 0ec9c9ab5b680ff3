"""`desk import` of mailboxes: interrupted and gone on with, done twice, and quiet."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from care.world import World, write_mail

from helpdesk_cli.channels.sources import find_mail
from helpdesk_cli.desk.export import Exported, mailbox
from helpdesk_cli.desk.fsck import fsck
from helpdesk_cli.desk.import_mail import Resumed, import_mail
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.desk.repair import repair

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = Options(status="closed", tags=("imported",), knows_own=True)


def write_mbox(place: Path, count: int) -> Path:
    """An mbox of so many mails, each of its own."""
    mails = (b"From ada@x Fri Nov 20 09:00:00 2026\n" + write_mail(n) + b"\n" for n in range(1, count + 1))
    place.write_bytes(b"".join(mails))
    return place


def take(world: World, place: Path) -> tuple[list[str], int]:
    """What became of each mail, and how many an interrupted import had before."""
    resumed = Resumed()
    done = list(import_mail(world.desk, find_mail(place), OPTIONS, resumed=resumed))
    return [each.outcome for each in done], resumed.before


def test_what_was_taken_in_is_not_read_again(world: World, tmp_path: Path) -> None:
    box = write_mbox(tmp_path / "old.mbox", 30)
    resumed = Resumed()
    going = import_mail(world.desk, find_mail(box), OPTIONS, resumed=resumed)
    first = [next(going).outcome for _ in range(10)]
    going.close()
    assert first == ["created"] * 10
    outcomes, before = take(world, box)
    # The chunk was on the disk as a whole; what was not told of it is known again.
    assert (before, len(outcomes)) == (9, 21) or (before, len(outcomes)) == (10, 20)
    assert len(world.paths()) == 30
    assert not (world.state / "import-mail").exists()
    assert take(world, box) == (["duplicate"] * 30, 0)
    assert {ticket.status for ticket in world.tickets()} == {"closed"}


def test_a_file_that_changed_is_read_again(world: World, tmp_path: Path) -> None:
    box = write_mbox(tmp_path / "old.mbox", 3)
    going = import_mail(world.desk, find_mail(box), OPTIONS, resumed=Resumed())
    next(going)
    next(going)
    going.close()
    write_mbox(box, 5)
    outcomes, before = take(world, box)
    assert before == 0
    assert sorted(outcomes) == ["created", "created", "duplicate", "duplicate", "duplicate"]


def test_a_kill_loses_nothing_and_doubles_nothing(world: World, tmp_path: Path) -> None:
    """The real command, killed while it works; then the same call."""
    box = write_mbox(tmp_path / "old.mbox", 120)
    command = [sys.executable, "-m", "helpdesk_cli.cli.main", "-C", str(world.root), "import", str(box)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not world.paths() and time.monotonic() < until and running.poll() is None:
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL
    assert world.paths()
    outcomes, before = take(world, box)
    assert len(outcomes) + before == 120
    assert set(outcomes) <= {"created", "duplicate"}
    assert len(world.paths()) == 120
    # What was on the disk and not yet in git's queue.
    repair(world.desk)
    assert world.status() == ""
    assert fsck(world.desk) == []


def test_an_import_reopens_nothing(world: World, tmp_path: Path) -> None:
    world.take(write_mail(1))
    answer = tmp_path / "late.eml"
    answer.write_bytes(write_mail(2, answers=1))
    assert take(world, answer) == (["appended"], 0)
    assert world.ticket("TICKET-1").status == "new"
    assert world.ticket("TICKET-1").tags == ()


def test_our_own_answers_are_ours(world: World, tmp_path: Path) -> None:
    """A folder of what came in and one of what was sent: conversations, with both sides where they belong."""
    inbox, sent = tmp_path / "inbox.mbox", tmp_path / "sent"
    write_mbox(inbox, 2)
    sent.mkdir()
    ours = "Lee Larsen <support@example.com>"
    answer = write_mail(11, sender=ours, answers=1).replace(b"support@example.org", b"ada@customer.example")
    fresh = write_mail(12, sender=ours).replace(b"support@example.org", b"bob@customer.example")
    stray = write_mail(13, sender=ours, answers=2).replace(b"support@example.org", b"eve@other.example")
    for number, mail in enumerate((answer, fresh, stray)):
        (sent / f"{number}.eml").write_bytes(mail)
    take(world, inbox)
    assert take(world, sent)[0] == ["appended", "created", "created"]
    said = world.ticket("TICKET-1").messages
    assert [(each.direction, each.by) for each in said] == [
        ("in", ""),
        ("out", "support@example.com"),
    ]
    assert [str(world.ticket(name).requester.email) for name in ("TICKET-3", "TICKET-4")] == [
        "bob@customer.example",
        "eve@other.example",
    ]
    # Taken in twice, also after the desk has exported them.
    assert take(world, sent)[0] == ["duplicate"] * 3
    done = Exported()
    box = tmp_path / "all.mbox"
    box.write_bytes(b"".join(mailbox(world.desk, world.paths(), done)))
    assert take(world, box)[0] == ["duplicate"] * 5


def test_live_mail_that_bears_our_address_is_never_ours(world: World) -> None:
    world.take(write_mail(1))
    forged = write_mail(2, sender="Lee <support@example.com>", answers=1)
    done = world.take(forged.replace(b"support@example.org", b"ada@customer.example"))
    (message,) = [each for each in world.ticket(done.ticket).messages if each.message_id.startswith("m2@")]
    assert (message.direction, message.by) == ("in", "")
