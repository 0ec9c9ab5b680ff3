"""How much automatic mail went to whom: counted on the disk before it goes. RELIABILITY A15, A16.

One record a day in `.git/desk/automatic`; addresses and subjects stand in it as hashes only. What cannot be
read or written raises, and then no mail goes.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage import lock
from helpdesk_cli.storage.layout import prepare
from helpdesk_cli.storage.records import Records
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.desk import Desk

KIND = "automatic"
# Nobody waits here for long: whoever holds it counts one mail.
LOCK_TIMEOUT = 10.0
_HOUR, _DAY, _WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
# A robot answers at once. A person's second matter within this time was acknowledged with the first.
_BREATHER = timedelta(minutes=15)
_LOOPS = 3
_MOST_REFUSED = 500  # a day
_WITHOUT_DOTS = ("gmail.com", "googlemail.com")
_PREFIX = re.compile(
    r"\s*(?:(?:re|aw|sv|vs|antw|fwd?|wg|tr|auto)\s*(?:\[\d+\])?\s*[:：]|\[[^\]]{0,60}\])", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Counted:
    """One automatic mail, or a loop that came back: when, to whom, about what; `name` is the outbox's."""

    at: datetime
    kind: str
    name: str
    address: str
    domain: str
    subject: str


@dataclass(slots=True)
class Counts:
    """What was counted in the last week; only within `counting`."""

    desk: Desk
    days: dict[str, list[Counted]] = field(default_factory=dict)
    refused: dict[str, dict[str, str]] = field(default_factory=dict)

    def refusal(self, address: str, subject: str, *, name: str) -> str:
        """Why no further automatic mail may go to this address now, in words; "" when one may.

        What was counted under this `name` before is that very mail, begun and not finished.
        """
        caps, domain = self.desk.settings.acknowledge, domain_of(address)
        who = hash_of(mailbox_of(address))
        week = [each for each in self._within(_WEEK) if each.name != name]
        sent = [each for each in week if each.kind != "loop"]
        to_them = [each for each in sent if each.address == who]
        about = hash_of(normalised(subject))
        loops = [each for each in self._of(week, _DAY) if each.kind == "loop" and each.address == who]
        last_hour = self._of(sent, _HOUR)
        at_domain = [each for each in last_hour if each.domain == domain]
        is_large = domain in caps.large_providers
        reasons = (
            (len(loops) >= _LOOPS, f"{len(loops)} of our own mails came back from it within a day"),
            (self._of(to_them, _BREATHER), "it got automatic mail within the last quarter of an hour"),
            (any(each.subject == about for each in to_them), "it got one about the same subject this week"),
            (
                len(self._of(to_them, _DAY)) >= caps.per_address_a_day,
                f"it got {caps.per_address_a_day} within a day",
            ),
            (len(to_them) >= caps.per_address_a_week, f"it got {caps.per_address_a_week} within a week"),
            (
                not is_large and len(at_domain) >= caps.per_domain_an_hour,
                f"its domain got {caps.per_domain_an_hour} within an hour",
            ),
            (self.is_full, f"{caps.an_hour} went out within an hour"),
        )
        return next((why for holds, why in reasons if holds), "")

    @property
    def is_full(self) -> bool:
        """Whether as much as may went out within an hour, to whomever."""
        sent = [each for each in self._within(_HOUR) if each.kind != "loop"]
        return len(sent) >= self.desk.settings.acknowledge.an_hour

    def count(self, address: str, subject: str, *, name: str, kind: str) -> None:
        """Count one mail that is to go, once a name; durable when this returns."""
        if any(each.name == name for day in self.days.values() for each in day):
            return
        now = self.desk.now.astimezone(UTC)
        today = now.date().isoformat()
        who, about = hash_of(mailbox_of(address)), hash_of(normalised(subject))
        counted = Counted(now, kind, name, who, domain_of(address), about)
        self.days.setdefault(today, []).append(counted)
        self._put(today)

    def note_refused(self, name: str, why: str) -> None:
        """Remember why that mail is not written, for whoever asks later; of a storm only the beginning."""
        today = self.desk.now.astimezone(UTC).date().isoformat()
        refused = self.refused.setdefault(today, {})
        if name not in refused and len(refused) < _MOST_REFUSED:
            refused[name] = why
            self._put(today)

    def why_refused(self, name: str) -> str:
        """Why that mail was not written; "" where that was not noted, or is forgotten."""
        return next((day[name] for day in self.refused.values() if name in day), "")

    def _put(self, today: str) -> None:
        records = Records(self.desk.layout.state, KIND)
        sent = [_packed(each) for each in self.days.get(today, [])]
        records.put(today, {"sent": sent, "refused": dict(self.refused.get(today, {}))})
        for old in records.names():
            if old < _oldest(self.desk):
                records.remove(old)

    def _within(self, span: timedelta) -> list[Counted]:
        return self._of([each for day in self.days.values() for each in day], span)

    def _of(self, counted: list[Counted], span: timedelta) -> list[Counted]:
        """Those of that time. What a clock that ran ahead wrote counts, but not for years."""
        now = self.desk.now
        return [each for each in counted if now - span < each.at <= now + _DAY]


@contextmanager
def counting(desk: Desk) -> Iterator[Counts]:
    """What was counted, held alone inside the block.

    Raises TryAgainError, InvalidFileError, OSError: then nothing may be sent (A16).
    """
    prepare(desk.layout)
    with lock.hold(desk.layout.state / "automatic.lock", timeout=LOCK_TIMEOUT, modes=desk.layout.modes):
        yield read_counts(desk)


def read_counts(desk: Desk) -> Counts:
    """What was counted, to look at only. Raises InvalidFileError, OSError."""
    records = Records(desk.layout.state, KIND)
    counts = Counts(desk)
    for day in records.names():
        if day >= _oldest(desk):
            record = records.get(day) or {}
            counts.days[day] = [_unpacked(each, desk, day) for each in _list(record.get("sent"), desk, day)]
            refused = record.get("refused")
            if isinstance(refused, dict):
                counts.refused[day] = {str(name): str(why) for name, why in refused.items()}
    return counts


def hash_of(text: str) -> str:
    """A text that is to be known again and not read: an address in any case, or a subject."""
    said = text.strip().casefold().encode("utf-8", "surrogatepass")
    return sha256(b"desk automatic\0" + said).hexdigest()[:32]


def mailbox_of(address: str) -> str:
    """The address without what its owner may add at will: else one mailbox would count as many."""
    local, _, domain = address.strip().casefold().rpartition("@")
    plain = local.partition("+")[0] or local
    if domain in _WITHOUT_DOTS:
        plain, domain = plain.replace(".", ""), _WITHOUT_DOTS[0]
    return f"{plain}@{domain}"


def domain_of(address: str) -> str:
    """The domain, case-folded."""
    return address.strip().rpartition("@")[2].casefold()


def normalised(subject: str) -> str:
    """The subject without what replies and machines change in it: prefixes, tags, numbers, punctuation."""
    rest = subject[:500]
    while match := _PREFIX.match(rest):
        rest = rest[match.end() :]
    return " ".join(re.sub(r"[\W\d_]+", " ", rest.casefold()).split())


def _oldest(desk: Desk) -> str:
    return (desk.now.astimezone(UTC) - _WEEK - _DAY).date().isoformat()


def _packed(counted: Counted) -> list[str]:
    return [
        counted.at.isoformat(),
        counted.kind,
        counted.name,
        counted.address,
        counted.domain,
        counted.subject,
    ]


def _list(value: object, desk: Desk, day: str) -> list[object]:
    if not isinstance(value, list):
        raise _damaged(desk, day)
    return value


def _unpacked(value: object, desk: Desk, day: str) -> Counted:
    try:
        at, kind, name, address, domain, subject = map(str, _list(value, desk, day))
        return Counted(datetime.fromisoformat(at).astimezone(UTC), kind, name, address, domain, subject)
    except (ValueError, OverflowError) as error:
        raise _damaged(desk, day) from error


def _damaged(desk: Desk, day: str) -> InvalidFileError:
    return InvalidFileError(
        "this count of automatic mail is damaged, so none goes",
        str(desk.layout.state / KIND / f"{day}.json"),
        "Remove the file: what was sent that day is then forgotten.",
    )
