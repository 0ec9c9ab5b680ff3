"""What reports cost over desks of some years: the figures of a month, and of everything there ever was."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from desks import Desk, program
from measure import BenchmarkError, compare, output_of, run, summarise_all
from report import Target, table
from years import START, Maker, write_years

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from measure import Sample, Summary

__all__ = ["measure_reporting"]

DAYS = 730
NOW = START + timedelta(days=DAYS + 30)
# Larger ones are looked at as they are, without a history of months in git.
MOST_CUTS = 20_000
PAGES = (("a month", "2026-09"), ("all", "2024-11..2026-11"))
HEADS = ("report", "tickets", "median ms", "least-most", "processor ms", "runs")


class Reported:
    """A desk of so many tickets, spread over two years."""

    def __init__(self, folder: Path, size: int) -> None:
        """Make it, and its index."""
        self.size = size
        self.desk = Desk(folder)
        self.desk.env["DESK_NOW"] = f"{NOW:%Y-%m-%dT%H:%M:%SZ}"
        made = Maker(tickets=size, days=DAYS, seed=7).made
        cuts = tuple(START + timedelta(days=day) for day in range(60, DAYS, 60)) if size <= MOST_CUTS else ()
        write_years(self.desk.root, made, cuts=cuts)
        self._desk("count")

    def calls(self) -> dict[str, Callable[[], Sample]]:
        """What is timed, in turn."""
        calls = {
            f"{name}, {words}": lambda name=name, period=period: self._desk(
                "report", name, "--period", period
            )
            for name in ("volume", "sla")
            for words, period in (("a month", "2026-09"), ("all", "2024-11..2026-11"))
        }
        if self.size <= MOST_CUTS:
            for words, period in PAGES:
                calls[f"html, {words}"] = lambda period=period: self._desk(
                    "report", "html", "--period", period, "-o", self.page
                )
            calls["sla, as of a commit"] = lambda: self._desk(
                "report", "sla", "--period", "2026-03", "--as-of", "HEAD~3"
            )
        return calls

    @property
    def page(self) -> Path:
        """Where the dashboard is written; of everything, when all calls were made."""
        return self.desk.root / "page.html"

    def verify(self) -> None:
        """All tickets are in the report of everything, but for spam and merged ones."""
        said = output_of(
            [
                program("desk"),
                "report",
                "volume",
                "--period",
                "2024-11..2026-11",
                "--by",
                "channel",
                "-O",
                "csv",
            ],
            cwd=self.desk.root,
            env=self.desk.env,
        )
        count = sum(int(line.split(",")[1].strip('"')) for line in said.splitlines()[1:])
        if not self.size * 0.9 < count <= self.size:
            raise BenchmarkError(f"of {self.size} tickets the report has {count}")

    def _desk(self, *words: str | Path) -> Sample:
        return run([program("desk"), *words], cwd=self.desk.root, env=self.desk.env)


def measure_reporting(
    folder: Path, sizes: tuple[int, ...], rounds: int
) -> Iterator[tuple[str, str, str, list[Target]]]:
    """Title, words, figures and targets of each size."""
    for size in sizes:
        reported = Reported(folder / f"reporting-{size}", size)
        figures = summarise_all(compare(reported.calls(), rounds=rounds))
        reported.verify()
        rows = [
            [
                name,
                f"{size:,}",
                f"{each.median:.0f}",
                f"{each.low:.0f}-{each.high:.0f}",
                f"{each.cpu:.0f}",
                str(each.runs),
            ]
            for name, each in figures.items()
        ]
        words = (
            f"{size:,} tickets of two years, with reopenings, merges, ratings (`benchmarks/years.py`).\n"
            "Every file's stat is looked at first; none is read. As of a commit, all of its tickets are."
        )
        yield (
            f"Reports over {size:,} tickets",
            words,
            table(HEADS, rows),
            _targets(size, figures, reported.page),
        )


def _targets(size: int, figures: dict[str, Summary], page: Path) -> list[Target]:
    most = {10_000: 1500, 100_000: 8000}.get(size)
    if most is None:
        return []
    found = [
        Target(f"desk report {name} at {size:,}, ms", each.median, most=most)
        for name, each in figures.items()
        if "commit" not in name and not name.startswith("html")
    ]
    as_of = figures.get("sla, as of a commit")
    if as_of:
        found.append(Target(f"desk report sla --as-of REV at {size:,}, s", as_of.median / 1000, most=10))
    pages = [each.median for name, each in figures.items() if name.startswith("html")]
    if pages:
        found.append(Target(f"desk report html at {size:,}, s", max(pages) / 1000, most=5))
        found.append(Target(f"the page at {size:,}, kB", page.stat().st_size / 1000, most=1000))
    return found
