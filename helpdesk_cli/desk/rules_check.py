"""`desk rules check`, `list`: what is wrong with rules.yaml, what is odd, and what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from helpdesk_cli.desk.asking import context_of
from helpdesk_cli.desk.rules_reading import Book, condition_error, read_book
from helpdesk_cli.errors import InvalidFileError, NotFoundError
from helpdesk_cli.query.errors import QueryError
from helpdesk_cli.rules.conditions import Condition, read_condition, rule_context
from helpdesk_cli.rules.lint import lint
from helpdesk_cli.storage.rules_file import LARGEST, NAME, examine_rules, known_in, read_bytes
from helpdesk_cli.storage.sla_file import text_of
from helpdesk_cli.storage.slips import Slips
from helpdesk_cli.tickets.as_json import SCHEMA
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class Checked:
    """`errors` keep the file from being used, `oddities` do not; places are `rules.yaml:LINE`."""

    errors: tuple[InvalidFileError, ...]
    oddities: tuple[InvalidFileError, ...] = ()
    rules: tuple[Rule, ...] = ()

    def json(self) -> dict[str, Any]:
        """The stable JSON of `desk rules check --json`."""
        return {
            "schema": SCHEMA,
            "kind": "rules-check",
            "errors": [_slip(error) for error in self.errors],
            "oddities": [_slip(oddity) for oddity in self.oddities],
            "rules": len(self.rules),
        }


def _slip(error: InvalidFileError) -> dict[str, Any]:
    return {"place": error.place, "what": error.message, "remedy": error.hint or None}


def check(desk: Desk, data: bytes | None = None, *, place: str = NAME) -> Checked:
    """Look at the desk's rules.yaml, or at the bytes of another file. Raises NotFoundError for none."""
    if data is None:
        data = read_bytes(desk.layout)
    if data is None:
        raise NotFoundError("there is no rules.yaml", "", "`desk init` in an empty folder shows one.")
    if len(data) > LARGEST:
        return Checked((InvalidFileError(f"larger than {LARGEST // 1_000_000} MB", f"{place}:1"),))
    try:
        text = text_of(data, place=place)
    except InvalidFileError as error:
        return Checked((error,))
    asleep = Slips()
    rules, errors = examine_rules(text, known_in(desk.layout, desk.settings), place=place, off=asleep)
    conditions, more = _conditions(desk, rules, place)
    off = {rule.name for rule in rules if not rule.active}
    every = sorted([*errors, *(slip for name, slip in more if name not in off)], key=_line)
    if every:
        return Checked(tuple(every), rules=rules)
    later = [*asleep.all, *(slip for name, slip in more if name in off)]
    oddities = [InvalidFileError(odd.what, f"{place}:{odd.line}", odd.remedy) for odd in lint(conditions)]
    oddities += [
        InvalidFileError(
            f"this rule is off, and cannot be switched on: {each.message}", each.place, each.hint
        )
        for each in {str(slip): slip for slip in later}.values()
    ]
    return Checked((), tuple(sorted(oddities, key=_line)), rules)


def _conditions(
    desk: Desk, rules: tuple[Rule, ...], place: str
) -> tuple[list[Condition], list[tuple[str, InvalidFileError]]]:
    """The conditions that can be read, and what is wrong with the others, by rule."""
    context = rule_context(context_of(desk), rules)
    found, errors = [], []
    for rule in rules:
        try:
            found.append(read_condition(rule, context))
        except QueryError as error:
            errors.append((rule.name, condition_error(rule, error, place=place)))
    return found, errors


def _line(error: InvalidFileError) -> int:
    digits = error.place.rpartition(":")[2]
    return int(digits) if digits.isdecimal() else 0


def list_rules(desk: Desk) -> Book:
    """The desk's rules. Raises InvalidFileError."""
    return read_book(desk)


def rule_json(rule: Rule) -> dict[str, Any]:
    """A rule as `desk rules list --json` gives it."""
    return {
        "name": rule.name,
        "state": rule.state.replace(" ", "-"),
        "events": list(rule.events),
        "when": rule.when or None,
        "do": [
            {
                "action": action.name,
                "value": action.value or None,
                "parts": [list(part) for part in action.parts],
            }
            for action in rule.actions
        ],
        "stop": rule.stop,
        "sends": rule.sends,
        "at_most": rule.at_most,
        "about": rule.about or None,
        "line": rule.line,
    }
