"""`templates/**/*.md`: a desk's own, and those that come with desk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helpdesk_cli.errors import InvalidFileError, NotFoundError
from helpdesk_cli.replies.template import PURPOSES, Template
from helpdesk_cli.storage.page_files import is_name, page_names, read_page
from helpdesk_cli.storage.samples import samples_folder
from helpdesk_cli.storage.settings import suggest

if TYPE_CHECKING:
    from helpdesk_cli.storage.layout import Layout
    from helpdesk_cli.storage.page_files import Page

FOLDER = "templates"
# What desk itself sends; where a desk has no such file, the shipped one is used.
SHIPPED = {
    "acknowledgement": "acknowledgement",
    "acknowledgement-stranger": "acknowledgement",
    "csat": "csat",
    "notification": "notification",
    "digest": "digest",
}
_KEYS = ("subject", "status", "about", "for")
_SUBJECT = re.compile(r"subject:[ \t]*(.*)", re.IGNORECASE)


def own_names(layout: Layout) -> tuple[list[str], list[str]]:
    """(names, paths that cannot be named) of the desk's own templates."""
    return page_names(layout.root / FOLDER)


def read_template(layout: Layout, name: str) -> Template:
    """The desk's template of exactly that name, else the shipped one of what desk itself sends.

    Raises NotFoundError, and InvalidFileError with file and line.
    """
    place = f"{FOLDER}/{name}.md"
    if not is_name(name):
        raise NotFoundError(f'there is no template "{name}"', "", "`desk template list` shows what there is.")
    try:
        page = read_page(layout.root / FOLDER, name, within=layout.root, place=place)
    except NotFoundError:
        if name not in SHIPPED:
            raise
        top = samples_folder()
        page = read_page(top / FOLDER, name, within=top, place=f"{place} (as shipped)")
        return _template(name, page, is_shipped=True)
    return _template(name, page, is_shipped=False)


def _template(name: str, page: Page, *, is_shipped: bool) -> Template:
    page.check_keys(_KEYS)
    purpose = page.text("for") or SHIPPED.get(name, "reply")
    if purpose not in PURPOSES:
        place = f"{page.place}:{page.lines['for']}"
        raise InvalidFileError(f'a template is not for "{purpose}"', place, suggest(purpose, list(PURPOSES)))
    subject, subject_line = page.text("subject"), page.lines.get("subject", 1)
    body, body_line = _without_blanks(page.body, page.body_line)
    begins = _SUBJECT.match(body)
    if begins:
        if subject:
            raise InvalidFileError("there are two subjects", f"{page.place}:{body_line}", "Keep one of them.")
        subject, subject_line = begins[1].strip(), body_line
        body, body_line = _without_blanks(body[begins.end() :].removeprefix("\n"), body_line + 1)
    if not body.strip():
        raise InvalidFileError("there is no text", f"{page.place}:{body_line}", "Write it below.")
    return Template(
        name,
        page.place,
        body,
        body_line,
        subject,
        subject_line,
        page.text("status"),
        page.lines.get("status", 1),
        page.text("about"),
        purpose,
        is_shipped,
    )


def _without_blanks(text: str, line: int) -> tuple[str, int]:
    """The text without empty lines before it, and the line it then begins in."""
    rest = text.lstrip("\n")
    return rest, line + len(text) - len(rest)
