"""Answers that rules want: once, in the form of automatic mail, under every guard; or why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from automatic_world import SETTINGS, Automatic, facts
from care.world import World, write_mail

from helpdesk_cli.desk import rules_cron, rules_replies
from helpdesk_cli.desk.automatic_counts import Counts
from helpdesk_cli.desk.news import read_news
from helpdesk_cli.errors import TryAgainError

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.desk.news import News

RULES = """\
rules:
- name: we have it
  event: created
  do: [{reply: reminder}]
  send: on
- name: waits
  event: timer
  when: status:new waiting-for:2d..
  do: [{reply: reminder}]
  send: on
"""
QUIET = SETTINGS.replace("  when: always\n", "  when: off\n").replace("  ask: on\n", "  ask: off\n")


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("replies") / "desk"
    World.make(root)
    return root


@pytest.fixture
def world(fresh: Path, tmp_path: Path) -> Automatic:
    made = Automatic.settle(fresh, tmp_path / "desk", QUIET)
    (made.root / "rules.yaml").write_text(RULES)
    return made


def tick(world: World) -> list[str]:
    """The steps of `desk cron` that are about rules."""
    said = [*rules_cron.ask_late(world.desk), *rules_cron.act_timers(world.desk)]
    news = read_news(world.desk)
    said += rules_replies.answer_news(world.desk, news)
    news.settle()
    return said


def test_a_stranger_is_answered_once_and_without_a_word_of_theirs(world: Automatic) -> None:
    world.comes(write_mail(1, text="Buy pills at evil.example\n"))
    for minutes in (1, 2, 3):
        assert tick(world.later(minutes=minutes)) == []
    letter = world.letter("rule")
    assert letter["Auto-Submitted"] == "auto-replied"
    assert letter["X-Auto-Response-Suppress"] == "All"
    assert letter["To"] == "ada@customer.example"
    text = letter.get_content()
    assert "Ada" not in text
    assert "Request" not in text
    assert "pills" not in text
    (mail,) = world.posted("rule")
    assert mail.sender == ""
    assert world.ticket("TICKET-1").messages[-1].automatic == "rule"


def test_time_answers_whom_we_know_by_name(world: Automatic) -> None:
    world.change("support@example.org\nagents", "support@example.org\nautomatic-mail: stopped\nagents")
    world.comes(write_mail(1))
    tick(world.later(minutes=1))
    assert facts(world, "TICKET-1", "no-reply")[0].endswith("A15 desk.yaml says `automatic-mail: stopped`")
    world.change("automatic-mail: stopped\n", "")
    world.reply("TICKET-1")
    world.later(hours=1).comes(write_mail(2, answers=1))
    later = world.later(days=3)
    assert tick(later) == []
    assert tick(later.later(minutes=1)) == []
    letter = world.letter("rule")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert "Hi Ada," in letter.get_content()


@pytest.mark.parametrize(
    ("mail", "rule"),
    [
        (write_mail(1, headers=(("Auto-Submitted", "auto-replied"),)), "A3"),
        (write_mail(1, headers=(("List-Id", "<x.example>"),)), "A6"),
        (write_mail(1, sender="noreply@customer.example"), "A9"),
        (write_mail(1, sender="dana@example.org"), "A"),
    ],
)
def test_what_may_not_be_answered_is_not_and_says_why(world: Automatic, mail: bytes, rule: str) -> None:
    world.comes(mail)
    for minutes in (1, 2):
        tick(world.later(minutes=minutes))
    assert world.posted("rule") == []
    (why,) = facts(world, "TICKET-1", "no-reply")
    assert why.split()[2].startswith((rule, "B4"))


def test_limits_count_what_rules_write(world: Automatic) -> None:
    for number in range(1, 5):
        world.later(hours=number).comes(write_mail(number))
        tick(world.later(hours=number, minutes=1))
    assert len(world.posted("rule")) == 2
    assert facts(world, "TICKET-4", "no-reply")[0].split()[2] == "A15"


def test_who_dies_between_counting_and_writing_sends_nothing_twice(
    world: Automatic, monkeypatch: pytest.MonkeyPatch
) -> None:
    class DiedError(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise DiedError

    def answer(later: Automatic) -> News:
        news = read_news(later.desk)
        assert list(rules_replies.answer_news(later.desk, news)) == []
        return news

    world.comes(write_mail(1))
    with monkeypatch.context() as killed:
        killed.setattr(rules_replies, "write_automatic", die)
        with pytest.raises(DiedError):
            answer(world.later(minutes=1))  # type: ignore[arg-type] # dataclasses.replace keeps the class
    for minutes in (2, 3):
        answer(world.later(minutes=minutes))  # type: ignore[arg-type] # as above
    assert len(world.posted("rule")) == 1
    assert len([each for each in world.ticket("TICKET-1").messages if each.automatic == "rule"]) == 1


@pytest.mark.parametrize("fault", [TryAgainError("busy", "automatic.lock"), OSError(28, "no space left")])
def test_a_passing_fault_puts_an_answer_off_and_no_other_waits_for_it(
    world: Automatic, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    real, fired = Counts.count, []

    def count(self: Counts, address: str, subject: str, *, name: str, kind: str) -> None:
        if address.startswith("ada"):
            fired.append(address)
            raise fault
        real(self, address, subject, name=name, kind=kind)

    def answered() -> list[str]:
        return sorted(mail.recipients[0].address for mail in world.posted("rule"))

    world.comes(write_mail(1))
    world.comes(write_mail(2, sender="Bob <bob@elsewhere.example>"))
    with monkeypatch.context() as failing:
        failing.setattr(Counts, "count", count)
        with pytest.raises(type(fault)):
            tick(world.later(minutes=1))
    assert fired == ["ada@customer.example"]
    assert answered() == ["bob@elsewhere.example"]
    assert facts(world, "TICKET-1", "no-reply") == []
    for minutes in (2, 3):
        assert tick(world.later(minutes=minutes)) == []
    assert answered() == ["ada@customer.example", "bob@elsewhere.example"]
    assert facts(world, "TICKET-1", "no-reply") == []


def test_a_broken_template_is_said_and_sends_nothing(world: Automatic) -> None:
    (world.root / "templates/reminder.md").write_text("---\nabout: x\n---\nHi {{ nonsense }}\n")
    world.comes(write_mail(1))
    (said,) = tick(world.later(minutes=1))
    assert said.startswith("no answer for TICKET-1, which rule we have it wants: ")
    assert tick(world.later(minutes=2)) == []
    assert world.posted("rule") == []
    assert len(facts(world, "TICKET-1", "no-reply")) == 1
