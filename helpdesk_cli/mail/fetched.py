"""What the server of a mailbox wrote on a mail when it delivered it: the envelope, as far as that tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from helpdesk_cli.mail.received import Envelope

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.mail.own import OwnAddresses

_HEAD: Final = 256 << 10
_MOST: Final = 20
_FIELD: Final = re.compile(
    rb"^(return-path|delivered-to|x-original-to|x-envelope-to|envelope-to|x-delivered-to)[ \t]*:"
    rb"[ \t]*([^\r\n]{0,1000}(?:\r?\n[ \t][^\r\n]{0,1000}){0,3})",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS: Final = re.compile(r"[^\s<>()\[\]\",;:@]{1,128}@[^\s<>()\[\]\",;:@]{1,255}")


def envelope_of(data: bytes, *, own: OwnAddresses, otherwise: Iterable[str] = ()) -> Envelope:
    """The envelope of a mail that lay in a mailbox.

    The sender is the topmost Return-Path (RFC 5321 section 4.4): the server that delivers writes it. Where
    there is none the sender is not known, and nothing answers such a mail by itself. Recipients are the
    addresses of ours that the server noted; `otherwise` where it noted none: whose mailbox it is.
    """
    head = re.split(rb"\r?\n\r?\n", data[:_HEAD], maxsplit=1)[0]
    senders: list[str] = []
    recipients: list[str] = []
    for match in _FIELD.finditer(head):
        value = " ".join(match[2].decode("ascii", "replace").split())
        found = _ADDRESS.search(value)
        if match[1].lower() == b"return-path":
            if found or value == "<>":
                senders.append(found[0] if found else "")
        elif found and own.has(found[0]):
            recipients.append(found[0])
    return Envelope(
        senders[0] if senders else None, tuple(dict.fromkeys(recipients))[:_MOST] or tuple(otherwise)
    )
