"""A number far off, imported or written by hand, never keeps the mail that comes after it out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from care.world import World, write_mail

from helpdesk_cli.desk.fsck import fsck
from helpdesk_cli.desk.import_plan import plan_import
from helpdesk_cli.desk.importing import import_tickets
from helpdesk_cli.desk.show import show
from helpdesk_cli.tickets.clashes import Claim, settle
from helpdesk_cli.tickets.ids import FARTHEST, HIGHEST, number_after

if TYPE_CHECKING:
    from pathlib import Path


def test_a_number_beyond_all_others_is_an_old_name_only(world: World, tmp_path: Path) -> None:
    export = tmp_path / "far.jsonl"
    rows = [{"id": number, "created_at": "2026-01-01T00:00:00Z"} for number in (7, FARTHEST + 1, HIGHEST)]
    export.write_text("".join(json.dumps(row) + "\n" for row in rows))
    took = list(import_tickets(world.desk, plan_import(world.desk, "zendesk", [export], tables={})))
    assert [each.ticket for each in took] == ["TICKET-7", "TICKET-8", "TICKET-9"]
    assert show(world.desk, f"ZD-{HIGHEST}").ticket.id == "TICKET-9"
    assert [world.take(write_mail(number)).ticket for number in (1, 2)] == ["TICKET-10", "TICKET-11"]
    assert (len(world.tickets()), fsck(world.desk)) == (5, [])


def test_a_file_that_a_hand_made_with_the_last_number(world: World) -> None:
    world.take(write_mail(1))
    (path,) = world.paths()
    for number, uid in ((HIGHEST, "0" * 16), (FARTHEST, "1" * 16)):
        text = (world.root / path).read_text().replace("TICKET-1", f"TICKET-{number}")
        old = world.ticket("TICKET-1")
        text = (
            text.replace(old.uid, uid)
            .replace(old.entries[0].id, uid)
            .replace(old.entries[1].id, f"{uid[:-1]}a")
        )
        (world.root / path).with_name(f"TICKET-{number}.md").write_text(text)
    names = [world.take(write_mail(number)).ticket for number in (2, 3)]
    assert names == [f"TICKET-{FARTHEST + 1}", f"TICKET-{FARTHEST + 2}"]
    assert len(world.tickets()) == 5


def test_a_name_with_a_number_that_none_has_is_named(world: World) -> None:
    world.take(write_mail(1))
    (path,) = world.paths()
    (world.root / path).with_name(f"TICKET-{HIGHEST + 1}.md").write_text((world.root / path).read_text())
    (told,) = [each for each in fsck(world.desk) if each.code == "name-unreadable"]
    assert told.path.endswith(f"/TICKET-{HIGHEST + 1}.md")
    assert world.take(write_mail(2)).ticket == "TICKET-2"


def test_a_clash_is_settled_with_numbers_that_can_be_read(world: World) -> None:
    claims = [Claim(f"TICKET-{HIGHEST}", uid * 16, world.now) for uid in "ab"]
    assert [move.new for move in settle([*claims, Claim("TICKET-3", "c" * 16, world.now)])] == ["TICKET-4"]
    assert number_after(HIGHEST, lambda: [FARTHEST, FARTHEST + 1, HIGHEST]) == FARTHEST + 2
    assert number_after(3, list) == 4
