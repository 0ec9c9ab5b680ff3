"""What is known of a ticket, and that each field answers from it."""

from __future__ import annotations

import sys
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_tickets import tickets as made_tickets
from query.asked import BERLIN, CONTEXT, NOW, VOCABULARY, ask, ask_sqlite, facts, ticket

from helpdesk_cli.query import patterns
from helpdesk_cli.query.context import Context
from helpdesk_cli.query.errors import QueryError
from helpdesk_cli.query.facts import Facts, facts_of
from helpdesk_cli.query.fields import FIELDS, FLAGS, Field, by_name
from helpdesk_cli.query.folding import fold
from helpdesk_cli.query.match import explain, matches, why
from helpdesk_cli.query.parse import parse
from helpdesk_cli.query.sql import where
from helpdesk_cli.tickets.changes import FieldSet
from helpdesk_cli.tickets.entries import Event, Message, Note, Segment
from helpdesk_cli.tickets.fields import FIELDS as FRONT_MATTER
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.values import replace

ADA = Person("Ada Lovelace", "Ada@Mail.Example.com")
HOUR = timedelta(hours=1)


def message(id_: str, hours_ago: float, text: str = "", **fields: object) -> Message:
    body = (Segment("text", text),) if text else ()
    return Message(id_, NOW - hours_ago * HOUR, **{"from_": ADA, "body": body} | fields)  # type: ignore[arg-type]


def status(id_: str, hours_ago: float, old: str, new: str) -> Event:
    return Event(id_, NOW - hours_ago * HOUR, "dana", changes=(FieldSet("status", old, new),))


def ms(hours_ago: float) -> int:
    return round((NOW - hours_ago * HOUR).timestamp() * 1000)


def test_everything_in_the_front_matter_can_be_asked_for() -> None:
    names = by_name(FIELDS)
    assert {row.key for row in FRONT_MATTER} - {"tags"} <= names.keys()
    assert names["tags"].key == "tag"


def test_a_conversation_comes_to_its_times_and_counts() -> None:
    asked = ticket(
        1,
        entries=(
            message("a", 50, "Hello"),
            message("b", 49, "We got your mail.", direction="out", automatic="auto-reply"),
            Note("c", NOW - 48 * HOUR, "lee"),
            message("d", 47, "Hello Ada", direction="out", by="dana"),
            message("e", 46, "Away until Monday", automatic="auto-reply"),
            message("f", 3, "And now?"),
            message("g", 2, "Anybody?"),
        ),
    )
    scalars = facts(asked).scalars
    assert scalars["first_response_at"] == scalars["last_out_at"] == ms(47)
    assert scalars["last_in_at"] == scalars["unanswered_at"] == scalars["last_at"] == ms(2)
    assert (scalars["messages"], scalars["replies"], scalars["notes"]) == (6, 1, 1)
    answered = replace(asked, entries=(*asked.entries, message("h", 1, direction="out", by="lee")))
    assert facts(answered).scalars["unanswered_at"] is None
    found = [facts(asked), facts(replace(answered, id="TICKET-2"))]
    assert ask("is:unanswered", found) == [1]
    assert ask("is:answered", found) == [2]
    assert ask("waiting-for:1h.. waiting-for:..3h", found) == [1]
    assert ask("waiting-for:at-least:3h", found) == []
    assert ask("by:lee", found) == [1, 2]
    assert ask("by:me silent-for:90min..", found) == [1]


def test_what_we_began_is_no_answer() -> None:
    begun = ticket(1, entries=(message("a", 2, direction="out", by="dana"),))
    assert facts(begun).scalars["first_response_at"] is None
    assert facts(begun).scalars["replies"] == 0


def test_resolved_is_since_when_and_while_it_is() -> None:
    events = (
        status("a", 9, "", "new"),
        status("b", 8, "new", "resolved"),
        status("c", 7, "resolved", "closed"),
    )
    assert facts(ticket(1, status="closed", entries=events)).scalars["resolved_at"] == ms(8)
    again = (*events, status("d", 6, "closed", "open"))
    assert facts(ticket(1, status="open", entries=again)).scalars["resolved_at"] is None
    assert facts(ticket(1, status="open", entries=again)).scalars["reopened"] == 1
    # A hand set it back and no event tells of it yet.
    assert facts(ticket(1, status="open", entries=events)).scalars["resolved_at"] is None
    for end in ("spam", "merged"):
        ended = ticket(1, status=end, entries=(status("a", 9, "new", end),))
        assert facts(ended).scalars["resolved_at"] is None
    own = facts_of(
        ticket(1, status="shipped", entries=(status("a", 9, "new", "Shipped"),)),
        "x",
        done=frozenset({"shipped"}),
    )
    assert own.scalars["resolved_at"] == ms(9)


def test_a_phrase_is_found_over_a_line_end_and_not_over_two_messages() -> None:
    asked = [facts(ticket(1, entries=(message("a", 2, "the LATE\n  invoice"), message("b", 1, "again"))))]
    assert ask('"late invoice"', asked) == [1]
    assert ask('"invoice again"', asked) == []
    assert ask("body:=again", asked) == [1]
    assert ask("/invoice.again/", asked) == []
    assert ask("/(?m)^again$/", asked) == [1]


def test_quoted_history_is_left_out_where_that_is_asked() -> None:
    body = (Segment("text", "Thanks\n"), Segment("quote", "> refund\n"), Segment("signature", "-- \nAda\n"))
    asked = [
        facts(
            ticket(
                1, entries=(message("a", 1, body=body), Note("n", NOW, "lee", (Segment("text", "angry"),)))
            )
        )
    ]
    assert (
        ask("refund", asked)
        == ask("body:refund", asked)
        == ask("angry", asked)
        == ask("note:angry", asked)
        == [1]
    )
    assert ask("nq:refund", asked) == ask("body:angry", asked) == ask("nq:ada", asked) == []


def test_a_person_is_found_by_address_domain_and_name() -> None:
    mallory = Person("ceo@example.com", "mallory@badexample.com", "+49 30 1")
    asked = [facts(ticket(1, requester=ADA)), facts(ticket(2, requester=mallory))]
    assert ask("requester:ada@mail.example.com", asked) == [1]
    assert ask("requester:@example.com", asked) == [1]  # mail.example.com is below it, badexample.com is not
    assert ask("requester:=@example.com", asked) == []
    assert ask("requester:=@mail.example.com", asked) == [1]
    assert ask("requester:lovelace", asked) == ask('requester:="ada lovelace"', asked) == [1]
    assert ask("requester:ceo@example.com", asked) == []  # who calls himself so has not that address
    assert ask("requester:ceo", asked) == ask('requester:"+49 30"', asked) == [2]
    assert ask('requester:"Ada <ada@mail.example.com>"', asked) == [1]
    assert ask("participant:/^m.*@bad/", asked) == [2]


def test_an_alias_counts_as_its_word_in_the_file_and_in_the_query() -> None:
    asked = [
        facts(ticket(1, status="In-Progress")),
        facts(ticket(2, status="open")),
        facts(ticket(3, status="odd")),
    ]
    assert (
        ask("status:open", asked) == ask("status:in-progress", asked) == ask("status:OPEN", asked) == [1, 2]
    )
    assert ask("waiting:us", asked) == [1, 2, 3]  # what nobody declared is active


def test_a_priority_is_more_than_what_is_declared_behind_it() -> None:
    asked = [
        facts(ticket(n, priority=name))
        for n, name in enumerate(("critical", "high", "medium", "low", "", "odd"), 1)
    ]
    assert ask("priority:>=high", asked) == ask("priority:high..", asked) == [1, 2]
    assert ask("priority:<high", asked) == [3, 4]
    assert ask("priority:low..high", asked) == [2, 3, 4]
    assert ask("priority:>urgent", asked) == []
    assert ask("priority:none", asked) == [5]
    assert ask("sort:-priority", asked) == [6, 1, 2, 3, 4, 5]
    assert ask("sort:priority", asked) == [4, 3, 2, 1, 6, 5]


def test_the_order_of_a_view_holds_unless_the_query_has_its_own() -> None:
    asked = [facts(ticket(1, priority="high")), facts(ticket(2, priority="urgent"))]
    assert ask("@hot", asked) == [2, 1]
    assert ask("@hot sort:id", asked) == [1, 2]
    assert ask("sort:-id", asked) == [2, 1]


def test_none_and_any_say_whether_there_is_one() -> None:
    asked = [facts(ticket(1, tags=("none",), assignee="dana")), facts(ticket(2))]
    assert ask("tag:any", asked) == ask('tag:"none"', asked) == ask("assignee:any", asked) == [1]
    assert ask("tag:none", asked) == ask("assignee:none", asked) == ask("assignee:nobody", asked) == [2]
    assert ask("resolved:none", asked) == ask("-resolved:any", asked) == [1, 2]


def test_keys_that_a_hand_wrote_can_be_asked_for() -> None:
    asked = [facts(ticket(1, other=(("Contract", "Gold"), ("plan", ("a", "b")))))]
    assert (
        ask("other:contract", asked) == ask("other:contract=gold", asked) == ask("other:plan=b", asked) == [1]
    )
    assert ask("other:contract=silver", asked) == []


def test_what_decided_is_named() -> None:
    asked = facts(ticket(1, tags=("vip",)))
    query = parse("tag:vip (priority:high OR late) -status:closed", CONTEXT)
    assert why(query, asked) == ("priority:high", "late")
    assert why(parse("tag:vip -status:closed @mine OR tag:x", CONTEXT), asked) == ("assignee:me", "tag:x")
    reason = explain(query, asked)
    assert [(part.text, part.holds) for part in reason.parts] == [
        ("tag:vip", True),
        ("priority:high OR late", False),
        ("-status:closed", True),
    ]


def test_a_field_of_a_higher_floor_is_one_row() -> None:
    row = Field("customer.vip", "tag", "whether the customer is one", lambda story: story.extra["vip"])
    context = Context(NOW, BERLIN, VOCABULARY, (*FIELDS, row))
    held = facts_of(ticket(1), "x", fields=context.fields, extra={"vip": ["true"]})
    assert matches(parse("customer.vip:true", context), held)
    assert not matches(parse("customer.vip:false", context), held)
    assert ask_sqlite(parse("customer.vip:true", context), [held]) == [1]
    with pytest.raises(QueryError, match="unknown field"):
        parse("customer.vip:true", CONTEXT)


def test_what_is_not_stored_is_let_pass_by_sql_and_asked_in_memory() -> None:
    row = Field("due", "number", "hours until it is due", lambda story: story.extra["due"], late=True)
    context = Context(NOW, BERLIN, VOCABULARY, (*FIELDS, row))
    held = facts_of(ticket(1), "x", fields=context.fields)
    assert "due" not in held.scalars
    known = Facts(held.path, {**held.scalars, "due": 3}, held.items, held.texts)
    for text, answer in (("due:<5", True), ("due:>5", False), ("-due:<5", False), ("-due:>5", True)):
        query = parse(text, context)
        assert query.is_late
        assert not where(query).exact
        assert ask_sqlite(query, [held]) == [1]
        assert matches(query, known) == answer
    # What SQL can say for sure, it does.
    assert ask_sqlite(parse("due:<5 tag:vip", context), [held]) == []
    assert ask_sqlite(parse("-(due:<5 OR status:open)", context), [held]) == []


def test_two_fields_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two fields"):
        by_name((Field("tag", "tag", ""), Field("x", "tag", "", aliases=("tag",))))
    for key in ("Tag", "a b", "x'", "1a", ""):
        with pytest.raises(ValueError, match="cannot be called"):
            by_name((Field(key, "tag", ""),))


@pytest.mark.parametrize("flag", FLAGS, ids=lambda flag: f"{flag.field}:{flag.value}")
def test_every_flag_means_a_query(flag: object) -> None:
    assert parse(f"{flag.field}:{flag.value}", CONTEXT)  # type: ignore[attr-defined]
    assert parse(f"-{flag.field}:{flag.value}", CONTEXT)  # type: ignore[attr-defined]


def test_a_pattern_is_refused_where_re2_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    patterns.compile_pattern.cache_clear()
    with pytest.raises(QueryError, match="google-re2 is not installed"):
        parse("/never-seen-before/", CONTEXT)


def test_a_pattern_says_nothing_on_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(QueryError, match="not valid"):
        parse(r"/\p{Nothing}[/", CONTEXT)
    assert capfd.readouterr().err == ""


def test_a_pattern_that_ruins_others_takes_its_time_here() -> None:
    """Python's own `re` would take longer than the age of the world for this one."""
    asked = facts(ticket(1, subject="a" * 5_000 + "b"))
    assert not matches(parse("subject:/(a*)*c|(a|aa)+$/", CONTEXT), asked)


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert "\n" not in fold(text)
    fold(text).encode("utf-8")


@given(st.text(max_size=6), st.text(max_size=6))
def test_what_is_in_a_text_is_found_in_it(piece: str, rest: str) -> None:
    """Between spaces, for a letter may compose with its neighbour."""
    assert fold(piece) in fold(f"{rest} {piece} {rest}")


@given(made_tickets())
def test_every_ticket_has_its_facts(made: object) -> None:
    held = facts_of(made, "x")  # type: ignore[arg-type]
    assert set(held.scalars) >= {"number", "created_at", "status"}
    for text in (*held.texts.values(), *(item for items in held.items.values() for item in items)):
        text.encode("utf-8")
