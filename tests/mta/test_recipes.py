"""The recipes as text: every one ends in 75, and nothing that needs quoting gets into any of them."""

from __future__ import annotations

import os
import pwd
import shlex
from typing import TYPE_CHECKING

import pytest

from helpdesk_cli.channels.recipes import KINDS, Hookup, Kind, as_script, recipe
from helpdesk_cli.channels.shim import Places, read_places, shim_text
from helpdesk_cli.desk.clock import read_clock
from helpdesk_cli.desk.desk import Desk, open_desk
from helpdesk_cli.desk.init import init
from helpdesk_cli.desk.setup_mta import plan
from helpdesk_cli.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

NOW = read_clock("2026-11-20T09:00:00Z")
SHIM = "/usr/local/bin/desk-ingest-support"
HOOKUP = Hookup(
    "support", SHIM, "deskmail", "/home/deskmail", ("a@example.com", "b@example.com", "a@other.example")
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A new desk."""
    init(tmp_path / "Our Desk", now=NOW, environment={"HOME": "/nonexistent"})
    return open_desk(tmp_path / "Our Desk", now=NOW)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "getmail"])
def test_every_recipe_has_the_last_word(kind: Kind) -> None:
    """The shim, and 75 for when even that is gone; the words for a person are the files themselves."""
    made = recipe(kind, HOOKUP)
    script = as_script(made)
    assert SHIM in script
    assert "75" in script
    assert all(file.text in script and file.path in script for file in made.files)
    assert all(file.text.endswith("\n") for file in made.files)


def test_commands_are_printed_as_a_shell_reads_them() -> None:
    """Pasted by a person, they are the words that `--install` runs."""
    made = recipe("postfix", HOOKUP)
    lines = as_script(made).splitlines()
    for command in made.commands:
        assert tuple(shlex.split(next(line for line in lines if line == shlex.join(command)))) == command


def test_exim_has_a_router_for_each_domain() -> None:
    """An address is ours in its own domain only."""
    router = recipe("exim", HOOKUP).files[0].text
    assert "domains = example.com\n  local_parts = a : b\n" in router
    assert "domains = other.example\n  local_parts = a\n" in router


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("shim", "/opt/a place/shim"),
        ("shim", "/opt/$(id)"),
        ("shim", "/opt/a'b"),
        ("name", "A b"),
        ("name", "-x"),
    ],
)
def test_what_would_need_quoting_is_refused(desk: Desk, option: str, value: str) -> None:
    """With the option's name and what is possible."""
    with pytest.raises(UsageError) as caught:
        plan(desk, ["procmail"], user=somebody(), **{option: value})
    assert caught.value.place == f"--{option}"
    assert caught.value.hint


def test_an_odd_address_is_refused(desk: Desk) -> None:
    """It is possible in mail, and means something in the settings of a mail server."""
    config = desk.layout.config
    config.write_text(config.read_text().replace("support@example.com", "a|b$x@example.com"))
    with pytest.raises(UsageError, match="cannot stand"):
        plan(open_desk(desk.layout.root, now=NOW), ["exim"], user=somebody())


def test_a_plan_names_the_desk_after_its_folder(desk: Desk) -> None:
    """Two desks on one machine do not meet; the shim holds the folder's name as it is."""
    planned = plan(desk, ["procmail"], user=somebody())
    assert planned.name == "our-desk"
    assert planned.shim.name == "desk-ingest-our-desk"
    places = read_places(planned.text)
    assert places is not None
    assert places.desk == str(desk.layout.root)
    assert not planned.shim.exists()


def test_an_unknown_user_is_named_with_the_remedy(desk: Desk) -> None:
    """Before anything is written."""
    with pytest.raises(NotFoundError, match="useradd"):
        plan(desk, ["procmail"], user="nobody-of-that-name")


@pytest.mark.parametrize("value", ["", "/plain", "/with space", "/it's", '/"$(id)`id`\\', "/ümlaut\udcff"])
def test_a_shim_is_read_again_as_it_was_written(value: str) -> None:
    """Whatever a path holds but a line end."""
    places = Places(value, f"{value}/desk", f"{value}/log", shared=True)
    assert read_places(shim_text(places)) == places


def somebody() -> str:
    """A user of this machine who is not root."""
    return next(entry.pw_name for entry in pwd.getpwall() if entry.pw_uid not in {0, os.geteuid()})
