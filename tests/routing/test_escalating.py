"""Escalating: a step further each time, said in the ticket, told to who is there; and done is done."""

from __future__ import annotations

from contextlib import closing

import pytest
from care.world import World, write_mail
from routing.conftest import SETTINGS

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.agent_away import away
from helpdesk_cli.desk.assign import assign
from helpdesk_cli.desk.circles import people_of
from helpdesk_cli.desk.cron import cron
from helpdesk_cli.desk.escalating import escalate, plan
from helpdesk_cli.desk.fields import set_fields
from helpdesk_cli.desk.finding import find_tickets
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.snooze import snooze
from helpdesk_cli.desk.status import reopen, resolve
from helpdesk_cli.desk.undo import plan_undo, undo
from helpdesk_cli.errors import CancelledError, ConflictError, UsageError
from helpdesk_cli.routing.away import Away
from helpdesk_cli.routing.path import KEEP, RAISE, Step, raised, step_after
from helpdesk_cli.storage.outbox import Outbox, OutMail
from helpdesk_cli.storage.settings_file import read_settings

ADA = Actor("ada", "Ada", "ada@example.com")
BOB = Actor("bob", "Bob", "bob@example.com")
PRIORITIES = ("urgent", "high", "medium", "low")


def found(world: World, query: str) -> list[str]:
    with closing(find_tickets(world.desk, query)) as tickets:
        return [row.id for row in tickets.rows()]


def test_each_use_goes_a_step_further_and_the_end_is_said(world: World) -> None:
    escalate(world.desk, ["1"], "She is right to be angry.", actor=ADA)
    ticket = world.ticket("TICKET-1")
    assert (ticket.priority, ticket.assignee, ticket.status) == ("high", "bob", "open")
    assert ticket.events[-1].all_facts("notify") == ["bob"]
    assert [entry.text for entry in ticket.entries if entry.kind == "note"] == ["She is right to be angry.\n"]
    escalate(world.desk, ["1"], "Still nothing.", actor=ADA)
    ticket = world.ticket("TICKET-1")
    assert ticket.priority == "urgent"
    assert "Call the customer.\n" in [entry.text for entry in ticket.entries if entry.kind == "note"]
    outcome = escalate(world.desk, ["1"], "Hello?", actor=ADA)
    ((_, error),) = outcome.errors
    assert isinstance(error, ConflictError)
    assert error.message == "is at the end of the path, after 2 steps"
    assert found(world, "escalations:2 escalation-step:2 escalated:today") == ["TICKET-1"]
    assert found(world, "escalated:no id:1..3") == ["TICKET-3", "TICKET-2"]


def test_done_is_done_and_the_path_begins_anew(world: World) -> None:
    escalate(world.desk, ["1"], "One.", actor=ADA)
    resolve(world.desk, ["1"], actor=BOB)
    assert found(world, "escalated:yes status:resolved") == []
    assert isinstance(escalate(world.desk, ["1"], "Two.", actor=ADA).errors[0][1], UsageError)
    reopen(world.desk, ["1"], actor=BOB)
    escalate(world.desk, ["1"], "Two.", actor=ADA)
    assert found(world, "escalation-step:1 escalations:1") == ["TICKET-1"]


def test_what_is_undone_does_not_count(world: World) -> None:
    done = escalate(world.desk, ["1"], "A mistake.", actor=ADA)
    undo(world.desk, plan_undo(world.desk, done.op, actor=ADA), actor=ADA)
    assert found(world, "escalated:yes") == []
    escalate(world.desk, ["1"], "Now really.", actor=ADA)
    assert found(world, "escalation-step:1") == ["TICKET-1"]


def test_an_escalation_that_changed_no_field_is_undone_with_its_note(world: World) -> None:
    set_fields(world.desk, ["1"], [("priority", "urgent")], actor=ADA)
    done = escalate(world.desk, ["1"], "A mistake.", to="everybody", actor=ADA)
    assert found(world, "escalated:yes") == ["TICKET-1"]
    undo(world.desk, plan_undo(world.desk, done.op, actor=ADA), actor=ADA)
    assert found(world, "escalated:yes") == []


def test_to_somebody_gives_it_to_them_and_takes_no_step(world: World) -> None:
    escalate(world.desk, ["1"], "Tax.", to="cleo", actor=ADA)
    assert world.ticket("TICKET-1").assignee == "cleo"
    assert found(world, "escalation-step:0 escalations:1") == ["TICKET-1"]
    escalate(world.desk, ["1"], "Now the path.", actor=ADA)
    assert found(world, "escalation-step:1 escalations:2") == ["TICKET-1"]


def test_a_team_by_hand_gives_it_to_its_lead(world: World) -> None:
    escalate(world.desk, ["1"], "Ours.", to="help", actor=ADA)
    assert world.ticket("TICKET-1").assignee == "bob"


def test_it_wakes_and_who_escalates_is_not_told(world: World) -> None:
    snooze(world.desk, ["1"], world.now.replace(hour=18), actor=BOB)
    escalate(world.desk, ["1"], "Not on Monday: now.", actor=BOB)
    ticket = world.ticket("TICKET-1")
    assert ticket.snoozed_until == ""
    assert not ticket.events[-1].all_facts("notify")


@pytest.mark.parametrize(("to", "error"), [("bobb", UsageError), ("", CancelledError)])
def test_nobody_and_no_reason_are_refused(world: World, to: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        escalate(world.desk, ["1"], "Why." if to else " \n", to=to, actor=ADA)


def test_who_is_away_stands_back_for_the_next_circle(world: World) -> None:
    assign(world.desk, ["1"], "ada", actor=ADA)
    ticket, settings = world.ticket("TICKET-1"), world.desk.settings
    assert people_of(settings, ticket, "team-lead") == ["bob"]
    assert people_of(settings, ticket, "team-lead", away=["bob"]) == ["ada"]
    assert people_of(settings, ticket, "team-lead", away=["bob", "ada"]) == ["cleo"]
    assert people_of(settings, ticket, "team-lead", away=["bob", "ada", "cleo"]) == ["bob"]
    assert people_of(settings, ticket, "tax") == ["cleo", "bob"]


def test_rules_and_warnings_take_the_last_step_again(world: World) -> None:
    for _ in range(2):
        escalate(world.desk, ["1"], "Again.", actor=ADA)
    with closing(open_index(world.desk, full=False)) as index:
        found = plan(world.desk, index, world.ticket("TICKET-1"), why="rule silence")
    assert (found.step, found.told, found.facts) == (
        2,
        ("ada", "bob", "cleo"),
        (("escalated", "2 everybody rule silence"),),
    )


def test_who_is_told_is_told_by_mail(world: World) -> None:
    world.git("config", "desk.role", "server")
    escalate(world.desk, ["1"], "The third time.", actor=ADA)
    cron(world.root, now=world.now)
    mails = [mail for _, mail in Outbox(world.desk.layout).items() if isinstance(mail, OutMail)]
    assert [each.address for mail in mails for each in mail.recipients] == ["bob@example.com"]


def test_the_lead_hears_of_mail_to_who_is_away(world: World) -> None:
    world.git("config", "desk.role", "server")
    assign(world.desk, ["2"], "ada", actor=ADA)
    away(world.desk, "ada", Away(), actor=ADA)
    cron(world.root, now=world.now)
    world.take(write_mail(77, answers=1))
    cron(world.root, now=world.later(minutes=1).now)
    mails = [mail for _, mail in Outbox(world.desk.layout).items() if isinstance(mail, OutMail)]
    told = sorted(each.address for mail in mails if mail.kind == "notification" for each in mail.recipients)
    assert told == ["ada@example.com", "bob@example.com"]


def test_a_priority_is_raised_or_named_and_never_lowered() -> None:
    assert raised("medium", PRIORITIES, RAISE) == "high"
    assert raised("urgent", PRIORITIES, RAISE) == "urgent"
    assert raised("", PRIORITIES, RAISE) == "low"
    assert raised("low", PRIORITIES, "high") == "high"
    assert raised("urgent", PRIORITIES, "high") == "urgent"
    assert raised("low", PRIORITIES, KEEP) == "low"
    assert raised("low", (), RAISE) == "low"


def test_a_path_that_got_shorter_is_at_its_end() -> None:
    path = (Step("team-lead"),)
    assert step_after(path, 0) == (1, path[0])
    assert step_after(path, 5) is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("capacity: 2", "capcity: 2", 'desk.yaml:6: unknown key "capcity". Did you mean "capacity"?'),
        ("capacity: 2", "capacity: two", 'desk.yaml:6: "two" is not a whole number. Write it in digits.'),
        ("lead: bob", "lead: bo", 'desk.yaml:14: the lead "bo" of help is no agent. Did you mean "bob"?'),
        ("assign: least-loaded", "assign: least", "desk.yaml:15: "),
        ("to: team-lead", "to: team-leed", 'desk.yaml:17: "team-leed" is neither an agent nor a team'),
        (
            "priority: urgent",
            "priority: urgnt",
            'desk.yaml:18: unknown priority "urgnt". Did you mean "urgent"?',
        ),
        ("assign: yes}", "assign: maybe}", 'desk.yaml:17: "maybe" is neither yes nor no. Write yes or no.'),
        ("- {to: team-lead, assign: yes}", "- {assign: yes}", "desk.yaml:17: this step does not say whom"),
        ("capacity: 2", "away: 2026-13-01", 'desk.yaml:6: "2026-13-01" is no time to be away.'),
        ("capacity: 2", "away: {until: soon}", 'desk.yaml:6: "soon" is neither a day nor a moment.'),
        (
            "capacity: 2",
            "away: {from: 2026-12-02, until: 2026-12-01}",
            "desk.yaml:6: 2026-12-01 comes before",
        ),
        ("name: Example", "routing: {asign: by-hand}\nname: Example", 'desk.yaml:2: unknown key "asign".'),
    ],
)
def test_a_slip_in_desk_yaml_has_its_line_and_its_remedy(old: str, new: str, said: str) -> None:
    assert old in SETTINGS
    with pytest.raises(Exception) as caught:  # noqa: PT011 - its words are compared
        read_settings(SETTINGS.replace(old, new, 1))
    assert str(caught.value).startswith(said)
