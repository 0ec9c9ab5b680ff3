"""`desk doctor mail`: out by a real server, back by ingest, and the switch."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from care.world import World
from channels.posts import Post, running
from documented import faults
from terminals import DESK, on_terminal

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.automatic_mail import refuse_question
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.desk.sending_switch import switch_on, switched
from helpdesk_cli.desk.status import resolve
from helpdesk_cli.desk.trial import begin, last_trial
from helpdesk_cli.desk.trial_look import look
from helpdesk_cli.desk.trial_report import report
from helpdesk_cli.desk.trial_words import letter_text
from helpdesk_cli.errors import DeskError, InvalidFileError, UsageError
from helpdesk_cli.mail.auth_results import read_verdicts
from helpdesk_cli.mail.received import Envelope
from helpdesk_cli.storage.settings_cache import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.trial_look import Progress

ROOT = Path(__file__).resolve().parents[2]
DANA = Actor("dana", "Dana Davis", "dana@example.com")
ME = "me@elsewhere.example"
RESULTS = """\
Authentication-Results: mx.elsewhere.example;
 spf=pass smtp.mailfrom=ours.example; dkim=none; dmarc=pass header.from=ours.example
"""


@pytest.fixture
def post() -> Iterator[Post]:
    """A server that takes what the desk sends."""
    with running(Post()) as made:
        yield made


@pytest.fixture
def ours(tmp_path: Path, post: Post) -> World:
    """A desk at ours.example whose sending is on hold."""
    world = World.make(tmp_path / "desk")
    path = world.root / "desk.yaml"
    text = path.read_text().replace("support@example.com", "support@ours.example")
    text = text.replace("billing@example.com", "billing@ours.example").replace("via: sendmail", "via: smtp")
    server = f"  smtp: {{host: 127.0.0.1, port: {post.port}, security: none}}\n"
    path.write_text(text.replace("  sendmail: /usr/sbin/sendmail\n", server))
    world.git("commit", "-qam", "Our own addresses")
    return world


def desk(world: World, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "helpdesk_cli.cli.main", "-C", str(world.root), *arguments],
        env=said(world),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


def said(world: World) -> dict[str, str]:
    """An environment in which Dana acts, and nobody can be asked."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    more = {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "DESK_AGENT": "dana", "DESK_NO_INPUT": "1"}
    return {**kept, **more, "DESK_NOW": world.now.isoformat()}


def answer(sent: bytes, text: str = "It came.\n", **headers: str) -> EmailMessage:
    """An answer to the mail, as a mail program writes it."""
    original = message_from_bytes(sent)
    mail = EmailMessage()
    mail["From"] = ME
    mail["To"] = str(original["From"])
    mail["Subject"] = f"Re: {original['Subject']}"
    mail["Message-ID"] = "<answer@elsewhere.example>"
    mail["In-Reply-To"] = mail["References"] = str(original["Message-ID"])
    for name, value in headers.items():
        del mail[name.replace("_", "-")]
        if value:
            mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def tried(world: World, post: Post) -> bytes:
    """The mail of a trial as it left."""
    begin(world.desk, ME, actor=DANA)
    return post.taken[-1].data


def now(world: World) -> Progress:
    trial = last_trial(world.desk)
    assert trial
    return look(world.desk, trial)


def levels(progress: Progress) -> dict[str, str]:
    return {each.code: each.level for each in report(progress, domain="ours.example")}


def test_the_round_trip(ours: World, post: Post) -> None:
    sent = tried(ours, post)
    (taken,) = post.taken
    assert taken.recipients == (ME,)
    mail = message_from_bytes(sent)
    assert mail["Subject"] == "[TICKET-1] Test of this desk's mail"
    assert "auto-submitted" not in mail
    assert levels(now(ours)) == {"test-sent": "ok", "test-unanswered": "note"}
    ticket = ours.ticket("TICKET-1")
    assert (ticket.channel, ticket.status) == ("test", "pending")
    ours.take(answer(sent, f"It came. Its head:\n\n{RESULTS}").as_bytes())
    progress = now(ours)
    assert progress.has_succeeded
    assert progress.answer
    assert progress.answer.threaded_by == "token"
    assert levels(progress) == {
        "test-sent": "ok",
        "test-answered": "ok",
        "spf-pass": "ok",
        "dkim-none": "note",
        "dmarc-pass": "ok",
    }


def test_whoever_tried_the_mail_is_not_asked_how_it_went(ours: World, post: Post) -> None:
    ours.take(answer(tried(ours, post)).as_bytes(), Options(Envelope(ME), live=True))
    path = ours.root / "desk.yaml"
    path.write_text(path.read_text().replace("  ask: off", "  ask: on"))
    resolve(ours.desk, ["1"], actor=DANA)
    later = ours.later(days=1)
    refusal = refuse_question(later.desk, later.ticket("TICKET-1"))
    assert refusal
    assert "trial" in refusal.why


def test_it_leaves_while_all_other_mail_is_on_hold(ours: World, post: Post) -> None:
    assert ours.desk.settings.sending == "hold"
    tried(ours, post)
    assert len(post.taken) == 1
    assert ours.desk.settings.sending == "hold"


def test_an_attached_copy_tells(ours: World, post: Post) -> None:
    sent = tried(ours, post)
    reply = answer(sent)
    copy = message_from_bytes(RESULTS.replace("dkim=none", "dkim=fail header.d=ours.example").encode() + sent)
    reply.add_attachment(copy)
    ours.take(reply.as_bytes())
    results = {method: one.result for method, one in now(ours).verdicts.items()}
    assert results == {"spf": "pass", "dkim": "fail", "dmarc": "pass"}


def test_headers_alone_tell(ours: World, post: Post) -> None:
    sent = tried(ours, post)
    reply = answer(sent)
    head = RESULTS + sent.decode().replace("\r\n", "\n").partition("\n\n")[0]
    reply.add_attachment(head.encode(), maintype="text", subtype="rfc822-headers")
    ours.take(reply.as_bytes())
    assert now(ours).verdicts["dmarc"].result == "pass"


def test_a_copy_of_another_mail_tells_nothing(ours: World, post: Post) -> None:
    reply = answer(tried(ours, post))
    reply.add_attachment(message_from_bytes(f"{RESULTS}Message-ID: <x@y.example>\nSubject: x\n\ny".encode()))
    ours.take(reply.as_bytes())
    assert levels(now(ours))["spf-unseen"] == "note"


def test_what_the_answers_own_head_says_is_about_its_sender(ours: World, post: Post) -> None:
    ours.take(RESULTS.encode() + answer(tried(ours, post)).as_bytes())
    progress = now(ours)
    assert progress.has_succeeded
    assert [one.result for one in progress.verdicts.values()] == ["", "", ""]


def test_our_own_letter_quoted_tells_nothing(ours: World, post: Post) -> None:
    sent = tried(ours, post)
    quoted = "".join(f"> {line}\n" for line in message_from_bytes(sent).get_payload().splitlines())
    ours.take(answer(sent, f"Fine.\n\n{quoted}").as_bytes())
    assert [one.result for one in now(ours).verdicts.values()] == ["", "", ""]
    assert read_verdicts(letter_text("Dana", "Support")) == []


def test_a_robots_report_that_lost_its_way(ours: World, post: Post) -> None:
    sent = tried(ours, post)
    report_text = "SPF check: pass\nDKIM check: pass\nDMARC check: fail\n"
    mail = answer(
        sent, report_text, In_Reply_To="", References="", Subject="Authentication Report", To="x@y.example"
    )
    ours.take(mail.as_bytes())
    progress = now(ours)
    assert not progress.has_succeeded
    found = levels(progress)
    assert found["test-astray"] == "error"
    assert (found["spf-pass"], found["dmarc-fail"]) == ("ok", "warning")
    ours.take(answer(sent, Message_ID="<second@elsewhere.example>").as_bytes())
    assert now(ours).has_succeeded


def test_a_bounce_is_no_success(ours: World, post: Post) -> None:
    sent = tried(ours, post)
    bounce = (
        b"From: MAILER-DAEMON@ours.example\r\nTo: support@ours.example\r\nSubject: Undelivered\r\n"
        b"Message-ID: <b@ours.example>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\n\r\nNobody there.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        b"Reporting-MTA: dns; ours.example\r\n\r\nFinal-Recipient: rfc822; me@elsewhere.example\r\n"
        b"Action: failed\r\nStatus: 5.1.1\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        + sent
        + b"\r\n--b--\r\n"
    )
    ours.take(bounce)
    assert levels(now(ours)) == {"test-sent": "ok", "test-bounced": "error"}


def test_refused_by_the_server(ours: World, post: Post) -> None:
    post.refuse[ME] = "550 5.1.1 No such user"
    begin(ours.desk, ME, actor=DANA)
    progress = now(ours)
    assert levels(progress)["test-refused"] == "error"
    assert "No such user" in progress.why


def test_no_server_is_there(ours: World) -> None:
    path = ours.root / "desk.yaml"
    path.write_text(re.sub(r"127\.0\.0\.1, port: [0-9]+", "127.0.0.1, port: 1", path.read_text()))
    begin(ours.desk, ME, actor=DANA)
    assert levels(now(ours))["test-queued"] == "warning"


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("support@ours.example", "an address of this desk"),
        ("Support+x@OURS.example", "an address of this desk"),
        ("nobody", "is not a mail address"),
        ("a@b.example\nBcc: c@d.example", "not a mail address"),
        ("a@b.example,c@d.example", "not a plain mail address"),
        ("-oQ/tmp@x.example", "dash"),
    ],
)
def test_addresses_that_cannot_be(ours: World, post: Post, to: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        begin(ours.desk, to, actor=DANA)
    assert post.taken == []
    assert ours.tickets() == []


def test_the_samples_address_and_other_clones_are_refused(ours: World) -> None:
    ours.git("config", "desk.role", "clone")
    with pytest.raises(UsageError, match="this clone sends nothing"):
        begin(ours.desk, ME, actor=DANA)
    ours.git("config", "desk.role", "server")
    path = ours.root / "desk.yaml"
    path.write_text(path.read_text().replace("ours.example", "example.com"))
    with pytest.raises(UsageError, match="sample's address"):
        begin(ours.desk, ME, actor=DANA)


def test_the_command(ours: World, post: Post) -> None:
    nothing = desk(ours, "doctor", "mail")
    assert (nothing.returncode, "--to ADDRESS" in nothing.stderr) == (3, True)
    early = desk(ours, "doctor", "mail", "--switch-on")
    assert (early.returncode, ours.desk.settings.sending) == (6, "hold")
    begun = desk(ours, "doctor", "mail", "--to", ME)
    assert begun.returncode == 0, begun.stderr
    assert "answer it as you would" in begun.stdout
    assert desk(ours, "doctor", "mail", "--switch-on").returncode == 6
    waited = desk(ours, "doctor", "mail", "--wait", "1s")
    assert (waited.returncode, "no answer came" in waited.stderr) == (1, True)
    ours.take(answer(post.taken[-1].data).as_bytes())
    document: dict[str, Any] = json.loads(desk(ours, "doctor", "mail", "--json").stdout)
    assert (document["succeeded"], document["sending"]) == (True, "hold")
    assert faults(document, "mail-test") == []
    before = (ours.root / "desk.yaml").read_text()
    on = desk(ours, "doctor", "mail", "--switch-on")
    assert on.returncode == 0, on.stderr
    assert "sending is on" in on.stderr
    assert (ours.root / "desk.yaml").read_text() == before.replace("sending: hold", "sending: on")
    assert ours.subjects()[-1] == "Switch sending on"
    assert ours.git("log", "-1", "--format=%an").strip() == "Dana Davis"
    assert ours.status() == ""


@pytest.mark.parametrize(
    ("typed", "sending"), [("y\n", "on"), ("\n", "on"), ("n\n", "hold"), ("\x04", "hold")]
)
def test_a_person_is_asked(ours: World, post: Post, typed: str, sending: str) -> None:
    ours.take(answer(tried(ours, post)).as_bytes())
    environment = said(ours) | {"DESK_NO_INPUT": "", "TERM": "dumb"}
    arguments = ["-C", str(ours.root), "doctor", "mail"]
    code, shown = on_terminal(DESK, arguments, environment, typed)
    assert code == 0, shown
    assert "The round trip succeeded. Switch sending on? [Y/n]" in shown
    assert ours.desk.settings.sending == sending


def test_it_waits_until_the_answer_is_there(ours: World, post: Post) -> None:
    sent = tried(ours, post)
    command = [sys.executable, "-m", "helpdesk_cli.cli.main", "-C", str(ours.root)]
    waiting = subprocess.Popen(
        [*command, "doctor", "mail", "--wait", "50s"], env=said(ours), stdout=subprocess.PIPE, text=True
    )
    ours.take(answer(sent).as_bytes())
    out, _ = waiting.communicate(timeout=60)
    assert waiting.returncode == 0
    assert "the answer found its ticket" in out


def test_mail_that_waits_is_named_before_the_switch(ours: World, post: Post) -> None:
    ours.take(answer(tried(ours, post)).as_bytes())
    assert desk(ours, "reply", "1", "-m", "Thank you.").returncode == 0
    done = desk(ours, "doctor", "mail", "--switch-on")
    assert done.returncode == 0, done.stderr
    assert "1 mail waits in the outbox and will go" in done.stderr


def test_anyway(ours: World) -> None:
    done = desk(ours, "doctor", "mail", "--switch-on", "--anyway")
    assert done.returncode == 0, done.stderr
    assert ours.desk.settings.sending == "on"


def test_what_a_person_is_writing_stays_uncommitted(ours: World) -> None:
    path = ours.root / "desk.yaml"
    path.write_text(path.read_text().replace("name: Example support", "name: Half typ"))
    done = switch_on(ours.desk, actor=DANA)
    assert done.committed
    committed = ours.git("show", "HEAD:desk.yaml")
    assert "sending: on" in committed
    assert "Half typ" not in committed
    assert ours.status() == " M desk.yaml\n"
    assert load_settings(ours.desk.layout).sending == "on"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("sending: hold\n", "sending: on\n"),
        ('a\nsending:  "hold"   # not yet\r\nb', "a\nsending:  on   # not yet\r\nb"),
        ("name: X\n", "name: X\nsending: on\n"),
        ("name: X", "name: X\nsending: on\n"),
        ("name: X\r\n", "name: X\r\nsending: on\r\n"),
        ("# sending: hold\nsending: 'hold'\n", "# sending: hold\nsending: on\n"),
    ],
)
def test_one_line_is_changed(before: str, after: str) -> None:
    before, after = (
        text.replace("a\n", "company: a\n").replace("\nb", "\nname: b") for text in (before, after)
    )
    assert switched(before, place="desk.yaml")[0] == after


@pytest.mark.parametrize(
    "text",
    [
        "sending: on\n",
        "sending: >-\n  hold\n",
        '"sending": hold\n',
        "{sending: hold}\n",
        "name: X\n...\n",
        "nonsense: 1\n",
        "agents:\n  a:\n    name: A\n    email: a@b.example\n    signature: |\n      x\n\nsending :   {}\n",
    ],
)
def test_what_is_written_otherwise_is_left_to_a_person(text: str) -> None:
    with pytest.raises((InvalidFileError, DeskError)):
        switched(text, place="desk.yaml")
