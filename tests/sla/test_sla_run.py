"""`desk sla run`: each warning and breach is acted on once, in the ticket's file; and what it is told by."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from care.world import AT, World, write_mail
from desk.noticed import mails, run, settle

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.assign import assign
from helpdesk_cli.desk.changing import Decided, change_each
from helpdesk_cli.desk.desk import open_desk
from helpdesk_cli.desk.finding import open_facts
from helpdesk_cli.desk.levels import Levels, kinds_of, level_of, namer_of, promised_answer
from helpdesk_cli.desk.new import Draft, new
from helpdesk_cli.desk.next import next_ticket
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.desk.sla import explain, reapply, status
from helpdesk_cli.desk.sla_check import check
from helpdesk_cli.desk.sla_diff import diff
from helpdesk_cli.desk.sla_run import run as act
from helpdesk_cli.desk.status import status as set_status
from helpdesk_cli.errors import CancelledError, InvalidFileError
from helpdesk_cli.sla.course import course_of
from helpdesk_cli.storage.index_courses import courses_of
from helpdesk_cli.storage.records import Records
from helpdesk_cli.tickets.changes import EntryAdded
from helpdesk_cli.tickets.entries import Message
from helpdesk_cli.tickets.person import Person

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.tickets.ticket import Ticket

DANA = Actor("dana", "Dana Davis", "dana@example.com")
LEE = Actor("lee", "Lee Larsen", "lee@example.com")
SLA = """\
calendars:
  office: {timezone: UTC, hours: {mon-fri: "09:00-17:00"}}
policies:
- name: standard
  calendar: office
  first-response: {urgent: 1h, all: 4h}
  next-response: 2h
  resolution: {all: 2d, rests-while: [pending]}
  warn:
  - {at: 50%, for: first-response, do: [{notify: assignee}]}
  - {at: 80%, do: [{notify: assignee}, {tag: soon}]}
  - {at: breach, do: [{notify: team-lead}, {tag: late}, {priority: urgent}, {note: Look at this.}]}
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A desk at Friday, 09:00, with one mail that just came; it is Dana's."""
    found = settle(tmp_path)
    write_sla(found, SLA)
    found.take(write_mail(1))
    assign(found.desk, ["1"], "dana", actor=LEE)
    return found


def write_sla(world: World, text: str) -> None:
    (world.root / "sla.yaml").write_text(text)
    world.git("commit", "-q", "-m", "Promise", "--", "sla.yaml", check=False)


def reply(world: World, word: str) -> None:
    """Dana answers."""
    at = world.now

    def decide(door: Door, ticket: Ticket) -> Decided:
        said = Message(f"answer{at:%d%H%M}", door.next_at(ticket), Person(), "out", by="dana")
        return Decided([EntryAdded(said)], "dana replied")

    assert not change_each(world.desk, [word], decide, actor=DANA).errors


def acted(ticket: Ticket) -> list[str]:
    """What was acted on: `first-response 50%`, in order."""
    facts = [fact for event in ticket.events for fact in event.all_facts("sla")]
    return [" ".join(fact.split(" ")[:2]) for fact in facts if not fact.endswith("overtaken")]


def test_each_warning_acts_once(world: World) -> None:
    assert act(world.later(hours=1, minutes=59).desk).recorded == []
    half = world.later(hours=2)
    assert [each.summary for each in act(half.desk).recorded] == [
        "TICKET-1: first-response 50%; dana is told"
    ]
    assert act(half.desk).recorded == []
    assert act(world.later(hours=3).desk).recorded == []
    ticket = world.ticket("TICKET-1")
    assert acted(ticket) == ["first-response 50%"]
    assert ticket.events[-1].by == "sla"
    assert ticket.events[-1].all_facts("notify") == ["dana"]
    assert world.subjects()[-1] == "TICKET-1: first-response 50%; dana is told"


def test_what_an_earlier_version_noted_of_a_run_is_taken_away(world: World) -> None:
    """Such a record names tickets, not files; git has them with their next change."""
    records = Records(world.state, "sla-run")
    records.put("going", {"tickets": [world.ticket("TICKET-1").uid]})
    for _ in range(2):
        assert act(world.desk).errors == []
        assert records.peek("going") is None
    assert world.status() == ""


def test_what_was_missed_acts_once_with_the_last_alone(world: World) -> None:
    """After an outage of days the breach acts; 50 and 80 percent are only taken note of."""
    late = world.later(days=3)
    act(late.desk)
    ticket = world.ticket("TICKET-1")
    assert acted(ticket) == ["first-response breach"]
    facts = [fact for event in ticket.events for fact in event.all_facts("sla")]
    assert [fact.split(" ")[1] for fact in facts] == ["50%", "80%", "breach"]
    assert ticket.priority == "urgent"
    assert ticket.tags == ("late",)
    assert len([entry for entry in ticket.entries if entry.kind == "note"]) == 1
    assert act(late.desk).recorded == []
    # What the breach made urgent is not late by the urgent's time: 4h, not 1h.
    level = level_of(late.desk, ticket)
    assert level.clocks[0].allowed == 4 * 3_600_000


def test_what_comes_after_a_breach_that_acted_is_no_warning(world: World) -> None:
    act(world.later(days=3).desk)
    write_sla(world, SLA.replace("at: 80%", "at: 90%"))
    assert act(world.later(days=3).desk).recorded == []


def test_every_question_has_its_own_clock(world: World) -> None:
    """The first answer, the next and the one after it each warn by themselves."""
    for hour in (0, 1):
        asked = world.later(hours=hour * 3)
        reply(asked, "1")
        asked.later(minutes=10).take(write_mail(2 + hour, answers=1))
        act(asked.later(hours=2).desk)
    warned = ["next-response 80%", "next-response 80%"]
    assert acted(world.ticket("TICKET-1")) == warned


def test_an_import_warns_of_nothing(world: World) -> None:
    later = world.later(hours=1)
    later.take(write_mail(2), Options(live=False))
    act(world.later(days=5).desk)
    assert acted(world.ticket("TICKET-2")) == []
    assert world.ticket("TICKET-2").events[0].all_facts("policy")


def test_what_is_done_or_rests_warns_of_nothing(world: World) -> None:
    set_status(world.desk, ["1"], "resolved", actor=DANA)
    assert act(world.later(days=5).desk).recorded == []


def test_only_the_server_acts(world: World) -> None:
    world.git("config", "desk.role", "clone")
    world.git("config", "--unset", "desk.role")
    late = world.later(days=3)
    with pytest.raises(CancelledError):
        act(late.desk)
    assert [each.summary for each in act(late.desk, dry_run=True).recorded]
    assert acted(world.ticket("TICKET-1")) == []


def test_a_broken_file_stops_no_mail_and_is_said(world: World) -> None:
    (world.root / "sla.yaml").write_text("policies: soon\n")
    assert world.take(write_mail(2)).ticket == "TICKET-2"
    assert world.ticket("TICKET-2").events[0].all_facts("policy") == []
    with pytest.raises(InvalidFileError):
        act(world.desk)
    # Mended, it has the policy that fits it.
    write_sla(world, SLA)
    assert level_of(world.desk, world.ticket("TICKET-2")).policy
    assert act(world.later(hours=2).desk).recorded[-1].id == "TICKET-2"


def test_the_policy_of_the_opening_counts(world: World) -> None:
    write_sla(world, SLA.replace("all: 4h", "all: 5m"))
    ticket = world.ticket("TICKET-1")
    assert level_of(world.desk, ticket).clocks[0].allowed == 4 * 3_600_000
    assert promised_answer(world.desk, ticket) == "4 hours"
    # In a clone as well, which has it from git.
    with closing(open_facts(world.desk)) as index:
        (path,) = world.paths()
        ((_, level),) = Levels(world.desk, index).of([path])
    assert level.clocks[0].allowed == 4 * 3_600_000
    outcome = reapply(world.desk, ["1"], actor=LEE)
    assert [each.summary for each in outcome.recorded] == ["TICKET-1: policy standard, as it is today"]
    assert level_of(world.desk, world.ticket("TICKET-1")).clocks[0].allowed == 5 * 60_000
    assert reapply(world.desk, ["1"], actor=LEE).unchanged == ["TICKET-1"]


def test_a_version_that_nobody_committed_is_kept_here(world: World) -> None:
    (world.root / "sla.yaml").write_text(SLA.replace("all: 4h", "all: 3h"))
    world.take(write_mail(2))
    act(world.desk)
    write_sla(world, SLA.replace("all: 4h", "all: 5m"))
    assert level_of(world.desk, world.ticket("TICKET-2")).clocks[0].allowed == 3 * 3_600_000
    for copy in (world.state / "sla").iterdir():
        copy.unlink()
    level = level_of(world.desk, world.ticket("TICKET-2"))
    assert level.clocks[0].allowed == 5 * 60_000
    assert "is nowhere" in level.remark


def test_the_first_policy_that_fits(world: World) -> None:
    chat = "- {name: chat, when: channel:chat, first-response: 5m}\n- name: standard"
    write_sla(world, SLA.replace("- name: standard", chat, 1))
    made = new(world.desk, Draft(text="Hello", channel="chat"), actor=DANA)
    assert level_of(world.desk, made).policy.name == "chat"  # type: ignore[union-attr]
    called = new(world.desk, Draft(text="Hello", channel="phone"), actor=DANA)
    level = level_of(world.desk, called)
    assert level.policy.name == "standard"  # type: ignore[union-attr]
    assert [clock.state for clock in level.clocks] == ["met", "running"]


def test_the_index_says_what_the_files_say(world: World) -> None:
    """The course of every ticket is the same from the index and from its file."""
    world.take(write_mail(2))
    world.later(hours=1).take(write_mail(3, answers=2))
    new(world.desk, Draft(text="Hello", channel="phone"), actor=DANA)
    act(world.later(hours=3).desk)
    set_status(world.later(hours=3).desk, ["2"], "pending", actor=DANA)
    name = namer_of(world.desk.settings)
    with closing(open_facts(world.desk)) as index:
        for path, course in courses_of(index, world.paths(), name=name):
            assert course == course_of(world.ticket(path.rpartition("/")[2][:-3]), name=name)
    assert kinds_of(world.desk.settings)("spam") == "done"


def test_what_is_due_first_stands_in_front(world: World) -> None:
    later = world.later(hours=1)
    later.take(write_mail(2))
    found = status(later.desk)
    assert [standing.row.id for standing in found.standings] == ["TICKET-1", "TICKET-2"]
    assert [standing.row.id for standing in status(later.desk, "due:..3h").standings] == ["TICKET-1"]
    assert next_ticket(later.desk, actor=DANA).line.row.id == "TICKET-1"


def test_who_is_told_hears_of_it_once(world: World) -> None:
    run(world)
    before = len(mails(world))
    half = world.later(hours=2)
    run(half)
    run(half)
    told = mails(world)[before:]
    assert [[each.address for each in mail.recipients] for mail in told] == [["dana@example.com"]]


def test_after_an_outage_one_mail_says_all(world: World) -> None:
    run(world)
    for number in range(2, 8):
        world.take(write_mail(number))
    run(world)
    before = [mail.name for mail in mails(world)]
    run(world.later(days=5))
    assert [mail.name for mail in mails(world) if mail.name not in before] == []
    digests = mails(world, "digest")
    assert {each.address for mail in digests for each in mail.recipients} == {
        "dana@example.com",
        "lee@example.com",
    }
    assert len(digests) == 2


def test_what_another_file_would_have_made_of_it(world: World, tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text(SLA.replace("all: 4h", "all: 30m"))
    found = diff(world.later(hours=2).desk, file, "2026Q4")
    assert (found.tickets, found.before[("first-response", "open")]) == (1, 1)
    assert found.after[("first-response", "breached")] == 1
    assert [(each.id, each.target, each.before, each.after) for each in found.changed] == [
        ("TICKET-1", "first-response", "open", "breached")
    ]


def test_what_is_odd_is_said(world: World) -> None:
    assert check(world.desk).oddities == ()
    odd = """\
calendars:
  office: {timezone: UTC, hours: {mon-fri: "09:00-17:00"}, holidays: [2020-12-25]}
  unused: {timezone: UTC, hours: always}
policies:
- {name: a, when: channel:chat, first-response: {urgent: 1h, high: 2h}}
- {name: b, when: channel:chat, first-response: 1h}
- {name: c, calendar: office, first-response: 1h, warn: [{at: 80%, for: update, do: [{tag: x}]}]}
- {name: d}
"""
    write_sla(world, odd)
    said = [error.message for error in check(world.desk).oddities]
    assert [words for words in said if "a: first-response says nothing for the priority medium, low" in words]
    assert "no ticket ever has the policy b: a asks for the same" in said
    assert "no ticket ever has the policy d: c before it has no condition" in said
    assert "c warns of update, of which it promises nothing" in said
    assert "d promises nothing" in said
    assert "no policy uses the calendar unused" in said
    assert "the days of the calendar office are all past" in said
    write_sla(world, "policies:\n- {name: a, when: channel:chat, first-response: 1h}\n")
    (only,) = check(world.desk).oddities
    assert only.message.startswith("every policy has a condition")
    write_sla(world, "policies:\n- {name: a, when: chanel:chat, first-response: 1h}\n")
    (wrong,) = check(world.desk).errors
    assert 'unknown field "chanel". Did you mean "channel"' in str(wrong)
    assert wrong.place == "sla.yaml:2"
    write_sla(world, "policies:\n- {name: a, when: sla:breached, first-response: 1h}\n")
    (wrong,) = check(world.desk).errors
    assert "clocks cannot decide which clocks there are" in wrong.message


@pytest.mark.parametrize("year", ["0001", "1066", "2999", "9999"])
def test_a_year_that_a_hand_wrote_stops_nobody(world: World, year: str) -> None:
    world.take(write_mail(2))
    (path,) = (world.root / name for name in world.paths() if name.endswith("TICKET-1.md"))
    path.write_text(path.read_text().replace("2026-11-20T", f"{year}-11-20T"))
    found = status(world.later(hours=1).desk)
    assert {standing.row.id for standing in found.standings} >= {"TICKET-2"}
    assert all(clock.used >= 0 for standing in found.standings for clock in standing.level.clocks)
    act(world.later(hours=3).desk)
    assert acted(world.ticket("TICKET-2")) == ["first-response 50%"]
    assert explain(world.desk, "1").json()


def test_facts_that_a_hand_wrote_stop_nobody(world: World) -> None:
    (path,) = (world.root / name for name in world.paths())
    forged = "policy: ../../../etc/passwd@../../x\nsla:\nsla: x\nsla: first-response\nnotify: nobody\n"
    path.write_text(
        path.read_text().replace("policy: standard", f"{forged}policy: gone@0123456789ab\nx: standard")
    )
    level = level_of(world.desk, world.ticket("TICKET-1"))
    assert "is nowhere" in level.remark
    assert level.policy
    act(world.later(hours=2).desk)
    assert acted(world.ticket("TICKET-1"))[-1] == "first-response 50%"


def test_a_desk_opened_in_the_past_is_not_negative(world: World) -> None:
    early = open_desk(world.root, now=AT.replace(year=2020))
    for clock in level_of(early, world.ticket("TICKET-1")).clocks:
        assert clock.used == 0
    assert act(early).recorded == []
