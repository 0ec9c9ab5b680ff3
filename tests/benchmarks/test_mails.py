"""The benchmarks' mail: the same for the same seed, about 4 KB, and as a mail reader expects it."""

from __future__ import annotations

import hashlib
import importlib
import mailbox
import subprocess
import sys
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def mails() -> Iterator[ModuleType]:
    """The module benchmarks/mails.py, which finds its neighbours as a program does."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        yield importlib.import_module("mails")
    finally:
        sys.path.remove(str(BENCHMARKS))
        for name in ("mails", "phrases"):
            sys.modules.pop(name, None)


def test_the_same_seed_gives_the_same_bytes_in_another_process(mails: ModuleType, tmp_path: Path) -> None:
    """Nothing of a process (hash seed, clock) leaks into the mail."""
    script = [sys.executable, BENCHMARKS / "mails.py", "--count", "60", "--as", "files", tmp_path / "out"]
    subprocess.run(script, check=True)
    other = b"".join(each.read_bytes() for each in sorted((tmp_path / "out").iterdir()))
    here = b"".join(mail.raw for mail in mails.make_mails(60))
    assert hashlib.sha256(here).hexdigest() == hashlib.sha256(other).hexdigest()


def test_a_longer_run_begins_with_the_shorter_and_another_seed_differs(mails: ModuleType) -> None:
    """Runs of different sizes measure the same mail."""
    short = [mail.raw for mail in mails.make_mails(50)]
    assert [mail.raw for mail in mails.make_mails(80)][:50] == short
    assert [mail.raw for mail in mails.make_mails(50, seed=2)] != short


def test_it_looks_like_support_mail(mails: ModuleType) -> None:
    """The shares the method promises."""
    made = list(mails.make_mails(1500))
    assert 3_600 < sum(len(mail.raw) for mail in made) / len(made) < 4_600
    assert 0.26 < sum(mail.is_reply for mail in made) / len(made) < 0.34
    assert len({mail.message_id for mail in made}) == len(made)
    kinds = [message_from_bytes(mail.raw).get_content_type() for mail in made]
    assert 0.2 < kinds.count("multipart/alternative") / len(made) < 0.4
    assert 0.07 < kinds.count("multipart/mixed") / len(made) < 0.13
    assert not any(mail.is_reply for mail in mails.make_mails(50, replies=0))


def test_a_strict_reader_finds_nothing_wrong_with_it(mails: ModuleType) -> None:
    """Charsets, transfer encodings and boundaries are right; a customer answers his own thread."""
    sent: dict[str, str] = {}
    for mail in mails.make_mails(400):
        message = message_from_bytes(mail.raw, policy=default)
        assert [part.defects for part in message.walk() if part.defects] == []
        assert message["from"].addresses[0].addr_spec == mail.sender
        assert all(part.get_content() for part in message.walk() if part.get_content_maintype() == "text")
        if mail.is_reply:
            assert sent[str(message["in-reply-to"]).strip("<>")] == mail.sender
        sent[mail.message_id] = mail.sender


def test_every_form_holds_every_mail(mails: ModuleType, tmp_path: Path) -> None:
    """Maildir and mbox, read back by the standard library."""
    made = list(mails.make_mails(30))
    ids = [f"<{mail.message_id}>" for mail in made]
    mails.write_maildir(tmp_path / "maildir", made)
    mails.write_mbox(tmp_path / "mbox", made)
    maildir = mailbox.Maildir(tmp_path / "maildir", create=False)
    assert sorted(message["message-id"] for message in maildir) == sorted(ids)
    mbox = mailbox.mbox(tmp_path / "mbox", create=False)
    assert [message["message-id"] for message in mbox] == ids
    mbox.close()
