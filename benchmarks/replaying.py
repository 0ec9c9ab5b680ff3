"""What it costs to try rules on the past: `desk rules replay` over a desk's mail."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from desks import Desk, program
from mails import make_mails, write_maildir
from measure import BenchmarkError, output_of, run
from report import Target, table

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["measure_replaying"]

# The synthetic mails begin with this year.
SINCE = "2026-01-01.."
SIZES = (20, 200)
MEBIBYTE = 1024**2
DIFFERS = 1


def measure_replaying(folder: Path, mails: int) -> tuple[str, str, str, list[Target]]:
    """Title, words, figures and targets; the desk is filled with `mails`, three in ten of them answers."""
    desk = Desk(folder / "replaying")
    write_maildir(folder / "replaying-mail", make_mails(mails, seed=11))
    desk.take_all(folder / "replaying-mail")
    rows, targets = [], []
    for number in SIZES:
        (desk.root / "rules.yaml").write_text(some_rules(number, tag="old"))
        file = folder / f"rules-{number}.yaml"
        file.write_text(some_rules(number, tag="new"))
        call = [program("desk"), "rules", "replay", "--since", SINCE, "--rules", file, "--json"]
        sample = run(call, cwd=desk.root, env=desk.env, watch=True, codes=(DIFFERS,))
        peak = sample.peak / MEBIBYTE
        seconds = sample.wall / 1000
        rows.append(
            [f"{number} rules", f"{seconds:.1f} s", f"{sample.wall / mails:.2f} ms", f"{peak:.0f} MiB"]
        )
        targets.append(Target(f"replay of {mails:,} mails, {number} rules, s", seconds, most=60))
        targets.append(Target(f"replay of {mails:,} mails, {number} rules, MiB", peak, most=400))
        expect_all(desk, file, mails)
    heads = ("file", "all", "a mail", "peak memory")
    words = (
        f"{mails:,} mails as they stand in the tickets, each asked about twice: by the file in force and\n"
        "by one that sets another tag for each word. A rule asks for a word in the subject, one in the\n"
        "new text, or for a state; one rule in fifty acts on many mails."
    )
    return "Rules tried on the past", words, table(heads, rows), targets


def some_rules(number: int, *, tag: str) -> str:
    """So many rules: words that are rare, words that are common, patterns, states."""
    conditions = (
        "subject:word{n}",
        "new-text:/order {n}[0-9]/",
        "from:@host{n}.example priority:medium",
        "subject:/\\binvoice {n}\\b/ OR new-text:refund-{n}",
        "team:none -tag:rare-{n} body:unheard{n}",
    )
    rules = []
    for n in range(number):
        when = "new-text:invoice" if n % 50 == 0 else conditions[n % len(conditions)].format(n=n)
        rules.append(
            f"- name: rule {n}\n  event: [created, customer-replied]\n  when: {when}\n"
            f"  do:\n  - tag: {tag}-{n}\n  - team: billing\n"
        )
    return "rules:\n" + "".join(rules)


def expect_all(desk: Desk, file: Path, mails: int) -> None:
    """Every mail was asked about, and the file that is in force comes out as itself."""
    call = [
        program("desk"),
        "rules",
        "replay",
        "--since",
        SINCE,
        "--rules",
        desk.root / "rules.yaml",
        "--json",
    ]
    found = json.loads(output_of(call, cwd=desk.root, env=desk.env))
    if found["mails"] != mails or found["total"]:
        raise BenchmarkError(f"{file}: {found['mails']} mails were asked about, {found['total']} differ")
