"""`desk rules replay`, `explain`: what happened, asked about once more, on a real desk that stays alike."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from care.world import AT, World, write_mail

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.fields import set_fields
from helpdesk_cli.desk.rules_explain import explain_mail, explain_ticket
from helpdesk_cli.desk.rules_files import BrokenRulesError, book_at, book_in, own_book
from helpdesk_cli.desk.rules_replay import read_span, replay
from helpdesk_cli.errors import ConflictError, NotFoundError
from helpdesk_cli.mail.received import Envelope

if TYPE_CHECKING:
    from helpdesk_cli.desk.rules_explain import Explained
    from helpdesk_cli.desk.rules_replay import Replay
    from helpdesk_cli.rules.explaining import Told

DANA = Actor("dana", "Dana Davis", "dana@example.com")
IN_FORCE = """\
rules:
- name: billing words
  event: created
  when: new-text:invoice
  do:
  - team: billing
  - tag: money
"""
CHANGED = (
    IN_FORCE.replace("new-text:invoice", "new-text:/invoice|refund/")
    + """\
- name: open high
  event: customer-replied
  when: priority:high team:billing
  do:
  - notify: assignee
  stop: yes
- name: any reply
  event: customer-replied
  do: [{tag: replied}]
- name: of the clock
  event: timer
  do: [{tag: old}]
"""
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """1: invoice, then priority high, a reply, then low; 2: refund; 3: hello, with a reply; 4: old."""
    made = World.make(tmp_path_factory.mktemp("replay") / "desk")
    (made.root / "rules.yaml").write_text(IN_FORCE)
    made.take(write_mail(1, text="My invoice\n", headers=(("X-Kind", "special"),)))
    made.take(write_mail(2, text="A refund, please\n"))
    made.take(write_mail(3, text="Hello\n"))
    set_fields(made.later(hours=1).desk, ["1"], [("priority", "high")], actor=DANA)
    made.later(hours=2).take(write_mail(4, answers=1, text="And?\n"))
    set_fields(made.later(hours=3).desk, ["1"], [("priority", "low"), ("team", "technical")], actor=DANA)
    made.later(hours=4).take(write_mail(5, answers=3, text="Hello again\n"))
    return made


def run(world: World, before: str, after: str, *, since: str = "90d", query: str = "") -> Replay:
    desk = world.later(days=1).desk
    books = [book_in(desk, text.encode(), place="rules.yaml") for text in (before, after)]
    return replay(desk, *books, read_span(since, desk.now, desk), query=query)


def test_the_same_file_comes_out_the_same(world: World) -> None:
    found = run(world, IN_FORCE, IN_FORCE)
    assert (found.mails, found.tickets, found.changed) == (5, 3, 0)
    assert found.others == 2
    assert found.rules == {"billing words": [1, 1]}


def test_a_changed_file_is_told_mail_by_mail_with_facts_as_they_were(world: World) -> None:
    found = run(world, IN_FORCE, CHANGED)
    assert found.rules == {"billing words": [1, 2], "open high": [0, 1], "any reply": [0, 1]}
    assert [(each.id, each.message, each.before, each.after) for each in found.otherwise] == [
        # Its priority was high then, and its team billing; `any reply` was kept from it by `stop`.
        ("TICKET-1", 2, (), ("dana is told",)),
        ("TICKET-2", 1, (), ("team billing", "tags +money")),
        ("TICKET-3", 2, (), ("tags +replied",)),
    ]
    assert found.changed == 3
    assert found.timers == ("of the clock",)


def test_nothing_is_written(world: World) -> None:
    before = {path: path.stat().st_mtime_ns for path in world.root.rglob("*.md")}
    commits = world.subjects()
    assert run(world, IN_FORCE, CHANGED).changed == 3
    assert {path: path.stat().st_mtime_ns for path in world.root.rglob("*.md")} == before
    assert world.subjects() == commits
    assert world.status() == " M rules.yaml\n"


def test_a_rule_by_another_name_changes_no_ticket(world: World) -> None:
    found = run(world, IN_FORCE, IN_FORCE.replace("billing words", "money"))
    assert found.rules == {"billing words": [1, 0], "money": [0, 1]}
    assert found.changed == 0


def test_lengths_of_time_count_from_the_mail(world: World) -> None:
    """Of a day later nothing is an hour old, but each mail was when it came."""
    young = IN_FORCE.replace("new-text:invoice", "new-text:invoice created:30min..")
    assert run(world, IN_FORCE, young).changed == 0
    past = IN_FORCE.replace("new-text:invoice", "new-text:invoice created:..1d")
    assert run(world, IN_FORCE, past).changed == 1


@pytest.mark.parametrize(
    ("since", "query", "mails"),
    [("2026-11-20T10:30Z..", "", 2), ("2026-11", "id:3", 2), ("2026-10", "", 0), ("90d", "refund", 1)],
)
def test_period_and_query_choose(world: World, since: str, query: str, mails: int) -> None:
    assert run(world, IN_FORCE, CHANGED, since=since, query=query).mails == mails


def test_a_header_that_no_ticket_kept_is_read_from_the_original(world: World) -> None:
    asking = IN_FORCE.replace("new-text:invoice", "header.x-kind:special")
    found = run(world, asking, asking.replace("header.x-kind:special", "header.x-kind:other"))
    assert [each.id for each in found.otherwise] == ["TICKET-1"]
    assert found.unknown == 0


def test_where_the_original_is_gone_that_is_said(world: World) -> None:
    asking = IN_FORCE.replace("new-text:invoice", "header.x-kind:special")
    originals = [path for path in (world.state / "raw").rglob("*") if path.is_file()]
    kept = {path: path.read_bytes() for path in originals}
    for path in originals:
        path.unlink()
    try:
        found = run(world, IN_FORCE, asking)
    finally:
        for path, data in kept.items():
            path.write_bytes(data)
    assert (found.unknown, found.mails) == (5, 5)


def test_the_json_is_whole_and_bounded(world: World) -> None:
    long = IN_FORCE.replace("- tag: money", f"- note: {'x' * 5000}")
    found = run(world, IN_FORCE, long).json()
    assert json.loads(json.dumps(found)) == found
    assert (found["changed"], found["total"], len(found["items"])) == (1, 1, 1)
    assert max(len(line) for line in found["items"][0]["after"]) < 400


def test_a_ticket_that_cannot_be_read_is_named(world: World) -> None:
    path = world.root / world.paths()[1]
    kept = path.read_bytes()
    path.write_bytes(kept.replace(b"---\n", b"", 1))
    try:
        found = run(world, IN_FORCE, IN_FORCE)
    finally:
        path.write_bytes(kept)
    assert [name for name, _ in found.skipped] == ["tickets/2026/11/TICKET-2.md"]
    assert found.mails == 4


def test_what_is_wrong_with_a_file_is_all_told(world: World) -> None:
    with pytest.raises(BrokenRulesError) as caught:
        book_in(
            world.desk, b"rules:\n- name: a\n  event: never\n  when: teem:x\n  do: [{teem: x}]\n", place="n"
        )
    places = [slip.place for slip in caught.value.slips]
    assert {"n:3", "n:5"} <= set(places)


def test_a_commit_can_be_asked_and_an_option_cannot(world: World) -> None:
    desk = world.desk
    assert [rule.name for rule in own_book(desk).rules] == ["billing words"]
    assert len(book_at(desk, "HEAD").rules) > 5
    for place in ("--output=x", "-h", "no-such-branch", "HEAD;id", "missing/rules.yaml"):
        with pytest.raises(NotFoundError):
            book_at(desk, place)


def told(found: Explained) -> dict[str, Told]:
    return {each.rule.name: each for each in found.told}


def test_explain_says_at_which_term_it_failed_and_what_is_there(world: World) -> None:
    desk = world.later(days=1).desk
    book = book_in(desk, CHANGED.encode(), place="rules.yaml")
    found = explain_ticket(desk, book, "1")
    assert (found.ticket, found.message, found.event) == ("TICKET-1", 2, "customer-replied")
    rules = told(found)
    assert rules["billing words"].verdict == "other event"
    assert rules["open high"].verdict == "acted"
    assert [(each.term, each.holds, each.has) for each in rules["open high"].because] == [
        ("priority:high", True, "high"),
        ("team:billing", True, "billing"),
    ]
    assert (rules["any reply"].verdict, rules["any reply"].by) == ("stopped", "open high")
    effects = rules["any reply"].effects
    assert effects is not None
    assert effects.lines == ("tags +replied",)
    later = told(explain_ticket(desk, book, "3"))["open high"]
    assert [(each.term, each.holds, each.has) for each in later.because] == [
        ("priority:high", False, "medium"),
        ("team:billing", False, ""),
    ]


def test_explain_of_a_message_an_event_and_time(world: World) -> None:
    desk = world.later(days=1).desk
    book = book_in(desk, CHANGED.encode(), place="rules.yaml")
    first = explain_ticket(desk, book, "1.1")
    assert (first.event, first.then) == ("created", ("billing words",))
    assert explain_ticket(desk, book, "1", event="created") == first
    assert explain_ticket(desk, book, "1", event="updated").at == AT + timedelta(hours=3)
    timed = told(explain_ticket(desk, book, "1", event="timer"))
    assert timed["of the clock"].verdict == "acted"
    with pytest.raises(NotFoundError, match="agent-replied"):
        explain_ticket(desk, book, "1", event="agent-replied")
    with pytest.raises(NotFoundError, match="no message 9"):
        explain_ticket(desk, book, "1.9")


def test_explain_of_a_mail_in_a_file_writes_nothing(world: World) -> None:
    desk = world.later(days=1).desk
    book = book_in(desk, CHANGED.encode(), place="rules.yaml")
    before = world.paths()
    new = explain_mail(desk, book, write_mail(90, text="refund\n"), Envelope())
    assert (new.event, new.joins, told(new)["billing words"].verdict) == ("created", "", "acted")
    reply = explain_mail(desk, book, write_mail(91, answers=2), Envelope())
    assert (reply.event, reply.joins) == ("customer-replied", "TICKET-2")
    with pytest.raises(ConflictError, match="TICKET-1 already"):
        explain_mail(
            desk, book, write_mail(1, text="My invoice\n", headers=(("X-Kind", "special"),)), Envelope()
        )
    assert world.paths() == before


def test_rules_that_are_off_are_tried_all_the_same(world: World) -> None:
    text = IN_FORCE.replace("  event: created\n", "  event: created\n  active: no\n")
    desk = world.later(days=1).desk
    found = told(explain_ticket(desk, book_in(desk, text.encode(), place="r"), "1.1"))["billing words"]
    assert found.verdict == "off"
    assert found.effects is not None
    assert found.effects.lines == ("team billing", "tags +money")
