"""From a command line to an exit code and what was said: `desk` as a process."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import helpdesk_cli

if TYPE_CHECKING:
    from conftest import Desk

VERSION = f"desk {helpdesk_cli.__version__}\n"


@pytest.mark.parametrize(
    "arguments", [("--version",), ("-q", "--version"), ("--color", "never", "--version")]
)
def test_version(desk: Desk, arguments: tuple[str, ...]) -> None:
    """The version, by the short way and by the long one."""
    done = desk(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (0, VERSION, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("hlep",), 'desk: there is no command "hlep". Did you mean `help`?\n'),
        (("xyzzy",), 'desk: there is no command "xyzzy". `desk help` lists the commands.\n'),
        (
            ("help", "exit-code"),
            'desk: there is no command or topic "exit-code". Did you mean `exit-codes`?\n',
        ),
        (("help", "a", "b"), "desk: help: got unexpected extra argument(s) (b). See `desk help help`.\n"),
        (("completion",), "desk: completion: missing argument 'SHELL'. See `desk help completion`.\n"),
        (
            ("completion", "tcsh"),
            'desk: there is no completion for "tcsh". Choose one of bash, zsh, fish.\n',
        ),
        (
            ("--color", "purple", "help"),
            'desk: --color: "purple" is no way to colour. Choose one of auto, always, never.\n',
        ),
    ],
)
def test_a_usage_error_is_one_line_with_a_remedy_and_exit_code_2(
    desk: Desk, arguments: tuple[str, ...], message: str
) -> None:
    """What is wrong and what to do, on standard error only."""
    done = desk(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)


def test_an_escape_sequence_in_a_word_comes_back_visible(desk: Desk) -> None:
    """Even the caller's own words are not trusted with the terminal."""
    done = desk("\x1b]52;c;ZWNobw==\x07")
    assert done.stderr.startswith('desk: there is no command "\\u{1b}]52;c;ZWNobw==\\u{7}"')


def test_global_options_count_before_and_after_the_command(desk: Desk) -> None:
    """--quiet silences the names of written pages in both places."""
    assert desk("man", "pages").stdout != ""
    assert desk("--quiet", "man", "pages").stdout == ""
    assert desk("man", "--quiet", "pages").stdout == ""


def run_broken(environment: dict[str, str], **more: str) -> subprocess.CompletedProcess[str]:
    """`desk broken`, a command whose module cannot be imported."""
    program = (
        "import sys; from helpdesk_cli.cli import contents, main;"
        "contents.ENTRIES += (contents.Entry('broken', 'nowhere:COMMAND', 'Break.', 'about'),);"
        "sys.argv = ['desk', 'broken']; main.main()"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**environment, **more},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


def test_nobody_meets_a_traceback(environment: dict[str, str], tmp_path: Path) -> None:
    """An unforeseen fault is one line and exit code 70; its traceback is in a private file."""
    done = run_broken(environment)
    assert done.returncode == 70
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith(
        "desk: internal error: ModuleNotFoundError: No module named 'helpdesk_cli.cli.nowhere'"
    )
    (kept,) = (tmp_path / "home" / ".local" / "state" / "desk").iterdir()
    assert str(kept) in done.stderr
    assert kept.stat().st_mode & 0o777 == 0o600
    assert "Traceback (most recent call last)" in kept.read_text()
    assert "Traceback" in run_broken(environment, DESK_DEBUG="1").stderr


def test_kept_tracebacks_do_not_pile_up(environment: dict[str, str], tmp_path: Path) -> None:
    """A command that fails in a loop keeps the newest twenty."""
    state = tmp_path / "home" / ".local" / "state" / "desk"
    state.mkdir(parents=True)
    for number in range(30):
        (state / f"fault-{number:02}.txt").touch()
    run_broken(environment)
    assert len(list(state.iterdir())) == 20


def test_a_fault_without_a_place_to_keep_it_is_still_one_line(environment: dict[str, str]) -> None:
    """No writable home: the message says how to see the traceback."""
    done = run_broken(environment, XDG_STATE_HOME="/dev/null")
    assert done.returncode == 70
    assert "DESK_DEBUG=1 prints the traceback." in done.stderr


def run_shell(line: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The line run by bash, with `desk` for the command."""
    desk = f'desk() {{ {sys.executable} -m helpdesk_cli.cli.main "$@"; }}; '
    return subprocess.run(
        ["bash", "-c", desk + line],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    "command", ["desk --version", "desk help", "desk -q --version", "desk man", "desk --help"]
)
def test_a_full_disk_is_said_and_ends_with_75(environment: dict[str, str], command: str) -> None:
    """Standard output on a full disk: never silent, never Python's 120."""
    done = run_shell(f"{command} > /dev/full", environment)
    assert (done.returncode, done.stderr) == (
        75,
        "desk: the output cannot be written: No space left on device\n",
    )


@pytest.mark.parametrize("most", range(5, 13))
def test_what_the_system_refuses_is_no_fault_of_ours(
    environment: dict[str, str], tmp_path: Path, most: int
) -> None:
    """Too few open files, wherever that shows first: said with its place, and worth another try."""
    line = f"desk init {tmp_path}/d 2> /dev/null && ulimit -n {most} && desk -C {tmp_path}/d list"
    done = run_shell(line, environment)
    assert done.returncode in {0, 75}, done.stderr
    assert "internal error" not in done.stderr


@pytest.mark.parametrize("command", ["desk --version", "desk help", "desk man", "desk nonsense"])
def test_closed_streams_harm_nothing(environment: dict[str, str], command: str) -> None:
    """A cron job or a daemon may have closed everything."""
    assert run_shell(f"{command} 2>&1 >&- <&-", environment).returncode == (2 if "nonsense" in command else 0)
    assert "Traceback" not in run_shell(f"{command} 2>&1 >&- <&-", environment).stdout
    assert run_shell(f"{command} >&- 2>&- <&-", environment).returncode == (2 if "nonsense" in command else 0)


def test_a_reader_that_goes_away_is_no_fault(environment: dict[str, str]) -> None:
    """`desk … | head` says nothing on standard error, and ends as other programs do."""
    done = run_shell("desk man | true; echo ${PIPESTATUS[0]}", environment)
    assert (done.stdout, done.stderr) == ("141\n", "")


def test_an_encoding_that_lacks_a_character_is_no_fault(desk: Desk) -> None:
    """An old locale gets what it can show."""
    done = desk(
        "★", env={"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
    )
    assert done.returncode == 2
    assert "there is no command" in done.stderr


def test_an_interrupt_is_quiet(environment: dict[str, str], tmp_path: Path) -> None:
    """Ctrl-C while a text is awaited: 130, and not a word."""
    process = subprocess.Popen(
        [sys.executable, "-m", "helpdesk_cli.cli.main", "note", "1", "-F", "-"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        # A shell that runs the tests in the background has it ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
    )
    wait_until_it_reads(process.pid)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)
    assert (process.returncode, *said) == (130, "", "")
    assert not list(tmp_path.glob("home/.local/state/desk/*"))


def wait_until_it_reads(pid: int) -> None:
    """Return when the process sleeps in a read of its standard input."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        call = Path(f"/proc/{pid}/syscall").read_text(encoding="ascii").split()
        # read(2) is 0 on x86-64 and 63 elsewhere; its first argument is the descriptor.
        if call[0] in {"0", "63"} and int(call[1], 16) == 0:
            return
        time.sleep(0.05)
    raise TimeoutError("it does not read")
