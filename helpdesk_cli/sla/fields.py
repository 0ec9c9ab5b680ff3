"""What queries ask of service levels: late fields, for what clocks say changes while nothing is written."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from helpdesk_cli.query.fields import Field
from helpdesk_cli.query.folding import fold

if TYPE_CHECKING:
    from helpdesk_cli.query.facts import Facts
    from helpdesk_cli.sla.clocks import Clock
    from helpdesk_cli.sla.policies import Policy

STATES = ("running", "resting", "warned", "overdue", "breached", "met")
FIELDS: tuple[Field, ...] = (
    Field("sla", "exact", "how its clocks stand", late=True, values=STATES),
    Field(
        "due",
        "length",
        "how soon the first of its clocks runs out; what is over is sooner than anything",
        column="due_at",
        late=True,
        ahead=True,
    ),
    Field("policy", "exact", "the policy of service levels that counts for it", late=True),
)
KEYS = frozenset(row.key for row in FIELDS)
# What a policy that warns of nothing would warn at.
_WARNED = 80


def facts_of(path: str, policy: Policy | None, clocks: tuple[Clock, ...]) -> Facts:
    """The facts of a ticket that these fields ask for."""
    due = [clock.due for clock in clocks if clock.is_open and clock.due is not None]
    items = {
        "sla": tuple(sorted(states_of(policy, clocks))),
        "policy": (fold(policy.name),) if policy else (),
    }
    found = {name: values for name, values in items.items() if values}
    # Every query knows these rows, and few ask for them.
    facts: Facts = importlib.import_module("helpdesk_cli.query.facts").Facts(
        path, {"due_at": min(due, default=None)}, found, {}
    )
    return facts


def states_of(policy: Policy | None, clocks: tuple[Clock, ...]) -> set[str]:
    """How the clocks stand: `breached` also of what has stopped, `overdue` of what has not.

    `met`: something was promised, nothing was late, and nothing is left to be done.
    """
    found: set[str] = set()
    for clock in clocks:
        if clock.state == "breached":
            found |= {"breached", "overdue"} if clock.is_open else {"breached"}
        elif clock.is_open:
            found.add(clock.state)
            if clock.has_used(_first_warning(policy, clock)):
                found.add("warned")
    if not found and any(clock.state == "met" for clock in clocks):
        found.add("met")
    return found


def _first_warning(policy: Policy | None, clock: Clock) -> int:
    warnings = policy.warn if policy else ()
    return min((warn.percent for warn in warnings if clock.target in warn.targets), default=_WARNED)
