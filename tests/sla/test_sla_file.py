"""sla.yaml: what is shipped, and every slip with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.sla.policies import Span, first_response_words
from helpdesk_cli.storage.settings import Settings, default_words
from helpdesk_cli.storage.sla_file import read_sla

SETTINGS = Settings(**default_words())
SHIPPED = (Path(__file__).resolve().parents[2] / "sla.yaml").read_text("utf-8")


def test_what_is_shipped() -> None:
    sla = read_sla(SHIPPED, SETTINGS)
    office = sla.calendar("office")
    assert office
    assert not office.is_always_open
    (policy,) = sla.policies
    assert policy.resolution
    assert policy.resolution.rests_while == ("pending", "on-hold")
    assert policy.resolution.span_for("feature") == Span(5, "day")
    words = [first_response_words(sla, priority=word.name, type_="question") for word in SETTINGS.priorities]
    assert words == ["one hour", "4 hours", "one working day", "two working days"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("policy: []", 'sla.yaml:1: unknown key "policy". Did you mean "policies"?'),
        (
            "calendars:\n  office: {timezone: Europe/Berln, hours: always}",
            ':2: there is no time zone "Europe/Berln"',
        ),
        (
            "calendars:\n  office: {timezone: ../../etc/passwd, hours: always}",
            ':2: "../../etc/passwd" is no time zone',
        ),
        ("calendars:\n  office: {timezone: Europe, hours: always}", ':2: there is no time zone "Europe"'),
        ("calendars:\n  office: {hours: always}", ':2: the calendar "office" has no timezone'),
        ("calendars:\n  office: {timezone: UTC}", ':2: the calendar "office" has no hours'),
        ("calendars:\n  o:\n    timezone: UTC\n    hours: {mo-fri: 9:00-17:00}", ':4: "mo-fri" is no day'),
        ("calendars:\n  o:\n    timezone: UTC\n    hours:\n      mon: 9-17", ':5: "9-17" are no hours'),
        (
            "calendars:\n  o:\n    timezone: UTC\n    hours: {mon: 17:00-09:00}",
            ':4: "17:00-09:00" ends before it begins',
        ),
        (
            "calendars:\n  o:\n    timezone: UTC\n    hours: {mon: [09:00-12:00, 11:00-13:00]}",
            ':4: "11:00-13:00" begins before the last one ends',
        ),
        (
            "calendars:\n  o:\n    timezone: UTC\n    hours:\n      mon-fri: 9:00-12:00\n      wed: closed",
            ':6: wed is in "mon-fri" and in "wed"',
        ),
        (
            "calendars:\n  o:\n    timezone: UTC\n    hours: always\n    holidays: [DE-XX]",
            ':5: DE has no region "XX"',
        ),
        (
            "calendars:\n  o:\n    timezone: UTC\n    hours: always\n    holidays: [2026-02-30]",
            ':5: "2026-02-30" is no date',
        ),
        ("policies:\n- calendar: always", ":2: this policy has no name"),
        ("policies:\n- {name: a}\n- {name: a}", ':3: two policies are called "a"'),
        (
            "policies:\n- {name: a, calendar: offise}\ncalendars: {office: {timezone: UTC, hours: always}}",
            ':2: there is no calendar "offise". Did you mean "office"?',
        ),
        (
            "policies:\n- name: a\n  first-response: {urgnt: 1h}",
            ':3: "urgnt" is neither a priority nor a type of this desk. Did you mean "urgent"?',
        ),
        ("policies:\n- name: a\n  first-response: {urgent: 1 hour}", ':3: "1 hour" is no length of time'),
        ("policies:\n- name: a\n  first-response: 0h", ':3: "0h" is no length of time'),
        (
            "policies:\n- name: a\n  resolution: {rests-while: [pendng]}",
            ':3: unknown status "pendng". Did you mean "pending"?',
        ),
        ("policies: soon", ":1: a list of policies belongs here"),
    ],
)
def test_a_slip_has_its_line(text: str, said: str) -> None:
    with pytest.raises(InvalidFileError) as caught:
        read_sla(text, SETTINGS)
    assert said in str(caught.value)
