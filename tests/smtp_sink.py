"""A mail server on loopback that keeps what it is given, and is as difficult as its recipients' names say.

`later...@` is answered with 451, `refused...@` with 550. `ends` says where the server hangs up:
`mail`, `data` (before it has the mail), `dot` (it has the mail, and does not say so).
"""

from __future__ import annotations

import socketserver
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Kept:
    """A mail that the server said it has, or had when it hung up."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes

    @property
    def message_id(self) -> str:
        """Its Message-ID without brackets."""
        head = self.data.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").decode("ascii", "replace")
        lines = [line for line in head.split("\r\n") if line.lower().startswith("message-id:")]
        return lines[0].partition(":")[2].strip().strip("<>")


@dataclass(slots=True)
class Sink:
    """What the server does and has; tests may change `ends` and `refuse_all` while it runs."""

    port: int = 0
    ends: str = ""
    busy: bool = False  # everybody is told to come later
    kept: list[Kept] = field(default_factory=list)
    sessions: int = 0
    started: threading.Event = field(default_factory=threading.Event)  # a mail's bytes have come
    proceed: threading.Event = field(default_factory=threading.Event)  # and may be answered

    @property
    def settings(self) -> str:
        """Lines for desk.yaml that send by this server."""
        return (
            "sending: on\noutgoing:\n  via: smtp\n"
            f"  smtp: {{host: 127.0.0.1, port: {self.port}, security: none}}\n"
        )

    def ids(self) -> list[str]:
        """The Message-IDs of what it has, in order."""
        return [kept.message_id for kept in self.kept]


@contextmanager
def running() -> Iterator[Sink]:
    """A server for the block."""
    sink = Sink()
    sink.proceed.set()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            sink.sessions += 1
            _serve(self, sink)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Session) as server:
        sink.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield sink
        finally:
            sink.proceed.set()
            server.shutdown()
            thread.join()


def _serve(session: socketserver.StreamRequestHandler, sink: Sink) -> None:  # noqa: C901, PLR0912 - a branch a verb
    def say(line: str) -> None:
        session.wfile.write(f"{line}\r\n".encode())

    sender, recipients = "", []
    try:
        say("220 sink.example ESMTP")
        while line := session.rfile.readline():
            words = line.decode("ascii", "replace").strip()
            verb = words.partition(" ")[0].upper()
            if verb in {"EHLO", "HELO"}:
                say("250-sink.example")
                say("250 8BITMIME")
            elif verb == "MAIL":
                if sink.ends == "mail":
                    return
                sender, recipients = _address(words), []
                say("250 ok")
            elif verb == "RCPT":
                address = _address(words)
                if sink.busy or address.startswith("later"):
                    say("451 4.7.1 come back later")
                elif address.startswith("refused"):
                    say("550 5.1.1 no such user")
                else:
                    recipients.append(address)
                    say("250 ok")
            elif verb == "DATA":
                if not recipients:
                    say("503 no recipients")
                    continue
                say("354 go on")
                if not _take(session, sink, sender, recipients):
                    return
                say("250 kept")
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")
    except OSError:
        # The client is gone; that is what some tests are about.
        return


def _take(session: socketserver.StreamRequestHandler, sink: Sink, sender: str, recipients: list[str]) -> bool:
    """Take a mail; False where the server hangs up."""
    lines = []
    while (line := session.rfile.readline()) != b".\r\n":
        if not line or sink.ends == "data":
            return False
        lines.append(line[1:] if line.startswith(b".") else line)
    sink.kept.append(Kept(sender, tuple(recipients), b"".join(lines)))
    sink.started.set()
    sink.proceed.wait(30)
    return sink.ends != "dot"


def _address(words: str) -> str:
    return words.partition("<")[2].partition(">")[0]
