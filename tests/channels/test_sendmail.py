"""Handing mail to `sendmail`: to msmtp end to end, and to programs that end in every way there is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from channels.posts import Post, scripted
from needs import find, needs

from helpdesk_cli.channels.sendmail import Sendmail
from helpdesk_cli.channels.transport import Transport, transmit
from helpdesk_cli.mail.letter import Letter
from helpdesk_cli.mail.outgoing import write_letter
from helpdesk_cli.storage.settings_mail import Outgoing
from helpdesk_cli.tickets.person import Person

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.channels.transport import Result

MAIL = write_letter(
    Letter(
        from_=Person("Dana", "support@example.com"),
        to=(Person("Jörg", "a@b.example"),),
        subject="Hi",
        text=".\n..\nFrom here\n\n-- \nDana\n",
        message_id="desk.u.e@example.com",
        date=datetime(2026, 11, 21, tzinfo=UTC),
    )
)
ADA, BOB = "ada@b.example", "bob@b.example"


def program(folder: Path, body: str) -> str:
    """A program of these shell commands; `$OUT` is a folder of its own."""
    path = folder / "sendmail"
    path.write_text(f"#!/bin/sh\nOUT={folder}\n{body}\n")
    path.chmod(0o755)
    return str(path)


def send(
    path: str, *recipients: str, sender: str = "support@example.com", timeout: float = 20
) -> list[Result]:
    transport = Transport(Sendmail(path, timeout=timeout))
    return transport.send(MAIL, sender=sender, recipients=recipients or (ADA,))


# --- a real one ------------------------------------------------------------------------------------------


@pytest.fixture
def msmtp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, post: Post) -> str:
    """Msmtp, which sends to that server."""
    settings(tmp_path, post.port)
    monkeypatch.setenv("HOME", str(tmp_path))
    found = find("msmtp")
    assert found
    return found


def settings(home: Path, port: int) -> None:
    """Where msmtp sends to."""
    text = f"account default\nhost 127.0.0.1\nport {port}\ntls off\nauth off\nfrom nobody@x.example\n"
    (home / ".msmtprc").write_text(text)
    (home / ".msmtprc").chmod(0o600)


@needs("msmtp")
@pytest.mark.parametrize("sender", ["support@example.com", ""])
def test_a_mail_arrives_as_it_was_written(msmtp: str, post: Post, sender: str) -> None:
    outgoing = Outgoing(via="sendmail", sendmail=msmtp)
    results = transmit(MAIL, sender=sender, recipients=[ADA, BOB], outgoing=outgoing)
    assert [(result.address, result.state) for result in results] == [(ADA, "sent"), (BOB, "sent")]
    (taken,) = post.taken
    assert (taken.sender, taken.recipients, taken.data) == (sender, (ADA, BOB), MAIL)


@needs("msmtp")
@pytest.mark.parametrize(
    ("reply", "state"), [("550 5.1.1 no such user", "refused"), ("450 4.2.1 greylisted", "later")]
)
def test_what_the_server_said_to_it(msmtp: str, post: Post, reply: str, state: str) -> None:
    post.refuse = {ADA: reply}
    (result,) = send(msmtp)
    assert result.state == state
    assert reply in result.why
    assert post.taken == []


@needs("msmtp")
def test_its_server_is_not_there(msmtp: str, tmp_path: Path) -> None:
    with scripted(lambda _: None) as (port, _):
        pass
    settings(tmp_path, port)
    (result,) = send(msmtp)
    assert result.state == "later"
    assert "Connection refused" in result.why


# --- how it is called ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sender", "given"), [("s@example.com", "s@example.com"), ("", "<>")])
def test_it_is_called_with_these_words(tmp_path: Path, sender: str, given: str) -> None:
    path = program(tmp_path, 'printf "%s\\n" "$@" >$OUT/args; cat >$OUT/mail')
    assert [result.state for result in send(path, ADA, BOB, sender=sender)] == ["sent", "sent"]
    args = (tmp_path / "args").read_text().splitlines()
    assert args == ["-i", "-oep", "-f", given, "--", ADA, BOB]
    assert (tmp_path / "mail").read_bytes() == MAIL.replace(b"\r\n", b"\n")


def test_no_recipient_becomes_an_option(tmp_path: Path) -> None:
    path = program(tmp_path, 'printf "%s\\n" "$@" >$OUT/args')
    bad = ["-oQ/tmp -X/tmp/x", "-oQ@b.example", "a@b\r\nRCPT TO:<c@d.example>", "a@b.example\0-X"]
    found = send(path, *bad, ADA)
    assert [result.state for result in found] == ["refused"] * 4 + ["sent"]
    assert (tmp_path / "args").read_text().splitlines()[4:] == ["--", ADA]
    (tmp_path / "args").unlink()
    assert [result.state for result in send(path, ADA, sender="-X/tmp/x@b.example")] == ["refused"]
    assert not (tmp_path / "args").exists()


def test_it_gets_no_setting_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_CONFIG", "/nonexistent")
    monkeypatch.setenv("LD_PRELOAD_", "x")
    monkeypatch.setenv("GIT_DIR", "x")
    path = program(tmp_path, "env >$OUT/env; pwd >$OUT/cwd")
    send(path)
    names = {line.partition("=")[0] for line in (tmp_path / "env").read_text().splitlines()}
    shell = {"PWD", "OLDPWD", "SHLVL", "_"}
    assert names <= {"HOME", "USER", "LOGNAME", "XDG_CONFIG_HOME", "TMPDIR", "PATH", "LC_ALL", "TZ"} | shell
    assert (tmp_path / "cwd").read_text() == "/\n"


# --- how it ends ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "state", "said"),
    [
        ("exit 0", "sent", ""),
        ("echo queued as 7; exit 0", "sent", "queued as 7"),
        ("exit 75", "later", "ended with 75 (try again later)"),
        ("echo 'host unknown' >&2; exit 68", "refused", "ended with 68 (unknown host): host unknown"),
        ("exit 67", "refused", "unknown recipient"),
        ("exit 65", "refused", "not accepted"),
        *(
            (f"exit {code}", "later", f"ended with {code}")
            for code in (1, 2, 64, 69, 70, 71, 73, 74, 77, 78, 127)
        ),
        ("echo 'server message: 550 5.1.1 no' >&2; exit 69", "refused", "550 5.1.1 no"),
        ("echo 'server message: 450 4.1.1 no' >&2; exit 69", "later", "450 4.1.1 no"),
        ("kill -9 $$", "unknown", "killed by signal 9"),
        ("kill -TERM $$", "unknown", "killed by signal 15"),
        ("exec sleep 30", "unknown", "did not end within 0.5 s"),
        (r"printf '\033]0;x\007\377 no\n'; exit 69", "later", r"\u{1b}]0;x\u{7}"),
    ],
)
def test_how_it_may_end(tmp_path: Path, body: str, state: str, said: str) -> None:
    (result,) = send(program(tmp_path, body), timeout=0.5 if "sleep" in body else 20)
    assert result.state == state
    assert said in result.why
    assert result.why.isprintable()
    assert len(result.why) <= 300


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("no program")
    for path, said in ((str(tmp_path / "none"), "No such file"), (str(plain), "Permission denied")):
        (result,) = send(path)
        assert result.state == "later"
        assert said in result.why
        assert "outgoing: sendmail:" in result.why


def test_no_room_to_hand_the_mail_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = program(tmp_path, "echo >$OUT/called")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    (result,) = send(path)
    assert result.state == "later"
    assert "No such file or directory" in result.why
    assert not (tmp_path / "called").exists()


def test_a_program_that_reads_nothing_and_says_much(tmp_path: Path) -> None:
    path = program(tmp_path, "yes complaint | head -c 3000000 >&2; exit 69")
    (result,) = send(path)
    assert result.state == "later"
    assert len(result.why) <= 300


def test_a_desk_that_is_killed_sends_no_half_mail(tmp_path: Path) -> None:
    """A pipe would end when its writer dies, and sendmail would take what came for the mail."""
    path = program(
        tmp_path,
        "echo >$OUT/begun; while [ ! -e $OUT/go ]; do sleep 0.05; done; cat >$OUT/x; mv $OUT/x $OUT/mail",
    )
    large = MAIL + b"a line of it\r\n" * 200_000
    (tmp_path / "data").write_bytes(large)
    code = """if True:
        import pathlib, sys
        from helpdesk_cli.channels.sendmail import Sendmail
        data = pathlib.Path(sys.argv[2]).read_bytes()
        Sendmail(sys.argv[1]).deliver(data, sender="", recipients=["a@b.example"])"""
    desk = subprocess.Popen([sys.executable, "-c", code, path, str(tmp_path / "data")])
    await_file(tmp_path / "begun")
    desk.send_signal(signal.SIGKILL)
    assert desk.wait() == -signal.SIGKILL
    (tmp_path / "go").touch()
    await_file(tmp_path / "mail")
    assert (tmp_path / "mail").read_bytes() == large.replace(b"\r\n", b"\n")


def await_file(path: Path) -> None:
    """Wait until it is there."""
    until = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < until, f"no {path.name}"
        os.sched_yield()
        time.sleep(0.01)
