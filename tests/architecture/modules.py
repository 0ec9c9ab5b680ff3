"""`python tests/architecture/modules.py` writes the list of modules at the end of docs/ARCHITECTURE.md."""

from __future__ import annotations

import ast
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/ARCHITECTURE.md"
PACKAGE = ROOT / "helpdesk_cli"
MARK = "<!-- Below: made by `make docs` from the first line of each module. -->\n"


def modules() -> dict[str, Path]:
    """Every module by its name below the package (`mail.text`); a package is its own name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def listing() -> str:
    """The list: a heading a package, a line a module."""
    lines = []
    for package, members in groupby(sorted(modules().items(), key=_place), key=lambda item: _place(item)[0]):
        lines += ["", f"### {package.replace('.', '/') or 'helpdesk_cli'}", ""]
        for name, path in members:
            about = first_words(path)
            lines += (
                [about, ""] if path.name == "__init__.py" else [f"- `{name.rpartition('.')[2]}`: {about}"]
            )
    return "\n".join(lines) + "\n"


def first_words(path: Path) -> str:
    """The first paragraph of a module's docstring, on one line."""
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return " ".join(text.partition("\n\n")[0].split())


def _place(item: tuple[str, Path]) -> tuple[str, bool, str]:
    """Package by package, what a package says of itself first."""
    name, path = item
    is_package = path.name == "__init__.py"
    return (name if is_package else name.rpartition(".")[0], not is_package, name)


if __name__ == "__main__":
    PAGE.write_text(PAGE.read_text("utf-8").partition(MARK)[0] + MARK + listing(), "utf-8")
