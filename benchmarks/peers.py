"""The programs desk is measured against: each prepares a store, takes in mail, and proves that it has it.

`benchmarks/peers.sh` installs them.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import TYPE_CHECKING

from mails import ADDRESS
from measure import BenchmarkError, Sample, output_of, run

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["Mu", "Notmuch", "PublicInbox", "Roundup", "environment", "expect_stored"]


def environment(home: Path, **more: str) -> dict[str, str]:
    """A small environment without the user's own settings."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        **more,
    }


def expect_stored(name: str, stored: Iterable[str], message_ids: Iterable[str]) -> None:
    """BenchmarkError unless every id given is among those stored."""
    missing = set(message_ids) - set(stored)
    if missing:
        raise BenchmarkError(f"{name} lacks {len(missing)} mails, among them {min(missing)}")


class PublicInbox:
    """public-inbox: mail into git, Xapian and SQLite; format 2 and its full index, as its manual advises.

    Its mda refuses HTML unless it is told to mirror, and asks spamc unless told not to.
    """

    name = "public-inbox-mda"

    def __init__(self, home: Path) -> None:
        """A new inbox below `home`."""
        self.inbox = home / "inbox"
        config = home / "config"
        self.env = environment(
            home,
            PI_CONFIG=str(config),
            PI_EMERGENCY=str(home / "emergency"),
            ORIGINAL_RECIPIENT=ADDRESS,
        )
        home.mkdir(parents=True)
        init: list[str | Path] = [
            "public-inbox-init",
            "-V2",
            "-L",
            "full",
            "bench",
            self.inbox,
            "http://desk.example/",
            ADDRESS,
        ]
        output_of(init, env=self.env)
        for key, value in (
            ("publicinboxmda.spamcheck", "none"),
            ("publicinbox.bench.filter", "PublicInbox::Filter::Mirror"),
        ):
            output_of(["git", "config", "-f", config, key, value], env=self.env)

    @staticmethod
    def version() -> str:
        """The version of Debian's package."""
        return output_of(["dpkg-query", "-W", "-f", "${Version}", "public-inbox"])

    def take_one(self, mail: Path) -> Sample:
        """One mail, as an MTA pipes it in."""
        return run(["public-inbox-mda"], stdin=mail, env=self.env)

    def verify(self, message_ids: Iterable[str]) -> None:
        """Every mail is in git (a commit each) and in the index."""
        wanted = set(message_ids)
        with contextlib.closing(sqlite3.connect(self.inbox / "msgmap.sqlite3")) as database:
            expect_stored(self.name, (row[0] for row in database.execute("SELECT mid FROM msgmap")), wanted)
        commits = int(output_of(["git", "-C", self.inbox / "git" / "0.git", "rev-list", "--count", "HEAD"]))
        if commits < len(wanted):
            raise BenchmarkError(f"{self.name}: {commits} commits for {len(wanted)} mails")


class Roundup:
    """Roundup: mail into a tracker of the classic template on SQLite, customers registered as they write."""

    name = "roundup-mailgw"

    def __init__(self, home: Path, *, peers: Path) -> None:
        """A new tracker below `home`; `peers` is the environment that has Roundup."""
        self.home = home / "tracker"
        self.program = peers / "bin" / "roundup-mailgw"
        self.env = environment(home)
        home.mkdir(parents=True)
        settings = ",".join(
            (
                "tracker_name=bench",
                "tracker_web=http://desk.example/",
                "mail_domain=desk.example",
                "mail_host=localhost",
                f"mail_debug={home / 'sent'}",  # answers go to a file: nothing is sent
            )
        )
        admin = peers / "bin" / "roundup-admin"
        output_of([admin, "-i", self.home, "install", "classic", "sqlite", settings], env=self.env)
        schema = self.home / "schema.py"
        permission = "db.security.addPermissionToRole('Anonymous', 'Email Access')"
        text = schema.read_text()
        if f"#{permission}" not in text:
            raise BenchmarkError("roundup: the classic template has changed")
        schema.write_text(text.replace(f"#{permission}", permission))
        output_of([admin, "-i", self.home, "initialise", "secret"], env=self.env)

    def version(self) -> str:
        """What PyPI calls it."""
        return output_of(
            [self.program.parent / "python", "-c", "import roundup; print(roundup.__version__)"]
        ).strip()

    def take_one(self, mail: Path) -> Sample:
        """One mail, as an MTA pipes it in."""
        return run([self.program, self.home], stdin=mail, env=self.env)

    def verify(self, message_ids: Iterable[str]) -> None:
        """Every mail is a message of the tracker (one that it refuses is answered, with exit status 0)."""
        with contextlib.closing(sqlite3.connect(self.home / "db" / "db")) as database:
            rows = database.execute("SELECT _messageid FROM _msg WHERE _messageid IS NOT NULL")
            expect_stored(self.name, (row[0].strip("<>") for row in rows), message_ids)


class Notmuch:
    """notmuch: an index over a Maildir; no git, no tickets, no fsync of its own in `new`."""

    name = "notmuch"

    def __init__(self, home: Path, *, maildir: Path) -> None:
        """An empty index over `maildir`, which may hold mail already."""
        self.env = environment(home, NOTMUCH_CONFIG=str(home / "config"))
        self.maildir = maildir
        home.mkdir(parents=True)
        (home / "config").write_text(
            f"[database]\npath={maildir}\n[user]\nname=Desk\nprimary_email={ADDRESS}\n"
            "[new]\ntags=new\nignore=\n[maildir]\nsynchronize_flags=false\n"
        )

    @staticmethod
    def version() -> str:
        """What it says of itself."""
        return output_of(["notmuch", "--version"]).split()[1]

    def create(self) -> None:
        """The empty database that `notmuch insert` wants."""
        output_of(["notmuch", "new"], env=self.env)

    def take_one(self, mail: Path) -> Sample:
        """One mail, as an MTA pipes it in."""
        return run(["notmuch", "insert"], stdin=mail, env=self.env)

    def take_all(self) -> Sample:
        """Everything in the Maildir."""
        return run(["notmuch", "new", "--quiet"], env=self.env, watch=True)

    def verify(self, message_ids: Iterable[str]) -> None:
        """Every mail is in the index."""
        listed = output_of(["notmuch", "search", "--output=messages", "*"], env=self.env).split()
        expect_stored(self.name, (each.removeprefix("id:") for each in listed), message_ids)


class Mu:
    """mu: like notmuch, an index over a Maildir."""

    name = "mu"

    def __init__(self, home: Path, *, maildir: Path) -> None:
        """An empty index over `maildir`."""
        self.env = environment(home)
        home.mkdir(parents=True)
        self.options = [f"--muhome={home}"]
        output_of(["mu", "init", *self.options, f"--maildir={maildir}"], env=self.env)

    @staticmethod
    def version() -> str:
        """What it says of itself."""
        return output_of(["mu", "--version"]).split("\n")[0].split()[-1]

    def take_all(self) -> Sample:
        """Everything in the Maildir."""
        return run(["mu", "index", "--quiet", *self.options], env=self.env, watch=True)

    def verify(self, message_ids: Iterable[str]) -> None:
        """Every mail is in the index."""
        listed = output_of(["mu", "find", *self.options, "--fields=i", "flag:seen"], env=self.env).split("\n")
        expect_stored(self.name, listed, message_ids)
