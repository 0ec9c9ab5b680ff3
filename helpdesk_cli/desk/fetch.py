"""`desk fetch`: mail from mailboxes elsewhere, taken in as live mail with the guarantees of the door.

A mail is fetched whole, taken in until it is durable here, and only then marked there. Killed anywhere, it is
fetched again, known again (it adds nothing) and marked then. What cannot be taken stays as it is and keeps
none of the others back.
"""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from helpdesk_cli.channels.secret import read_secret
from helpdesk_cli.desk.commands import NotApprovedError, fetch_command, require_approved
from helpdesk_cli.desk.ingest import ingest
from helpdesk_cli.desk.ingest_many import ingest_many
from helpdesk_cli.desk.letters import is_server
from helpdesk_cli.desk.outcome import Ingested, Options
from helpdesk_cli.desk.reading import circumstances_of, parser
from helpdesk_cli.errors import DeskError, InvalidFileError, NotFoundError, TryAgainError, UsageError
from helpdesk_cli.mail.fetched import envelope_of
from helpdesk_cli.mail.limits import LARGEST_MAIL
from helpdesk_cli.storage import lock
from helpdesk_cli.storage.layout import prepare
from helpdesk_cli.storage.records import Records
from helpdesk_cli.storage.settings import suggest
from helpdesk_cli.tickets.times import read_time, write_time
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

    from helpdesk_cli.channels.imap import Mailbox, Opened, Waiting
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.settings_mail import Account

KIND = "fetch"
# In one run of cron so many mails of a mailbox at most: the other steps have their turn, too.
MOST_A_RUN = 1000
# A network that is away for so long is worth a word from cron.
PATIENCE = timedelta(minutes=30)
# The server's clock may be behind ours; rather is something taken that people have dealt with.
_CLOCKS = timedelta(hours=1)
# So many mails in a row that this host cannot keep: it is the host, not the mails.
_MOST_FAILURES = 5


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of one mail of a mailbox. `left` says why it stays there unmarked, "" when it was taken."""

    account: str
    uid: int
    ingested: Ingested
    left: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """What is remembered of an account between fetches; None and "" where there is nothing.

    `mark` is how the mailbox marks what was taken: keyword, seen, folder.
    """

    since: datetime | None = None
    fetched_at: datetime | None = None
    failing_since: datetime | None = None
    why: str = ""
    passing: bool = False
    mark: str = ""


class Fetching:
    """A mailbox that is open, with what waits in it; iterate to take it."""

    def __init__(
        self, desk: Desk, account: Account, opened: Opened, *, since: datetime, dry_run: bool
    ) -> None:
        """Ask the mailbox what waits: mail that came after `since`, and older mail that nobody has read."""
        self._desk, self._account, self._opened = desk, account, opened
        self._since, self._dry_run = since, dry_run
        # The server compares days, and in a time zone of its own.
        self._uids = opened.waiting((since - timedelta(days=1)).date())

    def __len__(self) -> int:
        """How many mails wait, at most."""
        return len(self._uids)

    def __iter__(self) -> Iterator[Fetched]:
        """Take the mails one by one. Raises MailboxError; TryAgainError when this host can keep none."""
        failures = 0
        # The parser is imported once, not by the child of each mail.
        parser()
        for waiting in self._opened.describe(self._uids):
            came_at = waiting.came_at
            if waiting.was_read and came_at is not None and came_at < self._since - _CLOCKS:
                continue
            fetched = self._take(waiting)
            if fetched is None:
                continue
            failures = failures + 1 if fetched.left else 0
            yield fetched
            if failures == _MOST_FAILURES:
                raise TryAgainError(
                    f"{failures} mails in a row could not be kept", f"fetch: {self._account.name}"
                )

    def _take(self, waiting: Waiting) -> Fetched | None:
        """One mail; None where it has gone meanwhile."""
        name, uid = self._account.name, waiting.uid
        if waiting.size > LARGEST_MAIL:
            why = f"it has {waiting.size:,} bytes; the most is {LARGEST_MAIL:,}"
            return Fetched(name, uid, Ingested("deferred"), left=why)
        data = self._opened.read(uid)
        if data is None:
            return None
        options = options_of(self._desk, self._account, data, came_at=waiting.came_at)
        try:
            done = self._try(data, options) if self._dry_run else ingest(self._desk, data, options)
        except (TryAgainError, OSError, MemoryError) as error:
            return Fetched(name, uid, Ingested("deferred"), left=str(error) or type(error).__name__)
        if not self._dry_run:
            self._opened.take(uid)
        return Fetched(name, uid, done)

    def _try(self, data: bytes, options: Options) -> Ingested:
        source = importlib.import_module("helpdesk_cli.channels.sources").Source("", lambda: data)
        return next(iter(ingest_many(self._desk, [source], options, dry_run=True)))


def options_of(desk: Desk, account: Account, data: bytes, *, came_at: datetime | None) -> Options:
    """How a mail of that mailbox is taken in: live, at the time it came there, never in the future."""
    at = min(came_at, desk.now) if came_at is not None else None
    own = circumstances_of(desk).own
    envelope = envelope_of(data, own=own, otherwise=_whose(desk, account))
    return Options(envelope, live=True, came_at=at.astimezone(UTC) if at else None)


def accounts(desk: Desk, names: Sequence[str] = ()) -> tuple[Account, ...]:
    """The accounts of those names, or all. Raises NotFoundError, and UsageError where there is none."""
    known = {account.name: account for account in desk.settings.fetch}
    if not known:
        raise UsageError(
            "no mailbox is named to fetch mail from", "desk.yaml: fetch", "docs/fetching-mail.md shows how."
        )
    for name in names:
        if name not in known:
            raise NotFoundError(
                f'there is no account "{name}"', "desk.yaml: fetch", suggest(name, list(known))
            )
    return tuple(known[name] for name in dict.fromkeys(names)) if names else tuple(known.values())


@contextmanager
def open_account(desk: Desk, account: Account, *, dry_run: bool = False) -> Iterator[Fetching | None]:
    """The account's mailbox, open inside the block; None where another fetch is at it.

    How it went is remembered, also when it cannot be reached. Raises MailboxError, TryAgainError; UsageError
    on a clone that is not the desk's server; NotApprovedError with nothing done.
    """
    if not is_server(desk):
        raise UsageError(
            "this clone is not the desk's server: its mail would be missing there",
            "fetch",
            "Fetch on the server; `git config desk.role server` makes this clone the one.",
        )
    # Before anything else: no fetch was tried, so that there is none to remember.
    require_approved(desk, fetch_command(account))
    prepare(desk.layout)
    held = lock.try_hold(desk.layout.state / KIND / f"{account.name}.lock", modes=desk.layout.modes)
    if held is None:
        yield None
        return
    try:
        state = state_of(desk, account.name)
        since = state.since or desk.now
        try:
            with _imap().open_mailbox(_mailbox(account), looks_only=dry_run) as opened:
                yield Fetching(desk, account, opened, since=since, dry_run=dry_run)
                mark = str(opened.mark)
        except DeskError as error:
            if not dry_run:
                _remember(desk, account, _failed(state, error, now=desk.now))
            raise
        if not dry_run:
            _remember(desk, account, State(since, desk.now, mark=mark))
    finally:
        held.release()


def fetch_all(desk: Desk) -> list[str]:
    """Take the mail of every account; what is wrong, in words that stay the same while it is.

    A network that is away for less than half an hour is not worth a word.
    """
    problems = []
    for account in desk.settings.fetch:
        try:
            with open_account(desk, account) as fetching:
                left = [fetched.left for fetched in islice(fetching or (), MOST_A_RUN) if fetched.left]
        except NotApprovedError as error:
            problems.append(str(error))
        except DeskError as error:
            state = state_of(desk, account.name)
            lasts = state.failing_since is not None and desk.now - state.failing_since >= PATIENCE
            if lasts or not state.passing:
                problems.append(str(error))
        else:
            problems += [
                f"fetch: {account.name}: a mail stays in the mailbox: {why}" for why in dict.fromkeys(left)
            ]
    return problems


def state_of(desk: Desk, name: str) -> State:
    """What is remembered of the account of that name."""
    record = Records(desk.layout.state, KIND).peek(name) or {}
    return State(
        since=_moment(record.get("since")),
        fetched_at=_moment(record.get("fetched_at")),
        failing_since=_moment(record.get("failing_since")),
        why=str(record.get("why", "")),
        passing=record.get("passing") is True,
        mark=str(record.get("mark", "")),
    )


def _failed(state: State, error: DeskError, *, now: datetime) -> State:
    passing = getattr(error, "passing", False) is True
    return State(state.since, state.fetched_at, state.failing_since or now, str(error), passing, state.mark)


def _remember(desk: Desk, account: Account, state: State) -> None:
    record: dict[str, object] = {"why": state.why, "passing": state.passing, "mark": state.mark}
    for key in ("since", "fetched_at", "failing_since"):
        moment = getattr(state, key)
        record[key] = write_time(moment) if moment else None
    Records(desk.layout.state, KIND).put(account.name, record)


def _moment(value: object) -> datetime | None:
    try:
        return read_time(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _whose(desk: Desk, account: Account) -> tuple[str, ...]:
    """The address of ours that the mailbox is for: that of the inbox of the same name, else its login."""
    inbox = next((inbox for inbox in desk.settings.inboxes if inbox.name == account.name), None)
    return (inbox.address,) if inbox else (account.user,) if "@" in account.user else ()


def _mailbox(account: Account) -> Mailbox:
    place = f"fetch: {account.name}"
    password = token = ""
    if account.token_command:
        token = read_secret(account.token_command, place=f"{place}: token-command")
    elif account.password_command:
        password = read_secret(account.password_command, place=f"{place}: password-command")
    else:
        raise InvalidFileError("there is no way to log in", place, "Write `password-command:` below it.")
    mailbox: Mailbox = _imap().Mailbox(
        name=account.name,
        host=account.host,
        port=account.port,
        security=account.security,
        user=account.user,
        folder=account.folder,
        to=account.to,
        password=password,
        token=token,
    )
    return mailbox


def _imap() -> ModuleType:
    """`channels.imap`, which costs 90 ms to import: only when there is a mailbox to go to."""
    return importlib.import_module("helpdesk_cli.channels.imap")
