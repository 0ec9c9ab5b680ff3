"""Tickets that rest: until their time, until mail comes, or whatever comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from care.world import AT, World, write_mail

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.cron import cron
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.news import begin
from helpdesk_cli.desk.notices import notices_of, words_of
from helpdesk_cli.desk.snooze import read_until, snooze, wake, wake_due
from helpdesk_cli.desk.status import close, status
from helpdesk_cli.errors import UsageError
from helpdesk_cli.storage.outbox import Outbox, OutMail
from helpdesk_cli.tickets.snooze import is_asleep

if TYPE_CHECKING:
    from pathlib import Path

BERLIN = ZoneInfo("Europe/Berlin")
KIM = Actor("kim", "Kim", "kim@example.org")
# A Friday, 10:12 in Berlin.
NOW = datetime(2026, 11, 20, 9, 12, 41, tzinfo=UTC)
AUTO = (("Auto-Submitted", "auto-replied"),)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World.make(tmp_path / "desk")
    made.take(write_mail(1))
    return made


def asleep(world: World, *, keep: bool = False, until: datetime = AT + timedelta(days=3)) -> None:
    outcome = snooze(world.desk, ["1"], until, keep=keep, actor=KIM)
    assert not outcome.errors


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("3d", "2026-11-23 10:12"),
        ("+3d", "2026-11-23 10:12"),
        ("4h", "2026-11-20 14:12"),
        ("1w", "2026-11-27 10:12"),
        ("monday", "2026-11-23 08:00"),
        ("Mon", "2026-11-23 08:00"),
        ("monday 9:00", "2026-11-23 09:00"),
        ("next monday 9:00", "2026-11-23 09:00"),
        ("friday at 17:30", "2026-11-20 17:30"),
        ("friday 9:00", "2026-11-27 09:00"),
        ("friday", "2026-11-27 08:00"),
        ("tomorrow", "2026-11-21 08:00"),
        ("tomorrow 14.05", "2026-11-21 14:05"),
        ("17:00", "2026-11-20 17:00"),
        ("9:00", "2026-11-21 09:00"),
        ("nextweek", "2026-11-23 08:00"),
        ("2026-12-01", "2026-12-01 08:00"),
        ("2026-12-01 14:30", "2026-12-01 14:30"),
        ("2026-12-01T14:30", "2026-12-01 14:30"),
        ("2027-03-28 03:30", "2027-03-28 03:30"),
        ("2027-10-31", "2027-10-31 08:00"),
    ],
)
def test_when_people_mean(text: str, local: str) -> None:
    found = read_until(text, NOW, BERLIN, hour="08:00").astimezone(BERLIN)
    assert f"{found:%Y-%m-%d %H:%M}" == local


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("yesterday", "is past"),
        ("today", "is past"),
        ("2026-11-20 10:12", "is past"),
        ("0h", "is past"),
        ("2062-12-01", "more than three years"),
        ("99999999y", "is no date"),
        ("soon", "is no date"),
        ("monday 25:00", "is no date"),
        ("", "is no date"),
    ],
)
def test_what_is_no_time_to_come(text: str, fact: str) -> None:
    with pytest.raises(UsageError, match=fact) as caught:
        read_until(text, NOW, BERLIN, hour="08:00")
    assert caught.value.hint


def test_it_keeps_its_status_and_wakes_at_its_time_once(world: World) -> None:
    asleep(world)
    ticket = world.ticket("TICKET-1")
    assert (ticket.status, ticket.snoozed_until) == ("new", "2026-11-23T09:00:00Z")
    assert is_asleep(ticket, world.now)
    early = world.later(days=2, hours=23)
    assert wake_due(early.desk) == []
    assert early.ticket("TICKET-1") == ticket
    due = world.later(days=3)
    assert wake_due(due.desk) == []
    woken = due.ticket("TICKET-1")
    assert (woken.status, woken.snoozed_until) == ("new", "")
    assert woken.events[-1].facts == (("woke", "due"),)
    assert wake_due(due.desk) == []
    assert due.ticket("TICKET-1") == woken


def test_whose_it_is_hears_of_it(world: World) -> None:
    text = (world.root / "desk.yaml").read_text()
    (world.root / "desk.yaml").write_text(
        text.replace("agents:", "agents:\n  kim:\n    email: kim@example.org", 1)
        if "agents:\n" in text
        else f"{text}\nagents:\n  kim:\n    email: kim@example.org\n"
    )
    begin(world.desk)
    with_kim = world.later(minutes=1)
    path = with_kim.root / with_kim.paths()[0]
    path.write_text(path.read_text().replace("requester:", "assignee: kim\nrequester:", 1))
    asleep(with_kim)
    due = world.later(days=4)
    cron(due.root, now=due.now)
    ran = cron(due.root, now=due.now)
    assert not ran.problems, ran.problems
    ticket = due.ticket("TICKET-1")
    (notice,) = notices_of(ticket, ticket.events[-1], due.desk.settings)
    assert (notice.agent, notice.kind) == ("kim", "woke")
    assert "time has come" in words_of(ticket, notice)
    outbox = Outbox(due.desk.layout)
    mails = [mail for _, mail in outbox.items() if isinstance(mail, OutMail)]
    told = [mail.name for mail in mails if b"time has come" in outbox.data(mail.name)]
    assert len(told) == 1


def test_the_customer_wakes_it(world: World) -> None:
    status(world.desk, ["1"], "pending", actor=KIM)
    asleep(world)
    world.later(hours=1).take(write_mail(2, answers=1))
    ticket = world.ticket("TICKET-1")
    assert (ticket.status, ticket.snoozed_until) == ("open", "")
    assert ("woke", "mail") in ticket.events[-1].facts


def test_neither_machines_nor_thanks_wake_it(world: World) -> None:
    asleep(world)
    world.later(hours=1).take(write_mail(2, answers=1, headers=AUTO))
    world.later(hours=2).take(write_mail(3, answers=1, text="Thank you!\n"))
    ticket = world.ticket("TICKET-1")
    assert (len(ticket.messages), ticket.snoozed_until) == (3, "2026-11-23T09:00:00Z")


def test_what_shall_rest_whatever_comes_rests_on(world: World) -> None:
    status(world.desk, ["1"], "pending", actor=KIM)
    asleep(world, keep=True)
    world.later(hours=1).take(write_mail(2, answers=1))
    ticket = world.ticket("TICKET-1")
    assert (ticket.status, ticket.snoozed_until, ticket.snooze_on_reply) == (
        "pending",
        "2026-11-23T09:00:00Z",
        "keep",
    )
    wake_due(world.later(days=3).desk)
    assert world.ticket("TICKET-1").snooze_on_reply == ""


def test_it_is_woken_by_hand(world: World) -> None:
    asleep(world, keep=True)
    assert wake(world.desk, ["1"], actor=KIM).unchanged == []
    assert world.ticket("TICKET-1").snoozed_until == ""
    assert wake(world.desk, ["1"], actor=KIM).unchanged == ["TICKET-1"]


def test_what_is_done_is_not_snoozed_and_wakes_nobody(world: World) -> None:
    asleep(world)
    close(world.desk, ["1"], actor=KIM)
    wake_due(world.later(days=3).desk)
    ticket = world.ticket("TICKET-1")
    assert (ticket.status, ticket.snoozed_until) == ("closed", "")
    assert ticket.events[-1].facts == (("woke", "done"),)
    outcome = snooze(world.desk, ["1"], AT + timedelta(days=9), actor=KIM)
    ((_, error),) = outcome.errors
    assert str(error).startswith("TICKET-1: is closed: there is nothing to wake up for. `desk reopen 1`")


def test_a_time_that_a_hand_wrote_and_nobody_can_read_hides_nothing(world: World) -> None:
    path = world.root / world.paths()[0]
    path.write_text(path.read_text().replace("requester:", "snoozed-until: when pigs fly\nrequester:", 1))
    assert not is_asleep(world.ticket("TICKET-1"), world.now)
    open_index(world.desk, full=True).close()
    wake_due(world.later(minutes=1).desk)
    assert world.ticket("TICKET-1").snoozed_until == ""
