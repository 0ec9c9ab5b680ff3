"""Two clones change one customer: what comes together by itself, and what is left to a person."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage.customer_files import read
from helpdesk_cli.storage.customer_merge import customer_place, merge_customer_files

if TYPE_CHECKING:
    from pathlib import Path

PLACE = "customers/ada.md"
BASE = b"""\
---
uid: 4vq7m3x9k2wd8h5n
name: Ada   # as she signs
addresses:
- ada@x.example
- old@x.example
tags: [a]
---

Likes tea.
"""


def merged(ours: bytes, theirs: bytes, base: bytes = BASE) -> bytes:
    data, left = merge_customer_files(base, ours, theirs, place=PLACE)
    assert left == ""
    read(data, place=PLACE)
    return data


def with_line(line: str, data: bytes = BASE) -> bytes:
    return data.replace(b"tags:", f"{line}\ntags:".encode())


def test_different_keys_in_one_place_come_together_c7() -> None:
    ours, theirs = with_line("tier: gold"), with_line("vip: yes")
    for one, other in ((ours, theirs), (theirs, ours)):
        found = read(merged(one, other), place=PLACE)
        assert (found.tier, found.vip) == ("gold", True)
        assert b"name: Ada   # as she signs\n" in merged(one, other)


def test_lists_have_what_either_added_and_neither_took_out_c7() -> None:
    ours = BASE.replace(b"- old@x.example", b"- home@x.example").replace(b"[a]", b"[a, b]")
    theirs = BASE.replace(b"- old@x.example", b"- old@x.example\n- work@x.example").replace(b"[a]", b"c")
    found = read(merged(ours, theirs), place=PLACE)
    assert set(found.addresses) == {"ada@x.example", "home@x.example", "work@x.example"}  # type: ignore[union-attr]
    assert found.tags == ("b", "c")


def test_notes_that_both_added_follow_each_other_c7() -> None:
    ours, theirs = BASE + b"\nMoved.\n", BASE + b"\nCalled.\n"
    assert merged(ours, theirs) == merged(theirs, ours)
    assert merged(ours, theirs).endswith(b"Likes tea.\n\nCalled.\n\nMoved.\n")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Prefers phone calls\n", "Prefers phone, not mail\n"),
        ("Prefers phone\n\nMoved.\n", "Prefers phone, not mail\n"),
        ("Prefers phone\nAt noon.\n", "Prefers phone\nIn the evening.\n"),
        ("Prefers phone\n  At noon.\n", "Prefers phone\n\nMoved.\n"),
    ],
)
def test_a_line_that_both_changed_is_no_paragraph_that_both_added_c7(ours: str, theirs: str) -> None:
    base = BASE.replace(b"Likes tea.", b"Prefers phone")
    sides = [base.replace(b"Prefers phone\n", side.encode()) for side in (ours, theirs)]
    for one, other in (sides, sides[::-1]):
        data, left = merge_customer_files(base, one, other, place=PLACE)
        assert left == "changed on both sides in the same place: the notes"
        for line in (*ours.splitlines(), *theirs.splitlines()):
            assert f"{line}\n".encode() in data
        assert b"<<<<<<< " in data


def test_what_both_added_stands_once_c7() -> None:
    for start in (b"\nLikes tea.\n", b""):
        base = BASE.replace(b"\nLikes tea.\n", start)
        ours, theirs = base + b"\nMoved.\n\nCalled.\n", base + b"\nMoved.\n  \n\nHas a dog.\nIt barks.\n"
        assert merged(ours, theirs, base) == merged(theirs, ours, base)
        added = b"\nMoved.\n\nCalled.\n\nHas a dog.\nIt barks.\n"
        assert merged(ours, theirs, base) == base + added


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        (with_line("tier: gold"), with_line("tier: free"), "tier"),
        (with_line("tier: gold"), with_line("# by hand\nvip: yes"), "in the same place"),
        (BASE.replace(b"tea", b"coffee"), BASE.replace(b"tea", b"water"), "the notes"),
        (with_line("tier: gold"), with_line("vip: perhaps"), "not merged by meaning"),
    ],
)
def test_what_only_a_person_can_settle_is_left_with_marks_c7(ours: bytes, theirs: bytes, said: str) -> None:
    data, left = merge_customer_files(BASE, ours, theirs, place=PLACE)
    assert said in left
    assert b"<<<<<<< " in data
    assert b">>>>>>> " in data


def test_one_person_written_down_by_two_clones_is_one_c7() -> None:
    ours = b"---\nuid: bbbbbbbbbbbbbbbb\nname: Ada\naddresses: [ada@x.example]\ntier: gold\n---\n"
    theirs = b"---\nuid: aaaaaaaaaaaaaaaa\nname: Ada\naddresses: [ADA@x.example, b@x.example]\n---\n\nTea.\n"
    found = read(merged(ours, theirs, b""), place=PLACE)
    assert (found.uid, found.tier, found.notes) == ("aaaaaaaaaaaaaaaa", "gold", "Tea.")
    stranger = theirs.replace(b"ADA@x.example, b@x", b"other@y")
    data, left = merge_customer_files(b"", ours, stranger, place=PLACE)
    assert left == "two files of one name, made by two clones"
    assert b"<<<<<<< " in data


def test_a_clean_merge_by_line_keeps_every_byte() -> None:
    ours = BASE.replace(b"uid:", b"# first\nuid:")
    theirs = BASE.replace(b"tea.", b"tea, green.")
    assert merged(ours, theirs) == ours.replace(b"tea.", b"tea, green.")


def as_windows(data: bytes) -> bytes:
    return data.replace(b"\n", b"\r\n")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (with_line("tier: gold"), with_line("vip: yes")),
        (BASE + b"\nMoved.\n", BASE + b"\nCalled.\n"),
        (BASE.replace(b"[a]", b"[a, b]"), BASE.replace(b"tea", b"coffee") + b"\nCalled.\n"),
        (BASE.replace(b"\nLikes tea.\n", b"\nMoved.\n"), BASE),
    ],
)
def test_line_ends_are_no_change_and_stay_ours(ours: bytes, theirs: bytes) -> None:
    expected = merged(ours, theirs)
    for base in (BASE, as_windows(BASE)):
        for other in (theirs, as_windows(theirs)):
            assert merged(as_windows(ours), other, base) == as_windows(expected)
            assert merged(ours, other, base) == expected
    mark = b"\xef\xbb\xbf"
    windows = [mark + as_windows(each) for each in (ours, theirs, BASE)]
    assert merged(*windows) == mark + as_windows(expected)


def test_what_is_left_to_a_person_has_our_line_ends() -> None:
    ours, theirs = as_windows(with_line("tier: gold")), with_line("tier: free")
    data, left = merge_customer_files(BASE, ours, theirs, place=PLACE)
    assert "tier" in left
    assert b"<<<<<<< " in data
    assert b"\n" not in data.replace(b"\r\n", b"")


def test_which_paths_are_customers() -> None:
    for prefix in ("", "help desk/", "desks/one/"):
        for path in ("customers/a.md", "customers/organisations/a.md"):
            assert customer_place(f"{prefix}{path}", prefix=prefix) == path
            # git's driver is not told where the desk lies; its attributes are the desk's.
            assert customer_place(f"{prefix}{path}") == path
            assert customer_place(f"website/{path}", prefix=prefix) == ""
            assert customer_place(f"{prefix}website/{path}", prefix=prefix) == ""
    odd = ("customers/a.txt", "mycustomers/a.md", "customers/b/a.md", "tickets/2026/11/TICKET-1.md")
    assert not any(map(customer_place, odd))


def test_one_key_added_in_two_places_by_both_is_one_key() -> None:
    """By line that is clean, and says the key twice."""
    phone = b'phone: "+49 30 1"\n'
    ours, theirs = BASE.replace(b"name:", phone + b"name:"), BASE.replace(b"tags:", phone + b"tags:")
    for one, other in ((ours, theirs), (theirs, ours)):
        assert merged(one, other) == one
    more = theirs.replace(b"30 1", b"30 2")
    assert set(read(merged(ours, more), place=PLACE).phones) == {"+49 30 1", "+49 30 2"}
    tier = ours.replace(phone, b"tier: gold\n"), theirs.replace(phone, b"tier: free\n")
    data, left = merge_customer_files(BASE, *tier, place=PLACE)
    assert left == "changed on both sides in the same place: tier"
    words = (b"tier: gold\n", b"tier: free\n", b"<<<<<<< ", b">>>>>>> ")
    assert [word for word in words if word not in data] == []


@pytest.mark.parametrize(
    ("before", "after"),
    [(b"tags: [a]", b"vip: perhaps"), (b"---\n\nLikes", b"---\n\n<<<<<<< one\n\nLikes"), (b"---\n", b"")],
)
def test_what_was_broken_before_is_in_no_sync_s_way(before: bytes, after: bytes) -> None:
    base = BASE.replace(before, after) + b"\nMiddle.\n\nLast.\n"
    with pytest.raises(InvalidFileError):
        read(base, place=PLACE)
    ours, theirs = base.replace(b"tea", b"coffee"), base.replace(b"Last", b"The last")
    both = ours.replace(b"Last", b"The last")
    assert merge_customer_files(base, ours, theirs, place=PLACE) == (both, "")
    # Whoever mends it meanwhile has mended it.
    mended = base.replace(after, before, 1) if after else BASE + b"\nMiddle.\n\nLast.\n"
    data, left = merge_customer_files(base, mended, theirs, place=PLACE)
    assert (data, left) == (mended.replace(b"Last", b"The last"), "")


def test_git_itself_merges_them_so(tmp_path: Path) -> None:
    """By `git pull` in two clones, each set up by `desk init`."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "DESK_AGENT": "dana",
        "EMAIL": "person@example.org",
        "HOME": str(tmp_path),
    }
    program = (
        f"#!/bin/sh\nexec '{sys.executable}' -c 'from helpdesk_cli.cli.main import main; main()' \"$@\"\n"
    )
    (tmp_path / "desk").write_text(program)
    (tmp_path / "desk").chmod(0o755)

    def run(line: str, folder: str) -> str:
        done = subprocess.run(
            ["sh", "-ec", line], cwd=tmp_path / folder, env=environment, check=False, capture_output=True
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    run("desk init -q one && cd one && desk customer new 'Ada <ada@x.example>'", ".")
    run("git clone -q one two && cd two && desk init -q .", ".")
    run("desk customer set ada tier=gold -m One.", "one")
    run("desk customer set ada vip=yes -m Two.", "two")
    run("git pull -q --no-rebase --no-edit", "two")
    found = read((tmp_path / "two/customers/ada.md").read_bytes(), place=PLACE)
    assert (found.tier, found.vip, found.notes) == ("gold", True, "One.\n\nTwo.")
    assert run("git status --porcelain", "two") == ""
