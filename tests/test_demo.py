"""`make demo` plays the day that it tells, on the desk as it is, and leaves a history that can be read."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ACTS = (
    *("08:50", "09:00", "09:10", "09:25", "10:00", "11:00"),
    *("11:30", "11:40", "14:05", "15:20", "16:00", "16:30", "17:00", "17:10"),
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the demonstration shows; AssertionError where a command of it fails."""
    place = tmp_path_factory.mktemp("demo")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(place), "TMPDIR": str(place), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["/bin/sh", ROOT / "demo" / "run.sh"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment | {"COLUMNS": "100"},
        cwd=place,
        check=False,
        timeout=300,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout[-2000:]
    # `desk rules replay` ends with 1 where another file would have done otherwise, and says so.
    said = done.stdout.replace("\ndesk: 1 ticket comes out otherwise\n", "\n", 1)
    assert not re.search(r"^desk: ", said, re.MULTILINE), said
    return done.stdout


def act(told: str, hour: str) -> str:
    """What is shown from that hour on, up to the next."""
    follows = dict(zip(ACTS, [*ACTS[1:], "the end"], strict=True))[hour]
    return told.partition(f"\n{hour}  ")[2].partition(f"\n{follows}  ")[0]


def test_every_act_is_played(told: str) -> None:
    assert tuple(re.findall(r"^(\d\d:\d\d)  \S", told, re.MULTILINE)) == ACTS
    assert "TICKET-3: dana replied" in act(told, "09:10")
    assert "queued: sending is on hold" in act(told, "09:10")
    assert "TICKET-10: merged into TICKET-3" in act(told, "09:25")
    assert "TICKET-2: snoozed until Mon 2026-11-23 09:00" in act(told, "10:00")
    assert "TICKET-2 " not in act(told, "11:00")
    assert act(told, "11:30").count(": assign to lee") == act(told, "11:30").count(": undone: ") == 5
    assert "TICKET-5: status new → closed" in act(told, "11:40")
    assert "TICKET-2 " in act(told, "14:05")
    assert "TICKET-1 " in act(told, "15:20")
    assert "1 comes out otherwise\nTICKET-1.1 created" in act(told, "16:00")
    assert "first-response" in act(told, "16:30")
    assert "2026-11-20   8         2" in act(told, "16:30")
    assert act(told, "17:00").count("Re: [TICKET-") == 2


def test_the_history_of_a_ticket_can_be_read_and_all_is_in_order(told: str) -> None:
    story = re.findall(r"^(Dana Davis|Example support desk): TICKET-3: (.*)$", told, re.MULTILINE)
    assert [what for _, what in story] == [
        "opened by a mail",
        "priority medium → urgent, category technical",
        "assign to dana, status new → open",
        "dana replied",
        "note by dana",
        "TICKET-10 merged into it",
    ]
    assert told.count("Everything is in order.") == 1


def test_it_shows_the_same_every_day(told: str) -> None:
    assert "2026-11-20" in told
    assert not re.search(r"2026-11-2[1-9] \d\d:\d\d|20(?!26)\d\d-", told.replace("Mon 2026-11-23 09:00", ""))
