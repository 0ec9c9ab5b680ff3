"""What people see, in a real terminal: rows that end in time, columns that stand below each other."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from care.world import World
from needs import needs
from screens import Screen

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
pytestmark = needs("tmux")
# Who wrote, about what. Before each subject stands a mark in ASCII, so that its column can be asked for.
WRITERS = (
    ("Ada Lovelace <ada@customer.example>", "An invoice"),
    ("山田太郎 <yamada@customer.example>", "領収書が届かない件について、至急お願いします"),
    ("שרה כהן <sara@customer.example>", "חשבונית שגויה 42"),
    ("محمد عبد الله <m@customer.example>", "مشكلة في الفاتورة رقم ١٢"),
    ("👍🏽 Kim <kim@customer.example>", "🚀🔥 A launch 🇩🇪 ❤️ 1️⃣"),
    ("👨‍👩‍👧‍👦 Family <family@customer.example>", "A family"),
    ("Zoe\u0301 Mu\u0308ller <zoe@customer.example>", "Combining e\u0301 a\u0300 n\u0303"),
    ("한국 사람 <han@customer.example>", "안녕하세요, 문의드립니다"),
    ("ก่อนที่ <th@customer.example>", "ภาษาไทย"),
    ("ops@a-company-with-a-long-name.example", "x" * 190),
)


def mark_of(number: int) -> str:
    """What stands before the subject of that ticket."""
    return f"Mk{number:02d}."


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A desk that such people wrote to; two tickets rest or are somebody's. Not to be changed."""
    world = World.make(tmp_path_factory.mktemp("seen") / "desk")
    for number, (sender, subject) in enumerate(WRITERS, start=1):
        head = f"From: {sender}\nTo: support@example.com\nSubject: {mark_of(number)} {subject}\n"
        text = f"{head}Message-ID: <{number}@customer.example>\n\nHello.\n"
        world.later(minutes=number).take(text.encode())
    return world


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder with a short name: that of a socket has 107 bytes at most."""
    found = Path(tempfile.mkdtemp(prefix="desk-screen-"))
    yield found
    shutil.rmtree(found)


def screen(place: Path, world: World, *, columns: int = 80, **environment: str) -> Screen:
    """A terminal in which `desk` is this desk's."""
    said = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "DESK_DIR": str(world.root),
        "DESK_NOW": f"{world.later(hours=1).now:%Y-%m-%dT%H:%M:%SZ}",
        "DESK_AGENT": "dana",
        "LC_ALL": "C.UTF-8",
    }
    return Screen(place, {**said, **environment}, columns=columns)


def desk(*words: str) -> str:
    """The command line that calls `desk`."""
    return shlex.join([sys.executable, "-m", "helpdesk_cli.cli.main", *words])


@pytest.mark.parametrize("columns", [60, 80, 100, 200])
@pytest.mark.parametrize("words", [["list"], [], ["list", "--all", "--fields", "id,requester,tags,subject"]])
def test_columns_stand_below_each_other_whoever_wrote(
    place: Path, seen: World, words: list[str], columns: int
) -> None:
    with screen(place, seen, columns=columns) as terminal:
        rows = terminal.show(desk(*words))
        tickets = [row for row in rows if row.startswith("TICKET-")]
        assert len(tickets) == len(WRITERS), rows
        # No row went on in the next one.
        assert rows[0].startswith("ID ")
        assert rows[1 : len(WRITERS) + 1] == tickets
        heading = rows[0].index("SUBJECT")
        found = {number: terminal.column_of(mark_of(number)) for number in range(1, len(WRITERS) + 1)}
        assert set(found.values()) == {heading}, (found, rows)


@pytest.mark.parametrize("columns", [80, 200])
@pytest.mark.parametrize(
    "words",
    [
        ["show", "2", "--no-pager"],
        ["next"],
        ["log"],
        ["undo", "--list"],
        ["outbox", "list"],
        ["template", "list", "--no-pager"],
        ["doctor"],
        ["help", "merge", "--no-pager"],
        ["list", "asignee:me"],
        ["status", "1", "opne"],
        ["tag", "1", "++"],
    ],
)
def test_no_word_is_broken_at_the_edge(place: Path, seen: World, words: list[str], columns: int) -> None:
    """What is too long for a row is broken by us, between words: a terminal breaks anywhere."""
    with screen(place, seen, columns=columns) as terminal:
        assert terminal.show(desk(*words))
        assert terminal.broken() == []


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "TERM=dumb"])
def test_no_colour_where_none_is_wanted(place: Path, seen: World, environment: dict[str, str]) -> None:
    with screen(place, seen, **environment) as terminal:
        terminal.show(f"{desk('list')}; {desk('doctor')}; {desk('show', '1', '--no-pager')}")
        assert "\x1b[" not in terminal.colours()


def test_colours_are_those_of_the_persons_own_theme(place: Path, seen: World) -> None:
    """No background, no fixed shade: what can be read on dark can be read on light."""
    with screen(place, seen) as terminal:
        terminal.show(f"{desk('list')}; {desk('doctor')}; {desk('show', '1', '--no-pager')}")
        codes = {
            code for found in re.findall(r"\x1b\[([\d;:]*)m", terminal.colours()) for code in found.split(";")
        }
        assert "1" in codes
        assert codes <= {"", "0", "1", "2", "22", "31", "32", "33", "39", "49"}


def test_a_terminal_that_says_nothing_of_its_language_shows_all_names(place: Path, seen: World) -> None:
    with screen(place, seen, LC_ALL="C", LANG="C") as terminal:
        rows = terminal.show(desk("list"))
        assert any("山田太郎" in row for row in rows)
        assert any("שרה כהן" in row for row in rows)
