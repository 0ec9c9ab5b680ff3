"""`desk rules test`: mails with expected results, in a desk of their own; every way to write one wrongly."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail

from helpdesk_cli.desk.rules_files import book_in, own_book
from helpdesk_cli.desk.rules_test import test_rules as try_rules
from helpdesk_cli.errors import DeskError, InvalidFileError, NotFoundError

if TYPE_CHECKING:
    from helpdesk_cli.desk.rules_test import Tested

SHIPPED = Path(__file__).resolve().parents[2] / "rules" / "tests"
RULES = """\
rules:
- name: billing words
  event: created
  when: new-text:invoice
  do:
  - team: billing
  - tag: [money, vat]
  - note: Look into the books.
- name: gold
  event: [created, customer-replied]
  when: customer.tier:gold header.x-kind:special recipient:gold@example.com
  do: [{priority: high}, {notify: lee}]
- name: reminder
  event: timer
  when: status:pending silent-for:3d..
  do: [{reply: follow-up-check}]
- name: reopened
  event: updated
  when: status:open
  do: [{tag: again}]
- name: answered
  event: agent-replied
  do: [{tag: answered}]
- name: further
  event: customer-replied
  when: status:open tag:money
  do: [{status: pending}]
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = World.make(tmp_path_factory.mktemp("rules-test") / "desk")
    made.take(write_mail(1, text="There before\n"))
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "money.eml").write_bytes(write_mail(1, text="My invoice\n"))
    (tmp_path / "reply.eml").write_bytes(write_mail(2, answers=1, text="And?\n"))
    special = write_mail(3, text="Hello\n", headers=(("X-Kind", "special"),))
    (tmp_path / "special.eml").write_bytes(special)
    return tmp_path


def run(world: World, folder: Path, text: str, *, mail: str = "") -> Tested:
    path = folder / "it.yaml"
    path.write_text((f"mail: {mail}\n" if mail else "") + text)
    rules = book_in(world.desk, RULES.encode(), place="rules.yaml").rules
    (tested,) = try_rules(world.desk, rules, [path])
    return tested


def passes(world: World, folder: Path, text: str, *, mail: str = "money.eml") -> None:
    tested = run(world, folder, text, mail=mail)
    assert tested.error is None
    assert tested.differences == ()


def test_the_rules_that_come_with_desk_pass_theirs(world: World) -> None:
    tested = list(try_rules(world.desk, own_book(world.desk).rules, [SHIPPED]))
    assert [each.name for each in tested if not each.passed] == []
    fired = {rule for each in tested for rule in each.effects.rules}
    # Each has a mail for which it acts.
    assert {rule.name for rule in own_book(world.desk).rules} <= fired


def test_what_a_mail_comes_to(world: World, folder: Path) -> None:
    passes(
        world,
        folder,
        "expect:\n  rules: [billing words]\n  ticket: {team: billing, tags: [vat, money], status: new}\n"
        "  notes: [into the books]\n",
    )


def test_who_wrote_and_what_the_envelope_said(world: World, folder: Path) -> None:
    passes(
        world,
        folder,
        "customer: {tier: gold}\nrecipients: [gold@example.com]\n"
        "expect:\n  rules: [gold]\n  ticket: {priority: high}\n  told: [lee]\n",
        mail="special.eml",
    )


def test_a_reply_meets_the_ticket_that_an_agent_changed(world: World, folder: Path) -> None:
    passes(
        world,
        folder,
        "after: [money.eml]\ngiven: {status: open}\nevent: customer-replied\n"
        "expect:\n  rules: [further]\n  ticket: {status: pending}\n",
        mail="reply.eml",
    )


def test_time_answers_and_changes(world: World, folder: Path) -> None:
    remind = "event: timer\ngiven: {status: pending}\nlater: 3d\n"
    passes(
        world, folder, f"{remind}on: [Reminder]\nexpect: {{rules: [reminder], mails: [follow-up-check]}}\n"
    )
    # In dry run it does nothing at all.
    passes(world, folder, f"{remind}expect: {{rules: []}}\n")
    passes(world, folder, "event: updated\ngiven: {status: open}\nexpect: {rules: [reopened]}\n")
    passes(
        world,
        folder,
        "event: agent-replied\nexpect: {rules: [answered], ticket: {tags: answered money vat}}\n",
    )


def test_what_differs_is_said_with_its_line(world: World, folder: Path) -> None:
    tested = run(
        world,
        folder,
        "expect:\n  rules:\n  - gold\n  ticket:\n    status: new\n    team: technical\n  notes: [gone]\n"
        "  mails: [follow-up-check]\n  told: []\n",
        mail="money.eml",
    )
    assert [(each.what, each.expected, each.found, each.line) for each in tested.differences] == [
        ("rules", "gold", "billing words", 3),
        ("team", "technical", "billing", 7),
        ("a note with", "gone", "Look into the books.", 8),
        ("mails", "follow-up-check", "", 9),
    ]


def test_this_desk_is_not_touched_and_not_asked(world: World, folder: Path) -> None:
    """The mail has the id and the subject of one that is there: in the test it opens a ticket."""
    before = {path: path.read_bytes() for path in world.root.rglob("*") if path.is_file()}
    passes(world, folder, "event: created\nexpect: {rules: [billing words]}\n")
    after = {path: path.read_bytes() for path in world.root.rglob("*") if path.is_file()}
    assert {path: data for path, data in after.items() if "index.db" not in path.name} == {
        path: data for path, data in before.items() if "index.db" not in path.name
    }


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("expect: {rulez: []}", 1, 'unknown key "rulez"'),
        ("expect:\n  rules: [biling words]", 2, 'no rule "biling words". Did you mean "billing words"'),
        ("about: x", 1, "expects nothing"),
        ("expect:\n  ticket: {team: billing}", 2, "which rules are to act?"),
        ("expect:\n  rules: []\n  ticket:\n    team: biling", 4, "biling"),
        ("expect:\n  rules: []\n  ticket: {mood: good}", 3, 'unknown key "mood"'),
        ("mail: ../money.eml\nexpect: {rules: []}", 1, "no mail beside this file"),
        ("mail: none.eml\nexpect: {rules: []}", 1, 'no mail "none.eml" beside it'),
        ("mail: money.eml\nevent: never\nexpect: {rules: []}", 2, '"never"'),
        ("mail: money.eml\nlater: soon\nexpect: {rules: []}", 2, '"soon" is no length'),
        ("event: timer\nlater: 999999y\nexpect: {rules: []}", 2, '"999999y" lies too far away'),
        (
            "event: timer\nat: 9999-12-31T23:59:59Z\nexpect: {rules: []}",
            2,
            "no mail comes in in the year 9999",
        ),
        ("event: timer\nat: 0001-01-01T00:00Z\nexpect: {rules: []}", 2, "no mail comes in in the year 1"),
        ("mail: money.eml\nlater: 3d\nexpect: {rules: []}", 1, "`later` than what?"),
        ("mail: money.eml\ngiven: {status: open}\nexpect: {rules: []}", 1, "`given` needs a ticket"),
        ("mail: money.eml\nevent: updated\nexpect: {rules: []}", 1, "nothing is updated"),
        ("mail: money.eml\nat: noon\nexpect: {rules: []}", 2, '"noon" is no time'),
        ("mail: money.eml\nrecipients: [x]\nexpect: {rules: []}", 2, "not a mail address"),
        ("mail: money.eml\ncustomer: {shoe: 9}\nexpect: {rules: []}", 2, 'unknown key "shoe"'),
        ("mail: money.eml\nexpect:\n  rules: []\n  told: [nobody]", 4, '"nobody"'),
        ("mail: money.eml\nexpect: [", 3, "not valid YAML"),
        ("mail: money.eml\nabout: \x07\nexpect: {rules: []}", 2, "no text"),
        ("mail: a\nmail: b\nexpect: {rules: []}", 2, "mail"),
    ],
)
def test_every_mistake_has_its_line(world: World, folder: Path, text: str, line: int, said: str) -> None:
    tested = run(world, folder, text)
    assert tested.error is not None
    assert f"it.yaml:{line}: " in str(tested.error)
    assert said in str(tested.error)


def test_one_broken_test_hides_no_other(world: World, folder: Path) -> None:
    (folder / "a.yaml").write_text("mail: money.eml\nevent: created\nexpect: {rules: [billing words]}\n")
    (folder / "b.yaml").write_text("nonsense\n")
    (folder / "c.yaml").write_text("mail: reply.eml\nafter: [money.eml, special.eml]\nexpect: {rules: []}\n")
    rules = book_in(world.desk, RULES.encode(), place="rules.yaml").rules
    assert [each.passed for each in try_rules(world.desk, rules, [folder])] == [True, False, True]


@pytest.mark.parametrize(
    ("event", "said"), [("customer-replied", "sets off created"), ("created", "")], ids=["other", "its own"]
)
def test_the_event_of_a_mail_is_its_own(world: World, folder: Path, event: str, said: str) -> None:
    tested = run(world, folder, f"event: {event}\nexpect: {{rules: [billing words]}}\n", mail="money.eml")
    assert (said in str(tested.error)) if said else tested.passed


def test_hostile_mails_end_as_tickets_not_as_faults(world: World, folder: Path) -> None:
    for number, data in enumerate(
        (b"\xff\xfe\x00", b"From: a@b\n" * 5000, b"Subject: " + b"x" * 200_000 + b"\n\n")
    ):
        (folder / "bad.eml").write_bytes(data)
        tested = run(world, folder, "expect: {rules: []}\n", mail="bad.eml")
        assert tested.error is None, number
    (folder / "bad.eml").write_bytes(b" \n")
    with pytest.raises(DeskError, match="no mail that could come in"):
        raise run(world, folder, "expect: {rules: []}\n", mail="bad.eml").error or AssertionError


def test_a_mail_needs_a_test_and_a_folder_some(world: World, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no tests"):
        list(try_rules(world.desk, (), [tmp_path]))
    (tmp_path / "alone.eml").write_bytes(write_mail(1))
    with pytest.raises(InvalidFileError, match="no test says"):
        list(try_rules(world.desk, (), [tmp_path]))
    with pytest.raises(NotFoundError, match="no such test"):
        list(try_rules(world.desk, (), [tmp_path / "gone.yaml"]))
