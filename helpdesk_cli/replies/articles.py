"""Articles: what is written once and answers many; which of them fits a text, and why."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# A word counts most where it was chosen with most care.
_WEIGHTS = {"tag": 6, "title": 4, "text": 1}
_SHORTEST = 3
_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_SHORTEST_STEM = 4
# Enough of a text to say what it is about; a mail of a megabyte costs no more.
_LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Article:
    """A file in kb/. `place` is its path for messages; `link` "" where it is published nowhere."""

    name: str
    place: str
    title: str
    tags: tuple[str, ...] = ()
    link: str = ""
    body: str = ""

    @property
    def in_reply(self) -> str:
        """What `{{ article("…") }}` gives: title and link, else the text."""
        return f"{self.title}: {self.link}" if self.link else self.body.strip("\n")


@dataclass(frozen=True, slots=True)
class Fit:
    """How well an article fits: points, for comparison only, and the words that earned them."""

    article: Article
    points: int
    why: tuple[tuple[str, str], ...]  # (word, "tag" | "title" | "text"), the weightiest first


def words_of(text: str) -> list[str]:
    """The words of a text for comparison: without case and accents; scripts without spaces in pairs."""
    plain = unicodedata.normalize("NFKD", text[:_LONGEST].casefold())
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    found = []
    for word in _WORD.findall(unicodedata.normalize("NFC", plain)):
        if _UNSPACED.search(word):
            found += [word[start : start + 2] for start in range(max(len(word) - 1, 1))]
        elif len(word) >= _SHORTEST:
            found.append(word)
    return found


def rank(articles: Sequence[Article], text: str) -> list[Fit]:
    """The articles that share words with the text, the best first; the same for the same files and text.

    A word counts the more the fewer articles have it; one that all of several have says nothing.
    """
    places = [_places(article) for article in articles]
    asked = Counter(_stem(word) for word in words_of(text))
    known = Counter(stem for each in places for stem in each)
    several = len(articles) > 2  # noqa: PLR2004 - of two articles, both may well be about it
    telling = {stem for stem in asked if known[stem] and not (several and known[stem] == len(articles))}
    fits = []
    for article, each in zip(articles, places, strict=True):
        earned = {
            stem: _WEIGHTS[each[stem][0]] * 10 * len(articles) // known[stem]
            for stem in telling & each.keys()
        }
        if earned:
            order = sorted(earned, key=lambda stem: (-earned[stem], stem))
            why = tuple((each[stem][1], each[stem][0]) for stem in order)
            fits.append(Fit(article, sum(earned.values()), why))
    return sorted(fits, key=lambda fit: (-fit.points, fit.article.name))


def _places(article: Article) -> dict[str, tuple[str, str]]:
    """(where, as written) of each word of the article, at its weightiest place."""
    found: dict[str, tuple[str, str]] = {}
    parts: Iterable[tuple[str, str]] = (
        ("tag", " ".join(article.tags)),
        ("title", article.title),
        ("text", article.body),
    )
    for where, text in parts:
        for word in words_of(text):
            found.setdefault(_stem(word), (where, word))
    return found


def _stem(word: str) -> str:
    """The word without a common ending: invoices, invoiced and invoice are one."""
    for ending in ("ing", "ies", "ed", "es", "en", "s", "e", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word.removesuffix(ending)
    return word
