"""A real desk in a temporary folder and the mails that come to it, for tests of its care."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.desk.approving import approve
from helpdesk_cli.desk.commands import commands_of
from helpdesk_cli.desk.desk import Desk, open_desk
from helpdesk_cli.desk.ingest import ingest
from helpdesk_cli.desk.init import init
from helpdesk_cli.desk.outcome import Ingested, Options
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.keys import make_key
from helpdesk_cli.storage.ticket_file import read_ticket_file

if TYPE_CHECKING:
    from helpdesk_cli.tickets.ticket import Ticket

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LIVE = Options(live=True)
ENVIRONMENT = {"HOME": "/nonexistent", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
ADA = "Ada Lovelace <ada@customer.example>"


@cache
def _first() -> Path:
    """A new desk, made once in each process; not to be changed."""
    place = Path(tempfile.mkdtemp(prefix="desk-first-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    init(place / "desk", now=AT, environment=ENVIRONMENT)
    return place / "desk"


@dataclass(frozen=True, slots=True)
class World:
    """The desk in `root` at the time `now`."""

    root: Path
    now: datetime = AT

    @classmethod
    def make(cls, root: Path, *, anew: bool = False) -> World:
        """A new desk: a copy of one that `init` made, with a key of its own, where nothing is there yet.

        `anew`: with a first commit of its own, as another desk has.
        """
        if anew or root.exists():
            init(root, now=AT, environment=ENVIRONMENT)
        else:
            shutil.copytree(_first(), root, symlinks=True)
            layout = open_desk(root, now=AT).layout
            (layout.state / "key").unlink()
            assert make_key(layout)
        return cls(root)

    @property
    def desk(self) -> Desk:
        """The desk, opened anew as each command does."""
        return open_desk(self.root, now=self.now)

    @property
    def state(self) -> Path:
        """What is durable and not for git."""
        return self.root / ".git" / "desk"

    def later(self, **span: float) -> World:
        """The same desk some time later."""
        return replace(self, now=self.now + timedelta(**span))

    def approve(self) -> None:
        """Let the commands that desk.yaml names now run here, as its owner may."""
        approve(self.desk, commands_of(self.desk), by="dana")

    def take(self, data: bytes, options: Options = LIVE) -> Ingested:
        """Take in a mail."""
        return ingest(self.desk, data, options)

    def paths(self) -> list[str]:
        """The ticket files, from the root."""
        return sorted(path.relative_to(self.root).as_posix() for path in self.root.glob("tickets/*/*/*.md"))

    def ticket(self, word: str) -> Ticket:
        """The ticket of that id as its file says."""
        (path,) = self.root.glob(f"tickets/*/*/{word}.md")
        return read_ticket_file(read_file(path, within=self.root)[0], place=path.name).ticket

    def tickets(self) -> list[Ticket]:
        """Every ticket; InvalidFileError for a broken file."""
        return [self.ticket(Path(path).stem) for path in self.paths()]

    def git(self, *args: str, check: bool = True) -> str:
        """What a person's own git prints here."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        who = ["-c", "user.name=Person", "-c", "user.email=person@example.org"]
        command = ["git", "-C", str(self.root), *who, *args]
        done = subprocess.run(command, capture_output=True, check=False, env=clean | ENVIRONMENT)
        assert not check or done.returncode == 0, done.stderr.decode()
        return done.stdout.decode("utf-8", "surrogateescape")

    def subjects(self) -> list[str]:
        """The subjects of the commits, oldest first."""
        return self.git("log", "--reverse", "--format=%s").splitlines()

    def status(self) -> str:
        """What `git status` says."""
        return self.git("status", "--porcelain=v1", "--untracked-files=all")


def write_mail(
    number: int,
    *,
    sender: str = ADA,
    answers: int | None = None,
    text: str = "",
    attachment: bytes | None = None,
    headers: tuple[tuple[str, str], ...] = (),
) -> bytes:
    """The mail of that number; `answers` is the number of the one it replies to."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = "Support <support@example.org>"
    mail["Subject"] = f"Request {number}" if answers is None else f"Re: Request {answers}"
    mail["Date"] = AT + timedelta(minutes=number)
    mail["Message-ID"] = f"<m{number}@customer.example>"
    if answers is not None:
        mail["In-Reply-To"] = f"<m{answers}@customer.example>"
        mail["References"] = f"<m{answers}@customer.example>"
    for name, value in headers:
        mail[name] = value
    mail.set_content(text or f"This is what mail {number} says.\n")
    if attachment is not None:
        mail.add_attachment(attachment, maintype="application", subtype="pdf", filename="invoice.pdf")
    return mail.as_bytes()
