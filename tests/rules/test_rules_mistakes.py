"""A rules.yaml with every kind of mistake: each is said at once, with its line and what to write."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail

from helpdesk_cli.desk.rules_check import check
from helpdesk_cli.desk.rules_reading import read_book
from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.query.context import Context
from helpdesk_cli.query.patterns import compile_pattern
from helpdesk_cli.rules.conditions import read_condition, rule_context
from helpdesk_cli.rules.lint import lint
from helpdesk_cli.rules.rule import Action, Rule
from helpdesk_cli.storage.rule_actions import Known
from helpdesk_cli.storage.rules_file import examine_rules, read_rules
from helpdesk_cli.storage.settings import Settings, default_words
from helpdesk_cli.storage.yaml_tree import LARGEST

if TYPE_CHECKING:
    from pathlib import Path

# A line of the file, what is said of it. The marker ends the line.
FILE = """\
rules:
- name: one
  evnt: created                              #! unknown key "evnt". Did you mean "event"?
  event: create                              #! there is no event "create". Did you mean "created"?
  do: [{asign: dana}]                        #! unknown action "asign". Did you mean "assign"?
- name: two
  event: created
  do:
  - assign: dna                              #! unknown agent "dna". Did you mean "dana"?
  - assign: billing                          #! "billing" is a team, not an agent. Write `team: billing`.
  - team: biling                             #! unknown team "biling". Did you mean "billing"?
  - status: reslved                          #! unknown status "reslved". Did you mean "resolved"?
  - status: merged                           #! "merged" is no status to set. A ticket becomes merged
  - priority: hihg                           #! unknown priority "hihg". Did you mean "high"?
  - category: bill                           #! unknown category "bill"
  - tag: two words                           #! "two words" is not a tag. A tag is one word in small letters.
  - tag: ""                                  #! tag whom or what? Write it behind `tag:`.
  - reply: closign                           #! there is no template "closign". Did you mean "closing"?
  - notify: dan                              #! "dan" is nobody of this desk. Did you mean "dana"?
  - snooze: 999999y                          #! "999999y" lies too far away. Write `snooze: 3d`, 4h or 2w.
  - dedupe:
      by: subject
      reopen-within: 127y                    #! "127y" lies too far away. Write `reopen-within: 3d`, 4h or 2w.
  - snooze: soon                             #! "soon" is no length of time. Write `snooze: 3d`, 4h or 2w.
  - note: ""                                 #! note whom or what? Write it behind `note:`.
  - spam: really                             #! spam takes no value. Write `- spam`.
  - set: {colour: red}                       #! unknown field "colour"
  - set: {uid: x}                            #! uid is not set by rules
  - set: {subject: ""}                       #! a ticket always has a subject
  - dedupe: {recovered: subject:ok}          #! dedupe by what?
  - dedupe: {by: subjct}                     #! "subjct" is no place in a mail
  - dedupe: {by: "subject:/(/"}              #! this pattern is not valid
  - just words                               #! a list of actions belongs here. Write `- priority: high`.
- event: created                             #! this rule has no name. Begin it with `- name: …`.
  do: [spam]
- name: "evil\\nname"                         #! this value holds a line break or a control character.
  event: created
  do: [spam]
- name: a<b>                                 #! "a<b>" cannot be the name of a rule
  event: created
  do: [spam]
- name: ONE                                  #! two rules are called "ONE" (the first in line 2)
  event: created
  do: [spam]
- name: nothing                              #! the rule "nothing" has no `do`. Write `- priority: high`
- name: empty
  event: created
  do: []                                     #! the rule "empty" does nothing
- name: boolean
  on: created                                #! unknown key "on". What a rule waits for is its `event:`.
- name: headers
  event: created
  when: header.subject:x                     #! the header subject is a field of its own. Write `subject:`.
  stop: perhaps                              #! "perhaps" is neither yes nor no. Write yes or no.
  at-most: 0                                 #! a rule that may act on no ticket does nothing
  do: [spam]
- name: condition
  event: created
  when: asignee:me                           #! the condition of condition: unknown field "asignee". Did
  do: [spam]
- name: late condition
  event: created
  when: status:nwe                           #! the condition of late condition: unknown status "nwe".
  do: [spam]
- name: pattern
  event: created
  when: subject:/(a/                         #! the condition of pattern: this pattern is not valid
  do: [spam]
- a rule                                     #! a rule belongs here. Begin it with `- name: …`.
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World.make(tmp_path_factory.mktemp("rules") / "desk")


def test_every_mistake_is_said_with_its_line(world: World) -> None:
    (world.root / "rules.yaml").write_text(FILE)
    found = check(world.desk)
    said = [str(error) for error in found.errors]
    wanted = [
        (number, line.partition("#! ")[2])
        for number, line in enumerate(FILE.splitlines(), start=1)
        if "#! " in line
    ]
    assert len(wanted) >= 35
    places = [int(error.place.rpartition(":")[2]) for error in found.errors]
    assert places == sorted(places)
    missing = [
        (number, text)
        for number, text in wanted
        if not any(each.startswith(f"rules.yaml:{number}: {text}") for each in said)
    ]
    assert missing == []
    # `event: create` is none, so that rule has none: nothing else follows from one mistake.
    assert len(said) == len(wanted) + 2


def test_a_condition_shows_its_place(world: World) -> None:
    (world.root / "rules.yaml").write_text(
        "rules:\n- {name: x, event: created, when: 'tag:a asignee:me', do: [spam]}\n"
    )
    (error,) = check(world.desk).errors
    assert str(error).endswith("\n  tag:a asignee:me\n        ^^^^^^^")


def examine(text: str) -> list[InvalidFileError]:
    return examine_rules(text, Known(Settings(**default_words())))[1]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules:\n- &a {name: x}\n- *a\n", "anchors and aliases"),
        ("rules:\n- <<: {name: x}\n  event: created\n  do: [spam]\n", 'unknown key "<<"'),
        ("rules:\n- {name: x, name: y}\n", 'the key "name" stands twice'),
        ("rules: []\nrules: []\n", 'the key "rules" stands twice'),
        ("rules: !!python/object:os.system x\n", "YAML tags"),
        ("rules: []\n---\nrules: []\n", "a second YAML document"),
        ("rules: " + "[" * 50 + "]" * 50, "nested deeper"),
        ("rules: '" + "x" * LARGEST + "'", "larger than"),
        ("rules:\n- name: \x1b[31m\n", "no text (U+001B)"),
        ("rules: 3\n", "a list of rules belongs here"),
        ("rule: []\n", 'unknown key "rule". Did you mean "rules"?'),
        ("rules:\n" + "- {name: x, event: created, do: [spam]}\n" * 1001, "more than 1,000 rules"),
    ],
)
def test_what_is_no_such_file_is_refused_with_its_line(text: str, said: str) -> None:
    error = examine(text)[0]
    assert said in str(error)
    assert error.place.startswith("rules.yaml:")
    with pytest.raises(InvalidFileError):
        read_rules(text, Known(Settings()))


def test_an_empty_file_has_no_rules() -> None:
    for text in ("", "rules:\n", "rules: []\n", "# nothing\n"):
        assert read_rules(text, Known(Settings())) == ()


def oddities(*rules: tuple[str, str, str] | tuple[str, str, str, bool], event: str = "created") -> list[str]:
    made = [
        Rule(name, (event,), when, (Action(*action.split(" ", 1)),), stop=bool(stop))  # type: ignore[arg-type]
        for name, when, action, *stop in rules
    ]
    context = rule_context(Context(datetime(2026, 11, 20, tzinfo=UTC), UTC), made)
    return [odd.what for odd in lint([read_condition(rule, context) for rule in made])]


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([("a", "", "tag x", True), ("b", "tag:y", "tag z")], "b never acts: a (line 0) holds whenever"),
        ([("a", "tag:y", "tag x", True), ("b", "tag:y from:z", "tag z")], "b never acts: a"),
        ([("a", "tag:y,v", "tag x", True), ("b", "tag:v", "tag z")], "b never acts: a"),
        ([("a", "tag:y OR from:z", "tag x", True), ("b", "from:z", "tag z")], "b never acts: a"),
        ([("a", "-tag:y", "tag x", True), ("b", "-tag:y,z", "tag z")], "b never acts: a"),
        ([("a", "status:new status:open", "tag x")], "a never acts: status:new and status:open never hold"),
        ([("a", "tag:y -tag:y", "tag x")], "never hold at once"),
        ([("a", "team:none team:billing", "tag x")], "never hold at once"),
        ([("a", "messages:3.. messages:..1", "tag x")], "never hold at once"),
        ([("a", "tag:y", "priority high"), ("b", "tag:y from:z", "priority low")], "what stands later wins"),
        ([("a", "tag:y from:z", "team one"), ("b", "tag:y", "team two")], "what stands later wins"),
    ],
)
def test_what_follows_from_the_file_is_said(rules: list[tuple[str, str, str]], said: str) -> None:
    assert any(said in odd for odd in oddities(*rules))


@pytest.mark.parametrize(
    "rules",
    [
        [("a", "tag:y", "tag x", True), ("b", "from:z", "tag z")],
        [("a", "tag:y", "tag x", True), ("b", "tag:y,z", "tag z")],
        [("a", "tag:y from:z", "tag x", True), ("b", "tag:y", "tag z")],
        [("a", "from:x from:y", "tag x")],
        [("a", "status:new,open status:open", "tag x")],
        [("a", "tag:y", "priority high"), ("b", "from:z", "priority low")],
        [("a", "", "priority high"), ("b", "priority:high tag:x", "priority low")],
        # In dry run it does nothing at all, and stops nothing.
        [("a", "tag:y", "reply hello", True), ("b", "tag:y from:z", "tag z")],
        # What stands between may bring about what the earlier one asked for.
        [("a", "tag:x", "note n", True), ("m", "", "team q"), ("b", "team:q", "tag z")],
    ],
)
def test_what_may_be_meant_is_not_called_odd(rules: list[tuple[str, str, str]]) -> None:
    assert oddities(*rules) == []


def test_a_timer_without_a_condition_is_odd() -> None:
    assert oddities(("a", "", "tag x"), event="timer") == ["a acts on every ticket that there is"]


def test_the_shipped_rules_are_not(tmp_path: Path) -> None:
    fresh = World.make(tmp_path / "fresh")
    found = check(fresh.desk)
    assert (found.errors, found.oddities) == ((), ())
    assert len(found.rules) >= 12
    on = (fresh.root / "rules.yaml").read_text().replace("  active: no\n", "")
    (fresh.root / "rules.yaml").write_text(on)
    found = check(fresh.desk)
    assert (found.errors, found.oddities) == ((), ())


def test_a_rule_that_is_off_may_name_what_is_not_there(tmp_path: Path) -> None:
    fresh = World.make(tmp_path / "fresh")
    config = fresh.root / "desk.yaml"
    config.write_text(
        config.read_text().replace("technical: {about", "experts: {about").replace("[technical]", "[]")
    )
    found = check(fresh.desk)
    assert found.errors == ()
    assert {odd.message for odd in found.oddities} == {
        'this rule is off, and cannot be switched on: unknown team "technical"'
    }
    assert [rule.state for rule in read_book(fresh.desk).rules] == ["off"] * len(found.rules)
    on = (fresh.root / "rules.yaml").read_text().replace("  active: no\n", "")
    (fresh.root / "rules.yaml").write_text(on)
    assert {error.message for error in check(fresh.desk).errors} == {'unknown team "technical"'}


def test_without_re2_rules_that_are_off_are_no_mistake(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Rules that come with desk have patterns; without RE2 mail is taken in as if they were not there."""
    world = World.make(tmp_path / "desk")
    monkeypatch.setitem(sys.modules, "re2", None)
    compile_pattern.cache_clear()
    (world.root / "rules.yaml").write_text((world.root / "rules.yaml").read_text() + "\n")  # no copy of it
    world.take(write_mail(1))
    assert world.subjects()[-1] == "TICKET-1: opened by a mail"
    assert world.ticket("TICKET-1").status == "new"
    text = (world.root / "rules.yaml").read_text().replace("  active: no\n", "", 2)
    (world.root / "rules.yaml").write_text(text)
    with pytest.raises(InvalidFileError, match=r"google-re2 is not installed.*pip install"):
        read_book(world.later(minutes=1).desk)
    world.later(minutes=1).take(write_mail(2))
    assert world.subjects()[-1] == "TICKET-2: rules wait"
