"""What a template may say: a part of Jinja2 in which nothing can be slow, large or somebody else's.

Source: RELIABILITY T46. The sandbox alone still allows `'A'*50000000`, loops in loops and joins of joins.
Here everything is refused that is not listed: there is no arithmetic, no assignment, no loop in a loop, no
attribute and no function but `article`, so that what a template gives is bounded by its own length.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from jinja2 import nodes

from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

DEEPEST = 25
FILTERS = frozenset(
    {"default", "d", "upper", "lower", "capitalize", "title", "trim", "truncate", "join", "length", "count"}
    | {"first", "last"}
)
TESTS = frozenset({"defined", "undefined"})
FUNCTION = "article"
_LOOP = frozenset({"first", "last", "index", "length"})
_ALLOWED = (
    nodes.Filter,
    nodes.Test,
    nodes.Const,
    nodes.Name,
    nodes.Getattr,
    nodes.For,
    nodes.Call,
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Concat,
    nodes.List,
    nodes.Tuple,
    nodes.Keyword,
)
_TAKES = 'A template takes variables, filters, {% if %}, {% for %} over a list, and article("…").'
_REFUSED: dict[type[nodes.Node], str] = {
    nodes.Include: "{% include %}",
    nodes.Import: "{% import %}",
    nodes.FromImport: "{% import %}",
    nodes.Extends: "{% extends %}",
    nodes.Block: "{% block %}",
    nodes.Macro: "{% macro %}",
    nodes.CallBlock: "{% call %}",
    nodes.FilterBlock: "{% filter %}",
    nodes.With: "{% with %}",
    nodes.Assign: "{% set %}",
    nodes.AssignBlock: "{% set %}",
    nodes.Getitem: "square brackets behind a name",
    nodes.Dict: "a mapping in braces",
    nodes.BinExpr: "arithmetic",
    nodes.UnaryExpr: "arithmetic",
}


class RefusedError(Exception):
    """What a template may not say: the words, the line within it, what to do."""

    def __init__(self, message: str, line: int, hint: str = _TAKES) -> None:
        """`line` counts from 1 within the text that was parsed."""
        super().__init__(message)
        self.message = message
        self.line = line
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Use:
    """A variable or an article that a template names, and the first line that does."""

    name: str
    line: int


@dataclass(frozen=True, slots=True)
class Uses:
    """All that a template names."""

    variables: tuple[Use, ...] = ()
    looped: tuple[Use, ...] = ()  # those of the variables that a loop goes over
    articles: tuple[Use, ...] = ()


def check(tree: nodes.Template) -> Uses:
    """What the template names. Raises RefusedError for what it may not say."""
    variables: dict[str, int] = {}
    looped: dict[str, int] = {}
    articles: dict[str, int] = {}
    for node, local in _walk(tree):
        _check_node(node)
        if isinstance(node, nodes.Name) and node.ctx == "load" and node.name not in local:
            variables.setdefault(node.name, node.lineno)
        elif isinstance(node, nodes.For) and isinstance(node.iter, nodes.Name):
            looped.setdefault(node.iter.name, node.lineno)
        elif isinstance(node, nodes.Call):
            articles.setdefault(_article_of(node), node.lineno)
    return Uses(_sorted(variables), _sorted(looped), _sorted(articles))


def _sorted(found: dict[str, int]) -> tuple[Use, ...]:
    return tuple(Use(name, line) for name, line in sorted(found.items(), key=lambda item: (item[1], item[0])))


def _walk(
    node: nodes.Node, local: frozenset[str] = frozenset(), depth: int = 0
) -> Iterator[tuple[nodes.Node, frozenset[str]]]:
    """Every node with the names that the loop around it gives; the name of a function is none of them."""
    if depth > DEEPEST:
        raise RefusedError("this is nested too deeply", node.lineno, "Make it several lines.")
    yield node, local
    if isinstance(node, nodes.For):
        if local:
            raise RefusedError("a loop stands in a loop", node.lineno, "Put one behind the other.")
        yield from _walk(node.iter, local, depth + 1)
        inside = frozenset({*_target(node), "loop"})
        for each in (*node.body, *([node.test] if node.test else [])):
            yield from _walk(each, inside, depth + 1)
        for each in node.else_:
            yield from _walk(each, local, depth + 1)
        return
    for child in node.iter_child_nodes():
        if not (isinstance(node, nodes.Call) and child is node.node):
            yield from _walk(child, local, depth + 1)


def _target(node: nodes.For) -> tuple[str, ...]:
    if not isinstance(node.target, nodes.Name) or not isinstance(node.iter, nodes.Name) or node.recursive:
        raise RefusedError(
            "this loop is no plain one", node.lineno, "Write it as {% for tag in tags %} … {% endfor %}."
        )
    return (node.target.name,)


def _check_node(node: nodes.Node) -> None:
    line = node.lineno or 1
    match node:
        case nodes.Filter(name=name) if name not in FILTERS or node.node is None:
            raise _unknown("filter", name, line, FILTERS)
        case nodes.Test(name=name) if name not in TESTS:
            raise _unknown("test", f"is {name}", line, TESTS)
        case nodes.Const(value=value) if not isinstance(value, str | int | bool | None):
            raise RefusedError(f"the number {value} is of no use here", line)
        case nodes.Name(name=name) if name.startswith("_"):
            raise RefusedError(f'"{name}" is no variable', line)
        case nodes.Getattr(attr=attr) if not _is_of_a_loop(node):
            raise RefusedError(f'a variable has no ".{attr}"', line)
        case _ if not isinstance(node, _ALLOWED):
            said = next((words for kind, words in _REFUSED.items() if isinstance(node, kind)), "this")
            raise RefusedError(f"{said} is not for templates", line)


def _is_of_a_loop(node: nodes.Getattr) -> bool:
    return isinstance(node.node, nodes.Name) and node.node.name == "loop" and node.attr in _LOOP


def _unknown(kind: str, name: str, line: int, known: frozenset[str]) -> RefusedError:
    close = import_module("difflib").get_close_matches(name, sorted(known), n=1)
    hint = f'Did you mean "{close[0]}"?' if close else f"Known: {', '.join(sorted(known))}."
    return RefusedError(f'unknown {kind} "{name}"', line, hint)


def _article_of(node: nodes.Call) -> str:
    is_article = isinstance(node.node, nodes.Name) and node.node.name == FUNCTION
    if not is_article:
        raise RefusedError("a template calls nothing but article", node.lineno)
    if node.kwargs or node.dyn_args or node.dyn_kwargs or len(node.args) != 1:
        raise RefusedError("article takes one name", node.lineno, 'Write it as article("vat").')
    name = node.args[0]
    if not isinstance(name, nodes.Const) or not isinstance(name.value, str):
        # Known before any ticket is: so lint finds an article that is not there.
        raise RefusedError(
            "the name of an article stands in quotes", node.lineno, 'Write it as article("vat").'
        )
    return name.value
