"""`desk.yaml` as checked plain values. An error names file, line and the likely word."""

from __future__ import annotations

import importlib
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, cast

from helpdesk_cli.errors import UsageError
from helpdesk_cli.routing.choosing import BY_HAND
from helpdesk_cli.routing.path import SHIPPED_PATH
from helpdesk_cli.storage.settings_mail import Account, Acknowledge, AgentMail, Csat, Digest, Notify, Outgoing
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from helpdesk_cli.routing.away import Away
    from helpdesk_cli.routing.path import Step
    from helpdesk_cli.tickets.person import Person

Kind = Literal["active", "waiting", "done"]


# What `desk list` can show of a ticket, and what it shows where nobody says otherwise.
LIST_COLUMNS = (
    *("id", "age", "priority", "status", "assignee", "requester", "subject", "email", "team", "tags"),
    *(
        "category",
        "type",
        "product",
        "inbox",
        "channel",
        "created_at",
        "last_at",
        "last_in_at",
        "last_out_at",
    ),
    *(
        "first_response_at",
        "resolved_at",
        "waiting_for",
        "silent_for",
        "snoozed_until",
        "messages",
        "replies",
    ),
    *("notes", "attachments", "reopened", "merged_into", "path", "uid", "sla", "due_at"),
)
SHIPPED_COLUMNS = LIST_COLUMNS[:7]

# What a desk wants of its figures where it says nothing else (reports/figures/goals reads them).
SHIPPED_GOALS = (
    ("first-contact-resolution", "70-79%"),
    ("resolved-in-one-day", "80%"),
    ("first-response", "4h"),
)

# What answers are reviewed by, where desk.yaml says nothing else.
QA_CRITERIA = (
    ("communication", "clear, complete, in the right tone"),
    ("empathy", "the person and their trouble are seen"),
    ("knowledge", "the product and the procedures are known"),
    ("accuracy", "what is said is right and solves it"),
)

# What commands say in an agent's place.
NOBODY_WORDS = frozenset({"none", "nobody", "-"})


@dataclass(frozen=True, slots=True)
class Word:
    """A declared status, priority, category, type or product with the other words for it."""

    name: str
    aliases: tuple[str, ...] = ()
    kind: Kind = "active"


@dataclass(frozen=True, slots=True)
class Inbox:
    """An address the desk receives at."""

    name: str
    address: str
    team: str = ""


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who answers. `capacity` 0: as `routing:` says; `hours` is a calendar of sla.yaml, "" = always.

    `away`: None where nothing is said of it; `signature` has lines.
    """

    key: str
    name: str = ""
    email: str = ""
    teams: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    capacity: int = 0
    hours: str = ""
    away: Away | None = None
    signature: str = ""
    notify: str = ""  # at-once, digest, off; "" = as `notify:` says for everybody


@dataclass(frozen=True, slots=True)
class Form:
    """A program that writes for people: its address, and where the person stands (`reply-to` or a label)."""

    name: str
    sender: str
    requester: str = "reply-to"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that desk.yaml says, with the shipped values where it says nothing. Sizes in bytes."""

    name: str = "Support"
    prefix: str = "TICKET"
    format: int = 1
    inboxes: tuple[Inbox, ...] = ()
    agents: tuple[Agent, ...] = ()
    teams: tuple[str, ...] = ()
    statuses: tuple[Word, ...] = ()
    priorities: tuple[Word, ...] = ()
    default_priority: str = "medium"
    categories: tuple[Word, ...] = ()
    types: tuple[Word, ...] = ()
    products: tuple[Word, ...] = ()
    tiers: tuple[Word, ...] = ()
    views: tuple[tuple[str, str], ...] = ()
    view_columns: tuple[tuple[str, tuple[str, ...]], ...] = ()  # of the views that have their own
    list_columns: tuple[str, ...] = SHIPPED_COLUMNS
    list_sort: str = ""  # "": the most urgent and longest waiting first
    forms: tuple[Form, ...] = ()
    reopen_within: timedelta = timedelta(days=30)
    thanks: str = "confirm"
    trust_spam_headers: bool = True
    authserv_id: str = ""
    keep_headers: tuple[str, ...] = ()
    message_limit: int = 25_000_000
    attachment_limit: int = 5_000_000
    free_space: int = 200_000_000
    company: str = ""
    sending: str = "hold"
    outgoing: Outgoing = field(default_factory=Outgoing)
    fetch: tuple[Account, ...] = ()
    acknowledge: Acknowledge = field(default_factory=Acknowledge)
    csat: Csat = field(default_factory=Csat)
    notify: Notify = field(default_factory=Notify)
    digest: Digest = field(default_factory=Digest)
    agent_mail: AgentMail = field(default_factory=AgentMail)
    leads: tuple[tuple[str, str], ...] = ()  # (team, agent), the first lead of a team in front
    team_ways: tuple[tuple[str, str], ...] = ()  # (team, how its tickets are assigned), where it says so
    default_way: str = BY_HAND
    default_capacity: int = 0  # 0: no limit
    escalation: tuple[Step, ...] = SHIPPED_PATH
    warnings: tuple[str, ...] = field(default=(), compare=False)
    goals: tuple[tuple[str, str], ...] = SHIPPED_GOALS
    qa_criteria: tuple[tuple[str, str], ...] = QA_CRITERIA  # (name, what it is about)
    automatic_mail: str = "on"  # stopped: no automatic mail of any kind goes to customers

    @property
    def own_addresses(self) -> frozenset[str]:
        """Case-folded addresses of the inboxes."""
        return frozenset(inbox.address.casefold() for inbox in self.inboxes)

    @property
    def domain(self) -> str:
        """The domain of our own Message-IDs: that of the first inbox."""
        return self.inboxes[0].address.rpartition("@")[2] if self.inboxes else "desk.invalid"

    def agent(self, key: str) -> Agent | None:
        """The agent of that key, None when there is none."""
        return next((agent for agent in self.agents if agent.key == key), None)

    def agent_by_email(self, email: str) -> Agent | None:
        """The agent with that address in any case, None when there is none."""
        wanted = email.casefold()
        return next((agent for agent in self.agents if wanted and agent.email.casefold() == wanted), None)

    def leads_of(self, team: str) -> list[str]:
        """The leads of a team, the first in front."""
        return [lead for name, lead in self.leads if name == team]

    def way_of(self, team: str) -> str:
        """How tickets of that team are assigned, "" = those of no team."""
        return dict(self.team_ways).get(team, self.default_way)

    @property
    def gives_out(self) -> bool:
        """Whether tickets of some team are given out without anybody asking."""
        return self.default_way != BY_HAND or any(way != BY_HAND for _, way in self.team_ways)

    def inbox_of(self, people: tuple[Person, ...]) -> Inbox | None:
        """The first inbox among these recipients; plus-addresses count as their inbox."""
        keys = [_without_plus(person.email.casefold()) for person in people]
        return next(
            (inbox for key in keys for inbox in self.inboxes if inbox.address.casefold() == key), None
        )

    def words(self, field_key: str) -> tuple[Word, ...] | None:
        """The declared words of a field, None where any text is allowed."""
        tables = {
            "status": self.statuses,
            "priority": self.priorities,
            "category": self.categories,
            "type": self.types,
            "product": self.products or None,
            "customer.tier": self.tiers,
            "team": tuple(Word(team) for team in self.teams),
            "assignee": tuple(
                Word(agent.key, (agent.email,) if agent.email else ()) for agent in self.agents
            ),
            "inbox": tuple(Word(inbox.name, (inbox.address,)) for inbox in self.inboxes),
        }
        return tables.get(field_key)

    def status_kind(self, status: str) -> Kind:
        """Whether a status is active, waiting or done; an unknown one is active, so nobody overlooks it."""
        return next((word.kind for word in self.statuses if word.name == status), "active")


def suggest(word: str, known: list[str]) -> str:
    """`Did you mean "agents"?`, or the known words when none is near."""
    # difflib costs 4 ms to import and is needed only to say something helpful.
    close = importlib.import_module("difflib").get_close_matches(word.casefold(), known, n=1, cutoff=0.6)
    if close:
        return f'Did you mean "{close[0]}"?'
    return f"Known: {', '.join(known)}." if known else ""


def find_word(settings: Settings, field_key: str, value: str) -> str:
    """The declared word for `value`: itself or an alias, in any case. Raises UsageError with a suggestion."""
    words = settings.words(field_key)
    if words is None:
        return value
    wanted = value.casefold()
    for word in words:
        if wanted == word.name.casefold() or wanted in (alias.casefold() for alias in word.aliases):
            return word.name
    raise UsageError(f'unknown {field_key} "{value}"', "", suggest(value, [word.name for word in words]))


def _without_plus(address: str) -> str:
    local, at, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"


def default_words() -> dict[str, tuple[Word, ...]]:
    """The shipped statuses and priorities, for a desk.yaml that names none."""
    kinds: dict[str, tuple[str, ...]] = {
        "active": ("new", "open"),
        "waiting": ("pending", "on-hold"),
        "done": ("resolved", "closed", "spam", "merged"),
    }
    aliases = {"open": ("in-progress",), "pending": ("answered",), "resolved": ("solved",)}
    statuses = tuple(
        Word(name, aliases.get(name, ()), cast("Kind", kind))
        for kind, names in kinds.items()
        for name in names
    )
    priorities = (Word("urgent", ("critical",)), Word("high"), Word("medium", ("normal",)), Word("low"))
    categories = tuple(map(Word, ("technical", "billing", "account", "sales", "feedback")))
    types = (Word("question"), Word("problem", ("bug",)), Word("feature", ("feature-request",)))
    tiers = tuple(map(Word, ("gold", "silver", "free")))
    return {
        "statuses": statuses,
        "priorities": priorities,
        "categories": categories,
        "types": types,
        "tiers": tiers,
    }
