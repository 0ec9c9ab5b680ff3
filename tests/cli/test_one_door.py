"""Nothing is printed beside the output: a bypass would let a mail write to a terminal."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "helpdesk_cli"
# output: the door itself. pager: gets text from it. progress: draws our own numbers. ask: makes its
# question visible and reads /dev/tty. main: says one fixed line before anything else is loaded.
ALLOWED = {"cli/output.py", "cli/pager.py", "cli/progress.py", "cli/ask.py", "cli/main.py", "cli/run.py"}
SOURCES = [
    pytest.param(path, id=str(path.relative_to(PACKAGE)))
    for path in sorted(PACKAGE.rglob("*.py"))
    if str(path.relative_to(PACKAGE)) not in ALLOWED
]


@pytest.mark.parametrize("path", SOURCES)
def test_nothing_prints_beside_the_output(path: Path) -> None:
    """No print, no typer.echo, no write to sys.stdout or sys.stderr, no descriptor 1 or 2."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [
        f"{path.name}:{node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.expr) and bypasses(node)
    ]
    assert found == []


def bypasses(node: ast.expr) -> bool:
    """Whether the expression prints without the output knowing."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return (node.value.id, node.attr) in {
            ("sys", "stdout"),
            ("sys", "stderr"),
            ("sys", "__stdout__"),
            ("sys", "__stderr__"),
            ("typer", "echo"),
            ("typer", "secho"),
            ("typer", "style"),
            ("typer", "confirm"),
            ("typer", "prompt"),
        }
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"print", "input"}
    )


def test_the_check_sees_a_bypass() -> None:
    """What it is made for."""
    for source in ("print(1)", "typer.echo(1)", "sys.stderr.write('x')", "input()"):
        assert any(bypasses(node) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.expr)), (
            source
        )
