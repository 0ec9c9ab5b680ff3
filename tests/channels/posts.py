"""Mail servers on loopback: a real one, and one that says exactly what a test wants, then hangs up."""

from __future__ import annotations

import base64
import socket
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that the server has: its envelope and bytes, who had logged in, by which connection."""

    sender: str
    recipients: tuple[str, ...]
    data: bytes
    login: bytes = b""
    tls: bool = False
    peer: object = None


@dataclass
class Post:
    """What a real server took, and what it is to refuse: replies by recipient, to MAIL and to the data.

    Without slots: aiosmtpd looks at every attribute, and Python 3.11.2 leaves a broken one there (gh-102069).
    """

    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    refuse_sender: str = ""
    refuse_data: str = ""
    password: str = ""
    token: str = ""
    greeted: list[str] = field(default_factory=list)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, _server: object, session: Any, _envelope: object, hostname: str, responses: list[str]
    ) -> list[str]:
        """Note the name."""
        session.host_name = hostname
        self.greeted.append(hostname)
        return responses

    async def handle_MAIL(  # noqa: N802
        self, _server: object, _session: object, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Take the sender or refuse it."""
        if self.refuse_sender:
            return self.refuse_sender
        envelope.mail_from = address or ""
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(  # noqa: N802
        self, _server: object, _session: object, envelope: Any, address: str, _options: list[str]
    ) -> str:
        """Take the recipient or refuse it."""
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, _server: object, session: Any, envelope: Any) -> str:  # noqa: N802
        """Take the mail or refuse it."""
        if self.refuse_data:
            return self.refuse_data
        self.taken.append(
            Taken(
                envelope.mail_from.strip("<>"),
                tuple(envelope.rcpt_tos),
                envelope.original_content,
                session.auth_data or b"",
                session.ssl is not None,
                session.peer,
            )
        )
        return f"250 2.0.0 Ok: queued as {len(self.taken)}"

    def authenticate(self, _server: object, _session: object, _envelope: object, _how: str, data: Any) -> Any:
        """By user and password."""
        good = data.login == b"support" and data.password == self.password.encode()
        return AuthResult(success=good, handled=False, auth_data=data.login)

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> Any:  # noqa: N802
        """By token; the refusal comes after a challenge, as Google has it."""
        said = await server.challenge_auth(b"", encode_to_b64=False) if len(args) == 1 else args[1]
        if base64.b64decode(said).decode() == f"user=support\x01auth=Bearer {self.token}\x01\x01":
            return AuthResult(success=True, auth_data=b"token")
        await server.challenge_auth(b'{"status":"401"}')
        return AuthResult(success=False, handled=False)


class _Controller(Controller):
    """aiosmtpd's, on a free port."""

    def __init__(self, post: Post, *, tls: ssl.SSLContext | None, **options: Any) -> None:
        super().__init__(post, hostname="127.0.0.1", port=0, ssl_context=tls, **options)

    def _trigger_server(self) -> None:
        # Which port is free is known only now.
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def running(post: Post, *, tls: ssl.SSLContext | None = None, **options: Any) -> Iterator[Post]:
    """The server while it runs."""
    if post.password or post.token:
        options |= {"authenticator": post.authenticate, "auth_required": True}
    controller = _Controller(post, tls=tls, ident="ESMTP", **options)
    controller.start()
    post.port = controller.port
    try:
        yield post
    finally:
        controller.stop()


def make_certificate(folder: Path, name: str = "localhost") -> tuple[Path, Path]:
    """(certificate, key): signed by itself, for that name and 127.0.0.1 where it is localhost."""
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    names = f"DNS:{name}" + (",IP:127.0.0.1" if name == "localhost" else "")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30"
    more = ["-subj", f"/CN={name}", "-addext", f"subjectAltName={names}", "-keyout", key, "-out", certificate]
    subprocess.run([*command.split(), *more], check=True, capture_output=True)
    return certificate, key


@contextmanager
def scripted(play: Callable[[socket.socket], None]) -> Iterator[tuple[int, list[BaseException]]]:
    """(its port, what went wrong in it): a server whose every connection is `play`'s, one after the other."""
    wrong: list[BaseException] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(10)
                    try:
                        play(connection)
                    except (ConnectionError, TimeoutError):
                        pass
                    except BaseException as error:  # noqa: BLE001 - the test looks at it
                        wrong.append(error)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield port, wrong
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()
            thread.join(10)
