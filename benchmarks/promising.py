"""What service levels cost in a full desk: who is promised what by when, and what is to be acted on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from desks import Desk, program
from mails import make_mails, write_maildir
from measure import BenchmarkError, Sample, compare, output_of, run, summarise_all
from report import Target, table

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["measure_promising"]

# The synthetic mails begin with this day; two weeks later most of what was promised ran out.
NOW = "2026-01-19T10:00:00Z"
HEADS = ("call", "median ms", "least-most", "processor ms", "runs")


def measure_promising(folder: Path, tickets: int, rounds: int) -> tuple[str, str, str, list[Target]]:
    """Title, words, figures and targets; every ticket is open."""
    desk = Desk(folder / "promising")
    desk.env["DESK_NOW"] = NOW
    write_maildir(folder / "promising-mail", make_mails(tickets, seed=12, replies=0))
    desk.take_all(folder / "promising-mail")

    def call(*words: str) -> Sample:
        return run([program("desk"), "sla", *words], cwd=desk.root, env=desk.env)

    shown = output_of([program("desk"), "sla", "status", "-O", "json"], cwd=desk.root, env=desk.env)
    if json.loads(shown)["total"] != tickets:
        raise BenchmarkError(f"desk sla status speaks of {json.loads(shown)['total']} tickets of {tickets}")
    first = call("run")
    figures = summarise_all(
        compare(
            {"desk sla status": lambda: call("status"), "desk sla run": lambda: call("run")}, rounds=rounds
        )
    )
    rows = [
        [name, f"{each.median:.0f}", f"{each.low:.0f}-{each.high:.0f}", f"{each.cpu:.0f}", str(each.runs)]
        for name, each in figures.items()
    ]
    rows.append(["desk sla run, the first", f"{first.wall:.0f}", "", f"{first.cpu:.0f}", "1"])
    words = (
        f"{tickets:,} open tickets under the sla.yaml that comes with desk. `desk sla run` has nothing\n"
        "left to act on but what the first one left."
    )
    targets = [
        Target(f"{name} over {tickets:,} open tickets, ms", each.median, most=1_500)
        for name, each in figures.items()
    ]
    return "Service levels", words, table(HEADS, rows), targets
