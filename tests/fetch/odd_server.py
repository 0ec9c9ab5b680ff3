"""An IMAP server on loopback that says what a test makes it say: for what no good server does."""

from __future__ import annotations

import re
import socketserver
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CUT = b"<cut>"


@dataclass(slots=True)
class Odd:
    """The mails by uid, what is said instead of the usual answer, and what was heard.

    `answers` maps the beginning of a command (without its tag) to its answer: lines with CRLF, in which
    TAG stands for the tag; at CUT the connection ends.
    """

    mails: dict[int, bytes] = field(default_factory=dict)
    greeting: bytes = b"* OK here\r\n"
    capability: bytes = b"IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2"
    answers: dict[bytes, bytes] = field(default_factory=dict)
    flags: dict[int, set[bytes]] = field(default_factory=dict)
    heard: list[bytes] = field(default_factory=list)
    exists: int | None = None

    def answer(self, command: bytes) -> bytes:
        """What is answered to a command."""
        for start, said in self.answers.items():
            if command.upper().startswith(start):
                return said
        name = command.upper().split()[0]
        if name == b"UID":
            return self._uid(command)
        if name == b"SELECT":
            count = len(self.mails) if self.exists is None else self.exists
            return (
                b"* %d EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen)\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] x\r\n"
                b"* OK [UIDVALIDITY 1] x\r\nTAG OK [READ-WRITE] done\r\n" % count
            )
        known: dict[bytes, bytes] = {
            b"CAPABILITY": b"* CAPABILITY %s\r\nTAG OK done\r\n" % self.capability,
            b"LOGOUT": b"* BYE bye\r\nTAG OK bye\r\n",
        }
        return known.get(name, b"TAG OK done\r\n")

    def _uid(self, command: bytes) -> bytes:
        uids = [int(uid) for uid in re.findall(rb"[0-9]+", command.split()[2]) if int(uid) in self.mails]
        said = b""
        if command.startswith(b"UID SEARCH"):
            waiting = [uid for uid in self.mails if b"$DeskTaken" not in self.flags.get(uid, set())]
            said = b"* SEARCH %s\r\n" % b" ".join(b"%d" % uid for uid in waiting)
        elif b"BODY.PEEK" in command:
            for uid in uids:
                mail = self.mails[uid]
                said += b"* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n" % (uid, uid, len(mail), mail)
        elif b"STORE" in command:
            for uid in uids:
                self.flags.setdefault(uid, set()).update(re.findall(rb"[$\\]\w+", command.partition(b"(")[2]))
                said += b"* %d FETCH (UID %d FLAGS (%s))\r\n" % (uid, uid, b" ".join(self.flags[uid]))
        else:
            for uid in uids:
                said += b"* %d FETCH (UID %d RFC822.SIZE %d FLAGS ())\r\n" % (uid, uid, len(self.mails[uid]))
        return said + b"TAG OK done\r\n"


@contextmanager
def serving(odd: Odd, *, sasl: Callable[[bytes], bytes] | None = None) -> Iterator[int]:
    """The port on which it listens inside the block. `sasl` answers what is said after a "+"."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(odd.greeting)
            while line := self.rfile.readline():
                tag, _, command = line.rstrip(b"\r\n").partition(b" ")
                odd.heard.append(command)
                if command.startswith(b"AUTHENTICATE"):
                    self.wfile.write(b"+ \r\n")
                    said = (sasl or (lambda _: b"TAG OK in\r\n"))(self._heard())
                    while said.startswith(b"+"):
                        self.wfile.write(said)
                        said = (sasl or (lambda _: b"TAG OK in\r\n"))(self._heard())
                else:
                    said = odd.answer(command)
                said, cut, _ = said.replace(b"TAG", tag).partition(CUT)
                self.wfile.write(said)
                if cut or command == b"LOGOUT":
                    return

        def _heard(self) -> bytes:
            odd.heard.append(line := self.rfile.readline().rstrip(b"\r\n"))
            return line

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up is what the tests are about."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()
