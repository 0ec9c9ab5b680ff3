"""What README.md says is so: what it names exists, what it shows is what desk prints."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from corpus_door.front import NOW, ROOT, Front

from helpdesk_cli.channels.recipes import Hookup, recipe
from helpdesk_cli.cli import contents, topics
from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.clock import read_clock
from helpdesk_cli.desk.desk import open_desk
from helpdesk_cli.desk.new import new, read_draft

if TYPE_CHECKING:
    from pathlib import Path

README = (ROOT / "README.md").read_text("utf-8")
DANA = Actor("dana", "Dana Davis", "dana@example.com")
# The day that is shown: who wrote what, when. What is on both sides of it only counts.
SHOWN = (
    {
        "subject": "Invoice shows the wrong VAT number",
        "requester": "Ada Lovelace <ada@example.org>",
        "at": "2026-11-20T15:00:00Z",
        "status": "open",
        "assignee": "dana",
    },
    {"subject": "Waits", "status": "pending"},
    {
        "subject": "Site down since 08:40",
        "requester": "ops@bigco.example",
        "at": "2026-11-21T11:48:00Z",
        "priority": "urgent",
    },
    *({"subject": "Waits", "status": "pending"} for _ in range(2)),
    *({"subject": "Done", "status": "resolved"} for _ in range(17)),
)


def test_the_example_is_what_is_printed(tmp_path: Path) -> None:
    shown = re.search(r"```console\n(.*?)```", README, re.DOTALL)
    assert shown
    _, seen, taken = re.split(r"^\$ .*\n", shown[1], flags=re.MULTILINE)
    front = Front.make(tmp_path)
    desk = open_desk(front.root, now=read_clock(NOW))
    for ticket in SHOWN:
        new(desk, read_draft(ticket)[0], actor=DANA)
    assert front.desk().text == seen
    assert front.desk("--as", "dana", "take", "3").text == taken


def test_every_command_that_is_named_is_one() -> None:
    code = "\n".join(
        [
            *re.findall(r"`(desk [^`]+)`", README),
            *re.findall(r"^```\w+\n(.*?)```", README, re.DOTALL | re.MULTILINE),
        ]
    )
    named = set(re.findall(r"(?:^\$ |^|&& )desk ([a-z-]+)", code, re.MULTILINE))
    assert len(named) > 5
    assert named <= {*contents.names(), *topics.topic_names()}


def test_the_recipe_is_the_one_that_is_given() -> None:
    shown = re.search(r"^```\n(:0 w\n.*?)```", README, re.DOTALL | re.MULTILINE)
    assert shown
    hookup = Hookup(
        "support", "/usr/local/bin/desk-ingest-support", "desk", "/home/desk", ("support@example.com",)
    )
    assert shown[1] in recipe("procmail", hookup).files[0].text


def test_python_and_licence_are_those_of_the_package() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert 'requires-python = ">=3.11"' in project
    assert "needs Python 3.11 or later" in README
    assert 'license = "MIT"' in project
    assert "MIT licence" in README
