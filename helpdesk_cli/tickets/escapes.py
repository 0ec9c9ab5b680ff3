r"""Characters that fool a terminal, git or a reader, written as visible, reversible `\u{1b}`.

Source: DECISIONS 3; the list is that of UTS #39 and of CVE-2021-42574 (bidi), with C0, DEL and C1,
and the two code points that YAML refuses (U+FFFE, U+FFFF).
"""

from __future__ import annotations

import re
from functools import cache

# ZWNJ and ZWJ are spelling in Persian, in the Indic scripts and inside emoji; elsewhere they only hide.
_JOINED = (
    "\u0600-\u06ff\u0750-\u077f\u0900-\u0dff\u1000-\u109f\u1780-\u17ff"
    "\ufe0f\u2640\u2642\u2695-\u27bf\U0001f000-\U0001faff"
)
_UNSAFE = (
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
    f"|(?<![{_JOINED}])[\u200c\u200d]|[\u200c\u200d](?![{_JOINED}])"
)
# Printable ASCII but the backslash, and TAB and LF: what most mail is made of needs one look only.
_SAFE_BYTES = bytes([0x09, 0x0A, *range(0x20, 0x5C), *range(0x5D, 0x7F)])
# A run of backslashes is looked at once, as a whole: else a mail of a million of them would take hours.
_RUN = r"(?<!\\)\\++"
_ESCAPED = re.compile(rf"({_RUN})u\{{(?:([0-9a-f]{{1,6}})\}})?")
_LAST_CODE_POINT = 0x10FFFF


def escape(text: str, also: str = "") -> str:
    r"""The text with every unsafe character visible; `unescape` gives back exactly this text.

    `also`: a regular expression, one character wide, for what else is unsafe where the text goes.
    """
    if not also and is_plain(text):
        return text
    return _to_escape(also).sub(_escape_one, text)


def is_plain(text: str) -> bool:
    """Whether the text surely has nothing to escape: a fast look, not the definition."""
    if text.isascii():
        return not text.encode("ascii").translate(None, _SAFE_BYTES)
    # All that is unsafe is unprintable, while of what mail is full of only these three are.
    rest = text.replace("\n", "").replace("\t", "").replace("\xa0", "")
    return "\\" not in rest and rest.isprintable()


def unescape(text: str) -> str:
    """The inverse of `escape`; what a hand wrote that is no escape stays as it is."""
    return _ESCAPED.sub(_unescape_one, text) if "\\u{" in text else text


def make_visible(text: str) -> str:
    r"""The text fit for any terminal: like `escape`, but for reading only (a literal `\u{` stays)."""
    if is_plain(text):
        return text
    return _unsafe().sub(lambda match: f"\\u{{{ord(match[0]):x}}}", text)


def one_line(text: str) -> str:
    """Text from anywhere, visible and on one line."""
    return " ".join(make_visible(text).split())


def drop_unsafe(text: str) -> str:
    """The text without its unsafe characters, for mail: they only hide or reorder what is shown."""
    return text if is_plain(text) else _unsafe().sub("", text)


@cache
def _unsafe() -> re.Pattern[str]:
    return re.compile(_UNSAFE)


@cache
def _to_escape(also: str) -> re.Pattern[str]:
    unsafe = f"{_UNSAFE}|{also}" if also else _UNSAFE
    return re.compile(f"(?P<slashes>{_RUN})(?={unsafe})|(?P<literal>{_RUN}u\\{{)|(?P<unsafe>{unsafe})")


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
