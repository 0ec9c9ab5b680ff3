"""The actions in `rules.yaml`, and in the warnings of `sla.yaml`: one list, one way to write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from helpdesk_cli.errors import InvalidFileError, UsageError
from helpdesk_cli.query.dates import is_length, shift
from helpdesk_cli.query.patterns import NoPatternsError
from helpdesk_cli.rules.actions import ACTIONS, NOBODY
from helpdesk_cli.rules.alerts import PLACES, read_part
from helpdesk_cli.rules.conditions import FIELDS_OF_HEADERS
from helpdesk_cli.rules.rule import PEOPLE, WAYS, Action
from helpdesk_cli.storage import settings_checks as check
from helpdesk_cli.storage.settings import NOBODY_WORDS, find_word, suggest
from helpdesk_cli.tickets.fields import BY_KEY, FIELDS
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from helpdesk_cli.storage.settings import Settings
    from helpdesk_cli.storage.slips import Slips
    from helpdesk_cli.storage.yaml_tree import Node

# As `desk tag` has it.
_TAG = re.compile(r"[^\W_][\w./:@-]{0,59}")
# Whether a length can be meant does not depend on the day on which the file is read.
_TODAY = datetime(2026, 1, 1, tzinfo=UTC)
_LONGEST_NOTE = 10_000
# Actions that need no value.
_BARE = ("spam", "wake")
_WORDS = ("status", "priority", "category", "type", "product", "inbox")
# What `set` takes; the rest has actions of its own, or follows from what happens.
_SETTABLE = tuple(
    field.key
    for field in FIELDS
    if field.tracked and field.shape == "text" and field.key not in {"merged-into", "snoozed-until"}
)


@dataclass(frozen=True, slots=True)
class Known:
    """The words that actions can name. Without settings none is looked up: a file of the past had others."""

    settings: Settings | None
    templates: tuple[str, ...] | None = None


def read_actions(
    node: Node,
    place: str,
    known: Known,
    slips: Slips,
    *,
    allowed: Sequence[str] = tuple(ACTIONS),
    example: str = "[{notify: assignee}, {tag: late}]",
) -> tuple[Action, ...]:
    """The actions of a list, in order; what is wrong with one keeps nobody from reading the others."""
    items = node.value if isinstance(node.value, list) else [node]
    found: list[Action] = []
    for item in items:
        value = item.value
        if isinstance(value, str) and value in _BARE and value in allowed:
            found.append(Action(value, line=item.line))
            continue
        with slips.kept():
            if not isinstance(value, dict) or not value:
                raise check.fail(item, place, "a list of actions belongs here", f"Write {example}.")
        if isinstance(value, dict):
            for name, each in value.items():
                with slips.kept():
                    found += _read(name, each, place, known, allowed)
    return tuple(found)


def _read(name: str, node: Node, place: str, known: Known, allowed: Sequence[str]) -> list[Action]:
    if name not in allowed:
        message, hint = f'unknown action "{_shown(name)}"', suggest(name, list(allowed))
        if name in ACTIONS:
            message, hint = f"{name} is no action of a warning", f"There are {', '.join(allowed)}."
        raise InvalidFileError(message, f"{place}:{node.key_line}", hint)
    line = node.key_line
    if name == "set":
        return _set(node, place, known)
    if name == "dedupe":
        return [Action(name, parts=_dedupe(node, place, known), line=line)]
    if name in _BARE:
        said = check.text(node, place)
        if said not in {"", "yes"}:
            raise check.fail(node, place, f"{name} takes no value", f"Write `- {name}`.")
        return [Action(name, line=line)]
    if name == "note":
        return [Action(name, _note(node, place), line=line)]
    if name == "tag":
        return [Action(name, " ".join(_tags(node, place, is_lax=known.settings is None)), line=line)]
    said = check.text(node, place).strip()
    if not said and name != "escalate":
        raise check.fail(node, place, f"{name} whom or what?", f"Write it behind `{name}:`.")
    return [Action(name, _VALUES[name](name, said, node, place, known), line=line)]


def _word(name: str, said: str, node: Node, place: str, known: Known) -> str:
    """A declared word or an alias; what no hand sets is refused."""
    if known.settings is None or (name in {"team", "product"} and said == NOBODY):
        return said
    try:
        found = find_word(known.settings, name, said)
    except UsageError as error:
        raise check.fail(node, place, error.message, error.hint) from None
    if (name, found) == ("status", "merged"):
        hint = "A ticket becomes merged by a merge."
        raise check.fail(node, place, '"merged" is no status to set', hint)
    return found


def _agents(known: Known) -> list[str]:
    return [agent.key for agent in known.settings.agents] if known.settings else []


def _assign(_: str, said: str, node: Node, place: str, known: Known) -> str:
    if said.casefold() in NOBODY_WORDS:
        return NOBODY
    if known.settings is None or said in WAYS:
        return said
    agent = known.settings.agent(said) or known.settings.agent_by_email(said)
    if agent is None:
        if said in known.settings.teams:
            raise check.fail(node, place, f'"{said}" is a team, not an agent', f"Write `team: {said}`.")
        names = [*_agents(known), *WAYS]
        raise check.fail(node, place, f'unknown agent "{said}"', suggest(said, names))
    return agent.key


def _people(name: str, said: str, node: Node, place: str, known: Known) -> str:
    people = [*PEOPLE, *_agents(known)]
    if known.settings is not None and said not in people and (said or name != "escalate"):
        raise check.fail(node, place, f'"{said}" is nobody of this desk', suggest(said, people))
    return said


def _template(_: str, said: str, node: Node, place: str, known: Known) -> str:
    if known.templates is not None and said not in known.templates:
        message, hint = f'there is no template "{said}"', suggest(said, list(known.templates))
        raise check.fail(node, place, message, hint)
    return said


def _length(name: str, said: str, node: Node, place: str, _: Known) -> str:
    return read_length(said, node, place, hint=f"Write `{name}: 3d`, 4h or 2w.")


_VALUES: dict[str, Callable[[str, str, Node, str, Known], str]] = {
    **dict.fromkeys((*_WORDS, "team"), _word),
    "assign": _assign,
    "notify": _people,
    "escalate": _people,
    "reply": _template,
    "snooze": _length,
}


def read_length(said: str, node: Node, place: str, *, hint: str) -> str:
    """A length that can be counted ahead and back from any day on which somebody lives to see it.

    Raises InvalidFileError for what is none, or leads out of the calendar: no mail is to find that out.
    """
    if not is_length(said):
        raise check.fail(node, place, f'"{said}" is no length of time', hint)
    try:
        for ahead in (True, False):
            shift(_TODAY, said, UTC, ahead=ahead)
    except ValueError as error:
        raise check.fail(node, place, str(error), hint) from None
    return said


def _note(node: Node, place: str) -> str:
    said = check.lines(node, place).strip()
    if not said:
        raise check.fail(node, place, "note whom or what?", "Write it behind `note:`.")
    if len(said) > _LONGEST_NOTE:
        raise check.fail(node, place, f"longer than {_LONGEST_NOTE:,} characters", "Write a shorter note.")
    return said


def _tags(node: Node, place: str, *, is_lax: bool) -> list[str]:
    """`+late`, `-new`: what is put on and taken off."""
    is_list = isinstance(node.value, list)
    words = list(check.texts(node, place)) if is_list else [check.text(node, place).strip()]
    if words == [""] or not words:
        raise check.fail(node, place, "tag whom or what?", "Write it behind `tag:`.")
    if not is_list and all(word[:1] in "+-" for word in words[0].split()):
        words = words[0].split()
    for word in words:
        plain = word.lstrip("+-")
        if not is_lax and not (_TAG.fullmatch(plain) and plain == plain.casefold()):
            raise check.fail(node, place, f'"{word}" is not a tag', "A tag is one word in small letters.")
    return words


def _set(node: Node, place: str, known: Known) -> list[Action]:
    if not isinstance(node.value, dict) or not node.value:
        raise check.fail(node, place, "set which field?", "Write `set: {product: shop}`.")
    found = []
    for key, value in node.value.items():
        here = f"{place}:{value.key_line}"
        if key not in _SETTABLE:
            hint = suggest(key, list(_SETTABLE))
            if key in BY_KEY:
                hint = "Use `tag`." if key == "tags" else f"There are {', '.join(_SETTABLE)}."
            said = f"{key} is not set by rules" if key in BY_KEY else f'unknown field "{_shown(key)}"'
            raise InvalidFileError(said, here, hint)
        text = check.text(value, place).strip()
        name = "assign" if key == "assignee" else key
        if name in _VALUES:
            text = _VALUES[name](name, text, value, place, known)
        elif key == "subject" and not text:
            raise check.fail(value, place, "a ticket always has a subject")
        action = Action(name, text, line=value.key_line) if name in ACTIONS else None
        found.append(action or Action("set", text, (("field", key),), line=value.key_line))
    return found


def _dedupe(node: Node, place: str, known: Known) -> tuple[tuple[str, str], ...]:
    table: dict[str, tuple[str, Any]] = {
        "by": ("by", lambda item, at: _places(item, at, known)),
        "recovered": ("recovered", check.text),
        "reopen-within": (
            "reopen-within",
            lambda item, at: _length("reopen-within", check.text(item, at), item, at, Known(None)),
        ),
    }
    values = check.mapping(node, place, table)
    if not values.get("by"):
        hint = "Write `by: 'subject:/alert: (.+) is/'`: what the parentheses find names the thing."
        raise check.fail(node, place, "dedupe by what?", hint)
    parts = [("by", part) for part in values.pop("by")]
    return (*parts, *values.items())


def _places(node: Node, place: str, known: Known) -> tuple[str, ...]:
    items = node.value if isinstance(node.value, list) else [node]
    found = []
    for item in items:
        said = check.text(item, place).strip()
        try:
            part = read_part(said)
        except NoPatternsError as error:
            if known.settings is None:
                # Of a rule that is off, or of the past: nobody runs it here.
                found.append(said)
                continue
            hint = "Install it (`pip install google-re2`), or take this rule out."
            raise check.fail(item, place, str(error), hint) from None
        except ValueError as error:
            hint = f"There are {', '.join(PLACES)}, header.NAME, and with a pattern: `subject:/(.+) is/`."
            raise check.fail(item, place, str(error), hint) from None
        check_header(part.place, item, place)
        found.append(said)
    return tuple(found)


def check_header(name: str, node: Node, place: str) -> None:
    """Raises InvalidFileError for `header.subject` and the like, which are fields."""
    header = name.removeprefix("header.").casefold()
    if name.startswith("header.") and header in FIELDS_OF_HEADERS:
        field = FIELDS_OF_HEADERS[header]
        raise check.fail(node, place, f"the header {header} is a field of its own", f"Write `{field}`.")


def _shown(key: str) -> str:
    return "".join(char if char.isprintable() else f"\\u{{{ord(char):x}}}" for char in key)
