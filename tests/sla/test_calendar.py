"""When an office is open, and how promised times are said."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from helpdesk_cli.sla.calendar import is_open
from helpdesk_cli.sla.policies import Span, first_response_words, say
from helpdesk_cli.storage.settings import Settings, default_words
from helpdesk_cli.storage.sla_file import read_sla

SETTINGS = Settings(**default_words())
OFFICE = """\
calendars:
  office:
    timezone: Europe/Berlin
    hours: {mon-thu: ["09:00-12:30", "13:30-17:00"], fri: "09:00-15:00"}
    holidays: [2026-12-25, 2026-12-27..2027-01-01, {date: 2026-12-24, hours: "09:00-12:00"}]
  night:
    timezone: America/St_Johns
    hours: {fri-mon: ["00:00-02:00", "22:00-24:00"]}
"""
SLA = read_sla(OFFICE, SETTINGS)


@pytest.mark.parametrize(
    ("calendar", "at", "opened"),
    [
        ("office", "2026-11-23T08:00:00Z", True),  # Monday, 09:00 in Berlin
        ("office", "2026-11-23T07:59:59Z", False),
        ("office", "2026-11-23T11:29:59Z", True),
        ("office", "2026-11-23T11:30:00Z", False),  # lunch
        ("office", "2026-11-23T12:30:00Z", True),
        ("office", "2026-11-23T16:00:00Z", False),
        ("office", "2026-11-27T13:59:00Z", True),  # Friday
        ("office", "2026-11-27T14:00:00Z", False),
        ("office", "2026-11-28T10:00:00Z", False),  # Saturday
        ("office", "2026-07-20T07:00:00Z", True),  # summer time
        ("office", "2026-07-20T06:59:00Z", False),
        ("office", "2026-12-24T10:59:00Z", True),
        ("office", "2026-12-24T11:00:00Z", False),
        ("office", "2026-12-25T10:00:00Z", False),
        ("office", "2026-12-29T10:00:00Z", False),
        ("office", "2027-01-01T10:00:00Z", False),
        ("office", "2027-01-04T10:00:00Z", True),
        ("night", "2026-11-28T01:30:00Z", True),  # Friday, 22:00 in half-hour zone
        ("night", "2026-11-28T01:29:00Z", False),
        ("night", "2026-11-28T03:29:59Z", True),
        ("night", "2026-11-24T05:29:00Z", False),  # Tuesday, 01:59
        ("always", "2026-11-28T03:00:00Z", True),
    ],
)
def test_when_it_is_open(calendar: str, at: str, opened: bool) -> None:  # noqa: FBT001 - a table
    found = SLA.calendar(calendar)
    assert found
    assert is_open(found, datetime.fromisoformat(at).astimezone(UTC)) is opened


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (Span(1, "hour"), "one hour"),
        (Span(4, "hour"), "4 hours"),
        (Span(30, "minute"), "30 minutes"),
        (Span(1, "day"), "one working day"),
        (Span(2, "day"), "two working days"),
        (Span(5, "day"), "5 working days"),
        (Span(24, "hour", wall=True), "24 hours"),
        (Span(1, "day", wall=True), "one day"),
    ],
)
def test_how_it_is_said(span: Span, words: str) -> None:
    assert say(span) == words


def test_days_of_a_calendar_that_never_closes_are_days() -> None:
    assert say(Span(2, "day"), is_always_open=True) == "two days"


def test_the_first_policy_without_a_condition_counts() -> None:
    text = """\
calendars: {office: {timezone: UTC, hours: {mon-fri: "09:00-17:00"}}}
policies:
- {name: gold, when: "customer.tier:gold", first-response: 5m}
- name: standard
  calendar: office
  first-response: {urgent: 1h, question: 3d, medium: 1d}
- {name: other, first-response: 9d}
"""
    sla = read_sla(text, SETTINGS)
    assert first_response_words(sla, priority="urgent", type_="question") == "one hour"
    assert first_response_words(sla, priority="low", type_="question") == "3 working days"
    assert first_response_words(sla, priority="low", type_="") == ""
    assert first_response_words(read_sla("policies: []", SETTINGS), priority="urgent", type_="") == ""
