"""What `desk rules` and `desk agent` promise of their options holds for every action, or is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Desk

OTHER = "rules:\n- {name: other, event: created, when: 'asignee:dana', do: [{tag: x}]}\n"


@pytest.fixture
def place(desk: Desk, tmp_path: Path) -> Path:
    """A new desk, and another file of rules in it."""
    assert desk("init").returncode == 0
    (tmp_path / "here/other.yaml").write_text(OTHER.replace("asignee", "assignee"))
    return tmp_path / "here"


def test_another_file_is_listed_and_checked_wherever_it_comes_from(desk: Desk, place: Path) -> None:
    fine = (place / "other.yaml").read_text()
    for words, given in ((["--rules", "other.yaml"], ""), (["--rules", "-"], fine)):
        listed = json.loads(desk("rules", "list", "--json", *words, stdin=given).stdout)
        assert [each["name"] for each in listed["items"]] == ["other"]
        assert desk("rules", "check", *words, stdin=given).stdout == "1 rule, nothing to mend.\n"
    broken = desk("rules", "check", "--rules", "-", stdin=OTHER)
    assert broken.returncode == 4
    assert broken.stdout.startswith('standard input:2: the condition of other: unknown field "asignee"')
    assert desk("rules", "list", "--rules", "-", stdin=OTHER).returncode == 4
    assert desk("rules", "check", "--rules", "none.yaml").returncode == 3


SWALLOWED = (
    ("rules check --dry-run", "--dry-run"),
    ("rules check --fields name", "--fields"),
    ("rules check -O tsv", "--output"),
    ("rules list --since 90d", "--since"),
    ("rules --rule x", "--rule"),
    ("rules test --send", "--send"),
    ("rules run --sender=", "--sender"),
    ("agent list --until friday", "--until"),
    ("agent --keep", "--keep"),
    ("agent back --why tea", "--why"),
    ("agent away --team billing", "--team"),
    ("agent away --json", "--output"),
)


def test_what_an_action_does_not_understand_is_refused(desk: Desk, place: Path) -> None:
    before = (place / "desk.yaml").read_bytes()
    for words, option in SWALLOWED:
        done = desk(*words.split())
        assert (done.returncode, option in done.stderr) == (2, True), (words, done.stderr)
    assert (place / "desk.yaml").read_bytes() == before
