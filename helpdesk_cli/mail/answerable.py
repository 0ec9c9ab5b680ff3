"""Whether automatic mail may answer a mail: the first of the rules A1 to A14 and A18 that forbids it.

A15 to A17 are the desk's own (`desk/automatic_mail`). Every rule only ever forbids, whatever is added to a
mail; all doubts end in "no".
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from helpdesk_cli.mail.own import OwnAddresses
from helpdesk_cli.mail.senders import is_address, is_machine_address, original_address
from helpdesk_cli.mail.token import read_message_id
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from helpdesk_cli.mail.model import Incoming

_REPORT_TYPES = frozenset(
    (
        "multipart/report",
        "message/delivery-status",
        "message/disposition-notification",
        "message/feedback-report",
    )
)
_LIST_HEADERS = (
    *(f"list-{name}" for name in ("id", "post", "unsubscribe", "help", "subscribe", "owner", "archive")),
    "list-unsubscribe-post",
    "mailing-list",
    "x-mailing-list",
    "feedback-id",
)
_AUTORESPONDER_HEADERS = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-autoreply-from",
    "x-mail-autoreply",
    "x-loop",
    # Every desk's automatic mail has it: also where a gateway took off Auto-Submitted.
    "x-desk-loop",
)
_QUIET_PRECEDENCES = frozenset(("bulk", "junk", "list", "auto_reply", "auto-reply"))
_MOST_HOPS = 25
_MOST_REPEATS = 2
_LONGEST_RESULTS = 4000
_OLDEST = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known about a mail's way beside the mail itself.

    `envelope_sender`: "" is the null sender, None is not told. `recipients`: the envelope's.
    `authservs`: the authserv-ids whose Authentication-Results we believe (RFC 8601 section 5).
    `trust_spam_headers`: whether our own filter writes (and so replaces) X-Spam-*.
    `now`: when it came in, UTC; None leaves its age out of account.
    """

    envelope_sender: str | None = None
    recipients: Sequence[str] = ()
    own: OwnAddresses = field(default_factory=OwnAddresses)
    authservs: frozenset[str] = frozenset()
    trust_spam_headers: bool = True
    now: datetime | None = None


def forbidding(mail: Incoming, around: Circumstances) -> list[str]:
    """The numbers of all rules that forbid an automatic answer, the deciding one first."""
    return [number for number, holds in _RULES.items() if holds(mail, around)]


def is_spam(mail: Incoming, around: Circumstances) -> bool:
    """Whether the mail filter before us called it spam, and we may believe that."""
    if not around.trust_spam_headers:
        return False
    flags = [
        *mail.all_headers("x-spam-flag"),
        *mail.all_headers("x-spam-status"),
        *mail.all_headers("x-spam"),
    ]
    return any(re.match(r"\s*(?:yes|true)\b", value, re.IGNORECASE) for value in flags)


def envelope_address(mail: Incoming, around: Circumstances) -> str | None:
    """The envelope sender, "" when null, None when neither the MTA nor a Return-Path tells."""
    if around.envelope_sender is not None:
        return around.envelope_sender.strip().strip("<>").strip()
    paths = mail.all_headers("return-path")
    return paths[0].strip().strip("<>").strip() if paths else None


def _has(mail: Incoming, names: Iterable[str]) -> bool:
    wanted = set(names)
    return any(name in wanted for name, _ in mail.headers)


def _null_sender(mail: Incoming, around: Circumstances) -> bool:
    told = around.envelope_sender
    null_path = any(not path.strip().strip("<>").strip() for path in mail.all_headers("return-path"))
    return told is None or not told.strip().strip("<>").strip() or null_path


def _report(mail: Incoming, _around: Circumstances) -> bool:
    declared = [
        mail.content_type,
        *(value.split(";")[0].strip().casefold() for value in mail.all_headers("content-type")),
    ]
    return not _REPORT_TYPES.isdisjoint(declared) or _has(mail, ["x-failed-recipients"])


def auto_submitted(mail: Incoming) -> list[str]:
    """The first token of every Auto-Submitted header that does not say `no`; "" for an empty one."""
    values = mail.all_headers("auto-submitted")
    words = [re.split(r"[;\s(]", value.strip().casefold())[0] for value in values]
    return [word for word in words if word != "no"]


def bears_our_mark(mail: Incoming, around: Circumstances) -> bool:
    """Whether it carries our X-Desk-Loop or a Message-ID that only we can have signed."""
    marks = {
        word for value in mail.all_headers("x-desk-loop") for word in re.split(r"[\s;,]+", value) if word
    }
    return bool(marks & around.own.instances) or bool(read_message_id(mail.message_id, around.own.key))


def _came_from_us(mail: Incoming, around: Circumstances) -> bool:
    senders = [person.email for person in (*mail.from_, mail.sender) if person]
    senders += [envelope_address(mail, around) or ""]
    return bears_our_mark(mail, around) or any(around.own.has(address) for address in senders)


def _suppressed(mail: Incoming, _around: Circumstances) -> bool:
    words = {
        word
        for value in mail.all_headers("x-auto-response-suppress")
        for word in re.split(r"[\s,;]+", value.casefold())
    }
    return not words.isdisjoint(("all", "autoreply"))


def _listed(mail: Incoming, _around: Circumstances) -> bool:
    return _has(mail, _LIST_HEADERS)


def precedences(mail: Incoming) -> set[str]:
    """Every Precedence and X-Precedence, case-folded."""
    values = [*mail.all_headers("precedence"), *mail.all_headers("x-precedence")]
    return {value.strip().casefold() for value in values}


def _low_precedence(mail: Incoming, _around: Circumstances) -> bool:
    return not _QUIET_PRECEDENCES.isdisjoint(precedences(mail))


def _autoresponder(mail: Incoming, _around: Circumstances) -> bool:
    return (
        _has(mail, _AUTORESPONDER_HEADERS)
        or any(value.strip().casefold() == "true" for value in mail.all_headers("x-fc-machinegenerated"))
        or any("autoresponder" in value.casefold() for value in mail.all_headers("delivered-to"))
    )


def _machine_sender(mail: Incoming, around: Circumstances) -> bool:
    addresses = [envelope_address(mail, around) or "", *(person.email for person in mail.from_)]
    return any(is_machine_address(address) for address in addresses)


def _unclear_sender(mail: Incoming, around: Circumstances) -> bool:
    return (
        len(mail.from_) != 1
        or not is_address(mail.from_[0].email)
        or len(mail.reply_to) > 1
        or any(around.own.has(person.email) for person in mail.reply_to)
    )


def _unproven_or_spam(mail: Incoming, around: Circumstances) -> bool:
    if is_spam(mail, around):
        return True
    believed = [value.casefold() for value in mail.all_headers("authentication-results")]
    believed = [value for value in believed if value.split(";")[0].split(" ")[0].strip() in around.authservs]
    if any(re.search(r"\bdmarc\s*=\s*fail", value) for value in believed):
        return True
    spf_failed = any(re.search(r"\bspf\s*=\s*(?:soft)?fail", value) for value in believed)
    # Only the topmost may speak for the mail: below it stands what the sender may have written.
    return spf_failed and not _aligned_dkim(mail, believed[0])


def is_authenticated(mail: Incoming, around: Circumstances) -> bool:
    """Whether our own mail server says that the From domain sent it: DMARC, or DKIM aligned (RFC 8601).

    Only the topmost result is read, and only under an authserv-id that is ours: the rest anybody may write.
    """
    results = [value.casefold() for value in mail.all_headers("authentication-results")[:1]]
    own = [value for value in results if value.split(";")[0].split(" ")[0].strip() in around.authservs]
    if len(mail.from_) != 1 or not own:
        return False
    return re.search(r"\bdmarc\s*=\s*pass\b", own[0]) is not None or _aligned_dkim(mail, own[0])


def _aligned_dkim(mail: Incoming, results: str) -> bool:
    domain = mail.from_[0].key.rpartition("@")[2] if mail.from_ else ""
    signers = re.findall(
        r"\bdkim\s*=\s*pass\b[^;]*?\bheader\.[di]\s*=\s*(?:[^\s;@]*@)?([\w.-]+)", results[:_LONGEST_RESULTS]
    )
    return any(domain == signer or domain.endswith(f".{signer}") for signer in signers)


def _no_destination(mail: Incoming, around: Circumstances) -> bool:
    """Whether nothing says that an answer to From would reach who sent the mail (A18).

    It would where the envelope names the same domain (or one is part of the other), or our own mail server
    vouches for From. Else an answer goes to whomever somebody liked to write into From.
    """
    if len(mail.from_) != 1:
        return True
    author = mail.from_[0].key.rpartition("@")[2]
    local, _, sender = original_address(envelope_address(mail, around) or "").rpartition("@")
    shorter, longer = sorted((author, sender), key=len)
    within = author == sender or ("." in shorter and longer.endswith(f".{shorter}"))
    is_aligned = bool(local and author) and within
    return not is_aligned and not is_authenticated(mail, around)


def _not_addressed(mail: Incoming, around: Circumstances) -> bool:
    addressed = [*around.recipients, *(person.email for person in (*mail.to, *mail.cc))]
    for name in ("resent-to", "resent-cc"):
        for value in mail.all_headers(name):
            addressed += [word for word in re.split(r"[\s<>,;\"]+", value) if "@" in word]
    return not any(around.own.has(address) for address in addressed)


@cache
def _repeats() -> tuple[re.Pattern[str], ...]:
    patterns = (
        r"(?<!\w)(?:re|aw|sv|vs|antw|res|odp|ynt|回复|答复)\s*(?:\[\d+\])?\s*[:：]",
        r"(?<!\w)auto\s*:",
        r"\[[\w .-]{0,20}[#-]\s*\d+\]",
        r"automatic reply|autoreply|auto-reply|automatische antwort|réponse automatique|respuesta automática",
    )
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


def _circling(mail: Incoming, _around: Circumstances) -> bool:
    hops = len(mail.all_headers("received"))
    subject = mail.subject[:2000]
    counted = re.search(r"\bre\s*\[(\d{1,4})\]\s*:", subject, re.IGNORECASE)
    return (
        hops > _MOST_HOPS
        or any(len(pattern.findall(subject)) > _MOST_REPEATS for pattern in _repeats())
        or (counted is not None and int(counted[1]) > _MOST_REPEATS)
    )


def _late(mail: Incoming, around: Circumstances) -> bool:
    return around.now is not None and mail.date is not None and around.now - mail.date > _OLDEST


_RULES: dict[str, Callable[[Incoming, Circumstances], bool]] = {
    "A1": _null_sender,
    "A2": _report,
    "A3": lambda mail, _around: bool(auto_submitted(mail)),
    "A4": _came_from_us,
    "A5": _suppressed,
    "A6": _listed,
    "A7": _low_precedence,
    "A8": _autoresponder,
    "A9": _machine_sender,
    "A10": _unclear_sender,
    "A11": _unproven_or_spam,
    "A12": _not_addressed,
    "A13": _circling,
    "A18": _no_destination,
    "A14": _late,
}
