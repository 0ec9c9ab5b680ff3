"""What the tests of queries share: a context, a throw-away SQLite, random tickets and queries."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from helpdesk_cli.query.context import Context, Vocabulary
from helpdesk_cli.query.facts import Facts, facts_of
from helpdesk_cli.query.match import matches
from helpdesk_cli.query.order import in_order
from helpdesk_cli.query.parse import parse
from helpdesk_cli.query.schema import FUNCTIONS, rows, tables
from helpdesk_cli.query.sql import order, where
from helpdesk_cli.tickets.changes import FieldSet
from helpdesk_cli.tickets.entries import Attachment, Event, Message, Note, Segment
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.ticket import Ticket

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from helpdesk_cli.query.nodes import Query

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)  # a Friday
BERLIN = ZoneInfo("Europe/Berlin")
WORDS = {
    "status": (
        ("new",),
        ("open", "in-progress"),
        ("pending", "answered"),
        ("on-hold",),
        ("resolved", "solved"),
        ("closed",),
        ("spam",),
        ("merged",),
    ),
    "priority": (("urgent", "critical"), ("high",), ("medium", "normal"), ("low",)),
    "category": (("technical",), ("billing",), ("account",)),
    "type": (("question",), ("problem", "bug"), ("feature",)),
    "team": (("billing",), ("technical",)),
    "assignee": (("dana", "dana@example.com"), ("lee", "lee@example.com")),
    "inbox": (("support", "support@example.com"), ("billing", "billing@example.com")),
}
VIEWS = {
    "mine": "assignee:me status:open,new",
    "hot": "priority:at-least:high sort:-priority,created",
    "both": "view:mine OR @hot",
    "round": "view:about",
    "about": "tag:x @round",
    "broken": "asignee:me",
}
VOCABULARY = Vocabulary(
    words=WORDS,
    waiting=("pending", "on-hold"),
    done=("resolved", "closed", "spam", "merged"),
    me="dana",
    views=VIEWS,
)
CONTEXT = Context(NOW, BERLIN, VOCABULARY)


def ask(text: str | Sequence[str], facts: Iterable[Facts], context: Context = CONTEXT) -> list[int]:
    """The numbers of the tickets found, in order, as both evaluators say."""
    query = parse(text, context)
    held = list(facts)
    found = [each.scalars["number"] for each in in_order(query.sort, held) if matches(query, each)]
    assert found == ask_sqlite(query, held)
    return found  # type: ignore[return-value]


def fill(facts: Iterable[Facts]) -> sqlite3.Connection:
    """A database in memory with these tickets."""
    database = sqlite3.connect(":memory:")
    for name, (count, function) in FUNCTIONS.items():
        database.create_function(name, count, function, deterministic=True)
    for statement in tables():
        database.execute(statement)
    for each in facts:
        for text, parameters in rows(each):
            database.execute(text, parameters)
    return database


def select(database: sqlite3.Connection, query: Query) -> list[int]:
    """The numbers that SQLite finds, in order."""
    condition, key = where(query), order(query)
    text = f"SELECT number FROM tickets WHERE {condition.text} ORDER BY {key.text}"  # noqa: S608 - that is what is tested
    found = [number for (number,) in database.execute(text, (*condition.parameters, *key.parameters))]
    plain = where(query, trigrams=False)
    count = f"SELECT count(*) FROM tickets WHERE {plain.text}"  # noqa: S608 - as above
    assert database.execute(count, plain.parameters).fetchone() == (len(found),)
    return found


def ask_sqlite(query: Query, facts: Iterable[Facts]) -> list[int]:
    database = fill(facts)
    try:
        return select(database, query)
    finally:
        database.close()


def facts(ticket: Ticket) -> Facts:
    return facts_of(ticket, f"tickets/{ticket.id}.md")


def ticket(number: int, **fields: object) -> Ticket:
    """A ticket of a day ago, with these fields."""
    values = {"created_at": NOW - timedelta(days=1), "status": "open", "subject": f"Ticket {number}"} | fields
    return Ticket(f"TICKET-{number}", f"{number:016d}", **values)  # type: ignore[arg-type]


# Random tickets and queries from few words, so that they meet; with what folds oddly among them.
PIECES = (
    "late",
    "Invoice",
    "ß",
    "SS",
    "İ",
    "é",
    "e\u0301",
    "ﬁ",
    " ",
    "\n",
    '"',
    "%",
    "_",
    "日本語",
    "a",
    "ab",
    "abc",
    "x,y",
    "..",
    "(",
    ")",
    "-",
    "none",
    "any",
    "\x00",
    "\ud800",
    "/",
    "ΣΑΣ",
    "σας",
    "\u0345",
    "OR",
    "or",
    "tag:",
    "\\",
)
texts = st.lists(st.sampled_from(PIECES), max_size=5).map("".join) | st.text(max_size=8)
TAGS = ("vip", "VIP", "spam", "late invoice", "ß", "none", "x,y", "日本", "a")
NAMES = ("Ada Lovelace", "Grace", "ada@example.com", "", "ÅSE", '"')
EMAILS = (
    "ada@example.com",
    "bob@sub.example.com",
    "Eve@Example.Org",
    "",
    "bad.example.com",
    "x@badexample.com",
)
moments = st.integers(0, 60 * 24 * 400).map(
    lambda minutes: NOW - timedelta(minutes=minutes)
) | st.sampled_from(
    [
        NOW,
        NOW - timedelta(days=7),
        NOW - timedelta(days=7, milliseconds=1),
        NOW + timedelta(hours=3),
        datetime(2026, 11, 15, 23, tzinfo=UTC),
        datetime(2025, 12, 31, 22, 59, 59, 999000, tzinfo=UTC),
    ]
)
people = st.builds(Person, st.sampled_from(NAMES), st.sampled_from(EMAILS), st.sampled_from(["", "+49 30"]))
segments = st.lists(
    st.builds(Segment, st.sampled_from(["text", "quote", "signature"]), texts), max_size=3
).map(tuple)
files = st.lists(
    st.builds(
        Attachment,
        st.sampled_from(["Rechnung.PDF", "a b.txt", ""]),
        st.sampled_from(["application/pdf", "image/png"]),
        st.just(1),
        st.just("0"),
    ),
    max_size=2,
).map(tuple)
ids = st.text("0123456789abcdefghjkmnpqrstvwxyz", min_size=16, max_size=16)
some_people = st.lists(people, max_size=2).map(tuple)
messages = st.builds(
    Message,
    ids,
    moments,
    people,
    st.sampled_from(["in", "out"]),
    by=st.sampled_from(["", "dana", "lee"]),
    to=some_people,
    cc=some_people,
    subject=texts,
    message_id=st.sampled_from(["", "<A@b>", "c@d"]),
    automatic=st.sampled_from(["", "", "bounce", "auto-reply"]),
    bulk=st.sampled_from(["", "list"]),
    body=segments,
    attachments=files,
    delivery=st.sampled_from(["", "queued", "sent"]),
    headers=st.just((("List-Id", "<news.example.org>"),)) | st.just(()),
    flags=st.sampled_from([(), ("odd",)]),
)
notes = st.builds(Note, ids, moments, st.sampled_from(["dana", "lee"]), segments, files)
STATUSES = ("", "new", "Open", "in-progress", "pending", "resolved", "closed", "spam", "unheard-of")
statuses = st.sampled_from(STATUSES)
events = st.builds(
    Event,
    ids,
    moments,
    st.just("dana"),
    changes=st.lists(st.builds(FieldSet, st.just("status"), statuses, statuses), max_size=2).map(tuple),
    facts=st.sampled_from([(), (("delivery", "x bounced 5.1.1"),)]),
)
entries = st.lists(messages | notes | events, max_size=5).map(
    lambda found: tuple(sorted(found, key=lambda e: (e.at, e.id)))
)


@st.composite
def tickets(draw: st.DrawFn, number: int) -> Ticket:
    one_of = lambda *values: draw(st.sampled_from(values))  # noqa: E731 - a word for what follows
    return Ticket(
        f"TICKET-{number}",
        draw(ids),
        draw(moments),
        subject=draw(texts),
        status=draw(statuses),
        priority=one_of("", "urgent", "critical", "High", "low", "unheard-of"),
        category=one_of("", "billing"),
        type=one_of("", "bug"),
        product=one_of("", "Shop"),
        team=one_of("", "billing"),
        assignee=one_of("", "dana", "lee"),
        inbox=one_of("", "support"),
        channel=one_of("email", "phone"),
        requester=draw(people),
        cc=draw(some_people),
        tags=tuple(draw(st.lists(st.sampled_from(TAGS), max_size=6))),
        links=tuple(one_of((), ("TICKET-2", "x-3"))),
        merged_into=one_of("", "TICKET-1"),
        snoozed_until=one_of("", "2026-11-20T10:00:00Z", "2026-12-01T08:00:00Z", "soon"),
        snooze_on_reply=one_of("", "keep"),
        formerly=one_of((), ("OLD-7",)),
        other=one_of((), (("contract", "Gold"), ("plan", ("a", "b")))),
        entries=draw(entries),
    )


desks = st.integers(0, 4).flatmap(lambda size: st.tuples(*(tickets(number) for number in range(1, size + 1))))

_QUOTED = texts.map(lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
_DATES = (
    "2026-11-20",
    "2026-11",
    "2026",
    "2026Q4",
    "2026W47",
    "7d",
    "12h",
    "now",
    "today",
    "yesterday",
    "monday",
    "thisweek",
    "lastweek",
    "lastmonth",
    "thisyear",
    '"2026-11-20 09:00"',
    "2025-12-31T23:59",
    "+2d",
)
_SIGNS = ("", "=", ">=", ">", "<", "<=", "at-least:", "above:", "at-most:", "below:", "exactly:")


def _one(*values: str) -> st.SearchStrategy[str]:
    return st.sampled_from(values)


def _amounts(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    signed = st.builds("{}{}".format, st.sampled_from(_SIGNS), values)
    return (
        signed
        | st.builds("{}..{}".format, values, values)
        | values.map("{}..".format)
        | values.map("..{}".format)
    )


def _terms(fields: Sequence[str], values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    listed = st.lists(values, min_size=1, max_size=3).map(",".join)
    return st.builds("{}:{}".format, st.sampled_from(fields), listed)


_TEXTS = st.builds("{}{}".format, _one("", "="), _QUOTED) | _one(
    "late", "/late|ss/", "/^$/", r"/\s./", "abc", "ab", "(a)"
)
_OPEN = ("none", "any")
terms = st.one_of(
    _terms(["status"], _one("new", "open", "OPEN", "answered", "solved", *_OPEN)),
    _terms(["priority", "prio"], _amounts(_one("urgent", "high", "medium", "low")) | _one(*_OPEN)),
    _terms(["category"], _one("billing", *_OPEN)),
    _terms(["type"], _one("problem", "bug")),
    _terms(["product", "channel"], _one("shop", "phone", "Nothing", *_OPEN)),
    _terms(["team", "inbox"], _one("billing", *_OPEN)),
    _terms(["assignee", "by"], _one("me", "lee", "dana@example.com", *_OPEN)),
    _terms(
        ["requester", "cc", "from", "to", "participant"],
        _QUOTED
        | _one(
            "ada",
            "@example.com",
            "=@example.com",
            "@example.org",
            "ada@example.com",
            "=grace",
            "/a.a/",
            "+49",
            *_OPEN,
        ),
    ),
    _terms(["tag"], _QUOTED | _one("vip", "ß", "ss", '"none"', "/v.p/", *_OPEN)),
    _terms(["links", "merged-into", "formerly"], _one("1", "TICKET-2", "3", "7", *_OPEN)),
    _terms(["other"], _one("contract", "contract=gold", "plan=b", "zzz", *_OPEN)),
    _terms(["id"], _amounts(_one("1", "2", "ticket-3", "99"))),
    _terms(["uid"], ids.map(lambda text: text[:1])),
    _terms(
        [
            "created",
            "updated",
            "last-message",
            "last-customer-message",
            "last-reply",
            "first-response",
            "unanswered",
            "resolved",
            "snoozed-until",
        ],
        _amounts(_one(*_DATES)) | _one(*_OPEN),
    ),
    _terms(
        ["age", "waiting-for", "silent-for"],
        _amounts(_one("1h", "7d", "2w", "3mo", "1y", "1d12h")) | _one(*_OPEN),
    ),
    _terms(["messages", "replies", "notes", "attachments", "reopened"], _amounts(_one("0", "1", "2", "3"))),
    _terms(["waiting"], _one("us", "customer", "nobody")),
    _terms(["text", "subject", "body", "nq", "note"], _TEXTS),
    _terms(
        ["attachment", "attachment-type", "header"],
        _QUOTED | _one("rech", "pdf", "=image/png", "/PDF$/", "list-id", *_OPEN),
    ),
    _terms(["message-id"], _one("a@b", '"<A@b>"', *_OPEN)),
    _terms(["automatic"], _one("bounce", "loop", *_OPEN)),
    _terms(["delivery"], _one("queued", "sent", "bounced", *_OPEN)),
    _terms(["bulk", "flag"], _one("list", *_OPEN)),
    _terms(
        ["is"],
        _one(
            "active",
            "waiting",
            "done",
            "answered",
            "unanswered",
            "assigned",
            "reopened",
            "merged",
            "unsent",
            "snoozed",
        ),
    ),
    _terms(["has"], _one("attachment", "note", "reply", "tag", "cc", "link")),
    _one("@mine", "view:hot", "@both", "late", '"late invoice"', "/s{2}/", "x"),
    _QUOTED,
)


def _combine(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        several.map(" ".join),
        several.map(" OR ".join),
        several.map(" AND ".join),
        inner.map("-({})".format),
        inner.map("NOT BEGIN {} END".format),
        inner.map("({})".format),
    )


_SORTED = (
    "created",
    "-created",
    "priority",
    "-priority",
    "status",
    "-age",
    "age",
    "subject",
    "-messages",
    "id",
    "-id",
    "uid",
    "-waiting-for",
    "resolved",
    "-first-response",
    "assignee",
    "channel",
)
orders = st.lists(st.sampled_from(_SORTED), max_size=3).map(
    lambda keys: " ".join(f"sort:{key}" for key in keys)
)
queries = st.builds(
    "{} {}".format,
    st.recursive(terms | terms.map("-{}".format) | terms.map("not:{}".format), _combine, max_leaves=6),
    orders,
)
