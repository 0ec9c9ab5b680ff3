"""Sending by SMTP, to a real server and to servers that break off: what became of the mail, for each."""

from __future__ import annotations

import re
import ssl
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from channels.posts import Post, make_certificate, running, scripted

from helpdesk_cli.channels.conversation import Patience
from helpdesk_cli.channels.smtp import Smtp
from helpdesk_cli.channels.transport import Transport, open_transport, transmit
from helpdesk_cli.mail.letter import Letter
from helpdesk_cli.mail.outgoing import write_letter
from helpdesk_cli.storage.settings_mail import Outgoing
from helpdesk_cli.storage.settings_mail import Smtp as Settings
from helpdesk_cli.tickets.person import Person

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from helpdesk_cli.channels.transport import Result

LETTER = Letter(
    from_=Person("Dana", "support@example.com"),
    to=(Person("Ada", "a@b.example"),),
    subject="Hi",
    text=".\n..\nMAIL FROM:<x@y.example>\n",
    message_id="desk.u.e@example.com",
    date=datetime(2026, 11, 21, tzinfo=UTC),
)
MAIL = write_letter(LETTER)
ADA, BOB, EVE = "ada@b.example", "bob@b.example", "eve@b.example"
HASTY = Patience(connect=5, command=1, chunk=1, end=1)


def by(port: int, security: str = "none", **more: object) -> Outgoing:
    """The settings of a desk that sends to this port."""
    return Outgoing(via="smtp", smtp=Settings(host="localhost", port=port, security=security, **more))


def states(results: list[Result]) -> dict[str, str]:
    return {result.address: result.state for result in results}


def send(
    port: int, *recipients: str, sender: str = "support@example.com", data: bytes = MAIL
) -> list[Result]:
    """By a client that does not wait for long."""
    carrier = Smtp(by(port).smtp, patience=HASTY)
    try:
        return Transport(carrier).send(data, sender=sender, recipients=recipients)
    finally:
        carrier.close()


# --- a real server -----------------------------------------------------------------------------------


def test_a_mail_arrives_as_it_was_written(post: Post) -> None:
    results = transmit(MAIL, sender="support@example.com", recipients=[ADA, BOB], outgoing=by(post.port))
    assert states(results) == {ADA: "sent", BOB: "sent"}
    assert "queued as 1" in results[0].why
    (taken,) = post.taken
    assert (taken.sender, taken.recipients, taken.data) == ("support@example.com", (ADA, BOB), MAIL)


def test_the_greeting_names_no_machine(post: Post) -> None:
    send(post.port, ADA)
    assert post.greeted == ["[127.0.0.1]"]


def test_the_null_sender_asks_for_no_notice() -> None:
    talk = Talk({"EHLO": b"250-x\r\n250-DSN\r\n250 SIZE\r\n"})
    with scripted(talk) as (port, _):
        assert states(send(port, ADA, sender="")) == {ADA: "sent"}
        assert states(send(port, ADA)) == {ADA: "sent"}
    assert [line for line in talk.lines if line.startswith(("MAIL", "RCPT"))] == [
        f"MAIL FROM:<> SIZE={len(MAIL)}",
        f"RCPT TO:<{ADA}> NOTIFY=NEVER",
        f"MAIL FROM:<support@example.com> SIZE={len(MAIL)}",
        f"RCPT TO:<{ADA}>",
    ]


def test_each_recipient_has_an_answer(post: Post) -> None:
    post.refuse = {BOB: "550 5.1.1 no such user", EVE: "450 4.2.1 greylisted"}
    found = send(post.port, ADA, BOB, EVE)
    assert states(found) == {ADA: "sent", BOB: "refused", EVE: "later"}
    assert [result.why for result in found[1:]] == ["550 5.1.1 no such user", "450 4.2.1 greylisted"]
    assert post.taken[0].recipients == (ADA,)


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        ("450 4.2.0 later", "later"),
        ("452 4.5.3 too many recipients", "later"),
        ("552 5.5.3 too many recipients", "later"),
        ("530 5.7.0 authentication required", "later"),
        ("550 5.7.1 never", "refused"),
        ("554 5.7.1 relay denied", "refused"),
    ],
)
def test_replies_to_a_recipient(post: Post, reply: str, state: str) -> None:
    post.refuse = {ADA: reply}
    assert states(send(post.port, ADA)) == {ADA: state}
    assert post.taken == []


@pytest.mark.parametrize(
    ("reply", "state"),
    [("451 4.3.0 full", "later"), ("554 5.6.0 spam", "refused"), ("552 5.3.4 too big", "refused")],
)
def test_replies_to_the_mail(post: Post, reply: str, state: str) -> None:
    post.refuse_data = reply
    assert states(send(post.port, ADA, BOB)) == {ADA: state, BOB: state}
    post.refuse_data, post.refuse_sender = "", reply
    assert states(send(post.port, ADA)) == {ADA: state}
    assert post.taken == []


def test_a_mail_too_large_for_the_server_is_not_sent_to_it() -> None:
    talk = Talk({"EHLO": b"250-x\r\n250 SIZE 99\r\n"})
    with scripted(talk) as (port, _):
        (result,) = send(port, ADA)
    assert result.state == "refused"
    assert f"the mail has {len(MAIL)} bytes, and this server takes 99" in result.why
    assert "MAIL" not in talk.heard


def test_many_mails_go_by_one_connection(post: Post) -> None:
    with open_transport(by(post.port)) as transport:
        post.refuse = {EVE: "550 no"}
        for number in range(20):
            results = transport.send(
                MAIL, sender="support@example.com", recipients=[ADA, EVE][: 1 + number % 2]
            )
            assert results[0].state == "sent"
        assert states(transport.send(MAIL, sender="", recipients=[EVE])) == {EVE: "refused"}
        assert states(transport.send(MAIL, sender="", recipients=[ADA])) == {ADA: "sent"}
    assert len({taken.peer for taken in post.taken}) == 1
    assert len(post.taken) == 21


# --- what is not sent ---------------------------------------------------------------------------------


def test_bad_addresses_never_reach_the_server(post: Post) -> None:
    bad = ["-oQ/tmp", "a@b\r\nRCPT TO:<c@d.example>", "a@b>", "", "x y@b.example", "jörg@b.example"]
    found = send(post.port, *bad, ADA)
    assert [result.state for result in found] == ["refused"] * len(bad) + ["sent"]
    assert all(result.why.isprintable() for result in found)
    assert post.taken[0].recipients == (ADA,)


def test_a_bad_sender_never_reaches_the_server(post: Post) -> None:
    assert states(send(post.port, ADA, sender="a@b\r\nX")) == {ADA: "refused"}
    assert post.taken == []


@pytest.mark.parametrize(
    "end", [b"\n.\r\nMAIL FROM:<x@y.example>\r\n", b"\r.\r\r\n", b"\r\n.\n", b"\x00\r\n", b"\xff\r\n", b"x"]
)
def test_bytes_that_two_servers_could_read_as_two_mails_never_leave(post: Post, end: bytes) -> None:
    (result,) = send(post.port, ADA, data=MAIL + end)
    assert result.state == "refused"
    assert post.taken == []


def test_nobody_gets_a_mail_twice(post: Post) -> None:
    found = send(post.port, ADA, ADA, "x@bücher.example", "x@xn--bcher-kva.example")
    assert [result.state for result in found] == ["sent"] * 4
    assert post.taken[0].recipients == (ADA, "x@xn--bcher-kva.example")


# --- TLS and login -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_with_a_certificate_that_is_trusted(tls: ssl.SSLContext, security: str) -> None:
    options = {"tls_context": tls, "require_starttls": True} if security == "starttls" else {"tls": tls}
    with running(Post(), **options) as post:
        results = transmit(MAIL, sender="", recipients=[ADA], outgoing=by(post.port, security))
        assert states(results) == {ADA: "sent"}, results
        assert post.taken[0].tls or security == "tls"


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_that_nobody_signed_is_refused(tls: ssl.SSLContext, security: str) -> None:
    options = {"tls_context": tls} if security == "starttls" else {"tls": tls}
    with running(Post(), **options) as post:
        (result,) = transmit(MAIL, sender="", recipients=[ADA], outgoing=by(post.port, security))
        assert (result.state, post.taken) == ("later", [])
        assert "self-signed certificate" in result.why
        assert f"openssl s_client -connect localhost:{post.port}" in result.why


def test_a_certificate_for_another_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, key = make_certificate(tmp_path, "other.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with running(Post(), tls=context) as post:
        (result,) = transmit(MAIL, sender="", recipients=[ADA], outgoing=by(post.port, "tls"))
        assert (result.state, post.taken) == ("later", [])
        assert "not valid for 'localhost'" in result.why


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_nothing_is_sent_without_the_tls_that_was_asked_for(post: Post, security: str) -> None:
    (result,) = transmit(MAIL, sender="", recipients=[ADA], outgoing=by(post.port, security))
    assert (result.state, post.taken) == ("later", [])
    assert "TLS" in result.why


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("exclude", [[], ["PLAIN"]])
def test_login_by_password(tls: ssl.SSLContext, exclude: list[str]) -> None:
    with running(Post(password="gehäim"), tls_context=tls, auth_exclude_mechanism=exclude) as post:
        outgoing = by(post.port, "starttls", user="support", password_command="echo gehäim; echo not this")
        assert states(transmit(MAIL, sender="", recipients=[ADA], outgoing=outgoing)) == {ADA: "sent"}
        assert post.taken[0].login == b"support"
        wrong = replace(outgoing, smtp=replace(outgoing.smtp, password_command="echo hunter2"))
        (result,) = transmit(MAIL, sender="", recipients=[ADA], outgoing=wrong)
        assert result.state == "later"
        assert "refuses the login of support: 535" in result.why
        assert "hunter2" not in result.why


@pytest.mark.usefixtures("trusted")
def test_login_by_token(tls: ssl.SSLContext) -> None:
    with running(Post(token="ya29.x"), tls_context=tls) as post:
        outgoing = by(post.port, "starttls", user="support", token_command="echo ya29.x")
        assert states(transmit(MAIL, sender="", recipients=[ADA], outgoing=outgoing)) == {ADA: "sent"}
        wrong = replace(outgoing, smtp=replace(outgoing.smtp, token_command="echo ya29.old"))
        (result,) = transmit(MAIL, sender="", recipients=[ADA], outgoing=wrong)
        assert result.state == "later"
        assert "535" in result.why
        assert "ya29" not in result.why


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("exit 3", "ended with 3"),
        ("true", "is empty"),
        ("", "names a `user:`"),
        ("hunter2", "there is no such program"),
    ],
)
def test_a_secret_that_is_not_to_be_had(post: Post, command: str, said: str) -> None:
    outgoing = by(post.port, user="support", password_command=command)
    (result,) = transmit(MAIL, sender="", recipients=[ADA], outgoing=outgoing)
    assert (result.state, post.taken) == ("later", [])
    assert said in result.why
    assert "hunter2" not in result.why


def test_a_login_as_old_servers_offer_it() -> None:
    talk = Talk({"EHLO": b"250-x\r\n250 AUTH=LOGIN PLAIN\r\n", "AUTH": b"235 ok\r\n"})
    with scripted(talk) as (port, _):
        outgoing = by(port, user="support", password_command="echo x")
        assert states(transmit(MAIL, sender="", recipients=[ADA], outgoing=outgoing)) == {ADA: "sent"}
    assert "AUTH PLAIN AHN1cHBvcnQAeA==" in talk.lines


def test_a_server_without_a_login_is_not_sent_to(post: Post) -> None:
    outgoing = by(post.port, user="support", password_command="echo x")
    (result,) = transmit(MAIL, sender="", recipients=[ADA], outgoing=outgoing)
    assert (result.state, post.taken) == ("later", [])
    assert "offers no login" in result.why


def test_a_server_that_is_not_there_is_asked_once() -> None:
    with scripted(lambda _: None) as (port, _):
        pass
    with open_transport(by(port)) as transport:
        for _ in range(3):
            (result,) = transport.send(MAIL, sender="", recipients=[ADA])
            assert result.state == "later"
            assert f"no connection to localhost:{port}: connection refused" in result.why


# --- a server that breaks off ------------------------------------------------------------------------------


class Talk:
    """A server's side of a conversation, which it ends at `cut`: a command, greeting, body, the end."""

    def __init__(self, replies: dict[str, bytes] | None = None, *, cut: str = "") -> None:
        """`replies` by command; "" is the greeting, "." the answer to the mail."""
        self.replies = {
            "": b"220 x\r\n", "EHLO": b"250-x\r\n250 SIZE 0\r\n", "DATA": b"354 go\r\n", ".": b"250 ok\r\n",
        } | (replies or {})  # fmt: skip
        self.cut = cut
        self.heard: list[str] = []
        self.lines: list[str] = []
        self.reached = False

    def __call__(self, sock: socket.socket) -> None:
        """Play it; `reached` says that the cut was made."""
        if self.stop("greeting"):
            return
        sock.sendall(self.replies[""])
        stream = sock.makefile("rb")
        while line := stream.readline():
            verb = re.split(rb"[ :\r]", line)[0].decode().upper()
            self.heard.append(verb)
            self.lines.append(line.decode().rstrip())
            if self.stop(verb):
                return
            sock.sendall(self.replies.get(verb, b"250 ok\r\n"))
            if verb == "QUIT":
                return
            if verb == "DATA" and self.replies["DATA"].startswith(b"354"):
                while (line := stream.readline()) != b".\r\n":
                    if not line or self.stop("body"):
                        return
                self.heard.append("the end")
                if self.stop("the end"):
                    return
                sock.sendall(self.replies["."])

    def stop(self, at: str) -> bool:
        """Whether to hang up here."""
        self.reached = self.reached or at == self.cut
        return at == self.cut


@pytest.mark.parametrize(
    ("cut", "state"),
    [
        ("greeting", "later"),
        ("EHLO", "later"),
        ("MAIL", "later"),
        ("RCPT", "later"),
        ("DATA", "later"),
        ("the end", "unknown"),
    ],
)
def test_a_connection_cut_at_each_stage(cut: str, state: str) -> None:
    talk = Talk(cut=cut)
    with scripted(talk) as (port, wrong):
        (result,) = send(port, ADA)
    assert talk.reached
    assert wrong == []
    assert result.state == state
    assert talk.heard.count("DATA") <= 1


def test_a_connection_cut_within_the_mail() -> None:
    talk = Talk(cut="body")
    with scripted(talk) as (port, _):
        (result,) = send(port, ADA, data=MAIL + b"words\r\n" * 2_000_000)
    assert talk.reached
    assert result.state == "later"
    assert "the end" not in talk.heard


@pytest.mark.parametrize(
    ("replies", "state"),
    [
        ({"": b"554 go away\r\n"}, "later"),
        ({"": b"220 " + b"x" * 100_000 + b"\r\n"}, "later"),
        ({"": b"220-x\r\n" * 1000}, "later"),
        ({"": b"hello\r\n"}, "later"),
        ({"": b""}, "later"),
        ({"EHLO": b"500 what\r\n"}, "sent"),
        ({"EHLO": b"500 what\r\n", "HELO": b"500 what\r\n"}, "later"),
        ({"MAIL": b"421 4.3.2 shutting down\r\n"}, "later"),
        ({"MAIL": b"nonsense\r\n"}, "later"),
        ({"RCPT": b"421 4.3.2 shutting down\r\n"}, "later"),
        ({"RCPT": b"251 will forward\r\n"}, "sent"),
        ({"DATA": b"451 4.3.0 no\r\n"}, "later"),
        ({"DATA": b"554 5.5.1 no valid recipients\r\n"}, "refused"),
        ({"DATA": b"250 what\r\n"}, "later"),
        ({".": b"250-ok\r\n250 ok\r\n"}, "sent"),
        ({".": b"250\r\n"}, "sent"),
        ({".": b"421 4.3.2 shutting down\r\n"}, "later"),
        ({".": b"354 more\r\n"}, "unknown"),
        ({".": b"999 ok\r\n"}, "unknown"),
        ({".": b"hello\r\n"}, "unknown"),
        ({".": b"250 " + b"x" * 100_000 + b"\r\n"}, "unknown"),
        ({".": b"250-x\r\n" * 1000}, "unknown"),
        ({".": b""}, "unknown"),
    ],
)
def test_what_a_server_may_say(replies: dict[str, bytes], state: str) -> None:
    talk = Talk(replies)
    with scripted(talk) as (port, _):
        (result,) = send(port, ADA)
    assert result.state == state, result


def test_a_servers_words_are_made_harmless() -> None:
    talk = Talk({"RCPT": "550 \x1b]0;owned\x07\u202e no ".encode() + b"\xff" + b"x" * 2000 + b"\r\n"})
    with scripted(talk) as (port, _):
        (result,) = send(port, ADA)
    assert result.state == "refused"
    assert result.why.isprintable()
    assert len(result.why) <= 300


def test_words_put_in_before_tls_are_noticed(tls: ssl.SSLContext) -> None:  # noqa: ARG001 - openssl is there
    talk = Talk(
        {"EHLO": b"250-x\r\n250 STARTTLS\r\n", "STARTTLS": b"220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n"}
    )
    with scripted(talk) as (port, _):
        (result,) = transmit(MAIL, sender="", recipients=[ADA], outgoing=by(port, "starttls"))
    assert result.state == "later"
    assert "puts words into the conversation" in result.why


def test_a_connection_that_grew_cold_is_made_anew() -> None:
    talks = [Talk(cut="MAIL"), Talk()]
    talks[0].cut = ""

    def play(sock: socket.socket) -> None:
        first = talks[0]
        if not first.heard:
            # One mail, then the server has had enough of this connection.
            first.replies["."] = b"250 ok\r\n"
            _one_mail(first, sock)
        else:
            talks[1](sock)

    with scripted(play) as (port, wrong), open_transport(by(port)) as transport:
        for _ in range(2):
            assert states(transport.send(MAIL, sender="", recipients=[ADA])) == {ADA: "sent"}
    assert wrong == []
    assert talks[0].heard.count("DATA") == talks[1].heard.count("DATA") == 1


def _one_mail(talk: Talk, sock: socket.socket) -> None:
    """The conversation up to the answer to the first mail."""

    class Once:
        def sendall(self, data: bytes) -> None:
            sock.sendall(data)
            if "the end" in talk.heard:
                raise ConnectionError

        def makefile(self, mode: str) -> object:
            return sock.makefile(mode)

    talk(Once())


def test_a_server_that_dies_at_every_mail_is_not_asked_for_ever() -> None:
    connections = []

    def play(sock: socket.socket) -> None:
        connections.append(1)
        Talk(cut="MAIL")(sock)

    with scripted(play) as (port, _), open_transport(by(port)) as transport:
        for _ in range(5):
            assert states(transport.send(MAIL, sender="", recipients=[ADA])) == {ADA: "later"}
    assert len(connections) == 5


@pytest.mark.parametrize("at", ["send", "end"])
def test_an_interrupt_is_nobodys_answer(at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """^C while the mail is on its way: no result, the outbox says `unknown`; and no goodbye within a mail."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"helpdesk_cli.channels.conversation.Conversation.{at}", interrupted)
    talk = Talk()
    with scripted(talk) as (port, _), pytest.raises(KeyboardInterrupt):
        transmit(MAIL, sender="", recipients=[ADA], outgoing=by(port))
    assert talk.heard == ["EHLO", "MAIL", "RCPT", "DATA"]
