"""`desk report digest` as a mail: to whom, in which words, and each once for a period.

The name of the mail is its reason: the period, what was asked, who gets it. The outbox takes no name twice.
"""

from __future__ import annotations

import shlex
from hashlib import sha256
from typing import TYPE_CHECKING

from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.dashboard import days_of
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.report import Report, gather, module_of, require_group
from helpdesk_cli.errors import UsageError
from helpdesk_cli.mail.letter import Letter
from helpdesk_cli.mail.outgoing import write_letter
from helpdesk_cli.pages.digest import digest, write_html, write_text
from helpdesk_cli.reports import volume
from helpdesk_cli.storage.keys import read_key
from helpdesk_cli.storage.outbox import Outbox, OutMail
from helpdesk_cli.storage.outbox import Recipient as Envelope
from helpdesk_cli.tickets.ids import write_id
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.digest_people import Recipient
    from helpdesk_cli.desk.report import Gathered, Wish
    from helpdesk_cli.pages.digest import Digest

NAME = "digest"


@dataclass(frozen=True, slots=True)
class Mailed:
    """A mail of the digest: its name in the outbox; `is_new` unless it was made before."""

    name: str
    address: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Mailing:
    """The mails of a digest; `problems` are (path, why) of ticket files that it could not count."""

    mails: tuple[Mailed, ...]
    problems: tuple[tuple[str, str], ...] = ()


def mail_digest(desk: Desk, wish: Wish, to: Sequence[Recipient]) -> Mailing:
    """Put the digest into the outbox for each of them who has not had it; one reading for all.

    Raises UsageError where the desk has no address to write from, and as `report` does.
    """
    require_group(NAME, wish.by)
    if not desk.settings.inboxes:
        raise UsageError("this desk has no address to write from", "desk.yaml", "Name one under `inboxes:`.")
    module = module_of(NAME)
    gathered = gather(desk, wish, needs=module.NEEDS | volume.NEEDS)
    said = _said(desk, gathered, wish)
    text, html = write_text(said), write_html(said)
    subject = f"{desk.settings.name}: {said.heading}"
    found = []
    with open_door(desk, desk_actor(desk)):
        outbox = Outbox(desk.layout)
        for each in to:
            name = name_of(each.email, gathered, wish)
            if outbox.knows(name):
                found.append(Mailed(name, each.email, is_new=False))
                continue
            letter = Letter(
                from_=Person(desk.settings.name, desk.settings.inboxes[0].address),
                to=(Person(each.name, each.email),),
                subject=subject,
                text=text,
                message_id=f"report.{draw_id('digest', name)}@{desk.settings.domain}",
                date=desk.now,
                headers=_headers(desk),
                html=html,
            )
            found.append(
                Mailed(name, each.email, outbox.add(_mail(desk, letter, name), write_letter(letter)))
            )
    return Mailing(tuple(found), gathered.problems)


def digest_page(desk: Desk, report: Report) -> str:
    """What the mail says in HTML, to look at before it is sent."""
    gathered = gather(desk, report.wish, needs=module_of(NAME).NEEDS | volume.NEEDS)
    return write_html(_said(desk, gathered, report.wish))


def name_of(email: str, gathered: Gathered, wish: Wish) -> str:
    """The mail's name: `digest-report-2026-11-16-2026-11-22-` and a word of the rest."""
    asked = gathered.asked
    first, last = asked.local(asked.start), asked.local(asked.until - 1)
    rest = "\0".join((email.casefold(), wish.query, str(wish.by_wall), wish.as_of))
    word = write_id(sha256(rest.encode("utf-8", "surrogatepass")).digest())
    return f"digest-report-{first:%Y-%m-%d}-{last:%Y-%m-%d}-{word}"


def _said(desk: Desk, gathered: Gathered, wish: Wish) -> Digest:
    sections = {each.name: each for each in module_of(NAME).build(gathered.histories, gathered.asked)}
    (series,) = volume.build(gathered.histories, replace(gathered.asked, by=""))
    remarks = [*gathered.remarks]
    if wish.query:
        remarks.insert(0, f"Of the tickets that {wish.query} finds.")
    return digest(
        sections,
        series,
        desk=desk.settings.name,
        heading=days_of(gathered.asked),
        remarks=tuple(remarks),
        late_command=_command(gathered, wish),
        footer="Definitions: desk report digest. Pictures: desk report html -o page.html.",
    )


def _command(gathered: Gathered, wish: Wish) -> str:
    """The command line that lists all that is late, of the same tickets at the same time."""
    asked = gathered.asked
    first, last = asked.local(asked.start), asked.local(asked.until - 1)
    period = f"{first:%Y-%m-%d}" if first.date() == last.date() else f"{first:%Y-%m-%d}..{last:%Y-%m-%d}"
    words = ["desk", "report", NAME, "--period", period]
    # With = also what begins with a dash is the option's.
    words += [f"--query={wish.query}"] if wish.query else []
    words += [f"--as-of={wish.as_of}"] if wish.as_of else []
    return shlex.join([*words, "--section", "late", "--top", "0"])


def _mail(desk: Desk, letter: Letter, name: str) -> OutMail:
    return OutMail(
        name=name,
        kind="digest",
        state="queued",
        # As of notices: nobody is to answer it by machine.
        sender="",
        recipients=tuple(Envelope(person.email) for person in letter.to),
        message_id=letter.message_id,
        subject=letter.subject,
        by="desk",
        queued_at=desk.now,
    )


def _headers(desk: Desk) -> tuple[tuple[str, str], ...]:
    marks = [("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All")]
    instance = read_key(desk.layout).instance
    return (*marks, ("X-Desk-Loop", f"{instance}; hops=1")) if instance else tuple(marks)
