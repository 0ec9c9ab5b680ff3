"""One desk, several Unix users (DECISIONS 16): real ones, by number, and root, who must not be in their way.

A process becomes its user after its imports: the interpreter of the tests may lie where only root can look.
"""

from __future__ import annotations

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

SCRIPT = Path(__file__).parents[1] / "small_desk.py"
KIM, LEE, MAIL = 30001, 30002, 30003
TEAM, OTHERS = 30100, 30200
BECOME = """
import os, sys
from pathlib import Path
import small_desk
user, groups = int(sys.argv[1]), [int(group) for group in sys.argv[2].split(",") if group]
os.setgroups(groups)
os.setgid(user)
os.setuid(user)
os.umask(0o077)
desk = small_desk.SmallDesk(Path(sys.argv[3]))
if sys.argv[4] == "drain":
    print(desk.drain())
else:
    small_desk.work(desk.root, f"u{user}", 3)
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def env(home: Path) -> dict[str, str]:
    """A person's environment, with a home of their own."""
    return {"PATH": "/usr/bin:/bin", "HOME": str(home), "PYTHONPATH": str(SCRIPT.parent)}


def run_as(user: int, desk: SmallDesk, what: str, *, groups: list[int], home: str = "/nonexistent") -> str:
    """Three changes ("work"), or a drain, by that user with a umask that shares nothing: what it printed."""
    return said(start_as(user, desk, what, groups=groups, home=home))


def start_as(
    user: int, desk: SmallDesk, what: str, *, groups: list[int], home: str = "/nonexistent"
) -> subprocess.Popen[str]:
    """The same, not waited for."""
    command = [sys.executable, "-c", BECOME, str(user), ",".join(map(str, groups)), desk.root, what]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, env=env(Path(home)), cwd="/", text=True, **pipes)  # type: ignore[call-overload, no-any-return]


def said(process: subprocess.Popen[str]) -> str:
    """What it printed; the last line of its complaint where it failed."""
    words, complaint = process.communicate()
    return complaint.strip().splitlines()[-1] if process.returncode else words


def make(place: Path, *, owner: int, group: int | None) -> SmallDesk:
    """A desk of `owner`; shared with `group` where one is named."""
    desk = SmallDesk.make(place / "desk")
    subprocess.run(["chown", "-R", f"{owner}:{group or owner}", desk.root], check=True)
    if group is not None:
        setup.configure(desk.layout, group=group)
    else:
        desk.root.chmod(0o700)
    return desk


def owned(desk: SmallDesk) -> set[tuple[int, int]]:
    """Who owns what there is."""
    return {(path.lstat().st_uid, path.lstat().st_gid) for path in [desk.root, *desk.root.rglob("*")]}


def person_git(desk: SmallDesk, *args: str) -> str:
    """What git prints to a person who trusts this desk."""
    command = ["git", "-c", f"safe.directory={desk.root}", *args]
    return subprocess.run(command, cwd=desk.root, capture_output=True, text=True, check=True).stdout


def test_three_users_at_once_on_a_shared_desk(place: Path) -> None:
    """The mail user among them; none is the owner, none has a name, and git asks nobody for trust."""
    desk = make(place, owner=KIM, group=TEAM)
    workers = [start_as(user, desk, "work", groups=[TEAM]) for user in (KIM, LEE, MAIL)]
    assert [said(worker) for worker in workers] == ["", "", ""]
    names = {f"u{user}.{number}" for user in (KIM, LEE, MAIL) for number in range(3)}
    assert sorted(person_git(desk, "log", "--format=%s").split()) == sorted({"Begin"} | names)
    assert person_git(desk, "status", "--porcelain") == ""
    assert {group for _, group in owned(desk)} == {TEAM}


def test_a_user_outside_the_group_is_kept_out(place: Path) -> None:
    """And is told that it is rights that are missing."""
    desk = make(place, owner=KIM, group=TEAM)
    assert "ermission denied" in run_as(LEE, desk, "work", groups=[OTHERS])
    assert {user for user, _ in owned(desk)} == {KIM}


def test_root_leaves_nothing_that_the_owner_cannot_use(place: Path) -> None:
    """`sudo desk` writes files, folders, locks and git objects as the desk's owner would."""
    desk = make(place, owner=KIM, group=None)
    before = owned(desk)
    root = subprocess.run([sys.executable, SCRIPT, desk.root, "root", "3"], check=False, env=env(place))
    assert root.returncode == 0
    assert owned(desk) == before == {(KIM, KIM)}
    assert run_as(KIM, desk, "work", groups=[]) == ""
    assert owned(desk) == {(KIM, KIM)}


def test_a_strangers_repository_is_not_worked_in_unless_trusted(place: Path) -> None:
    """RELIABILITY T53: told with the remedy; the changes wait, and go in once git is told to trust it."""
    desk = make(place, owner=KIM, group=None)
    home = place / "home"
    home.mkdir()
    desk.queue("tickets/1.md", b"1\n")
    for path in [desk.root, *desk.root.rglob("*")]:
        path.chmod(path.stat().st_mode | 0o007)
    told = run_as(LEE, desk, "drain", groups=[], home=str(home))
    assert "committed=0, left=1" in told
    assert "git does not trust this repository" in told
    assert f"safe.directory {desk.root}" in told
    trust = ["git", "config", "--global", "--add", "safe.directory", str(desk.root)]
    subprocess.run(trust, check=True, env=env(home))
    (home / ".gitconfig").chmod(0o644)
    assert "committed=1, left=0" in run_as(LEE, desk, "drain", groups=[], home=str(home))
