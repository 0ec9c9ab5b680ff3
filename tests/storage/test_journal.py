"""Records are read in the order they were added, and damage costs no more than what it hit."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from needs import needs

from helpdesk_cli.storage import journal as journals
from helpdesk_cli.storage.durable import PRIVATE
from helpdesk_cli.storage.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

EVERYTHING = {"records": 1000, "size": 10**9}


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """An empty journal."""
    return Journal(tmp_path, PRIVATE)


def test_added_read_and_forgotten(journal: Journal) -> None:
    """The file is emptied when its last record is forgotten; numbers go on."""
    assert journal.is_empty
    assert [journal.append(data) for data in (b"a", b"", b"c\n\0" * 100_000)] == [1, 2, 3]
    assert journal.read(0, **EVERYTHING) == [(1, b"a"), (2, b""), (3, b"c\n\0" * 100_000)]
    journal.forget(2)
    assert (journal.read(0, **EVERYTHING), journal.count(0)) == ([(3, b"c\n\0" * 100_000)], 1)
    journal.forget(3)
    assert journal.is_empty
    assert journal.append(b"d") == 4
    assert journal.read(4, **EVERYTHING) == []


def test_read_up_to_so_many_and_so_much_but_one_at_least(journal: Journal) -> None:
    """A mail of 25 MB is one record."""
    for _ in range(5):
        journal.append(b"x" * 100)
    assert [number for number, _ in journal.read(0, records=2, size=10**9)] == [1, 2]
    assert [number for number, _ in journal.read(0, records=9, size=150)] == [1, 2]
    assert [number for number, _ in journal.read(2, records=9, size=0)] == [3]


def test_a_journal_that_never_empties_does_not_grow_for_ever(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under a steady flood the worked-off part is left behind."""
    monkeypatch.setattr(journals, "_SLACK", 5000)
    for number in range(1, 101):
        journal.append(b"x" * 1000)
        journal.forget(number - 1)
        assert journal.read(0, **EVERYTHING) == [(number, b"x" * 1000)]
    assert (tmp_path / "records").stat().st_size < 8000


def test_a_damaged_body_costs_that_record(journal: Journal, tmp_path: Path) -> None:
    """Its length still leads to the next."""
    for data in (b"one", b"two", b"three"):
        journal.append(data)
    records = tmp_path / "records"
    records.write_bytes(records.read_bytes().replace(b"two", b"t?o"))
    assert journal.read(0, **EVERYTHING) == [(1, b"one"), (2, None), (3, b"three")]


def test_a_damaged_header_costs_what_follows_and_nothing_later(journal: Journal, tmp_path: Path) -> None:
    """No text inside a record is ever taken for a record: mail could forge one."""
    forged = b"desk-record 0000000000000002 000000000001 " + b"0" * 64 + b"\nx"
    for data in (b"one", forged, b"three"):
        journal.append(data)
    records = tmp_path / "records"
    records.write_bytes(records.read_bytes().replace(b"\n" + forged[:20], b"?" + forged[:20], 1))
    assert journal.read(0, **EVERYTHING) == [(1, b"one"), (3, None)]
    journal.forget(3)
    assert journal.append(b"four") == 4
    assert journal.read(0, **EVERYTHING) == [(4, b"four")]


@pytest.mark.parametrize("lost", ["records.lock", "records"])
def test_either_file_may_be_lost_or_empty(journal: Journal, tmp_path: Path, lost: str) -> None:
    """A power cut can leave either behind the other."""
    journal.append(b"one")
    (tmp_path / lost).write_bytes(b"")
    left = [] if lost == "records" else [(1, b"one")]
    assert journal.read(0, **EVERYTHING) == left
    assert journal.append(b"two") == 2
    assert journal.read(0, **EVERYTHING) == [*left, (2, b"two")]


def test_numbers_begin_above_the_lowest(tmp_path: Path) -> None:
    """What is noted elsewhere as done is never given out again."""
    assert Journal(tmp_path, PRIVATE, lowest=41).append(b"") == 42
    assert Journal(tmp_path, PRIVATE).append(b"") == 43


@needs("strace")
@pytest.mark.parametrize(
    ("call", "fault"), [("pwrite64", "ENOSPC"), ("fsync", "EIO"), ("pwrite64", "EDQUOT")]
)
def test_a_failed_append_leaves_no_trace(journal: Journal, tmp_path: Path, call: str, fault: str) -> None:
    """75, and the journal is as it was."""
    journal.append(b"one")
    before = (tmp_path / "records").read_bytes()
    script = (
        "import sys; from pathlib import Path; from helpdesk_cli.storage.journal import Journal;"
        "from helpdesk_cli.storage.durable import PRIVATE; from helpdesk_cli.errors import DeskError\n"
        "try: Journal(Path(sys.argv[1]), PRIVATE).append(b'two')\n"
        "except DeskError as error: sys.exit(error.exit_code)"
    )
    strace = ["strace", "-o", tmp_path / "trace", "-e", f"inject={call}:error={fault}:when=1"]
    done = subprocess.run([*strace, sys.executable, "-c", script, tmp_path], check=False)
    assert "(INJECTED)" in (tmp_path / "trace").read_text()
    assert done.returncode == 75
    assert (tmp_path / "records").read_bytes() == before
    assert journal.append(b"two") == 2
