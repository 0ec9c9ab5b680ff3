"""`desk sync` as it is typed: what it says, its JSON, its exit codes; and `desk cron` that does it."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING

from care.world import ENVIRONMENT, World, write_mail
from clones.fleet import meet
from documented import faults
from faults.scenarios import DESK

from helpdesk_cli.desk.assign import assign
from helpdesk_cli.desk.cron import cron
from helpdesk_cli.tickets.times import write_time

if TYPE_CHECKING:
    from clones.fleet import Fleet
    from clones.meeting import Clone


def typed(clone: Clone, *words: str, agent: str = "dana") -> subprocess.CompletedProcess[str]:
    """What the command prints in that clone."""
    now = {"DESK_NOW": write_time(clone.world.now), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    command = [*DESK, "-C", str(clone.world.root), "--as", agent, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT | now)


def work(fleet: Fleet) -> None:
    kim, lee, _ = fleet.clones
    kim.take(write_mail(2, answers=1))
    kim.take(write_mail(5))
    assign(kim.world.desk, ["2"], "dana", actor=kim.actor)
    (kim.world.root / "templates/new.md").write_text("New\n")
    kim.world.git("add", "templates/new.md")
    kim.world.git("commit", "-qm", "A template")
    meet(kim)
    lee.note("1", "mine")


def test_it_says_what_came_and_went(fleet: Fleet) -> None:
    work(fleet)
    ran = typed(fleet.lee, "sync", "--dry-run")
    said = (
        "would come: 1 new ticket, 2 mails, 1 change, templates/new.md; TICKET-2 is yours\nwould go: 1 note\n"
    )
    assert (ran.stdout, ran.stderr, ran.returncode) == (said, "", 0)
    assert not (fleet.lee.world.root / "tickets/2026/11/TICKET-2.md").exists()
    ran = typed(fleet.lee, "sync")
    assert (ran.stdout, ran.stderr, ran.returncode) == (
        said.replace("would come", "came").replace("would go", "went"),
        "",
        0,
    )
    assert typed(fleet.lee, "sync").stdout == "Nothing new, here or on origin/main.\n"
    assert typed(fleet.lee, "--quiet", "sync").stdout == ""


def test_its_json_is_as_documented(fleet: Fleet) -> None:
    work(fleet)
    for words in (["--dry-run"], []):
        document = json.loads(typed(fleet.lee, "sync", "--json", *words).stdout)
        assert faults(document, "sync") == []
        assert document["came"]["yours"] == ["TICKET-2"]
        assert document["dry_run"] is bool(words)
    assert document["commit"] == fleet.hub("rev-parse", "main").strip()


def test_a_conflict_is_5_and_no_connection_75(fleet: Fleet) -> None:
    fleet.lee.world.git("checkout", "-q", "--detach")
    ran = typed(fleet.lee, "sync")
    assert (ran.stdout, ran.returncode) == ("", 5)
    assert "git checkout main" in ran.stderr
    fleet.mia.world.git("remote", "set-url", "origin", str(fleet.root / "nowhere"))
    ran = typed(fleet.mia, "sync")
    assert (ran.stdout, ran.returncode) == ("", 75)
    assert "origin cannot be reached" in ran.stderr


def test_who_is_no_agent_changes_nothing(fleet: Fleet) -> None:
    assert typed(fleet.lee, "sync", agent="nobody").returncode == 2


def test_cron_syncs_where_it_is_told_to(fleet: Fleet) -> None:
    kim, lee, _ = fleet.clones
    kim.tag("1", "vip")
    meet(kim)
    cron(lee.world.root, now=lee.world.now, says_all=True)
    assert lee.world.ticket("TICKET-1").tags == ()
    lee.world.git("config", "desk.sync", "true")
    ran = cron(lee.world.root, now=lee.world.now, says_all=True)
    assert [problem for problem in ran.problems if problem[0] == "sync"] == []
    assert lee.world.ticket("TICKET-1").tags == ("vip",)


def test_cron_says_after_a_quarter_of_an_hour_that_it_cannot(fleet: Fleet) -> None:
    lee = fleet.lee.world
    lee.git("config", "desk.sync", "true")
    lee.git("remote", "set-url", "origin", str(fleet.root / "nowhere"))
    for minutes in (0, 14):
        ran = cron(lee.root, now=lee.now + timedelta(minutes=minutes))
        assert [problem for problem in ran.to_say if "origin" in problem] == []
    ran = cron(lee.root, now=lee.now + timedelta(minutes=15))
    assert len([problem for problem in ran.to_say if "origin cannot be reached" in problem]) == 1
    assert World(lee.root).status() == ""
