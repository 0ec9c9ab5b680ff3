"""A crowd: many processes take in mail at once, agents work on tickets, a person commits by hand.

Replies race with the mails that they answer, and every fifth mail is delivered twice.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from care.world import LIVE, write_mail

from helpdesk_cli.desk.actor import need_actor
from helpdesk_cli.desk.ingest import ingest
from helpdesk_cli.desk.repair import repair
from helpdesk_cli.desk.tag import tag
from helpdesk_cli.errors import NotFoundError, TryAgainError
from helpdesk_cli.mail.reading import receive
from helpdesk_cli.mail.received import Circumstances, Envelope

if TYPE_CHECKING:
    from care.world import World

_TRIES = 20
# Under a flood the branch moves every few milliseconds; git then asks the person to try again.
_PATIENCE = 5000


@dataclass(frozen=True, slots=True)
class Post:
    """The mails of each process in order, and the conversations they make, by message-id."""

    bags: tuple[tuple[bytes, ...], ...]
    conversations: frozenset[frozenset[str]]


def write_post(processes: int, each: int, *, seed: int) -> Post:
    """So many mails for each process; a fifth are second copies, nearly a third answer another one."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, no secrets
    total = processes * each
    mails: list[bytes] = []
    roots: list[int] = []
    conversations: dict[int, set[str]] = {}
    for number in range(1, total - total // 5 + 1):
        answers = chance.choice(roots) if roots and chance.random() < 0.375 else None
        root = number if answers is None else answers
        if answers is None:
            roots.append(number)
        conversations.setdefault(root, set()).add(f"m{number}@customer.example")
        sender = f"Customer {root} <c{root}@customer.example>"
        attachment = b"%%PDF %d" % number if chance.random() < 0.1 else None
        mails.append(write_mail(number, sender=sender, answers=answers, attachment=attachment))
    copies = [b"Received: again\n" + chance.choice(mails) for _ in range(total - len(mails))]
    every = mails + copies
    chance.shuffle(every)
    bags = tuple(tuple(every[start::processes]) for start in range(processes))
    return Post(bags, frozenset(frozenset(names) for names in conversations.values()))


def deliver(world: World, post: Post, *, agents: int = 2, commits: int = 10) -> float:
    """Let everybody work at once; the seconds it took. AssertionError when one of them failed."""
    # What a first mail makes the parser import and compile, the forked processes need not do again.
    receive(post.bags[0][0], Envelope(), Circumstances())
    start = time.monotonic()
    children = [_fork(lambda bag=bag: _take_in(world, bag)) for bag in post.bags]
    children += [_fork(lambda agent=agent: _work(world, agent, len(post.bags))) for agent in range(agents)]
    children += [_fork(lambda: _commit_by_hand(world, commits)), _fork(lambda: _repair(world))]
    ended = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    assert set(ended) == {0}, ended
    return time.monotonic() - start


def _fork(work) -> int:  # noqa: ANN001 - a function without arguments
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:  # noqa: BLE001 - told, and the parent sees the code
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    return pid


def _take_in(world: World, bag: tuple[bytes, ...]) -> None:
    """As a mail server does: what could not be taken in is tried again."""
    for mail in bag:
        for _ in range(_TRIES):
            try:
                done = ingest(world.desk, mail, LIVE)
            except TryAgainError:
                continue
            assert done.outcome in {"created", "appended", "duplicate"}, done
            break
        else:
            raise AssertionError("never taken in")


def _work(world: World, agent: int, times: int) -> None:
    chance = random.Random(agent)  # noqa: S311 - repeatable, no secrets
    desk = world.desk
    for turn in range(times):
        try:
            tag(
                desk,
                [str(chance.randint(1, times))],
                added=[f"t{agent}-{turn}"],
                actor=need_actor(desk, said="lee"),
            )
        except (NotFoundError, TryAgainError):
            time.sleep(0.05)


def _repair(world: World) -> None:
    """As somebody who is worried does, in the midst of it all: nothing is broken, so nothing may be done."""
    for _ in range(3):
        repaired = repair(world.desk)
        odd = [finding for finding in repaired.left if finding.code != "pending"]
        done = [each for each in repaired.done if each.code != "pending"]
        assert (odd, done) == ([], [])


def _commit_by_hand(world: World, commits: int) -> None:
    """A person commits a file of their own, again where git was busy; now and then git tidies up."""
    for number in range(commits):
        (world.root / "README").write_text(f"{number}\n")
        for _ in range(_PATIENCE):
            _git(world, "add", "README")
            if _git(world, "commit", "-q", "-m", f"By hand {number}", "README") == 0:
                break
            time.sleep(0.02)
        else:
            raise AssertionError("git was always busy")
        if number % 4 == 3:
            _git(world, "gc", "-q", "--auto")


def _git(world: World, *args: str) -> int:
    who = ["-c", "user.name=Person", "-c", "user.email=person@example.org"]
    return subprocess.run(
        ["git", "-C", str(world.root), *who, *args], capture_output=True, check=False
    ).returncode
