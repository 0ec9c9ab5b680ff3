"""`desk-ingest`, a process a mail: 0, silent, in bounds; all that is hostile and a sample of the corpus."""

from __future__ import annotations

import hashlib

import pytest
from corpus.score import corpus_mails
from corpus_door.front import MEBIBYTES, SECONDS, Ended, Front, hostile_mails
from mail.hostile_mails import huge_mails

SLICES = 4
SAMPLE = 40


def sample() -> list[tuple[str, bytes]]:
    """(name, mail): all that is hostile and every so many of the corpus."""
    real = corpus_mails()
    chosen = real[:: len(real) // SAMPLE]
    mails = [*hostile_mails().items(), *((mail.name, mail.read_bytes()) for mail in chosen)]
    # No mail server hands over nothing: that is a broken pipe, and 75.
    return [(name, raw) for name, raw in mails if raw]


def faults(ended: Ended) -> list[str]:
    """What a mail server or a person watching the machine would complain of."""
    return [
        *([f"ended with {ended.code}"] if ended.code else []),
        *([f"said {ended.out + ended.err!r}"] if ended.out + ended.err else []),
        *([f"took {ended.seconds:.1f} s"] if ended.seconds >= SECONDS else []),
        *([f"took {ended.mebibytes:.0f} MiB"] if ended.mebibytes >= MEBIBYTES else []),
    ]


def hold_in_order(front: Front) -> None:
    """Nothing is amiss, nothing is uncommitted, nothing was complained of."""
    checked = front.desk("fsck", "--full", "--json")
    assert checked.err == b""
    assert checked.documents()[0]["items"] == []
    assert front.git("status", "--porcelain=v1", "--untracked-files=all") == ""
    assert front.desk("ingest", "--retry", "--json").documents() == []
    log = front.root.parent / "errors.log"
    assert not log.exists() or log.read_text() == ""


@pytest.mark.parametrize("number", range(SLICES))
def test_each_mail_is_taken_in_silence_within_bounds(
    number: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    front = Front.make(tmp_path_factory.mktemp("door"))
    mails = sample()[number::SLICES]
    found = {name: faults(front.deliver(raw)) for name, raw in mails}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    for name, raw in mails:
        assert front.kept(hashlib.sha256(raw).hexdigest()) == raw, name
    hold_in_order(front)
    before = front.git("rev-parse", "HEAD")
    for name, raw in mails[::8]:
        assert faults(front.deliver(raw)) == [], name
    assert front.git("rev-parse", "HEAD") == before


def test_mail_as_large_as_a_server_hands_over(tmp_path_factory: pytest.TempPathFactory) -> None:
    front = Front.make(tmp_path_factory.mktemp("huge"))
    for name, raw in huge_mails().items():
        assert faults(front.deliver(raw)) == [], name
        assert front.kept(hashlib.sha256(raw).hexdigest()) == raw, name
    hold_in_order(front)
    size = sum(path.stat().st_size for path in front.root.glob("tickets/**/*") if path.is_file())
    # Nothing is unpacked, and what is too large to parse stays outside of the tickets.
    assert size < 30_000_000
