"""Acknowledgements: to whom, once, in which form; counted before they are written, and none in doubt."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from care.world import write_mail

from helpdesk_cli.channels.sources import find_mail
from helpdesk_cli.desk.ack_explain import explain_mail, explain_ticket
from helpdesk_cli.desk.acknowledge import STORM, acknowledge
from helpdesk_cli.desk.automatic_counts import normalised
from helpdesk_cli.desk.automatic_letters import clean_person, clean_subject
from helpdesk_cli.desk.ingest_many import ingest_many
from helpdesk_cli.desk.news import read_news
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.errors import TryAgainError
from helpdesk_cli.mail.received import Envelope
from helpdesk_cli.storage import lock
from helpdesk_cli.storage.outbox import Outbox
from helpdesk_cli.tickets.person import Person

if TYPE_CHECKING:
    from pathlib import Path

    from automatic_world import Automatic

MALLORY = "Visit http://evil.example now <victim@customer.example>"


def test_a_stranger_gets_one_that_says_nothing_of_theirs(world: Automatic) -> None:
    """RELIABILITY T35, T36: neither name nor subject nor text nor link; small, and in the right form."""
    mail = write_mail(1, sender=MALLORY, text="Your code is 4711: http://evil.example/login\n")
    mail = mail.replace(b"Request 1", b"Your code is 4711 http://evil.example")
    world.comes(mail)
    assert world.tick() == []
    (out,) = world.posted()
    letter = world.letter("acknowledgement")
    data = world.outbox.data(out.name)
    assert not re.search(rb"evil|4711|Visit|http|victim(?!@customer\.example\r\n)", data, re.IGNORECASE)
    assert len(letter.get_content().encode()) <= 2000
    assert (out.kind, out.sender, out.state) == ("acknowledgement", "", "queued")
    assert letter["Auto-Submitted"] == "auto-replied"
    assert letter["X-Auto-Response-Suppress"] == "All"
    assert re.fullmatch(r"[0-9a-f]{16}; hops=1", letter["X-Desk-Loop"])
    assert letter["Subject"].startswith("Auto: [TICKET-1] ")
    assert (letter["In-Reply-To"], letter["References"]) == ("<m1@customer.example>",) * 2
    assert letter["Precedence"] is None
    assert letter.get_content_type() == "text/plain"
    assert letter["To"] == "victim@customer.example"


def test_who_is_vouched_for_gets_a_personal_one(world: Automatic) -> None:
    results = (("Authentication-Results", "mx.example.org; dmarc=pass header.from=customer.example"),)
    world.comes(write_mail(1, headers=results))
    world.tick()
    letter = world.letter("acknowledgement")
    assert letter["Subject"] == "Auto: [TICKET-1] Request 1"
    assert "Ada" in letter.get_content()


def test_who_was_answered_before_gets_a_personal_one(world: Automatic) -> None:
    """And who only wrote before does not: in whose name, nobody knows."""
    world.comes(write_mail(1))
    world.tick()
    later = world.later(hours=1)
    later.comes(write_mail(2).replace(b"Request 2", b"Something else"))
    later.tick()
    assert {mail.subject for mail in world.posted()} == {
        "Auto: [TICKET-1] We have your message",
        "Auto: [TICKET-2] We have your message",
    }
    later.reply("TICKET-2")
    latest = world.later(days=2)
    latest.comes(write_mail(3).replace(b"Request 3", b"A third matter"))
    latest.tick()
    assert "Auto: [TICKET-3] A third matter" in {mail.subject for mail in world.posted()}


def test_twice_is_once(world: Automatic) -> None:
    """The same news again, after a crash too; with the outbox lost, the ticket knows."""
    world.comes(write_mail(1))
    news = read_news(world.desk)
    for _ in range(2):
        assert list(acknowledge(world.desk, news)) == []
    assert len(world.posted()) == 1
    for mail in world.posted():
        Outbox(world.desk.layout).remove(mail.name)
    assert list(acknowledge(world.desk, news)) == []
    assert world.posted() == []
    assert [message.automatic for message in world.ticket("TICKET-1").messages] == ["", "acknowledgement"]


def test_it_is_a_message_of_the_ticket_and_no_answer(world: Automatic) -> None:
    world.comes(write_mail(1))
    world.tick()
    ticket = world.ticket("TICKET-1")
    message = ticket.messages[1]
    assert (message.direction, message.automatic, message.by, message.delivery) == (
        "out",
        "acknowledgement",
        "desk",
        "queued",
    )
    assert ticket.status == "new"
    assert world.subjects()[-1] == "TICKET-1: acknowledged"


FORBIDDEN = [
    ("List-Id", "<users.example>", "A6"),
    ("Auto-Submitted", "auto-replied", "A3"),
    ("Precedence", "bulk", "A7"),
    ("X-Desk-Loop", "0123456789abcdef; hops=1", "A8"),
    ("X-Auto-Response-Suppress", "All", "A5"),
    ("X-Spam-Flag", "YES", "A11"),
]


@pytest.mark.parametrize(("name", "value", "rule"), FORBIDDEN)
def test_what_the_mail_forbids(world: Automatic, name: str, value: str, rule: str) -> None:
    """And `ack explain` names the same rule for the ticket and for the mail."""
    mail = write_mail(1, headers=((name, value),))
    envelope = Envelope("ada@customer.example", ("support@example.org",))
    before = explain_mail(world.desk, mail, envelope)
    world.comes(mail)
    assert world.tick() == []
    assert world.posted() == []
    after = explain_ticket(world.desk, "1")
    assert (before.decision, before.rule) == (after.decision, after.rule) == ("no", rule)
    rows = dict(after.rows)
    assert rows[rule] is True
    assert rows["A1"] is False
    assert dict(before.rows)[rule] is True


def test_only_what_opens_a_ticket_and_waits(world: Automatic) -> None:
    """A14: a further mail, one that was answered or closed meanwhile, spam, an import, a late one."""
    world.comes(write_mail(1))
    world.tick()
    later = world.later(hours=1)
    later.comes(write_mail(2, answers=1))
    assert later.tick() == []
    assert explain_ticket(later.desk, "1").decision == "sent"
    later.comes(write_mail(3, sender="Bob <bob@b.example>"))
    later.reply("TICKET-2")
    later.comes(write_mail(4, sender="Eve <eve@e.example>"))
    later.bring("TICKET-3", "closed")
    later.take(write_mail(5, sender="Kim <kim@k.example>"), Options(live=False))
    later.comes(write_mail(6, sender="Lou <lou@l.example>"))
    for word in ("2", "3", "4"):
        assert explain_ticket(later.desk, word).rule == "A14"
    assert explain_ticket(later.desk, "5").decision == "yes"
    a_day_later = later.later(hours=25)
    assert explain_ticket(a_day_later.desk, "5").rule == "A14"
    assert a_day_later.tick() == []
    assert len(world.posted()) == 1


def test_the_mail_of_a_form_goes_to_nobody(world: Automatic) -> None:
    """Its real author is only said to be so: anybody may be written into a form."""
    mail = write_mail(1, sender="form@www.example.org", headers=(("Reply-To", "victim@v.example"),))
    world.comes(mail)
    assert world.tick() == []
    assert (explain_ticket(world.desk, "1").rule, world.posted()) == ("A18", [])


def test_the_caps_of_an_address(world: Automatic) -> None:
    """A15: two a day, ten a week, one about the same subject a week, none within a quarter of an hour."""
    for number in range(1, 8):
        at = world.later(hours=number)
        mail = write_mail(number).replace(f"Request {number}".encode(), f"Matter {'x' * number}".encode())
        at.comes(mail)
        at.tick()
    assert len(world.posted()) == 2
    assert "within a day" in explain_ticket(at.desk, "7").why
    tomorrow = world.later(days=2)
    tomorrow.comes(write_mail(9).replace(b"Request 9", b"Re: [Ticket 7] Matter xx 4711"))
    tomorrow.tick()
    assert len(world.posted()) == 2
    assert "same subject" in explain_ticket(tomorrow.desk, "8").why
    tomorrow.comes(write_mail(10).replace(b"Request 10", b"Wholly new"))
    tomorrow.tick()
    tomorrow.comes(write_mail(11).replace(b"Request 11", b"Newer still"))
    tomorrow.tick()
    assert len(world.posted()) == 3
    assert "quarter" in explain_ticket(tomorrow.desk, "10").why


def test_the_caps_of_a_domain_and_of_all(world: Automatic) -> None:
    """Large providers are no one domain; over the cap of all it is said once, and nothing more goes."""
    world.change(
        "  when: always\n",
        "  when: always\n  per-domain-an-hour: 2\n  an-hour: 6\n  large-providers: [big.example]\n",
    )
    for number in range(1, 5):
        world.comes(write_mail(number, sender=f"p{number}@small.example"))
    for number in range(5, 12):
        world.comes(write_mail(number, sender=f"p{number}@big.example"))
    assert world.tick() == [STORM]
    domains = [mail.recipients[0].address.partition("@")[2] for mail in world.posted()]
    assert sorted(domains) == ["big.example"] * 4 + ["small.example"] * 2
    an_hour_later = world.later(minutes=61)
    an_hour_later.comes(write_mail(20, sender="q@other.example"))
    assert an_hour_later.tick() == []
    assert len(world.posted()) == 7


def test_a_storm_is_switched_off(world: Automatic) -> None:
    world.change("sending: on", "sending: on\nautomatic-mail: stopped")
    world.comes(write_mail(1))
    assert (world.tick(), world.posted()) == ([], [])
    assert explain_ticket(world.desk, "1").rule == "A15"


def test_on_hold_none_is_written(world: Automatic) -> None:
    """It would leave days later, when somebody switches sending on."""
    world.change("sending: on", "sending: hold")
    world.comes(write_mail(1))
    assert (world.tick(), world.posted()) == ([], [])
    assert "hold" in explain_ticket(world.desk, "1").held


def test_outside_office_hours_only(world: Automatic) -> None:
    """By when the mail came, not by when cron ran."""
    world.change("when: always", "when: outside-office-hours")
    world.comes(write_mail(1))  # Friday at nine
    evening = world.later(hours=9)
    assert (evening.tick(), evening.posted()) == ([], [])
    assert explain_ticket(evening.desk, "1").rule == "off"
    evening.comes(write_mail(2, sender="Bob <bob@b.example>"))
    assert evening.tick() == []
    assert [mail.recipients[0].address for mail in evening.posted()] == ["bob@b.example"]


def damage(world: Automatic) -> None:
    folder = world.state / "automatic"
    folder.mkdir(mode=0o700)
    (folder / f"{world.now:%Y-%m-%d}.json").write_text('{"sent": [["x"]]}')


def forbid(world: Automatic) -> None:
    """A file where the folder belongs: root, too, can write nothing there."""
    (world.state / "automatic").write_text("")


@pytest.mark.parametrize("harm", [damage, forbid])
def test_in_doubt_none_goes(world: Automatic, harm: object) -> None:
    """A16: what was sent cannot be read or written."""
    assert callable(harm)
    world.comes(write_mail(1))
    harm(world)
    (problem,) = world.tick()
    assert "TICKET-1" in problem
    assert world.posted() == []
    assert len(world.ticket("TICKET-1").messages) == 1


def test_in_doubt_none_goes_while_another_counts(world: Automatic, monkeypatch: pytest.MonkeyPatch) -> None:
    """A16: the lock is taken for too long."""
    monkeypatch.setattr("helpdesk_cli.desk.automatic_counts.LOCK_TIMEOUT", 0.05)
    world.comes(write_mail(1))
    taken = lock.hold(world.state / "automatic.lock", timeout=1, modes=world.desk.layout.modes)
    with taken, pytest.raises(TryAgainError, match="busy"):
        world.tick()
    assert world.posted() == []
    # It has passed, and it is news still.
    assert world.tick() == []
    assert len(world.posted()) == 1


def test_counted_before_it_is_written(world: Automatic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever dies in between has counted a mail that did not go; the next run writes that very mail."""
    world.comes(write_mail(1))
    news = read_news(world.desk)

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("helpdesk_cli.desk.acknowledge.write_automatic", die)
        with pytest.raises(KeyboardInterrupt):
            list(acknowledge(world.desk, news))
    assert list((world.state / "automatic").glob("*.json"))
    assert list(acknowledge(world.desk, news)) == []
    assert len(world.posted()) == 1


def test_a_clock_that_ran_ahead_does_not_silence_it_for_years(world: Automatic) -> None:
    ahead = world.later(days=3000)
    ahead.comes(write_mail(1).replace(b"Nov 2026", b"Feb 2035"))
    ahead.tick()
    world.comes(write_mail(2))
    assert world.tick() == []
    assert len(world.posted()) == 2


def test_a_template_that_repeats_strangers_fails(world: Automatic) -> None:
    """And says so: no mail goes that somebody else could have worded."""
    folder = world.root / "templates"
    (folder / "acknowledgement-stranger.md").write_text(
        "Hi {{ customer_name }}, about {{ ticket_subject }}\n"
    )
    world.git("add", "templates")
    world.git("commit", "-q", "-m", "Template")
    world.comes(write_mail(1))
    (problem,) = world.tick()
    assert "acknowledgement-stranger.md:1" in problem
    assert world.posted() == []


def test_another_clone_writes_none(world: Automatic) -> None:
    world.git("config", "desk.role", "clone")
    world.comes(write_mail(1))
    assert (world.tick(), world.posted()) == ([], [])


def test_five_thousand_imported_mails_get_nothing(world: Automatic, tmp_path: Path) -> None:
    """With the real door for stored mail, live mail beside it."""
    box = tmp_path / "old.mbox"
    with box.open("wb") as file:
        for number in range(5000):
            mail = write_mail(number % 50_000, sender=f"P{number} <p{number}@old{number % 700}.example>")
            file.write(b"From MAILER Fri Nov 20 09:00:00 2026\n" + mail + b"\n\n")
    done = list(
        ingest_many(world.desk, find_mail(box), Options(Envelope("a@b.example", ("support@example.org",))))
    )
    assert len(done) == 5000
    assert all(each.outcome == "created" for each in done)
    world.comes(write_mail(60_000, sender="New <new@new.example>"))
    assert world.tick() == []
    assert [mail.recipients[0].address for mail in world.posted("acknowledgement")] == ["new@new.example"]
    assert len(world.outbox.names()) == 1


@pytest.mark.parametrize(
    ("subject", "clean"),
    [
        ("Printer on fire", "Printer on fire"),
        ("Win at https://evil.example/x now", "Win at now"),
        ("www.evil.example", ""),
        ("write to me@evil.example", "write to"),
        ("go evil.example/path today", "go today"),
        ("call +44 20 7946 0958 now", "call now"),
        ("a\r\nBcc: x@y.example", "a Bcc:"),
        ("\u202eevil\u200b", "evil"),
        ("version 2.5 of the API", "version 2.5 of the API"),
        ("x" * 100, "x" * 59 + "…"),
        ("word " * 30, "word " * 10 + "word…"),
    ],
)
def test_a_subject_is_made_harmless(subject: str, clean: str) -> None:
    assert clean_subject(subject) == clean
    assert len(clean_subject(subject)) <= 60


def test_a_name_that_is_no_name_is_left_out() -> None:
    assert clean_person(Person("Ada Lovelace", "a@b.example")).name == "Ada Lovelace"
    for name in (
        "Visit http://e.example",
        "www.evil.example",
        "ceo@corp.example",
        "x" * 61,
        "Call 0800 1234567",
    ):
        assert clean_person(Person(name, "a@b.example")).name == ""


def test_subjects_that_only_count_are_one() -> None:
    """A robot numbers its mails."""
    assert normalised("Re: [#1042] Received: your mail 17") == normalised("AW: received your mail, 18!")
    assert normalised("Printer") != normalised("Plotter")


def test_addresses_are_not_kept_to_be_read(world: Automatic) -> None:
    world.comes(write_mail(1))
    world.tick()
    (record,) = (world.state / "automatic").glob("*.json")
    text = record.read_text()
    assert "ada@" not in text
    assert "Request" not in text
    assert (record.stat().st_mode & 0o777) == 0o600
    eleven_days_later = world.later(days=11)
    eleven_days_later.comes(write_mail(2).replace(b"20 Nov", b"01 Dec"))
    eleven_days_later.tick()
    assert not record.exists()


def test_three_loops_mute_an_address(world: Automatic) -> None:
    """A4: its mails with our mark came back; then one without any mark is not answered either."""
    world.comes(write_mail(50, sender="x@y.example"))
    world.tick()
    mark = world.letter("acknowledgement")["X-Desk-Loop"]
    for number in range(1, 4):
        world.comes(write_mail(number, headers=(("X-Desk-Loop", mark),)))
    world.tick()
    world.comes(write_mail(9))
    world.tick()
    assert [mail.recipients[0].address for mail in world.posted()] == ["x@y.example"]
    assert "came back" in explain_ticket(world.desk, str(len(world.paths()))).why


def test_one_mailbox_is_one_whatever_is_added_to_it(world: Automatic) -> None:
    """Else a large provider's addresses would have no end."""
    for number, sender in enumerate(
        ("v.ictim+1@gmail.com", "victim+2@gmail.com", "VICTIM@googlemail.com"), 1
    ):
        world.comes(write_mail(number, sender=sender))
    world.tick()
    assert len(world.posted()) == 1


def test_why_none_went_is_remembered(world: Automatic) -> None:
    """Days later too, when every count has changed."""
    world.comes(write_mail(1))
    world.tick()
    world.comes(write_mail(2))
    world.tick()
    later = world.later(days=5)
    assert "quarter" in explain_ticket(later.desk, "2").why
    assert explain_ticket(later.desk, "2").rule == "A15"
