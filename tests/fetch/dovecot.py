"""Debian's Dovecot as a private IMAP server on loopback, with a certificate and mailboxes of its own."""

from __future__ import annotations

import base64
import hmac
import json
import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imapclient import IMAPClient
from needs import find

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

PASSWORD = "secrét+wörd"
_KEY = b"k" * 32
_CONF = """
protocols = imap
listen = 127.0.0.1
base_dir = {top}/run
state_dir = {top}/state
log_path = {top}/log
ssl = yes
ssl_cert = <{top}/cert.pem
ssl_key = <{top}/key.pem
mail_location = maildir:{top}/mail/%u
{users}
auth_mechanisms = plain login xoauth2
{capability}
passdb {{
  driver = static
  args = password={password}
  mechanisms = plain login
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {top}/oauth2
}}
userdb {{
  driver = static
  args = home={top}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
protocol imap {{
  mail_plugins = acl imap_acl
}}
plugin {{
  acl = vfile:{top}/acls
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Seenonly {{
    auto = create
  }}
  mailbox Readonly {{
    auto = create
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """A running server: where it lies, its ports (TLS at once; STARTTLS). Any user has a mailbox there."""

    top: Path
    tls: int
    plain: int

    @property
    def certificate(self) -> Path:
        """The certificate, for "localhost", that clients must trust."""
        return self.top / "cert.pem"

    def client(self, user: str, folder: str = "INBOX") -> IMAPClient:
        """Another program at that user's mailbox."""
        client = IMAPClient("127.0.0.1", self.plain, ssl=False, timeout=30)
        client.plain_login(user, PASSWORD)
        if folder:
            client.select_folder(folder)
        return client

    def append(
        self,
        user: str,
        *mails: bytes,
        folder: str = "INBOX",
        flags: Sequence[str] = (),
        at: datetime | None = None,
    ) -> None:
        """Put mails into the mailbox."""
        with self.client(user, "") as client:
            for mail in mails:
                client.append(folder, mail, flags, at)

    def flags(self, user: str, folder: str = "INBOX") -> list[set[str]]:
        """The flags of each mail in the folder, in order."""
        with self.client(user, folder) as client:
            found = client.get_flags(client.search())
            return [{flag.decode() for flag in found[uid] if flag != rb"\Recent"} for uid in sorted(found)]

    def token(self, user: str) -> str:
        """A token with which that user may log in for an hour (RFC 7519, checked by Dovecot itself)."""
        now = int(time.time())  # noqa: TID251 - the server looks at its own clock
        claims = {"sub": user, "iat": now - 5, "exp": now + 3600}
        parts = [_base64(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
        signed = b".".join(parts)
        return b".".join((signed, _base64(hmac.digest(_KEY, signed, "sha256")))).decode()


def start(top: Path, *, capability: str = "") -> tuple[Dovecot, subprocess.Popen[bytes]]:
    """Start a server below `top`, which everybody may enter; `capability` is said instead of its own."""
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    files = ("-keyout", str(top / "key.pem"), "-out", str(top / "cert.pem"))
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *files]
    subprocess.run(command, check=True, capture_output=True)
    (top / "oauth2").write_text(
        f"introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix={top}/keys/\n"
        "username_attribute = sub\n"
    )
    (top / "keys/default/HS256").mkdir(parents=True)
    (top / "keys/default/HS256/default").write_text(base64.b64encode(_KEY).decode())
    (top / "acls").write_text("Seenonly owner lrsi\nReadonly owner lri\n")
    (top / "mail").mkdir()
    server = Dovecot(top, _free_port(), _free_port())
    (top / "conf").write_text(
        _CONF.format(
            top=top,
            tls=server.tls,
            plain=server.plain,
            password=PASSWORD,
            users=_users(top),
            capability=f"imap_capability = {capability}" if capability else "",
        )
    )
    dovecot = find("dovecot")
    assert dovecot
    process = subprocess.Popen([dovecot, "-F", "-c", str(top / "conf")])
    _await(server.tls, process)
    return server, process


def stop(server: Dovecot, process: subprocess.Popen[bytes]) -> None:
    """End it and remove what it left."""
    process.terminate()
    process.wait(30)
    shutil.rmtree(server.top, ignore_errors=True)


def _users(top: Path) -> str:
    """For root mail is kept by nobody: Dovecot serves none as root. Anybody else is all its users at once."""
    if os.geteuid() == 0:
        os.chown(top / "mail", 65534, 65534)
        return "mail_uid = nobody\nmail_gid = nogroup\nfirst_valid_uid = 1"
    me = os.environ["USER"]
    return (
        f"mail_uid = {os.getuid()}\nmail_gid = {os.getgid()}\nfirst_valid_uid = 1\n"
        f"default_internal_user = {me}\ndefault_login_user = {me}\n"
        "service anvil {\n  chroot =\n}\nservice imap-login {\n  chroot =\n}"
    )


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            assert process.poll() is None, "Dovecot did not start"
            assert time.monotonic() < end, "Dovecot does not answer"
            time.sleep(0.02)
        else:
            return


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
