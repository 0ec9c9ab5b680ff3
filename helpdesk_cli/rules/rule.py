"""Rules as rules.yaml has them: when they are asked, which tickets they are for, what they do."""

from __future__ import annotations

from helpdesk_cli.values import dataclass, field

# What a rule can wait for, and what that is.
EVENTS = {
    "created": "a ticket is opened, by mail or by hand",
    "customer-replied": "a mail comes in to a ticket that is there",
    "agent-replied": "one of us answers",
    "updated": "somebody of us changes a ticket, or writes a note",
    "timer": "time passes: every minute, once for each ticket until somebody does something about it",
}
TIMER = "timer"
# Who acts in events and commits: `rule billing words`.
BY = "rule "
# On so many tickets at once a timer rule acts without being asked to by a person.
AT_MOST = 100
# The ways to find an agent, beside naming one.
WAYS = ("round-robin", "least-loaded", "by-skill")
# Whom `notify` and `escalate` can tell, beside agents by name.
PEOPLE = ("assignee", "team-lead", "team", "everybody")
REPLY = "reply"
DEDUPE = "dedupe"
_OUTWARD = frozenset({REPLY, "notify", "escalate"})


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do: `priority` with the value `high`. `parts` are the keys of one that has several."""

    name: str
    value: str = ""
    parts: tuple[tuple[str, str], ...] = ()
    line: int = field(default=0, compare=False)

    def part(self, key: str) -> str:
        """The value of that key, "" where it has none."""
        return next((value for name, value in self.parts if name == key), "")

    def all_parts(self, key: str) -> tuple[str, ...]:
        """Every value of that key, in order."""
        return tuple(value for name, value in self.parts if name == key)

    def __str__(self) -> str:
        """`priority high`, `set subject Late`, `dedupe subject:/(.+) is/`."""
        parts = [self.name, *self.all_parts("field"), self.value, *self.all_parts("by")]
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule. `when` is a query; "" is every ticket. `stop`: no later rule is asked for this event.

    `sends`: it may write to customers; without it a rule that would does nothing at all. `at_most`: on more
    tickets at once a timer rule does not act.
    """

    name: str
    events: tuple[str, ...] = ()
    when: str = ""
    actions: tuple[Action, ...] = ()
    stop: bool = False
    active: bool = True
    sends: bool = False
    at_most: int = AT_MOST
    about: str = ""
    line: int = field(default=0, compare=False)
    when_line: int = field(default=0, compare=False)

    @property
    def by(self) -> str:
        """Who acts, as events name it."""
        return f"{BY}{self.name}"

    @property
    def writes(self) -> bool:
        """Whether it would write to customers."""
        return any(action.name == REPLY for action in self.actions)

    @property
    def outward(self) -> tuple[Action, ...]:
        """Those of its actions that write to anybody: to customers, or to us."""
        return tuple(action for action in self.actions if action.name in _OUTWARD)

    @property
    def is_outward(self) -> bool:
        """Whether it would write to anybody."""
        return bool(self.outward)

    @property
    def state(self) -> str:
        """`on`, `off`, or `dry run`: it would write to customers and is not switched on."""
        if not self.active:
            return "off"
        return "dry run" if self.writes and not self.sends else "on"


def is_rule(by: str) -> bool:
    """Whether a rule did what an event or commit says this one did."""
    return by.startswith(BY)
