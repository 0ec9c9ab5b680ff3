"""`kb/**/*.md`: the articles of a desk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.replies.articles import Article
from helpdesk_cli.storage.page_files import page_names, read_page

if TYPE_CHECKING:
    from helpdesk_cli.storage.layout import Layout

FOLDER = "kb"
_KEYS = ("title", "tags", "link", "about")
_LINK = re.compile(r"https?://[^\s<>\"]{3,1000}")


def article_names(layout: Layout) -> tuple[list[str], list[str]]:
    """(names, paths that cannot be named) of the articles; a desk need not have any."""
    return page_names(layout.root / FOLDER)


def read_article(layout: Layout, name: str) -> Article:
    """The article of exactly that name. Raises NotFoundError, InvalidFileError with file and line."""
    place = f"{FOLDER}/{name}.md"
    page = read_page(layout.root / FOLDER, name, within=layout.root, place=place)
    page.check_keys(_KEYS)
    title, link = page.text("title"), page.text("link")
    if not title:
        raise InvalidFileError(
            "this article has no title", f"{place}:1", "Write `title: …` between two `---` lines at its head."
        )
    if link and not _LINK.fullmatch(link):
        raise InvalidFileError(
            f'"{link}" is no link',
            f"{place}:{page.lines['link']}",
            "Write it as https://help.example.com/vat.",
        )
    if not link and not page.body.strip():
        raise InvalidFileError(
            "this article has neither a text nor a link", f"{place}:1", "Write the text below the `---`."
        )
    return Article(name, place, title, page.texts("tags"), link, page.body.strip("\n"))
