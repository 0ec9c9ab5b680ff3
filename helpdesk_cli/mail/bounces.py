"""Which recipients a mail did not reach, from the report that says so.

Reports in the standard form (RFC 3464 in RFC 6522) are read here; the free-text forms of the world's
mail servers are flufl.bounce's trade, which Mailman lives by. It sees a mail only after that mail
looks like a report by its sender, its form or its subject: a person quoting an error is a person.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Literal

from helpdesk_cli.mail.bounce_words import RETURNED_TYPES, address_pattern, read_free_text, text_of
from helpdesk_cli.mail.kinds import Bounce

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from helpdesk_cli.mail.model import Incoming
    from helpdesk_cli.tickets.person import Person

Fate = Literal["failed", "delayed", "delivered"]

_STATUS_TYPES = frozenset(("message/delivery-status", "message/global-delivery-status"))
# What mail servers write at the start of the subject, case-folded, one "|" between two.
_SUBJECTS = """
undeliverable|undelivered|returned mail|returned to sender|mail delivery failed|mail delivery failure
mail failed|mail failure|failure notice|delivery status notification|delivery failure|delivery failed
delivery report|delivery notification|delivery error|delivery problem|delivery has failed
delivery delayed|delivery incomplete|delivery unsuccessful|email delivery fail|e-mail delivery fail
message delivery fail|message delivery delayed|mail delivery delayed|email delivery delayed
mail delivery problem|mail delivery error|mail delivery report|message delivery status|nondeliver
non-deliver|non deliver|delayed mail|mail delayed|message delayed|mail system error
mail delivery system error|rejected mail|automatically rejected|message not delivered
message undeliverable|could not send|could not deliver|couldn't be delivered|unable to deliver
mail could not be delivered|message could not be delivered|your message couldn't be
your message could not be|your mail could not be|your email could not be|nachricht nicht|unzustellbar
nicht zustellbar|zustellung|zustellfehler|fehler bei der zustellung|rückläufer|non remis|échec de
non délivr|non distribu|notification d'échec|no se puede entregar|no se pudo entregar
no se ha podido entregar|no entregado|correo devuelto|error de entrega|mancato recapito|mancata consegna
non recapitabile|impossibile recapitare|messaggio non recapit|não entregue|falha na entrega
não foi possível entregar|não é possível entregar|niet bestelbaar|niet bezorgd|onbestelbaar
kan niet worden bezorgd|niedostarczon|nie można dostarczyć|nie dostarczono|недоставлен|не доставлен
не удалось доставить|ошибка доставки|недоставка|не вдалося доставити|går inte att leverera
kan inte levereras|olevererbar|kan ikke leveres|ikke levert|ikke-levert|ei voi toimittaa
ei voitu toimittaa|toimittamaton|nedoručiteln|nelze doručit|kézbesíthetetlen|teslim edilemedi|iletilemedi
nelivrat|αδύνατη η παράδοση|配信不能|配信エラー|配信できません|送信エラー|系统退信|退信|无法投递|未送达
無法傳遞|未傳遞|传递失败|傳遞失敗|배달되지|반송|전송 실패|수신 실패
"""
_MOST_RECIPIENTS = 100
_MOST_IDS = 20
_LONGEST_STATUS = 256_000


def read_bounce(mail: Incoming, *, envelope_sender: str | None = None) -> Bounce | None:
    """What the report says; None when the mail is none. `envelope_sender`: "" null, None not told."""
    named = any(_is_mail_system(person) for person in (*mail.from_, mail.sender) if person)
    by_subject = _is_bounce_subject(mail.subject)
    has_status = any(part.content_type in _STATUS_TYPES for part in mail.parts)
    in_form = mail.content_type in _STATUS_TYPES or (
        mail.content_type == "multipart/report" and (has_status or mail.report_type == "delivery-status")
    )
    # The null sender alone tells nothing: out-of-office notes come by it as well.
    told = by_subject and not mail.in_reply_to and (_is_null(mail, envelope_sender) or _is_role(mail))
    if not (named or in_form or told or mail.header("x-failed-recipients")):
        return None
    reported = _read_status(mail)
    if reported and set(reported.values()) == {"delivered"}:
        return None
    failed = [address for address, fate in reported.items() if fate == "failed"]
    delayed = [address for address, fate in reported.items() if fate == "delayed"]
    if not failed and not delayed:
        failed, delayed = read_free_text(mail)
    # A report that names nobody we can read is one all the same.
    certain = (in_form and has_status) or (by_subject and (named or in_form))
    if not failed and not delayed and not certain:
        return None
    temporary = bool(delayed and not failed) or (not failed and _says_delayed(mail))
    return Bounce(_tidy(failed or delayed), temporary, _original_ids(mail))


def _tidy(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(addresses))[:_MOST_RECIPIENTS])


def _is_null(mail: Incoming, envelope_sender: str | None) -> bool:
    told = envelope_sender if envelope_sender is not None else mail.header("return-path") or "<unknown>"
    return not told.strip().strip("<>").strip()


def _is_mail_system(person: Person) -> bool:
    local = person.key.rpartition("@")[0] or person.key
    if re.fullmatch(r"mailer[-_. ]?daemon|mail[-_.]?daemon|mdaemon|postmaster|mailsystem", local):
        return True
    name = (
        r"mail(?:er)?[ -](?:delivery (?:sub)?system|daemon|admin\w*|system)|internet mail delivery|postmaster"
    )
    return re.match(rf"(?:{name})\b", person.name.strip(), re.IGNORECASE) is not None


def _is_role(mail: Incoming) -> bool:
    """Whether the sender's address is a program's or an office's: people report lost parcels too."""
    roles = (
        r"admin|system|gateway|daemon|server|smtp|mta\b|mailer|delivery|virus|bounce|no-?reply|notif|robot"
    )
    return any(re.search(roles, person.key.rpartition("@")[0] or person.key) for person in mail.from_)


@cache
def _subjects() -> tuple[str, ...]:
    return tuple(phrase for line in _SUBJECTS.strip("\n").split("\n") for phrase in line.split("|"))


# These open other subjects as well: what became of the mail must follow.
_OPEN_SUBJECTS = ("warning: ", "your message to ", "your mail to ", "your message with subject ")
_FATES = ("could not", "couldn't", "not be ", "deliver", "delayed", "unknown", "awaits")


def _is_bounce_subject(subject: str) -> bool:
    text = subject[:300].casefold().lstrip(" \t*!<\"'-")
    if text.startswith("["):
        text = text.partition("]")[2].lstrip()
    if text.startswith(_OPEN_SUBJECTS):
        return any(
            word in text
            for word in ("could not", "couldn't", "not be ", "deliver", "delayed", "unknown", "awaits")
        )
    return text.startswith(_subjects())


def _says_delayed(mail: Incoming) -> bool:
    words = r"delay|warning|still being retried|not yet been delivered|will be retried|keep trying"
    return re.search(words, mail.subject[:300] + mail.text[:4000], re.IGNORECASE) is not None


def _read_status(mail: Incoming) -> dict[str, Fate]:
    """Address -> what became of it, from a report in the standard form (RFC 3464 section 2.3)."""
    reports = [text_of(part, _LONGEST_STATUS) for part in mail.parts if part.content_type in _STATUS_TYPES]
    if mail.content_type in _STATUS_TYPES:
        reports.append(mail.text[:_LONGEST_STATUS])
    found = ((_recipient(block), _fate(block)) for report in reports for block in _blocks(report))
    return {address: fate for address, fate in found if address and fate}


def _fate(fields: dict[str, str]) -> Fate | None:
    """By the action (a comment may follow it; OpenSMTPD says "error"), else by the class of the status."""
    action = fields.get("action", "").casefold()
    if action.startswith(("fail", "error")):
        return "failed"
    if action.startswith("delay"):
        return "delayed"
    if action.startswith(("deliver", "relay", "expand")):
        return "delivered"
    fates: dict[str, Fate] = {"2": "delivered", "4": "delayed", "5": "failed"}
    return fates.get(fields.get("status", "")[:1])


def _blocks(report: str) -> Iterator[dict[str, str]]:
    """The groups of fields between blank lines; a recipient named anew begins a group as well."""
    fields: dict[str, str] = {}
    for line in re.sub(r"\r?\n[ \t]+", " ", report).split("\n"):
        name, colon, value = line.partition(":")
        name = name.strip().casefold()
        if not line.strip() or (name == "final-recipient" and name in fields):
            yield fields
            fields = {}
        if colon:
            fields.setdefault(name, value.strip())
    yield fields


def _recipient(fields: dict[str, str]) -> str:
    """The address as it was written to, else where it finally failed; "" when there is none."""
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        # Some servers leave the type out, some put the address in brackets.
        kind, _, value = fields.get(name, "").rpartition(";")
        if kind.strip().casefold() in ("rfc822", "utf-8", "") and (match := address_pattern().search(value)):
            return match[0]
    return ""


def _original_ids(mail: Incoming) -> tuple[str, ...]:
    """The Message-IDs of what came back: attached, or its headers copied into the text."""
    sources = [text_of(part, _LONGEST_STATUS) for part in mail.parts if part.content_type in RETURNED_TYPES]
    headers = [source.lstrip("\n").partition("\n\n")[0] for source in sources]
    sources = [*headers, mail.text[:_LONGEST_STATUS]]
    pattern = re.compile(
        r"^[>| \t]{0,8}message-id:\s{0,8}(?:\n[ \t]{0,8})?<([^<>\s]{1,250})>", re.IGNORECASE | re.MULTILINE
    )
    ids = [match[1] for source in sources for match in pattern.finditer(source)]
    return tuple(dict.fromkeys(each for each in ids if each != mail.message_id))[:_MOST_IDS]
