"""Our signature in ids and addresses: read back as mail systems leave it, and by no other key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_cli.mail.token import address, message_id, read_address, read_message_id
from helpdesk_cli.tickets.ids import ALPHABET, is_id

KEY = b"a key of thirty-two bytes, or so"
UIDS = st.text(ALPHABET, min_size=16, max_size=16)
NONCES = st.text(ALPHABET, min_size=1, max_size=40)
KEYS = st.binary(min_size=16, max_size=64)


@given(UIDS, NONCES, KEYS)
def test_what_is_written_is_read(uid: str, nonce: str, key: bytes) -> None:
    """In any case, with or without brackets."""
    made = message_id(uid, nonce, key=key, domain="desk.example")
    for seen in (made, f"<{made}>", made.upper(), f" {made} "):
        assert read_message_id(seen, key) == uid
    reply = address("support", uid, key=key, domain="desk.example")
    for seen in (reply, reply.upper(), f" {reply}"):
        assert read_address(seen, key) == uid


@given(UIDS, KEYS, KEYS)
def test_another_key_reads_nothing(uid: str, key: bytes, other: bytes) -> None:
    """And a reply address is no Message-ID."""
    made = message_id(uid, "n", key=key, domain="x.example")
    reply = address("support", uid, key=key, domain="x.example")
    if key != other:
        assert read_message_id(made, other) == ""
        assert read_address(reply, other) == ""
    assert read_message_id(reply, key) == read_address(made, key) == ""


@given(st.integers(0, 200), st.sampled_from(ALPHABET))
def test_no_character_of_a_token_can_be_changed(place: int, character: str) -> None:
    """Each of them is signed, or is the signature."""
    uid, nonce = "0123456789abcdef", "n0nce"
    made = message_id(uid, nonce, key=KEY, domain="desk.example")
    local = made.partition("@")[0]
    place %= len(local)
    changed = local[:place] + character + local[place + 1 :]
    assert changed == local or read_message_id(f"{changed}@desk.example", KEY) == ""


@given(st.text())
def test_no_text_by_chance(text: str) -> None:
    """Reading never fails."""
    assert read_message_id(text, KEY) == ""
    assert read_address(text, KEY) == ""


def test_the_signature_has_eighty_bits() -> None:
    """And no address of ours is longer than a local part may be."""
    reply = address("support", "0123456789abcdef", key=KEY, domain="desk.example")
    _, _, mac = reply.partition("@")[0].partition("+")[2].partition(".")
    assert is_id(mac)
    assert len(reply.partition("@")[0]) <= 64


@pytest.mark.parametrize(
    ("uid", "nonce", "domain"),
    [
        ("short", "n", "x.example"),
        ("0123456789ABCDEF", "n", "x.example"),
        ("0123456789abcdef", "", "x.example"),
        ("0123456789abcdef", "a@b", "x.example"),
        ("0123456789abcdef", "n", ""),
        ("0123456789abcdef", "n", "x example"),
        ("0123456789abcdef", "n\r\nBcc: x@y", "x.example"),
    ],
)
def test_what_could_not_be_read_back_is_not_written(uid: str, nonce: str, domain: str) -> None:
    """Better an error here than a reply that opens a new ticket."""
    with pytest.raises(ValueError, match="not fit"):
        message_id(uid, nonce, key=KEY, domain=domain)


@pytest.mark.parametrize("local", ["s" * 40, "", "sup port"])
def test_an_address_that_no_server_takes_is_not_written(local: str) -> None:
    """RFC 5321 section 4.5.3.1.1."""
    with pytest.raises(ValueError, match="not fit"):
        address(local, "0123456789abcdef", key=KEY, domain="x.example")


def test_a_short_key_is_a_mistake() -> None:
    """Nothing is signed with it, and nothing believed."""
    with pytest.raises(ValueError, match="too short"):
        message_id("0123456789abcdef", "n", key=b"", domain="x.example")
    assert read_message_id(message_id("0123456789abcdef", "n", key=KEY, domain="x.example"), b"") == ""
    assert read_address(address("s", "0123456789abcdef", key=KEY, domain="x.example"), b"short") == ""
