"""`desk help query`, desk-query(7): the query language in short. docs/QUERY.md has all of it."""

from __future__ import annotations

import inspect
import textwrap
from typing import TYPE_CHECKING

from helpdesk_cli.cli.manual import Page
from helpdesk_cli.desk.query_fields import ALL_FIELDS, ALL_FLAGS
from helpdesk_cli.query.reference import field_table, flag_table

if TYPE_CHECKING:
    from collections.abc import Iterable

_TEXT = """
    How to ask for tickets.

    One language says which tickets are meant, in `desk list`, `desk count` and `desk next`, in `-q QUERY` of
    the commands that change tickets, in views, rules and policies.

      status:open,new assignee:me tag:vip -tag:spam priority:>=high from:@example.com created:7d..

      a b              both
      a OR b           one of them; binds less than a space
      -a, not:a        not a
      (a OR b) c       parentheses; BEGIN a OR b END for shells
      word, "a phrase" text in the subject, a message or a note
      field:value      what the field says
      field:a,b        one of these
      field:none, any  nothing is there; something is
      field:>=a        compared: > >= < <= =, or in letters
                       at-least:a above:a at-most:a below:a exactly:a
      field:a..b       from a to b, both included; a.. and ..b
      field:/pattern/  a pattern in RE2's syntax
      @name, view:name a search that `desk.yaml` has under `views`
      sort:-field      the order; `-` turns it round

    `OR`, `AND`, `NOT`, `BEGIN` and `END` are in capitals. Nothing that is misspelt finds nothing: it is an
    error that shows the place.

    What is done or snoozed is left out by `desk list`, `desk count` and `-q` unless the query asks for a
    status, for `is:done` and the like, or for tickets by number.

    In a shell, quotation marks, parentheses, `>`, `<` and `!` are the shell's. These need no quoting:

      status:open not:tag:spam priority:at-least:high created:7d.. @mine
      NOT BEGIN tag:vip OR tag:late END age:above:3d
      subject:"late invoice"

    Text is compared without regard to case, in every script; a phrase is found over the end of a line.
    `from:ada@example.com` is that address, `from:@example.com` everybody there and below, `from:ada` looks
    into names and addresses.

    Dates are days of the desk's time zone: `2026-11-20`, `2026-11`, `2026`, `2026Q3`, `2026W47`,
    `2026-11-20T09:12`, `today`, `yesterday`, `monday` (the last one), `thisweek`, `lastmonth` and so on,
    and lengths of time before now: `30min`, `12h`, `7d`, `2w`, `3mo`, `1y`. `created:7d..` is the last seven
    days, `last-message:..7d` what has been silent for seven; `age`, `waiting-for` and `silent-for` take
    lengths: `waiting-for:4h..`.
    """
EXAMPLES = (
    ("desk list is:unanswered waiting-for:4h.. sort:-waiting-for", "Who has waited for four hours."),
    ("desk list late invoice created:2026Q3 --all", "The texts of a quarter, done tickets too."),
    ("desk count --by assignee status:open", "Who has how many open tickets."),
    ("desk list from:@example.com -assignee:me", "What a company asked of others."),
    ("desk tag -q 'subject:/out.of.office/ is:automatic' +absence", "Tag what a query finds."),
)


def page() -> Page:
    """The page, with the fields and flags that there are."""
    fields = _literal(
        (str(name), f"{about} ({takes})" if takes else str(about))
        for name, takes, about in field_table(ALL_FIELDS).values()
    )
    flags = _literal((str(name), str(about)) for name, _, about in flag_table(ALL_FLAGS).values())
    text = f"{inspect.cleandoc(_TEXT)}\n\nFields:\n\n{fields}\n\nWhat `is:` and `has:` ask:\n\n{flags}"
    return Page("query", text, examples=EXAMPLES, see_also=("list", "count", "next"))


def _literal(rows: Iterable[tuple[str, str]]) -> str:
    """Names and what they mean, to be printed as they stand."""
    lines = []
    for name, about in rows:
        first, *rest = textwrap.wrap(about, 54)
        is_long = len(name) > 20  # noqa: PLR2004 - what fits before the second column
        lines += [f"  {name}", f"  {'':<21}{first}"] if is_long else [f"  {name:<21}{first}"]
        lines += [f"  {'':<21}{line}" for line in rest]
    return "\n".join(lines)
