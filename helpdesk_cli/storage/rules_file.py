"""Reading `rules.yaml`: rules in their order, every slip with its line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.rules.conditions import FIELDS_OF_HEADERS, headers_in
from helpdesk_cli.rules.rule import AT_MOST, EVENTS, Rule
from helpdesk_cli.storage import settings_checks as check
from helpdesk_cli.storage.folder import read_file
from helpdesk_cli.storage.rule_actions import Known, read_actions
from helpdesk_cli.storage.settings import suggest
from helpdesk_cli.storage.sla_file import text_of
from helpdesk_cli.storage.slips import Slips
from helpdesk_cli.storage.template_files import SHIPPED, own_names
from helpdesk_cli.storage.yaml_tree import Node, read_yaml

if TYPE_CHECKING:
    from helpdesk_cli.storage.layout import Layout
    from helpdesk_cli.storage.settings import Settings

NAME = "rules.yaml"
LARGEST = 1_000_000
MOST_RULES = 1_000
_MOST_ACTIONS = 50
# It stands in events, in commits and in names of people: `rule NAME <desk@example.com>`.
_RULE_NAME = re.compile(r"\w(?:[\w .,:;/&+'()!?#%-]{0,58}[\w.,)!?#%])?")
_EXAMPLE = "Write `- priority: high`, one action a line."


def load_rules(layout: Layout, settings: Settings) -> tuple[Rule, ...]:
    """The rules of the desk; () where there is no file. Raises InvalidFileError with the first slip."""
    data = read_bytes(layout)
    return () if data is None else read_rules(text_of(data, place=NAME), known_in(layout, settings))


def read_bytes(layout: Layout) -> bytes | None:
    """The bytes of the desk's rules.yaml; None where there is none."""
    try:
        data, _ = read_file(layout.root / NAME, within=layout.root, limit=LARGEST)
    except FileNotFoundError:
        return None
    return data


def known_in(layout: Layout, settings: Settings) -> Known:
    """The words that rules of this desk can name."""
    return Known(settings, tuple(sorted({*own_names(layout)[0], *SHIPPED})))


def read_rules(text: str, known: Known, *, place: str = NAME) -> tuple[Rule, ...]:
    """What the text of a rules.yaml says. Raises InvalidFileError with the first line that is wrong.

    Conditions are read where all that queries know is known: `rules.conditions`.
    """
    rules, slips = examine_rules(text, known, place=place)
    if slips:
        raise slips[0]
    return rules


def examine_rules(
    text: str, known: Known, *, place: str = NAME, off: Slips | None = None
) -> tuple[tuple[Rule, ...], list[InvalidFileError]]:
    """What can be read of the text, and everything that is wrong with it, in the order of the lines.

    A rule that is off may name teams and templates that there are not (those that come with desk do, on many
    desks): that is no mistake, and is noted in `off`.
    """
    slips, asleep = Slips(), off or Slips()
    with slips.kept():
        root = read_yaml(text, place=place)
        table: dict[str, tuple[str, Any]] = {
            "rules": ("rules", lambda node, at: _rules(node, at, known, slips, asleep))
        }
        return slips.mapping(root, place, table).get("rules", ()), slips.all
    return (), slips.all


def _rules(node: Node, place: str, known: Known, slips: Slips, asleep: Slips) -> tuple[Rule, ...]:
    if node.value == "":
        return ()
    if not isinstance(node.value, list):
        raise check.fail(node, place, "a list of rules belongs here", "Begin each with `- name: …`.")
    if len(node.value) > MOST_RULES:
        raise check.fail(node, place, f"more than {MOST_RULES:,} rules", "Put what is alike into one.")
    names: dict[str, int] = {}
    found = []
    for item in node.value:
        with slips.kept():
            words = known
            if _is_off(item, place):
                tried = Slips()
                with tried.kept():
                    _rule(item, place, known, tried, dict(names))
                if tried.all:
                    words = Known(None)
                    for slip in tried.all:
                        asleep.add(slip)
            found.append(_rule(item, place, words, slips, names))
    return tuple(found)


def _is_off(item: Node, place: str) -> bool:
    active = item.value.get("active") if isinstance(item.value, dict) else None
    try:
        return active is not None and not _switch(active, place)
    except InvalidFileError:
        return False


def _rule(item: Node, place: str, known: Known, slips: Slips, names: dict[str, int]) -> Rule:
    table: dict[str, tuple[str, Any]] = {
        "name": ("name", check.text),
        "about": ("about", check.lines),
        "event": ("events", _events),
        "when": ("when", _condition),
        "do": (
            "actions",
            lambda node, at: read_actions(node, at, known, slips, example="`- priority: high`"),
        ),
        "stop": ("stop", _switch),
        "active": ("active", _switch),
        "send": ("sends", _switch),
        "at-most": ("at_most", _at_most),
    }
    if not isinstance(item.value, dict):
        raise check.fail(item, place, "a rule belongs here", "Begin it with `- name: …`.")
    if "on" in item.value:
        raise InvalidFileError(
            'unknown key "on"',
            f"{place}:{item.value['on'].key_line}",
            "What a rule waits for is its `event:`.",
        )
    values = slips.mapping(item, place, table)
    with slips.kept():
        _check_name(values.setdefault("name", ""), item, place, names)
    for key, attribute, hint in (
        ("event", "events", f"Write `event: created`, or one of {', '.join(list(EVENTS)[1:])}."),
        ("do", "actions", _EXAMPLE),
    ):
        if key not in item.value:
            slips.add(check.fail(item, place, f"{_called(values['name'])} has no `{key}`", hint))
        elif values.get(attribute) == () and attribute == "actions" and item.value["do"].value in ("", []):
            slips.add(check.fail(item.value["do"], place, f"{_called(values['name'])} does nothing", hint))
    if len(values.get("actions", ())) > _MOST_ACTIONS:
        slips.add(check.fail(item, place, f"more than {_MOST_ACTIONS} actions", "Use several rules."))
    values.setdefault("at_most", AT_MOST)
    when = item.value.get("when")
    values |= {"line": item.line, "when_line": when.key_line if when else item.line}
    return Rule(**values)


def _called(name: str) -> str:
    return f'the rule "{name}"' if name else "this rule"


def _check_name(name: str, item: Node, place: str, names: dict[str, int]) -> None:
    if not name:
        raise check.fail(item, place, "this rule has no name", "Begin it with `- name: …`.")
    node = item.value["name"] if isinstance(item.value, dict) and "name" in item.value else item
    if not _RULE_NAME.fullmatch(name) or "  " in name:
        hint = (
            "Use letters, digits, single spaces and plain signs, up to 60 in all: it stands in every commit."
        )
        raise check.fail(node, place, f'"{name}" cannot be the name of a rule', hint)
    folded = name.casefold()
    if folded in names:
        message = f'two rules are called "{name}" (the first in line {names[folded]})'
        raise check.fail(node, place, message, "Rename one of them: what a rule did is known by its name.")
    names[folded] = item.line


def _events(node: Node, place: str) -> tuple[str, ...]:
    said = check.texts(node, place)
    if not said:
        raise check.fail(node, place, "which event?", f"There are {', '.join(EVENTS)}.")
    for word in said:
        if word not in EVENTS:
            raise check.fail(node, place, f'there is no event "{word}"', suggest(word, list(EVENTS)))
    return tuple(dict.fromkeys(said))


def _condition(node: Node, place: str) -> str:
    """A query on one line or several; headers that are fields are refused here, the rest where it is read."""
    said = " ".join(check.lines(node, place).split("\n")).strip()
    for name in headers_in((said,)):
        if name in FIELDS_OF_HEADERS:
            field = FIELDS_OF_HEADERS[name]
            raise check.fail(node, place, f"the header {name} is a field of its own", f"Write `{field}`.")
    return said


def _switch(node: Node, place: str) -> bool:
    said = check.text(node, place).casefold()
    if said in {"on", "off"}:
        return said == "on"
    return check.yes_no(node, place)


def _at_most(node: Node, place: str) -> int:
    number = check.number(node, place)
    if not number:
        raise check.fail(node, place, "a rule that may act on no ticket does nothing", "Write `active: no`.")
    return number
