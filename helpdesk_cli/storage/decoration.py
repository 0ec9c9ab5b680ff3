"""What a person sees of an entry in the rendered file: regenerated at every writing, never read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helpdesk_cli.tickets.changes import FieldSet, change_text, fact_text
from helpdesk_cli.tickets.entries import Message
from helpdesk_cli.tickets.escapes import make_visible

if TYPE_CHECKING:
    from datetime import datetime

    from helpdesk_cli.tickets.entries import Attachment, Event, Note, Tombstone
    from helpdesk_cli.tickets.person import Person

# With what GitHub takes for a link without any brackets: `www.`, `http:` and addresses.
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#!|~&$@:]|(?<=[wW][wW][wW])\.)")
_SAFE_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%'*+/=?^_{}~-]+@[A-Za-z0-9.-]+")
_KIND_NAMES = {"quote": "Quoted text", "signature": "Signature"}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def plain(text: str) -> str:
    """The text on one line with every character that Markdown or HTML would act on escaped."""
    return _MARKDOWN.sub(r"\\\1", make_visible(text.replace("\n", " ").replace("\t", " ")))


def person_text(person: Person) -> str:
    """`Ada Lovelace <ada@example.org>`, the address as a link where it is a plain one."""
    name = plain(person.name)
    if not person.email:
        return name or plain(person.phone or person.handle) or "unknown sender"
    address = f"<{person.email}>" if _SAFE_ADDRESS.fullmatch(person.email) else plain(f"<{person.email}>")
    return f"{name} {address}".strip()


def when(moment: datetime) -> str:
    """`Fri 20 Nov 2026, 09:12 UTC`, the same in every locale."""
    day = f"{_DAYS[moment.weekday()]} {moment.day} {_MONTHS[moment.month - 1]} {moment.year}"
    return f"{day}, {moment.hour:02d}:{moment.minute:02d} UTC"


def heading(entry: Message | Note) -> str:
    """The heading of a message or a note."""
    if not isinstance(entry, Message):
        return f"## Note by {plain(entry.by)} · {when(entry.at)}"
    arrow = "" if entry.direction == "in" else "Reply by "
    words = [f"## {arrow}{person_text(entry.from_)}", when(entry.at)]
    if entry.automatic:
        words.append(f"automatic ({plain(entry.automatic)})")
    if entry.spam:
        words.append("spam")
    return " · ".join(words)


def fold(kinds: list[str], count: int, fenced: str) -> str:
    """Fences of `count` lines behind a summary that opens on a click."""
    names = " and ".join(_KIND_NAMES[kind] for kind in dict.fromkeys(kinds))
    lines = f"{count} line{'' if count == 1 else 's'}"
    return f"\n<details><summary>{names.capitalize()}, {lines}</summary>\n{fenced}\n</details>\n"


def size_text(size: int) -> str:
    """`812 B`, `48 KB`, `3.1 MB`."""
    if size < 1000:  # noqa: PLR2004 - decimal units, as file managers count
        return f"{size} B"
    if size < 1_000_000:  # noqa: PLR2004
        return f"{round(size / 1000)} KB"
    return f"{size / 1_000_000:.1f} MB"


def attachment_lines(files: tuple[Attachment, ...]) -> str:
    """A list of links to the files; where they are kept when they are too large for git."""
    return "\n" + "".join(f"- {_attachment(file)}\n" for file in files) if files else ""


def _attachment(file: Attachment) -> str:
    about = f"({plain(file.content_type)}, {size_text(file.size)})"
    if not file.path:
        return f"{plain(file.filename)} {about}: larger than git is good for, kept on the desk's own host"
    target = re.sub(
        r"[^A-Za-z0-9._~/-]",
        lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "replace")),
        file.path,
    )
    return f"[{plain(file.filename)}]({target}) {about}"


def event_line(entry: Event) -> str:
    """The visible line of an event."""
    time = f"{entry.at.hour:02d}:{entry.at.minute:02d}"
    if entry.what == "opened":
        status = next(
            (
                change.new
                for change in entry.changes
                if isinstance(change, FieldSet) and change.field == "status"
            ),
            "",
        )
        return f"- {time} · {plain(entry.by)}: opened, {plain(status)}"
    words = [change_text(change) for change in entry.changes]
    words += [text for key, value in entry.facts if (text := fact_text(key, value))]
    told = f"{entry.what}: {', '.join(words)}" if entry.what and words else entry.what or ", ".join(words)
    return f"- {time} · {plain(entry.by)}: {plain(told)}"


def tombstone_line(entry: Tombstone) -> str:
    """The visible line that stands where an entry was."""
    return (
        f"- {when(entry.at)} · {plain(entry.by)}: a message stood here ({plain(entry.reason or 'removed')})"
    )
