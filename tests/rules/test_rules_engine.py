"""What rules decide, in memory: order, events, messages, once each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk_cli.query.context import Context, Vocabulary
from helpdesk_cli.query.fields import FIELDS
from helpdesk_cli.rules.around import Around
from helpdesk_cli.rules.conditions import read_condition, rule_context
from helpdesk_cli.rules.engine import decide
from helpdesk_cli.rules.occasion import Occasion, of_entry, of_message, of_time
from helpdesk_cli.rules.rule import Action, Rule
from helpdesk_cli.tickets.changes import FieldSet, ListChanged, apply_all
from helpdesk_cli.tickets.entries import MACHINES, Event, Message, Note, Segment
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.ticket import Ticket

if TYPE_CHECKING:
    from helpdesk_cli.rules.engine import Decision

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ADA = Person("Ada", "ada@example.com")
WORDS = Vocabulary(
    {
        "priority": (("urgent",), ("high",), ("medium", "normal"), ("low",)),
        "status": (("new",), ("open",), ("pending",), ("resolved",), ("closed",), ("spam",)),
        "team": (("billing",), ("technical",)),
    },
    waiting=("pending",),
    done=("resolved", "closed", "spam"),
)


def mail(
    number: int = 1, *, subject: str = "Late invoice", text: str = "Where is it?\n", **more: object
) -> Message:
    at = NOW - timedelta(hours=3 - number)
    body = (Segment("text", text),)
    return Message(
        f"m{number}", at, ADA, subject=subject, to=(Person(email="help@example.org"),), body=body, **more
    )  # type: ignore[arg-type]


def ticket(*entries: object, **more: object) -> Ticket:
    state = {"subject": "Late invoice", "status": "new", "priority": "medium", "requester": ADA, **more}
    return Ticket("TICKET-1", "uid1", NOW - timedelta(hours=2), entries=entries or (mail(),), **state)  # type: ignore[arg-type]


def rule(
    name: str, when: str = "", *actions: tuple[str, str], event: str = "created", **more: object
) -> Rule:
    made = tuple(Action(key, value) for key, value in actions)
    return Rule(name, (event,), when, made or (Action("tag", name),), **more)  # type: ignore[arg-type]


def run(
    rules: list[Rule], before: Ticket | None = None, occasion: Occasion | None = None, **more: bool
) -> Decision:
    before = before or ticket()
    context = rule_context(Context(NOW, UTC, WORDS, FIELDS), rules)
    around = Around(NOW, context.fields, WORDS.statuses("done"), people=lambda _, who: [who])
    conditions = [read_condition(each, context) for each in rules]
    return decide(conditions, before, occasion or of_message(before, before.messages[-1]), around, **more)


def verdicts(decision: Decision) -> list[str]:
    return [each.verdict for each in decision.asked]


def test_rules_run_in_the_order_of_the_file_and_see_what_earlier_ones_changed() -> None:
    done = run(
        [
            rule("one", "priority:urgent"),
            rule("two", "subject:invoice", ("priority", "urgent")),
            rule("three", "priority:urgent", ("team", "billing")),
        ]
    )
    assert verdicts(done) == ["no match", "acted", "acted"]
    assert (done.ticket.priority, done.ticket.team, done.ticket.tags) == ("urgent", "billing", ())


def test_stop_ends_it() -> None:
    done = run([rule("one", "", stop=True), rule("two", "")])
    assert verdicts(done) == ["acted", "stopped"]
    assert done.ticket.tags == ("one",)


def test_a_rule_acts_once_for_one_entry() -> None:
    rules = [
        rule("one", "", ("note", "hello")),
        rule("two", "", ("notify", "dana"), stop=True),
        rule("three", ""),
    ]
    once = run(rules)
    again = run(rules, once.ticket, of_message(once.ticket, once.ticket.messages[0]))
    assert verdicts(once) == ["acted", "acted", "stopped"]
    assert verdicts(again) == ["done before", "done before", "stopped"]
    assert again.ticket == once.ticket


def test_what_is_so_already_is_no_event() -> None:
    done = run([rule("one", "", ("priority", "medium"), ("tag", "-none"))])
    assert verdicts(done) == ["nothing to do"]
    assert done.ticket == ticket()


def test_events_name_their_rule_and_come_after_the_mail() -> None:
    (acted,) = run(
        [rule("billing words", "", ("priority", "high"), ("tag", "vat -x"), ("notify", "lee"))]
    ).acted
    assert acted.event.by == "rule billing words"
    assert acted.event.at > acted.before.messages[-1].at
    assert acted.event.all_facts("rule") == ["m1 created"]
    assert acted.event.all_facts("notify") == ["lee"]
    assert acted.summary == "rule billing words: priority medium → high, tags +vat, lee is told"


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ("nq:urgent", True),
        ("new-text:urgent", True),
        ("body:where", False),
        ("body:where OR nq:urgent", True),
        ("subject:/^re: late/", True),
        ("automatic:none", True),
        ("recipient:billing@example.org", True),
        ("recipient:help@example.org", False),
        ("header.x-alert:disk", True),
        ("header.x-alert:none", False),
        ("header.x-other:none", True),
        ("has:attachment", False),
        ("messages:2 requester:ada", True),
    ],
)
def test_fields_of_messages_mean_the_one_that_set_the_rule_off(when: str, *, holds: bool) -> None:
    before = ticket(mail(), mail(2, subject="Re: Late invoice", text="Now it is urgent\n"))
    occasion = Occasion(
        "customer-replied",
        "m2",
        before.messages[1],
        headers=(("x-alert", "Disk FULL"),),
        recipients=("billing@example.org",),
    )
    done = run([rule("one", when, event="customer-replied")], before, occasion)
    assert verdicts(done) == ["acted" if holds else "no match"]


def test_what_is_off_or_may_not_write_does_nothing_but_can_be_tried() -> None:
    rules = [rule("off", active=False), rule("dry", "", ("tag", "a"), ("reply", "closing"))]
    assert verdicts(run(rules)) == ["off", "dry run"]
    assert verdicts(run(rules, tries=True)) == ["acted", "acted"]
    sending = [rule("dry", "", ("reply", "closing"), sends=True)]
    assert run(sending).acted[0].replies == ["closing"]


def test_why_it_did_not_match() -> None:
    (asked,) = run([rule("one", "subject:invoice priority:urgent")], explains=True).asked
    assert asked.why == ("priority:urgent",)


def test_what_people_bring_about_sets_rules_off_and_what_machines_do_does_not() -> None:
    before = ticket()
    assert of_entry(before, Event("e", NOW, "rule x", changes=())) is None
    assert of_entry(before, Note("n", NOW, "rule x")) is None
    assert [of_entry(before, Event("e", NOW, machine, changes=())) for machine in sorted(MACHINES)] == [
        None
    ] * len(MACHINES)
    assert of_entry(before, Note("n", NOW, "dana")) == Occasion("updated", "n")
    sent = Message("out", NOW, ADA, direction="out", by="dana")
    answered = ticket(mail(), sent)
    assert of_entry(answered, sent) == Occasion("agent-replied", "out", sent)


def test_a_timer_rule_acts_once_until_a_person_does_something() -> None:
    rules = [rule("remind", "", ("notify", "dana"), event="timer")]
    first = ticket()
    once = run(rules, first, of_time(first))
    assert verdicts(once) == ["acted"]
    assert verdicts(run(rules, once.ticket, of_time(once.ticket))) == ["done before"]
    answered = ticket(*once.ticket.entries, Message("m9", NOW, ADA))
    assert verdicts(run(rules, answered, of_time(answered))) == ["acted"]


def test_a_field_that_is_changed_twice_is_one_change() -> None:
    one = rule("one", "", ("priority", "high"), ("tag", "a"), ("priority", "urgent"), ("tag", "b -a"))
    (acted,) = run([one]).acted
    assert acted.event.changes == (FieldSet("priority", "medium", "urgent"), ListChanged("tags", ("b",)))
    assert acted.summary == "rule one: priority medium → urgent, tags +b"
    back = rule("back", "", ("priority", "high"), ("priority", "medium"), ("tag", "a"), ("tag", "-a"))
    assert verdicts(run([back])) == ["nothing to do"]


ACTIONS = st.sampled_from(
    [
        *(("priority", word) for word in ("urgent", "high", "low")),
        *(("tag", word) for word in ("a", "b", "-a", "a -b")),
        *(("team", word) for word in ("billing", "technical")),
        *(("status", word) for word in ("open", "closed")),
        *(("note", "seen"), ("notify", "dana"), ("snooze", "3d"), ("wake", ""), ("spam", "")),
    ]
)
CONDITIONS = st.sampled_from(
    ["", "tag:a", "-tag:b", "priority:>=high", "status:new", "team:none OR tag:b", "nq:where", "note:seen"]
)
SOME_RULES = st.lists(
    st.tuples(CONDITIONS, st.lists(ACTIONS, min_size=1, max_size=4), st.booleans()), min_size=1, max_size=8
)


@settings(max_examples=60, deadline=None)
@given(SOME_RULES)
def test_whatever_the_rules_they_act_once_and_say_all_that_they_did(
    some: list[tuple[str, list[tuple[str, str]], bool]],
) -> None:
    rules = [rule(f"r{n}", when, *acts, stop=stop) for n, (when, acts, stop) in enumerate(some)]
    before = ticket()
    once = run(rules, before)
    # What is written is what was decided: the changes alone lead from the one ticket to the other.
    written = before
    for acted in once.acted:
        assert acted.before == written
        written = apply_all(written, acted.changes)
        assert written == acted.after
    assert written == once.ticket
    # The events tell it, each field once; twice is once; a rule that stops is the last.
    for acted in once.acted:
        fields = [change.field for change in acted.event.changes]
        assert len(fields) == len(set(fields))
    names = [acted.rule.name for acted in once.acted]
    assert len(names) == len(set(names))
    again = run(rules, once.ticket, of_message(once.ticket, once.ticket.messages[0]))
    assert not set(names) & {acted.rule.name for acted in again.acted}
    stops = [each for each in once.asked if each.rule.stop and each.verdict in {"acted", "nothing to do"}]
    assert len(stops) <= 1


def test_an_old_mail_has_all_but_what_writes_to_somebody() -> None:
    rules = [
        rule("loud", "", ("notify", "dana")),
        rule("both", "", ("team", "billing"), ("notify", "team")),
        rule("stops", "", ("notify", "dana"), stop=True),
        rule("behind", ""),
    ]
    found = run(rules, quiet=True)
    assert verdicts(found) == ["too late", "acted", "too late", "stopped"]
    assert found.ticket.team == "billing"
    assert not [fact for event in found.ticket.events for fact in event.all_facts("notify")]
    assert [[str(action) for action in each.left] for each in found.asked] == [
        [],
        ["notify team"],
        ["notify dana"],
        [],
    ]
    # Whoever lets rules act later, and has them write then, finds them unspent.
    spared = run(rules, spares=True)
    assert verdicts(spared) == ["too late", "too late", "too late", "stopped"]
    assert spared.acted == []
    assert verdicts(run(rules, spared.ticket)) == ["acted", "acted", "acted", "stopped"]
