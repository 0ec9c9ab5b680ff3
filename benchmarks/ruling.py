"""What rules cost a mail on its way in: 200 of them, asked by desk's own functions in one process.

Processor time, not time by the clock, so that a busy machine changes little.
"""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from desks import Desk as Made
from mails import make_mails
from replaying import some_rules
from report import Target, table

from helpdesk_cli.desk.desk import open_desk
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.ingest import ingest
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.desk.rules_around import around_of
from helpdesk_cli.desk.rules_book import outline_of
from helpdesk_cli.desk.rules_reading import book_of
from helpdesk_cli.desk.show import show
from helpdesk_cli.rules.engine import decide
from helpdesk_cli.rules.occasion import Occasion

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from helpdesk_cli.desk.desk import Desk

__all__ = ["measure_ruling"]

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
RULES = 200
MAILS = 40


def measure_ruling(folder: Path) -> tuple[str, str, str, list[Target]]:
    """Title, words, figures and targets."""
    root = Made(folder / "ruling").root
    desk = open_desk(root, now=NOW)
    for mail in make_mails(MAILS, seed=5):
        ingest(desk, mail.raw, Options())
    (root / "rules.yaml").write_text(some_rules(RULES, tag="t"))
    cold = took(lambda: outline_of(desk))
    found = outline_of(desk)
    warm = [took(lambda: book_of(desk, outline_of(desk))) for _ in range(MAILS)]
    asked = ask(desk, root)
    rows = [
        ["the file is read, once after a change", f"{cold:.1f} ms"],
        ["the rules are taken from their copy, once a process", f"{statistics.median(warm):.1f} ms"],
        ["all of them are asked about a mail, median", f"{statistics.median(asked):.1f} ms"],
        ["the same, greatest", f"{max(asked):.1f} ms"],
    ]
    words = (
        f"{RULES} rules with words, patterns, addresses and states, asked about {MAILS} mails one after the\n"
        f"other, in one process; {len(found.events)} kinds of events are waited for."
    )
    targets = [Target(f"{RULES} rules over one mail, ms", statistics.median(asked), most=10)]
    return "Rules over one mail", words, table(("step", "processor time"), rows), targets


def ask(desk: Desk, root: Path) -> list[float]:
    """The milliseconds that all rules take over each mail of the desk, after the first."""
    book = book_of(desk, outline_of(desk))
    times = []
    index = open_index(desk, full=False)
    try:
        around = around_of(desk, index, book, patience=1e9)
        for path in sorted(root.glob("tickets/*/*/*.md")):
            ticket = show(desk, path.stem).ticket
            message = ticket.messages[0]
            occasion = Occasion("created", message.id, message, message.headers)
            times.append(
                took(
                    lambda ticket=ticket, occasion=occasion: decide(book.conditions, ticket, occasion, around)
                )
            )
    finally:
        index.close()
    return times[1:]


def took(work: Callable[[], object]) -> float:
    """Milliseconds of processor time."""
    before = time.process_time_ns()
    work()
    return (time.process_time_ns() - before) / 1e6
