"""Who first wrote a mail that somebody forwards: the requester an agent most likely means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helpdesk_cli.mail.header_block import collect, read_block, read_label
from helpdesk_cli.mail.incoming import read_mail
from helpdesk_cli.mail.marks import forward_mark, is_forward_subject
from helpdesk_cli.mail.quoting import split
from helpdesk_cli.tickets.person import Person

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.mail.model import Incoming

_MOST_LINES = 2000
_LONGEST_LINE = 1000
_LONGEST_HEADER = 256_000  # bytes of an attached mail in which its headers must end
_ADDRESS = re.compile(r"[^\s<>()\[\]\",;:：'*]{1,200}@[^\s<>()\[\]\",;:：'*]{1,200}")


def original_sender(mail: Incoming) -> Person | None:
    """The sender of the forwarded mail; None when the mail forwards none.

    An attached mail first, then the header block in the text: below a forward mark, or the first one
    when the subject says forwarded (Outlook writes no mark). What is quoted was forwarded before, to
    somebody else, and a report brings back our own mail.
    """
    if mail.content_type == "multipart/report":
        return None
    for part in mail.parts:
        if part.content_type == "message/rfc822" and (sender := _attached_sender(part.content)):
            return sender
    return _sender_in_text(mail)


def _attached_sender(content: bytes) -> Person | None:
    header = re.split(rb"\r?\n\r?\n", content[:_LONGEST_HEADER].lstrip(b"\r\n"), maxsplit=1)[0]
    people = read_mail(header + b"\r\n\r\n").from_
    return people[0] if people and people[0].email else None


def _sender_in_text(mail: Incoming) -> Person | None:
    # Apple Mail's plain text puts `> ` before the lines of what it forwards.
    top = mail.text.split("\n", _MOST_LINES)[:_MOST_LINES]
    lines = [re.sub(r"^[ \t]{0,3}>[ \t]?", "", line[:_LONGEST_LINE]) for line in top]
    by_subject = is_forward_subject(mail.subject)
    found: dict[int, Person | None] = {}
    for at, line in enumerate(lines):
        if not line.strip():
            continue
        if forward_mark(line) == "forward":
            found[at] = _first_sender(lines, at + 1)
        elif by_subject and read_label(line) is not None and (block := read_block(lines, at)) is not None:
            found[at] = read_person(block.fields["from"])
    # The first forwarded mail counts, whether its sender can be read or not.
    kept = _kept_lines(mail) if found else set()
    return next((sender for at, sender in found.items() if at in kept), None)


def _kept_lines(mail: Incoming) -> set[int]:
    """The numbers of the lines that are text, not quotation."""
    kept: set[int] = set()
    at = 0
    for segment in split(mail.text, subject=mail.subject):
        size = segment.text.count("\n")
        if segment.kind == "text":
            kept.update(range(at, at + size + 1))
        at += size
    return kept


def _first_sender(lines: Sequence[str], at: int) -> Person | None:
    """The sender named right below a forward mark."""
    while at < len(lines) and not lines[at].strip():
        at += 1
    fields = collect(lines, at).fields if at < len(lines) else {}
    return read_person(fields["from"]) if "from" in fields else None


def read_person(text: str) -> Person | None:
    """The person in `Ada Lovelace <ada@example.org>` as programs write it; None without an address.

    Known forms: `[mailto:a@b]`, `a@b<mailto:a@b>`, `"Ada" (a@b)`, `[Ada](mailto:a@b)`.
    """
    match = _ADDRESS.search(re.sub(r"mailto:", "", text))
    if match is None:
        return None
    name = re.sub(r"mailto:", "", text)[: match.start()]
    name = re.sub(r"\s+", " ", name).strip(" \t<>()[]\"'*_,;:")
    return Person(name, match[0].rstrip(".>"))
