"""`desk agent`, `desk escalate` and `desk assign --auto` as they are typed: JSON, questions, exit codes."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from care.world import ENVIRONMENT, World
from documented import faults
from terminals import DESK, on_terminal

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.assign import assign

if TYPE_CHECKING:
    import pytest

BOB = Actor("bob", "Bob", "bob@example.com")


def call(world: World, *words: str, typed: str = "") -> tuple[int, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "DESK_"))}
    environment = (
        kept | ENVIRONMENT | {"DESK_AGENT": "bob", "DESK_NOW": world.now.isoformat(), "COLUMNS": "200"}
    )
    return on_terminal(DESK, ["-C", str(world.root), *words], environment, typed=typed)


def test_json_is_as_it_is_documented(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    call(world, "agent", "away", "ada", "--until", "friday", "--keep")
    for words, kind in (
        (("agent", "--json"), "agents"),
        (("agent", "--team", "tax", "--json"), "agents"),
        (("assign", "--auto", "6", "5", "--json"), "assignments"),
        (("assign", "--auto", "--team", "tax", "--how", "by-skill", "4", "--json"), "assignments"),
    ):
        code, shown = call(world, *words)
        assert code == 0, shown
        found = json.loads(shown)
        assert faults(found, kind) == []
        assert found["items"]
    assert not capfd.readouterr().out


def test_on_a_terminal_the_tickets_of_who_goes_are_offered(world: World) -> None:
    assign(world.desk, ["1", "2"], "ada", actor=BOB)
    _, shown = call(world, "agent", "away", "ada", "--until", "1w", typed="n\n")
    assert "ada has 2 active tickets. Give them to others? [y/N]" in shown
    assert "ada keeps 2 active tickets" in shown
    assert world.ticket("TICKET-1").assignee == "ada"
    call(world, "agent", "away", "ada", "--until", "2w", "--keep")
    before = (world.root / "desk.yaml").read_text()
    _, shown = call(world, "agent", "away", "ada", typed="y\n")
    assert world.ticket("TICKET-1").assignee == "bob", shown
    assert (world.root / "desk.yaml").read_text() == before


def test_more_than_five_are_asked_about_by_flag_too(world: World) -> None:
    assign(world.desk, [str(n) for n in range(1, 7)], "ada", actor=BOB)
    code, shown = call(world, "agent", "away", "ada", "--hand-over", typed="n\n")
    assert (code, "Give 6 active tickets of ada to others?" in shown) == (6, True), shown
    assert (world.ticket("TICKET-1").assignee, world.status()) == ("ada", "")
    code, shown = call(world, "--yes", "agent", "away", "ada", "--hand-over")
    assert (code, world.ticket("TICKET-1").assignee) == (0, "bob"), shown


def test_slips_of_the_command_line(world: World) -> None:
    for words, code, said in (
        (("agent", "awai"), 2, "there is no `desk agent awai`. There are list, away, back."),
        (("agent", "away", "adda"), 2, 'no agent "adda". Did you mean "ada"?'),
        (("agent", "away", "help"), 2, '"help" is a team, not an agent.'),
        (("agent", "away", "none"), 2, "name an agent"),
        (("agent", "--team", "hlep"), 2, 'no team "hlep". Did you mean "help"?'),
        (("agent", "away", "--until", "yesterday"), 2, "is past"),
        (("assign", "--how", "round-robin", "1", "ada"), 2, "go with --auto"),
        (("escalate", "1"), 6, "no reason was given"),
    ):
        ended, shown = call(world, *words)
        assert (ended, said in shown) == (code, True), (words, ended, shown)


def test_a_reason_with_control_characters_and_yaml_in_it_is_only_text(world: World) -> None:
    why = 'x}, away: no # "\\ \u202e\x1b[31m é'
    code, shown = call(world, "agent", "away", "ada", "--why", why, "--keep")
    assert code == 2, shown
    code, shown = call(world, "agent", "away", "ada", "--why", 'x}, away: no # "\\ é', "--keep")
    assert code == 0, shown
    ada = world.desk.settings.agent("ada")
    assert ada is not None
    assert ada.away is not None
    assert ada.away.why == 'x}, away: no # "\\ é'
    code, shown = call(world, "escalate", "1", "-m", "\x1b[31mred\u202e")
    assert (code, "\x1b[31mred" in shown) == (0, False)
    code, shown = call(world, "--no-pager", "show", "1")
    assert (code, "\x1b[31mred" in shown) == (0, False)
