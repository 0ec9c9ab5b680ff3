"""Asking how it went: whom, when, once; and what counts as an answer."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from automatic_world import Automatic, facts, rating
from care.world import ADA, AT, write_mail

from helpdesk_cli.desk.automatic_mail import is_human_reply
from helpdesk_cli.desk.csat import ask_how_it_went
from helpdesk_cli.desk.csat_report import read_period, summarise
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.errors import UsageError
from helpdesk_cli.tickets.entries import Message
from helpdesk_cli.tickets.person import Person

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(world: Automatic) -> Automatic:
    """Without acknowledgements, which the caps would count as well."""
    world.change("when: always", "when: off")
    return world


def asked(world: Automatic) -> list[str]:
    """Who was asked."""
    return [mail.recipients[0].address for mail in world.posted("csat")]


def test_one_question_after_an_agent_resolved(world: Automatic) -> None:
    """In the form of every automatic mail, with a link for each rating and none to any site."""
    later = world.solved()
    assert later.tick() == []
    assert later.tick() == []
    (out,) = world.posted()
    letter = world.letter("csat")
    text = letter.get_content()
    assert (out.sender, letter["Auto-Submitted"]) == ("", "auto-generated")
    assert letter["X-Auto-Response-Suppress"] == "All"
    assert letter["Subject"].startswith("Auto: [TICKET-1] ")
    assert len(text.encode()) <= 2000
    assert set(world.links()) == {"good", "ok", "bad"}
    assert "http" not in text
    assert world.ticket("TICKET-1").status == "resolved"


def test_not_before_its_time(world: Automatic) -> None:
    """B3: and not when it is too late; a reopened ticket is asked about when it is resolved again."""
    done = world.comes(write_mail(1))
    world.reply(done.ticket)
    world.bring(done.ticket, "resolved")
    assert ask_how_it_went(world.later(minutes=59).desk) == []
    assert asked(world) == []
    reopened = world.later(minutes=30)
    reopened.comes(write_mail(2, answers=1))
    assert world.ticket("TICKET-1").status == "open"
    ask_how_it_went(world.later(hours=3).desk)
    assert asked(world) == []
    world.later(hours=3).bring("1", "resolved")
    ask_how_it_went(world.later(days=4).desk)
    assert asked(world) == []
    ask_how_it_went(world.later(hours=5).desk)
    assert asked(world) == ["ada@customer.example"]


def refused_by_a_machine(world: Automatic) -> None:
    world.comes(write_mail(7, answers=1, headers=(("Auto-Submitted", "auto-replied"),)))


def refused_for_a_list(world: Automatic) -> None:
    world.comes(write_mail(7, answers=1, headers=(("List-Id", "<x.y>"),)))
    world.bring("1", "resolved")


def closed_by_no_agent(world: Automatic) -> None:
    """A timer of a later version, or a hand."""
    path = world.root / world.paths()[0]
    path.write_text(path.read_text().replace("by: dana\nset: status", "by: rules\nset: status"))


def filed_as_spam(world: Automatic) -> None:
    world.bring("1", "spam")


def bounced(world: Automatic) -> None:
    path = world.root / world.paths()[0]
    text = path.read_text()
    reply = next(each.id for each in world.ticket("TICKET-1").messages if each.direction == "out")
    event = (
        "\n<!-- desk:event 0123456789abcdef\nat: 2026-11-20T09:30:00Z\nby: mail\n"
        f"delivery: {reply} bounced ada@customer.example\n-->\n<!-- /desk:event 0123456789abcdef -->\n"
    )
    path.write_text(text + event)


@pytest.mark.parametrize(
    "why", [refused_by_a_machine, refused_for_a_list, closed_by_no_agent, filed_as_spam, bounced]
)
def test_these_are_not_asked(world: Automatic, why: object) -> None:
    """B1, B3, B4."""
    assert callable(why)
    later = world.solved()
    why(world)
    assert later.tick() == []
    assert asked(world) == []


@pytest.mark.parametrize(
    "sender", ["Dana <dana@example.org>", "In <x@inside.example>", "In <x@sub.inside.example>"]
)
def test_the_house_is_not_asked(world: Automatic, sender: str) -> None:
    """B4: agents and internal domains."""
    assert world.solved(sender=sender).tick() == []
    assert asked(world) == []


def test_who_got_no_answer_is_not_asked(world: Automatic) -> None:
    """B1: closing is no answer."""
    done = world.comes(write_mail(1))
    world.bring(done.ticket, "closed")
    assert world.later(hours=2).tick() == []
    assert asked(world) == []


def test_what_was_handed_on_to_others_is_no_answer() -> None:
    """B1: a forward goes to somebody else."""
    sent = Message("m", AT, Person(email="support@example.com"), direction="out", by="dana")
    assert is_human_reply(sent)
    assert not is_human_reply(replace(sent, other=(("forward", "m0"),)))
    assert not is_human_reply(replace(sent, automatic="acknowledgement"))


def test_an_import_and_a_call_are_not_asked_about(world: Automatic) -> None:
    world.take(write_mail(1))
    path = world.root / world.paths()[0]
    path.write_text(re.sub(r"answerable: \w+\n", "", path.read_text()))
    world.reply("1")
    world.bring("1", "resolved")
    assert world.later(hours=2).tick() == []
    assert asked(world) == []


def test_once_a_person_and_period(world: Automatic) -> None:
    """B2: over all their tickets."""
    world.solved(1).tick()
    again = world.later(days=2)
    again.solved(2).tick()
    assert len(asked(world)) == 1
    month_later = Automatic(world.root, world.now).later(days=31)
    done = month_later.comes(write_mail(3).replace(b"20 Nov", b"20 Dec"))
    month_later.reply(done.ticket)
    month_later.bring(done.ticket, "resolved")
    month_later.later(hours=2).tick()
    assert asked(world) == ["ada@customer.example"] * 2


def test_off_is_off(world: Automatic) -> None:
    world.change("ask: on", "ask: off")
    assert world.solved().tick() == []
    assert asked(world) == []


def test_a_link_rates(world: Automatic) -> None:
    """The ticket stays as it is, the comment is a message of it."""
    later = world.solved()
    later.tick()
    done = later.comes(rating(world.links()["good"], "Dana was quick."))
    ticket = world.ticket("TICKET-1")
    assert (done.outcome, done.ticket, ticket.status) == ("appended", "TICKET-1", "resolved")
    assert facts(world, "TICKET-1") == ["good ada@customer.example"]
    assert ticket.messages[-1].new_text == "Dana was quick."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("good", "good"),
        ("Good, thanks!\n\nReally.", "good"),
        ("👎", "bad"),
        ("3", "ok"),
        ("Sehr gut", "good"),
    ],
)
def test_a_plain_answer_rates(world: Automatic, text: str, said: str) -> None:
    later = world.solved()
    later.tick()
    later.comes(answer(world, text))
    assert facts(world, "TICKET-1") == [f"{said} ada@customer.example"]
    assert world.ticket("TICKET-1").status == "resolved"


def answer(world: Automatic, text: str, *, number: int = 91, sender: str = ADA, extra: str = "") -> bytes:
    """A reply to the question."""
    question = world.letter("csat")["Message-ID"]
    return rating(
        "Re: How did we do?", text, number=number, sender=sender, extra=f"In-Reply-To: {question}\r\n{extra}"
    )


def test_what_is_no_rating_is_heard(world: Automatic) -> None:
    """An ordinary message: it reopens, as ever."""
    later = world.solved()
    later.tick()
    later.comes(answer(world, "It does not work after all."))
    assert (facts(world, "TICKET-1"), world.ticket("TICKET-1").status) == ([], "open")


def test_a_question_beside_a_rating_is_heard(world: Automatic) -> None:
    """It counts, and somebody who waits for an answer is not left with a resolved ticket."""
    later = world.solved()
    later.tick()
    later.comes(answer(world, "ok\n\nBut when do I get my money back?"))
    assert facts(world, "TICKET-1") == ["ok ada@customer.example"]
    assert world.ticket("TICKET-1").status == "open"


def test_a_bad_one_may_reopen(world: Automatic) -> None:
    world.change("ask: on", "ask: on\n  reopen-when-bad: yes")
    later = world.solved()
    later.tick()
    later.comes(rating(world.links()["bad"]))
    assert (facts(world, "TICKET-1"), world.ticket("TICKET-1").status) == (
        ["bad ada@customer.example"],
        "open",
    )


def test_one_value_for_each_person(world: Automatic) -> None:
    """Replayed it is no news; changed, the last one counts."""
    later = world.solved()
    later.tick()
    links = world.links()
    later.comes(rating(links["good"], number=1))
    later.comes(rating(links["good"], number=2))
    later.comes(rating(links["good"], number=2))
    assert facts(world, "TICKET-1") == ["good ada@customer.example"]
    later.comes(rating(links["bad"], "It broke.", number=3))
    found = summarise(later.desk, "all")
    assert (found.asked, found.answered, found.good, found.bad) == (1, 1, 0, 1)
    assert [comment.text for comment in found.comments] == ["It broke."]


def test_a_token_serves_its_ticket_only(world: Automatic) -> None:
    """Moved to another ticket, changed, expired: never counted; the mail is kept."""
    later = world.solved()
    later.tick()
    good = world.links()["good"]
    other = later.comes(write_mail(5, sender="Bob <bob@b.example>")).ticket
    uid = world.ticket(other).uid
    moved = re.sub(r"(csat\.good\.)\w+", rf"\g<1>{uid}", good)
    later.comes(rating(moved, number=1, sender="Bob <bob@b.example>"))
    later.comes(rating(good.replace("csat.good", "csat.bad"), number=2))
    later.comes(rating(good[:-1] + ("0" if good[-1] != "0" else "1"), number=3))
    in_time = world.later(days=29)
    late = world.later(days=32)
    late.comes(rating(good, number=4).replace(b"20 Nov", b"20 Dec"))
    for word in [path.rpartition("/")[2].removesuffix(".md") for path in world.paths()]:
        assert facts(world, word) == []
    in_time.comes(rating(good, number=5).replace(b"20 Nov", b"19 Dec"))
    assert facts(world, "TICKET-1") == ["good ada@customer.example"]


def test_who_was_not_asked_does_not_rate(world: Automatic) -> None:
    """A colleague's "good" in reply is a message; so are a robot's, and one to an older mail of ours."""
    later = world.solved()
    later.tick()
    later.comes(answer(world, "bad", number=1, sender="Eve <eve@customer.example>"))
    later.comes(answer(world, "bad", number=2, extra="Auto-Submitted: auto-replied\r\n"))
    reply = next(each for each in world.ticket("TICKET-1").messages if each.direction == "out")
    mail = rating("Re: x", "bad", number=3, extra=f"In-Reply-To: <{reply.message_id}>\r\n")
    later.comes(mail)
    assert facts(world, "TICKET-1") == []


def test_whoever_opens_the_mail_counts_nothing(world: Automatic) -> None:
    """T45: there is no address that could be fetched."""
    world.solved().tick()
    text = world.letter("csat").get_content()
    assert not re.search(r"https?:|ftp:|www\.", text)
    assert len(re.findall(r"mailto:", text)) == 3


def test_stop_is_for_good(world: Automatic) -> None:
    """B5: remembered by a hash, and by the ticket where that is lost."""
    later = world.solved()
    later.tick()
    later.comes(answer(world, "stop"))
    assert facts(world, "TICKET-1") == ["stop ada@customer.example"]
    assert world.ticket("TICKET-1").status == "resolved"
    (record,) = (world.state / "csat").glob("*.json")
    assert "ada@" not in record.read_text()
    assert "customer.example" not in record.read_text()
    record.unlink()
    much_later = world.later(days=40)
    done = much_later.comes(write_mail(8).replace(b"20 Nov", b"30 Dec"))
    much_later.reply(done.ticket)
    much_later.bring(done.ticket, "resolved")
    assert much_later.later(hours=2).tick() == []
    assert len(asked(world)) == 1
    assert "stop" in record.read_text()


def test_a_damaged_record_asks_nobody(world: Automatic) -> None:
    """A16."""
    later = world.solved()
    later.tick()
    (record,) = (world.state / "csat").glob("*.json")
    record.write_text("{")
    much_later = world.later(days=40)
    done = much_later.comes(write_mail(8).replace(b"20 Nov", b"30 Dec"))
    much_later.reply(done.ticket)
    much_later.bring(done.ticket, "resolved")
    (problem,) = much_later.later(hours=2).tick()
    assert done.ticket in problem
    assert len(asked(world)) == 1


def test_killed_between_count_and_mail(world: Automatic, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next run writes that very question, once."""
    later = world.solved()

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("helpdesk_cli.desk.csat.write_automatic", die)
        with pytest.raises(KeyboardInterrupt):
            later.tick()
    assert later.tick() == []
    assert later.tick() == []
    assert len(asked(world)) == 1


def test_the_figures(world: Automatic) -> None:
    """Asked, answered, the share of good; the latest comment first; by the day of asking."""
    for number, said in enumerate(("good", "good", "bad", ""), 1):
        day = world.later(hours=12 * number)
        later = day.solved(number, sender=f"P <p{number}@p{number}.example>")
        before = set(world.outbox.names())
        later.tick()
        (name,) = set(world.outbox.names()) - before
        if said:
            mid = world.outbox.get(name).message_id  # type: ignore[union-attr] # it was posted
            mail = rating(
                "Re: x",
                f"{said}\n\nBecause {number}.",
                number=number,
                sender=f"P <p{number}@p{number}.example>",
                extra=f"In-Reply-To: <{mid}>\r\n",
            )
            later.comes(mail)
    found = summarise(world.later(days=5).desk, "30d")
    assert (found.asked, found.answered, found.good, found.ok, found.bad) == (4, 3, 2, 0, 1)
    assert (found.score, found.answer_rate) == (2 / 3, 3 / 4)
    assert [comment.text for comment in found.comments] == ["Because 3.", "Because 2.", "Because 1."]
    assert summarise(world.later(days=3).desk, "1d").asked == 1
    assert summarise(world.desk, "2026-10").asked == 0
    assert summarise(world.desk, "2026-11").asked == 4


@pytest.mark.parametrize("text", ["", "x", "0d", "30", "2026-13", "0000-01", "2026-1", "-3d", "999999d"])
def test_no_period(world: Automatic, text: str) -> None:
    with pytest.raises(UsageError, match="is no period"):
        read_period(text, world.now)


def test_a_clone_counts_the_same(world: Automatic, tmp_path: Path) -> None:
    """What is counted stands in the tickets."""
    later = world.solved()
    later.tick()
    later.comes(rating(world.links()["ok"], "Fine."))
    world.git("clone", "-q", str(world.root), str(tmp_path / "clone"))
    clone = Automatic(tmp_path / "clone", later.now)
    assert summarise(clone.desk, "all") == summarise(later.desk, "all")


def test_an_answer_finds_its_ticket_however_long_it_is_closed(world: Automatic) -> None:
    """Other mail then opens a new one."""
    world.change("  authserv-id: mx.example.org", "  authserv-id: mx.example.org\n  reopen-within: 1h")
    done = world.comes(write_mail(1))
    world.reply(done.ticket)
    world.bring(done.ticket, "closed")
    world.later(hours=2).tick()
    later = world.later(days=2)
    assert later.comes(rating(world.links()["good"])).ticket == "TICKET-1"
    assert world.ticket("TICKET-1").status == "closed"
    assert facts(world, "TICKET-1") == ["good ada@customer.example"]
    assert later.later(hours=2).comes(answer(world, "It broke again.")).ticket == "TICKET-2"


def test_an_import_of_answers_counts_none(world: Automatic) -> None:
    """Only live mail acts."""
    later = world.solved()
    later.tick()
    later.take(rating(world.links()["good"]), Options(live=False))
    assert facts(world, "TICKET-1") == []
