"""`desk cron`: what time brings about, in one call a minute."""

import os

import typer

from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import now_of
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk import cron as verbs


def cron(context: typer.Context) -> int:
    """Do what is due: mail that goes out, notices, digests, what waits.

    One line in a crontab calls it every minute: `desk setup cron` prints it. It brings into git what waits
    for it, fetches mail, acknowledges new tickets, tells agents what concerns them, asks how it went,
    takes up mail that was set aside and sends what the outbox holds. A step that fails stops none of the
    others. In a clone that is not the desk's server only git and the clone's own outbox are looked after.

    It prints what is wrong and nothing else. With `--quiet`, as in a crontab, what lasts is said once a
    day, and what may pass by itself only when it has lasted. The exit code is 1 as long as something is
    wrong. While another one runs, it does nothing.
    """
    session = session_of(context)
    output = Output(session)
    ran = verbs.cron(session.folder or os.curdir, now=now_of(session), says_all=not session.quiet)
    for problem in ran.to_say:
        output.error(problem)
    if ran.was_busy:
        output.note("Another `desk cron` is running; this one did nothing.")
    elif not ran.is_server:
        output.note(verbs.NOT_THE_SERVER)
    return 1 if ran.lasts else 0


COMMAND = Command(
    cron,
    usage=("[--quiet]",),
    examples=(
        ("desk cron", "Do now what is due, and say all that is wrong."),
        ("desk setup cron", "Print the line for the crontab."),
    ),
    see_also=("setup", "doctor"),
)
