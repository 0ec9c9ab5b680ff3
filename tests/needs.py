"""What a test needs of the machine: programs, root. Its absence fails in CI and skips loudly elsewhere.

`pytestmark = needs("procmail", "root")` or `@needs("strace")`; inside a fixture, `require("strace")`.
"""

from __future__ import annotations

import os
import shutil

import pytest

# Mail programs lie where a plain user's PATH often does not look.
_PLACES = ("/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/lib/git-core")


def needs(*names: str) -> pytest.MarkDecorator:
    """A mark for tests that need these; with CI=true what is missing is an error at collection."""
    missing = missing_of(*names)
    if missing and _in_ci():
        pytest.fail(_say(missing), pytrace=False)
    return pytest.mark.skipif(bool(missing), reason=_say(missing))


def require(*names: str) -> None:
    """The same inside a fixture or a test: fail in CI, skip elsewhere, go on where all is there."""
    missing = missing_of(*names)
    if missing and _in_ci():
        pytest.fail(_say(missing), pytrace=False)
    if missing:
        pytest.skip(_say(missing))


def missing_of(*names: str) -> list[str]:
    """Those of the names that this machine lacks: "root" is a right, every other name a program."""
    return [name for name in names if not (os.geteuid() == 0 if name == "root" else find(name))]


def find(program: str) -> str | None:
    """The absolute path of a program, system folders included; None where it is not installed."""
    return shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", ""), *_PLACES]))


def _in_ci() -> bool:
    return os.environ.get("CI", "").casefold() in {"true", "1"}


def _say(missing: list[str]) -> str:
    return f"NOT TESTED HERE: this machine lacks {', '.join(missing)}"
