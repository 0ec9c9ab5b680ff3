"""The page: page.html filled by Jinja2 with everything escaped, and a policy for the browser.

Its style is allowed by its hash and nothing else by anything: a text that got out of its place could still
load, run and send nothing.
"""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from helpdesk_cli.replies.pages import Pages
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.pages.keys import Key
    from helpdesk_cli.pages.panels import Panel


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says. `about` is what the figures are of; `remarks` what a reader must know.

    `is_sheet`: to give away, on one page of paper.
    """

    title: str
    desk: str
    heading: str
    about: str
    panels: tuple[Panel, ...]
    keys: tuple[Key, ...] = ()
    remarks: tuple[str, ...] = ()
    footer: str = ""
    is_sheet: bool = False


def write_page(page: Page) -> str:
    """The page as HTML."""
    style = _pages().source("page.css").strip()
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return fill("page.html", page=page, policy=policy, style=style)


def fill(name: str, **values: object) -> str:
    """The file of that name here, filled with these values: in HTML all of them are escaped."""
    return _pages().fill(name, values)


@lru_cache(maxsize=1)
def _pages() -> Pages:
    return Pages("helpdesk_cli.pages", {"place": _place, "points": _points, "heading": _heading})


def _place(number: float) -> str:
    """A number for SVG: two digits behind the point, where there is something behind it."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _points(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{_place(x)},{_place(y)}" for x, y in points)


def _heading(text: str) -> str:
    """`FIRST RESP.` as `First resp.`; signs such as <1D and abbreviations as they are."""
    if text in _ABBREVIATED:
        return text
    return text.capitalize() if text[:1].isalpha() else text.lower()


_ABBREVIATED = frozenset({"CSAT", "ID", "QA"})
