"""Lines to an SMTP server and its replies: bounded in length and time, in TLS that is verified (T48)."""

from __future__ import annotations

import re
import socket
import ssl
import time
from typing import Self

from helpdesk_cli.values import dataclass

_LONGEST_LINE = 4096  # bytes; RFC 5321 section 4.5.3.1.5 has 512
_MOST_LINES = 200
_CHUNK = 1 << 16
_TLS_FAULT = "Look at the certificate: `openssl s_client -connect {host}:{port}`."
_READY, _GOOD, _CLOSING = 220, 2, 421
_REPLY = re.compile(rb"([2-5][0-9]{2})([ -]?)([^\r\n]*)\r?\n")


class BrokenError(Exception):
    """The conversation is over, or never began; its words are for people."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds to wait: for a connection, a reply, each 64 kB of a mail, the word that ends it."""

    connect: float = 30.0
    command: float = 120.0
    chunk: float = 180.0
    end: float = 600.0  # RFC 5321 section 4.5.3.2.6: who is impatient here sends a mail twice


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server said."""

    code: int
    words: str

    @property
    def kind(self) -> int:
        """2 good, 3 go on, 4 not now, 5 never."""
        return self.code // 100

    def __str__(self) -> str:
        """Code and words."""
        return f"{self.code} {self.words}".strip()


class Conversation:
    """A connection to a server that was greeted. `features`: what EHLO said, by upper-case name."""

    def __init__(self, sock: socket.socket, host: str, patience: Patience) -> None:
        """`open` makes one."""
        self._socket = sock
        self._host = host
        self._patience = patience
        self._heard = b""
        self.features: dict[str, str] = {}

    @classmethod
    def open(cls, host: str, port: int, *, security: str, patience: Patience) -> Self:
        """Connect, by TLS where `security` (tls, starttls, none) says so. Raises BrokenError."""
        try:
            sock = socket.create_connection((host, port), timeout=patience.connect)
        except (OSError, UnicodeError) as error:
            reason = (getattr(error, "strerror", None) or str(error) or "no answer").lower()
            raise BrokenError(f"no connection to {host}:{port}: {reason}") from error
        talk = cls(sock, host, patience)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            talk._begin(port, security)
        except BaseException:
            talk.close()
            raise
        return talk

    def _begin(self, port: int, security: str) -> None:
        if security == "tls":
            self._encrypt(port)
        greeting = self._hear(self._patience.command)
        if greeting.code != _READY:
            raise BrokenError(f"{self._host} takes no mail: {greeting}")
        self._greet()
        if security == "starttls":
            if "STARTTLS" not in self.features:
                raise BrokenError(f"{self._host}:{port} offers no STARTTLS, and nothing is sent without TLS")
            reply = self.say("STARTTLS")
            if reply.code != _READY:
                raise BrokenError(f"{self._host} refuses STARTTLS: {reply}")
            if self._heard:
                # Said before TLS, meant to be taken for the server's after it (CVE-2011-0411 and its kin).
                raise BrokenError(f"somebody on the way to {self._host} puts words into the conversation")
            self._encrypt(port)
            self._greet()

    def _encrypt(self, port: int) -> None:
        self._socket.settimeout(self._patience.connect)
        try:
            self._socket = ssl.create_default_context().wrap_socket(self._socket, server_hostname=self._host)
        except ssl.SSLError as error:
            said = getattr(error, "verify_message", "") or error.reason or str(error)
            remedy = _TLS_FAULT.format(host=self._host, port=port)
            raise BrokenError(f"no trusted TLS with {self._host}: {said}. {remedy}") from error
        except (OSError, ValueError) as error:
            raise BrokenError(f"no TLS with {self._host}: {error}") from error

    def _greet(self) -> None:
        # The address this connection comes from, which the server sees anyway: no name of this machine (T42).
        address = str(self._socket.getsockname()[0]).partition("%")[0]
        name = f"[IPv6:{address}]" if ":" in address else f"[{address}]"
        reply = self.say(f"EHLO {name}")
        if reply.kind != _GOOD:
            reply = self.say(f"HELO {name}")
            if reply.kind != _GOOD:
                raise BrokenError(f"{self._host} does not answer a greeting: {reply}")
            self.features = {}
            return
        self.features = {}
        for line in reply.words.split("\n")[1:]:
            # `AUTH=PLAIN` is how old servers say it, beside the proper form or in its place.
            name, _, value = re.sub(r"^AUTH=", "AUTH ", line, flags=re.IGNORECASE).partition(" ")
            known = self.features.get(name.upper(), "")
            self.features[name.upper()] = f"{known} {value}".strip()

    def say(self, line: str) -> Reply:
        """The reply to a command. Raises BrokenError; for 421 too, by which the server ends it all."""
        octets = line.encode("ascii", "strict")
        if b"\r" in octets or b"\n" in octets:
            raise ValueError("two lines in one command")
        self._send(octets + b"\r\n", self._patience.command)
        reply = self._hear(self._patience.command)
        if reply.code == _CLOSING:
            raise BrokenError(f"{self._host} ends the conversation: {reply}")
        return reply

    def send(self, data: bytes) -> None:
        """Send what is not a command. Raises BrokenError."""
        for at in range(0, len(data), _CHUNK):
            self._send(data[at : at + _CHUNK], self._patience.chunk)

    def end(self) -> Reply:
        """Send the line that ends a mail; the reply to the mail, whatever it is. Raises BrokenError."""
        self._send(b".\r\n", self._patience.command)
        return self._hear(self._patience.end)

    def close(self) -> None:
        """Without a word."""
        self._socket.close()

    def _send(self, data: bytes, seconds: float) -> None:
        try:
            self._socket.settimeout(seconds)
            self._socket.sendall(data)
        except OSError as error:
            raise self._broken(error) from error

    def _hear(self, seconds: float) -> Reply:
        until = time.monotonic() + seconds
        lines: list[str] = []
        while len(lines) < _MOST_LINES:
            line = self._line(until)
            match = _REPLY.fullmatch(line)
            if match is None:
                raise BrokenError(f"{self._host} does not speak SMTP: {line[:80]!r}")
            lines.append(match[3].decode("utf-8", "replace").strip())
            if match[2] != b"-":
                return Reply(int(match[1]), "\n".join(lines))
        raise BrokenError(f"{self._host} does not come to the end of a reply")

    def _line(self, until: float) -> bytes:
        while b"\n" not in self._heard:
            if len(self._heard) > _LONGEST_LINE:
                raise BrokenError(f"{self._host} says a line without an end")
            try:
                self._socket.settimeout(max(until - time.monotonic(), 0.001))
                more = self._socket.recv(_LONGEST_LINE)
            except OSError as error:
                raise self._broken(error) from error
            if not more:
                raise BrokenError(f"{self._host} closed the connection")
            self._heard += more
        line, _, self._heard = self._heard.partition(b"\n")
        return line + b"\n"

    def _broken(self, error: OSError) -> BrokenError:
        if isinstance(error, TimeoutError):
            return BrokenError(f"{self._host} did not answer in time")
        return BrokenError(f"the connection to {self._host} broke: {error.strerror or error}")
