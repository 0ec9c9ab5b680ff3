"""What `desk` makes of a mail, as plain facts: from the functions that read it, or from `desk show --json`.

Both sides give the same kind of value, so that one scorer judges both, and so that what the JSON says can be
held against what was read.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from helpdesk_cli.mail.automatic import classify
from helpdesk_cli.mail.incoming import read_mail
from helpdesk_cli.mail.own import OwnAddresses
from helpdesk_cli.mail.quoting import new_text, split

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from helpdesk_cli.mail.kinds import Kind
    from helpdesk_cli.mail.model import Incoming, Segment


@dataclass(frozen=True, slots=True)
class File:
    """An attachment: the safe name, the one given where it was another ("" = it was not), what is in it."""

    filename: str
    original_name: str
    content_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the reader decides for the desk's own use and the JSON does not repeat."""

    signature: str
    is_temporary: bool | None
    may_answer: bool
    is_feedback_report: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """One mail. `senders` are (name, address); `judged` is None where only the JSON was looked at."""

    subject: str
    senders: tuple[tuple[str, str], ...]
    text: str
    new_text: str
    files: tuple[File, ...]
    in_reply_to: str
    references: tuple[str, ...]
    automatic: str
    bulk: str
    spam: bool
    failed_recipients: tuple[str, ...]
    judged: Judgement | None = None


@cache
def read(raw: bytes) -> Incoming:
    """The mail as read, once a test run."""
    return read_mail(raw)


@cache
def facts_of_mail(raw: bytes) -> Facts:
    """What the functions that read mail find, for a desk that has the mail's own To as its address."""
    mail = read(raw)
    return facts_of_functions(mail, split(mail.text, subject=mail.subject), _kind(mail))


def facts_of_functions(mail: Incoming, body: Sequence[Segment], kind: Kind) -> Facts:
    """What they found, as facts."""
    return Facts(
        subject=mail.subject,
        senders=tuple((person.name, person.email) for person in mail.from_),
        text=mail.text,
        new_text=new_text(body),
        files=tuple(
            File(
                part.filename,
                part.original_name if part.original_name != part.filename else "",
                part.content_type,
                len(part.content),
                hashlib.sha256(part.content).hexdigest(),
            )
            for part in mail.parts
        ),
        in_reply_to=mail.in_reply_to,
        references=mail.references,
        automatic=kind.automatic or "",
        bulk=kind.bulk or "",
        spam=kind.spam,
        failed_recipients=kind.bounce.failed_recipients if kind.bounce else (),
        judged=Judgement(
            signature="\n".join(segment.text for segment in body if segment.kind == "signature"),
            is_temporary=kind.bounce.temporary if kind.bounce else None,
            may_answer=kind.may_answer == "",
            is_feedback_report=kind.automatic == "other" and "a report" in kind.reasons,
        ),
    )


def _kind(mail: Incoming) -> Kind:
    """The kind, as if the mail came to its own To from its own From, so that only the mail itself tells."""
    own = OwnAddresses(frozenset(person.key for person in mail.to))
    sender = mail.from_[0].email if mail.from_ and not mail.header("return-path") else None
    return classify(mail, own=own, envelope_sender=sender or None)


def facts_of_json(message: Mapping[str, Any]) -> Facts:
    """What a message entry of `desk show --json` says."""
    return Facts(
        subject=message["subject"],
        senders=((message["from"]["name"] or "", message["from"]["email"] or ""),),
        text=message["text"],
        new_text=message["new_text"],
        files=tuple(
            File(
                file["filename"],
                file["original_name"] or "",
                file["content_type"],
                file["size"],
                file["sha256"],
            )
            for file in message["attachments"]
        ),
        in_reply_to=message["in_reply_to"] or "",
        references=tuple(message["references"]),
        automatic=message["automatic"] or "",
        bulk=message["bulk"] or "",
        spam=message["spam"],
        failed_recipients=tuple(message["failed_recipients"]),
    )
