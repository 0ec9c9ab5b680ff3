"""Tickets that become one, and two again: nothing is lost, nobody gets more mail, later mail follows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail
from moved import BOB, DANA, PDF, answer, furnish, is_well, texts

from helpdesk_cli.desk import bulk
from helpdesk_cli.desk.fields import set_fields
from helpdesk_cli.desk.linking import link
from helpdesk_cli.desk.merge_settle import settle, settle_merges
from helpdesk_cli.desk.merging import merge, plan_merge, unmerge_each
from helpdesk_cli.desk.new import Draft, new
from helpdesk_cli.desk.note import note
from helpdesk_cli.desk.outbox import heal
from helpdesk_cli.desk.outbox_list import listing
from helpdesk_cli.desk.redacting import Wish, redact
from helpdesk_cli.desk.reply_plan import plan_reply
from helpdesk_cli.desk.show import attachment_content
from helpdesk_cli.desk.snooze import snooze
from helpdesk_cli.desk.splitting import split
from helpdesk_cli.desk.status import close, status
from helpdesk_cli.desk.tag import tag
from helpdesk_cli.desk.undo import plan_undo, undo
from helpdesk_cli.errors import ConflictError, UsageError
from helpdesk_cli.storage.outbox import Outbox, OutMail
from helpdesk_cli.tickets.entries import Message, Tombstone, origin_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    return furnish(World.make(tmp_path / "desk"))


def test_the_whole_conversation_stands_in_one_file_in_order(world: World) -> None:
    tag(world.desk, ["1"], added=("a",), actor=DANA)
    tag(world.desk, ["2"], added=("b",), actor=DANA)
    before = world.ticket("TICKET-2")
    is_well(world, merge(world.desk, ["1", "2", "3"], actor=DANA))
    ticket = world.ticket("TICKET-1")
    assert texts(world, "TICKET-1") == [
        "This is what mail 1 says.",
        "This is what mail 2 says.",
        "This is what mail 3 says.",
        "Bob called.",
        "Mended.",
    ]
    assert ticket.tags == ("a", "b")
    assert (ticket.requester.email, [person.email for person in ticket.cc]) == (
        "ada@customer.example",
        ["bob@customer.example"],
    )
    assert "bob@customer.example" in ticket.participants
    stub = world.ticket("TICKET-2")
    assert (stub.status, stub.merged_into, texts(world, "TICKET-2")) == ("merged", "TICKET-1", [])
    assert [entry.reason for _, entry in stub.numbered if isinstance(entry, Tombstone)] == [
        "merged into TICKET-1",
        "merged into TICKET-1",
    ]
    said = {entry.id for entry in before.entries}
    assert {origin_of(entry) for entry in (*ticket.entries, *stub.entries)} >= said
    file, content = attachment_content(world.desk, "1", 1)
    assert (file.filename, content) == ("invoice.pdf", PDF)


def test_all_of_it_is_one_operation_with_a_commit_a_ticket(world: World) -> None:
    outcome = merge(world.desk, ["1", "2"], actor=DANA)
    body = world.git("log", "-2", "--format=%s%n%b")
    assert body.count(f"Desk-Op: {outcome.op}") == 2
    assert world.subjects()[-2:] == ["TICKET-1: TICKET-2 merged into it", "TICKET-2: merged into TICKET-1"]


def test_a_dry_run_writes_nothing(world: World) -> None:
    before = {path: (world.root / path).read_bytes() for path in world.paths()}
    outcome = merge(world.desk, ["1", "2", "3"], actor=DANA, dry_run=True)
    assert len(outcome.recorded) == 4
    assert all(changed.diff for changed in outcome.recorded)
    assert before == {path: (world.root / path).read_bytes() for path in world.paths()}


@pytest.mark.parametrize(
    "headers",
    [
        (("In-Reply-To", "<m2@customer.example>"),),
        (("References", "<m2@customer.example> <m9@x>"),),
        (("In-Reply-To", "OUR ANSWER"),),
        (("Subject", "Re: [TICKET-2] Request 2"),),
    ],
)
def test_later_mail_to_a_merged_ticket_goes_where_it_went(
    world: World, headers: tuple[tuple[str, str], ...]
) -> None:
    (ours,) = (each for each in world.ticket("TICKET-2").messages if each.direction == "out")
    merge(world.desk, ["1", "2"], actor=DANA)
    given = tuple((name, value.replace("OUR ANSWER", f"<{ours.message_id}>")) for name, value in headers)
    mail = write_mail(7, sender=BOB, headers=[each for each in given if each[0] != "Subject"])
    for name, value in given:
        if name == "Subject":
            mail = mail.replace(b"Subject: Request 7", f"Subject: {value}".encode())
    done = world.later(hours=1).take(mail)
    assert (done.outcome, done.ticket) == ("appended", "TICKET-1")
    assert len(world.paths()) == 3


def test_a_mail_that_was_moved_and_is_delivered_again_adds_nothing(world: World) -> None:
    merge(world.desk, ["1", "2"], actor=DANA)
    before = world.ticket("TICKET-1")
    mail = write_mail(2, sender=BOB, attachment=PDF)
    for again in (mail, b"Received: from elsewhere\n" + mail):
        done = world.later(hours=1).take(again)
        assert (done.outcome, done.ticket, done.message) == ("duplicate", "TICKET-1", 2)
    unmerge_each(world.desk, ["2"], actor=DANA)
    done = world.later(hours=2).take(b"Received: from farther\n" + mail)
    assert (done.outcome, done.ticket, done.message) == ("duplicate", "TICKET-2", 1)
    assert len(world.ticket("TICKET-1").messages) == len(before.messages) - 2
    is_well(world)


def test_an_answer_goes_to_nobody_new_unasked(world: World) -> None:
    merge(world.desk, ["1", "2"], actor=DANA)
    plan = plan_reply(world.desk, "1", actor=DANA)
    assert [person.email for person in (*plan.circle.to, *plan.circle.cc)] == ["ada@customer.example"]
    assert "bob@customer.example" in [offer.person.email for offer in plan.circle.offered]
    assert "bob@customer.example" not in plan.circle.known
    unmerge_each(world.desk, ["2"], actor=DANA)
    plan = plan_reply(world.desk, "2", actor=DANA)
    assert [person.email for person in plan.circle.to] == ["bob@customer.example"]


def test_different_requesters_are_told_apart_before(world: World) -> None:
    plan = plan_merge(world.desk, ["1", "2", "3"], actor=DANA)
    assert [ticket.id for ticket in plan.from_others] == ["TICKET-2"]
    merge(world.desk, ["1", "2"], actor=DANA)
    assert plan_merge(world.desk, ["1", "2", "3"], actor=DANA).from_others == ()


def test_what_waits_in_the_outbox_is_still_sent_and_told_of(world: World) -> None:
    (mail,) = listing(world.desk).mails
    merge(world.desk, ["1", "2"], actor=DANA)
    heal(world.later(hours=1).desk, settled=0)
    heal(world.later(hours=2).desk, settled=0)
    outbox = Outbox(world.desk.layout)
    records = [each for _, each in outbox.items() if isinstance(each, OutMail)]
    assert [(each.name, each.state) for each in records] == [(mail.name, "queued")]
    (shown,) = listing(world.desk).mails
    assert (shown.ticket, shown.state, shown.name) == ("TICKET-1", "queued", mail.name)
    ticket = world.ticket("TICKET-1")
    (message,) = (each for each in ticket.messages if each.direction == "out")
    assert message.delivery == "queued"


def test_what_the_outbox_says_is_told_in_the_ticket_that_has_it(world: World) -> None:
    merge(world.desk, ["1", "2"], actor=DANA)
    outbox = Outbox(world.desk.layout)
    (mail,) = (each for _, each in outbox.items() if isinstance(each, OutMail))
    outbox.put(type(mail)(**{**_fields(mail), "state": "failed", "why": "no such user", "told": False}))
    heal(world.later(hours=1).desk, settled=0)
    heal(world.later(hours=2).desk, settled=0)
    ticket = world.ticket("TICKET-1")
    (message,) = (each for each in ticket.messages if each.direction == "out")
    told = [fact for event in ticket.events for fact in event.all_facts("delivery")]
    assert told == [f"{message.id} failed no such user"]


def _fields(mail: OutMail) -> dict[str, object]:
    return {name: getattr(mail, name) for name in OutMail.__slots__}


def test_an_answer_in_a_merged_ticket_is_refused(world: World) -> None:
    merge(world.desk, ["1", "2"], actor=DANA)
    with pytest.raises(UsageError, match="was merged into TICKET-1"):
        plan_reply(world.desk, "2", actor=DANA)
    ((_, error),) = status(world.desk, ["2"], "open", actor=DANA).errors
    assert "was merged into TICKET-1" in str(error)


def test_what_needs_us_makes_the_other_need_us(world: World) -> None:
    close(world.desk, ["1"], actor=DANA)
    merge(world.desk, ["1", "3"], actor=DANA)
    assert world.ticket("TICKET-1").status == "open"
    unmerge_each(world.desk, ["3"], actor=DANA)
    assert (world.ticket("TICKET-1").status, world.ticket("TICKET-3").status) == ("closed", "new")


def test_a_snoozed_ticket_wakes_and_a_snoozed_stub_does_not_sleep(world: World) -> None:
    snooze(world.desk, ["1", "3"], world.now + timedelta(days=3), actor=DANA)
    merge(world.desk, ["1", "3"], actor=DANA)
    assert (world.ticket("TICKET-1").snoozed_until, world.ticket("TICKET-3").snoozed_until) == ("", "")


def test_circles_and_what_is_merged_already_are_refused_with_a_remedy(world: World) -> None:
    merge(world.desk, ["1", "2"], actor=DANA)
    with pytest.raises(ConflictError, match=r"was merged into TICKET-1 itself.*Nothing is left"):
        merge(world.desk, ["2", "1"], actor=DANA)
    with pytest.raises(ConflictError, match=r"desk merge TICKET-1 TICKET-3"):
        merge(world.desk, ["2", "3"], actor=DANA)
    ((_, error),) = merge(world.desk, ["3", "2"], actor=DANA).errors
    assert "`desk merge 3 TICKET-1`" in str(error)
    with pytest.raises(UsageError, match="two tickets"):
        merge(world.desk, ["1", "TICKET-1"], actor=DANA)
    assert merge(world.desk, ["1", "2"], actor=DANA).unchanged == ["TICKET-2"]


def test_what_was_merged_can_be_merged_on_and_comes_back_from_there(world: World) -> None:
    merge(world.desk, ["1", "2"], actor=DANA)
    is_well(world, merge(world.desk, ["3", "1"], actor=DANA))
    assert len(texts(world, "TICKET-3")) == 5
    done = world.later(hours=1).take(write_mail(8, sender=BOB, answers=2))
    assert done.ticket == "TICKET-3"
    is_well(world, unmerge_each(world.desk, ["2"], actor=DANA))
    assert texts(world, "TICKET-2") == ["This is what mail 2 says.", "Bob called.", "Mended."]
    is_well(world, unmerge_each(world.desk, ["1"], actor=DANA))
    assert texts(world, "TICKET-1") == ["This is what mail 1 says."]
    assert texts(world, "TICKET-3") == ["This is what mail 3 says.", "This is what mail 8 says."]


def test_taken_apart_everything_is_as_it_was(world: World) -> None:
    tag(world.desk, ["2"], added=("b",), actor=DANA)
    before = {name: world.ticket(name) for name in ("TICKET-1", "TICKET-2")}
    said = {name: texts(world, name) for name in before}
    for _ in range(3):
        is_well(world, merge(world.desk, ["1", "2"], actor=DANA))
        is_well(world, unmerge_each(world.desk, ["2"], actor=DANA))
        for name, ticket in before.items():
            now = world.ticket(name)
            for field in ("status", "assignee", "tags", "cc", "merged_into", "requester", "priority"):
                assert getattr(now, field) == getattr(ticket, field), (name, field)
            assert texts(world, name) == said[name]
    numbers = dict(world.ticket("TICKET-2").numbered)
    assert [entry.kind for entry in numbers.values()] == ["message", "message"]
    (message,) = (each for each in numbers.values() if isinstance(each, Message) and each.attachments)
    assert attachment_content(world.desk, "2", 1)[1] == PDF
    assert message.message_id == "m2@customer.example"


def test_taking_apart_leaves_what_others_did_since_and_says_so(world: World) -> None:
    tag(world.desk, ["2"], added=("b",), actor=DANA)
    merge(world.desk, ["1", "2"], actor=DANA)
    world.later(hours=1).take(write_mail(7, sender=BOB, answers=2))
    tag(world.desk, ["1"], removed=("b",), actor=DANA)
    tag(world.desk, ["1"], added=("b",), actor=DANA)
    outcome = unmerge_each(world.desk, ["2"], actor=DANA)
    assert outcome.remarks == ["TICKET-1: tags b was added by dana since: it stays as it is"]
    assert "This is what mail 7 says." in texts(world, "TICKET-1")
    is_well(world, outcome)


def test_a_note_on_a_stub_follows(world: World) -> None:
    merge(world.desk, ["1", "2"], actor=DANA)
    note(world.desk, ["2"], "Where did it go?", actor=DANA)
    assert settle(world.desk) == []
    assert "Where did it go?" in texts(world, "TICKET-1")
    assert texts(world, "TICKET-2") == []
    assert settle_merges(world.desk).recorded == []
    is_well(world)


def test_a_file_that_is_gone_does_not_stop_a_merge(world: World) -> None:
    (path,) = world.root.glob("tickets/*/*/TICKET-2/*")
    path.unlink()
    assert merge(world.desk, ["1", "2"], actor=DANA).errors == []
    assert len(texts(world, "TICKET-1")) == 4


def test_an_answer_after_the_merge_is_one_mail(world: World) -> None:
    merge(world.desk, ["1", "2"], actor=DANA)
    answer(world.later(hours=1), "1", "All of it is mended.")
    assert len(listing(world.desk).mails) == 2
    is_well(world)


_DIES = """
import os, signal, sys
from pathlib import Path
from care.world import World
from datetime import datetime
from moved import DANA
from helpdesk_cli.desk import merging, moving
left = moving.leave
def die(*given):
    os.kill(os.getpid(), signal.SIGKILL)
moving.leave = die
merging.merge(World(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2])).desk, ["1", "2"], actor=DANA)
"""


def test_killed_between_the_two_files_nothing_is_lost_and_the_same_again_ends_it(world: World) -> None:
    call = [sys.executable, "-c", _DIES, str(world.root), world.now.isoformat()]
    paths = os.pathsep.join([os.getcwd(), "tests", "tests/desk"])  # noqa: PTH109 - the source tree
    done = subprocess.run(call, check=False, env={**os.environ, "PYTHONPATH": paths})
    assert done.returncode == -signal.SIGKILL
    assert len(texts(world, "TICKET-1")) == 4
    assert len(texts(world, "TICKET-2")) == 3
    is_well(world, merge(world.desk, ["1", "2"], actor=DANA))
    assert len(texts(world, "TICKET-1")) == 4
    assert texts(world, "TICKET-2") == []


def back(world: World, op: str = "") -> str:
    """`desk undo [OP]`; the operation that it is."""
    outcome = undo(world.desk, plan_undo(world.desk, op, actor=DANA), actor=DANA)
    is_well(world, outcome)
    return outcome.op


def test_undo_takes_a_merge_back_and_undone_it_is_merged_again(world: World) -> None:
    said = {name: texts(world, name) for name in ("TICKET-1", "TICKET-2", "TICKET-3")}
    merge(world.desk, ["1", "2", "3"], actor=DANA)
    whole = texts(world, "TICKET-1")
    undone = back(world)
    assert {name: texts(world, name) for name in said} == said
    redone = back(world, undone)
    assert (texts(world, "TICKET-1"), texts(world, "TICKET-3")) == (whole, [])
    back(world, redone)
    assert {name: texts(world, name) for name in said} == said


def test_undo_takes_a_split_back_and_undone_it_is_split_again(world: World) -> None:
    world.take(write_mail(7, sender=BOB, answers=2))
    said = texts(world, "TICKET-2")
    assert split(world.desk, ["2.3"], actor=DANA).errors == []
    undone = back(world)
    assert (texts(world, "TICKET-2"), world.ticket("TICKET-4").merged_into) == (said, "TICKET-2")
    back(world, undone)
    assert texts(world, "TICKET-4") == ["This is what mail 7 says."]
    assert world.ticket("TICKET-4").merged_into == ""


def test_undo_takes_links_and_snoozes_back(world: World) -> None:
    link(world.desk, ["1", "2"], "blocks", actor=DANA)
    back(world)
    assert world.ticket("TICKET-1").links == world.ticket("TICKET-2").links == ()
    snooze(world.desk, ["1"], world.now + timedelta(days=3), keep=True, actor=DANA)
    back(world)
    ticket = world.ticket("TICKET-1")
    assert (ticket.snoozed_until, ticket.snooze_on_reply) == ("", "")


def test_undo_brings_back_nothing_that_was_redacted(world: World) -> None:
    redact(world.desk, Wish("1.1"), actor=DANA)
    outcome = undo(world.desk, plan_undo(world.desk, "", actor=DANA), actor=DANA)
    assert ["does not come back" in str(error) for _, error in outcome.errors] == [True]
    assert texts(world, "TICKET-1") == []


def test_no_verb_gives_a_merged_ticket_a_status_of_its_own(world: World) -> None:
    merge(world.desk, ["1", "2"], actor=DANA)
    listed = bulk.list_tickets(world.desk, ["status:merged"], actor=DANA)
    wish = bulk.Wish(listed[0], (("status", "closed"),))
    for outcome in (
        set_fields(world.desk, ["2"], [("status", "open")], actor=DANA),
        bulk.apply_list(world.desk, [wish], actor=DANA),
    ):
        ((_, error),) = outcome.errors
        assert str(error).startswith("TICKET-2: was merged into TICKET-1.")
    assert world.ticket("TICKET-2").status == "merged"


def test_undo_takes_nothing_back_but_what_it_is_told(world: World) -> None:
    """A merge that was undone and done again is another operation."""
    first = merge(world.desk, ["1", "2"], actor=DANA).op
    back(world, first)
    merge(world.desk, ["1", "2"], actor=DANA)
    outcome = undo(world.desk, plan_undo(world.desk, first, actor=DANA), actor=DANA)
    assert [str(error) for _, error in outcome.errors] == [
        "TICKET-2: merged-into was set to TICKET-1 by dana since: it stays as it is"
    ]
    assert world.ticket("TICKET-2").merged_into == "TICKET-1"


def test_what_was_done_before_a_merge_is_undone_after_that_is(world: World) -> None:
    """Taken back, a merge counts no more: neither for the status nor for where a ticket rests."""
    until = world.now + timedelta(days=3)
    resting = snooze(world.desk, ["2"], until, actor=DANA).op
    held = set_fields(world.desk, ["2"], [("status", "on-hold")], actor=DANA).op
    merge(world.desk, ["1", "2"], actor=DANA)
    back(world)
    assert world.ticket("TICKET-2").snoozed_until
    for op in (held, resting):
        back(world, op)
    ticket = world.ticket("TICKET-2")
    assert (ticket.status, ticket.snoozed_until) == ("pending", "")


def test_a_split_is_undone_after_a_merge_that_was_undone(world: World) -> None:
    world.take(write_mail(7, sender=BOB, answers=2))
    done = split(world.desk, ["2.3"], actor=DANA).op
    merge(world.desk, ["1", "4"], actor=DANA)
    back(world)
    undone = back(world, done)
    assert (world.ticket("TICKET-2").links, world.ticket("TICKET-4").merged_into) == ((), "TICKET-2")
    back(world, undone)
    assert world.ticket("TICKET-2").links == ("TICKET-4",)
    assert world.ticket("TICKET-4").links == ("TICKET-2",)


def test_what_was_never_opened_is_closed_after_a_merge_as_it_was_before(world: World) -> None:
    opened = new(world.desk, Draft(text="A call"), actor=DANA)
    back(world)
    merge(world.desk, ["1", opened.id], actor=DANA)
    is_well(world, unmerge_each(world.desk, [opened.id], actor=DANA))
    assert world.ticket(opened.id).status == "closed"


def test_what_was_said_and_moved_since_is_named_where_it_was_said(world: World) -> None:
    said = note(world.desk, ["2"], "Look.", actor=DANA).op
    merge(world.desk, ["1", "2"], actor=DANA)
    merge(world.desk, ["3", "1"], actor=DANA)
    outcome = undo(world.desk, plan_undo(world.desk, said, actor=DANA), actor=DANA)
    assert [str(error) for _, error in outcome.errors] == [
        "TICKET-2: what it added was moved by dana since (merged into TICKET-1): undo that first"
    ]
