"""Who is away: read, written into desk.yaml without touching a comment, and what follows from it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routing.conftest import SETTINGS

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.agent_away import active_tickets, away, back, hand_over, read_absence
from helpdesk_cli.desk.agents import list_agents
from helpdesk_cli.desk.asking import local_text
from helpdesk_cli.desk.assign import assign
from helpdesk_cli.desk.auto_assign import fill
from helpdesk_cli.desk.finding import find_tickets
from helpdesk_cli.errors import InvalidFileError, UsageError
from helpdesk_cli.routing.away import Away, read_range
from helpdesk_cli.storage.settings_file import read_settings
from helpdesk_cli.storage.settings_patch import patched
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from care.world import World

BOB = Actor("bob", "Bob", "bob@example.com")
BERLIN = ZoneInfo("Europe/Berlin")
# Moments that UTC's calendar has not.
BEYOND = ("9999-12-31T23:59-12:00", "0001-01-01T00:00+14:00")


@pytest.mark.parametrize(
    ("written", "moment", "is_away"),
    [
        ("2026-12-24..2027-01-02", "2026-12-23T22:59:00Z", False),
        ("2026-12-24..2027-01-02", "2026-12-23T23:00:00Z", True),  # midnight in Berlin
        ("2026-12-24..2027-01-02", "2027-01-02T22:59:00Z", True),
        ("2026-12-24..2027-01-02", "2027-01-02T23:00:00Z", False),
        ("..2027-01-02", "2020-01-01T00:00:00Z", True),
        ("2026-12-24..", "2030-01-01T00:00:00Z", True),
        ("2026-12-24", "2026-12-24T12:00:00Z", True),
        ("2026-12-24", "2026-12-25T12:00:00Z", False),
        ("yes", "2026-12-25T12:00:00Z", True),
        ("2026-12-24..2026-12-24T14:00+01:00", "2026-12-24T12:59:59Z", True),
        ("2026-12-24..2026-12-24T14:00+01:00", "2026-12-24T13:00:00Z", False),
    ],
)
def test_days_are_whole_days_of_the_zone_and_both_ends_are_away(
    written: str,
    moment: str,
    is_away: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert read_range(written).covers(datetime.fromisoformat(moment), BERLIN) == is_away


@pytest.mark.parametrize(
    "written", ["", "..", "tomorrow", "2027-01-02..2026-12-24", "2026-02-30", "2026-12-24T10:00", *BEYOND]
)
def test_what_is_no_absence_is_refused(written: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its words are the caller's
        read_range(written)


# In each of these agents can be found a way to write `away`.
SHAPES = (
    SETTINGS,
    SETTINGS.replace("\n", "\r\n"),
    "\ufeff" + SETTINGS,
    "agents:\n  bob:\n  ada: {}\n",
    "agents: {bob: {name: Bob}, ada: {name: Zoë}}  # all of them",
    "agents:\n  bob: {\n    name: Bob,  # cats\n    teams: []\n  }\n",
    "agents:\n  bob:\n    # first a comment\n    signature: |\n      A\n\n      B # b\n    name: B\n# end\n",
    'agents:\n  "bob":\n      name: "Bob: # no comment"\n\n\n  ada:\n      name: Ada\n',
    "agents:\n  bob:\n    away: 2026-01-01..2026-01-02   # was ill\n    name: Bob\n",
    "agents:\n  bob:\n    name: Bob\n    away:\n      from: 2026-01-01\n      until: 2026-01-02\n  ada: {}\n",
    "agents:\n  bob: {away: {until: 2026-01-01, why: 'a # b, c'}, name: Bob}\n",
    "agents:\n  bob: {name: Bob,\n    away: yes}\n",
)


@pytest.mark.parametrize("text", SHAPES)
@given(
    why=st.text(st.characters(codec="utf-8").filter(str.isprintable), max_size=20),
    until=st.dates(),
)
@settings(max_examples=8, deadline=None)
def test_only_that_value_changes_and_all_comments_stay(text: str, why: str, until: object) -> None:
    absence = Away("", f"{until}", why.strip())
    written = f"{{until: {until}" + (f', why: "{_escaped(absence.why)}"' if absence.why else "") + "}"
    there = patched(text, ("agents", "bob", "away"), written, place="desk.yaml")
    gone = patched(there, ("agents", "bob", "away"), None, place="desk.yaml")
    before = read_settings(text.removeprefix("\ufeff"))

    def with_away(value: Away | None) -> object:
        agents = tuple(replace(each, away=value) if each.key == "bob" else each for each in before.agents)
        return replace(before, agents=agents)

    assert read_settings(there.removeprefix("\ufeff")) == with_away(absence)
    assert read_settings(gone.removeprefix("\ufeff")) == with_away(None)
    for comment in (
        "# our first",
        "# likes cats",
        "# The people",
        "# cats",
        "# end",
        "# first a",
        "# was ill",
    ):
        assert (comment in text) == (comment in there) == (comment in gone)
    # Every line that does not hold the value is as it was, line end included.
    untouched = [line for line in text.splitlines(keepends=True) if "away" not in line and "bob" not in line]
    kept = there.splitlines(keepends=True)
    assert [
        line for line in untouched if line not in kept and "{" not in line and "teams: []" not in line
    ] in (
        [],
        ["      from: 2026-01-01\n", "      until: 2026-01-02\n"],
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


@pytest.mark.parametrize(
    "text",
    [
        "agents:\n  ada: {}\n",  # no bob
        "agents: [bob]\n",
        "name: x\n",
        "agents:\n  bob:\n    away:\n      # since then\n      from: 2026-01-01\n",
        "agents: &a {bob: {}}\nmore: [\n",
    ],
)
def test_what_cannot_be_changed_without_loss_is_left_to_a_person(text: str) -> None:
    with pytest.raises(InvalidFileError, match="not written as a program may change it"):
        patched(text, ("agents", "bob", "away"), "{until: 2026-01-03}", place="desk.yaml")


def test_away_is_one_commit_of_the_agent_and_back_undoes_every_byte(world: World) -> None:
    before = (world.root / "desk.yaml").read_bytes()
    absence = read_absence(world.desk, start="", end="friday", why="on the sea")
    assert away(world.desk, "ada", absence, actor=BOB).committed
    assert world.git("log", "-1", "--format=%an <%ae> %s").strip() == (
        "Bob <bob@example.com> desk.yaml: ada is away until 2026-11-20"
    )
    assert world.status() == ""
    assert back(world.desk, "ada", actor=BOB).committed
    assert (world.root / "desk.yaml").read_bytes() == before
    assert not back(world.desk, "ada", actor=BOB).diff


def test_what_a_colleague_is_typing_is_not_committed(world: World) -> None:
    path = world.root / "desk.yaml"
    path.write_text(path.read_text().replace("name: Example support", "name: Half a na"))
    away(world.desk, "ada", Away(), actor=BOB)
    assert "away: yes" in world.git("show", "HEAD:desk.yaml")
    assert "Example support" in world.git("show", "HEAD:desk.yaml")
    assert "Half a na" in path.read_text()


def test_what_waits_for_git_is_built_upon(world: World) -> None:
    world.git("checkout", "-q", "--detach")
    away(world.desk, "ada", Away(), actor=BOB)
    away(world.desk, "ada", Away(), actor=BOB)
    away(world.desk, "cleo", Away(), actor=BOB)
    assert "away" not in world.git("show", "HEAD:desk.yaml")
    world.git("checkout", "-q", "-")
    back(world.desk, "cleo", actor=BOB)
    assert world.git("show", "HEAD:desk.yaml").count("away: yes") == 1
    assert (world.status(), world.subjects()[-3:]) == (
        "",
        ["desk.yaml: ada is away", "desk.yaml: cleo is away", "desk.yaml: cleo is back"],
    )


def test_what_a_kill_kept_from_git_is_committed_by_the_next_call(world: World) -> None:
    path = world.root / "desk.yaml"
    path.write_text(path.read_text().replace("capacity: 2}", "capacity: 2, away: yes}"))
    done = away(world.desk, "ada", Away(), actor=BOB)
    assert (done.diff, done.committed) == ((), True)
    assert world.status() == ""


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("friday", "2026-11-20"),
        ("tomorrow", "2026-11-21"),
        ("2w", "2026-12-04"),
        ("3d", "2026-11-23"),
        ("2027-01-02", "2027-01-02"),
        ("17:00", "2026-11-20T17:00Z"),
        ("4h", "2026-11-20T13:05Z"),
        ("monday 9:30", "2026-11-23T09:30Z"),
        ("monday", "2026-11-23"),
    ],
)
def test_until_is_the_last_day_away_or_a_moment(world: World, said: str, found: str) -> None:
    assert read_absence(world.desk, start="", end=said, why="").end == found


@pytest.mark.parametrize("said", BEYOND)
def test_a_moment_beyond_the_calendar_is_a_slip_with_its_line(world: World, said: str) -> None:
    """One word of desk.yaml kept every command from running."""
    text = SETTINGS.replace("capacity: 2}", f'away: {{until: "{said}"}}}}')
    with pytest.raises(InvalidFileError, match=r"desk\.yaml:6: .* is neither a day nor a moment"):
        read_settings(text)
    with pytest.raises(UsageError, match="is no year from 1900"):
        read_absence(world.desk, start="", end=said, why="")


def test_the_last_day_of_the_calendar_can_be_shown_in_the_east(world: World) -> None:
    text = (world.root / "desk.yaml").read_text() + "notify: {timezone: Pacific/Kiritimati}\n"
    (world.root / "desk.yaml").write_text(text)
    moment = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    assert local_text(world.desk, moment) == "Fri 9999-12-31 23:59"


@pytest.mark.parametrize("said", ["yesterday", "2020-01-01", "whenever", "2026-11-20T08:00Z", "99999999d"])
def test_what_is_past_or_no_time_is_refused(world: World, said: str) -> None:
    with pytest.raises(UsageError):
        read_absence(world.desk, start="", end=said, why="")


def test_a_holiday_that_is_to_come_is_not_yet_away(world: World) -> None:
    absence = read_absence(world.desk, start="2026-12-24", end="2027-01-02", why="")
    away(world.desk, "ada", absence, actor=BOB)
    assert not list_agents(world.desk)[0].present.absent
    assert list_agents(replace(world, now=datetime(2026, 12, 24, tzinfo=UTC)).desk)[0].present.is_away


def test_their_tickets_are_found_and_handed_over(world: World) -> None:
    assign(world.desk, ["1", "2"], "ada", actor=BOB)
    changed = away(world.desk, "ada", Away(), actor=BOB)
    found = find_tickets(world.desk, "assignee:away")
    assert found.sums.total == 2
    found.close()
    tickets = active_tickets(world.desk, "ada")
    assert tickets == ["TICKET-2", "TICKET-1"]
    hand_over(world.desk, changed.settings, "ada", tickets, actor=BOB)
    assert {world.ticket(name).assignee for name in tickets} == {"bob"}


def test_what_nobody_can_take_over_is_nobodys_and_waits_also_for_them(world: World) -> None:
    assign(world.desk, ["1"], "ada", actor=BOB)
    away(world.desk, "bob", Away(), actor=BOB)
    changed = away(world.desk, "ada", Away(), actor=BOB)
    hand_over(world.desk, changed.settings, "ada", ["1"], actor=BOB)
    ticket = world.ticket("TICKET-1")
    assert (ticket.assignee, ticket.events[-1].all_facts("unrouted")) == ("", ["round-robin help"])
    back(world.desk, "ada", actor=BOB)
    fill(world.later(minutes=1).desk)
    assert world.ticket("TICKET-1").assignee == "ada"
