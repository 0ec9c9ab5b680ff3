"""The page: page.html filled by Jinja2 with everything escaped, and a policy for the browser.

Its style is allowed by its hash and nothing else by anything: a text that got out of its place could still
load, run and send nothing.
"""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined, Undefined, select_autoescape
from markupsafe import Markup

from helpdesk_cli.tickets.escapes import make_visible
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.pages.keys import Key
    from helpdesk_cli.pages.panels import Panel


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says. `about` is what the figures are of; `remarks` what a reader must know."""

    title: str
    desk: str
    heading: str
    about: str
    panels: tuple[Panel, ...]
    keys: tuple[Key, ...] = ()
    remarks: tuple[str, ...] = ()
    footer: str = ""


def write_page(page: Page) -> str:
    """The page as HTML."""
    style = _style("page.css")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    # Markup: our own file, not a word of anybody's.
    return fill("page.html", page=page, policy=policy, style=Markup(style))  # noqa: S704 - as said


def fill(name: str, **values: object) -> str:
    """The file of that name here, filled with these values: in HTML all of them are escaped."""
    return _environment().get_template(name).render(**values)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("helpdesk_cli.pages", ""),
        autoescape=select_autoescape(default=True, disabled_extensions=("txt",)),
        lstrip_blocks=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        finalize=_visible,
        auto_reload=False,
    )
    made.filters.update(place=_place, points=_points, heading=_heading)
    return made


@lru_cache(maxsize=4)
def _style(name: str) -> str:
    environment = _environment()
    assert environment.loader is not None  # noqa: S101 - for type checkers
    return environment.loader.get_source(environment, name)[0].strip()


def _visible(value: object) -> object:
    """Whatever is written out, with nothing hidden in it: escaping is what follows."""
    return value if isinstance(value, Markup | Undefined) else make_visible(str(value))


def _place(number: float) -> str:
    """A number for SVG: two digits behind the point, where there is something behind it."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _points(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{_place(x)},{_place(y)}" for x, y in points)


def _heading(text: str) -> str:
    """`FIRST RESP.` as `First resp.`; signs such as <1D as they are."""
    return text.capitalize() if text[:1].isalpha() else text.lower()
