"""Templates and articles of a real desk: found, filled, checked, counted."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail
from replies.test_rendering import HOSTILE

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.articles import Shelf, all_articles, find_article, search, suggest_articles
from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.status import resolve
from helpdesk_cli.desk.template_lint import lint
from helpdesk_cli.desk.templates import find_template, render, template_names
from helpdesk_cli.desk.usage import Usage, count_uses
from helpdesk_cli.errors import DeskError, InvalidFileError, NotFoundError
from helpdesk_cli.tickets.changes import EntryAdded
from helpdesk_cli.tickets.entries import Message
from helpdesk_cli.tickets.person import Person

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.replies.template import Rendered

DANA = Actor("dana", "Dana Davis", "dana@example.com")
ESSENTIALS = {
    "acknowledgement",
    "need-more-information",
    "being-investigated",
    "solution",
    "follow-up-check",
    "reminder",
    "closing",
}
SENT_BY_DESK = {"acknowledgement", "acknowledgement-stranger", "csat", "notification", "digest"}
REFUND = """\
Subject: Re: [TICKET-{{ticket_id}}] {{ticket_subject}}

Hi {{customer_name}},

we refund it within {{sla_time}}. {{ article("vat") }}

{{agent_name}}
"""
VAT = """\
---
title: How VAT numbers appear on invoices
tags: [vat, invoice]
link: https://help.example.com/vat
---
Invoices show your number once you set it.
"""


def write(world: World, path: str, text: str) -> None:
    target = world.root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")


def says(world: World, name: str, number: int = 1, *, by: str = "dana") -> Rendered:
    desk = world.desk
    ticket = world.ticket(f"TICKET-{number}")
    return render(desk, find_template(desk, name), ticket, agent=desk.settings.agent(by))


def refusal(world: World, name: str) -> DeskError:
    with pytest.raises(DeskError) as caught:
        says(world, name)
    return caught.value


@pytest.fixture
def world(world: World) -> World:
    """A desk with the shipped templates, one of its own, an article and a ticket of Ada's."""
    write(world, "templates/billing/refund.md", REFUND)
    write(world, "kb/billing/vat.md", VAT)
    world.take(write_mail(1, text="The VAT on my invoices is wrong.\n"))
    return world


def test_the_example_of_the_issue_works_as_it_stands(world: World) -> None:
    rendered = says(world, "refund")
    assert rendered.subject == "Re: [TICKET-1] Request 1"
    assert rendered.text == (
        "Hi Ada Lovelace,\n\nwe refund it within one working day."
        " How VAT numbers appear on invoices: https://help.example.com/vat\n\nDana Davis\n"
    )
    assert rendered.used == (("template", "billing/refund"), ("article", "billing/vat"))


def test_the_essentials_are_shipped_and_can_be_sent_as_they_are(world: World) -> None:
    (world.root / "templates/billing/refund.md").unlink()
    assert set(template_names(world.desk)) == ESSENTIALS | SENT_BY_DESK
    assert lint(world.desk) == []
    for name in ESSENTIALS:
        rendered = says(world, name)
        assert rendered.text.startswith("Hi Ada,\n\n")
        assert len(rendered.text) < 800
        assert not [
            word for word in ("automated", "do not reply", "above this line") if word in rendered.text
        ]
    assert {says(world, name).status for name in ESSENTIALS} == {"", "open", "pending", "resolved", "closed"}


def test_what_a_stranger_gets_holds_nothing_that_a_stranger_wrote(world: World) -> None:
    """RELIABILITY T36: neither subject nor name, and no link."""
    world.take(
        write_mail(
            2, sender="Win at https://spam.example <victim@customer.example>", text="https://spam.example"
        )
    )
    rendered = says(world, "acknowledgement-stranger", 2, by="")
    for word in ("Request", "Win", "spam", "victim", "http", "@"):
        assert word not in rendered.subject + rendered.text
    assert rendered.subject == "Auto: [TICKET-2] We have your message"
    assert len(rendered.text.encode()) < 2000


def test_a_desk_without_the_files_of_what_it_sends_uses_the_shipped(world: World) -> None:
    shipped = says(world, "acknowledgement", by="").text
    for name in SENT_BY_DESK | {"solution"}:
        (world.root / f"templates/{name}.md").unlink()
    assert find_template(world.desk, "csat").is_shipped
    assert says(world, "acknowledgement", by="").text == shipped
    assert refusal(world, "solution").exit_code == 3
    write(world, "templates/acknowledgement.md", "Danke!\n")
    assert says(world, "acknowledgement", by="").text == "Danke!\n"


def test_without_an_agent_the_desk_answers(world: World) -> None:
    write(world, "templates/a.md", "{{ agent_name }}, {{ agent_first_name }}, {{ company }}")
    assert says(world, "a", by="").text == "Support, Support, Support\n"
    assert says(world, "a").text == "Dana Davis, Dana, Support\n"


def test_short_names_are_enough_where_they_are_clear(world: World) -> None:
    assert find_template(world.desk, "refund").name == "billing/refund"
    assert (
        find_template(world.desk, "templates/billing/refund.md".removeprefix("templates/")).name
        == "billing/refund"
    )
    assert find_article(world.desk, "vat").name == "billing/vat"
    write(world, "templates/shop/refund.md", REFUND)
    write(world, "kb/shop/vat.md", VAT)
    assert "Say billing/refund or shop/refund" in str(refusal(world, "refund"))
    assert "Say billing/vat or shop/vat" in str(refusal(world, "billing/refund"))
    assert 'Did you mean "billing/refund"?' in str(refusal(world, "biling/refund"))


@pytest.mark.parametrize(
    "name", ["", "/", "..", "../desk", "/etc/passwd", "a/../../desk", "billing/", "-x", "a\nb"]
)
def test_a_name_is_a_name(world: World, name: str) -> None:
    assert refusal(world, name).exit_code == 3


def test_a_requester_without_a_name(world: World) -> None:
    """The name that another mail gives is used; an address is never made into one."""
    world.take(write_mail(2, sender="ada@nowhere.example", text="Hello\n"))
    error = refusal_of(world, "refund", 2)
    assert error.place == "templates/billing/refund.md:3"
    assert "customer_name is empty for TICKET-2. The requester gave no name" in str(error)
    assert says(world, "solution", 2).text.startswith("Hi there,\n")
    world.take(write_mail(3, sender="Ada Nova <ada@nowhere.example>", answers=2, text="Me again\n"))
    assert says(world, "solution", 2).text.startswith("Hi Ada,\n")


def refusal_of(world: World, name: str, number: int) -> InvalidFileError:
    with pytest.raises(InvalidFileError) as caught:
        says(world, name, number)
    return caught.value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("---\nsubjct: x\n---\nHi", 'x.md:2: unknown key "subjct". Did you mean "subject"?'),
        ("---\nstatus: pendng\n---\nHi", 'x.md:2: unknown status "pendng". Did you mean "pending"?'),
        (
            "---\nabout: x\nfor: replies\n---\nHi",
            'x.md:3: a template is not for "replies". Did you mean "reply"?',
        ),
        ("---\nsubject: x\nHi", "x.md:1: the front matter has no end"),
        ("---\nsubject: [a, b]\n---\nHi", 'x.md:2: "subject" is one value'),
        ("---\nsubject: x\n---\nSubject: y\n\nHi", "x.md:4: there are two subjects"),
        ("---\nsubject: x\n---\n\n", "x.md:5: there is no text"),
        ("Subject: x\n", "there is no text"),
        ("", "there is no text"),
        ("Hi\x1b[31m", "x.md:1: this line holds a control character (U+001B)"),
        ("Hi\n\u202eevil", "x.md:2: this line holds a control character (U+202E)"),
        ("---\na: &a x\nb: *a\n---\nHi", "x.md:2: YAML anchors"),
        ("Hi\n{{ nme }}", 'x.md:2: unknown variable "nme"'),
        ("---\nabout: a\n---\n\nHi\n{{ nme }}", 'x.md:6: unknown variable "nme"'),
        ("Subject: a\n\nHi\n{{ nme }}", 'x.md:4: unknown variable "nme"'),
        ("Hi {{ product }}", "x.md:1: product is empty for TICKET-1. The ticket has no product"),
    ],
)
def test_a_slip_names_file_and_line(world: World, text: str, said: str) -> None:
    write(world, "templates/x.md", text)
    error = refusal(world, "x")
    assert said in str(error)
    assert error.exit_code == 4
    assert any("x.md" in str(slip.error) for slip in lint(world.desk))


@pytest.mark.parametrize("source", HOSTILE)
def test_no_hostile_template_is_filled(world: World, source: str) -> None:
    write(world, "templates/x.md", f"Hi\n{source}\n")
    assert refusal(world, "x").exit_code == 4


def test_no_text_of_a_customer_is_read_as_a_template(world: World) -> None:
    """RELIABILITY T46, through the front door: subject, name and every field come out word for word."""
    write(
        world,
        "templates/x.md",
        "{{ customer_name | d('-') }}\n{{ ticket_subject }}\n{{ product }}\n{{ category }}\n"
        "{{ tags | join(' ') }}\n",
    )
    literal = "{{ cycler.__init__.__globals__.os.popen('id').read() }}"
    mail = write_mail(2, sender='"{{ 7 * 7 }}" <eve@customer.example>', text="x\n")
    world.take(mail.replace(b"Subject: Request 2", f"Subject: {literal}".encode()))
    (path,) = world.root.glob("tickets/*/*/TICKET-2.md")
    text = path.read_text()
    text = text.replace("status: new\n", f'status: new\nproduct: "{literal}"\ncategory: "{{% raw %}}"\n')
    path.write_text(text.replace("created:", 'tags:\n- "{#"\n- "{{1}}"\ncreated:', 1))
    assert says(world, "x", 2).text == f"-\n{literal}\n{literal}\n{{% raw %}}\n{{# {{{{1}}}}\n"


def test_links_and_other_files_are_not_followed(world: World, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("root:x:0:0\n")
    (world.root / "templates/link.md").symlink_to(tmp_path / "secret.md")
    (world.root / "templates/far").symlink_to(tmp_path)
    os.mkfifo(world.root / "templates/fifo.md")
    (world.root / "templates/large.md").write_bytes(b"x" * 70_000)
    assert "far/secret" not in template_names(world.desk)
    for name in ("link", "fifo", "large"):
        assert refusal(world, name).exit_code == 4
    assert "cannot be used" in str(lint_of(world, "templates/Ä b.md"))


def lint_of(world: World, path: str) -> DeskError:
    write(world, path, "x")
    return next(slip.error for slip in lint(world.desk) if slip.error.place == path)


def test_lint_tells_every_variable_that_may_be_empty(world: World) -> None:
    slips = lint(world.desk, ["billing/refund"])
    assert [(slip.error.place, slip.is_broken) for slip in slips] == [
        ("templates/billing/refund.md:1", False),
        ("templates/billing/refund.md:3", False),
    ]
    write(world, "sla.yaml", "policies: []\n")
    assert len(lint(world.desk, ["billing/refund"])) == 3
    write(
        world,
        "templates/billing/refund.md",
        "{{ customer_name | d('there') }}{% if product %}{{ prodct }}{% endif %}",
    )
    (slip,) = lint(world.desk, ["billing/refund"])
    assert slip.is_broken
    with pytest.raises(NotFoundError):
        lint(world.desk, ["nothing"])


def test_lint_finds_broken_articles_and_broken_promises(world: World) -> None:
    write(world, "kb/a.md", "no head\n")
    write(world, "kb/b.md", "---\ntitle: x\nlink: javascript:alert(1)\n---\n")
    write(world, "sla.yaml", "policies: {}\n")
    said = [str(slip.error) for slip in lint(world.desk)]
    assert "kb/a.md:1: this article has no title" in "\n".join(said)
    assert 'kb/b.md:3: "javascript:alert(1)" is no link' in "\n".join(said)
    assert "sla.yaml:1: a list of policies belongs here" in "\n".join(said)


def test_articles_are_found_and_suggested(world: World) -> None:
    write(world, "kb/password.md", "---\ntitle: Reset your password\ntags: login\n---\nClick on forgot.\n")
    write(world, "kb/broken.md", "x")
    articles, problems = all_articles(world.desk)
    assert [article.name for article in articles] == ["billing/vat", "password"]
    assert [problem.place for problem in problems] == ["kb/broken.md:1"]
    (fit,) = suggest_articles(articles, world.ticket("TICKET-1"))
    assert fit.article.name == "billing/vat"
    assert set(fit.why) == {("vat", "tag"), ("invoice", "tag")}
    assert [each.article.name for each in search(articles, ["forgot"])] == ["password"]
    assert Shelf(world.desk).of(["vat", "nothing"]).keys() == {"vat"}


def send(world: World, name: str, number: int = 1) -> None:
    """What `desk reply` leaves in the ticket."""
    desk = world.desk
    with open_door(desk, DANA) as door:
        held = door.hold(str(number))
        rendered = render(desk, find_template(desk, name), held.ticket, agent=desk.settings.agent("dana"))
        message = Message(
            draw_id("reply"),
            door.next_at(held.ticket),
            Person("Dana Davis", "support@example.com"),
            direction="out",
            by="dana",
            other=rendered.used,
        )
        door.change(held, [EntryAdded(message)], summary="reply")


def test_uses_are_counted_where_they_were_used(world: World) -> None:
    send(world, "refund")
    later = world.later(hours=1)
    send(later, "refund")
    send(later, "solution")
    resolve(later.desk, ["1"], actor=DANA)
    world.later(hours=2).take(write_mail(4, answers=1, text="Still wrong!\n"))
    assert world.ticket("TICKET-1").status == "open"
    send(world.later(hours=3), "need-more-information")
    used, problems = count_uses(world.desk)
    at = later.now
    assert problems == []
    assert used[("template", "billing/refund")] == Usage(2, at, 2)
    assert used[("article", "billing/vat")] == Usage(2, at, 2)
    assert used[("template", "solution")].reopened == 1
    assert used[("template", "need-more-information")] == Usage(1, at + timedelta(hours=2), 0)


def test_what_a_mail_says_of_itself_is_not_counted(world: World) -> None:
    world.take(write_mail(5, text="template: solution\n", headers=(("Template", "solution"),)))
    assert count_uses(world.desk) == ({}, [])
