"""`desk setup`: hook up a mail server, or cron; say which commands of desk.yaml run here."""

from typing import TYPE_CHECKING, Annotated

import typer

from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import desk_of, reader_of
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.cli.setup_commands import set_up_commands
from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.desk.setup_cron import Crontab, install_cron, plan_cron
from helpdesk_cli.desk.setup_mta import Plan, install, plan, present_kinds
from helpdesk_cli.errors import FindingsError, UsageError

if TYPE_CHECKING:
    from helpdesk_cli.channels.recipes import Kind


def set_up(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            metavar="mta|cron|commands",
            help="`mta`, a mail server; `cron`, the clock; `commands`, those of desk.yaml.",
        ),
    ],
    *,
    postfix: Annotated[bool, typer.Option("--postfix", help="Postfix, by a transport of its own.")] = False,
    postfix_alias: Annotated[
        bool, typer.Option("--postfix-alias", help="Postfix, by a command in an alias table.")
    ] = False,
    procmail: Annotated[bool, typer.Option("--procmail", help="procmail, by a .procmailrc.")] = False,
    maildrop: Annotated[bool, typer.Option("--maildrop", help="maildrop, by a .mailfilter.")] = False,
    exim: Annotated[bool, typer.Option("--exim", help="Exim, by a router and a transport.")] = False,
    getmail: Annotated[
        bool, typer.Option("--getmail", help="getmail, which fetches from a mailbox elsewhere.")
    ] = False,
    do_install: Annotated[
        bool, typer.Option("--install", help="Do it, and try it, instead of printing it.")
    ] = False,
    user: Annotated[
        str,
        typer.Option(
            "--user", metavar="USER", help="Who delivers mail, or runs cron; else the owner of the desk."
        ),
    ] = "",
    name: Annotated[
        str,
        typer.Option("--name", metavar="NAME", help="Tells this desk from others; its folder's name else."),
    ] = "",
    shim: Annotated[
        str,
        typer.Option(
            "--shim", metavar="PATH", help="Where the shim goes; below /usr/local/bin when root installs."
        ),
    ] = "",
    mailto: Annotated[
        str,
        typer.Option("--mailto", metavar="ADDRESS", help="With `cron`: who is told what is wrong; else you."),
    ] = "",
) -> None:
    """Hook a mail server or cron up to this desk; say which commands run here.

    Prints what to do for the mail server that is named, or for those that this machine has. With
    `--install` it is done: a small program, the shim, is put where the mail server finds it, outside
    desk's own installation; it is tried as the user who delivers mail; and only when it answers
    well are the mail server's settings changed. Files that hold rules of your own are never changed.

    A mail is in the desk, on the disk, before the mail server is told so. Whatever goes wrong, an
    upgrade under way or a full disk, the mail server keeps the mail and tries again.

    `desk setup cron` prints the line that calls `desk cron` every minute, and says into whose crontab it
    goes: without it nothing is sent. With `--install`, root writes it into a file below /etc/cron.d.

    `desk setup commands` shows the commands and programs of desk.yaml that this host runs to send and to
    fetch mail, says which are new or changed, and asks whether they may. Whoever may push can change
    desk.yaml; nothing of it runs here that was not approved here, by the desk's owner on this host or by
    root. Nor is a secret given to another server than the one it was approved for.

    Install desk for the whole machine, not in somebody's home: the user who delivers must reach it.
    """
    if what not in {"mta", "cron", "commands"}:
        hint = "Say `desk setup mta`, `desk setup cron` or `desk setup commands`."
        raise UsageError(f'there is nothing called "{what}" to set up', "setup", hint)
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    if what == "commands":
        set_up_commands(session, output, desk)
        return
    if what == "cron":
        who = reader_of(desk, session)
        crontab = plan_cron(desk, user=user, name=name, mailto=mailto, me=who.key if who else "")
        _set_up_cron(output, crontab, do_install=do_install)
        return
    wanted: dict[Kind, bool] = {
        "postfix": postfix,
        "postfix-alias": postfix_alias,
        "procmail": procmail,
        "maildrop": maildrop,
        "exim": exim,
        "getmail": getmail,
    }
    kinds = [kind for kind, is_wanted in wanted.items() if is_wanted]
    planned = plan(desk, kinds or present_kinds(), user=user, name=name, shim=shim)
    if not planned.recipes:
        output.note("There is no mail server here; `--getmail` is for mail that is fetched from elsewhere.")
    if not do_install:
        for line in planned.lines():
            output.line(line)
        return
    if not kinds and len(planned.recipes) > 1:
        found = ", ".join(f"--{recipe.kind}" for recipe in planned.recipes)
        raise UsageError("this machine has several mail programs", "setup", f"Say which: {found}.")
    _install_mta(output, desk, planned)


def _set_up_cron(output: Output, crontab: Crontab, *, do_install: bool) -> None:
    if do_install:
        output.confirm(f"Every minute, as {crontab.user.name}: {install_cron(crontab)}")
        return
    output.note(f"Into the crontab of {crontab.user.name}: `crontab -e` as that user.")
    for line in crontab.own:
        output.line(line)


def _install_mta(output: Output, desk: Desk, planned: Plan) -> None:
    done = install(desk, planned)
    for line in done.done:
        output.confirm(line)
    for line in done.left:
        output.note(f"To be done by hand: {line}")
    if not done.answer.is_good:
        reasons = "; ".join(done.answer.reasons) or "it does not say why"
        raise FindingsError(
            f"no mail would be taken in as {planned.user.name}: {reasons}", hint=_remedy(planned)
        )
    output.confirm(f"Tried as {planned.user.name}: mail would be taken in.")
    if done.left:
        raise FindingsError("not everything could be set up")


def _remedy(planned: Plan) -> str:
    return (
        f"The mail server's settings are as they were. Mend that, or name another user; {planned.user.name} "
        "must reach desk's installation and own the desk or be in the group that shares it."
    )


COMMAND = Command(
    set_up,
    usage=(
        "mta [--postfix|--postfix-alias|--procmail|--maildrop|--exim|--getmail] [OPTION]...",
        "cron [--user USER] [--mailto ADDRESS] [--install]",
        "commands [--yes]",
    ),
    examples=(
        ("desk setup mta", "Print how the mail server of this machine is hooked up."),
        ("sudo desk -C /srv/desk setup mta --postfix --install", "Hook Postfix up, and try it."),
        (
            "desk setup mta --procmail --user desk --install",
            "Let procmail hand the mail of the user desk to this desk.",
        ),
        ("desk setup cron | crontab -", "Let cron look after the desk, for a user without other entries."),
        ("sudo -u desk desk -C /srv/desk setup commands", "Look at what desk.yaml has this host run."),
    ),
    see_also=("init", "cron", "doctor"),
)
