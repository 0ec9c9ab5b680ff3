"""What happens on a terminal, on a real one: colour, pager, questions, progress."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

import pytest
from terminals import DESK, on_terminal

from helpdesk_cli.cli import editor, pager
from helpdesk_cli.cli.progress import picture
from helpdesk_cli.errors import CancelledError, UsageError

SIDE = """
import sys
from helpdesk_cli.cli import ask
from helpdesk_cli.cli.progress import track
from helpdesk_cli.cli.session import Session
from helpdesk_cli.errors import DeskError
session = Session(yes='yes' in sys.argv)
try:
    if 'many' in sys.argv:
        ask.confirm_many(session, 'Close', [f'TICKET-{n}' for n in range(1, 8)])
    else:
        for _ in track(range(40), total=40, what='mails', session=session):
            pass
except DeskError as error:
    print(error)
    sys.exit(error.exit_code)
print('done')
"""


def test_long_text_goes_through_the_pager(environment: dict[str, str]) -> None:
    """DESK_PAGER first; it is told to be harmless."""
    environment |= {"TERM": "xterm", "DESK_PAGER": "sh -c 'echo $LESSSECURE $LESS; wc -l'", "PAGER": "false"}
    code, shown = on_terminal(DESK, ["help", "exit-codes"], environment)
    assert code == 0
    assert shown.split() == ["1", "FRX", "19"]


@pytest.mark.parametrize(
    "extra", [{"TERM": "dumb"}, {"PAGER": "cat"}, {"PAGER": ""}, {"PAGER": "no-such-program -x"}]
)
def test_no_pager_where_it_is_not_wanted_or_not_there(
    environment: dict[str, str], extra: dict[str, str]
) -> None:
    """The text is shown all the same."""
    code, shown = on_terminal(DESK, ["help", "exit-codes"], {**environment, "TERM": "xterm", **extra})
    assert (code, shown.split("\n")[0]) == (0, "What the exit status of a command says.")


def test_the_option_turns_the_pager_off(environment: dict[str, str]) -> None:
    """--no-pager, after the command too."""
    environment |= {"TERM": "xterm", "PAGER": "false"}
    for arguments in (["--no-pager", "help", "ids"], ["help", "ids", "--no-pager"]):
        code, shown = on_terminal(DESK, arguments, environment)
        assert (code, shown.split("\n")[0]) == (0, "How tickets and messages are named.")


def test_leaving_the_pager_early_is_no_fault(environment: dict[str, str]) -> None:
    """A pager that reads nothing."""
    assert on_terminal(DESK, ["help", "output"], {**environment, "TERM": "xterm", "PAGER": "true"}) == (0, "")


@pytest.mark.parametrize(
    ("typed", "code", "end"),
    [
        ("y\n", 0, "done"),
        ("YES\n", 0, "done"),
        ("n\n", 6, "not confirmed. Nothing was changed."),
        ("\n", 6, "not confirmed. Nothing was changed."),
        ("\x04", 6, "not confirmed. Nothing was changed."),
    ],
)
def test_many_tickets_are_asked_about(environment: dict[str, str], typed: str, code: int, end: str) -> None:
    """On the terminal itself; only yes is yes."""
    status, shown = on_terminal(SIDE, ["many"], environment, typed)
    assert (status, shown.strip().split("\n")[-1].rpartition("] ")[2]) == (code, end)
    assert "Close 7 tickets (TICKET-1, TICKET-2, TICKET-3, TICKET-4, TICKET-5, …)? [y/N]" in shown


def test_nobody_is_asked_when_nobody_may_be(environment: dict[str, str]) -> None:
    """DESK_NO_INPUT refuses, --yes answers."""
    environment |= {"DESK_NO_INPUT": "1"}
    code, shown = on_terminal(SIDE, ["many"], environment)
    assert code == 6
    assert shown.startswith("nobody may be asked: Close 7 tickets")
    assert on_terminal(SIDE, ["many", "yes"], environment) == (0, "done\n")


def test_without_a_terminal_the_answer_is_no() -> None:
    """A cron job is refused, not hung: a process in a session of its own has no /dev/tty."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        signal.alarm(60)
        os.setsid()
        os.dup2(write, 1)
        os.execv(sys.executable, [sys.executable, "-c", SIDE, "many"])  # noqa: S606 - a test's own child
    os.close(write)
    with os.fdopen(read) as answers:
        shown = answers.read()
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 6
    assert shown.endswith("Say --yes if this is meant.\n")


def test_progress_is_drawn_on_a_terminal(environment: dict[str, str]) -> None:
    """It ends at all of it and leaves a line of its own."""
    code, shown = on_terminal(SIDE, [], environment)
    assert code == 0
    assert shown.endswith("] 40 of 40 mails\ndone\n")


def test_a_progress_bar_is_full_when_all_is_done() -> None:
    """Digits are aligned so that the line does not jump."""
    assert picture(0, total=10_000, what="mails") == "\r[------------------------]      0 of 10,000 mails"
    assert picture(5_000, total=10_000, what="mails") == "\r[############------------]  5,000 of 10,000 mails"
    assert (
        picture(10_000, total=10_000, what="mails") == "\r[########################] 10,000 of 10,000 mails"
    )


@pytest.mark.parametrize(
    ("environment_", "command"),
    [
        ({}, ["vi"]),
        ({"EDITOR": "nano"}, ["nano"]),
        ({"EDITOR": "nano", "VISUAL": "emacs -nw"}, ["emacs", "-nw"]),
        ({"VISUAL": "emacs", "GIT_EDITOR": "ed"}, ["ed"]),
        ({"GIT_EDITOR": "ed", "DESK_EDITOR": "'my editor' -x"}, ["my editor", "-x"]),
    ],
)
def test_the_editor_is_the_most_particular_one(environment_: dict[str, str], command: list[str]) -> None:
    """DESK_EDITOR, GIT_EDITOR, VISUAL, EDITOR, vi."""
    assert editor.choose(environment_) == command


def test_an_editor_that_cannot_be_read_is_a_usage_error() -> None:
    """An open quotation mark."""
    with pytest.raises(UsageError, match="DESK_EDITOR"):
        editor.choose({"DESK_EDITOR": "vi '"})


def with_editor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str) -> None:
    """Make a shell script the editor, and tmp_path the place for its file."""
    program = tmp_path / "editor"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("DESK_EDITOR", str(program))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_edited_text_comes_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And its file is gone."""
    with_editor(monkeypatch, tmp_path, 'echo "more" >> "$1"')
    assert editor.edit_text("text\n") == "text\nmore\n"
    assert [path.name for path in tmp_path.iterdir()] == ["editor"]


@pytest.mark.parametrize("script", ["true", ': > "$1"', 'echo "  " > "$1"'])
def test_text_that_is_empty_or_unchanged_cancels(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str
) -> None:
    """Nothing was said, so nothing is done."""
    with_editor(monkeypatch, tmp_path, script)
    with pytest.raises(CancelledError, match="empty or as it was"):
        editor.edit_text("text\n")


def test_an_editor_that_fails_loses_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The message says where the text is."""
    with_editor(monkeypatch, tmp_path, 'echo "an hour of work" > "$1"; exit 1')
    with pytest.raises(CancelledError) as caught:
        editor.edit_text("text\n")
    kept = Path(str(caught.value).rpartition(" is in ")[2].rstrip("."))
    assert kept.read_text() == "an hour of work\n"


def test_an_editor_that_is_not_there_is_a_usage_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With the way to set another."""
    monkeypatch.setenv("DESK_EDITOR", "no-such-editor")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(UsageError, match="Set DESK_EDITOR"):
        editor.edit_text("text\n")


@pytest.mark.parametrize(
    ("environment_", "command"),
    [
        ({"PAGER": "cat"}, []),
        ({"PAGER": ""}, []),
        ({"PAGER": "'"}, []),
        ({"PAGER": "sh -c x", "GIT_PAGER": "cat"}, []),
        ({"PAGER": "cat", "DESK_PAGER": "sh -c x"}, ["sh", "-c", "x"]),
    ],
)
def test_the_pager_is_the_most_particular_one(environment_: dict[str, str], command: list[str]) -> None:
    """DESK_PAGER, GIT_PAGER, PAGER; empty and cat mean none."""
    with contextlib.suppress(KeyError):
        assert pager.choose(environment_) == command
