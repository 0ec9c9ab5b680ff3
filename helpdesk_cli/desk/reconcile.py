"""`desk reconcile`: every mail that the mail server handed over is here, or is named with a remedy."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, Final, Literal

from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.mail_here import Fate, MailHere
from helpdesk_cli.errors import NotFoundError, UsageError
from helpdesk_cli.mail.headers import message_ids
from helpdesk_cli.mail.own import OwnAddresses
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from helpdesk_cli.channels.maillog import Delivery
    from helpdesk_cli.desk.desk import Desk

# Beside where a mail is: still with the mail server; too young to tell; left out by name; and what is wrong:
# nowhere; another mail of its id is here; kept and in no ticket; given back to its sender.
Outcome = Fate | Literal["queued", "young", "ignored", "missing", "differs", "returned"]
WRONG: Final = frozenset({"missing", "differs", "unfiled", "returned"})

_MARKS: Final = ("desk-ingest", "desk_ingest")
_REMEDIES: Final = {
    "differs": "`desk ingest FILE` takes it in, beside the other.",
    "unfiled": "`desk fsck --repair` files it.",
    "returned": "The sender knows; write to them, or ask for it again.",
}
_FIND: Final = (
    "Look for it in the mail server's queue, in backups and in other mailboxes; "
    "`desk ingest FILE` takes it in. If it was not meant for this desk, name it in --ignore FILE."
)


@dataclass(frozen=True, slots=True)
class Told:
    """A mail that the mail server knew: its id there, when, from whom, and what became of it here.

    `name` is the Message-ID, else the server's own name of the mail. `ticket` is "" where it is in none.
    """

    name: str
    outcome: Outcome
    at: str = ""
    sender: str = ""
    place: str = ""  # the line of the log, or the file
    ticket: str = ""
    why: str = ""

    @property
    def remedy(self) -> str:
        """What to do about it, "" where nothing is to be done."""
        return _REMEDIES.get(self.outcome, _FIND if self.outcome in WRONG else "")


@dataclass(slots=True)
class Reconciled:
    """How many mails were looked for, what became of each kind, and those that are not well."""

    total: int = 0
    deliveries: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[Told] = field(default_factory=list)
    waiting: list[Told] = field(default_factory=list)  # with the mail server, or beside a broken ticket

    def add(self, told: Told) -> None:
        """Count it."""
        self.total += 1
        self.counts[told.outcome] += 1
        if told.outcome in WRONG:
            self.wrong.append(told)
        elif told.outcome in {"queued", "waiting", "set-aside", "broken"}:
            self.waiting.append(told)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which mail is the desk's: by address, and by the command or transport that it is handed to."""

    addresses: OwnAddresses
    marks: tuple[str, ...]

    @classmethod
    def of(cls, desk: Desk, *, to: Iterable[str] = (), commands: Iterable[str] = ()) -> Wanted:
        """As the options say; without any, the desk's inboxes and whatever is handed to `desk-ingest`."""
        named = frozenset(address.casefold() for address in to)
        marks = tuple(commands)
        if named or marks:
            return cls(OwnAddresses(named), marks)
        return cls(OwnAddresses(desk.settings.own_addresses), _MARKS)

    def has(self, delivery: Delivery) -> bool:
        """Whether this delivery was one for the desk."""
        return self.is_handed(delivery) or any(map(self.addresses.has, delivery.recipients))

    def is_handed(self, delivery: Delivery) -> bool:
        """Whether it went to the desk's own door, after which nobody else has it."""
        return any(mark in delivery.by for mark in self.marks)


def read_ignored(text: str, *, place: str) -> dict[str, str]:
    """Message-ID -> reason, of lines `<id> reason`; `#` begins a remark. Raises UsageError."""
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        said = line.strip()
        if not said or said.startswith("#"):
            continue
        name, *reason = said.split(maxsplit=1)
        if not reason:
            hint = "Write `<id> reason`: whoever reads it next wants to know why."
            raise UsageError("this line gives no reason", f"{place}:{number}", hint)
        found[name.strip("<>")] = reason[0]
    return found


def reconcile_log(
    desk: Desk, deliveries: Iterable[Delivery], wanted: Wanted, ignored: Mapping[str, str], done: Reconciled
) -> None:
    """Look for every mail that the log says was for the desk; each once, however often it was delivered."""
    groups: dict[str, list[Delivery]] = {}
    for delivery in deliveries:
        if wanted.has(delivery):
            done.deliveries += 1
            name = _id_of(delivery) or delivery.queue_id or delivery.above
            groups.setdefault(name, []).append(delivery)
    with closing(open_index(desk, full=True)) as index:
        here = MailHere(desk, index)
        for name, group in groups.items():
            done.add(_look(here, name, group, wanted, ignored))


def _look(
    here: MailHere, name: str, group: list[Delivery], wanted: Wanted, ignored: Mapping[str, str]
) -> Told:
    # The last word counts, but what the desk's door has taken is taken.
    taken = [each for each in group if each.state == "sent" and wanted.is_handed(each)]
    last = _last(taken or group)
    message_id = _id_of(last)

    def told(outcome: Outcome, ticket: str = "", why: str = "") -> Told:
        return Told(name, outcome, last.at, last.sender, last.place, ticket, why)

    place = here.by_message_id(message_id) if message_id else None
    for each in group if place is None else ():
        place = place or here.by_original(message_id, each.queue_id, each.above)
    if place is not None and place.fate != "unfiled":
        return told(place.fate, place.name)
    if name in ignored:
        return told("ignored", why=ignored[name])
    if place is not None:
        return told("unfiled", why=f"it is kept ({place.name[:12]}) and in no ticket")
    if last.state == "deferred":
        return told("queued", why=last.why)
    if last.state == "bounced":
        return told("returned", why=last.why)
    why = "it was handed over and is not here"
    if not message_id and not here.has_originals():
        why = "the log has no Message-ID of it, and this host keeps no originals to find it by"
    return told("missing", why=why)


def _last(group: list[Delivery]) -> Delivery:
    """What was done last. In one log by its order, as clocks are set back; across logs by the time."""
    by_log = {each.place.rpartition(":")[0]: each for each in group}
    return max(by_log.values(), key=lambda each: each.moment)


def _id_of(delivery: Delivery) -> str:
    """The Message-ID as tickets have it."""
    return next(iter(message_ids(f"<{delivery.message_id}>")), "") if delivery.message_id else ""


def check_compared(done: Reconciled, logs: Iterable[Path]) -> None:
    """Raises NotFoundError where nothing was compared: that proves nothing."""
    if not done.deliveries and not done.wrong:
        where = ", ".join(map(str, logs))
        hint = "Say which are: --to ADDRESS, --command WORD (part of the transport's or command's name)."
        raise NotFoundError("there is no mail for this desk", where, hint)
    if done.counts["young"] == done.total:
        hint = "Wait, or compare the original: a copy made by `cp -r` says that all of it came just now."
        raise NotFoundError("every mail is younger than ten minutes, so that nothing was compared", "", hint)


def lines_of(done: Reconciled) -> Iterator[Told]:
    """What is not well, first what is lost."""
    order = {"missing": 0, "differs": 1, "returned": 2, "unfiled": 3}
    yield from sorted(done.wrong, key=lambda told: order[told.outcome])
