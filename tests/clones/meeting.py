"""Two clones of one desk that work without a connection and meet by plain `git pull`."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from care.world import ENVIRONMENT, World

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.fsck import fsck
from helpdesk_cli.desk.heal import Healing, heal
from helpdesk_cli.desk.init import init
from helpdesk_cli.desk.note import note
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.status import status
from helpdesk_cli.desk.tag import tag
from helpdesk_cli.storage.setup import MERGE_DRIVER
from helpdesk_cli.tickets.changes import EntryAdded, change_list
from helpdesk_cli.tickets.entries import Tombstone

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = f"{shlex.quote(sys.executable)} -m helpdesk_cli.cli.main"
DRIVER = MERGE_DRIVER.replace("desk ", f"{PROGRAM} ", 1)


@dataclass(frozen=True)
class Clone:
    """A clone and who works in it."""

    world: World
    name: str

    @classmethod
    def of(cls, world: World, root: Path, name: str) -> Clone:
        """A clone of that desk, completed by `desk init` and with the driver of this source tree."""
        world.git("clone", "--quiet", str(world.root), str(root))
        init(root, now=world.now, environment=ENVIRONMENT)
        clone = cls(World(root, world.now), name)
        clone.configure(DRIVER)
        return clone

    def configure(self, driver: str) -> None:
        """Set the merge driver, and what a person has to set once to pull."""
        # Without waiting for the disk at each commit: what is tested here is not what a power cut leaves.
        for key, value in (("pull.rebase", "false"), ("merge.desk.driver", driver), ("core.fsync", "none")):
            self.world.git("config", key, value)

    @property
    def actor(self) -> Actor:
        """Who works here."""
        return Actor(self.name, self.name.title(), f"{self.name}@example.org")

    def later(self, **span: float) -> Clone:
        """The same clone some time later."""
        return replace(self, world=self.world.later(**span))

    def take(self, mail: bytes) -> str:
        """Take in a mail; the ticket's id."""
        return self.world.take(mail).ticket

    def note(self, word: str, text: str) -> None:
        """Add a note."""
        note(self.world.desk, [word], text, actor=self.actor)

    def tag(self, word: str, *added: str, removed: tuple[str, ...] = ()) -> None:
        """Add and remove tags."""
        tag(self.world.desk, [word], added=added, removed=removed, actor=self.actor)

    def status(self, word: str, to: str) -> None:
        """Change the status."""
        status(self.world.desk, [word], to, actor=self.actor)

    def link(self, word: str, other: str) -> None:
        """Write a link to another ticket."""
        with open_door(self.world.desk, self.actor) as door:
            held = door.hold(word)
            name = door.hold(other).ticket.id
            door.change(held, change_list(held.ticket, "links", added=(name,)), summary="linked")

    def redact(self, word: str, entry_id: str) -> None:
        """Put a tombstone in the place of an entry."""
        with open_door(self.world.desk, self.actor) as door:
            held = door.hold(word)
            (entry,) = (entry for entry in held.ticket.entries if entry.id == entry_id)
            stone = Tombstone(f"gone{entry_id}", entry.at, self.name, entry_id, "redacted", self.world.now)
            door.change(held, [EntryAdded(stone)], summary=f"{held.ticket.id}: redacted")

    def pull(self, other: Clone) -> bool:
        """`git pull` from the other clone; whether it left no conflict."""
        self.world.git("pull", "--quiet", "--no-edit", str(other.world.root), "main", check=False)
        merged = self.world.git("merge-base", "FETCH_HEAD", "HEAD") == self.world.git(
            "rev-parse", "FETCH_HEAD"
        )
        return merged and not self.world.git("ls-files", "-u")

    def heal(self) -> Healing:
        """What `desk fsck --repair` does about clashes and conflicts."""
        return heal(self.world.desk, self.actor)

    def findings(self) -> list[str]:
        """What `desk fsck` finds that concerns tickets."""
        quiet = {"driver-missing", "other-branch", "original-missing"}
        return [f"{each.code} {each.path}" for each in fsck(self.world.desk) if each.code not in quiet]

    def files(self) -> dict[str, bytes]:
        """Everything below `tickets/`."""
        folder = self.world.root / "tickets"
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
