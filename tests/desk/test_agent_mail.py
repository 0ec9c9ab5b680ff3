"""Agents answer from their own mail program: what becomes the desk's answer, and all that does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail
from noticed import DANA, LEE, LIVE, answer, letter, mails, run, settle, take, text_of, told

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.assign import assign
from helpdesk_cli.desk.fsck import fsck
from helpdesk_cli.desk.note import note
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.mail.received import Envelope
from helpdesk_cli.storage.outbox import Outbox, OutMail
from helpdesk_cli.tickets.entries import Message, Note
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A desk with agents."""
    return settle(tmp_path / "desk")


def sent(world: World) -> list[OutMail]:
    """What is on its way to customers."""
    return mails(world, "reply")


def last(world: World) -> Message:
    """The last message of the ticket."""
    return world.ticket("TICKET-1").messages[-1]


def held_back(world: World, mail: EmailMessage, why: str, options: Options = LIVE) -> None:
    """The mail is filed and flagged, nothing goes out, no right was used, and dana is told why."""
    before = world.ticket("TICKET-1")
    assert take(world, mail, options).outcome == "appended"
    assert sent(world) == []
    message = last(world)
    assert message.direction == "in"
    assert any(why in flag for flag in message.flags), message.flags
    after = world.ticket("TICKET-1")
    assert (after.assignee, after.tags, after.priority) == (before.assignee, before.tags, before.priority)
    run(world)
    notices = [text_of(letter(world, each)) for each in mails(world)]
    assert any("NOT sent on" in text and why in " ".join(text.split()) for text in notices), notices


def test_an_answer_to_a_notice_goes_to_the_customer(world: World) -> None:
    notice = told(world)
    done = take(world, answer(notice, "It is corrected.\n\nBest regards\nDana\n-- \nDana, from her laptop"))
    assert (done.outcome, done.ticket, done.message) == ("appended", "TICKET-1", 2)
    (mail,) = sent(world)
    assert [each.address for each in mail.recipients] == ["ada@customer.example"]
    out = letter(world, mail)
    assert text_of(out) == "It is corrected.\n\nBest regards\nDana\n"
    assert str(out["From"]) == "Dana Davis <support@example.org>"
    assert "m1@customer.example" in out["In-Reply-To"]
    ticket = world.ticket("TICKET-1")
    assert (ticket.status, ticket.assignee) == ("pending", "dana")
    assert last(world).by == "dana"
    assert fsck(world.desk, full=True) == []


def test_nothing_of_the_notice_reaches_the_customer(world: World) -> None:
    """Neither its words nor its id, and no plus-address (T42)."""
    notice = told(world)
    take(world, answer(notice, "It is corrected."))
    data = Outbox(world.desk.layout).data(sent(world)[0].name).decode()
    assert notice["Message-ID"].strip("<>") not in data
    assert "notice" not in data
    assert "laptop" not in data


def test_the_same_mail_again_adds_nothing(world: World) -> None:
    notice = told(world)
    mail = answer(notice, "It is corrected.")
    take(world, mail)
    mail["Received"] = "by another way"
    assert take(world, mail).outcome == "duplicate"
    assert len(sent(world)) == 1


def test_plus_addresses_do_without_ids(tmp_path: Path) -> None:
    world = settle(tmp_path / "desk", "outgoing: {plus-addresses: yes}\n")
    notice = told(world)
    assert notice["Reply-To"].startswith("support+")
    take(world, answer(notice, "It is corrected.", without=["In-Reply-To"]))
    assert len(sent(world)) == 1


def test_words_below_a_marked_quote_are_taken_too(world: World) -> None:
    notice = told(world)
    mail = answer(notice, "")
    mail.set_content(mail.get_content().lstrip() + "\nIt is corrected.\n")
    take(world, mail)
    assert text_of(letter(world, sent(world)[0])) == "It is corrected.\n"


def test_commands_stand_in_the_first_lines(world: World) -> None:
    notice = told(world)
    text = "\n#Resolve\n#tag billing -old vip\n#priority high\n#assign lee\n\nDone.\n#42 is paid, too."
    take(world, answer(notice, text))
    ticket = world.ticket("TICKET-1")
    assert (ticket.status, ticket.priority, ticket.assignee) == ("resolved", "high", "lee")
    assert ticket.tags == ("billing", "vip")
    assert text_of(letter(world, sent(world)[0])) == "Done.\n#42 is paid, too.\n"


def test_a_note_stays_inside(world: World) -> None:
    notice = told(world)
    mail = answer(notice, "#note\n@lee they never pay.")
    mail.add_attachment(b"x", maintype="text", subtype="csv", filename="list.csv")
    take(world, mail)
    assert sent(world) == []
    (entry,) = [each for each in world.ticket("TICKET-1").entries if isinstance(each, Note)]
    assert (entry.by, entry.text) == ("dana", "@lee they never pay.\n")
    assert [file.filename for file in entry.attachments] == ["list.csv"]
    assert take(world, mail).outcome == "duplicate"
    assert fsck(world.desk, full=True) == []
    run(world)
    assert any("dana mentioned you" in text_of(letter(world, each)) for each in mails(world))


def test_commands_alone_send_nothing(world: World) -> None:
    notice = told(world)
    take(world, answer(notice, "#close"))
    assert sent(world) == []
    ticket = world.ticket("TICKET-1")
    assert ticket.status == "closed"
    assert [each.text for each in ticket.entries if isinstance(each, Note)] == ["#close\n"]


def test_files_go_along_and_the_signature_of_the_mail_does_not(world: World) -> None:
    notice = told(world)
    mail = answer(notice, "Here it is.")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="invoice.pdf")
    mail.add_attachment(b"sig", maintype="application", subtype="pgp-signature", filename="signature.asc")
    take(world, mail)
    out = letter(world, sent(world)[0])
    assert [part.get_filename() for part in out.iter_attachments()] == ["invoice.pdf"]


@pytest.mark.parametrize(
    ("proof", "why"),
    [
        ("", "did not vouch"),
        ("mx.elsewhere.org; dmarc=pass header.from=example.com", "did not vouch"),
        ("mx.example.org; dmarc=fail header.from=example.com", "did not vouch"),
        ("mx.example.org; dkim=pass header.d=evil.example", "did not vouch"),
    ],
)
def test_a_forged_sender_has_no_rights(world: World, proof: str, why: str) -> None:
    """Though the token is right: it may have been forwarded to anybody (T32)."""
    held_back(world, answer(told(world), "#assign none\nYou get a refund.", proof=proof), why)


def test_a_forged_result_below_the_servers_own_proves_nothing(world: World) -> None:
    mail = answer(told(world), "You get a refund.", proof="mx.example.org; dmarc=none")
    mail["Authentication-Results"] = "mx.example.org; dmarc=pass header.from=example.com"
    held_back(world, mail, "did not vouch")


def test_a_notice_to_somebody_else_gives_no_rights(world: World) -> None:
    notice = told(world)
    mail = answer(
        notice,
        "You get a refund.",
        sender="Lee <lee@example.com>",
    )
    take(world, mail)
    assert sent(world) == []
    assert "not sent on: it answers a notice to somebody else" in last(world).flags[0]


def test_a_notice_of_another_ticket_gives_no_rights(world: World) -> None:
    """The nearest id decides where the mail goes; a second one does not lend its rights."""
    notice = told(world)
    world.take(write_mail(2, sender="Eve <eve@evil.example>"))
    assign(world.desk, ["2"], "dana", actor=LEE)
    run(world)
    (other,) = [found for each in mails(world) if "TICKET-2" in (found := letter(world, each))["Subject"]]
    mail = answer(notice, "You get a refund.", without=["In-Reply-To"])
    mail["In-Reply-To"] = notice["Message-ID"].replace("@", "x@")
    mail["References"] = other["Message-ID"]
    take(world, mail)
    assert [each.address for each in sent(world)[0].recipients] == ["eve@evil.example"]


@pytest.mark.parametrize("position", [20, 40, 60, 75, 88])
def test_a_changed_token_is_none(world: World, position: int) -> None:
    notice = told(world)
    mail = answer(notice, "You get a refund.")
    text = mail["In-Reply-To"]
    changed = text[:position] + ("0" if text[position] != "0" else "1") + text[position + 1 :]
    for name in ("In-Reply-To", "References"):
        mail.replace_header(name, changed)
    take(world, mail)
    assert sent(world) == []


def test_a_mail_without_any_id_is_not_sent_on(world: World) -> None:
    notice = told(world)
    done = take(world, answer(notice, "It is corrected.", without=["In-Reply-To"]))
    assert done.outcome == "created"
    assert sent(world) == []


@pytest.mark.parametrize(
    "headers",
    [
        [("Auto-Submitted", "auto-replied")],
        [("Precedence", "auto_reply")],
        [("X-Autoreply", "yes")],
    ],
)
def test_a_vacation_message_never_becomes_an_answer(world: World, headers: list[tuple[str, str]]) -> None:
    take(world, answer(told(world), "I am away until Monday.", headers=headers))
    assert sent(world) == []
    assert world.ticket("TICKET-1").status == "open"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("#refund 100\nHere you are.", 'there is no command "#refund 100"'),
        ("#resolve it at once\nHere you are.", "#resolve takes nothing"),
        ("#assign\nHere you are.", "#assign takes NAME"),
        ("#assign mallory\nHere you are.", 'no agent "mallory"'),
        ("#status gone\nHere you are.", 'unknown status "gone"'),
        ("#status merged", "no status to set by hand"),
        ("#status spam\nHere you are.", "by `desk status`"),
        ("#tag a -a\nx", "both added and removed"),
        ("#tag ../../etc\nx", "is not a tag"),
        ("#resolve\n#close\nx", "more than one status"),
        ("#priority high\n#priority low\nx", "stands in it twice"),
        ("#note\x1b[2J\nx", "not quite a command"),
        ("#note: they never pay", "not quite a command"),
        ("# note they never pay", "not quite a command"),
        ("＃Note, they never pay", "not quite a command"),
        ("Hi Ada\n\n#note they never pay", "below other words"),
        ("", "no words of yours"),
    ],
)
def test_what_is_not_understood_is_not_sent(world: World, text: str, why: str) -> None:
    """The agent is told what it was, and nothing of it is done by halves."""
    held_back(world, answer(told(world), text), why)


def test_words_between_quoted_lines_are_not_sent(world: World) -> None:
    notice = told(world)
    mail = answer(notice, "First.")
    mail.set_content(mail.get_content() + "\nSecond.\n")
    held_back(world, mail, "write all of them above")


def test_a_notice_quoted_without_marks_is_not_sent(world: World) -> None:
    notice = told(world)
    held_back(
        world,
        answer(notice, f"It is corrected.\n\n{text_of(notice)}", quotes=False),
        "not certain what is yours",
    )


def test_the_end_of_a_notice_without_marks_is_not_sent(world: World) -> None:
    notice = told(world)
    end = text_of(notice).partition("Ada Lovelace\n\n")[2].partition("\n-- ")[0]
    assert end.startswith("Answer this mail")
    held_back(world, answer(notice, f"It is corrected.\n\n{end}", quotes=False), "without marks")


def test_words_of_an_internal_note_are_not_sent(world: World) -> None:
    secret = "They owe us since March and their lawyer is called Malory Mackintosh."
    notice = told(world)
    note(world.desk, ["1"], secret, actor=DANA)
    held_back(world, answer(notice, f"It is corrected.\n\n{secret}\n", quotes=False), "internal note")


@pytest.mark.parametrize("subject", ["Fwd: [TICKET-1] Request 1", "WG: [TICKET-1] Request 1"])
def test_a_forwarded_notice_is_not_sent(world: World, subject: str) -> None:
    mail = answer(told(world), "Please see.")
    mail.replace_header("Subject", subject)
    held_back(world, mail, "forwarded")


def test_an_attached_mail_is_not_sent(world: World) -> None:
    notice = told(world)
    mail = answer(notice, "See there.")
    mail.add_attachment(notice)
    held_back(world, mail, "a mail is attached")


def test_what_came_after_the_notice_holds_the_answer_back(world: World) -> None:
    notice = told(world)
    world.take(write_mail(2, answers=1, text="Never mind, I found it.\n"))
    held_back(world, answer(notice, "It is corrected."), "came something from Ada Lovelace")
    later = letter(world, mails(world)[-1])
    assert "It is corrected." in text_of(later)
    take(world, answer(later, "Good to hear.", number=2))
    assert len(sent(world)) == 1


def test_a_second_mail_to_one_notice_is_a_second_answer_but_not_with_the_same_words(world: World) -> None:
    notice = told(world)
    take(world, answer(notice, "It is corrected."))
    take(world, answer(notice, "And refunded.", number=2))
    assert len(sent(world)) == 2
    take(world, answer(notice, "It is corrected.", number=3))
    assert len(sent(world)) == 2
    assert "these very words" in last(world).flags[0]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (replace(LIVE, live=False), ""),
        (
            replace(LIVE, live=False, came_at=DANA and World.__dataclass_fields__["now"].default),
            "when it came",
        ),
    ],
)
def test_what_was_not_taken_in_when_it_came_sends_nothing(world: World, options: Options, why: str) -> None:
    """An import says nothing of it; what had to wait is told to the agent."""
    notice = told(world)
    take(world, answer(notice, "It is corrected."), options)
    assert sent(world) == []
    assert any("not taken in when it came" in flag for flag in last(world).flags)
    run(world)
    assert any("NOT sent on" in text_of(letter(world, each)) for each in mails(world)) is bool(why)


def test_old_mail_sends_nothing(world: World) -> None:
    mail = answer(told(world), "It is corrected.")
    assert take(world.later(days=4), mail).outcome == "appended"
    assert sent(world) == []
    assert "older than three days" in last(world).flags[0]


def test_accept_no_means_no(tmp_path: Path) -> None:
    world = settle(tmp_path / "desk", "agent-mail: {accept: no}\n")
    notice = told(world)
    assert "An answer to this mail goes to nobody" in " ".join(text_of(notice).split())
    held_back(world, answer(notice, "It is corrected."), "accept: no")


def test_a_token_is_enough_where_the_desk_says_so(tmp_path: Path) -> None:
    world = settle(tmp_path / "desk", "agent-mail: {accept: token}\n")
    notice = told(world)
    take(world, answer(notice, "It is corrected.", proof=""))
    assert len(sent(world)) == 1
    forged = answer(notice, "Refund!", proof="mx.example.org; dmarc=fail header.from=example.com", number=2)
    take(world, forged)
    assert len(sent(world)) == 1


def test_a_ticket_that_nobody_can_answer_keeps_the_words(world: World) -> None:
    notice = told(world)
    text = (world.root / world.paths()[0]).read_text()
    (world.root / world.paths()[0]).write_text(
        text.replace("requester: Ada Lovelace <ada@customer.example>", "requester: Ada Lovelace")
    )
    held_back(world, answer(notice, "It is corrected."), "no mail address")


def test_a_mail_that_was_prepared_and_then_held_back_never_leaves(world: World) -> None:
    """The first try was killed; when the mail came again, the customer had written meanwhile."""
    notice = told(world)
    mail = answer(notice, "It is corrected.")
    twin = settle(world.root.parent / "twin")
    twin_notice = told(twin)
    take(twin, answer(twin_notice, "It is corrected."))
    (made,) = sent(twin)
    data = Outbox(twin.desk.layout).data(made.name)
    # The same mail is the same entry on both desks.
    uid = world.ticket("TICKET-1").uid
    Outbox(world.desk.layout).prepare(replace(made, state="prepared", ticket=uid), data)
    world.take(write_mail(2, answers=1, text="Never mind.\n"))
    take(world, mail)
    run(world)
    assert sent(world) == []


def test_people_of_a_ticket_who_happen_to_be_agents_are_people(world: World) -> None:
    world.take(write_mail(1, sender="Lee <lee@example.com>"), Options(Envelope("lee@example.com"), live=True))
    world.take(write_mail(2, sender="Lee <lee@example.com>", answers=1), Options(Envelope(""), live=True))
    assert last(world).flags == ()


def test_an_agent_without_a_name_is_told_what_to_do(tmp_path: Path) -> None:
    world = settle(tmp_path / "desk")
    text = (world.root / "desk.yaml").read_text().replace("name: Dana Davis, ", "")
    (world.root / "desk.yaml").write_text(text)
    held_back(world, answer(told(world), "It is corrected."), "has no name for customers to see")


def test_an_unassigned_ticket_becomes_the_answering_agents(world: World) -> None:
    world.take(write_mail(1))
    note(world.desk, ["1"], "@dana do you know?", actor=Actor("lee", "Lee", "lee@example.com"))
    run(world)
    take(world, answer(letter(world, mails(world)[0]), "Yes."))
    assert world.ticket("TICKET-1").assignee == "dana"
