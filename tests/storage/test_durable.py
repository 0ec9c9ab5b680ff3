"""Files are written whole or not at all, with the modes they should have, and never through a link."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from needs import needs

from helpdesk_cli.errors import ConflictError, InvalidFileError, TryAgainError
from helpdesk_cli.storage import durable, space
from helpdesk_cli.storage.durable import PRIVATE, SHARED
from helpdesk_cli.storage.folder import Stat, read_file


def mode(path: Path) -> int:
    """The permission bits of a file or folder."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o777])
@pytest.mark.parametrize("modes", [PRIVATE, SHARED])
def test_modes_do_not_depend_on_the_umask(tmp_path: Path, umask: int, modes: durable.Modes) -> None:
    """RELIABILITY G8, DECISIONS 16."""
    before = os.umask(umask)
    try:
        durable.make_dirs(tmp_path / "a/b", within=tmp_path, modes=modes)
        durable.write_new(tmp_path / "a/b/new", b"x", within=tmp_path, modes=modes)
        durable.replace(tmp_path / "a/b/replaced", b"x", within=tmp_path, modes=modes)
        durable.append(tmp_path / "a/b/appended", b"x", within=tmp_path, modes=modes)
        with durable.opened_log(tmp_path / "a/b/log", within=tmp_path, modes=modes):
            pass
    finally:
        os.umask(before)
    assert {mode(path) for path in (tmp_path / "a", tmp_path / "a/b")} == {modes.folder}
    assert {mode(path) for path in (tmp_path / "a/b").iterdir()} == {modes.file}
    assert durable.modes_of(tmp_path / "a") == modes


def test_a_new_file_is_never_written_over_another(tmp_path: Path) -> None:
    """A number is claimed by making its file."""
    path = tmp_path / "x"
    stat_of_it = durable.write_new(path, b"first", within=tmp_path, modes=PRIVATE)
    with pytest.raises(FileExistsError):
        durable.write_new(path, b"second", within=tmp_path, modes=PRIVATE)
    assert read_file(path, within=tmp_path) == (b"first", stat_of_it)
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]


def test_replacing_keeps_what_somebody_else_wrote_meanwhile(tmp_path: Path) -> None:
    """RELIABILITY G15: lost update impossible."""
    path = tmp_path / "x"
    durable.write_new(path, b"read by us", within=tmp_path, modes=PRIVATE)
    _, read = read_file(path, within=tmp_path)
    path.write_bytes(b"saved by a colleague")
    with pytest.raises(ConflictError):
        durable.replace(path, b"ours", within=tmp_path, modes=PRIVATE, expect=read)
    assert path.read_bytes() == b"saved by a colleague"
    now = Stat.of(path.stat())
    after = durable.replace(path, b"ours", within=tmp_path, modes=PRIVATE, expect=now)
    assert (path.read_bytes(), Stat.of(path.stat())) == (b"ours", after)
    path.unlink()
    with pytest.raises(ConflictError):
        durable.replace(path, b"again", within=tmp_path, modes=PRIVATE, expect=after)
    assert list(tmp_path.iterdir()) == []


def test_replacing_keeps_wider_permissions(tmp_path: Path) -> None:
    """Somebody gave them on purpose; git's checkout gives 0644 as well."""
    path = tmp_path / "x"
    path.write_bytes(b"1")
    path.chmod(0o644)
    durable.replace(path, b"2", within=tmp_path, modes=PRIVATE)
    assert mode(path) == 0o644
    durable.replace(path, b"3", within=tmp_path, modes=SHARED)
    assert mode(path) == 0o664


def test_a_temporary_folder_on_another_file_system_is_not_used(tmp_path: Path) -> None:
    """Neither link nor rename goes from one file system to another."""
    elsewhere = Path("/dev/shm")  # noqa: S108 (another file system is what it is for)
    if not elsewhere.is_dir() or elsewhere.stat().st_dev == tmp_path.stat().st_dev:
        elsewhere = Path("/proc")
    durable.write_new(tmp_path / "x", b"1", within=tmp_path, modes=PRIVATE, tmp=elsewhere)
    durable.replace(tmp_path / "x", b"2", within=tmp_path, modes=PRIVATE, tmp=elsewhere)
    durable.write_new(tmp_path / "y", b"3", within=tmp_path, modes=PRIVATE, tmp=tmp_path / "missing")
    assert ((tmp_path / "x").read_bytes(), (tmp_path / "y").read_bytes()) == (b"2", b"3")
    assert len(list(tmp_path.iterdir())) == 2


def test_removing_and_appending(tmp_path: Path) -> None:
    """What is not there is not an error."""
    path = tmp_path / "log"
    assert not durable.remove(path, within=tmp_path)
    assert not durable.remove(tmp_path / "no/such", within=tmp_path)
    durable.append(path, b"a\n", within=tmp_path, modes=PRIVATE)
    durable.append(path, b"b\n", within=tmp_path, modes=PRIVATE)
    assert path.read_bytes() == b"a\nb\n"
    assert durable.remove(path, within=tmp_path)
    assert not path.exists()


# Links, RELIABILITY T49


def test_nothing_is_written_or_read_through_a_linked_folder(tmp_path: Path) -> None:
    """A clone can bring `tickets -> /etc`."""
    desk, outside = tmp_path / "desk", tmp_path / "outside"
    desk.mkdir()
    outside.mkdir()
    (outside / "x").write_bytes(b"theirs")
    (desk / "tickets").symlink_to(outside)
    path = desk / "tickets" / "x"
    with pytest.raises(InvalidFileError):
        durable.replace(path, b"ours", within=desk, modes=PRIVATE)
    with pytest.raises(InvalidFileError):
        durable.write_new(path.with_name("y"), b"ours", within=desk, modes=PRIVATE)
    with pytest.raises(InvalidFileError):
        durable.append(path, b"ours", within=desk, modes=PRIVATE)
    with pytest.raises(InvalidFileError):
        durable.remove(path, within=desk)
    with pytest.raises(InvalidFileError):
        durable.make_dirs(desk / "tickets/2026", within=desk, modes=PRIVATE)
    with pytest.raises(InvalidFileError):
        read_file(path, within=desk)
    assert [(entry.name, entry.read_bytes()) for entry in outside.iterdir()] == [("x", b"theirs")]


def test_nothing_is_written_or_read_through_a_linked_file(tmp_path: Path) -> None:
    """Nor can `TICKET-1.md -> ~/.ssh/authorized_keys` be written, by replacing least of all."""
    target = tmp_path / "target"
    target.write_bytes(b"theirs")
    path = tmp_path / "TICKET-1.md"
    path.symlink_to(target)
    with pytest.raises(InvalidFileError):
        durable.replace(path, b"ours", within=tmp_path, modes=PRIVATE)
    with pytest.raises(InvalidFileError):
        durable.append(path, b"ours", within=tmp_path, modes=PRIVATE)
    with pytest.raises(FileExistsError):
        durable.write_new(path, b"ours", within=tmp_path, modes=PRIVATE)
    with pytest.raises(InvalidFileError):
        read_file(path, within=tmp_path)
    assert target.read_bytes() == b"theirs"
    assert path.is_symlink()


def test_fifos_folders_and_giants_are_not_read(tmp_path: Path) -> None:
    """RELIABILITY G12: none of them stops the rest, or waits for ever."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (tmp_path / "big").write_bytes(b"x" * 11)
    for name in ("fifo", "folder", "big"):
        with pytest.raises(InvalidFileError):
            read_file(tmp_path / name, within=tmp_path, limit=10)
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "none", within=tmp_path)
    with pytest.raises(ValueError, match="not inside"):
        read_file(tmp_path / "folder" / ".." / ".." / "x", within=tmp_path)


# Faults, RELIABILITY G6, G7

SCRIPT = """
import sys
from pathlib import Path
from helpdesk_cli.errors import TryAgainError
from helpdesk_cli.storage import durable
root = Path(sys.argv[2])
try:
    getattr(durable, sys.argv[1])(root / "x", b"new", within=root, modes=durable.PRIVATE, tmp=root / "tmp")
except TryAgainError as error:
    print(error)
    sys.exit(75)
"""


@needs("strace")
@pytest.mark.parametrize("how", ["write_new", "replace"])
@pytest.mark.parametrize("fault", ["ENOSPC", "EDQUOT", "EIO", "EROFS", "EMFILE"])
def test_any_fault_leaves_the_old_file_or_none(tmp_path: Path, how: str, fault: str) -> None:
    """Each state-changing call fails in turn: 75, nothing half visible, and no fsync is tried again."""
    calls = {
        "write": 1,
        "fsync": 2,
        "fchmod": 1,
        "linkat" if how == "write_new" else "renameat": 1,
    }
    for call, count in calls.items():
        for number in range(1, count + 1):
            root = tmp_path / f"{call}{number}"
            (root / "tmp").mkdir(parents=True)
            if how == "replace":
                (root / "x").write_bytes(b"old")
            inject = f"inject={call}:error={fault}:when={number}"
            strace = [
                "strace",
                "-o",
                root / "trace",
                "-e",
                "trace=fsync,write,linkat,renameat,fchmod",
                "-e",
                inject,
            ]
            done = subprocess.run(
                [*strace, sys.executable, "-B", "-c", SCRIPT, how, root],
                capture_output=True,
                text=True,
                check=False,
            )
            trace = (root / "trace").read_text()
            assert "(INJECTED)" in trace
            assert done.returncode == 75, done.stderr
            assert str(root / "x") in done.stdout
            last = number == count and call == "fsync"
            if how == "replace":
                # After the rename a failing fsync of the folder cannot be undone, only told.
                assert (root / "x").read_bytes() == (b"new" if last else b"old")
            else:
                assert not (root / "x").exists()
            assert list((root / "tmp").iterdir()) == []
            if call == "fsync":
                assert len(re.findall(r"^fsync", trace, re.MULTILINE)) == number


def test_little_room_is_told_before_anything_is_written(tmp_path: Path) -> None:
    """RELIABILITY G7: the floor, twice the need, and the inodes."""
    disk = os.statvfs(tmp_path)
    free = disk.f_bavail * disk.f_frsize
    space.require_space(tmp_path, 1000, floor=1000)
    with pytest.raises(TryAgainError, match="MB are free"):
        space.require_space(tmp_path, 0, floor=free * 2)
    with pytest.raises(TryAgainError, match="MB are free"):
        space.require_space(tmp_path, free, floor=0)
    if disk.f_files:
        with pytest.raises(TryAgainError, match="more files fit"):
            space.require_space(tmp_path, 0, floor=0, inodes=disk.f_files + 1)


@needs("root")
def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    """A real one: a tmpfs of 256 kB and 20 files."""
    disk = tmp_path / "small"
    disk.mkdir()
    mount = [
        "unshare",
        "-m",
        "sh",
        "-c",
        'mount -t tmpfs -o size=256k,nr_inodes=20 small "$0" && exec "$@"',
        disk,
    ]
    script = """
import sys
from pathlib import Path
from helpdesk_cli.errors import TryAgainError
from helpdesk_cli.storage import durable
root = Path(sys.argv[1])
for size in (300_000, 10):
    try:
        for number in range(100):
            durable.write_new(root / f"{size}.{number}", b"x" * size, within=root, modes=durable.PRIVATE)
    except TryAgainError as error:
        print(error)
print(sorted({(path.name.split(".")[0], path.stat().st_size) for path in root.iterdir()}))
"""
    done = subprocess.run(
        [*mount, sys.executable, "-c", script, disk], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    full, inodes, left = done.stdout.splitlines()
    assert full == f"{disk}/300000.0: no space left on device. Free some space on this disk."
    assert "no space left on device" in inodes
    assert left == "[('10', 10)]"


def test_one_flush_for_many_files(tmp_path: Path) -> None:
    """Batches write unflushed and owe this."""
    for number in range(10):
        durable.write_new(tmp_path / str(number), b"x", within=tmp_path, modes=PRIVATE, sync=False)
    space.sync_filesystem(tmp_path)
    with pytest.raises(FileNotFoundError):
        space.sync_filesystem(tmp_path / "none")
