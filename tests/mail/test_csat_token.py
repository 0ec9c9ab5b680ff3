"""The proof of a rating (RELIABILITY T45): one ticket, one address, one rating, until a day; nothing else."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_cli.mail.csat_token import RATINGS, find_signed, read_tokens, write_token
from helpdesk_cli.tickets.ids import ALPHABET

KEY = b"a key of thirty-two bytes, or so"
UID = "0123456789abcdef"
ADA = "ada@example.org"
DAY = date(2026, 12, 20)
UIDS = st.text(ALPHABET, min_size=16, max_size=16)


def made(rating: str = "good", *, uid: str = UID, recipient: str = ADA, key: bytes = KEY) -> str:
    return write_token(uid, rating, recipient=recipient, last_day=DAY, key=key)


@given(UIDS, st.sampled_from([*RATINGS, "stop"]), st.emails(), st.binary(min_size=16, max_size=64))
def test_what_is_written_is_read(uid: str, rating: str, recipient: str, key: bytes) -> None:
    """In any case, between other words."""
    token = write_token(uid, rating, recipient=recipient, last_day=DAY, key=key)
    for text in (token, token.upper(), f"Re: {rating} {token}", f"[{token}]"):
        found = find_signed(text, ["bob@example.org", recipient], key)
        assert found is not None
        assert (found[0].uid, found[0].rating, found[1]) == (uid, rating, recipient)


def test_each_byte_of_it_counts() -> None:
    """Flipped in every bit, in every place."""
    token = made()
    for place in range(len(token)):
        for bit in range(8):
            changed = bytearray(token.encode())
            changed[place] ^= 1 << bit
            text = changed.decode("latin-1")
            if text.casefold() != token:
                assert find_signed(text, [ADA], KEY) is None, text


@given(UIDS, st.sampled_from(RATINGS), st.emails())
def test_it_is_good_for_nothing_else(uid: str, rating: str, recipient: str) -> None:
    """Another ticket, another rating, another address, another key."""
    *_, mac = made().split(".")
    other = f"csat.{rating}.{uid}.20261220.{mac}"
    if (uid, rating) != (UID, "good"):
        assert find_signed(other, [ADA], KEY) is None
    if recipient.casefold() != ADA:
        assert find_signed(made(), [recipient], KEY) is None
    assert find_signed(made(), [ADA], KEY[::-1]) is None
    assert find_signed(made(), [ADA], b"") is None


def test_the_day_is_signed_and_ends_it() -> None:
    """Good on its last day, not on the next; no later day can be written into it."""
    (token,) = read_tokens(made())
    assert [token.is_valid_on(DAY + timedelta(days=days)) for days in (-1, 0, 1)] == [True, True, False]
    assert find_signed(made().replace("20261220", "20991231"), [ADA], KEY) is None
    (absurd,) = read_tokens(made().replace("20261220", "20269999"))
    assert not absurd.is_valid_on(DAY)


@given(st.text())
def test_no_text_by_chance(text: str) -> None:
    """Reading never fails."""
    assert find_signed(text, [ADA], KEY) is None
    assert read_tokens(f"csat.{text}") == []


def test_many_are_bounded() -> None:
    """A subject of a megabyte costs what one of two kilobytes does."""
    assert len(read_tokens(f"{made()} " * 20_000)) <= 5


@pytest.mark.parametrize("uid", ["", "0123456789abcde", "../../etc/passwd", "0123456789abcdeu"])
def test_what_could_not_be_read_back_is_not_written(uid: str) -> None:
    with pytest.raises(ValueError, match="not fit"):
        made(uid=uid)
    with pytest.raises(ValueError, match="too short"):
        made(key=b"short")
