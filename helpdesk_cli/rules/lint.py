"""What is odd about rules that can be read: those that never act, and those that undo each other's work.

Said is only what follows from the file: that one condition implies another, that two never hold at once.
What words of mails have to do with each other nobody can tell from here; `desk rules replay` tries it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.query.atoms import Among, Between, Empty
from helpdesk_cli.query.nodes import Both, Either, Named, Not, Query, Term
from helpdesk_cli.rules.conditions import is_of_mails
from helpdesk_cli.rules.rule import TIMER
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from helpdesk_cli.query.nodes import Node
    from helpdesk_cli.rules.conditions import Condition
    from helpdesk_cli.rules.rule import Rule

# Actions that give one field one value, and the field.
_SETS = ("team", "status", "priority", "category", "type", "product", "assign")
_MOST_PARTS = 200


@dataclass(frozen=True, slots=True)
class Oddity:
    """What is odd about a rule, and what to do about it; `line` of the file."""

    rule: str
    line: int
    what: str
    remedy: str


def lint(conditions: Sequence[Condition]) -> Iterator[Oddity]:
    """Everything that is odd, rule by rule."""
    for place, condition in enumerate(conditions):
        yield from _alone(condition)
        for earlier_place, earlier in enumerate(conditions[:place]):
            events = set(earlier.rule.events) & set(condition.rule.events)
            between = conditions[earlier_place + 1 : place]
            if events and (found := _pair(earlier, condition, between)):
                yield found
                break


def _alone(condition: Condition) -> Iterator[Oddity]:
    rule = condition.rule
    where = _where(condition)
    for reason in _contradictions(where):
        yield Oddity(rule.name, rule.when_line, f"{rule.name} never acts: {reason}", "Mend its condition.")
    fields = condition.query.fields if condition.query else frozenset()
    if rule.events == (TIMER,):
        asked = sorted(key for key in fields if key == "recipient" or key.startswith("header."))
        if asked:
            said = f"{rule.name} never acts: time brings no mail, and {asked[0]} is asked of one"
            yield Oddity(rule.name, rule.when_line, said, "Ask for a tag that another rule sets.")
        if condition.query is None:
            said = f"{rule.name} acts on every ticket that there is"
            yield Oddity(rule.name, rule.line, said, "Write `when:`.")
    if any(action.name == "dedupe" for action in rule.actions):
        yield from _dedupe(rule, fields)
    values: dict[str, str] = {}
    for name, value, line in _settings(rule):
        if values.setdefault(name, value) != value:
            said = f"{rule.name} sets {name} to {values[name]} and then to {value}"
            yield Oddity(rule.name, line, said, "Keep one of them.")


def _dedupe(rule: Rule, fields: frozenset[str]) -> Iterator[Oddity]:
    if "created" not in rule.events:
        said = f"{rule.name} joins no mail to a ticket: that is done when one would open a ticket"
        yield Oddity(rule.name, rule.line, said, "Write `event: created`.")
    if fields.isdisjoint({"from", "requester", "recipient", "to", "inbox", "customer", "org"}) and not any(
        field.startswith("header.") for field in fields
    ):
        said = f"{rule.name} lets anybody's mail join, and resolve, the ticket of an alert"
        yield Oddity(
            rule.name, rule.when_line, said, "Add `from:`, or another sign of the program that writes."
        )


def _pair(earlier: Condition, later: Condition, between: Sequence[Condition]) -> Oddity | None:
    """What is odd about two rules that wait for the same."""
    one, other = earlier.rule, later.rule
    wide, narrow = _where(earlier), _where(later)
    if earlier.rule.state == "off" or later.rule.state == "off":
        return None
    if one.state == "on" and one.stop and set(other.events) <= set(one.events) and implies(narrow, wide):
        changed = {name for each in between for name, _, _ in _settings(each.rule)}
        if changed.isdisjoint(_names(wide)):
            said = f"{other.name} never acts: {one.name} (line {one.line}) holds whenever it does, and stops"
            return Oddity(other.name, other.line, said, f"Put it before {one.name}, or narrow that.")
        return None
    if one.stop or not (implies(narrow, wide) or implies(wide, narrow)):
        return None
    first = {name: value for name, value, _ in _settings(one)}
    for name, value, line in _settings(other):
        before = first.get(name)
        if before is not None and before != value and not _is_meant(later, name):
            said = (
                f"{other.name} sets {name} to {value}, and {one.name} (line {one.line}) to {before},"
                f" of the same tickets: what stands later wins"
            )
            return Oddity(other.name, line, said, f"Write `stop: yes` in {one.name}, or narrow one of them.")
    return None


def _is_meant(later: Condition, name: str) -> bool:
    """Whether the later rule looks at what the earlier one has set: somebody thought of it."""
    field = "assignee" if name == "assign" else name
    return later.query is not None and field in later.query.fields


def _settings(rule: Rule) -> Iterator[tuple[str, str, int]]:
    """(field, value, line) of each field that the rule gives a value."""
    for action in rule.actions:
        if action.name in _SETS:
            yield action.name, action.value, action.line
        elif action.name == "spam":
            yield "status", "spam", action.line
        elif action.name == "set":
            yield action.part("field"), action.value, action.line


def _names(node: Node) -> set[str]:
    names = Query(node).fields
    return {"assign" if name == "assignee" else name for name in names}


def _where(condition: Condition) -> Node:
    return condition.query.where if condition.query is not None else Both()


def implies(narrow: Node, wide: Node) -> bool:
    """Whether the second holds wherever the first does; False where that cannot be seen."""
    narrow, wide = _bare(narrow), _bare(wide)
    match narrow, wide:
        case _ if narrow == wide:
            found = True
        case _, Both(parts=parts):
            found = all(implies(narrow, part) for part in parts)
        case Either(parts=parts), _:
            found = all(implies(part, wide) for part in parts)
        case _, Either(parts=parts) if any(implies(narrow, part) for part in parts):
            found = True
        case Both(parts=parts), _:
            found = any(implies(part, wide) for part in parts)
        case Not(part=one), Not(part=other):
            found = implies(other, one)
        case Term(), Term():
            found = _covers(narrow, wide)
        case _:
            found = False
    return found


def _covers(narrow: Term, wide: Term) -> bool:
    """Whether every value of the one is among those of the other."""
    if set(narrow.atoms) <= set(wide.atoms):
        return True
    return all(any(_is_in(one, other) for other in wide.atoms) for one in narrow.atoms)


def _is_in(one: object, other: object) -> bool:
    if isinstance(one, Among) and isinstance(other, Among) and one.column == other.column:
        return one.inside and other.inside and one.values <= other.values
    if isinstance(one, Among) and isinstance(other, Empty) and one.column == other.column:
        return one.inside and not other.empty and "" not in one.values
    return one == other


def _contradictions(where: Node) -> Iterator[str]:
    """Why the condition can never hold, if that can be seen."""
    parts = _parts(where)
    terms = [part for part in parts if isinstance(part, Term)]
    for number, part in enumerate(parts[:_MOST_PARTS]):
        for other in parts[number + 1 : _MOST_PARTS]:
            if Not(part) == other or Not(other) == part:
                yield f"{part} and {other} never hold at once"
                return
    for number, one in enumerate(terms):
        for other_term in terms[number + 1 :]:
            if are_apart(one, other_term):
                yield f"{one} and {other_term} never hold at once"
                return


def are_apart(one: Term, other: Term) -> bool:
    """Whether two terms can never hold of one ticket: different values of what a ticket has once."""
    if is_of_mails(one.field) or is_of_mails(other.field):
        return False
    return bool(one.atoms and other.atoms) and all(
        _never_both(first, second) for first in one.atoms for second in other.atoms
    )


def _never_both(one: object, other: object) -> bool:
    if getattr(one, "column", 1) != getattr(other, "column", 2):
        return False
    match one, other:
        case Among(inside=True), Among(inside=True):
            found = one.values.isdisjoint(other.values)
        case Among(inside=True), Among(inside=False):
            found = one.values <= other.values
        case Among(), Empty():
            found = one.inside and other.empty and "" not in one.values
        case Empty(), Empty():
            found = one.empty != other.empty
        case Between(), Between():
            found = _is_before(one, other) or _is_before(other, one)
        case (Among(inside=False), Among(inside=True)) | (Empty(), Among()):
            found = _never_both(other, one)
        case _:
            found = False
    return found


def _is_before(one: Between, other: Between) -> bool:
    return one.high is not None and other.low is not None and one.high <= other.low


def _parts(node: Node) -> list[Node]:
    node = _bare(node)
    return [bare for part in node.parts for bare in _parts(part)] if isinstance(node, Both) else [node]


def _bare(node: Node) -> Node:
    """A view or a flag as what it stands for."""
    while isinstance(node, Named):
        node = node.part
    return node
