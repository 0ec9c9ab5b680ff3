"""Tests of rules as they lie on the disk: `NAME.yaml` beside the mails that it names (docs/rules.md)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from helpdesk_cli.errors import InvalidFileError, NotFoundError, UsageError
from helpdesk_cli.rules.expected import Expected, RuleTest
from helpdesk_cli.rules.rule import EVENTS
from helpdesk_cli.storage import settings_checks as check
from helpdesk_cli.storage.customer_files import CUSTOMER_KEYS
from helpdesk_cli.storage.rule_actions import read_length
from helpdesk_cli.storage.settings import NOBODY_WORDS, find_word, suggest
from helpdesk_cli.storage.sla_file import text_of
from helpdesk_cli.storage.slips import Slips
from helpdesk_cli.storage.yaml_tree import read_yaml
from helpdesk_cli.tickets.fields import FIELDS, LISTS
from helpdesk_cli.tickets.times import read_time

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from helpdesk_cli.rules.expected import Lines
    from helpdesk_cli.storage.settings import Settings
    from helpdesk_cli.storage.yaml_tree import Node

FOLDER = "rules/tests"
MAIL, ENDING = ".eml", ".yaml"
_LARGEST = 100_000
# As for the Date of a mail.
_FIRST_YEAR, _LAST_YEAR = 1970, 2100
_FIELDS = tuple(field.key for field in FIELDS if field.tracked)
_MAIL_NAME = re.compile(r"[^/\x00-\x1f\x7f]{1,250}\.eml")
_OF_CUSTOMERS = tuple(key for key in CUSTOMER_KEYS if key not in {"uid", "erased", "by"})


def find_tests(places: Sequence[Path]) -> list[Path]:
    """The files of the tests in these files and folders, by name; a mail stands for the test of its name.

    Raises NotFoundError for what is not there, InvalidFileError for a mail without a test.
    """
    found: dict[Path, None] = {}
    for place in places:
        if place.is_dir():
            names = sorted(path for path in place.iterdir() if path.suffix in {ENDING, MAIL})
            found |= dict.fromkeys(path for path in names if path.suffix == ENDING)
            _check_mails([path for path in names if path.suffix == MAIL], names)
        elif not place.is_file():
            raise NotFoundError("there is no such test", str(place), "Name a file, or a folder of tests.")
        else:
            test = place.with_suffix(ENDING) if place.suffix == MAIL else place
            if not test.is_file():
                _check_mails([place], [])
            found[test] = None
    return list(found)


def _check_mails(mails: list[Path], names: list[Path]) -> None:
    """Every mail has a test of its own, or one that names it."""
    present = set(names)
    alone = [mail for mail in mails if mail.with_suffix(ENDING) not in present]
    if not alone:
        return
    said = "\n".join(path.read_text("utf-8", "replace") for path in names if path.suffix == ENDING)
    for mail in alone:
        if mail.name not in said:
            wanted = mail.with_suffix(ENDING).name
            raise InvalidFileError(
                "no test says what is to come of this mail", str(mail), f"Write it into {wanted}."
            )


def read_test(path: Path, settings: Settings, rules: Sequence[str], *, place: str) -> RuleTest:
    """The test in the file. Raises InvalidFileError with the first line that is wrong, NotFoundError."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise NotFoundError((error.strerror or str(error)).lower(), place) from None
    if len(data) > _LARGEST:
        raise InvalidFileError(f"larger than {_LARGEST // 1000} kB", place, "Nothing needs that much.")
    slips = Slips()
    with slips.kept():
        root = read_yaml(text_of(data, place=place), place=place)
        values = slips.mapping(root, place, _table(settings, rules, slips))
        if not slips.all and "expected" not in values:
            said = "this test expects nothing"
            slips.add(check.fail(root, place, said, "Write `expect:`, and `rules: []` below it for no rule."))
    if slips.all:
        raise slips.all[0]
    values.setdefault("mail", f"{path.stem}{MAIL}")
    test = RuleTest(path.stem, **values)
    _check_whole(test, root, place)
    for name in (test.mail, *test.after):
        if not (path.parent / name).is_file():
            line = root.value["after"].line if name in test.after and isinstance(root.value, dict) else 1
            raise InvalidFileError(f'there is no mail "{name}" beside it', f"{place}:{line}")
    return test


def _check_whole(test: RuleTest, root: Node, place: str) -> None:
    of_time = test.event in {"timer", "updated", "agent-replied"}
    hint = "Say `after: [first.eml]`, or `event: timer`."
    if test.given and not (of_time or test.after):
        raise check.fail(root, place, "`given` needs a ticket that is there before the mail", hint)
    if test.later and not (test.event == "timer" or test.after):
        raise check.fail(root, place, "`later` than what?", hint)
    if test.event == "updated" and not test.given:
        raise check.fail(
            root, place, "nothing is updated", "Say what an agent sets: `given: {status: open}`."
        )


def _table(settings: Settings, rules: Sequence[str], slips: Slips) -> dict[str, tuple[str, Any]]:
    return {
        "about": ("about", check.lines),
        "mail": ("mail", _mail),
        "after": ("after", _all(_mail)),
        "sender": ("sender", check.text),
        "recipients": ("recipients", _all(check.address)),
        "at": ("at", _time),
        "customer": ("customer", _customer),
        "given": ("given", lambda node, place: _fields(node, place, settings)),
        "later": ("later", _length),
        "event": ("event", check.one_of(*EVENTS)),
        "on": ("on", _all(_rule_of(rules))),
        "expect": ("expected", lambda node, place: _expected(node, place, settings, rules, slips)),
    }


def _all(read: Callable[[Node, str], str]) -> Callable[[Node, str], tuple[str, ...]]:
    """The check of a list, or of one thing alone; what stands in one line is one thing, commas and all."""

    def check_all(node: Node, place: str) -> tuple[str, ...]:
        if node.value == "":
            return ()
        return tuple(read(item, place) for item in (node.value if isinstance(node.value, list) else [node]))

    return check_all


def _mail(node: Node, place: str) -> str:
    said = check.text(node, place)
    if not _MAIL_NAME.fullmatch(said):
        raise check.fail(node, place, f'"{said}" is no mail beside this file', "Write its name: first.eml.")
    return said


def _time(node: Node, place: str) -> datetime:
    said = check.text(node, place)
    try:
        found = read_time(said)
    except ValueError:
        raise check.fail(node, place, f'"{said}" is no time', "Write 2026-11-23T09:00Z.") from None
    if not _FIRST_YEAR <= found.year < _LAST_YEAR:
        said = f"no mail comes in in the year {found.year}"
        raise check.fail(node, place, said, f"Say one from {_FIRST_YEAR} to {_LAST_YEAR - 1}.")
    return found


def _length(node: Node, place: str) -> str:
    said = check.text(node, place).strip()
    return read_length(said, node, place, hint="Write 3d, 4h or 2w.")


def _rule_of(rules: Sequence[str]) -> Callable[[Node, str], str]:
    names = {name.casefold(): name for name in rules}

    def read(node: Node, place: str) -> str:
        said = check.text(node, place).strip()
        if said.casefold() not in names:
            raise check.fail(node, place, f'there is no rule "{said}"', suggest(said, list(rules)))
        return names[said.casefold()]

    return read


def _customer(node: Node, place: str) -> tuple[tuple[str, str], ...]:
    table = {key: (key, check.text) for key in _OF_CUSTOMERS}
    return tuple(check.mapping(node, place, table).items())


def _fields(node: Node, place: str, settings: Settings) -> tuple[tuple[str, str], ...]:
    table = {key: (key, _field_of(key, settings)) for key in _FIELDS}
    return tuple(check.mapping(node, place, table).items())


def _field_of(key: str, settings: Settings) -> Callable[[Node, str], str]:
    def read(node: Node, place: str) -> str:
        if key in LISTS:
            return " ".join(sorted(check.texts(node, place)))
        said = check.text(node, place).strip()
        if said.casefold() in {"", *NOBODY_WORDS}:
            return ""
        if settings.words(key) is None:
            return said
        try:
            return find_word(settings, key, said)
        except UsageError as error:
            raise check.fail(node, place, error.message, error.hint) from None

    return read


def _expected(node: Node, place: str, settings: Settings, rules: Sequence[str], slips: Slips) -> Expected:
    agents = [agent.key for agent in settings.agents]
    table: dict[str, tuple[str, Any]] = {
        "rules": ("rules", _all(_rule_of(rules))),
        "ticket": ("ticket", lambda item, at: _fields(item, at, settings)),
        "notes": ("notes", _all(check.lines)),
        "mails": ("mails", _all(check.text)),
        "told": ("told", _all(check.one_of(*agents))),
    }
    values = slips.mapping(node, place, table)
    if isinstance(node.value, dict) and "rules" not in node.value:
        hint = "Write `rules: [NAME]`, all of them in order, or `rules: []`."
        slips.add(check.fail(node, place, "which rules are to act?", hint))
    return Expected(**values, lines=_lines_of(node))


def _lines_of(node: Node) -> Lines:
    found: Lines = {"": node.key_line or node.line}
    if isinstance(node.value, dict):
        for key, item in node.value.items():
            found[key] = item.key_line
            if key == "ticket" and isinstance(item.value, dict):
                found |= {f"ticket {name}": each.key_line for name, each in item.value.items()}
    return found
