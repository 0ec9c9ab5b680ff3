"""A sla.yaml with every kind of mistake: each is said at once, with its line and what to write."""

from __future__ import annotations

import pytest

from helpdesk_cli.storage.settings import Agent, Settings, default_words
from helpdesk_cli.storage.sla_file import examine_sla

SETTINGS = Settings(**default_words(), agents=(Agent("dana"),))
# A line of the file, what is said of it, and the remedy. The marker ends the line.
FILE = """\
calendars:
  office:
    timezone: Europe/Berln                          #! there is no time zone "Europe/Berln"
    hours:
      mo: 9:00-17:00                                #! "mo" is no day
  shop:
    timezone: UTC
    hours: {tue: 9-17}                              #! "9-17" are no hours
    holidays:
    - DE-XX                                         #! DE has no region "XX"
    - QQ                                            #! no holidays of a country "QQ" are known
    - de                                            #! "de" is no region
    - 2026-02-30                                    #! "2026-02-30" is no date
    - 2026-12-31..2026-12-24                        #! "2026-12-31..2026-12-24" ends before it begins
    - {hours: "09:00-12:00"}                        #! this day has no date
  empty:                                            #! the calendar "empty" has no timezone
    hours: {mon: "17:00-09:00"}                     #! "17:00-09:00" ends before it begins
  closed: {timezone: UTC, hours: {mon: closed}}     #! the calendar "closed" is never open
policies:
- name: gold@home                                   #! "gold@home" cannot be a name
- calendar: offise                                  #! this policy has no name
- name: silver
  calendar: ofice                                   #! there is no calendar "ofice". Did you mean "office"?
  frist-response: 1h                       #! unknown key "frist-response". Did you mean "first-response"?
  first-response: {urgnt: 1h, high: 4 hours}        #! "urgnt" is neither a priority nor a type of this desk
  next-response: 3000d                              #! "3000d" is longer than two years
  update: soon                                      #! "soon" is no length of time
  resolution:
    all: 1d
    rests-while: [pendng]                           #! unknown status "pendng". Did you mean "pending"?
- name: silver                                      #! two policies are called "silver" (the first in line 22)
  warn:
  - at: 120%                                        #! "120%" is no part of a time
    do: [{notify: assignee}]
  - at: 80%
    for: [resolutoin]                          #! there is no target "resolutoin". Did you mean "resolution"?
    do: [{notfy: assignee}]                         #! unknown action "notfy". Did you mean "notify"?
  - at: 50%
    do: [{notify: dan}]                             #! "dan" is nobody of this desk. Did you mean "dana"?
  - at: 60%
    do: [{priority: hihg}]                          #! unknown priority "hihg". Did you mean "high"?
  - at: 70%
    do: [{tag: two words}]                          #! "two words" is not a tag
  - at: 75%
    do: [{tag: ""}]                                 #! tag whom or what?
  - at: 85%
    do: [breach]                                    #! a list of actions belongs here
  - do: [{tag: late}]                               #! this warning has no `at`
  - at: 90%                                         #! this warning has no `do`
  - at: 95%
    do: [{tag: a}]
  - at: 95%                                         #! there are two warnings at 95% for the same target
    do: [{tag: b}]
- {name: bronze, warn: at 80%}                      #! a list of warnings belongs here
polices: []                                         #! unknown key "polices". Did you mean "policies"?
"""
SHUT = "calendars:\n  o:\n    timezone: UTC\n    hours: always\n"
EXPECTED = [
    (number, line.partition("#!")[2].strip())
    for number, line in enumerate(FILE.split("\n"), 1)
    if "#!" in line
]


def test_every_mistake_is_said_at_once() -> None:
    text = "\n".join(line.partition("#!")[0].rstrip() for line in FILE.split("\n"))
    _, slips = examine_sla(text, SETTINGS)
    said = [str(slip) for slip in slips]
    assert len(EXPECTED) > 20
    for number, words in EXPECTED:
        assert [each for each in said if each.startswith(f"sla.yaml:{number}: {words}")], (
            number,
            words,
            said,
        )
    # Nothing is said of what is right, but what follows from a mistake: "4 hours" beside "urgnt", and so on.
    known = {number for number, _ in EXPECTED}
    assert {int(each.split(":")[1]) for each in said} <= known
    # Each with a remedy.
    assert all(slip.hint for slip in slips)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "sla.yaml:2: not valid YAML"),
        ("policies:\n- name: a\n  name: b", "sla.yaml:3: the key"),
        ("policies: &x []", "sla.yaml:1: anchors"),
        ("- a", "sla.yaml:1: a list of `key: value` lines"),
        ("calendars: {o: {timezone: UTC, hours: {mon: {from: 9}}}}", "sla.yaml:1: a single value"),
        ("policies:\n- [a]", "sla.yaml:2: a list of `key: value` lines"),
        ("calendars:\n  o: x", "sla.yaml:2: a list of `key: value` lines"),
        ("calendars:\n  O: {timezone: UTC, hours: always}", 'sla.yaml:2: "O" is not a name'),
        ("policies:\n- name: a\n  resolution: {all: [1h]}", "sla.yaml:3: a single value"),
        (
            f"{SHUT}    holidays: [2026-12-24, {{date: 2026-12-20..2026-12-26, hours: 09:00-12:00}}]",
            "sla.yaml:5: 2026-12-24 stands twice, with different hours",
        ),
    ],
)
def test_whatever_shape_it_has(text: str, said: str) -> None:
    _, slips = examine_sla(text, SETTINGS)
    assert slips
    assert any(str(slip).startswith(said) for slip in slips), [str(slip) for slip in slips]
