"""The shim says 0 or 75 and not a word, whatever shell, environment or accident."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from needs import needs

from helpdesk_cli.channels.shim import Places, read_places, shim_text

if TYPE_CHECKING:
    from collections.abc import Sequence

SHIPPED = Path(__file__).resolve().parents[2] / "helpdesk_cli/door/desk-ingest"
SHELLS = [["dash"], ["bash", "--posix"], ["bash"], ["busybox", "sh"]]
pytestmark = needs("dash", "bash", "busybox")

ENDINGS = {
    "success": ("exit 0", 0),
    "exception": ("exit 1", 75),
    "usage": ("exit 2", 75),
    "try again": ("exit 75", 75),
    "sysexits": ("exit 74", 75),
    "killed": ("kill -KILL $$", 75),
    "terminated": ("kill -TERM $$", 75),
    "timed out": ("kill -ALRM $$", 75),
    "talks": ("echo 5.7.1 no; echo 5.7.1 no >&2; exit 1", 75),
    "talks and succeeds": ("echo 5.7.1 no; echo 5.7.1 no >&2; exit 0", 0),
    "shim told to end, child succeeds": ("kill -TERM $PPID; kill -HUP $PPID; sleep 0.1; exit 0", 0),
    "shim told to end, child fails": ("kill -TERM $PPID; sleep 0.1; exit 3", 75),
}


def shim_around(
    folder: Path, child: str, *, log: str = "", name: str = "shim", python: str = "python"
) -> Path:
    """A shim whose interpreter is a shell script with these lines; given no desk."""
    interpreter = folder / python
    interpreter.write_text(f"#!/bin/sh\n{child}\n")
    interpreter.chmod(0o755)
    path = folder / name
    path.write_bytes(shim_text(Places(str(interpreter), "", log)))
    path.chmod(0o755)
    return path


def call(
    command: Sequence[str | Path], *, env: dict[str, str] | None = None, stdin: bytes = b"mail\n"
) -> subprocess.CompletedProcess[bytes]:
    """Run it in an empty environment unless told otherwise."""
    return subprocess.run(command, input=stdin, capture_output=True, env=env or {}, check=False, timeout=30)


def answer(done: subprocess.CompletedProcess[bytes]) -> tuple[int, bytes]:
    """Exit code and everything printed."""
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@pytest.mark.parametrize("ending", ENDINGS)
def test_every_ending_but_success_is_75_and_silent(tmp_path: Path, shell: list[str], ending: str) -> None:
    """The child's code, death or words never reach the mail server."""
    child, expected = ENDINGS[ending]
    shim = shim_around(tmp_path, child)
    shell_path = subprocess.run(["which", shell[0]], capture_output=True, text=True, check=True)
    assert answer(call([shell_path.stdout.strip(), *shell[1:], shim])) == (expected, b"")


@pytest.mark.parametrize(
    "closed", ["<&-", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", ">/dev/full 2>/dev/full"]
)
def test_closed_or_full_streams(tmp_path: Path, closed: str) -> None:
    """Without an input there is no mail, so 75; closed outputs are no reason to refuse one."""
    shim = shim_around(tmp_path, "exit 0")
    done = call(["/bin/sh", "-c", f"{shlex.quote(str(shim))} {closed}"])
    assert answer(done) == (75 if "<&-" in closed else 0, b"")


@pytest.mark.parametrize("log", ["nowhere/log", "/dev/full", "/"])
@pytest.mark.parametrize("child", ["exit 0", "echo words >&2; exit 1"])
def test_a_log_that_cannot_be_written_changes_nothing(tmp_path: Path, log: str, child: str) -> None:
    """The log is a convenience."""
    shim = shim_around(tmp_path, child, log=str(tmp_path / log))
    assert answer(call([shim])) == (0 if child == "exit 0" else 75, b"")


def test_the_log_tells_when_and_why(tmp_path: Path) -> None:
    """What the child complained of, then a line with the time and its code; nothing for a success."""
    log = tmp_path / "log"
    call([shim_around(tmp_path, "exit 0", log=str(log))])
    assert log.read_text() == ""
    call([shim_around(tmp_path, "echo it burns >&2; exit 3", log=str(log))])
    why, what = log.read_text().splitlines()
    assert why == "it burns"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ desk-ingest ended with 3; .*", what)
    assert log.stat().st_mode & 0o777 == 0o600


def test_the_log_does_not_grow_without_end(tmp_path: Path) -> None:
    """Days of an unreachable desk: at most about two megabytes, the newest lines among them."""
    log = tmp_path / "log"
    shim = shim_around(tmp_path, "head -c 300000 /dev/zero | tr '\\0' x >&2; echo >&2; exit 1", log=str(log))
    for _ in range(12):
        call([shim])
    kept = log.stat().st_size + (tmp_path / "log.1").stat().st_size
    assert kept < 3_000_000
    assert "ended with 1" in (log.read_text() + (tmp_path / "log.1").read_text()).splitlines()[-1]


def test_arguments_pass_as_they_are(tmp_path: Path) -> None:
    """A sender is one word whatever it holds; the desk written in comes first."""
    told = tmp_path / "told"
    interpreter = tmp_path / "python"
    interpreter.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" >{shlex.quote(str(told))}\n")
    interpreter.chmod(0o755)
    desk = '/a desk\'s "$(touch pwned)" \\ place'
    shim = tmp_path / "shim"
    shim.write_bytes(shim_text(Places(str(interpreter), desk, "")))
    shim.chmod(0o755)
    sender = '--sender="a b";$(touch pwned)`touch pwned`@example.org'
    assert answer(call([shim, sender, "--recipient="])) == (0, b"")
    assert told.read_text().splitlines()[-3:] == [f"--desk={desk}", sender, "--recipient="]
    assert read_places(shim.read_bytes()) == Places(str(interpreter), desk, "")


def test_the_shipped_shim_finds_the_interpreter_beside_it(tmp_path: Path) -> None:
    """Also when called by a link to a link, as pipx makes them, from elsewhere, with an empty PATH."""
    place, bin_ = tmp_path / "an environment/bin", tmp_path / "bin"
    place.mkdir(parents=True)
    bin_.mkdir()
    (place / "desk-ingest").write_bytes(SHIPPED.read_bytes())
    (place / "desk-ingest").chmod(0o755)
    (place / "python").write_text("#!/bin/sh\nexit 0\n")
    (place / "python").chmod(0o755)
    (bin_ / "first").symlink_to(place / "desk-ingest")
    (bin_ / "desk-ingest").symlink_to("first")
    assert answer(call([bin_ / "desk-ingest"], env={"PATH": ""})) == (0, b"")
    (place / "python").unlink()
    assert answer(call([bin_ / "desk-ingest"], env={"PATH": ""})) == (75, b"")


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_the_shell_giving_up_is_75_too(tmp_path: Path, shell: list[str]) -> None:
    """What POSIX lets a shell end itself for, in the middle of the script."""
    shim = shim_around(tmp_path, "exit 0")
    nowhere = tmp_path / "nowhere/file"
    for accident in (f": >{nowhere}", "umask nonsense", 'echo "$not_set"', f". {nowhere}"):
        text = shim.read_text().replace('umask "$mask"', accident)
        assert accident in text
        broken = tmp_path / "broken"
        broken.write_text(text)
        shell_path = subprocess.run(["which", shell[0]], capture_output=True, text=True, check=True)
        done = call([shell_path.stdout.strip(), *shell[1:], broken])
        assert done.returncode in {0, 75}, accident
        if accident == 'echo "$not_set"':
            assert done.returncode == 75


def test_the_shim_is_posix_and_executable() -> None:
    """As git and the wheel carry it."""
    assert os.access(SHIPPED, os.X_OK)
    assert SHIPPED.read_text().startswith("#!/bin/sh\n")
    assert read_places(SHIPPED.read_bytes()) == Places("", "", "")
