"""`desk rules run`: rules on tickets that are there: nothing twice, nobody written to, one operation."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from care.world import World, write_mail

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.fields import set_fields
from helpdesk_cli.desk.record import Door
from helpdesk_cli.desk.rules_book import outline_of
from helpdesk_cli.desk.rules_explain import explain_ticket
from helpdesk_cli.desk.rules_files import book_in, own_book
from helpdesk_cli.desk.rules_reading import book_of
from helpdesk_cli.desk.rules_run import find, held_back, run, wanted_of
from helpdesk_cli.desk.undo import plan_undo, undo
from helpdesk_cli.errors import ConflictError, InvalidFileError
from helpdesk_cli.rules.around import Around
from helpdesk_cli.rules.engine import decide
from helpdesk_cli.rules.occasion import of_message

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.desk.changing import Outcome
    from helpdesk_cli.desk.record import Held
    from helpdesk_cli.desk.rules_run import Wanted
    from helpdesk_cli.rules.conditions import Condition
    from helpdesk_cli.rules.occasion import Occasion

DANA = Actor("dana", "Dana Davis", "dana@example.com")
RULES = """\
rules:
- name: money
  event: created
  when: new-text:invoice
  do:
  - team: billing
  - note: Look into the books.
- name: tell
  event: created
  do: [{notify: lee}, {tag: told}]
- name: later
  event: created
  when: team:billing
  do: [{tag: seen}]
- name: off
  event: created
  active: no
  do: [{tag: was-off}]
- name: silence
  event: timer
  when: status:resolved silent-for:7d..
  do: [{status: closed}]
- name: writes
  event: created
  send: on
  do: [{reply: follow-up-check}]
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    """1 and 3 are of invoices; 3 is resolved; there were no rules when they came."""
    made = World.make(tmp_path_factory.mktemp("rules-run") / "desk")
    for number in (1, 2, 3):
        made.take(write_mail(number, text="My invoice\n" if number % 2 else "Hello\n"))
    set_fields(made.desk, ["3"], [("status", "resolved")], actor=DANA)
    return made


@pytest.fixture
def world(made: World, tmp_path: Path) -> World:
    """A copy of it."""
    shutil.copytree(made.root, tmp_path / "desk")
    return replace(made, root=tmp_path / "desk")


def wanted(world: World, **more: object) -> Wanted:
    book = book_in(world.desk, RULES.encode(), place="rules.yaml")
    return wanted_of(book, **more)  # type: ignore[arg-type] # rule, event, sends


def let(world: World, asked: Wanted, query: str = "", *, dry_run: bool = False) -> Outcome:
    tickets = find(world.desk, asked, query)
    return run(world.desk, asked, tickets, actor=DANA, dry_run=dry_run)


def test_rules_act_in_order_as_one_operation_that_names_them(world: World) -> None:
    outcome = let(world, wanted(world))
    ticket = world.ticket("TICKET-1")
    assert (ticket.team, ticket.tags) == ("billing", ("seen",))
    assert [event.by for event in ticket.events][-2:] == ["rule money", "rule later"]
    assert [each.summary for each in outcome.recorded] == [
        "TICKET-1: rule money: team billing, note",
        "TICKET-1: rule later: tags +seen",
    ]
    bodies = world.git("log", "-2", "--format=%an%n%B")
    assert bodies.count("Dana Davis") == 2
    assert bodies.count(f"Desk-Op: {outcome.op}") == 2
    assert "Desk-Rule: money" in bodies
    assert world.status() == ""


def test_nobody_is_written_to_unless_that_is_said(world: World) -> None:
    asked = wanted(world)
    assert held_back(asked) == ["tell", "writes"]
    let(world, asked)
    facts = [fact for event in world.ticket("TICKET-1").events for fact in event.facts]
    assert not {"notify", "reply"} & {key for key, _ in facts}
    let(world, wanted(world, sends=True))
    facts = [fact for event in world.ticket("TICKET-1").events for fact in event.facts]
    assert ("notify", "lee") in facts
    assert ("reply", "follow-up-check") in facts


def test_what_is_done_is_not_open_to_it_unless_asked_for(world: World) -> None:
    assert find(world.desk, wanted(world), "") == ["TICKET-1"]
    assert find(world.desk, wanted(world), "status:resolved") == ["TICKET-3"]


def test_twice_is_once_and_undone_stays_undone(world: World) -> None:
    let(world, wanted(world))
    assert let(world, wanted(world)).recorded == []
    undo(world.desk, plan_undo(world.desk, "", actor=DANA), actor=DANA)
    assert (world.ticket("TICKET-1").team, world.ticket("TICKET-1").tags) == ("", ())
    assert find(world.desk, wanted(world), "") == []


def test_a_dry_run_shows_the_difference_and_writes_nothing(world: World) -> None:
    before = world.subjects(), world.ticket("TICKET-1")
    outcome = let(world, wanted(world), dry_run=True)
    assert "+team: billing" in outcome.recorded[0].diff
    assert (world.subjects(), world.ticket("TICKET-1")) == before


def test_a_named_rule_runs_alone_though_it_is_off(world: World) -> None:
    let(world, wanted(world, rule="off"))
    assert [ticket.tags for ticket in world.tickets()] == [("was-off",), ("was-off",), ()]


def test_a_rule_of_time_is_asked_now_of_everything(world: World) -> None:
    asked = wanted(world, rule="silence")
    assert asked.event == "timer"
    assert find(world.desk, asked, "") == []
    later = world.later(days=8)
    let(later, asked := wanted(later, rule="silence"))
    assert world.ticket("TICKET-3").status == "closed"
    assert find(later.desk, asked, "") == []


def test_a_rule_that_does_not_wait_for_that_is_refused(world: World) -> None:
    with pytest.raises(ConflictError, match="does not wait for timer"):
        wanted(world, rule="money", event="timer")
    with pytest.raises(ConflictError, match="no rule that is on waits for updated"):
        wanted(world, event="updated")


def test_one_broken_ticket_stops_no_other(world: World) -> None:
    asked = wanted(world)
    tickets = [*find(world.desk, asked, ""), "99"]
    outcome = run(world.desk, asked, ["99", *tickets], actor=DANA)
    assert len(outcome.recorded) == 2
    assert [name for name, _ in outcome.errors] == ["99", "99"]
    assert outcome.exit_code == 3


@pytest.mark.parametrize("dry_run", [False, True])
def test_what_was_rolled_back_is_not_told_as_done(
    world: World, monkeypatch: pytest.MonkeyPatch, *, dry_run: bool
) -> None:
    asked = wanted(world)
    real, calls = Door.alter, []

    def alter(self: Door, held: Held, *args: Any, **named: Any) -> Held:
        calls.append(held.ticket.id)
        if calls == ["TICKET-1", "TICKET-1"]:
            raise ConflictError("the second rule cannot be written", held.path)
        return real(self, held, *args, **named)

    monkeypatch.setattr(Door, "alter", alter)
    outcome = run(world.desk, asked, ["1", "3"], actor=DANA, dry_run=dry_run)
    assert calls == ["TICKET-1", "TICKET-1", "TICKET-3", "TICKET-3"]
    assert [each.id for each in outcome.recorded] == ["TICKET-3", "TICKET-3"]
    assert [name for name, _ in outcome.errors] == ["1"]
    assert world.ticket("TICKET-1").team == ""


def test_spam_and_what_is_elsewhere_is_left_alone(world: World) -> None:
    set_fields(world.desk, ["1"], [("status", "spam")], actor=DANA)
    assert find(world.desk, wanted(world), "status:spam") == []


BROKEN = """\
rules:
- {name: money, event: created, when: 'new-text:invoice', do: [{team: billing}]}
- {name: broken, event: created, active: no, when: 'asignee:me', do: [{tag: broken}]}
"""


def test_a_rule_that_is_off_and_cannot_be_read_keeps_none_from_running(world: World) -> None:
    """And never counts as one without a condition, which would be for every ticket."""
    (world.root / "rules.yaml").write_text(BROKEN)
    for book in (own_book(world.desk), book_of(world.desk, outline_of(world.desk))):
        assert find(world.desk, wanted_of(book), "") == ["TICKET-1"]
        with pytest.raises(InvalidFileError, match=r'"broken" cannot be asked: rules\.yaml:3: .*"asignee"'):
            wanted_of(book, rule="broken")
        money, broken = explain_ticket(world.desk, book, "1").told
        assert (money.verdict, broken.verdict, broken.effects) == ("acted", "off", None)
        assert 'unknown field "asignee"' in broken.broken
    found = decide([broken_condition(world)], world.ticket("TICKET-1"), *asked_of(world), tries=True)
    assert [each.verdict for each in found.asked] == ["no match"]
    (world.root / "rules.yaml").write_text(BROKEN.replace("active: no, ", ""))
    with pytest.raises(InvalidFileError):
        own_book(world.desk)


def broken_condition(world: World) -> Condition:
    return own_book(world.desk).conditions[1]


def asked_of(world: World) -> tuple[Occasion, Around]:
    ticket = world.ticket("TICKET-1")
    return of_message(ticket, ticket.messages[0]), Around(world.now)
