"""The same figures as files: plain values for programs, Markdown, a page of plain tables."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from helpdesk_cli.cli.formats import as_text
from helpdesk_cli.cli.report_view import NUMBERS, Look, as_table, heading_of, hidden_rows, paired
from helpdesk_cli.table import Column, Table
from helpdesk_cli.tickets.escapes import make_visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.report import Report
    from helpdesk_cli.reports.figures.section import Section
    from helpdesk_cli.table import Value

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 60em; padding: 0 1em }}
table {{ border-collapse: collapse }} td, th {{ padding: .2em .8em; text-align: left }}
tr {{ border-bottom: 1px solid #ccc }}
.n {{ text-align: right; font-variant-numeric: tabular-nums }} .note {{ color: #555; font-size: 90% }}
</style></head><body>
"""


def data_table(section: Section, report: Report, before: Section | None) -> Table:
    """The section as a table of plain values, for programs; the sum of all rows is none of them."""
    columns = [Column(head.key, head.heading) for head in section.columns]
    rows: list[tuple[Value, ...]] = list(section.rows)
    if before is not None:
        numbers = [n for n, head in enumerate(section.columns) if head.unit in NUMBERS]
        earlier = paired(section, before, list(enumerate(rows)), report)
        columns += [Column(f"{section.columns[n].key}_before", "BEFORE") for n in numbers]
        rows = [
            (*row, *(earlier[place][n] if place in earlier else None for n in numbers))
            for place, row in enumerate(rows)
        ]
    return Table(section.name, tuple(columns), tuple(rows))


def as_markdown(report: Report) -> Iterator[str]:
    """The report as Markdown."""
    yield f"# {make_visible(heading_of(report))}\n"
    for remark in report.remarks:
        yield f"\n{make_visible(remark)}\n"
    for section in report.sections:
        before = report.before_of(section)
        yield f"\n## {section.title}\n\n"
        yield as_text(_plain(as_table(section, report, before, Look("beside" if before else ""))), "md")
        if hidden := hidden_rows(section):
            yield f"\n{hidden} more: `--top 0`\n"
        yield "".join(f"\n- {make_visible(note)}" for note in section.notes) + "\n"


def as_html(report: Report) -> Iterator[str]:
    """The report as a page of plain tables: no script, nothing loaded, everything escaped."""
    title = html.escape(make_visible(heading_of(report)))
    yield _PAGE.format(title=title)
    yield f"<h1>{title}</h1>\n"
    yield from (f"<p>{html.escape(make_visible(remark))}</p>\n" for remark in report.remarks)
    for section in report.sections:
        before = report.before_of(section)
        table = as_table(section, report, before, Look("beside" if before else ""))
        yield f"<h2>{html.escape(section.title)}</h2>\n<table>\n<thead><tr>"
        yield from (
            f'<th scope="col"{_class(column)}>{html.escape(column.heading)}</th>' for column in table.columns
        )
        yield "</tr></thead>\n<tbody>\n"
        for row in table.values():
            cells = zip(table.columns, row, strict=True)
            inside = (
                f"<td{_class(column)}>{html.escape(make_visible(str(value)))}</td>" for column, value in cells
            )
            yield f"<tr>{''.join(inside)}</tr>\n"
        yield "</tbody></table>\n"
        if hidden := hidden_rows(section):
            yield f"<p>{hidden} more: <code>--top 0</code></p>\n"
        yield from (f'<p class="note">{html.escape(make_visible(note))}</p>\n' for note in section.notes)
    yield "</body></html>\n"


def _plain(table: Table) -> Table:
    return Table(table.title, table.columns, tuple(table.values()))


def _class(column: Column) -> str:
    return ' class="n"' if column.align == "right" else ""
