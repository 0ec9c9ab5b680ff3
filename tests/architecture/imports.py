"""What a module imports when it is run or when it needs it, as its text says."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).resolve().parents[2] / "helpdesk_cli"
# `from helpdesk_cli.storage import raw` names a module, `from helpdesk_cli.storage.raw import keep` does not.
_PACKAGES = {".".join(path.parent.relative_to(PACKAGE.parent).parts) for path in PACKAGE.rglob("__init__.py")}


def imports_of(path: Path) -> set[str]:
    """The full names of the modules imported, those by name (`import_module("x")`) among them.

    Not those for type checkers only, nor those whose name is worked out.
    """
    return set(_imports(ast.parse(path.read_text("utf-8"))))


def _imports(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=rest):
            for each in rest:
                yield from _imports(each)
            return
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=str(module), names=names):
            yield from (f"{module}.{alias.name}" if module in _PACKAGES else module for alias in names)
        case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]):
            if getattr(function, "attr", getattr(function, "id", "")) == "import_module":
                yield name
        case _:
            pass
    for child in ast.iter_child_nodes(node):
        yield from _imports(child)
