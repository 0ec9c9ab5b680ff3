"""What an answer to "How did it go?" says: a rating, its comment, or a message to be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_cli.mail.rating import asks_something, read_rating

RATED = {
    "good": """
        good|Good|GOOD!|good.|  good  |*good*|"good"|Good, thank you!|Great - thanks a lot|very good|Excellent
        5|4|5/5|4 of 5|5 stars|4 stars|👍|👍👍|👍🏽|❤️|😀|:)|:-)|★★★★☆|⭐⭐⭐⭐⭐|good 👍|Perfect. Thanks
        gut|Sehr gut, danke!|prima|zufrieden|bien|Très bien, merci|muy bien|Excelente|ótimo|ottimo|goed|bra
        dobrze|отлично|良い|很好|좋아요|Gut
    """,
    "ok": "ok|OK|okay|Okay.|so so|fair|average|3|3/5|😐|★★★☆☆|in Ordnung|mittel|moyen|regular|так себе|普通",
    "bad": "bad|Bad.|poor|terrible|1|2|1/5|👎|😡|:(|★☆☆☆☆|schlecht|mauvais|malo|pessimo|slecht|плохо|差|悪い",
    "stop": "stop|STOP|Unsubscribe|abmelden|désabonner|opt-out|do not ask again",
}
UNRATED = """
not so good|good grief, it broke again|good but slow|The good news is that it works|I am not happy
it could be better|Good morning|Good afternoon, thank you|Goodbye|0|6|10|55|4.5
5 invoices are missing|42|1, 2 and 3|5/10|4/1
good bad|👍👎|★★★★★★|ok but when?|Ok, I will call you|okay then please refund me|bad gateway error 502
stop sending invoices|please stop the subscription|Hello|Hi Dana,|?|!|...|-|>|👀|thanks|Thank you|No|yes
great?|5?|gutschein|ungut|la la|prost|1)|a) good
"""


def words(table: str) -> list[str]:
    return [word for line in table.strip().split("\n") for word in line.strip().split("|") if word]


@pytest.mark.parametrize(
    ("rating", "line"), [(rating, line) for rating, table in RATED.items() for line in words(table)]
)
def test_a_rating_is_read(rating: str, line: str) -> None:
    assert read_rating(line) == (rating, "")
    assert read_rating(f"\n{line}\n\nBecause of Lee.\n") == (rating, "Because of Lee.")


@pytest.mark.parametrize("line", words(UNRATED))
def test_anything_else_is_a_message(line: str) -> None:
    assert read_rating(line) is None


def test_only_the_first_line_rates() -> None:
    """A word further down is part of what somebody tells us."""
    assert read_rating("It took four days.\n\nbad") is None
    assert read_rating("") is None
    assert read_rating("\n \n") is None


def test_a_question_in_the_comment_is_noticed() -> None:
    assert asks_something("When will the other one be mended?")
    assert asks_something("什么时候?")
    assert asks_something("什么时候？")
    assert not asks_something("The best support I know; thank you.")


@given(st.text(), st.sampled_from(["good", "5", "👍"]))
def test_never_fails_and_keeps_the_comment(text: str, line: str) -> None:
    """Whatever stands below."""
    read_rating(text)
    found = read_rating(f"{line}\n{text}")
    assert found is not None
    assert found[0] == "good"
