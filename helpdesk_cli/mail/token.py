"""Proof that a mail answers one of ours: an HMAC in every Message-ID and reply address we write."""

from __future__ import annotations

import hmac
import re

from helpdesk_cli.tickets.ids import ALPHABET, write_id

_ID = f"[{ALPHABET}]{{16}}"
_MESSAGE_ID = re.compile(rf"desk\.({_ID})\.([{ALPHABET}.]{{1,64}})\.({_ID})@[^@\s]+")
_ADDRESS = re.compile(rf"[^@\s]+\+({_ID})\.({_ID})@[^@\s]+")
_SHORTEST_KEY = 16  # bytes; a shorter one is a mistake in reading it, not a key
_LONGEST_LOCAL_PART = 64  # octets, RFC 5321 section 4.5.3.1.1


def message_id(uid: str, nonce: str, *, key: bytes, domain: str) -> str:
    """`desk.UID.NONCE.MAC@DOMAIN`, bare. ValueError on what could not be read back."""
    made = f"desk.{uid}.{nonce}.{_mac(key, 'message-id', uid, nonce)}@{domain}"
    if not read_message_id(made, key):
        raise ValueError(f"not fit for a message id: {uid!r}, {nonce!r}, {domain!r}")
    return made


def read_message_id(text: str, key: bytes) -> str:
    """The uid in a Message-ID that we wrote; "" when we did not."""
    match = _MESSAGE_ID.fullmatch(text.strip().strip("<>").casefold())
    if match is None or len(key) < _SHORTEST_KEY:
        return ""
    uid, nonce, mac = match.groups()
    return uid if hmac.compare_digest(mac, _mac(key, "message-id", uid, nonce)) else ""


def read_nonce(text: str, key: bytes) -> str:
    """What tells one Message-ID of ours from another, the entry's id; "" when we did not write it."""
    match = _MESSAGE_ID.fullmatch(text.strip().strip("<>").casefold())
    return match[2] if match and read_message_id(text, key) else ""


def address(local: str, uid: str, *, key: bytes, domain: str) -> str:
    """`LOCAL+UID.MAC@DOMAIN`. ValueError when the local part gets too long for SMTP."""
    made = f"{local}+{uid}.{_mac(key, 'address', uid)}@{domain}"
    if len(made.rpartition("@")[0].encode()) > _LONGEST_LOCAL_PART or not read_address(made, key):
        raise ValueError(f"not fit for an address: {local!r}, {uid!r}, {domain!r}")
    return made


def read_address(text: str, key: bytes) -> str:
    """The uid in a reply address that we wrote; "" when we did not."""
    match = _ADDRESS.fullmatch(text.strip().casefold())
    if match is None or len(key) < _SHORTEST_KEY:
        return ""
    uid, mac = match.groups()
    return uid if hmac.compare_digest(mac, _mac(key, "address", uid)) else ""


def _mac(key: bytes, *parts: str) -> str:
    """80 bits in sixteen lower-case letters and digits: mail systems change the case of a local part."""
    if len(key) < _SHORTEST_KEY:
        raise ValueError("the key is too short")
    return write_id(hmac.digest(key, "\0".join(parts).encode(), "sha256"))
