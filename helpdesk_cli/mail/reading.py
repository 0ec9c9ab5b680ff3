"""Reading a mail: everything that the sandboxed child works out. Imports the whole of mail parsing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.mail.answerable import Circumstances as Way
from helpdesk_cli.mail.answerable import is_authenticated
from helpdesk_cli.mail.automatic import classify
from helpdesk_cli.mail.forwarded import original_sender
from helpdesk_cli.mail.identity import content_hash, entry_id, synthetic_message_id
from helpdesk_cli.mail.incoming import read_mail
from helpdesk_cli.mail.kinds import Kind
from helpdesk_cli.mail.model import Segment
from helpdesk_cli.mail.quoting import new_text, split
from helpdesk_cli.mail.received import Received
from helpdesk_cli.mail.salvage import salvage
from helpdesk_cli.mail.thanks import only_thanks

if TYPE_CHECKING:
    from helpdesk_cli.mail.model import Incoming
    from helpdesk_cli.mail.received import Circumstances, Envelope


def receive(raw: bytes, envelope: Envelope, around: Circumstances) -> Received:
    """Read the mail and say what it is. May be slow or fail on hostile mail: runs in a limited child."""
    return _describe(read_mail(raw, limits=around.limits), envelope, around)


def receive_unparsed(raw: bytes, envelope: Envelope, around: Circumstances) -> Received:
    """The mail as far as its headers can be guessed in a straight line; never fails, never slow."""
    mail = salvage(raw)
    names = content_hash(mail)
    message_id = mail.message_id or synthetic_message_id(names)
    try:
        kind = _classify(mail, envelope, around)
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
        kind = Kind(automatic="other", may_answer="unparsed")
    body = (Segment("text", mail.text),) if mail.text else ()
    return Received(mail, kind, body, message_id, names, entry_id(message_id, names), unparsed=True)


def _describe(mail: Incoming, envelope: Envelope, around: Circumstances) -> Received:
    kind = _classify(mail, envelope, around)
    body = split(mail.text, subject=mail.subject)
    names = content_hash(mail)
    message_id = mail.message_id or synthetic_message_id(names)
    return Received(
        mail=mail,
        kind=kind,
        body=body,
        message_id=message_id,
        content_hash=names,
        entry_id=entry_id(message_id, names),
        thanks=not mail.parts and only_thanks(new_text(body)),
        forwarded_from=original_sender(mail),
        unparsed=not {"unparsed", "no-headers"}.isdisjoint(mail.problems),
        authenticated=is_authenticated(mail, _way(envelope, around)),
    )


def _classify(mail: Incoming, envelope: Envelope, around: Circumstances) -> Kind:
    way = _way(envelope, around)
    return classify(
        mail,
        own=way.own,
        envelope_sender=way.envelope_sender,
        recipients=way.recipients,
        authservs=way.authservs,
        trust_spam_headers=way.trust_spam_headers,
        now=way.now,
    )


def _way(envelope: Envelope, around: Circumstances) -> Way:
    return Way(
        envelope_sender=envelope.sender,
        recipients=envelope.recipients,
        own=around.own,
        authservs=around.authservs,
        trust_spam_headers=around.trust_spam_headers,
        now=around.now,
    )
