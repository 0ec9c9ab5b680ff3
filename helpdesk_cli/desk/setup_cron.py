"""`desk setup cron`: the line that calls `desk cron` every minute, for the user who looks after the desk."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.errors import NotFoundError, UsageError
from helpdesk_cli.mail.own import OwnAddresses
from helpdesk_cli.storage import access, durable, setup
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.access import UnixUser

_SYSTEM = Path("/etc/cron.d")
_READABLE = durable.Modes(0o644, 0o755)
_ADDRESS = re.compile(r"[A-Za-z0-9._+=~-]+(?:@[A-Za-z0-9.-]+)?")


@dataclass(frozen=True, slots=True)
class Crontab:
    """What goes into a crontab: whose, who gets what it prints, the command, and a file of the system's."""

    user: UnixUser
    mailto: str
    command: str
    file: Path

    @property
    def own(self) -> list[str]:
        """The lines for the user's own crontab."""
        return [f"MAILTO={self.mailto}", f"* * * * * {self.command}"]

    @property
    def system(self) -> str:
        """The text of the system's file, which names the user."""
        head = "# Every minute: what `desk cron` does. It prints, and so cron mails, only what is wrong."
        return f"{head}\nMAILTO={self.mailto}\n* * * * * {self.user.name} {self.command}\n"


def plan_cron(desk: Desk, *, user: str = "", name: str = "", mailto: str = "", me: str = "") -> Crontab:
    """The crontab for this desk. `me` is the agent who asks; `user` "" who delivers its mail or owns it.

    Raises UsageError and NotFoundError with the remedy.
    """
    root = str(desk.layout.root)
    if "\n" in root or "\r" in root:
        raise UsageError("a folder whose name has a line break cannot stand in a crontab", repr(root))
    keeper = _keeper(desk, user)
    name = name or re.sub(r"[^a-z0-9]+", "-", desk.layout.root.name.casefold()).strip("-")[:31] or "desk"
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,30}", name):
        raise UsageError(f'"{name}" is no name', "--name", "Use small letters, digits and dashes.")
    agent = desk.settings.agent(me)
    to = mailto or (agent.email if agent else "") or keeper.name
    if not _ADDRESS.fullmatch(to):
        raise UsageError(f'"{to}" is no address for a crontab', "--mailto", "Name a person's address.")
    if OwnAddresses(desk.settings.own_addresses).has(to):
        hint = "Name a person's own address: what goes wrong would come in as tickets, every minute."
        raise UsageError(f"{to} is this desk's own address", "--mailto", hint)
    words = [*_program(), "-C", root, "--quiet", "cron"]
    # crontab(5): a percent sign that is not escaped is a line break.
    command = " ".join(map(shlex.quote, words)).replace("%", r"\%")
    return Crontab(keeper, to, command, _SYSTEM / (f"desk-{name}" if name != "desk" else "desk"))


def install_cron(crontab: Crontab) -> str:
    """Write the system's file, as root; where it is. Raises UsageError for anybody else."""
    if os.geteuid() != 0:
        hint = f"Or put the lines into {crontab.user.name}'s own crontab: `crontab -e`."
        raise UsageError("only root writes below /etc/cron.d", "--install", hint)
    if not _SYSTEM.is_dir():
        raise NotFoundError(f"there is no {_SYSTEM}", "--install", "Is a cron installed?")
    durable.replace(crontab.file, crontab.system.encode(), within=_SYSTEM, modes=_READABLE)
    return str(crontab.file)


def _program() -> list[str]:
    """The `desk` beside the interpreter that runs now; where there is none, that interpreter itself."""
    script = Path(sys.executable).parent / "desk"
    if os.access(script, os.X_OK):
        return [str(script)]
    return [sys.executable, "-I", "-m", "helpdesk_cli.cli.main"]


def _keeper(desk: Desk, said: str) -> UnixUser:
    """Who is named; else who delivers mail, so that what is written has one owner; else who owns the desk."""
    if said:
        found = access.user_named(said)
        if found is None:
            raise NotFoundError(f'there is no user "{said}" on this machine', "--user")
        return found
    delivers = setup.settings(desk.layout).get("desk.mailuser", "")
    found = access.user_named(delivers) if delivers else None
    found = found or access.user_numbered(desk.layout.common_dir.stat().st_uid)
    if found is None:
        raise NotFoundError("the owner of this desk is no user of this machine", "--user", "Name one.")
    return found
