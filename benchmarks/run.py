"""`make bench`: desk beside its peers in one run, as Markdown.

python benchmarks/run.py [--only startup one batch finding …] [--quick] [--write docs/BENCHMARKS.md]
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from answering import measure_answering
from desks import Desk, program
from finding import SIZES, measure_finding
from machine import describe_machine
from mails import Mail, make_mails, write_files, write_maildir
from measure import BenchmarkError, Sample, compare, output_of, run, summarise_all
from peers import Mu, Notmuch, PublicInbox, Roundup, environment
from promising import measure_promising
from replaying import measure_replaying
from report import Target, rate, table, time_rows, verdict
from reporting import measure_reporting
from ruling import measure_ruling
from steps import measure_steps
from syncing import measure_syncing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
TIME_HEADS = ("program", "median ms", "least-most", "processor ms", "ratio", "runs")
MEBIBYTE = 1024**2


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured."""

    start_rounds: int
    one_rounds: int
    grown_rounds: int
    tickets: int
    batch_rounds: int
    batch_sizes: tuple[int, ...]
    finding_rounds: int
    finding_sizes: tuple[int, ...]


FULL = Scale(25, 40, 25, 10_000, 3, (1_000, 3_000, 10_000), 15, SIZES)
QUICK = Scale(8, 10, 8, 1_000, 1, (300, 1_000), 7, SIZES[:2])


@dataclass(slots=True)
class Report:
    """The sections as they come, the targets they bear on, the versions of what took part."""

    sections: list[str] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)

    def add(self, title: str, words: str, figures: str) -> None:
        """A section; it is printed at once, because the whole takes minutes."""
        section = f"## {title}\n\n{words}\n\n{figures}"
        self.sections.append(section)
        print(section, flush=True)


def measure_startup(report: Report, folder: Path, scale: Scale) -> None:
    """`desk --version` and `desk show 1` beside a minimal Typer program and a bare interpreter."""
    desk = Desk(folder / "startup")
    mails = list(make_mails(1))
    write_files(folder / "startup-mail", mails)
    desk.take_one(folder / "startup-mail" / "000000.eml")
    env = environment(folder)
    samples = compare(
        {
            "minimal Typer program": lambda: run([sys.executable, HERE / "minimal_typer.py"], env=env),
            "desk --version": lambda: run([program("desk"), "--version"], env=env),
            "desk show 1": lambda: desk.show("1"),
            "python -I -c pass": lambda: run([sys.executable, "-I", "-c", "pass"], env=env),
        },
        rounds=scale.start_rounds,
    )
    figures = summarise_all(samples)
    base = figures["minimal Typer program"].median
    report.targets += [
        Target("desk --version ÷ minimal Typer program", figures["desk --version"].median / base, most=1.3),
        Target("desk show 1 ÷ minimal Typer program", figures["desk show 1"].median / base, most=2.0),
    ]
    report.add(
        "Start-up",
        "The minimal program is `benchmarks/minimal_typer.py`, run by the same interpreter.",
        table(TIME_HEADS, time_rows(figures, against="minimal Typer program")),
    )


def in_turn(take: Callable[[Path], Sample], files: list[Path]) -> Callable[[], Sample]:
    """Each call takes the next file."""
    left = iter(files)
    return lambda: take(next(left))


def measure_one(report: Report, folder: Path, scale: Scale, peers: Path) -> None:
    """One mail piped in: desk, public-inbox, Roundup, notmuch, each from empty; then desk when it is full."""
    mails = list(make_mails(scale.one_rounds + 1))
    write_files(folder / "one", mails)
    files = sorted((folder / "one").iterdir())
    write_maildir(folder / "notmuch-one-mail", [])
    notmuch = Notmuch(folder / "notmuch-one", maildir=folder / "notmuch-one-mail")
    notmuch.create()
    takers: list[Desk | PublicInbox | Roundup | Notmuch] = [
        Desk(folder / "one-desk"),
        PublicInbox(folder / "public-inbox"),
        Roundup(folder / "roundup", peers=peers),
        notmuch,
    ]
    samples = compare({each.name: in_turn(each.take_one, files) for each in takers}, rounds=scale.one_rounds)
    figures = summarise_all(samples)
    for each in takers:
        each.verify(mail.message_id for mail in mails)
        report.versions[each.name] = each.version()
    desk = figures[Desk.name].median
    report.targets += [
        Target("one mail: desk-ingest ÷ public-inbox-mda", desk / figures[PublicInbox.name].median, most=0.7),
        Target("one mail: desk-ingest ÷ roundup-mailgw", desk / figures[Roundup.name].median, most=0.4),
    ]
    report.add(
        "One mail piped in",
        f"The same {scale.one_rounds} mails to each, in turn, each starting empty; afterwards every mail is\n"
        "looked for in every store. desk: durable, in git, in the index. public-inbox: in git and in its\n"
        "full index. Roundup: in its SQLite tracker; it registers new senders, which hashes a password.\n"
        "notmuch: a Maildir and an index, no git and no tickets; for context.",
        table(TIME_HEADS, time_rows(figures, against=Desk.name)),
    )
    follow_ups = [number for number, mail in enumerate(mails[1:]) if mail.is_reply]
    only = {name: [each[number] for number in follow_ups] for name, each in samples.items()}
    report.add(
        "One mail piped in, follow-ups only",
        "Of the runs above those whose mail answers an earlier one: its sender is known everywhere.",
        table(TIME_HEADS, time_rows(summarise_all(only), against=Desk.name)),
    )


def measure_grown(report: Report, folder: Path, scale: Scale) -> None:
    """One mail piped into a desk that has many tickets, beside an empty one."""
    grown, empty = Desk(folder / "grown"), Desk(folder / "not-grown")
    write_maildir(folder / "growth", make_mails(scale.tickets, seed=2, replies=0))
    grown.take_all(folder / "growth")
    if grown.tickets() != scale.tickets:
        raise BenchmarkError(f"desk made {grown.tickets()} tickets of {scale.tickets} mails")
    mails = list(make_mails(scale.grown_rounds + 1, seed=3))
    write_files(folder / "grown-mail", mails)
    files = sorted((folder / "grown-mail").iterdir())
    full = f"desk-ingest, {scale.tickets:,} tickets"
    samples = compare(
        {"desk-ingest, empty desk": in_turn(empty.take_one, files), full: in_turn(grown.take_one, files)},
        rounds=scale.grown_rounds,
    )
    figures = summarise_all(samples)
    for each in (grown, empty):
        each.verify(mail.message_id for mail in mails)
    ratio = figures[full].median / figures["desk-ingest, empty desk"].median
    report.targets.append(Target(f"one mail with {scale.tickets:,} tickets ÷ empty", ratio, most=1.25))
    report.add(
        "One mail into a full desk",
        f"The desk was filled with {scale.tickets:,} mails that each opened a ticket.",
        table(TIME_HEADS, time_rows(figures, against="desk-ingest, empty desk")),
    )


def numbered(folder: Path, name: str) -> Iterator[Path]:
    """New folders to work in."""
    number = 0
    while True:
        number += 1
        yield folder / f"{name}-{number}"


def measure_batch(report: Report, folder: Path, scale: Scale) -> None:
    """A Maildir taken in at once: desk beside notmuch and mu, at growing sizes."""
    most = scale.batch_sizes[-1]
    mails = list(make_mails(most))
    rows, costs = [], []
    for size in scale.batch_sizes:
        maildir = folder / f"maildir-{size}"
        write_maildir(maildir, mails[:size])
        takers = batch_takers(folder, maildir, mails[:size])
        figures = summarise_all(compare(takers, rounds=scale.batch_rounds, warm_up=0))
        for name, each in figures.items():
            rows.append(
                [
                    f"{name}, {size:,} mails",
                    f"{rate(size, each.median):.0f}",
                    f"{rate(size, each.high):.0f}-{rate(size, each.low):.0f}",
                    f"{each.median / size:.2f}",
                    f"{each.cpu / size:.2f}",
                    f"{each.peak / MEBIBYTE:.0f}",
                ]
            )
        costs.append(figures["desk ingest"].median / size)
    desk, notmuch = figures["desk ingest"], figures["notmuch new"]
    report.targets += [
        Target(f"batch of {most:,}: desk's rate ÷ notmuch new's", notmuch.median / desk.median, least=1.0),
        Target(f"batch of {most:,}: mails a second", rate(most, desk.median), least=400),
        Target(f"batch of {most:,}: peak memory, MiB", desk.peak / MEBIBYTE, most=300),
        Target(
            f"batch: cost a mail at {most:,} ÷ at {scale.batch_sizes[0]:,}", costs[-1] / costs[0], most=1.15
        ),
    ]
    report.versions |= {"notmuch": Notmuch.version(), "mu": Mu.version()}
    report.add(
        "A Maildir at once",
        "Each run into a new, empty store; afterwards every mail is looked for. Memory is the largest sum\n"
        "over the program and all its children, looked at twenty times a second. notmuch and mu write an\n"
        "index only: no tickets, no git, no quoted text told apart.",
        table(("program", "mails/s", "least-most", "ms a mail", "processor ms a mail", "peak MiB"), rows),
    )


def measure_answers(report: Report, folder: Path, scale: Scale) -> None:
    """One reply in a full desk, and a thousand at once."""
    title, words, figures, targets = measure_answering(folder, scale.tickets, scale.grown_rounds)
    report.targets += targets
    report.add(title, words, figures)


def measure_syncs(report: Report, folder: Path, scale: Scale) -> None:
    """Two full clones that meet."""
    title, words, figures, targets = measure_syncing(folder, scale.tickets, scale.start_rounds)
    report.targets += targets
    report.add(title, words, figures)


def measure_promises(report: Report, folder: Path, scale: Scale) -> None:
    """Service levels over a full desk."""
    title, words, figures, targets = measure_promising(folder, scale.tickets, scale.finding_rounds)
    report.targets += targets
    report.add(title, words, figures)


def measure_rules(report: Report, folder: Path) -> None:
    """Two hundred rules asked about one mail."""
    title, words, figures, targets = measure_ruling(folder)
    report.targets += targets
    report.add(title, words, figures)


def measure_replays(report: Report, folder: Path, scale: Scale) -> None:
    """Another rules.yaml tried on the mail of a full desk."""
    title, words, figures, targets = measure_replaying(folder, scale.tickets)
    report.targets += targets
    report.add(title, words, figures)


def measure_finds(report: Report, folder: Path, scale: Scale, peers: Path) -> None:
    """Lists, counts and searches in desks of three sizes."""
    for title, words, figures, targets in measure_finding(
        folder, scale.finding_sizes, scale.finding_rounds, peers=peers
    ):
        report.targets += targets
        report.add(title, words, figures)
    report.versions |= {"notmuch": Notmuch.version(), "mu": Mu.version()}


def measure_reports(report: Report, folder: Path, scale: Scale) -> None:
    """Figures of a month and of everything, in desks of two sizes."""
    sizes = tuple(size for size in scale.finding_sizes if size > 1_000)  # noqa: PLR2004 - the targets' sizes
    for title, words, figures, targets in measure_reporting(folder, sizes, scale.finding_rounds // 2):
        report.targets += targets
        report.add(title, words, figures)


def batch_takers(folder: Path, maildir: Path, mails: list[Mail]) -> dict[str, Callable[[], Sample]]:
    """Calls that each take the Maildir into a new store and verify it."""
    homes = {name: numbered(folder, f"{maildir.name}-{name}") for name in ("desk", "notmuch", "mu")}

    def by_desk() -> Sample:
        home = next(homes["desk"])
        desk = Desk(home)
        sample = desk.take_all(maildir)
        desk.verify(mail.message_id for mail in mails)
        shutil.rmtree(home)  # else its pages are still being written while the next one runs
        return sample

    def by_notmuch() -> Sample:
        notmuch = Notmuch(next(homes["notmuch"]), maildir=maildir)
        sample = notmuch.take_all()
        notmuch.verify(mail.message_id for mail in mails)
        shutil.rmtree(maildir / ".notmuch")
        return sample

    def by_mu() -> Sample:
        mu = Mu(next(homes["mu"]), maildir=maildir)
        sample = mu.take_all()
        mu.verify(mail.message_id for mail in mails)
        return sample

    return {"desk ingest": by_desk, "notmuch new": by_notmuch, "mu index": by_mu}


def main() -> int:
    """Measure what the command line asks for; 1 when a target is missed and --check was given."""
    options = read_arguments()
    scale = QUICK if options.quick else FULL
    go_first(options.nice)
    report = Report()
    peers = options.peers or Path(output_of([HERE / "peers.sh"]).split()[-1])
    with tempfile.TemporaryDirectory(prefix="desk-bench-", dir=options.folder) as name:
        folder = Path(name)
        head = introduction(folder, is_quick=options.quick)
        print(head, flush=True)
        parts: dict[str, Callable[[], None]] = {
            "startup": lambda: measure_startup(report, folder, scale),
            "one": lambda: measure_one(report, folder, scale, peers),
            "grown": lambda: measure_grown(report, folder, scale),
            "batch": lambda: measure_batch(report, folder, scale),
            "answering": lambda: measure_answers(report, folder, scale),
            "finding": lambda: measure_finds(report, folder, scale, peers),
            "reports": lambda: measure_reports(report, folder, scale),
            "syncing": lambda: measure_syncs(report, folder, scale),
            "sla": lambda: measure_promises(report, folder, scale),
            "rules": lambda: measure_rules(report, folder),
            "replay": lambda: measure_replays(report, folder, scale),
            "steps": lambda: report.add(*measure_steps(folder, scale.batch_sizes[-2])),
        }
        for part in options.only or parts:
            parts[part]()
    versions = table(("program", "version"), sorted(report.versions.items()))
    tail = f"## Versions of the peers\n\n{versions}"
    print(tail)
    print(verdict(report.targets))
    if options.write:
        body = (head, f"## Targets\n\n{verdict(report.targets)}", *report.sections, tail)
        options.write.write_text("\n".join(body))
    return int(options.check and not all(each.is_met for each in report.targets))


def go_first(level: int) -> None:
    """Give this process, and all it starts, another niceness."""
    if level:
        os.nice(level)
        # Linux weighs sessions against each other; niceness alone counts within one only (sched(7)).
        autogroup = Path("/proc/self/autogroup")
        if autogroup.exists():
            autogroup.write_text(str(level))


def introduction(folder: Path, *, is_quick: bool) -> str:
    """Title, method and machine."""
    now = datetime.now(UTC)  # noqa: TID251 -- when it was run; the ban is for desk itself
    facts = table(("fact", ""), [("date", f"{now:%Y-%m-%d %H:%M} UTC"), *describe_machine(folder)])
    caution = "**This was a quick look**: few runs, small batches.\n\n" if is_quick else ""
    return f"{(HERE / 'method.md').read_text()}\n{caution}{facts}"


def read_arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description="Measure desk beside its peers.")
    parts = (
        "startup",
        "one",
        "grown",
        "batch",
        "answering",
        "finding",
        "reports",
        "syncing",
        "sla",
        "rules",
        "replay",
        "steps",
    )
    parser.add_argument("--only", nargs="+", choices=parts, help="measure only these")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, for a first look")
    parser.add_argument("--write", type=Path, metavar="FILE", help="also write the figures to FILE")
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is missed")
    words = "on a busy machine: -15 (as root) lets all that is measured go first"
    parser.add_argument("--nice", type=int, default=0, metavar="LEVEL", help=words)
    parser.add_argument(
        "--peers", type=Path, help="the environment that has Roundup (default: installed now)"
    )
    parser.add_argument("--folder", type=Path, help="work below this folder (default: the temporary folder)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
