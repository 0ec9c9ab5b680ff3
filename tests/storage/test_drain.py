"""Queued changes become commits, and nothing of anybody else's does."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from small_desk import AT, DESK, SmallDesk

from helpdesk_cli.storage import drain, lock, pending

TICKET = "tickets/2026/11/TICKET-1.md"
OTHER = "tickets/2026/11/TICKET-2.md"


def test_one_change_is_one_commit_by_the_agent_and_the_desk(desk: SmallDesk) -> None:
    """DECISIONS 12; the time and zone of the change are those of the commit, for author and committer."""
    at = AT.astimezone(timezone(-timedelta(hours=3, minutes=30)))
    desk.change(TICKET, b"one\n", "TICKET-1: open\n\nDesk-Op: abc", at=at)
    told = desk.git("log", "-1", "--format=%an <%ae>|%cn <%ce>|%aI|%cI|%B").strip()
    author, committer, authored, committed, body = told.split("|")
    assert (author, committer) == ("Kim <kim@example.org>", "The desk <desk@example.org>")
    assert authored == committed == "2026-11-21T08:30:00-03:30"
    assert body == "TICKET-1: open\n\nDesk-Op: abc"
    assert desk.content(TICKET) == "one\n"
    assert desk.status() == ""


def test_each_of_many_queued_changes_of_one_file_is_its_own_commit(desk: SmallDesk) -> None:
    """DECISIONS 11: the queue holds each change's bytes, not only the last."""
    for number in range(4):
        desk.queue(TICKET, b"line\n" * (number + 1), f"change {number}")
    assert desk.drain() == drain.DrainResult(4, 0, "")
    assert desk.subjects("--", TICKET) == [f"change {number}" for number in range(4)]
    assert desk.content(TICKET, "HEAD~2") == "line\n" * 2
    assert desk.status() == ""


def test_draining_an_empty_queue_changes_nothing(desk: SmallDesk) -> None:
    """Every command drains; most find nothing."""
    desk.change(TICKET, b"one\n")
    before = desk.git("rev-parse", "HEAD")
    assert desk.drain() == drain.DrainResult(0, 0, "")
    assert desk.git("rev-parse", "HEAD") == before


def test_the_first_commit_of_a_repository(tmp_path: Path) -> None:
    """A branch without a commit is no obstacle, whatever its name."""
    desk = SmallDesk(tmp_path / "new")
    subprocess.run(["git", "init", "-q", "-b", "trunk", desk.root], check=True)
    (desk.root / "desk.yaml").write_text("format: 1\n")
    desk.change(TICKET, b"one\n", "first")
    assert desk.subjects() == ["first"]
    assert desk.git("branch", "--show-current") == "trunk\n"
    assert desk.status() == "?? desk.yaml\n"


def test_a_removal_and_a_move_are_committed(desk: SmallDesk) -> None:
    """DECISIONS 8: renumbering moves a ticket in one commit."""
    desk.change(TICKET, b"one\n")
    desk.write(TICKET, None)
    desk.write(OTHER, b"one\n")
    change = pending.Commit(((TICKET, None), (OTHER, b"one\n")), ("K", "k@x"), "renumber", AT)
    pending.Queue(desk.layout).put(change)
    assert desk.drain() == drain.DrainResult(1, 0, "")
    assert desk.git("ls-files", "tickets") == f"{OTHER}\n"
    assert desk.git("show", "--format=", "--name-status", "-M", "HEAD") == f"R100\t{TICKET}\t{OTHER}\n"
    assert desk.status() == ""


def test_an_attachment_is_committed_as_it_lies(desk: SmallDesk) -> None:
    """Large files are not copied into the queue."""
    path = "tickets/2026/11/TICKET-1/1f2e3d4c-scan.pdf"
    desk.write(path, b"\0\r\n" * 1000)
    pending.Queue(desk.layout).put(desk.commit(path, pending.AS_IT_LIES))
    assert (desk.layout.pending / "records").stat().st_size < 1000
    assert desk.drain().committed == 1
    assert desk.content(path) == "\0\r\n" * 1000
    assert desk.status() == ""


@pytest.mark.parametrize(
    "path",
    [
        "tickets/ümläut & Ω.md",
        'tickets/"quoted".md',
        "tickets/back\\slash.md",
        "tickets/new\nline.md",
        "tickets/ :(exclude)x.md",
        "tickets/-rf.md",
        "tickets/\udcff\udcfe.md",
        "--output=x",
    ],
)
def test_odd_names_are_only_names(desk: SmallDesk, path: str) -> None:
    """RELIABILITY T51: neither options nor pathspecs nor quoting."""
    desk.change(path, b"one\n")
    desk.change(path, b"one\r\ntwo\r\n")
    assert desk.git("ls-tree", "-z", "--name-only", "-r", "HEAD").split("\0")[:-1] == sorted(
        [".gitattributes", "desk.yaml", path]
    )
    assert desk.content(path) == "one\r\ntwo\r\n"
    assert desk.status() == ""


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x", "a/../x", "a//b", "./a", "a/.git/config", ".GIT/x", "a\0b"]
)
def test_a_path_outside_the_desk_is_refused_at_once(desk: SmallDesk, path: str) -> None:
    """A mistake of the caller, found before it can block the queue."""
    with pytest.raises(ValueError, match="not a path inside the desk"):
        desk.commit(path, b"")


def test_names_and_messages_cannot_break_out_of_their_field(desk: SmallDesk) -> None:
    """RELIABILITY T29: what fast-import would read as commands or headers."""
    message = "TICKET-1: open\0\n\nfrom deadbeef\nM 100644 inline x\ndata 3\nabc\n"
    desk.change(TICKET, b"one\n", message, author=('Eve <e@x> 1 +0000\ncommitter "', "<a>\nb@x"))
    assert desk.git("log", "-1", "--format=%an|%ae").strip() == "Eve e@x 1 +0000committer|ab@x"
    assert desk.git("log", "-1", "--format=%B").startswith(
        "TICKET-1: open\N{REPLACEMENT CHARACTER}\n\nfrom dead"
    )
    assert desk.is_sound()


def test_a_nameless_author_still_commits(desk: SmallDesk) -> None:
    """Git refuses an empty name; a change is not refused for it."""
    desk.change(TICKET, b"one\n", author=("", ""))
    assert desk.git("log", "-1", "--format=%an|%ae").strip() == "unknown|"
    assert desk.is_sound()


def test_line_ends_are_kept_whatever_the_users_settings(desk: SmallDesk) -> None:
    """Index and commit agree on the bytes, so the status is clean."""
    desk.git("config", "core.autocrlf", "true")
    desk.change(TICKET, b"one\r\ntwo\n")
    assert desk.content(TICKET) == "one\r\ntwo\n"
    assert desk.status() == ""


def test_staged_files_stay_staged_and_uncommitted(desk: SmallDesk) -> None:
    """DECISIONS 10: only our own paths are touched."""
    (desk.root / "notes.txt").write_text("staged\n")
    desk.git("add", "notes.txt")
    (desk.root / "desk.yaml").write_text("format: 1\n# half typed\n")
    (desk.root / "draft.txt").write_text("untracked\n")
    desk.change(TICKET, b"one\n")
    assert desk.git("show", "--format=", "--name-only", "HEAD") == f"{TICKET}\n"
    assert desk.status() == " M desk.yaml\nA  notes.txt\n?? draft.txt\n"


def test_a_colleagues_unsaved_edit_is_neither_committed_nor_staged(desk: SmallDesk) -> None:
    """DECISIONS 11: never swept up by a mail's arrival."""
    desk.change(TICKET, b"one\n")
    desk.queue(TICKET, b"one\ntwo\n")
    (desk.root / TICKET).write_text("one\ntwo\nhalf a sente")
    assert desk.drain().committed == 1
    assert desk.content(TICKET) == "one\ntwo\n"
    assert desk.status() == f" M {TICKET}\n"
    assert (desk.root / TICKET).read_text() == "one\ntwo\nhalf a sente"


def test_a_file_deleted_by_hand_before_its_commit_is_in_history_all_the_same(desk: SmallDesk) -> None:
    """Mail is never lost."""
    desk.queue(TICKET, b"mail\n")
    (desk.root / TICKET).unlink()
    assert desk.drain().committed == 1
    assert desk.content(TICKET) == "mail\n"
    assert desk.status() == f" D {TICKET}\n"


def test_a_file_somebody_made_executable_is_committed_as_a_plain_one(desk: SmallDesk) -> None:
    """The mode is their change, still unstaged after ours."""
    desk.queue(TICKET, b"one\n")
    (desk.root / TICKET).chmod(0o755)
    assert desk.drain().committed == 1
    assert desk.git("ls-tree", "HEAD", TICKET).startswith("100644 ")
    assert desk.status() == f" M {TICKET}\n"


def test_a_link_put_in_a_files_place_is_not_followed(desk: SmallDesk, tmp_path: Path) -> None:
    """RELIABILITY T49: nothing from outside the desk gets into history."""
    secret = tmp_path / "secret"
    secret.write_text("secret\n")
    desk.queue(TICKET, b"mail\n")
    (desk.root / TICKET).unlink()
    (desk.root / TICKET).symlink_to(secret)
    pending.Queue(desk.layout).put(desk.commit(TICKET, pending.AS_IT_LIES))
    assert desk.drain().left == 0
    assert desk.content(TICKET) == "mail\n"
    assert "secret" not in desk.git("log", "-p")


# What a person may be in the middle of


def test_a_taken_index_lock_leaves_the_change_for_later(desk: SmallDesk) -> None:
    """RELIABILITY G23: a person's git delays a commit, nothing else."""
    (desk.layout.git_dir / "index.lock").touch()
    desk.queue(TICKET, b"one\n")
    result = desk.drain()
    assert (result.committed, result.left) == (0, 1)
    assert f"{desk.root}/.git/index.lock: another git is at work" in result.why
    (desk.layout.git_dir / "index.lock").unlink()
    desk.change(OTHER, b"two\n", "second")
    assert desk.subjects() == ["Begin", f"{TICKET}: change", "second"]
    assert desk.status() == ""


@pytest.mark.parametrize("name", ["HEAD.lock", "refs/heads/main.lock"])
def test_a_taken_branch_leaves_the_change_staged_and_for_later(desk: SmallDesk, name: str) -> None:
    """DECISIONS 10: index first, branch second."""
    (desk.layout.git_dir / name).touch()
    desk.queue(TICKET, b"one\n")
    assert desk.drain().left == 1
    # The index is ahead, never behind: a commit by hand now would add the mail, not remove it.
    assert desk.status() == f"A  {TICKET}\n"
    (desk.layout.git_dir / name).unlink()
    assert desk.drain() == drain.DrainResult(1, 0, "")
    assert desk.status() == ""


def test_a_detached_head_leaves_the_change_for_later(desk: SmallDesk) -> None:
    """Nothing is committed where no branch would keep it."""
    desk.git("checkout", "-q", "--detach")
    desk.queue(TICKET, b"one\n")
    result = desk.drain()
    assert (result.left, result.why) == (1, "HEAD is detached: no branch is checked out")
    assert desk.status() == f"?? {TICKET}\n"
    desk.git("checkout", "-q", "main")
    assert desk.drain() == drain.DrainResult(1, 0, "")


def test_a_merge_going_on_leaves_the_change_for_later(desk: SmallDesk) -> None:
    """A commit now would end the person's merge with one parent."""
    desk.change("README", b"base\n")
    desk.git("checkout", "-q", "-b", "side")
    desk.change("README", b"side\n")
    desk.git("checkout", "-q", "main")
    desk.change("README", b"main\n")
    desk.git("merge", "-q", "side", check=False)
    desk.queue(TICKET, b"one\n")
    assert desk.drain().why == "a merge is going on"
    desk.git("checkout", "-q", "--ours", "README")
    desk.git("add", "README")
    desk.git("commit", "-q", "-m", "merged")
    assert desk.drain() == drain.DrainResult(1, 0, "")
    assert desk.status() == ""
    assert desk.is_sound()


@pytest.mark.parametrize("command", ["rebase", "cherry-pick", "revert"])
def test_a_stopped_rebase_cherry_pick_or_revert_leaves_the_change_for_later(
    desk: SmallDesk, command: str
) -> None:
    """Nor does one slip into what a person is putting together."""
    desk.change("README", b"one\n")
    desk.git("branch", "side")
    desk.change("README", b"two\n")
    desk.change("README", b"three\n")
    desk.git("checkout", "-q", "side")
    desk.change("README", b"other\n")
    wanted = {"rebase": "main", "cherry-pick": "main", "revert": "main~1"}
    desk.git(command, wanted[command], check=False)
    desk.queue(TICKET, b"one\n")
    result = desk.drain()
    assert result.left == 1
    assert "going on" in result.why
    desk.git(command, "--abort")
    assert desk.drain() == drain.DrainResult(1, 0, "")


def test_a_bisect_leaves_the_change_for_later(desk: SmallDesk) -> None:
    """Though HEAD may still be on its branch."""
    desk.git("bisect", "start")
    desk.queue(TICKET, b"one\n")
    assert desk.drain().why == "a bisect is going on"
    desk.git("bisect", "reset")
    assert desk.drain() == drain.DrainResult(1, 0, "")


def test_an_unreadable_branch_leaves_the_change_for_later_and_says_so(desk: SmallDesk) -> None:
    """A power cut can leave an empty file there."""
    branch = desk.layout.git_dir / "refs/heads/main"
    good = branch.read_text()
    branch.write_text("")
    desk.queue(TICKET, b"one\n")
    result = desk.drain()
    assert (result.committed, result.left) == (0, 1)
    assert "refs/heads/main holds no commit" in result.why
    branch.write_text(good)
    assert desk.drain() == drain.DrainResult(1, 0, "")


def test_a_missing_object_leaves_the_change_for_later(desk: SmallDesk) -> None:
    """Where every change fails it is git that is out of order: none is put aside."""
    tree = desk.git("rev-parse", "HEAD^{tree}").strip()
    path = desk.layout.git_dir / "objects" / tree[:2] / tree[2:]
    good = path.read_bytes()
    path.unlink()
    for number in (1, 2):
        desk.queue(f"tickets/{number}.md", b"one\n")
    result = desk.drain()
    assert (result.committed, result.left) == (0, 2)
    assert not list(desk.layout.git_dir.glob("fast_import_crash_*"))
    path.write_bytes(good)
    assert desk.drain() == drain.DrainResult(2, 0, "")
    assert desk.status() == ""


# What a person may have committed meanwhile


def test_a_commit_by_hand_that_took_the_staged_change_along_is_not_doubled(desk: SmallDesk) -> None:
    """Killed between index and branch, then `git commit`."""
    lock_file = desk.layout.git_dir / "HEAD.lock"
    lock_file.touch()
    desk.queue(TICKET, b"one\n")
    assert desk.drain().left == 1
    lock_file.unlink()
    desk.git("commit", "-q", "-m", "by hand")
    assert desk.content(TICKET) == "one\n"
    assert desk.drain() == drain.DrainResult(0, 0, "")
    assert desk.subjects() == ["Begin", "by hand"]
    assert desk.status() == ""


def test_a_later_edit_committed_by_hand_is_never_undone_by_the_queue(desk: SmallDesk) -> None:
    """What waits in the queue is older than what a person committed."""
    desk.change(TICKET, b"one\n")
    desk.queue(TICKET, b"one\ntwo\n")
    desk.queue(OTHER, b"other\n", "other")
    (desk.root / TICKET).write_text("one\ntwo\nedited by hand\n")
    desk.git("commit", "-q", "-m", "by hand", "--", TICKET)
    assert desk.drain() == drain.DrainResult(1, 0, "")
    assert desk.content(TICKET) == "one\ntwo\nedited by hand\n"
    assert desk.subjects()[-2:] == ["by hand", "other"]
    assert desk.status() == ""


def test_a_commit_by_hand_elsewhere_changes_nothing_for_the_queue(desk: SmallDesk) -> None:
    """A moved branch alone lets no change be left out."""
    for number in range(3):
        desk.queue(TICKET, b"line\n" * (number + 1), f"change {number}")
    desk.git("commit", "-q", "--allow-empty", "-m", "by hand")
    assert desk.drain().committed == 3
    assert desk.subjects() == ["Begin", "by hand", "change 0", "change 1", "change 2"]


def test_packed_refs_are_read(desk: SmallDesk) -> None:
    """After `git gc` the branch is a line in packed-refs."""
    desk.change(TICKET, b"one\n")
    desk.git("pack-refs", "--all")
    assert not (desk.layout.git_dir / "refs/heads/main").exists()
    desk.change(OTHER, b"two\n")
    assert len(desk.subjects()) == 3


def test_a_repository_of_sha256(tmp_path: Path) -> None:
    """Blob names are compared in the repository's own kind."""
    subprocess.run(["git", "init", "-q", "--object-format=sha256", "-b", "main", tmp_path / "d"], check=True)
    desk = SmallDesk.complete(tmp_path / "d")
    desk.change(TICKET, b"one\n")
    desk.git("commit", "-q", "--allow-empty", "-m", "by hand")
    desk.queue(TICKET, b"two\n")
    (desk.root / TICKET).write_text("three\n")
    assert desk.drain().committed == 1
    assert desk.content(TICKET) == "two\n"
    assert desk.status() == f" M {TICKET}\n"


# One bad change


def test_a_change_git_cannot_take_is_put_aside_and_the_others_go_on(desk: SmallDesk) -> None:
    """One bad change never stops the rest."""
    desk.change("tickets/folder", b"a file where a folder should be\n")
    desk.queue(TICKET, b"one\n")
    (desk.root / "tickets/folder").unlink()
    desk.queue("tickets/folder/x.md", b"two\n")
    desk.queue(OTHER, b"three\n")
    result = desk.drain()
    assert result == drain.DrainResult(2, 0, "")
    [(path, why)] = pending.Queue(desk.layout).aside()
    assert "folder" in why
    assert b"two\n" in path.read_bytes()
    assert desk.content(OTHER) == "three\n"
    desk.change(TICKET, b"four\n")
    assert len(pending.Queue(desk.layout).aside()) == 1


def test_a_damaged_record_is_put_aside_and_the_others_go_on(desk: SmallDesk) -> None:
    """Nor does a flipped bit in the queue."""
    for number in range(3):
        desk.queue(f"tickets/{number}.md", f"content {number}\n".encode())
    records = desk.layout.pending / "records"
    records.write_bytes(records.read_bytes().replace(b"content 1", b"c0ntent 1"))
    assert desk.drain() == drain.DrainResult(2, 0, "")
    assert desk.git("ls-files", "tickets").split() == ["tickets/0.md", "tickets/2.md"]
    [(_, why)] = pending.Queue(desk.layout).aside()
    assert "checksum" in why
    assert desk.status() == "?? tickets/1.md\n"


# Who drains


def test_who_finds_the_commit_lock_taken_leaves_its_change_to_the_holder(desk: SmallDesk) -> None:
    """DECISIONS 11: whoever holds the lock drains."""
    desk.queue(TICKET, b"one\n")
    where = desk.layout
    with lock.hold(where.commit_lock, timeout=1, modes=where.modes):
        result = desk.drain()
        assert (result.committed, result.left) == (0, 1)
        assert "another desk command is committing" in result.why
    assert desk.drain().committed == 1


def test_eight_processes_at_once_all_land(desk: SmallDesk) -> None:
    """RELIABILITY G4, with a person committing at the same time."""
    script = Path(__file__).parents[1] / "small_desk.py"
    workers = [
        subprocess.Popen([sys.executable, script, desk.root, f"w{number}", "25"]) for number in range(8)
    ]
    for number in range(10):
        # A person goes on working in the same repository.
        (desk.root / "notes.txt").write_text(f"{number}\n")
        desk.git("add", "notes.txt", check=False)
        desk.git("commit", "-q", "-m", f"by hand {number}", "--", "notes.txt", check=False)
    assert [worker.wait() for worker in workers] == [0] * 8
    assert desk.drain().left == 0
    names = {f"w{worker}.{number}" for worker in range(8) for number in range(25)}
    subjects = [subject for subject in desk.subjects() if not subject.startswith(("by hand", "Begin"))]
    assert sorted(subjects) == sorted(names)
    shared = desk.content("tickets/shared.md").splitlines()
    assert sorted(shared) == sorted(name for name in names if int(name.split(".")[1]) % 5 == 0)
    assert [subject for subject in subjects if subject in shared] == shared
    assert desk.git("status", "--porcelain", "--", "tickets") == ""
    assert desk.is_sound()


def test_a_batch_commits_each_change_by_itself(desk: SmallDesk) -> None:
    """One commit a mail, whatever the chunks."""
    with drain.BatchCommitter(desk.layout, DESK, chunk=20) as batch:
        for number in range(150):
            path = f"tickets/2026/{number % 12:02d}/TICKET-{number % 100}.md"
            data = f"{number}\n".encode()
            desk.write(path, data)
            batch.commit(desk.commit(path, data, f"change {number}"))
    assert batch.result == drain.DrainResult(150, 0, "")
    assert desk.subjects()[1:] == [f"change {number}" for number in range(150)]
    assert desk.status() == ""
    assert desk.is_sound()


def test_a_batch_that_fails_in_the_middle_has_committed_what_happened(desk: SmallDesk) -> None:
    """What is queued has happened."""
    batch = drain.BatchCommitter(desk.layout, DESK, chunk=3)

    def fail_after_ten() -> None:
        with batch:
            for number in range(10):
                desk.write(f"tickets/{number}.md", b"x")
                batch.commit(desk.commit(f"tickets/{number}.md", b"x", f"change {number}"))
            raise KeyError

    with pytest.raises(KeyError):
        fail_after_ten()
    assert batch.result.committed == 10
    assert desk.status() == ""


def test_a_batch_goes_on_when_git_does_not(desk: SmallDesk) -> None:
    """Git is best effort; the changes wait."""
    (desk.layout.git_dir / "MERGE_HEAD").write_text(desk.git("rev-parse", "HEAD"))
    with drain.BatchCommitter(desk.layout, DESK, chunk=3) as batch:
        for number in range(10):
            desk.write(f"tickets/{number}.md", b"x")
            batch.commit(desk.commit(f"tickets/{number}.md", b"x", f"change {number}"))
    assert batch.result == drain.DrainResult(0, 10, "a merge is going on")
    (desk.layout.git_dir / "MERGE_HEAD").unlink()
    assert desk.drain().committed == 10
