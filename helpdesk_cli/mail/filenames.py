"""File names that are safe to make and good to read, from whatever a mail calls its parts."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LONGEST: Final = 100  # bytes of UTF-8: room for a prefix within the 255 of a file system
_LONGEST_EXTENSION: Final = 20
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)", re.IGNORECASE)
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

# mimetypes would read files of the machine, and the same mail would get other names elsewhere.
_EXTENSIONS: Final = {
    "application/applefile": "applefile",
    "application/gzip": "gz",
    "application/ics": "ics",
    "application/json": "json",
    "application/ms-tnef": "dat",
    "application/msword": "doc",
    "application/pdf": "pdf",
    "application/pgp-encrypted": "asc",
    "application/pgp-keys": "asc",
    "application/pgp-signature": "asc",
    "application/pkcs7-mime": "p7m",
    "application/pkcs7-signature": "p7s",
    "application/x-pkcs7-mime": "p7m",
    "application/x-pkcs7-signature": "p7s",
    "application/postscript": "ps",
    "application/rtf": "rtf",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.ms-tnef": "dat",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/xml": "xml",
    "application/zip": "zip",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/heic": "heic",
    "image/jpeg": "jpg",
    "image/jpg": "jpg",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/tiff": "tif",
    "image/webp": "webp",
    "message/delivery-status": "txt",
    "message/disposition-notification": "txt",
    "message/feedback-report": "txt",
    "message/global": "eml",
    "message/news": "eml",
    "message/partial": "eml",
    "message/rfc822": "eml",
    "text/calendar": "ics",
    "text/css": "css",
    "text/csv": "csv",
    "text/directory": "vcf",
    "text/html": "html",
    "text/markdown": "md",
    "text/plain": "txt",
    "text/rfc822-headers": "txt",
    "text/rtf": "rtf",
    "text/vcard": "vcf",
    "text/x-amp-html": "html",
    "text/x-vcard": "vcf",
    "text/xml": "xml",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
}
_MAIN: Final = frozenset({"audio", "image", "message", "video"})
_NOUNS: Final = {
    "application/pgp-signature": "signature",
    "application/pgp-encrypted": "encrypted",
    "application/pkcs7-mime": "smime",
    "application/pkcs7-signature": "smime",
    "application/x-pkcs7-mime": "smime",
    "application/x-pkcs7-signature": "smime",
    "message/delivery-status": "delivery-status",
    "message/disposition-notification": "disposition-notification",
    "message/feedback-report": "feedback-report",
    "message/rfc822-headers": "headers",
    "text/rfc822-headers": "headers",
    "text/calendar": "invite",
}


_KINDS: Final = {
    "jpeg": "image/jpeg",
    "htm": "text/html",
    **{
        extension: kind
        for kind, extension in reversed(_EXTENSIONS.items())
        if extension not in {"bin", "dat"}
    },
    # Where several types have one extension.
    "asc": "application/octet-stream",
    "eml": "message/rfc822",
    "html": "text/html",
    "ics": "text/calendar",
    "rtf": "text/rtf",
    "txt": "text/plain",
    "vcf": "text/vcard",
}


def kind_of(name: str) -> str:
    """The type of a file that came without one, by its name."""
    return _KINDS.get(name.rpartition(".")[2].lower(), "application/octet-stream")


def derived_name(content_type: str, number: int) -> str:
    """A name for the part that has none: what it is, its number among the attachments, its type."""
    main = content_type.partition("/")[0]
    extension = _EXTENSIONS.get(content_type, "txt" if main in {"message", "text"} else "bin")
    stem = _NOUNS.get(content_type)
    return (
        f"{stem}.{extension}" if stem else f"{main if main in _MAIN else 'attachment'}-{number}.{extension}"
    )


def safe_name(name: str, content_type: str, number: int) -> str:
    """`name` as a plain file name: no path, nothing unseen, nothing special to a system; never empty.

    `number` is that of the attachment in its mail, for one without a name.
    """
    if not name:
        return derived_name(content_type, number)
    text = "".join(char for char in name if unicodedata.category(char) not in _UNSEEN)
    text = unicodedata.normalize("NFC", text).replace("\\", "/").rstrip("/ .").rpartition("/")[2]
    text = re.sub(r'[<>:"|?*]+', "_", text)
    text = re.sub(r"\s+", " ", text).lstrip(" .-~").rstrip(" .")
    if not any(char.isalnum() for char in text):
        return derived_name(content_type, number)
    if _RESERVED.fullmatch(text.partition(".")[0].strip()):
        text = f"_{text}"
    return shortened(text)


def shortened(name: str, suffix: str = "") -> str:
    """`name` with `suffix` before its extension, in at most LONGEST bytes."""
    match = re.search(r"(?:\.tar)?\.[^\s./]+$", name)
    extension = match[0] if match and match.start() and len(match[0].encode()) <= _LONGEST_EXTENSION else ""
    stem = name[: len(name) - len(extension)]
    room = LONGEST - len((suffix + extension).encode())
    if len(stem.encode()) > room:
        stem = stem.encode()[:room].decode("utf-8", "ignore").rstrip(" .")
    return f"{stem}{suffix}{extension}"


class Names:
    """Hands out each file name once, whatever the case: `a.txt`, `A-2.txt`."""

    def __init__(self) -> None:
        """Start with no name taken."""
        self._last: dict[str, int] = {}

    def unique(self, name: str) -> str:
        """`name`, or with a number when it was handed out before."""
        key = name.casefold()
        number = self._last.get(key, 0) + 1
        candidate = name
        while number > 1 and (candidate := shortened(name, f"-{number}")).casefold() in self._last:
            number += 1
        self._last[key] = number
        self._last.setdefault(candidate.casefold(), 1)
        return candidate
