"""What an answer says to begin with: a template's words, the agent's signature, a message to hand on."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from helpdesk_cli.desk.reply import Answer, new_answer_id
from helpdesk_cli.desk.reply_body import clean_body, signed
from helpdesk_cli.desk.reply_plan import recipients, tagged
from helpdesk_cli.tickets.escapes import make_visible
from helpdesk_cli.tickets.times import write_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.reply_plan import Plan
    from helpdesk_cli.mail.letter import File
    from helpdesk_cli.tickets.person import Person

_MARK = "---------- Forwarded message ----------"


def first_answer(
    desk: Desk,
    plan: Plan,
    *,
    actor: Actor,
    text: str = "",
    template: str = "",
    to: Sequence[Person] = (),
    cc: Sequence[Person] = (),
    only: bool = False,
    files: Sequence[File] = (),
    status: str = "",
    spent: int = 0,
    full: bool = False,
) -> Answer:
    """The answer as it stands before anybody edits it. Raises what a template's rendering raises.

    `full`: a forward carries the quoted history of its message, too.
    """
    subject, used, is_signed = plan.subject, (), False
    agent = desk.settings.agent(actor.key)
    if template:
        # Jinja2 is loaded with it.
        templates = importlib.import_module("helpdesk_cli.desk.templates")
        rendered: Any = templates.render(
            desk, templates.find_template(desk, template), plan.ticket, agent=agent
        )
        text, used, is_signed = rendered.text, rendered.used, rendered.is_signed
        subject = tagged(plan, rendered.subject) if rendered.subject else subject
        status = status or rendered.status
    text = signed(clean_body(text), agent.signature if agent and not is_signed else "")
    if plan.kind == "forward":
        text = f"{text}\n{carried(plan, full=full)}"
    first, second = recipients(plan, to=to, cc=cc, only=only)
    return Answer(
        first,
        second,
        subject,
        text,
        new_answer_id(plan, actor),
        tuple(files),
        status=status,
        spent=spent,
        used=used,
    )


def carried(plan: Plan, *, full: bool) -> str:
    """The message that is handed on, below a mark that mail programs know."""
    message = plan.answered
    if message is None:
        return ""
    facts = (
        ("From", str(message.from_)),
        ("Date", write_time(message.date or message.at)),
        ("Subject", message.subject),
    )
    head = "\n".join(f"{name}: {' '.join(value.split())}" for name, value in facts if value)
    return f"{_MARK}\n{head}\n\n{make_visible(message.text if full else message.new_text)}\n"
