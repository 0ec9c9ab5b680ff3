"""Trying the door as the user who delivers mail: `desk-ingest --check`, which changes nothing."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile

from helpdesk_cli.values import dataclass

_TIMEOUT = 60
_OWN_LINE = re.compile(r"\S+ desk-ingest ended with \d+; the mail server tries again")


@dataclass(frozen=True, slots=True)
class Probe:
    """How the door answered: its exit code (0 or 75; None where it could not be tried), and its reasons."""

    code: int | None
    reasons: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether a mail would be taken in now."""
        return self.code == 0


def probe(shim: str, *, uid: int, gid: int, groups: tuple[int, ...]) -> Probe:
    """The door's answer to that user, in an empty environment. Root can be anybody, others themselves."""
    me = os.geteuid()
    if me not in {0, uid}:
        return Probe(None, ("only root can try it as another user",))
    becomes_other = me == 0 and uid != 0
    with tempfile.NamedTemporaryFile(prefix="desk-probe-") as log:
        os.chown(log.name, uid, -1)
        try:
            done = subprocess.run(
                [shim, "--check"],
                env={"DESK_ERRLOG": log.name},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                user=uid if becomes_other else None,
                group=gid if becomes_other else None,
                extra_groups=list(groups) if becomes_other else None,
                timeout=_TIMEOUT,
                check=False,
            )
        except OSError as error:
            return Probe(None, (f"{shim} cannot be run: {error.strerror}",))
        except subprocess.TimeoutExpired:
            return Probe(None, (f"no answer within {_TIMEOUT} s",))
        said = log.read().decode("utf-8", "backslashreplace").splitlines()
    lines = [line.removeprefix("desk-ingest: ") for line in said if not _OWN_LINE.fullmatch(line)]
    if any(line.startswith("Traceback ") for line in lines):
        lines = [line for line in lines if line and not line.startswith(("Traceback ", " "))]
    return Probe(done.returncode, tuple(lines))
