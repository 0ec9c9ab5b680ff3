"""The desk is found from anywhere in it, in any kind of repository, without running git."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from small_desk import DESK, SmallDesk

from helpdesk_cli.errors import InvalidFileError, NotFoundError
from helpdesk_cli.storage import drain, layout, pending, refs
from helpdesk_cli.storage.durable import PRIVATE, SHARED


def test_found_upward_from_a_folder_of_it(desk: SmallDesk) -> None:
    """The usual desk: the whole repository."""
    deep = desk.root / "tickets/2026"
    deep.mkdir(parents=True)
    found = layout.find(deep)
    assert found == layout.Layout(desk.root, desk.root / ".git", desk.root / ".git")
    assert (found.state, found.top, found.inside(deep)) == (
        desk.root / ".git/desk",
        desk.root,
        "tickets/2026",
    )


def test_found_by_a_relative_path_and_through_links(
    desk: SmallDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People keep links to their desks."""
    (tmp_path / "link").symlink_to(desk.root)
    monkeypatch.chdir(tmp_path)
    assert layout.find(Path("link")).root == tmp_path / "link"
    SmallDesk(tmp_path / "link").change("tickets/1.md", b"1\n")
    assert desk.status() == ""


def test_no_desk_names_the_remedy(tmp_path: Path) -> None:
    """Exit code 3, and what to type."""
    with pytest.raises(NotFoundError, match="desk init"):
        layout.find(tmp_path)
    (tmp_path / "desk.yaml").touch()
    with pytest.raises(NotFoundError, match=r"not in a git repository.*desk init"):
        layout.find(tmp_path)


def test_a_desk_in_a_subfolder_commits_only_there(tmp_path: Path) -> None:
    """A company's one repository, with the desk as a part of it."""
    subprocess.run(["git", "init", "-q", "-b", "main", tmp_path / "all"], check=True)
    desk = SmallDesk.complete(tmp_path / "all/support/desk")
    where = desk.layout
    assert (where.prefix, where.top) == ("support/desk/", tmp_path / "all")
    assert where.state == tmp_path / "all/.git/desk"
    assert where.inside(desk.root / "tickets/1.md") == "support/desk/tickets/1.md"
    (tmp_path / "all/other").write_text("x")
    desk.change("tickets/1.md", b"1\n")
    assert desk.git("ls-tree", "-r", "--name-only", "--full-tree", "HEAD").split() == [
        "support/desk/.gitattributes",
        "support/desk/desk.yaml",
        "support/desk/tickets/1.md",
    ]
    assert desk.status() == "?? other\n"


def test_linked_working_trees_share_the_state_but_not_the_queue(desk: SmallDesk, tmp_path: Path) -> None:
    """A queue belongs to a branch and an index."""
    other = SmallDesk(tmp_path / "other")
    desk.git("worktree", "add", "-q", "-b", "side", str(other.root))
    assert other.layout.git_dir == desk.root / ".git/worktrees/other"
    assert other.layout.common_dir == desk.root / ".git"
    assert other.layout.state == desk.layout.state
    assert refs.head(other.layout).branch == "refs/heads/side"
    other.queue("tickets/1.md", b"side\n", "on side")
    desk.change("tickets/2.md", b"main\n", "on main")
    assert pending.Queue(other.layout).count() == 1
    assert other.drain() == drain.DrainResult(1, 0, "")
    assert (desk.subjects(), other.subjects()) == (["Begin", "on main"], ["Begin", "on side"])
    assert (desk.status(), other.status()) == ("", "")


def test_a_git_folder_elsewhere(tmp_path: Path) -> None:
    """`git init --separate-git-dir`, and submodules."""
    subprocess.run(
        ["git", "init", "-q", "-b", "main", f"--separate-git-dir={tmp_path / 'g'}", tmp_path / "d"],
        check=True,
    )
    desk = SmallDesk.complete(tmp_path / "d")
    assert desk.layout.git_dir == tmp_path / "g"
    desk.change("tickets/1.md", b"1\n")
    assert desk.status() == ""
    (desk.root / ".git").write_text("gitdir: ../nowhere\n")
    with pytest.raises(InvalidFileError, match="does not name a git folder"):
        layout.find(desk.root)


def test_modes_follow_the_state_folder(desk: SmallDesk) -> None:
    """Private or shared is decided once, by `desk init`."""
    assert desk.layout.modes == PRIVATE
    desk.layout.state.chmod(0o2770)
    assert desk.layout.modes == SHARED
    desk.queue("tickets/1.md", b"1\n")
    written = [*desk.layout.pending.iterdir(), desk.root / "tickets/1.md"]
    assert {path.stat().st_mode & 0o777 for path in written if path.name != "records.lock"} == {0o660}


def test_a_clone_without_state_is_completed_by_the_first_change(desk: SmallDesk, tmp_path: Path) -> None:
    """DECISIONS 15: nothing that a clone lacks is an error."""
    desk.git("clone", "-q", str(desk.root), str(tmp_path / "clone"))
    clone = SmallDesk(tmp_path / "clone")
    assert not clone.layout.state.exists()
    clone.change("tickets/1.md", b"1\n")
    assert clone.status() == ""


# What HEAD says


def test_head_is_read_as_git_reads_it(desk: SmallDesk) -> None:
    """Loose, packed, unborn, detached, and by a link of links."""
    where, tip = desk.layout, desk.git("rev-parse", "HEAD").strip()
    assert refs.head(where) == refs.Head("refs/heads/main", tip)
    desk.git("pack-refs", "--all")
    assert refs.head(where) == refs.Head("refs/heads/main", tip)
    desk.git("symbolic-ref", "refs/heads/also", "refs/heads/main")
    desk.git("symbolic-ref", "HEAD", "refs/heads/also")
    assert refs.head(where) == refs.Head("refs/heads/main", tip)
    desk.git("checkout", "-q", "--orphan", "new/born")
    assert refs.head(where) == refs.Head("refs/heads/new/born", "")
    desk.git("checkout", "-q", "-f", "main")
    desk.git("checkout", "-q", "--detach")
    assert refs.head(where) == refs.Head("", tip)


def test_head_as_a_link_is_asked_of_git(desk: SmallDesk) -> None:
    """How git wrote it before 2006; reftable takes the same way."""
    head = desk.layout.git_dir / "HEAD"
    head.unlink()
    head.symlink_to("refs/heads/main")
    assert refs.head(desk.layout) == refs.Head("refs/heads/main", desk.git("rev-parse", "HEAD").strip())
    assert drain.drain(desk.layout, DESK).left == 0


def test_the_repository_of_a_stranger_is_not_ours(desk: SmallDesk) -> None:
    """What is_ours says of owners is tested with real users; this is the plain case."""
    assert layout.is_ours(desk.layout)
    assert os.geteuid() == desk.layout.common_dir.stat().st_uid
