"""Dates: what each names, and what it means alone, in a range and in a comparison."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from query.asked import BERLIN, CONTEXT, NOW

from helpdesk_cli.query.atoms import Between
from helpdesk_cli.query.dates import Span, read_period, read_when, shift
from helpdesk_cli.query.nodes import Term
from helpdesk_cli.query.parse import parse


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


# Now is Friday 2026-11-20, 15:30 in Berlin.
PERIODS = (
    ("2026-11-20", "2026-11-20", "2026-11-21"),
    ("2026-11", "2026-11-01", "2026-12-01"),
    ("2026-12", "2026-12-01", "2027-01-01"),
    ("2026", "2026-01-01", "2027-01-01"),
    ("2026Q3", "2026-07-01", "2026-10-01"),
    ("2026-q4", "2026-10-01", "2027-01-01"),
    ("2026W47", "2026-11-16", "2026-11-23"),
    ("2026-W53", "2026-12-28", "2027-01-04"),
    ("2026-11-20T09:12", "2026-11-20T09:12", "2026-11-20T09:13"),
    ("2026-11-20 09:12:41", "2026-11-20T09:12:41", "2026-11-20T09:12:42"),
    ("2026-11-20T08:12Z", "2026-11-20T09:12", "2026-11-20T09:13"),
    ("2026-11-20T10:12+02:00", "2026-11-20T09:12", "2026-11-20T09:13"),
    ("today", "2026-11-20", "2026-11-21"),
    ("Yesterday", "2026-11-19", "2026-11-20"),
    ("tomorrow", "2026-11-21", "2026-11-22"),
    ("monday", "2026-11-16", "2026-11-17"),
    ("fri", "2026-11-20", "2026-11-21"),
    ("saturday", "2026-11-14", "2026-11-15"),
    ("thisweek", "2026-11-16", "2026-11-23"),
    ("last-week", "2026-11-09", "2026-11-16"),
    ("nextweek", "2026-11-23", "2026-11-30"),
    ("thismonth", "2026-11-01", "2026-12-01"),
    ("lastmonth", "2026-10-01", "2026-11-01"),
    ("nextmonth", "2026-12-01", "2027-01-01"),
    ("thisquarter", "2026-10-01", "2027-01-01"),
    ("lastquarter", "2026-07-01", "2026-10-01"),
    ("thisyear", "2026-01-01", "2027-01-01"),
    ("last year", "2025-01-01", "2026-01-01"),
)
INSTANTS = (
    ("now", "2026-11-20T15:30"),
    ("30min", "2026-11-20T15:00"),
    ("30m", "2026-11-20T15:00"),
    ("12h", "2026-11-20T03:30"),
    ("7d", "2026-11-13T15:30"),
    ("2w", "2026-11-06T15:30"),
    ("3mo", "2026-08-20T15:30"),
    ("1y", "2025-11-20T15:30"),
    ("1d12h", "2026-11-19T03:30"),
    ("+2d", "2026-11-22T15:30"),
)


@pytest.mark.parametrize(("text", "start", "end"), PERIODS)
def test_a_period(text: str, start: str, end: str) -> None:
    assert read_when(text, NOW, BERLIN) == Span(at(start), at(end))


@pytest.mark.parametrize(("text", "moment"), INSTANTS)
def test_an_instant(text: str, moment: str) -> None:
    assert read_when(text, NOW, BERLIN) == Span(at(moment), at(moment))


DAY, NEXT, AGO = at("2026-11-16"), at("2026-11-17"), at("2026-11-13T15:30")
MS = timedelta(milliseconds=1)
# The table of docs/QUERY.md: from the first moment up to, but without, the second.
MEANINGS = (
    ("monday", DAY, NEXT),
    ("=monday", DAY, NEXT),
    ("monday..", DAY, None),
    ("..monday", None, NEXT),
    (">monday", NEXT, None),
    (">=monday", DAY, None),
    ("<monday", None, DAY),
    ("<=monday", None, NEXT),
    ("monday..tuesday", DAY, at("2026-11-18")),
    ("..2025-09", None, at("2025-10-01")),
    ("7d", AGO, None),
    ("7d..", AGO, None),
    ("..7d", None, AGO + MS),
    (">7d", AGO + MS, None),
    (">=7d", AGO, None),
    ("<7d", None, AGO),
    ("<=7d", None, AGO + MS),
    ("2w..7d", at("2026-11-06T15:30"), AGO + MS),
    ("+2d", NOW, at("2026-11-22T15:30") + MS),
)


@pytest.mark.parametrize(("text", "low", "high"), MEANINGS)
def test_what_a_date_means(text: str, low: datetime | None, high: datetime | None) -> None:
    where = parse(f"created:{text}", CONTEXT).where
    assert isinstance(where, Term)
    assert where.atoms == (Between("created_at", _ms(low), _ms(high)),)


LENGTHS = (
    (">=7d", None, AGO + MS),
    (">7d", None, AGO),
    ("<=7d", AGO, None),
    ("<7d", AGO + MS, None),
    ("7d..", None, AGO + MS),
    ("..7d", AGO, None),
    ("7d..2w", at("2026-11-06T15:30"), AGO + MS),
)


@pytest.mark.parametrize(("text", "low", "high"), LENGTHS)
def test_what_a_length_means(text: str, low: datetime | None, high: datetime | None) -> None:
    where = parse(f"age:{text}", CONTEXT).where
    assert isinstance(where, Term)
    assert where.atoms == (Between("created_at", _ms(low), _ms(high)),)


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)


def test_days_are_those_of_the_zone_also_where_clocks_change() -> None:
    # 25 hours in Berlin, whose clocks go back; in Beirut midnight of 2021-03-28 did not exist.
    span = read_when("2026-10-25", NOW, BERLIN)
    assert span.end - span.start == timedelta(hours=25)
    beirut = ZoneInfo("Asia/Beirut")
    span = read_when("2021-03-28", NOW, beirut)
    assert span == Span(datetime(2021, 3, 27, 22, tzinfo=UTC), datetime(2021, 3, 28, 21, tzinfo=UTC))
    # The same hour on the wall, two hours of the clock later than seven times 24 hours.
    before = datetime(2026, 10, 27, 9, tzinfo=BERLIN)
    assert shift(before, "7d", BERLIN) == at("2026-10-20T09:00")
    assert before.astimezone(UTC) - shift(before, "7d", BERLIN) == timedelta(days=7, hours=1)
    # An hour that comes twice: an hour before its second is its first.
    twice = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert shift(twice, "1h", BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert shift(twice, "12h", BERLIN) == datetime(2026, 10, 24, 13, 30, tzinfo=UTC)


def test_a_day_that_a_month_has_not_is_its_last() -> None:
    assert shift(at("2026-03-31T12:00"), "1mo", BERLIN) == at("2026-02-28T12:00")
    assert shift(at("2024-02-29T12:00"), "1y", BERLIN) == at("2023-02-28T12:00")
    assert shift(at("2026-11-30T12:00"), "3mo", BERLIN, ahead=True) == at("2027-02-28T12:00")


def test_periods_of_reports() -> None:
    assert read_period("2026Q3", NOW, BERLIN) == Span(at("2026-07-01"), at("2026-10-01"))
    assert read_period("2026-01..2026-03", NOW, BERLIN) == Span(at("2026-01-01"), at("2026-04-01"))
    assert read_period("7d", NOW, BERLIN) == Span(AGO, NOW)
    assert read_period("+1d", NOW, BERLIN) == Span(NOW, NOW + timedelta(days=1))
    assert read_period("7d..today", NOW, BERLIN) == Span(AGO, at("2026-11-21"))
    for wrong in ("2026-03..2026-01", "7d..", "..7d", "..", "never", ""):
        with pytest.raises(ValueError, match=r"."):
            read_period(wrong, NOW, BERLIN)


@given(st.text(alphabet="0123456789-:+tTzZwqQdhmyo. ", max_size=20) | st.text(max_size=12))
def test_any_text_is_a_date_or_refused(text: str) -> None:
    for zone in (BERLIN, UTC):
        try:
            span = read_when(text, NOW, zone)
        except ValueError:
            continue
        assert span.start <= span.end
        assert span.start.tzinfo is span.end.tzinfo is UTC
