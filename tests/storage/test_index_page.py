"""docs/INDEX.md: its statements run, and the tables are those that it names."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from care.world import World, write_mail

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.assign import assign
from helpdesk_cli.desk.counting import count_tickets
from helpdesk_cli.desk.tag import tag

PAGE = (Path(__file__).resolve().parents[2] / "docs/INDEX.md").read_text("utf-8")
STATEMENTS = [
    statement
    for block in re.findall(r"(?s)```sql\n(.*?)```", PAGE)
    for statement in re.split(r"(?<=;)\n", block.strip())
]
DANA = Actor("dana", "Dana Davis", "dana@example.com")
# Of SQLite itself, or made by SQLite for what the page names.
_MADE = re.compile(r"sqlite_|trigrams_")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    world = World.make(tmp_path_factory.mktemp("page") / "desk")
    for number in range(1, 5):
        world.take(write_mail(number))
    world.take(write_mail(5, answers=2))
    assign(world.desk, ["1", "2"], "dana", actor=DANA)
    tag(world.desk, ["1"], added=("vip", "late"), actor=DANA)
    folder = world.root / "customers"
    folder.mkdir(exist_ok=True)
    (folder / "c1.md").write_text("---\nname: Ada\naddresses: [ada@customer.example]\ntier: gold\n---\n")
    assert count_tickets(world.desk).sums.total == 4
    assert count_tickets(world.desk, "customer.tier:gold").sums.total == 4
    return world.state / "index.db"


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_of_the_page_runs(database: Path, statement: str) -> None:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        opened.execute(statement).fetchall()


def test_the_statements_find_what_there_is(database: Path) -> None:
    def answer(begin: str) -> list[tuple[object, ...]]:
        statement = next(each for each in STATEMENTS if begin in each)
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
            return opened.execute(statement).fetchall()

    assert answer("Open tickets by agent") == [("dana", 2)]
    assert answer("Tags and how often") == [("late", 1), ("vip", 1)]
    assert answer("How often each status") == [("", "new", 4), ("new", "open", 2)]
    assert [row[1] for row in answer("came in by hour")] == [5]
    assert answer("by the tier") == [("gold", 4)]
    assert answer("cannot read" if "cannot read" in PAGE else "nobody can read") == []


def test_every_table_stands_on_the_page_and_every_column_of_what_happened(database: Path) -> None:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        tables = [name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type <> 'index'")]
        assert [name for name in tables if not _MADE.match(name) and f"`{name}`" not in PAGE] == []
        happened = PAGE.partition("## What happened")[2]
        for table in ("entries", "events", "event_facts"):
            (line,) = re.findall(rf"(?m)^\| `{table}` .*$", happened)
            columns = [row[1] for row in opened.execute(f"PRAGMA table_info({table})")]
            for column in set(columns) - {"path", "place"}:
                assert f"`{column}`" in line or f"`{column}`" in happened.partition("```sql")[0], (
                    table,
                    column,
                )
