"""Reading `desk.yaml`: one table of keys, each with the function that checks its value."""

from __future__ import annotations

import re
from typing import Any, cast

from helpdesk_cli.storage import settings_checks as check
from helpdesk_cli.storage.settings import (
    Agent,
    Form,
    Inbox,
    Kind,
    Settings,
    Word,
    default_words,
    suggest,
)
from helpdesk_cli.storage.settings_goals_file import read_goals
from helpdesk_cli.storage.settings_mail_file import TABLE as MAIL_TABLE
from helpdesk_cli.storage.settings_people_file import (
    check_people,
    read_agents,
    read_escalation,
    read_routing,
    read_team_values,
    read_teams,
)
from helpdesk_cli.storage.settings_qa_file import read_criteria
from helpdesk_cli.storage.settings_views_file import read_list, read_view_columns, read_views
from helpdesk_cli.storage.yaml_tree import Node, read_yaml

NAME = "desk.yaml"
KNOWN_FORMAT = 1
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9]{0,19}")
_REQUIRED_STATUSES = ("new", "open", "pending", "resolved", "closed", "spam", "merged")


def read_settings(text: str, *, place: str = NAME) -> Settings:
    """The settings in the text of a desk.yaml. Raises InvalidFileError naming file, line and likely word."""
    root = read_yaml(text, place=place)
    values = check.mapping(root, place, _TOP)
    mail = values.pop("mail", {})
    limits = values.pop("limits", {})
    lists = {**values.pop("list", {}), "view_columns": read_view_columns(root, place)}
    people = {**values.pop("routing", {}), **read_team_values(root, place)}
    merged = {**default_words(), **values, **mail, **limits, **lists, **people}
    settings = Settings(**merged)
    _check_references(settings, root, place)
    return settings


def _format(node: Node, place: str) -> int:
    number = check.number(node, place)
    if number > KNOWN_FORMAT:
        raise check.fail(
            node, place, f"this desk has format {number}, newer than this program", "Install a newer desk."
        )
    return number


def _prefix(node: Node, place: str) -> str:
    text = check.text(node, place)
    if not _PREFIX.fullmatch(text):
        raise check.fail(
            node, place, f'"{text}" is not a prefix', "Use up to 20 letters and digits, a letter first."
        )
    return text


def _words(node: Node, place: str) -> tuple[Word, ...]:
    words = []
    taken: dict[str, str] = {}
    for name, value in check.named(node, place).items():
        found = check.mapping(
            value,
            place,
            {"aliases": ("aliases", check.texts), "about": ("about", check.text), "kind": ("kind", _kind)},
        )
        word = Word(name, found.get("aliases", ()), found.get("kind", "active"))
        for spelling in (name, *word.aliases):
            if spelling.casefold() in taken:
                said = f'"{spelling}" already means "{taken[spelling.casefold()]}"'
                raise check.fail(value, place, said, "Use another word.")
            taken[spelling.casefold()] = name
        words.append(word)
    return tuple(words)


def _kind(node: Node, place: str) -> Kind:
    return cast("Kind", check.one_of("active", "waiting", "done")(node, place))


def _statuses(node: Node, place: str) -> tuple[Word, ...]:
    words = _words(node, place)
    for name, value in check.named(node, place).items():
        if not isinstance(value.value, dict) or "kind" not in value.value:
            hint = "Write `{kind: active}`, waiting or done."
            raise check.fail(value, place, f'the status "{name}" does not say its kind', hint)
    for name in _REQUIRED_STATUSES:
        if name not in (word.name for word in words):
            raise check.fail(
                node, place, f'the status "{name}" is missing', "desk itself uses it; put it back."
            )
    return words


def _inboxes(node: Node, place: str) -> tuple[Inbox, ...]:
    table = {"address": ("address", check.address), "team": ("team", check.text)}
    inboxes = []
    for name, value in check.named(node, place).items():
        if isinstance(value.value, str):
            inboxes.append(Inbox(name, check.address(value, place)))
            continue
        found = check.mapping(value, place, table)
        if "address" not in found:
            hint = "Write `address: support@example.com` below it."
            raise check.fail(value, place, f'the inbox "{name}" has no address', hint)
        inboxes.append(Inbox(name, **found))
    taken: dict[str, str] = {}
    for inbox in inboxes:
        other = taken.setdefault(inbox.address.casefold(), inbox.name)
        if other != inbox.name:
            said = f'the inboxes "{other}" and "{inbox.name}" have the same address'
            raise check.fail(node, place, said, "A mail can come to one of them only: keep one.")
    return tuple(inboxes)


def _forms(node: Node, place: str) -> tuple[Form, ...]:
    table = {"sender": ("sender", check.address), "requester": ("requester", check.text)}
    forms = []
    for name, value in check.named(node, place).items():
        found = check.mapping(value, place, table)
        if "sender" not in found:
            hint = "Write `sender: form@example.com` below it."
            raise check.fail(value, place, f'the form "{name}" does not say its sender', hint)
        if found.get("requester") == "":
            hint = "Write reply-to, or the label before the address, for instance `E-mail:`."
            raise check.fail(value, place, f'the form "{name}" does not say where its requester stands', hint)
        forms.append(Form(name, **found))
    return tuple(forms)


def _mail(node: Node, place: str) -> dict[str, Any]:
    return check.mapping(
        node,
        place,
        {
            "reopen-within": ("reopen_within", check.length),
            "thanks": ("thanks", check.one_of("confirm", "reopen")),
            "trust-spam-headers": ("trust_spam_headers", check.yes_no),
            "authserv-id": ("authserv_id", check.text),
            "keep-headers": ("keep_headers", _header_names),
        },
    )


def _header_names(node: Node, place: str) -> tuple[str, ...]:
    return tuple(name.casefold() for name in check.texts(node, place))


def _limits(node: Node, place: str) -> dict[str, Any]:
    return check.mapping(
        node,
        place,
        {
            "message": ("message_limit", check.size),
            "attachment": ("attachment_limit", check.size),
            "free-space": ("free_space", check.size),
        },
    )


_TOP: dict[str, tuple[str, Any]] = {
    "format": ("format", _format),
    "name": ("name", check.text),
    "prefix": ("prefix", _prefix),
    "inboxes": ("inboxes", _inboxes),
    "agents": ("agents", read_agents),
    "teams": ("teams", read_teams),
    "routing": ("routing", read_routing),
    "escalation": ("escalation", read_escalation),
    "statuses": ("statuses", _statuses),
    "priorities": ("priorities", _words),
    "default-priority": ("default_priority", check.text),
    "categories": ("categories", _words),
    "types": ("types", _words),
    "products": ("products", _words),
    "tiers": ("tiers", _words),
    "views": ("views", read_views),
    "list": ("list", read_list),
    "forms": ("forms", _forms),
    "mail": ("mail", _mail),
    "limits": ("limits", _limits),
    "qa": ("qa_criteria", read_criteria),
    "goals": ("goals", read_goals),
    **MAIL_TABLE,
}


def _check_references(settings: Settings, root: Node, place: str) -> None:
    """Every team and priority that is named must be declared."""
    top = cast("dict[str, Node]", root.value)
    priorities = [word.name for word in settings.priorities]
    if settings.default_priority not in priorities:
        node = top.get("default-priority") or top["priorities"]
        message = f'default-priority "{settings.default_priority}" is not among the priorities'
        raise check.fail(node, place, message, suggest(settings.default_priority, priorities))
    check_people(settings, root, place)
    if "teams" not in top:
        return
    for key, named in (("agents", settings.agents), ("inboxes", settings.inboxes)):
        for item in named:
            wanted = item.teams if isinstance(item, Agent) else tuple(filter(None, [item.team]))
            name = item.key if isinstance(item, Agent) else item.name
            unknown = next((team for team in wanted if team not in settings.teams), None)
            if unknown is not None:
                node = check.named(top[key], place)[name]
                hint = suggest(unknown, list(settings.teams)) or "Declare it under `teams:`."
                raise check.fail(node, place, f'unknown team "{unknown}"', hint)
