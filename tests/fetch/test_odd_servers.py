"""`desk fetch` and servers that break off, lie, forget or downgrade."""

from __future__ import annotations

import base64
import resource
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from care.world import World, write_mail
from fetch.conftest import Joined
from fetch.dovecot import PASSWORD, Dovecot
from fetch.odd_server import CUT, Odd, serving

from helpdesk_cli.desk.fetch import fetch_all
from helpdesk_cli.errors import DeskError
from helpdesk_cli.mail.limits import LARGEST_MAIL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    Serve = Callable[..., AbstractContextManager[Joined]]

TAKEN = {b"$DeskTaken", rb"\Seen"}


@pytest.fixture
def serve(first_desk: Path, tmp_path: Path) -> Serve:
    """A desk whose mailbox is on an odd server."""
    root = tmp_path / "desk"
    shutil.copytree(first_desk, root, symlinks=True)

    @contextmanager
    def at(odd: Odd, *, sasl: Any = None, **settings: object) -> Iterator[Joined]:
        with serving(odd, sasl=sasl) as port:
            joined = Joined(World(root), Dovecot(tmp_path, 0, 0), "support@example.com")
            joined.configure(**{"port": port, "security": "none", **settings})
            yield joined

    return at


def three() -> Odd:
    return Odd({number: write_mail(number) for number in (1, 2, 3)})


def outcomes(joined: Joined) -> list[str]:
    return ["left" if each.left else each.ingested.outcome for each in joined.fetch()]


def test_cut_in_the_middle_of_a_mail(serve: Serve) -> None:
    odd = three()
    odd.answers[b"UID FETCH 2 (BODY"] = b"* 2 FETCH (UID 2 BODY[] {5000}\r\nFrom: Ada\r\n\r\nhalf" + CUT
    with serve(odd) as joined:
        with pytest.raises(DeskError, match="cut in the middle"):
            outcomes(joined)
        assert len(joined.world.tickets()) == 1
        assert odd.flags == {1: TAKEN}
        odd.answers.clear()
        assert outcomes(joined) == ["created", "created"]


def test_cut_before_the_mark_is_answered(serve: Serve) -> None:
    odd = three()
    odd.answers[b"UID STORE 2"] = CUT
    with serve(odd) as joined:
        with pytest.raises(DeskError):
            outcomes(joined)
        odd.answers.clear()
        assert outcomes(joined) == ["duplicate", "created"]
        assert odd.flags == dict.fromkeys((1, 2, 3), TAKEN)


def test_a_mail_that_claims_to_be_endless(serve: Serve) -> None:
    odd = three()
    odd.answers[b"UID FETCH 1 (BODY"] = b"* 1 FETCH (UID 1 BODY[] {999999999999}\r\nFrom: Ada" + CUT
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with serve(odd) as joined, pytest.raises(DeskError, match="999999999999 bytes"):
        outcomes(joined)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_a_mail_that_is_too_large_stays(serve: Serve) -> None:
    odd = three()
    sizes = {1: LARGEST_MAIL + 1, 2: 900, 3: 900}
    said = [
        b"* %d FETCH (UID %d RFC822.SIZE %d FLAGS ())\r\n" % (uid, uid, size) for uid, size in sizes.items()
    ]
    odd.answers[b"UID FETCH 1,2,3 (RFC822"] = b"".join([*said, b"TAG OK done\r\n"])
    odd.answers[b"UID FETCH 1 (RFC822"] = b"".join([said[0], b"TAG OK done\r\n"])
    with serve(odd) as joined:
        assert outcomes(joined) == ["left", "created", "created"]
        (problem,) = fetch_all(joined.world.desk)
        assert "stays in the mailbox" in problem
    assert 1 not in odd.flags


@pytest.mark.parametrize("said", [b"TAG OK done\r\n", b"* 2 FETCH (UID 2 BODY[] NIL)\r\nTAG OK done\r\n"])
def test_a_mail_that_has_gone_meanwhile(serve: Serve, said: bytes) -> None:
    odd = three()
    odd.answers[b"UID FETCH 2 (BODY"] = said
    with serve(odd) as joined:
        assert outcomes(joined) == ["created", "created"]
    assert 2 not in odd.flags


def test_marks_that_are_not_kept(serve: Serve) -> None:
    odd = three()
    odd.answers[b"UID STORE"] = b"* 1 FETCH (UID 1 FLAGS ())\r\nTAG OK done\r\n"
    with serve(odd) as joined:
        with pytest.raises(DeskError, match="does not keep the mark"):
            outcomes(joined)
        assert len(joined.world.tickets()) == 1


@pytest.mark.parametrize(
    "said",
    [
        b"* NO [ALERT] \x1b]0;evil\x07\r\nTAG NO \x1b[31mno\r\n",
        b"TAG BAD what\r\n",
        b"* SEARCH one two\r\nTAG OK done\r\n",
        b"\xff\xfe garbage\r\n" + CUT,
        b"* SEARCH " + b"1 " * 600_000 + b"\r\nTAG OK done\r\n",
        CUT,
    ],
)
def test_answers_that_are_none(serve: Serve, said: bytes) -> None:
    odd = three()
    odd.answers[b"UID SEARCH"] = said
    with serve(odd) as joined:
        done = joined.desk("fetch")
    assert done.returncode == 75
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr + (joined.world.state / "fetch" / "support.json").read_text()
    assert "\\u001b" not in (joined.world.state / "fetch" / "support.json").read_text()
    assert len(done.stderr) < 900


def test_a_full_mailbox_is_asked_piece_by_piece(serve: Serve) -> None:
    """One line with a million uids would be refused as too long."""
    odd = three()
    odd.exists = 120_001
    with serve(odd) as joined:
        assert outcomes(joined) == ["created"] * 3
    asked = [command.split()[2] for command in odd.heard if command.startswith(b"UID SEARCH")]
    assert asked == [b"1:50000", b"50001:100000", b"100001:120001"]


def test_without_starttls_nothing_is_said(serve: Serve) -> None:
    """Somebody in between may take the word STARTTLS out of what the server can."""
    for odd in (Odd(capability=b"IMAP4rev1 AUTH=PLAIN"), Odd(greeting=b"* PREAUTH welcome\r\n")):
        with serve(odd, security="starttls") as joined, pytest.raises(DeskError):
            outcomes(joined)
        assert not [said for said in odd.heard if said[:5].upper() in {b"LOGIN", b"AUTHE", b"SELEC"}]


def test_plain_text_to_a_port_that_wants_tls(serve: Serve) -> None:
    with serve(Odd(), security="tls") as joined, pytest.raises(DeskError, match=r"speaks no TLS.*143"):
        outcomes(joined)


def test_the_bytes_of_a_token_login(serve: Serve) -> None:
    """As Google and Microsoft document XOAUTH2; the refusal is acknowledged by an empty line."""
    refusal = b"+ " + base64.b64encode(b'{"status":"400"}') + b"\r\n"
    said = iter([refusal, b"TAG NO [AUTHENTICATIONFAILED] Invalid credentials\r\n"])
    odd = Odd()
    with (
        serve(odd, sasl=lambda _: next(said), password_command="", token_command="echo ya29.token") as joined,
        pytest.raises(DeskError, match="Invalid credentials"),
    ):
        outcomes(joined)
    at = odd.heard.index(b"AUTHENTICATE XOAUTH2")
    first = base64.b64decode(odd.heard[at + 1])
    assert first == b"user=support@example.com\x01auth=Bearer ya29.token\x01\x01"
    assert odd.heard[at + 2] == b""


def test_the_bytes_of_a_password_login(serve: Serve) -> None:
    odd = Odd()
    with serve(odd) as joined:
        assert outcomes(joined) == []
    at = odd.heard.index(b"AUTHENTICATE PLAIN")
    assert base64.b64decode(odd.heard[at + 1]) == f"\0support@example.com\0{PASSWORD}".encode()


def test_a_login_that_is_refused_for_a_moment_is_a_passing_fault(serve: Serve) -> None:
    with serve(Odd(), sasl=lambda _: b"TAG NO [UNAVAILABLE] later\r\n") as joined:
        assert fetch_all(joined.world.desk) == []


def test_injection_into_commands(serve: Serve) -> None:
    """Names from desk.yaml stay names."""
    odd = three()
    with serve(odd, folder='IN"BOX\\ {5}', user='a" b\\@example.com') as joined:
        assert outcomes(joined) == ["created"] * 3
    assert b'SELECT "IN\\"BOX\\\\ {5}"' in odd.heard
