"""One file or folder that nobody foresaw is a problem with a name; every other ticket is as it was (G12)."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail

from helpdesk_cli.channels.sources import find_mail
from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.fsck import fsck
from helpdesk_cli.desk.ingest_many import ingest_many
from helpdesk_cli.desk.listing import list_tickets
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.errors import InvalidFileError, TryAgainError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MONTH = "tickets/2026/11"
DANA = Actor("dana", "Dana Davis", "dana@example.com")


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World.make(tmp_path / "desk")
    made.take(write_mail(1))
    made.take(write_mail(2))
    return made


def replaced(old: bytes, new: bytes) -> Callable[[Path], None]:
    def spoil(root: Path) -> None:
        ticket = root / MONTH / "TICKET-1.md"
        data = ticket.read_bytes()
        assert old in data
        ticket.write_bytes(data.replace(old, new, 1))

    return spoil


READABLE = {
    "a number of 23 digits": replaced(b"priority: medium", b"formerly:\n- TICKET-" + b"9" * 23),
    "a number of 5000 digits": replaced(b"priority: medium", b"formerly:\n- TICKET-" + b"9" * 5000),
    "a number that is none": replaced(b"priority: medium", "formerly:\n- TICKET-²".encode()),
    "an id that is no text": replaced(b"message-id: <m1@", b"message-id: <\xff\xfe@"),
}


@pytest.mark.parametrize("name", READABLE)
def test_an_odd_value_hides_nothing(world: World, name: str) -> None:
    READABLE[name](world.root)
    listed = list_tickets(world.desk)
    assert (sorted(row.number for row in listed.rows), listed.problems) == ([1, 2], ())
    assert world.take(write_mail(3, answers=2)).ticket == "TICKET-2"
    fsck(world.desk)


def test_a_name_that_is_not_utf8_is_named_and_hides_nothing_else(world: World) -> None:
    folder = os.fsencode(world.root / MONTH)
    os.rename(folder + b"/TICKET-1.md", folder + b"/\xff-1.md")  # noqa: PTH104 - such a name is no Path
    listed = list_tickets(world.desk)
    assert [row.number for row in listed.rows] == [2]
    assert listed.problems == (
        (f"{MONTH}/\\udcff-1.md", f"{MONTH}/\\udcff-1.md: the name is not UTF-8. Rename it."),
    )
    assert world.take(write_mail(3, answers=2)).ticket == "TICKET-2"
    assert world.take(write_mail(4)).ticket == "TICKET-3"
    assert "a name that is not UTF-8" in str(fsck(world.desk))
    os.rename(folder + b"/\xff-1.md", folder + b"/TICKET-1.md")  # noqa: PTH104 - as above
    assert list_tickets(world.desk).problems == ()


@pytest.mark.parametrize("level", ["tickets/2026", MONTH])
@pytest.mark.parametrize("kind", ["link", "file"])
def test_a_folder_of_tickets_that_is_none_is_named(world: World, level: str, kind: str) -> None:
    list_tickets(world.desk)
    folder, away = world.root / level, world.root / "away"
    folder.rename(away)
    if kind == "link":
        folder.symlink_to(away)
    else:
        folder.write_text("")
    for _ in range(2):
        listed = list_tickets(world.desk)
        assert (listed.rows, [path for path, _ in listed.problems]) == ((), [level])
    assert world.later(days=30).take(write_mail(3)).outcome in {"created", "deferred"}
    folder.unlink()
    away.rename(folder)
    assert {1, 2} <= {row.number for row in list_tickets(world.desk).rows}


@pytest.mark.parametrize("kind", ["link", "file"])
def test_where_there_is_no_folder_of_tickets_mail_is_kept_all_the_same(world: World, kind: str) -> None:
    tickets, away = world.root / "tickets", world.root / "away"
    tickets.rename(away)
    if kind == "link":
        tickets.symlink_to(away)
    else:
        tickets.write_text("")
    with pytest.raises(InvalidFileError, match="is not a folder"):
        list_tickets(world.desk)
    assert world.take(write_mail(3, answers=1)).outcome == "deferred"
    tickets.unlink()
    away.rename(tickets)
    assert {row.number for row in list_tickets(world.desk).rows} == {1, 2}


@pytest.mark.parametrize("name", ["x y", "2.ü", "99999999999999999999.zz", "1.abc", "../x"])
def test_what_is_no_record_disturbs_nobody(world: World, name: str) -> None:
    for kind in ("waiting", "set-aside"):
        folder = world.state / kind
        folder.mkdir(exist_ok=True)
        (folder / f"{name.replace('/', '-')}.json").write_text("no JSON")
    assert world.take(write_mail(3, answers=2)).ticket == "TICKET-2"
    list_tickets(world.desk)
    fsck(world.desk)


def rot(world: World, spoil: Callable[[bytearray], None]) -> None:
    """Spoil the index where SQLite keeps it at rest."""
    path = world.state / "index.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    spoil(data)
    path.write_bytes(data)


@pytest.mark.parametrize("byte", [0x00, 0x5A, 0xFF])
def test_a_page_of_the_index_that_rotted_is_found_wherever_it_is(world: World, byte: int) -> None:
    """Also where only a look-up comes upon it, behind the folders' times that are looked at first."""
    size = 4096
    pages = (world.state / "index.db").stat().st_size // size
    for page in range(pages):

        def spoil(data: bytearray, page: int = page) -> None:
            data[page * size + 100 * (page == 0) : (page + 1) * size] = bytes([byte]) * size

        rot(world, spoil)
        assert {row.number for row in list_tickets(world.desk).rows} == {1, 2}
        rot(world, spoil)
        assert world.take(write_mail(2)).outcome == "duplicate"


def test_an_index_does_not_outlive_its_machine(world: World) -> None:
    """It is never flushed: after a power cut SQLite may find it whole though rows of it are gone."""
    with closing(sqlite3.connect(world.state / "index.db")) as database, database:
        database.execute("DELETE FROM names")
        database.execute("UPDATE meta SET value = 'the boot before' WHERE key = 'boot'")
    assert world.take(write_mail(3, answers=1)).ticket == "TICKET-1"


def test_a_batch_over_a_rotten_index_loses_nothing(world: World, tmp_path: Path) -> None:
    box = tmp_path / "mails"
    box.mkdir()
    for number in range(1, 8):
        (box / f"{number}.eml").write_bytes(write_mail(number))

    def spoil(data: bytearray) -> None:
        data[3 * 4096 :] = b"\xff" * len(data[3 * 4096 :])

    rot(world, spoil)
    for _ in range(2):
        with suppress(TryAgainError):
            list(ingest_many(world.desk, find_mail(box), Options()))
    assert sorted(ticket.number for ticket in world.tickets()) == list(range(1, 8))
    assert world.status() == ""


def test_what_could_not_be_read_for_a_moment_is_read_again(world: World) -> None:
    """A file that is fine is not called broken for good because too many were open once."""
    index = world.state / "index.db"
    index.unlink()
    program = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from helpdesk_cli.storage.index import Index\n"
        "index = Index(Path(sys.argv[1]), Path(sys.argv[2]), now_ns=2**62)\n"
        "import helpdesk_cli.storage.front_matter_yaml\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[3]), 99))\n"
        "try:\n    index.refresh(full=False)\n"
        "except Exception as error:\n    print(type(error).__name__)\n"
        "else:\n    print(len(index.problems()))\n"
    )
    said = set()
    for most in range(3, 16):
        command = [sys.executable, "-c", program, str(index), str(world.root), str(most)]
        said.add(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
    assert "2" in said, said
    with open_door(world.desk, DANA, dry_run=True) as door:
        assert door.index.problems() == []
        assert door.index.count() == 2
