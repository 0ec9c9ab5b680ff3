"""Who works on this desk, as which agent and as which Unix user, and whether the files let them."""

from __future__ import annotations

import grp
from typing import TYPE_CHECKING

from helpdesk_cli.desk.actor import find_actor
from helpdesk_cli.desk.health.diagnosis import Diagnosis, counted, ok
from helpdesk_cli.errors import UsageError
from helpdesk_cli.storage import access, durable, setup, trust
from helpdesk_cli.storage.layout import is_ours

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.health.diagnosis import Patient
    from helpdesk_cli.storage.access import UnixUser


def check(patient: Patient) -> Iterator[Diagnosis]:
    """Identity first, then each Unix user who must get at the files."""
    desk = patient.desk
    yield _identity(patient)
    yield _openness(desk)
    users = _users(desk)
    for user in users:
        yield from _rights(desk, user)
    mailer = setup.settings(desk.layout).get("desk.mailuser", "")
    if mailer and access.user_named(mailer) is None:
        yield Diagnosis(
            "error",
            "mail-user-missing",
            f"mail is delivered as {mailer}, who is no user of this machine",
            f"`sudo useradd --system --create-home {mailer}`, or `desk setup mta --user USER --install`.",
        )
    yield from _strays(desk)
    open_to_all = access.readable_by_all(desk.layout)
    if open_to_all:
        yield Diagnosis(
            "warning",
            "world-readable",
            f"every user of this machine may read {', '.join(map(str, open_to_all))}",
            f"`chmod o-rwx {desk.layout.root}`.",
        )
    if not trust.own_git_works(desk.layout, patient.environment):
        yield Diagnosis(
            "note",
            "git-distrusts",
            "your own git refuses to work in this desk, because the folder belongs to another user",
            f"`git config --global --add safe.directory {desk.layout.top}`, or --system, once for everybody.",
        )


def _identity(patient: Patient) -> Diagnosis:
    try:
        actor = find_actor(patient.desk, environment=patient.environment)
    except UsageError as error:
        return Diagnosis("warning", "agent-unknown", str(error))
    if actor is None:
        return Diagnosis(
            "note",
            "no-agent",
            "you are no agent of this desk: you may read, not write",
            "Write yourself under `agents:` in desk.yaml, or use `--as NAME` (see `desk whoami`).",
        )
    return ok("agent", f"you are {actor.key}, because {actor.why}")


def _openness(desk: Desk) -> Diagnosis:
    status = desk.layout.common_dir.stat()
    owner = access.user_numbered(status.st_uid)
    name = owner.name if owner else str(status.st_uid)
    if desk.layout.modes == durable.PRIVATE:
        return ok("private", f"the desk is private to {name}")
    members = ", ".join(user.name for user in access.members_of(status.st_gid)) or "nobody"
    return ok("shared", f"the desk belongs to {name} and is shared with {_group(status.st_gid)}: {members}")


def _users(desk: Desk) -> list[UnixUser]:
    """Whoever must get at the files: owner, members of the group that shares it, mail user, who runs this."""
    status = desk.layout.common_dir.stat()
    users = [access.user_numbered(status.st_uid)]
    if desk.layout.modes == durable.SHARED:
        users += access.members_of(status.st_gid)
    users.append(access.user_named(setup.settings(desk.layout).get("desk.mailuser", "")))
    users.append(access.running_user())
    return list({user.uid: user for user in users if user is not None and user.uid != 0}.values())


def _rights(desk: Desk, user: UnixUser) -> Iterator[Diagnosis]:
    layout = desk.layout
    is_me = user.uid == access.running_user().uid
    found = access.denied(layout, None if is_me else user)
    owner = layout.common_dir.stat()
    is_member = layout.modes == durable.SHARED and owner.st_gid in user.groups
    if not found and (user.uid == owner.st_uid or is_member):
        yield ok("access", f"{user.name} may read and write everywhere")
        return
    if not found and is_me and not is_ours(layout):
        found = [access.Denied(layout.common_dir, "have git run in")]
    if not found:
        return
    more = f", and {counted(len(found) - 1, 'other place')}" if len(found) > 1 else ""
    yield Diagnosis(
        "error",
        "no-access",
        f"{user.name} may not {found[0].what} {found[0].path}{more}",
        _remedy(desk, user, found[0].path.is_relative_to(layout.root)),
    )


def _remedy(desk: Desk, user: UnixUser, is_inside: bool) -> str:  # noqa: FBT001 - its one caller is above
    status = desk.layout.common_dir.stat()
    if not is_inside:
        return f"Open the way to the desk for {user.name} (`chmod o+x` each folder above), or move the desk."
    if desk.layout.modes == durable.PRIVATE:
        return (
            f"Share the desk with a group that {user.name} is in: `desk init --shared GROUP`, as its owner."
        )
    group = _group(status.st_gid)
    if status.st_gid not in user.groups:
        return f"`sudo usermod -aG {group} {user.name}`; it takes effect at the next login."
    return f"`sudo desk init --shared {group}` gives the group its rights back."


def _strays(desk: Desk) -> Iterator[Diagnosis]:
    found = access.strays(desk.layout)
    if not found:
        return
    status = desk.layout.common_dir.stat()
    if desk.layout.modes == durable.SHARED:
        what = "not its group's to write"
        remedy = f"`sudo desk init --shared {_group(status.st_gid)}` sets that right."
    else:
        owner = access.user_numbered(status.st_uid)
        name = owner.name if owner else str(status.st_uid)
        what = f"not {name}'s"
        remedy = f"`sudo chown -R {name}: {desk.layout.top}`."
    yield Diagnosis(
        "error", "strays", f"{counted(len(found), 'file')} of the desk {what}, such as {found[0]}", remedy
    )


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
