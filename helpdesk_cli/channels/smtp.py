"""Sending by SMTP (RFC 5321) to a mail server of one's own: TLS verified, logged in, one connection for many.

smtplib is not used: it does not say whether a connection broke before or after the end of the mail was
sent, on which hangs whether the mail may be tried again, and it takes replies of any length.
"""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from helpdesk_cli.channels.conversation import BrokenError, Conversation, Patience
from helpdesk_cli.channels.secret import read_secret
from helpdesk_cli.errors import TryAgainError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.channels.conversation import Reply
    from helpdesk_cli.channels.transport import Outcome, Server

# These speak of the login, not of the mail (RFC 4954): whoever mends it finds the mail waiting.
_LOGIN_FAULTS = frozenset({530, 534, 535, 538})
_STORAGE_FULL = 552  # at RCPT it means "too many recipients", for now (RFC 5321 section 4.5.3.1.10)
_GOOD, _GO_ON, _PASSING, _LASTING = 2, 3, 4, 5


class Smtp:
    """The server; connected to when the first mail is sent."""

    def __init__(self, server: Server, *, patience: Patience | None = None) -> None:
        """`patience`: how long to wait for what."""
        self._server = server
        self._patience = patience or Patience()
        self._talk: Conversation | None = None
        self._secret = ""
        self._unreachable = ""

    def deliver(self, data: bytes, *, sender: str, recipients: Sequence[str]) -> dict[str, Outcome]:
        """What the server said of each. See `transport.Carrier`."""
        was_open = self._talk is not None
        why = ""
        # Servers close a connection that carried enough, or was idle. Nothing was sent: once more, anew.
        for _ in range(2 if was_open else 1):
            try:
                return self._deliver(data, sender, recipients)
            except BrokenError as error:
                self._drop()
                why = str(error)
            except BaseException:
                # Stopped in the middle of a mail, where a goodbye would be a line of it.
                self._drop()
                raise
        return dict.fromkeys(recipients, ("later", why))

    def close(self) -> None:
        """Say goodbye."""
        if self._talk is not None:
            with suppress(BrokenError):
                self._talk.say("QUIT")
        self._drop()

    def _drop(self) -> None:
        if self._talk is not None:
            self._talk.close()
        self._talk = None

    def _deliver(self, data: bytes, sender: str, recipients: Sequence[str]) -> dict[str, Outcome]:
        """Raises BrokenError where the connection broke while the server could not yet have the mail."""
        talk = self._talk = self._talk or self._connect()
        limit = talk.features.get("SIZE", "")
        if limit.isdecimal() and 0 < int(limit) < len(data):
            why = f"the mail has {len(data)} bytes, and this server takes {int(limit)}"
            return dict.fromkeys(recipients, ("refused", why))
        size = f" SIZE={len(data)}" if "SIZE" in talk.features else ""
        reply = talk.say(f"MAIL FROM:<{sender}>{size}")
        if reply.kind != _GOOD:
            self._reset(talk)
            return dict.fromkeys(recipients, _refusal(reply))
        # Where the null sender is ours, nobody is there to be told of failures.
        notify = " NOTIFY=NEVER" if not sender and "DSN" in talk.features else ""
        outcomes: dict[str, Outcome] = {}
        accepted = []
        for address in recipients:
            reply = talk.say(f"RCPT TO:<{address}>{notify}")
            if reply.kind == _GOOD:
                accepted.append(address)
            else:
                outcomes[address] = ("later", str(reply)) if reply.code == _STORAGE_FULL else _refusal(reply)
        if accepted:
            outcomes |= dict.fromkeys(accepted, self._data(talk, data))
        else:
            self._reset(talk)
        return outcomes

    def _data(self, talk: Conversation, data: bytes) -> Outcome:
        reply = talk.say("DATA")
        if reply.kind != _GO_ON:
            self._reset(talk)
            return _refusal(reply)
        # RFC 5321 section 4.5.2; lines end in CRLF and nothing else does (transport looks).
        talk.send(re.sub(rb"(?m)^\.", b"..", data))
        # From the next byte on, the server may have the mail.
        try:
            reply = talk.end()
        except BrokenError as error:
            self._drop()
            return "unknown", f"{error}, after the whole mail had been sent"
        if reply.kind == _GOOD:
            return "sent", str(reply)
        if reply.kind not in {_PASSING, _LASTING}:
            self._drop()
            return "unknown", f"the server answered the mail with: {reply}"
        return _refusal(reply)

    def _reset(self, talk: Conversation) -> None:
        """Take back what was said of this mail; a server that cannot is left."""
        try:
            done = talk.say("RSET").kind == _GOOD
        except BrokenError:
            done = False
        if not done:
            self._drop()

    def _connect(self) -> Conversation:
        # Asked once: a thousand mails do not wait a thousand times for a server that is not there.
        if self._unreachable:
            raise BrokenError(self._unreachable)
        server = self._server
        try:
            talk = Conversation.open(
                server.host, server.port, security=server.security, patience=self._patience
            )
            try:
                if server.user:
                    self._log_in(talk)
            except BaseException:
                talk.close()
                raise
        except BrokenError as error:
            self._unreachable = str(error)
            raise
        return talk

    def _log_in(self, talk: Conversation) -> None:
        server = self._server
        offered = talk.features.get("AUTH", "").upper().split()
        try:
            command = server.token_command or server.password_command
            setting = "token-command" if server.token_command else "password-command"
            if not command:
                raise BrokenError("desk.yaml names a `user:` for SMTP, and no password-command")
            self._secret = self._secret or read_secret(command, place=f"desk.yaml: smtp: {setting}")
        except TryAgainError as error:
            raise BrokenError(str(error)) from None
        if server.token_command:
            reply = _with_token(talk, offered, server.user, self._secret)
        else:
            reply = _with_password(talk, offered, server.user, self._secret)
        if reply.kind != _GOOD:
            said = str(reply).replace(self._secret, "***").replace(_base64(self._secret), "***")
            self._secret = ""
            raise BrokenError(f"{server.host} refuses the login of {server.user}: {said}")


def _with_token(talk: Conversation, offered: list[str], user: str, token: str) -> Reply:
    """XOAUTH2, as Google and Microsoft document it."""
    if "XOAUTH2" not in offered:
        raise BrokenError("the server offers no login by token (XOAUTH2)")
    proof = f"user={user}\x01auth=Bearer {token}\x01\x01"
    reply = talk.say(f"AUTH XOAUTH2 {_base64(proof)}")
    # The reason comes as a challenge; the refusal when that has been answered.
    return talk.say("") if reply.kind == _GO_ON else reply


def _with_password(talk: Conversation, offered: list[str], user: str, password: str) -> Reply:
    if "PLAIN" in offered:
        return talk.say("AUTH PLAIN " + _base64(f"\0{user}\0{password}"))
    if "LOGIN" not in offered:
        raise BrokenError("the server offers no login by password (PLAIN or LOGIN)")
    reply = talk.say("AUTH LOGIN")
    for word in (user, password):
        if reply.kind == _GO_ON:
            reply = talk.say(_base64(word))
    return reply


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _refusal(reply: Reply) -> Outcome:
    is_final = reply.kind == _LASTING and reply.code not in _LOGIN_FAULTS
    return "refused" if is_final else "later", str(reply)
