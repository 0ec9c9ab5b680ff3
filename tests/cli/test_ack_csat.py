"""`desk ack explain` and `desk csat` as people and programs call them."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from automatic_world import Automatic, rating
from care.world import World, write_mail
from documented import faults

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Desk


@pytest.fixture(scope="module")
def rated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with a conversation that was rated; not to be changed."""
    folder = tmp_path_factory.mktemp("rated")
    World.make(folder / "fresh")
    world = Automatic.settle(folder / "fresh", folder / "desk")
    later = world.solved()
    later.tick()
    later.comes(rating(world.links()["good"], "Quick \x1b[31mand kind."))
    return world.root


@pytest.fixture
def world(rated: Path, tmp_path: Path) -> Automatic:
    """A copy of that desk for this test."""
    shutil.copytree(rated, tmp_path / "desk", symlinks=True)
    return Automatic(tmp_path / "desk")


def run(desk: Desk, world: Automatic, *words: str, code: int = 0, stdin: str = "") -> str:
    """What the command prints."""
    done = desk("-C", str(world.root), *words, stdin=stdin, env={"DESK_NOW": "2026-11-20T12:00:00Z"})
    assert done.returncode == code, done.stderr
    return done.stderr if code else done.stdout


def test_csat(desk: Desk, world: Automatic) -> None:
    """For people, and key by key for programs; nothing of a mail reaches the terminal as it is."""
    told = run(desk, world, "csat")
    assert "score       100%  good, of all ratings" in told
    assert "Quick \\u{1b}[31mand kind." in told
    found = json.loads(run(desk, world, "csat", "--json"))
    assert faults(found, "csat") == []
    assert (found["asked"], found["good"], found["score"]) == (1, 1, 1.0)
    empty = json.loads(run(desk, world, "csat", "--json", "--period", "2025-01"))
    assert faults(empty, "csat") == []
    assert (empty["asked"], empty["score"], empty["answer_rate"]) == (0, None, None)
    assert '"week" is no period' in run(desk, world, "csat", "--period", "week", code=2)


def test_a_bad_file_is_counted_out_and_named(desk: Desk, world: Automatic) -> None:
    world.comes(write_mail(7, sender="Bob <bob@b.example>"))
    path = world.root / world.paths()[1]
    path.write_text("automatic: csat\nno ticket\nautomatic: csat\n")
    done = desk("-C", str(world.root), "csat")
    assert done.returncode == 8
    assert "desk fsck" in done.stderr
    assert "answered       1" in done.stdout


def test_ack_explain(desk: Desk, world: Automatic, tmp_path: Path) -> None:
    """For a ticket, a file and standard input."""
    lines = run(desk, world, "ack", "explain", "1").splitlines()
    assert lines[0].startswith("TICKET-1: no acknowledgement by A14: ")
    assert len(lines) == 18
    found = json.loads(run(desk, world, "ack", "explain", "--json", "1"))
    assert faults(found, "acknowledgement") == []
    file = tmp_path / "mail.eml"
    file.write_bytes(write_mail(9, sender="Bob <bob@b.example>"))
    told = run(desk, world, "ack", "explain", "--sender", "bob@b.example", str(file))
    assert told.startswith("a neutral acknowledgement\n")
    found = json.loads(run(desk, world, "ack", "explain", "--json", "-", stdin=file.read_text()))
    assert faults(found, "acknowledgement") == []
    assert (found["ticket"], found["decision"], found["rule"]) == (None, "no", "A1")
    reply = write_mail(9, answers=1)
    joined = json.loads(
        run(
            desk,
            world,
            "ack",
            "explain",
            "--json",
            "--sender",
            "ada@customer.example",
            "-",
            stdin=reply.decode(),
        )
    )
    assert (joined["rule"], joined["why"]) == ("A14", "it belongs to TICKET-1")
    assert [each["rule"] for each in joined["rules"] if each["forbids"]] == ["A14"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("explain", "77"), 3, "there is no TICKET-77"),
        (("explain", "gone.eml"), 3, "there is no such file"),
        (("why", "1"), 2, "Say `desk ack explain ID`"),
        (("explain", "--sender", "a@b.example", "1"), 2, "for a mail in a file"),
        (("explain", "-"), 2, "there is no mail in it"),
    ],
)
def test_slips(desk: Desk, world: Automatic, words: tuple[str, ...], code: int, said: str) -> None:
    assert said in run(desk, world, "ack", *words, code=code)


def test_explaining_writes_nothing(desk: Desk, world: Automatic, tmp_path: Path) -> None:
    file = tmp_path / "mail.eml"
    file.write_bytes(write_mail(9, sender="Bob <bob@b.example>"))
    before = (world.git("rev-parse", "HEAD"), world.outbox.names(), world.paths(), world.status())
    run(desk, world, "ack", "explain", "--sender", "bob@b.example", str(file))
    assert (world.git("rev-parse", "HEAD"), world.outbox.names(), world.paths(), world.status()) == before
