"""Every figure against a slow reference that shares no code with desk (tests/reports/reference.py).

`PYTHONPATH=tests python -m reports.test_figures --tickets 10000` does the same over a large desk.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from reports.reference import WORKING_DAY, ZONE, Reference, read_commit

from helpdesk_cli.desk.desk import open_desk
from helpdesk_cli.desk.init import init
from helpdesk_cli.desk.report import Wish, gather, report

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from helpdesk_cli.reports.figures.section import Section

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
years = importlib.import_module("years")
ENVIRONMENT = {"HOME": "/nonexistent", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
SLA = """
calendars:
  office:
    timezone: Europe/Berlin
    hours: {mon-thu: ["09:00-12:30", "13:00-17:30"], fri: "09:00-15:00"}
    holidays: [2024-12-25, 2024-12-26, 2025-01-01, 2025-05-01, 2025-10-03]
policies:
- name: standard
  calendar: office
  first-response: {urgent: 1h, high: 4h, medium: 1d, low: 2d}
  resolution: {question: 1d, problem: 2d, feature: 5d, rests-while: [pending, on-hold]}
"""


@dataclass(frozen=True)
class Years:
    """A desk of some years, and when it is looked at."""

    root: Path
    now: datetime
    cut: datetime

    def sections(self, name: str, **wish: Any) -> dict[str, Section]:
        """The sections of a report, by name."""
        found = report(open_desk(self.root, now=self.now), name, Wish(**wish))
        return {section.name: section for section in found.sections}

    def reference(self, start: datetime, end: datetime) -> Reference:
        """The reference over the same."""
        return Reference(read_commit(self.root, "HEAD"), start, end, self.now)

    @property
    def period(self) -> tuple[datetime, datetime]:
        """The whole of 2025, by the desk's clock."""
        return tuple(datetime(year, 1, 1, tzinfo=ZONE).astimezone(UTC) for year in (2025, 2026))  # type: ignore[return-value]


def make(root: Path, *, tickets: int, days: int, seed: int) -> Years:
    """Such a desk."""
    made = years.Maker(tickets=tickets, days=days, seed=seed).made
    now = max(each.last for each in made) + timedelta(days=1)
    init(root, now=now, environment=ENVIRONMENT)
    (root / "sla.yaml").write_text(SLA)
    settings = (root / "desk.yaml").read_text()
    (root / "desk.yaml").write_text(settings.replace("timezone: UTC", "timezone: Europe/Berlin"))
    subprocess.run(["git", "-C", str(root), *_WHO, "commit", "-qam", "What we promise"], check=True)
    cut = years.START + timedelta(days=days * 2 // 3)
    years.write_years(root, made, cuts=(cut,))
    return Years(root, now, cut)


_WHO = ("-c", "user.name=Years", "-c", "user.email=years@example.org")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Years:
    """Three hundred tickets of fourteen months."""
    return make(tmp_path_factory.mktemp("years") / "desk", tickets=300, days=425, seed=1)


def rows(section: Section, *keys: str) -> dict[Any, Any]:
    """From the first column to the values of these columns."""
    columns = zip(*(section.column(key) for key in keys), strict=True)
    return dict(zip(section.column(section.keys[0]), columns, strict=True))


def middle(values: Iterable[timedelta]) -> timedelta | None:
    """The median, in whole seconds."""
    found = sorted(values)
    if not found:
        return None
    half = len(found) // 2
    exact = found[half] if len(found) % 2 else (found[half - 1] + found[half]) / 2
    return timedelta(seconds=int(exact.total_seconds()))


def nine_tenths(values: Sequence[timedelta]) -> timedelta | None:
    """The smallest value that nine in ten do not exceed."""
    for value in sorted(values):
        if 10 * sum(1 for each in values if each <= value) >= 9 * len(values):
            return timedelta(seconds=int(value.total_seconds()))
    return None


def average(values: Sequence[timedelta]) -> timedelta | None:
    """The mean, in whole seconds."""
    whole = sum(values, timedelta())
    return timedelta(seconds=int((whole / len(values)).total_seconds())) if values else None


def part(some: int, whole: int) -> float | None:
    """A share as reports give it."""
    return round(some / whole, 4) if whole else None


def test_volume_is_what_the_reference_counts(desk: Years) -> None:
    volume = desk.sections("volume", period="2025", by="month")["volume"]
    wanted = desk.reference(*desk.period).volume()
    found = rows(volume, "in", "resolved", "reopened", "open")
    assert found == wanted
    assert sum(each[2] for each in wanted.values()) > 5, "the desk has reopenings"
    ins, dones, agains, _ = map(sum, zip(*wanted.values(), strict=True))
    assert volume.total == ("all", ins, dones, agains, ins + agains - dones, wanted["2025-12"][3])


def test_each_month_opens_where_the_last_one_ended(desk: Years) -> None:
    volume = desk.sections("volume", period="2025", by="month")["volume"]
    left, net = volume.column("open"), volume.column("net")
    for before, after, change in zip(left, left[1:], net[1:], strict=False):
        assert before + change == after  # type: ignore[operator]


def test_times_and_promises_are_what_the_reference_counts(desk: Years) -> None:
    reference = desk.reference(*desk.period)
    found = rows(
        desk.sections("sla", period="2025")["sla"], "number", "median", "p90", "mean", "kept", "late"
    )
    for label, kind in (("First response", "first"), ("Next response", "next"), ("Resolution", "")):
        times = reference.response_times(kind) if kind else reference.resolution_times()
        kept = reference.promises(kind or "full") if kind != "next" else (0, 0)
        assert found[label] == (len(times), middle(times), nine_tenths(times), average(times), *kept), label
    assert found["First response"][5] > 5
    assert found["Resolution"][5] > 5


def test_quality_is_what_the_reference_counts(desk: Years) -> None:
    reference = desk.reference(*desk.period)
    sections = desk.sections("quality", period="2025")
    ratings = reference.ratings()
    rated = sum(ratings[word] for word in ("good", "ok", "bad"))
    every, good = reference.first_contact()
    assert every > good > 0
    assert rows(sections["quality"], "of", "number", "share") == {
        "Resolved at first contact": (every, good, part(good, every)),
        "Resolved in one business day": (*reference.in_one_day(), part(*reversed(reference.in_one_day()))),
        "Reopened": (*reference.reopened(), part(*reversed(reference.reopened()))),
        "Rated good": (rated, ratings["good"], part(ratings["good"], rated)),
    }
    said = {name: number for name, (number,) in rows(sections["ratings"], "number").items()}
    assert said["no answer"] == ratings[""]
    assert said["bad"] == ratings["bad"]
    assert len(sections["comments"].rows) == rated, "each has a text beside it"


def test_the_trend_is_what_the_reports_say_month_by_month(desk: Years) -> None:
    (trend,) = desk.sections("trend", period="2025").values()
    months = desk.sections("volume", period="2025", by="month")["volume"].column("label")
    assert trend.column("label") == months
    levels = desk.sections("sla", period="2025-03")["sla"]
    quality = desk.sections("quality", period="2025-03")["quality"]
    march = dict(zip(trend.keys, trend.rows[2], strict=True))
    assert march["label"] == "2025-03"
    first, _, full = levels.column("median")
    assert (march["first_response"], march["resolution"]) == (first, full)
    assert march["in_time"] == levels.column("within")[0]
    contact, day, _, rated = quality.column("share")
    assert (march["first_contact"], march["in_one_day"], march["csat"]) == (contact, day, rated)
    # What was done in two months stands in the first of them: as in the rows of the report itself.
    by_month = desk.sections("quality", period="2025", by="month")["reopened"]
    assert trend.column("reopened") == by_month.column("share")


def test_agents_are_what_the_reference_counts(desk: Years) -> None:
    reference = desk.reference(*desk.period)
    (section,) = desk.sections("agents", period="2025").values()
    found = rows(section, "replies", "resolved", "open")
    backlog = reference.backlog(desk.period[1] - timedelta(milliseconds=1))
    assert found.pop("root", None) in {None, (0, 0, 0)}
    for name in found:
        key = "" if name == "none" else name
        assert found[name] == (reference.replies()[key], reference.resolved_by()[key], backlog[key]), name
    assert section.total is not None
    number, mean = reference.handle_time()
    assert section.total[section.keys.index("handled")] == number
    assert section.total[section.keys.index("handle_time")] == timedelta(seconds=int(mean))


@pytest.mark.parametrize("day", [40, 200, 300])
def test_the_backlog_of_any_day_is_what_the_reference_counts(desk: Years, day: int) -> None:
    noon = datetime(2024, 11, 1, tzinfo=ZONE) + timedelta(days=day)
    section = desk.sections("backlog", period=f"2024-11..{noon:%Y-%m-%d}")["by-agent"]
    end = (noon + timedelta(days=1)).astimezone(UTC) - timedelta(milliseconds=1)
    reference = desk.reference(*desk.period)
    wanted = {name or "none": number for name, number in reference.backlog(end).items()}
    assert {name: number for name, (number,) in rows(section, "open").items()} == wanted
    assert section.total is not None
    assert section.total[section.keys.index("snoozed")] == reference.snoozed(end)


def test_topics_arrivals_and_times_are_what_the_reference_counts(desk: Years) -> None:
    reference = desk.reference(*desk.period)
    tags = rows(desk.sections("topics", period="2025")["by-tag"], "in")
    tags.pop("none")
    assert {tag: number for tag, (number,) in tags.items() if number} == dict(reference.tags())
    grid = desk.sections("arrivals", period="2025")["messages"]
    wanted = reference.arrivals()
    for hour, row in enumerate(grid.rows):
        assert row[1:8] == tuple(wanted[hour, day] for day in range(7)), hour
    times = rows(desk.sections("times", period="2025")["times"], "tickets", "median", "sum")
    for status, spent in reference.status_times().items():
        whole = timedelta(seconds=int(sum(spent, timedelta()).total_seconds()))
        assert times[status] == (len(spent), middle(spent), whole), status


def test_groups_divide_what_there_is(desk: Years) -> None:
    whole = desk.sections("volume", period="2025")["volume"].total
    for by in (
        "day",
        "week",
        "team",
        "category",
        "type",
        "priority",
        "channel",
        "inbox",
        "customer",
        "agent",
    ):
        section = desk.sections("volume", period="2025", by=by)["volume"]
        assert section.total == whole, by
        for key in ("in", "resolved", "reopened"):
            assert sum(section.column(key)) == section.total[section.keys.index(key)], (by, key)  # type: ignore[arg-type, index]
        if by not in {"day", "week"}:
            assert sum(section.column("open")) == whole[5], by  # type: ignore[arg-type, index]


def test_agents_by_anything_divide_what_there_is(desk: Years) -> None:
    (whole,) = desk.sections("agents", period="2025").values()
    assert whole.total is not None
    assert desk.sections("agents", period="2025", by="agent")["agents"] == whole
    for by in ("week", "month", "hour", "weekday", "team", "category", "priority", "inbox", "customer"):
        (section,) = desk.sections("agents", period="2025", by=by).values()
        sums = dict(zip(section.keys, section.total or (), strict=True))
        wanted = dict(zip(whole.keys, whole.total, strict=True))
        assert {key: sums[key] for key in section.keys[1:]} == {
            key: wanted[key] for key in section.keys[1:]
        }, by
        for key in ("replies", "resolved", "first_responses", "rated", "reviewed", "handled"):
            assert sum(section.column(key)) == sums[key], (by, key)  # type: ignore[arg-type]
        if by in {"hour", "weekday"}:
            assert "open" not in section.keys
        elif by in {"week", "month"}:
            volume = desk.sections("volume", period="2025", by=by)["volume"]
            assert section.column("label") == volume.column("label")
            assert section.column("open") == volume.column("open")
            assert section.column("resolved") == volume.column("resolved")
        else:
            assert sum(section.column("open")) == sums["open"]  # type: ignore[arg-type]
    reference = desk.reference(*desk.period)
    days = Counter(
        message.at.astimezone(ZONE).weekday()
        for ticket in reference.tickets
        for message in ticket.said
        if message.role != "asked" and reference.holds(message.at)
    )
    by_weekday = desk.sections("agents", period="2025", by="weekday")["agents"]
    assert by_weekday.column("replies") == tuple(days[day] for day in range(7))


def test_as_of_a_commit_is_what_that_commit_comes_to(desk: Years) -> None:
    commit = "HEAD~1"
    start, end = desk.period[0], min(desk.period[1], desk.cut + timedelta(milliseconds=1))
    reference = Reference(read_commit(desk.root, commit), start, end, desk.cut)
    wish = {"period": "2025", "as_of": commit}
    volume = desk.sections("volume", by="month", **wish)["volume"]
    assert volume.total is not None
    months = reference.volume()
    assert [row[1] for row in volume.rows] == [each[0] for each in months.values()]
    assert volume.total[2] == sum(each[1] for each in months.values())
    found = rows(desk.sections("sla", **wish)["sla"], "number", "median", "kept", "late")
    times = reference.resolution_times()
    assert found["Resolution"] == (len(times), middle(times), *reference.promises("full"))
    assert found["First response"][2:] == reference.promises("first")
    assert (
        rows(desk.sections("quality", **wish)["quality"], "of", "number")["Reopened"] == reference.reopened()
    )


def test_as_of_a_date_knows_nothing_later_and_says_what_came_late(desk: Years) -> None:
    day = f"{min(desk.cut, desk.period[1]) - timedelta(days=2):%Y-%m-%d}"
    then = report(open_desk(desk.root, now=desk.now), "volume", Wish(period="2025", as_of=day))
    assert then.asked.now < datetime.fromisoformat(f"{day}T23:59:59Z").timestamp() * 1000
    gathered = gather(
        open_desk(desk.root, now=desk.now), Wish(period="2025", as_of=day), needs=frozenset({"said"})
    )
    assert all(said.at <= then.asked.now for each in gathered.histories for said in each.said)
    assert all(since <= then.asked.now for each in gathered.histories for since, _ in each.statuses)
    assert then.late, "merges bring messages that are older than their ticket's history"
    assert any(then.late[0] in remark for remark in then.remarks)


def test_the_working_day_is_that_of_the_calendar(desk: Years) -> None:
    gathered = gather(open_desk(desk.root, now=desk.now), Wish(), needs=frozenset())
    assert gathered.asked.working_day == WORKING_DAY / timedelta(milliseconds=1)
    assert replace(gathered.asked, by="day").calendar == "office"


def main() -> None:
    """Every test over a desk of any size."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tickets", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--seed", type=int, default=2)
    said = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = make(Path(folder) / "desk", tickets=said.tickets, days=said.days, seed=said.seed)
        for name, test in list(globals().items()):
            if (
                name.startswith("test_")
                and name != "test_the_backlog_of_any_day_is_what_the_reference_counts"
            ):
                test(made)
                print(f"{name}: holds over {said.tickets} tickets", flush=True)  # noqa: T201 - a program


if __name__ == "__main__":
    main()
