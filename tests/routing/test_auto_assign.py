"""`desk assign --auto` and what cron gives out, on a real desk: in order, once, never over anybody's head."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from care.world import ENVIRONMENT, World, write_mail

from helpdesk_cli.desk import auto_assign as verbs
from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.assign import assign
from helpdesk_cli.desk.auto_assign import auto_assign, fill, fill_due
from helpdesk_cli.desk.cron import cron
from helpdesk_cli.desk.doctor import doctor
from helpdesk_cli.desk.escalating import escalate
from helpdesk_cli.desk.fields import set_fields
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.routing import choose
from helpdesk_cli.desk.snooze import snooze
from helpdesk_cli.desk.status import resolve
from helpdesk_cli.desk.undo import plan_undo, undo
from helpdesk_cli.errors import ConflictError, UsageError
from helpdesk_cli.storage import index_turns
from helpdesk_cli.storage.outbox import Outbox, OutMail
from helpdesk_cli.tickets.turns import read_turn, turns

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.storage.index_turns import Unassigned

BOB = Actor("bob", "Bob", "bob@example.com")
ALL = ("1", "2", "3", "4", "5", "6")


def whose(world: World) -> list[str]:
    """The assignees of the tickets, the oldest ticket first."""
    return [world.ticket(f"TICKET-{number}").assignee for number in range(6, 0, -1)]


def write(world: World, old: str, new: str) -> None:
    path = world.root / "desk.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_oldest_is_given_out_first_and_nobody_gets_more_than_they_can_have(world: World) -> None:
    done = auto_assign(world.desk, ALL, actor=BOB)
    # Ada has room for two; bob has no limit.
    assert whose(world) == ["ada", "bob", "ada", "bob", "bob", "bob"]
    assert [changed.id for changed in done.outcome.recorded] == [f"TICKET-{n}" for n in range(6, 0, -1)]
    assert world.ticket("TICKET-6").status == "open"


def test_the_event_says_how_and_the_turn_goes_on_in_the_next_call(world: World) -> None:
    auto_assign(world.desk, ["6", "5", "4"], actor=BOB)
    (fact,) = world.ticket("TICKET-6").events[-1].all_facts("routed")
    assert fact.startswith("round-robin help 2026-11-20T09:05:00.000Z")
    # All of one second, and still one after the other.
    given = sorted(turn for n in (4, 5, 6) for turn in turns(world.ticket(f"TICKET-{n}")))
    assert len({moment for _, moment in given}) == 3
    auto_assign(world.desk, ["3"], actor=BOB)
    assert world.ticket("TICKET-3").assignee == "bob"


def test_a_dry_run_says_the_same_and_writes_nothing(world: World) -> None:
    tried = auto_assign(world.desk, ALL, actor=BOB, dry_run=True)
    assert set(whose(world)) == {""}
    done = auto_assign(world.desk, ALL, actor=BOB)
    assert {name: choice.agent for name, choice in tried.choices.items()} == {
        name: choice.agent for name, choice in done.choices.items()
    }


def test_who_is_out_of_hours_is_passed_over_and_it_is_said_when_they_are_back(world: World) -> None:
    done = auto_assign(world.desk, ["6"], team="tax", actor=BOB)
    assert world.ticket("TICKET-6").assignee == "bob"
    (cleo,) = [each for each in done.choices["TICKET-6"].standings if each.member.key == "cleo"]
    assert cleo.why == "not here before Mon 09:00"


def test_hours_that_cannot_be_told_are_said_and_stop_nobody_else(world: World) -> None:
    write(world, "hours: office", "hours: offfice")
    done = auto_assign(world.desk, ["6"], team="tax", actor=BOB)
    assert world.ticket("TICKET-6").assignee == "bob"
    write(world, "help: {lead: bob}", "help: {lead: bob, assign: round-robin}")
    assert fill_due(world.desk) == [
        'desk.yaml:12: sla.yaml has no calendar "offfice". Did you mean "office"?'
    ], done


def test_a_ticket_that_nobody_can_take_is_remembered_once_and_given_out_later(world: World) -> None:
    write(world, "skills: [sql, french]", "away: yes")
    write(world, "capacity: 2}", "capacity: 1}")
    done = auto_assign(world.desk, ["6", "5"], actor=BOB)
    assert whose(world)[:2] == ["ada", ""]
    ((_, error),) = done.outcome.errors
    assert isinstance(error, ConflictError)
    assert error.message == "nobody can take it: ada has no room (1 of 1); bob is away"
    events = len(world.ticket("TICKET-5").events)
    auto_assign(world.desk, ["5"], actor=BOB)
    fill(world.desk)
    assert len(world.ticket("TICKET-5").events) == events
    world.git("config", "desk.role", "server")
    assert resolve(world.desk, ["6"], actor=BOB).remarks == ["TICKET-5: assign to ada, status new → open"]
    assert world.ticket("TICKET-5").assignee == "ada"
    assert whose(world)[2:] == [""] * 4  # nobody asked for them


def test_what_frees_up_goes_to_the_oldest_that_is_awake(world: World) -> None:
    write(world, "help: {lead: bob}", "help: {assign: round-robin}")
    write(world, "teams: [help, tax]", "teams: [tax]")
    snooze(world.desk, ["6"], world.now.replace(hour=18), actor=BOB)
    assert fill_due(world.desk) == []
    assert whose(world) == ["", "ada", "ada", "", "", ""]
    world.git("config", "desk.role", "")
    assert resolve(world.desk, ["4"], actor=BOB).remarks == []  # elsewhere it is the server's business
    fill(world.desk)
    assert whose(world) == ["", "ada", "ada", "ada", "", ""]


def test_who_gave_a_ticket_back_is_not_given_it_again_and_keeps_nobody_waiting(world: World) -> None:
    write(world, "help: {lead: bob}", "help: {assign: round-robin}")
    write(world, "teams: [help, tax]", "teams: [tax]")
    fill(world.desk)
    assign(world.desk, ["6"], "none", actor=Actor("ada", "Ada", "ada@example.com"))
    fill(world.later(minutes=1).desk)
    assert whose(world) == ["", "ada", "ada", "", "", ""]


@pytest.mark.parametrize("what", ["another team", "by hand", "another way"])
def test_what_changed_since_the_look_is_given_to_nobody_of_the_former_team(
    world: World, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """The look is without the lock; who may have the ticket is asked again with it."""
    write(world, "help: {lead: bob}", "help: {assign: round-robin}")
    write(world, "teams: [help, tax]", "teams: [tax]")
    desk, looks = world.desk, []

    def meddle() -> None:
        if what == "another team":
            set_fields(world.desk, ["6"], [("team", "tax")], actor=BOB)
        elif what == "by hand":
            write(world, "help: {assign: round-robin}", "help: {assign: by-hand}")
        else:
            write(world, "help: {assign: round-robin}", "help: {assign: least-loaded}")

    def look(*args: Any, **named: Any) -> list[Unassigned]:
        found = index_turns.unassigned(*args, **named)
        looks.append(len(found))
        meddle()
        return found

    with monkeypatch.context() as meddled:
        meddled.setattr(verbs, "unassigned", look)
        fill(desk)
    assert looks == [6]
    assert whose(world)[:2] == ["", "ada" if what == "another team" else ""]
    fill(world.desk)
    now = {"another team": ["bob", "ada"], "by hand": ["", ""], "another way": ["ada", "ada"]}
    assert whose(world)[:2] == now[what]


def test_who_went_away_since_the_program_began_is_given_nothing(world: World) -> None:
    before = world.desk
    write(world, "capacity: 2}", "away: yes}")
    auto_assign(before, ["6"], actor=BOB)
    assert whose(world)[0] == "bob"


def test_what_was_undone_was_not_given_back(world: World) -> None:
    done = auto_assign(world.desk, ["6"], actor=BOB)
    undo(world.desk, plan_undo(world.desk, done.outcome.op, actor=BOB), actor=BOB)
    assert whose(world)[0] == ""
    write(world, "teams: [help, tax]", "teams: [tax]")
    auto_assign(world.desk, ["6"], actor=BOB)
    assert whose(world)[0] == "ada"


def test_what_is_somebodys_done_or_merged_is_left(world: World) -> None:
    assign(world.desk, ["6"], "cleo", actor=BOB)
    resolve(world.desk, ["5"], actor=BOB)
    done = auto_assign(world.desk, ["6", "5", "99"], actor=BOB)
    assert whose(world)[:2] == ["cleo", ""]
    assert done.outcome.unchanged == ["TICKET-6"]
    assert isinstance(done.outcome.errors[0][1], UsageError)
    assert len(done.outcome.errors) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            {"how": "round-robbin"},
            'there is no way of assignment "round-robbin". Did you mean "round-robin"?',
        ),
        ({"team": "hlep"}, 'no team "hlep". Did you mean "help"?'),
    ],
)
def test_a_slip_names_the_likely_word(world: World, words: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        auto_assign(world.desk, ["6"], actor=BOB, **words)  # type: ignore[arg-type]
    assert str(caught.value) == said


def test_a_far_future_that_a_hand_wrote_moves_nobodys_turn(world: World) -> None:
    auto_assign(world.desk, ["6"], actor=BOB)
    path = world.root / next(path for path in world.paths() if path.endswith("TICKET-6.md"))
    path.write_text(
        path.read_text().replace("routed: round-robin help 2026", "routed: round-robin help 9026")
    )
    auto_assign(world.desk, ["5"], actor=BOB)
    ((_, moment),) = turns(world.ticket("TICKET-5"))
    assert read_turn(moment).year == 2026


def test_two_clones_with_the_same_files_name_the_same(world: World, tmp_path: Path) -> None:
    auto_assign(world.desk, ["6", "5", "4"], actor=BOB)
    world.git("clone", "-q", str(world.root), str(tmp_path / "other"))
    other = World(tmp_path / "other", world.now)
    for how in ("round-robin", "least-loaded", "by-skill"):
        for number in (1, 2, 3):
            found = []
            for each in (world, other):
                with closing(open_index(each.desk, full=True)) as index:
                    found.append(choose(each.desk, index, each.ticket(f"TICKET-{number}"), how))
            assert found[0] == found[1]


def test_a_person_and_two_runs_at_once_never_take_a_ticket_from_each_other(world: World) -> None:
    """Three processes; each ticket is given to somebody once."""
    for number in range(6, 16):
        world.take(write_mail(number))
    numbers = [str(n) for n in range(1, 17)]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "DESK_"))}
    environment = clean | ENVIRONMENT | {"DESK_NOW": "2026-11-20T09:10:00Z", "DESK_AGENT": "bob"}
    call = [sys.executable, "-c", "from helpdesk_cli.cli.main import main; main()", "-C", str(world.root)]
    words = [["assign", "--auto", *numbers], ["assign", "--auto", *numbers], ["assign", *numbers[:8], "cleo"]]
    running = [
        subprocess.Popen(
            [*call, "--yes", *each], env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for each in words
    ]
    for each in running:
        each.communicate(timeout=120)
    for ticket in world.tickets():
        given = [agent for agent, _ in turns(ticket)]
        # A person may take one from somebody; routing never does.
        assert given[-1] == ticket.assignee, ticket.id
        assert len(given) == 1 or given[1:] == ["cleo"], (ticket.id, given)
    loads = [ticket.assignee for ticket in world.tickets()]
    assert loads.count("ada") <= 2
    moments = [
        moment for ticket in world.tickets() for _, moment in turns(ticket) if ticket.assignee != "cleo"
    ]
    assert len(set(moments)) == len(moments)


def test_cron_gives_out_and_tells_in_the_same_run(world: World) -> None:
    write(world, "help: {lead: bob}", "help: {assign: round-robin}")
    world.git("config", "desk.role", "server")
    cron(world.root, now=world.now)
    assert whose(world) == ["ada", "bob", "ada", "bob", "bob", "bob"]
    mails = [mail for _, mail in Outbox(world.desk.layout).items() if isinstance(mail, OutMail)]
    told = sorted(each.address for mail in mails for each in mail.recipients if mail.kind == "notification")
    assert told == ["ada@example.com"] * 2 + ["bob@example.com"] * 4
    assert all(ticket.events[-1].by == "routing" for ticket in world.tickets())


def test_escalating_to_a_team_asks_its_way(world: World) -> None:
    escalate(world.desk, ["6"], "Needs an accountant.", to="tax", actor=BOB)
    ticket = world.ticket("TICKET-6")
    assert (ticket.team, ticket.assignee, ticket.status) == ("tax", "bob", "open")
    assert ticket.events[-1].all_facts("routed")


def test_the_doctor_says_what_keeps_tickets_from_people(world: World) -> None:
    write(world, "hours: office", "hours: offfice")
    write(world, "skills: [sql, french]", "away: 2026-11-01..2026-11-02")
    write(world, "capacity: 2}", "away: yes}")
    write(world, "help: {lead: bob}", "help: {lead: bob}\n  legal: {assign: round-robin}")
    assign(world.desk, ["1"], "ada", actor=BOB)
    found = [each for subject, each in doctor(world.root, now=world.now) if subject == "routing"]
    assert [(each.level, each.code) for each in found] == [
        ("error", "agent-hours"),
        ("warning", "team-without-agents"),
        ("note", "away-over"),
        ("note", "tickets-of-absent"),
    ]
    assert all(each.remedy for each in found)


def test_a_rule_gives_out_in_turn_and_what_nobody_could_take_is_given_out_by_cron(world: World) -> None:
    (world.root / "rules.yaml").write_text(
        "rules:\n- name: give out\n  event: created\n  do: [{assign: round-robin}]\n"
    )
    write(world, "skills: [sql, french]", "capacity: 1")
    for number in range(10, 15):
        world.take(write_mail(number))
    given = [world.ticket(f"TICKET-{number}").assignee for number in range(7, 12)]
    assert given == ["ada", "bob", "ada", "", ""]
    assert world.ticket("TICKET-10").events[-1].all_facts("unrouted") == ["round-robin help"]
    resolve(world.desk, ["7"], actor=BOB)
    fill(world.desk)
    assert world.ticket("TICKET-10").assignee == "ada"
    assert world.ticket("TICKET-11").assignee == ""
