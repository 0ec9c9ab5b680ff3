"""Agents are told by mail what concerns them, once, and of nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail
from noticed import DANA, LEE, answer, letter, mails, run, settle, take, text_of, told

from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.assign import assign
from helpdesk_cli.desk.backup import backup
from helpdesk_cli.desk.news import read_news
from helpdesk_cli.desk.note import note
from helpdesk_cli.desk.notify import note_news, send_notices
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.restore import restore
from helpdesk_cli.desk.status import status
from helpdesk_cli.storage.outbox import Outbox
from helpdesk_cli.storage.records import Records
from helpdesk_cli.tickets.entries import Message

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A desk with agents."""
    return settle(tmp_path / "desk")


def assigned(world: World) -> World:
    """Ada's ticket is dana's, and she has been told."""
    told(world)
    return world.later(minutes=5)


def fresh(world: World) -> list[tuple[str, str]]:
    """(to, text) of the notices since the first."""
    run(world)
    found = [each for each in mails(world) if each.queued_at == world.now]
    return [(each.recipients[0].address, text_of(letter(world, each))) for each in found]


def record_fact(world: World, key: str, value: str) -> None:
    """The desk remembers a fact of ticket 1."""
    with open_door(world.desk, desk_actor(world.desk)) as door:
        door.change(door.hold("1"), [], summary="TICKET-1: a fact", facts=((key, value),))


def test_what_a_notice_looks_like(world: World) -> None:
    notice = told(world)
    assert str(notice["From"]) == "Example support <support@example.org>"
    assert str(notice["To"]) == "Dana Davis <dana@example.com>"
    assert str(notice["Subject"]) == "[TICKET-1] Request 1"
    assert notice["Auto-Submitted"] == "auto-generated"
    assert notice["X-Auto-Response-Suppress"] == "All"
    assert notice["X-Desk-Loop"].endswith("; hops=1")
    assert notice["Reply-To"] is None
    text = text_of(notice)
    assert text.startswith("lee gave you this ticket.\n")
    assert "> My invoice is wrong." in text
    assert mails(world)[0].sender == ""


def test_each_thing_is_told_once(world: World) -> None:
    told(world)
    for minutes in range(1, 4):
        assert fresh(world.later(minutes=minutes)) == []


def test_who_does_it_is_not_told(world: World) -> None:
    world.take(write_mail(1))
    assign(world.desk, ["1"], "dana", actor=DANA)
    note(world.desk, ["1"], "I, @dana, look at it.", actor=DANA)
    assert fresh(world) == []


def test_a_customers_answer_is_told_to_whose_ticket_it_is(world: World) -> None:
    later = assigned(world)
    later.take(write_mail(2, answers=1, text="One more thing.\n"))
    ((to, text),) = fresh(later)
    assert to == "dana@example.com"
    assert text.startswith("Ada Lovelace wrote.\n\n> One more thing.")


def test_several_news_of_one_ticket_are_one_mail(world: World) -> None:
    later = assigned(world)
    later.take(write_mail(2, answers=1, text="One more thing.\n"))
    note(later.desk, ["1"], "@dana careful", actor=LEE)
    ((_, text),) = fresh(later)
    assert "Ada Lovelace wrote.\nlee mentioned you in a note." in text
    assert "> One more thing." in text
    assert "> @dana careful" in text


def test_an_import_tells_nobody_anything(world: World) -> None:
    later = assigned(world)
    for number in range(2, 6):
        later.take(write_mail(number, answers=1), Options(live=False))
    assert fresh(later) == []


@pytest.mark.parametrize(
    "headers",
    [(("Auto-Submitted", "auto-replied"),), (("X-Spam-Flag", "YES"),), (("X-Autoreply", "yes"),)],
)
def test_machines_and_spam_tell_nobody_anything(world: World, headers: tuple[tuple[str, str], ...]) -> None:
    later = assigned(world)
    later.take(write_mail(2, answers=1, headers=headers))
    assert fresh(later) == []


def test_people_behind_a_mailing_list_are_heard(world: World) -> None:
    """What forbids automatic mail to them does not forbid telling us."""
    later = assigned(world)
    later.take(write_mail(2, answers=1, headers=(("List-Id", "<users.example.org>"),)))
    assert len(fresh(later)) == 1


def test_who_is_mentioned_is_told(world: World) -> None:
    later = assigned(world)
    note(later.desk, ["1"], "@lee @dana what do you think?", actor=DANA)
    assert [to for to, _ in fresh(later)] == ["lee@example.com"]


@pytest.mark.parametrize("state", ["bounced", "failed", "unknown"])
def test_who_wrote_an_answer_hears_that_it_did_not_arrive(world: World, state: str) -> None:
    notice = told(world)
    take(world, answer(notice, "It is corrected."))
    entry = world.ticket("TICKET-1").messages[-1]
    later = world.later(minutes=5)
    assert fresh(later) == []
    record_fact(later, "delivery", f"{entry.id} {state} no such user")
    ((to, text),) = fresh(later)
    assert to == "dana@example.com"
    assert text.startswith("The answer to ada@customer.example")
    assert "> It is corrected." in text


def test_that_an_answer_was_sent_is_no_news(world: World) -> None:
    notice = told(world)
    take(world, answer(notice, "It is corrected."))
    record_fact(world.later(minutes=5), "delivery", f"{world.ticket('TICKET-1').messages[-1].id} sent")
    assert fresh(world.later(minutes=5)) == []


def test_a_bad_rating_is_told_to_the_lead(world: World) -> None:
    told(world)
    text = (world.root / world.paths()[0]).read_text()
    (world.root / world.paths()[0]).write_text(text.replace("status:", "team: billing\nstatus:", 1))
    later = world.later(minutes=5)
    record_fact(later, "csat", "bad ada@customer.example")
    ((to, words),) = fresh(later)
    assert to == "lee@example.com"
    assert words.startswith("Ada Lovelace was not content")


def test_a_bad_rating_is_told_to_the_assignee_where_no_team_has_a_lead(world: World) -> None:
    told(world)
    later = world.later(minutes=5)
    record_fact(later, "csat", "bad ada@customer.example")
    ((to, _),) = fresh(later)
    assert to == "dana@example.com"


def test_nobody_is_told_of_spam(world: World) -> None:
    world.take(write_mail(1))
    assign(world.desk, ["1"], "dana", actor=LEE)
    status(world.desk, ["1"], "spam", actor=LEE)
    assert fresh(world) == []


def test_who_lost_a_ticket_again_is_not_told_of_it(world: World) -> None:
    world.take(write_mail(1))
    assign(world.desk, ["1"], "dana", actor=DANA)
    assign(world.desk, ["1"], "lee", actor=DANA)
    assert [to for to, _ in fresh(world)] == ["lee@example.com"]


def test_no_notice_goes_to_an_inbox_of_the_desk(tmp_path: Path) -> None:
    world = settle(tmp_path / "desk")
    text = (world.root / "desk.yaml").read_text().replace("dana@example.com", "support+dana@example.org")
    (world.root / "desk.yaml").write_text(text)
    world.take(write_mail(1))
    assign(world.desk, ["1"], "dana", actor=LEE)
    assert fresh(world) == []
    assert Records(world.state, "notices").names() == []


@pytest.mark.parametrize("who", ["notify: {agents: off}\n", ""])
def test_off_is_off(tmp_path: Path, who: str) -> None:
    world = settle(tmp_path / "desk", who)
    if not who:
        text = (world.root / "desk.yaml").read_text().replace("name: Dana", "notify: off, name: Dana")
        (world.root / "desk.yaml").write_text(text)
    world.take(write_mail(1))
    assign(world.desk, ["1"], "dana", actor=LEE)
    assert fresh(world) == []


def test_a_digest_goes_once_a_day_at_its_time(tmp_path: Path) -> None:
    """09:00 UTC is 10:00 in Berlin in November; the digest goes at half past."""
    world = settle(
        tmp_path / "desk", 'notify: {agents: digest, digest-at: "10:30", timezone: Europe/Berlin}\n'
    )
    for number in (1, 2):
        world.take(write_mail(number))
        assign(world.desk, [str(number)], "dana", actor=LEE)
    run(world)
    assert mails(world, "digest") == []
    half = world.later(minutes=30)
    run(half)
    (mail,) = mails(world, "digest")
    digest = letter(world, mail)
    assert str(digest["Subject"]) == "2 new on your tickets"
    assert "TICKET-1  Request 1\n     lee gave you this ticket." in text_of(digest)
    half.take(write_mail(3, answers=1))
    run(half.later(hours=3))
    assert len(mails(world, "digest")) == 1
    run(half.later(hours=23))
    assert len(mails(world, "digest")) == 1
    run(half.later(hours=24))
    assert len(mails(world, "digest")) == 2
    assert mails(world) == []


def test_many_tickets_at_once_are_one_mail(world: World) -> None:
    for number in range(1, 13):
        world.take(write_mail(number))
    assign(world.desk, [str(number) for number in range(1, 13)], "dana", actor=LEE)
    run(world)
    assert mails(world) == []
    (mail,) = mails(world, "digest")
    assert str(letter(world, mail)["Subject"]) == "12 new on your tickets"


def test_a_customers_words_imitate_nothing_and_hide_nothing(world: World) -> None:
    later = assigned(world)
    text = "lee gave you this ticket.\n\u202e\nTo answer: click here\n-- \nThis notice is for dana alone\n"
    later.take(write_mail(2, sender='"Evil \u202e" <ada@customer.example>', answers=1, text=text))
    ((_, words),) = fresh(later)
    assert "\u202e" not in words
    own = [line for line in words.split("\n") if line and not line.startswith(">")]
    assert not any("click here" in line or "gave you" in line for line in own)


def test_a_very_long_text_is_cut(world: World) -> None:
    later = assigned(world)
    later.take(write_mail(2, answers=1, text="word " * 10_000 + "\n" + "x\n" * 1000))
    ((_, words),) = fresh(later)
    assert len(words) < 20_000
    assert "cut here" in words


def test_a_hostile_subject_stays_one_line(world: World) -> None:
    later = assigned(world)
    mail = write_mail(2, sender="Eve <eve@evil.example>").replace(
        b"Subject: Request 2", b"Subject: =?utf-8?q?A=0D=0ABcc:_all=40evil.example?="
    )
    later.take(mail)
    assign(later.desk, ["2"], "dana", actor=LEE)
    run(later)
    (found,) = [letter(later, each) for each in mails(later) if each.queued_at == later.now]
    assert found["Bcc"] is None


@pytest.mark.parametrize("kind", ["wrote", "noted", "named", "queued"])
def test_ended_at_any_point_it_tells_each_thing_once(
    world: World, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that dies after the first of two records, names or mails; the next run does the rest."""
    for number in (1, 2):
        world.take(write_mail(number))
        assign(world.desk, [str(number)], "dana", actor=LEE)
    died = []

    def dies_after_first(owner: type, name: str) -> None:
        real = getattr(owner, name)

        def once(*args: object, **options: object) -> object:
            done = real(*args, **options)
            if not died:
                died.append(name)
                raise KeyboardInterrupt
            return done

        monkeypatch.setattr(owner, name, once)

    if kind == "wrote":
        dies_after_first(Records, "put")
        with pytest.raises(KeyboardInterrupt):
            note_news(world.desk, read_news(world.desk))
    else:
        news = read_news(world.desk)
        note_news(world.desk, news)
        if kind == "noted":
            died.append("before it was settled")
        else:
            dies_after_first(*((Records, "put") if kind == "named" else (Outbox, "add")))
            with pytest.raises(KeyboardInterrupt):
                send_notices(world.desk)
    monkeypatch.undo()
    assert died
    run(world)
    run(world.later(minutes=1))
    subjects = sorted(str(letter(world, each)["Subject"]) for each in mails(world))
    assert subjects == ["[TICKET-1] Request 1", "[TICKET-2] Request 2"]


def test_told_notes_go_when_the_news_is_settled(world: World) -> None:
    told(world)
    run(world.later(minutes=1))
    assert Records(world.state, "notices").names() == []


def test_an_agents_answer_is_no_news_to_them_but_to_whose_ticket_it_is(world: World) -> None:
    notice = told(world)
    assign(world.desk, ["1"], "lee", actor=DANA)
    run(world)
    later = world.later(minutes=5)
    take(later, answer(notice, "It is corrected.", proof=""))
    assert isinstance(later.ticket("TICKET-1").messages[-1], Message)
    assert sorted(to for to, _ in fresh(later)) == ["dana@example.com", "lee@example.com"]


def test_a_restored_desk_tells_nothing_again(world: World, tmp_path: Path) -> None:
    """What was due at the backup may have been told after it."""
    world.take(write_mail(1))
    assign(world.desk, ["1"], "dana", actor=LEE)
    note_news(world.desk, read_news(world.desk))
    backup(world.desk, tmp_path / "b.tar.gz")
    restored = World(restore(tmp_path / "b.tar.gz", tmp_path / "again", now=world.now).root)
    run(restored)
    assert mails(restored) == []
    note(restored.desk, ["1"], "@dana hello", actor=LEE)
    assert len(fresh(restored)) == 1
