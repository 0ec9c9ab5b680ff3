"""The floors, beyond what import-linter sees: imports by name, and what exactly the nouns may use."""

from __future__ import annotations

import tomllib

import pytest
from architecture.imports import imports_of
from architecture.modules import ROOT, modules

# From the top down; those of one row do not know each other.
FLOORS = (
    ("cli",),
    ("desk",),
    ("storage", "channels"),
    ("pages",),
    ("replies", "sla", "rules", "routing", "reports"),
    ("mail",),
    ("customers",),
    ("query",),
    ("tickets",),
    ("table", "errors"),
    ("values",),
)
# What a noun may take from the standard library: nothing that reads a file, a clock or a network.
LANGUAGE = {"__future__", "collections", "errno", "functools", "importlib", "itertools", "typing"}
NOUNS = {
    "query": {"datetime", "difflib", "re", "unicodedata"},
    "tickets": {"datetime", "hashlib", "re"},
    # `email` parses, `logging` is switched off for those who print what they read.
    "mail": {
        "binascii",
        "datetime",
        "email",
        "hashlib",
        "hmac",
        "html",
        "logging",
        "re",
        "struct",
        "unicodedata",
    },
    "pages": {"base64", "datetime", "hashlib", "re"},
    "replies": {"difflib", "re", "unicodedata"},
    "sla": {"bisect", "datetime"},
    "reports": {"bisect", "datetime", "re"},
    "customers": {"re"},
    "rules": {"datetime", "hashlib", "re"},
    "routing": {"datetime", "re"},
    "table": {"datetime"},
    "errors": set(),
    # The standard library's dataclasses, for one of its exceptions.
    "values": {"dataclasses"},
}
LIBRARIES = {
    "query": {"re2"},
    "replies": {"jinja2"},
    "mail": {"mailparser", "lxml", "compressed_rtf", "flufl", "idna"},
}


def floor_of(package: str) -> int:
    return next(number for number, names in enumerate(FLOORS) if package in names)


def package_of(module: str) -> str:
    """`mail` of `helpdesk_cli.mail.text`."""
    return module.removeprefix("helpdesk_cli.").partition(".")[0]


def test_every_package_is_on_a_floor() -> None:
    assert {name.partition(".")[0] for name in modules()} - {""} == {name for row in FLOORS for name in row}


@pytest.mark.parametrize("name", [name for name in modules() if name])
def test_imports_go_down_also_by_name(name: str) -> None:
    own = package_of(name)
    for imported in imports_of(modules()[name]):
        other = package_of(imported)
        if imported.startswith("helpdesk_cli.") and other not in {own, "__version__"}:
            assert floor_of(other) > floor_of(own), f"{name} imports {imported}"
            assert not (own == "cli" and other == "storage"), f"{name} imports {imported}"


@pytest.mark.parametrize("package", NOUNS)
def test_a_noun_uses_no_more_than_it_may(package: str) -> None:
    """And lists no more than it uses."""
    used = {
        imported.partition(".")[0]
        for name, path in modules().items()
        if name.partition(".")[0] == package
        for imported in imports_of(path)
    }
    assert used - LANGUAGE - {"helpdesk_cli"} == NOUNS[package] | LIBRARIES.get(package, set())


def test_the_contracts_stand_in_pyproject() -> None:
    """What `make floors` checks; a contract that is gone fails nothing by itself."""
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    contracts = {contract["name"]: contract for contract in linter["contracts"]}
    assert linter["include_external_packages"]
    floors = contracts["floors: imports go down only"]
    assert floors["exhaustive"]
    assert tuple(tuple(row.split(" | ")) for row in floors["layers"]) == FLOORS
    pure = contracts["nouns are pure: no disk, no network, no clock, no chance, no other program"]
    assert {package_of(name) for name in pure["source_modules"]} == NOUNS.keys()
    assert {"os", "subprocess", "sqlite3", "typer", "time", "socket"} <= set(pure["forbidden_modules"])
    assert "helpdesk_cli.storage" in contracts["the face asks verbs, never the disk"]["forbidden_modules"]
    assert contracts["only the face knows the terminal"]["allowed_importers"] == ["helpdesk_cli.cli"]
    assert "lint-imports" in (ROOT / "Makefile").read_text("utf-8")
