"""Customers as people read them: the list, and one with all tickets."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from helpdesk_cli.customers.customer import Standing
from helpdesk_cli.desk.customer_history import RATINGS, standing_json
from helpdesk_cli.desk.customers import list_organisations, list_standings, open_customers
from helpdesk_cli.errors import PartialError
from helpdesk_cli.query.folding import fold
from helpdesk_cli.table import Column, Table, Toned
from helpdesk_cli.tickets.escapes import one_line
from helpdesk_cli.tickets.times import read_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from helpdesk_cli.cli.output import Output, Piece
    from helpdesk_cli.customers.customer import Customer
    from helpdesk_cli.desk.customer_history import History
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.finding import Line
    from helpdesk_cli.table import Value

    Progress = Callable[[int, int], None] | None

CUSTOMERS = (
    Column("id", "FILE"),
    Column("name", "NAME", shrinks=True),
    Column("tier", "TIER"),
    Column("vip", "VIP"),
    Column("organisation", "ORGANISATION", shrinks=True),
    Column("addresses", "ADDRESSES", shrinks=True),
    Column("phone", "PHONE", hidden=True),
    Column("account", "ACCOUNT", hidden=True),
    Column("tags", "TAGS", hidden=True),
    Column("path", "PATH", hidden=True),
)
ORGANISATIONS = (
    Column("id", "FILE"),
    Column("name", "NAME", shrinks=True),
    Column("tier", "TIER"),
    Column("vip", "VIP"),
    Column("domains", "DOMAINS", shrinks=True),
    Column("phone", "PHONE", hidden=True),
    Column("account", "ACCOUNT", hidden=True),
    Column("tags", "TAGS", hidden=True),
    Column("path", "PATH", hidden=True),
)
TICKETS = (
    Column("id", "ID"),
    Column("status", "STATUS"),
    Column("opened", "OPENED"),
    Column("last", "LAST", align="right"),
    Column("messages", "MESSAGES", align="right"),
    Column("assignee", "ASSIGNEE"),
    Column("subject", "SUBJECT", shrinks=True),
)


def show_list(
    output: Output,
    desk: Desk,
    words: Sequence[str],
    *,
    organisations: bool,
    form: str,
    fields: str,
    progress: Progress = None,
) -> None:
    """The customers, or the organisations, in which every word is found."""
    with open_customers(desk, progress=progress) as customers:
        standings = (
            [Standing(None, each) for each in list_organisations(customers)]
            if organisations
            else list_standings(customers)
        )
        problems = customers.problems()
    columns = ORGANISATIONS if organisations else CUSTOMERS
    wanted = [fold(word) for word in words]
    found = [standing_json(each) for each in standings]
    rows = tuple(
        tuple(_cell(each, column.key) for column in columns)
        for each in found
        if all(word in _haystack(each) for word in wanted)
    )
    if rows or form or fields or not output.to_terminal:
        title = "organisations" if organisations else "customers"
        output.table(Table(title, columns, rows), form, fields=fields, paged=True)
    elif words:
        output.confirm("No customer is like that.")
    else:
        output.confirm("There are no customers yet: `desk customer new --from-ticket 42` makes one.")
    for _, problem in problems:
        output.error(problem)
    if problems:
        raise PartialError(f"{len(problems)} file{'' if len(problems) == 1 else 's'} could not be read")


def _cell(found: dict[str, object], key: str) -> Value:
    value = found[key]
    if key == "organisation":
        organisation = value if isinstance(value, dict) else {}
        return str(organisation.get("name") or organisation.get("id") or "")
    if isinstance(value, list):
        return tuple(map(str, value))
    return value if isinstance(value, bool) else str(value or "")


def _haystack(found: dict[str, object]) -> str:
    keys = ("id", "name", "tier", "organisation", "addresses", "domains", "phone", "account", "tags")
    return fold(" ".join(str(_cell(found, key)) for key in keys))


def show_history(output: Output, desk: Desk, history: History) -> None:
    """Somebody, what they asked, and how they found it."""
    for line in _head(history):
        output.line(*line)
    lines = (*history.open, *history.done)
    output.line("")
    output.line(_sums(history))
    if lines:
        output.line("")
        rows = tuple(_row(desk, line, is_open=line in history.open) for line in lines)
        output.table(Table("tickets", TICKETS, rows), "table")


def _head(history: History) -> Iterator[list[Piece]]:
    who = history.who
    found = standing_json(who.standing, who.person)
    title: list[Piece] = [Toned(one_line(who.label), "strong")]
    title += [f"  {found['tier']}"] if found["tier"] else []
    title += [Toned("  VIP", "notice")] if found["vip"] else []
    yield title
    organisation = "" if who.is_organisation else _cell(found, "organisation")
    pairs = (
        ("addresses", ", ".join(found["addresses"])),
        ("domains", ", ".join(found["domains"])),
        ("phone", ", ".join(found["phone"])),
        ("account", found["account"]),
        ("organisation", organisation),
        ("tags", ", ".join(found["tags"])),
        *((each["key"], ", ".join(each["value"])) for each in found["other"]),
        ("file", found["path"] or "none: `desk customer new` makes one"),
        ("people", ", ".join(_people(history.people))),
    )
    told = [(name, one_line(str(value))) for name, value in pairs if value]
    width = max(len(name) for name, _ in told) + 2
    for name, value in told:
        yield [Toned(f"{one_line(name):<{width}}", "faint"), value]
    if found["notes"]:
        yield [""]
        for line in str(found["notes"]).split("\n"):
            yield [f"    {line}".rstrip()]


_MOST_PEOPLE = 20


def _people(people: tuple[Customer, ...]) -> list[str]:
    names = [each.label for each in people[:_MOST_PEOPLE]]
    return [*names, f"and {len(people) - _MOST_PEOPLE} more"] if len(people) > _MOST_PEOPLE else names


def _sums(history: History) -> str:
    said = f"{len(history.open)} open, {len(history.done)} done"
    if history.named_in:
        said += f"; named in {history.named_in} of others"
    counts = {word: sum(each.rating == word for each in history.ratings) for word in RATINGS}
    told = [f"{number} {word}" for word, number in counts.items() if number]
    if told:
        last = history.ratings[0]
        said += f"; rated {', '.join(told)}, last {last.rating} ({last.ticket}, {last.at:%Y-%m-%d})"
    return said


def _row(desk: Desk, line: Line, *, is_open: bool) -> tuple[Value | Toned, ...]:
    row = line.row
    last = max(desk.now - read_time(row.last_at), timedelta()) if row.last_at else None
    return (
        row.id,
        Toned(row.status, "plain" if is_open else "faint"),
        row.created_at[:10],
        last,
        row.messages,
        row.assignee,
        row.subject,
    )
