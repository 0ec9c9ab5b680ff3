"""Jinja2, as far as templates go: the only module that imports it, 45 ms, when a template is rendered."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateError, TemplateSyntaxError, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from helpdesk_cli.replies.grammar import FUNCTION, RefusedError, Uses, check
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from jinja2 import Template as Compiled

_FILE = "<template>"
_SHORTEST_CUT = 4


class SlipError(Exception):
    """A template cannot say something of these values; `line` within the text, 0 where it is not known."""

    def __init__(self, name: str = "", line: int = 0) -> None:
        """`name` is that of the variable, "" where it is none; never words of a value."""
        super().__init__(name)
        self.name = name
        self.line = line


class EmptyError(SlipError):
    """A variable without a value was written out."""


class NoTextError(SlipError):
    """A list or a truth was written out."""


class MisfitError(SlipError):
    """A filter or a comparison was given what it does not take."""


class TooLargeError(Exception):
    """More was rendered than was allowed."""


class _Empty(Undefined):
    """A variable without a value: may be asked about and have a default, but not be written out.

    A name that no template knows never gets here: `rendering` refuses it before.
    """

    __slots__ = ()

    def __str__(self) -> str:
        raise EmptyError(self._undefined_name or "")

    def __eq__(self, other: object) -> bool:
        return other == "" or isinstance(other, _Empty)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash("")


class _Environment(ImmutableSandboxedEnvironment):
    """Nothing in it but what `grammar` lists; the sandbox stays as a second wall."""

    def __init__(self) -> None:
        super().__init__(
            undefined=_Empty,
            finalize=_checked,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self.globals.clear()
        self.filters = dict(_FILTERS)
        self.tests = {name: self.tests[name] for name in ("defined", "undefined")}


@dataclass(frozen=True, slots=True)
class Parsed:
    """A text that may be rendered, and what it names."""

    template: Compiled
    uses: Uses


@lru_cache(maxsize=256)
def parse(text: str) -> Parsed:
    """The text as a template. Raises RefusedError with the line in it."""
    try:
        tree = _ENVIRONMENT.parse(text)
        uses = check(tree)
        code = _ENVIRONMENT.compile(tree, None, _FILE)
        made = _ENVIRONMENT.template_class.from_code(_ENVIRONMENT, code, {})
    except TemplateSyntaxError as error:
        raise RefusedError(*_said_of(error)) from None
    except (RecursionError, MemoryError, ValueError, OverflowError, SyntaxError, TemplateError) as error:
        # Brackets by the thousand, figures by the thousand: Python's own limits.
        raise RefusedError(f"this cannot be read ({type(error).__name__})", 1, "Make it shorter.") from None
    return Parsed(made, uses)


def render(
    parsed: Parsed, values: Mapping[str, str | Sequence[str]], article: Callable[[str], str], *, limit: int
) -> str:
    """The text with these values. Raises SlipError, and TooLargeError above `limit` characters."""
    pieces = []
    size = 0
    try:
        # Jinja2 changes the line numbers of errors that come out of `generate` into those of the template.
        for piece in parsed.template.generate({**values, FUNCTION: article}):
            pieces.append(piece)
            size += len(piece)
            if size > limit:
                raise TooLargeError
    except SlipError as error:
        raise type(error)(error.name, _line_of(error.__traceback__)) from None
    except (TypeError, ValueError, LookupError, ArithmeticError, TemplateError) as error:
        raise MisfitError(line=_line_of(error.__traceback__)) from None
    return "".join(pieces)


def _line_of(trace: TracebackType | None) -> int:
    line = 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _FILE:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _said_of(error: TemplateSyntaxError) -> tuple[str, int, str]:
    said = (error.message or "this is no template").rstrip(".")
    said = said[:1].lower() + said[1:]
    if "unknown tag" in said:
        return said, error.lineno, "To have braces in the text: {% raw %}…{% endraw %}."
    return said, error.lineno, "Variables stand in {{ }}, conditions in {% if … %} and {% endif %}."


def _checked(value: object) -> object:
    """What is written out: words and numbers, nothing that looks like Python."""
    if isinstance(value, str | Undefined) or type(value) is int:
        return value
    raise NoTextError


def _is_missing(value: Any) -> bool:  # noqa: ANN401 - what a template has at hand
    return (
        isinstance(value, Undefined) or (isinstance(value, str) and not value.strip()) or value in ((), None)
    )


def _default(value: Any, other: Any = "", *_: Any) -> Any:  # noqa: ANN401 - as above
    return other if _is_missing(value) else value


def _of_text(change: Callable[[str], str]) -> Callable[[Any], Any]:
    def filtered(value: Any) -> Any:  # noqa: ANN401 - as above
        return value if _is_missing(value) else change(str(value))

    return filtered


def _truncate(value: Any, length: int = 60, end: str = "…", *_: Any) -> Any:  # noqa: ANN401 - as above
    if _is_missing(value) or len(str(value)) <= length:
        return value
    kept = str(value)[: max(length - len(end), _SHORTEST_CUT)]
    return (kept.rpartition(" ")[0] or kept).rstrip() + end


def _join(value: Any, between: str = ", ", *_: Any) -> Any:  # noqa: ANN401 - as above
    return value if _is_missing(value) or isinstance(value, str) else str(between).join(map(str, value))


def _one(place: int) -> Callable[[Any], Any]:
    def filtered(value: Any) -> Any:  # noqa: ANN401 - as above
        return value if _is_missing(value) or isinstance(value, str) else value[place]

    return filtered


def _length(value: Any) -> int:  # noqa: ANN401 - as above
    return len(value)


_FILTERS: dict[str, Callable[..., Any]] = {
    "default": _default,
    "d": _default,
    "upper": _of_text(str.upper),
    "lower": _of_text(str.lower),
    "capitalize": _of_text(str.capitalize),
    "title": _of_text(str.title),
    "trim": _of_text(str.strip),
    "truncate": _truncate,
    "join": _join,
    "length": _length,
    "count": _length,
    "first": _one(0),
    "last": _one(-1),
}
_ENVIRONMENT = _Environment()
