"""The common forms of address and date headers say what mail-parser says, or nothing."""

from __future__ import annotations

import re
import time
from email import message_from_bytes
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mailparser.dates import parse_mail_date
from mailparser.utils import get_addresses

from helpdesk_cli.mail.common_forms import common_date, common_mailboxes
from helpdesk_cli.mail.headers import from_octets, header_text, with_plain_words

CORPUS = sorted((Path(__file__).parents[1] / "corpus").glob("*/mails/*"))
PEOPLE = ("from", "to", "cc", "reply-to", "sender", "return-path")
PIECES = (
    *(
        "a@b.c",
        "<a@b.c>",
        '"x"',
        '"x, y"',
        "=?utf-8?b?w6k=?=",
        "=?utf-8?q?a?=",
        "John",
        "J.",
        "Doe",
        "O'Hara",
    ),
    *(
        " ",
        ",",
        "  ",
        ".",
        "<",
        ">",
        "@",
        '"',
        "(c)",
        ":",
        ";",
        "\\",
        "=?",
        "?=",
        "a@localhost",
        "a@-b",
        "a@b-",
    ),
    *("a@b..c", ".a@b", "a..b@c", "<a@b> c", "1@2", "x@y@z"),
)


def said_by_mail_parser(value: str) -> list[tuple[str, str]] | None:
    """Its mailboxes; None where it has doubts."""
    doubts: list[dict[str, object]] = []
    found = get_addresses(value, defects=doubts, decode_names=True)
    return (
        None
        if any(not each["recovered"] for each in doubts)
        else [(header_text(n), a) for n, a in found if a]
    )


def said_here(value: str) -> list[tuple[str, str]] | None:
    """The common form's, its encoded words decoded."""
    found = common_mailboxes(value)
    return None if found is None else [(header_text(name), address) for name, address in found]


def headers(names: tuple[str, ...]) -> list[str]:
    """The values of these headers in every mail of the corpus, unfolded."""
    found = []
    for path in CORPUS:
        for name, value in message_from_bytes(path.read_bytes()).items():
            if name.lower() in names:
                text = str(value)
                text = text if text.isascii() else from_octets(text)
                found.append(re.sub(r"\r?\n[ \t]*|[\x00\r\n]", " ", text))
    return found


def test_the_addresses_of_real_mail() -> None:
    """Nine in ten have the common form, and every one of them is read alike."""
    values = [with_plain_words(value) for value in headers(PEOPLE)]
    common = [value for value in values if common_mailboxes(value) is not None]
    assert len(common) > 0.9 * len(values)
    assert [value for value in common if said_here(value) != said_by_mail_parser(value)] == []


def test_the_dates_of_real_mail() -> None:
    """As the addresses."""
    values = headers(("date",))
    common = [value for value in values if common_date(value) is not None]
    assert len(common) > 0.9 * len(values)
    assert [value for value in common if common_date(value) != parse_mail_date(value).value] == []


@settings(max_examples=3000, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=9).map("".join)
    | st.text("ab.,()<>@\"\\ :;=?-_é0'", max_size=30)
)
def test_any_value_is_read_alike_or_not_at_all(value: str) -> None:
    """Put together from what confuses address parsers."""
    value = with_plain_words(value)
    assert said_here(value) in (None, said_by_mail_parser(value))


TWO = st.integers(0, 99).map("{:02d}".format)


@settings(max_examples=2000, deadline=None)
@given(
    st.builds(
        "{}{} {} {:04d} {}:{}:{} {}{}{}{}".format,
        st.sampled_from(("Mon, ", "", "Tue, ", "Sun,", " ")),
        st.integers(0, 40),
        st.sampled_from(("Jan", "Feb", "Dec", "feb", "Sept")),
        st.integers(1970, 2099),
        *(TWO, TWO, TWO),
        st.sampled_from("+-"),
        *(TWO, TWO),
        st.sampled_from(("", " (CET)", " GMT")),
    )
)
def test_any_date_is_read_alike_or_not_at_all(value: str) -> None:
    """Days, hours and zones in and out of range."""
    assert common_date(value) in (None, parse_mail_date(value).value)


@pytest.mark.parametrize(
    "value", ["a " * 5000 + "<", "a@b," * 5000, '"' + "a " * 5000, " " * 9000, "a." * 5000 + "@"]
)
def test_hostile_values_take_no_time(value: str) -> None:
    """Linear, whatever the value."""
    begun = time.perf_counter()
    common_mailboxes(value)
    common_mailboxes(value[:2000])
    common_date(value)
    assert time.perf_counter() - begun < 0.1
