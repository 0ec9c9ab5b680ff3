"""A desk, a mail server with mailboxes, and the line in desk.yaml that joins them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from care.world import World
from fetch.dovecot import PASSWORD, Dovecot, start, stop
from needs import require

from helpdesk_cli.desk.fetch import open_account

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from helpdesk_cli.desk.fetch import Fetched

ROOT = Path(__file__).resolve().parents[2]
# What a server has without MOVE and UIDPLUS.
OLD = "IMAP4rev1 SASL-IR CHILDREN NAMESPACE"


def _served(capability: str = "") -> Iterator[Dovecot]:
    require("dovecot", "openssl")
    top = Path(tempfile.mkdtemp(prefix="desk-imap-"))
    top.chmod(0o755)
    server, process = start(top, capability=capability)
    yield server
    stop(server, process)


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A server as it is today."""
    yield from _served()


@pytest.fixture(scope="session")
def old_dovecot() -> Iterator[Dovecot]:
    """A server that can neither MOVE nor expunge single mails."""
    yield from _served(OLD)


@pytest.fixture(scope="session")
def first_desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk as `desk init` leaves it; not to be changed."""
    root = tmp_path_factory.mktemp("first") / "desk"
    World.make(root)
    return root


@dataclass(frozen=True, slots=True)
class Joined:
    """A desk whose account "support" is the mailbox of `user`."""

    world: World
    server: Dovecot
    user: str

    def configure(self, **settings: object) -> None:
        """Write the account into desk.yaml, and approve its command; settings replace those that suit."""
        self.write(**settings)
        self.world.approve()

    def write(self, **settings: object) -> None:
        """Write the account into desk.yaml, as anybody may who may push."""
        account = {
            "host": "localhost",
            "port": self.server.tls,
            "user": self.user,
            "password_command": f"printf '%s\\n' '{PASSWORD}'",
            **settings,
        }
        lines = [
            f"    {key.replace('_', '-')}: {_quoted(value)}\n" for key, value in account.items() if value
        ]
        path = self.world.root / "desk.yaml"
        before, _, rest = path.read_text().partition("\nfetch:")
        rest = rest.partition("\n# Whether a new ticket is acknowledged")[2]
        after = f"\n# Whether a new ticket is acknowledged{rest}"
        path.write_text(f"{before}\nfetch:\n  support:\n{''.join(lines)}{after}")

    def fetch(self, *, dry_run: bool = False) -> list[Fetched]:
        """Fetch, in this process."""
        desk = self.world.desk
        (account,) = desk.settings.fetch
        with open_account(desk, account, dry_run=dry_run) as fetching:
            assert fetching is not None
            return list(fetching)

    def desk(self, *arguments: str, around: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """`desk ARGUMENTS` in a process of its own, which `around` starts."""
        return subprocess.run(
            [*around, *self.command(*arguments)],
            env=self.environment(),
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )

    def command(self, *arguments: str) -> list[str]:
        """The command line of `desk ARGUMENTS`."""
        return [sys.executable, "-m", "helpdesk_cli.cli.main", "-C", str(self.world.root), *arguments]

    def environment(self) -> dict[str, str]:
        """Its environment: the server's certificate is trusted."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        now = self.world.now.isoformat()
        trusted = str(self.server.certificate)
        return {**kept, "PYTHONPATH": str(ROOT), "SSL_CERT_FILE": trusted, "DESK_NOW": now, "PYTHONUTF8": "1"}


def _quoted(value: object) -> str:
    return (
        str(value)
        if isinstance(value, int)
        else '"{}"'.format(str(value).replace("\\", "\\\\").replace('"', '\\"'))
    )


def join(server: Dovecot, first_desk: Path, place: Path, name: str) -> Joined:
    """A new desk in `place` with a new mailbox of that name."""
    root = place / "desk"
    shutil.copytree(first_desk, root, symlinks=True)
    joined = Joined(World(root), server, f"{name}@example.com")
    joined.configure()
    return joined


@pytest.fixture
def joined(dovecot: Dovecot, first_desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Joined:
    """A new desk and a new mailbox."""
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    return join(dovecot, first_desk, tmp_path, own_name(tmp_path))


@pytest.fixture
def joined_to_old(
    old_dovecot: Dovecot, first_desk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Joined:
    """A new desk and a new mailbox on the old server."""
    monkeypatch.setenv("SSL_CERT_FILE", str(old_dovecot.certificate))
    return join(old_dovecot, first_desk, tmp_path, own_name(tmp_path))


def own_name(place: Path) -> str:
    """A user nobody had before: pytest numbers its folders."""
    return place.name.lower().replace("_", "-")
