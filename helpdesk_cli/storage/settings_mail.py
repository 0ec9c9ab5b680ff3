"""What desk.yaml says of mail that goes out, is fetched, or is sent by the desk itself."""

from __future__ import annotations

from datetime import timedelta

from helpdesk_cli.values import dataclass, field


@dataclass(frozen=True, slots=True)
class Smtp:
    """A server that takes our mail. `security`: starttls, tls or none (none only to this machine).

    `password_command` and `token_command` are shell commands whose first line of output is the secret;
    the token is one for XOAUTH2. No secret stands in desk.yaml.
    """

    host: str = ""
    port: int = 587
    security: str = "starttls"
    user: str = ""
    password_command: str = ""
    token_command: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """How mail leaves. `plus_addresses`: mail to support+anything@ comes to support@.

    `from_clones`: clones that are not the server send their own replies. `retry_for`: how long a mail that
    meets passing faults is tried.
    """

    via: str = "sendmail"
    sendmail: str = "/usr/sbin/sendmail"
    smtp: Smtp = field(default_factory=Smtp)
    plus_addresses: bool = False
    from_clones: bool = False
    retry_for: timedelta = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class Account:
    """A mailbox from which `desk fetch` takes mail. `after`: seen (a flag), or move (to the folder `to`)."""

    name: str
    host: str = ""
    port: int = 993
    security: str = "tls"
    user: str = ""
    password_command: str = ""
    token_command: str = ""
    folder: str = "INBOX"
    after: str = "seen"
    to: str = ""


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Whether new tickets are acknowledged: off, always, outside-office-hours; and how much at most."""

    when: str = "off"
    per_address_a_day: int = 2  # of any robot, whatever it changes, no more are answered
    per_address_a_week: int = 10
    per_domain_an_hour: int = 20
    an_hour: int = 200
    large_providers: tuple[str, ...] = ()  # domains for which per_domain_an_hour does not count


@dataclass(frozen=True, slots=True)
class Csat:
    """Whether people are asked how it went: off or on; how long after resolution; once in which time."""

    ask: str = "off"
    after: timedelta = timedelta(hours=1)
    once_per: timedelta = timedelta(days=30)
    valid_for: timedelta = timedelta(days=30)
    reopen_when_bad: bool = False
    tell_lead: bool = True
    internal_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notify:
    """When agents hear of what concerns them: at-once, digest or off; when digests go (HH:MM)."""

    agents: str = "at-once"
    digest_at: str = "08:00"
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Digest:
    """Whether figures are mailed: off, daily (of yesterday) or weekly (of last week); to whom, and when."""

    send: str = "off"
    to: tuple[str, ...] = ("leads",)
    at: str = "07:00"


@dataclass(frozen=True, slots=True)
class AgentMail:
    """Whether agents may answer from their own mail program: no, authenticated, or token.

    `authenticated`: only where our own mail server's Authentication-Results vouch for the agent's mail.
    `token`: the token of a notification to that agent is proof enough, where our server checks nothing.
    """

    accept: str = "authenticated"
