"""A table as data and as a picture: exact in a pipe, fitted on a terminal, safe everywhere."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from wcwidth import wcswidth

from helpdesk_cli.cli import drawing, formats
from helpdesk_cli.cli.output import check_form, render
from helpdesk_cli.cli.wrapping import wrap_text
from helpdesk_cli.errors import UsageError
from helpdesk_cli.table import Column, Table, Toned
from helpdesk_cli.tickets.times import short_length

ESCAPE = "\x1b]52;c;ZWNobyBwd24=\x07"
SENT_AT = datetime(2026, 11, 20, 9, 12, 41, tzinfo=UTC)
COLUMNS = (
    Column("id", "ID"),
    Column("age", "AGE", align="right"),
    Column("created_at", "CREATED"),
    Column("tags", "TAGS"),
    Column("subject", "SUBJECT", shrinks=True),
)
TABLE = Table(
    "tickets",
    COLUMNS,
    (
        (
            Toned("TICKET-1", "alarm"),
            timedelta(hours=21, minutes=5),
            SENT_AT,
            ("invoice", "vat"),
            "Wrong VAT",
        ),
        ("TICKET-2", timedelta(days=3), SENT_AT, (), f"Tab\there {ESCAPE}"),
        ("TICKET-3", None, None, ("a",), "=1+1\nsecond line"),
    ),
)


def test_a_row_must_fit_the_columns() -> None:
    """A missing cell would shift every value after it."""
    with pytest.raises(ValueError, match="a row of 1 cells under 5 columns"):
        Table("tickets", COLUMNS, (("TICKET-1",),))


def test_tsv_is_one_line_a_row_without_a_heading() -> None:
    """Exact values; what would break a line or a terminal is visible."""
    assert formats.as_text(TABLE, "tsv") == (
        "TICKET-1\t75900\t2026-11-20T09:12:41Z\tinvoice,vat\tWrong VAT\n"
        "TICKET-2\t259200\t2026-11-20T09:12:41Z\t\tTab\\there \\u{1b}]52;c;ZWNobyBwd24=\\u{7}\n"
        "TICKET-3\t\t\ta\t=1+1\\nsecond line\n"
    )


def test_csv_is_no_spreadsheet_program() -> None:
    """A cell that begins as a formula does is text; every cell is quoted; numbers stay numbers."""
    table = Table(
        "t", (Column("a", "A"),), (("=HYPERLINK(…&A1)",), ("@SUM",), ("-4.5",), ("-x",), ('say "no"',))
    )
    assert (
        formats.as_text(table, "csv") == '"a"\n"\'=HYPERLINK(…&A1)"\n"\'@SUM"\n"-4.5"\n"\'-x"\n"say ""no"""\n'
    )


def test_json_is_complete_and_exact() -> None:
    """Seconds, RFC 3339, lists, null; the envelope says schema, kind and total."""
    document = json.loads(formats.as_text(TABLE, "json"))
    assert (document["schema"], document["kind"], document["total"]) == ("desk/1", "tickets", 3)
    assert document["items"][0] == {
        "id": "TICKET-1",
        "age": 75900,
        "created_at": "2026-11-20T09:12:41Z",
        "tags": ["invoice", "vat"],
        "subject": "Wrong VAT",
    }
    assert document["items"][2]["age"] is None
    assert [json.loads(line) for line in formats.as_text(TABLE, "jsonl").splitlines()] == document["items"]


def test_json_holds_no_character_that_acts_on_a_terminal() -> None:
    """Escaped as JSON escapes, so that nothing is lost; other scripts are left as they are."""
    text = formats.as_json({"a": f"Grüße 你好 {ESCAPE}\x7f\x9b\u202e\udc80\U000e0041"}, indent=None)
    assert "Grüße 你好" in text
    assert re.search("[\x00-\x1f\x7f-\x9f\u202e\ud800-\udfff\U000e0000-\U000e007f]", text) is None
    assert json.loads(text)["a"] == f"Grüße 你好 {ESCAPE}\x7f\x9b\u202e\udc80\U000e0041"


@given(st.text(st.characters(exclude_categories=())))
def test_json_loses_nothing(text: str) -> None:
    """Any string comes back from a JSON reader as it was."""
    assert json.loads(formats.as_json([text], indent=None)) == [text]


@given(st.lists(st.text(st.characters(exclude_categories=())), min_size=1, max_size=4))
def test_a_row_is_a_row_in_every_format(values: list[str]) -> None:
    """No text in a cell makes another row or another cell."""
    columns = tuple(Column(f"c{number}", "C") for number in range(len(values)))
    table = Table("t", columns, (tuple(values),))
    tsv = formats.as_text(table, "tsv")
    assert (tsv.count("\n"), tsv.count("\t")) == (1, len(values) - 1)
    (_, row) = csv.reader(io.StringIO(formats.as_text(table, "csv")))
    assert len(row) == len(values)
    assert formats.as_text(table, "md").count("\n") == 3


def test_markdown_renders_as_one_table() -> None:
    """A pipe or a tag in a subject stays in its cell, seen by a real renderer."""
    table = Table("t", (Column("a", "A"), Column("b", "B", align="right")), (("x|y <b>*z*", 1), ("`|`", 2)))
    html = MarkdownIt().enable("table").render(formats.as_text(table, "md"))
    assert html.count("<tr>") == 3
    assert "<td>x|y &lt;b&gt;*z*</td>" in html
    assert "<td>`|`</td>" in html


def test_ids_are_the_first_column() -> None:
    """For `desk … -`."""
    assert formats.as_text(TABLE, "ids") == "TICKET-1\nTICKET-2\nTICKET-3\n"


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    """A usage error, not an empty file."""
    with pytest.raises(UsageError, match="xml"):
        check_form("xml")


def drawn(table: Table, width: int | None, *, colored: bool = False) -> list[str]:
    """The lines of a drawn table."""
    return [render(line, colored=colored) for line in drawing.draw(table, width)]


def test_a_drawn_table_is_aligned_and_in_peoples_words() -> None:
    """Ages are one unit, empty is a dash, headings stand above their columns."""
    assert drawn(TABLE, None) == [
        "ID        AGE  CREATED           TAGS          SUBJECT",
        "TICKET-1  21h  2026-11-20 09:12  invoice, vat  Wrong VAT",
        "TICKET-2   3d  2026-11-20 09:12  \u2013             Tab here \\u{1b}]52;c;ZWNobyBwd24=\\u{7}",
        "TICKET-3    \u2013  \u2013                 a             =1+1 second line",
    ]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_drawn_table_fits_the_terminal(width: int) -> None:
    """Counted in columns as the eye sees them: wide characters are two."""
    long = Table(
        "t",
        COLUMNS,
        (("TICKET-1", None, None, (), "长" * 300), ("TICKET-2", None, None, (), "e\u0301" * 300)),
    )
    lines = drawn(long, width)
    assert all(wcswidth(line) <= width for line in lines)
    assert all(line.endswith("…") for line in lines[1:])


def test_a_narrow_terminal_takes_from_what_may_shrink_first() -> None:
    """The id stays whole as long as the subject has something to give."""
    assert drawn(TABLE, 60)[1].startswith("TICKET-1  21h  2026-11-20 09:12  invoice, vat  ")


def test_a_narrow_terminal_drops_columns_in_which_nothing_stands() -> None:
    columns = (Column("a", "A"), Column("none", "NOTHING SAID"), Column("b", "B", shrinks=True))
    table = Table("t", columns, (("a", None, "b" * 20), ("c", "", "d")))
    assert drawn(table, 80)[0] == "A  NOTHING SAID  B"
    assert drawn(table, 24) == ["A  B", f"a  {'b' * 20}", "c  d"]


def test_no_column_is_cut_to_nothing_while_another_is_wide() -> None:
    columns = (Column("a", "A"), Column("b", "B", shrinks=True))
    assert drawn(Table("t", columns, (("a" * 40, "b" * 40),)), 34)[1] == f"{'a' * 15}…  {'b' * 15}…"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("👍🏽 good", "👍 good"),
        ("👨‍👩‍👧‍👦", "👨"),
        ("🇩🇪 Berlin", "DE Berlin"),
        ("❤️ 1️⃣", "❤ 1"),
        ("é ñ", "é ñ"),
        ("שלום 山田 ภาษาไทย हिन्दी", "שלום 山田 ภาษาไทย हिन्दी"),
    ],
)
def test_pictures_are_those_that_every_terminal_measures_alike(text: str, shown: str) -> None:
    assert drawn(Table("t", (Column("a", "A"),), ((text,),)), None)[1] == shown


def test_no_character_is_divided() -> None:
    table = Table("t", (Column("a", "A", shrinks=True),), ((f"{'x' * 6}e\u0301\u0302{'x' * 9}",),))
    assert drawn(table, 8)[1] == f"{'x' * 6}e\u0301\u0302…"


def test_sentences_are_broken_between_words_and_commands_not_at_all() -> None:
    text = "the file is there already. `desk fsck --repair` mends it, `desk list` does not."
    assert wrap_text(text, 40).split("\n") == [
        "the file is there already.",
        "`desk fsck --repair` mends it,",
        "`desk list` does not.",
    ]
    assert wrap_text(f"say {'x' * 30} now", 20, indent="  ").split("\n") == ["say", f"  {'x' * 30}", "  now"]
    quoted = f"query: no such field\n  {'x' * 60}:me\n  ^^^"
    assert wrap_text(quoted, 40) == quoted


def test_an_empty_table_is_its_heading() -> None:
    """No rows is no error."""
    assert drawn(Table("t", (Column("a", "A"), Column("b", "B")), ()), 80) == ["A  B"]


def test_colour_is_on_the_cell_that_has_a_tone() -> None:
    """The sequence is ours; one from a mail stays visible."""
    lines = drawn(TABLE, None, colored=True)
    assert lines[1].startswith("\x1b[1;31mTICKET-1\x1b[0m  21h")
    assert "\x1b" not in lines[2]


@given(st.text(st.characters(exclude_categories=()), max_size=60), st.integers(20, 100))
def test_no_text_breaks_out_of_a_drawn_table(text: str, width: int) -> None:
    """One line a row, no control character, not wider than the terminal."""
    table = Table(
        "t", (Column("id", "ID"), Column("s", "S", shrinks=True)), (("TICKET-1", Toned(text, "alarm")),)
    )
    lines = drawn(table, width)
    assert len(lines) == 2
    assert re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e]", lines[1]) is None
    assert wcswidth(lines[1]) <= width


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(), "0s"),
        (timedelta(seconds=59), "59s"),
        (timedelta(minutes=59, seconds=59), "59m"),
        (timedelta(hours=47), "47h"),
        (timedelta(hours=48), "2d"),
        (timedelta(days=729), "729d"),
        (timedelta(days=3652), "10y"),
        (timedelta(minutes=-18), "-18m"),
    ],
)
def test_a_duration_is_one_number_and_one_unit(length: timedelta, words: str) -> None:
    """As in the AGE column."""
    assert short_length(length) == words


def test_values_are_said_plainly() -> None:
    """Truth, dates, lists."""
    assert [drawing.as_people_read(value) for value in (True, date(2026, 1, 2), ("b", "a"), 7)] == [
        "yes",
        "2026-01-02",
        "b, a",
        "7",
    ]


def test_select_takes_columns_in_the_order_asked_for() -> None:
    """--fields."""
    assert formats.as_text(TABLE.select(("subject", "id")), "tsv").startswith("Wrong VAT\tTICKET-1\n")
