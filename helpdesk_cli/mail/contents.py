"""The leaves of a mail to its text and its attachments."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from helpdesk_cli.mail import tnef
from helpdesk_cli.mail.charsets import decode
from helpdesk_cli.mail.filenames import Names, kind_of, safe_name
from helpdesk_cli.mail.html import html_text
from helpdesk_cli.mail.model import Part
from helpdesk_cli.mail.parts import CONTENT_TYPE
from helpdesk_cli.mail.text import (
    naming_images,
    trimmed,
    unenriched,
    unflowed,
    with_plain_lines,
    without_files,
)
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from helpdesk_cli.mail.limits import Limits
    from helpdesk_cli.mail.parts import Leaf

_HTML_START: Final = re.compile(rb"\s*<(?:!doctype html|html[\s>])", re.IGNORECASE)
_META_CHARSET: Final = re.compile(
    rb"<meta[^<>]{0,200}charset\s*=\s*[\"']?([a-zA-Z0-9_:.-]{1,40})", re.IGNORECASE
)
_META_WITHIN: Final = 4096  # bytes
_REPEATED: Final = 0.9  # of its words, and HTML says nothing new


class Contents:
    """What a mail holds below its headers; `text` and `parts` are there once it is made."""

    def __init__(self, leaves: list[Leaf], limits: Limits, hint: str) -> None:
        """`hint` is the character set that the mail names somewhere."""
        self._hint = hint
        self._limits = limits
        self._names = Names()
        self._parts: list[Part] = []
        self._name_of: dict[Leaf, str] = {}  # file names of attached leaves
        self._wrapped: list[tnef.Wrapped] = []
        self.problems: list[str] = []
        # Attachments first: the text names images by their files.
        for leaf in leaves:
            if leaf.role == "attached":
                self._attach_leaf(leaf)
        self._images = {part.content_id: part.filename for part in self._parts if part.content_id}
        self.text = self._bounded(self._text_of(leaves) or self._wrapped_text())
        self.parts = tuple(self._parts)

    # Attachments ------------------------------------------------------------------------------

    def _attach(self, name: str, kind: str, content: bytes) -> Part:
        unique = self._names.unique(safe_name(name, kind, len(self._parts) + 1))
        self._parts.append(Part(unique, name, kind, content))
        return self._parts[-1]

    def _attach_leaf(self, leaf: Leaf) -> None:
        if tnef.is_tnef(leaf.kind, leaf.original_name, leaf.content):
            wrapped = tnef.unwrap(leaf.content)
            self._wrapped.append(wrapped)
            for file in wrapped.files:
                kind = file.kind if CONTENT_TYPE.fullmatch(file.kind) else kind_of(file.name)
                part = self._attach(file.name, kind, file.content)
                self._parts[-1] = replace(part, content_id=file.content_id)
            if wrapped.whole:
                return
            self.problems.append("tnef-unread")
        part = self._attach(leaf.original_name, leaf.kind, leaf.content)
        self._parts[-1] = replace(part, content_id=leaf.content_id, inline=leaf.inline)
        self._name_of[leaf] = part.filename

    # Text -------------------------------------------------------------------------------------

    def _text_of(self, leaves: list[Leaf]) -> str:
        """The texts in order, a blank line between them; an image is named where it stands."""
        pieces: list[str] = []
        for leaf in leaves:
            if leaf.role == "attached":
                stands_here = leaf.inline and not leaf.content_id and leaf.kind.startswith("image/")
                piece = f"[image: {self._name_of[leaf]}]" if stands_here and pieces else ""
            elif leaf.role == "html" or _HTML_START.match(leaf.content[:200]):
                piece = self._html(leaf)
                piece = "" if _is_repeated(piece, pieces) else piece
            else:
                piece = self._plain(leaf)
            piece = trimmed(with_plain_lines(piece))
            if piece:
                pieces.append(piece)
        return "\n\n".join(pieces)

    def _plain(self, leaf: Leaf) -> str:
        content, files = without_files(leaf.content)
        for name, file in files:
            self._attach(name, kind_of(name), file)
        text, problem = decode(content, leaf.charset, hint=self._hint)
        self.problems.append(problem)
        text = with_plain_lines(text)
        if leaf.parameters.get("format", "").strip().lower() == "flowed":
            delete_space = leaf.parameters.get("delsp", "").strip().lower() == "yes"
            text = unflowed(text, delete_space=delete_space)
        elif leaf.kind in {"text/enriched", "text/richtext"}:
            text = unenriched(text)
        return naming_images(text, self._images)

    def _html(self, leaf: Leaf) -> str:
        stated = _META_CHARSET.search(leaf.content[:_META_WITHIN])
        label = leaf.charset or (stated[1].decode("ascii") if stated else "")
        source, problem = decode(leaf.content, label, hint=self._hint)
        self.problems.append(problem)
        if len(source) > self._limits.html:
            self._attach("text.html", "text/html", leaf.content)
            self.problems.append("text-cut")
        text, parsed = html_text(source[: self._limits.html], images=self._images)
        if not parsed:
            self.problems.append("html-unread")
        return text

    def _wrapped_text(self) -> str:
        """The text that stands in a winmail.dat only."""
        texts = (
            wrapped.text or html_text(wrapped.html[: self._limits.html], images=self._images)[0]
            for wrapped in self._wrapped
        )
        return "\n\n".join(filter(None, (trimmed(with_plain_lines(text)) for text in texts)))

    def _bounded(self, text: str) -> str:
        """`text`, or its beginning with all of it attached."""
        if len(text) <= self._limits.text:
            return text
        self._attach("text.txt", "text/plain", text.encode("utf-8", "replace"))
        self.problems.append("text-cut")
        return text[: self._limits.text]


def _is_repeated(piece: str, before: list[str]) -> bool:
    """Whether HTML repeats the plain text that stands before it, outside of an alternative."""
    said = set(re.findall(r"\w+", " ".join(before)))
    found = re.findall(r"\w+", piece)
    return bool(said) and sum(word in said for word in found) >= _REPEATED * len(found)
