"""The doctor on templates, articles and sla.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from care.world import ENVIRONMENT, World

from helpdesk_cli.desk.doctor import examine
from helpdesk_cli.desk.health.templates import check

if TYPE_CHECKING:
    from pathlib import Path


def found(world: World) -> list[tuple[str, str]]:
    patient = examine(world.root, now=world.now, environment=ENVIRONMENT)
    return [(diagnosis.level, diagnosis.code) for diagnosis in check(patient)]


def test_a_new_desk_is_well(tmp_path: Path) -> None:
    assert found(World.make(tmp_path)) == [("ok", "templates")]


def test_what_cannot_be_sent_is_told(tmp_path: Path) -> None:
    world = World.make(tmp_path)
    (tmp_path / "templates/broken.md").write_text("{{ nobody }}\n")
    (tmp_path / "templates/partial.md").write_text("Hi {{ customer_name }},\n")
    assert found(world) == [("error", "template-broken"), ("note", "template-partial")]
    (tmp_path / "sla.yaml").write_text("policies: {}\n")
    assert ("error", "sla-broken") in found(world)


def test_office_hours_that_nobody_wrote_down_are_told(tmp_path: Path) -> None:
    world = World.make(tmp_path)
    settings = (tmp_path / "desk.yaml").read_text()
    (tmp_path / "desk.yaml").write_text(settings.replace("when: off", "when: outside-office-hours"))
    assert found(world) == [("ok", "templates")]
    (tmp_path / "sla.yaml").write_text("policies: []\n")
    assert ("error", "no-office-hours") in found(world)
    (tmp_path / "desk.yaml").write_text("agents: [\n")
    assert found(world) == []
