"""docs/ARCHITECTURE.md and the code say the same."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from architecture.imports import imports_of
from architecture.modules import MARK, PACKAGE, PAGE, ROOT, first_words, listing, modules

TEXT, _, LISTING = PAGE.read_text("utf-8").partition(MARK)


def test_every_module_is_listed() -> None:
    """Else: `make docs`."""
    assert listing() == LISTING


def test_every_module_says_what_it_gives() -> None:
    said = {name: first_words(path) for name, path in modules().items()}
    assert {name for name, words in said.items() if not 15 <= len(words) <= 300} == set()


def test_the_picture_shows_every_package_and_no_other() -> None:
    picture = re.search(r"```\nhelpdesk_cli/\n(.*?)```", TEXT, re.DOTALL)
    assert picture
    shown = {name.rstrip("/") for name in re.findall(r"^ {4}(?: {4})?([a-z/]+) ", picture[1], re.MULTILINE)}
    packages = {path.parent.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("__init__.py")} - {"."}
    alone = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert shown == packages | alone | {"door"}
    beside = [
        name
        for line in picture[1].splitlines()
        if line[0] != " "
        for name in line.partition("   ")[0].split()
    ]
    assert [name for name in beside if not (ROOT / name).exists()] == []
    assert len(beside) == 10


def test_every_place_that_is_named_exists() -> None:
    named = set(re.findall(r"`([\w-]+(?:/[\w.-]+)+)`", TEXT))
    assert len(named) > 40
    for place in named - {"cli/NAME.py", "desk/NAME.py", "tickets/2026/11/TICKET-42.md"}:
        candidates = [ROOT / place, PACKAGE / place, PACKAGE / f"{place}.py"]
        assert any(path.exists() for path in candidates), place


def test_every_link_leads_somewhere() -> None:
    for link in re.findall(r"\]\(([^)#]+)", TEXT):
        assert (PAGE.parent / link).exists(), link


def test_libraries_are_used_where_the_table_says_and_nowhere_else() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| (.+) \|$", TEXT, re.MULTILINE)
    stated = {package: set(re.findall(r"`(\w+)`", libraries)) for package, libraries in rows}
    used: dict[str, set[str]] = {package: set() for package in stated}
    for name, path in modules().items():
        if name:
            others = {imported.partition(".")[0] for imported in imports_of(path)}
            used[name.partition(".")[0]] |= others - sys.stdlib_module_names - {"helpdesk_cli"}
    assert used == stated
    assert sum(map(len, stated.values())) == len(set().union(*stated.values())), "a library in two places"


def test_every_dependency_has_its_place() -> None:
    """What is installed is used: the names that differ from those of their packages are told here."""
    names = {
        "pyyaml": "yaml",
        "python-frontmatter": "frontmatter",
        "mail-parser": "mailparser",
        "flufl.bounce": "flufl",
    }
    declared = re.search(
        r"^dependencies = \[(.*?)^\]", (ROOT / "pyproject.toml").read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    assert declared
    packages = re.findall(r'^  "([\w.-]+?)[<>=]', declared[1], re.MULTILINE)
    table = TEXT.partition("## Floors")[2].partition("##")[0]
    assert {names.get(package, package.replace("-", "_")) for package in packages} <= set(
        re.findall(r"`(\w+)`", table)
    )


def test_every_folder_of_tests_is_explained() -> None:
    folders = {
        path.parent.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").glob("*/*")
        if path.suffix in {".py", ".md"}
    }
    table = TEXT.partition("## Tests")[2]
    assert {f"tests/{Path(name).name}" for name in re.findall(r"`(tests/\w+)`", table)} == folders
