"""A clock that steps back or jumps for years: order holds where it can, nothing is lost. DECISIONS 42."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.note import note
from helpdesk_cli.desk.overview import overview
from helpdesk_cli.desk.status import status
from helpdesk_cli.tickets.entries import Event, Message, Note
from helpdesk_cli.tickets.times import next_time, read_time, write_time

if TYPE_CHECKING:
    from care.world import World

DANA = Actor("dana", "Dana Davis", "dana@example.com")
TEN_YEARS = timedelta(days=3652)


def mail(number: int, *, date: str = "") -> bytes:
    answers = f"In-Reply-To: <m{number - 1}@example.org>\n" if number else ""
    dated = f"Date: {date}\n" if date else ""
    return (
        f"From: ada@example.org\nTo: support@example.com\nSubject: Help\n{dated}"
        f"Message-ID: <m{number}@example.org>\n{answers}\nText {number}\n"
    ).encode()


@pytest.mark.parametrize(
    "step", [timedelta(), timedelta(seconds=-1), timedelta(hours=-1), timedelta(hours=-23)]
)
def test_a_clock_that_steps_back_reorders_nothing(world: World, step: timedelta) -> None:
    """A wrong clock set right, or the end of summer time on a machine that keeps local time."""
    assert world.take(mail(0)).ticket == "TICKET-1"
    after = world.later(seconds=step.total_seconds())
    assert after.take(mail(1)).ticket == "TICKET-1"
    note(after.desk, ["1"], "Seen.", actor=DANA)
    status(after.desk, ["1"], "pending", actor=DANA)
    entries = after.ticket("TICKET-1").entries
    assert [type(entry) for entry in entries] == [Message, Event, Message, Note, Event]
    assert [entry.text.strip() for entry in entries if isinstance(entry, Message)] == ["Text 0", "Text 1"]
    assert all(earlier.at < later.at for earlier, later in pairwise(entries))


@pytest.mark.parametrize("jump", [TEN_YEARS, -TEN_YEARS])
def test_a_clock_that_jumps_years_loses_nothing(world: World, jump: timedelta) -> None:
    assert world.take(mail(0)).ticket == "TICKET-1"
    elsewhen = world.later(seconds=jump.total_seconds())
    assert elsewhen.take(mail(1)).ticket == "TICKET-1"
    back = world.later(minutes=5)
    assert back.take(mail(2)).ticket == "TICKET-1"
    messages = back.ticket("TICKET-1").messages
    assert sorted(message.text.strip() for message in messages) == ["Text 0", "Text 1", "Text 2"]
    # What is said now happens now: one wrong moment does not carry what follows with it.
    assert messages[-1 if jump < timedelta() else 1].at - back.now < timedelta(seconds=1)
    seen = overview(back.desk)
    assert (len(seen.need_us), seen.problems) == (1, ())


@pytest.mark.parametrize(
    "date", ["Fri, 31 Dec 2049 23:59:59 +0000", "Thu, 1 Jan 1970 00:00:00 +0000", "nonsense"]
)
def test_what_a_mail_says_of_its_time_orders_nothing_live(world: World, date: str) -> None:
    world.take(mail(0, date=date))
    world.later(minutes=1).take(mail(1))
    messages = world.ticket("TICKET-1").messages
    assert [message.text.strip() for message in messages] == ["Text 0", "Text 1"]
    assert messages[0].at == world.now


def test_the_next_moment_is_later_than_the_last() -> None:
    now = read_time("2026-11-21T12:00:00.400Z")
    said = [write_time(now.replace(microsecond=0))]
    for _ in range(3):
        said.append(write_time(next_time(now, read_time(said[-1]))))
    assert said == [
        "2026-11-21T12:00:00Z",
        "2026-11-21T12:00:00.001Z",
        "2026-11-21T12:00:00.002Z",
        "2026-11-21T12:00:00.003Z",
    ]
    assert next_time(now, now + timedelta(hours=23)) == now + timedelta(hours=23, milliseconds=1)
    assert next_time(now, now + timedelta(hours=25)) == now.replace(microsecond=0)
    assert next_time(now, None) == now.replace(microsecond=0)
