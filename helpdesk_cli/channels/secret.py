"""A password or token from the command that desk.yaml names: it stands in no file, no log, no message."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress

from helpdesk_cli.errors import TryAgainError

_SECONDS = 60.0
_LONGEST = 64_000  # bytes; tokens of some providers have thousands
_SAID = 200
_CANNOT_RUN = frozenset({126, 127})  # the shell's own codes


def read_secret(command: str, *, place: str) -> str:
    """The first line that the shell command prints. `place` names the setting in errors.

    Raises TryAgainError when it fails, prints nothing usable or takes longer than a minute. What it printed
    is never part of the error; the last line of its complaints is.
    """
    # In a process group of its own: what it started ends with it when it takes too long.
    with subprocess.Popen(
        ["/bin/sh", "-c", command],
        # Not where a call happens to be made: a relative name would lead into the desk, which others write.
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        process_group=0,
    ) as process:
        try:
            out, err = process.communicate(timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            _end(process)
            said = f"this command gave no secret within {_SECONDS:g} s"
            raise TryAgainError(said, place, "Run it by hand, as the user who runs desk.") from None
        except BaseException:
            _end(process)
            raise
    if process.returncode:
        raise TryAgainError(
            f"this command ended with {process.returncode}{_complaint(process.returncode, err)}",
            place,
            "Run it by hand, as the user who runs desk.",
        )
    try:
        secret = out[:_LONGEST].partition(b"\n")[0].rstrip(b"\r").decode()
    except UnicodeDecodeError:
        raise TryAgainError("the secret is not UTF-8", place) from None
    if not secret or not secret.isprintable():
        wrong = "holds a control character" if secret else "is empty"
        raise TryAgainError(f"the first line that this command prints {wrong}", place)
    return secret


def _complaint(code: int, err: bytes) -> str:
    # The shell names what it cannot run: who wrote the password itself as the command would find it in a log.
    if code in _CANNOT_RUN:
        return " (there is no such program)"
    lines = [line.strip() for line in err.decode("utf-8", "replace").split("\n") if line.strip()]
    return f": {lines[-1][:_SAID]}" if lines else ""


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
