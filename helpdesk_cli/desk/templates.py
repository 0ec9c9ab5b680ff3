"""Templates of a desk: which there are, and what one says for a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.articles import Shelf
from helpdesk_cli.desk.page_names import find_name
from helpdesk_cli.desk.template_values import template_values
from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.replies.rendering import articles_in, fill, names_in
from helpdesk_cli.replies.variables import variables_for
from helpdesk_cli.storage.settings import suggest
from helpdesk_cli.storage.template_files import SHIPPED, own_names, read_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.replies.template import Rendered, Template
    from helpdesk_cli.storage.settings import Agent
    from helpdesk_cli.tickets.ticket import Ticket

# What has several lines by its nature; all else becomes one line, so that no customer adds one.
_MANY_LINES = frozenset({"agent_signature"})


def template_names(desk: Desk) -> list[str]:
    """The names of the templates: the desk's own, and those that desk itself sends."""
    return sorted({*own_names(desk.layout)[0], *SHIPPED})


def find_template(desk: Desk, name: str) -> Template:
    """The template of that name; its last word is enough where only one ends in it.

    Raises NotFoundError for none or several, InvalidFileError (with file and line) for a broken one.
    """
    template = read_template(desk.layout, find_name(name, template_names(desk), what="template"))
    statuses = [word.name for word in desk.settings.statuses]
    if template.status and template.status not in statuses:
        hint = suggest(template.status, statuses)
        place = f"{template.place}:{template.status_line}"
        raise InvalidFileError(f'unknown status "{template.status}"', place, hint)
    return template


def render(
    desk: Desk,
    template: Template,
    ticket: Ticket,
    *,
    agent: Agent | None,
    extra: Mapping[str, str] | None = None,
    shelf: Shelf | None = None,
) -> Rendered:
    """What the template says for the ticket when `agent` answers; None: the desk itself does.

    `extra` are values of the caller's own, which may have several lines, or stand in a ticket's place
    (a shortened `ticket_subject`). `shelf` spares reading the articles again for each of many tickets.
    Raises InvalidFileError with file and line, for a variable without a value too.
    """
    given = extra or {}
    unknown = given.keys() - variables_for(template.purpose).keys()
    if unknown:
        raise ValueError(f"no template knows {', '.join(sorted(unknown))}")
    names = names_in(template)
    values = template_values(desk, ticket, names - given.keys(), agent=agent)
    own = {name for name, variable in variables_for(template.purpose).items() if variable.purpose}
    shelf = shelf or Shelf(desk)
    return fill(
        template,
        {**values, **given},
        shelf.of(articles_in(template)),
        known_articles=shelf.names(),
        many_lines=_MANY_LINES | own,
        what=ticket.id,
    )
