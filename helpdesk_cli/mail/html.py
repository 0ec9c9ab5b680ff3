"""HTML mail as text that reads well: Markdown-like lists, links, quotes and tables, no decoration.

libxml2 (through lxml) reads the HTML and tells us of every tag, balanced, in one pass; nothing here
recurses, so depth costs nothing. What a browser hides is left out, as newsletters hide a second
subject there. Emphasis is left out too: `**From:**` would hide a quoted header from those who look
for one. Nothing is ever fetched.
"""

from __future__ import annotations

import html
import importlib
import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHUNK: Final = 16 << 10
_DEPTH: Final = 2000  # open tags; people's mail stays under a hundred
_QUOTES: Final = 20  # quotes and lists in each other that are shown as such
_LINK: Final = 2000  # characters of an address that is shown

_SILENT: Final = frozenset(
    ["script", "style", "title", "head", "template", "svg", "math", "object", "audio", "video", "canvas", "map", "noframes"]
)
_BLOCKS: Final = frozenset(
    ["p", "blockquote", "ul", "ol", "dl", "table", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "address", "article", "aside", "section", "figure", "fieldset", "form", "header", "footer", "main", "nav"]
)
_LINES: Final = frozenset(
    ["div", "br", "li", "tr", "dt", "dd", "caption", "center", "legend", "option", "thead", "tbody", "tfoot", "body", "html", "figcaption"]
)
_VOID: Final = frozenset(["br", "hr", "img", "input", "meta", "link", "base", "area", "col", "wbr", "embed", "source", "track", "param"])
_HIDDEN: Final = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|max-height\s*:\s*0(?:px)?\s*(?:;|$)"
    r"|(?<![\w-])opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)",
    re.IGNORECASE,
)
_SHOWN_LINKS: Final = re.compile(r"(?:https?|ftp|mailto|tel):", re.IGNORECASE)
_FILLING: Final = re.compile(
    r"[\u00a0\u200b-\u200d\u034f\u00ad\ufeff\u2007]{3,}(?:\s*[\u00a0\u200b-\u200d\u034f\u00ad\ufeff\u2007])*"
)
_SPACE: Final = re.compile(r"[ \t\r\n\f\u00a0]+")


@cache
def _lxml() -> Any:  # noqa: ANN401 - lxml has no types
    # Imported when there is HTML to read: 25 ms that plain mail need not pay.
    return importlib.import_module("lxml.etree")


def html_text(source: str, *, images: Mapping[str, str]) -> tuple[str, bool]:
    """(the text of an HTML document, whether it was really parsed); never raises, linear in size.

    `images` gives the file name of each content id; an image is shown as `[image: NAME]`.
    """
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
    page = _Page(images, show_hidden=show_hidden)
    parser = _lxml().HTMLParser(target=page, encoding="utf-8", no_network=True, huge_tree=True)
    octets = source.encode("utf-8", "replace")
    for start in range(0, len(octets), _CHUNK):
        if page.depth > _DEPTH:
            # libxml2 looks through all open tags at every end tag: no more of that.
            page.data(without_tags(octets[start:].decode("utf-8", "replace")))
            break
        parser.feed(octets[start : start + _CHUNK])
    parser.close()
    return page.text()


def without_tags(source: str) -> str:
    """The text of HTML that cannot be parsed: tags out, entities in."""
    source = re.sub(r"(?i)<(?:br|/p|/div|/tr|/li|/h[1-6])\b[^<>]{0,500}>", "\n", source)
    source = re.sub(r"<[a-zA-Z/!][^<>]{0,5000}>", "", source)
    return re.sub(r"\n{3,}", "\n\n", html.unescape(source)).strip()


class _Page:
    """Target of the parser: collects lines as the tags go by."""

    def __init__(self, images: Mapping[str, str], *, show_hidden: bool) -> None:
        self._images = images
        self._show_hidden = show_hidden
        self._open: list[tuple[str, Any]] = []  # tag, what its end needs to know
        self._silent = 0  # open tags whose content is not shown
        self._lines: list[str] = []
        self._line: list[str] = []  # pieces of the line so far
        self._spaced = True  # whether a space here would be at the start of a line or after a space
        self._blank_wanted = False
        self._quotes = 0
        self._lists: list[int | None] = []  # number of the next item; None in a bulleted list
        self._marker = ""  # of a list item whose first line is still to come
        self._pre = 0
        self._cell_wanted = False

    @property
    def depth(self) -> int:
        """How many tags are open."""
        return len(self._open)

    # What the parser calls -------------------------------------------------------------------

    def start(self, tag: Any, attributes: Any) -> None:  # noqa: ANN401 - as lxml calls it
        tag = str(tag)
        if self._silent or tag in _SILENT or (not self._show_hidden and _is_hidden(attributes)):
            if tag not in _VOID:
                self._silent += 1
            self._open.append((tag, _SILENCED if tag not in _VOID else None))
            return
        self._open.append((tag, self._enter(tag, attributes)))

    def end(self, tag: Any) -> None:  # noqa: ANN401, ARG002 - as lxml calls it; always the tag opened last
        if not self._open:
            return
        name, kept = self._open.pop()
        if kept is _SILENCED:
            self._silent -= 1
        elif not self._silent:
            self._leave(name, kept)

    def data(self, text: str) -> None:
        if self._silent:
            return
        if self._pre:
            first, *rest = _FILLING.sub("", text.replace("\r", "")).split("\n")
            self._write(first)
            for line in rest:
                self._end_line(always=True)
                self._write(line)
            return
        text = _SPACE.sub(
            " ", _FILLING.sub(" ", text).replace("\u200b", "").replace("\ufeff", "").replace("\u00ad", "")
        )
        if self._spaced:
            text = text.lstrip(" ")
        if text:
            self._write(text)

    def comment(self, text: str) -> None: ...

    def pi(self, target: str, data: str | None = None) -> None: ...

    def doctype(self, *names: str | None) -> None: ...

    def close(self) -> None:
        self._end_line()

    def text(self) -> str:
        """All lines, once the parser is done."""
        self._end_line()
        return "\n".join(self._lines).strip("\n")

    # Tags ------------------------------------------------------------------------------------

    def _enter(self, tag: str, attributes: Any) -> Any:  # noqa: ANN401
        """Do what a start tag asks for; what it returns is given to `_leave`."""
        if tag == "br":
            self._end_line(always=True)
        elif tag in _BLOCKS:
            self._end_block()
        elif tag in _LINES:
            self._end_line()
        match tag:
            case "a":
                return (len(self._lines), len(self._line), str(attributes.get("href") or ""))
            case "img":
                self._image(attributes)
            case "hr":
                self._write("---")
                self._end_block()
            case "blockquote":
                self._quotes += 1
            case "ul" | "ol" | "dl":
                self._lists.append(_number(attributes.get("start")) if tag == "ol" else None)
            case "li":
                self._marker = self._next_marker()
            case "dd":
                self._marker = "  "
            case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                self._write("#" * int(tag[1]) + " ")
                self._spaced = True
            case "pre" | "textarea":
                self._pre += 1
            case "td" | "th":
                if self._line:
                    self._cell_wanted = True
        return None

    def _leave(self, tag: str, kept: Any) -> None:  # noqa: ANN401
        if tag in _BLOCKS and tag != "hr":
            self._end_block()
        elif tag in _LINES and tag != "br":
            self._end_line()
        match tag:
            case "a" if kept:
                self._link(*kept)
            case "blockquote":
                self._quotes -= 1
            case "ul" | "ol" | "dl":
                if self._lists:
                    self._lists.pop()
                self._marker = ""
                self._blank_wanted = not self._lists or self._blank_wanted
            case "li":
                self._marker = ""
            case "pre" | "textarea":
                self._pre -= 1
            case "tr":
                self._cell_wanted = False

    def _image(self, attributes: Any) -> None:  # noqa: ANN401
        alt = _SPACE.sub(" ", str(attributes.get("alt") or "")).strip()[:200]
        link = str(attributes.get("src") or "").strip()
        size = {str(attributes.get(side) or "").strip().removesuffix("px") for side in ("width", "height")}
        if size & {"0", "1"} and not alt:
            return  # a pixel that tells its sender when it was looked at
        name = self._images.get(link[4:].strip("<>"), "") if link[:4].lower() == "cid:" else ""
        if name or alt:
            self._write(f"[image: {name or alt}]")

    def _link(self, lines: int, pieces: int, target: str) -> None:
        target = "".join(target.split())[: _LINK + 1]
        if not _SHOWN_LINKS.match(target) or len(target) > _LINK:
            return
        whole = len(self._lines) == lines
        label = "".join(self._line[pieces:] if whole else self._line).strip()
        bare = target.partition(":")[2].strip("/").lower() if not target.lower().startswith("mailto:") else ""
        if target.lower().startswith("mailto:") and ("@" in label or not label):
            return  # the address is what stands there
        if not label and whole:
            return
        if bare and label.rstrip("/").lower().removeprefix("http:").removeprefix("https:").strip("/") == bare:
            return
        target = target.replace("(", "%28").replace(")", "%29").replace("<", "%3C").replace(">", "%3E")
        if whole and label:
            before = "".join(self._line[pieces:])
            lead = before[: len(before) - len(before.lstrip())]
            trail = before[len(before.rstrip()) :]
            self._line[pieces:] = [f"{lead}[{label}]({target}){trail}"]
        else:
            self._write(f"<{target}>")

    # Lines -----------------------------------------------------------------------------------

    def _write(self, text: str) -> None:
        if self._cell_wanted and text.strip():
            if self._line:
                if not self._spaced:
                    self._line.append(" ")
                self._line.append("| ")
                text = text.lstrip(" ")
            self._cell_wanted = False
        self._line.append(text)
        self._spaced = text.endswith((" ", "\n")) and not self._pre

    def _end_line(self, *, always: bool = False) -> None:
        line = "".join(self._line)
        line = line if self._pre else line.strip(" ")
        self._line = []
        self._spaced = True
        self._cell_wanted = False
        if not line.strip() and not always:
            return
        prefix = "> " * min(self._quotes, _QUOTES)
        if self._blank_wanted and self._lines:
            self._blank_line(prefix)
        self._blank_wanted = False
        if not line.strip():
            self._blank_line(prefix)
            return
        indent = "  " * max(0, min(len(self._lists), _QUOTES) - 1)
        if self._marker:
            indent += self._marker
            self._marker = ""
        elif self._lists:
            indent += "  "
        self._lines.append(prefix + indent + line.rstrip(" "))

    def _blank_line(self, prefix: str) -> None:
        if self._lines and self._lines[-1].strip("> "):
            self._lines.append(prefix.rstrip())
        elif self._lines and len(prefix.rstrip()) < len(self._lines[-1]):
            self._lines[-1] = prefix.rstrip()  # between a quote and what follows it

    def _end_block(self) -> None:
        self._end_line()
        # In list items paragraphs follow each other without a gap.
        self._blank_wanted = self._blank_wanted or not self._lists

    def _next_marker(self) -> str:
        if not self._lists:
            return "- "
        number = self._lists[-1]
        if number is None:
            return "- "
        self._lists[-1] = number + 1
        return f"{number}. "


_SILENCED: Final = object()


def _is_hidden(attributes: Any) -> bool:  # noqa: ANN401
    style = attributes.get("style")
    return "hidden" in attributes or bool(style and _HIDDEN.search(str(style)[:2000]))


def _number(start: object) -> int:
    text = str(start or "1")
    return int(text) if re.fullmatch(r"\d{1,6}", text) else 1
