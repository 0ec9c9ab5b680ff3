"""RELIABILITY G25: killed at any call, a reply leaves at most once: it is sent, queued or unknown, not lost.

`desk reply -m` writes, records and transmits to a real server on loopback; it is killed, or an error put,
at each call with which it changes anything or says anything. Then the outbox heals and sends what is due.
"""

from __future__ import annotations

import re
import shutil
from functools import cache
from typing import TYPE_CHECKING

import pytest
import smtp_sink
from care.world import World, write_mail
from faults import strace, sweep
from faults.scenarios import AT_ONCE, DESK, ENVIRONMENT, old_copy
from faults.strace import CHANGING, Fault
from needs import needs

from helpdesk_cli.desk.fsck import fsck
from helpdesk_cli.desk.outbox import heal, send_due
from helpdesk_cli.desk.repair import repair
from helpdesk_cli.storage.outbox import Outbox
from helpdesk_cli.tickets.deliveries import delivery_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from faults.strace import Ran
    from smtp_sink import Sink

pytestmark = needs("strace")

# What is said to the server counts as well.
CALLS = (*CHANGING, "connect", "sendto", "recvfrom")
PARTS = 3
REPLY = ("reply", "1", "--yes", "-m", "It is mended.")
PASS = ("outbox", "send")


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with smtp_sink.running() as sink:
        yield sink


@pytest.fixture(scope="module")
def ready(sink: Sink, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A desk that sends by the sink, with a ticket; not to be changed."""
    world = World.make(tmp_path_factory.mktemp("ready") / "desk")
    config = world.root / "desk.yaml"
    way = f"via: smtp\n  smtp: {{host: 127.0.0.1, port: {sink.port}, security: none}}"
    text = re.sub(r"^sending: hold$", "sending: on", config.read_text(), flags=re.MULTILINE)
    config.write_text(text.replace("via: sendmail", way))
    world.git("commit", "-q", "-a", "-m", "Send")
    world.take(write_mail(1))
    return world.later(hours=1)


@pytest.fixture(scope="module")
def full(ready: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The same with two replies in the queue."""
    world = old_copy(ready, tmp_path_factory.mktemp("full") / "desk")
    for _ in range(2):
        ran = strace.run_plainly(argv(world, (*REPLY, "--send", "queue")), environment=ENVIRONMENT)
        assert ran.code == 0, ran.err
    return world


def argv(world: World, words: tuple[str, ...]) -> list[str]:
    return [*DESK, "-C", str(world.root), "--as", "lee", *words]


@cache
def points(template: World, words: tuple[str, ...], place: Path) -> dict[str, list[int]]:
    world = old_copy(template, place / "desk")
    ran = strace.run(argv(world, words), None, log=place / "log", environment=ENVIRONMENT, calls=CALLS)
    assert ran.code == 0, (ran.out, ran.err)
    return strace.points(ran.log)


def chosen(found: dict[str, list[int]]) -> Iterator[Fault]:
    """A kill at a seeded sixth of the points; of the writes to the index at a few.

    What the index loses at any moment comes back. `make sweep` kills at every point.
    """
    index = {call: numbers for call, numbers in found.items() if call == "pwrite64"}
    every = list(sweep.kills({call: numbers for call, numbers in found.items() if call not in index}))
    yield from sweep.sample(every, len(every) // 6, seed=25)
    yield from sweep.sample(sweep.kills(index), 6, seed=25)


def judged(world: World, sink: Sink, ran: Ran, *, replies: int) -> None:
    """What must hold after a fault, before and after the next `desk cron`."""
    at_first = len(sink.kept)
    for _ in range(2):
        heal(world.desk, settled=0)
        send_due(world.desk)
    send_due(world.later(minutes=2).desk)
    repair(world.desk, ages=AT_ONCE)
    assert len(sink.ids()) == len(set(sink.ids())), "twice"
    (ticket,) = world.tickets()
    ours = [message for message in ticket.messages if message.direction == "out"]
    states = [delivery_of(ticket, message).partition(" ")[0] for message in ours]
    arrived = [message.message_id in sink.ids() for message in ours]
    assert len(sink.kept) == sum(arrived), "a mail left that no ticket tells of"
    assert set(states) <= {"sent", "unknown"}, states
    assert all(state == "unknown" or there for state, there in zip(states, arrived, strict=True)), "lost"
    # A reply that was killed before it was written never was; what was queued stays.
    assert len(ours) in ({0, 1} if replies == 1 else {replies})
    if ran.code == 0:
        assert states == ["sent"] * replies
    # What left was said to have left, or not to be known.
    assert at_first <= len(ours)
    mails = dict(Outbox(world.desk.layout).items())
    assert len(mails) == states.count("unknown")
    assert fsck(world.desk, ages=AT_ONCE) == []
    assert world.status() == ""


def run_one(
    template: World, words: tuple[str, ...], fault: Fault, sink: Sink, place: Path, *, replies: int
) -> str:
    """What was wrong with one run, "" when nothing was."""
    place.mkdir(parents=True)
    sink.kept.clear()
    world = old_copy(template, place / "desk")
    ran = strace.run(argv(world, words), fault, log=place / "log", environment=ENVIRONMENT)
    if not ran.fired:
        return f"{fault}: it did not happen"
    if fault.what == "SIGKILL" and ran.code != -9:
        return f"{fault}: it ended with {ran.code}"
    try:
        judged(world, sink, ran, replies=replies)
    except Exception as error:  # noqa: BLE001 - told with the fault that led to it
        return f"{fault}: {type(error).__name__}: {error}"
    shutil.rmtree(place)
    return ""


@pytest.mark.parametrize("part", range(PARTS))
def test_a_reply_killed_at_each_point(
    ready: World, sink: Sink, part: int, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = points(ready, REPLY, tmp_path_factory.getbasetemp() / "points-of-reply")
    assert sum(map(len, found.values())) >= 60
    assert found["sendto"]
    faults = list(chosen(found))[part::PARTS]
    wrong = [run_one(ready, REPLY, each, sink, tmp_path / str(n), replies=1) for n, each in enumerate(faults)]
    assert [each for each in wrong if each] == []


@pytest.mark.parametrize("part", range(PARTS))
def test_a_sending_pass_killed_at_each_point(
    full: World, sink: Sink, part: int, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = points(full, PASS, tmp_path_factory.getbasetemp() / "points-of-pass")
    faults = list(chosen(found))[part::PARTS]
    wrong = [run_one(full, PASS, each, sink, tmp_path / str(n), replies=2) for n, each in enumerate(faults)]
    assert [each for each in wrong if each] == []


@pytest.mark.parametrize("part", range(2))
def test_a_sample_of_errors_while_sending(
    full: World, sink: Sink, part: int, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = points(full, PASS, tmp_path_factory.getbasetemp() / "points-of-errors")
    found.pop("pwrite64", None)
    faults = sweep.sample(sweep.errors(found), 20, seed=25)[part::2]
    wrong = [run_one(full, PASS, each, sink, tmp_path / str(n), replies=2) for n, each in enumerate(faults)]
    assert [each for each in wrong if each] == []
