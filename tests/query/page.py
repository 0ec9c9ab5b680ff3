"""docs/QUERY.md: the tickets of its examples, and what in it is made from the code.

`python tests/query/page.py` writes the tables of fields, flags and SQL, and what the examples find.
"""

from __future__ import annotations

import re
import sys
from datetime import timedelta
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from typing import TYPE_CHECKING

from query.asked import NOW, ask, facts

from helpdesk_cli.query.reference import field_table, flag_table
from helpdesk_cli.query.schema import tables
from helpdesk_cli.tickets.changes import FieldSet
from helpdesk_cli.tickets.entries import Attachment, Event, Message, Note, Segment
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.ticket import Ticket

if TYPE_CHECKING:
    from helpdesk_cli.table import Table

PAGE = Path(__file__).resolve().parents[2] / "docs/QUERY.md"
EXAMPLE = re.compile(r"^\| `([^`]+)` \| ([^|]*) \|$", re.MULTILINE)


def said(id_: str, days_ago: float, who: Person, text: str, **fields: object) -> Message:
    values = {"body": (Segment("text", f"{text}\n"),)} | fields
    return Message(id_, NOW - timedelta(days=days_ago), who, **values)  # type: ignore[arg-type]


def example_tickets() -> list[Ticket]:
    """The five tickets that the page describes."""
    ada, bob = Person("Ada", "ada@example.com"), Person("Bob", "bob@mail.example.com")
    grace, news = Person("Grace", "grace@example.org"), Person("", "news@example.net")
    ours = Person("Support", "support@example.com")
    pdf = Attachment("invoice.pdf", "application/pdf", 49152, "ab12")

    def opened(number: int, days_ago: float, **fields: object) -> Ticket:
        return Ticket(f"TICKET-{number}", f"{number}" * 16, NOW - timedelta(days=days_ago), **fields)  # type: ignore[arg-type]

    return [
        opened(
            1,
            0.27,
            subject="Late invoice",
            status="new",
            priority="urgent",
            requester=ada,
            tags=("vip",),
            inbox="billing",
            category="billing",
            entries=(said("a", 0.27, ada, "The invoice of May came in July.", attachments=(pdf,)),),
        ),
        opened(
            2,
            4.2,
            subject="Where is my order?",
            status="open",
            priority="high",
            requester=bob,
            assignee="dana",
            entries=(
                said("b", 4.2, bob, "I wait since Monday.", cc=(ada,)),
                Event("j", NOW - timedelta(days=3.5), "lee", facts=(("escalated", "1 team-lead note k"),)),
                said(
                    "c", 3, ours, "It is on its way.", direction="out", by="dana", to=(bob,), delivery="sent"
                ),
            ),
        ),
        opened(
            3,
            31,
            subject="STRASSE",
            status="pending",
            priority="low",
            requester=grace,
            assignee="lee",
            tags=("late invoice",),
            snoozed_until="2026-11-23T08:00:00Z",
            snooze_on_reply="keep",
            entries=(
                said("d", 31, grace, "Our address has changed."),
                Note("e", NOW - timedelta(days=29), "lee", (Segment("text", "call her"),)),
            ),
        ),
        opened(
            4,
            70,
            subject="Sale!",
            status="spam",
            tags=("spam",),
            requester=news,
            entries=(said("f", 70, news, "Everything must go.", bulk="newsletter"),),
        ),
        opened(
            5,
            400,
            subject="Export (again)",
            status="resolved",
            priority="medium",
            requester=ada,
            assignee="dana",
            links=("TICKET-2",),
            entries=(
                said("g", 400, ada, "How do I export my data?"),
                said("h", 399, ours, "Like this.", direction="out", by="dana", to=(ada,), delivery="sent"),
                Event(
                    "i", NOW - timedelta(days=399), "dana", changes=(FieldSet("status", "open", "resolved"),)
                ),
            ),
        ),
    ]


def find(query: str) -> str:
    """What a query finds among them: `1, 2`."""
    found = ask(query, [facts(ticket) for ticket in example_tickets()])
    return ", ".join(map(str, found)) or "none"


def markdown(table: Table) -> str:
    """The table in Markdown, its first column as code."""
    lines = [f"| {' | '.join(column.key for column in table.columns)} |", "|---" * len(table.columns) + "|"]
    for first, *rest in table.values():
        names = ", ".join(f"`{name}`" for name in str(first).split(", "))
        lines.append(f"| {' | '.join([names, *map(str, rest)])} |")
    return "\n".join(lines)


def sql() -> str:
    """The statements that make the tables, a column a line."""
    return "\n".join(re.sub(r", (?=\w+ (?:TEXT|INTEGER)|content=)", ",\n  ", text) + ";" for text in tables())


def section(text: str, heading: str) -> str:
    """What stands under a heading of the page."""
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def written(text: str) -> str:
    """The page with what is made from the code made again."""
    fields = f"\n{markdown(field_table())}\n\n{markdown(flag_table())}\n\nWords of the desk"
    text = re.sub(r"(?s)(?<=\n## Fields\n).*?Words of the desk", lambda _: fields, text)
    text = re.sub(r"(?s)(?<=```sql\n).*?(?=\n```)", lambda _: sql(), text)
    examples = section(text, "Examples")
    return text.replace(
        examples, EXAMPLE.sub(lambda row: f"| `{row[1]}` | {find(_unescape(row[1]))} |", examples)
    )


def _unescape(cell: str) -> str:
    return cell.replace("\\|", "|")


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
