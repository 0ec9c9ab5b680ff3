"""`desk report service --customer NAME`: the report that is given to a customer, as figures and as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.customers import find_who, open_customers
from helpdesk_cli.desk.dashboard import days_of
from helpdesk_cli.desk.report import Report, beside, gather, module_of
from helpdesk_cli.errors import NotFoundError
from helpdesk_cli.pages.keys import keys_of
from helpdesk_cli.pages.page import Page, write_page
from helpdesk_cli.pages.panels import panel
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.report import Wish

NAME = "service"


def service_report(
    desk: Desk,
    customer: str,
    wish: Wish,
    *,
    actor: Actor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """The figures of that customer's tickets alone; of an organisation those of all of its people.

    Raises NotFoundError where nobody is called so and nobody wrote from there, and as `report` does.
    """
    with open_customers(desk, progress=progress) as customers:
        customers.refresh_requesters()
        who = find_who(customers, customer)
        theirs = frozenset(customers.requesters(who=who.found, person=who.person))
    if who.person.email and not theirs and not who.found.customer:
        said = f'this desk knows nobody with the address "{customer}"'
        raise NotFoundError(said, "--customer", "Look for them: `desk list requester:NAME`.")
    module = module_of(NAME)
    gathered = gather(desk, wish, needs=module.NEEDS, actor=actor, progress=progress)
    histories = [each for each in gathered.histories if each.requester in theirs]
    sections = tuple(module.build(histories, gathered.asked))
    before = beside(sections, module.build(histories, gathered.earlier)) if wish.compare else ()
    return Report(
        NAME,
        gathered.period,
        # What we want of ourselves and how we looked for their tickets is ours.
        replace(gathered.asked, goals={}),
        replace(wish, query=""),
        sections,
        before,
        (f"For {who.label}, by {_company(desk)}.",),
        problems=gathered.problems,
    )


def service_page(desk: Desk, report: Report) -> str:
    """The same as a page in HTML."""
    earlier = report.before or (None,) * len(report.sections)
    days = days_of(report.asked)
    made = report.asked.local(report.asked.now)
    return write_page(
        Page(
            f"{_company(desk)}: {days}",
            _company(desk),
            f"Service report, {days}",
            " ".join(report.remarks),
            tuple(panel(section, before) for section, before in zip(report.sections, earlier, strict=True)),
            tuple(keys_of(report.sections, report.before, report.asked)),
            (),
            f"Made {made:%A %d %B %Y}.",
            is_sheet=True,
        )
    )


def _company(desk: Desk) -> str:
    return desk.settings.company or desk.settings.name
