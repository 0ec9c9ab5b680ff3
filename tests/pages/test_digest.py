"""The digest by mail: to whom, in which words, and once for a period whatever happens."""

from __future__ import annotations

import email
import email.policy
import html
import os
import re
import shlex
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pages.made import NOW, make_desk

from helpdesk_cli.desk.cron import STEPS, cron
from helpdesk_cli.desk.dashboard import page_of
from helpdesk_cli.desk.digest import mail_digest
from helpdesk_cli.desk.digest_due import due_period, send_if_due
from helpdesk_cli.desk.digest_people import outsiders, recipients_of
from helpdesk_cli.desk.report import Wish, report
from helpdesk_cli.errors import DeskError, UsageError
from helpdesk_cli.storage.outbox import Outbox, OutMail

if TYPE_CHECKING:
    from email.message import EmailMessage

    from care.world import World

WEEK = Wish("2025-01-20..2025-01-26")
OUTSIDE = "boss@elsewhere.example"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = make_desk(tmp_path_factory.mktemp("digest") / "desk", tickets=60)
    settings = made.root / "desk.yaml"
    text = settings.read_text().replace("technical: {about:", "technical: {lead: [lee], about:")
    settings.write_text(text.replace("billing: {about:", "billing: {lead: [dana, lee], about:"))
    return made


def mails(world: World) -> dict[str, EmailMessage]:
    """What the outbox holds, by the name of each."""
    outbox = Outbox(world.desk.layout)
    return {
        name: email.message_from_bytes(outbox.data(name), policy=email.policy.default)  # type: ignore[misc]
        for name, mail in outbox.items()
        if isinstance(mail, OutMail) and name.startswith("digest-report-")
    }


def test_it_is_for_leads_agents_and_teams_and_for_others_only_by_address(world: World) -> None:
    def addresses(*words: str) -> list[str]:
        return [each.email for each in recipients_of(world.desk, words)]

    assert addresses("leads") == ["dana@example.com", "lee@example.com"]
    assert addresses("billing", "leads") == ["dana@example.com", "lee@example.com"]
    assert addresses("DANA@example.com", "dana") == ["DANA@example.com"]
    assert list(outsiders(recipients_of(world.desk, ["dana@example.com", OUTSIDE]))) == [OUTSIDE]
    for word, said in (
        ("nadia", "neither an agent"),
        ("support@example.com", "inbox of this desk"),
        ("support+x@example.com", "inbox of this desk"),
        ("a@b@c", "address"),
    ):
        with pytest.raises(UsageError, match=said):
            addresses(word)


def test_both_forms_say_the_figures_and_what_needs_the_lead(world: World) -> None:
    sections = {each.name: each for each in report(world.desk, "digest", WEEK).sections}
    (mailed,) = mail_digest(world.desk, WEEK, recipients_of(world.desk, ["lee"])).mails
    mail = mails(world)[mailed.name]
    assert mail["To"] == "Lee Larsen <lee@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Subject"] == "Example support: 20 to 26 January 2025"
    plain, rich = (part.get_content() for part in mail.iter_parts())
    came = dict(zip(sections["changed"].column("label"), sections["changed"].column("now"), strict=True))[
        "In"
    ]
    assert re.search(rf"^ +In +{came} +before ", plain, re.MULTILINE)
    assert re.search(rf">In</th><td[^>]*>{came}</td>", rich)
    assert len(sections["lead"].rows) == 3
    for row in sections["lead"].rows:
        assert str(row[0]) in plain
        assert f"<b>{row[0]}</b>" in rich
    # Pictures without SVG or anything that is loaded; and nothing of what strangers write as markup.
    assert rich.count("background:#1d4863") >= 7
    assert not re.search(
        r"<(?!!|/?(?:html|head|meta|title|body|div|p|h1|h2|b|bdi|br|span|table|tr|td|th|code)\b)", rich
    )
    assert "url(" not in rich
    assert "http" not in rich.replace("http-equiv", "")


def test_what_the_mail_does_not_list_its_command_lists(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("helpdesk_cli.pages.digest._MOST_LATE", 2)
    wish = Wish("2025-01-20..2025-01-30", query="-tag:vip")
    found = report(world.desk, "digest", Wish(wish.period, query=wish.query, top=0))
    late = next(each for each in found.sections if each.name == "late")
    more = len(late.rows) - 2
    assert more > 0
    (mailed,) = mail_digest(world.desk, wish, recipients_of(world.desk, ["lee"])).mails
    plain, rich = (part.get_content() for part in mails(world)[mailed.name].iter_parts())
    # A line that is long goes on in the next one (format=flowed).
    flowed = plain.replace(" \r\n", " ").replace("\r", "")
    (line,) = re.findall(rf"and {more} more:\n +(desk report .*)", flowed)
    assert html.unescape(re.findall(rf"and {more} more: <code>(.*?)</code>", rich)[0]) == line
    call = [sys.executable, "-m", "helpdesk_cli.cli.main", *shlex.split(line)[1:], "-O", "csv"]
    environment = {**os.environ, "DESK_NOW": f"{world.now:%Y-%m-%dT%H:%M:%SZ}"}
    done = subprocess.run(call, cwd=world.root, env=environment, capture_output=True, text=True, check=True)
    listed = [row.split(",")[0].strip('"') for row in done.stdout.splitlines()[1:]]
    assert listed == list(late.column("id"))


def test_nobody_has_it_twice_whatever_happens(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    day = Wish("2025-01-21")
    people = recipients_of(world.desk, ["leads"])
    before = set(mails(world))
    prepare, died = Outbox.prepare, []

    def die_at_the_second(outbox: Outbox, mail: OutMail, data: bytes, *, sync: bool = True) -> None:
        died.append(mail.name)
        if len(died) == 2:
            raise KeyboardInterrupt
        prepare(outbox, mail, data, sync=sync)

    with monkeypatch.context() as patch:
        patch.setattr(Outbox, "prepare", die_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            mail_digest(world.desk, day, people)
    assert len(set(mails(world)) - before) == 1
    again = mail_digest(world.later(hours=1).desk, day, people).mails
    assert [each.is_new for each in again] == [False, True]
    assert [each.is_new for each in mail_digest(world.later(days=40).desk, day, people).mails] == [
        False,
        False,
    ]
    assert len(set(mails(world)) - before) == 2
    # Another question is another mail.
    assert all(
        each.is_new for each in mail_digest(world.desk, Wish("2025-01-21", query="tag:vip"), people).mails
    )


def test_cron_sends_it_where_desk_yaml_says_so(world: World) -> None:
    settings = world.root / "desk.yaml"
    shipped = settings.read_text()
    before = set(mails(world))
    assert send_if_due(world.desk) == []
    assert set(mails(world)) == before
    try:
        settings.write_text(shipped.replace("digest:\n  send: off", "digest:\n  send: weekly"))
        assert [step.name for step in STEPS].index("digest") < [step.name for step in STEPS].index("outbox")
        ran = cron(world.root, now=world.now)
        assert not [said for step, said in ran.problems if step == "digest"]
        new = set(mails(world)) - before
        assert {name[:32] for name in new} == {"digest-report-2025-01-20-2025-01"}
        # Each of the two leads has it once, also one who had it by hand before.
        week = [name for name in mails(world) if name.startswith("digest-report-2025-01-20-2025-01-26-")]
        assert len(week) == 2
        assert send_if_due(world.later(hours=1).desk) == []
        # The note is gone, as after a crash before it was written: the names know.
        (world.state / "digest" / "done.json").unlink()
        send_if_due(world.later(hours=2).desk)
        assert set(mails(world)) - before == new
        # Nor what a restored desk may have sent after its backup.
        (world.state / "digest" / "done.json").unlink()
        Outbox(world.desk.layout).begin(world.now - timedelta(days=2))
        settings.write_text(
            shipped.replace("digest:\n  send: off\n  to: [leads]", "digest:\n  send: weekly\n  to: [kim]")
        )
        assert send_if_due(world.desk) == []
        assert set(mails(world)) - before == new
        settings.write_text(shipped.replace("send: off\n  to: [leads]", "send: daily\n  to: [nadia]"))
        (said,) = send_if_due(world.desk)
        assert said.startswith('the digest: "nadia" is neither')
    finally:
        settings.write_text(shipped)


def test_what_could_not_be_read_is_said_in_the_mail_and_to_who_sends_it(world: World) -> None:
    path = world.root / world.paths()[0]
    whole, settings = path.read_text(), (world.root / "desk.yaml").read_text()
    try:
        path.write_text("---\nid: [\n")
        found = report(world.desk, "volume", WEEK)
        assert found.remarks == ("1 ticket file could not be read: what is in it is not counted.",)
        assert found.json()["remarks"] == list(found.remarks)
        assert found.remarks[0] in page_of(world.desk, report(world.desk, "html", WEEK))
        (world.root / "desk.yaml").write_text(
            settings.replace("digest:\n  send: off", "digest:\n  send: daily")
        )
        before = set(mails(world))
        (said,) = send_if_due(world.later(days=3).desk)
        assert path.name in said
        for name in set(mails(world)) - before:
            for part in mails(world)[name].iter_parts():
                assert "could not be read" in part.get_content()  # type: ignore[attr-defined]
        assert len(set(mails(world)) - before) == 2
    finally:
        path.write_text(whole)
        (world.root / "desk.yaml").write_text(settings)


@pytest.mark.parametrize(
    ("send", "now", "period"),
    [
        ("daily", NOW, "2025-01-29"),
        ("daily", NOW.replace(hour=6), "2025-01-28"),
        ("weekly", NOW, "2025-01-20..2025-01-26"),
        ("weekly", NOW.replace(day=27, hour=7), "2025-01-20..2025-01-26"),
        ("weekly", NOW.replace(day=27, hour=6, minute=59), "2025-01-13..2025-01-19"),
    ],
)
def test_a_period_is_due_when_it_is_over_and_its_hour_has_come(
    world: World, send: str, now: object, period: str
) -> None:
    settings = world.root / "desk.yaml"
    shipped = settings.read_text()
    try:
        settings.write_text(shipped.replace("digest:\n  send: off", f"digest:\n  send: {send}"))
        found, due_at = due_period(type(world)(world.root, now).desk)
        assert found == period
        assert due_at <= now  # type: ignore[arg-type]
    finally:
        settings.write_text(shipped)


def test_a_digest_for_nobody_is_refused_where_it_is_written(world: World) -> None:
    settings = world.root / "desk.yaml"
    shipped = settings.read_text()
    try:
        settings.write_text(shipped.replace("send: off\n  to: [leads]", "send: weekly\n  to: []"))
        with pytest.raises(DeskError, match=r"desk\.yaml:\d+.*goes to nobody"):
            _ = world.desk.settings
        settings.write_text(shipped.replace("send: off\n  to: [leads]", "send: off\n  to: []"))
        assert world.desk.settings.digest.to == ()
    finally:
        settings.write_text(shipped)


def test_a_desk_without_leads_says_so(world: World) -> None:
    settings = world.root / "desk.yaml"
    shipped = settings.read_text()
    try:
        settings.write_text(shipped.replace("lead: [lee], ", "").replace("lead: [dana, lee], ", ""))
        with pytest.raises(UsageError, match="no team of this desk has a lead"):
            recipients_of(type(world)(Path(world.root), world.now + timedelta(0)).desk, ["leads"])
    finally:
        settings.write_text(shipped)
