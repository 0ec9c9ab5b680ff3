"""What the corpus expects of a mail's meaning: new text, signature, bounces, automatic mail, spam.

Not scored: `n_replies` (how many mails of a thread a text holds): desk tells new text from what is
not, and has no use for counting the mails inside the quotation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus.score import fold

if TYPE_CHECKING:
    from corpus.facts import Facts, Judgement
    from corpus.score import Check, Expectation


def _differ(expected: object, found: object) -> str:
    return "" if expected == found else f"expected {expected!r}, found {found!r}"


def _judged(facts: Facts) -> Judgement:
    assert facts.judged, "this is not in the JSON: see ONLY_JUDGED"
    return facts.judged


def _visible_reply(mail: Expectation, facts: Facts) -> str:
    return _differ(fold(mail["visible_reply"]), fold(facts.new_text))


def _visible_reply_startswith(mail: Expectation, facts: Facts) -> str:
    expected, new = fold(mail["visible_reply_startswith"]), fold(facts.new_text)
    return "" if new.startswith(expected) else f"does not start with {expected!r}: {new!r}"


def _visible_reply_contains(mail: Expectation, facts: Facts) -> str:
    new = fold(facts.new_text)
    missing = [piece for piece in mail["visible_reply_contains"] if fold(piece) not in new]
    return f"{missing!r} not in {new!r}" if missing else ""


def _visible_reply_not_contains(mail: Expectation, facts: Facts) -> str:
    new = fold(facts.new_text)
    found = [piece for piece in mail["visible_reply_not_contains"] if fold(piece) in new]
    return f"{found!r} in {new!r}" if found else ""


def _signature(mail: Expectation, facts: Facts) -> str:
    # The origin marks each line of the signature in the mail itself with "#sig#" as well.
    return _differ(fold(mail["signature"]), fold(_judged(facts).signature))


def _signature_contains(mail: Expectation, facts: Facts) -> str:
    signature = fold(_judged(facts).signature)
    missing = [piece for piece in mail["signature_contains"] if fold(piece) not in signature]
    return f"{missing!r} not in {signature!r}" if missing else ""


def _is_bounce(mail: Expectation, facts: Facts) -> str:
    return _differ(mail["is_bounce"], facts.automatic == "bounce")


def _failed_recipients(mail: Expectation, facts: Facts) -> str:
    return _differ(sorted(mail["failed_recipients"]), sorted(facts.failed_recipients))


def _temporary(mail: Expectation, facts: Facts) -> str:
    return _differ(mail["temporary"], _judged(facts).is_temporary)


def _is_auto_reply(mail: Expectation, facts: Facts) -> str:
    return _differ(mail["is_auto_reply"], facts.automatic == "auto-reply")


def _may_auto_respond(mail: Expectation, facts: Facts) -> str:
    return _differ(mail["may_auto_respond"], _judged(facts).may_answer)


def _is_feedback_report(mail: Expectation, facts: Facts) -> str:
    return _differ(mail["is_feedback_report"], _judged(facts).is_feedback_report)


def _label(mail: Expectation, facts: Facts) -> str:
    return _differ(mail["label"], "spam" if facts.spam else "ham")


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
# What the reader decides and `desk show --json` does not repeat.
ONLY_JUDGED = frozenset(
    {"signature", "signature_contains", "temporary", "may_auto_respond", "is_feedback_report"}
)
