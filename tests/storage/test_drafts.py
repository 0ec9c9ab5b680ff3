"""Drafts on a desk that several Unix users share: each sees who writes, and nobody is locked out."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from needs import needs
from small_desk import SmallDesk

from helpdesk_cli.storage import setup

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = needs("root")

KIM, LEE, TEAM, OTHERS = 30001, 30002, 30100, 30200
TESTS = Path(__file__).parents[1]
# Imports first: the interpreter of the tests may lie where only root can look.
BECOME = """
import os, sys
from pathlib import Path
from helpdesk_cli.storage.drafts import Drafts, Name
from small_desk import SmallDesk
user, group, agent, what = int(sys.argv[1]), int(sys.argv[2]), sys.argv[4], sys.argv[5]
os.setgroups([group]); os.setgid(user); os.setuid(user); os.umask(0o077)
drafts = Drafts(SmallDesk(Path(sys.argv[3])).layout)
mine = Name("0123456789abcdef", "reply", agent)
if what == "look":
    for name in drafts.names(mine.uid):
        print(name.agent, drafts.is_open(name), drafts.text(name))
elif what == "finish":
    drafts.remove(mine)
else:
    with drafts.hold(mine) as held:
        drafts.put(mine, {"at": "now"}, what)
        print(held, flush=True)
        sys.stdin.read()
"""


@pytest.fixture
def desk() -> Iterator[SmallDesk]:
    """A desk of Kim's, shared with her team."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    found = SmallDesk.make(folder / "desk")
    for place in (found.root, *found.root.rglob("*")):
        os.chown(place, KIM, KIM)
    setup.configure(found.layout, group=TEAM)
    yield found
    shutil.rmtree(folder)


def start(user: int, desk: SmallDesk, agent: str, what: str, *, group: int = TEAM) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", BECOME, str(user), str(group), desk.root, agent, what],
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "PYTHONPATH": f"{TESTS.parent}:{TESTS}"},
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> str:
    words, complaint = process.communicate()
    return complaint.strip().splitlines()[-1] if process.returncode else words


def test_two_users_see_each_others_drafts_whoever_was_first(desk: SmallDesk) -> None:
    kim = start(KIM, desk, "kim", "of Kim")
    assert kim.stdout is not None
    assert kim.stdout.readline() == "True\n"
    lee = start(LEE, desk, "lee", "of Lee")
    assert lee.stdout is not None
    assert lee.stdout.readline() == "True\n"
    for user, agent in ((KIM, "kim"), (LEE, "lee"), (0, "root")):
        assert said(start(user, desk, agent, "look")) == "kim True of Kim\nlee True of Lee\n"
    kim.communicate()
    assert said(start(LEE, desk, "lee", "look")) == "kim False of Kim\nlee True of Lee\n"
    lee.communicate()
    for user, agent in ((KIM, "kim"), (LEE, "lee")):
        assert said(start(user, desk, agent, "finish")) == ""
    assert list((desk.layout.state / "drafts").iterdir()) == []


def test_whoever_is_not_of_the_team_reads_no_draft(desk: SmallDesk) -> None:
    kim = start(KIM, desk, "kim", "of Kim")
    assert kim.stdout is not None
    assert kim.stdout.readline() == "True\n"
    assert "of Kim" not in said(start(30009, desk, "eve", "look", group=OTHERS))
    kim.communicate()
