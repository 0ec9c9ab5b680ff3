"""`desk redact`: what must not be kept is taken out, and what still holds it is named."""

from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.ask import confirm
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import actor_of, desk_of
from helpdesk_cli.cli.options import DryRun
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.progress import reporter
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk import redacting as verbs
from helpdesk_cli.tickets.escapes import one_line

_MOST_SHOWN = 8


def redact(
    context: typer.Context,
    message: Annotated[
        str,
        typer.Argument(
            metavar="ID.N",
            autocompletion=complete.tickets,
            help="A message such as `42.1`, or the id of a note as `desk show --json` has it.",
        ),
    ],
    *,
    why: Annotated[
        str,
        typer.Option("--message", "-m", metavar="WHY", help="Why; it stays in the ticket for all to see."),
    ] = "",
    attachment: Annotated[
        str, typer.Option("--attachment", metavar="NAME", help="Only this attachment, and the original.")
    ] = "",
    subject: Annotated[bool, typer.Option("--subject", help="The ticket's subject, too.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Take out what must not be kept: a message, a note, an attachment.

    A stub remains that has the Message-ID and hashes, so that the mail does not come back: not when it is
    delivered again, not by `desk ingest --retry`, not by a pull. Text and attachments go from the ticket
    file, the index, the originals and the outbox of this host; the desk's server removes its own when the
    change gets there. It cannot be undone.

    Git's history still has it. The command says which objects, branches, tags and remotes hold it and
    prints the commands that make git forget: they rewrite the history, so everybody has to clone anew.
    Say it again afterwards to see what is left. Mail that quotes the text, drafts and backups have it,
    too; what this host can see of that is listed.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    actor = actor_of(desk, session)
    wish = verbs.Wish(message, attachment, subject, " ".join(why.split()))
    plan = verbs.plan_redaction(desk, wish, actor=actor)
    words = one_line(
        " and ".join([", ".join(plan.words[:-1]), plan.words[-1]] if plan.words[1:] else plan.words)
    )
    if dry_run:
        output.note(f"would be removed: {words}")
        return
    if not plan.is_done:
        confirm(session, f"Remove {words} for good? It cannot be undone.")
    found = verbs.redact(desk, wish, actor=actor, progress=reporter("objects in git", session))
    output.confirm(words if plan.is_done else f"Redacted: {words}")
    for text in found.done:
        output.confirm(f"removed on this host: {text}")
    tell_left(output, found)


def tell_left(output: Output, found: verbs.Redacted) -> None:
    """What still has it, and what to do about it."""
    for text in found.traces:
        output.note(one_line(text))
    if found.waits:
        output.note("Changes wait to be committed, and hold it: `desk doctor` says why.")
    for path in found.holding.in_use:
        output.note(one_line(f"{path} is the same file, and stays: redact that one, too, or git keeps it."))
    objects, refs = found.holding.objects, found.holding.refs
    if not objects:
        output.line("No object of this repository holds it.")
        return
    count = f"{len(objects)} object{'' if len(objects) == 1 else 's'}"
    shown = " ".join(name[:12] for name in objects[:_MOST_SHOWN])
    more = " …" if len(objects) > _MOST_SHOWN else ""
    output.line(f"Git still holds it in {count}: {shown}{more}")
    output.line(f"reached from: {', '.join(refs) or 'nothing but reflogs; git gc removes them in time'}")
    for name, address in found.remotes:
        output.line(f"remote {name}: {address} has it if that was pushed, and so has every clone of it")
    output.line(
        "To make git forget, in the desk's folder, with everything committed and nobody else at work:"
    )
    for line in verbs.commands(found):
        output.line(f"  {line}")
    output.line("Then every other clone is deleted and cloned anew, and older backups are destroyed.")


COMMAND = Command(
    redact,
    usage=("[-m WHY] [--attachment NAME] [--subject] [--dry-run] ID.N",),
    examples=(
        ("desk redact 42.1 -m 'card number'", "The first message of ticket 42 goes."),
        ("desk redact 42.1 --attachment passport.pdf", "Only an attachment goes."),
        ("desk redact 42.1 --subject", "The ticket's subject came from it and goes, too."),
    ),
    see_also=("show", "fsck", "backup"),
)
