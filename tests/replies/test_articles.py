"""Which article fits, and why."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from helpdesk_cli.replies.articles import Article, rank, words_of


def article(name: str, title: str, *tags: str, body: str = "") -> Article:
    return Article(name, f"kb/{name}.md", title, tags, "", body)


VAT = article(
    "vat", "How VAT numbers appear on invoices", "vat", "invoice", body="Please set it in your account."
)
PASSWORD = article("password", "Reset your password", "login", body="Please click on forgot in your account.")
REFUND = article("refund", "When a refund arrives", "billing", body="Please allow five days for an invoice.")
ALL = [VAT, PASSWORD, REFUND]


def test_the_best_comes_first_and_says_why() -> None:
    (first, second) = rank(ALL, "My invoices show a wrong VAT number")
    assert (first.article, second.article) == (VAT, REFUND)
    assert set(first.why) == {("vat", "tag"), ("invoice", "tag"), ("numbers", "title")}
    assert second.why == (("invoice", "text"),)


def test_a_word_that_all_have_says_nothing() -> None:
    assert rank(ALL, "please") == []
    assert [fit.article for fit in rank(ALL, "please, my login")] == [PASSWORD]


def test_case_accents_and_endings_do_not_count() -> None:
    (fit,) = rank([article("a", "Réservations"), article("b", "Nothing")], "RESERVATION")
    assert fit.article.name == "a"


def test_scripts_without_spaces_are_compared_in_pairs() -> None:
    (fit,) = rank([article("a", "請求書の番号"), article("b", "パスワード")], "請求書が違います")
    assert fit.article.name == "a"


def test_nothing_fits_nothing() -> None:
    assert rank([], "vat") == []
    assert rank(ALL, "") == []
    assert rank(ALL, "zebra") == []


@given(st.lists(st.text(max_size=40), max_size=5), st.text(max_size=200))
def test_the_same_files_and_text_give_the_same_answer(titles: list[str], text: str) -> None:
    articles = [article(f"a{number}", title, body=text) for number, title in enumerate(titles)]
    found = rank(articles, text)
    assert found == rank(list(articles), text)
    assert [fit.points for fit in found] == sorted((fit.points for fit in found), reverse=True)
    assert [(fit.article, fit.points) for fit in rank(articles[::-1], text)] == [
        (fit.article, fit.points) for fit in found
    ]


@given(st.text())
def test_words_of_any_text(text: str) -> None:
    assert all(word and " " not in word for word in words_of(text))
