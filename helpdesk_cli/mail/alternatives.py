"""Which of the alternatives in a multipart/alternative is the text.

The plain text, as its writer's program made it for programs like this one. But some mails put a
stub there ("this message needs an HTML viewer") or something else altogether, so what is said only
in the HTML is found by comparing words, before anything is converted.
"""

from __future__ import annotations

import html
import re
from functools import cache
from typing import TYPE_CHECKING, Final

from helpdesk_cli.mail.charsets import decode
from helpdesk_cli.mail.parts import RENDITIONS

if TYPE_CHECKING:
    from helpdesk_cli.mail.parts import Leaf

_COMPARED: Final = 64 << 10  # bytes of each text
_NEW: Final = 5  # words that only one of them has, before they count as different
_SHARE: Final = 0.5


@cache
def _word() -> re.Pattern[str]:
    # Words of letters; of scripts without spaces between words each character.
    return re.compile(
        r"[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{3,}|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
    )


def choose(choices: list[list[Leaf]]) -> list[Leaf]:
    """The leaves of one alternative, or of two that say different things; attachments of all of them."""
    plain = next((c for c in choices if any(leaf.role == "plain" and _is_said(leaf) for leaf in c)), None)
    rich = next(
        (c for c in reversed(choices) if any(leaf.role == "html" and _is_said(leaf) for leaf in c)), None
    )
    if plain is not None and rich is not None and plain is not rich:
        kept = _kept(plain, rich)
    else:
        kept = [plain or rich or next((c for c in choices if any(leaf.role != "attached" for leaf in c)), [])]
    return [
        leaf
        for choice in choices
        for leaf in choice
        if choice in kept or (leaf.role == "attached" and leaf.kind not in RENDITIONS)
    ]


def _is_said(leaf: Leaf) -> bool:
    return bool(re.search(rb"[^\s\xa0\xc2]", leaf.content))


def _kept(plain: list[Leaf], rich: list[Leaf]) -> list[list[Leaf]]:
    """The plain text if it says what the HTML says, the HTML if that says all of it, else both."""
    in_plain, in_rich = _words(plain, "plain"), _words(rich, "html")
    if not _is_missing(in_rich, in_plain):
        return [plain]
    return [plain, rich] if _is_missing(in_plain, in_rich) else [rich]


def _is_missing(words: set[str], other: set[str]) -> bool:
    missing = len(words - other)
    return missing >= _NEW and missing > len(words) * _SHARE


def _words(leaves: list[Leaf], role: str) -> set[str]:
    found: set[str] = set()
    for leaf in leaves:
        if leaf.role == role:
            text = decode(leaf.content[:_COMPARED], leaf.charset)[0]
            found.update(_word().findall((_without_tags(text) if role == "html" else text).lower()))
    return found


def _without_tags(source: str) -> str:
    """HTML without tags, scripts and styles, for counting words only."""
    pieces, at = [], 0
    for match in re.finditer(r"<(style|script|title)\b", source, re.IGNORECASE):
        if match.start() >= at:
            pieces.append(source[at : match.start()])
            end = (
                source.lower().find(f"</{match[1].lower()}", match.start()) if len(pieces) < _NEW * 10 else -1
            )
            at = len(source) if end == -1 else end
    return html.unescape(re.sub(r"<[^<>]{0,5000}>", " ", "".join([*pieces, source[at:]])))
