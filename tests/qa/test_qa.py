"""`desk qa`: the same draw for everybody, reviews that merge, are undone, and never leave the desk."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from clones.meeting import Clone
from documented import faults
from hypothesis import given, settings
from hypothesis import strategies as st
from qa.conftest import DANA, LEE, answer

from helpdesk_cli.cli.drawing import draw
from helpdesk_cli.cli.qa import card_document, sample_document, table_of
from helpdesk_cli.desk.export import Exported, mailbox
from helpdesk_cli.desk.operations import recent_operations
from helpdesk_cli.desk.qa import (
    agent_called,
    dropped_points,
    is_own,
    read_points,
    reviewed_agent,
    sample,
    score,
    scores,
)
from helpdesk_cli.desk.status import resolve
from helpdesk_cli.desk.undo import plan_undo, undo
from helpdesk_cli.errors import InvalidFileError, NotFoundError, UsageError
from helpdesk_cli.storage.settings import QA_CRITERIA
from helpdesk_cli.storage.settings_file import read_settings
from helpdesk_cli.tickets.scorecards import read_card, scorecards, write_card

if TYPE_CHECKING:
    from pathlib import Path

    from care.world import World

    from helpdesk_cli.desk.actor import Actor

FOUR = (("communication", 4), ("accuracy", 5))


def drawn(world: World, number: int = 5, seed: str = "2026Q4", query: str = "") -> list[str]:
    """The ids of a draw."""
    return [each.ticket.id for each in sample(world.desk, number, seed=seed, query=query).drawn]


def take_back(world: World, actor: Actor) -> None:
    """Undo what that person did last, an undoing among it."""
    desk = world.desk
    plan = plan_undo(desk, recent_operations(desk, by=actor.email)[0].op, actor=actor)
    assert undo(desk, plan, actor=actor).errors == []


def test_the_draw_is_of_resolved_tickets_that_we_answered(answered: World) -> None:
    found = sample(answered.desk, 100, seed="x")
    assert found.total == 12
    assert {each.ticket.number for each in found.drawn} == set(range(1, 13))
    assert {each.agents for each in found.drawn if each.ticket.number % 2} == {("dana",)}
    assert set(drawn(answered, 100, query="id:1,2,13")) == {"TICKET-1", "TICKET-2"}


def test_the_same_seed_draws_the_same_in_every_clone(answered: World, tmp_path: Path) -> None:
    first = drawn(answered)
    clone = Clone.of(answered, tmp_path / "clone", "lee")
    assert drawn(clone.world) == first
    assert drawn(answered, 12) != drawn(answered, 12, seed="another")
    assert drawn(answered, 8)[:5] == first


def test_a_ticket_that_comes_later_moves_no_other(answered: World) -> None:
    before = drawn(answered, 12)
    answer(answered, 14, LEE)
    resolve(answered.desk, ["14"], actor=LEE)
    after = drawn(answered, 13)
    assert [each for each in after if each != "TICKET-14"] == before


def test_a_review_is_kept_and_the_latest_counts(answered: World) -> None:
    desk = answered.desk
    score(desk, "2", FOUR, actor=DANA, comment="Warm,\nand right.")
    score(desk, "2", (("communication", 1),), actor=DANA, agent="dana")
    assert [(card.by, card.agent, card.points, card.comment) for card in cards(answered, 2)] == [
        ("dana", "lee", FOUR, "Warm, and right."),
        ("dana", "dana", (("communication", 1),), ""),
    ]
    same = score(desk, "2", FOUR, actor=DANA, comment="Warm, and right.")
    assert (same.recorded, same.unchanged) == ([], ["TICKET-2"])
    score(answered.later(hours=1).desk, "2", (("empathy", 2),), actor=DANA)
    (about_lee,) = [card for card in cards(answered, 2) if card.agent == "lee"]
    assert (about_lee.points, about_lee.mean) == ((("empathy", 2),), 2.0)


def cards(world: World, number: int) -> tuple:
    """The reviews of that ticket that count."""
    return scorecards(world.ticket(f"TICKET-{number}"))


def test_undo_takes_a_review_back_and_brings_it_again(answered: World) -> None:
    score(answered.desk, "2", FOUR, actor=DANA)
    take_back(answered.later(minutes=1), DANA)
    assert cards(answered, 2) == ()
    assert scores(answered.desk) == ()
    take_back(answered.later(minutes=2), DANA)
    assert [card.points for card in cards(answered, 2)] == [FOUR]
    take_back(answered.later(minutes=3), DANA)
    assert cards(answered, 2) == ()


def test_reviews_of_two_clones_are_both_there(answered: World, tmp_path: Path) -> None:
    clone = Clone.of(answered, tmp_path / "clone", "lee")
    score(answered.desk, "4", FOUR, actor=DANA)
    score(clone.world.later(hours=1).desk, "4", (("empathy", 3),), actor=LEE)
    clone.world.git("pull", "--no-edit", "--quiet")
    both = {card.by: card.points for card in cards(clone.world, 4)}
    assert both == {"dana": FOUR, "lee": (("empathy", 3),)}


def test_the_json_is_as_the_page_says(answered: World) -> None:
    score(answered.desk, "2", FOUR, actor=DANA)
    (reviewed,) = scores(answered.desk)
    items = [card_document(reviewed, reviewed.cards[0])]
    assert faults({"schema": "desk/1", "kind": "reviews", "total": 1, "items": items}, "reviews") == []
    assert faults(sample_document(sample(answered.desk, 3, seed="x")), "sample") == []


def test_the_figures_are_those_of_the_files(answered: World) -> None:
    for number, points in ((2, 5), (4, 3), (6, 1)):
        score(answered.desk, str(number), (("accuracy", points),), actor=DANA)
    found = scores(answered.desk)
    assert [(each.ticket.number, each.cards[0].points[0][1]) for each in found] == [(2, 5), (4, 3), (6, 1)]
    assert [each.ticket.number for each in scores(answered.desk, "id:4,5")] == [4]


def test_whose_answers_are_meant(answered: World) -> None:
    ticket = answered.ticket("TICKET-2")
    assert reviewed_agent(answered.desk, ticket) == "lee"
    answer(answered, 2, DANA)
    answer(answered, 2, DANA)
    ticket = answered.ticket("TICKET-2")
    assert (reviewed_agent(answered.desk, ticket), reviewed_agent(answered.desk, ticket, "lee")) == (
        "dana",
        "lee",
    )
    assert (is_own(ticket, "lee"), is_own(ticket, "dana"), is_own(ticket, "kim")) == (True, True, False)
    with pytest.raises(NotFoundError, match="nobody of us answered"):
        reviewed_agent(answered.desk, answered.ticket("TICKET-13"))
    with pytest.raises(UsageError, match='no agent "lea"'):
        reviewed_agent(answered.desk, ticket, "lea")


@pytest.mark.parametrize(
    "words", [[], ["empathy"], ["empathy=0"], ["empathy=6"], ["empathy=٣"], ["kind=3"], ["empathy=1"] * 2]
)
def test_points_that_are_none_are_refused(answered: World, words: list[str]) -> None:
    with pytest.raises(UsageError):
        read_points(answered.desk, words)


def test_nothing_of_a_review_is_in_a_mailbox(answered: World) -> None:
    score(answered.desk, "2", FOUR, actor=DANA, comment="Never for customers.")
    done = Exported()
    whole = b"".join(mailbox(answered.desk, answered.paths(), done, notes=True))
    assert done.mails == 30
    assert b"Never for customers" not in whole
    assert b"communication" not in whole


@given(
    agent=st.text("abcdefgh.-_", min_size=1, max_size=9),
    points=st.dictionaries(st.text("abcdefgh.-_", min_size=1, max_size=9), st.integers(1, 5), min_size=1),
)
@settings(max_examples=40)
def test_a_card_is_read_as_it_was_written(agent: str, points: dict[str, int]) -> None:
    ((_, value),) = write_card(agent, list(points.items()))
    assert read_card(value) == (agent, tuple(points.items()))


@pytest.mark.parametrize("value", ["", "lee", "lee empathy", "lee empathy=9", "lee empathy=4 x"])
def test_what_a_hand_made_of_a_card_counts_for_nothing(value: str) -> None:
    assert read_card(value) == ("", ())


def test_criteria_are_the_desks_own() -> None:
    assert read_settings("format: 1\n").qa_criteria == QA_CRITERIA
    assert read_settings("qa:\n  speed: fast\n").qa_criteria == (("speed", "fast"),)
    with pytest.raises(InvalidFileError, match=r"desk.yaml:1: there is no criterion"):
        read_settings("qa: {}\n")


def test_a_draw_of_one_agents_answers(answered: World) -> None:
    found = sample(answered.desk, 4, seed="x", agent="lee")
    assert (found.total, {each.agents for each in found.drawn}) == (6, {("lee",)})
    everybody = sample(answered.desk, 100, seed="x")
    theirs = [each.ticket.id for each in everybody.drawn if each.agents == ("lee",)]
    assert [each.ticket.id for each in found.drawn] == theirs[:4]


def test_an_agent_is_found_by_key_name_and_address(answered: World) -> None:
    for said in ("dana", "Dana", "Dana Davis", "DANA@example.com"):
        assert agent_called(answered.desk, said) == "dana"
    assert agent_called(answered.desk, "gone", {"gone"}) == "gone"
    with pytest.raises(UsageError, match='no agent "nobody"'):
        agent_called(answered.desk, "nobody")


def test_points_that_a_later_review_drops_are_told(answered: World) -> None:
    score(answered.desk, "1", FOUR, actor=LEE)
    ticket = answered.ticket("TICKET-1")
    assert dropped_points(ticket, "dana", "lee", (("accuracy", 2),)) == ("communication=4",)
    assert dropped_points(ticket, "dana", "lee", FOUR) == ()
    assert dropped_points(ticket, "dana", "dana", FOUR[:1]) == ()


@pytest.mark.parametrize(
    "words",
    [
        ("sample", "-m", "x"),
        ("sample", "--dry-run"),
        ("score", "1", "accuracy=3", "--json"),
        ("score", "1", "accuracy=3", "--seed", "x"),
        ("score", "1", "accuracy=3", "-q", "id:1"),
        ("list", "--seed", "x"),
        ("list", "--agent", "nobody"),
        ("sample", "--agent", "nobody"),
    ],
)
def test_an_option_that_would_be_ignored_is_refused(answered: World, words: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "helpdesk_cli.cli.main", "-C", str(answered.root), "qa", *words]
    done = subprocess.run(
        command, env=os.environ | {"DESK_AGENT": "lee"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "takes no -" in done.stderr or 'no agent "nobody"' in done.stderr


def test_a_list_of_reviews_fits_a_terminal(answered: World) -> None:
    points = [(name, 4) for name, _ in QA_CRITERIA]
    score(answered.desk, "1", points, actor=LEE, comment="Warm, and to the point, and so on and so on.")
    cards = [(each, card) for each in scores(answered.desk) for card in each.cards]
    lines = list(draw(table_of([name for name, _ in QA_CRITERIA], cards), 80))
    assert str(cards[0][1].at.year) + "-" in str(lines[1])
    assert cards[0][1].at.strftime("%Y-%m-%d %H:%M") in "".join(map(str, lines[1]))
