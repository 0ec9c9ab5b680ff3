"""winmail.dat (application/ms-tnef) opened: what Outlook wraps when it takes the reader for Outlook."""

from __future__ import annotations

import dataclasses
import importlib
import struct
from functools import cache
from typing import Any, Final

from helpdesk_cli.mail.charsets import decode
from helpdesk_cli.values import dataclass

KINDS: Final = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_SIGNATURE: Final = b"\x78\x9f\x3e\x22"
_OBJECTS: Final = 4000  # tnefparse copies the rest of the file at each
_COPIED: Final = 4 << 30  # bytes
_DEPTH: Final = 3  # mails in mails


@dataclass(frozen=True, slots=True)
class Wrapped:
    """What a winmail.dat holds."""

    text: str = ""
    html: str = ""
    files: tuple[tuple[str, bytes], ...] = ()  # name, content; the formatted body among them
    whole: bool = False  # False when some of it could not be opened


@cache
def _tnefparse() -> Any:  # noqa: ANN401 - it has no types
    # LGPL, and 40 ms: loaded only when there is a winmail.dat. What it logs is of the mail.
    logging = importlib.import_module("logging")
    for name in ("tnefparse", "compressed_rtf"):
        log = logging.getLogger(name)
        log.addHandler(logging.NullHandler())
        log.propagate = False
    return importlib.import_module("tnefparse")


def is_tnef(kind: str, name: str, content: bytes) -> bool:
    """Whether a part is a winmail.dat, whatever the gateways on its way called it."""
    return content.startswith(_SIGNATURE) and (kind in KINDS or name.lower().endswith(".dat"))


def unwrap(content: bytes, *, depth: int = _DEPTH) -> Wrapped:
    """What is in a winmail.dat; `whole` is False when anything could not be read. Never raises."""
    objects, end = _objects(content)
    if objects * len(content) > _COPIED:
        return Wrapped()
    try:
        wrapped = _unwrap(_tnefparse().TNEF(content, do_checksum=False), depth)
    except Exception:  # noqa: BLE001 - tnefparse meets damage with whatever Python raises there
        return Wrapped()
    # tnefparse does not mind an end that is missing.
    is_all = end == len(content) and bool(wrapped.files or wrapped.text)
    return dataclasses.replace(wrapped, whole=wrapped.whole and is_all)


def _objects(content: bytes) -> tuple[int, int]:
    """(how many objects there are, where the last one ends); a reader copies the rest at each of them."""
    at, count = 6, 0
    while at + 11 <= len(content) and count <= _OBJECTS:
        at += struct.unpack_from("<I", content, at + 5)[0] + 11
        count += 1
    return (count if count <= _OBJECTS else _COPIED), at


def _unwrap(tnef: Any, depth: int) -> Wrapped:  # noqa: ANN401
    page = tnef.codepage if isinstance(tnef.codepage, str) else ""
    text, html = _text(tnef.body, page), _text(tnef.htmlbody, page)
    files: list[tuple[str, bytes]] = []
    whole = True
    for attachment in tnef.attachments:
        embedded = getattr(attachment, "embed", None)
        name = _text(_attribute(attachment), page).rstrip("\0")
        if embedded is not None and depth > 1:
            inner = _unwrap(embedded, depth - 1)
            whole = whole and inner.whole
            files += (
                [(f"{name or 'message'}.txt", inner.text.encode())] if inner.text and not inner.html else []
            )
            files += inner.files
        elif isinstance(attachment.data, bytes):
            files.append((name, attachment.data))
        else:
            whole = False
    # The body as it was formatted: pictures and tables are in it that the plain text lacks.
    if html:
        files.append(
            ("body.html", tnef.htmlbody.encode() if isinstance(tnef.htmlbody, str) else tnef.htmlbody)
        )
    try:
        rtf = tnef.rtfbody
    except Exception:  # noqa: BLE001 - compressed-rtf, on damage
        rtf, whole = None, False
    if isinstance(rtf, bytes) and rtf:
        files.append(("body.rtf", rtf))
    return Wrapped(text, html, tuple(files), whole)


def _attribute(attachment: Any) -> object:  # noqa: ANN401
    try:
        return attachment.long_filename() or attachment.name
    except UnicodeError:  # its short name, in no character set tnefparse knows
        return attachment._name  # noqa: SLF001 - the bytes are kept nowhere else


def _text(value: object, page: str) -> str:
    if isinstance(value, bytes):
        return decode(value, page)[0].strip("\0")
    return value.strip("\0") if isinstance(value, str) else ""
