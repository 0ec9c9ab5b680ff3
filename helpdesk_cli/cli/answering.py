"""From a finished text to a mail on its way: shown, asked about, recorded, sent. For reply and forward."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.cli.ask import choose
from helpdesk_cli.cli.changing import diff_line
from helpdesk_cli.cli.here import actor_of, desk_of
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.presence import presence_text
from helpdesk_cli.cli.reply_show import mail_lines, news_lines, show_envelope
from helpdesk_cli.cli.ticket_view import people_text
from helpdesk_cli.desk import reply as verbs
from helpdesk_cli.desk.drafting import presence
from helpdesk_cli.desk.sending import When, transmit
from helpdesk_cli.desk.since import CollisionError, came_since
from helpdesk_cli.errors import CancelledError, NotSentError
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from helpdesk_cli.cli.session import Session
    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.drafting import Presence
    from helpdesk_cli.desk.posting import Posted
    from helpdesk_cli.desk.remote import Watch
    from helpdesk_cli.desk.reply import Answer, Audience
    from helpdesk_cli.desk.reply_plan import Plan
    from helpdesk_cli.desk.sending import Sent
    from helpdesk_cli.mail.letter import File
    from helpdesk_cli.tickets.person import Person


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line says of an answer. `text` None: it comes from the editor, or from `template`.

    `files` are those of `attach` and, where a forward `carries` them, those of its message.
    """

    text: str | None = None
    template: str = ""
    to: tuple[Person, ...] = ()
    cc: tuple[Person, ...] = ()
    only: bool = False
    files: tuple[File, ...] = ()
    attach: tuple[Path, ...] = ()
    carries: bool = True
    status: str = ""
    spent: int = 0
    when: When = ""
    edits: bool = True
    anyway: bool = False
    dry_run: bool = False


@dataclass(slots=True)
class Call:
    """One call of `desk reply` or `desk forward`.

    `told`: neighbours that were spoken of; `seen`: entries that were shown, and the text edited after that.
    """

    session: Session
    output: Output
    desk: Desk
    actor: Actor
    wish: Wish
    is_recorded: bool = False
    told: set[tuple[str, str]] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)

    @classmethod
    def begin(cls, session: Session, wish: Wish) -> Call:
        """At the desk of the session, as its agent."""
        desk = desk_of(session)
        return cls(session, Output(session), desk, actor_of(desk, session), wish)

    def refresh(self) -> None:
        """The desk as it is now: somebody may have sat in an editor for an hour."""
        self.desk = desk_of(self.session)

    def neighbours(self, plan: Plan) -> list[Presence]:
        """Who else has a draft on the ticket."""
        return presence(self.desk, plan.ticket.uid, but=self.actor.key)

    def tell_neighbours(self, plan: Plan) -> bool:
        """Say who else has a draft; whether one is open that was not told of before."""
        fresh = False
        for each in self.neighbours(plan):
            known = (each.agent, each.kind) in self.told
            self.told.add((each.agent, each.kind))
            if not known:
                self.output.note(f"{plan.ticket.id}: {presence_text(each, self.desk.now)}.")
                fresh |= each.is_open
        return fresh


def deliver(
    call: Call,
    plan: Plan,
    answer: Answer,
    *,
    seen: Collection[str],
    may_edit: bool,
    watch: Watch | None = None,
) -> int | None:
    """Show, ask, record and send; gives the exit code, None for "let me edit it again".

    Raises CancelledError, CollisionError where nobody may be asked, and what the verbs raise.
    """
    audience = verbs.check_answer(call.desk, plan, answer)
    show_envelope(call.output, plan, answer, audience)
    if call.wish.dry_run:
        call.tell_neighbours(plan)
        return _say_what_would_be(call, plan, answer, seen)
    if not _agrees(call, plan, audience, may_edit=may_edit):
        return None
    known = {*seen, *call.seen}
    there = watch.ticket(plan) if watch is not None else None
    while True:
        try:
            if there is not None and (news := came_since(there, known, actor=call.actor.key)):
                raise CollisionError(there, news)  # noqa: TRY301 - told like one that the ticket here has
            posted, recorded = verbs.send_reply(
                call.desk, plan, answer, actor=call.actor, seen=known, anyway=call.wish.anyway
            )
        except CollisionError as error:
            if not call.wish.anyway and not _goes_on(call, error, may_edit=may_edit):
                return None
            known |= {entry.id for entry in error.news}
        else:
            call.is_recorded = True
            call.output.confirm(recorded.summary)
            return say_sent(call, [posted], transmit(call.desk, [posted], when=call.wish.when))


def say_sent(call: Call, posted: list[Posted], sent: Sent) -> int:
    """Say what became of the mails; gives the exit code. Raises NotSentError where one should have left."""
    output = call.output
    if sent.sent and len(posted) == 1:
        message = posted[0].message
        output.note(f"sent to {people_text([*message.to, *message.cc])}")
    elif sent.sent:
        output.note(f"{sent.sent} mails sent")
    for why in dict.fromkeys(why for _, why in sent.queued):
        count = sum(1 for _, each in sent.queued if each == why)
        output.note(f"queued{f' ({count} mails)' if len(posted) > 1 else ''}: {why}.")
    for _, why in sent.failed:
        output.error(f"not sent: {why}")
    if sent.failed or (sent.queued and (sent.was_tried or call.wish.when == "now")):
        raise NotSentError(
            "the mail has not left yet" if len(posted) == 1 else "not every mail has left yet",
            hint="It is kept: `desk outbox` says more.",
        )
    return 0


def _agrees(call: Call, plan: Plan, audience: Audience, *, may_edit: bool) -> bool:
    """Ask where somebody is new or somebody else began to write; False = edit again."""
    began = call.tell_neighbours(plan)
    if call.session.yes or not (audience.new or began):
        return True
    question = "Send it all the same?" if began and not audience.new else "Send it?"
    if audience.new:
        question = f"{people_text(audience.new)} never had mail on {plan.ticket.id}. {question}"
    match choose(call.session, question, may_edit=may_edit):
        case "yes":
            return True
        case "edit":
            return False
        case "nobody" if not audience.new:
            return True
        case "nobody":
            raise CancelledError(
                f"nobody is there to be asked: {question}", hint="Say --yes if this is meant."
            )
    raise CancelledError("not confirmed", hint="Nothing was sent.")


def _goes_on(call: Call, error: CollisionError, *, may_edit: bool) -> bool:
    """Show what came and ask; False = edit again. --yes does not answer: nobody could have known of it."""
    call.output.note(f"{error.place}: since this was begun:")
    for line in news_lines(error.news, call.desk.now):
        call.output.note(f"  {line}")
    match choose(call.session, "Send it all the same?", may_edit=may_edit):
        case "yes":
            return True
        case "edit":
            call.seen |= {entry.id for entry in error.news}
            return False
        case "nobody":
            raise error
    raise CancelledError("not confirmed", hint="Nothing was sent.")


def _say_what_would_be(call: Call, plan: Plan, answer: Answer, seen: Collection[str]) -> int:
    _, recorded = verbs.send_reply(
        call.desk, plan, answer, actor=call.actor, seen=seen, anyway=call.wish.anyway, dry_run=True
    )
    for line in mail_lines(answer):
        call.output.line(*line)
    call.output.note(f"would be recorded: {recorded.summary}")
    for text in recorded.diff():
        call.output.line(*diff_line(text))
    return 0
