"""A heap of stored mail as people have it: whatever lies in it, everything that is a mail is taken in."""

from __future__ import annotations

import errno
import gzip
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from care.world import AT, World, write_mail

from helpdesk_cli.channels.sources import Source, find_mail
from helpdesk_cli.desk.ingest_many import ingest_many
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.errors import NotFoundError
from helpdesk_cli.mail.limits import LARGEST_MAIL
from helpdesk_cli.mail.mbox import mbox_entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.outcome import Ingested


@pytest.fixture
def heap(tmp_path: Path) -> Path:
    folder = tmp_path / "heap"
    folder.mkdir()
    return folder


def take(world: World, *sources: Source, dry_run: bool = False) -> dict[str, str]:
    """Outcome by the file's name."""
    done: list[Ingested] = list(ingest_many(world.desk, sources, Options(), dry_run=dry_run))
    return {each.file.rpartition("/")[2]: each.outcome for each in done}


@pytest.mark.parametrize("dry_run", [False, True])
def test_what_is_no_mail_stops_no_mail(world: World, heap: Path, *, dry_run: bool) -> None:
    for number in range(1, 4):
        (heap / f"{number}.eml").write_bytes(write_mail(number))
    os.mkfifo(heap / "a-fifo.eml")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(heap / "a-socket.eml"))
    (heap / "a-loop").symlink_to(heap)
    (heap / "a-circle").symlink_to("a-circle")
    (heap / "a-link-to-nothing.eml").symlink_to("nowhere")
    (heap / "a-link.eml").symlink_to("1.eml")
    (heap / "a-folder.eml").mkdir()
    (heap / "a-folder.eml" / "4.eml").write_bytes(write_mail(4))
    with (heap / "huge.eml").open("wb") as huge:
        huge.write(write_mail(5))
        huge.truncate(LARGEST_MAIL + 1)
    with open(os.fsencode(heap) + b"/\xff\n.eml", "wb") as odd:  # noqa: PTH123 - such a name is no Path
        odd.write(write_mail(6))
    outcomes = take(world, *find_mail(heap), dry_run=dry_run)
    assert {name: outcome for name, outcome in outcomes.items() if outcome != "created"} == (
        {"huge.eml": "left", "a-link.eml": "left", "a-loop": "left", "a-circle": "left"}
    )
    assert len(outcomes) == 9
    assert len(world.paths()) == (0 if dry_run else 5)
    assert world.status() == ""


def test_a_mail_that_is_moved_away_meanwhile_stops_no_other(world: World, heap: Path) -> None:
    """A mail program moves what it has seen from new to cur while we read."""
    for number in range(1, 30):
        (heap / f"{number:02}.eml").write_bytes(write_mail(number))

    def sources() -> Iterator[Source]:
        for source in find_mail(heap):
            if source.name.endswith(("05.eml", "29.eml")):
                (heap / source.name).unlink()
            yield source

    outcomes = take(world, *sources())
    assert [name for name, outcome in outcomes.items() if outcome != "created"] == ["05.eml", "29.eml"]
    assert len(world.paths()) == 27


def test_a_huge_mail_in_an_mbox_stops_no_other(world: World, heap: Path) -> None:
    """Read a second time, when the mailbox has been read to its end."""
    mails = [write_mail(1), write_mail(2) + b"x" * 150_000_000, write_mail(3)]
    (heap / "box").write_bytes(b"".join(b"From somebody\n" + mail + b"\n\n" for mail in mails))
    outcomes = take(world, *find_mail(heap / "box"))
    assert [outcomes[f"box:{number}"] for number in (1, 3)] == ["created", "created"]
    assert outcomes["box:2"] in {"created", "unparsed"}


FROM = b"From ada@example.org Fri Nov 20 09:00:00 2026\n"


@pytest.mark.parametrize(
    ("box", "mails"),
    [
        (FROM + b"A: 1\n\nx\n\n" + FROM + b"B: 2\n\ny\n\n", [b"A: 1\n\nx\n", b"B: 2\n\ny\n"]),
        (FROM + b"A: 1\n\nx\n" + FROM + b"B: 2\n\ny", [b"A: 1\n\nx\n", b"B: 2\n\ny"]),
        (b"From x\r\nA: 1\r\n\r\nx\r\n\r\nFrom y\r\nB: 2\r\n", [b"A: 1\r\n\r\nx\r\n", b"B: 2\r\n"]),
        (
            FROM + b"A: 1\n\nx\nFrom here\n>From there\n\n" + FROM,
            [b"A: 1\n\nx\nFrom here\nFrom there\n", b""],
        ),
        (
            FROM + b"A: 1\n\n" + b"x" * 70_000 + b"From \n\n" + FROM,
            [b"A: 1\n\n" + b"x" * 70_000 + b"From \n", b""],
        ),
        (
            b"From a mail with a stray first line\nA: 1\n\nx\n",
            [b"From a mail with a stray first line\nA: 1\n\nx\n"],
        ),
        (b"", [b""]),
    ],
)
def test_a_mailbox_falls_apart_into_its_mails(heap: Path, box: bytes, mails: list[bytes]) -> None:
    (heap / "box").write_bytes(box)
    sources = list(find_mail(heap / "box"))
    assert [source.read() for source in sources] == mails


@pytest.mark.parametrize("name", ["nothing", "a-fifo", "a-link"])
def test_what_is_not_there_is_said(heap: Path, name: str) -> None:
    os.mkfifo(heap / "a-fifo")
    (heap / "a-link").symlink_to("nowhere")
    with pytest.raises(NotFoundError):
        list(find_mail(heap / name))


def maildir(place: Path, number: int) -> None:
    """A Maildir with one mail in it."""
    for part in ("cur", "new", "tmp"):
        (place / part).mkdir(parents=True)
    (place / "cur" / f"{number}.M1.mx:2,S").write_bytes(write_mail(number))


def test_every_folder_of_a_maildir_however_it_is_laid_out(world: World, heap: Path) -> None:
    box = heap / "md"
    for number, name in enumerate(("", ".Sent", "Archive", "Archive/2019", "Clients/Ada", ".a/.b"), 1):
        maildir(box / name, number)
    for place in (box / ".broken", box / "Half"):
        (place / "cur").mkdir(parents=True)
        (place / "new").write_text("no folder")
    (box / "dovecot.index").write_text("x")
    (box / "cur" / "7.link").symlink_to("/etc/passwd")
    (box / "linked").symlink_to(heap)
    outcomes = take(world, *find_mail(box))
    assert outcomes.pop("7.link") == outcomes.pop("linked") == "left"
    assert sorted(outcomes) == [f"{number}.M1.mx:2,S" for number in range(1, 7)]
    assert set(outcomes.values()) == {"created"}


def test_a_folder_that_cannot_be_read_is_named(heap: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may read all: what the system says is put in its mouth."""
    for number, name in enumerate(("", ".S", "b"), 1):
        maildir(heap / name, number)
    real = os.scandir

    def scandir(folder: Path) -> Iterator[os.DirEntry[str]]:
        if str(folder).endswith(("/.S/cur", "/b")):
            raise PermissionError(errno.EACCES, "Permission denied", str(folder))
        return real(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    found = list(find_mail(heap))
    assert [each.name.removeprefix(str(heap)) for each in found] == [
        "/cur/1.M1.mx:2,S",
        "/.S/cur",
        "/b",
        "/b/cur/3.M1.mx:2,S",
    ]
    for each in found[1:3]:
        with pytest.raises(PermissionError):
            each.read()


def test_an_mbox_with_one_mail_is_one(heap: Path) -> None:
    """As `desk export` writes it."""
    mail = write_mail(1, text="Hello\nFrom here on.\n>From there.\n")
    (heap / "one.mbox").write_bytes(mbox_entry(mail, sender="ada@customer.example", at=AT))
    (source,) = find_mail(heap / "one.mbox")
    assert source.read().rstrip() == mail.rstrip()
    # In a Maildir each file is a mail, whatever it begins with.
    maildir(heap / "box", 2)
    (heap / "box" / "cur" / "3").write_bytes((heap / "one.mbox").read_bytes() * 2)
    assert len(list(find_mail(heap / "box"))) == 2


def test_what_is_clearly_no_mail_is_left_by_an_import(world: World, heap: Path) -> None:
    others = {
        "old.mbox.gz": (gzip.compress(write_mail(2)), "packed"),
        "x.json": (b' {"tickets": []}', "--mapping"),
        "pic.jpg": (b"\xff\xd8\xff\xe0", "picture"),
        "Inbox.msf": (b'// <!-- <mdb:mork:z v="1.4"/> -->\n', ""),
    }
    for name, (data, _) in others.items():
        (heap / name).write_bytes(data)
    (heap / "1.eml").write_bytes(write_mail(1))
    done = {
        Path(each.file).name: each
        for each in ingest_many(world.desk, find_mail(heap, checks=True), Options())
    }
    assert done.pop("1.eml").outcome == "created"
    assert sorted(done) == ["old.mbox.gz", "pic.jpg", "x.json"]
    assert all(each.outcome == "left" and others[name][1] in each.why for name, each in done.items())
    # Live mail is never refused.
    assert len(list(find_mail(heap))) == 5


@pytest.mark.parametrize("count", [1, 2])
def test_a_trial_says_what_is_done_then(world: World, heap: Path, count: int) -> None:
    """Answers, a mail twice, our own answers: the same figures with and without --dry-run."""
    ours = "Lee Larsen <support@example.com>"
    mails = [
        write_mail(1),
        write_mail(2),
        write_mail(3, answers=1),
        write_mail(4, answers=3),
        write_mail(5, answers=2, sender="Eve <eve@other.example>"),
        write_mail(6, answers=1, sender=ours),
        write_mail(7, sender=ours),
        write_mail(8),
        write_mail(8, text="Other words\n"),
        write_mail(9, answers=99),
        write_mail(10, answers=99),
    ]
    for turn in range(count):
        for number, mail in enumerate(mails):
            (heap / f"{turn}-{number:02}.eml").write_bytes(mail)
    options = Options(status="closed", tags=("imported",), knows_own=True)
    trial = list(ingest_many(world.desk, find_mail(heap), options, dry_run=True))
    real = list(ingest_many(world.desk, find_mail(heap), options))
    assert [(each.file, each.outcome, each.ticket) for each in trial] == [
        (each.file, each.outcome, each.ticket) for each in real
    ]
    assert {each.outcome for each in real} >= {"created", "appended"}
