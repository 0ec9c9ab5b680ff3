"""Raw mail to plain values: `read_mail`. Whatever anybody sends, it gives something to file.

The bytes are mended and cut first (limits, heads), then Python's parser finds the parts, mail-parser
reads addresses and dates, and what is left to do better than they do stands in the small modules
beside this one.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Final

from helpdesk_cli.mail import tnef
from helpdesk_cli.mail.addresses import people
from helpdesk_cli.mail.charsets import codec_named, decode
from helpdesk_cli.mail.filenames import Names, derived_name, safe_name
from helpdesk_cli.mail.headers import bounded, date_of, header_text, message_ids, parameters
from helpdesk_cli.mail.heads import mended
from helpdesk_cli.mail.html import html_text
from helpdesk_cli.mail.limits import Limits, cut_parameters, cut_parts
from helpdesk_cli.mail.model import Incoming, Part
from helpdesk_cli.mail.parts import Leaf, Walk, bodies, parse
from helpdesk_cli.mail.salvage import salvage
from helpdesk_cli.mail.text import (
    naming_images,
    trimmed,
    unenriched,
    unflowed,
    with_plain_lines,
    without_files,
)

if TYPE_CHECKING:
    from datetime import datetime

    from helpdesk_cli.mail.parts import Unopened
    from helpdesk_cli.tickets.person import Person

_HEADERS: Final = 1000
_HEADER_LENGTH: Final = 10_000
_META_CHARSET: Final = re.compile(
    rb"<meta[^<>]{0,200}charset\s*=\s*[\"']?([a-zA-Z0-9_:.-]{1,40})", re.IGNORECASE
)


def read_mail(raw: bytes, *, limits: Limits = Limits()) -> Incoming:  # noqa: B008 - it is frozen
    """What a mail says, decoded and bounded; `problems` says what was wrong with it. Never raises.

    Memory and time are bounded by `limits`; a mail that defeats them all the same is for `salvage`,
    called by whoever runs this under the limits of a process.
    """
    if len(raw) > limits.mail:
        return _salvaged(raw, "too-big")
    if not raw.strip():
        return Incoming(text="", problems=("empty",))
    try:
        return _read(raw, limits)
    except (MemoryError, RecursionError):
        raise
    except Exception:  # noqa: BLE001 - the last net: a mail is never refused, and raw bytes are kept elsewhere
        return salvage(raw)


def _salvaged(raw: bytes, *problems: str) -> Incoming:
    found = salvage(raw)
    return dataclasses.replace(found, problems=(*problems, *found.problems))


def _read(raw: bytes, limits: Limits) -> Incoming:
    raw, problems = mended(raw, limits)
    raw, cut = cut_parts(cut_parameters(raw, limits), limits)
    if cut == "too-deep":
        return _salvaged(raw, cut)
    root = parse(raw)
    walk = Walk(root, depth=limits.depth)
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
        text, parts = self._text_and_parts()
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
            subject=header_text((self._values("subject") or [""])[0], self._hint),
            from_=senders,
            sender=next(iter(self._people("sender")), None),
            reply_to=self._people("reply-to"),
            to=self._people("to"),
            cc=self._people("cc"),
            date=self._date(),
            text=text,
            parts=parts,
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

    # Text and attachments --------------------------------------------------------------------

    def _text_and_parts(self) -> tuple[str, tuple[Part, ...]]:
        """The text first: files spelled out in it are attachments too; but it names images by file."""
        names = Names()
        attached = [leaf for leaf in self._leaves if leaf.role == "attached"]
        parts: list[Part] = []
        wrapped: list[tnef.Wrapped] = []
        of_leaf: dict[Leaf, str] = {}
        for leaf in attached:
            opened = self._opened(leaf)
            if opened is not None:
                wrapped.append(opened)
                for name, content in opened.files:
                    parts.append(_part(name, _kind_of(name), content, number=len(parts) + 1, names=names))
                if opened.whole:
                    continue
            part = _part(leaf.original_name, leaf.kind, leaf.content, number=len(parts) + 1, names=names)
            parts.append(dataclasses.replace(part, content_id=leaf.content_id, inline=leaf.inline))
            of_leaf[leaf] = part.filename
        images = {leaf.content_id: name for leaf, name in of_leaf.items() if leaf.content_id}
        text = self._text(images, of_leaf, parts, names)
        if not text:
            found = (w.text or (html_text(w.html, images=images)[0] if w.html else "") for w in wrapped)
            text = "\n\n".join(filter(None, (trimmed(with_plain_lines(each)) for each in found)))
        if len(text) > self._limits.text:
            self._problems.append("text-cut")
            parts.append(_part("text.txt", "text/plain", text.encode(), number=len(parts) + 1, names=names))
            text = text[: self._limits.text]
        return text, tuple(parts)

    def _opened(self, leaf: Leaf) -> tnef.Wrapped | None:
        if not tnef.is_tnef(leaf.kind, leaf.original_name, leaf.content):
            return None
        opened = tnef.unwrap(leaf.content)
        if not opened.whole:
            self._problems.append("tnef-unread")
        return opened

    def _text(self, images: dict[str, str], of_leaf: dict[Leaf, str], parts: list[Part], names: Names) -> str:
        pieces: list[str] = []
        for leaf in self._leaves:
            if leaf.role == "attached":
                # An image between texts is named where it stands.
                if leaf.inline and pieces and leaf.kind.startswith("image/") and leaf.content_id == "":
                    pieces.append(f"[image: {of_leaf[leaf]}]")
                continue
            if leaf.role == "html" or _looks_like_html(leaf):
                piece = self._html(leaf, images)
                if _is_said(piece, pieces):
                    continue
            else:
                content, files = without_files(leaf.content)
                for name, file in files:
                    parts.append(_part(name, _kind_of(name), file, number=len(parts) + 1, names=names))
                piece = naming_images(self._plain(leaf, content), images)
            pieces.append(trimmed(piece))
        return "\n\n".join(piece for piece in pieces if piece)

    def _plain(self, leaf: Leaf, content: bytes) -> str:
        text, problem = decode(content, leaf.charset, hint=self._hint)
        self._problems.append(problem)
        text = with_plain_lines(text)
        about = leaf.parameters
        if about.get("format", "").strip().lower() == "flowed":
            return unflowed(text, delete_space=about.get("delsp", "").strip().lower() == "yes")
        return unenriched(text) if leaf.kind in {"text/enriched", "text/richtext"} else text

    def _html(self, leaf: Leaf, images: dict[str, str]) -> str:
        stated = _META_CHARSET.search(leaf.content[:4096])
        label = leaf.charset or (stated[1].decode("ascii") if stated else "")
        source, problem = decode(leaf.content, label, hint=self._hint)
        self._problems.append(problem)
        if len(source) > self._limits.html:
            source = source[: self._limits.html]
            self._problems.append("text-cut")
        text, parsed = html_text(source, images=images)
        if not parsed:
            self._problems.append("html-unread")
        return text


def _charset_hint(root: Unopened, leaves: list[Leaf]) -> str:
    """The character set that the mail names somewhere: the best reading of bytes without any."""
    for leaf in bodies(leaves):
        if codec_named(leaf.charset) not in {"", "ascii", "utf-8", "cp1252"}:
            return leaf.charset
    words = re.findall(r"=\?([^?\s]{1,40})\?[bBqQ]\?", root.first("subject") + root.first("from"))
    return next((word for word in words if codec_named(word) not in {"", "ascii", "utf-8", "cp1252"}), "")


def _looks_like_html(leaf: Leaf) -> bool:
    """A whole HTML document that calls itself plain text, or nothing."""
    return bool(re.match(rb"\s*<(?:!doctype html|html[\s>])", leaf.content[:200], re.IGNORECASE))


def _is_said(piece: str, before: list[str]) -> bool:
    """Whether HTML repeats the plain text that stands before it, outside of an alternative."""
    said = set(re.findall(r"\w+", " ".join(before)))
    words = re.findall(r"\w+", piece)
    return bool(said) and sum(word in said for word in words) >= 0.9 * len(words)


def _part(name: str, kind: str, content: bytes, *, number: int, names: Names) -> Part:
    safe = safe_name(name, kind, number) if name else derived_name(kind, number)
    return Part(names.unique(safe), name, kind, content)


_KINDS: Final = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "txt": "text/plain",
    "htm": "text/html",
    "html": "text/html",
    "rtf": "text/rtf",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "zip": "application/zip",
    "ics": "text/calendar",
}


def _kind_of(name: str) -> str:
    """The type of a file that came without one, by its name."""
    return _KINDS.get(name.rpartition(".")[2].lower(), "application/octet-stream")
