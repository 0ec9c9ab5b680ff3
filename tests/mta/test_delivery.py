"""Real procmail and real maildrop with the recipes of `desk setup mta`: in the desk, or still with them.

Each accident is made, the mail program ends with 75 and the desk has nothing of the mail; then it is
mended, the mail comes again, as a mail server sends it, and is in the desk once.
"""

from __future__ import annotations

import re
import shutil
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mta.installed import Installation, User, Users, git, mail, times_in_desk
from needs import find, needs

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

pytestmark = needs("root", "procmail", "maildrop", "useradd")

KINDS = ("procmail", "maildrop")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A desk hooked up to a mail program for a user."""

    installation: Installation
    user: User
    desk: Path
    shim: Path
    program: str

    def deliver(self, data: bytes) -> subprocess.CompletedProcess[bytes]:
        """Hand a mail to the mail program, as the mail server does for that user."""
        return self.user.run([self.program], stdin=data)


@pytest.fixture(scope="module", params=KINDS)
def delivery(request: pytest.FixtureRequest, installation: Installation, users: Users, top: Path) -> Delivery:
    """A private desk of a mail user, hooked up by `desk setup mta --install`."""
    kind: str = request.param
    user = users.user("mail")
    desk, shim = user.home / "desk", top / f"desk-ingest-{user.name}"
    made = user.run(installation.command("init", desk))
    assert made.returncode == 0, made.stderr
    done = installation.desk("-C", desk, "setup", "mta", f"--{kind}", "--shim", shim, "--install")
    assert done.returncode == 0, done.stderr
    assert f"Tried as {user.name}" in done.stdout
    program = find(kind)
    assert program
    return Delivery(installation, user, desk, shim, program)


def answer(done: subprocess.CompletedProcess[bytes]) -> tuple[int, bytes]:
    """Exit code and what a mail server would read."""
    return done.returncode, done.stdout + done.stderr


def mailboxes(user: User) -> list[Path]:
    """Where a mail program puts mail when a recipe is wrong, if there is anything in it."""
    places = [Path("/var/mail") / user.name, user.home / "Maildir", user.home / "mbox"]
    return [path for path in places if path.exists() and path.stat().st_size]


# --- accidents ---------------------------------------------------------------------------------------


def broken_ingest(delivery: Delivery, statement: str) -> AbstractContextManager[None]:
    """The installed program with a statement in the middle of taking a mail in."""
    module = delivery.installation.package / "storage/raw.py"
    return delivery.installation.with_text(module, f"{statement}\n{module.read_text()}")


@contextmanager
def at_keep(delivery: Delivery, statement: str) -> Iterator[None]:
    """The statement happens when the mail has been read and is to be kept."""
    module = delivery.installation.package / "storage/raw.py"
    text = module.read_text()
    start = "def keep(state: Path, data: bytes, *, sync: bool = True) -> str:\n"
    assert start in text
    changed = text.replace(start, f"import os, sys\n{start}    {statement}\n")
    with delivery.installation.with_text(module, changed):
        yield


@contextmanager
def shim_replaced(delivery: Delivery, text: str) -> Iterator[None]:
    """Another program where the shim was."""
    with delivery.installation.with_text(delivery.shim, text):
        yield


@contextmanager
def full_disk(delivery: Delivery) -> Iterator[None]:
    """More must be free than any disk has."""
    config = delivery.desk / "desk.yaml"
    text = config.read_text()
    assert "free-space: 200 MB" in text
    with delivery.installation.with_text(
        config, text.replace("free-space: 200 MB", "free-space: 900000000 GB")
    ):
        yield


@contextmanager
def half_written_package(delivery: Delivery) -> Iterator[None]:
    """An upgrade that has got to the middle of a file, and not to the next folder."""
    package = delivery.installation.package
    module = package / "desk/record.py"
    text = module.read_text()
    with (
        delivery.installation.with_text(module, text[: len(text) // 2]),
        delivery.installation.without(package / "mail"),
    ):
        yield


@contextmanager
def not_executable(delivery: Delivery) -> Iterator[None]:
    """The shim without its permission."""
    delivery.shim.chmod(0o644)
    try:
        yield
    finally:
        delivery.shim.chmod(0o755)


@contextmanager
def log_refused(delivery: Delivery) -> Iterator[None]:
    """The interpreter is gone, and the shim cannot even write that down."""
    log = delivery.desk / ".git/desk/door.log"
    shutil.move(log, log.with_suffix(".kept"))
    log.mkdir()
    try:
        with delivery.installation.without(delivery.installation.python):
            yield
    finally:
        log.rmdir()
        shutil.move(log.with_suffix(".kept"), log)


ACCIDENTS: dict[str, Callable[[Delivery], AbstractContextManager[None]]] = {
    "exception": lambda delivery: at_keep(delivery, "raise OSError('5.7.1 no')"),
    "unknown exception": lambda delivery: at_keep(delivery, "raise MemoryError"),
    "exit": lambda delivery: at_keep(delivery, "sys.exit('5.7.1 no')"),
    "hard exit": lambda delivery: at_keep(delivery, "os._exit(64)"),
    "words that Postfix obeys": lambda delivery: at_keep(
        delivery, "print('5.7.1 no', flush=True); print('5.7.1 no', file=sys.stderr, flush=True); os._exit(1)"
    ),
    "killed": lambda delivery: at_keep(delivery, "os.kill(os.getpid(), 9)"),
    "shim killed": lambda delivery: at_keep(delivery, "os.kill(os.getppid(), 9)"),
    "interpreter missing": lambda delivery: delivery.installation.without(delivery.installation.python),
    "package missing": lambda delivery: delivery.installation.without(delivery.installation.package),
    "upgrade under way": half_written_package,
    "syntax error": lambda delivery: broken_ingest(delivery, "def ("),
    "shim missing": lambda delivery: delivery.installation.without(delivery.shim),
    "shim not executable": not_executable,
    "shim without its shell": lambda delivery: shim_replaced(delivery, "#!/nonexistent/sh\nexit 1\n"),
    "shim of another mind": lambda delivery: shim_replaced(delivery, "#!/bin/sh\necho 5.7.1 no\nexit 77\n"),
    "desk not mounted": lambda delivery: delivery.installation.without(delivery.desk),
    "desk.yaml wrong": lambda delivery: delivery.installation.with_text(
        delivery.desk / "desk.yaml", "format: 1\nnonsense: 5\n"
    ),
    "disk full": full_disk,
    "log refused": log_refused,
}


@pytest.mark.parametrize("accident", ACCIDENTS)
def test_a_mail_is_in_the_desk_or_still_with_the_mail_server(delivery: Delivery, accident: str) -> None:
    """75 and nothing in the desk while the accident lasts; once in the desk after it."""
    name = f"{accident.replace(' ', '-')}-{delivery.user.name}"
    with ACCIDENTS[accident](delivery):
        code, said = answer(delivery.deliver(mail(name)))
    # Postfix would take such a beginning for the verdict, whatever the code.
    assert accident == "shim of another mind" or not re.match(rb"\s*\d\.\d", said), said
    # What procmail cannot execute it gives to a shell, and so the shim is run all the same.
    taken_in = accident == "shim not executable" and delivery.program.endswith("procmail")
    assert code == (0 if taken_in else 75)
    assert times_in_desk(delivery.desk, name) == taken_in
    assert answer(delivery.deliver(mail(name))) == (0, b"")
    assert times_in_desk(delivery.desk, name) == 1
    assert mailboxes(delivery.user) == []


def test_a_mail_is_taken_in_once_and_committed(delivery: Delivery) -> None:
    """The plain case, twice: the second delivery of a mail adds nothing."""
    name = f"plain-{delivery.user.name}"
    for _ in range(2):
        assert answer(delivery.deliver(mail(name))) == (0, b"")
    assert times_in_desk(delivery.desk, name) == 1
    assert git(delivery.desk, "status", "--porcelain") == ""
    texts = [path.read_text() for path in (delivery.desk / "tickets").rglob("*.md")]
    # A sender that was lost on the way would look like the null sender of a bounce.
    assert "\nautomatic:" not in next(text for text in texts if f"<{name}@example.org>" in text)
    assert mailboxes(delivery.user) == []


def test_the_envelope_sender_is_known(delivery: Delivery) -> None:
    """As local delivery writes it above the mail: without it nothing may ever be answered (A1)."""
    name = f"envelope-{delivery.user.name}"
    above = b"From ada@example.org  Fri Nov 20 09:12:41 2026\nReturn-Path: <ada@example.org>\n"
    received = b"Received: from a by b; Fri, 20 Nov 2026 09:12:41 +0000\nReturn-Path: <forged@example.org>\n"
    assert answer(delivery.deliver(above + received + mail(name))) == (0, b"")
    texts = [path.read_text() for path in (delivery.desk / "tickets").rglob("*.md")]
    text = next(text for text in texts if f"<{name}@example.org>" in text)
    assert re.findall("^answerable: (.*)$", text, re.MULTILINE) in (["yes"], ["late"], ["A12"])


def test_a_huge_mail(delivery: Delivery) -> None:
    """Larger than what is parsed: kept whole all the same."""
    name = f"huge-{delivery.user.name}"
    line = "All work and no play makes Jack a dull boy.\n"
    data = mail(name, line * (30_000_000 // len(line)))
    assert answer(delivery.deliver(data)) == (0, b"")
    assert times_in_desk(delivery.desk, name) == 1
    kept = [
        path for path in (delivery.desk / ".git/desk/raw").glob("*/*") if path.stat().st_size >= len(data)
    ]
    assert len(kept) == 1
    assert data.partition(b"\n\n")[2] in kept[0].read_bytes()


def test_an_empty_mail_is_kept_back(delivery: Delivery) -> None:
    """No mail server hands over nothing; something broke on the way. maildrop refuses it itself."""
    done = delivery.user.run([delivery.shim])
    assert answer(done) == (75, b"")


def test_what_setup_prints_is_what_it_installs(delivery: Delivery) -> None:
    """By hand or by `--install`: the same file."""
    kind = Path(delivery.program).name
    printed = delivery.installation.desk(
        "-C", delivery.desk, "setup", "mta", f"--{kind}", "--shim", delivery.shim
    )
    file = delivery.user.home / {"procmail": ".procmailrc", "maildrop": ".mailfilter"}[kind]
    assert printed.returncode == 0, printed.stderr
    assert file.read_text() in printed.stdout
    assert file.stat().st_uid == delivery.user.entry.pw_uid
