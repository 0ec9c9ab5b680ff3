"""Whether every template can be sent: read, its words known, filled for a ticket that has little to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.articles import Shelf
from helpdesk_cli.desk.templates import find_template, template_names
from helpdesk_cli.errors import DeskError
from helpdesk_cli.replies.rendering import EmptyValueError, articles_in, fill, names_in
from helpdesk_cli.replies.variables import variables_for
from helpdesk_cli.sla.policies import first_response_words
from helpdesk_cli.storage.article_files import article_names
from helpdesk_cli.storage.sla_file import load_sla
from helpdesk_cli.storage.template_files import own_names
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.replies.rendering import Value
    from helpdesk_cli.replies.template import Template

_FULL = "a ticket"
_BARE = "some tickets"


@dataclass(frozen=True, slots=True)
class Slip:
    """What is wrong with a template. `is_broken`: it can never be sent; else some tickets refuse it."""

    error: DeskError
    is_broken: bool


def lint(desk: Desk, names: Sequence[str] = ()) -> list[Slip]:
    """What is wrong with these templates; without names, with all of them and the articles.

    Raises NotFoundError for a name that there is none of.
    """
    wanted = list(names) or template_names(desk)
    shelf = Shelf(desk)
    found: list[Slip] = []
    for name in wanted:
        found += _lint_one(desk, name, shelf)
    if not names:
        found += [Slip(error, is_broken=True) for error in _lint_folders(desk, shelf)]
    return sorted(found, key=lambda slip: _place(slip.error))


def _place(error: DeskError) -> tuple[str, int]:
    path, _, line = error.place.rpartition(":")
    return (path, int(line)) if line.isdecimal() else (error.place, 0)


def _lint_one(desk: Desk, name: str, shelf: Shelf) -> Iterator[Slip]:
    try:
        template = find_template(desk, name)
        articles = shelf.of(articles_in(template))
        full = _sample(desk, template, is_full=True)
        bare = _sample(desk, template, is_full=False)
        fill(template, full, articles, known_articles=shelf.names(), what=_FULL)
    except DeskError as error:
        if names_nothing(error):
            raise
        yield Slip(error, is_broken=True)
        return
    while True:
        try:
            fill(template, bare, articles, what=_BARE)
        except EmptyValueError as error:
            yield Slip(error, is_broken=False)
            if not error.name or bare.get(error.name):
                return
            # On with what comes behind it.
            bare[error.name] = full[error.name]
        except DeskError as error:
            yield Slip(error, is_broken=False)
            return
        else:
            return


def names_nothing(error: DeskError) -> bool:
    """Whether it was the command line that named no template."""
    return error.exit_code == 3  # noqa: PLR2004 - DECISIONS 31


def _sample(desk: Desk, template: Template, *, is_full: bool) -> dict[str, Value]:
    """The values of a ticket that has everything, or only what every ticket has."""
    values: dict[str, Value] = {}
    for name in names_in(template):
        variable = variables_for(template.purpose)[name]
        sample = variable.sample or (("one", "two") if variable.is_list else name.replace("_", " "))
        values[name] = sample if is_full or variable.sample else ""
    if "sla_time" in values and not is_full:
        values["sla_time"] = _worst_promise(desk)
    return values


def _worst_promise(desk: Desk) -> str:
    """What sla.yaml promises; "" where there is a ticket for which it promises nothing."""
    sla = load_sla(desk.layout, desk.settings)
    words = [
        first_response_words(sla, priority=priority.name, type_="", policy=policy)
        for policy in sla.policies
        for priority in desk.settings.priorities
    ]
    return words[-1] if words and all(words) and sla.policy_for_all() else ""


def _lint_folders(desk: Desk, shelf: Shelf) -> Iterator[DeskError]:
    for folder, (_, odd) in (("templates", own_names(desk.layout)), ("kb", article_names(desk.layout))):
        for path in odd:
            yield DeskError(
                "a file of this name cannot be used",
                f"{folder}/{path}",
                "Use small letters, digits, `.`, `_` and `-`.",
            )
    for name in article_names(desk.layout)[0]:
        try:
            shelf.article(name)
        except DeskError as error:
            yield error
