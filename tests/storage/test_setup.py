"""`desk init`'s part in git: settings that are written once, and rights whatever the umask."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from small_desk import SmallDesk

from helpdesk_cli.storage import layout, setup

if TYPE_CHECKING:
    from pathlib import Path


def open_to_others(root: Path) -> list[str]:
    """The paths that somebody outside the owner and the group may read, write or enter."""
    paths = [root, *root.rglob("*")]
    return [str(path) for path in paths if not path.is_symlink() and path.stat().st_mode & 0o007]


def test_a_new_repository_is_private_whatever_the_umask(tmp_path: Path) -> None:
    """DECISIONS 16: 0700 and 0600."""
    before = os.umask(0)
    try:
        setup.git_init(tmp_path / "deep/desk")
    finally:
        os.umask(before)
    git_dir = tmp_path / "deep/desk/.git"
    assert (git_dir / "HEAD").read_text() == "ref: refs/heads/main\n"
    assert not (git_dir / "hooks").exists()
    assert open_to_others(tmp_path / "deep") == []


def test_twice_harms_nothing(desk: SmallDesk) -> None:
    """And what a person has set stays, but for what desk needs."""
    desk.git("config", "user.name", "Kim")
    desk.change("tickets/1.md", b"1\n")
    config = desk.layout.common_dir / "config"
    before = config.read_text()
    setup.git_init(desk.root)
    setup.configure(desk.layout)
    assert config.read_text() == before
    found = setup.settings(desk.layout)
    assert found["merge.desk.driver"].startswith("desk merge-driver %O %A %B %P || ")
    assert (found["core.fsync"], found["user.name"]) == ("all", "Kim")
    assert desk.subjects() == ["Begin", "tickets/1.md: change"]


def test_the_attributes_give_tickets_the_driver_and_their_bytes(desk: SmallDesk) -> None:
    """A ticket is merged by entries; nothing below tickets/ has its line ends changed."""
    said = desk.git(
        "check-attr", "merge", "text", "--", "tickets/2026/11/TICKET-1.md", "tickets/1/x.pdf", "README.md"
    )
    assert said.splitlines() == [
        "tickets/2026/11/TICKET-1.md: merge: desk",
        "tickets/2026/11/TICKET-1.md: text: unset",
        "tickets/1/x.pdf: merge: unspecified",
        "tickets/1/x.pdf: text: unset",
        "README.md: merge: unspecified",
        "README.md: text: unspecified",
    ]


def test_a_shared_desk_is_open_to_its_group_and_nobody_else(desk: SmallDesk) -> None:
    """Also what git writes later, and what was there before."""
    group = os.getegid()
    (desk.root / "run.sh").write_text("#!/bin/sh\n")
    (desk.root / "run.sh").chmod(0o755)
    (desk.root / "link").symlink_to("/etc/passwd")
    setup.configure(desk.layout, group=group)
    before = os.umask(0o077)
    try:
        for number in range(3):
            desk.change(f"tickets/2026/{number}/{number}.md", b"x")
    finally:
        os.umask(before)
    assert open_to_others(desk.root) == []
    for path in [desk.root, *desk.root.rglob("*")]:
        if path.is_symlink():
            continue
        mode = path.stat().st_mode
        owner, theirs = mode >> 6 & 7, mode >> 3 & 7
        # records.lock and git's own files may be narrower for neither.
        assert owner == theirs, (path, oct(mode))
        assert not path.is_dir() or mode & 0o2000, path
    assert desk.git("status", "--porcelain", "--", "tickets", "desk.yaml") == ""
    assert (desk.root / "run.sh").stat().st_mode & 0o777 == 0o770


def test_a_git_folder_elsewhere_is_shared_too(tmp_path: Path) -> None:
    """`git init --separate-git-dir`."""
    subprocess.run(["git", "init", "-q", f"--separate-git-dir={tmp_path / 'g'}", tmp_path / "d"], check=True)
    (tmp_path / "d/desk.yaml").touch()
    setup.configure(layout.at(tmp_path / "d"), group=os.getegid())
    assert open_to_others(tmp_path / "g") == open_to_others(tmp_path / "d") == []


ODD = "*.md text eol=crlf working-tree-encoding=UTF-16 ident\n*.pdf filter=pointers text\n* text=auto\n"


def test_no_attributes_change_the_bytes_of_a_ticket(desk: SmallDesk) -> None:
    """Somebody tracks attachments with git-lfs, or a clone pushed this: what lies there is what git has."""
    (desk.root / ".gitattributes").write_text(setup.ATTRIBUTES + ODD)
    desk.git("config", "filter.pointers.clean", "sed s/x/pointer/")
    desk.git("config", "filter.pointers.required", "true")
    desk.git("commit", "-q", "-a", "-m", "Odd")
    desk.change("tickets/2026/11/TICKET-1.md", "$Id$\r\né\n".encode())
    desk.change("tickets/2026/11/TICKET-1/1-a.pdf", b"x\r\ny\n")
    assert desk.status() == ""
    assert desk.git("show", "HEAD:tickets/2026/11/TICKET-1.md") == "$Id$\r\né\n"
    assert desk.git("show", "HEAD:tickets/2026/11/TICKET-1/1-a.pdf") == "x\r\ny\n"


def test_a_person_s_own_attributes_stay(desk: SmallDesk) -> None:
    path = desk.layout.common_dir / "info" / "attributes"
    ours = path.read_text()
    path.write_text(f"*.txt -diff\n{ours}*.md text\n")
    setup.configure(desk.layout)
    setup.configure(desk.layout)
    assert path.read_text() == f"*.txt -diff\n*.md text\n{ours}"


@pytest.mark.parametrize(
    "name", ["desk", "a desk", 'the "desk"', "d\\esk", "[desk]*?", "dé\tsk", "!desk", "#desk"]
)
def test_a_desk_in_any_folder_of_a_larger_repository_has_its_attributes(tmp_path: Path, name: str) -> None:
    setup.git_init(tmp_path)
    (tmp_path / ".gitattributes").write_text("*.md text eol=crlf filter=x\n")
    desk = SmallDesk.complete(tmp_path / name)
    (desk.root / ".gitattributes").unlink()
    said = desk.git("check-attr", "-z", "text", "filter", "merge", "--", "tickets/2026/11/TICKET-1.md").split(
        "\0"
    )
    assert said[2:9:3] == ["unset", "unset", "desk"]
