"""Slips of the pen in a ticket file: named with line and remedy, or understood; never a fault of ours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from care.world import World, write_mail

from helpdesk_cli.desk import auto_assign, rules_mail, sla_run
from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.by_hand import hand_changes
from helpdesk_cli.desk.fsck import fsck
from helpdesk_cli.desk.listing import list_tickets
from helpdesk_cli.desk.log import log_desk
from helpdesk_cli.desk.status import reopen
from helpdesk_cli.desk.tag import tag
from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage.settings_people_file import NOT_AGENTS
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.tickets.changes import change_text
from helpdesk_cli.tickets.entries import MACHINES

TICKET = "tickets/2026/11/TICKET-1.md"
DANA = Actor("dana", "Dana Davis", "dana@example.com")


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World.make(tmp_path / "desk")
    made.take(write_mail(1))
    made.take(write_mail(2))
    return made


@pytest.mark.parametrize(
    "line",
    [
        "set: subject --> | Request 1 | Request 2",
        "set: later-version | a | b",
        "set: tags | a | b",
        "list: status | +x | -new",
        "list: later-version | +x",
        "set: id | TICKET-1 | TICKET-2",
        "set: created | 2026-11-20T09:00:00Z | 2027-11-20T09:00:00Z",
        "set:",
        "list:",
    ],
)
def test_what_an_event_says_of_no_field_counts_for_nothing(world: World, line: str) -> None:
    """A hand wrote it, or a later version of desk in another clone."""
    path = world.root / TICKET
    text = path.read_text()
    path.write_text(text.replace("what: opened\n", f"what: opened\n{line}\n", 1))
    assert hand_changes(world.ticket("TICKET-1")) == []
    assert not tag(world.desk, ["1"], added=["vip"], actor=DANA).errors
    assert line in path.read_text()
    assert [finding.code for finding in fsck(world.desk)] == []


@pytest.mark.parametrize(
    ("line", "key", "told"),
    [
        ("assignee: dana", "assignee", "assignee dana"),
        ("category: billing", "category", "category billing"),
        ("tags: [vip, urgent]", "tags", "tags +urgent +vip"),
        ("links: [TICKET-2]", "links", "links +TICKET-2"),
    ],
)
def test_a_hand_may_give_a_field_its_first_value(world: World, line: str, key: str, told: str) -> None:
    path = world.root / TICKET
    path.write_text(path.read_text().replace("\n---\n", f"\n{line}\n---\n", 1))
    (change,) = hand_changes(world.ticket("TICKET-1"))
    assert (change.field, change_text(change)) == (key, told)
    assert not tag(world.desk, ["1"], added=["late"], actor=DANA).errors
    assert "by hand" in [event.what for event in world.ticket("TICKET-1").events]
    assert hand_changes(world.ticket("TICKET-1")) == []


@pytest.mark.parametrize(
    ("name", "by"), [("SLA", "somebody"), ("rule billing", "somebody"), ("Ruth", "Ruth")]
)
def test_no_hand_acts_under_the_name_of_a_machine(world: World, name: str, by: str) -> None:
    """Clocks, rules and reports count what a machine does otherwise."""
    path = world.root / TICKET
    path.write_text(path.read_text().replace("priority: medium", "priority: high", 1))
    world.git("-c", f"user.name={name}", "-c", "user.email=x@example.org", "commit", "-qam", "By hand")
    assert not tag(world.desk, ["1"], added=["late"], actor=DANA).errors
    (event,) = [event for event in world.ticket("TICKET-1").events if event.what == "by hand"]
    assert event.by == by


def test_what_acts_for_the_desk_is_no_agent() -> None:
    """Whatever gives `desk_actor` a key of its own has one that desk.yaml keeps free."""
    keys = {"mail", sla_run.ACTOR, auto_assign.ACTOR, rules_mail.RULES}
    for path in Path(sla_run.__file__).parents[1].rglob("*.py"):
        keys |= set(re.findall(r'desk_actor\([^()]*key="([^"]+)"\)', path.read_text()))
    assert keys <= MACHINES <= NOT_AGENTS


@pytest.mark.parametrize("old", [b"<!-- desk:event ", b"<!-- /desk:message ", b"at: "])
def test_bytes_that_are_no_text_break_no_other_ticket(world: World, old: bytes) -> None:
    path = world.root / TICKET
    path.write_bytes(path.read_bytes().replace(old, old + b"\xae", 1))
    listed = list_tickets(world.desk)
    assert ([row.number for row in listed.rows], [place for place, _ in listed.problems]) == ([2], [TICKET])
    assert world.take(write_mail(3, answers=1)).outcome == "deferred"
    assert world.take(write_mail(4, answers=2)).ticket == "TICKET-2"


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("priority", 5),
        ("priority: @x", 5),
        ("priority: `x", 5),
        ("priority: [a", 6),
        ('priority: "a', 5),
        ('tags:\n- "a\n- b', 6),
        ("priority: 'a\nteam: b", 5),
        ("priority: a: b", 5),
        ("priority: 'a' b", 5),
        ("- priority", 5),
        ("priority: - a", 5),
        ("priority: {a: {b: {c: {d: e}}}}", 5),
        ("priority: {a: b}", 5),
        ("priority: [a, b]", 5),
        ("requester:\n- a", 5),
        ("created: soon", 5),
        ("priority: &a b", 5),
        ("priority: *a", 5),
        ("priority: !a b", 5),
        ("priority: %a", 5),
        ("  priority: a", 5),
        ("\tpriority: a", 5),
        ("priority: \x01", 5),
        ("...", 5),
        (f"x: {'y' * 70_000}", 1),
    ],
)
def test_a_front_matter_that_cannot_be_read_names_its_line_and_the_remedy(line: str, number: int) -> None:
    head = ["---", "id: TICKET-1", 'uid: "1111111111111111"', "subject: Help", line]
    if not line.startswith("created"):
        head.append('created: "2026-11-20T09:00:00Z"')
    with pytest.raises(InvalidFileError) as refused:
        read_ticket_file("\n".join([*head, "---", ""]).encode(), place="T.md")
    name, _, found = refused.value.place.partition(":")
    assert name == "T.md"
    assert abs(int(found) - number) <= 1, refused.value
    assert refused.value.hint


def test_a_command_with_nothing_else_to_do_says_that_a_hand_did(world: World) -> None:
    path = world.root / TICKET
    path.write_text(path.read_text().replace("priority: medium", "priority: low"))
    outcome = reopen(world.desk, ["1"], actor=DANA)
    assert [each.summary for each in outcome.recorded] == ["TICKET-1: changed by hand"]
    assert world.subjects()[-1] == "TICKET-1: changed by hand"
    assert log_desk(world.desk, limit=1)[0].ticket == "TICKET-1"
