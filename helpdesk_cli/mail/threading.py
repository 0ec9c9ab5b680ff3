"""Which ticket a mail belongs to: by proof and by people, never by likeness. DECISIONS 21."""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING, Literal, Protocol

from helpdesk_cli.mail.token import read_address, read_message_id, read_nonce
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from helpdesk_cli.mail.model import Incoming
    from helpdesk_cli.mail.own import OwnAddresses

ThreadedBy = Literal["token", "reference", "cc-reference", "subject", "new"]
_MOST_TAGS = 5
_LONGEST_SUBJECT = 2000
# Nobody writes more addresses and ids by hand; a hostile mail shall not make a thousand look-ups.
_MOST_IDS = 200
_RATED = "csat."  # how a token of `csat_token` begins


@dataclass(frozen=True, slots=True)
class Candidate:
    """What must be known of a ticket to decide. Addresses are case-folded, ids bare."""

    uid: str
    number: int
    # Everyone ever in From, To or Cc of this ticket's messages, our own addresses taken out.
    participants: frozenset[str] = frozenset()
    message_ids: frozenset[str] = frozenset()
    # An id that no stored message has -> the senders who named it in In-Reply-To or References.
    known_references: Mapping[str, frozenset[str]] = field(default_factory=dict)


class Lookup(Protocol):
    """Where tickets are found; tickets that were merged into another are answered with that other."""

    def by_token(self, uid: str, entry: str = "") -> Candidate | None:
        """The ticket with this uid; where its `entry` stands in another ticket now, that one."""

    def by_message_id(self, message_id: str) -> Sequence[Candidate]:
        """The tickets that store a message of this id, the earliest first: an id can be used again."""

    def by_reference(self, message_id: str) -> Sequence[Candidate]:
        """The tickets with a message that names this id in In-Reply-To or References."""

    def by_number(self, number: int) -> Sequence[Candidate]:
        """The ticket with this number and those that had it formerly."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The ticket to join (None: open a new one), the reason, and where a doubt remains."""

    join: str | None = None
    threaded_by: ThreadedBy = "new"
    flagged: bool = False  # joined on weak grounds: shown to people
    possible_parent: int | None = None  # the number of a ticket that was named but not joined


def decide(
    mail: Incoming,
    lookup: Lookup,
    *,
    own: OwnAddresses,
    prefix: str = "TICKET",
    recipients: Sequence[str] = (),
    returned_ids: Sequence[str] = (),
) -> Decision:
    """The ticket this mail belongs to.

    `recipients` are the envelope's. `returned_ids` are the Message-IDs inside a bounce: a bounce is
    believed by our signature in them only, for anybody can write one (its From proves nothing).
    """
    signed = _signed(mail, lookup, own=own, recipients=recipients, returned_ids=returned_ids)
    if signed is not None:
        return _unless_unverified(mail, Decision(signed.uid, "token"), signed)
    if returned_ids:
        return Decision(possible_parent=_first_number(lookup, returned_ids))
    ids = _ids(mail)
    sender = mail.from_[0].key if mail.from_ else ""
    by_id = [found for each in ids for found in lookup.by_message_id(each)]
    for candidate in by_id:
        if sender and sender in candidate.participants:
            return _unless_unverified(mail, Decision(candidate.uid, "reference"), candidate)
    named = _named_by_those_present(mail, lookup, ids=ids, own=own)
    if named is not None:
        return _unless_unverified(mail, Decision(named.uid, "cc-reference"), named)
    tagged = [found for number in _tags(mail.subject, prefix) for found in lookup.by_number(number)]
    present = {c.uid: c for c in tagged if sender and sender in c.participants and not _foreign(ids, c, own)}
    # A number that two tickets had, with the same person in both, names neither.
    if len(present) == 1:
        (candidate,) = present.values()
        return _unless_unverified(mail, Decision(candidate.uid, "subject", flagged=True), candidate)
    return Decision(possible_parent=next((c.number for c in (*by_id, *tagged)), None))


def _unless_unverified(mail: Incoming, decision: Decision, candidate: Candidate) -> Decision:
    """A mail with two senders joins nothing: which of them was checked, nobody knows (T15)."""
    return decision if len(mail.from_) <= 1 else Decision(possible_parent=candidate.number)


def _ids(mail: Incoming) -> list[str]:
    """The ids this mail answers, nearest first."""
    ids = dict.fromkeys([mail.in_reply_to, *reversed(mail.references)])
    return [each for each in ids if each and each != mail.message_id][:_MOST_IDS]


def _signed(
    mail: Incoming,
    lookup: Lookup,
    *,
    own: OwnAddresses,
    recipients: Sequence[str],
    returned_ids: Sequence[str],
) -> Candidate | None:
    """The ticket named by the nearest token of ours."""
    for uid, entry in _uids(mail, own=own, recipients=recipients, returned_ids=returned_ids):
        if found := lookup.by_token(uid, entry):
            return found
    return _rated(mail, lookup, own=own)


def _rated(mail: Incoming, lookup: Lookup, *, own: OwnAddresses) -> Candidate | None:
    """The ticket whose question how it went this mail answers: by the token in its subject.

    A link in our question began the mail, so it names no other mail. The token is bound to who was asked.
    """
    subject = mail.subject[:_LONGEST_SUBJECT]
    if _RATED not in subject.casefold():
        return None
    # Few mails come here.
    for token in importlib.import_module("helpdesk_cli.mail.csat_token").read_tokens(subject):
        found = lookup.by_token(token.uid)
        if found and any(token.is_signed(address, own.key) for address in sorted(found.participants)):
            return found
    return None


def _uids(
    mail: Incoming, *, own: OwnAddresses, recipients: Sequence[str], returned_ids: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """(ticket, entry) of each token of ours, the nearest first; an address names no entry."""
    for each in (*returned_ids, *_ids(mail)):
        if uid := read_message_id(each, own.key):
            yield uid, read_nonce(each, own.key)
    for address in (*recipients, *[person.email for person in (*mail.to, *mail.cc)][:_MOST_IDS]):
        if uid := read_address(address, own.key):
            yield uid, ""


def _named_by_those_present(
    mail: Incoming, lookup: Lookup, *, ids: Sequence[str], own: OwnAddresses
) -> Candidate | None:
    """The ticket whose people named the same id and are on this mail too.

    Somebody put us in copy in mid-conversation, then others of that conversation write: we never had
    the message they answer. The id of this mail counts as well: the answer to it may have come first.
    """
    everyone = {person.key for person in (*mail.from_, *mail.to, *mail.cc)} - {""}
    # Our answers name such ids as well, and every mail to us has us in To: that binds nobody.
    here = {key for key in everyone if not own.has(key)}
    for each in (*ids, mail.message_id):
        for candidate in lookup.by_reference(each) if each else ():
            if candidate.known_references.get(each, frozenset()) & here:
                return candidate
    return None


def _tags(subject: str, prefix: str) -> list[int]:
    found = re.findall(
        rf"\[\s*{re.escape(prefix)}-0*(\d{{1,9}})\s*\]", subject[:_LONGEST_SUBJECT], re.IGNORECASE | re.ASCII
    )
    return [int(digits) for digits in dict.fromkeys(found)][:_MOST_TAGS]


def _foreign(ids: Sequence[str], candidate: Candidate, own: OwnAddresses) -> bool:
    """Whether the mail answers something outside this ticket."""
    return any(
        each not in candidate.message_ids
        and each not in candidate.known_references
        and read_message_id(each, own.key) != candidate.uid
        for each in ids
    )


def _first_number(lookup: Lookup, ids: Sequence[str]) -> int | None:
    found = (candidate for each in ids[:_MOST_IDS] for candidate in lookup.by_message_id(each))
    return next((candidate.number for candidate in found), None)
