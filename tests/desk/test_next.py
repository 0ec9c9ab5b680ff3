"""`desk next`: the one ticket to do now; two agents who ask at once are given two."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from care.world import AT, ENVIRONMENT, World, write_mail

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.assign import assign
from helpdesk_cli.desk.drafting import new_begun, open_draft
from helpdesk_cli.desk.fields import set_fields
from helpdesk_cli.desk.next import next_ticket, take_next
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.snooze import snooze
from helpdesk_cli.desk.status import close, status
from helpdesk_cli.errors import NotFoundError
from helpdesk_cli.tickets.changes import EntryAdded
from helpdesk_cli.tickets.entries import Message, Segment
from helpdesk_cli.tickets.person import Person

if TYPE_CHECKING:
    from pathlib import Path

DANA = Actor("dana", "Dana Davis", "dana@example.com")
LEE = Actor("lee", "Lee Larsen", "lee@example.com")


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World.make(tmp_path / "desk")
    # What is promised by when goes before all else: here nothing is.
    (made.root / "sla.yaml").unlink()
    for number in range(1, 6):
        made.later(minutes=number).take(write_mail(number))
    return made.later(hours=3)


def first(world: World, query: str = "", actor: Actor | None = DANA) -> str:
    return next_ticket(world.desk, query, actor=actor).line.row.id


def test_the_longest_waiting_of_the_greatest_priority_goes_first(world: World) -> None:
    assert first(world) == "TICKET-1"
    set_fields(world.desk, ["4"], [("priority", "high")], actor=DANA)
    assert first(world) == "TICKET-4"
    set_fields(world.desk, ["5"], [("priority", "urgent")], actor=DANA)
    assert first(world) == "TICKET-5"
    assert first(world, "-priority:urgent") == "TICKET-4"


def test_whom_we_have_answered_waits_behind_those_who_wait(world: World) -> None:
    """But for what is of the greatest priority: that stays in sight until it is resolved."""
    us, said = Person("Support", "support@example.com"), (Segment("text", "We look into it.\n"),)
    with open_door(world.desk, DANA) as door:
        answer = Message("a" * 16, world.now, us, "out", "dana", message_id="<a@us>", body=said)
        door.change(door.hold("1"), [EntryAdded(answer)], summary="TICKET-1: answered")
    found = next_ticket(world.desk, actor=DANA)
    assert (found.line.row.id, found.left, found.taken) == ("TICKET-2", 4, False)
    set_fields(world.desk, ["1"], [("priority", "high")], actor=DANA)
    assert first(world) == "TICKET-2"
    set_fields(world.desk, ["1"], [("priority", "urgent")], actor=DANA)
    assert first(world) == "TICKET-1"


def test_what_is_mine_goes_before_what_is_nobodys(world: World) -> None:
    assign(world.desk, ["3"], "dana", actor=DANA)
    assert first(world) == "TICKET-3"
    assert first(world, actor=LEE) == "TICKET-1"
    assert first(world, actor=None) == "TICKET-1"


def test_nothing_that_is_not_to_be_had(world: World) -> None:
    assign(world.desk, ["1"], "lee", actor=DANA)
    snooze(world.desk, ["2"], AT + timedelta(days=2), actor=DANA)
    status(world.desk, ["3"], "pending", actor=DANA)
    close(world.desk, ["4"], actor=DANA)
    assert first(world) == "TICKET-5"
    # Also where the query asks for just that.
    for query in ("id:1..4", "is:snoozed", "status:pending", "status:closed", "assignee:lee"):
        with pytest.raises(NotFoundError, match="nothing to do"):
            first(world, query)
        with pytest.raises(NotFoundError, match="nothing to do"):
            take_next(world.desk, query, actor=DANA)


def test_what_somebody_writes_on_just_now_is_passed_over(world: World) -> None:
    ticket = world.ticket("TICKET-1")
    with open_draft(world.desk, ticket, "lee", "reply") as draft:
        draft.begin(new_begun(world.desk, ticket), "Dear Ada,\n")
        assert first(world) == "TICKET-2"
        assert first(world, actor=LEE) == "TICKET-1"
        assert take_next(world.desk, actor=DANA).line.row.id == "TICKET-2"
    # A draft that lies there is no reason to let the customer wait.
    assert first(world, "id:1") == "TICKET-1"


def test_taking_makes_it_mine(world: World) -> None:
    found = take_next(world.desk, actor=DANA)
    assert (found.line.row.id, found.line.row.status, found.taken) == ("TICKET-1", "open", True)
    ticket = world.ticket("TICKET-1")
    assert (ticket.assignee, ticket.status) == ("dana", "open")
    assert world.git("log", "-1", "--format=%an: %s").strip() == (
        "Dana Davis: TICKET-1: assign to dana, status new → open"
    )
    # Asked again it is still the one to do, and is not taken twice.
    again = take_next(world.desk, actor=DANA)
    assert (again.line.row.id, again.taken) == ("TICKET-1", False)
    assert take_next(world.desk, actor=LEE).line.row.id == "TICKET-2"


def test_what_a_hand_gave_away_meanwhile_is_passed_over(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the lock: the file decides."""
    from helpdesk_cli.desk import next as module  # noqa: PLC0415 - the module itself is altered

    choose = module._candidates  # noqa: SLF001 - the moment in between

    def and_then(*given: object) -> list[str]:
        paths = choose(*given)  # type: ignore[arg-type]
        assign(world.desk, ["1"], "lee", actor=LEE)
        path = world.root / paths[1]
        path.write_text("<<<<<<< HEAD\n")
        return paths

    monkeypatch.setattr(module, "_candidates", and_then)
    assert take_next(world.desk, actor=DANA).line.row.id == "TICKET-3"
    assert world.ticket("TICKET-1").assignee == "lee"


def test_two_agents_who_take_at_once_are_given_two_tickets(world: World) -> None:
    """Ten calls in processes of their own, of two agents: every ticket is given once."""
    for number in range(6, 11):
        world.take(write_mail(number))
    environment = {**os.environ, **ENVIRONMENT, "DESK_NOW": "2026-11-20T12:00:00Z", "DESK_NO_INPUT": "1"}
    program = [sys.executable, "-m", "helpdesk_cli.cli.main", "-C", str(world.root), "next", "--take"]
    agents = ["dana", "lee"]
    told: dict[str, list[str]] = {agent: [] for agent in agents}
    for _ in range(5):
        running = [
            (
                agent,
                subprocess.Popen(
                    [*program, "-O", "ids", "assignee:none"],
                    env=environment | {"DESK_AGENT": agent},
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                ),
            )
            for agent in agents
        ]
        for agent, process in running:
            out, err = process.communicate(timeout=60)
            assert process.returncode == 0, err
            told[agent].append(out.strip())
    given = [name for names in told.values() for name in names]
    assert sorted(given) == sorted(f"TICKET-{number}" for number in range(1, 11))
    for agent, names in told.items():
        assert [world.ticket(name).assignee for name in names] == [agent] * 5
