"""What is news to the desk: every entry that came into git, once, whoever brought it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from care.world import ENVIRONMENT, World, write_mail

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.init import init
from helpdesk_cli.desk.news import begin, read_news
from helpdesk_cli.desk.note import note
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.storage.records import Records

DANA = Actor("dana", "Dana Davis", "dana@example.com")


def kinds(world: World) -> list[tuple[str, str]]:
    """(ticket, kind of entry) of the news."""
    return [(ticket.id, entry.kind) for _, ticket, entry in read_news(world.desk)]


@pytest.fixture
def told(world: World) -> World:
    """A desk whose news has been settled."""
    read_news(world.desk).settle()
    return world


def test_the_first_look_at_a_desk_that_was_made_before_finds_nothing_new(world: World) -> None:
    shutil.rmtree(world.state / "news")
    world.take(write_mail(1))
    news = read_news(world.desk)
    assert not news.items
    news.settle()
    assert kinds(world) == []


def test_a_mail_and_a_note_are_news_until_settled(told: World) -> None:
    told.take(write_mail(1))
    note(told.desk, ["1"], "Look @lee", actor=DANA)
    for _ in range(2):
        assert kinds(told) == [("TICKET-1", "message"), ("TICKET-1", "note")]
    read_news(told.desk).settle()
    assert kinds(told) == []
    told.take(write_mail(2, answers=1))
    assert kinds(told) == [("TICKET-1", "message")]


def test_an_import_is_no_news(told: World) -> None:
    told.take(write_mail(1), Options(live=False))
    assert kinds(told) == []


def test_what_a_person_committed_by_hand_is_news(told: World) -> None:
    """No trailer says what is in that commit."""
    told.take(write_mail(1))
    read_news(told.desk).settle()
    note(told.desk, ["1"], "Look @lee", actor=DANA)
    told.git("reset", "--soft", "HEAD~1")
    told.git("commit", "-q", "-m", "All in one")
    assert kinds(told) == [("TICKET-1", "note")]


def test_a_pull_brings_news(told: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # git calls desk to merge the ticket's file.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    told.take(write_mail(1))
    read_news(told.desk).settle()
    told.git("clone", "-q", str(told.root), str(tmp_path / "clone"))
    clone = World(tmp_path / "clone")
    init(clone.root, now=clone.now, environment=ENVIRONMENT)
    note(clone.desk, ["1"], "On the train", actor=DANA)
    note(told.desk, ["1"], "At the desk", actor=DANA)
    told.git("pull", "-q", "--no-rebase", "--no-edit", str(clone.root), "HEAD")
    found = [entry.text for _, _, entry in read_news(told.desk)]  # type: ignore[union-attr] # all are notes
    assert sorted(found) == ["At the desk\n", "On the train\n"]


def test_a_broken_ticket_file_hides_no_other_news_and_its_own_comes_later(told: World) -> None:
    told.take(write_mail(1))
    told.take(write_mail(2))
    path = told.root / told.paths()[0]
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"---\n", b"--\n", 1))
    news = read_news(told.desk)
    assert [ticket.id for _, ticket, _ in news] == ["TICKET-2"]
    assert "TICKET-1.md" in news.problems[0]
    news.settle()
    again = read_news(told.desk)
    assert not again.items
    assert len(again.problems) == 1
    again.settle()
    path.write_bytes(whole)
    assert kinds(told) == [("TICKET-1", "message")]


def test_a_ticket_that_moved_is_found_and_nothing_of_it_is_news_twice(told: World) -> None:
    told.take(write_mail(1))
    read_news(told.desk).settle()
    path = told.root / told.paths()[0]
    text = path.read_text().replace("TICKET-1", "TICKET-7")
    path.unlink()
    path.with_name("TICKET-7.md").write_text(text)
    told.git("add", "-A")
    told.git("commit", "-q", "-m", "Move")
    assert kinds(told) == []
    note(told.desk, ["7"], "After", actor=DANA)
    path.with_name("TICKET-7.md").rename(path.with_name("TICKET-8.md"))
    path.with_name("TICKET-8.md").write_text(path.with_name("TICKET-8.md").read_text().replace("-7", "-8"))
    assert kinds(told) == [("TICKET-8", "note")]


def test_a_rewritten_history_is_said_once_and_tells_nothing_again(told: World) -> None:
    told.take(write_mail(1))
    read_news(told.desk).settle()
    told.git("commit", "-q", "--amend", "-m", "Another")
    news = read_news(told.desk)
    assert not news.items
    assert "rebased" in news.problems[0]
    news.settle()
    assert not read_news(told.desk).problems
    told.take(write_mail(2))
    assert kinds(told) == [("TICKET-2", "message")]


def test_looking_at_an_earlier_state_tells_nothing_again(told: World) -> None:
    told.take(write_mail(1))
    told.take(write_mail(2))
    read_news(told.desk).settle()
    branch = told.git("symbolic-ref", "--short", "HEAD").strip()
    told.git("checkout", "-q", "HEAD~1")
    early = read_news(told.desk)
    assert not early.items
    early.settle()
    told.git("checkout", "-q", branch)
    assert kinds(told) == []


def test_a_damaged_note_of_the_last_look_is_said_once(told: World) -> None:
    told.take(write_mail(1))
    (told.state / "news" / "reached.json").write_text("{")
    news = read_news(told.desk)
    assert "is not JSON" in news.problems[0]
    news.settle()
    assert not read_news(told.desk).problems


def test_the_first_mail_to_a_new_desk_is_news(tmp_path: Path) -> None:
    world = World.make(tmp_path / "new")
    world.take(write_mail(1))
    assert kinds(world) == [("TICKET-1", "message")]


def test_begin_says_from_when_on_there_is_news(world: World) -> None:
    shutil.rmtree(world.state / "news")
    begin(world.desk)
    world.take(write_mail(1))
    begin(world.desk)
    assert kinds(world) == [("TICKET-1", "message")]


def test_a_desk_in_a_folder_of_a_larger_repository(tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    outer = World(tmp_path / "all")
    outer.git("init", "-q")
    init(outer.root / "desk", now=outer.now, environment=ENVIRONMENT)
    world = World(outer.root / "desk")
    begin(world.desk)
    world.take(write_mail(1))
    assert kinds(world) == [("TICKET-1", "message")]


def test_news_of_a_desk_without_any_commit(tmp_path: Path) -> None:
    world = World.make(tmp_path / "desk")
    shutil.rmtree(world.root / ".git" / "desk" / "news", ignore_errors=True)
    Records(world.state, "news").put("reached", {"tip": "", "left": {}})
    world.take(write_mail(1))
    assert kinds(world) == [("TICKET-1", "message")]
