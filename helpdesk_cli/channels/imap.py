"""A mailbox on an IMAP server: what waits in it, its mail byte for byte, and the mark that it was taken.

Nothing is ever deleted: a mail gets a mark or goes into another folder, after it is safe here. Which mails
wait is asked of the mailbox each time: no number is remembered that could mean another mail tomorrow.
"""

from __future__ import annotations

import ssl
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Literal

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, IMAPClientReadOnlyError, LoginError

from helpdesk_cli.errors import TryAgainError
from helpdesk_cli.mail.limits import LARGEST_MAIL
from helpdesk_cli.tickets.escapes import make_visible
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    import imaplib
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

# A keyword of our own (RFC 3501 section 2.3.2): what a person reads is not taken for what the desk has.
KEYWORD = "$DeskTaken"
Mark = Literal["keyword", "seen", "folder"]
_TIMEOUT = 60.0
_SAID = 200
# imaplib refuses a line of more than a million bytes: so many uids fit into one.
_SEARCHED_AT_ONCE = 50_000
_ASKED_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where a mailbox is and what happens to what was taken. `name` is what desk.yaml calls it.

    Exactly one of `password` and `token` (XOAUTH2) is given. `to`: the folder that taken mail goes into, ""
    where it gets a mark.
    """

    name: str
    host: str
    port: int
    security: str
    user: str
    folder: str = "INBOX"
    to: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A mail that waits: bytes as the server counts them, when it came there (None: it does not say)."""

    uid: int
    size: int
    came_at: datetime | None
    was_read: bool


class MailboxError(TryAgainError):
    """The mailbox cannot be reached or used. `passing`: a fault of the network, that ends by itself."""

    def __init__(self, message: str, place: str, hint: str = "", *, passing: bool = False) -> None:
        """`place` names the account."""
        super().__init__(message, place, hint)
        self.passing = passing


class Opened:
    """A folder that is open for taking mail out of it."""

    def __init__(self, client: IMAPClient, mailbox: Mailbox, said: Mapping[bytes, object]) -> None:
        """`said` is what the server answered when the folder was opened."""
        self._client, self._mailbox = client, mailbox
        self._exists = _number(said.get(b"EXISTS"))
        self.mark = _mark(mailbox, said)

    def waiting(self, since: date) -> list[int]:
        r"""The uids of what is to be taken, in the order it came.

        Where a keyword marks what was taken, that is everything else that nobody has read, or that came on
        the day `since` or later; where only the flag \Seen can, what nobody has read; before a move, all.
        """
        criteria: dict[Mark, list[object]] = {
            "keyword": ["UNKEYWORD", KEYWORD, "OR", "UNSEEN", "SINCE", since],
            "seen": ["UNSEEN"],
            "folder": ["UNDELETED"],
        }
        found: set[int] = set()
        with _told(self._mailbox):
            for first in range(1, self._exists + 1, _SEARCHED_AT_ONCE):
                last = min(first + _SEARCHED_AT_ONCE - 1, self._exists)
                found.update(self._client.search([f"{first}:{last}", *criteria[self.mark]]))
        return sorted(found)

    def describe(self, uids: Sequence[int]) -> Iterator[Waiting]:
        """Size and time of each mail that is still there, asked for a few hundred at once."""
        for first in range(0, len(uids), _ASKED_AT_ONCE):
            some = uids[first : first + _ASKED_AT_ONCE]
            with _told(self._mailbox):
                answer = self._client.fetch(some, ["RFC822.SIZE", "INTERNALDATE", "FLAGS"])
            for uid in some:
                if told := answer.get(uid):
                    came_at = told.get(b"INTERNALDATE")
                    was_read = b"\\Seen" in told.get(b"FLAGS", ())
                    yield Waiting(uid, _number(told.get(b"RFC822.SIZE")), came_at, was_read)

    def read(self, uid: int) -> bytes | None:
        """The mail, byte for byte, not marked as read; None where it is not there any more."""
        with _told(self._mailbox):
            answer = self._client.fetch([uid], ["BODY.PEEK[]"])
        data = answer.get(uid, {}).get(b"BODY[]")
        return data if isinstance(data, bytes) else None

    def take(self, uid: int) -> None:
        """Mark the mail as taken, or put it into the other folder. Raises MailboxError where that fails."""
        with _told(self._mailbox):
            if self.mark == "folder":
                self._move(uid)
                return
            flags = [KEYWORD, "\\Seen"] if self.mark == "keyword" else ["\\Seen"]
            kept = self._client.add_flags([uid], flags)
            if uid not in kept:
                # Some servers answer only when something changed; or the mail is gone.
                kept = {
                    key: told.get(b"FLAGS", ()) for key, told in self._client.fetch([uid], ["FLAGS"]).items()
                }
        if uid in kept and flags[0].casefold().encode() not in {flag.lower() for flag in kept[uid]}:
            said = "the server does not keep the mark of what was taken: every mail would be fetched again"
            hint = "Write `after: move` and `to: FOLDER` for this account."
            raise MailboxError(said, _place(self._mailbox), hint)

    def _move(self, uid: int) -> None:
        r"""MOVE (RFC 6851) where the server can; else a copy, then this one mail is expunged (RFC 4315).

        A server that can do neither keeps the original with the flag \Deleted, which `waiting` leaves out:
        a plain EXPUNGE would remove what others have flagged.
        """
        if self._client.has_capability("MOVE"):
            self._client.move([uid], self._mailbox.to)
            return
        self._client.copy([uid], self._mailbox.to)
        self._client.add_flags([uid], ["\\Deleted"], silent=True)
        if self._client.has_capability("UIDPLUS"):
            self._client.uid_expunge([uid])


@contextmanager
def open_mailbox(mailbox: Mailbox, *, looks_only: bool = False) -> Iterator[Opened]:
    """The mailbox, logged in over a verified connection, its folder open. Raises MailboxError.

    With `looks_only` the server is told that nothing will be changed, and no folder is made.
    """
    with _told(mailbox):
        client = _connect(mailbox)
    try:
        with _told(mailbox):
            _log_in(client, mailbox)
            if mailbox.to and not looks_only and not client.folder_exists(mailbox.to):
                client.create_folder(mailbox.to)
                client.subscribe_folder(mailbox.to)
            said = client.select_folder(mailbox.folder, readonly=looks_only)
        yield Opened(client, mailbox, said)
    finally:
        # Everything that counts has been answered by now.
        with suppress(Exception):
            client.logout()
        with suppress(Exception):
            client.shutdown()


class _Bounded(IMAPClient):  # type: ignore[misc] # the library brings no types
    """IMAPClient that reads no more of a mail than there may be, and notices one that was cut."""

    def _create_IMAP4(self) -> imaplib.IMAP4:  # noqa: N802 - the library's name
        imap: imaplib.IMAP4 = super()._create_IMAP4()
        read = imap.read

        def read_whole(size: int) -> bytes:
            if size > LARGEST_MAIL:
                raise imap.abort(f"the server sends {size} bytes at once")
            data = read(size)
            if len(data) != size:
                raise imap.abort("the connection was cut in the middle of a mail")
            return data

        imap.read = read_whole  # type: ignore[method-assign] # imaplib documents `read` as the place for this
        return imap


def _connect(mailbox: Mailbox) -> IMAPClient:
    context = ssl.create_default_context()
    client = _Bounded(
        mailbox.host,
        mailbox.port,
        ssl=mailbox.security == "tls",
        ssl_context=context,
        timeout=_TIMEOUT,
    )
    client.normalise_times = False
    if mailbox.security == "starttls":
        try:
            client.starttls(context)
        except BaseException:
            with suppress(Exception):
                client.shutdown()
            raise
    return client


def _log_in(client: IMAPClient, mailbox: Mailbox) -> None:
    if mailbox.token:
        client.sasl_login("XOAUTH2", _XOAuth2(mailbox.user, mailbox.token))
    elif client.has_capability("AUTH=PLAIN"):
        # Says any password; LOGIN knows ASCII only.
        client.plain_login(mailbox.user, mailbox.password)
    else:
        client.login(mailbox.user, mailbox.password)


class _XOAuth2:
    """The answers of XOAUTH2: the token first; then nothing, which asks for the refusal's final words."""

    def __init__(self, user: str, token: str) -> None:
        self._answers = [f"user={user}\1auth=Bearer {token}\1\1".encode()]

    def __call__(self, _challenge: bytes) -> bytes:
        return self._answers.pop() if self._answers else b""


def _mark(mailbox: Mailbox, said: Mapping[bytes, object]) -> Mark:
    if mailbox.to:
        return "folder"
    kept = said.get(b"PERMANENTFLAGS")
    flags = {flag.lower() for flag in kept} if isinstance(kept, tuple) else {b"\\seen"}
    if flags & {b"\\*", KEYWORD.lower().encode()}:
        return "keyword"
    if b"\\seen" in flags:
        return "seen"
    hint = "Write `after: move` and `to: FOLDER` for this account, or give the user the right to set flags."
    raise MailboxError("what was taken cannot be marked in this folder", _place(mailbox), hint)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _place(mailbox: Mailbox) -> str:
    return f"fetch: {mailbox.name}"


@contextmanager
def _told(mailbox: Mailbox) -> Iterator[None]:
    """Whatever a server or the way to it does inside the block, as MailboxError, without a secret in it."""
    place, where = _place(mailbox), f"{mailbox.host}:{mailbox.port}"
    try:
        yield
    except MailboxError:
        raise
    except ssl.SSLCertVerificationError as error:
        said = f"{where} does not prove who it is: {error.verify_message}"
        hint = (
            "Nothing was sent to it. Name the host as its certificate does; where a certificate authority of "
            "your own signed it, put that into this machine's store."
        )
        raise MailboxError(said, place, hint) from None
    except LoginError as error:
        raise _refused(mailbox, str(error)) from None
    except IMAPClientReadOnlyError:
        said = f'the folder "{mailbox.folder}" may only be read: what was taken cannot be marked'
        raise MailboxError(said, place, f"Give {mailbox.user} the right to set flags there.") from None
    except ssl.SSLError as error:
        said = f"{where} speaks no TLS that can be used: {_words(error.reason or error)}"
        hint = "`security: tls` is for port 993, starttls for port 143."
        raise MailboxError(said, place, hint) from None
    except OSError as error:
        why = error.strerror or str(error) or type(error).__name__
        raise MailboxError(f"{where}: {_words(why).lower()}", place, passing=True) from None
    except IMAPClientError as error:
        # A connection that broke is the network's; a refusal needs a person.
        passing = isinstance(error, IMAPClient.AbortError)
        raise MailboxError(f"{where} says: {_words(error)}", place, passing=passing) from None
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError) as error:
        said = f"{where} gives an answer that cannot be read ({type(error).__name__})"
        raise MailboxError(said, place, passing=True) from None


def _words(said: object) -> str:
    """What a server said: on one line, short, its control characters visible."""
    return make_visible(" ".join(str(said).split())[:_SAID])


def _refused(mailbox: Mailbox, said: str) -> MailboxError:
    for secret in (mailbox.password, mailbox.token):
        said = said.replace(secret, "…") if secret else said
    what = "token" if mailbox.token else "password"
    return MailboxError(
        f"{mailbox.host} refuses the login of {mailbox.user}: {_words(said)}",
        _place(mailbox),
        f"Look at `user` and `{what}-command`.",
        passing="UNAVAILABLE" in said.upper(),
    )
