"""A backup holds everything that is not made anew; what is restored from it passes the full check."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail

from helpdesk_cli.desk.backup import backup, last_backup
from helpdesk_cli.desk.fsck import Ages, fsck
from helpdesk_cli.desk.repair import repair
from helpdesk_cli.desk.restore import Restored, restore
from helpdesk_cli.errors import InvalidFileError, UsageError
from helpdesk_cli.storage import large, lock, raw, records

if TYPE_CHECKING:
    from pathlib import Path

PASSING = {
    "index.db",
    "index.db-wal",
    "index.db-shm",
    "settings.copy",
    "sla.copy",
    "rules.copy",
    "holidays.copy",
    "news",
    "notices",
    "digest",
    "cron",
    "import-mail",
    "clock",
    "last-backup",
    "write.lock",
    "commit.lock",
}


def durable_files(root: Path) -> dict[str, bytes]:
    """The files of a desk that matter, by path: the working tree and the durable state."""
    state = root / ".git/desk"
    places = [path for path in root.rglob("*") if ".git" not in path.relative_to(root).parts]
    places += [
        path
        for path in state.rglob("*")
        if PASSING.isdisjoint({path.name, path.relative_to(state).parts[0]})
        and "tmp" not in path.parts[len(state.parts) :]
    ]
    return {str(path.relative_to(root)): path.read_bytes() for path in places if path.is_file()}


def restored(world: World, archive: Path, target: Path) -> tuple[Restored, World]:
    done = restore(archive, target, now=world.now)
    return done, replace(world, root=done.root)


def test_everything_durable_comes_back(used: World, tmp_path: Path) -> None:
    used.git("tag", "before")
    used.git("branch", "idea")
    large.keep(used.desk.layout, b"a film")
    records.set_aside(used.desk.layout).put(raw.keep(used.state, write_mail(7)), {"why": "a fault"})
    (used.state / "outbox/done").mkdir(parents=True)
    (used.state / "outbox/done/1.json").write_text("{}")
    (used.root / "desk.yaml").write_text((used.root / "desk.yaml").read_text() + "# a remark\n")
    made = backup(used.desk, tmp_path / "b.tar.gz")
    done, again = restored(used, made.path, tmp_path / "again")
    assert [finding.code for finding in done.findings] == ["set-aside"]
    assert durable_files(again.root) == durable_files(used.root)
    assert again.git("show-ref") == used.git("show-ref")
    assert again.git("rev-parse", "--abbrev-ref", "HEAD") == used.git("rev-parse", "--abbrev-ref", "HEAD")
    assert again.git("config", "desk.role") == "server\n"
    assert again.git("config", "merge.desk.driver")
    assert again.status() == used.status() == " M desk.yaml\n"
    assert again.git("fsck", "--strict") == ""


def test_a_restored_desk_goes_on(used: World, tmp_path: Path) -> None:
    made = backup(used.desk, tmp_path / "b.tar.gz")
    done, again = restored(used, made.path, tmp_path / "again")
    assert done.findings == ()
    assert again.take(write_mail(1)).outcome == "duplicate"
    assert again.take(write_mail(5, answers=1)).ticket == "TICKET-1"
    assert again.take(write_mail(6)).ticket == "TICKET-4"
    assert again.status() == ""
    assert fsck(again.desk, full=True) == []


def test_what_is_not_in_git_yet_is_in_the_backup(used: World, tmp_path: Path) -> None:
    with lock.hold(used.desk.layout.commit_lock, timeout=5, modes=used.desk.layout.modes):
        used.take(write_mail(5, answers=1, attachment=b"%PDF five"))
        used.take(write_mail(6))
    used.git("checkout", "-q", "--detach")
    made = backup(used.desk, tmp_path / "b.tar.gz")
    done, again = restored(used, made.path, tmp_path / "again")
    assert {finding.code for finding in done.findings} == {"other-branch", "pending"}
    assert len(again.ticket("TICKET-1").messages) == 3
    again.git("checkout", "-q", "main")
    assert repair(again.desk).left == ()
    assert [subject.partition(":")[0] for subject in again.subjects()[-2:]] == ["TICKET-1", "TICKET-4"]


def test_a_backup_is_private_and_is_noted(used: World, tmp_path: Path) -> None:
    assert last_backup(used.desk) is None
    old = os.umask(0)
    try:
        made = backup(used.desk, tmp_path)
    finally:
        os.umask(old)
    assert made.path.name == "desk-20261120T090000Z.tar.gz"
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert made.size == made.path.stat().st_size
    assert last_backup(used.desk) == used.now
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".tmp")] == []
    assert list(used.state.glob("tmp/*")) == []


def test_nothing_passing_is_in_it(used: World, tmp_path: Path) -> None:
    made = backup(used.desk, tmp_path / "b.tar.gz")
    with tarfile.open(made.path) as tar:
        names = {name.rpartition("/")[2] for name in tar.getnames()}
    assert "key" in names
    assert not names & PASSING


@pytest.mark.parametrize("inside", ["", "tickets/", ".git/desk/"])
def test_a_backup_is_not_put_into_the_desk(used: World, inside: str) -> None:
    with pytest.raises(UsageError):
        backup(used.desk, used.root / f"{inside}b.tar.gz")


def test_no_file_is_overwritten(used: World, tmp_path: Path) -> None:
    made = backup(used.desk, tmp_path / "b.tar.gz")
    with pytest.raises(UsageError):
        backup(used.desk, made.path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    with pytest.raises(UsageError):
        restore(made.path, tmp_path / "full", now=used.now)


def test_a_desk_inside_a_larger_repository(fresh_desk: Path, tmp_path: Path) -> None:
    top = World(tmp_path / "top")
    top.root.mkdir()
    top.git("init", "-q", "-b", "main")
    (top.root / "README").write_text("x")
    top.git("add", "README")
    top.git("commit", "-q", "-m", "Begin")
    (top.root / "support/desk").mkdir(parents=True)
    (top.root / "support/desk/desk.yaml").write_bytes((fresh_desk / "desk.yaml").read_bytes())
    world = World.make(top.root / "support/desk")
    top.git("add", "-A")
    top.git("commit", "-q", "-m", "Begin a desk")
    world.take(write_mail(1))
    made = backup(world.desk, tmp_path / "b.tar.gz")
    done, again = restored(world, made.path, tmp_path / "again")
    assert done.root == tmp_path / "again/support/desk"
    assert done.findings == ()
    assert again.take(write_mail(1)).outcome == "duplicate"


# Damage -------------------------------------------------------------------------------------------


def rewritten(path: Path, change: dict[str, bytes | None], *, links: tuple[str, ...] = ()) -> Path:
    """The same archive with some members changed, added or (None) left out."""
    target = path.with_name("rewritten.tar.gz")
    with tarfile.open(path) as old, tarfile.open(target, "w:gz") as new:
        members = {member.name: old.extractfile(member).read() for member in old}
        members |= change
        for name, data in members.items():
            if data is not None:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                new.addfile(info, io.BytesIO(data))
        for name in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, "/etc"
            new.addfile(info)
    return target


def listing(path: Path) -> dict[str, object]:
    with tarfile.open(path) as tar:
        return json.load(tar.extractfile("list.json"))


def refuses(world: World, archive: Path, target: Path) -> None:
    with pytest.raises(InvalidFileError):
        restore(archive, target, now=world.now)
    assert not target.exists()


def test_an_archive_cut_off_anywhere_writes_nothing(used: World, tmp_path: Path) -> None:
    data = backup(used.desk, tmp_path / "b.tar.gz").path.read_bytes()
    for share in range(0, 100, 3):
        (tmp_path / "cut.tar.gz").write_bytes(data[: len(data) * share // 100])
        refuses(used, tmp_path / "cut.tar.gz", tmp_path / "again")


def test_an_archive_with_a_flipped_bit_writes_nothing(used: World, tmp_path: Path) -> None:
    whole = backup(used.desk, tmp_path / "b.tar.gz").path
    data = gzip.decompress(whole.read_bytes())
    for at in range(600, len(data) - 2000, len(data) // 40):
        spoiled = bytearray(data)
        spoiled[at] ^= 4
        (tmp_path / "bad.tar.gz").write_bytes(gzip.compress(bytes(spoiled), 1))
        target = tmp_path / f"again{at}"
        # A bit in tar's own padding, owner or time is nobody's loss.
        with suppress(InvalidFileError):
            restore(tmp_path / "bad.tar.gz", target, now=used.now)
            assert durable_files(target) == durable_files(used.root)
            continue
        assert not target.exists()


@pytest.mark.parametrize(
    "name",
    ["../outside", "/etc/outside", "state/../../../outside", "tree/./x", "state//x", "state/raw/../key"],
)
def test_an_unsafe_name_writes_nothing(used: World, tmp_path: Path, name: str) -> None:
    whole = backup(used.desk, tmp_path / "b.tar.gz").path
    refuses(used, rewritten(whole, {name: b"x"}), tmp_path / "again")
    assert not (tmp_path / "outside").exists()


def test_a_link_writes_nothing(used: World, tmp_path: Path) -> None:
    whole = backup(used.desk, tmp_path / "b.tar.gz").path
    refuses(used, rewritten(whole, {}, links=("state/raw",)), tmp_path / "again")


def test_a_missing_or_further_file_writes_nothing(used: World, tmp_path: Path) -> None:
    whole = backup(used.desk, tmp_path / "b.tar.gz").path
    refuses(used, rewritten(whole, {"state/key": None}), tmp_path / "again")
    facts = json.dumps(listing(whole)).encode()
    refuses(
        used,
        rewritten(whole, {"list.json": None, "state/x": b"x", "z": b"", "list.json ": facts}),
        tmp_path / "again",
    )


def test_what_is_no_backup_writes_nothing(used: World, tmp_path: Path) -> None:
    whole = backup(used.desk, tmp_path / "b.tar.gz").path
    for change in ({"kind": "photos"}, {"format": 99}, {"folder": "../"}, {"settings": []}):
        facts = json.dumps(listing(whole) | change).encode()
        refuses(used, rewritten(whole, {"list.json": facts}), tmp_path / "again")
    (tmp_path / "mail.eml").write_bytes(write_mail(1))
    refuses(used, tmp_path / "mail.eml", tmp_path / "again")


def test_no_command_comes_out_of_an_archive(used: World, tmp_path: Path) -> None:
    whole = backup(used.desk, tmp_path / "b.tar.gz").path
    facts = listing(whole)
    facts["settings"] |= {
        "core.sshcommand": "touch /tmp/x",
        "merge.desk.driver": "touch /tmp/x",
        "desk.role": "server",
    }
    done, again = restored(
        used, rewritten(whole, {"list.json": json.dumps(facts).encode()}), tmp_path / "again"
    )
    assert done.findings == ()
    assert "touch" not in again.git("config", "--local", "--list")


def test_a_backup_while_mail_comes_in_is_of_one_moment(used: World, tmp_path: Path) -> None:
    children = []
    for child in range(3):
        pid = os.fork()
        if pid == 0:
            with suppress(BaseException):
                for number in range(8):
                    used.take(write_mail(100 + child * 10 + number, attachment=b"%PDF %d" % number))
            os._exit(0)
        children.append(pid)
    known = {message.message_id for ticket in used.tickets() for message in ticket.messages}
    made = [backup(used.desk, tmp_path / f"b{number}.tar.gz").path for number in range(3)]
    for pid in children:
        os.waitpid(pid, 0)
    for number, path in enumerate(made):
        done, again = restored(used, path, tmp_path / f"again{number}")
        # A mail that was being taken in at that moment is there as an original only.
        assert {finding.code for finding in done.findings} <= {"original-orphaned"}
        assert repair(again.desk, full=True, ages=Ages(0, 0, 0)).left == ()
        assert known <= {message.message_id for ticket in again.tickets() for message in ticket.messages}
        assert again.status() == ""
