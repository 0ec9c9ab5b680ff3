"""The text of plain parts: line ends, format=flowed, files spelled out in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from helpdesk_cli.mail.transfer import uu_block, uu_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

_LINE_END: Final = re.compile(r"\r\n?")
_STUFFED: Final = re.compile(r"^ ", re.MULTILINE)
_QUOTE_DEPTH: Final = 100  # deeper quotes are shown at this depth


def with_plain_lines(text: str) -> str:
    """`text` with LF at the end of every line, whatever it had."""
    return _LINE_END.sub("\n", text) if "\r" in text else text


def unflowed(text: str, *, delete_space: bool = False) -> str:
    """format=flowed text with its soft line breaks undone (RFC 3676 section 4); quotes get "> "."""
    if " \n" not in text and not text.endswith(" ") and not text.startswith(">") and "\n>" not in text:
        return _STUFFED.sub("", text)  # nothing flows, nothing is quoted: the usual short mail
    lines: list[str] = []
    flowing: list[str] = []  # the pieces of the paragraph so far
    depth = 0

    def end_paragraph() -> None:
        if flowing:
            quote = "> " * min(depth, _QUOTE_DEPTH)
            lines.append((quote + "".join(flowing)) if any(flowing) else quote.rstrip())
            flowing.clear()

    for line in text.split("\n"):
        content = line.lstrip(">")
        level = len(line) - len(content)
        content = content.removeprefix(" ")
        if level != depth:
            end_paragraph()
            depth = level
        # The signature separator ends in a space and does not flow (section 4.3).
        if content == "-- ":
            end_paragraph()
            flowing.append(content)
            end_paragraph()
        elif content.endswith(" "):
            flowing.append(content[:-1] if delete_space else content)
        else:
            flowing.append(content)
            end_paragraph()
    end_paragraph()
    return "\n".join(lines)


def unenriched(text: str) -> str:
    """text/enriched and text/richtext as plain text (RFC 1896): single line breaks are spaces."""
    text = re.sub(r"\n(\n*)", lambda match: match[1] or " ", text)
    text = re.sub(r"<param>.{0,200}?</param>", "", text, flags=re.DOTALL | re.IGNORECASE)
    return re.sub(r"<(?!<)[^<>]{0,60}>", "", text).replace("<<", "<")


def without_files(content: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """(the text, [(name, bytes)]) with uuencoded files taken out; each leaves its name behind."""
    if b"begin " not in content:
        return content, []
    files: list[tuple[str, bytes]] = []

    def take(match: re.Match[bytes]) -> bytes:
        decoded = uu_lines(match[2])
        if decoded is None:
            return match[0]
        files.append((match[1].decode("utf-8", "replace").strip(), decoded))
        return b"[attachment: " + match[1].strip() + b"]\n"

    return uu_block().sub(take, content), files


def naming_images(text: str, names: Mapping[str, str]) -> str:
    """`[cid:ID]`, as Outlook writes it where an image stands, with the name of the file instead."""
    if "[cid:" not in text:
        return text
    return re.sub(
        r"\[cid:([^\]\s]{1,250})\]",
        lambda match: f"[image: {names[match[1]]}]" if match[1] in names else match[0],
        text,
    )


def trimmed(text: str) -> str:
    """`text` without blank lines before and after it."""
    return re.sub(r"\A(?:[ \t]*\n)+", "", text).rstrip("\n\t ") if text else text
