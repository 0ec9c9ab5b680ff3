"""A child may look at the files for its parent; what it saw is believed only where it still holds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail

from helpdesk_cli.desk import looking_ahead
from helpdesk_cli.desk.finding import open_facts
from helpdesk_cli.desk.listing import list_tickets
from helpdesk_cli.storage import index_survey, lookout
from helpdesk_cli.storage.lookout import Lookout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MONTH = "tickets/2026/11"
PAST = 1_000_000_000


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = World.make(tmp_path_factory.mktemp("pattern") / "desk")
    for number in (1, 2, 3):
        made.take(write_mail(number))
    return made


@pytest.fixture
def world(pattern: World, tmp_path: Path) -> Iterator[World]:
    made = replace(pattern, root=tmp_path / "desk")
    shutil.copytree(pattern.root, made.root)
    # Long ago, so that the folder is settled and sealed.
    for path in made.paths():
        os.utime(made.root / path, (PAST, PAST))
    os.utime(made.root / MONTH, (PAST, PAST))
    assert ids(made) == ["TICKET-1", "TICKET-2", "TICKET-3"]
    yield made
    if left := lookout.take(str(made.root)):
        left.stop()


def ids(world: World) -> list[str]:
    return [row.id for row in list_tickets(world.desk).rows]


def seals(world: World) -> list[str]:
    with closing(open_facts(world.desk)) as index:
        return [seal for (seal,) in index.ask("SELECT seal FROM folders WHERE seal <> ''")]


def own_looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders that this process looks into itself, from now on."""
    looked: list[str] = []
    real = lookout.look

    def look(root: str, folder: str) -> lookout.Look:
        looked.append(folder)
        return real(root, folder)

    monkeypatch.setattr(lookout, "look", look)
    return looked


def waited(world: World) -> None:
    """Send a child ahead, and let it look at everything."""
    sent = lookout.send_ahead(str(world.root))
    assert sent is not None
    sent.hear_out()


def test_it_sees_what_its_parent_would(world: World) -> None:
    own = lookout.look(str(world.root), MONTH)
    helper = Lookout(str(world.root), [MONTH, "tickets/1999/01"])
    helper.hear_out()
    seen = helper.look_at(MONTH)
    assert seen is not None
    assert (seen.mtime_ns, seen.seal, seen.stats()) == (own.mtime_ns, own.seal, own.stats())
    assert [name for name, *_ in sorted(own.stats())] == ["TICKET-1.md", "TICKET-2.md", "TICKET-3.md"]
    # A folder that cannot be looked into is nobody's answer.
    assert helper.look_at("tickets/1999/01") is None
    helper.stop()
    helper.stop()


def test_what_it_saw_spares_the_parent_the_look(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = own_looks(monkeypatch)
    assert len(seals(world)) == 1
    assert looked == [MONTH]
    waited(world)
    assert ids(world) == ["TICKET-1", "TICKET-2", "TICKET-3"]
    assert looked == [MONTH]
    # It is used once.
    assert ids(world) == ["TICKET-1", "TICKET-2", "TICKET-3"]
    assert looked == [MONTH, MONTH]


def change(world: World) -> None:
    path = world.root / MONTH / "TICKET-2.md"
    path.write_text(path.read_text().replace("status: new", "status: open"))
    os.utime(world.root / MONTH, (PAST, PAST))


def remove(world: World) -> None:
    (world.root / MONTH / "TICKET-2.md").unlink()


def add(world: World) -> None:
    path = world.root / MONTH / "TICKET-2.md"
    text = path.read_text().replace("TICKET-2", "TICKET-9").replace("m2@customer", "m9@customer")
    (world.root / MONTH / "TICKET-9.md").write_text(text.replace('uid: "', 'uid: "9'))


@pytest.mark.parametrize(
    ("hand", "status", "number"), [(change, "open", 3), (remove, "new", 2), (add, "new", 4)]
)
def test_what_a_hand_did_before_the_call_is_seen(
    world: World, hand: Callable[[World], None], status: str, number: int
) -> None:
    hand(world)
    waited(world)
    rows = list_tickets(world.desk).rows
    assert len(rows) == number
    assert status in {row.status for row in rows}


@pytest.mark.parametrize(("hand", "number"), [(remove, 2), (add, 4)])
def test_what_came_and_went_after_its_look_is_seen_all_the_same(
    world: World, hand: Callable[[World], None], number: int
) -> None:
    waited(world)
    hand(world)
    assert len(ids(world)) == number
    assert len(ids(world)) == number


def test_a_mail_that_comes_within_the_folder_clocks_grain_is_not_forgotten(world: World) -> None:
    """Its file and its row are there, and the folder looks as it did when the child came by."""
    waited(world)
    world.take(write_mail(4))
    os.utime(world.root / MONTH, (PAST, PAST))
    with closing(open_facts(world.desk)) as index:
        assert index.paths_numbered(4) == [f"{MONTH}/TICKET-4.md"]
    assert ids(world) == ["TICKET-1", "TICKET-2", "TICKET-3", "TICKET-4"]


def test_a_seal_is_not_believed_of_a_folder_that_was_touched(world: World) -> None:
    """A file was there for a while, and another process took it in: its row must go."""
    (seal,) = seals(world)
    path = f"{MONTH}/TICKET-3.md"
    text = (world.root / path).read_text()
    (world.root / path).unlink()
    assert "TICKET-3" not in ids(world)
    with closing(open_facts(world.desk)) as index:
        index.db.execute("UPDATE folders SET seal = ?", (lookout.look(str(world.root), MONTH).seal,))
        index.db.execute("UPDATE files SET name = 'TICKET-7.md' WHERE name = 'TICKET-2.md'")
    (world.root / MONTH / "TICKET-8.md").write_text(text)
    (world.root / MONTH / "TICKET-8.md").unlink()
    assert ids(world) == ["TICKET-1", "TICKET-2"]
    with closing(open_facts(world.desk)) as index:
        assert index.ask("SELECT name FROM files WHERE folder = ? ORDER BY 1", MONTH) == [
            ("TICKET-1.md",),
            ("TICKET-2.md",),
        ]
    assert seal


def test_a_child_that_dies_costs_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object) -> None:
        os.kill(os.getpid(), 9)

    monkeypatch.setattr(lookout, "_serve", die)
    lookout.send_ahead(str(world.root))
    looked = own_looks(monkeypatch)
    assert ids(world) == ["TICKET-1", "TICKET-2", "TICKET-3"]
    assert looked == [MONTH]


def test_a_child_that_dies_within_a_folder_is_not_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(_root: str, _names: object, told: int, _stats: int) -> None:
        os.write(told, f"{MONTH}\n".encode())
        os.kill(os.getpid(), 9)

    monkeypatch.setattr(lookout, "_serve", half)
    lookout.send_ahead(str(world.root))
    looked = own_looks(monkeypatch)
    assert ids(world) == ["TICKET-1", "TICKET-2", "TICKET-3"]
    assert looked == [MONTH]


def test_stats_that_are_torn_are_looked_at_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    change(world)
    waited(world)
    monkeypatch.setattr(os, "pread", lambda *_: b"[\x03\x00")
    looked = own_looks(monkeypatch)
    assert "open" in {row.status for row in list_tickets(world.desk).rows}
    assert looked == [MONTH]


def test_a_child_sent_to_another_desk_is_of_no_use(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = World.make(tmp_path / "other")
    other.take(write_mail(7))
    lookout.send_ahead(str(other.root))
    looked = own_looks(monkeypatch)
    assert len(ids(world)) == 3
    assert looked == [MONTH]
    assert lookout.take(str(other.root)) is None


def test_nobody_is_sent_to_a_small_desk(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    looking_ahead.look_ahead(str(world.root / "tickets"))
    assert lookout.take(str(world.root)) is None
    monkeypatch.setattr(looking_ahead, "LARGE", 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    looking_ahead.look_ahead(str(world.root))
    assert lookout.take(str(world.root)) is None
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    looking_ahead.look_ahead(str(world.root.parent))
    looking_ahead.look_ahead(str(world.root / "tickets"))
    sent = lookout.take(str(world.root))
    assert sent is not None
    sent.stop()


def test_the_child_and_its_parent_meet(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    later = world.later(days=40)
    later.take(write_mail(40))
    assert len(ids(later)) == 4
    monkeypatch.setattr(index_survey, "_MANY", 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    change(world)
    rows = list_tickets(later.desk).rows
    assert {row.id: row.status for row in rows} == {
        "TICKET-1": "new",
        "TICKET-2": "open",
        "TICKET-3": "new",
        "TICKET-4": "new",
    }


def test_the_reader_of_a_list_does_not_wait_for_the_child(world: World) -> None:
    """Nor is a child left behind: the call ends while it sleeps over its first folder."""
    program = (
        "import os, sys, time\n"
        "from helpdesk_cli.desk import looking_ahead\n"
        "from helpdesk_cli.storage import lookout\n"
        "looking_ahead.LARGE = 1\n"
        "os.sched_getaffinity = lambda _: {0, 1}\n"
        "lookout._serve = lambda *_: time.sleep(60)\n"
        "real = lookout.Lookout.stop\n"
        "def stop(self):\n"
        "    sys.stderr.write(f'{self._pid}\\n')\n"
        "    real(self)\n"
        "lookout.Lookout.stop = stop\n"
        "sys.argv = ['desk', 'list', 'no-such-field:x']\n"
        "from helpdesk_cli.cli.main import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "DESK_DIR": str(world.root), "HOME": "/nonexistent"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=30,
    )
    assert done.returncode == 2, done.stderr
    (pid,) = {int(line) for line in done.stderr.split("\n") if line.isdecimal() and line != "0"}
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
