"""Raw mail to plain values: `read_mail`. Whatever anybody sends, it gives something to file.

The bytes are mended and cut first (limits, heads), then Python's parser finds the parts, mail-parser
reads addresses and dates, and what is left to do better than they do stands in the small modules
beside this one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from helpdesk_cli.mail.addresses import people
from helpdesk_cli.mail.charsets import codec_named
from helpdesk_cli.mail.contents import Contents
from helpdesk_cli.mail.headers import bounded, date_of, header_text, message_ids, parameters
from helpdesk_cli.mail.heads import mended
from helpdesk_cli.mail.limits import Limits, cut_parameters, cut_parts
from helpdesk_cli.mail.model import Incoming
from helpdesk_cli.mail.parts import bodies, parse
from helpdesk_cli.mail.salvage import salvage
from helpdesk_cli.mail.walk import Walk
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from datetime import datetime

    from helpdesk_cli.mail.parts import Leaf, Unopened
    from helpdesk_cli.tickets.person import Person

_BEGINNING: Final = 128 << 10  # bytes read of a mail that is too big
_HEADERS: Final = 1000
_HEADER_LENGTH: Final = 10_000


def read_mail(raw: bytes, *, limits: Limits = Limits()) -> Incoming:  # noqa: B008 - it is frozen
    """What a mail says, decoded and bounded; `problems` says what was wrong with it. Never raises.

    Memory and time are bounded by `limits`; a mail that defeats them all the same is for `salvage`,
    called by whoever runs this under the limits of a process.
    """
    if len(raw) > limits.mail:
        # Its headers and first text; attachments that are cut off in the middle are none.
        found = _read_or_salvage(raw[:_BEGINNING], limits)
        return replace(found, parts=(), problems=("too-big", "unparsed"))
    if not raw.strip():
        return Incoming(text="", problems=("empty",))
    return _read_or_salvage(raw, limits)


def _read_or_salvage(raw: bytes, limits: Limits) -> Incoming:
    try:
        return _read(raw, limits)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - the last net: a mail is never refused, and raw bytes are kept elsewhere
        return salvage(raw)


def _salvaged(raw: bytes, *problems: str) -> Incoming:
    found = salvage(raw)
    return replace(found, problems=(*problems, *found.problems))


def _read(raw: bytes, limits: Limits) -> Incoming:
    raw, problems = mended(raw, limits)
    raw, cut = cut_parts(cut_parameters(raw, limits), limits)
    if cut == "too-deep":
        return _salvaged(raw, cut)
    root = parse(raw)
    walk = Walk(root, limits)
    return _Reading(root, walk, limits, [*problems, cut, *walk.problems]).incoming()


class _Reading:
    """One mail on its way from parts to values."""

    def __init__(self, root: Unopened, walk: Walk, limits: Limits, problems: list[str]) -> None:
        self._root = root
        self._leaves = walk.leaves
        self._limits = limits
        self._problems = problems
        self._hint = _charset_hint(root, walk.leaves)
        self._fields = [(name.lower(), value) for name, value in root.raw_items()]

    def incoming(self) -> Incoming:
        """All of it."""
        contents = Contents(self._leaves, self._limits, self._hint)
        self._problems += contents.problems
        own_ids = [found for value in self._values("message-id") for found in message_ids(value)]
        replied = [found for value in self._values("in-reply-to") for found in message_ids(value)]
        referred = [found for value in self._values("references") for found in message_ids(value)]
        senders = self._people("from")
        if len(senders) > 1:
            self._problems.append("several-from")
        said = self._values("content-type")
        kind = self._root.kind
        report = dict(reversed(parameters(said[0]))).get("report-type", "") if said else ""
        return Incoming(
            message_id=own_ids[0] if own_ids else "",
            in_reply_to=replied[0] if replied else "",
            references=bounded(tuple(dict.fromkeys([*referred, *replied[1:]]))),
            subject=self._subject(),
            from_=senders,
            sender=next(iter(self._people("sender")), None),
            reply_to=self._people("reply-to"),
            to=self._people("to"),
            cc=self._people("cc"),
            date=self._date(),
            text=contents.text,
            parts=contents.parts,
            headers=tuple(
                (name[:200], header_text(value[: 2 * _HEADER_LENGTH], self._hint)[:_HEADER_LENGTH])
                for name, value in self._fields[:_HEADERS]
            ),
            content_type=kind,
            report_type=report.strip().lower()[:100] if kind == "multipart/report" else "",
            problems=tuple(dict.fromkeys(filter(None, self._problems))),
        )

    # Headers ---------------------------------------------------------------------------------

    def _values(self, name: str) -> list[str]:
        return [value for key, value in self._fields if key == name]

    def _subject(self) -> str:
        subject = header_text((self._values("subject") or [""])[0], self._hint)
        if len(subject) > self._limits.subject:
            self._problems.append("subject-cut")
        return subject[: self._limits.subject]

    def _people(self, name: str) -> tuple[Person, ...]:
        most = self._limits.addresses
        found = [
            person for value in self._values(name) for person in people(value, most=most, hint=self._hint)
        ]
        if len(found) > most or any(value.count(",") >= most for value in self._values(name)):
            self._problems.append("addresses-cut")
        return tuple(dict.fromkeys(found[:most]))

    def _date(self) -> datetime | None:
        values = self._values("date")
        date = date_of(values[0]) if values else None
        if values and date is None:
            self._problems.append("bad-date")
        return date


def _charset_hint(root: Unopened, leaves: list[Leaf]) -> str:
    """The character set that the mail names somewhere: the best reading of bytes without any."""
    for leaf in bodies(leaves):
        if codec_named(leaf.charset) not in {"", "ascii", "utf-8", "cp1252"}:
            return leaf.charset
    words = re.findall(r"=\?([^?\s]{1,40})\?[bBqQ]\?", root.first("subject") + root.first("from"))
    return next((word for word in words if codec_named(word) not in {"", "ascii", "utf-8", "cp1252"}), "")
