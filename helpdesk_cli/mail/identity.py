"""The same mail is the same entry everywhere: ids that two clones reach without talking."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from helpdesk_cli.tickets.ids import write_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.mail.model import Incoming


def content_hash(mail: Incoming) -> str:
    """SHA-256 (hex) of what the sender made: From, Date, Subject, text, attachments.

    Not in it: whatever changes on the way (Received, list and spam headers, trailing white space),
    so a redelivered mail hashes the same. A change of the recipe changes ids: it carries a version.
    """
    digest = sha256(b"desk content 1")
    for piece in _pieces(mail):
        data = piece.encode("utf-8", "surrogatepass")
        # With lengths no two different mails can run together into the same bytes.
        digest.update(b"%d:" % len(data))
        digest.update(data)
    return digest.hexdigest()


def _pieces(mail: Incoming) -> Iterator[str]:
    yield ",".join(sorted(person.key for person in mail.from_))
    yield mail.date.isoformat() if mail.date else ""
    yield " ".join(mail.subject.split())
    yield "\n".join(line.rstrip() for line in mail.text.split("\n")).strip("\n")
    for part in mail.parts:
        yield part.original_name or part.filename
        yield sha256(part.content).hexdigest()


def synthetic_message_id(content_hash: str) -> str:
    """A bare Message-ID for a mail that came without one; RFC 2606 keeps `.invalid` from the world."""
    return f"{content_hash[:40]}@missing.invalid"


def entry_id(message_id: str, content_hash: str) -> str:
    """The id of the entry that stores this mail: 16 characters of base32, 80 bits."""
    return write_id(
        sha256(f"desk entry\0{message_id}\0{content_hash}".encode("utf-8", "surrogatepass")).digest()
    )


def ticket_uid(entry_id: str) -> str:
    """The uid of the ticket that this entry opens; nothing says from it which entry that was."""
    return write_id(sha256(f"desk ticket\0{entry_id}".encode()).digest())
