"""Every mistake is an error with a caret under its place: never an empty result."""

from __future__ import annotations

import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from query.asked import BERLIN, CONTEXT, NOW, PIECES, VOCABULARY, fill, queries, select

from helpdesk_cli.errors import UsageError
from helpdesk_cli.query.context import Context, Vocabulary
from helpdesk_cli.query.errors import QueryError
from helpdesk_cli.query.lex import OPERATORS
from helpdesk_cli.query.nodes import Query
from helpdesk_cli.query.parse import DEEPEST, LONGEST, MOST_PATTERNS, MOST_VALUES, parse

# The query, what stands under the caret, words of the message, words of the hint.
MISTAKES = (
    ("asignee:me", "asignee", 'unknown field "asignee"', 'Did you mean "assignee"?'),
    ("tag:x created_on:7d..", "created_on", "unknown field", 'Did you mean "created'),
    ("http://example.com/x", "http", 'unknown field "http"', "text:"),
    ("日本語:x", "日本語", "unknown field", "text:"),
    ("status:opne", "opne", 'unknown status "opne"', 'Did you mean "open"?'),
    ("status:open,opne", "opne", "unknown status", "open"),
    ("priority:>=hihg", ">=hihg", "unknown priority", "high"),
    ("by:dnaa", "dnaa", 'unknown by "dnaa"', "dana"),
    ("delivery:sendt", "sendt", "unknown delivery", "sent"),
    ("waiting:them", "them", "unknown waiting", "Known: us, customer, nobody."),
    ("is:opne", "opne", "unknown is:opne", "Did you mean"),
    ("is:open", "open", "unknown is:open", "Write status:open."),
    ("has:attachments", "attachments", "unknown has:attachments", 'Did you mean "attachment"?'),
    ("@mne", "mne", 'unknown view "mne"', 'Did you mean "mine"?'),
    ("view:mine,mne", "mne", "unknown view", "mine"),
    ("sort:-crated", "-crated", "unknown field", "created"),
    ("sort:tag", "tag", "no order by", "sort:-created"),
    ("-sort:id", "sort:id", "neither negated nor in parentheses", "other direction"),
    ("(sort:id x)", "sort:id", "neither negated nor in parentheses", ""),
    ("status:", "status:", "a value is missing", "without a space"),
    ("tag:x status: open", "status:", "a value is missing", "without a space"),
    ("status:open,", ",", "behind the comma", ""),
    ("status:,open", ",", "before the comma", ""),
    ("created:..", "..", "neither end", ""),
    ('subject:""', '""', "an empty text is in every ticket", ""),
    ('"late', '"', "not closed", ""),
    ('la"te', '"', "in the middle of a word", ""),
    ('"la"te', "t", "ended before this", "space"),
    ("/late", "/", "not closed", "slashes"),
    ("/etc/passwd", "p", "ended before this", '"/etc/passwd"'),
    ("tag://", "//", "this pattern is empty", ""),
    ("/(a/", "/(a/", "not valid", ""),
    ("/a(?=b)/", "/a(?=b)/", "not valid", ""),
    ("/(x{900}){900}/", "/(x{900}){900}/", "not valid", ""),
    ("status:/o/", "/o/", "takes no pattern", ""),
    ("tag:>=/o/", ">=/o/", "not compared", ""),
    ("(tag:x", "(", "not closed", ""),
    ("BEGIN tag:x", "BEGIN", "not closed", ""),
    ("tag:x)", ")", "closes none", ""),
    ("tag:x END", "END", "closes none", ""),
    ("()", "(", "nothing stands between", ""),
    ("f(x", "(", "inside a word is not closed", ""),
    ("tag:a OR", "OR", "OR needs a term", ""),
    ("OR tag:a", "OR", "OR needs a term", ""),
    ("tag:a OR OR tag:b", "OR", "OR needs a term", ""),
    ("tag:a OR sort:id", "OR", "OR needs a term", ""),
    ("tag:a AND", "AND", "AND needs a term", ""),
    ("AND tag:a", "AND", "AND needs a term", ""),
    ("NOT", "NOT", "nothing stands behind", ""),
    ("tag:a -", "-", "nothing stands behind", "without a space"),
    ("not: tag:a", "not:", "nothing stands behind", "without a space"),
    ("tag:a or tag:b", "or", "only in capitals", "Write OR"),
    ("tag:a And tag:b", "And", "only in capitals", "Write AND"),
    ("tag:-spam", "-spam", 'no tag begins with "-"', "-tag:spam"),
    ("age > 3d", ">", "needs a field before it", "without spaces"),
    ("age:3d", "3d", "nothing is exactly 3d long", "age:3d.."),
    ("age:>3x", ">3x", "no length of time", "12h"),
    ("age:2w..7d", "2w..7d", "ends before it begins", "7d..2w"),
    ("created:7d..2w", "7d..2w", "ends before it begins", "2w..7d"),
    ("created:>=7d..", ">=7d..", "do not go together", ""),
    ("created:20.11.2026", "20.11.2026", "is no date", "2026-11-20"),
    ("created:2026-02-30", "2026-02-30", "there is no 2026-02-30", ""),
    ("created:2025W53", "2025W53", "has no week 53", ""),
    ("created:0026", "0026", "no year", ""),
    ("created:999999y", "999999y", "too far away", ""),
    ("created:>none", ">none", "neither more nor less", ""),
    ("priority:high..low", "high..low", 'comes before "high"', "low..high"),
    ("status:>open", ">open", "have no order", ""),
    ("subject:>5", ">5", "have no order", "quotation marks"),
    ("messages:many", "many", "no whole number", ""),
    ("messages:-1", "-1", "no whole number", ""),
    ("messages:5..2", "5..2", "ends before it begins", "2..5"),
    ("id:42.3", "42.3", "no ticket of this desk", "TICKET-42"),
    ("id:OTHER-3", "OTHER-3", "no ticket of this desk", ""),
    ("from:@", "@", "no address", ""),
    ("from:ada@", "ada@", "no address", ""),
    ("a\x1bb", "\x1b", "this character is none", ""),
    ("a\udc80b", "\udc80", "this character is none", ""),
)


@pytest.mark.parametrize(
    ("text", "place", "message", "hint"), MISTAKES, ids=[repr(row[0]) for row in MISTAKES]
)
def test_a_mistake_is_said_with_its_place(text: str, place: str, message: str, hint: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text, CONTEXT)
    error = caught.value
    assert isinstance(error, UsageError)
    assert error.exit_code == 2
    assert error.text[error.start : error.end] == place
    assert message in error.message
    assert hint in error.hint


def test_the_caret_stands_under_the_place() -> None:
    with pytest.raises(QueryError) as caught:
        parse("asignee:me", CONTEXT)
    assert str(caught.value).split("\n") == [
        'query: unknown field "asignee". Did you mean "assignee"?',
        "  asignee:me",
        "  ^^^^^^^",
    ]


def test_the_caret_counts_columns_not_characters() -> None:
    with pytest.raises(QueryError) as caught:
        parse("from:日本e\u0301 tag:a\u200bb asignee:me", CONTEXT)
    shown, carets = caught.value.picture().split("\n")
    # Two columns for each of 日本, none for the accent, eight for the character that nobody sees.
    assert shown == "  from:日本e\u0301 tag:a\\u{200b}b asignee:me"
    assert carets == " " * (2 + len("from:") + 5 + len(" tag:a") + 8 + len("b ")) + "^^^^^^^"


def test_of_a_long_query_the_part_around_the_place_is_shown() -> None:
    with pytest.raises(QueryError) as caught:
        parse(f"{'x' * 500} asignee:me {'y' * 500}", CONTEXT)
    shown, carets = caught.value.picture().split("\n")
    assert len(shown) < 160
    assert shown[carets.index("^") :][:7] == "asignee"


def test_a_mistake_in_a_view_is_shown_there() -> None:
    with pytest.raises(QueryError) as caught:
        parse("tag:x @broken", CONTEXT)
    assert str(caught.value) == (
        'view broken: unknown field "asignee". Did you mean "assignee"?\n  asignee:me\n  ^^^^^^^'
    )


def test_a_view_that_is_made_of_itself_is_refused() -> None:
    with pytest.raises(QueryError, match="made of itself: round → about → round"):
        parse("@round", CONTEXT)


def test_me_is_refused_where_nobody_knows_who_that_is() -> None:
    for words in (VOCABULARY.words, {}):
        with pytest.raises(QueryError, match="nobody knows who you are"):
            parse("assignee:me", Context(NOW, BERLIN, Vocabulary(words)))


def test_an_empty_query_is_every_ticket_but_an_empty_word_is_a_mistake() -> None:
    assert parse("", CONTEXT) == parse("  \n ", CONTEXT) == parse([], CONTEXT) == Query()
    for words in ([""], ["tag:x", ""], [" ", "tag:x"]):
        with pytest.raises(QueryError, match="one of the words of this query is empty"):
            parse(words, CONTEXT)


BOUNDS = {
    "too long": "x" * (LONGEST + 1),
    "too deep": "(" * (DEEPEST + 1) + "a" + ")" * (DEEPEST + 1),
    "too negative": "-" * (DEEPEST + 1) + "a",
    "not not": "not:" * (DEEPEST + 1) + "a",
    "NOT NOT": "NOT " * (DEEPEST + 1) + "a",
    "too many values": "id:" + ",".join(map(str, range(1, MOST_VALUES + 2))),
    "too many terms": "a " * (MOST_VALUES + 1),
    "too many patterns": "/a/ " * (MOST_PATTERNS + 1),
    "a long pattern": f"/{'a' * 1001}/",
}


@pytest.mark.parametrize("text", BOUNDS.values(), ids=BOUNDS)
def test_a_query_is_bounded(text: str) -> None:
    with pytest.raises(QueryError, match=r"at most|longer than"):
        parse(text, CONTEXT)


def test_views_do_not_multiply_beyond_the_bound() -> None:
    views = {"v0": "tag:a"} | {f"v{n}": f"@v{n - 1} OR @v{n - 1}" for n in range(1, 19)}
    with pytest.raises(QueryError, match="those in its views included"):
        parse("@v18", Context(NOW, BERLIN, Vocabulary(views=views)))


def test_sqlite_takes_the_largest_queries() -> None:
    deep = "(tag:a OR " * DEEPEST + "b" + ")" * DEEPEST
    wide = " OR ".join(f"word{n}" for n in range(MOST_VALUES))
    long = f'"{"abcdefghij " * 900}"'
    database = fill([])
    for text in (
        deep,
        wide,
        wide.replace(" OR", ""),
        long,
        "id:" + ",".join(map(str, range(1, MOST_VALUES))),
    ):
        assert select(database, parse(text, CONTEXT)) == []
    database.close()


SOUP = st.lists(
    st.sampled_from(
        (
            *PIECES,
            *OPERATORS,
            "status:",
            "created:",
            "@",
            "..",
            ",",
            ":",
            ">=",
            "not:",
            "sort:",
            "view:",
            "is:",
        )
    )
    | st.text(max_size=3),
    max_size=12,
).map("".join)


@settings(max_examples=2_000, deadline=None)
@example('not:tag:"-"')
@given(SOUP | st.text(max_size=30) | queries.map(lambda text: text[:-1]))
def test_any_text_is_a_query_or_a_mistake_with_its_place(text: str) -> None:
    _query_or_mistake(text)


@settings(max_examples=1_000, deadline=None)
@given(st.lists(SOUP, max_size=4))
def test_any_words_are_a_query_or_a_mistake_with_its_place(words: list[str]) -> None:
    _query_or_mistake(words)


def _query_or_mistake(given: str | list[str]) -> None:
    try:
        query = parse(given, CONTEXT)
    except QueryError as error:
        _is_placed(error)
    else:
        assert parse(str(query), CONTEXT) == query


def _is_placed(error: QueryError) -> None:
    assert not error.text or 0 <= error.start < error.end <= len(error.text)
    lines = str(error).split("\n")
    assert len(lines) == (3 if error.text else 1)
    assert all(
        not char.isspace() or char in " \xa0\u3000" or ord(char) > 0x1000 for line in lines for char in line
    )
    if error.text:
        assert lines[2].strip(" ^") == ""
        assert "^" in lines[2]


def test_reading_takes_time_that_grows_with_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """In steps of the interpreter, not in seconds: ten times the text, at most twelve times the steps."""
    monkeypatch.setattr("helpdesk_cli.query.parse.LONGEST", 10**6)
    monkeypatch.setattr("helpdesk_cli.query.parse.MOST_VALUES", 10**6)
    patterns = (
        "a ",
        "tag:a,b ",
        "a OR ",
        '"a b" ',
        "(a) ",
        "-a ",
        "f(x) ",
        "messages:>1 ",
        "@mine ",
        "is:done ",
    )
    for pattern in patterns:
        few, many = (_steps(pattern * count + "a") for count in (20, 200))
        assert many < few * 12, pattern
    for open_end in ('"', "/", "(", "-", "not:", "a(", "a:", ",", "..", "\\", '"\\', "/\\", ")", "@"):
        few, many = (_steps(open_end * count) for count in (500, 5_000))
        assert many < few * 12, open_end


def _steps(text: str) -> int:
    """Lines run to read it, whether it is a query or a mistake."""
    count = 0

    def trace(_frame: object, _event: str, _argument: object) -> object:
        nonlocal count
        count += 1
        return trace

    sys.settrace(trace)
    try:
        parse(text, CONTEXT)
    except QueryError:
        pass
    finally:
        sys.settrace(None)
    return count
