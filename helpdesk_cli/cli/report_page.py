"""Reports that are more than tables: the pages, the customer's, and the digest by mail."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING, cast

from helpdesk_cli.cli.ask import MANY, confirm
from helpdesk_cli.cli.listing import tell_problems
from helpdesk_cli.desk.digest_people import outsiders, recipients_of
from helpdesk_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from helpdesk_cli.cli.output import Output
    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.report import Report, Wish

# Each with the form that it has where nobody says otherwise; "" is a table.
PAGES = {"html": "html", "service": "", "digest": ""}
_MAKERS = {"html": "dashboard:page_of", "service": "service:service_page", "digest": "digest:digest_page"}
_IN_A_FOLDER = "index.html"


def file_in(place: str) -> str:
    """The file to write: the page's usual name where the place is a folder."""
    return str(Path(place, _IN_A_FOLDER)) if place and Path(place).is_dir() else place


def require_name(name: str, rest: Sequence[str], said: Mapping[str, object]) -> None:
    """Refuse a word too many, and options (`said`, by name) without a report; `--customer` names one."""
    if rest:
        hint = f"If it is a period, write `--period {rest[0]}`; if it is a query, `--query {rest[0]}`."
        raise UsageError(f'"{rest[0]}" is one word too many', hint=hint)
    option = next((option for option, value in said.items() if value), "")
    if not name and option:
        raise UsageError("which report?", option, "Name one: `desk report` lists them.")


def require_mail_alone(said: Mapping[str, object]) -> None:
    """Refuse options about where and how to write, which a mail does not have: nobody sends by mistake."""
    option = next((option for option, value in said.items() if value), "")
    if option:
        hint = f"Leave {option} out, or leave `--mail` out to look at it first."
        raise UsageError("`--mail` sends the whole digest, as text and HTML", option, hint)


def require_fit(name: str, *, customer: str, mail: str) -> str:
    """The report that is meant. Raises UsageError where these options do not belong to it."""
    if customer and name not in {"", "service"}:
        hint = f"Write `desk report service --customer ...`; for {name}, narrow it by --query."
        raise UsageError(f'the report "{name}" is not for customers', "--customer", hint)
    if name == "service" and not customer:
        raise UsageError(
            "whose service?", "--customer", "Name the customer: an address or a name in customers/."
        )
    if mail and (name or customer) != "digest":
        raise UsageError("only the digest goes by mail", "--mail", "Write `desk report digest --mail ...`.")
    return "service" if customer else name


def page_of(desk: Desk, found: Report) -> Iterator[str]:
    """The page in HTML. By name: Jinja2 is loaded by who wants one."""
    module, _, name = _MAKERS[found.name].partition(":")
    yield getattr(importlib.import_module(f"helpdesk_cli.desk.{module}"), name)(desk, found)


def service_report(
    desk: Desk, customer: str, wish: Wish, *, actor: Actor | None, progress: Callable[[int, int], None] | None
) -> Report:
    """The figures of a customer's tickets, as they may see them. Raises NotFoundError."""
    service = importlib.import_module("helpdesk_cli.desk.service")
    return cast("Report", service.service_report(desk, customer, wish, actor=actor, progress=progress))


def send_digest(output: Output, desk: Desk, wish: Wish, words: str) -> None:
    """Put the digest into the outbox and send it, where sending is on; say who gets it and who had it.

    Raises CancelledError where people from outside, or very many, would get it and nobody confirms that,
    and PartialError when all is sent and ticket files could not be read.
    """
    people = recipients_of(desk, words.split(","))
    strangers = list(outsiders(people))
    if strangers:
        confirm(output.session, f"Mail figures of this desk to {', '.join(strangers)}, no agent of it?")
    elif len(people) > MANY:
        confirm(output.session, f"Mail the digest to {len(people)} people?")
    mailing = importlib.import_module("helpdesk_cli.desk.digest").mail_digest(desk, wish, people)
    mailed = mailing.mails
    outbox = importlib.import_module("helpdesk_cli.desk.outbox")
    new = [each for each in mailed if each.is_new]
    why = outbox.why_waits(desk)
    sent = {mail.name: mail for mail in outbox.send_due(desk, names=[each.name for each in new])}
    for each in mailed:
        if not each.is_new:
            output.line(f"{each.address}: has had the digest of this period")
        elif each.name in sent:
            mail = sent[each.name]
            output.line(f"{each.address}: {mail.state}{f': {mail.why}' if mail.why else ''}")
        else:
            output.line(f"{each.address}: queued{f': {why}' if why else ''}")
    tell_problems(output, [problem for _, problem in mailing.problems])
