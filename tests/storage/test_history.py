"""What git remembers is read back as it was said."""

from __future__ import annotations

import itertools
import subprocess
from datetime import timedelta
from hashlib import sha1
from typing import TYPE_CHECKING

import pytest
from small_desk import AT, SmallDesk

from helpdesk_cli.errors import NotFoundError, TryAgainError
from helpdesk_cli.storage import history

if TYPE_CHECKING:
    from pathlib import Path

ONE, TWO = "tickets/2026/11/TICKET-1.md", "tickets/2026/11/TICKET-2.md"


def test_the_log_of_a_path_tells_who_when_what(desk: SmallDesk) -> None:
    """Newest first; trailers in their order, a folded one unfolded."""
    desk.change(ONE, b"1\n", "TICKET-1: open\n\nDesk-Op: op1\nDesk-Entry: m1\n and more")
    desk.change(TWO, b"2\n", "TICKET-2: open")
    desk.change(ONE, b"1\n2\n", "TICKET-1: assign to kim\n\nNot: a trailer, in the middle\n\nDesk-Op: op2")
    later, first = history.log(desk.layout, [ONE])
    assert (later.subject, later.trailers) == ("TICKET-1: assign to kim", (("Desk-Op", "op2"),))
    assert first.trailers == (("Desk-Op", "op1"), ("Desk-Entry", "m1 and more"))
    assert (first.author, first.at) == (("Kim", "kim@example.org"), AT)
    assert first.at.utcoffset() == timedelta(0)
    assert first.hash == desk.git("rev-parse", "HEAD~2").strip()
    assert [commit.subject for commit in history.log(desk.layout, [ONE, TWO], limit=2)] == [
        "TICKET-1: assign to kim",
        "TICKET-2: open",
    ]
    assert history.log(desk.layout, ["tickets/none.md"]) == []


def test_recent_commits_of_a_desk_in_a_subfolder_are_its_own(tmp_path: Path) -> None:
    """The rest of the repository is not the desk's story."""
    subprocess.run(["git", "init", "-q", "-b", "main", tmp_path / "all"], check=True)
    desk = SmallDesk.complete(tmp_path / "all/desk")
    desk.change(ONE, b"1\n", "ours")
    (tmp_path / "all/other").write_text("x")
    desk.git("add", "../other")
    desk.git("commit", "-q", "-m", "theirs")
    assert [commit.subject for commit in history.recent_commits(desk.layout, 5)] == ["ours", "Begin"]
    assert history.blob(desk.layout, "HEAD", ONE) == b"1\n"


def test_both_sides_of_a_merge_are_told(desk: SmallDesk) -> None:
    """Two clones' changes of one ticket both belong to its story; the merge itself does not."""
    desk.change(ONE, b"1\n", "open")
    desk.git("checkout", "-q", "-b", "side")
    desk.change(ONE, b"0\n1\n", "side", at=AT + timedelta(minutes=1))
    desk.git("checkout", "-q", "main")
    desk.change(ONE, b"0\n1\n", "main", at=AT + timedelta(minutes=2))
    desk.git("merge", "-q", "side")
    assert [commit.subject for commit in history.log(desk.layout, [ONE])] == ["main", "side", "open"]


def test_a_repository_without_commits_has_no_history(tmp_path: Path) -> None:
    """Not an error: a desk that has just begun."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "desk.yaml").touch()
    where = SmallDesk(tmp_path).layout
    assert history.log(where, [ONE]) == history.recent_commits(where, 5) == []
    assert history.blob(where, "HEAD", ONE) is None


def test_old_contents_come_back_byte_for_byte(desk: SmallDesk) -> None:
    """Newlines, NULs and all."""
    desk.change(ONE, b"one\0\r\n\n", "first")
    desk.change(ONE, b"", "second")
    assert history.blob(desk.layout, "HEAD~1", ONE) == b"one\0\r\n\n"
    assert history.blob(desk.layout, "HEAD", ONE) == b""
    assert history.blob(desk.layout, "HEAD~2", ONE) is None
    assert history.blob(desk.layout, "HEAD", "tickets") is None
    assert history.blob(desk.layout, "nothing", ONE) is None
    assert history.blob(desk.layout, "--batch-all-objects", ONE) is None
    with pytest.raises(NotFoundError):
        history.blob(desk.layout, "HEAD", "a\nb")


def test_uncommitted_paths_are_named(desk: SmallDesk) -> None:
    """For `desk fsck`: whatever lies below the folder and is not in HEAD as it lies there."""
    desk.change(ONE, b"1\n")
    desk.change(TWO, b"2\n")
    assert history.uncommitted(desk.layout) == ()
    (desk.root / ONE).write_text("edited\n")
    (desk.root / TWO).unlink()
    (desk.root / "tickets/ümläut\nx.md").write_text("new\n")
    (desk.root / "elsewhere").write_text("x")
    assert history.uncommitted(desk.layout, "tickets") == (ONE, TWO, "tickets/ümläut\nx.md")
    assert "elsewhere" in history.uncommitted(desk.layout)
    desk.git("add", "-A")
    assert history.uncommitted(desk.layout, "tickets/") == (ONE, TWO, "tickets/ümläut\nx.md")


def test_tidying_packs_what_has_piled_up_and_loses_nothing(desk: SmallDesk) -> None:
    """git-gc(1) --auto guesses from one of 256 folders: 27 objects in "17" stand for 6,700."""
    desk.change(ONE, b"1\n")
    history.tidy(desk.layout)
    assert "packs: 0" in desk.git("count-objects", "-v")
    contents = (b"%d\n" % number for number in itertools.count())

    def is_in_17(content: bytes) -> bool:
        return sha1(b"blob %d\0%s" % (len(content), content), usedforsecurity=False).digest()[0] == 0x17

    for content in itertools.islice(filter(is_in_17, contents), 30):
        desk.write(f"tickets/{content.decode().strip()}.md", content)
    desk.git("add", "-A")
    desk.git("commit", "-q", "-m", "many")
    history.tidy(desk.layout)
    told = desk.git("count-objects", "-v")
    assert "count: 0" in told
    assert "packs: 1" in told
    assert desk.content(ONE) == "1\n"
    assert desk.is_sound()


def test_what_git_cannot_read_is_an_error_to_try_again(desk: SmallDesk) -> None:
    """Not an empty history, which would say something else."""
    desk.change(ONE, b"1\n")
    tip = desk.git("rev-parse", "HEAD").strip()
    (desk.layout.git_dir / "objects" / tip[:2] / tip[2:]).unlink()
    with pytest.raises(TryAgainError):
        history.log(desk.layout, [ONE])
