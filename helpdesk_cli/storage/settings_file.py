"""Reading `desk.yaml`: one table of keys, each with the function that checks its value."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, cast

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage.settings import (
    NOT_AGENTS,
    Agent,
    Form,
    Inbox,
    Kind,
    Settings,
    Word,
    default_words,
    suggest,
)
from helpdesk_cli.storage.yaml_tree import Node, read_yaml

NAME = "desk.yaml"
KNOWN_FORMAT = 1
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[A-Za-z0-9.-]+", re.ASCII)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9]{0,19}")
_SIZE = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)\s*(B|kB|KB|MB|GB)?")
_LENGTH = re.compile(r"([0-9]{1,5})\s*(m|h|d|w)")
_UNITS = {"": 1, "B": 1, "kB": 1000, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000}
_LENGTHS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LINES = "Write one a line below it, two spaces further in."
_REQUIRED_STATUSES = ("new", "open", "pending", "resolved", "closed", "spam", "merged")


def read_settings(text: str, *, place: str = NAME) -> Settings:
    """The settings in the text of a desk.yaml. Raises InvalidFileError naming file, line and likely word."""
    root = read_yaml(text, place=place)
    values = _mapping(root, place, _TOP)
    mail = values.pop("mail", {})
    limits = values.pop("limits", {})
    merged = {**default_words(), **values, **mail, **limits}
    settings = Settings(**merged)
    _check_references(settings, root, place)
    return settings


def _fail(node: Node, place: str, message: str, hint: str = "") -> InvalidFileError:
    return InvalidFileError(message, f"{place}:{node.line}", hint)


def _mapping(node: Node, place: str, table: dict[str, tuple[str, Any]]) -> dict[str, Any]:
    """The checked values of a mapping, by the attribute that the table names for each key."""
    if node.value == "":
        return {}
    if not isinstance(node.value, dict):
        raise _fail(node, place, "a list of `key: value` lines belongs here", _LINES)
    result = {}
    for key, value in node.value.items():
        if key not in table:
            raise InvalidFileError(
                f'unknown key "{key}"', f"{place}:{value.key_line}", suggest(key, list(table))
            )
        attribute, check = table[key]
        result[attribute] = check(value, place)
    return result


def _named(node: Node, place: str) -> dict[str, Node]:
    """The entries of a mapping whose keys are names of the user's own choice."""
    if node.value == "":
        return {}
    if not isinstance(node.value, dict):
        raise _fail(node, place, "a list of `name: value` lines belongs here", _LINES)
    for key, value in node.value.items():
        if not _NAME.fullmatch(key):
            message = f'"{key}" is not a name'
            raise InvalidFileError(
                message,
                f"{place}:{value.key_line}",
                "Use small letters, digits, dots, dashes and underscores.",
            )
    return node.value


def _text(node: Node, place: str) -> str:
    if not isinstance(node.value, str):
        raise _fail(node, place, "a single value belongs here", "Write it behind the colon.")
    if not node.value.isprintable():
        # It is shown in terminals and written into commits.
        raise _fail(node, place, "this value holds a line break or a control character", "Take it out.")
    return node.value


def _texts(node: Node, place: str) -> tuple[str, ...]:
    if isinstance(node.value, list):
        return tuple(_text(item, place) for item in node.value)
    return tuple(re.split(r"[\s,]+", _text(node, place).strip())) if node.value else ()


def _number(node: Node, place: str) -> int:
    text = _text(node, place)
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise _fail(node, place, f'"{text}" is not a whole number', "Write it in digits.")
    return int(text)


def _format(node: Node, place: str) -> int:
    number = _number(node, place)
    if number > KNOWN_FORMAT:
        raise _fail(
            node, place, f"this desk has format {number}, newer than this program", "Install a newer desk."
        )
    return number


def _yes_no(node: Node, place: str) -> bool:
    text = _text(node, place).casefold()
    if text not in {"yes", "no", "true", "false"}:
        raise _fail(node, place, f'"{text}" is neither yes nor no', "Write yes or no.")
    return text in {"yes", "true"}


def _size(node: Node, place: str) -> int:
    match = _SIZE.fullmatch(_text(node, place).strip())
    if match is None:
        raise _fail(node, place, f'"{node.value}" is not a size', "Write it as 25 MB.")
    return int(float(match[1]) * _UNITS[match[2] or ""])


def _length(node: Node, place: str) -> timedelta:
    match = _LENGTH.fullmatch(_text(node, place).strip())
    if match is None:
        raise _fail(node, place, f'"{node.value}" is not a length of time', "Write it as 30d, 12h or 45m.")
    return timedelta(**{_LENGTHS[match[2]]: int(match[1])})


def _prefix(node: Node, place: str) -> str:
    text = _text(node, place)
    if not _PREFIX.fullmatch(text):
        raise _fail(
            node, place, f'"{text}" is not a prefix', "Use up to 20 letters and digits, a letter first."
        )
    return text


def _address(node: Node, place: str) -> str:
    text = _text(node, place).strip()
    if not _ADDRESS.fullmatch(text):
        raise _fail(node, place, f'"{text}" is not a mail address', "Write it as support@example.com.")
    return text


def _one_of(*words: str) -> Any:  # noqa: ANN401 - a check of the table
    def check(node: Node, place: str) -> str:
        text = _text(node, place)
        if text not in words:
            raise _fail(node, place, f'"{text}" is not possible here', suggest(text, list(words)))
        return text

    return check


def _words(node: Node, place: str) -> tuple[Word, ...]:
    words = []
    taken: dict[str, str] = {}
    for name, value in _named(node, place).items():
        found = _mapping(
            value, place, {"aliases": ("aliases", _texts), "about": ("about", _text), "kind": ("kind", _kind)}
        )
        word = Word(name, found.get("aliases", ()), found.get("kind", "active"))
        for spelling in (name, *word.aliases):
            if spelling.casefold() in taken:
                said = f'"{spelling}" already means "{taken[spelling.casefold()]}"'
                raise _fail(value, place, said, "Use another word.")
            taken[spelling.casefold()] = name
        words.append(word)
    return tuple(words)


def _kind(node: Node, place: str) -> Kind:
    return cast("Kind", _one_of("active", "waiting", "done")(node, place))


def _statuses(node: Node, place: str) -> tuple[Word, ...]:
    words = _words(node, place)
    for name, value in _named(node, place).items():
        if not isinstance(value.value, dict) or "kind" not in value.value:
            hint = "Write `{kind: active}`, waiting or done."
            raise _fail(value, place, f'the status "{name}" does not say its kind', hint)
    for name in _REQUIRED_STATUSES:
        if name not in (word.name for word in words):
            raise _fail(node, place, f'the status "{name}" is missing', "desk itself uses it; put it back.")
    return words


def _inboxes(node: Node, place: str) -> tuple[Inbox, ...]:
    table = {"address": ("address", _address), "team": ("team", _text)}
    inboxes = []
    for name, value in _named(node, place).items():
        if isinstance(value.value, str):
            inboxes.append(Inbox(name, _address(value, place)))
            continue
        found = _mapping(value, place, table)
        if "address" not in found:
            hint = "Write `address: support@example.com` below it."
            raise _fail(value, place, f'the inbox "{name}" has no address', hint)
        inboxes.append(Inbox(name, **found))
    taken: dict[str, str] = {}
    for inbox in inboxes:
        other = taken.setdefault(inbox.address.casefold(), inbox.name)
        if other != inbox.name:
            said = f'the inboxes "{other}" and "{inbox.name}" have the same address'
            raise _fail(node, place, said, "A mail can come to one of them only: keep one.")
    return tuple(inboxes)


def _agents(node: Node, place: str) -> tuple[Agent, ...]:
    table = {
        "name": ("name", _text),
        "email": ("email", _address),
        "teams": ("teams", _texts),
        "skills": ("skills", _texts),
        "capacity": ("capacity", _number),
        "away": ("away", _text),
    }
    agents = tuple(Agent(key, **_mapping(value, place, table)) for key, value in _named(node, place).items())
    emails: dict[str, str] = {}
    for agent in agents:
        if agent.key in NOT_AGENTS:
            said = f'"{agent.key}" cannot be an agent: it has a meaning of its own'
            raise _fail(_named(node, place)[agent.key], place, said, "Use another word.")
        if agent.email and agent.email.casefold() in emails:
            other = emails[agent.email.casefold()]
            said = f'the agents "{other}" and "{agent.key}" have the same address'
            raise _fail(node, place, said, "Write each agent once.")
        emails[agent.email.casefold()] = agent.key
    return agents


def _teams(node: Node, place: str) -> tuple[str, ...]:
    for value in _named(node, place).values():
        _mapping(value, place, {"about": ("about", _text), "lead": ("lead", _text)})
    return tuple(_named(node, place))


def _views(node: Node, place: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, _text(value, place)) for name, value in _named(node, place).items())


def _forms(node: Node, place: str) -> tuple[Form, ...]:
    table = {"sender": ("sender", _address), "requester": ("requester", _text)}
    forms = []
    for name, value in _named(node, place).items():
        found = _mapping(value, place, table)
        if "sender" not in found:
            hint = "Write `sender: form@example.com` below it."
            raise _fail(value, place, f'the form "{name}" does not say its sender', hint)
        if found.get("requester") == "":
            hint = "Write reply-to, or the label before the address, for instance `E-mail:`."
            raise _fail(value, place, f'the form "{name}" does not say where its requester stands', hint)
        forms.append(Form(name, **found))
    return tuple(forms)


def _mail(node: Node, place: str) -> dict[str, Any]:
    return _mapping(
        node,
        place,
        {
            "reopen-within": ("reopen_within", _length),
            "thanks": ("thanks", _one_of("confirm", "reopen")),
            "trust-spam-headers": ("trust_spam_headers", _yes_no),
            "authserv-id": ("authserv_id", _text),
            "keep-headers": ("keep_headers", _header_names),
        },
    )


def _header_names(node: Node, place: str) -> tuple[str, ...]:
    return tuple(name.casefold() for name in _texts(node, place))


def _limits(node: Node, place: str) -> dict[str, Any]:
    return _mapping(
        node,
        place,
        {
            "message": ("message_limit", _size),
            "attachment": ("attachment_limit", _size),
            "free-space": ("free_space", _size),
        },
    )


_TOP: dict[str, tuple[str, Any]] = {
    "format": ("format", _format),
    "name": ("name", _text),
    "prefix": ("prefix", _prefix),
    "inboxes": ("inboxes", _inboxes),
    "agents": ("agents", _agents),
    "teams": ("teams", _teams),
    "statuses": ("statuses", _statuses),
    "priorities": ("priorities", _words),
    "default-priority": ("default_priority", _text),
    "categories": ("categories", _words),
    "types": ("types", _words),
    "products": ("products", _words),
    "views": ("views", _views),
    "forms": ("forms", _forms),
    "mail": ("mail", _mail),
    "limits": ("limits", _limits),
}


def _check_references(settings: Settings, root: Node, place: str) -> None:
    """Every team and priority that is named must be declared."""
    top = cast("dict[str, Node]", root.value)
    priorities = [word.name for word in settings.priorities]
    if settings.default_priority not in priorities:
        node = top.get("default-priority") or top["priorities"]
        message = f'default-priority "{settings.default_priority}" is not among the priorities'
        raise _fail(node, place, message, suggest(settings.default_priority, priorities))
    if "teams" not in top:
        return
    for key, named in (("agents", settings.agents), ("inboxes", settings.inboxes)):
        for item in named:
            wanted = item.teams if isinstance(item, Agent) else tuple(filter(None, [item.team]))
            name = item.key if isinstance(item, Agent) else item.name
            unknown = next((team for team in wanted if team not in settings.teams), None)
            if unknown is not None:
                node = cast("dict[str, Node]", top[key].value)[name]
                hint = suggest(unknown, list(settings.teams)) or "Declare it under `teams:`."
                raise _fail(node, place, f'unknown team "{unknown}"', hint)
