"""Lines that a program draws above another mail: "---- Original Message ----", "Forwarded message"."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal

from helpdesk_cli.mail.header_block import entries, folded, plain
from helpdesk_cli.mail.wording_quotes import FORWARD_PREFIXES, FORWARDED, ORIGINAL

Mark = Literal["reply", "forward", ""]

LONGEST_MARK = 160
# The longest words of a mark have 37 letters; some space them out.
_LONGEST_WORDS = 60
RULE = " \t-–—_=*~>#|:."  # what such lines are drawn with
# Lotus Notes and others name somebody in the line itself.
_NAMED_FORWARDS = ("forwarded by ", "forwarded message from ", "weitergeleitet von ", "transféré par ")


@cache
def _forward_prefix() -> re.Pattern[str]:
    return re.compile(
        rf"\s*(?:\[[^\]]{{0,60}}\]\s*)*(?:{FORWARD_PREFIXES})\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE
    )


def is_forward_subject(subject: str) -> bool:
    """Whether the mail was sent by "forward": `Fwd:`, `WG:`, `TR:` as the outermost prefix."""
    return _forward_prefix().match(subject[:300]) is not None


@cache
def _marks() -> dict[str, Mark]:
    """What stands between dashes -> "reply" or "forward"."""
    replies: dict[str, Mark] = dict.fromkeys(entries(ORIGINAL), "reply")
    return replies | dict.fromkeys(entries(FORWARDED), "forward")


def forward_mark(line: str) -> Mark:
    """What a line such as `---- Forwarded message ----` says that follows; "" for any other line."""
    bare = line[:LONGEST_MARK].strip(RULE)
    if not bare or (len(bare) > _LONGEST_WORDS and not is_ruled(line)):
        return ""  # asked of every line: nearly all are empty, or longer than any mark
    core = " ".join(folded(plain(line[:LONGEST_MARK]).strip(RULE)).split())
    named = core.startswith(_NAMED_FORWARDS) and is_ruled(line)
    return "forward" if named else _marks().get(core, "")


def is_ruled(line: str) -> bool:
    """Whether the line begins as a mark drawn by a program: with dashes or in bold."""
    return line.lstrip(" \t>")[:2] in ("--", "––", "——", "__", "==", "~~", "**", "- ")
