"""Each fault is made, the doctor names it, it is mended as the doctor says, and is named no more."""

from __future__ import annotations

import grp
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from care.world import ADA, ENVIRONMENT, World, write_mail
from needs import needs

from helpdesk_cli.desk.backup import backup
from helpdesk_cli.desk.cron import cron
from helpdesk_cli.desk.doctor import doctor, needs_mending
from helpdesk_cli.desk.health import configuration, installation, room
from helpdesk_cli.desk.init import init
from helpdesk_cli.desk.repair import repair
from helpdesk_cli.desk.retry import retry
from helpdesk_cli.storage import pending, raw, records

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

NOBODY = 65534
INBOXES = (
    "inboxes:\n  support: support@example.com\n  billing: {address: billing@example.com, team: billing}\n"
)


def codes(world: World, environment: Mapping[str, str] = ENVIRONMENT) -> list[str]:
    """What the doctor has to say beyond `ok`."""
    found = doctor(world.root, now=world.now, environment=environment)
    return [diagnosis.code for _, diagnosis in found if diagnosis.level != "ok"]


def wells(world: World) -> list[str]:
    """What is well."""
    found = doctor(world.root, now=world.now, environment=ENVIRONMENT)
    return [diagnosis.code for _, diagnosis in found if diagnosis.level == "ok"]


# --- faults and their mending ------------------------------------------------------------------------


def edit_settings(old: str, new: str) -> tuple[Callable[[World], None], Callable[[World], None]]:
    """A change of desk.yaml, and its taking back."""

    def change(world: World, before: str, after: str) -> None:
        path = world.root / "desk.yaml"
        text = path.read_text("utf-8")
        assert before in text
        path.write_text(text.replace(before, after, 1), "utf-8")

    return (lambda world: change(world, old, new)), (lambda world: change(world, new, old))


def open_to_all(world: World) -> None:
    """A folder that was there before the desk, and a umask of 022."""
    world.root.chmod(0o755)
    (world.root / "tickets").chmod(0o755)


def set_mode(name: str, mode: int) -> Callable[[World], None]:
    """A file or folder of the desk given a mode."""
    return lambda world: (world.root / name).chmod(mode)


def by_git(*arguments: str) -> Callable[[World], None]:
    """A call of git in the desk."""

    def call(world: World) -> None:
        world.git(*arguments)

    return call


def complete(world: World) -> None:
    """`desk init`."""
    init(world.root, now=world.now, environment=ENVIRONMENT)


def share(world: World) -> None:
    """`desk init --shared` with the group of whoever runs the tests."""
    init(world.root, now=world.now, environment=ENVIRONMENT, shared=grp.getgrgid(os.getegid()).gr_name)


def share_half(world: World) -> None:
    """Shared, but git was not told."""
    share(world)
    world.git("config", "--unset", "core.sharedRepository")


def fsck_repair(world: World) -> None:
    """`desk fsck --repair`."""
    repair(world.desk)


def leave_lock(world: World) -> None:
    """A git that was killed."""
    path = world.root / ".git/index.lock"
    path.touch()
    os.utime(path, (path.stat().st_mtime - 3600,) * 2)


def begin_merge(world: World) -> None:
    """A merge somebody has not finished, and a mail that comes meanwhile."""
    (world.root / ".git/MERGE_HEAD").write_text(world.git("rev-parse", "HEAD"))
    world.take(write_mail(90))


def end_merge(world: World) -> None:
    """The merge is given up; the next command that writes commits."""
    (world.root / ".git/MERGE_HEAD").unlink()
    fsck_repair(world)


def refuse_change(world: World) -> None:
    """A queued change that git does not take."""
    begin_merge(world)
    queue = pending.Queue(world.desk.layout)
    (entry,) = queue.take(entries=1, size=1_000_000)
    queue.put_aside(entry, "fast-import does not like it")
    (world.root / ".git/MERGE_HEAD").unlink()


def accept_change(world: World) -> None:
    """What it changed is committed by `fsck --repair`; then what was put aside may go."""
    fsck_repair(world)
    shutil.rmtree(world.desk.layout.pending / "aside")


def first_ticket(world: World) -> Path:
    """A ticket's file."""
    return world.root / world.paths()[0]


def break_ticket(world: World) -> None:
    """A ticket file without its front matter's end."""
    path = first_ticket(world)
    path.write_text(path.read_text("utf-8").replace("\n---\n", "\n", 1), "utf-8")


def mend_ticket(world: World) -> None:
    """As git has it."""
    world.git("checkout", "--", world.paths()[0])


def wait_beside(world: World) -> None:
    """A reply to a ticket that cannot be read."""
    break_ticket(world)
    world.take(write_mail(91, answers=1))


def file_waiting(world: World) -> None:
    """The file mended, and any command that writes."""
    mend_ticket(world)
    list(retry(world.desk))


def set_aside(world: World) -> None:
    """A mail that met a fault of ours."""
    digest = raw.keep(world.state, write_mail(92))
    record: dict[str, object] = {"why": "ZeroDivisionError", "at": world.now.isoformat()}
    records.set_aside(world.desk.layout).put(digest, record)


def hide_key(world: World) -> None:
    """The key kept elsewhere by somebody."""
    (world.state / "key").rename(world.root.parent / "key")


def restore_key(world: World) -> None:
    """Put back from a backup."""
    (world.root.parent / "key").rename(world.state / "key")


def commit_key(world: World) -> None:
    """A copy of the key in the repository, under any name."""
    shutil.copy(world.state / "key", world.root / "notes.bin")
    world.git("add", "notes.bin")
    world.git("commit", "-m", "Notes")


def renew_key(world: World) -> None:
    """The old key is worth nothing any more."""
    (world.state / "key").unlink()
    complete(world)


def log_refusal(world: World) -> None:
    """The shim's log says that a delivery was put off, after the last mail that came in."""
    for shelf in (world.state / "raw").iterdir():
        os.utime(shelf, (world.now.timestamp() - 7200,) * 2)
    at = world.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    (world.state / "door.log").write_text(
        "ModuleNotFoundError: No module named 'yaml'\n"
        f"{at} desk-ingest ended with 1; the mail server tries again\n"
    )


def no_commit(world: World) -> None:
    """The branch is gone."""
    world.git("branch", "kept")
    world.git("update-ref", "-d", "refs/heads/main")


def key_is_folder(world: World) -> None:
    """Something that cannot be looked at as what it should be."""
    hide_key(world)
    (world.state / "key").mkdir()


def key_is_key(world: World) -> None:
    """As it was."""
    (world.state / "key").rmdir()
    restore_key(world)


@dataclass(frozen=True, slots=True)
class Case:
    """The code of a finding, how it comes about and how it is mended."""

    code: str
    fault: Callable[[World], object]
    mend: Callable[[World], object]


CASES = [
    Case("settings-wrong", *edit_settings("format: 1", "fromat: 1")),
    Case("no-inboxes", *edit_settings(INBOXES, "inboxes: {}\n")),
    Case(
        "sample-inboxes", lambda _: None, edit_settings(INBOXES, "inboxes:\n  help: help@firm.example\n")[0]
    ),
    Case("disk-full", *edit_settings("free-space: 200 MB", "free-space: 900000000 GB")),
    Case("world-readable", open_to_all, set_mode("", 0o750)),
    Case("key-open", set_mode(".git/desk/key", 0o640), set_mode(".git/desk/key", 0o600)),
    Case("key-missing", hide_key, restore_key),
    Case("key-in-git", commit_key, renew_key),
    Case("not-checked", key_is_folder, key_is_key),
    Case(
        "mail-user-missing",
        by_git("config", "desk.mailuser", "nobody-of-that-name"),
        by_git("config", "desk.mailuser", "root"),
    ),
    Case("no-access", by_git("config", "desk.mailuser", "nobody"), by_git("config", "desk.mailuser", "root")),
    Case("driver-missing", by_git("config", "--unset", "merge.desk.driver"), complete),
    Case("attributes-missing", lambda world: (world.root / ".gitattributes").unlink(), complete),
    Case("other-branch", by_git("checkout", "-q", "--detach"), by_git("checkout", "-q", "main")),
    Case("no-commit", no_commit, by_git("update-ref", "refs/heads/main", "kept")),
    Case("stale-lock", leave_lock, fsck_repair),
    Case("pending", begin_merge, end_merge),
    Case("pending-aside", refuse_change, accept_change),
    Case(
        "uncommitted",
        lambda world: (world.root / "rules.yaml").write_text("# mine\n"),
        by_git("commit", "-q", "-am", "My rules"),
    ),
    Case(
        "sharing-unset",
        share_half,
        share,
    ),
    Case("ticket-broken", break_ticket, mend_ticket),
    Case("waiting", wait_beside, file_waiting),
    Case("set-aside", set_aside, lambda world: list(retry(world.desk))),
    Case("mail-refused", log_refusal, lambda world: world.take(write_mail(93))),
    Case("no-backup", lambda _: None, lambda world: backup(world.desk, world.root.parent)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_a_fault_is_named_until_it_is_mended(used: World, case: Case) -> None:
    """The finding comes with the fault, has a remedy, and goes with it."""
    case.fault(used)
    found = doctor(used.root, now=used.now, environment=ENVIRONMENT)
    named = [diagnosis for _, diagnosis in found if diagnosis.code == case.code]
    assert named, [diagnosis.code for _, diagnosis in found]
    assert all(diagnosis.remedy for diagnosis in named)
    case.mend(used)
    assert case.code not in codes(used)


def test_a_new_desk_needs_no_mending(world: World) -> None:
    """Notes at most: what is shipped is in order."""
    found = doctor(world.root, now=world.now, environment=ENVIRONMENT)
    assert not needs_mending(found), found
    assert {"sample-inboxes", "no-mail-server", "no-mail-yet", "only-here"} <= set(codes(world))


def test_everything_well_is_said_too(used: World) -> None:
    """What was looked at and found in order."""
    expected = {"program", "git", "private", "settings", "role", "driver", "committed", "tickets", "disk"}
    assert expected | {"last-mail", "inodes"} <= set(wells(used))


def test_looking_changes_nothing(used: World) -> None:
    """Not a byte in git or the state but the disposable index."""

    def picture() -> dict[str, bytes]:
        files = [path for path in used.root.rglob("*") if path.is_file() and "index.db" not in path.name]
        return {str(path): path.read_bytes() for path in files}

    # The settings' copy is made by the first command there is.
    codes(used)
    before = picture()
    codes(used)
    assert picture() == before


def test_a_sender_of_many_tickets_may_be_a_form(used: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named with the line to write; no more once it is written, and never an agent."""
    monkeypatch.setattr(configuration, "MANY_TICKETS", 3)
    found = doctor(used.root, now=used.now, environment=ENVIRONMENT)
    (form,) = [diagnosis for _, diagnosis in found if diagnosis.code == "form-likely"]
    address = ADA.partition("<")[2].rstrip(">")
    assert f"sender: {address}" in form.remedy
    edit_settings("forms: {}", f"forms:\n  website: {{sender: {address}, requester: reply-to}}")[0](used)
    assert "form-likely" not in codes(used)


def test_more_than_seven_categories(world: World) -> None:
    """Advice, no fault."""
    more = "categories:\n" + "".join(f"  more{number}: {{}}\n" for number in range(3))
    edit_settings("categories:\n", more)[0](world)
    assert "many-categories" in codes(world)
    edit_settings("  more0: {}\n", "")[0](world)
    assert "many-categories" not in codes(world)


def test_who_acts(world: World) -> None:
    """Nobody, somebody unknown, an agent."""
    assert "no-agent" in codes(world)
    assert "agent-unknown" in codes(world, {**ENVIRONMENT, "DESK_AGENT": "nobody"})
    assert not {"no-agent", "agent-unknown"} & set(codes(world, {**ENVIRONMENT, "DESK_AGENT": "dana"}))


def test_no_agents_at_all(world: World) -> None:
    """Everybody may read and nobody may write."""
    path = world.root / "desk.yaml"
    text = path.read_text("utf-8")
    start, end = text.index("\nagents:") + 1, text.index("\nteams:") + 1
    path.write_text(f"{text[:start]}agents: {{}}\n{text[end:]}", "utf-8")
    assert "no-agents" in codes(world)
    path.write_text(text, "utf-8")
    assert "no-agents" not in codes(world)


def test_an_old_backup(used: World) -> None:
    """A week is long for what exists once."""
    backup(used.desk, used.root.parent)
    assert "backup" in wells(used)
    assert "old-backup" in codes(used.later(days=8))
    backup(used.later(days=8).desk, used.root.parent)
    assert "old-backup" not in codes(used.later(days=8))


def test_deliveries_put_off_before_the_last_mail_are_a_note(used: World) -> None:
    """Mail comes in again: worth knowing, nothing to mend; after a week not even that."""
    log_refusal(used)
    used.take(write_mail(94))
    assert "mail-was-refused" in codes(used)
    assert "mail-was-refused" not in codes(used.later(days=8))


@pytest.mark.parametrize(
    ("said", "code"),
    [("git version 2.27.4", "git-old"), ("git version 2.28.0", "git"), ("nonsense", "git-old")],
)
def test_the_version_of_git(said: str, code: str) -> None:
    """2.28 knows `init --initial-branch`."""
    assert installation.judge_git(said).code == code


def test_room() -> None:
    """Below the floor mail is deferred; below three times as much it soon will be."""
    judged = [room.judge(free, floor=100).level for free in (99, 100, 299, 300)]
    assert judged == ["error", "warning", "warning", "ok"]
    judged = [room.judge_files(free).level for free in (999, 1000, 2999, 3000)]
    assert judged == ["error", "warning", "warning", "ok"]


@needs("root")
def test_files_of_another_user(used: World) -> None:
    """Root's or anybody's files in a private desk lock its owner out some day."""
    path = first_ticket(used)
    os.chown(path, NOBODY, -1)
    assert "strays" in codes(used)
    os.chown(path, 0, -1)
    assert "strays" not in codes(used)


def test_files_that_the_group_may_not_write(used: World) -> None:
    """One private file in a shared desk; `desk init --shared` sets it right."""
    share(used)
    assert "strays" not in codes(used)
    first_ticket(used).chmod(0o600)
    assert "strays" in codes(used)
    share(used)
    assert "strays" not in codes(used)


def test_a_clone_is_no_server(used: World, tmp_path: Path) -> None:
    """Mail is the server's matter: a clone is not told to hook anything up, nor to back up."""
    clone = tmp_path / "clone"
    used.git("clone", "-q", str(used.root), str(clone))
    here = World(clone, used.now)
    complete(here)
    assert not {"no-mail-server", "no-backup", "key-missing", "no-mail-yet"} & set(codes(here))


def test_it_says_whether_cron_is_called(tmp_path: Path) -> None:
    world = World.make(tmp_path / "desk")
    assert "cron" in codes(world)
    cron(world.root, now=world.now)
    assert "cron" not in codes(world)
    assert "cron" in wells(world)
    assert "cron" in codes(world.later(minutes=16))
    text = (world.root / "desk.yaml").read_text()
    (world.root / "desk.yaml").write_text(text.replace("sending: hold", "sending: on"))
    found = doctor(world.root, now=world.later(minutes=16).now, environment=ENVIRONMENT)
    assert [each.level for _, each in found if each.code == "cron"] == ["warning"]


def test_a_time_zone_that_is_none(tmp_path: Path) -> None:
    world = World.make(tmp_path / "desk")
    text = (world.root / "desk.yaml").read_text()
    (world.root / "desk.yaml").write_text(text.replace("timezone: UTC", "timezone: Middle/Earth"))
    assert "notify-zone" in codes(world)
