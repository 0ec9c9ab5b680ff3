"""What others wrote in their clones while somebody writes here: asked of the remote, for moments only.

`git fetch` brings the upstream branch under a name of our own; no branch is moved, nor what stands for the
remote's. A remote that does not answer quickly is not waited for.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage import git, history, refs, setup
from helpdesk_cli.storage.ticket_file import read_ticket_file

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.reply_plan import Plan
    from helpdesk_cli.tickets.ticket import Ticket

# Seconds. Longer than a fetch from a server in the same town takes, shorter than anybody minds.
PATIENCE = 3.0
_REF = "refs/desk/seen"
# ssh asks nobody, for an editor has the terminal; but it may ask the person's key agent.
_PASSED = ("SSH_AUTH_SOCK", "HOME")


class Watch:
    """A look at the remote that goes on beside us, and another at its end where the first was quick."""

    def __init__(self, desk: Desk) -> None:
        """Begin to look, where the branch has an upstream; never raises."""
        self._desk = desk
        self._running = _begin(desk)

    def ticket(self, plan: Plan) -> Ticket | None:
        """The ticket as the remote has it now, None where there is no telling; waits for PATIENCE at most."""
        # What did not answer while somebody wrote is not waited for once more.
        if not self._answers():
            return None
        self._running = _begin(self._desk)
        if not self._answers():
            return None
        with suppress(DeskError):
            data = history.blob(self._desk.layout, _REF, plan.path)
            found = read_ticket_file(data, place=plan.path).ticket if data is not None else None
            # Another clone may have given the number to another ticket.
            return found if found is not None and found.uid == plan.ticket.uid else None
        return None

    def stop(self) -> None:
        """Look no longer."""
        running, self._running = self._running, None
        if running is not None:
            running.wait(0.0)

    def _answers(self) -> bool:
        running, self._running = self._running, None
        if running is None:
            return False
        with suppress(DeskError):
            running.wait(PATIENCE)
            return running.result()[0] == 0
        return False


def _begin(desk: Desk) -> git.Running | None:
    with suppress(DeskError):
        return _fetch(desk)
    return None


def _fetch(desk: Desk) -> git.Running | None:
    branch = refs.head(desk.layout).branch.removeprefix("refs/heads/")
    settings = setup.settings(desk.layout)
    remote = settings.get(f"branch.{branch}.remote".lower(), "")
    theirs = settings.get(f"branch.{branch}.merge".lower(), "")
    if not branch or remote in {"", "."} or not theirs.startswith("refs/heads/") or remote.startswith("-"):
        return None
    ssh = f"{settings.get('core.sshcommand', 'ssh')} -oBatchMode=yes -oConnectTimeout=2"
    given = {name: value for name in _PASSED if (value := os.environ.get(name))}
    return git.Running(
        desk.layout,
        [
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--refmap=",
            remote,
            f"+{theirs}:{_REF}",
        ],
        environment=given | {"GIT_SSH_COMMAND": ssh},
    )
