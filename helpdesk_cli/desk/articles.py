"""The articles of a desk: find one, search them, suggest those that fit a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.page_names import find_name
from helpdesk_cli.errors import DeskError, NotFoundError
from helpdesk_cli.replies.articles import rank
from helpdesk_cli.storage.article_files import article_names, read_article
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterable

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.replies.articles import Article, Fit
    from helpdesk_cli.tickets.ticket import Ticket


@dataclass(slots=True)
class Shelf:
    """The articles of a desk, each read once."""

    desk: Desk
    _names: list[str] | None = None
    _read: dict[str, Article] = field(default_factory=dict)

    def of(self, words: Iterable[str]) -> dict[str, Article]:
        """The articles that these words name, without those that name none or several.

        Raises InvalidFileError for a broken one.
        """
        found = {}
        for word in words:
            try:
                found[word] = self.article(find_name(word, self.names(), what="article"))
            except NotFoundError:
                continue
        return found

    def names(self) -> list[str]:
        """The names of all articles."""
        if self._names is None:
            self._names = article_list(self.desk)
        return self._names

    def article(self, name: str) -> Article:
        """The article of exactly that name. Raises NotFoundError, InvalidFileError."""
        if name not in self._read:
            self._read[name] = read_article(self.desk.layout, name)
        return self._read[name]


def article_list(desk: Desk) -> list[str]:
    """The names of the articles."""
    return article_names(desk.layout)[0]


def find_article(desk: Desk, name: str) -> Article:
    """The article of that name; its last word is enough where only one ends in it.

    Raises NotFoundError for none or several, InvalidFileError for a broken one.
    """
    return read_article(desk.layout, find_name(name, article_list(desk), what="article"))


def all_articles(desk: Desk) -> tuple[list[Article], list[DeskError]]:
    """Every article that can be read, by name, and what is wrong with the others."""
    shelf = Shelf(desk)
    articles, problems = [], []
    for name in article_names(desk.layout)[0]:
        try:
            articles.append(shelf.article(name))
        except DeskError as error:
            problems.append(error)
    return articles, problems


def search(articles: list[Article], words: Iterable[str]) -> list[Fit]:
    """The articles that have any of these words, the best first."""
    return rank(articles, " ".join(words))


def suggest_articles(articles: list[Article], ticket: Ticket) -> list[Fit]:
    """The articles that fit what was asked: the subject, and what people newly wrote to us."""
    asked = [
        message.new_text for message in ticket.messages if message.direction == "in" and not message.automatic
    ]
    return rank(articles, "\n".join([ticket.subject, " ".join(ticket.tags), *asked]))
