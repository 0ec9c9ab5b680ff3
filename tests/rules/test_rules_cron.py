"""What `desk cron` does with rules: late ones, what people did, time, answers; each once, killed or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail

from helpdesk_cli.desk import rules_cron, rules_time
from helpdesk_cli.desk.actor import need_actor
from helpdesk_cli.desk.cron import cron
from helpdesk_cli.desk.fields import set_fields
from helpdesk_cli.desk.news import read_news
from helpdesk_cli.desk.note import note
from helpdesk_cli.desk.rules_around import RulesTooSlowError
from helpdesk_cli.desk.rules_replies import answer_news
from helpdesk_cli.desk.status import resolve, status
from helpdesk_cli.desk.tag import tag
from helpdesk_cli.desk.undo import plan_undo, undo
from helpdesk_cli.storage.outbox import Outbox

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.tickets.ticket import Ticket


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World.make(tmp_path / "desk")
    (made.root / "sla.yaml").unlink()
    return made


def rules(world: World, text: str) -> None:
    (world.root / "rules.yaml").write_text("rules:\n" + text)


def run(world: World) -> list[str]:
    """What the steps of `desk cron` that are about rules do, and what they say."""
    desk = world.desk
    said = [*rules_cron.ask_late(desk), *rules_cron.act_timers(desk)]
    news = read_news(desk)
    said += [*rules_cron.ask_of_news(desk, news), *answer_news(desk, news)]
    news.settle()
    return said


def acts(ticket: Ticket) -> list[str]:
    return [event.by for event in ticket.events if event.by != "mail"]


def test_rules_that_could_not_run_run_when_they_can_and_once(world: World) -> None:
    rules(world, "- name: [")
    world.take(write_mail(1, headers=(("X-Kind", "odd"),)))
    assert run(world.later(minutes=1))[0].startswith(
        "no rules run, and 1 ticket waits for that: rules.yaml:3"
    )
    rules(
        world,
        "- {name: one, event: created, when: 'header.x-kind:odd', do: [{tag: one}]}\n"
        "- {name: none, event: created, when: tag:none, do: [{tag: two}]}\n",
    )
    for minutes in (2, 3):
        assert run(world.later(minutes=minutes)) == []
    ticket = world.ticket("TICKET-1")
    assert ticket.tags == ("one",)
    assert acts(ticket) == ["rules", "rule one", "rules"]
    assert ticket.events[-1].all_facts("rules-ran") == [ticket.messages[0].id]
    assert world.status() == " M rules.yaml\n D sla.yaml\n"


def test_what_people_do_sets_rules_off_at_the_next_look(world: World) -> None:
    rules(
        world,
        "- {name: noted, event: updated, when: 'note:look', do: [{tag: noted}]}\n"
        "- {name: done, event: updated, when: 'status:resolved', do: [{tag: done}, {note: well done}]}\n",
    )
    world.take(write_mail(1))
    run(world.later(minutes=1))
    later = world.later(minutes=2)
    actor = need_actor(later.desk, said="dana")
    note(later.desk, ["1"], "look here\n", actor=actor)
    resolve(later.desk, ["1"], actor=actor)
    for minutes in (3, 4, 5):
        assert run(world.later(minutes=minutes)) == []
    ticket = world.ticket("TICKET-1")
    assert set(ticket.tags) == {"noted", "done"}
    # The note, then the change: each sets off what fits then, and what rules did sets off nothing.
    assert acts(ticket).count("rule done") == 2
    assert acts(ticket).count("rule noted") == 1


def test_who_takes_back_what_a_rule_did_keeps_it(world: World) -> None:
    rules(world, "- {name: low, event: [created, updated], do: [{priority: low}]}\n")
    world.take(write_mail(1))
    assert world.ticket("TICKET-1").priority == "low"
    run(world.later(minutes=1))
    later = world.later(minutes=2)
    op = later.git("log", "-1", "--format=%(trailers:key=Desk-Op,valueonly)").strip()
    actor = need_actor(later.desk, said="dana")
    undo(later.desk, plan_undo(later.desk, op, actor=actor), actor=actor)
    for minutes in (3, 4):
        assert run(world.later(minutes=minutes)) == []
    assert world.ticket("TICKET-1").priority == "medium"


TIMERS = """\
- name: look
  event: timer
  when: status:new waiting-for:1h..
  do: [{notify: dana}, {note: somebody waits}]
- name: close
  event: timer
  when: status:new silent-for:3d..
  do: [{status: closed}]
"""


def test_time_acts_once_until_a_person_does_something(world: World) -> None:
    world.take(write_mail(1))
    rules(world, TIMERS)
    for hours in (0.5, 1.5, 2, 3):
        assert run(world.later(hours=hours)) == []
    assert acts(world.ticket("TICKET-1")) == ["rule look"]
    world.later(hours=4).take(write_mail(2, answers=1))
    for hours in (4.5, 5.5, 6):
        assert run(world.later(hours=hours)) == []
    assert acts(world.ticket("TICKET-1")) == ["rule look", "rule look"]
    assert run(world.later(days=4)) == []
    assert world.ticket("TICKET-1").status == "closed"


def test_who_is_told_by_a_rule_gets_one_mail(world: World) -> None:
    world.take(write_mail(1))
    rules(world, TIMERS)
    for minutes in (0, 1, 2):
        cron(world.root, now=world.later(hours=2, minutes=minutes).now)
    names = [name for name in Outbox(world.desk.layout).names() if name.startswith("notification")]
    assert len(names) == 1


def test_a_new_timer_rule_does_not_fall_upon_what_is_old(world: World) -> None:
    """Also where most of what it is for is so already: what it would change counts, all of it."""
    for number in range(1, 8):
        world.take(write_mail(number))
    set_fields(world.desk, ["5", "6", "7"], [("status", "closed")], actor=need_actor(world.desk, said="dana"))
    close = "when: status:new silent-for:3d..\n"
    rules(world, TIMERS.replace(close, "when: silent-for:3d..\n  at-most: 3\n"))
    (said,) = run(world.later(days=4))
    assert said.startswith(
        'the timer rule "close" would act on more than 3 tickets at once: it does nothing.'
    )
    assert [ticket.status for ticket in world.tickets()] == ["new"] * 4 + ["closed"] * 3
    assert [acts(ticket) for ticket in world.tickets()[:4]] == [["rule look"]] * 4


def test_a_rule_that_is_for_more_than_can_be_looked_at_waits_until_all_were(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 6):
        world.take(write_mail(number))
    set_fields(world.desk, list("1234"), [("priority", "urgent")], actor=need_actor(world.desk, said="dana"))
    rules(world, "- {name: all, event: timer, when: 'id:..9', do: [{priority: urgent}], at-most: 1}\n")
    monkeypatch.setattr(rules_time, "_MOST_LOOKS", 2)
    (said,) = run(world.later(minutes=1))
    assert said.startswith('the timer rule "all" holds for 5 tickets, more than are looked at in a minute')
    assert world.ticket("TICKET-5").priority == "medium"
    assert run(world.later(minutes=2)) == []
    assert world.ticket("TICKET-5").priority == "urgent"


BESIDE = """\
- {name: blocked, event: timer, when: 'status:new', do: [{priority: high}], at-most: 1}
- {name: seen, event: timer, when: 'status:new', do: [{tag: seen}], at-most: 1}
"""


def test_a_rule_that_is_held_back_keeps_no_other_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 5):
        world.take(write_mail(number))
    tag(world.desk, list("1234"), added=["seen"], actor=need_actor(world.desk, said="dana"))
    rules(world, BESIDE)
    monkeypatch.setattr(rules_time, "_MOST_LOOKS", 1)
    said = [run(world.later(minutes=minutes)) for minutes in range(1, 5)]
    assert all(each.startswith('the timer rule "blocked" would act on more') for (each, *_) in said)
    assert any('the timer rule "seen" holds for 4 tickets' in each for each in said[0])
    assert len(said[-1]) == 1


STOPPING = """\
- {name: first, event: timer, when: 'status:new', do: [{tag: a}], stop: yes}
- {name: second, event: timer, when: 'status:new,open', do: [{tag: b}], at-most: 2}
"""


def test_at_most_counts_no_ticket_that_an_earlier_rule_keeps_from_it(world: World) -> None:
    rules(world, STOPPING)
    for number in range(1, 6):
        world.take(write_mail(number))
    status(world.desk, ["5"], "open", actor=need_actor(world.desk, said="dana"))
    assert [run(world.later(minutes=minutes)) for minutes in range(1, 4)] == [[], [], []]
    assert [ticket.tags for ticket in world.tickets()] == [("a",)] * 4 + [("b",)]


AT_MOST_TWO = """\
- name: seen
  event: [created, timer]
  when: tag:seen
  do: [{note: seen}]
  at-most: 2
- name: urgent
  event: timer
  when: silent-for:3d..
  do: [{priority: urgent}]
  at-most: 2
- name: overdue
  event: timer
  when: is:active sla:overdue
  do: [{tag: overdue}]
  at-most: 2
"""
SLA = """\
policies:
- {name: standard, calendar: always, first-response: {urgent: 1h, all: 30d}}
"""


def test_at_most_counts_what_the_rule_would_change(world: World) -> None:
    """Not what the index cannot tell (what is late), what is so, spam, or what was done at `created`."""
    (world.root / "sla.yaml").write_text(SLA)
    rules(world, "- {name: tagged, event: created, do: [{tag: seen}]}\n" + AT_MOST_TWO)
    for number in range(1, 7):
        world.take(write_mail(number))
    assert {acts(ticket).count("rule seen") for ticket in world.tickets()} == {1}
    dana = need_actor(world.desk, said="dana")
    set_fields(world.desk, ["1", "2", "3"], [("priority", "urgent")], actor=dana)
    status(world.desk, ["3", "4"], "spam", actor=dana)
    later = world.later(days=4)
    assert run(later) == []
    # 5 and 6 became urgent; 1 and 2 were, and they alone are late, for the rules saw that first.
    found = {ticket.number: (ticket.priority, "overdue" in ticket.tags) for ticket in world.tickets()}
    assert found == {
        1: ("urgent", True),
        2: ("urgent", True),
        3: ("urgent", False),
        4: ("medium", False),
        5: ("urgent", True),
        6: ("urgent", True),
    }
    assert {acts(ticket).count("rule seen") for ticket in world.tickets()} == {1}


def test_what_a_rule_did_when_the_mail_came_it_does_not_do_a_minute_later(world: World) -> None:
    rules(world, "- {name: both, event: [created, customer-replied, timer], do: [{notify: dana}]}\n")
    world.take(write_mail(1))
    assert run(world.later(minutes=1)) == []
    assert acts(world.ticket("TICKET-1")) == ["rule both"]
    resolve(world.desk, ["1"], actor=need_actor(world.desk, said="dana"))
    world.later(minutes=2).take(write_mail(2, answers=1))
    assert run(world.later(minutes=3)) == []
    assert world.ticket("TICKET-1").status == "open"
    assert acts(world.ticket("TICKET-1")).count("rule both") == 2


def test_where_timers_have_nothing_to_do_nobody_waits_for_the_lock(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules(world, "- {name: medium, event: timer, do: [{priority: medium}], when: 'status:new'}\n")
    for number in range(1, 4):
        world.take(write_mail(number))
    looked: list[str] = []
    real = rules_time.decide

    def look(conditions: object, ticket: Ticket, *args: object, **named: object) -> object:
        looked.append(ticket.id)
        return real(conditions, ticket, *args, **named)  # type: ignore[arg-type] # whatever it is called with

    def never(*_: object) -> None:
        raise AssertionError("the lock was taken")

    monkeypatch.setattr(rules_time, "decide", look)
    with monkeypatch.context() as unlocked:
        unlocked.setattr(rules_cron, "open_door", never)
        for minutes in (1, 2):
            assert rules_cron.act_timers(world.later(minutes=minutes).desk) == []
        assert sorted(looked) == ["TICKET-1", "TICKET-2", "TICKET-3"]
    # What changes is looked at again, and acted upon.
    set_fields(world.desk, ["2"], [("priority", "low")], actor=need_actor(world.desk, said="dana"))
    assert rules_cron.act_timers(world.later(minutes=3).desk) == []
    assert looked[3:] == ["TICKET-2"]
    assert acts(world.ticket("TICKET-2"))[-1] == "rule medium"


def test_a_broken_sla_yaml_stops_only_the_timers_that_ask_for_it(world: World) -> None:
    world.take(write_mail(1))
    (world.root / "sla.yaml").write_text("policies: [")
    rules(world, "- {name: old, event: timer, when: 'silent-for:3d..', do: [{tag: old}]}\n" + AT_MOST_TWO)
    (said,) = run(world.later(days=4))
    assert said.startswith('the timer rule "overdue" waits: sla.yaml:')
    assert "old" in world.ticket("TICKET-1").tags


def test_a_run_that_dies_between_two_tickets_is_finished_by_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class DiedError(BaseException):
        pass

    for number in range(1, 4):
        world.take(write_mail(number))
    rules(world, TIMERS)
    real, calls = rules_cron.write, []

    def die(*args: object) -> object:
        calls.append(args)
        if len(calls) == 2:
            raise DiedError
        return real(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as killed:
        killed.setattr(rules_cron, "write", die)
        with pytest.raises(DiedError):
            run(world.later(hours=2))
    assert sorted(map(len, map(acts, world.tickets()))) == [0, 0, 1]
    assert run(world.later(hours=2, minutes=1)) == []
    assert [acts(ticket) for ticket in world.tickets()] == [["rule look"]] * 3


def slow_on(monkeypatch: pytest.MonkeyPatch, *names: str) -> list[str]:
    """Rules that take too long on these tickets; on which any were asked, in order."""
    real, asked = rules_cron.decide, []

    def decide(conditions: object, ticket: Ticket, *args: object, **named: object) -> object:
        asked.append(ticket.id)
        if ticket.id in names:
            raise RulesTooSlowError("the rules take too long over one mail", "rules.yaml")
        return real(conditions, ticket, *args, **named)  # type: ignore[arg-type] # whatever it is called with

    monkeypatch.setattr(rules_cron, "decide", decide)
    return asked


def test_one_mail_on_which_rules_are_too_slow_keeps_no_other_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules(world, "- name: [")
    for number in range(1, 4):
        world.take(write_mail(number))
    rules(world, "- {name: one, event: created, do: [{tag: one}]}\n")
    asked = slow_on(monkeypatch, "TICKET-1")
    (said,) = run(world.later(minutes=1))
    assert said == "rules: TICKET-1: rules.yaml: the rules take too long over one mail"
    assert [ticket.tags for ticket in world.tickets()] == [(), ("one",), ("one",)]
    assert asked == ["TICKET-1", "TICKET-2", "TICKET-3"]


def test_a_few_slow_ones_end_the_run_and_are_last_in_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules(world, "- name: [")
    for number in range(1, 6):
        world.take(write_mail(number))
    rules(world, "- {name: one, event: created, do: [{tag: one}]}\n")
    monkeypatch.setattr(rules_cron, "_MOST_LATE", 4)
    asked = slow_on(monkeypatch, "TICKET-1", "TICKET-2", "TICKET-3", "TICKET-4")
    said = run(world.later(minutes=1))
    assert said[-1] == "rules took too long on 3 tickets: 1 more wait for the next run"
    # Four that always fail fill a run: the fifth is not hidden behind them.
    run(world.later(minutes=2))
    assert asked == [f"TICKET-{number}" for number in (1, 2, 3, 4, 5, 1, 2)]
    assert world.ticket("TICKET-5").tags == ("one",)


def test_what_people_do_waits_where_rules_are_too_slow_on_a_few(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 6):
        world.take(write_mail(number))
    run(world.later(minutes=1))
    rules(world, "- {name: noted, event: updated, do: [{tag: noted}]}\n")
    later = world.later(minutes=2)
    note(later.desk, list("12345"), "look here\n", actor=need_actor(later.desk, said="dana"))
    with monkeypatch.context() as slow:
        asked = slow_on(slow, *(f"TICKET-{number}" for number in range(1, 6)))
        assert len(run(world.later(minutes=3))) == 3
    assert len(asked) == 3
    assert run(world.later(minutes=4)) == []
    assert [ticket.tags for ticket in world.tickets()] == [("noted",)] * 5


ANSWER = """\
- name: tell them
  event: created
  do: [{reply: being-investigated}]
"""


def switch_on(world: World) -> None:
    config = world.root / "desk.yaml"
    text = (
        config.read_text()
        .replace("sending: hold", "sending: on")
        .replace("support@example.com", "support@example.org")
    )
    config.write_text(text)


def answers(world: World) -> list[str]:
    return [name for name in Outbox(world.desk.layout).names() if name.startswith("rule-")]


def live(number: int) -> bytes:
    """A mail that may be answered: its envelope names who wrote it."""
    return b"Return-Path: <ada@customer.example>\r\n" + write_mail(number)


def test_a_rule_that_answers_does_nothing_until_it_is_switched_on(world: World) -> None:
    rules(world, ANSWER)
    world.take(write_mail(1))
    run(world.later(minutes=1))
    assert acts(world.ticket("TICKET-1")) == []


def test_why_a_rule_answered_nobody_stands_in_the_ticket(world: World) -> None:
    rules(world, ANSWER + "  send: on\n")
    world.take(write_mail(1))
    for minutes in (1, 2, 3):
        run(world.later(minutes=minutes))
    ticket = world.ticket("TICKET-1")
    assert acts(ticket) == ["rule tell them", "rules"]
    assert "being-investigated" in ticket.events[-1].all_facts("no-reply")[0]
    assert answers(world) == []


def test_several_mails_of_one_ticket_that_wait_have_their_rules(world: World) -> None:
    rules(world, "- name: [")
    world.take(write_mail(1))
    world.take(write_mail(2, answers=1))
    rules(world, "- {name: one, event: [created, customer-replied], do: [{note: look}]}\n")
    assert run(world.later(minutes=1)) == []
    ticket = world.ticket("TICKET-1")
    acted = [event.all_facts("rule")[0].split()[1] for event in ticket.events if event.by == "rule one"]
    assert acted == ["created", "customer-replied"]
    assert len([event for event in ticket.events if event.all_facts("rules-ran")]) == 2


def test_what_people_do_while_the_file_is_broken_is_not_forgotten(world: World) -> None:
    world.take(write_mail(1))
    run(world.later(minutes=1))
    rules(world, "- name: [")
    later = world.later(minutes=2)
    note(later.desk, ["1"], "look here\n", actor=need_actor(later.desk, said="dana"))
    for minutes in (3, 4):
        assert "no rules run" in run(world.later(minutes=minutes))[0]
    assert acts(world.ticket("TICKET-1")) == ["rules"]
    rules(world, "- {name: noted, event: updated, when: 'note:look', do: [{tag: noted}]}\n")
    for minutes in (5, 6):
        assert run(world.later(minutes=minutes)) == []
    assert acts(world.ticket("TICKET-1")) == ["rules", "rule noted", "rules"]


def test_a_rule_that_fails_on_one_ticket_keeps_no_other_from_its_rules(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        world.take(write_mail(number))
    run(world.later(minutes=1))
    rules(world, "- {name: noted, event: updated, do: [{tag: noted}]}\n")
    later = world.later(minutes=2)
    note(later.desk, ["1", "2"], "look here\n", actor=need_actor(later.desk, said="dana"))
    real = rules_cron.decide

    def fail(conditions: object, ticket: Ticket, *args: object, **named: object) -> object:
        if ticket.id == "TICKET-1":
            raise RecursionError("in a rule")
        return real(conditions, ticket, *args, **named)  # type: ignore[arg-type]

    with monkeypatch.context() as failing:
        failing.setattr(rules_cron, "decide", fail)
        (said,) = run(world.later(minutes=3))
    assert said.startswith("rules: TICKET-1: RecursionError")
    assert [ticket.tags for ticket in world.tickets()] == [(), ("noted",)]
    assert run(world.later(minutes=4)) == []
    assert [ticket.tags for ticket in world.tickets()] == [("noted",), ("noted",)]
