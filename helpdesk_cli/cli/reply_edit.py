"""An answer in the editor: a draft that survives whatever happens, checked before it counts."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.cli.answering import deliver
from helpdesk_cli.cli.ask import ask_again
from helpdesk_cli.cli.editor import edit_file
from helpdesk_cli.cli.presence import presence_text
from helpdesk_cli.cli.reply_show import news_lines, offers, plain, reading, remarks, typed
from helpdesk_cli.cli.reply_text import Buffer, read_buffer, with_below, with_top, write_buffer
from helpdesk_cli.desk import reply as verbs
from helpdesk_cli.desk import reply_body as texts
from helpdesk_cli.desk import reply_plan as plans
from helpdesk_cli.desk.drafting import new_begun, open_draft
from helpdesk_cli.desk.enclosures import enclose, enclosed_in
from helpdesk_cli.desk.remote import Watch
from helpdesk_cli.errors import CancelledError, DeskError, UsageError
from helpdesk_cli.mail.address_list import read_list
from helpdesk_cli.tickets.escapes import one_line
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from helpdesk_cli.cli.answering import Call
    from helpdesk_cli.desk.drafting import Begun, OpenDraft
    from helpdesk_cli.desk.reply import Answer
    from helpdesk_cli.desk.reply_plan import Plan

_RULES = (
    "Remarks like these are left out, above the text only. Below the line of scissors",
    "nothing is sent. An empty or unchanged text cancels.",
)


def write_in_editor(call: Call, plan: Plan, first: Answer) -> int:
    """Let the person write, until it is sent or given up; gives the exit code.

    What was typed is kept and its place told, whatever is raised.
    """
    with open_draft(call.desk, plan.ticket, call.actor.key, plan.kind) as draft:
        try:
            if _was_sent(call, plan, draft):
                draft.finish()
                return 0
            if _goes_on(call, plan, draft):
                plan, first = _as_begun(call, plan, draft, first)
            else:
                _begin(call, plan, draft, first)
            return _write(call, plan, draft, first)
        except DeskError as error:
            if call.is_recorded:
                draft.finish()
            if draft.is_done or not draft.place.exists():
                raise
            again = f"`desk {plan.kind} {plan.ticket.number}` goes on with it"
            kept = f"The draft is kept, {again}: {draft.place}"
            raise _with_hint(error, kept) from error


def _was_sent(call: Call, plan: Plan, draft: OpenDraft) -> bool:
    """Whether the draft's answer is in the ticket: killed after that, before the draft was gone."""
    begun = draft.begun
    if begun is None or all(entry.id != begun.entry for entry in plan.ticket.entries):
        return False
    call.output.note(f"{plan.ticket.id}: your draft was sent before; there is nothing to go on with.")
    return True


def _goes_on(call: Call, plan: Plan, draft: OpenDraft) -> bool:
    """Whether the person goes on with a draft that is there; else it is put aside."""
    begun = draft.begun
    if begun is not None:
        since = begun.at.strftime("%Y-%m-%d %H:%M UTC")
        question = f"You have a draft on {plan.ticket.id} since {since}. Go on with it?"
        if call.session.yes or ask_again(call.session, question):
            return True
    if begun is not None or draft.text():
        call.output.note(f"The draft is kept in {draft.put_aside()}.")
    return False


def _as_begun(call: Call, plan: Plan, draft: OpenDraft, first: Answer) -> tuple[Plan, Answer]:
    """What the draft was begun for, and with; what the command line says of it now wins."""
    begun, wish = _of(draft), call.wish
    plan = plans.plan_again(call.desk, plan, begun.answers, actor=call.actor)
    files = enclose(call.desk, list(wish.attach) or [Path(path) for path in begun.attach])
    if plan.kind == "forward" and begun.carries and wish.carries:
        files = (*enclosed_in(call.desk, plan), *files)
    draft.write(with_below(with_top(draft.text(), _top(call, plan, begun)), _below(call, plan, begun)))
    status, spent = first.status or begun.status, first.spent or begun.spent
    return plan, replace(
        first,
        entry=begun.entry,
        used=begun.used,
        status=status,
        spent=spent,
        files=files,
        subject=plan.subject,
    )


def _begin(call: Call, plan: Plan, draft: OpenDraft, first: Answer) -> None:
    buffer = Buffer(
        typed((plan.from_,)), typed(first.to), typed(first.cc), plain(first.subject), first.text, offers(plan)
    )
    begun = new_begun(
        call.desk,
        plan.ticket,
        entry=first.entry,
        answers=plan.answered.id if plan.answered else "",
        status=first.status,
        spent=first.spent,
        used=first.used,
        untouched=_mark(buffer),
        attach=tuple(str(path.absolute()) for path in call.wish.attach),
        carries=call.wish.carries,
    )
    draft.begin(begun, write_buffer(buffer, top=_top(call, plan, begun), below=_below(call, plan, begun)))


def _of(draft: OpenDraft) -> Begun:
    if draft.begun is None:
        raise ValueError("the draft was not begun")
    return draft.begun


def _write(call: Call, plan: Plan, draft: OpenDraft, first: Answer) -> int:
    while True:
        begun = _of(draft)
        watch = Watch(call.desk)
        call.tell_neighbours(plan)
        try:
            edit_file(draft.place)
            call.refresh()
            text = texts.check_text(draft.text(), place="the text")
            buffer = read_buffer(text, below=_below(call, plan, begun))
            if _is_untouched(buffer, begun):
                draft.finish()
                raise _unchanged(call, plan)
            answer = _filled(plan, buffer, first)
            code = deliver(call, plan, answer, seen=begun.base, may_edit=True, watch=watch)
            if code is None:
                draft.write(with_top(with_below(text, _below(call, plan, begun)), _top(call, plan, begun)))
                continue
        except UsageError as error:
            if not ask_again(call.session, f"{error}\nEdit again?"):
                raise
            said = remarks(f"NOT SENT: {error}")
            draft.write(with_top(draft.text(), [*said, "", *_top(call, plan, begun)]))
            continue
        finally:
            watch.stop()
        if not call.wish.dry_run:
            draft.finish()
        return code


def _filled(plan: Plan, buffer: Buffer, first: Answer) -> Answer:
    """The answer that the text says. Raises UsageError with the header's name."""
    sender = typed((plan.from_,))
    if buffer.from_ and " ".join(buffer.from_.split()) != " ".join(sender.split()):
        raise UsageError(
            "is the agent's name at the inbox the ticket came to: it cannot be changed here",
            "From",
            f"Put it back: {sender}",
        )
    if not buffer.subject:
        raise UsageError("is empty", "Subject", f"It was: {first.subject}")
    return replace(
        first,
        to=read_list(buffer.to, place="To"),
        cc=read_list(buffer.cc, place="Cc"),
        subject=plans.tagged(plan, buffer.subject),
        text=_mended(buffer.body, first.text),
    )


def _mended(body: str, first: str) -> str:
    """The text with the blank of `-- ` put back that some editors strip from line ends."""
    _, mark, signature = first.partition(f"{texts.SIGNATURE_MARK}\n")
    stripped = f"\n--\n{signature.rstrip()}"
    if mark and body.rstrip().endswith(stripped):
        body = f"{body.rstrip()[: -len(stripped)]}\n{texts.SIGNATURE_MARK}\n{signature.rstrip()}"
    return body


def _top(call: Call, plan: Plan, begun: Begun) -> list[str]:
    """The remarks on the first screen: who else writes, what came, how this works."""
    now = call.desk.now
    lines = [f"{plan.ticket.id}: {one_line(plan.ticket.subject)}"]
    lines += [f"! {presence_text(each, now)}" for each in call.neighbours(plan)]
    news = verbs.news_of(call.desk, plan, begun.base, actor=call.actor)
    lines += [f"! {line}" for line in news_lines(news, now)]
    return [piece for line in lines for piece in remarks(line)] + list(_RULES)


def _below(call: Call, plan: Plan, begun: Begun) -> str:
    news = verbs.news_of(call.desk, plan, begun.base, actor=call.actor)
    return reading(plan, news, call.desk.now)


def _mark(buffer: Buffer) -> str:
    said = "\0".join(
        [*(" ".join(part.split()) for part in (buffer.to, buffer.cc, buffer.subject)), _body(buffer)]
    )
    return sha256(said.encode("utf-8", "surrogateescape")).hexdigest()


def _body(buffer: Buffer) -> str:
    return "\n".join(line.rstrip() for line in buffer.body.strip().split("\n"))


def _is_untouched(buffer: Buffer, begun: Begun) -> bool:
    return not buffer.body.strip() or _mark(buffer) == begun.untouched


def _unchanged(call: Call, plan: Plan) -> CancelledError:
    hint = "Nothing was sent."
    if call.wish.template:
        command = f"desk reply {plan.ticket.number} -t {call.wish.template} --no-edit"
        hint += f" `{command}` sends it as it stands."
    return CancelledError("the text is empty or as it was", plan.ticket.id, hint)


def _with_hint(error: DeskError, hint: str) -> DeskError:
    error.hint = f"{error.hint} {hint}".strip()
    return error
