"""What mail does to tickets: opened, joined, reopened, confirmed, left alone. DECISIONS 19 to 25."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from care.world import AT, World

from helpdesk_cli.channels.sources import find_mail
from helpdesk_cli.desk import show as showing
from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.desk import open_desk
from helpdesk_cli.desk.fields import set_fields
from helpdesk_cli.desk.ingest import file_safely
from helpdesk_cli.desk.ingest_many import ingest_many
from helpdesk_cli.desk.init import init
from helpdesk_cli.desk.lookup import TicketLookup
from helpdesk_cli.desk.outcome import Ingested, Options
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.retry import retry
from helpdesk_cli.desk.show import show
from helpdesk_cli.desk.status import status
from helpdesk_cli.desk.tag import tag
from helpdesk_cli.errors import TryAgainError
from helpdesk_cli.mail.own import OwnAddresses
from helpdesk_cli.mail.received import Envelope
from helpdesk_cli.mail.token import message_id
from helpdesk_cli.storage import raw, records
from helpdesk_cli.storage.keys import read_key

if TYPE_CHECKING:
    from pathlib import Path

DANA = Actor("dana", "Dana Davis", "dana@example.com")
IMPORT = Options()


def mail(
    number: int = 1,
    *,
    sender: str = "Ada Lovelace <ada@example.org>",
    to: str = "support@example.com",
    answers: int | None = None,
    subject: str = "Please help",
    text: str = "It does not work.\n",
    headers: str = "",
) -> bytes:
    lines = [
        f"From: {sender}",
        f"To: {to}",
        f"Date: Fri, 20 Nov 2026 09:{number:02d}:00 +0000",
        f"Message-ID: <m{number}@example.org>",
        f"Subject: {subject}",
    ]
    if answers is not None:
        lines.append(f"In-Reply-To: <m{answers}@example.org>")
    return ("\n".join(lines) + "\n" + headers + "\n" + text).encode()


def set_status(world: World, word: str, to: str) -> None:
    assert not status(world.desk, [word], to, actor=DANA).errors


def test_a_first_mail_opens_a_ticket_in_the_inbox_s_team(world: World) -> None:
    done = world.take(mail(to="billing@example.com"))
    ticket = world.ticket("TICKET-1")
    assert (done.outcome, done.ticket, done.message) == ("created", "TICKET-1", 1)
    assert (ticket.status, ticket.priority, ticket.team, ticket.inbox, ticket.channel) == (
        "new",
        "medium",
        "billing",
        "billing",
        "email",
    )
    assert str(ticket.requester) == "Ada Lovelace <ada@example.org>"
    assert world.subjects()[-1] == "TICKET-1: opened by a mail"
    assert world.status() == ""


def test_the_envelope_names_the_inbox_before_the_headers_do(world: World) -> None:
    world.take(mail(), Options(Envelope("ada@example.org", ("billing@example.com",)), live=True))
    assert world.ticket("TICKET-1").inbox == "billing"


def test_a_reply_of_a_participant_joins(world: World) -> None:
    world.take(mail(1))
    done = world.later(minutes=5).take(mail(2, answers=1))
    assert (done.outcome, done.ticket, done.message) == ("appended", "TICKET-1", 2)
    assert world.ticket("TICKET-1").messages[1].threaded_by == "reference"
    assert world.ticket("TICKET-1").status == "new", "a follow-up does not turn new into open"


def test_a_stranger_who_names_the_id_does_not_join(world: World) -> None:
    world.take(mail(1))
    done = world.take(mail(2, sender="mallory@evil.example", answers=1))
    assert done.outcome == "created"
    assert world.ticket("TICKET-2").messages[0].flags == ("possible parent TICKET-1",)


def test_the_number_in_the_subject_joins_a_participant_only(world: World) -> None:
    world.take(mail(1))
    joined = world.take(mail(2, subject="Re: [ticket-1] Please help"))
    assert joined.ticket == "TICKET-1"
    assert "joined by subject only" in world.ticket("TICKET-1").messages[1].flags
    assert world.take(mail(3, sender="eve@evil.example", subject="[TICKET-1] hello")).ticket == "TICKET-2"


def test_our_signed_id_joins_whoever_sends(world: World) -> None:
    world.take(mail(1))
    key = read_key(world.desk.layout).secret
    signed = message_id(world.ticket("TICKET-1").uid, "abcd", key=key, domain="example.com")
    answer = mail(2, sender="colleague@example.org", headers=f"In-Reply-To: <{signed}>\n")
    assert world.take(answer).ticket == "TICKET-1"
    assert world.ticket("TICKET-1").messages[1].threaded_by == "token"


@pytest.mark.parametrize("before", ["pending", "on-hold", "resolved", "closed"])
def test_a_follow_up_reopens(world: World, before: str) -> None:
    world.take(mail(1))
    set_status(world, "1", before)
    world.take(mail(2, answers=1))
    assert world.ticket("TICKET-1").status == "open"
    assert world.subjects()[-1] == f"TICKET-1: mail from the requester, status {before} → open"


def test_a_mail_to_a_long_closed_ticket_opens_a_new_one(world: World) -> None:
    world.take(mail(1))
    set_status(world, "1", "closed")
    assert world.later(days=29).take(mail(2, answers=1)).ticket == "TICKET-1"
    set_status(world.later(days=29), "1", "closed")
    assert world.later(days=70).take(mail(3, answers=1)).ticket == "TICKET-2"
    assert world.ticket("TICKET-2").messages[0].flags == ("possible parent TICKET-1",)


def test_thanks_confirms_and_does_not_reopen(world: World) -> None:
    world.take(mail(1))
    set_status(world, "1", "resolved")
    world.take(mail(2, answers=1, text="Thank you very much!\n\nAda\n"))
    ticket = world.ticket("TICKET-1")
    assert ticket.status == "resolved"
    assert ticket.events[-1].all_facts("confirmed") == [ticket.messages[-1].id]
    world.take(mail(3, answers=1, text="Thanks, but it is broken again.\n"))
    assert world.ticket("TICKET-1").status == "open"


@pytest.mark.parametrize(
    ("headers", "automatic", "bulk"),
    [("Auto-Submitted: auto-replied\n", "auto-reply", ""), ("List-Id: <x.example.org>\n", "", "list")],
)
def test_only_what_a_machine_wrote_keeps_a_ticket_closed(
    world: World, headers: str, automatic: str, bulk: str
) -> None:
    world.take(mail(1))
    set_status(world, "1", "pending")
    world.take(mail(2, answers=1, headers=headers))
    ticket = world.ticket("TICKET-1")
    assert (ticket.messages[1].automatic, ticket.messages[1].bulk) == (automatic, bulk)
    assert ticket.status == ("pending" if automatic else "open")


def test_spam_is_filed_as_spam_and_hidden(world: World) -> None:
    world.take(mail(1, headers="X-Spam-Flag: YES\n"))
    assert world.ticket("TICKET-1").status == "spam"


def test_a_bounce_of_our_own_mail_is_filed_on_its_ticket(world: World) -> None:
    world.take(mail(1))
    key = read_key(world.desk.layout).secret
    ours = message_id(world.ticket("TICKET-1").uid, "abcd", key=key, domain="example.com")
    report = (
        "From: MAILER-DAEMON@mx.example.com\nTo: support@example.com\nSubject: Undelivered\n"
        "Message-ID: <b1@mx.example.com>\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\n\nIt could not be delivered.\n--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.example.com\n\nFinal-Recipient: rfc822; ada@example.org\nAction: failed\n"
        f"Status: 5.1.1\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <{ours}>\n\n--b--\n"
    )
    assert world.take(report.encode(), Options(Envelope(""), live=True)).ticket == "TICKET-1"
    bounce = world.ticket("TICKET-1").messages[1]
    assert (bounce.automatic, bounce.failed_recipients) == ("bounce", ("ada@example.org",))


def test_a_form_s_mail_belongs_to_whom_it_names(world: World) -> None:
    world.take(mail(1, sender="form@www.example.com", headers="Reply-To: Mary <mary@example.ch>\n"))
    world.take(mail(2, sender="shop@example.com", text="Name: Bob\nE-mail: bob@example.net\n"))
    assert str(world.ticket("TICKET-1").requester) == "Mary <mary@example.ch>"
    assert str(world.ticket("TICKET-2").requester) == "bob@example.net"


@pytest.mark.parametrize("filler", ["-\n", "\n", "- ", "E-mail: ", "E-mail: a@\n", "a@b"])
def test_a_form_s_mail_is_searched_in_a_straight_line(world: World, filler: str) -> None:
    """Anybody can write From the form's address; the search runs outside the limits of the reading child."""
    text = filler * (100_000 // len(filler))
    started = time.process_time()
    world.take(mail(1, sender="shop@example.com", text=text))
    assert time.process_time() - started < 5


FORWARD = """\
See below.

---------- Forwarded message ---------
From: Bob <bob@example.net>
Date: Thu
Subject: Help
To: <dana@example.com>

Help me
"""


def test_an_agent_s_forward_suggests_the_requester(world: World) -> None:
    world.take(mail(1, sender="dana@example.com", subject="Fwd: Help", text=FORWARD))
    ticket = world.ticket("TICKET-1")
    assert ticket.requester.email == "dana@example.com"
    assert dict(ticket.messages[0].other)["suggested-requester"] == "Bob <bob@example.net>"


def test_an_agent_s_forward_is_believed_where_our_server_vouches(world: World) -> None:
    results = "Authentication-Results: mx.example.com; dmarc=pass header.from=example.com\n"
    world.take(mail(1, sender="dana@example.com", subject="Fwd: Help", text=FORWARD, headers=results))
    assert str(world.ticket("TICKET-1").requester) == "Bob <bob@example.net>"
    forged = "Authentication-Results: evil.example; dmarc=pass header.from=example.com\n"
    world.take(mail(2, sender="dana@example.com", subject="Fwd: Help", text=FORWARD, headers=forged))
    assert world.ticket("TICKET-2").requester.email == "dana@example.com"


def test_the_same_mail_twice_is_one_and_a_further_inbox_is_noted_once(world: World) -> None:
    world.take(mail(1), Options(Envelope("a@example.org", ("support@example.com",)), live=True))
    again = Options(Envelope("a@example.org", ("billing@example.com",)), live=True)
    for _ in range(2):
        assert world.take(b"Received: from elsewhere\n" + mail(1), again).outcome == "duplicate"
    ticket = world.ticket("TICKET-1")
    assert len(ticket.messages) == 1
    assert [event.all_facts("also-to") for event in ticket.events[1:]] == [
        [f"{ticket.messages[0].id} billing"]
    ]


def test_other_content_under_a_known_id_is_kept_and_flagged(world: World) -> None:
    world.take(mail(1))
    done = world.take(mail(1, text="Quite another text.\n"))
    assert (done.outcome, done.ticket) == ("appended", "TICKET-1")
    assert "other content under a known message-id" in world.ticket("TICKET-1").messages[1].flags
    squatter = world.take(mail(1, sender="mallory@evil.example", text="Mine now.\n"))
    assert squatter.outcome == "created"


def test_an_import_keeps_the_mail_s_own_time_and_live_mail_the_moment_it_came(world: World) -> None:
    late = world.later(days=10)
    late.take(mail(1), IMPORT)
    late.take(mail(2))
    assert world.ticket("TICKET-1").created_at == AT.replace(minute=1)
    assert world.ticket("TICKET-2").created_at == AT + timedelta(days=10)
    assert world.ticket("TICKET-2").messages[0].date == AT.replace(minute=2)


def test_status_and_tags_of_an_import(world: World) -> None:
    world.take(mail(1), Options(status="closed", tags=("imported",)))
    ticket = world.ticket("TICKET-1")
    assert (ticket.status, ticket.tags) == ("closed", ("imported",))


def test_an_attachment_too_large_for_git_is_kept_beside_it(world: World) -> None:
    boundary = 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n'
    big, small = "x" * 1500, "y" * 100
    text = "".join(
        f'--b\nContent-Type: application/x-log\nContent-Disposition: attachment; filename="{name}"\n\n'
        f"{content}\n"
        for name, content in (("big.log", big), ("small.log", small))
    )
    world.take(mail(1, headers=boundary, text=f"{text}--b--\n"))
    large, little = world.ticket("TICKET-1").messages[0].attachments
    assert (large.filename, large.path, large.size) == ("big.log", "", 1500)
    assert little.path == f"TICKET-1/{sha256(small.encode()).hexdigest()[:8]}-small.log"
    assert showing.attachment_content(world.desk, "1", 1)[1] == big.encode()
    assert showing.attachment_content(world.desk, "1.1", 2)[1] == small.encode()
    assert "kept on the desk's own host" in (world.root / world.paths()[0]).read_text()
    assert world.status() == ""


def test_the_original_comes_back_byte_for_byte(world: World) -> None:
    data = mail(1, headers="X-Odd: \xff\r\n")
    world.take(data)
    assert showing.raw_of(world.desk, "1.1") == data


def test_headers_that_rules_may_test_are_kept(world: World) -> None:
    world.take(mail(1, headers="X-Priority: 1\nX-Other: no\n"))
    assert world.ticket("TICKET-1").messages[0].headers == (("x-priority", "1"),)


def test_what_a_person_staged_stays_staged_and_what_they_typed_stays_theirs(world: World) -> None:
    world.take(mail(1))
    (world.root / "notes.txt").write_text("mine\n")
    world.git("add", "notes.txt")
    (path,) = world.paths()
    typed = (world.root / path).read_text().replace("priority: medium", "priority: high")
    (world.root / path).write_text(typed)
    world.take(mail(2, sender="bob@example.net"))
    assert world.status() == f"A  notes.txt\n M {path}\n"
    assert world.git("show", f"HEAD:{path}").count("priority: medium") == 1


def test_a_hand_s_change_is_adopted_by_the_next_mail(world: World) -> None:
    world.take(mail(1))
    path = world.root / world.paths()[0]
    path.write_text(path.read_text().replace("priority: medium", "priority: high"))
    world.later(minutes=1).take(mail(2, answers=1))
    ticket = world.ticket("TICKET-1")
    adopted = [event for event in ticket.events if event.what == "by hand"]
    assert [(change.field, change.old, change.new) for change in adopted[0].changes] == [  # type: ignore[union-attr]
        ("priority", "medium", "high")
    ]
    assert ticket.priority == "high"


def test_a_fresh_clone_shows_the_same_and_threads_the_same(world: World, tmp_path: Path) -> None:
    world.take(mail(1))
    world.take(mail(2, answers=1, headers="Cc: carl@example.org\n"))
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", str(world.root), str(clone)], check=True)
    here = json.dumps(show(world.desk, "1").json(), sort_keys=True)
    assert not (clone / ".git" / "desk").exists()
    assert json.dumps(show(World(clone).desk, "1").json(), sort_keys=True) == here
    assert init(clone, now=AT, environment={}).is_clone
    assert World(clone).take(mail(3, answers=2, sender="carl@example.org")).ticket == "TICKET-1"


def test_many_mails_at_once_are_one_commit_each(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "mails"
    folder.mkdir()
    for number in range(1, 31):
        data = mail(number, answers=number - 1 if number % 3 == 0 else None)
        (folder / f"{number:02d}.eml").write_bytes(data)
    done = list(ingest_many(world.desk, find_mail(folder), IMPORT))
    assert [each.outcome for each in done].count("created") == 20
    assert [each.outcome for each in done].count("appended") == 10
    assert len(world.subjects()) == 2 + 30
    assert world.status() == ""
    assert all(each.outcome == "duplicate" for each in ingest_many(world.desk, find_mail(folder), IMPORT))
    assert sorted(ticket.number for ticket in world.tickets()) == list(range(1, 21))


def test_a_dry_run_says_what_would_be_and_does_nothing(world: World, tmp_path: Path) -> None:
    file = tmp_path / "one.eml"
    file.write_bytes(mail(1))
    (done,) = ingest_many(world.desk, find_mail(file), IMPORT, dry_run=True)
    assert (done.outcome, done.ticket) == ("created", "TICKET-1")
    assert world.paths() == []
    assert world.status() == ""


def test_mbox_and_maildir_are_read_and_left_alone(world: World, tmp_path: Path) -> None:
    box = tmp_path / "box"
    box.write_bytes(
        b"From ada Fri Nov 20 09:00:00 2026\n" + mail(1, text="One\n>From here\n") + b"\n"
        b"From bob Fri Nov 20 09:00:00 2026\n" + mail(2, text="Two\n") + b"\n"
    )
    maildir = tmp_path / "maildir"
    for part in ("cur", "new", "tmp"):
        (maildir / part).mkdir(parents=True)
    (maildir / "new" / "1").write_bytes(mail(3))
    (maildir / "cur" / "2:2,S").write_bytes(mail(4))
    (maildir / "tmp" / "3").write_bytes(mail(5))
    before = box.read_bytes()
    assert len(list(ingest_many(world.desk, find_mail(box), IMPORT))) == 2
    assert len(list(ingest_many(world.desk, find_mail(maildir), IMPORT))) == 2
    assert world.ticket("TICKET-1").messages[0].text == "One\nFrom here"
    assert box.read_bytes() == before
    assert sorted(path.name for path in maildir.glob("*/*")) == ["1", "2:2,S", "3"]


def test_a_number_is_never_given_twice_though_its_file_is_gone(world: World) -> None:
    world.take(mail(1))
    world.take(mail(2))
    (world.root / "tickets/2026/11/TICKET-2.md").unlink()
    assert world.take(mail(3)).ticket == "TICKET-3"


def test_the_index_may_vanish_or_rot_at_any_time(world: World) -> None:
    world.take(mail(1))
    index = world.state / "index.db"
    for spoil in (
        lambda: index.unlink(),
        lambda: index.write_bytes(b"rot" * 5000),
        lambda: index.write_bytes(b""),
    ):
        for ending in ("-wal", "-shm"):
            index.with_name(index.name + ending).unlink(missing_ok=True)
        spoil()
        assert world.take(mail(1)).outcome == "duplicate"


def test_two_desks_that_take_in_the_same_mail_write_the_same_ticket(world: World, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(world.root, other, symlinks=True)
    world.take(mail(1), IMPORT)
    World(other).take(mail(1), IMPORT)
    (path,) = world.paths()
    assert (world.root / path).read_bytes() == (other / path).read_bytes()


def test_an_old_mailbox_stays_closed_when_it_is_imported(world: World) -> None:
    closed = Options(status="closed", tags=("imported",))
    world.later(days=3).take(mail(1), closed)
    world.later(days=3).take(mail(2, answers=1), closed)
    assert world.ticket("TICKET-1").status == "closed"


def test_an_import_does_not_undo_what_was_decided_after_it(world: World) -> None:
    world.take(mail(1))
    set_status(world.later(hours=5), "1", "resolved")
    world.later(days=1).take(mail(30, answers=1), IMPORT)
    assert world.ticket("TICKET-1").status == "resolved"
    world.later(days=1).take(mail(31, answers=1))
    assert world.ticket("TICKET-1").status == "open"


def test_live_mail_that_had_to_wait_keeps_the_moment_it_came(world: World) -> None:
    world.take(mail(1))
    path = world.root / world.paths()[0]
    good = path.read_text()
    path.write_text(good.replace("status: new", "status: [new"))
    assert world.later(hours=2).take(mail(2, answers=1)).outcome == "deferred"
    path.write_text(good)
    (retried,) = retry(world.later(days=1).desk)
    assert retried.ingested.ticket == "TICKET-1"
    assert world.ticket("TICKET-1").messages[1].at == AT + timedelta(hours=2)


def test_a_broken_file_that_lost_its_messages_is_still_known(world: World) -> None:
    world.take(mail(1))
    path = world.root / world.paths()[0]
    path.write_text("---\nid: TICKET-1\n")
    assert world.later(minutes=1).take(mail(2, answers=1)).outcome == "deferred"


def test_the_summary_says_what_changed_and_none_of_the_customer_s_words(world: World) -> None:
    world.take(mail(1))
    tag(world.desk, ["1"], added=["vip"], removed=["billing"], actor=DANA)
    set_fields(world.desk, ["1"], [("subject", "Secret words"), ("priority", "high")], actor=DANA)
    assert world.subjects()[-2:] == [
        "TICKET-1: tags +vip",
        "TICKET-1: subject changed, priority medium → high",
    ]


def test_init_takes_a_known_address_for_the_sample_s_agent(tmp_path: Path) -> None:
    config = tmp_path / "gitconfig"
    config.write_text("[user]\n\tname = Dana\n\temail = dana@example.com\n")
    done = init(tmp_path / "new", now=AT, environment={"GIT_CONFIG_GLOBAL": str(config)})
    assert done.agent == "dana"


def test_init_gives_nobody_the_name_of_a_machine(tmp_path: Path) -> None:
    config = tmp_path / "gitconfig"
    config.write_text('[user]\n\tname = Kim \\"K\\" Kay\n\temail = kim@example.com\n')
    called = {"GIT_CONFIG_GLOBAL": str(config), "SUDO_USER": "desk"}
    done = init(tmp_path / "new", now=AT, environment=called)
    assert done.agent == "kim"
    found = open_desk(tmp_path / "new", now=AT).settings.agent("kim")
    assert found
    assert (found.name, found.email) == ('Kim "K" Kay', "kim@example.com")


def test_whoever_uses_an_id_again_draws_no_mail_over(world: World, tmp_path: Path) -> None:
    """By the order of numbers, not of names: TICKET-10 stands before TICKET-9 in the folder."""
    folder = tmp_path / "mails"
    folder.mkdir()
    for number in range(1, 10):
        (folder / f"{number}.eml").write_bytes(mail(number, sender=f"user{number}@example.org"))
    list(ingest_many(world.desk, find_mail(folder), IMPORT))
    squatter = mail(9, sender="mallory@evil.example", to="user9@example.org, support@example.com", text="x\n")
    assert world.take(squatter).ticket == "TICKET-10"
    assert world.take(mail(11, sender="user9@example.org", answers=9)).ticket == "TICKET-9"


def test_a_flood_that_shares_an_id_slows_nobody(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "mails"
    folder.mkdir()
    for number in range(1, 80):
        data = mail(number, sender=f"user{number}@example.org", headers="References: <root@list.example>\n")
        (folder / f"{number}.eml").write_bytes(data)
    list(ingest_many(world.desk, find_mail(folder), IMPORT))
    with open_door(world.desk, DANA, dry_run=True) as door:
        lookup = TicketLookup(door, OwnAddresses())
        assert len(world.paths()) == 79
        assert len(lookup.by_reference("root@list.example")) == 50


@pytest.mark.parametrize(
    "fault", [AssertionError, KeyError, OverflowError, RecursionError, UnicodeError, ZeroDivisionError]
)
def test_a_mistake_of_ours_costs_a_mail_its_ticket_for_now_and_tells_nobody_its_words(
    world: World, fault: type[Exception]
) -> None:
    digest = raw.keep(world.state, mail(1))

    def file() -> Ingested:
        raise fault("what the mail says")

    done = file_safely(world.desk, digest, IMPORT, file)
    record = records.set_aside(world.desk.layout).peek(digest)
    assert done.outcome == "deferred"
    assert record is not None
    assert fault.__name__ in str(record["why"])
    assert "mail says" not in str(record) + done.why
    assert [each.ingested.outcome for each in retry(world.desk)] == ["created"]
    assert records.set_aside(world.desk.layout).names() == []


@pytest.mark.parametrize("fault", [OSError, MemoryError, TryAgainError])
def test_what_passes_is_left_to_the_mail_server(world: World, fault: type[Exception]) -> None:
    def file() -> Ingested:
        raise fault("full")

    with pytest.raises(fault):
        file_safely(world.desk, raw.keep(world.state, mail(1)), IMPORT, file)
    assert records.set_aside(world.desk.layout).names() == []


def merge_by_hand(world: World, ticket: str, into: str) -> None:
    path = world.root / f"tickets/2026/11/{ticket}.md"
    path.write_text(path.read_text().replace("status: new", f"status: new\nmerged-into: {into}", 1))


def test_mail_for_a_merged_ticket_joins_the_one_it_was_merged_into(world: World) -> None:
    """Also of people who were in the merged one only, and after the desk has got another prefix."""
    world.take(mail(1))
    world.take(mail(2, sender="bob@example.net"))
    merged = world.root / "tickets/2026/11/TICKET-1.md"
    merged.write_text(
        merged.read_text().replace("priority: medium", "priority: medium\nmerged-into: TICKET-2")
    )
    assert world.take(mail(3, answers=1)).ticket == "TICKET-2"
    (world.root / "desk.yaml").write_text(f"prefix: HELP\n{(world.root / 'desk.yaml').read_text()}")
    assert world.take(mail(4, answers=1)).ticket == "TICKET-2"
    assert show(world.desk, "ticket-2").ticket.number == show(world.desk, "HELP-2").ticket.number == 2
    target = world.root / "tickets/2026/11/TICKET-2.md"
    target.write_text(
        target.read_text().replace("priority: medium", "priority: medium\nmerged-into: TICKET-1")
    )
    assert world.take(mail(5, answers=1)).ticket in {"TICKET-1", "TICKET-2"}
