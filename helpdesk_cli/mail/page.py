"""A page of HTML as lines of text, built from the tags as they go by.

What it does with each: paragraphs and the like are set off by a blank line, quotes begin with "> ",
list items with "- " or their number, cells of a row stand side by side, links are `[label](address)`,
images `[image: NAME]`. Emphasis is left out: `**From:**` would hide a quoted header from those who
look for one. What a browser hides is left out, as newsletters hide a second subject there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_NESTING: Final = 20  # quotes, and lists, in each other that are shown as such
_LINK: Final = 2000  # characters of an address that is shown
_ALT: Final = 200
_STYLE: Final = 2000

# A page of one-word lines reads worse than these (SIM905).
_SILENT: Final = frozenset("script style title head template svg math object audio video canvas map".split())  # noqa: SIM905
_BLOCKS: Final = frozenset(
    "p blockquote ul ol dl table pre h1 h2 h3 h4 h5 h6 hr address article aside section figure fieldset"  # noqa: SIM905
    " form header footer main nav".split()
)
_LINES: Final = frozenset(
    "div br li tr dt dd caption center legend option thead tbody tfoot body html figcaption".split()  # noqa: SIM905
)
_VOID: Final = frozenset("br hr img input meta link base area col wbr embed source track param".split())  # noqa: SIM905
_HIDDEN: Final = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|max-height\s*:\s*0(?:px)?\s*(?:;|$)"
    r"|(?<![\w-])opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)",
    re.IGNORECASE,
)
_SHOWN_LINKS: Final = re.compile(r"(?:https?|ftp|mailto|tel):", re.IGNORECASE)
_FILLING: Final = re.compile(r"(?:[\u200b-\u200f\u034f\u2007\ufeff] *){3,}")  # keeps a preview line empty
_IGNORED: Final = str.maketrans("", "", "\u200b\ufeff\u00ad")
_SPACE: Final = re.compile(r"[ \t\r\n\f\u00a0]+")


class _Mark(NamedTuple):
    """Where the page stood when a link began, and where the link goes."""

    lines: int
    pieces: int
    written: int
    target: str


class Page:
    """The target that lxml's parser calls for each tag and text; `text` is the result."""

    def __init__(self, images: Mapping[str, str], *, show_hidden: bool = False) -> None:
        """An empty page; `images` gives the file name of each content id."""
        self._images = images
        self._show_hidden = show_hidden
        self._open: list[tuple[str, bool, _Mark | None]] = []  # tag, whether it silences, its link
        self._silent = 0  # open tags whose content is not shown
        self._lines: list[str] = []
        self._line: list[str] = []  # pieces of the line so far
        self._spaced = True  # whether a space here would stand at the start of a line or after a space
        self._written = 0  # pieces so far, on all lines
        self._blank_wanted = False
        self._quotes = 0
        self._quotes_before = 0  # of the last line
        self._lists: list[int | None] = []  # the number of the next item; None where they have none
        self._marker = ""  # of a list item whose first line is still to come
        self._preformatted = 0
        self._cell_wanted = False

    @property
    def depth(self) -> int:
        """How many tags are open."""
        return len(self._open)

    @property
    def text(self) -> str:
        """All lines."""
        self._end_line()
        return "\n".join(self._lines).strip("\n")

    # What the parser calls; it closes every tag that it opened, in order ----------------------

    def start(self, tag: object, attributes: Mapping[str, Any]) -> None:
        """A start tag."""
        name = str(tag)
        hidden = name in _SILENT or (not self._show_hidden and _is_hidden(attributes))
        if self._silent or hidden:
            silences = name not in _VOID
            self._silent += silences
            self._open.append((name, silences, None))
            return
        if name == "br":
            self._end_line(always=True)
        elif name in _BLOCKS:
            self._end_block()
        elif name in _LINES:
            self._end_line()
        mark = None
        if name == "a":
            mark = _Mark(len(self._lines), len(self._line), self._written, str(attributes.get("href") or ""))
        elif act := self._ON_START.get(name):
            act(self, name, attributes)
        self._open.append((name, False, mark))

    def end(self, _tag: object) -> None:
        """An end tag: always of the tag opened last."""
        if not self._open:
            return
        name, silences, mark = self._open.pop()
        self._silent -= silences
        if silences or self._silent:
            return
        if name in _BLOCKS:
            self._end_block()
        elif name in _LINES and name != "br":
            self._end_line()
        if mark is not None:
            self._end_link(mark)
        elif act := self._ON_END.get(name):
            act(self)

    def data(self, text: str) -> None:
        """Text between tags."""
        if self._silent:
            return
        if self._preformatted:
            first, *rest = text.replace("\r", "").split("\n")
            self._write(first)
            for line in rest:
                self._end_line(always=True)
                self._write(line)
            return
        text = _SPACE.sub(" ", text.translate(_IGNORED))
        text = text.lstrip(" ") if self._spaced else text
        if text:
            self._write(text)

    def comment(self, _text: str) -> None:
        """Nothing: Outlook's conditional pieces among them."""

    def close(self) -> None:
        """The end."""

    # Tags -------------------------------------------------------------------------------------

    def _start_image(self, _tag: str, attributes: Mapping[str, Any]) -> None:
        alt = _SPACE.sub(" ", str(attributes.get("alt") or "")).strip()[:_ALT]
        source = str(attributes.get("src") or "").strip()
        size = {str(attributes.get(side) or "").strip().removesuffix("px") for side in ("width", "height")}
        if size & {"0", "1"} and not alt:
            return  # a pixel that tells its sender when it was looked at
        name = self._images.get(source[4:].strip("<>"), "") if source[:4].lower() == "cid:" else ""
        if name or alt:
            self._write(f"[image: {name or alt}]")

    def _start_rule(self, _tag: str, _attributes: Mapping[str, Any]) -> None:
        self._write("---")

    def _start_quote(self, _tag: str, _attributes: Mapping[str, Any]) -> None:
        self._quotes += 1

    def _end_quote(self) -> None:
        self._quotes -= 1

    def _start_list(self, tag: str, attributes: Mapping[str, Any]) -> None:
        start = str(attributes.get("start") or "1")
        number = int(start) if re.fullmatch(r"\d{1,6}", start) else 1
        self._lists.append(number if tag == "ol" else None)

    def _end_list(self) -> None:
        self._lists.pop()
        self._marker = ""
        self._blank_wanted = self._blank_wanted or not self._lists

    def _start_item(self, tag: str, _attributes: Mapping[str, Any]) -> None:
        number = self._lists[-1] if self._lists else None
        if number is not None:
            self._lists[-1] = number + 1
        self._marker = "  " if tag == "dd" else "- " if number is None else f"{number}. "

    def _end_item(self) -> None:
        self._marker = ""

    def _start_heading(self, tag: str, _attributes: Mapping[str, Any]) -> None:
        self._write("#" * int(tag[1]) + " ")

    def _start_preformatted(self, _tag: str, _attributes: Mapping[str, Any]) -> None:
        self._preformatted += 1

    def _end_preformatted(self) -> None:
        self._preformatted -= 1

    def _start_cell(self, _tag: str, _attributes: Mapping[str, Any]) -> None:
        self._cell_wanted = bool(self._line)

    def _end_row(self) -> None:
        self._cell_wanted = False

    def _end_link(self, mark: _Mark) -> None:
        target = "".join(mark.target.split())
        if self._written == mark.written or not _SHOWN_LINKS.match(target) or len(target) > _LINK:
            return
        inside = len(self._lines) == mark.lines
        label = "".join(self._line[mark.pieces if inside else 0 :])
        shown = _shown_target(target, label.strip())
        if not shown:
            return
        if not inside or not label.strip() or shown.startswith("<"):
            shown = shown if shown.startswith("<") else f"<{shown}>"
            self._write(f" {shown}" if label.strip() else shown)
            return
        lead, trail = label[: len(label) - len(label.lstrip())], label[len(label.rstrip()) :]
        self._line[mark.pieces :] = [f"{lead}[{label.strip()}]({shown}){trail}"]

    _ON_START: ClassVar[dict[str, Callable[[Page, str, Mapping[str, Any]], None]]] = {
        "img": _start_image,
        "hr": _start_rule,
        "blockquote": _start_quote,
        **dict.fromkeys(("ul", "ol"), _start_list),
        **dict.fromkeys(("li", "dd"), _start_item),
        **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _start_heading),
        **dict.fromkeys(("pre", "textarea"), _start_preformatted),
        **dict.fromkeys(("td", "th"), _start_cell),
    }
    _ON_END: ClassVar[dict[str, Callable[[Page], None]]] = {
        "blockquote": _end_quote,
        **dict.fromkeys(("ul", "ol"), _end_list),
        **dict.fromkeys(("li", "dd"), _end_item),
        **dict.fromkeys(("pre", "textarea"), _end_preformatted),
        "tr": _end_row,
    }

    # Lines ------------------------------------------------------------------------------------

    def _write(self, text: str) -> None:
        if self._cell_wanted and text.strip():
            self._line.append("| " if self._spaced else " | ")
            text = text.lstrip(" ")
            self._cell_wanted = False
        self._line.append(text)
        self._written += bool(text.strip())
        self._spaced = text.endswith(" ") and not self._preformatted

    def _end_line(self, *, always: bool = False) -> None:
        line = "".join(self._line)
        line = line.rstrip(" ") if self._preformatted else _FILLING.sub("", line).strip(" ")
        self._line = []
        self._spaced = True
        self._cell_wanted = False
        if line.strip("# "):
            if self._blank_wanted:
                self._blank_line()
            self._blank_wanted = False
            self._lines.append(self._quote() + self._indent() + line)
            self._quotes_before = self._quotes
        elif always:
            self._blank_line()

    def _end_block(self) -> None:
        self._end_line()
        # In list items paragraphs follow each other without a gap.
        self._blank_wanted = self._blank_wanted or not self._lists

    def _blank_line(self) -> None:
        if self._lines and self._lines[-1].strip("> "):
            self._lines.append(self._quote(min(self._quotes, self._quotes_before)).rstrip())

    def _quote(self, depth: int | None = None) -> str:
        return "> " * min(self._quotes if depth is None else depth, _NESTING)

    def _indent(self) -> str:
        indent = "  " * max(0, min(len(self._lists), _NESTING) - 1)
        indent += self._marker or ("  " if self._lists else "")
        self._marker = ""
        return indent


def _is_hidden(attributes: Mapping[str, Any]) -> bool:
    style = attributes.get("style")
    return "hidden" in attributes or bool(style and _HIDDEN.search(str(style)[:_STYLE]))


def _shown_target(target: str, label: str) -> str:
    """How a link's address is shown beside its label; "" when the label says it already."""
    scheme, _, rest = target.partition(":")
    if scheme.lower() == "mailto":
        # "Alex <alex@example.org>", as it would stand in a quoted header.
        return "" if "@" in label else f"<{rest.partition('?')[0]}>"
    if label.lower().removeprefix("http:").removeprefix("https:").strip("/") == rest.lower().strip("/"):
        return ""
    target = target.translate({ord(char): f"%{ord(char):02X}" for char in '()<>[]\\"`'})
    return target if label else f"<{target}>"
