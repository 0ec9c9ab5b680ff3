"""Taking changes back, on values alone: a stack of them, one in the middle, and what forbids it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk_cli.tickets.changes import (
    EntryAdded,
    FieldSet,
    ListChanged,
    apply_all,
    change_list,
    list_value,
    set_field,
)
from helpdesk_cli.tickets.entries import UNDOES, Event
from helpdesk_cli.tickets.inverse import Inverse, invert
from helpdesk_cli.tickets.ticket import Ticket

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
FIELDS = ("status", "assignee", "team")
WORDS = ("a", "b", "c")
# What one change asks for: a field's new value, or tags to add and to remove.
wishes = st.lists(
    st.tuples(st.sampled_from(FIELDS), st.sampled_from(WORDS))
    | st.tuples(st.just("tags"), st.sets(st.sampled_from(WORDS)), st.sets(st.sampled_from(WORDS))),
    min_size=1,
    max_size=3,
)
histories = st.lists(wishes, min_size=1, max_size=8)


class Story:
    """A ticket that things happen to, each as one event."""

    def __init__(self) -> None:
        """A ticket with a status and a tag."""
        self.ticket = Ticket("TICKET-1", "4vq7m3x9k2wd8h5n", AT)
        self.happen([FieldSet("status", "", "new"), ListChanged("tags", ("a",))], what="opened")

    def happen(self, changes: list, facts: tuple[tuple[str, str], ...] = (), what: str = "") -> str:
        """Apply the changes; the event's id, "" where there is nothing to change."""
        if not changes:
            return ""
        number = len(self.ticket.entries)
        event = Event(f"e{number:03}", AT + timedelta(seconds=number), "kim", what, tuple(changes), facts)
        self.ticket = apply_all(self.ticket, [*changes, EntryAdded(event)])
        return event.id

    def wish(self, wanted: list) -> str:
        """Change what is wanted."""
        after = self.ticket
        for field, *rest in wanted:
            if field == "tags":
                added, removed = rest[0] - rest[1], rest[1] - rest[0]
                change = change_list(after, "tags", added=tuple(added), removed=tuple(removed))
            else:
                change = set_field(after, field, rest[0])
            after = apply_all(after, change)
        net = [each for field in FIELDS for each in set_field(self.ticket, field, getattr(after, field))]
        old, new = set(self.ticket.tags), set(after.tags)
        net += change_list(self.ticket, "tags", added=tuple(new - old), removed=tuple(old - new))
        return self.happen(net)

    def invert(self, *ids: str) -> Inverse:
        """What takes these back."""
        return invert(self.ticket, set(ids), closed="closed", by_hand=[])

    def undo(self, *ids: str) -> str:
        """Take these back, as far as nothing forbids it."""
        inverse = self.invert(*ids)
        return self.happen(list(inverse.changes), tuple((UNDOES, each) for each in inverse.undone))

    @property
    def state(self) -> tuple[str, ...]:
        """What the fields say."""
        return (*(getattr(self.ticket, field) for field in FIELDS), *list_value(self.ticket, "tags"))


@given(histories)
@settings(max_examples=400)
def test_everything_taken_back_in_reverse_leads_to_every_state_before(history: list) -> None:
    """And done again in turn, to every state after."""
    story = Story()
    states, done = [story.state], []
    for wanted in history:
        if event := story.wish(wanted):
            done.append(event)
            states.append(story.state)
    undone = []
    for event, before in zip(reversed(done), reversed(states[:-1]), strict=True):
        assert story.invert(event).refused == ()
        undone.append(story.undo(event))
        assert story.state == before
    for event, after in zip(reversed(undone), states[1:], strict=True):
        assert story.invert(event).refused == ()
        story.undo(event)
        assert story.state == after


@given(histories, st.data())
@settings(max_examples=400)
def test_one_taken_back_leaves_what_stands_on_it(history: list, data: st.DataObject) -> None:
    """A field that nothing later speaks of is as if the change had not been; every other is untouched."""
    story = Story()
    done = [event for event in map(story.wish, history) if event]
    if not done:
        return
    chosen = data.draw(st.sampled_from(done))
    place = done.index(chosen)
    event = next(each for each in story.ticket.events if each.id == chosen)
    later = {key for each in story.ticket.events if each.id in done[place + 1 :] for key in _keys(each)}
    mine = _keys(event)
    before, after = story.ticket, story.invert(chosen)
    assert len(after.refused) == len(mine & later)
    story.undo(chosen)
    touched = {key for change in after.changes for key in _keys_of(change)}
    assert touched == mine - later
    earlier = _state_of([each for each in before.events if each.id < chosen])
    now = _state_of(list(story.ticket.events))
    assert all(now.get(key, "") == earlier.get(key, "") for key in touched)


@given(histories)
def test_twice_is_once(history: list) -> None:
    """What was taken back is not taken back again, and says so."""
    story = Story()
    done = [event for event in map(story.wish, history) if event]
    if not done:
        return
    story.undo(done[-1])
    state = story.state
    again = story.invert(done[-1])
    assert (again.changes, again.undone) == ((), ())
    assert again.refused
    assert all("already" in why for why in again.refused)
    assert story.state == state


def test_what_stands_in_the_way_is_named() -> None:
    """Which field, what it is now, and by whom."""
    story = Story()
    first = story.happen([*set_field(story.ticket, "status", "a"), ListChanged("tags", ("vip",))])
    story.happen(set_field(story.ticket, "status", "b"))
    inverse = story.invert(first)
    assert inverse.refused == ("status was set to b by kim since",)
    assert inverse.changes == (ListChanged("tags", (), ("vip",)),)
    story.happen([ListChanged("tags", (), ("vip",))])
    assert story.invert(first).refused == (
        "status was set to b by kim since",
        "tags vip was removed by kim since",
    )


def test_a_hand_is_a_later_change() -> None:
    """The front matter says something else than the events do."""
    story = Story()
    event = story.happen(set_field(story.ticket, "status", "a"))
    inverse = invert(story.ticket, {event}, closed="closed", by_hand=[FieldSet("status", "a", "b")])
    assert (inverse.changes, inverse.refused) == ((), ("status was changed by hand since",))


def test_the_opening_is_taken_back_by_closing() -> None:
    """What the ticket is about stays to be read."""
    story = Story()
    inverse = story.invert("e000")
    assert inverse.changes == (FieldSet("status", "new", "closed"),)
    event = story.undo("e000")
    story.undo(event)
    assert story.ticket.status == "new"


def _keys_of(change: FieldSet | ListChanged) -> set[tuple[str, str]]:
    if isinstance(change, FieldSet):
        return {(change.field, "")}
    return {(change.field, item) for item in (*change.added, *change.removed)}


def _keys(event: Event) -> set[tuple[str, str]]:
    return {key for change in event.changes for key in _keys_of(change)}


def _state_of(events: list[Event]) -> dict[tuple[str, str], str]:
    state: dict[tuple[str, str], str] = {}
    for event in events:
        for change in event.changes:
            if isinstance(change, FieldSet):
                state[change.field, ""] = change.new
                continue
            state |= {(change.field, item): "+" for item in change.added}
            state |= {(change.field, item): "" for item in change.removed}
    return state
