"""What the corpus expects of a mail's meaning: new text, signature, bounces, automatic mail, spam.

Not scored: `n_replies` (how many mails of a thread a text holds): desk tells new text from what is
not, and has no use for counting the mails inside the quotation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus.score import fold, read

from helpdesk_cli.mail.automatic import Kind, classify
from helpdesk_cli.mail.own import OwnAddresses
from helpdesk_cli.mail.quoting import new_text, split

if TYPE_CHECKING:
    from corpus.score import Check, Expectation


def _new(raw: bytes) -> str:
    mail = read(raw)
    return fold(new_text(split(mail.text, subject=mail.subject)))


def _signature_of(raw: bytes) -> str:
    mail = read(raw)
    segments = split(mail.text, subject=mail.subject)
    return fold("\n".join(segment.text for segment in segments if segment.kind == "signature"))


def _kind(raw: bytes) -> Kind:
    """The kind, as if the mail came to its own To from its own From, so that only the mail itself tells."""
    mail = read(raw)
    own = OwnAddresses(frozenset(person.key for person in mail.to))
    sender = mail.from_[0].email if mail.from_ and not mail.header("return-path") else None
    return classify(mail, own=own, envelope_sender=sender or None)


def _differ(expected: object, found: object) -> str:
    return "" if expected == found else f"expected {expected!r}, found {found!r}"


def _visible_reply(mail: Expectation, raw: bytes) -> str:
    return _differ(fold(mail["visible_reply"]), _new(raw))


def _visible_reply_startswith(mail: Expectation, raw: bytes) -> str:
    expected = fold(mail["visible_reply_startswith"])
    return "" if _new(raw).startswith(expected) else f"does not start with {expected!r}: {_new(raw)!r}"


def _visible_reply_contains(mail: Expectation, raw: bytes) -> str:
    missing = [piece for piece in mail["visible_reply_contains"] if fold(piece) not in _new(raw)]
    return f"{missing!r} not in {_new(raw)!r}" if missing else ""


def _visible_reply_not_contains(mail: Expectation, raw: bytes) -> str:
    found = [piece for piece in mail["visible_reply_not_contains"] if fold(piece) in _new(raw)]
    return f"{found!r} in {_new(raw)!r}" if found else ""


def _signature(mail: Expectation, raw: bytes) -> str:
    # The origin marks each line of the signature in the mail itself with "#sig#" as well.
    return _differ(fold(mail["signature"]), _signature_of(raw))


def _signature_contains(mail: Expectation, raw: bytes) -> str:
    missing = [piece for piece in mail["signature_contains"] if fold(piece) not in _signature_of(raw)]
    return f"{missing!r} not in {_signature_of(raw)!r}" if missing else ""


def _is_bounce(mail: Expectation, raw: bytes) -> str:
    return _differ(mail["is_bounce"], _kind(raw).automatic == "bounce")


def _failed_recipients(mail: Expectation, raw: bytes) -> str:
    bounce = _kind(raw).bounce
    return _differ(sorted(mail["failed_recipients"]), sorted(bounce.failed_recipients) if bounce else None)


def _temporary(mail: Expectation, raw: bytes) -> str:
    bounce = _kind(raw).bounce
    return _differ(mail["temporary"], bounce.temporary if bounce else None)


def _is_auto_reply(mail: Expectation, raw: bytes) -> str:
    return _differ(mail["is_auto_reply"], _kind(raw).automatic == "auto-reply")


def _may_auto_respond(mail: Expectation, raw: bytes) -> str:
    return _differ(mail["may_auto_respond"], _kind(raw).may_answer == "")


def _is_feedback_report(mail: Expectation, raw: bytes) -> str:
    kind = _kind(raw)
    return _differ(mail["is_feedback_report"], kind.automatic == "other" and "a report" in kind.reasons)


def _label(mail: Expectation, raw: bytes) -> str:
    return _differ(mail["label"], "spam" if _kind(raw).spam else "ham")


MEANING_CHECKS: dict[str, Check] = {
    "visible_reply": _visible_reply,
    "visible_reply_startswith": _visible_reply_startswith,
    "visible_reply_contains": _visible_reply_contains,
    "visible_reply_not_contains": _visible_reply_not_contains,
    "signature": _signature,
    "signature_contains": _signature_contains,
    "is_bounce": _is_bounce,
    "failed_recipients": _failed_recipients,
    "temporary": _temporary,
    "is_auto_reply": _is_auto_reply,
    "may_auto_respond": _may_auto_respond,
    "is_feedback_report": _is_feedback_report,
    "label": _label,
}
