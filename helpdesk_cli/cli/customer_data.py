"""`desk customer export`, `erase`: what people may ask of whoever keeps data of theirs."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.cli.ask import confirm
from helpdesk_cli.cli.progress import reporter
from helpdesk_cli.errors import PartialError
from helpdesk_cli.tickets.escapes import one_line

if TYPE_CHECKING:
    from helpdesk_cli.cli.output import Output
    from helpdesk_cli.cli.session import Session
    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.customer_erase import Plan
    from helpdesk_cli.desk.desk import Desk

_MOST_NAMED = 20


def export(output: Output, session: Session, desk: Desk, word: str, to: str) -> None:
    """Write everything that the desk holds of somebody into an archive."""
    # Archives and redaction are loaded by these two calls only.
    verbs = importlib.import_module("helpdesk_cli.desk.customer_export")
    done = verbs.export(desk, word, Path(to or "."), progress=reporter("tickets", session))
    output.confirm(f"{done.path}: {_count(done.tickets, 'ticket')}, {_count(done.files, 'file')}")
    if done.named:
        output.confirm(f"{_count(done.named, 'message')} in tickets of others")
    output.note("Internal notes and messages of others are in it: read it before you hand it over.")
    for text in done.missing:
        output.error(text)
    if done.missing:
        raise PartialError(
            f"{_count(len(done.missing), 'file')} could not be read and are not in the archive"
        )


def erase(output: Output, session: Session, desk: Desk, word: str, actor: Actor, *, dry_run: bool) -> None:
    """Erase somebody, after a question, and say what still holds them."""
    verbs = importlib.import_module("helpdesk_cli.desk.customer_erase")
    plan: Plan = verbs.plan_erasure(desk, word, progress=reporter("tickets", session))
    words = _words(plan)
    if dry_run:
        output.note(f"would be erased: {words}")
        return
    confirm(session, f"Erase {words}? It cannot be undone.")
    found = verbs.erase(desk, plan, actor=actor, progress=reporter("tickets and objects in git", session))
    output.confirm(f"Erased: {_count(found.entries, 'message or note', 'messages and notes')}")
    if found.stub:
        output.confirm(f"{found.stub} stays as a stub")
    for text in found.redacted.done:
        output.confirm(f"removed on this host: {text}")
    if found.named:
        shown = ", ".join(found.named[:_MOST_NAMED]) + (" …" if len(found.named) > _MOST_NAMED else "")
        output.note(f"Messages of others still name the person: {shown}. `desk redact` takes one out.")
    importlib.import_module("helpdesk_cli.cli.redact").tell_left(output, found.redacted)
    output.line("What was counted stays counted: numbers, times and states of tickets name nobody.")


def _words(plan: Plan) -> str:
    who = one_line(plan.who.label)
    parts = [f"the file of {who}" if plan.customer else who]
    if plan.own:
        parts.append(f"all that was said in {_count(len(plan.own), 'ticket')}")
    if plan.others:
        parts.append(f"what they wrote in {_count(len(plan.others), 'ticket')} of others")
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if parts[1:] else parts[0]


def _count(number: int, noun: str, nouns: str = "") -> str:
    return f"{number} {noun if number == 1 else nouns or f'{noun}s'}"
