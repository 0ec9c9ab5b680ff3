"""Whether there is room: below the floor that desk.yaml sets, mail is deferred."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from helpdesk_cli.desk.health.diagnosis import Diagnosis, megabytes, ok
from helpdesk_cli.storage import space

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.health.diagnosis import Patient

# Below so many times the floor it is time to look for space.
_SOON = 3


def check(patient: Patient) -> Iterator[Diagnosis]:
    """Bytes and files that still fit beside the desk."""
    layout, floor = patient.desk.layout, patient.desk.settings.free_space
    place = layout.state if layout.state.is_dir() else layout.common_dir
    disk = os.statvfs(place)
    yield judge(disk.f_bavail * disk.f_frsize, floor=floor)
    # btrfs and others without an inode table report 0 of 0.
    if disk.f_files:
        yield judge_files(disk.f_favail)


def judge(free: int, *, floor: int) -> Diagnosis:
    """What to think of so many free bytes."""
    limit = f"(`limits: free-space` is {megabytes(floor)})"
    if free < floor:
        return Diagnosis(
            "error",
            "disk-full",
            f"{megabytes(free)} free: mail is deferred and nothing is written {limit}",
            "Free some space on this disk.",
        )
    if free < _SOON * floor:
        return Diagnosis(
            "warning", "disk-filling", f"{megabytes(free)} free {limit}", "Free some space on this disk."
        )
    return ok("disk", f"{megabytes(free)} free")


def judge_files(free: int) -> Diagnosis:
    """What to think of a disk on which so many more files fit."""
    if free >= _SOON * space.INODE_FLOOR:
        return ok("inodes", f"{free} more files fit on the disk")
    full = free < space.INODE_FLOOR
    return Diagnosis(
        "error" if full else "warning",
        "few-inodes",
        f"only {free} more files fit on this disk{': mail is deferred' if full else ''}",
        "Remove small files that are not needed.",
    )
