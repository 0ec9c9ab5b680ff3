"""What a query finds on a real desk: the same as in memory, whoever wrote the files."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from care.world import AT, World, write_mail
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from query.asked import desks, queries

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.asking import context_of, done_words
from helpdesk_cli.desk.assign import assign
from helpdesk_cli.desk.counting import count_tickets
from helpdesk_cli.desk.finding import find_tickets, wanted_of
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.listing import list_tickets
from helpdesk_cli.desk.overview import overview
from helpdesk_cli.desk.select import select
from helpdesk_cli.desk.snooze import snooze
from helpdesk_cli.desk.status import close
from helpdesk_cli.errors import UsageError
from helpdesk_cli.query.errors import QueryError
from helpdesk_cli.query.facts import facts_of
from helpdesk_cli.query.match import matches
from helpdesk_cli.query.order import in_order
from helpdesk_cli.query.parse import parse
from helpdesk_cli.query.schema import rows as statements
from helpdesk_cli.storage import index_facts, index_read
from helpdesk_cli.storage.ticket_file import new_ticket_file
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.tickets.ticket import Ticket

DANA = Actor("dana", "Dana Davis", "dana@example.com")
LEE = Actor("lee", "Lee Larsen", "lee@example.com")


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World.make(tmp_path / "desk")
    for number in range(1, 5):
        made.take(write_mail(number))
    return made


def found(world: World, query: str | list[str] = "", **options: Any) -> list[str]:
    return [row.id for row in list_tickets(world.desk, query, actor=DANA, **options).rows]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World.make(tmp_path_factory.mktemp("random") / "desk")


def write_tickets(world: World, tickets: tuple[Ticket, ...]) -> list[Ticket]:
    """These tickets and no others on the desk, as they read when they are read back."""
    shutil.rmtree(world.root / "tickets", ignore_errors=True)
    folder = world.root / "tickets/2026/11"
    folder.mkdir(parents=True)
    for ticket in tickets:
        # No file has two entries of one id.
        entries = tuple(replace(entry, id=f"{n:016d}") for n, entry in enumerate(ticket.entries))
        data = new_ticket_file(replace(ticket, entries=entries)).to_bytes()
        (folder / f"{ticket.id}.md").write_bytes(data)
    return world.tickets()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(desks, st.lists(queries, min_size=1, max_size=4))
def test_the_desk_finds_what_memory_finds(empty: World, tickets: Any, texts: list[str]) -> None:
    held = write_tickets(empty, tickets)
    desk = empty.desk
    facts = [
        facts_of(ticket, f"tickets/2026/11/{ticket.id}.md", done=done_words(desk.settings)) for ticket in held
    ]
    asked = 0
    for text in texts:
        try:
            query = parse(text, context_of(desk, DANA))
        except QueryError:
            continue
        asked += 1
        with closing(find_tickets(desk, text, actor=DANA, everything=True)) as answer:
            assert answer.problems == ()
            expected = [each.path for each in in_order(query.sort, facts) if matches(query, each)]
            given_ = list(answer.paths)
            # Without an order of its own the query's tickets come by urgency.
            assert (given_ if query.sort else sorted(given_)) == (
                expected if query.sort else sorted(expected)
            )
            assert answer.sums.total == len(expected)
    assume(asked)


def test_the_rows_are_those_that_the_language_describes(world: World) -> None:
    """Written many at once, they are what query/schema writes one by one."""
    done = done_words(world.desk.settings)
    for path, ticket in zip(world.paths(), world.tickets(), strict=True):
        rows = index_facts.fact_rows(path, ticket, done)
        told = {
            ("tickets" if "INTO tickets" in text else "items" if "INTO items" in text else "texts", values)
            for text, values in statements(facts_of(ticket, path, done=done))
            if "trigrams" not in text
        }
        assert {(name, row) for name in ("tickets", "items", "texts") for row in rows[name]} == told


def test_what_is_done_or_snoozed_is_left_out_and_counted(world: World) -> None:
    close(world.desk, ["1"], actor=DANA)
    snooze(world.desk, ["2"], AT + timedelta(days=3), actor=DANA)
    with closing(find_tickets(world.desk)) as answer:
        assert [row.id for row in answer.rows()] == ["TICKET-3", "TICKET-4"]
        assert (answer.sums.total, answer.sums.done, answer.sums.snoozed) == (2, 1, 1)
    assert found(world, everything=True) == ["TICKET-2", "TICKET-3", "TICKET-4", "TICKET-1"]
    assert found(world, "status:closed") == ["TICKET-1"]
    assert found(world, "id:1..2") == ["TICKET-2", "TICKET-1"]
    assert found(world, "is:snoozed") == ["TICKET-2"]
    assert found(world, "waiting:us") == ["TICKET-3", "TICKET-4"]
    # Who says what is not wanted has not asked for the rest of the archive.
    assert found(world, "-status:open") == ["TICKET-3", "TICKET-4"]
    assert found(world.later(days=4)) == ["TICKET-2", "TICKET-3", "TICKET-4"]
    assert count_tickets(world.desk).sums.total == 2
    seen = overview(world.desk)
    assert (seen.needing, seen.snoozed, seen.done, seen.wakes_at) == (2, 1, 1, AT + timedelta(days=3))


def test_a_query_for_a_verb_finds_what_the_list_shows(world: World) -> None:
    close(world.desk, ["1"], actor=DANA)
    assert select(world.desk, ["1", "3"], "", DANA) == ["1", "3", "TICKET-2", "TICKET-3", "TICKET-4"]
    assert select(world.desk, [], "assignee:none", DANA) == found(world, "assignee:none")
    assert select(world.desk, [], "tag:no-such", DANA) == []
    assert select(world.desk, ["7", "7"], None) == ["7"]
    with pytest.raises(UsageError, match="no ticket was named"):
        select(world.desk, [], None)


def test_every_change_is_found_at_once(world: World) -> None:
    """By a verb, by a mail, by a hand; also one that takes a word away."""
    assert found(world, "assignee:lee") == []
    assign(world.desk, ["2"], "lee", actor=DANA)
    assert found(world, "assignee:lee") == ["TICKET-2"]
    world.take(write_mail(9, answers=2))
    assert found(world, "messages:2..") == ["TICKET-2"]
    path = world.root / "tickets/2026/11/TICKET-3.md"
    path.write_text(path.read_text().replace("priority: medium", "priority: urgent"))
    assert found(world, "priority:urgent") == ["TICKET-3"]
    assert "TICKET-3" not in found(world, "priority:medium")
    path.unlink()
    assert found(world, "priority:urgent") == []
    assert found(world, "text:hello OR id:3") == found(world, "text:hello")


def test_a_word_that_desk_yaml_has_no_longer_can_be_asked_for(world: World) -> None:
    path = world.root / "tickets/2026/11/TICKET-3.md"
    path.write_text(path.read_text().replace("status: new", "status: parked"))
    assert found(world, "status:parked") == ["TICKET-3"]
    # Nobody declared it, so it is active: nobody overlooks it.
    assert "TICKET-3" in found(world)
    with pytest.raises(QueryError, match='unknown status "parkd"'):
        found(world, "status:parkd")


def test_a_status_that_becomes_done_is_asked_anew(world: World) -> None:
    """What the index has worked out from the words of desk.yaml is worked out again."""
    settings_ = world.root / "desk.yaml"
    assign(world.desk, ["1"], "dana", actor=DANA)
    path = world.root / "tickets/2026/11/TICKET-1.md"
    close(world.desk, ["1"], actor=DANA)
    assert found(world, "resolved:any") == ["TICKET-1"]
    settings_.write_text(settings_.read_text().replace("closed: {kind: done}", "closed: {kind: waiting}"))
    assert found(world, "resolved:any") == []
    assert path.exists()


def test_a_mail_does_not_wait_for_what_only_queries_need(world: World) -> None:
    """Taking a mail in leaves facts behind, and loads nothing of them."""
    assert found(world) != []
    world.take(write_mail(20))
    with closing(sqlite3.connect(world.state / "index.db")) as database:
        assert database.execute("SELECT count(*) FROM behind").fetchall() == [(1,)]
        assert database.execute("SELECT count(*) FROM tickets").fetchall() == [(4,)]
    assert len(found(world)) == 5
    with closing(sqlite3.connect(world.state / "index.db")) as database:
        assert database.execute("SELECT count(*) FROM behind").fetchall() == [(0,)]


def test_what_was_read_before_a_mail_came_does_not_undo_what_the_mail_noted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader reads a file, a mail is appended to it, the reader writes its rows: the thread is not lost."""
    path = world.root / "tickets/2026/11/TICKET-2.md"
    os.utime(path)
    read_all, came = index_read.read_all, []

    def slowly(root: Path, paths: Any, done: Any) -> Any:
        read = list(read_all(root, paths, done))
        if any(each.path.endswith("TICKET-2.md") for each in read) and not came:
            came.append(world.take(write_mail(30, answers=2)))
        yield from read

    monkeypatch.setattr(index_read, "read_all", slowly)
    assert len(found(world, "messages:2..")) == 1
    assert came
    assert [each.outcome for each in came] == ["appended"]
    monkeypatch.undo()
    with closing(open_index(world.desk, full=False)) as index:
        assert index.paths_named("m30@customer.example", "message") != []
    assert world.take(write_mail(31, answers=30)).ticket == "TICKET-2"


def test_many_files_are_read_by_several_processes_and_a_bad_one_hides_none(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_read, "MANY", 2)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    bad = world.root / "tickets/2026/11/TICKET-3.md"
    bad.write_text("<<<<<<< HEAD\n")
    (world.state / "index.db").unlink()
    listed = list_tickets(world.desk)
    assert [row.id for row in listed.rows] == ["TICKET-1", "TICKET-2", "TICKET-4"]
    assert [place for place, _ in listed.problems] == ["tickets/2026/11/TICKET-3.md"]


def test_many_folders_are_looked_at_by_two_processes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    later = world.later(days=40)
    later.take(write_mail(40))
    before = found(later)
    monkeypatch.setattr("helpdesk_cli.storage.index_survey._MANY", 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    assert found(later) == before
    for name in ("2026/11/TICKET-2.md", "2026/12/TICKET-5.md"):
        path = world.root / "tickets" / name
        path.write_text(path.read_text().replace("priority: medium", "priority: high"))
    (world.root / "tickets/2026/11/TICKET-1.md").unlink()
    assert found(later, "priority:high") == ["TICKET-2", "TICKET-5"]
    assert "TICKET-1" not in found(later)


def test_lists_while_mail_comes_in(world: World) -> None:
    """Readers and a writer at once: nobody is refused, and in the end everything is found."""
    faults: list[BaseException] = []

    def look() -> None:
        try:
            for _ in range(15):
                list_tickets(world.desk, "hello OR is:unanswered")
        except BaseException as error:  # noqa: BLE001 - told by the test
            faults.append(error)

    readers = [threading.Thread(target=look) for _ in range(2)]
    for each in readers:
        each.start()
    for number in range(50, 70):
        assert world.take(write_mail(number)).outcome == "created"
    for each in readers:
        each.join()
    assert faults == []
    assert len(found(world)) == 24


def test_a_reader_who_may_not_write_is_answered_all_the_same(world: World) -> None:
    """The index is then made in memory."""
    index = world.state / "index.db"
    index.unlink(missing_ok=True)
    index.mkdir()
    assert found(world, "is:unanswered") == ["TICKET-1", "TICKET-2", "TICKET-3", "TICKET-4"]


def test_the_words_of_a_query_may_name_a_view(world: World) -> None:
    settings_ = world.root / "desk.yaml"
    settings_.write_text(
        settings_.read_text().replace(
            "views:\n",
            "views:\n  late: {query: is:unanswered, columns: [subject, waiting-for], sort: -id}\n",
        )
    )
    with closing(find_tickets(world.desk, ["@late", "id:2..3"])) as answer:
        assert [row.id for row in answer.rows()] == ["TICKET-3", "TICKET-2"]
        assert answer.views == ("late",)
        with closing(open_index(world.desk, full=True, done=done_words(world.desk.settings))) as index:
            assert wanted_of(world.desk, index, "").with_done is False


def test_a_ticket_that_was_there_for_a_while_is_gone_again(world: World) -> None:
    """The folder looks as it did when the index last found it in order: but there are more rows now."""
    early = 10**18
    for path in world.paths():
        os.utime(world.root / path, ns=(early, early))
    for _ in range(3):
        assert len(found(world)) == 4
    with closing(sqlite3.connect(world.state / "index.db")) as database:
        assert len(database.execute("SELECT 1 FROM folders WHERE seal <> ''").fetchall()) == 1
    assert world.take(write_mail(70)).outcome == "created"
    (world.root / "tickets/2026/11/TICKET-5.md").unlink()
    assert len(found(world)) == 4
