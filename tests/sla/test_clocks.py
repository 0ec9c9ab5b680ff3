"""Clocks: what starts, rests and stops them, and what they say at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sla.course_by_hand import at, course, told

from helpdesk_cli.sla.clocks import Clock, clocks_of
from helpdesk_cli.sla.course import make_course
from helpdesk_cli.storage.settings import Settings, default_words
from helpdesk_cli.storage.sla_file import read_sla

if TYPE_CHECKING:
    from helpdesk_cli.sla.course import Course

SETTINGS = Settings(**default_words())
SLA = read_sla(
    """\
calendars:
  office: {timezone: UTC, hours: {mon-fri: "09:00-17:00"}}
policies:
- name: standard
  calendar: office
  first-response: {urgent: 1h, high: 4h, medium: 1d}
  next-response: {urgent: 2h, all: 4h, rests-while: [on-hold]}
  update: {all: 2d, rests-while: [pending]}
  resolution: {question: 1d, problem: 2d, rests-while: [pending, on-hold]}
- {name: raised, calendar: always, first-response: {high: 2h, all: 8h}}
- {name: wall, calendar: office, first-response: 24h wall, resolution: {all: 8h, rests-while: snoozed}}
""",
    SETTINGS,
)
HOUR = 3_600_000


def clocks(of: Course, now: str, *, policy: str = "standard") -> list[Clock]:
    found = SLA.policy(policy)
    assert found
    calendar = SLA.calendar(found.calendar)
    assert calendar
    return list(clocks_of(of, found, calendar, now=at(now), kind_of=SETTINGS.status_kind))


def clock(of: Course, target: str, now: str, *, policy: str = "standard", number: int = 0) -> Clock:
    return [each for each in clocks(of, now, policy=policy) if each.target == target][number]


def said(found: Clock) -> tuple[str, str, float]:
    """State, when it is due, hours used."""
    return found.state, told(found.due), found.used / HOUR


# The 20th is a Friday.
FRIDAY = ("20 16:00", "20 16:00 asked")


def test_a_first_answer_in_time_and_late() -> None:
    assert said(clock(course(*FRIDAY), "first-response", "20 16:30")) == ("running", "23 16:00", 0.5)
    assert said(clock(course(*FRIDAY), "first-response", "23 16:00")) == ("running", "23 16:00", 8)
    assert said(clock(course(*FRIDAY), "first-response", "23 16:01"))[:2] == ("breached", "23 16:00")
    answered = course(*FRIDAY, "23 16:00 answered")
    assert said(clock(answered, "first-response", "25 12:00")) == ("met", "23 16:00", 8)
    late = clock(course(*FRIDAY, "23 16:30 answered"), "first-response", "25 12:00")
    assert (late.state, late.over, late.is_overdue) == ("breached", HOUR // 2, False)


def test_what_nobody_asked_needs_no_first_answer() -> None:
    ours = course("20 10:00", "20 10:00 answered", "20 12:00 asked")
    assert [each.target for each in clocks(ours, "20 13:00")] == ["next-response", "update"]
    assert clocks(course("20 10:00"), "20 13:00")[0].target == "update"


def test_what_is_said_by_telephone_is_answered_at_once() -> None:
    talked = course("20 10:00", "20 10:00 spoken", "20 12:00 spoken")
    assert said(clock(talked, "first-response", "20 13:00")) == ("met", "23 10:00", 0)
    assert said(clock(talked, "next-response", "20 13:00")) == ("met", "20 16:00", 0)


def test_the_next_answer_is_due_to_what_was_asked_first() -> None:
    asked = course(*FRIDAY, "20 16:10 answered", "20 16:30 asked", "23 10:00 asked")
    assert said(clock(asked, "next-response", "23 10:30")) == ("running", "23 12:30", 2)
    later = course(*FRIDAY, "20 16:10 answered", "20 16:30 asked", "23 10:00 answered", "23 11:00 asked")
    assert said(clock(later, "next-response", "23 12:00")) == ("met", "23 12:30", 1.5)
    assert said(clock(later, "next-response", "23 12:00", number=1)) == ("running", "23 15:00", 1)


def test_the_priority_that_it_has_when_the_clock_stops_counts() -> None:
    raised = course(*FRIDAY, "23 09:30 priority urgent")
    assert said(clock(raised, "first-response", "23 10:00")) == ("breached", "20 17:00", 2)
    answered = course(*FRIDAY, "23 09:00 answered", "23 09:30 priority urgent")
    assert clock(answered, "first-response", "23 10:00").state == "met"
    lowered = course(*FRIDAY, "20 16:30 priority high", priority="urgent")
    assert said(clock(lowered, "first-response", "20 16:50"))[1] == "23 12:00"


def test_what_a_warning_changed_does_not_change_the_promise() -> None:
    raised = course(*FRIDAY, "23 15:00 priority urgent by-sla")
    assert said(clock(raised, "first-response", "23 15:30")) == ("running", "23 16:00", 7.5)
    by_hand = course(*FRIDAY, "23 15:00 priority urgent by-sla", "23 15:10 priority high")
    assert clock(by_hand, "first-response", "23 15:30").allowed == 4 * HOUR
    changed = course(*FRIDAY, "23 15:00 priority urgent by-sla", state={"priority": "high"})
    assert clock(changed, "first-response", "23 15:30").allowed == 4 * HOUR


BY_SLA = "20 20:00 priority high by-sla"


def test_what_a_person_says_after_a_warning_is_their_word() -> None:
    again = ("20 21:00 priority medium", "20 22:00 priority high")
    for silent in (False, True):
        both = course(*FRIDAY, BY_SLA, *again, silent=silent)
        assert said(clock(both, "first-response", "20 23:00", policy="raised")) == ("breached", "20 18:00", 7)
        same = course(*FRIDAY, *again, silent=silent)
        assert said(clock(same, "first-response", "20 23:00", policy="raised")) == ("breached", "20 18:00", 7)


def test_taking_back_what_a_warning_raised_rewrites_no_past() -> None:
    for silent in (False, True):
        answered = course(*FRIDAY, BY_SLA, "20 21:00 answered", silent=silent)
        assert clock(answered, "first-response", "20 23:00", policy="raised").state == "met"
        lowered = course(*FRIDAY, BY_SLA, "20 21:00 answered", "21 09:00 priority medium", silent=silent)
        found = clock(lowered, "first-response", "21 10:00", policy="raised")
        assert (found.state, found.allowed) == ("met", 8 * HOUR)


def test_warnings_upon_warnings_promise_what_people_said_last() -> None:
    twice = ("20 19:00 priority high by-sla", "20 20:00 priority urgent by-sla")
    for silent in (False, True):
        assert course(*FRIDAY, *twice, silent=silent).values("priority", now=at("20 21:00")) == [
            (at("20 16:00"), "medium")
        ]
        person = course(*FRIDAY, *twice, "20 21:00 priority low", silent=silent)
        assert [word for _, word in person.values("priority", now=at("20 22:00"))] == ["medium", "low"]


def test_what_another_clone_said_before_a_warning_is_their_word() -> None:
    """Their event came later, with the time that it was written at."""
    started = at("20 16:00")
    changes = [
        (started + HOUR, "changed", "dana", "priority", "medium", "high"),
        (started + 2 * HOUR, "changed", "sla", "priority", "medium", "high"),
    ]
    both = make_course(started, (), changes, state={"priority": "high"}, facts=())
    assert both.values("priority", now=at("20 20:00")) == [(started, "medium"), (started + HOUR, "high")]


def test_no_promise_for_a_priority_or_type_without_one() -> None:
    low = course(*FRIDAY, priority="low")
    assert [each.target for each in clocks(low, "20 16:30")] == ["update"]
    typed = course(*FRIDAY, "23 09:00 type question")
    assert clock(typed, "resolution", "23 10:00").allowed == 8 * HOUR


def test_a_clock_rests_in_the_statuses_that_its_target_names() -> None:
    waited = course(*FRIDAY, "20 16:30 answered", "20 16:30 status pending", type="question")
    resting = clock(waited, "resolution", "24 12:00")
    assert (resting.state, resting.due, resting.rests, resting.left) == (
        "resting",
        None,
        "pending",
        7.5 * HOUR,
    )
    back = course(
        *FRIDAY, "20 16:30 answered", "20 16:30 status pending", "24 12:00 asked", "24 12:00 status open",
        type="question",
    )  # fmt: skip
    assert said(clock(back, "resolution", "24 13:00")) == ("running", "25 11:30", 1.5)
    assert [piece.rests for piece in clock(back, "resolution", "24 13:00").pieces] == ["", "pending", ""]


def test_resolving_stops_and_taking_up_again_goes_on() -> None:
    done = course(*FRIDAY, "20 16:30 status resolved", type="question")
    assert said(clock(done, "resolution", "30 12:00")) == ("met", "23 16:00", 0.5)
    again = course(*FRIDAY, "20 16:30 status resolved", "24 09:00 status open", type="question")
    assert said(clock(again, "resolution", "24 10:00")) == ("running", "24 16:30", 1.5)
    closed = course(
        *FRIDAY, "20 16:30 status resolved", "24 09:00 status closed", type="question"
    )  # fmt: skip
    assert told(clock(closed, "resolution", "24 10:00").stopped) == "20 16:30"


def test_done_without_an_answer_owes_none_unless_it_was_late() -> None:
    assert clock(course(*FRIDAY, "20 16:30 status closed"), "first-response", "30 12:00").state == "none"
    late = clock(course(*FRIDAY, "24 10:00 status closed"), "first-response", "30 12:00")
    assert (late.state, late.is_open) == ("breached", False)
    again = course(*FRIDAY, "20 16:30 status closed", "23 09:00 status open")
    assert said(clock(again, "first-response", "23 10:00")) == (
        "running",
        "23 16:30",
        1.5,
    )


@pytest.mark.parametrize("status", ["spam", "merged"])
def test_spam_and_what_was_merged_promise_nothing(status: str) -> None:
    assert clocks(course(*FRIDAY, f"23 09:00 status {status}"), "24 10:00") == []
    back = course(*FRIDAY, f"20 16:30 status {status}", "24 09:00 status open")
    assert said(clock(back, "first-response", "24 10:00")) == ("running", "24 16:30", 1.5)


def test_news_is_due_again_after_each_answer() -> None:
    told_once = course(*FRIDAY, "20 16:30 answered")
    assert said(clock(told_once, "update", "23 10:00")) == ("met", "24 16:00", 0.5)
    assert said(clock(told_once, "update", "23 10:00", number=1)) == ("running", "24 16:30", 1.5)


def test_a_snooze_rests_only_clocks_that_say_so() -> None:
    snoozed = course(*FRIDAY, "20 16:30 snoozed-until 2026-11-24T09:00:00Z")
    assert clock(snoozed, "resolution", "23 12:00", policy="wall").rests == "snoozed"
    assert said(clock(snoozed, "resolution", "24 10:00", policy="wall")) == ("running", "24 16:30", 1.5)
    assert clock(snoozed, "first-response", "23 12:00").state == "running"
    woken = course(*FRIDAY, "20 16:30 snoozed-until 2026-11-24T09:00:00Z", "23 10:00 snoozed-until")
    assert said(clock(woken, "resolution", "23 11:00", policy="wall")) == ("running", "24 09:30", 1.5)


def test_a_span_by_the_wall_knows_no_calendar() -> None:
    assert said(clock(course(*FRIDAY), "first-response", "21 12:00", policy="wall")) == (
        "running",
        "21 16:00",
        20,
    )


def test_what_a_hand_changed_counts_from_now_on() -> None:
    by_hand = course(*FRIDAY, state={"status": "resolved"}, type="question")
    assert said(clock(by_hand, "resolution", "23 10:00")) == ("met", "23 16:00", 2)
    assert told(clock(by_hand, "resolution", "23 10:00").stopped) == "23 10:00"
    untold = course(*FRIDAY, state={"priority": "urgent"})
    assert clock(untold, "first-response", "20 16:30").allowed == HOUR


def test_what_comes_too_early_or_from_the_future_is_never_negative() -> None:
    early = course("20 12:00", "20 10:00 asked", "20 11:00 answered")
    assert said(clock(early, "first-response", "20 13:00")) == ("met", "23 12:00", 0)
    ahead = course(
        "20 12:00", "20 12:00 asked", "20 15:00 answered", "20 15:00 status resolved", type="question"
    )
    for found in clocks(ahead, "20 11:00"):
        assert found.used == 0
    assert said(clock(ahead, "first-response", "20 13:00")) == ("met", "23 12:00", 1)
    assert told(clock(ahead, "resolution", "20 13:00").stopped) == "20 13:00"


def test_an_import_sets_nothing_in_motion() -> None:
    assert not clock(course("20 16:00", "20 16:00 asked import"), "first-response", "20 16:30").is_live
    later = course("20 16:00", "20 16:00 asked import", "20 16:10 answered", "20 16:20 asked")
    assert clock(later, "next-response", "20 16:30").is_live


def test_how_much_is_used() -> None:
    half = clock(course(*FRIDAY), "first-response", "23 12:00")
    assert [half.has_used(percent) for percent in (50, 51, 100)] == [True, False, False]
    assert not clock(course(*FRIDAY), "first-response", "23 16:00").has_used(100)
    assert clock(course(*FRIDAY), "first-response", "23 16:01").has_used(100)


LINES = st.builds(
    lambda minute, what: (minute, what),
    st.integers(0, 14 * 24 * 60),
    st.sampled_from(
        [
            *("asked", "answered", "spoken", "status open", "status pending", "status on-hold"),
            *("status resolved", "status spam", "priority urgent", "priority low", "type problem"),
            *("snoozed-until 2026-11-19T12:00:00Z", "snoozed-until"),
        ]
    ),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=12), st.integers(-100, 15 * 24 * 60), st.sampled_from(["standard", "wall"]))
def test_whatever_happened_it_adds_up(drawn: list[tuple[int, str]], now: int, policy: str) -> None:
    """No clock is negative; its pieces are in order, end where it did, and come to what was used."""
    begin = at("09 10:00")
    lines = [f"{told(begin + minute * 60_000)} {what}" for minute, what in sorted(drawn)]
    ticket = course("09 10:00", "09 10:00 asked", *lines)
    moment = begin + now * 60_000
    rules = SLA.policy(policy)
    assert rules
    calendar = SLA.calendar("office")
    assert calendar
    asked = {"now": moment, "kind_of": SETTINGS.status_kind}
    still_open = clocks_of(ticket, rules, calendar, only_open=True, **asked)  # type: ignore[arg-type]
    every = clocks_of(ticket, rules, calendar, **asked)  # type: ignore[arg-type]
    assert list(still_open) == [each for each in every if each.is_open]
    from_minutes = _Minutes(ticket)
    for each in clocks_of(ticket, rules, calendar, now=moment, kind_of=SETTINGS.status_kind):
        end = each.stopped if each.stopped is not None else max(moment, each.started)
        assert 0 <= each.used <= max(0, end - each.started)
        assert each.left == max(0, each.allowed - each.used)
        assert all(a.end == b.start for a, b in zip(each.pieces, each.pieces[1:], strict=False))
        assert not each.pieces or (each.pieces[0].start, each.pieces[-1].end) == (each.started, end)
        target = rules.target(each.target)
        assert target
        assert each.used == from_minutes.count(each.started, end, target.rests_while, wall=each.span.wall)
        if each.due is not None and each.used > each.allowed:
            assert (
                from_minutes.count(each.started, each.due, target.rests_while, wall=each.span.wall)
                == each.allowed
            )


class _Minutes:
    """The same counted minute by minute: whether the office is open, and the status counts."""

    def __init__(self, ticket: Course) -> None:
        self.ticket = ticket

    def count(self, start: int, end: int, rests: tuple[str, ...], *, wall: bool) -> int:
        return 60_000 * sum(self.counts(minute, rests, wall=wall) for minute in range(start, end, 60_000))

    def counts(self, minute: int, rests: tuple[str, ...], *, wall: bool) -> bool:
        now = dict.fromkeys(("status", "snoozed-until"), "")
        for when, field, _, value in self.ticket.changes:
            if when <= minute and field in now:
                now[field] = value
        snoozed = "snoozed" in rests and now["snoozed-until"] and minute < at("19 12:00")
        resting = now["status"] in rests or SETTINGS.status_kind(now["status"]) == "done" or snoozed
        days, left = divmod(minute, 24 * HOUR)
        office = (days + 3) % 7 < 5 and 9 * HOUR <= left < 17 * HOUR
        return not resting and (wall or office)
