"""A shared repository without files, and clones of it that meet by `desk sync`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from care.world import World, write_mail
from clones.meeting import Clone

from helpdesk_cli.desk.desk import open_desk
from helpdesk_cli.desk.sync import sync

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.desk.sync import Synced


@dataclass(frozen=True)
class Fleet:
    """The hub and its clones: the server kim, the laptops lee and mia."""

    root: Path
    kim: Clone
    lee: Clone
    mia: Clone

    @classmethod
    def make(cls, root: Path) -> Fleet:
        """A hub with one ticket, which all have."""
        world = World.make(root / "kim")
        world.take(write_mail(1, attachment=b"%PDF one"))
        world.git("clone", "--quiet", "--bare", str(world.root), str(root / "hub"))
        clones = []
        for name in ("kim", "lee", "mia"):
            if name != "kim":
                Clone.of(World(root / "hub", world.now), root / name, name)
            clone = Clone(World(root / name), name)
            clone.world.git("config", "core.fsync", "none")
            clones.append(clone)
        world.git("remote", "add", "origin", str(root / "hub"))
        kim, lee, mia = clones
        meet(kim)
        return cls(root, kim, lee, mia)

    @classmethod
    def at(cls, root: Path) -> Fleet:
        """A copy that lies in another place now, an hour later."""
        clones = [Clone(World(root / name), name).later(hours=1) for name in ("kim", "lee", "mia")]
        for clone in clones:
            clone.world.git("remote", "set-url", "origin", str(root / "hub"))
        return cls(root, *clones)

    @property
    def clones(self) -> tuple[Clone, Clone, Clone]:
        """All three."""
        return self.kim, self.lee, self.mia

    def hub(self, *args: str) -> str:
        """What git prints in the hub."""
        return World(self.root / "hub").git(*args)


def meet(clone: Clone, **options: object) -> Synced:
    """`desk sync` in that clone."""
    desk = open_desk(clone.world.root, now=clone.world.now)
    return sync(desk, clone.actor, **options)  # type: ignore[arg-type] # handed on
