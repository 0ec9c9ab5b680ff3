"""Originals and small records: kept durably, found again, damage told."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from helpdesk_cli.errors import InvalidFileError, NotFoundError
from helpdesk_cli.storage import raw, records

if TYPE_CHECKING:
    from pathlib import Path

    from small_desk import SmallDesk

MAIL = b"From: ada@example.org\r\nSubject: x\r\n\r\nHello\0\r\n"
DIGEST = hashlib.sha256(MAIL).hexdigest()


@pytest.mark.parametrize("sync", [True, False])
def test_a_mail_is_kept_once_byte_for_byte(desk: SmallDesk, sync: bool) -> None:  # noqa: FBT001 (pytest's way)
    """RELIABILITY G17."""
    state = desk.layout.state
    assert raw.keep(state, MAIL, sync=sync) == raw.keep(state, MAIL, sync=sync) == DIGEST
    assert raw.read(state, DIGEST) == MAIL
    assert raw.verify(state, DIGEST)
    assert list(raw.digests(state)) == [DIGEST]
    assert list((state / "tmp").iterdir()) == []
    assert (state / "raw" / DIGEST[:2] / DIGEST).stat().st_mode & 0o777 == 0o600


def test_a_damaged_copy_is_told_and_replaced_by_the_next_delivery(desk: SmallDesk) -> None:
    """A power cut in a batch can leave an empty file; the mail comes again."""
    state = desk.layout.state
    raw.keep(state, MAIL)
    raw.path_of(state, DIGEST).write_bytes(b"")
    assert not raw.verify(state, DIGEST)
    with pytest.raises(InvalidFileError, match="damaged"):
        raw.read(state, DIGEST)
    raw.keep(state, MAIL)
    assert raw.read(state, DIGEST) == MAIL


def test_an_original_that_is_elsewhere_is_said_to_be(desk: SmallDesk) -> None:
    """DECISIONS 14: exit 3."""
    with pytest.raises(NotFoundError, match="the host that took the mail in"):
        raw.read(desk.layout.state, DIGEST)
    with pytest.raises(NotFoundError):
        raw.read(desk.layout.state, "../../etc/passwd")


def test_records_come_and_go(desk: SmallDesk) -> None:
    """Set aside, tried again, filed."""
    kept = records.set_aside(desk.layout)
    assert (kept.names(), kept.get(DIGEST), kept.remove(DIGEST)) == ([], None, False)
    kept.put(DIGEST, {"why": "cannot be parsed", "tries": 1})
    kept.put(DIGEST, {"why": "cannot be parsed", "tries": 2})
    assert kept.get(DIGEST) == {"why": "cannot be parsed", "tries": 2}
    assert records.waiting(desk.layout).names() == []
    assert kept.remove(DIGEST)
    assert kept.names() == []


def test_one_bad_record_never_hides_the_others(desk: SmallDesk, tmp_path: Path) -> None:
    """RELIABILITY G12."""
    kept = records.set_aside(desk.layout)
    kept.put("b", {"tries": 1})
    folder = desk.layout.state / "set-aside"
    (folder / "a.json").write_text("[" * 100_000)
    (folder / "c.json").write_text("[1]")
    (folder / "d.json").symlink_to(tmp_path / "x")
    found = dict(kept.items())
    assert found["b"] == {"tries": 1}
    assert [name for name, record in found.items() if isinstance(record, InvalidFileError)] == ["a", "c", "d"]


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 300])
def test_names_of_records_are_plain(desk: SmallDesk, name: str) -> None:
    """They become file names."""
    with pytest.raises(ValueError, match="not a name"):
        records.set_aside(desk.layout).put(name, {})
