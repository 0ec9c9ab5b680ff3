"""An agent's mail becomes the desk's answer, a note, or commands: recorded and queued, never sent from here.

The entry has the id of the agent's mail: delivered again, it is there already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.actor import Actor
from helpdesk_cli.desk.assign import find_assignee
from helpdesk_cli.desk.fields import check_value
from helpdesk_cli.desk.filing import file_message
from helpdesk_cli.desk.mentions import MENTIONS, mentioned
from helpdesk_cli.desk.notice_letters import FOOTER, HOW_TO
from helpdesk_cli.desk.outcome import Ingested
from helpdesk_cli.desk.record import Door
from helpdesk_cli.desk.reply import Answer, check_answer, post_reply
from helpdesk_cli.desk.reply_body import signed
from helpdesk_cli.desk.reply_plan import plan_reply, recipients
from helpdesk_cli.desk.since import came_since
from helpdesk_cli.desk.tag import check_tag
from helpdesk_cli.errors import DeskError, TryAgainError, UsageError
from helpdesk_cli.mail.agent_answer import AgentAnswer, UnclearError, files_of, read_answer, repeats
from helpdesk_cli.mail.letter import File
from helpdesk_cli.storage import large
from helpdesk_cli.storage.copies import note_copies
from helpdesk_cli.tickets.changes import EntryAdded, FieldChange, change_list, set_field
from helpdesk_cli.tickets.entries import Message, Note, Segment, sort_key

if TYPE_CHECKING:
    from helpdesk_cli.desk.record import Held
    from helpdesk_cli.mail.model import Part
    from helpdesk_cli.mail.notice_token import Notice
    from helpdesk_cli.mail.received import Received
    from helpdesk_cli.storage.settings import Agent
    from helpdesk_cli.tickets.entries import Entry
    from helpdesk_cli.tickets.ticket import Ticket

_STATUS = {"resolve": "resolved", "close": "closed"}
_MOST_NAMED = 3


def answer(
    door: Door,
    held: Held,
    received: Received,
    *,
    agent: Agent,
    notice: Notice,
    digest: str,
) -> Ingested | str:
    """What became of it; or why nothing was done, in words for the agent. Raises TryAgainError."""
    actor = Actor(agent.key, agent.name or agent.key, agent.email, "an answer by mail")
    own_door = Door(door.desk, actor, door.index)
    try:
        said = read_answer(received.body, subject=received.mail.subject, footer=FOOTER)
        parts = files_of(received.mail.parts)
        changes = _changes(own_door, held.ticket, said)
        if said.text and not said.is_note:
            _reply(own_door, held, received, said, changes=changes, notice=notice, parts=parts, agent=agent)
        elif said.commands:
            _note(own_door, held, received, said, changes=changes, digest=digest)
        else:
            return "there are no words of yours above the quoted text"
    except UnclearError as error:
        return str(error)
    except (TryAgainError, OSError):
        raise
    except DeskError as error:
        return str(error)
    # The ticket's entry does not name the original, and `desk fsck` is to know where it went.
    note_copies(door.desk.layout, {digest: received.entry_id})
    door.recorded += own_door.recorded
    ticket = own_door.read(held.path).ticket
    number = next((number for number, entry in ticket.numbered if entry.id == received.entry_id), 0)
    return Ingested("appended", ticket.id, number)


def _changes(door: Door, ticket: Ticket, said: AgentAnswer) -> list[FieldChange]:
    """What the commands change, all checked before anything is written. Raises UsageError."""
    desk = door.desk
    changes: list[FieldChange] = []
    added: list[str] = []
    removed: list[str] = []
    for name, argument in said.commands:
        if name in {"resolve", "close", "status"}:
            status = check_value(desk, "status", _STATUS.get(name, argument), actor=door.actor)
            if status == "spam":
                raise UsageError("a ticket is called spam by `desk status`, not by mail")
            changes += set_field(ticket, "status", str(status))
        elif name == "priority":
            priority = check_value(desk, "priority", argument, actor=door.actor)
            changes += set_field(ticket, "priority", str(priority))
        elif name == "assign":
            changes += set_field(ticket, "assignee", find_assignee(desk, argument, actor=door.actor))
        elif name == "tag":
            for word in argument.replace(",", " ").split():
                (removed if word.startswith("-") else added).append(check_tag(word.lstrip("+-")))
    if clash := sorted(set(added) & set(removed)):
        raise UsageError(f'the tag "{clash[0]}" is both added and removed')
    return changes + change_list(ticket, "tags", added=tuple(added), removed=tuple(removed))


def _reply(
    door: Door,
    held: Held,
    received: Received,
    said: AgentAnswer,
    *,
    changes: list[FieldChange],
    notice: Notice,
    parts: tuple[Part, ...],
    agent: Agent,
) -> None:
    """Queue the words for the people that `desk reply` would write to."""
    desk, ticket = door.desk, held.ticket
    _check_own(ticket, said.text)
    _check_news(ticket, said.text, notice, actor=door.actor.key)
    status = next(
        (change.new for change in changes if change.field == "status" and hasattr(change, "new")), ""
    )
    plan = plan_reply(desk, ticket.uid, actor=door.actor)
    to, cc = recipients(plan)
    reply = Answer(
        to=to,
        cc=cc,
        subject=plan.subject,
        text=signed(said.text, agent.signature),
        entry=received.entry_id,
        files=tuple(File(part.filename, part.content_type, part.content) for part in parts),
        status=status,
        used=(("via", "mail"),),
    )
    check_answer(desk, plan, reply)
    others = [change for change in changes if change.field != "status"]
    if others:
        # First, for they can be done twice: ended in between, the mail is delivered again and goes on here.
        told = ", ".join(change.field for change in others)
        held = door.change(held, others, summary=f"{ticket.id}: {told} changed by mail")
    takes = not any(change.field == "assignee" for change in changes)
    post_reply(door, plan, reply, seen=(), anyway=True, takes=takes)


def _check_own(ticket: Ticket, text: str) -> None:
    """Raises UnclearError where the words hold what only the desk or a third person said."""
    inside = [entry.text for entry in ticket.entries if isinstance(entry, Note)]
    theirs = [
        message.text
        for message in ticket.messages
        if message.direction == "in" and message.from_.key != ticket.requester.key
    ]
    if repeats(text, [HOW_TO]):
        raise UnclearError(
            "the notice is quoted in it without marks, so that it is not certain what is yours"
        )
    if repeats(text, inside):
        raise UnclearError("it repeats words of an internal note; `desk reply` sends them if they are meant")
    if repeats(text, theirs):
        raise UnclearError(
            "it repeats words that somebody else than the requester wrote; `desk reply` sends them if meant"
        )


def _check_news(ticket: Ticket, text: str, notice: Notice, *, actor: str) -> None:
    """Raises UnclearError where the ticket went on after the notice, in a way that may change the answer."""
    told = next((entry for entry in ticket.entries if entry.id == notice.entry), None)
    if told is None:
        return
    seen = {entry.id for entry in ticket.entries if sort_key(entry) <= sort_key(told)}
    came = came_since(ticket, seen, actor=actor)
    if any(
        _is_own(entry, actor) and text.strip() in entry.text for entry in came if isinstance(entry, Message)
    ):
        raise UnclearError("you have sent these very words already")
    others = [entry for entry in came if not _is_own(entry, actor)]
    if others:
        who = list(dict.fromkeys(_who(entry) for entry in others))
        more = "" if len(who) <= _MOST_NAMED else " and others"
        raise UnclearError(
            f"after the notice that you answer came something from {', '.join(who[:_MOST_NAMED])}{more}: "
            "look at it, then answer this mail instead"
        )


def _is_own(entry: Entry, actor: str) -> bool:
    return isinstance(entry, Message) and entry.direction == "out" and entry.by == actor


def _who(entry: Entry) -> str:
    if isinstance(entry, Message):
        return entry.by or entry.from_.label or "somebody"
    return str(getattr(entry, "by", "somebody"))


def _note(
    door: Door,
    held: Held,
    received: Received,
    said: AgentAnswer,
    *,
    changes: list[FieldChange],
    digest: str,
) -> None:
    """Keep the words inside; without any, the commands themselves, so that it is told who said what."""
    ticket = held.ticket
    at = door.next_at(ticket)
    filed = file_message(
        received,
        ticket_id=ticket.id,
        folder=held.path.rpartition("/")[0],
        at=at,
        threaded_by="token",
        inbox="",
        raw_sha256=digest,
        settings=door.desk.settings,
    )
    for content in filed.large:
        large.keep(door.desk.layout, content)
    text = said.text or "\n".join(f"#{name} {argument}".strip() for name, argument in said.commands)
    called = mentioned(text, [agent.key for agent in door.desk.settings.agents])
    note = Note(
        received.entry_id,
        at,
        door.actor.key,
        (Segment("text", f"{text.rstrip()}\n"),),
        filed.message.attachments,
        (*(((MENTIONS, " ".join(called)),) if called else ()), ("via", "mail")),
    )
    what = "note" if said.is_note else "commands"
    door.change(
        held,
        [EntryAdded(note), *changes],
        summary=f"{ticket.id}: {what} by {door.actor.key}, by mail",
        files=filed.files,
    )
