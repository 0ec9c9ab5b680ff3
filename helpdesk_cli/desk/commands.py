"""Which commands of desk.yaml this host may run: those that a person approved here, and nothing else (T50).

Whoever may push may write desk.yaml. So its words alone start nothing: before a command runs it is compared
with what was approved on this host, letter by letter, and with it the server that is given the secret that
it prints. The program that a desk ships with, /usr/sbin/sendmail, belongs to the machine and needs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.letters import is_server, sends_here
from helpdesk_cli.errors import DeskError, InvalidFileError
from helpdesk_cli.storage.access import user_numbered
from helpdesk_cli.storage.approvals import may_approve, owner_of, read_approvals
from helpdesk_cli.storage.settings_mail import Outgoing
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.approvals import Approval
    from helpdesk_cli.storage.settings_mail import Account, Smtp

_SHIPPED = Outgoing().sendmail


class NotApprovedError(InvalidFileError):
    """desk.yaml names a command that nobody has approved on this host; it was not run."""


@dataclass(frozen=True, slots=True)
class Named:
    """A command as desk.yaml names it: its place (`outgoing: smtp: password-command`), its text.

    `to`: who is given the secret that it prints, and as whom; "" for a program that sends.
    """

    place: str
    text: str
    to: str = ""


def outgoing_command(outgoing: Outgoing) -> Named | None:
    """What is run for mail to leave; None where that is nothing, or the program that desks ship with."""
    if outgoing.via == "sendmail":
        return None if outgoing.sendmail == _SHIPPED else Named("outgoing: sendmail", outgoing.sendmail)
    return _login(outgoing.smtp, "outgoing: smtp") if outgoing.smtp.user else None


def fetch_command(account: Account) -> Named | None:
    """What is run for mail to be fetched from that mailbox."""
    return _login(account, f"fetch: {account.name}")


def commands_of(desk: Desk) -> tuple[Named, ...]:
    """The commands of desk.yaml that this clone runs, as it is now."""
    found = [outgoing_command(desk.settings.outgoing)] if sends_here(desk) else []
    if is_server(desk):
        found += map(fetch_command, desk.settings.fetch)
    return tuple(command for command in found if command is not None)


def is_approved(command: Named, approval: Approval | None) -> bool:
    """Whether this approval is one of this very command, for this very server."""
    return approval is not None and (approval.text, approval.to) == (command.text, command.to)


def require_approved(desk: Desk, command: Named | None) -> None:
    """Return where the command may run here, or is none. Raises NotApprovedError.

    Reads one small file, and only where there is a command to run.
    """
    if command is None:
        return
    place = f"desk.yaml: {command.place}"
    try:
        approval = read_approvals(desk.layout).get(command.place)
    except DeskError as error:
        said = f"`{command.text}` is not run: what was approved on this host cannot be believed"
        raise NotApprovedError(said, place, str(error)) from error
    if not is_approved(command, approval):
        raise NotApprovedError(_fact(command, approval), place, remedy(desk))


def why_not_run(desk: Desk, command: Named | None) -> str:
    """Why the command may not run here, with the remedy; "" where it may."""
    try:
        require_approved(desk, command)
    except NotApprovedError as error:
        return str(error)
    return ""


def remedy(desk: Desk) -> str:
    """How a command that was not approved comes to run."""
    if may_approve(desk.layout):
        return "Look at it; `desk setup commands` approves it."
    return f"{owner_named(desk)}, who owns this desk, or root looks at it: `desk setup commands`."


def owner_named(desk: Desk) -> str:
    """The login of who owns the desk on this host."""
    number = owner_of(desk.layout)
    user = user_numbered(number)
    return user.name if user else f"user {number}"


def _login(server: Smtp | Account, place: str) -> Named | None:
    to = f"{server.user} at {server.host}:{server.port} ({server.security})"
    if server.token_command:
        return Named(f"{place}: token-command", server.token_command, to)
    if server.password_command:
        return Named(f"{place}: password-command", server.password_command, to)
    return None


def _fact(command: Named, approval: Approval | None) -> str:
    if approval is None:
        return f"nobody has approved this command on this host, so it is not run: `{command.text}`"
    if approval.text == command.text:
        return (
            f"`{command.text}` was approved here for {approval.to}; "
            f"what it prints is not given to {command.to}"
        )
    return f"this is not the command that was approved on this host, so it is not run: `{command.text}`"
