"""`desk reconcile`: what a mail server handed over is found wherever it is, and what is not here is named."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from care.world import AT, World, write_mail
from documented import faults
from export.conftest import DANA
from reconcile import logs

from helpdesk_cli.channels.maillog import Delivery, moment_of, read_logs
from helpdesk_cli.channels.sources import find_mail
from helpdesk_cli.cli.reconcile import as_document, as_line
from helpdesk_cli.desk.clock import filesystem_now_ns
from helpdesk_cli.desk.ingest import set_aside
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.desk.reconcile import (
    Reconciled,
    Wanted,
    check_compared,
    lines_of,
    read_ignored,
    reconcile_log,
)
from helpdesk_cli.desk.reconcile_mail import reconcile_mail
from helpdesk_cli.desk.redacting import Wish, redact
from helpdesk_cli.desk.spam import spam
from helpdesk_cli.errors import InvalidFileError, NotFoundError, UsageError
from helpdesk_cli.storage import raw

if TYPE_CHECKING:
    from pathlib import Path


def log_of(folder: Path, *pieces: str, **values: str) -> Path:
    """A log with these lines in it."""
    place = folder / "mail.log"
    place.write_text("".join(piece.format(**values) for piece in pieces))
    return place


def compare(
    world: World, *logs: Path, ignored: dict[str, str] | None = None, **chosen: list[str]
) -> Reconciled:
    """What `desk reconcile --maillog` finds."""
    done = Reconciled()
    wanted = Wanted.of(world.desk, **chosen)
    reconcile_log(world.desk, read_logs(logs, now=world.now), wanted, ignored or {}, done)
    return done


PIPED = logs.POSTFIX + logs.POSTFIX_PIPE
WAYS = {
    "Postfix, transport": (PIPED, "4Xk2Dp0QZ9z"),
    "Postfix, alias": (logs.POSTFIX + logs.POSTFIX_ALIAS, "4B1F22C0A3"),
    "Exim": (logs.EXIM, "1xUxHx-0002GW-1A"),
    "Exim 4.97": (logs.EXIM, "1xUxHx-00000002GWx-1Abc"),
    "sendmail, alias": (logs.SENDMAIL, "5AK8CfPa000904"),
    "sendmail, local": (logs.SENDMAIL_LOCAL, "5AK8CfPa000905"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_mail_that_is_here_is_found_and_one_that_is_not_is_named(
    world: World, tmp_path: Path, way: str
) -> None:
    world.take(write_mail(1))
    text, queue = WAYS[way]
    other = queue[:-2] + "77" if "-" not in queue else queue.replace("Hx", "Hy")
    log = tmp_path / "mail.log"
    log.write_text(
        text.format(queue=queue, id="m1@customer.example")
        + text.format(queue=other, id="m2@customer.example")
    )
    done = compare(world, log)
    assert dict(done.counts) == {"ticket": 1, "missing": 1}
    (told,) = lines_of(done)
    assert (told.name, told.sender) == ("m2@customer.example", "ada@customer.example")
    said = as_line(told)
    assert said.startswith("<m2@customer.example>, from ada@customer.example, ")
    assert f"({log}:" in said
    assert "`desk ingest FILE` takes it in" in said


def test_a_gzipped_log_says_the_same(world: World, tmp_path: Path) -> None:
    log = log_of(tmp_path, PIPED, queue="4B1F22C0A3", id="m1@customer.example")
    packed = tmp_path / "mail.log.2.gz"
    packed.write_bytes(gzip.compress(log.read_bytes()))
    assert [each.message_id for each in read_logs([packed], now=AT)] == [
        each.message_id for each in read_logs([log], now=AT)
    ]
    assert compare(world, packed).counts["missing"] == 1
    packed.write_bytes(packed.read_bytes()[:-12])
    with pytest.raises(InvalidFileError, match="no whole gzip file"):
        compare(world, packed)


@pytest.mark.parametrize(
    ("pieces", "outcome"),
    [
        ((logs.POSTFIX, logs.POSTFIX_DEFERRED), "queued"),
        ((logs.EXIM_DEFERRED,), "queued"),
        ((logs.POSTFIX, logs.POSTFIX_BOUNCED), "returned"),
        ((logs.POSTFIX, logs.POSTFIX_DEFERRED, logs.POSTFIX_PIPE), "missing"),
        ((logs.POSTFIX, logs.POSTFIX_FILTER), "missing"),
        ((logs.POSTFIX, logs.POSTFIX_FILTER, logs.POSTFIX_DEFERRED), "queued"),
        ((logs.POSTFIX, logs.POSTFIX_ALIAS, logs.POSTFIX_PIPE), "missing"),
    ],
)
def test_what_the_mail_server_did_last_counts(
    world: World, tmp_path: Path, pieces: tuple[str, ...], outcome: str
) -> None:
    queue = "1xUxHx-0002GW-1A" if pieces[0].startswith("2026") else "4B1F22C0A3"
    done = compare(world, log_of(tmp_path, *pieces, queue=queue, id="m9@customer.example"))
    assert dict(done.counts) == {outcome: 1}


def test_a_mail_for_somebody_else_is_none_of_ours(world: World, tmp_path: Path) -> None:
    """Nor does the answer of another mail server make it one of ours."""
    log = log_of(tmp_path, logs.POSTFIX, logs.ELSEWHERE, queue="4B1F22C0A3", id="m9@customer.example")
    done = compare(world, log)
    assert done.total == 0
    with pytest.raises(NotFoundError, match="no mail for this desk"):
        check_compared(done, [log])
    assert compare(world, log, to=["kim@other.example"]).counts["missing"] == 1
    assert compare(world, log, commands=["mx.other.example"]).counts["missing"] == 1


def test_a_name_that_is_used_again_is_another_mail(world: World, tmp_path: Path) -> None:
    world.take(write_mail(1))
    first, second = (PIPED.format(queue="4B1F22C0A3", id=f"m{n}@customer.example") for n in (1, 2))
    log = tmp_path / "mail.log"
    log.write_text(first + second)
    assert dict(compare(world, log).counts) == {"ticket": 1, "missing": 1}


def test_every_place_where_a_mail_can_be_has_its_name(world: World, tmp_path: Path) -> None:
    for number in range(1, 6):
        world.take(write_mail(number))
    spam(world.desk, ["2"], actor=DANA)
    redact(world.desk, Wish("3.1", why="asked"), actor=DANA)
    (broken,) = world.root.glob("tickets/*/*/TICKET-4.md")
    broken.write_text(broken.read_text().replace("\nstatus: new", "\nstatus: [", 1))
    waits = world.take(write_mail(6, answers=4))
    assert waits.outcome == "deferred"
    unfiled = raw.keep(world.desk.layout.state, write_mail(7))
    log = tmp_path / "mail.log"
    log.write_text(
        "".join(PIPED.format(queue=f"4B1F22C0A{n}", id=f"m{n}@customer.example") for n in range(1, 9))
    )
    done = compare(world, log, ignored={"m8@customer.example": "a trial of ours"})
    assert dict(done.counts) == {
        "ticket": 2,
        "spam": 1,
        "removed": 1,
        "broken": 1,
        "waiting": 1,
        "unfiled": 1,
        "ignored": 1,
    }
    (told,) = lines_of(done)
    assert unfiled[:12] in told.why
    assert told.remedy == "`desk fsck --repair` files it."
    assert faults(json.loads(json.dumps(as_document(done))), "reconciled") == []


def test_a_mail_without_an_id_is_found_by_the_servers_name_of_it(world: World, tmp_path: Path) -> None:
    """It stands in the Received line that the server wrote."""
    received = b"Received: from x ([192.0.2.7])\n\tby mx.example.org (Postfix) with ESMTPS\n\tid %s\n"
    mail = write_mail(1).replace(b"Message-ID: <m1@customer.example>\n", b"")
    world.take(received % b"4B1F22C0A3" + mail)
    # The same once more, as a list and an alias may bring it: of the copy only its original tells.
    world.take(received % b"4B1F22C0A4" + mail)
    log = tmp_path / "mail.log"
    log.write_text("".join(PIPED.format(queue=f"4B1F22C0A{n}", id="") for n in (3, 4, 5)))
    done = compare(world, log)
    assert dict(done.counts) == {"ticket": 2, "missing": 1}
    assert next(lines_of(done)).name == "4B1F22C0A5"
    for each in raw.digests(world.state):
        raw.remove(world.state, each)
    assert "keeps no originals" in next(lines_of(compare(world, log))).why


def test_procmails_own_log(world: World, tmp_path: Path) -> None:
    log = log_of(tmp_path, logs.PROCMAIL)
    assert dict(compare(world, log).counts) == {"missing": 1}
    world.take(b"From ada@customer.example  Fri Nov 20 09:12:41 2026\n" + write_mail(1))
    assert dict(compare(world, log).counts) == {"ticket": 1}


def test_what_real_procmail_writes_is_read(world: World, tmp_path: Path) -> None:
    """The log of the real program about a delivery to the desk's own door."""
    rc, log = tmp_path / "rc", tmp_path / "procmail.log"
    rc.write_text(
        f"MAILDIR={tmp_path}\nLOGFILE={log}\nLOGABSTRACT=all\n:0 w\n| /bin/cat > desk-ingest-support\n"
    )
    done = subprocess.run(
        ["procmail", "-f", "ada@customer.example", "-m", str(rc)], input=write_mail(1), check=False
    )
    assert done.returncode == 0
    assert dict(compare(world, log).counts) == {"missing": 1}
    world.take((tmp_path / "desk-ingest-support").read_bytes())
    assert dict(compare(world, log).counts) == {"ticket": 1}


def test_a_log_of_something_else_is_no_proof(world: World, tmp_path: Path) -> None:
    log = tmp_path / "syslog"
    log.write_text("Nov 20 09:12:41 mx CRON[811]: (root) CMD (true)\n" * 3)
    with pytest.raises(InvalidFileError, match="no line of it was written by Postfix"):
        compare(world, log)
    with pytest.raises(NotFoundError):
        compare(world, tmp_path / "nothing.log")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidFileError, match="read only once"):
        compare(world, tmp_path / "pipe")


def test_what_cannot_be_read_is_said_though_nothing_else_is_there(world: World, tmp_path: Path) -> None:
    (tmp_path / "box").mkdir()
    (tmp_path / "box" / "a").symlink_to("a")
    done = in_box(world, tmp_path / "box")
    check_compared(done, [])
    assert len(done.wrong) == 1


def test_a_clone_without_originals_finds_by_message_id(world: World, tmp_path: Path) -> None:
    world.take(write_mail(1))
    for path in (world.state / "raw").glob("*/*"):
        path.unlink()
    other = box_of(tmp_path / "box", write_mail(1, text="Quite another text.\n"))
    assert dict(in_box(world, other).counts) == {"ticket": 1}


def test_a_maildir_is_compared_mail_by_mail(world: World, tmp_path: Path) -> None:
    box = tmp_path / "Maildir"
    for part in ("cur", "new", "tmp"):
        (box / part).mkdir(parents=True)
    mails = {n: write_mail(n) for n in range(1, 5)}
    mails[2] = mails[2].replace(b"Message-ID: <m2@customer.example>\n", b"")
    mails[3] = mails[3].replace(b"support@example.org", b"sales@example.org")
    for number, mail in mails.items():
        place = box / ("cur" if number % 2 else "new") / f"{number}.mx"
        place.write_bytes(b"Received: by mx\n" + mail)
        os.utime(place, (1, 1))
    (box / "new" / "5.mx").write_bytes(write_mail(5))
    world.take(mails[1], Options())
    world.take(mails[2], Options())
    done = Reconciled()
    reconcile_mail(world.desk, find_mail(box), {}, done)
    assert dict(done.counts) == {"ticket": 2, "missing": 2, "young": 1}
    assert {told.name for told in done.wrong} == {"m3@customer.example", "m4@customer.example"}
    done = Reconciled()
    wanted = Wanted.of(world.desk, to=["support@example.org"])
    reconcile_mail(world.desk, find_mail(box), {}, done, only=wanted.addresses)
    assert {told.name for told in done.wrong} == {"m4@customer.example"}


def test_a_reason_must_be_given() -> None:
    told = read_ignored("# of November\n<a@b> a trial\nc@d seen by lee\n\n", place="known")
    assert told == {"a@b": "a trial", "c@d": "seen by lee"}
    with pytest.raises(UsageError, match="known:2: this line gives no reason"):
        read_ignored("<a@b> x\n<c@d>\n", place="known")


def test_no_line_of_a_log_is_too_odd(tmp_path: Path) -> None:
    """Whatever a sender makes a mail server write: it is read, and yields at most a delivery a line."""
    odd = [
        PIPED.format(queue="4B1F22C0A3", id="a b, to=<support@example.com>, status=sent"),
        PIPED.format(queue="4B1F22C0A3", id="x" * 100_000),
        logs.POSTFIX_PIPE.format(queue="4NEVERSEEN"),
        logs.EXIM.format(queue="1xUxHx-0002GW-1A", id=""),
        "Nov 20 09:12:42 mx postfix/pipe[820]: : to=<>, status=sent (x)\n" * 3,
        "\x00\xff" * 40_000 + "\n",
        "From x  y\n  Folder: \t\t 1\n  Folder: a\t\t 1\n",
    ]
    log = tmp_path / "mail.log"
    log.write_bytes("".join(odd).encode("utf-8", "surrogateescape"))
    found = list(read_logs([log], now=AT))
    assert all(isinstance(each, Delivery) for each in found)
    assert found[0].message_id == "a b, to=<support@example.com>, status=sent"
    assert len(found) == 5


def test_logs_count_by_their_times_in_whatever_order_they_are_named(world: World, tmp_path: Path) -> None:
    """As the documentation names them: the newer one first."""
    queue, name = "4B1F22C0A3", "m9@customer.example"
    older, newer = tmp_path / "mail.log.1", tmp_path / "mail.log"
    older.write_text((logs.POSTFIX + logs.POSTFIX_DEFERRED).format(queue=queue, id=name))
    newer.write_text(logs.POSTFIX_BOUNCED.format(queue=queue).replace("09:12:42", "15:40:00"))
    for given in ((newer, older), (older, newer)):
        assert dict(compare(world, *given).counts) == {"returned": 1}
    # What is in the one log of two that overlap is told by its time, too.
    (tmp_path / "other").write_text(
        logs.POSTFIX_DEFERRED.format(queue="4B1F22C0A2").replace("09:12:42", "09:00:00")
        + logs.POSTFIX.format(queue="4C1F22C0A3", id=name).replace("09:12", "20:12")
        + logs.POSTFIX_DEFERRED.format(queue="4C1F22C0A3").replace("09:12", "20:12")
    )
    assert compare(world, newer, older, tmp_path / "other").counts["queued"] == 2


def test_what_began_in_the_log_before_is_the_same_mail(world: World, tmp_path: Path) -> None:
    world.take(write_mail(1))
    older, newer = tmp_path / "mail.log.1.gz", tmp_path / "mail.log"
    said = logs.POSTFIX.format(queue="4B1F22C0A3", id="m1@customer.example")
    older.write_bytes(gzip.compress(said.encode()))
    newer.write_text(logs.POSTFIX_PIPE.format(queue="4B1F22C0A3"))
    assert dict(compare(world, newer, older).counts) == {"ticket": 1}
    # Another machine may have given the same name to another mail.
    older.write_bytes(gzip.compress(said.replace(" mx ", " mx2 ").encode()))
    assert dict(compare(world, newer, older).counts) == {"missing": 1}


@pytest.mark.parametrize(
    ("at", "moment"),
    [
        ("2026-11-20T09:12:42.113001+01:00", "2026-11-20T08:12:42.113001+00:00"),
        ("Nov 20 09:12:42", "2026-11-20T09:12:42"),
        ("Dec  2 09:12:42", "2025-12-02T09:12:42"),
        ("Feb 29 09:12:42", "2024-02-29T09:12:42"),
        ("Fri Nov 20 09:12:41 2026", "2026-11-20T09:12:41"),
        ("2026-11-20 09:12:42.113", "2026-11-20T09:12:42.113"),
    ],
)
def test_times_of_logs(at: str, moment: str) -> None:
    assert moment_of(at, now=AT) == datetime.fromisoformat(moment).timestamp()
    assert moment_of("Feb 30 09:12:42", now=AT) == 0


def box_of(folder: Path, *mails: bytes, when: float | None = None) -> Path:
    """A Maildir with these mails, changed just now or then."""
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True)
    for number, mail in enumerate(mails):
        place = folder / "cur" / f"{1790000000 + number}.M1P1.mx:2,S"
        place.write_bytes(mail)
        if when is not None:
            os.utime(place, (when, when))
    return folder


def in_box(world: World, box: Path) -> Reconciled:
    """What `desk reconcile --maildir` finds."""
    done = Reconciled()
    reconcile_mail(world.desk, find_mail(box), {}, done)
    return done


def test_a_copy_made_just_now_hides_nothing(world: World, tmp_path: Path) -> None:
    world.take(write_mail(1))
    now = filesystem_now_ns() / 1e9
    assert dict(in_box(world, box_of(tmp_path / "copied", write_mail(1), write_mail(2))).counts) == {
        "ticket": 1,
        "missing": 1,
    }
    (tmp_path / "plain").mkdir()
    place = tmp_path / "plain" / "mail.eml"
    stamped = b"Received: from x by mx; Thu, 01 Jan 2026 09:00:00 +0000\n" + write_mail(2)
    for mail, when, outcome in (
        (write_mail(2), now, "young"),
        (write_mail(2), now + 10**8, "missing"),
        (write_mail(2), now - 700, "missing"),
        (stamped, now, "missing"),
    ):
        place.write_bytes(mail)
        os.utime(place, (when, when))
        done = in_box(world, tmp_path / "plain")
        assert dict(done.counts) == {outcome: 1}
        if outcome == "young":
            with pytest.raises(NotFoundError, match="younger than ten minutes"):
                check_compared(done, [])


def test_another_mail_of_a_known_id_is_not_here(world: World, tmp_path: Path) -> None:
    world.take(write_mail(1))
    other = write_mail(1, text="Quite another text.\n")
    box = box_of(tmp_path / "box", b"Received: by mx2\n" + write_mail(1), other)
    done = in_box(world, box)
    assert dict(done.counts) == {"ticket": 1, "differs": 1}
    (told,) = lines_of(done)
    assert "only its Message-ID is here, in TICKET-1, with other content. `desk ingest FILE`" in as_line(told)
    assert faults(json.loads(json.dumps(as_document(done))), "reconciled") == []
    assert world.take(other).ticket == "TICKET-1"
    assert dict(in_box(world, box).counts) == {"ticket": 2}


def test_a_mail_that_was_set_aside_is_found_in_a_mailbox(world: World, tmp_path: Path) -> None:
    digest = raw.keep(world.desk.layout.state, b"Received: by here\n" + write_mail(3))
    box = box_of(tmp_path / "box", write_mail(3))
    assert dict(in_box(world, box).counts) == {"unfiled": 1}
    set_aside(world.desk, digest, Options(), why="a trial")
    assert dict(in_box(world, box).counts) == {"set-aside": 1}
