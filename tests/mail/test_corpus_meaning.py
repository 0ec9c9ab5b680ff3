"""The corpus's expectations of what a mail means: none lost unnoticed, none below what was reached."""

from __future__ import annotations

import pytest
from corpus.facts import read
from corpus.score import corpus_mails, score, tally, unexplained
from corpus.score_meaning import MEANING_CHECKS

from helpdesk_cli.mail.quoting import split

# Field -> (met, of): what is reached, so that a change for the worse shows at once.
FLOORS = {
    "visible_reply": (29, 31),
    "visible_reply_startswith": (42, 42),
    "visible_reply_contains": (6, 6),
    "visible_reply_not_contains": (7, 7),
    "signature": (1, 5),
    "signature_contains": (11, 11),
    "is_bounce": (66, 66),
    "failed_recipients": (47, 47),
    "temporary": (47, 47),
    "is_auto_reply": (8, 8),
    "may_auto_respond": (3, 3),
    "is_feedback_report": (3, 3),
    "label": (10, 24),
}


def test_every_miss_has_its_reason() -> None:
    """Listed in misses.toml, and nothing listed that is met."""
    assert unexplained(score(MEANING_CHECKS)) == []


@pytest.mark.parametrize("field", FLOORS)
def test_no_field_falls_below_what_was_reached(field: str) -> None:
    """Nor above it: then the floor is to be raised."""
    assert tally(score({field: MEANING_CHECKS[field]}))["*", field] == FLOORS[field]


def test_segments_of_every_mail_are_its_text() -> None:
    """Nothing is lost or changed by dividing it."""
    for path in corpus_mails():
        mail = read(path.read_bytes())
        assert "".join(segment.text for segment in split(mail.text, subject=mail.subject)) == mail.text
