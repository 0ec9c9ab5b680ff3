r"""Characters that fool a terminal, git or a reader, written as visible, reversible `\u{1b}`.

Source: DECISIONS 3; the list is that of UTS #39 and of CVE-2021-42574 (bidi), with C0, DEL and C1.
"""

from __future__ import annotations

import re

# ZWNJ and ZWJ are spelling in Persian, in the Indic scripts and inside emoji; elsewhere they only hide.
_JOINED = (
    "\u0600-\u06ff\u0750-\u077f\u0900-\u0dff\u1000-\u109f\u1780-\u17ff"
    "\ufe0f\u2640\u2642\u2695-\u27bf\U0001f000-\U0001faff"
)
_UNSAFE = (
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
    f"|(?<![{_JOINED}])[\u200c\u200d]|[\u200c\u200d](?![{_JOINED}])"
)
_TO_ESCAPE = re.compile(f"(?P<slashes>\\\\+)(?={_UNSAFE})|(?P<literal>\\\\+u\\{{)|(?P<unsafe>{_UNSAFE})")
_ESCAPED = re.compile(r"(\\+)u\{(?:([0-9a-f]{1,6})\})?")
_LAST_CODE_POINT = 0x10FFFF


def escape(text: str) -> str:
    """The text with every unsafe character visible; `unescape` gives back exactly this text."""
    if text.isprintable() and "\\" not in text and text.isascii():
        return text
    return _TO_ESCAPE.sub(_escape_one, text)


def unescape(text: str) -> str:
    """The inverse of `escape`; what a hand wrote that is no escape stays as it is."""
    return _ESCAPED.sub(_unescape_one, text) if "\\" in text else text


def make_visible(text: str) -> str:
    r"""The text fit for any terminal: like `escape`, but for reading only (a literal `\u{` stays)."""
    return re.sub(_UNSAFE, lambda match: f"\\u{{{ord(match[0]):x}}}", text)


def _escape_one(match: re.Match[str]) -> str:
    if match["slashes"]:
        # A backslash right before an escape would turn that escape into a literal.
        return "\\u{5c}" * len(match["slashes"])
    if match["literal"]:
        return "\\" + match["literal"]
    return f"\\u{{{ord(match['unsafe']):x}}}"


def _unescape_one(match: re.Match[str]) -> str:
    slashes, code = match[1], match[2]
    if len(slashes) > 1:
        return match[0][1:]
    if code is None or int(code, 16) > _LAST_CODE_POINT:
        return match[0]
    return chr(int(code, 16))
