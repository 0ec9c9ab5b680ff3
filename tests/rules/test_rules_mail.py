"""The rules of a mail that comes in, on a real desk: written with it, named by git, never in its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from care.world import LIVE, World, write_mail

from helpdesk_cli.channels.sources import find_mail
from helpdesk_cli.desk import rules_mail
from helpdesk_cli.desk.ingest_many import ingest_many
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.desk.record import Door
from helpdesk_cli.desk.rules_explain import explain_ticket
from helpdesk_cli.desk.rules_files import own_book
from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.mail.received import Envelope
from helpdesk_cli.storage import pending
from helpdesk_cli.storage.index import Index

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.tickets.ticket import Ticket

RULES = """\
rules:
- name: billing words
  event: created
  when: subject:request new-text:/invoice|vat/
  do:
  - team: billing
  - tag: invoice
  - priority: high
- name: high is urgent for billing
  event: created
  when: team:billing priority:high
  do: [{tag: seen}]
  stop: yes
- name: never asked
  event: created
  do: [{tag: never}]
- name: further mail
  event: customer-replied
  when: header.x-kind:special recipient:billing@example.com
  do: [{note: look here}]
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World.make(tmp_path / "desk")
    (made.root / "rules.yaml").write_text(RULES)
    return made


def events_of(ticket: Ticket) -> list[tuple[str, list[str]]]:
    return [(event.by, [fact for fact, _ in event.facts if fact != "policy"]) for event in ticket.events]


def test_the_rules_of_a_mail_are_in_the_ticket_with_it(world: World) -> None:
    world.take(write_mail(1, text="About the invoice\n"))
    (ticket,) = world.tickets()
    assert (ticket.team, ticket.priority, ticket.tags) == ("billing", "high", ("invoice", "seen"))
    assert [event.by for event in ticket.events] == [
        "mail",
        "rule billing words",
        "rule high is urgent for billing",
    ]


def test_git_names_the_rule(world: World) -> None:
    world.take(write_mail(1, text="About the invoice\n"))
    told = world.git("log", "-3", "--format=%an|%s|%(trailers:key=Desk-Rule,valueonly,separator=%x2C)")
    second, first, mail = (line.split("|") for line in told.splitlines())
    assert mail == ["Example support desk", "TICKET-1: opened by a mail", ""]
    assert first[0] == "rule billing words"
    assert first[1].startswith("TICKET-1: rule billing words: team billing, tags +invoice, prio")
    assert first[2] == "billing words"
    assert second[::2] == ["rule high is urgent for billing", "high is urgent for billing"]
    (path,) = world.paths()
    blame = world.git("blame", "--line-porcelain", path).split("\tpriority: high")[0]
    assert "author rule billing words" in blame.rpartition("\nfilename ")[0].rpartition("\n\t")[2]
    assert world.status() == " M rules.yaml\n"


def test_a_mail_that_joins_sets_off_what_waits_for_replies(world: World) -> None:
    world.take(write_mail(1))
    answer = write_mail(2, answers=1, headers=(("X-Kind", "very special"),))
    world.take(answer, Options(Envelope(None, ("billing@example.com",)), live=True))
    (ticket,) = world.tickets()
    assert ticket.events[-1].by == "rule further mail"
    assert ticket.messages[1].headers[-1] == ("x-kind", "very special")
    assert ("recipient", "billing@example.com") in ticket.messages[1].other


def test_an_import_asks_no_rules(world: World) -> None:
    world.take(write_mail(1, text="About the invoice\n"), Options())
    assert [event.by for event in world.ticket("TICKET-1").events] == ["mail"]


@pytest.mark.parametrize("text", ["rules: [", "rules:\n- name: x\n", "\x00", "rules:\n- &a [*a, *a]\n"])
def test_a_broken_file_stops_no_mail(world: World, text: str) -> None:
    (world.root / "rules.yaml").write_text(text)
    assert world.take(write_mail(1, text="About the invoice\n")).outcome == "created"
    (ticket,) = world.tickets()
    assert (ticket.team, ticket.priority) == ("", "medium")
    assert events_of(ticket)[-1] == ("rules", ["rules-late"])
    assert "rules.yaml" in ticket.events[-1].all_facts("rules-late")[0]


def test_a_rule_that_raises_stops_no_mail(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RecursionError("in a rule")

    monkeypatch.setattr(rules_mail, "decide", fail)
    world.take(write_mail(1, text="About the invoice\n"))
    (ticket,) = world.tickets()
    assert events_of(ticket)[-1] == ("rules", ["rules-late"])


def test_a_mistake_in_reading_rules_stops_no_mail(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise RecursionError("in rules.yaml")

    with (world.root / "rules.yaml").open("a") as file:
        file.write("# touched: there is no copy of these rules\n")
    monkeypatch.setattr("helpdesk_cli.desk.rules_reading.outline", fail)
    world.take(write_mail(1, text="About the invoice\n"))
    (ticket,) = world.tickets()
    (fact,) = ticket.events[-1].all_facts("rules-late")
    assert "RecursionError in " in fact


def test_rules_that_take_too_long_stop_no_mail(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpdesk_cli.desk.rules_around.time.monotonic", iter(range(0, 1000, 3)).__next__)
    world.take(write_mail(1, text="About the invoice\n"))
    (ticket,) = world.tickets()
    (fact,) = ticket.events[-1].all_facts("rules-late")
    assert fact.endswith("the rules take too long over one mail")


def test_rules_in_which_desk_died_are_not_asked_again_at_the_door(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class DiedError(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise DiedError

    with monkeypatch.context() as killed:
        # What a kill leaves: nothing runs after it.
        killed.setattr(rules_mail, "decide", die)
        killed.setattr(rules_mail._Attempt, "end", lambda _: None)  # noqa: SLF001 - the kill itself
        with pytest.raises(DiedError):
            world.take(write_mail(1, text="About the invoice\n"))
    assert world.tickets() == []
    assert world.take(write_mail(1, text="About the invoice\n")).outcome == "created"
    (ticket,) = world.tickets()
    assert events_of(ticket)[-1] == ("rules", ["rules-late"])
    assert not list((world.state / "tmp").glob("rules-*"))


def test_a_mail_a_second_time_asks_no_rules_a_second_time(world: World) -> None:
    mail = write_mail(1, text="About the invoice\n")
    world.take(mail)
    before = world.ticket("TICKET-1")
    assert world.later(minutes=5).take(mail, LIVE).outcome == "duplicate"
    assert world.ticket("TICKET-1") == before


@pytest.mark.parametrize("place", ["_put_file", "together", "flush"])
def test_whoever_dies_while_writing_leaves_all_or_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    class DiedError(BaseException):
        pass

    died: list[str] = []

    def die(*_: object, **__: object) -> None:
        died.append(place)
        raise DiedError

    mail = write_mail(1, text="About the invoice\n")
    targets = {
        "_put_file": (Door, "_put_file"),
        "together": (pending.Queue, "put"),
        "flush": (Index, "put"),
    }
    with monkeypatch.context() as killed:
        killed.setattr(*targets[place], die)
        with pytest.raises(DiedError):
            world.take(mail)
    assert died == [place]
    left = world.tickets()
    assert [ticket.tags for ticket in left] in ([], [("invoice", "seen")])
    world.take(mail)
    (ticket,) = world.tickets()
    assert [event.by for event in ticket.events] == [
        "mail",
        "rule billing words",
        "rule high is urgent for billing",
    ]
    assert ticket.tags == ("invoice", "seen")


def test_a_batch_of_live_mail_has_its_rules(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "mails"
    folder.mkdir()
    for number in range(1, 4):
        (folder / f"{number}.eml").write_bytes(write_mail(number, text="About the invoice\n"))
    (folder / "4.eml").write_bytes(write_mail(4, answers=1, headers=(("X-Kind", "special"),)))
    done = list(ingest_many(world.desk, find_mail(folder), LIVE))
    assert [each.outcome for each in done] == ["created", "created", "created", "appended"]
    assert [ticket.tags for ticket in world.tickets()] == [("invoice", "seen")] * 3
    # Each rule has a commit of its own here, too.
    assert sum("rule billing words" in subject for subject in world.subjects()) == 3
    assert world.status() == " M rules.yaml\n"


ALERTS = """\
rules:
- name: alerts
  event: created
  when: from:nagios@monitoring.example.com
  do:
  - dedupe: {by: 'subject:/alert: (.+) is/'}
  - team: technical
  - notify: team
  stop: yes
- name: noise
  event: created
  when: from:monitoring.example.com
  do: [{status: closed}]
- name: told
  event: created
  do: [{notify: lee}]
"""


def alert(number: int) -> bytes:
    mail = write_mail(number, sender="nagios@monitoring.example.com")
    return mail.replace(f"Request {number}".encode(), b"alert: disk is full")


@pytest.mark.parametrize("how", ["set aside", "late"])
def test_mail_that_was_set_aside_has_its_rules_but_tells_nobody(world: World, how: str) -> None:
    """Of a rule that tells somebody, too, all else holds: what it joins, where it goes, and its `stop`."""
    (world.root / "rules.yaml").write_text(ALERTS)
    late = world.later(days=5)
    options = Options(came_at=world.now) if how == "set aside" else LIVE
    for number in range(1, 4):
        late.take(alert(number), options)
    late.take(write_mail(4), options)
    ticket, other = world.tickets()
    assert len(ticket.messages) == 3
    assert (ticket.team, ticket.status) == ("technical", "new")
    assert {event.by for event in ticket.events} == {"mail", "rule alerts"}
    assert [event.by for event in other.events] == ["mail"]
    assert not [each for event in ticket.events for each in event.all_facts("notify")]
    # The next one that comes in time joins it as well.
    nagios = alert(5).replace(b"Date: Fri, 20 Nov", b"Date: Wed, 25 Nov")
    assert late.take(nagios).ticket == ticket.id


def test_why_a_rule_of_an_old_mail_tells_nobody_is_said(world: World) -> None:
    (world.root / "rules.yaml").write_text(ALERTS)
    late = world.later(days=5)
    late.take(alert(1))
    alerts, noise, told = explain_ticket(late.desk, own_book(late.desk), "1").told
    assert (alerts.verdict, alerts.left) == ("acted", ("notify team",))
    assert not any("told" in line for line in alerts.effects.lines) if alerts.effects else False
    assert (noise.verdict, noise.by) == ("stopped", "alerts")
    assert (told.verdict, told.by) == ("stopped", "alerts")


@pytest.mark.parametrize("batch", [False, True])
def test_what_rules_cannot_write_stops_no_mail(
    world: World, monkeypatch: pytest.MonkeyPatch, *, batch: bool
) -> None:
    mail = write_mail(1, text="About the invoice\n")
    real, calls = Door.alter, []

    def alter(*args: object, **named: object) -> object:
        # The first rule's change still fits, the second's does not.
        calls.append(args)
        if len(calls) == 2:
            raise InvalidFileError("the ticket file would be larger than 64 MB")
        return real(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Door, "alter", alter)
    if batch:
        path = world.root / "mail.eml"
        path.write_bytes(mail)
        assert [each.outcome for each in ingest_many(world.desk, find_mail(path), LIVE)] == ["created"]
    else:
        assert world.take(mail).outcome == "created"
    assert len(calls) == 2
    (ticket,) = world.tickets()
    assert [event.by for event in ticket.events] == ["mail", "rules"]
    assert (ticket.team, ticket.tags) == ("", ())
    assert not any("rule billing" in subject for subject in world.subjects())
