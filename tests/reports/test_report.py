"""Reports over a desk that real commands wrote: what counts as what, and that every form says the same."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from care.world import World, write_mail
from desk.moved import BOB, DANA, answer, furnish
from documented import faults

from helpdesk_cli.cli.formats import as_json, as_text
from helpdesk_cli.cli.report_files import as_html, as_markdown, data_table
from helpdesk_cli.cli.report_view import lines, value_text
from helpdesk_cli.desk.merging import merge, unmerge_each
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.desk.redacting import Wish as Redaction
from helpdesk_cli.desk.redacting import redact
from helpdesk_cli.desk.report import Report, Wish, module_of, names, report
from helpdesk_cli.desk.report_period import read_report_period
from helpdesk_cli.desk.snooze import snooze
from helpdesk_cli.desk.spam import spam, unspam
from helpdesk_cli.desk.splitting import split
from helpdesk_cli.desk.status import close, reopen, resolve
from helpdesk_cli.desk.undo import plan_undo, undo
from helpdesk_cli.errors import NotFoundError, UsageError
from helpdesk_cli.query.errors import QueryError
from helpdesk_cli.reports.figures.asked import Asked
from helpdesk_cli.reports.figures.goals import GOALS, read_goal
from helpdesk_cli.reports.figures.groups import spans
from helpdesk_cli.reports.figures.numbers import mean, median, ninetieth
from helpdesk_cli.storage.settings import SHIPPED_GOALS

if TYPE_CHECKING:
    from pathlib import Path

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The same, for tests that change nothing."""
    return furnish(World.make(tmp_path_factory.mktemp("still") / "desk"))


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Three tickets of two people; the second is answered."""
    return furnish(World.make(tmp_path / "desk"))


def tell(world: World, name: str, **wish: Any) -> Report:
    """That report."""
    return report(world.desk, name, Wish(**wish))


def total(world: World, **wish: Any) -> dict[str, Any]:
    """The sums of `volume`."""
    (section,) = tell(world, "volume", **wish).sections
    assert section.total is not None
    return dict(zip(section.keys, section.total, strict=True))


def counts(world: World) -> tuple[int, int, int, int]:
    """In, resolved, reopened, open."""
    found = total(world, period="30d")
    return found["in"], found["resolved"], found["reopened"], found["open"]


def test_every_module_is_a_report_that_says_what_it_tells(still: World) -> None:
    assert {"volume", "sla", "backlog", "agents", "quality", "topics", "digest"} <= set(names())
    for name in names():
        assert module_of(name).SUMMARY.endswith("."), name
        found = tell(still, name)
        assert found.sections, name
        keys = [section.name for section in found.sections]
        assert len(keys) == len(set(keys)), name
        for section in found.sections:
            assert len(section.keys) == len(set(section.keys)), section.name


def test_spam_and_merged_tickets_count_nowhere_and_come_back_as_if_never_gone(world: World) -> None:
    assert counts(world) == (3, 0, 0, 3)
    later = world.later(minutes=1)
    spam(later.desk, ["3"], actor=DANA)
    assert counts(later) == (2, 0, 0, 2)
    again = world.later(minutes=2)
    unspam(again.desk, ["3"], actor=DANA)
    assert counts(again) == (3, 0, 0, 3)
    merge(world.later(minutes=3).desk, ["1", "2"], actor=DANA)
    merged = world.later(minutes=4)
    assert counts(merged) == (2, 0, 0, 2)
    (agents,) = tell(merged, "agents").sections
    assert dict(zip(agents.column("agent"), agents.column("replies"), strict=True))["dana"] == 1
    unmerge_each(world.later(minutes=5).desk, ["2"], actor=DANA)
    assert counts(world.later(minutes=6)) == (3, 0, 0, 3)


def test_what_is_done_again_without_an_answer_was_not_reopened(world: World) -> None:
    resolve(world.desk, ["2"], actor=DANA)
    assert counts(world.later(minutes=1)) == (3, 1, 0, 2)
    reopen(world.later(minutes=1).desk, ["2"], actor=DANA)
    assert counts(world.later(minutes=2)) == (3, 1, 1, 3), "as long as it is open, it is"
    close(world.later(minutes=2).desk, ["2"], actor=DANA)
    assert counts(world.later(minutes=3)) == (3, 1, 0, 2)
    reopen(world.later(minutes=4).desk, ["2"], actor=DANA)
    answer(world.later(minutes=5), "2", "Once more.")
    resolve(world.later(minutes=6).desk, ["2"], actor=DANA)
    assert counts(world.later(minutes=7)) == (3, 2, 1, 2)


def test_what_was_undone_did_not_happen(world: World) -> None:
    resolve(world.desk, ["2"], actor=DANA)
    later = world.later(minutes=1)
    done = undo(later.desk, plan_undo(later.desk, "", actor=DANA), actor=DANA)
    assert counts(world.later(minutes=2)) == (3, 0, 0, 3)
    again = world.later(minutes=3)
    undo(again.desk, plan_undo(again.desk, done.op, actor=DANA), actor=DANA)
    assert counts(world.later(minutes=4)) == (3, 1, 0, 2), "undoing that brings it back"


def test_old_mail_taken_in_as_done_has_no_times(world: World) -> None:
    before = tell(world, "sla", period="2026").sections[0]
    world.take(
        write_mail(9, headers=(("X-Old", "yes"),)), Options(live=False, status="closed", tags=("imported",))
    )
    found = total(world.later(minutes=1), period="2026")
    assert (found["in"], found["resolved"], found["open"]) == (4, 1, 3)
    assert tell(world.later(minutes=1), "sla", period="2026").sections[0].rows == before.rows


PROMISE = """
policies:
- name: standard
  resolution: 2d
"""


def test_what_was_done_when_it_came_keeps_no_promise_and_dilutes_nothing(tmp_path: Path) -> None:
    world = World.make(tmp_path / "desk")
    (world.root / "sla.yaml").write_text(PROMISE)
    for number in range(1, 5):
        world.take(write_mail(number), Options(live=False, status="closed"))
    world.take(write_mail(9))
    resolve(world.later(hours=1).desk, ["5"], actor=DANA)
    later = world.later(hours=2)
    row = _row(tell(later, "sla"), "sla", "Resolution")
    assert (row["kept"], row["late"]) == (1, 0)
    assert _row(tell(later, "quality"), "quality", "Reopened")["of"] == 1
    assert _row(tell(later, "digest"), "well", "Promises kept")["now"] == 1.0
    # Who takes it up promises something from then on.
    reopen(later.desk, ["1"], actor=DANA)
    answer(later.later(minutes=1), "1")
    resolve(later.later(hours=1).desk, ["1"], actor=DANA)
    row = _row(tell(later.later(hours=2), "sla"), "sla", "Resolution")
    assert (row["kept"], row["late"]) == (2, 0)
    assert _row(tell(later.later(hours=2), "quality"), "quality", "Reopened")["of"] == 2


def test_a_later_reopening_takes_nothing_from_the_month_that_kept_its_promise(tmp_path: Path) -> None:
    world = World.make(tmp_path / "desk")
    (world.root / "sla.yaml").write_text(PROMISE)
    for number in (1, 2):
        world.take(write_mail(number))
    resolve(world.later(hours=1).desk, ["1", "2"], actor=DANA)

    def kept(at: World, **wish: Any) -> tuple[Any, Any]:
        row = _row(tell(at, "sla", **{"period": "2026-11"} | wish), "sla", "Resolution")
        return row["kept"], row["late"]

    assert kept(world.later(hours=2)) == (2, 0)
    answered = world.later(days=14)
    reopen(answered.desk, ["1", "2"], actor=DANA)
    answer(answered.later(minutes=1), "1")
    resolve(answered.later(hours=1).desk, ["1"], actor=DANA)
    # One is done again, the other waits until it is late; both were done in time.
    end = world.later(days=60)
    assert kept(end) == kept(end, as_of="2026-12-01") == (2, 0)
    assert kept(end, period="2026-12") == (0, 0)


def _row(found: Report, section: str, label: str) -> dict[str, Any]:
    """That row of a section, by column."""
    part = next(each for each in found.sections if each.name == section)
    row = next(each for each in part.rows if each[0] == label)
    return dict(zip(part.keys, row, strict=True))


def test_by_the_wall_no_goal_of_working_time_is_held_against_anything(still: World) -> None:
    at = still.later(days=3)  # Monday, of the same office: one ticket took a weekend
    (section,) = (each for each in tell(at, "sla").sections)
    assert section.column("goal")[0] == "max 4h"
    assert section.tones
    (section,) = (each for each in tell(at, "sla", by_wall=True).sections)
    assert not any(section.column("goal"))
    assert not section.tones
    (grouped, *_) = tell(at, "sla", by_wall=True, by="agent").sections
    assert not grouped.tones
    assert "Goal" not in " ".join(grouped.notes)
    (agents,) = tell(at, "agents", by_wall=True).sections
    assert not agents.tones


def test_a_business_day_is_one_of_the_office_also_by_the_wall(world: World) -> None:
    """From Friday noon to Monday noon is a day's work, and three days by the wall."""
    resolve(world.later(days=3).desk, ["1"], actor=DANA)
    at = world.later(days=3, hours=1)
    found = [tell(at, "quality", by_wall=wall).sections[0] for wall in (False, True)]
    assert _row(tell(at, "quality"), "quality", "Resolved in one business day")["of"] == 1
    assert found[0].rows == found[1].rows
    assert found[0].tones == found[1].tones
    names = [tell(at, "attention", by_wall=wall).sections[0].column("why") for wall in (False, True)]
    assert names[0] == names[1]


def test_split_messages_count_in_the_new_ticket_alone(world: World) -> None:
    world.take(write_mail(11, answers=1))
    later = world.later(minutes=1)
    split(later.desk, ["1.2"], actor=DANA)
    found = tell(world.later(minutes=2), "arrivals", period="30d")
    messages, tickets = (section.total for section in found.sections)
    assert messages is not None
    assert tickets is not None
    assert (messages[-1], tickets[-1]) == (4, 4)


def test_a_redacted_answer_is_none_any_more(world: World) -> None:
    first = tell(world, "sla", period="30d").sections[0]
    assert first.column("number")[0] == 1
    redact(world.desk, Redaction("2.2"), actor=DANA)
    again = tell(world.later(minutes=1), "sla", period="30d").sections[0]
    assert again.column("number")[0] == 0


def test_who_rests_is_counted_as_resting_and_is_open(world: World) -> None:
    snooze(world.desk, ["1"], world.now + timedelta(days=3), actor=DANA)
    section = tell(world.later(minutes=1), "backlog").sections[0]
    assert section.total is not None
    found = dict(zip(section.keys, section.total, strict=True))
    assert (found["open"], found["snoozed"], found["unanswered"]) == (3, 1, 2)
    awake = tell(world.later(days=4), "backlog").sections[0].total
    assert awake is not None
    assert awake[section.keys.index("snoozed")] == 0


def test_all_forms_say_the_same(still: World) -> None:
    for name in names():
        found = tell(still, name, period="30d", compare=True)
        document = json.loads(json.dumps(found.json(), default=str))
        for place, section in enumerate(found.sections):
            before = found.before_of(section)
            written = list(csv.reader(StringIO(as_text(data_table(section, found, before), "csv"))))
            assert [item["key"] for item in document["sections"][place]["columns"]] == list(section.keys)
            assert written[0][: len(section.keys)] == list(section.keys)
            items = document["sections"][place]["items"]
            assert len(items) == len(section.rows) == len(written) - 1
            for row, item, line in zip(section.rows, items, written[1:], strict=True):
                assert list(item) == list(section.keys)
                for key, value, cell in zip(section.keys, row, line, strict=False):
                    assert item[key] == (None if value == "" else json.loads(json.dumps(value, default=str)))
                    if isinstance(value, timedelta):
                        assert cell == str(int(value.total_seconds()))
                    elif isinstance(value, int | float):
                        assert cell == str(value)
        text = "".join(
            "".join(str(getattr(piece, "value", piece)) for piece in line) for line in lines(found)
        )
        for section in found.sections:
            assert section.title in text
            assert section.title in "".join(as_markdown(found))


@pytest.mark.parametrize("width", [60, 80])
def test_no_report_is_wider_than_its_terminal(
    still: World, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    """Also where a mail of cron's knows only ASCII; and no figure is cut off, however narrow."""
    for name in names():
        for locale in ("C", "C.UTF-8"):
            monkeypatch.setenv("LC_ALL", locale)
            for compare in (False, True):
                found = tell(still, name, period="30d", compare=compare)
                said = [
                    "".join(str(getattr(piece, "value", piece)) for piece in line)
                    for line in lines(found, width=width)
                ]
                assert max(map(len, said)) <= width, (name, max(said, key=len))
                assert locale != "C" or [line for line in said if not line.isascii()] == [], name
                for section in found.sections if not any(each.limit for each in found.sections) else ():
                    for head in section.columns:
                        if section.rows and not head.hidden and head.unit != "text":
                            known = {
                                value_text(row[section.columns.index(head)], head) for row in section.rows
                            }
                            assert known <= {"-", "–"} or any(head.heading in line for line in said), (
                                name,
                                head,
                            )


def test_many_groups_are_cut_for_people_and_whole_for_programs(still: World) -> None:
    for name in ("volume", "sla", "backlog"):
        found = tell(still, name, by="customer", top=1, period="30d")
        place = next(each[0] for each in enumerate(found.sections) if len(each[1].rows) == 2)
        text = "\n".join("".join(str(getattr(p, "value", p)) for p in line) for line in lines(found))
        assert "1 more: `--top 0`" in text
        assert len(found.json()["sections"][place]["items"]) == 2
        assert all("--top 0" in "".join(write(found)) for write in (as_html, as_markdown))
    days = tell(still, "volume", by="day", top=1, period="30d")
    assert days.sections[0].limit == 0, "days are not cut"


def test_the_document_is_what_the_page_says(still: World) -> None:
    for name in names():
        for wish in ({"period": "30d", "compare": True, "query": "is:active"}, {"as_of": "2026-11-20"}):
            found = tell(still.later(days=2), name, **wish)
            document = json.loads(as_json(found.json(), indent=None))
            assert faults(document, "report", name) == []


def test_what_a_customer_wrote_cannot_act_in_any_form(world: World) -> None:
    nasty = '=HYPERLINK("http://evil")<script>alert(1)</script>'
    (world.root / "desk.yaml").write_text((world.root / "desk.yaml").read_text() + "categories: {}\n")
    data = write_mail(12, sender=f"{'x' * 3} <=cmd@evil.example>").replace(b"Request 12", nasty.encode())
    world.take(data)
    found = tell(world.later(minutes=1), "backlog")
    page = "".join(as_html(found))
    assert "<script" not in page
    assert "Content-Security-Policy" in page
    oldest = found.only("oldest")
    written = as_text(data_table(oldest.sections[0], oldest, None), "csv")
    assert "\"'=HYPERLINK" in written
    assert '"=HYPERLINK' not in written
    assert r"\<script\>" in "".join(as_markdown(found))
    assert "\x1b" not in written


def test_groups_say_what_they_are(still: World) -> None:
    for name in ("volume", "sla", "quality", "backlog"):
        for by, said in (
            ("status", "By status: as"),
            ("tag", "with two counts"),
            ("customer", "organisation"),
        ):
            notes = " ".join(note for each in tell(still, name, by=by).sections for note in each.notes)
            assert notes.count(said) == 1, (name, by)
    assert "end of the period" in " ".join(tell(still, "backlog", by="status").sections[0].notes)
    assert "By day" not in " ".join(tell(still, "volume", by="day").sections[0].notes)


def test_a_query_chooses_the_tickets(still: World) -> None:
    assert total(still, period="30d", query="requester:bob")["in"] == 1
    assert total(still, period="30d", query="body:mail")["in"] == 3
    with pytest.raises(QueryError):
        tell(still, "volume", query="colour:red")


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"period": "sometime"}, "no date"),
        ({"period": "2030"}, "not begun"),
        ({"by": "moon"}, "cannot be grouped"),
        ({"as_of": "2030"}, "not over"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_remedy(still: World, wish: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        tell(still, "volume", **wish)


@pytest.mark.parametrize("word", ["nonsense", "-x", "--output=/tmp/x", "HEAD:desk.yaml", "a\nb", "@{-1}", ""])
def test_a_revision_is_a_commit_or_nothing(still: World, word: str) -> None:
    if not word:
        assert tell(still, "volume", as_of=word).remarks == ()
        return
    with pytest.raises(NotFoundError, match="no such commit"):
        tell(still, "volume", as_of=word)


def test_there_is_no_such_report(still: World) -> None:
    with pytest.raises(UsageError, match='no report "volum"') as refused:
        tell(still, "volum")
    assert "volume" in refused.value.hint


def test_as_of_settles_an_argument(world: World) -> None:
    """The lead saw three open tickets; since then one is resolved, and its mail was called spam."""
    world.git("tag", "then")
    resolve(world.later(days=1).desk, ["2"], actor=DANA)
    spam(world.later(days=1, minutes=1).desk, ["3"], actor=DANA)
    later = world.later(days=2)
    assert counts(later) == (2, 1, 0, 1)
    then = total(later, as_of="then", period="2026-11")
    assert (then["in"], then["resolved"], then["open"]) == (3, 0, 3)
    by_date = total(later, as_of="2026-11-20", period="2026-11")
    assert (by_date["in"], by_date["resolved"], by_date["open"]) == (2, 0, 2), "spam is no ticket any more"


def test_a_commit_before_there_was_a_desk_is_refused(still: World) -> None:
    empty = still.git("hash-object", "-t", "tree", "--stdin").strip() or still.git("mktree").strip()
    commit = still.git("commit-tree", empty, "-m", "Nothing").strip()
    with pytest.raises(Exception, match="no desk yet"):
        tell(still, "volume", as_of=commit)


def test_a_broken_file_hides_no_other(world: World) -> None:
    path = world.root / world.paths()[0]
    path.write_text("---\nid: [\n")
    found = tell(world, "volume", period="30d")
    assert found.sections[0].total is not None
    assert found.sections[0].total[1] == 2
    assert len(found.problems) == 1


def test_statuses_of_ones_own_count_by_their_kind(world: World) -> None:
    text = (world.root / "desk.yaml").read_text()
    text += (
        "statuses:\n  new: {kind: active}\n  open: {kind: active}\n  pending: {kind: waiting}\n"
        "  resolved: {kind: done}\n  closed: {kind: done}\n  spam: {kind: done}\n  merged: {kind: done}\n"
        "  shipped: {kind: done, aliases: [sent]}\n"
    )
    (world.root / "desk.yaml").write_text(text)
    (world.root / "sla.yaml").unlink()
    path = next(each for each in world.paths() if each.endswith("TICKET-3.md"))
    file = world.root / path
    file.write_text(file.read_text().replace("status: new", "status: sent"))
    assert counts(world.later(minutes=1))[3] == 2, "what a hand wrote counts from now on"


NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start", "end", "before"),
    [
        ("yesterday", "2026-11-20T23:00", "2026-11-21T23:00", "2026-11-19T23:00"),
        ("2026-10", "2026-09-30T22:00", "2026-10-31T23:00", "2026-08-31T22:00"),
        ("2026Q1", "2025-12-31T23:00", "2026-03-31T22:00", "2025-09-30T22:00"),
        ("lastweek", "2026-11-08T23:00", "2026-11-15T23:00", "2026-11-01T23:00"),
        ("2026-10-24..2026-10-26", "2026-10-23T22:00", "2026-10-26T23:00", "2026-10-20T22:00"),
        ("7d", "2026-11-14T23:00", "2026-11-22T10:30", "2026-11-07T11:30"),
        ("2024", "2023-12-31T23:00", "2024-12-31T23:00", "2022-12-31T23:00"),
    ],
)
def test_periods_are_whole_days_of_the_desks_clock(text: str, start: str, end: str, before: str) -> None:
    found = read_report_period(text, NOW, BERLIN)
    assert found.before is not None
    moments = [f"{each:%Y-%m-%dT%H:%M}" for each in (found.start, found.end, found.before.start)]
    assert moments == [start, end, before]
    assert found.before.end == found.start


@pytest.mark.parametrize(("period", "rows"), [("2026-10", 31), ("2026-03", 31), ("2026-02", 28)])
def test_days_lie_side_by_side_also_where_clocks_change(period: str, rows: int) -> None:
    found = read_report_period(period, NOW, BERLIN)
    start, end = (int(each.timestamp() * 1000) for each in (found.start, found.end))
    days = spans(Asked(start, end, end + 1, BERLIN, "day"), "day")
    assert len(days) == rows
    assert (days[0].start, days[-1].end) == (start, end)
    assert all(one.end == other.start for one, other in pairwise(days))
    assert sorted({day.end - day.start for day in days}) == (
        [86_400_000]
        if rows == 28
        else [82_800_000, 86_400_000]
        if period == "2026-03"
        else [86_400_000, 90_000_000]
    )


def test_a_long_period_begins_where_something_began() -> None:
    asked = Asked(-(10**12), 10**13, 10**12, BERLIN, "day")
    assert 12 <= len(spans(asked, "day", first=10**12 - 10**9)) <= 13
    assert len(spans(asked, "month")) > 700, "nothing is known of what began"


def test_numbers_of_few_values() -> None:
    assert (median([]), ninetieth([]), mean([])) == (None, None, None)
    assert (median([5]), ninetieth([5]), mean([5])) == (5, 5, 5)
    assert (median([1, 2, 3, 10]), ninetieth([1, 2, 3, 10]), mean([1, 2, 3, 10])) == (2, 10, 4)
    assert ninetieth(list(range(1, 11))) == 9
    assert ninetieth(list(range(1, 12))) == 10


def test_goals_are_read_and_refused() -> None:
    for key, text in SHIPPED_GOALS:
        assert key in GOALS
        read_goal(key, text)
    goal = read_goal("first-contact-resolution", "70 - 79 %")
    assert (str(goal), goal.is_met(0.7), goal.is_met(0.69), goal.is_met(None)) == (
        "70-79%",
        True,
        False,
        None,
    )
    length = read_goal("first-response", "4h")
    assert (str(length), length.is_met(4 * 3_600_000), length.is_met(4 * 3_600_000 + 1)) == (
        "max 4h",
        True,
        False,
    )
    for key, text in (("csat", "101%"), ("csat", "80-70%"), ("first-response", "0h"), ("resolution", "soon")):
        with pytest.raises(ValueError, match=r"Write|share"):
            read_goal(key, text)


def test_a_goal_in_desk_yaml_names_its_line(world: World) -> None:
    file = world.root / "desk.yaml"
    lines_before = file.read_text().count("\n")
    file.write_text(file.read_text() + "goals:\n  csat: lots\n")
    with pytest.raises(Exception, match=rf"desk.yaml:{lines_before + 2}.*no goal"):
        tell(world, "quality")
    file.write_text(file.read_text().replace("  csat: lots", "  csat: 90%\n  first-response: none"))
    rows = tell(world, "quality").sections[0]
    goals = dict(zip(rows.column("label"), rows.column("goal"), strict=True))
    assert goals["Rated good"] == "min 90%"
    assert goals["Resolved at first contact"] == "70-79%"
    assert tell(world, "sla").sections[0].column("goal")[0] == ""


def test_bob_is_a_customer_by_his_address_or_his_company(world: World) -> None:
    found = tell(world, "volume", period="30d", by="customer").sections[0]
    assert set(found.column("label")) == {"ada@customer.example", "bob@customer.example"}
    folder = world.root / "customers" / "organisations"
    folder.mkdir(parents=True)
    (folder / "acme.md").write_text("---\nname: Acme Ltd\ndomains: customer.example\n---\n")
    found = tell(world, "volume", period="30d", by="customer").sections[0]
    assert found.rows[0][:2] == ("Acme Ltd", 3)
    assert BOB
