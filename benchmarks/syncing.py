"""What it costs two clones to meet: a thousand changes on each side, half of them of the same tickets."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from desks import Desk, program
from mails import make_mails, write_maildir
from measure import BenchmarkError, Sample, output_of, run, summarise
from report import Target, table

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["measure_syncing"]

MANY = 1_000
AGENT = ("--as", "dana", "--yes")


class Clone(Desk):
    """A clone of a shared repository."""

    def __init__(self, home: Path, hub: Path, like: Desk) -> None:
        """Clone it below `home` and complete it."""
        home.mkdir(parents=True)
        self.root = home / "desk"
        self.env = like.env | {"DESK_DIR": str(self.root)}
        output_of(["git", "clone", "--quiet", hub, self.root], env=self.env)
        output_of([program("desk"), "init", self.root], env=self.env)


def measure_syncing(folder: Path, tickets: int, rounds: int) -> tuple[str, str, str, list[Target]]:
    """Title, words, figures and targets; the desk is filled with `tickets`."""
    server = Desk(folder / "syncing")
    write_maildir(folder / "syncing-mail", make_mails(tickets, seed=5, replies=0))
    server.take_all(folder / "syncing-mail")
    hub = folder / "hub"
    output_of(["git", "clone", "--quiet", "--bare", server.root, hub], env=server.env)
    output_of(["git", "-C", server.root, "remote", "add", "origin", hub], env=server.env)
    laptop = Clone(folder / "laptop", hub, server)
    for each in (server, laptop):
        sync(each)
    many = min(MANY, tickets // 2)
    change(server, range(1, many + 1), "+server", folder)
    change(laptop, range(many // 2 + 1, many // 2 + many + 1), "+laptop", folder)
    gone = sync(server)
    shutil.copytree(laptop.root, folder / "plain", symlinks=True)
    pull = ["git", "-C", folder / "plain", "pull", "--quiet", "--no-rebase", "--no-edit"]
    by_git = run(pull, env=with_name(laptop))
    met = sync(laptop)
    taken = sync(server)
    idle = summarise([sync(laptop) for _ in range(rounds)])
    expect_alike(server, laptop, many)
    rows = [
        [f"desk sync: {many:,} go", f"{gone.wall / 1000:.2f} s", f"{gone.peak / 1024**2:.0f} MiB"],
        [
            f"desk sync: {many:,} come, {many:,} go, {many // 2:,} tickets merged",
            f"{met.wall / 1000:.2f} s",
            f"{met.peak / 1024**2:.0f} MiB",
        ],
        [f"desk sync: {many:,} come", f"{taken.wall / 1000:.2f} s", f"{taken.peak / 1024**2:.0f} MiB"],
        ["desk sync, nothing new", f"{idle.median / 1000:.2f} s", f"{idle.runs} runs"],
        ["git pull of the same, desk's merge driver", f"{by_git.wall / 1000:.2f} s", "for context"],
    ]
    words = (
        f"A server and a laptop with {tickets:,} tickets share a repository on the same disk; each tags\n"
        f"{many:,} tickets, one commit each, half of them the same. git starts the merge driver once a\n"
        "ticket; `desk sync` merges in one process, by the same meaning. Afterwards both have the same\n"
        "commit, every ticket has its tags, and git has nothing to commit."
    )
    targets = [
        Target(f"desk sync: {many:,} changes on either side, s", met.wall / 1000, most=15),
        Target(f"desk sync, nothing new, at {tickets:,} tickets, s", idle.median / 1000, most=1.5),
    ]
    return "Syncing", words, table(("call", "time", "peak memory, or runs"), rows), targets


def sync(desk: Desk) -> Sample:
    """`desk sync`."""
    return run([program("desk"), *AGENT, "sync"], cwd=desk.root, env=desk.env, watch=True)


def change(desk: Desk, numbers: range, tag: str, folder: Path) -> None:
    """Tag these tickets, one commit each."""
    ids = folder / "sync-ids"
    ids.write_text("".join(f"{number}\n" for number in numbers))
    run([program("desk"), *AGENT, "tag", "-", tag], stdin=ids, cwd=desk.root, env=desk.env)


def with_name(desk: Desk) -> dict[str, str]:
    """The environment of a person whom git knows, with desk on the path."""
    names = {"GIT_AUTHOR_NAME": "B", "GIT_AUTHOR_EMAIL": "b@example.org"}
    names |= {"GIT_COMMITTER_NAME": "B", "GIT_COMMITTER_EMAIL": "b@example.org"}
    return {**desk.env, **names, "PATH": f"{program('desk').parent}:{desk.env['PATH']}"}


def expect_alike(server: Desk, laptop: Desk, many: int) -> None:
    """Both have the same commit, all tags, and nothing uncommitted."""
    clones = (server, laptop)
    tips = {output_of(["git", "-C", each.root, "rev-parse", "HEAD"], env=each.env) for each in clones}
    tags = ["grep", "-h", "-c", "-E", "^ *- (server|laptop)$", "HEAD", "--", "tickets"]
    found = output_of(["git", "-C", server.root, *tags], env=server.env).split()
    left = output_of(["git", "-C", laptop.root, "status", "--porcelain"], env=laptop.env)
    if len(tips) != 1 or sum(map(int, found)) != 2 * many or left:
        raise BenchmarkError(f"the clones did not meet: {len(tips)} tips, {found[:9]} tags, {left[:200]}")
