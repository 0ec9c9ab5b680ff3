"""The one table of what can be asked for: a row gives parsing, help, JSON name, memory and SQL."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from helpdesk_cli.query.folding import fold
from helpdesk_cli.tickets.snooze import until_of
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from helpdesk_cli.query.story import Story

# What a value may be, and how it is compared: query/kinds.py has a function for each.
Kind = Literal[
    "word",
    "text",
    "person",
    "tag",
    "name",
    "exact",
    "uid",
    "ticket",
    "tickets",
    "time",
    "length",
    "number",
    "side",
]
AUTOMATIC = ("auto-reply", "bounce", "loop", "other")
BULK = ("list", "newsletter")
DELIVERY = ("queued", "sent", "failed", "unknown", "dropped", "bounced")
ITEM_KINDS = frozenset({"person", "tag", "name", "exact", "tickets"})
NUMBER_KINDS = frozenset({"time", "length", "number", "ticket"})
TEXTS = ("subject", "body", "new_text", "notes")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the language.

    `read` takes the fact from a story: text for word, text and uid; datetime or None for time; int or None
    for number and ticket; texts for tag, name, exact, tickets; Persons for person. None: the field asks what
    another row has stored, in `column` or in `texts`. `late`: known only at the time of asking, never stored;
    whoever asks puts it into the facts, and SQL lets pass what only it could refuse.
    """

    key: str
    kind: Kind
    about: str
    read: Callable[[Story], Any] | None = None
    aliases: tuple[str, ...] = ()
    json: str = ""
    column: str = ""
    texts: tuple[str, ...] = ()
    words: str = ""  # the list of the vocabulary that its values are from; "" = its own
    values: tuple[str, ...] = ()  # all that there are, where desk itself sets them
    ordered: bool = False  # its words are declared from the greatest down
    late: bool = False
    ahead: bool = False  # a length until what is to come, not since what was

    @property
    def name(self) -> str:
        """The name in JSON: snake_case, times with `_at`."""
        plain = self.key.replace("-", "_").replace(".", "_")
        return self.json or (f"{plain}_at" if self.kind == "time" else plain)

    @property
    def stored(self) -> str:
        """The column that has the fact, or for fields with several items their name in `items`.

        With a colon, `customer:tier`, they are in `customer_items`: a view of the same columns.
        """
        return self.column or (self.key if self.kind in ITEM_KINDS else self.name)


@dataclass(frozen=True, slots=True)
class Flag:
    """A value of `is:`, `has:` and the like that stands for another query."""

    field: str
    value: str
    means: str
    about: str


FIELDS: tuple[Field, ...] = (
    Field("id", "ticket", "its number: 42, TICKET-42, 40..49", lambda s: s.ticket.number, column="number"),
    Field("uid", "uid", "the beginning of its long name", lambda s: s.ticket.uid),
    Field("subject", "text", "words in its subject", lambda s: s.ticket.subject, texts=("subject",)),
    Field("status", "word", "where it stands", lambda s: s.ticket.status),
    Field("priority", "word", "how urgent it is", lambda s: s.ticket.priority, ("prio",), ordered=True),
    Field("category", "word", "what it is about", lambda s: s.ticket.category),
    Field("type", "word", "what kind of request it is", lambda s: s.ticket.type),
    Field("product", "word", "which product it is about", lambda s: s.ticket.product),
    Field("team", "word", "the team it belongs to", lambda s: s.ticket.team, ("queue", "department")),
    Field(
        "assignee",
        "word",
        "the agent whose ticket it is; `me` is you, `away` whoever is",
        lambda s: s.ticket.assignee,
    ),
    Field("inbox", "word", "the inbox it came to", lambda s: s.ticket.inbox),
    Field("channel", "word", "the way it came: email, phone, form", lambda s: s.ticket.channel),
    Field("requester", "person", "who asks", lambda s: [s.ticket.requester]),
    Field("cc", "person", "who was in Cc", lambda s: s.copied),
    Field(
        "participant", "person", "who was in From, To or Cc of a message", lambda s: s.participants, ("with",)
    ),
    Field("from", "person", "who wrote a message that came in", lambda s: s.senders),
    Field("to", "person", "to whom a message went", lambda s: s.recipients),
    Field(
        "by",
        "tag",
        "the agent who wrote a message or a note; `me` is you",
        lambda s: s.writers,
        words="assignee",
    ),
    Field("tag", "tag", "its tags", lambda s: s.ticket.tags, json="tags"),
    Field("links", "tickets", "the tickets it is linked to", lambda s: s.ticket.links, ("link",)),
    Field("merged-into", "tickets", "the ticket it was merged into", lambda s: [s.ticket.merged_into]),
    Field("formerly", "tickets", "the numbers it had", lambda s: s.ticket.formerly),
    Field("other", "exact", "a key that a hand wrote: `contract`, `contract=gold`", lambda s: s.other_keys),
    Field("created", "time", "when it was opened", lambda s: s.ticket.created_at, json="created_at"),
    Field("updated", "time", "when anything last happened", lambda s: s.last_at, json="last_at"),
    Field("last-message", "time", "when the last message was written", lambda s: s.last_message_at),
    Field(
        "last-customer-message",
        "time",
        "when the customer last wrote",
        lambda s: s.last_in_at,
        json="last_in_at",
    ),
    Field("last-reply", "time", "when we last answered", lambda s: s.last_out_at, json="last_out_at"),
    Field("first-response", "time", "when we first answered", lambda s: s.first_response_at),
    Field("unanswered", "time", "when the customer last wrote, until we answer", lambda s: s.unanswered_at),
    Field("resolved", "time", "when it was resolved, while it is", lambda s: s.resolved_at),
    Field("snoozed-until", "time", "until when it rests", lambda s: until_of(s.ticket), ("snoozed",)),
    Field("escalated", "time", "when it was last escalated: `yes`, `no`, a date", lambda s: s.escalated_at),
    Field("escalations", "number", "how often it was escalated", lambda s: len(s.escalated)),
    Field("escalation-step", "number", "its step on the path of desk.yaml", lambda s: s.escalation_step),
    Field(
        "snooze-on-reply",
        "exact",
        "whether mail leaves it asleep: keep",
        lambda s: [s.ticket.snooze_on_reply],
        values=("keep",),
    ),
    Field("age", "length", "how long ago it was opened", column="created_at"),
    Field("waiting-for", "length", "how long the customer has waited for an answer", column="unanswered_at"),
    Field("silent-for", "length", "how long ago the last message was written", column="last_message_at"),
    Field("messages", "number", "how many messages it has", lambda s: len(s.messages)),
    Field("replies", "number", "how many times we answered", lambda s: len(s.answers)),
    Field("notes", "number", "how many notes it has", lambda s: len(s.notes)),
    Field("attachments", "number", "how many files came with it", lambda s: len(s.files)),
    Field("reopened", "number", "how often it was taken up again", lambda s: s.reopened),
    Field(
        "waiting",
        "side",
        "who has to act, by its status",
        column="status",
        values=("us", "customer", "nobody"),
    ),
    Field(
        "text",
        "text",
        "words in subject, messages and notes, as bare words",
        texts=("subject", "body", "notes"),
    ),
    Field("body", "text", "words in messages, quoted history included", lambda s: s.bodies, texts=("body",)),
    Field(
        "nq", "text", "words that the sender of a message newly wrote", lambda s: s.new, texts=("new_text",)
    ),
    Field("note", "text", "words in notes", lambda s: s.note_bodies, texts=("notes",)),
    Field("attachment", "name", "words in the name of a file", lambda s: s.file_names, ("file",)),
    Field(
        "attachment-type", "name", "words in the media type of a file: pdf, image/", lambda s: s.file_types
    ),
    Field("message-id", "exact", "a message's Message-ID", lambda s: s.message_ids),
    Field("header", "name", "words in a header that is kept: `list-id: <news`", lambda s: s.headers),
    Field(
        "automatic",
        "exact",
        "which machine wrote a message that came in",
        lambda s: s.automatic,
        values=AUTOMATIC,
    ),
    Field("bulk", "exact", "how a message came that was not for us alone", lambda s: s.bulk, values=BULK),
    Field("flag", "exact", "what was odd about a message", lambda s: s.flags),
    Field("delivery", "exact", "what became of a message of ours", lambda s: s.deliveries, values=DELIVERY),
)
FLAGS: tuple[Flag, ...] = (
    Flag("is", "active", "waiting:us", "we work on it"),
    Flag("is", "waiting", "waiting:customer", "it waits for somebody else"),
    Flag("is", "done", "waiting:nobody", "it is done"),
    Flag("is", "answered", "replies:1.. unanswered:none", "we answered all that was asked"),
    Flag("is", "unanswered", "unanswered:any", "the customer wrote last"),
    Flag("is", "assigned", "assignee:any", "it is somebody's"),
    Flag("is", "unassigned", "assignee:none", "it is nobody's"),
    Flag("is", "reopened", "reopened:1..", "it was taken up again"),
    Flag("is", "snoozed", "snoozed-until:>now", "it rests until a time, and needs nobody"),
    Flag("is", "escalated", "escalated:any", "it was escalated, and was not done since"),
    Flag("is", "merged", "merged-into:any", "it was merged into another"),
    Flag("is", "automatic", "automatic:any", "a machine wrote to us"),
    Flag("is", "bulk", "bulk:any", "a message came by a list or as a newsletter"),
    Flag(
        "is", "unsent", "delivery:queued,failed,unknown", "a message of ours has not left, or we cannot tell"
    ),
    Flag("is", "bounced", "delivery:bounced", "a message of ours came back"),
    Flag("has", "attachment", "attachments:1..", "a file came with it"),
    Flag("has", "note", "notes:1..", "agents wrote notes"),
    Flag("has", "reply", "replies:1..", "we answered at least once"),
    Flag("has", "tag", "tag:any", "it has tags"),
    Flag("has", "cc", "cc:any", "somebody was in Cc"),
    Flag("has", "link", "links:any", "it is linked to others"),
)


@lru_cache(maxsize=8)
def by_name(fields: tuple[Field, ...]) -> dict[str, Field]:
    """Each field by its key, its aliases and its name in JSON. Raises ValueError for two of one name."""
    found: dict[str, Field] = {}
    for row in fields:
        # Names of columns stand in the text of SQL.
        if not _is_name(row.key, "-.") or not (row.kind in ITEM_KINDS or _is_name(row.stored, "_")):
            raise ValueError(f"a field cannot be called {row.key!r}")
        for name in {row.key, row.name, *row.aliases}:
            if found.setdefault(fold(name), row) is not row:
                raise ValueError(f"two fields are called {name!r}")
    return found


def stores(row: Field) -> str:
    """Where a row's own fact goes: "scalar", "items", "text", "" when it has none or it is late."""
    if row.read is None or row.late:
        return ""
    if row.kind == "text":
        return "text"
    return "items" if row.kind in ITEM_KINDS else "scalar"


def _is_name(text: str, also: str) -> bool:
    """Small letters, digits and these, beginning with a letter."""
    return text[:1].isalpha() and set(text) <= {*"abcdefghijklmnopqrstuvwxyz0123456789", *also}
