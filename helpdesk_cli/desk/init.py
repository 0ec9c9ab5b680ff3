"""`desk init`: a new desk, or a clone made complete. Twice harms nothing."""

from __future__ import annotations

import grp
import os
import pwd
import re
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.desk import open_desk
from helpdesk_cli.desk.news import begin
from helpdesk_cli.desk.record import commit_message, commit_pending, committer_of
from helpdesk_cli.errors import InvalidFileError, UsageError
from helpdesk_cli.storage import durable, git, pending, setup
from helpdesk_cli.storage import layout as layouts
from helpdesk_cli.storage.identity import configured_identity
from helpdesk_cli.storage.keys import make_key
from helpdesk_cli.storage.outbox import Outbox
from helpdesk_cli.storage.samples import sample_files
from helpdesk_cli.storage.settings_cache import read_text
from helpdesk_cli.storage.settings_file import read_settings
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from helpdesk_cli.storage.layout import Layout


@dataclass(frozen=True, slots=True)
class Initialised:
    """What `init` did: the desk's root, whether it is new, what was written, what to do next."""

    root: Path
    is_new: bool
    is_clone: bool
    written: tuple[str, ...]
    agent: str = ""
    left: str = ""


def init(
    folder: Path, *, now: datetime, shared: str = "", environment: Mapping[str, str] | None = None
) -> Initialised:
    """Make `folder` a desk, or complete the one it is. `shared` names the group that works on it together.

    Raises UsageError for an unknown group, InvalidFileError when a desk.yaml is there and wrong.
    """
    environment = os.environ if environment is None else environment
    root = Path(os.path.abspath(folder))  # noqa: PTH100 - links in the name stay as the user typed them
    group = _group(shared) if shared else None
    modes = durable.SHARED if group is not None else durable.PRIVATE
    is_new = not (root / layouts.MARK).exists()
    if is_new and not (root / ".git").exists():
        setup.git_init(root, modes=modes)
    layout = layouts.at(root)
    is_clone = not is_new and not (layout.state / "key").exists() and _has_history(layout)
    if is_new:
        written, agent = _write_samples(layout, modes, environment)
    else:
        read_settings(read_text(layout), place=layout.config.name)
        written, agent = [], ""
    written += _write_attributes(layout, modes)
    if not layout.tickets.is_dir():
        durable.make_dirs(layout.tickets, within=root, modes=modes)
    setup.configure(layout, group=group)
    if not is_clone and make_key(layout):
        # Where a desk is begun is where its mail comes in, until `git config desk.role` says otherwise.
        git.run(layout, ["config", "desk.role", "server"])
        # And where the mail of clones leaves from, from now on: what was sent before, nobody here can know.
        Outbox(layout).begin(now)
    left = ""
    if written:
        desk = open_desk(root, now=now)
        paths = tuple((path, pending.AS_IT_LIES) for path in written)
        message = commit_message("Begin the desk" if is_new else "Complete the desk", op=draw_id("init"))
        pending.Queue(layout).put(pending.Commit(paths, committer_of(desk), message, now))
        left = commit_pending(desk)
        if is_new:
            # The first mail is news already, also where cron is hooked up a day later.
            begin(desk)
    if group is not None:
        setup.share(layout, group)
    return Initialised(root, is_new, is_clone, tuple(written), agent, left)


def _group(name: str) -> int:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        hint = (
            f"`sudo groupadd {name}`, then `sudo usermod -aG {name} USER` for each person and the mail user."
        )
        raise UsageError(f'there is no group "{name}" on this machine', "--shared", hint) from None


def _has_history(layout: Layout) -> bool:
    code, out, _ = git.Running(layout, ["remote"]).result()
    return code == 0 and bool(out.strip())


def _write_samples(
    layout: Layout, modes: durable.Modes, environment: Mapping[str, str]
) -> tuple[list[str], str]:
    written = []
    agent = ""
    for path, content in sample_files():
        target = layout.root / path
        if target.exists():
            continue
        data = content
        if path == layouts.MARK:
            data, agent = _with_me(content, layout, environment)
        durable.make_dirs(target.parent, within=layout.root, modes=modes)
        durable.write_new(target, data, within=layout.root, modes=modes)
        written.append(path)
    return written, agent


def _with_me(content: bytes, layout: Layout, environment: Mapping[str, str]) -> tuple[bytes, str]:
    """The sample desk.yaml with whoever runs `init` as its first agent, so that they may act at once."""
    name, email = configured_identity(layout, environment)
    known = read_settings(content.decode()).agent_by_email(email)
    if known is not None:
        return content, known.key
    login = environment.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
    # A user of the machine may be called as no agent can be: desk, mail.
    for word in (login, email.partition("@")[0]):
        key = re.sub(r"[^a-z0-9._-]", "", word.casefold())
        escaped = (name or key).replace("\\", "\\\\").replace('"', '\\"')
        line = f'agents:\n  {key}: {{name: "{escaped}", email: "{email}"}}\n'
        made = content.replace(b"agents:\n", line.encode(), 1)
        try:
            if key and email and read_settings(made.decode()).agent_by_email(email):
                return made, key
        except InvalidFileError:
            continue
    return content, ""


def _write_attributes(layout: Layout, modes: durable.Modes) -> list[str]:
    """`.gitattributes` beside `tickets/`; lines that are there stay."""
    path = layout.root / ".gitattributes"
    present = path.read_text("utf-8") if path.exists() else ""
    missing = [line for line in setup.ATTRIBUTES.splitlines() if line not in present.splitlines()]
    if not missing:
        return []
    start = present if not present or present.endswith("\n") else f"{present}\n"
    text = start + "".join(f"{line}\n" for line in missing)
    durable.replace(path, text.encode(), within=layout.root, modes=modes)
    return [path.name]
