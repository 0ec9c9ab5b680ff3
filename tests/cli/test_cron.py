"""`desk cron` and `desk setup cron`: as cron calls them."""

from __future__ import annotations

import fcntl
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from helpdesk_cli.cli import cron as face
from helpdesk_cli.desk import cron as verbs
from helpdesk_cli.desk.cron import STEPS, Step, cron
from helpdesk_cli.desk.news import News
from helpdesk_cli.errors import TryAgainError
from helpdesk_cli.tickets.times import read_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Desk

NOON = read_time("2026-11-20T12:00:00Z")
LATER = {"DESK_NOW": "2026-11-20T12:30:00Z"}


@pytest.fixture
def place(desk: Desk, tmp_path: Path) -> Path:
    """A new desk."""
    assert desk("init").returncode == 0
    return tmp_path / "here"


def test_it_says_nothing_when_nothing_is_wrong(desk: Desk, place: Path) -> None:
    assert place.is_dir()
    for arguments in (("cron",), ("--quiet", "cron"), ("cron", "--quiet")):
        done = desk(*arguments)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_step_can_be_loaded() -> None:
    for step in STEPS:
        assert callable(step.load()), step.name


def test_it_runs_in_an_empty_environment(place: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    program = f"import sys; sys.path.insert(0, {str(root)!r}); from helpdesk_cli.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "-C", str(place), "--quiet", "cron"],
        env={},
        cwd="/",
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_second_one_does_nothing(desk: Desk, place: Path) -> None:
    with (place / ".git/desk/cron.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = desk("--quiet", "cron")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert "this one did nothing" in desk("cron").stderr


def test_one_that_hangs_is_said_once_a_day(desk: Desk, place: Path) -> None:
    desk("cron", env={"DESK_NOW": "2026-11-20T12:00:00Z"})
    with (place / ".git/desk/cron.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert desk("--quiet", "cron", env={"DESK_NOW": "2026-11-20T12:30:00Z"}).stderr == ""
        done = desk("--quiet", "cron", env={"DESK_NOW": "2026-11-20T14:00:00Z"})
        assert done.returncode == 1
        assert "running since 2026-11-20T12:00:00Z" in done.stderr
        again = desk("--quiet", "cron", env={"DESK_NOW": "2026-11-20T14:01:00Z"})
        assert (again.returncode, again.stderr) == (1, "")


def test_a_broken_desk_yaml_is_said_once_a_day(desk: Desk, place: Path) -> None:
    (place / "desk.yaml").write_text("agnets: {}\n")
    said = []
    for moment in ("20T12:00", "20T12:01", "20T23:59", "21T12:01", "21T12:02"):
        done = desk("--quiet", "cron", env={"DESK_NOW": f"2026-11-{moment}:00Z"})
        assert done.returncode == 1
        said.append("agnets" in done.stderr)
    assert said == [True, False, False, True, False]
    assert "agnets" in desk("cron", env={"DESK_NOW": "2026-11-21T12:03:00Z"}).stderr


def test_another_clone_than_the_servers_leaves_mail_alone(desk: Desk, place: Path) -> None:
    subprocess.run(["git", "-C", str(place), "config", "--unset", "desk.role"], check=True)
    done = desk("cron")
    assert done.returncode == 0
    assert "not the desk's server" in done.stderr
    assert desk("--quiet", "cron").stderr == ""


def test_there_must_be_a_desk(desk: Desk) -> None:
    done = desk("cron")
    assert done.returncode == 3
    assert "no desk here" in done.stderr


def steps(monkeypatch: pytest.MonkeyPatch, **functions: Callable[..., list[str]]) -> None:
    """Other steps than the real ones: what is tried here is how they are run."""

    def load(step: Step) -> Callable[..., list[str]]:
        return functions[step.name]

    monkeypatch.setattr(verbs, "STEPS", tuple(Step(name, "") for name in functions))
    monkeypatch.setattr(Step, "load", load)


def test_a_step_that_fails_stops_none_of_the_others(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def breaks(_: object) -> list[str]:
        raise ZeroDivisionError

    def is_full(_: object) -> list[str]:
        raise OSError(28, "No space left on device")

    steps(monkeypatch, one=breaks, two=is_full, three=lambda _: ran.append("three") or ["a fact"])
    found = cron(place, now=NOON)
    assert ran == ["three"]
    assert ["ZeroDivisionError" in found.to_say[0], "No space" in found.to_say[1]] == [True, True]
    assert found.to_say[2] == "a fact"


def test_a_step_that_fails_gets_its_news_again_and_the_others_have_them_at_once(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    settled: list[object] = []

    def is_busy(*_: object) -> Iterator[str]:
        yield "one went wrong before that"
        raise TryAgainError("busy")

    functions = {"busy": is_busy, "after": lambda *_: ran.append("after") or []}
    monkeypatch.setattr(verbs, "STEPS", tuple(Step(name, "", of_news=True) for name in functions))
    monkeypatch.setattr(Step, "load", lambda step: functions[step.name])
    monkeypatch.setattr(News, "settle", lambda self: settled.append(self))
    found = cron(place, now=NOON)
    assert (ran, settled) == (["after"], [])
    assert found.to_say == ["one went wrong before that", "busy: busy"]
    functions["busy"] = lambda *_: []
    cron(place, now=NOON)
    assert (len(ran), len(settled)) == (2, 1)


def test_a_problem_whose_numbers_change_is_the_same_problem(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = iter((3, 4, 5))
    steps(monkeypatch, one=lambda _: [f"{next(left)} mails wait"])
    assert cron(place, now=NOON).to_say == ["3 mails wait"]
    again = cron(place, now=NOON)
    assert (again.to_say, again.lasts) == ([], True)
    assert cron(place, now=read_time("2026-11-21T12:00:00Z")).to_say == ["5 mails wait"]


def test_what_comes_and_goes_is_said_once_a_day(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problems = iter((["x"], [], ["x"], [], ["y"]))
    steps(monkeypatch, one=lambda _: next(problems))
    assert [cron(place, now=NOON).to_say for _ in range(5)] == [["x"], [], [], [], ["y"]]


def test_what_may_pass_is_said_when_it_lasts(place: Path) -> None:
    """A merge that somebody is in the middle of is no reason for a mail."""
    (place / ".git/MERGE_HEAD").write_text("0" * 40 + "\n")
    (place / "desk.yaml").write_text((place / "desk.yaml").read_text())
    subprocess.run(
        [sys.executable, "-m", "helpdesk_cli.cli.main", "-C", str(place), "new", "-m", "A call."],
        env={**os.environ, "DESK_AGENT": "dana", "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        check=True,
        capture_output=True,
        timeout=60,
    )
    first = cron(place, now=NOON)
    assert (first.to_say, first.lasts) == ([], False)
    assert [step for step, _ in first.problems] == ["commits"]
    assert cron(place, now=read_time("2026-11-20T12:59:00Z")).to_say == []
    assert "a merge is going on" in cron(place, now=read_time("2026-11-20T13:00:00Z")).to_say[0]


def test_its_help_names_the_crontab() -> None:
    assert "crontab" in (face.cron.__doc__ or "")


def test_the_line_for_the_crontab_is_whole(desk: Desk, tmp_path: Path) -> None:
    """Absolute, quoted, with what crontab(5) treats specially escaped; and it works."""
    folder = tmp_path / "here" / "50% off; $HOME 'x"
    folder.mkdir()
    assert desk("-C", str(folder), "init").returncode == 0
    done = desk("-C", str(folder), "setup", "cron", "--mailto", "admin@example.com")
    assert done.returncode == 0
    mailto, line = done.stdout.splitlines()
    assert mailto == "MAILTO=admin@example.com"
    minute, command = line[:10], line[10:]
    assert minute == "* * * * * "
    assert "%" not in command.replace(r"\%", "")
    words = shlex.split(command.replace(r"\%", "%"))
    assert words[0].startswith("/")
    assert words[-4:] == ["-C", str(folder), "--quiet", "cron"]
    told = subprocess.run(
        ["/bin/sh", "-c", command.replace(r"\%", "%")],
        env={"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (told.returncode, told.stdout, told.stderr) == (0, b"", b"")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--mailto", "support+x@example.com"), "this desk's own address"),
        (("--mailto", "a@b.example\nx"), "no address for a crontab"),
        (("--user", "nobody-of-that-name"), "there is no user"),
    ],
)
def test_setup_cron_refuses_what_would_go_wrong(
    desk: Desk, place: Path, words: tuple[str, ...], said: str
) -> None:
    assert place.is_dir()
    done = desk("setup", "cron", *words)
    assert done.returncode in {2, 3}
    assert said in done.stderr
