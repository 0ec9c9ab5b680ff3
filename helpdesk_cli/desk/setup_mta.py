"""`desk setup mta`: hook a mail server up to this desk. Planned as plain values, then done, then tried.

The shim is copied out of the program's environment, so that an upgrade or a missing environment still
answers 75. The mail server's own settings are touched last, and only when the door has said yes to the
user under whom mail is delivered.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.channels.probe import Probe, probe
from helpdesk_cli.channels.recipes import Hookup, Kind, Recipe, as_script, recipe
from helpdesk_cli.channels.shim import Places, interpreter, shim_text
from helpdesk_cli.desk.hookup import apply
from helpdesk_cli.errors import NotFoundError, UsageError
from helpdesk_cli.storage import access, durable, git
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.access import UnixUser

# Mail programs lie where a plain user's PATH does not look.
_PLACES = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"
_SIGNS: tuple[tuple[Kind, str], ...] = (
    ("postfix", "postconf"),
    ("exim", "exim4"),
    ("exim", "exim"),
    ("procmail", "procmail"),
    ("maildrop", "maildrop"),
)
_PROGRAM = durable.Modes(0o755, 0o755)
# Six programs, six ways of quoting: what goes into their settings needs none in any of them.
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9._+/-]+")
_PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9._+=~-]+@[A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be set up: the shim with its text, and the recipes for the mail server."""

    user: UnixUser
    name: str
    shim: Path
    text: bytes
    log: Path
    recipes: tuple[Recipe, ...]

    def lines(self) -> list[str]:
        """The plan for a person to read, or to follow by hand."""
        told = [f"The shim, {self.shim}, runs for {self.user.name}; `--install` writes it."]
        for each in self.recipes:
            told += ["", f"{each.title}:", "", *as_script(each).splitlines()]
            told += ["", *(f"- {note}" for note in each.notes)]
        return told


@dataclass(frozen=True, slots=True)
class Installed:
    """What `--install` did, how the door answered, and what is left to do by hand."""

    done: tuple[str, ...]
    answer: Probe
    left: tuple[str, ...] = ()


def present_kinds() -> list[Kind]:
    """The recipes for mail programs that this machine has: its mail server's, else those for its users."""
    found = list(dict.fromkeys(kind for kind, program in _SIGNS if find_program(program)))
    servers: list[Kind] = [kind for kind in found if kind in {"postfix", "exim"}]
    return servers or found


def find_program(name: str) -> str:
    """The absolute path of a mail program, "" where it is not installed."""
    return shutil.which(name, path=_PLACES) or ""


def plan(desk: Desk, kinds: list[Kind], *, user: str = "", name: str = "", shim: str = "") -> Plan:
    """What there is to do. `user` delivers mail ("": the desk's owner), `name` tells this desk from others.

    Raises UsageError and NotFoundError with the remedy.
    """
    layout = desk.layout
    delivering = _delivering_user(desk, user)
    name = name or _name_of(layout.root)
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,30}", name):
        raise UsageError(f'"{name}" is no name', "--name", "Use small letters, digits and dashes.")
    if not desk.settings.inboxes:
        raise UsageError("no inboxes are named", "desk.yaml", "Write your addresses under `inboxes:`.")
    place = Path(os.path.abspath(shim)) if shim else _usual_place(name)  # noqa: PTH100 - links stay
    if not _PLAIN_PATH.fullmatch(str(place)):
        hint = "Name a place whose path has only letters, digits, dots, dashes and slashes."
        raise UsageError(f'"{place}" cannot stand in a mail server\'s settings', "--shim", hint)
    log = layout.state / "door.log"
    shared = layout.modes == durable.SHARED
    text = shim_text(Places(interpreter(), str(layout.root), str(log), shared))
    addresses = tuple(inbox.address for inbox in desk.settings.inboxes)
    odd = next((address for address in addresses if not _PLAIN_ADDRESS.fullmatch(address)), "")
    if odd:
        hint = "Hook that one up by hand, to the shim."
        raise UsageError(f'the address "{odd}" cannot stand in a mail server\'s settings', "desk.yaml", hint)
    what = Hookup(name, str(place), delivering.name, delivering.home, addresses)
    return Plan(delivering, name, place, text, log, tuple(recipe(kind, what) for kind in kinds))


def install(desk: Desk, planned: Plan) -> Installed:
    """Do it: the shim, a trial of it as the delivering user, then the mail server's side. Twice is once.

    Raises TryAgainError where a place cannot be written.
    """
    done = [_write_shim(desk, planned)]
    answer = try_door(planned.shim, planned.user)
    if not answer.is_good:
        return Installed(tuple(done), answer)
    _remember(desk, planned)
    done.append("This clone is the desk's server: git config desk.role server")
    left: list[str] = []
    for each in planned.recipes:
        some, more = apply(each, find_program)
        done += some
        left += more
    return Installed(tuple(done), answer, tuple(left))


def try_door(shim: Path, user: UnixUser) -> Probe:
    """How the door answers that user now; nothing is changed."""
    return probe(str(shim), uid=user.uid, gid=user.gid, groups=tuple(sorted(user.groups)))


def _delivering_user(desk: Desk, said: str) -> UnixUser:
    if said:
        found = access.user_named(said)
        if found is None:
            hint = f"`sudo useradd --system --create-home {said}` makes one."
            raise NotFoundError(f'there is no user "{said}" on this machine', "--user", hint)
    else:
        found = access.user_numbered(desk.layout.common_dir.stat().st_uid)
    if found is None or found.uid == 0:
        raise UsageError(
            "mail is not delivered as root",
            "--user",
            "Name a user for mail; for more than one Unix user see `desk init --shared GROUP`.",
        )
    return found


def _name_of(root: Path) -> str:
    return re.sub(r"[^a-z0-9]+", "-", root.name.casefold()).strip("-")[:31].strip("-") or "desk"


def _usual_place(name: str) -> Path:
    """For everybody where root installs; in the user's own folder otherwise."""
    folder = Path("/usr/local/bin") if os.geteuid() == 0 else Path.home() / ".local/bin"
    return folder / (f"desk-ingest-{name}" if name != "desk" else "desk-ingest")


def _write_shim(desk: Desk, planned: Plan) -> str:
    layout = desk.layout
    if not planned.log.exists():
        durable.write_new(planned.log, b"", within=layout.state, modes=layout.modes)
    folder = planned.shim.parent
    if not folder.is_dir():
        durable.make_dirs(folder, within=_existing(folder), modes=_PROGRAM)
    durable.replace(planned.shim, planned.text, within=folder, modes=_PROGRAM)
    return f"The shim: {planned.shim}"


def _remember(desk: Desk, planned: Plan) -> None:
    """For `desk doctor`, and for what only the server does (DECISIONS 15)."""
    kinds = " ".join(each.kind for each in planned.recipes)
    settings = {
        "desk.role": "server",
        "desk.door": str(planned.shim),
        "desk.mailuser": planned.user.name,
        "desk.mailname": planned.name,
        "desk.mta": kinds,
    }
    for key, value in settings.items():
        git.run(desk.layout, ["config", key, value])


def _existing(folder: Path) -> Path:
    return next(above for above in folder.parents if above.is_dir())
