"""From a template and values to what is said; every slip with its file, its line and a remedy.

Text of customers is only ever a value here: it is put in, never read for braces, and it cannot add a line.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.replies.template import Rendered
from helpdesk_cli.replies.variables import explain_empty, variables_for
from helpdesk_cli.tickets.escapes import drop_unsafe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from helpdesk_cli.replies.articles import Article
    from helpdesk_cli.replies.template import Template

# Characters. A mail with more text in it helps nobody.
LARGEST = 100_000
_MOST_ITEMS = 500

Value = str | tuple[str, ...]


class EmptyValueError(InvalidFileError):
    """A variable without a value and without a default; `name` is "" where it is no variable."""

    def __init__(self, name: str, message: str, place: str, hint: str) -> None:
        """As every error, and the variable."""
        super().__init__(message, place, hint)
        self.name = name


def names_in(template: Template) -> frozenset[str]:
    """The variables that the template names. Raises InvalidFileError for what it may not say or know."""
    return frozenset(use.name for piece in _pieces(template) for use in piece[1].uses.variables)


def articles_in(template: Template) -> tuple[str, ...]:
    """The articles that the template names, in order. Raises InvalidFileError as `names_in`."""
    named = [use.name for piece in _pieces(template) for use in piece[1].uses.articles]
    return tuple(dict.fromkeys(named))


def fill(
    template: Template,
    values: Mapping[str, Value],
    articles: Mapping[str, Article],
    *,
    known_articles: Sequence[str] = (),
    many_lines: frozenset[str] = frozenset(),
    what: str = "this ticket",
) -> Rendered:
    """What the template says with these values. `many_lines`: the values that may have several lines.

    `articles` are those that the template names, by its words for them; `known_articles` are all names.
    Raises InvalidFileError for a variable that is unknown, or empty without a default.
    """
    fitted = {name: _fit(value, many=name in many_lines) for name, value in values.items()}
    # What is empty is left out: the engine knows it as a variable without a value.
    ready = {name: value for name, value in fitted.items() if value}
    used: dict[str, None] = {}

    def article(name: str) -> str:
        used[articles[name].name] = None
        return articles[name].in_reply

    said = []
    for first_line, parsed in _pieces(template):
        for use in parsed.uses.articles:
            if use.name not in articles:
                raise _no_article(use.name, f"{template.place}:{first_line + use.line - 1}", known_articles)
        said.append(_render(template, parsed, ready, article, first_line=first_line, what=what))
    subject = " ".join(said[1].split()) if len(said) > 1 else ""
    text = said[0].strip("\n")
    if not text.strip():
        raise InvalidFileError(f"this says nothing for {what}", f"{template.place}:{template.body_line}")
    return Rendered(
        subject,
        f"{text}\n",
        template.status,
        (("template", template.name), *(("article", name) for name in used)),
        is_signed="agent_signature" in names_in(template) and "agent_signature" in ready,
    )


def _pieces(template: Template) -> list[tuple[int, Any]]:
    """(first line, parsed text) of the body and, where there is one, the subject."""
    pieces = [(template.body_line, _parse(template, template.body, template.body_line))]
    if template.subject:
        pieces.append((template.subject_line, _parse(template, template.subject, template.subject_line)))
    return pieces


def _engine() -> Any:  # noqa: ANN401 - the module
    return import_module("helpdesk_cli.replies.engine")


def _parse(template: Template, text: str, first_line: int) -> Any:  # noqa: ANN401 - a Parsed; naming it loads Jinja2
    grammar = import_module("helpdesk_cli.replies.grammar")
    try:
        parsed = _engine().parse(text)
    except grammar.RefusedError as error:
        line = first_line + error.line - 1
        raise InvalidFileError(error.message, f"{template.place}:{line}", error.hint) from None
    known = variables_for(template.purpose)
    for use in parsed.uses.variables:
        if use.name not in known:
            place = f"{template.place}:{first_line + use.line - 1}"
            raise InvalidFileError(f'unknown variable "{use.name}"', place, _near(use.name, list(known)))
    for use in parsed.uses.looped:
        if not known[use.name].is_list:
            place = f"{template.place}:{first_line + use.line - 1}"
            lists = ", ".join(name for name, each in known.items() if each.is_list)
            raise InvalidFileError(f'"{use.name}" is no list', place, f"Lists: {lists}.")
    return parsed


def _render(
    template: Template,
    parsed: Any,  # noqa: ANN401 - as above
    values: Mapping[str, Value],
    article: Callable[[str], str],
    *,
    first_line: int,
    what: str,
) -> str:
    engine = _engine()
    try:
        said: str = engine.render(parsed, values, article, limit=LARGEST)
    except engine.TooLargeError:
        raise InvalidFileError(
            f"the text would be larger than {LARGEST // 1000} kB", f"{template.place}:{first_line}"
        ) from None
    except engine.SlipError as error:
        place = f"{template.place}:{first_line + max(error.line, 1) - 1}"
        if isinstance(error, engine.EmptyError):
            variable = variables_for(template.purpose).get(error.name)
            hint = explain_empty(variable) if variable else 'Add an else, or | default("…").'
            message = f"{error.name or 'a value'} is empty for {what}"
            raise EmptyValueError(error.name, message, place, hint) from None
        if isinstance(error, engine.NoTextError):
            raise InvalidFileError("a list stands where words belong", place, 'Add | join(", ").') from None
        message = "a filter or a comparison here does not fit its value"
        raise InvalidFileError(message, place, "docs/templates.md shows each.") from None
    return said


def _fit(value: Value, *, many: bool) -> Value:
    if isinstance(value, tuple):
        return tuple(line for item in value[:_MOST_ITEMS] if (line := _line(item)))
    if not many:
        return _line(value)
    return drop_unsafe(value.replace("\r\n", "\n")).strip("\n") if value.strip() else ""


def _line(value: str) -> str:
    # First the breaks, of every kind that Unicode knows, become spaces: else words would be joined.
    return drop_unsafe(" ".join(value.split())).strip()


def _no_article(name: str, place: str, known: Sequence[str]) -> InvalidFileError:
    alike = [each for each in known if each.endswith(f"/{name}")]
    if len(alike) > 1:
        return InvalidFileError(f'several articles are called "{name}"', place, f"Say {' or '.join(alike)}.")
    hint = _near(name, list(known)) or "`desk kb list` shows what there is; articles lie in kb/."
    return InvalidFileError(f'there is no article "{name}"', place, hint)


def _near(word: str, known: list[str]) -> str:
    close = import_module("difflib").get_close_matches(word.casefold(), known, n=1, cutoff=0.6)
    if close:
        return f'Did you mean "{close[0]}"?'
    return f"Known: {', '.join(known)}." if known else ""
