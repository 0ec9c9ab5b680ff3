"""A desk in a temporary folder whose commands run as people and mail servers run them: as processes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus.score import corpus_mails
from mail.hostile_mails import LITERALS

from helpdesk_cli.channels.shim import Places, shim_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT = Path(__file__).resolve().parents[2]
TIMED = Path(__file__).with_name("timed.py")
SECONDS = 25.0
MEBIBYTES = 600.0
# Every mail of the corpus is older; of the time zones, only the one that desk writes in.
NOW = "2026-11-21T12:00:00Z"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended; `mebibytes` is the memory of its largest process."""

    code: int
    out: bytes
    err: bytes
    seconds: float
    mebibytes: float

    @property
    def text(self) -> str:
        """Standard output, which must be UTF-8."""
        return self.out.decode()

    def documents(self) -> list[dict[str, Any]]:
        """Standard output as JSON, one document a line."""
        return [json.loads(line) for line in self.text.split("\n") if line]


@dataclass(frozen=True, slots=True)
class Front:
    """The desk in `root`, with a shim as `desk setup mta` makes it beside it."""

    root: Path

    @classmethod
    def make(cls, folder: Path) -> Front:
        """A new desk."""
        front = cls(folder / "desk")
        (folder / "home").mkdir()
        shim = shim_text(Places(sys.executable, str(front.root), str(folder / "errors.log")))
        front.shim.write_bytes(shim)
        front.shim.chmod(0o755)
        ended = front._run(
            [sys.executable, "-m", "helpdesk_cli.cli.main", "init", str(front.root)], cwd=folder
        )
        assert ended.code == 0, ended.err
        return front

    @property
    def shim(self) -> Path:
        """What the mail server runs."""
        return self.root.parent / "desk-ingest"

    def desk(self, *arguments: str | Path, stdin: bytes = b"") -> Ended:
        """`desk ARGUMENTS` in the desk's folder."""
        command = [sys.executable, "-m", "helpdesk_cli.cli.main", *map(str, arguments)]
        return self._run(command, stdin=stdin, cwd=self.root)

    def deliver(self, mail: bytes) -> Ended:
        """The mail, as a mail server hands it over: to the shim, in an environment of its own."""
        return self._run(
            [str(self.shim)], stdin=mail, cwd=Path("/"), env={"PATH": "/usr/bin:/bin", "DESK_NOW": NOW}
        )

    def git(self, *arguments: str) -> str:
        """What a person's own git prints here."""
        command = ["git", "-C", str(self.root), *arguments]
        done = subprocess.run(command, capture_output=True, check=True, env=self._environment())
        return done.stdout.decode()

    def kept(self, sha256: str) -> bytes:
        """The original mail with that hash, as the desk keeps it."""
        return (self.root / ".git/desk/raw" / sha256[:2] / sha256).read_bytes()

    def _run(
        self, command: list[str], *, stdin: bytes = b"", cwd: Path, env: Mapping[str, str] | None = None
    ) -> Ended:
        # Several test processes share the desk: each has a report of its own.
        report = self.root.parent / f"report-{os.getpid()}"
        done = subprocess.run(
            [sys.executable, "-I", "-S", TIMED, report, *command],
            input=stdin,
            capture_output=True,
            check=True,
            cwd=cwd,
            env=env or self._environment(),
            timeout=300,
        )
        code, seconds, kibibytes = report.read_text("ascii").split()
        return Ended(int(code), done.stdout, done.stderr, float(seconds), int(kibibytes) / 1024)

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        home = str(self.root.parent / "home")
        return {**kept, "HOME": home, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "DESK_NOW": NOW}


def hostile_mails() -> dict[str, bytes]:
    """Every literal by name, with a Message-ID where it brings none, so that each is filed by itself."""
    mails = {}
    for number, (name, raw) in enumerate(LITERALS.items()):
        # What does not begin with a header is about having none.
        has_headers = re.match(rb"[A-Za-z-]+:", raw) is not None
        identified = re.search(rb"(?im)^message-id:", raw[:5000]) is not None
        head = b"Message-ID: <%d@hostile.example>\n" % number if has_headers and not identified else b""
        mails[name] = head + raw
    return mails


def write_mails(folder: Path) -> dict[str, bytes]:
    """Every mail of the corpus and every hostile one as files of one folder; by the file's path."""
    mails = {f"{mail.parent.parent.name}-{mail.name}": mail.read_bytes() for mail in corpus_mails()}
    for number, (name, raw) in enumerate(hostile_mails().items()):
        mails[f"hostile-{number:03d}-{re.sub('[^A-Za-z0-9]+', '-', name)}.eml"] = raw
    folder.mkdir()
    for name, raw in mails.items():
        (folder / name).write_bytes(raw)
    return {str(folder / name): raw for name, raw in mails.items()}


# What may stand in the output of a command: no control or format character but the line's end, the
# tab between the values of a line, and the two joiners, which are spelling in some scripts and in emoji.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def unsafe_characters(texts: Iterable[str]) -> list[str]:
    """The lines with a character that acts on a terminal or hides from a reader."""
    return [line for text in texts for line in text.split("\n") if _UNSAFE.search(line)]
