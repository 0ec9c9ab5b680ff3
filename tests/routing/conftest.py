"""A desk with a team of three, and tickets that are nobody's; copied for each test."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail

from helpdesk_cli.desk.news import begin

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """\
# The people of this desk.
name: Example support
inboxes:
  support: {address: support@example.org, team: help}
agents:
  ada: {name: Ada, email: ada@example.com, teams: [help], capacity: 2}   # our first
  bob:
    name: Bob   # likes cats
    email: bob@example.com
    teams: [help, tax]
    skills: [sql, french]
  cleo: {name: Cleo, email: cleo@example.com, teams: [tax], hours: office, skills: [tax]}
teams:
  help: {lead: bob}
  tax: {lead: [cleo, bob], assign: least-loaded}
escalation:
- {to: team-lead, assign: yes}
- {to: everybody, priority: urgent, note: "Call the customer."}
"""
SLA = """\
calendars:
  office: {timezone: UTC, hours: {mon-thu: "09:00-17:00"}}
"""


def settle(root: Path, settings: str = SETTINGS) -> World:
    """A desk with these settings, whose news begins now; a Friday morning."""
    world = World.make(root)
    (root / "desk.yaml").write_text(settings)
    (root / "sla.yaml").write_text(SLA)
    (root / "rules.yaml").write_text("rules: []\n")
    world.git("add", "desk.yaml", "sla.yaml", "rules.yaml")
    world.git("commit", "-q", "-m", "Settle")
    begin(world.desk)
    return world


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The desk as it is copied, with six tickets a minute apart, the youngest with the smallest number."""
    root = tmp_path_factory.mktemp("routing") / "desk"
    world = settle(root)
    for number in range(6):
        world.later(minutes=-number).take(write_mail(number))
    return root


@pytest.fixture
def world(settled: Path, tmp_path: Path) -> World:
    """A desk of this test's own."""
    root = tmp_path / "desk"
    shutil.copytree(settled, root, symlinks=True)
    return World(root).later(minutes=5)
