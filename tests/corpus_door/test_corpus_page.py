"""docs/CORPUS.md says what the code does today."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

from corpus.score import CHECKS, expectations, score, tally
from corpus.score_meaning import MEANING_CHECKS
from corpus.table import ALL, FIELDS, expected_fields, page
from mail.hostile_mails import LITERALS, THREATS

PAGE = Path(__file__).resolve().parents[2] / "docs/CORPUS.md"


def test_the_page_is_up_to_date() -> None:
    """Else: `make docs`."""
    assert PAGE.read_text("utf-8") == page()


def test_every_field_that_an_origin_states_is_scored_or_named_as_not_scored() -> None:
    assert (CHECKS | MEANING_CHECKS).keys() == FIELDS.keys()
    assert expected_fields() - FIELDS.keys() == {"n_replies"}
    assert sum(1 for *_, mail in expectations() for field in mail if field in FIELDS) == len(
        score(CHECKS | MEANING_CHECKS)
    )


def test_desk_is_above_both_baselines() -> None:
    """The share met, of every field that they have; what is below is one mail, explained."""
    counts = tally(score(CHECKS | MEANING_CHECKS))
    below = set()
    for field, (_, *baselines) in FIELDS.items():
        best = max((Fraction(said.split()[0]) for said in baselines if said), default=Fraction(0))
        if Fraction(*counts[ALL, field]) < best:
            below.add(field)
    assert below == {"body_text"}
    assert counts[ALL, "body_text"] == (19, 20)


def test_every_numbered_mail_has_its_threat() -> None:
    numbers = {match[0] for name in LITERALS if (match := re.match(r"T\d+", name))}
    assert numbers == THREATS.keys()
