"""When a rule holds: queries about a ticket and the message that set the rule off.

Fields of messages (`from:`, `body:`, `has:attachment` …) mean that message; there are more of them here than
elsewhere: `recipient:`, `new-text:`, and `header.NAME:` for every header.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from helpdesk_cli.query.facts import Facts, facts_of
from helpdesk_cli.query.fields import Field
from helpdesk_cli.query.kinds import NAMES
from helpdesk_cli.query.parse import parse
from helpdesk_cli.tickets.entries import Message, Segment
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from helpdesk_cli.query.context import Context
    from helpdesk_cli.query.nodes import Query
    from helpdesk_cli.query.story import Story
    from helpdesk_cli.rules.occasion import Occasion
    from helpdesk_cli.rules.rule import Rule
    from helpdesk_cli.tickets.ticket import Ticket

# Fields whose facts are those of the message that set the rule off.
OF_MESSAGES = frozenset(
    {
        *("subject", "cc", "from", "to", "by", "body", "nq", "attachment", "attachment-type", "message-id"),
        *("attachments", "header", "automatic", "bulk", "flag"),
    }
)
# Headers that are fields, with what to write instead.
FIELDS_OF_HEADERS = {
    "subject": "subject:",
    "from": "from:",
    "to": "to:",
    "cc": "cc:",
    "message-id": "message-id:",
    "delivered-to": "recipient:",
    "x-original-to": "recipient:",
}
# Characters of a message that rules look at: what asks something says so before that, and no mail can make
# two hundred patterns run over 25 MB.
LONGEST = 1_000_000
LONGEST_HEADER = 10_000
_HEADER = re.compile(r"(?<![\w.-])header\.([a-z][a-z0-9-]{0,75})", re.IGNORECASE)
_RECIPIENTS, _HEADERS = "rules-recipients", "rules-headers"


@dataclass(frozen=True, slots=True)
class Condition:
    """A rule with its query read; None: it holds for every ticket. `recovered`: that of a `dedupe`.

    `broken`: why it cannot be read, with its line. Only a rule that is off is kept so, and holds for none.
    """

    rule: Rule
    query: Query | None = None
    recovered: Query | None = None
    broken: str = ""


def read_condition(rule: Rule, context: Context) -> Condition:
    """The rule's condition, read with what `rule_context` gives. Raises QueryError."""
    recovered = next((said for action in rule.actions if (said := action.part("recovered"))), "")
    return Condition(
        rule,
        parse(rule.when, context) if rule.when else None,
        parse(recovered, context) if recovered else None,
    )


def rule_context(context: Context, rules: Iterable[Rule]) -> Context:
    """What the conditions of these rules are read with: all that queries know here, and what mails have."""
    return replace(context, fields=fields_for(context.fields, headers_of(rules)))


def headers_of(rules: Iterable[Rule]) -> tuple[str, ...]:
    """The headers that these rules ask for, in small letters."""
    return headers_in(text for rule in rules for text in _texts(rule))


def headers_in(texts: Iterable[str]) -> tuple[str, ...]:
    """The headers that conditions name, in small letters."""
    return tuple(sorted({name.lower() for text in texts for name in _HEADER.findall(text)}))


def asks_recipients(rules: Iterable[Rule]) -> bool:
    """Whether one of the rules asks where a mail was delivered."""
    return any("recipient" in text.lower() for rule in rules for text in _texts(rule))


def _texts(rule: Rule) -> list[str]:
    return [rule.when, *(value for action in rule.actions for _, value in action.parts)]


@lru_cache(maxsize=8)
def fields_for(fields: tuple[Field, ...], headers: tuple[str, ...]) -> tuple[Field, ...]:
    """The fields of queries, and those of mails that set rules off."""
    return (
        *fields,
        Field("new-text", "text", "words that the sender newly wrote", texts=("new_text",)),
        Field(
            "recipient",
            "person",
            "where the mail was delivered: the envelope's recipients, Delivered-To, X-Original-To",
            lambda story: story.extra.get(_RECIPIENTS, ()),
        ),
        *(
            Field(f"header.{name}", "name", f"words in the header {name}", partial(_header, name))
            for name in headers
        ),
    )


def _header(name: str, story: Story) -> list[str]:
    return [value for key, value in story.extra.get(_HEADERS, ()) if key == name]


def facts_about(
    ticket: Ticket,
    occasion: Occasion,
    *,
    fields: tuple[Field, ...],
    done: frozenset[str],
    extra: Mapping[str, Any] | None = None,
    mail: Facts | None = None,
) -> Facts:
    """What is known of the ticket as it is, and of the message that set the rule off.

    `extra`: as `query.facts.facts_of` takes it. `mail`: what `facts_of_mail` gave, to who has it already.
    """
    if occasion.message is None:
        return facts_of(ticket, "", fields=fields, done=done, extra=extra)
    bare = replace(
        ticket,
        entries=tuple(
            replace(entry, body=()) if isinstance(entry, Message) and entry.body else entry
            for entry in ticket.entries
        ),
    )
    known = facts_of(bare, "", fields=fields, done=done, extra=extra)
    mail = mail or facts_of_mail(ticket, occasion, fields=fields)
    of_mails = _items_of_mails(fields)
    others = {name: items for name, items in known.items.items() if name not in of_mails}
    scalars = {**known.scalars, **mail.scalars}
    return Facts("", scalars, {**others, **mail.items}, {**known.texts, **mail.texts})


def facts_of_mail(ticket: Ticket, occasion: Occasion, *, fields: tuple[Field, ...]) -> Facts:
    """What is known of the message that set the rule off; it stays the same whatever rules change."""
    message = occasion.message
    if message is None:
        return Facts("", {}, {}, {})
    alone = replace(
        ticket,
        subject=_cut(message.subject or ticket.subject, LONGEST_HEADER),
        cc=(),
        entries=(replace(message, body=_beginning(message.body)),),
    )
    extra = {
        _RECIPIENTS: [Person(email=address) for address in occasion.recipients],
        _HEADERS: [(name, _cut(value, LONGEST_HEADER)) for name, value in occasion.headers],
    }
    found = facts_of(alone, "", fields=_of_mails(fields), extra=extra)
    texts = {name: text for name, text in found.texts.items() if name != "notes"}
    return Facts("", found.scalars, found.items, texts)


@lru_cache(maxsize=8)
def _of_mails(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    return tuple(row for row in fields if is_of_mails(row.key))


@lru_cache(maxsize=8)
def _items_of_mails(fields: tuple[Field, ...]) -> frozenset[str]:
    return frozenset(name for row in _of_mails(fields) for name in (row.stored, row.stored + NAMES))


def is_of_mails(key: str) -> bool:
    """Whether the field of this key is asked of the message that set a rule off."""
    return key in OF_MESSAGES or key in {"recipient", "new-text"} or key.startswith("header.")


def _beginning(body: tuple[Segment, ...]) -> tuple[Segment, ...]:
    left, found = LONGEST, []
    for segment in body:
        if left <= 0:
            break
        found.append(Segment(segment.kind, _cut(segment.text, left)))
        left -= len(segment.text)
    return tuple(found)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most]
