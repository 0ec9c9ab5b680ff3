"""What rules and warnings of service levels can do: one function for each action, and the list of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.query.folding import fold
from helpdesk_cli.rules.alerts import key_of
from helpdesk_cli.rules.marks import ALERT, RECOVERED, alerts_of
from helpdesk_cli.rules.rule import WAYS
from helpdesk_cli.tickets.changes import (
    FieldSet,
    ListChanged,
    apply_all,
    change_list,
    change_text,
    set_field,
)
from helpdesk_cli.tickets.snooze import put_to_sleep, wake
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from helpdesk_cli.rules.around import Around
    from helpdesk_cli.rules.occasion import Occasion
    from helpdesk_cli.rules.rule import Action
    from helpdesk_cli.tickets.changes import FieldChange
    from helpdesk_cli.tickets.ticket import Ticket

# Facts of events: who is told by mail, the template of an answer to be written.
NOTIFY, REPLY = "notify", "reply"
# `EVENT TEMPLATE WHY`: why an answer that a rule wanted was not written.
NO_REPLY = "no-reply"
# Nothing of a customer's stands in a commit's message.
_PRIVATE = frozenset({"subject", "requester", "cc"})
NOBODY = "none"


@dataclass(slots=True)
class Doing:
    """What is being done to a ticket; `ticket` is as it is by now. `why`: what brought it about, in words."""

    ticket: Ticket
    around: Around
    why: str
    occasion: Occasion | None = None
    has_recovered: Callable[[Action], bool] | None = None
    notes: list[str] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    told: dict[str, None] = field(default_factory=dict)
    _changes: dict[str, FieldChange] = field(default_factory=dict)
    _said: dict[str, str] = field(default_factory=dict)

    @property
    def changes(self) -> list[FieldChange]:
        """What is to be changed: each field once, from what it was to what it comes to."""
        return list(self._changes.values())

    @property
    def said(self) -> list[str]:
        """What is done, in words."""
        return list(self._said.values())

    def say(self, words: str) -> None:
        """Let the words be among those of what is done, once."""
        self._said[words] = words

    def change(self, changes: Iterable[FieldChange], *, words: str = "") -> None:
        """Let these changes be made; `words` instead of what they say."""
        for change in changes:
            self.ticket = apply_all(self.ticket, (change,))
            before = self._changes.pop(change.field, None)
            whole = _joined(before, change) if before is not None else change
            if whole is None:
                self._said.pop(f"field {change.field}", None)
                continue
            self._changes[change.field] = whole
            told = f"{change.field} changed" if change.field in _PRIVATE else change_text(whole)
            self._said[words or f"field {change.field}"] = words or told

    def tell(self, agents: Iterable[str]) -> None:
        """Let these agents hear of it, each once."""
        for agent in agents:
            if agent not in self.told:
                self.told[agent] = None
                self.facts.append((NOTIFY, agent))
                self.say(f"{agent} is told")


def _joined(first: FieldChange, then: FieldChange) -> FieldChange | None:
    """Both changes of a field as one; None where it is as it was."""
    if isinstance(first, FieldSet) and isinstance(then, FieldSet):
        return FieldSet(first.field, first.old, then.new) if first.old != then.new else None
    if not (isinstance(first, ListChanged) and isinstance(then, ListChanged)):
        return then
    added = (set(first.added) - set(then.removed)) | (set(then.added) - set(first.removed))
    removed = (set(first.removed) - set(then.added)) | (set(then.removed) - set(first.added))
    if not (added or removed):
        return None
    return ListChanged(first.field, tuple(sorted(added)), tuple(sorted(removed)))


def do(doing: Doing, action: Action) -> None:
    """Do one action; what is so already changes nothing."""
    ACTIONS[action.name](doing, action)


def _field(doing: Doing, action: Action) -> None:
    value = "" if action.value == NOBODY and action.name in {"team", "product"} else action.value
    doing.change(set_field(doing.ticket, action.name, value))


def _set(doing: Doing, action: Action) -> None:
    doing.change(set_field(doing.ticket, action.part("field"), action.value))


def _status(doing: Doing, action: Action) -> None:
    doing.change(set_field(doing.ticket, "status", action.value))


def _spam(doing: Doing, _: Action) -> None:
    doing.change(set_field(doing.ticket, "status", "spam"))


def _tag(doing: Doing, action: Action) -> None:
    words = action.value.split()
    added = tuple(word.removeprefix("+") for word in words if not word.startswith("-"))
    removed = tuple(word[1:] for word in words if word.startswith("-"))
    doing.change(change_list(doing.ticket, "tags", added=added, removed=removed))


def _assign(doing: Doing, action: Action) -> None:
    who = action.value
    if who in WAYS:
        if doing.ticket.assignee:
            # Somebody has it: rules do not take it away from them by chance.
            return
        chosen = doing.around.choose(doing.ticket, who)
        doing.facts += chosen.facts
        if not chosen.agent:
            doing.say("nobody is free")
            return
        who = chosen.agent
    doing.change(set_field(doing.ticket, "assignee", "" if who == NOBODY else who))


def _note(doing: Doing, action: Action) -> None:
    doing.notes.append(f"{action.value.strip()}\n")
    doing.say("note")


def _notify(doing: Doing, action: Action) -> None:
    doing.tell(doing.around.people(doing.ticket, action.value))


def _escalate(doing: Doing, action: Action) -> None:
    found = doing.around.escalate(doing.ticket, action.value, doing.why)
    doing.change(found.changes)
    doing.facts += found.facts
    if found.note:
        doing.notes.append(found.note if found.note.endswith("\n") else f"{found.note}\n")
    doing.tell(found.told)


def _snooze(doing: Doing, action: Action) -> None:
    until = doing.around.until(action.value)
    if until is not None:
        doing.change(put_to_sleep(doing.ticket, until, keep=False), words=f"snoozed for {action.value}")


def _wake(doing: Doing, _: Action) -> None:
    doing.change(wake(doing.ticket), words="awake again")


def _reply(doing: Doing, action: Action) -> None:
    doing.facts.append((REPLY, action.value))
    doing.say(f"answer with {action.value}")


def _dedupe(doing: Doing, action: Action) -> None:
    """A monitored thing: its name is a fact of the ticket; where it works again, the ticket is resolved."""
    if doing.occasion is None or doing.has_recovered is None:
        return
    key = key_of(action.all_parts("by"), doing.ticket, doing.occasion)
    if not key:
        return
    if key not in alerts_of(doing.ticket):
        doing.facts.append((ALERT, key))
    if doing.has_recovered(action):
        doing.facts.append((RECOVERED, key))
        doing.change(set_field(doing.ticket, "status", "resolved"))
    elif fold(doing.ticket.status) in doing.around.done:
        doing.change(set_field(doing.ticket, "status", "open"))


ACTIONS: dict[str, Callable[[Doing, Action], None]] = {
    "team": _field,
    "assign": _assign,
    "tag": _tag,
    "status": _status,
    "priority": _field,
    "category": _field,
    "type": _field,
    "product": _field,
    "set": _set,
    "note": _note,
    "reply": _reply,
    "notify": _notify,
    "escalate": _escalate,
    "snooze": _snooze,
    "wake": _wake,
    "dedupe": _dedupe,
    "spam": _spam,
}
# Those that a warning of sla.yaml can have: what changes no clock, and what no single mail set off.
FOR_WARNINGS = ("notify", "tag", "priority", "escalate", "note", "team", "assign")
