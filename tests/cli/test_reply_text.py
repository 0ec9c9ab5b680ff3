"""The text in the editor: what is sent of it, and what is said where that cannot be told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_cli.cli.reply_text import SCISSORS, Buffer, read_buffer, with_below, with_top, write_buffer
from helpdesk_cli.errors import UsageError

BUFFER = Buffer(
    "Dana <support@example.com>",
    "Ada <ada@x.example>",
    "",
    "Re: [TICKET-1] Invoice",
    "Hello,\n\n# we mended it\n",
    (("Take away the mark:", ("Cc: Bob <bob@x.example>",)),),
)
BELOW = "Ada <ada@x.example>, 09:12 UTC (1.1):\n\n> our old VAT number, again and again"
TEXT = write_buffer(BUFFER, top=["TICKET-1: Invoice"], below=BELOW)


def test_the_text_as_the_editor_shows_it() -> None:
    assert (
        "# TICKET-1: Invoice\n"
        "From: Dana <support@example.com>\n"
        "To: Ada <ada@x.example>\n"
        "Cc:\n"
        "# Take away the mark:\n"
        "# Cc: Bob <bob@x.example>\n"
        "Subject: Re: [TICKET-1] Invoice\n"
        "\n"
        "Hello,\n\n# we mended it\n"
        "\n"
        f"{SCISSORS}\n"
        "Nothing below this line is sent.\n"
        "\n"
        f"{BELOW}\n"
    ) == TEXT


def read(text: str) -> Buffer:
    return read_buffer(text, below=BELOW)


def test_remarks_are_left_out_above_the_text_only() -> None:
    """People write `# ` in answers: as headings, in shell commands, in Markdown."""
    found = read(TEXT)
    assert (found.to, found.cc, found.subject) == (BUFFER.to, "", BUFFER.subject)
    assert found.body == "Hello,\n\n# we mended it"


def test_an_offer_is_taken_by_taking_its_mark_away() -> None:
    assert read(TEXT.replace("# Cc: Bob", "Cc: Bob")).cc == "Bob <bob@x.example>"


def test_nothing_below_the_scissors_is_read() -> None:
    assert "VAT" not in read(TEXT.replace("> our", "our")).body
    assert read(f"{TEXT}\nTo: eve@evil.example\n\nwhatever\n{SCISSORS}\n") == read(TEXT)


@pytest.mark.parametrize(
    "scissors",
    [
        "------------------------ >8 ------------------------  ",
        "------------------------ >8",
        "----------->8-----------",
        "------------------------ >8\n------------------------",
    ],
)
def test_scissors_that_an_editor_wrapped_or_trimmed_still_cut(scissors: str) -> None:
    assert read(TEXT.replace(SCISSORS, scissors)) == read(TEXT)


def test_without_scissors_what_is_sent_cannot_be_told() -> None:
    with pytest.raises(UsageError, match="scissors"):
        read(TEXT.replace(f"{SCISSORS}\n", ""))
    with pytest.raises(UsageError, match="scissors"):
        read(TEXT.replace(f"{SCISSORS}\nNothing below this line is sent.\n", ""))


def test_who_deleted_everything_from_the_scissors_down_is_understood() -> None:
    assert read(TEXT.partition(SCISSORS)[0]) == read(TEXT)


def test_a_template_cannot_cut_itself_off() -> None:
    text = write_buffer(Buffer("f", "t", "", "s", f"before\n{SCISSORS}\nafter"), top=[], below=BELOW)
    assert read(text).body == f"before\n {SCISSORS}\nafter"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("Cc:\n", "Bcc: eve@x.example\n"), "line 4: there is no Bcc"),
        (("Cc:\n", "X-Priority: 1\n"), 'line 4: there is no header "x-priority"'),
        (("Invoice\n\nHello,", "Invoice\nHello,"), 'line 8, "Hello,", is no header'),
        (("Cc:\n", "Subject: again\n"), "Subject stands there twice"),
        (("Cc:\n", "From: eve@x.example\n"), "From stands there twice"),
    ],
)
def test_what_is_no_header_of_ours_is_named_with_its_line(change: tuple[str, str], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(TEXT.replace(*change))
    assert caught.value.message.startswith(said)
    assert caught.value.hint


@pytest.mark.parametrize(
    "more",
    [
        "To: Ada <ada@x.example>,\n  Bob <bob@x.example>\n",
        "To: Ada <ada@x.example>,\nBob <bob@x.example>\n",
        "To: Ada <ada@x.example>\nto : Bob <bob@x.example>\n",
    ],
)
def test_long_lists_may_be_wrapped_or_written_twice(more: str) -> None:
    assert read(TEXT.replace("To: Ada <ada@x.example>\n", more)).to.replace(" ", "") == (
        "Ada<ada@x.example>,Bob<bob@x.example>"
    )


def test_windows_line_ends_are_no_part_of_it() -> None:
    assert read(TEXT.replace("\n", "\r\n")) == read(TEXT)


def test_other_remarks_and_another_message_take_the_place_of_the_first() -> None:
    again = with_below(with_top(TEXT, ["NOT SENT: no"]), "> other")
    assert again.startswith("# NOT SENT: no\nFrom:")
    assert "# TICKET-1: Invoice" not in again
    assert again.endswith("> other\n")
    assert read_buffer(again) == read(TEXT)


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)


@given(st.lists(WORDS, max_size=8), WORDS)
def test_any_text_comes_back_as_it_was(lines: list[str], subject: str) -> None:
    """But for blank lines and blanks around it, which mail does not need."""
    body = "\n".join(lines)
    buffer = Buffer("f@x.example", "t@x.example", "", " ".join(subject.split()) or "s", body)
    found = read_buffer(write_buffer(buffer, top=["a remark"], below=BELOW), below=BELOW)
    assert [line.rstrip() for line in found.body.split("\n")] == [
        line.rstrip() for line in body.strip("\n").rstrip().split("\n")
    ] or SCISSORS[:8] in body
    assert found.subject == buffer.subject
