"""HTML mail as text that reads well.

libxml2 (through lxml) reads the HTML and tells a `Page` of every tag, balanced, in one pass; nothing
here recurses, so depth costs nothing. Nothing is ever fetched.
"""

from __future__ import annotations

import html
import importlib
import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from helpdesk_cli.mail.page import Page

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHUNK: Final = 16 << 10  # bytes given to the parser at once
_DEPTH: Final = 2000  # open tags; people's mail stays under a hundred


@cache
def _lxml() -> Any:  # noqa: ANN401 - lxml has no types
    # Imported when there is HTML to read: 25 ms that plain mail need not pay.
    return importlib.import_module("lxml.etree")


def html_text(source: str, *, images: Mapping[str, str]) -> tuple[str, bool]:
    """(the text of an HTML document, whether it was really parsed); never raises, linear in size.

    `images` gives the file name of each content id; an image is shown as `[image: NAME]`.
    """
    if not source.strip():
        return "", True
    source = source.replace("\0", "\ufffd")
    text, parsed = "", True
    try:
        text = _parsed(source, images, show_hidden=False)
        if not text.strip():
            # All of it hidden: better what was hidden than nothing.
            text = _parsed(source, images, show_hidden=True)
    except Exception:  # noqa: BLE001 - anybody's HTML; whatever libxml2 thinks of it, it is read
        parsed = False
    if not text.strip() and re.search(r">[^<]*\w", source):
        text, parsed = without_tags(source), False
    return text, parsed


def _parsed(source: str, images: Mapping[str, str], *, show_hidden: bool) -> str:
    page = Page(images, show_hidden=show_hidden)
    parser = _lxml().HTMLParser(target=page, encoding="utf-8", no_network=True, huge_tree=True)
    octets = source.encode("utf-8", "replace")
    for start in range(0, len(octets), _CHUNK):
        if page.depth > _DEPTH:
            # libxml2 looks through all open tags at every end tag: no more of that.
            rest = octets[max(start, octets.find(b"<", start)) :]
            page.data(without_tags(rest.decode("utf-8", "replace")))
            break
        parser.feed(octets[start : start + _CHUNK])
    parser.close()
    return page.text


def without_tags(source: str) -> str:
    """The text of HTML that cannot be parsed: tags, scripts and styles out, entities in."""
    source = _without_scripts(source)
    source = re.sub(r"(?i)<(?:br|/p|/div|/tr|/li|/h[1-6])\b[^<>]{0,500}>", "\n", source)
    source = re.sub(r"<[a-zA-Z/!][^<>]{0,5000}>", "", source)
    return re.sub(r"\n{3,}", "\n\n", html.unescape(source)).strip()


def _without_scripts(source: str) -> str:
    """Without what is between the tags of scripts and styles; one without an end may be text, and stays."""
    pieces, at = [], 0
    opened: tuple[str, int] | None = None
    for match in re.finditer(r"(?i)<(/?)(script|style)\b", source):
        name = match[2].lower()
        if opened is None and not match[1]:
            opened = (name, match.start())
        elif opened is not None and match[1] and name == opened[0]:
            pieces.append(source[at : opened[1]])
            at, opened = match.start(), None
    return "".join([*pieces, source[at:]])
