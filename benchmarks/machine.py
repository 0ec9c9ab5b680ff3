"""What was measured on what: the facts without which figures mean nothing."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from measure import output_of

__all__ = ["describe_machine"]

PACKAGES = ("typer", "mail-parser", "PyYAML", "python-frontmatter", "tabulate")


def describe_machine(folder: Path) -> list[tuple[str, str]]:
    """Facts of this machine and of the programs desk stands on; `folder` is where the runs write."""
    memory = first_field("/proc/meminfo", "MemTotal")
    return [
        (
            "processor",
            f"{first_field('/proc/cpuinfo', 'model name')}, {len(os.sched_getaffinity(0))} cores for us",
        ),
        ("memory", f"{int(memory.split()[0]) // 1024**2} GiB" if memory else "unknown"),
        ("disk", file_system(folder)),
        ("system", f"{distribution()}, Linux {platform.release()}"),
        ("load when begun", " ".join(f"{each:.2f}" for each in os.getloadavg())),
        ("niceness", str(os.nice(0))),
        ("Python", f"{platform.python_implementation()} {platform.python_version()}"),
        ("git", output_of(["git", "--version"]).split()[-1]),
        *((name, package_version(name)) for name in PACKAGES),
    ]


def first_field(path: str, name: str) -> str:
    """The value of the first `name: value` line of a file of /proc, or ""."""
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""


def file_system(folder: Path) -> str:
    """The kind of file system the folder lies on: that of the longest mount point above it."""
    there = str(folder.resolve()) + "/"
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    above = [(len(mount[1]), mount[2]) for mount in mounts if there.startswith(mount[1].rstrip("/") + "/")]
    return max(above)[1] if above else "unknown"


def distribution() -> str:
    """The distribution's own name."""
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return "unknown"


def package_version(name: str) -> str:
    """The installed version, or "not installed"."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
