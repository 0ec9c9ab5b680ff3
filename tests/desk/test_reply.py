"""An answer: who gets it, what becomes of the ticket, what it collides with, what survives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mailparser
import pytest
from care.world import write_mail

from helpdesk_cli.desk import reply as verbs
from helpdesk_cli.desk import reply_body as texts
from helpdesk_cli.desk import reply_plan as plans
from helpdesk_cli.desk.actor import find_actor
from helpdesk_cli.desk.drafting import new_begun, open_draft, presence
from helpdesk_cli.desk.enclosures import enclose, enclosed_in
from helpdesk_cli.desk.new import Draft, new
from helpdesk_cli.desk.note import note
from helpdesk_cli.desk.reply_all import plan_many, send_many
from helpdesk_cli.desk.reply_words import first_answer
from helpdesk_cli.desk.since import CollisionError
from helpdesk_cli.desk.status import status as set_status
from helpdesk_cli.errors import CancelledError, ConflictError, NotFoundError, UsageError
from helpdesk_cli.storage.outbox import Outbox, OutMail
from helpdesk_cli.tickets.person import Person

if TYPE_CHECKING:
    from care.world import World

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.posting import Posted

BOB = Person("Bob", "bob@customer.example")
SETTINGS = """\
inboxes:
  support: support@example.org
  billing: billing@example.org
agents:
  dana: {name: Dana Davis, email: dana@example.org, signature: "Dana Davis"}
  lee: {name: Lee Larsen, email: lee@example.org}
  bot: {email: bot@example.org}
"""


@pytest.fixture
def world(world: World) -> World:
    """The desk with two agents, one that has no name, and a mail in it."""
    (world.root / "desk.yaml").write_text(SETTINGS)
    world.git("commit", "-q", "-a", "-m", "Settle")
    world.git("config", "desk.role", "server")
    world.take(write_mail(1))
    return world


def actor(world: World, name: str = "dana") -> Actor:
    found = find_actor(world.desk, said=name)
    assert found is not None
    return found


def planned(world: World, word: str = "1", by: str = "dana") -> plans.Plan:
    return plans.plan_reply(world.desk, word, actor=actor(world, by))


def answer(
    world: World, plan: plans.Plan, text: str = "Mended.", by: str = "dana", **wish: Any
) -> verbs.Answer:
    return first_answer(world.desk, plan, actor=actor(world, by), text=text, **wish)


def send(world: World, word: str = "1", by: str = "dana", **wish: Any) -> Posted:
    """Answer without further ado."""
    plan = planned(world, word, by)
    given = answer(world, plan, by=by, **wish)
    verbs.check_answer(world.desk, plan, given)
    posted, _ = verbs.send_reply(
        world.desk, plan, given, actor=actor(world, by), seen=verbs.all_seen(plan.ticket)
    )
    return posted


def mail_of(world: World, posted: Posted) -> Any:
    return mailparser.parse_from_bytes(Outbox(world.desk.layout).data(posted.name))


def mails(world: World) -> list[OutMail]:
    return [mail for _, mail in Outbox(world.desk.layout).items() if isinstance(mail, OutMail)]


# The mail and the ticket


def test_an_answer_threads_and_is_from_the_agent_at_the_inbox(world: World) -> None:
    posted = send(world)
    mail = mail_of(world, posted)
    assert mail.from_ == [("Dana Davis", "support@example.org")]
    assert mail.to == [("Ada Lovelace", "ada@customer.example")]
    assert mail.subject == "Re: [TICKET-1] Request 1"
    assert mail.headers["In-Reply-To"] == "<m1@customer.example>"
    assert mail.headers["References"] == "<m1@customer.example>"
    assert mail.headers["Message-ID"].startswith(f"<desk.{posted.held.ticket.uid}.{posted.message.id}.")
    assert mail.text_plain[0].replace("\r\n", "\n").rstrip() == "Mended.\n\n-- \nDana Davis"
    assert "Auto-Submitted" not in mail.headers


def test_the_ticket_waits_then_and_is_the_agents(world: World) -> None:
    send(world, spent=480)
    ticket = world.ticket("TICKET-1")
    assert (ticket.status, ticket.assignee) == ("pending", "dana")
    assert ticket.messages[-1].by == "dana"
    assert ticket.events[-1].facts == (("spent", "480"),)
    assert world.subjects()[-1] == "TICKET-1: dana replied, pending"
    assert world.git("log", "-1", "--format=%an").strip() == "Dana Davis"


def test_somebody_elses_ticket_stays_theirs(world: World) -> None:
    send(world)
    send(world, by="lee")
    assert world.ticket("TICKET-1").assignee == "dana"


@pytest.mark.parametrize(
    ("before", "said", "after"),
    [
        ("open", "", "pending"),
        ("on-hold", "", "on-hold"),
        ("resolved", "", "resolved"),
        ("closed", "", "closed"),
        ("open", "resolved", "resolved"),
        ("closed", "in-progress", "open"),
    ],
)
def test_what_becomes_of_the_status(world: World, before: str, said: str, after: str) -> None:
    set_status(world.desk, ["1"], before, actor=actor(world))
    send(world, status=said)
    assert world.ticket("TICKET-1").status == after


@pytest.mark.parametrize("said", ["merged", "spam", "pendng"])
def test_a_status_that_no_answer_leads_to(world: World, said: str) -> None:
    with pytest.raises(UsageError):
        send(world, status=said)
    assert mails(world) == []


def test_the_message_that_is_answered_can_be_said(world: World) -> None:
    world.take(write_mail(2, answers=1))
    assert mail_of(world, send(world)).headers["In-Reply-To"] == "<m2@customer.example>"
    assert mail_of(world, send(world, "1.1")).headers["In-Reply-To"] == "<m1@customer.example>"
    with pytest.raises(NotFoundError, match="no message 9"):
        planned(world, "1.9")


def test_after_a_call_the_answer_threads_on_the_last_mail(world: World) -> None:
    from_phone = new(world.desk, Draft(Person("Ada", "ada@x.example"), "Call", "Hello"), actor=actor(world))
    mail = mail_of(world, send(world, str(from_phone.number)))
    assert "In-Reply-To" not in mail.headers
    assert mail.to == [("Ada", "ada@x.example")]


def test_an_answer_follows_a_mail_that_its_readers_have(world: World) -> None:
    """Not the mail of a third party, whose id would tell of them."""
    world.take(write_mail(5, headers=(("Cc", str(BOB)),)))
    world.take(write_mail(6, answers=5, sender=str(BOB)))
    plan = planned(world, "2.2")
    assert plan.answered is not None
    assert plan.answered.from_ == BOB
    mail = mail_of(world, send(world, "2.2"))
    assert (mail.to, mail.headers["In-Reply-To"]) == (
        [("Ada Lovelace", "ada@customer.example")],
        "<m5@customer.example>",
    )
    assert mail_of(world, send(world, "2.2", cc=[BOB])).headers["In-Reply-To"] == "<m6@customer.example>"


@pytest.mark.parametrize("text", ["caf\udce9", "first\n\ufffd"])
def test_what_is_no_text_is_not_sent(text: str) -> None:
    with pytest.raises(UsageError, match=r"line \d is not UTF-8"):
        texts.check_text(text, place="the text")


# Recipients


def test_who_is_new_and_who_is_dropped(world: World) -> None:
    plan = planned(world)
    given = answer(world, plan, cc=[BOB])
    assert verbs.check_answer(world.desk, plan, given).new == (BOB,)
    send(world, cc=[BOB])
    plan = planned(world)
    found = verbs.check_answer(world.desk, plan, answer(world, plan))
    assert (found.new, found.dropped) == ((), ())
    assert verbs.check_answer(world.desk, plan, answer(world, plan, only=True)).dropped == (BOB,)


@pytest.mark.parametrize("own", ["support@example.org", "Support+x@Example.ORG", "billing@example.org"])
def test_the_desk_never_writes_to_itself(world: World, own: str) -> None:
    plan = planned(world)
    with pytest.raises(UsageError, match="own address"):
        verbs.check_answer(world.desk, plan, answer(world, plan, cc=[Person("", own)]))


@pytest.mark.parametrize("bad", ["-oQ/tmp@x.example", "a@b\r\nRCPT TO:<c@x.example>", "a b@x.example", ""])
def test_what_is_no_address_is_never_written_to(world: World, bad: str) -> None:
    plan = planned(world)
    with pytest.raises(UsageError):
        verbs.check_answer(world.desk, plan, answer(world, plan, to=[Person("", bad)]))


def test_a_caller_without_address_is_an_error_with_a_remedy(world: World) -> None:
    called = new(world.desk, Draft(Person("Grace", phone="+49301234"), "Call", "Hi"), actor=actor(world))
    plan = planned(world, str(called.number))
    with pytest.raises(UsageError, match=r"Grace has no mail address \(it came by phone\)") as caught:
        verbs.check_answer(world.desk, plan, answer(world, plan))
    assert "desk set 2 requester=" in caught.value.hint
    assert verbs.check_answer(world.desk, plan, answer(world, plan, to=[BOB])).new == (BOB,)


def edit(world: World, old: str, new: str) -> None:
    """What a hand, or a clone that somebody else wrote, makes of the ticket file."""
    (path,) = world.root.glob("tickets/*/*/TICKET-1.md")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("<ada@customer.example, eve@evil.example>", "no proper mail address"),
        ("<-oQ/tmp@x.example>", "no proper mail address"),
        ("support@example.org", "this desk's own"),
        ("Ada", "Ada has no mail address"),
        ('""', "its requester is unknown and has no mail address"),
    ],
)
def test_a_requester_who_cannot_be_written_to(world: World, written: str, said: str) -> None:
    quoted = written if written == '""' else f'"{written}"'
    edit(world, "requester: Ada Lovelace <ada@customer.example>", f"requester: {quoted}")
    plan = planned(world)
    assert plan.circle.to == ()
    with pytest.raises(UsageError, match=said):
        verbs.check_answer(world.desk, plan, answer(world, plan))


def test_spam_is_not_answered_and_what_was_merged_is_answered_there(world: World) -> None:
    set_status(world.desk, ["1"], "spam", actor=actor(world))
    with pytest.raises(UsageError, match="is spam"):
        planned(world)
    (path,) = world.root.glob("tickets/*/*/TICKET-1.md")
    path.write_text(path.read_text().replace("status: spam", "status: merged\nmerged-into: TICKET-7"))
    with pytest.raises(UsageError, match="merged into TICKET-7") as caught:
        planned(world)
    assert caught.value.hint == "`desk reply TICKET-7`, or first take it out again: `desk unmerge 1`."


def test_an_agent_without_a_name_does_not_write(world: World) -> None:
    """Never the Unix account, never a faceless name."""
    with pytest.raises(UsageError, match="no name for customers"):
        planned(world, by="bot")


@pytest.mark.parametrize("text", ["", " \n\t\n", "\n\n-- \nDana Davis\n"])
def test_an_answer_that_says_nothing_is_none(world: World, text: str) -> None:
    plan = planned(world)
    with pytest.raises(CancelledError, match="empty"):
        verbs.check_answer(world.desk, plan, answer(world, plan, text))


# Collisions


def collide(world: World, plan: plans.Plan, **given: Any) -> list[str]:
    """The kinds of what came since the plan was made; [] when the answer went out."""
    try:
        verbs.send_reply(
            world.desk,
            plan,
            answer(world, plan),
            actor=actor(world),
            seen=verbs.all_seen(plan.ticket),
            **given,
        )
    except CollisionError as error:
        return [entry.kind for entry in error.news]
    return []


def test_a_message_a_colleagues_answer_a_note_and_a_status_are_seen(world: World) -> None:
    plan = planned(world)
    world.take(write_mail(2, answers=1))
    assert collide(world, plan) == ["message"]
    send(world, by="lee")
    note(world.desk, ["1"], "Wait.", actor=actor(world, "lee"))
    set_status(world.desk, ["1"], "resolved", actor=actor(world, "lee"))
    assert collide(world, plan) == ["message", "message", "event", "note", "event"]
    before = len(mails(world))
    assert collide(world, plan, anyway=True) == []
    assert len(mails(world)) == before + 1


def test_what_an_agent_does_meanwhile_is_no_collision_for_them_but_their_answer_is(world: World) -> None:
    plan = planned(world)
    note(world.desk, ["1"], "Mine.", actor=actor(world))
    set_status(world.desk, ["1"], "open", actor=actor(world))
    assert collide(world, plan) == []
    assert collide(world, plan) == ["message"]


def test_a_collision_writes_nothing_at_all(world: World) -> None:
    plan = planned(world)
    world.take(write_mail(2, answers=1))
    before = world.git("rev-parse", "HEAD"), world.ticket("TICKET-1")
    assert collide(world, plan) == ["message"]
    assert (world.git("rev-parse", "HEAD"), world.ticket("TICKET-1")) == before
    assert mails(world) == []


def test_a_ticket_that_became_spam_or_was_merged_meanwhile_is_not_answered(world: World) -> None:
    plan = planned(world)
    set_status(world.desk, ["1"], "spam", actor=actor(world))
    with pytest.raises(UsageError, match="is spam"):
        collide(world, plan, anyway=True)
    assert mails(world) == []


# Twice is once


def test_one_answer_sent_twice_is_one_message_and_one_mail(world: World) -> None:
    """Killed after the recording, before the draft was gone: the id was drawn when the draft began."""
    plan = planned(world)
    given = answer(world, plan)
    verbs.send_reply(world.desk, plan, given, actor=actor(world), seen=verbs.all_seen(plan.ticket))
    with pytest.raises(ConflictError, match="not sent twice"):
        verbs.send_reply(world.desk, plan, given, actor=actor(world), seen=(), anyway=True)
    assert len(world.ticket("TICKET-1").messages) == 2
    assert len(mails(world)) == 1


# Drafts


def test_presence_is_who_writes_and_whether_now(world: World) -> None:
    ticket = world.ticket("TICKET-1")
    assert presence(world.desk, ticket.uid) == []
    with open_draft(world.desk, ticket, "lee", "reply") as draft:
        draft.begin(new_begun(world.desk, ticket), "text")
        (found,) = presence(world.later(hours=1).desk, ticket.uid, but="dana")
        assert (found.agent, found.kind, found.since, found.is_open) == ("lee", "reply", world.now, True)
        assert presence(world.desk, ticket.uid, but="lee") == []
        with (
            pytest.raises(ConflictError, match="open in another window since 2026-11-20T09:00:00Z"),
            open_draft(world.desk, ticket, "lee", "reply"),
        ):
            pass
    assert [each.is_open for each in presence(world.desk, ticket.uid)] == [False]


def test_a_draft_survives_what_is_raised_and_ends_when_it_is_finished(world: World) -> None:
    ticket = world.ticket("TICKET-1")

    def work() -> None:
        with open_draft(world.desk, ticket, "dana", "reply") as draft:
            draft.begin(new_begun(world.desk, ticket, status="resolved"), "an hour of work\n")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        work()
    with open_draft(world.desk, ticket, "dana", "reply") as draft:
        assert draft.text() == "an hour of work\n"
        assert draft.begun is not None
        assert (draft.begun.status, draft.begun.base) == ("resolved", verbs.all_seen(ticket))
        draft.finish()
    assert [path.name for path in (world.state / "drafts").iterdir()] == []


def test_a_draft_that_never_was_leaves_nothing(world: World) -> None:
    with open_draft(world.desk, world.ticket("TICKET-1"), "dana", "reply"):
        pass
    assert list((world.state / "drafts").iterdir()) == []


def test_the_lock_of_a_killed_writer_is_free(world: World) -> None:
    program = (
        "import os, sys, time; from datetime import UTC, datetime\n"
        "from helpdesk_cli.desk.desk import open_desk\n"
        "from helpdesk_cli.desk.drafting import new_begun, open_draft\n"
        "from helpdesk_cli.desk.reply_plan import read_ticket\n"
        "desk = open_desk(sys.argv[1], now=datetime.now(UTC))\n"
        "ticket = read_ticket(desk, '1')[1]\n"
        "with open_draft(desk, ticket, 'lee', 'reply') as draft:\n"
        "    draft.begin(new_begun(desk, ticket), 'kept')\n"
        "    print('open', flush=True)\n"
        "    time.sleep(60)\n"
    )
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", program, world.root],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"open\n"
    uid = world.ticket("TICKET-1").uid
    assert [each.is_open for each in presence(world.desk, uid)] == [True]
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert [each.is_open for each in presence(world.desk, uid)] == [False]
    with open_draft(world.desk, world.ticket("TICKET-1"), "lee", "reply") as draft:
        assert draft.text() == "kept"


def test_a_damaged_record_hides_no_text(world: World) -> None:
    ticket = world.ticket("TICKET-1")
    with open_draft(world.desk, ticket, "dana", "reply") as draft:
        draft.begin(new_begun(world.desk, ticket), "words\n")
        record = draft.drafts.place(draft.name, "json")
    record.write_text("{")
    with open_draft(world.desk, ticket, "dana", "reply") as draft:
        assert (draft.begun, draft.text()) == (None, "words\n")


def test_drafts_of_a_shared_desk_are_for_its_group(world: World) -> None:
    (world.state / "drafts").mkdir()
    for place in (world.state, world.state / "drafts"):
        place.chmod(0o2770)
    ticket = world.ticket("TICKET-1")
    with open_draft(world.desk, ticket, "dana", "reply") as draft:
        draft.begin(new_begun(world.desk, ticket), "words\n")
        assert {path.stat().st_mode & 0o777 for path in (world.state / "drafts").iterdir()} == {0o660}


# Many


def test_many_are_one_operation_a_commit_each_and_take_nobody_over(world: World) -> None:
    for number in range(2, 5):
        world.take(write_mail(number, sender=f"P{number} <p{number}@customer.example>"))
    set_status(world.desk, ["3"], "spam", actor=actor(world))
    given, errors = plan_many(world.desk, ["1", "2", "3", "2", "9", "4"], actor=actor(world), text="News.")
    assert [each.plan.ticket.id for each in given] == ["TICKET-1", "TICKET-2", "TICKET-4"]
    assert [(word, error.exit_code) for word, error in errors] == [("3", 2), ("9", 3)]
    world.take(write_mail(12, answers=2, sender="P2 <p2@customer.example>"))
    steps: list[tuple[int, int]] = []
    done = send_many(world.desk, given, actor=actor(world), progress=lambda *step: steps.append(step))
    # To what was written meanwhile nobody answers unread.
    assert [(word, error.exit_code) for word, error in done.errors] == [("TICKET-2", 5)]
    assert [posted.message.to[0].email for posted in done.posted] == [
        "ada@customer.example",
        "p4@customer.example",
    ]
    assert steps == [(1, 3), (2, 3), (3, 3)]
    assert world.ticket("TICKET-4").assignee == ""
    log = world.git("log", "-2", "--format=%s %(trailers:key=Desk-Op,valueonly,separator=)").splitlines()
    assert [line.rsplit(" ", 1)[0] for line in log] == [
        "TICKET-4: dana replied, pending",
        "TICKET-1: dana replied, pending",
    ]
    assert len({line.rsplit(" ", 1)[1] for line in log}) == 1


# Files, forwards


def test_files_go_along_and_into_the_ticket(world: World, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    (tmp_path / "no\nname\u202efdp.exe").write_bytes(b"x" * 2000)
    files = enclose(world.desk, [tmp_path / "a.pdf", tmp_path / "no\nname\u202efdp.exe"])
    posted = send(world, files=files)
    assert mail_of(world, posted).attachments[0]["mail_content_type"] == "application/pdf"
    kept = world.ticket("TICKET-1").messages[-1].attachments
    assert kept[0].filename == "a.pdf"
    assert all(file.filename.isprintable() for file in kept)
    assert not world.status()


@pytest.mark.parametrize("name", ["missing", ".", "/dev/zero"])
def test_what_is_no_file_is_refused(world: World, tmp_path: Path, name: str) -> None:
    with pytest.raises((UsageError, NotFoundError)):
        enclose(world.desk, [tmp_path / name])


def test_too_much_for_a_mail_is_refused_unread(world: World, tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(UsageError, match="too much for one mail: 25 MB"):
        enclose(world.desk, [tmp_path / "huge"])


def forwarded(world: World, word: str = "1", **wish: Any) -> Posted:
    plan = plans.plan_forward(world.desk, word, actor=actor(world))
    given = answer(world, plan, "Where is it?", to=[BOB], files=enclosed_in(world.desk, plan), **wish)
    assert verbs.check_answer(world.desk, plan, given).new == (BOB,)
    seen = verbs.all_seen(plan.ticket)
    return verbs.send_reply(world.desk, plan, given, actor=actor(world), seen=seen)[0]


def test_a_forward_carries_the_message_and_leaves_the_requester_out(world: World) -> None:
    world.take(write_mail(2, attachment=b"%PDF-1"))
    posted = forwarded(world, "2")
    mail = mail_of(world, posted)
    assert mail.to == [("Bob", "bob@customer.example")]
    assert mail.subject == "Fwd: [TICKET-2] Request 2"
    assert "In-Reply-To" not in mail.headers
    text = mail.text_plain[0].replace("\r\n", "\n")
    assert text.startswith(
        "Where is it?\n\n-- \nDana Davis\n\n---------- Forwarded message ----------\nFrom: Ada"
    )
    assert "This is what mail 2 says." in text
    assert [part["filename"] for part in mail.attachments] == ["invoice.pdf"]
    ticket = world.ticket("TICKET-2")
    assert dict(ticket.messages[-1].other) == {"forward": ticket.messages[0].id}
    assert (ticket.status, ticket.assignee) == ("new", "")
    assert world.subjects()[-1] == "TICKET-2: dana forwarded 2.1"
    assert not world.status()


def test_a_third_party_has_no_part_in_the_conversation(world: World) -> None:
    posted = forwarded(world)
    reply = write_mail(7, sender=str(BOB), headers=(("In-Reply-To", f"<{posted.message.message_id}>"),))
    assert world.take(reply).ticket == "TICKET-1"
    plan = planned(world)
    assert [person.email for person in (*plan.circle.to, *plan.circle.cc)] == ["ada@customer.example"]
    assert [offer.person.email for offer in plan.circle.offered] == ["bob@customer.example"]
    assert mail_of(world, send(world)).headers["In-Reply-To"] == "<m1@customer.example>"


# What never leaves


def test_nothing_of_a_note_reaches_the_outbox(world: World) -> None:
    note(world.desk, ["1"], "secret-word @lee @nobody", actor=actor(world))
    assert mails(world) == []
    posted = send(world, text="Mended.")
    forwarded(world)
    data = b"".join(Outbox(world.desk.layout).data(mail.name) for mail in mails(world))
    assert posted.name
    assert b"secret-word" not in data
    entry = next(each for each in world.ticket("TICKET-1").entries if each.kind == "note")
    assert entry.other == (("mentions", "lee"),)  # type: ignore[union-attr]


# Text


@pytest.mark.parametrize(
    ("text", "signed"),
    [
        ("Hi.\n", "Hi.\n\n-- \nDana\n"),
        ("Hi.\n\n-- \nDana\n", "Hi.\n\n-- \nDana\n"),
        ("Hi.\nYours, Dana", "Hi.\nYours, Dana"),
    ],
)
def test_a_text_is_signed_once(text: str, signed: str) -> None:
    assert texts.signed(text, "Dana") == signed


def test_typed_text_keeps_the_mark_of_a_signature() -> None:
    assert texts.clean_body("\r\n a  \r\n-- \r\nDana \r\n\r\n") == " a\n-- \nDana\n"
    assert texts.said_in("a\n\n-- \nDana") == "a"


def test_a_template_says_subject_status_and_its_name(world: World) -> None:
    (world.root / "templates" / "done.md").write_text(
        "---\nstatus: resolved\n---\nHi {{ customer_first_name }},\n\ndone: {{ ticket_subject }}.\n"
    )
    plan = planned(world)
    given = answer(world, plan, "", template="done")
    assert given.text.startswith("Hi Ada,\n\ndone: Request 1.\n")
    assert given.status == "resolved"
    assert ("template", "done") in given.used
    verbs.send_reply(world.desk, plan, given, actor=actor(world), seen=verbs.all_seen(plan.ticket))
    ticket = world.ticket("TICKET-1")
    assert ticket.status == "resolved"
    assert ("template", "done") in ticket.messages[-1].other


def test_who_asks_for_answers_elsewhere_is_shown_and_not_followed(world: World) -> None:
    world.take(write_mail(3, headers=(("Reply-To", "victim@elsewhere.example"),)))
    plan = planned(world, "2")
    assert [person.email for person in plan.circle.to] == ["ada@customer.example"]
    assert [(offer.person.email, offer.why) for offer in plan.circle.offered] == [
        ("victim@elsewhere.example", "reply-to")
    ]


def test_hostile_names_and_subjects_are_answered_all_the_same(world: World) -> None:
    """T37: a ticket on which `desk reply` fails for ever."""
    hostile = (
        b"From: =?utf-8?q?Ada=0D=0ABcc:_victim@x.example?= <ada@customer.example>\r\n"
        b"To: support@example.org\r\nMessage-ID: <h1@x>\r\n"
        b"Subject: =?utf-8?q?hi=0D=0ABcc:_victim@x.example=00=1B[31m?=\r\n\r\nHello\r\n"
    )
    found = world.take(hostile)
    posted = send(world, found.ticket)
    data = Outbox(world.desk.layout).data(posted.name)
    assert b"\nBcc:" not in data
    assert mail_of(world, posted).to[0][1] == "ada@customer.example"
    assert len(mail_of(world, posted).to) == 1
