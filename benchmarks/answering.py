"""What an answer costs: one reply in a full desk, and a thousand personalised ones, up to the outbox."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from desks import Desk, program
from mails import make_mails, write_maildir
from measure import BenchmarkError, Sample, output_of, run, summarise
from report import Target, table

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["measure_answering"]

MANY = 1_000
AGENT = ("--as", "dana")


def measure_answering(folder: Path, tickets: int, rounds: int) -> tuple[str, str, str, list[Target]]:
    """Title, words, figures and targets; the desk is filled with `tickets` and nothing is transmitted."""
    desk = Desk(folder / "answering")
    write_maildir(folder / "answering-mail", make_mails(tickets, seed=4, replies=0))
    desk.take_all(folder / "answering-mail")
    many = min(MANY, tickets // 2)
    ids = folder / "ids"
    ids.write_text("".join(f"{number}\n" for number in range(1, many + 1)))
    one = [reply_to(desk, number) for number in range(many + 1, many + rounds + 1)]
    at_once = run(
        [program("desk"), *AGENT, "--yes", "reply", "-", "--template", "follow-up-check", "--send", "queue"],
        stdin=ids,
        cwd=desk.root,
        env=desk.env,
        watch=True,
    )
    expect_queued(desk, many + rounds)
    summary = summarise(one)
    seconds = at_once.wall / 1000
    rows = [
        [
            "desk reply -m",
            f"{summary.median:.0f} ms",
            f"{summary.low:.0f}-{summary.high:.0f} ms",
            str(rounds),
        ],
        [f"desk reply - of {many:,}", f"{seconds:.1f} s", f"{at_once.peak / 1024**2:.0f} MiB", "1"],
    ]
    words = (
        f"In a desk of {tickets:,} tickets: a reply with its commit and its mail in the outbox; then\n"
        f"{many:,} replies from a template in one call, each with its own commit. Nothing is transmitted\n"
        "(`sending: hold`). Afterwards every one is looked for in the outbox, and git has nothing to commit."
    )
    targets = [
        Target(f"desk reply -m at {tickets:,} tickets, ms", summary.median, most=350),
        Target(f"{many:,} personalised replies queued, s", seconds, most=30),
    ]
    figures = table(("call", "median", "least-most, or peak memory", "runs"), rows)
    return "Answering", words, figures, targets


def reply_to(desk: Desk, number: int) -> Sample:
    """One answer, as a script would give it."""
    text = "It is mended now: please look again, and write if anything is missing."
    call = [program("desk"), *AGENT, "--yes", "reply", str(number), "-m", text, "--send", "queue"]
    return run(call, cwd=desk.root, env=desk.env)


def expect_queued(desk: Desk, number: int) -> None:
    """So many mails wait in the outbox, and all that was written is committed."""
    listed = json.loads(output_of([program("desk"), "outbox", "list", "--json"], cwd=desk.root, env=desk.env))
    queued = [item for item in listed["items"] if item["state"] == "queued"]
    if len(queued) != number:
        raise BenchmarkError(f"{len(queued)} mails are queued of {number}")
    if left := output_of(["git", "-C", desk.root, "status", "--porcelain"], env=desk.env):
        raise BenchmarkError(f"desk left this uncommitted: {left[:400]}")
