"""A heap of stored mail as people have it: whatever lies in it, everything that is a mail is taken in."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail

from helpdesk_cli.channels.sources import Source, find_mail
from helpdesk_cli.desk.ingest_many import ingest_many
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.errors import NotFoundError
from helpdesk_cli.mail.limits import LARGEST_MAIL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
        {"huge.eml": "deferred"} if dry_run else {"huge.eml": "deferred", "a-link.eml": "duplicate"}
    )
    assert len(outcomes) == 7
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
