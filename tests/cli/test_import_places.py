"""`desk import` and `desk ingest`: what they refuse, what they leave, and what they say to do."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from care.world import World, write_mail


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A desk with one ticket that another helpdesk had."""
    made = World.make(tmp_path_factory.mktemp("places") / "desk")
    row = {"id": 4711, "created_at": "2026-01-01T00:00:00Z", "subject": "Old"}
    (made.root.parent / "z.jsonl").write_text(json.dumps(row) + "\n")
    assert desk(made, "import", "--mapping", "zendesk", "../z.jsonl").returncode == 0
    return made


def desk(world: World, *words: str) -> subprocess.CompletedProcess[str]:
    """The real command, in the desk's folder."""
    environment = os.environ | {"GIT_CONFIG_GLOBAL": "/dev/null", "DESK_AGENT": "lee"}
    command = [sys.executable, "-m", "helpdesk_cli.cli.main", *words]
    return subprocess.run(
        command, cwd=world.root, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "words",
    [
        ("import", ""),
        ("import", "."),
        ("import", ".."),
        ("import", "tickets"),
        ("import", "--mapping", "", "../z.jsonl"),
        ("import", "--mapping", "zendesk", ""),
        ("ingest", ""),
        ("ingest", ".git"),
    ],
)
def test_an_empty_name_and_the_desk_itself_are_refused(world: World, words: tuple[str, ...]) -> None:
    before = world.paths()
    done = desk(world, *words)
    assert done.returncode == 2
    assert "is empty" in done.stderr or "this is the desk, or a part of it" in done.stderr
    assert world.paths() == before


def test_what_cannot_be_read_is_left_and_the_remedy_is_to_make_it_readable(world: World) -> None:
    folder = world.root.parent / "mails"
    folder.mkdir()
    (folder / "7.link").symlink_to("/etc/passwd")
    (folder / "pic.png").write_bytes(b"\x89PNG\r\n")
    done = desk(world, "import", str(folder))
    assert done.returncode == 8
    assert "2 of 2 not taken, and left in place. See to what is named" in done.stderr
    assert "--retry" not in done.stderr
    (folder / "1.eml").write_bytes(write_mail(1))
    said = desk(world, "import", "--json", str(folder)).stdout.splitlines()
    assert [json.loads(line)["outcome"] for line in said] == ["created", "left", "left"]


@pytest.mark.parametrize("name", ["ZD-4711", "zd-04711"])
def test_a_number_of_another_helpdesk_is_found(world: World, name: str) -> None:
    assert "Old" in desk(world, "show", name).stdout
    asked = desk(world, "list", "--all", f"formerly:{name}")
    assert (asked.returncode, "Old" in asked.stdout) == (0, True)
    assert desk(world, "list", f"links:{name}").returncode == 2
