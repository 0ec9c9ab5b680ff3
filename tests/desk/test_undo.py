"""Operations taken back on a real desk: state, notes, mail, clones, many tickets; what stands in the way."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
import smtp_sink
from care.world import World, write_mail
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from helpdesk_cli.desk import changing
from helpdesk_cli.desk import reply_plan as plans
from helpdesk_cli.desk.actor import find_actor
from helpdesk_cli.desk.assign import assign
from helpdesk_cli.desk.changing import Decided, change_each
from helpdesk_cli.desk.fields import set_fields
from helpdesk_cli.desk.merging import merge
from helpdesk_cli.desk.new import Draft, new, new_on
from helpdesk_cli.desk.note import note
from helpdesk_cli.desk.operations import find_operation, last_operation, recent_operations
from helpdesk_cli.desk.outbox import send_due
from helpdesk_cli.desk.reply import all_seen, send_reply
from helpdesk_cli.desk.reply_words import first_answer
from helpdesk_cli.desk.snooze import snooze, wake
from helpdesk_cli.desk.spam import spam, unspam, with_others_of_senders
from helpdesk_cli.desk.status import status
from helpdesk_cli.desk.tag import tag
from helpdesk_cli.desk.undo import plan_undo, undo
from helpdesk_cli.errors import CancelledError, ConflictError, NotFoundError, UsageError
from helpdesk_cli.storage.outbox import Outbox
from helpdesk_cli.tickets.changes import ListChanged
from helpdesk_cli.tickets.entries import Message, Note, Tombstone
from helpdesk_cli.tickets.fields import FIELDS

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.changing import Outcome
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.tickets.ticket import Ticket

SETTINGS = """\
inboxes:
  support: support@example.org
agents:
  dana: {name: Dana Davis, email: dana@example.org}
  lee: {name: Lee Larsen, email: lee@example.org}
"""


@pytest.fixture(scope="session")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with three tickets that came by mail; not to be changed."""
    root = tmp_path_factory.mktemp("three") / "desk"
    world = World.make(root)
    (root / "desk.yaml").write_text(SETTINGS)
    world.git("commit", "-q", "-a", "-m", "Settle")
    world.git("config", "desk.role", "server")
    for number in (1, 2, 3):
        world.take(write_mail(number, sender=f"c{number}@customer.example"))
    return root


@pytest.fixture
def world(three: Path, tmp_path: Path) -> World:
    """The three tickets, an hour later."""
    root = tmp_path / "desk"
    shutil.copytree(three, root, symlinks=True)
    return World(root).later(hours=1)


def actor(world: World, name: str = "dana") -> Actor:
    """An agent."""
    found = find_actor(world.desk, said=name)
    assert found is not None
    return found


def take_back(world: World, op: str = "", name: str = "dana") -> Outcome:
    """Undo that operation, or the agent's last."""
    plan = plan_undo(world.desk, op, actor=actor(world, name))
    return undo(world.desk, plan, actor=actor(world, name))


def state(ticket: Ticket) -> tuple[object, ...]:
    """What a ticket is: its fields, notes, and messages entered by hand."""
    fields = [getattr(ticket, field.attribute) for field in FIELDS]
    said = [(each.by, each.text) for each in ticket.entries if isinstance(each, (Note, Message))]
    return (*fields, sorted(said))


def why(outcome: Outcome) -> list[str]:
    """What could not be done, in words."""
    return [str(error) for _, error in outcome.errors]


ids = st.lists(st.sampled_from(["1", "2", "3"]), min_size=1, max_size=3, unique=True)
steps = st.one_of(
    st.tuples(st.just("assign"), ids, st.sampled_from(["dana", "lee", "none"])),
    st.tuples(st.just("tag"), ids, st.sampled_from(["+vip", "-vip", "+late", "-late"])),
    st.tuples(st.just("status"), ids, st.sampled_from(["open", "pending", "closed", "resolved"])),
    st.tuples(
        st.just("set"), ids, st.sampled_from(["priority=high", "category=billing", "team=", "subject=X"])
    ),
    st.tuples(st.just("note"), ids, st.sampled_from(["one", "two"])),
    st.tuples(st.just("said"), ids, st.just("by telephone")),
    st.tuples(st.just("spam"), ids, st.sampled_from(["yes", "no"])),
    st.tuples(st.just("snooze"), ids, st.sampled_from(["yes", "no"])),
)


def do(world: World, step: tuple[str, list[str], str]) -> Outcome:  # noqa: PLR0911 - one a verb
    """One call of a verb."""
    verb, words, what = step
    desk, who = world.desk, actor(world)
    if verb == "assign":
        return assign(desk, words, what, actor=who)
    if verb == "tag":
        added, removed = ((what[1:],), ()) if what[0] == "+" else ((), (what[1:],))
        return tag(desk, words, added=added, removed=removed, actor=who)
    if verb == "status":
        return status(desk, words, what, actor=who)
    if verb == "set":
        return set_fields(desk, words, [tuple(what.split("="))], actor=who)  # type: ignore[list-item] # two words
    if verb == "note":
        return note(desk, words, what, actor=who)
    if verb == "said":
        return new_on(desk, words[0], Draft(text=what), actor=who)
    if verb == "spam":
        return (spam if what == "yes" else unspam)(desk, words, actor=who)
    if what == "yes":
        return snooze(desk, words, world.later(days=3).now, actor=who)
    return wake(desk, words, actor=who)


EVERY_VERB = [
    ("assign", ["1", "2"], "lee"),
    ("tag", ["1"], "+vip"),
    ("set", ["1", "3"], "priority=high"),
    ("set", ["1"], "subject=X"),
    ("note", ["1", "2"], "one"),
    ("said", ["2"], "by telephone"),
    ("snooze", ["1", "2"], "yes"),
    ("spam", ["3"], "yes"),
    ("status", ["1", "2", "3"], "closed"),
    ("tag", ["1"], "-vip"),
]


@given(history=st.lists(steps, min_size=1, max_size=6))
@example(history=EVERY_VERB)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_everything_undone_in_reverse_is_as_it_was(
    history: list, three: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each step back, without a name, leads to the state before it; and forth again to the one after."""
    root = tmp_path_factory.mktemp("undone") / "desk"
    shutil.copytree(three, root, symlinks=True)
    world = World(root).later(hours=1)
    states, ops = [[state(each) for each in world.tickets()]], []
    for count, step in enumerate(history, start=1):
        world = World(root).later(hours=1, minutes=count)
        outcome = do(world, step)
        if outcome.recorded:
            ops.append(outcome.op)
            states.append([state(each) for each in world.tickets()])
    undone = []
    for op, before in zip(reversed(ops), reversed(states[:-1]), strict=True):
        assert last_operation(world.desk, actor(world)).op == op
        outcome = take_back(world)
        assert why(outcome) == []
        assert [state(each) for each in world.tickets()] == before
        undone.append(outcome.op)
    for op, after in zip(reversed(undone), states[1:], strict=True):
        assert why(take_back(world, op)) == []
        assert [state(each) for each in world.tickets()] == after
    assert world.status() == ""


def test_a_later_change_stands_and_the_rest_is_done(world: World) -> None:
    """Field by field: which, to what, by whom (DECISIONS 13)."""
    done = set_fields(
        world.desk, ["1", "2"], [("priority", "high"), ("status", "pending")], actor=actor(world)
    )
    status(world.desk, ["1"], "closed", actor=actor(world, "lee"))
    outcome = take_back(world, done.op)
    assert why(outcome) == ["TICKET-1: status was set to closed by lee since: it stays as it is"]
    assert outcome.exit_code == ConflictError.exit_code
    one, two = world.ticket("TICKET-1"), world.ticket("TICKET-2")
    assert (one.status, one.priority, two.status, two.priority) == ("closed", "medium", "new", "medium")
    again = take_back(world, done.op)
    assert len(why(again)) == 4
    assert again.recorded == []


def test_what_a_hand_changed_since_stands(world: World) -> None:
    """An edit of the front matter is as good as a command."""
    done = set_fields(world.desk, ["1"], [("priority", "high")], actor=actor(world))
    path = world.root / world.paths()[0]
    path.write_text(path.read_text().replace("priority: high", "priority: low"))
    outcome = take_back(world, done.op)
    assert why(outcome) == ["TICKET-1: priority was changed by hand since: it stays as it is"]
    assert world.ticket("TICKET-1").priority == "low"


def test_what_a_hand_changed_before_is_not_taken_back(world: World) -> None:
    """A command writes it down as an event of its own; that is no doing of the command's."""
    path = world.root / world.paths()[0]
    path.write_text(path.read_text().replace("priority: medium", "priority: low"))
    done = tag(world.desk, ["1"], added=["vip"], actor=actor(world))
    assert why(take_back(world, done.op)) == []
    assert (world.ticket("TICKET-1").priority, world.ticket("TICKET-1").tags) == ("low", ())


def test_a_note_leaves_a_stub_and_comes_back_with_its_words(world: World) -> None:
    """The stub keeps its place; what comes back is a copy with the same time and author."""
    done = note(world.desk, ["1"], "Called her.\n\n```\nx\n```", actor=actor(world))
    before = next(each for each in world.ticket("TICKET-1").entries if isinstance(each, Note))
    undone = take_back(world, done.op)
    stone = next(each for each in world.ticket("TICKET-1").entries if isinstance(each, Tombstone))
    assert (stone.covers, stone.at, stone.reason) == (before.id, before.at, "undone")
    assert "Called her" not in (world.root / world.paths()[0]).read_text()
    take_back(world, undone.op)
    after = next(each for each in world.ticket("TICKET-1").entries if isinstance(each, Note))
    assert (after.text, after.at, after.by) == (before.text, before.at, before.by)
    assert after.id != before.id
    assert why(take_back(world, undone.op)) == ["TICKET-1: what was undone is back already"]


def test_what_is_not_in_git_yet_is_undone_and_comes_back(world: World) -> None:
    """Git is in somebody's rebase: all of it waits in the queue, and is found there."""
    (world.root / ".git" / "rebase-merge").mkdir()
    before = world.subjects()
    done = note(world.desk, ["1"], "Wait.", actor=actor(world))
    assert last_operation(world.desk, actor(world)).op == done.op
    undone = take_back(world)
    assert "Wait." not in (world.root / world.paths()[0]).read_text()
    take_back(world, undone.op)
    assert "Wait." in (world.root / world.paths()[0]).read_text()
    assert world.subjects() == before
    (world.root / ".git" / "rebase-merge").rmdir()
    tag(world.desk, ["2"], added=["x"], actor=actor(world))
    assert len(world.subjects()) == len(before) + 4
    assert world.status() == ""


def answer(world: World) -> str:
    """An answer to ticket 1; the id of its message."""
    plan = plans.plan_reply(world.desk, "1", actor=actor(world))
    said = first_answer(world.desk, plan, actor=actor(world), text="It is on its way.")
    posted, _ = send_reply(world.desk, plan, said, actor=actor(world), seen=all_seen(plan.ticket))
    return posted.message.id


def test_an_answer_that_waits_is_not_sent(world: World) -> None:
    """It stays in the ticket, which says that it was given up; it is never sent again."""
    entry = answer(world)
    assert world.ticket("TICKET-1").status == "pending" or world.ticket("TICKET-1").status == "new"
    outcome = take_back(world)
    assert why(outcome) == []
    mail = Outbox(world.desk.layout).get(f"reply-{entry}")
    assert mail is not None
    assert (mail.state, mail.told) == ("dropped", True)
    ticket = world.ticket("TICKET-1")
    assert (ticket.status, ticket.assignee) == ("new", "")
    told = [fact for event in ticket.events for fact in event.all_facts("delivery")]
    assert told == [f"{entry} dropped undone by dana"]
    assert why(take_back(world, outcome.op)) == []
    assert world.ticket("TICKET-1").assignee == "dana"
    mail = Outbox(world.desk.layout).get(f"reply-{entry}")
    assert mail is not None
    assert mail.state == "dropped"


def test_an_answer_that_has_left_stays_and_is_named(world: World) -> None:
    """What it did to the ticket is taken back all the same."""
    with smtp_sink.running() as sink:
        (world.root / "desk.yaml").write_text(SETTINGS + sink.settings)
        entry = answer(world)
        send_due(world.desk)
    assert len(sink.kept) == 1
    outcome = take_back(world)
    assert why(outcome) == ["TICKET-1: the mail 1.2 has been sent: it cannot be taken back"]
    ticket = world.ticket("TICKET-1")
    assert (ticket.status, ticket.assignee) == ("new", "")
    assert any(each.id == entry for each in ticket.messages)


def test_mail_that_came_stays(world: World) -> None:
    """Its remedies are named."""
    (op,) = {
        value
        for line in world.git("log", "--format=%(trailers:key=Desk-Op,valueonly)").split()
        for value in [line]
        if find_operation(world.desk, value)[0].tickets == ("TICKET-1",)
    }
    before = world.ticket("TICKET-1")
    (error,) = why(take_back(world, op))
    assert error.startswith("TICKET-1: mail stands in this ticket: it stays.")
    assert world.ticket("TICKET-1") == before


def test_a_ticket_opened_by_hand_is_closed(world: World) -> None:
    """Its number is never given again; what was said in it gets a stub, and comes back."""
    made = new(world.desk, Draft(text="The line was bad."), actor=actor(world))
    outcome = take_back(world)
    ticket = world.ticket(made.id)
    assert (ticket.status, ticket.messages) == ("closed", [])
    take_back(world, outcome.op)
    ticket = world.ticket(made.id)
    assert (ticket.status, [each.text for each in ticket.messages]) == ("new", ["The line was bad.\n"])
    note(world.desk, [made.id], "Rang again.", actor=actor(world, "lee"))
    (op,) = [each.op for each in recent_operations(world.desk) if each.summary.startswith("opened by dana")]
    (error,) = [each for each in why(take_back(world, op)) if "worked on" in each]
    assert "`desk close` closes it" in error
    assert world.ticket(made.id).status == "new"


def test_a_merge_is_taken_apart(world: World) -> None:
    """Both tickets are as they were."""
    before = [state(each) for each in world.tickets()]
    done = merge(world.desk, ["1", "2"], actor=actor(world))
    assert world.ticket("TICKET-2").merged_into == "TICKET-1"
    assert last_operation(world.desk, actor(world)).op == done.op
    outcome = take_back(world)
    assert why(outcome) == []
    assert [state(each) for each in world.tickets()] == before


def test_an_operation_that_came_by_a_pull_is_undone_here(world: World, tmp_path: Path) -> None:
    """A clone knows it by its trailer; what it undoes goes back the same way."""
    done = note(world.desk, ["1", "2"], "Mistake.", actor=actor(world))
    clone = World(tmp_path / "clone", world.later(minutes=5).now)
    subprocess.run(["git", "clone", "-q", world.root, clone.root], check=True)
    clone.git("config", "merge.desk.driver", "false")
    outcome = take_back(clone, done.op[:6], name="lee")
    assert why(outcome) == []
    again = take_back(clone, outcome.op, name="lee")
    assert why(again) == []
    assert [each.text for each in clone.ticket("TICKET-2").entries if isinstance(each, Note)] == [
        "Mistake.\n"
    ]
    assert find_operation(clone.desk, done.op)[0].undone_by == ""


def test_many_tickets_are_one_operation(world: World) -> None:
    """In chunks: a commit each, nothing left behind, and back again with one word."""
    desk, who = world.desk, actor(world)
    made = [f"{number}" for number in range(4, 124)]
    for number in made:
        new(desk, Draft(text=f"Call {number}"), actor=who)
    before = len(world.subjects())
    done = status(desk, ["1", "2", "3", *made, "999", "1"], "closed", actor=who)
    assert [str(error) for _, error in done.errors] == [
        "there is no TICKET-999. `desk list` shows what there is."
    ]
    assert len(done.recorded) == 123
    assert len(world.subjects()) == before + 123
    assert {each.status for each in world.tickets()} == {"closed"}
    found, commits = find_operation(desk, done.op)
    assert (len(found.tickets), len(commits)) == (123, 123)
    assert world.status() == ""
    assert why(take_back(world)) == []
    assert {each.status for each in world.tickets()} == {"new"}
    assert world.status() == ""


def test_an_editor_that_saves_in_between_costs_only_its_ticket(world: World) -> None:
    """RELIABILITY G15, in a chunk: the hand's bytes stay, the others are changed, and it is said."""
    made = [new(world.desk, Draft(text=f"Call {number}"), actor=actor(world)).id for number in range(25)]
    edited = next(path for path in world.paths() if path.endswith(f"/{made[3]}.md"))

    def decide(_: Door, ticket: Ticket) -> Decided:
        if ticket.id == made[9]:
            path = world.root / edited
            path.write_text(path.read_text().replace("Call 3", "Call three"))
        return Decided() if ticket.id == made[5] else Decided([ListChanged("tags", ("x",))], "tags +x")

    outcome = change_each(world.desk, made, decide, actor=actor(world))
    assert [word for word, _ in outcome.errors] == [edited]
    assert isinstance(outcome.errors[0][1], ConflictError)
    assert len(outcome.recorded) == 23
    assert outcome.unchanged == [made[5]]
    assert "Call three" in (world.root / edited).read_text()
    assert "tags" not in (world.root / edited).read_text()
    assert sum(each.tags == ("x",) for each in world.tickets()) == 23
    assert list((world.state / "tmp").iterdir()) == []


def test_what_no_longer_stands_is_not_taken_back_and_can_be_again(world: World) -> None:
    """Undoing goes back one operation after the other, and skips what is undone and undoing itself."""
    first = tag(world.desk, ["1"], added=["a"], actor=actor(world))
    second = tag(world.later(minutes=1).desk, ["1"], added=["b"], actor=actor(world))
    world = world.later(minutes=2)
    undone = take_back(world)
    assert last_operation(world.desk, actor(world)).op == first.op
    take_back(world, undone.op)
    assert last_operation(world.desk, actor(world)).op == second.op
    known = {each.op: (each.undoes, bool(each.undone_by)) for each in recent_operations(world.desk)}
    assert known[second.op] == ("", False)
    assert known[undone.op] == (second.op, True)
    assert recent_operations(world.desk, by="lee@example.org") == []


def test_mail_of_a_ticket_that_is_spam_does_not_leave(world: World) -> None:
    """An acknowledgement is given up; an agent's answer waits until the ticket is no spam."""
    with smtp_sink.running() as sink:
        (world.root / "desk.yaml").write_text(SETTINGS + sink.settings)
        entry = answer(world)
        spam(world.desk, ["1"], actor=actor(world))
        (waiting,) = send_due(world.desk)
        assert (waiting.state, waiting.why) == (
            "queued",
            "TICKET-1 is spam; `desk unspam TICKET-1` lets it go",
        )
        unspam(world.desk, ["1"], actor=actor(world))
        assert world.ticket("TICKET-1").status == "pending"
        (sent,) = send_due(world.later(minutes=10).desk)
    assert (sent.state, sent.entry, len(sink.kept)) == ("sent", entry, 1)


def test_spam_goes_back_to_where_it_was(world: World) -> None:
    """Whatever the status was; what came as spam begins as new."""
    status(world.desk, ["1"], "on-hold", actor=actor(world))
    spam(world.desk, ["1", "2"], actor=actor(world))
    assert {world.ticket(f"TICKET-{number}").status for number in (1, 2)} == {"spam"}
    again = spam(world.desk, ["1"], actor=actor(world))
    assert (again.recorded, again.unchanged) == ([], ["TICKET-1"])
    unspam(world.desk, ["1", "2", "3"], actor=actor(world))
    assert [each.status for each in world.tickets()] == ["on-hold", "new", "new"]
    world.take(write_mail(9, headers=(("X-Spam-Flag", "YES"),)))
    assert world.ticket("TICKET-4").status == "spam"
    unspam(world.desk, ["4"], actor=actor(world))
    assert world.ticket("TICKET-4").status == "new"


def test_a_sender_is_marked_as_far_as_nobody_answered(world: World) -> None:
    """Not what is done, and not where an agent wrote to them."""
    for number in (10, 11, 12):
        world.take(write_mail(number, sender="c1@customer.example"))
    status(world.desk, ["4"], "closed", actor=actor(world))
    new_on(world.desk, "5", Draft(text="x"), actor=actor(world))
    plan = plans.plan_reply(world.desk, "5", actor=actor(world))
    said = first_answer(world.desk, plan, actor=actor(world), text="Hello.")
    send_reply(world.desk, plan, said, actor=actor(world), seen=all_seen(plan.ticket))
    meant = with_others_of_senders(world.desk, ["1"], actor=actor(world))
    assert meant == ["TICKET-1", "TICKET-6"]


def test_an_interrupt_ends_behind_the_chunk_and_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C: what was changed is named, in git, and one operation; the rest is as it was."""
    monkeypatch.setattr(changing, "_CHUNK", 8)
    made = [new(world.desk, Draft(text=f"Call {number}"), actor=actor(world)).id for number in range(30)]

    def decide(_: Door, ticket: Ticket) -> Decided:
        if ticket.id == made[10]:
            os.kill(os.getpid(), signal.SIGINT)
        return Decided([ListChanged("tags", ("x",))], "tags +x")

    outcome = change_each(world.desk, made, decide, actor=actor(world))
    assert [each.id for each in outcome.recorded] == made[:16]
    assert [type(error) for _, error in outcome.errors] == [CancelledError]
    assert sum(each.tags == ("x",) for each in world.tickets()) == 16
    assert world.status() == ""
    assert why(take_back(world, outcome.op)) == []
    assert not any(each.tags for each in world.tickets())


@pytest.mark.parametrize(
    ("word", "kind"),
    [("zzzz", NotFoundError), ("no such", UsageError), ("abc", UsageError), ("--", UsageError)],
)
def test_what_is_no_operation_is_refused(world: World, word: str, kind: type[Exception]) -> None:
    """A name that is not there, and what can be none."""
    with pytest.raises(kind):
        plan_undo(world.desk, word, actor=actor(world))


def test_there_may_be_nothing_to_undo(world: World) -> None:
    """Mail that came in is nobody's operation."""
    with pytest.raises(NotFoundError, match="nothing of dana's"):
        plan_undo(world.desk, "", actor=actor(world))


def test_where_an_operation_only_wrote_down_what_a_hand_did_there_is_nothing_to_undo(world: World) -> None:
    path = world.root / world.paths()[0]
    path.write_text(path.read_text().replace("\n---\n", "\ntags:\n- vip\n---\n", 1))
    op = tag(world.desk, ["1", "2"], added=("vip",), actor=actor(world)).op
    outcome = take_back(world, op)
    assert ([each.id for each in outcome.recorded], outcome.errors) == (["TICKET-2"], [])
    assert [ticket.tags for ticket in world.tickets()] == [("vip",), (), ()]
    path.write_text(path.read_text().replace("priority: medium", "priority: low"))
    op = tag(world.desk, ["1"], added=("vip",), actor=actor(world)).op
    assert why(take_back(world, op)) == [
        "TICKET-1: what a hand had done before stays, and this operation did nothing else"
    ]
