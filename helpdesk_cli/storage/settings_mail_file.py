"""Reading the parts of `desk.yaml` that `settings_mail` describes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from helpdesk_cli.storage import settings_checks as check
from helpdesk_cli.storage.settings_mail import (
    Account,
    Acknowledge,
    AgentMail,
    Csat,
    Digest,
    Notify,
    Outgoing,
    Smtp,
)

if TYPE_CHECKING:
    from helpdesk_cli.storage.yaml_tree import Node

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_SECURITY = check.one_of("starttls", "tls", "none")


def _server(node: Node, place: str, values: dict[str, Any]) -> dict[str, Any]:
    """The checks of a server with a login."""
    if not values.get("host"):
        raise check.fail(node, place, "this server has no host", "Write `host: mail.example.com` below it.")
    if values.get("security") == "none" and values["host"] not in _LOOPBACK:
        said = "mail and password would go over the network for everybody to read"
        raise check.fail(
            node, place, said, "Write `security: tls` or starttls; none is for this machine only."
        )
    if values.get("password_command") and values.get("token_command"):
        raise check.fail(
            node, place, "there are two ways to log in", "Keep password-command or token-command."
        )
    return values


_LOGIN = {
    "host": ("host", check.text),
    "port": ("port", check.number),
    "security": ("security", _SECURITY),
    "user": ("user", check.text),
    "password-command": ("password_command", check.text),
    "token-command": ("token_command", check.text),
}


def _smtp(node: Node, place: str) -> Smtp:
    return Smtp(**_server(node, place, check.mapping(node, place, _LOGIN)))


def _outgoing(node: Node, place: str) -> Outgoing:
    table = {
        "via": ("via", check.one_of("sendmail", "smtp")),
        "sendmail": ("sendmail", _program),
        "smtp": ("smtp", _smtp),
        "plus-addresses": ("plus_addresses", check.yes_no),
        "from-clones": ("from_clones", check.yes_no),
        "retry-for": ("retry_for", check.length),
    }
    outgoing = Outgoing(**check.mapping(node, place, table))
    if outgoing.via == "smtp" and not outgoing.smtp.host:
        raise check.fail(
            node, place, "mail is to go by SMTP, but no server is named", "Add `smtp:` with its host."
        )
    return outgoing


def _program(node: Node, place: str) -> str:
    said = check.text(node, place)
    if not said.startswith("/"):
        raise check.fail(node, place, f'"{said}" is not an absolute path', "Write it as /usr/sbin/sendmail.")
    return said


def _fetch(node: Node, place: str) -> tuple[Account, ...]:
    table = {
        **_LOGIN,
        "folder": ("folder", check.text),
        "after": ("after", check.one_of("seen", "move")),
        "to": ("to", check.text),
    }
    accounts = []
    for name, value in check.named(node, place).items():
        account = Account(name, **_server(value, place, check.mapping(value, place, table)))
        if (account.after == "move") != bool(account.to):
            said = "`after: move` and `to: FOLDER` belong together"
            raise check.fail(value, place, said, "Write both, or neither.")
        if account.to and account.to.casefold() == account.folder.casefold():
            said = "mail would be moved to where it is, and fetched again"
            raise check.fail(value, place, said, "Name another folder after `to:`.")
        accounts.append(account)
    return tuple(accounts)


def _acknowledge(node: Node, place: str) -> Acknowledge:
    table = {
        "when": ("when", check.one_of("off", "always", "outside-office-hours")),
        "per-address-a-day": ("per_address_a_day", check.number),
        "per-address-a-week": ("per_address_a_week", check.number),
        "per-domain-an-hour": ("per_domain_an_hour", check.number),
        "an-hour": ("an_hour", check.number),
        "large-providers": ("large_providers", _domains),
    }
    return Acknowledge(**check.mapping(node, place, table))


def _domains(node: Node, place: str) -> tuple[str, ...]:
    return tuple(domain.casefold() for domain in check.texts(node, place))


def _csat(node: Node, place: str) -> Csat:
    table = {
        "ask": ("ask", check.one_of("off", "on")),
        "after": ("after", check.length),
        "once-per": ("once_per", check.length),
        "valid-for": ("valid_for", check.length),
        "reopen-when-bad": ("reopen_when_bad", check.yes_no),
        "tell-lead": ("tell_lead", check.yes_no),
        "internal-domains": ("internal_domains", _domains),
    }
    return Csat(**check.mapping(node, place, table))


def _notify(node: Node, place: str) -> Notify:
    table = {
        "agents": ("agents", check.one_of("at-once", "digest", "off")),
        "digest-at": ("digest_at", _clock),
        "timezone": ("timezone", check.text),
    }
    return Notify(**check.mapping(node, place, table))


def _digest(node: Node, place: str) -> Digest:
    table = {
        "send": ("send", check.one_of("off", "daily", "weekly")),
        "to": ("to", check.texts),
        "at": ("at", _clock),
    }
    found = Digest(**check.mapping(node, place, table))
    if found.send != "off" and not found.to:
        raise check.fail(
            node, place, "the digest goes to nobody", "Name somebody in `to:`, or write `send: off`."
        )
    return found


def _clock(node: Node, place: str) -> str:
    said = check.text(node, place)
    if not _CLOCK.fullmatch(said):
        raise check.fail(node, place, f'"{said}" is not a time of day', "Write it as 08:00.")
    return said


def _agent_mail(node: Node, place: str) -> AgentMail:
    table = {"accept": ("accept", check.one_of("no", "authenticated", "token"))}
    return AgentMail(**check.mapping(node, place, table))


TABLE: dict[str, tuple[str, Any]] = {
    "company": ("company", check.text),
    "sending": ("sending", check.one_of("hold", "on")),
    "outgoing": ("outgoing", _outgoing),
    "fetch": ("fetch", _fetch),
    "automatic-mail": ("automatic_mail", check.one_of("on", "stopped")),
    "acknowledge": ("acknowledge", _acknowledge),
    "csat": ("csat", _csat),
    "notify": ("notify", _notify),
    "digest": ("digest", _digest),
    "agent-mail": ("agent_mail", _agent_mail),
}
