"""Pages without a browser: the policy, the size, what a customer is given, and where it is written."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages.made import HOSTILE, NOW, PERIOD, make_desk

from helpdesk_cli.desk.dashboard import days_of, page_of
from helpdesk_cli.desk.report import Wish, report
from helpdesk_cli.desk.service import service_page, service_report
from helpdesk_cli.errors import NotFoundError
from helpdesk_cli.pages import charts
from helpdesk_cli.pages.keys import keys_of
from helpdesk_cli.pages.panels import panel
from helpdesk_cli.pages.wording import age_words, change_words, words
from helpdesk_cli.reports.figures.asked import Asked
from helpdesk_cli.reports.figures.section import Head, Section

if TYPE_CHECKING:
    from care.world import World

    from helpdesk_cli.table import Value


PAGES = Path(charts.__file__).parent
ALLOWED = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "a",
    "header",
    "p",
    "bdi",
    "h1",
    "h2",
    "nav",
    "ul",
    "ol",
    "li",
    "main",
    "section",
    "div",
    "svg",
    "desc",
    "polyline",
    "polygon",
    "line",
    "rect",
    "text",
    "figure",
    "figcaption",
    "span",
    "b",
    "details",
    "summary",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "footer",
}


class Tags(HTMLParser):
    """What elements and attributes a page has, and where its links lead."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One element."""
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.targets += [value or "" for name, value in attrs if name == "href"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_desk(tmp_path_factory.mktemp("service") / "desk", tickets=120)


def test_the_style_is_allowed_by_its_hash_and_nothing_else_is(world: World) -> None:
    page = page_of(world.desk, report(world.desk, "html", Wish(PERIOD, compare=True)))
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy.replace("&#39;", "'") == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert page.index("Content-Security-Policy") < page.index("<style>")
    found = Tags()
    found.feed(page)
    assert found.names <= ALLOWED, found.names - ALLOWED
    assert not {
        name for name in found.attributes if name.startswith("on") or name in {"style", "src", "srcset"}
    }
    assert all(target.startswith("#") for target in found.targets)
    assert len(page.encode()) < 200_000


def test_each_section_is_beside_its_own_of_the_period_before(world: World) -> None:
    """Of the first month there is none; what there was nothing of has no section at all."""
    for period in ("2024-11", "2024-12", "2025-01"):
        found = report(world.desk, "html", Wish(period, compare=True))
        assert [each.name for each in found.before] == [each.name for each in found.sections]
        assert found.json()["sections"]
        assert page_of(world.desk, found)


def _colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6})\b", block))


def _light(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(part * weight for part, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def _ratio(one: str, other: str) -> float:
    low, high = sorted(map(_light, (one, other)))
    return (high + 0.05) / (low + 0.05)


def test_pictures_stand_out_by_day_by_night_and_on_paper() -> None:
    """WCAG 2.2, 1.4.11: three to one, of what is drawn against its ground and against its neighbour."""
    blocks = re.findall(r":root \{(.*?)\}", (PAGES / "page.css").read_text(), re.DOTALL)
    assert len(blocks) == 3
    for block in blocks:
        each = _colours(block)
        for one, other in (
            *(("one", "card"), ("two", "card"), ("one", "two")),
            *(("one", "rule"), ("good", "rule"), ("alarm", "rule"), ("l1", "rule")),
        ):
            assert _ratio(each[one], each[other]) >= 3, (one, other)
        steps = ["rule", *(f"l{number}" for number in range(1, 6))]
        lights = [_light(each[step]) for step in steps[1:]]
        assert lights in (sorted(lights), sorted(lights, reverse=True))
        assert min(_ratio(each[one], each[other]) for one, other in pairwise(steps)) > 1.3
    mail = (PAGES / "digest.html").read_text()
    drawn = set(re.findall(r"background:(#[0-9a-f]{6});font-size:0", mail))
    assert len(drawn) == 2
    assert all(_ratio(each, "#ffffff") >= 3 for each in drawn)


def test_key_figures_are_found_by_what_they_are_called(tmp_path: Path) -> None:
    """A policy that promises news has a row of its own, before the one of resolutions."""
    world = make_desk(tmp_path / "desk", tickets=40)
    (world.root / "sla.yaml").write_text("policies:\n- {name: all, update: 1d, resolution: 2d}\n")
    found = report(world.desk, "html", Wish("90d"))
    (sla,) = (each for each in found.sections if each.name == "sla")
    medians = dict(zip(sla.column("label"), sla.column("median"), strict=True))
    assert list(medians) == ["First response", "Next response", "Update", "Resolution"]
    keys = {each.title: each for each in keys_of(found.sections, (), found.asked)}
    assert keys["Resolution"].value == words(medians["Resolution"], "length") != words(None, "length")
    assert keys["First response"].goal_tone
    # All have a line whose weeks have values above nothing; here no first answer is promised.
    bare = {title for title, each in keys.items() if len(each.spark) <= 1}
    assert bare <= {"First answers in time", "Reopened", "Rated good"}


def test_a_customer_is_given_what_is_theirs_and_nothing_of_ours(world: World) -> None:
    tickets = [world.ticket(path.rpartition("/")[2].removesuffix(".md")) for path in world.paths()]
    period = "2024-11-01..2025-01-30"
    customer = max(
        {each.requester.email for each in tickets}, key=[each.requester.email for each in tickets].count
    )
    theirs = [
        each for each in tickets if each.requester.email == customer and each.status not in {"spam", "merged"}
    ]
    assert len(theirs) > 3
    found = service_report(world.desk, customer, Wish(period, query="-status:spam"))
    (requests,) = (each for each in found.sections if each.name == "requests")
    assert sorted(requests.column("id")) == sorted(each.id for each in theirs)
    page = service_page(world.desk, found)
    said = page + str(found.json())
    for word in (
        "dana",
        "lee",
        "kim",
        "technical",
        "urgent",
        "nobody",
        "goal",
        "status:spam",
        "desk report",
        "tag",
    ):
        assert not re.search(rf"\b{word}\b", re.sub(r"<style>.*</style>", "", said, flags=re.DOTALL)), word
    for each in tickets:
        if each.requester.email != customer:
            assert not re.search(rf"\b{each.id}\b", said)
            assert each.requester.email not in said
    # Their numbers are those of the reports.
    sla = {
        each.name: each for each in report(world.desk, "sla", Wish(period, query=f"from:{customer}")).sections
    }
    (mine,) = (each for each in found.sections if each.name == "sla")
    assert mine.column("median") == sla["sla"].column("median")
    assert mine.column("late") == sla["sla"].column("late")
    with pytest.raises(NotFoundError, match="no customer is called"):
        service_report(world.desk, "nobody-at-all", Wish(period))


def test_a_hostile_customer_is_shown_their_own_words_as_text(world: World) -> None:
    page = service_page(world.desk, service_report(world.desk, "h0@evil.example", Wish(PERIOD)))
    assert "&lt;script&gt;document.title=" in page
    assert "<script" not in page
    assert HOSTILE[1] not in page


def test_it_is_written_for_its_owner_into_a_file_or_a_folder(world: World, tmp_path: Path) -> None:
    def desk(*words: object) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "DESK_NO_INPUT": "1", "DESK_AGENT": "dana"}
        call = [sys.executable, "-m", "helpdesk_cli.cli.main", "report", *map(str, words)]
        return subprocess.run(
            call,
            cwd=world.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    folder = tmp_path / "www"
    folder.mkdir()
    done = desk("html", "--period", "2025-01", "-o", folder)
    page = folder / "index.html"
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    page.chmod(0o644)
    assert desk("html", "--period", "2024-12", "-o", folder).returncode == 0
    assert stat.S_IMODE(page.stat().st_mode) == 0o644
    assert "1 to 31 December 2024" in page.read_text()
    assert [path.name for path in folder.iterdir()] == ["index.html"]
    new = tmp_path / "new.csv"
    assert desk("backlog", "-o", new).returncode == 0
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    for call, code, said in (
        (("service",), 2, "whose service?"),
        (("agents", "--customer", "h0@evil.example"), 2, "not for customers"),
        (("volume", "--mail", "leads"), 2, "only the digest"),
        (("digest", "--mail", "h0@evil.example"), 6, "no agent of it"),
        (("digest", "--mail", "dana", "-o", "x.html"), 2, "leave `--mail` out to look at it first"),
        (("digest", "--mail", "dana", "-O", "csv"), 2, "Leave --output out"),
        (("digest", "--mail", "dana", "--json"), 2, "Leave --json out"),
        (("digest", "--mail", "dana", "--section", "late"), 2, "Leave --section out"),
        (("digest", "--mail", "dana", "--by", "agent"), 2, "cannot be grouped"),
        (("volume", "lastweek"), 2, "`--period lastweek`"),
        (("--period", "2026-10"), 2, "which report?"),
        (("--json",), 2, "which report?"),
        (("--customer", "nobody@evil.example"), 3, "knows nobody"),
        (("volume", "-o", "/nonexist/x.csv"), 2, "there is no folder /nonexist"),
        (("volume", "-o", f"{folder}/d.csv/"), 2, "names a folder"),
        (("volume", "-o", folder, "-O", "csv"), 2, "names a folder"),
        (("volume", "-O", "CSV"), 2, 'Did you mean "csv"?'),
        (("volume", "--section", "Volume"), 2, 'there is no section "Volume". Did you mean "volume"?'),
        (("volume", "--by", "AGENT"), 2, 'Did you mean "agent"?'),
        (("volume", "--by", "tags"), 2, 'Did you mean "tag"?'),
        (("times", "--by", "team"), 2, "These can: agents, backlog, quality, sla, volume."),
    ):
        failed = desk(*call)
        assert failed.stdout == "", call
        assert (failed.returncode, said in failed.stderr) == (code, True), failed


@given(
    st.lists(st.tuples(st.text(max_size=8), st.integers(0, 10**7), st.integers(0, 10**4)), max_size=40),
)
@settings(max_examples=60, deadline=None)
def test_every_mark_stands_within_its_chart(rows: list[tuple[str, int, int]]) -> None:
    heads = (Head("label", "DAY", "text"), Head("a", "A"), Head("b", "B"))
    section = Section("any", "Any", heads, tuple(rows), picture="heat")
    for chart in (charts.columns(section, ("a", "b")), charts.line(section, "a"), charts.heat(section)):
        for mark in chart.marks:
            assert -1e-6 <= mark.x <= mark.x + mark.width <= 100.001
            assert -1e-6 <= mark.y <= mark.y + mark.height <= 100.001
        assert all(0 <= x <= 100 and -1e-6 <= y <= 100 for x, y in chart.line)
        assert all(0 <= tick.at <= 100 for tick in (*chart.scale, *chart.names, *chart.rows))
        assert chart.says
    assert panel(section, section).rows or not rows


@pytest.mark.parametrize(
    ("value", "before", "unit", "said"),
    [
        (94, 117, "count", "−20 %"),
        (5, 5, "count", "no change"),
        (5, 0, "count", ""),
        (5, None, "count", ""),
        (0.32, 0.37, "share", "−5 points"),
        (0.31, 0.30, "share", "+1 point"),
        (timedelta(hours=3), timedelta(hours=2), "length", "+50 %"),
    ],
)
def test_a_change_is_said_in_words(value: Value, before: Value, unit: str, said: str) -> None:
    assert change_words(value, before, unit).replace("\N{NO-BREAK SPACE}", " ") == said  # type: ignore[arg-type]


def test_values_are_said_as_people_say_them() -> None:
    found = [
        words(None, "count"),
        words("", "text"),
        words(1234567, "count"),
        words(0.725, "share"),
        words(-3, "change"),
        words(timedelta(minutes=349), "length"),
        words(timedelta(hours=142), "length"),
        words(("late", "waiting"), "text"),
        words(4.25, "points"),
        age_words(timedelta(days=6, hours=3)),
        age_words(timedelta(hours=30)),
    ]
    assert [each.replace("\N{NO-BREAK SPACE}", " ") for each in found] == [
        *("–", "–", "1,234,567", "72 %", "−3", "5h 49m", "142h", "late, waiting", "4.2", "6 days", "30h 00m"),
    ]


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ((2026, 11, 2), (2026, 11, 3), "Monday 2 November 2026"),
        ((2026, 10, 1), (2026, 11, 1), "1 to 31 October 2026"),
        ((2026, 9, 30), (2026, 11, 1), "30 September to 31 October 2026"),
        ((2025, 12, 1), (2026, 2, 1), "1 December 2025 to 31 January 2026"),
    ],
)
def test_the_days_of_a_period_are_said_once(first: tuple[int, ...], last: tuple[int, ...], said: str) -> None:
    start, end = (int(datetime(*each, tzinfo=UTC).timestamp() * 1000) for each in (first, last))
    assert days_of(Asked(start, end, int(NOW.timestamp() * 1000) + 10**12)) == said
