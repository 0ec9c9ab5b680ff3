"""Working time: examples by hand, and any calendar against a count minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helpdesk_cli.sla.calendar import ALL_DAY, Calendar, Interval, SpecialDays, is_open
from helpdesk_cli.sla.hours import Hours, add_working_time, moment_of, ms_of, working_time_between
from helpdesk_cli.sla.policies import Span
from helpdesk_cli.storage.settings import Settings, default_words
from helpdesk_cli.storage.sla_file import read_sla

SETTINGS = Settings(**default_words())
CALENDARS = read_sla(
    """\
calendars:
  office: {timezone: Europe/Berlin, hours: {mon-fri: "09:00-18:00"}, holidays: [DE-BE]}
  lunch: {timezone: Europe/Berlin, hours: {mon-thu: ["09:00-12:30", "13:30-17:00"], fri: "09:00-15:00"}}
  half: {timezone: Europe/Berlin, hours: {mon-fri: "09:00-17:00"},
         holidays: [DE-BE, {date: 2026-12-24, hours: "09:00-12:00"}, 2026-12-28..2027-01-03]}
  night: {timezone: Europe/Berlin, hours: {sat-sun: always}}
  india: {timezone: Asia/Kolkata, hours: {mon-fri: "09:30-18:30"}}
  lordhowe: {timezone: Australia/Lord_Howe, hours: {mon-sun: "00:00-04:00"}}
""".replace("always", '"00:00-24:00"'),
    SETTINGS,
)

# calendar, from (its own time), span, until (its own time), why it is not what a calculator says
WORKED = [
    ("office", "2026-11-20 17:50", "1h", "2026-11-23 09:50", "ten minutes on Friday, fifty on Monday"),
    ("office", "2026-11-20 18:00", "1h", "2026-11-23 10:00", "after hours begins when the office opens"),
    ("office", "2026-11-21 12:00", "1h", "2026-11-23 10:00", "so does a Saturday"),
    (
        "office",
        "2026-11-23 09:00",
        "9h",
        "2026-11-23 18:00",
        "a whole day ends with it, not the next morning",
    ),
    ("office", "2026-12-24 12:00", "48h", "2027-01-04 15:00", "25 and 26 December and 1 January are closed"),
    ("office", "2026-12-24 12:00", "48h wall", "2026-12-26 12:00", "the clock on the wall knows no holiday"),
    ("office", "2026-12-24 12:00", "2d", "2026-12-29 12:00", "two working days"),
    ("office", "2026-03-06 17:00", "2h", "2026-03-09 10:00", "8 March is a holiday in Berlin, and a Sunday"),
    ("lunch", "2026-11-23 12:00", "1h", "2026-11-23 14:00", "half an hour before lunch, half after"),
    ("lunch", "2026-11-23 12:45", "30m", "2026-11-23 14:00", "lunch counts for nothing"),
    ("lunch", "2026-11-23 12:00", "5d", "2026-11-30 12:00", "five days are a week, though Friday is short"),
    ("half", "2026-12-24 11:00", "2h", "2027-01-04 10:00", "half a day, holidays, and a closed week"),
    ("night", "2026-03-28 23:00", "2h", "2026-03-29 01:00", "the night before the clocks change"),
    ("night", "2026-03-29 01:30", "1h", "2026-03-29 03:30", "02:00 to 03:00 is not there"),
    ("night", "2026-10-25 01:30", "2h", "2026-10-25 02:30", "02:00 to 03:00 is there twice"),
    ("night", "2026-10-25 01:30", "1d wall", "2026-10-26 00:30", "24 hours, of a day that has 25"),
    ("india", "2026-11-20 18:00", "1h", "2026-11-23 10:00", "a zone with half an hour"),
    ("lordhowe", "2026-10-04 01:45", "30m", "2026-10-04 02:45", "clocks put forward by half an hour"),
]


def _span(text: str) -> Span:
    said = text.removesuffix(" wall")
    unit = {"m": "minute", "h": "hour", "d": "day"}[said[-1]]
    return Span(int(said[:-1]), unit, wall=said != text)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "start", "span", "end", "why"), WORKED)
def test_worked_examples(name: str, start: str, span: str, end: str, why: str) -> None:
    calendar = CALENDARS.calendar(name)
    assert calendar
    began = datetime.fromisoformat(start).replace(tzinfo=calendar.zone)
    found = add_working_time(began, _span(span), calendar)
    assert found is not None
    assert f"{found.astimezone(calendar.zone):%Y-%m-%d %H:%M}" == end, why
    if "wall" not in span:
        length = timedelta(milliseconds=Hours(calendar).length(_span(span)))
        assert working_time_between(began, found, calendar) == length


def test_a_working_day_is_the_mean_of_the_days_that_open() -> None:
    lunch = CALENDARS.calendar("lunch")
    assert lunch
    assert timedelta(milliseconds=lunch.working_day) == timedelta(hours=34) / 5


def test_nothing_is_negative_and_nothing_endless() -> None:
    office = CALENDARS.calendar("office")
    assert office
    monday = datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert working_time_between(monday, monday - timedelta(days=3), office) == timedelta()
    assert add_working_time(monday, Span(0, "minute"), office) == monday
    closed = Calendar("closed", UTC, office.week, (SpecialDays(date(1900, 1, 1), date(2999, 1, 1)),))
    assert add_working_time(monday, Span(1, "minute"), closed) is None
    assert Hours(closed).before(ms_of(monday), 1) is None


ZONES = [
    *("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns"),
    *("Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "Africa/Casablanca", "America/Sao_Paulo"),
    *("Europe/Dublin", "Antarctica/Troll", "Asia/Tehran"),
]
# Days on which some of these zones put their clocks forward or back, and any others.
CHANGES = [
    *(date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 8), date(2026, 11, 1), date(2026, 4, 5)),
    *(date(2026, 10, 4), date(2011, 12, 30), date(2026, 2, 15), date(2018, 11, 4), date(2020, 3, 21)),
]
MINUTES = st.integers(0, 24 * 60)


@st.composite
def intervals(draw: st.DrawFn) -> tuple[Interval, ...]:
    edges = sorted(draw(st.lists(MINUTES, min_size=0, max_size=6, unique=True)))
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    return tuple(
        Interval(time(start // 60, start % 60), None if end == 24 * 60 else time(end // 60, end % 60))
        for start, end in pairs
    )


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    around = draw(st.sampled_from(CHANGES))
    days = st.builds(lambda n: around + timedelta(days=n), st.integers(-4, 4))
    special = draw(
        st.lists(st.builds(lambda day, hours: SpecialDays(day, day, hours), days, intervals()), max_size=2)
    )
    off = draw(st.frozensets(days, max_size=2))
    week = tuple(draw(st.one_of(intervals(), st.just(ALL_DAY))) for _ in range(7))
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    return Calendar("any", zone, week, tuple(special), ("XX",), lambda _: dict.fromkeys(off, "day off"))


@st.composite
def moments(draw: st.DrawFn) -> tuple[Calendar, datetime, datetime]:
    calendar = draw(calendars())
    day = draw(st.sampled_from(CHANGES))
    start = datetime.combine(day, time(), UTC) + timedelta(minutes=draw(st.integers(-4000, 3000)))
    return calendar, start, start + timedelta(minutes=draw(st.integers(0, 4000)))


@settings(max_examples=150, deadline=None)
@given(moments())
@example((Calendar("any", ZoneInfo("Pacific/Apia"), (ALL_DAY,) * 7, (), ("XX",), lambda _: {}),
          datetime(2011, 12, 29, tzinfo=UTC), datetime(2012, 1, 2, tzinfo=UTC)))  # fmt: skip
def test_any_calendar_counts_as_minute_by_minute(drawn: tuple[Calendar, datetime, datetime]) -> None:
    calendar, start, end = drawn
    hours = Hours(calendar)
    minute = timedelta(minutes=1)
    count = int((end - start) / minute)
    opened = [number for number in range(count) if is_open(calendar, start + number * minute)]
    assert hours.between(ms_of(start), ms_of(end)) == len(opened) * 60_000
    # The stretches are those minutes, in order and without a gap inside.
    listed = [
        (moment_of(first), moment_of(last)) for first, last in hours.stretches(ms_of(start), ms_of(end))
    ]
    assert all(first < last for first, last in listed)
    assert all(before[1] < after[0] for before, after in pairwise(listed))
    inside = [number for number in range(count) if any(a <= start + number * minute < b for a, b in listed)]
    assert inside == opened
    for place in {0, len(opened) // 2, len(opened) - 1}:
        if 0 <= place < len(opened):
            # So many minutes have passed at the end of that one; counted from the end, at its start.
            after = hours.after(ms_of(start), (place + 1) * 60_000)
            assert after == ms_of(start + (opened[place] + 1) * minute)
            before = hours.before(ms_of(end), (len(opened) - place) * 60_000)
            assert before == ms_of(start + opened[place] * minute)


@settings(max_examples=100, deadline=None)
@given(moments(), st.lists(st.integers(0, 4000), max_size=4))
def test_parts_add_up(drawn: tuple[Calendar, datetime, datetime], cuts: list[int]) -> None:
    calendar, start, end = drawn
    hours = Hours(calendar)
    edges = sorted({start, end, *(start + timedelta(minutes=cut) for cut in cuts)})
    parts = [hours.between(ms_of(a), ms_of(b)) for a, b in pairwise(edges)]
    assert sum(parts) == hours.between(ms_of(edges[0]), ms_of(edges[-1]))
    assert all(part >= 0 for part in parts)


YEARS = st.sampled_from((1960, 1970, 1999, 2012, 2026, 2027, 2065, 2067, 3000, 8999, 9000, 9500))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(YEARS, st.integers(0, 500_000_000)), min_size=1, max_size=6))
def test_what_was_asked_before_changes_no_answer(asked: list[tuple[int, int]]) -> None:
    """The years once worked out stay, whatever is asked next, in whichever order."""
    calendar = CALENDARS.calendar("half")
    assert calendar is not None
    hours = Hours(calendar)
    for year, length in asked:
        start = ms_of(datetime(year, 12, 30, 15, tzinfo=UTC))
        fresh = [Hours(calendar) for _ in range(4)]
        assert hours.between(start, start + length) == fresh[0].between(start, start + length)
        assert hours.after(start, length) == fresh[1].after(start, length)
        assert hours.before(start, length) == fresh[2].before(start, length)
        assert [*hours.stretches(start, start + length)] == [*fresh[3].stretches(start, start + length)]
