"""Mails that are written against rules (RELIABILITY T24, T46): none stops, stalls or fools anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from care.world import LIVE, World, write_mail

from helpdesk_cli.rules.conditions import LONGEST
from helpdesk_cli.tickets.escapes import make_visible

if TYPE_CHECKING:
    from pathlib import Path

RULES = """\
rules:
- {name: bomb, event: created, when: 'subject:/(a+)+$/ OR new-text:/(x+x+)+y/', do: [{tag: bomb}]}
- {name: head, event: created, when: 'header.x-evil:boss', do: [{tag: head}]}
- name: alerts
  event: created
  when: from:nagios@monitor.example
  do:
  - dedupe: {by: 'subject:/alert (.+) is/', recovered: 'subject:/recovery/'}
  - notify: dana
"""


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World.make(tmp_path_factory.mktemp("hostile") / "desk")
    (world.root / "rules.yaml").write_text(RULES)
    return world


@pytest.mark.parametrize(
    "mail",
    [
        pytest.param(write_mail(1).replace(b"Request 1", b"a" * 10_000_000 + b"!"), id="subject of 10 MB"),
        pytest.param(write_mail(2, text="x" * 2_000_000), id="two million x"),
        pytest.param(write_mail(3, text="> " * 500_000), id="quotes"),
    ],
)
def test_no_mail_makes_rules_run_long(fresh: World, mail: bytes) -> None:
    # What backtracks would not come to an end.
    assert fresh.take(mail).outcome == "created"
    ticket = max(fresh.tickets(), key=lambda each: each.number)
    assert not any(event.all_facts("rules-late") for event in ticket.events)


def test_only_so_much_of_a_mail_is_looked_at(fresh: World) -> None:
    text = "word " * (LONGEST // 5) + "xxxxy"
    fresh.take(write_mail(4, text=text))
    assert "bomb" not in max(fresh.tickets(), key=lambda each: each.number).tags


def test_a_header_with_control_characters_is_seen_and_harmless(fresh: World) -> None:
    mail = write_mail(5).replace(b"Subject:", b"X-Evil: \x1b[31mBOSS\x07\x00 =?utf-8?q?=0ax?=\r\nSubject:")
    fresh.take(mail)
    ticket = max(fresh.tickets(), key=lambda each: each.number)
    assert ticket.tags == ("head",)
    path = next(path for path in fresh.paths() if path.endswith(f"{ticket.id}.md"))
    text = (fresh.root / path).read_text()
    assert make_visible(text) == text


def alert(number: int, subject: str, sender: str = "nagios@monitor.example") -> bytes:
    mail = write_mail(number, sender=sender, headers=(("Auto-Submitted", "auto-generated"),))
    return mail.replace(b"Request %d" % number, subject.encode())


def test_a_storm_stays_one_ticket(tmp_path: Path) -> None:
    world = World.make(tmp_path / "desk")
    (world.root / "rules.yaml").write_text(RULES)
    for number in range(1, 7):
        world.later(minutes=number).take(alert(number, "** PROBLEM alert web01/HTTP is CRITICAL **"))
    world.later(minutes=21).take(alert(21, "** PROBLEM alert db/disk is CRITICAL **"))
    world.later(minutes=22).take(alert(22, "** RECOVERY alert web01/HTTP is OK **"))
    web, disk = world.tickets()
    assert (len(web.messages), web.status) == (7, "resolved")
    assert (len(disk.messages), disk.status) == (1, "new")
    assert {message.threaded_by for message in web.messages} == {"new", "alert"}
    # Somebody is told once, not six times.
    assert [event.all_facts("notify") for event in web.events if event.all_facts("notify")] == [["dana"]]
    # It fails again at once: the same ticket; much later: another.
    world.later(minutes=40).take(alert(23, "** PROBLEM alert web01/HTTP is CRITICAL **"))
    assert world.ticket("TICKET-1").status == "open"
    world.later(minutes=45).take(alert(24, "** RECOVERY alert web01/HTTP is OK **"))
    world.later(hours=9).take(alert(25, "** PROBLEM alert web01/HTTP is CRITICAL **"))
    assert len(world.tickets()) == 3
    assert world.status() == " M rules.yaml\n"


def test_a_stranger_resolves_no_alert(tmp_path: Path) -> None:
    world = World.make(tmp_path / "desk")
    (world.root / "rules.yaml").write_text(RULES)
    world.take(alert(1, "** PROBLEM alert web01 is CRITICAL **"))
    world.take(alert(2, "** RECOVERY alert web01 is OK **", sender="mallory@example.net"), LIVE)
    assert [ticket.status for ticket in world.tickets()] == ["new", "new"]


def test_a_name_that_is_no_text_costs_nobody_a_mail(fresh: World) -> None:
    for number, key in ((30, "\udcff\x00"), (31, "x" * 5000), (32, "' OR 1=1 --")):
        subject = f"** PROBLEM alert {key} is CRITICAL **".encode("utf-8", "surrogateescape")
        mail = write_mail(number, sender="nagios@monitor.example").replace(b"Request %d" % number, subject)
        assert fresh.take(mail).outcome == "created"
        assert fresh.take(mail.replace(b"<m%d@" % number, b"<n%d@" % number)).outcome in {
            "appended",
            "created",
        }
