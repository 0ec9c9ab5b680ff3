"""What kind of mail it is: who wrote it (a person or a machine) and how it travelled. DECISIONS 22."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from helpdesk_cli.mail import answerable
from helpdesk_cli.mail.answerable import Circumstances
from helpdesk_cli.mail.bounces import read_bounce
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from helpdesk_cli.mail.bounces import Bounce
    from helpdesk_cli.mail.model import Automatic, Bulk, Incoming
    from helpdesk_cli.mail.own import OwnAddresses


@dataclass(frozen=True, slots=True)
class Kind:
    """The facts about a mail that decide what it may set in motion.

    `may_answer` is "" when automatic mail may answer it, else the number of the rule that forbids
    it. `reasons` are all those rules and what told that a machine wrote it, in fixed words.
    """

    automatic: Automatic | None = None
    bulk: Bulk | None = None
    spam: bool = False
    may_answer: str = ""
    reasons: tuple[str, ...] = ()
    bounce: Bounce | None = None


def classify(
    mail: Incoming,
    *,
    own: OwnAddresses,
    envelope_sender: str | None,
    recipients: Sequence[str] = (),
    authservs: frozenset[str] = frozenset(),
    trust_spam_headers: bool = True,
    now: datetime | None = None,
) -> Kind:
    """The kind of a mail; the keywords are those of `answerable.Circumstances`."""
    around = Circumstances(
        envelope_sender=envelope_sender,
        recipients=recipients,
        own=own,
        authservs=authservs,
        trust_spam_headers=trust_spam_headers,
        now=now,
    )
    forbidding = answerable.forbidding(mail, around)
    bounce = read_bounce(mail, envelope_sender=envelope_sender)
    automatic, why = _automatic(mail, around, bounce=bounce)
    return Kind(
        automatic=automatic,
        bulk=_bulk(mail),
        spam=answerable.is_spam(mail, around),
        # A machine wrote it, though by no rule of the table: no answer either, by the table's spirit.
        may_answer=forbidding[0] if forbidding else "A8" if automatic else "",
        reasons=(*forbidding, *([why] if why else [])),
        bounce=bounce,
    )


def _automatic(
    mail: Incoming, around: Circumstances, *, bounce: Bounce | None
) -> tuple[Automatic | None, str]:
    """Whether a machine wrote it, and what told so."""
    if _is_loop(mail, around):
        return "loop", "our own mail"
    if bounce is not None:
        return "bounce", "a delivery report"
    if mail.report_type in ("feedback-report", "disposition-notification") or _has_report_part(mail):
        return "other", "a report"
    answers = bool(mail.in_reply_to or mail.references or _is_reply_subject(mail.subject))
    why = _machine_evidence(mail, around, answers=answers)
    if not why:
        return None, ""
    says_so = any(token.startswith("auto-replied") for token in answerable.auto_submitted(mail))
    return (
        "auto-reply" if says_so or answers or _is_auto_subject(mail) or why == "autoresponder" else "other"
    ), why


def _is_loop(mail: Incoming, around: Circumstances) -> bool:
    """Our own mail come back: by our mark, our signature, or our address as its author.

    Contact forms and groups write From our address for somebody else, who stands in Reply-To; mail
    hosts that forward put our address into the envelope. Those are heard, only never answered (A4).
    """
    if answerable.bears_our_mark(mail, around):
        return True
    own = around.own
    for_others = any(person.email and not own.has(person.email) for person in mail.reply_to)
    return not for_others and any(own.has(person.email) for person in mail.from_)


def _has_report_part(mail: Incoming) -> bool:
    return mail.content_type in ("message/feedback-report", "message/disposition-notification") or any(
        part.content_type in ("message/feedback-report", "message/disposition-notification")
        for part in mail.parts
    )


def _machine_evidence(mail: Incoming, around: Circumstances, *, answers: bool) -> str:
    precedences = answerable.precedences(mail)
    # vacation(1) and its kin answer with `Precedence: bulk` (junk); what a list does shows elsewhere.
    vacation = answers and not {"bulk", "junk"}.isdisjoint(precedences) and not _list_traces(mail)
    evidence = {
        "Auto-Submitted": bool(answerable.auto_submitted(mail)),
        "autoresponder": _has_autoresponder_mark(mail) or "auto_reply" in precedences,
        "subject of an automatic reply": _is_auto_subject(mail),
        "Precedence": vacation,
        "empty envelope sender": answerable.envelope_address(mail, around) == "",
    }
    return next((name for name, found in evidence.items() if found), "")


def _has_autoresponder_mark(mail: Incoming) -> bool:
    marks = _vendor_marks()
    return any(
        name in _AUTORESPONDERS or (name in marks and marks[name].search(value) is not None)
        for name, value in mail.headers
    )


# Written by autoresponders only; X-Loop, Feedback-ID and X-Auto-Response-Suppress stand in people's mail too.
_AUTORESPONDERS = frozenset(
    (
        "x-autoreply",
        "x-autorespond",
        "x-autoresponder",
        "x-autoreply-from",
        "x-mail-autoreply",
        "x-autogenerated",
        "x-vacation",
        "x-autoreply-sender",
    )
)


@cache
def _vendor_marks() -> dict[str, re.Pattern[str]]:
    marks = {
        "x-apple-action": r"^vacation",
        "x-fc-machinegenerated": r"^true",
        "x-mailer": r"\b(?:vacation|autorespond)",
        "preference": r"^auto_reply",
        "x-post-messageclass": r"autorespond",
        "delivered-to": r"autoresponder",
    }
    return {name: re.compile(pattern, re.IGNORECASE) for name, pattern in marks.items()}


@cache
def _reply_prefix() -> re.Pattern[str]:
    return re.compile(
        r"\s*(?:\[[^\]]{0,40}\]\s*)*(?:re|aw|sv|vs|antw|res|rif|r|odp|ynt|atb|vá|ref|回复|回覆|答复|返信)"
        r"\s*(?:\[\d+\])?\s*[:：]",
        re.IGNORECASE,
    )


def _is_reply_subject(subject: str) -> bool:
    return bool(_reply_prefix().match(subject[:200]))


@cache
def _auto_subjects() -> re.Pattern[str]:
    # What Exchange, Gmail, Apple and others put before the subject they answer, each in its language.
    phrases = (
        r"auto(?:matic|mated)?[ -]?(?:reply|response)"
        r"|out[ -]of[ -](?:the[ -])?office:? auto(?:matic)?[ -]?reply"
        r"|automatische (?:antwort|antwoord)|automatisch antwoord|abwesenheitsnotiz|abwesenheitsnachricht"
        r"|réponse automatique|message d'absence|respuesta automática|respuesta automatica"
        r"|risposta automatica|resposta automática|autosvar|automatiskt? svar|automaattinen vastaus"
        r"|automatická odpov[ěe][dď]|automatyczna odpowiedź|automatikus válasz|răspuns automat"
        r"|автоответ|автоматический ответ|автоматична відповідь|otomatik (?:yanıt|cevap)"
        r"|αυτόματη απάντηση|תשובה אוטומטית|رد تلقائي|自動応答|自动答复|自动回复|自動回覆|자동 회신|자동 응답"
        r"|automatski odgovor|samodejni odgovor|trả lời tự động|resposta automàtica|balasan otomatis"
    )
    return re.compile(rf"(?:{phrases})\s*[:：]", re.IGNORECASE)


def _is_auto_subject(mail: Incoming) -> bool:
    """The subject opens as a machine's answer does.

    A person answering one keeps those words after `Re:`, and their mail program then names what it
    answers; so further inside they count only where nothing is named.
    """
    subject = mail.subject.strip()[:300]
    if _auto_subjects().match(subject):
        return True
    return not mail.in_reply_to and not mail.references and bool(_auto_subjects().search(subject))


_LIST_TRACES = frozenset(
    ("list-id", "list-post", "mailing-list", "x-mailing-list", "x-beenthere", "x-list", "list-archive")
)


def _list_traces(mail: Incoming) -> bool:
    return any(name.startswith("list-") or name in _LIST_TRACES for name, _ in mail.headers) or any(
        re.match(r"owner-|.*-(?:owner|bounces|request)@", person.key)
        for person in (mail.sender, *mail.from_)
        if person is not None
    )


def _bulk(mail: Incoming) -> Bulk | None:
    """How it travelled: by a list that people write to, by a mass mailing, or by itself."""
    names = {name for name, _ in mail.headers}
    precedence = answerable.precedences(mail)
    posts = [value for value in mail.all_headers("list-post") if value.strip().casefold() != "no"]
    if posts or "list" in precedence or names & {"mailing-list", "x-mailing-list", "x-beenthere"}:
        return "list"
    mass = names & {"list-unsubscribe-post", "feedback-id"} or precedence & {"bulk", "junk"}
    if "list-id" in names and not mass:
        return "list"
    if mass or names & {"list-id", "list-unsubscribe"}:
        return "newsletter"
    return None
