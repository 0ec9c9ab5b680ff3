"""Operations: what one call of a command did, however many tickets it changed; found by `Desk-Op`.

In git's history and in the queue of what is on its way there. So an operation that came by a pull is one
here as well.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helpdesk_cli.desk.actor import desk_actor
from helpdesk_cli.errors import ConflictError, NotFoundError, UsageError
from helpdesk_cli.storage import history
from helpdesk_cli.storage.history import LoggedCommit
from helpdesk_cli.storage.pending import Queue
from helpdesk_cli.storage.settings import suggest
from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from datetime import datetime

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.pending import Commit

OP, ENTRY, UNDOES, RULE = "Desk-Op", "Desk-Entry", "Desk-Undoes", "Desk-Rule"
# Commits read at once, until enough is found.
_PAGES = (500, 5_000, 50_000, None)
# How commits begin that change customers' files (desk/customer_changes) or desk.yaml (desk/settings_change).
CUSTOMERS = ("customer ", "organisation ")
_BESIDE = (*CUSTOMERS, "desk.yaml")
_ERASED = "erased by "
_WORD = re.compile(r"[0-9a-z]{1,16}")
_LEAST = 4


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of a command. `by` is an agent's key, or a name; `undoes` and `undone_by` are operations.

    `entries` counts what it added to tickets: without any, there is nothing to take back.
    """

    op: str
    at: datetime
    by: str
    author: tuple[str, str]
    summary: str
    tickets: tuple[str, ...]
    undoes: str = ""
    undone_by: str = ""
    entries: int = 0


def recent_operations(desk: Desk, *, by: str = "", limit: int = 0) -> list[Operation]:
    """The newest operations of agents, newest first; `by` an agent's address, "" = of all of them.

    What mail and timers brought about is none of them. `limit` 0 = all.
    """
    for size in _PAGES:
        commits = read_commits(desk, limit=size)
        is_all = size is None or len(commits) < size
        found = _grouped(desk, commits)
        if not is_all and found:
            # The last may go on in what was not read.
            found.pop()
        own = desk_actor(desk).email
        chosen = [each for each in found if each.author[1] == by or (not by and each.author[1] != own)]
        if is_all or (limit and len(chosen) >= limit):
            break
    return chosen[:limit] if limit else chosen


def last_operation(desk: Desk, actor: Actor) -> Operation:
    """The agent's last operation that stands and is no undoing itself.

    Raises NotFoundError, and ConflictError where the last changed something that is not undone.
    """
    for size in (20, 0):
        for each in recent_operations(desk, by=actor.email, limit=size):
            subject = each.tickets[0]
            is_customers = subject.startswith(CUSTOMERS)
            if subject.startswith(_BESIDE) and (not is_customers or each.summary.startswith(_ERASED)):
                # Not passed over in silence: whoever says "undo" means the last thing that they did.
                what = f"{subject}: {each.summary}"
                said = f"your last call changed what is not taken back ({what})"
                hint = "`git log --grep OPERATION -p` shows what it was; `desk undo --list` has those before."
                raise ConflictError(said, each.op, hint.replace("OPERATION", each.op))
            if (each.entries or is_customers) and not each.undoes and not each.undone_by:
                return each
    raise NotFoundError(
        f"there is nothing of {actor.key}'s to undo", "", "`desk undo --list` shows who did what."
    )


def find_operation(desk: Desk, word: str) -> tuple[Operation, list[LoggedCommit]]:
    """The operation of that id, or of that beginning of one, with its commits, oldest first.

    Raises UsageError for what is no id, NotFoundError where there is none here, or more than one.
    """
    wanted = word.strip().casefold()
    if not _WORD.fullmatch(wanted) or len(wanted) < _LEAST:
        hint = "`desk undo --list` shows them; the first four characters will do."
        raise UsageError(f'"{word}" is no operation', "", hint)
    commits = read_commits(desk, trailer=(OP, wanted))
    operations = _grouped(desk, commits)
    if not operations:
        raise NotFoundError(
            f"there is no operation {wanted} here", "", "`desk undo --list` shows the last ones."
        )
    if len(operations) > 1:
        raise NotFoundError(
            f"{wanted} is the beginning of {len(operations)} operations: "
            + ", ".join(each.op for each in operations[:_LEAST])
        )
    found = operations[0]
    undone_by = next((each.op for each in undoings_of(desk, found.op) if not each.undone_by), "")
    mine = [each for each in commits if trailer_of(each, OP) == found.op]
    return replace(found, undone_by=undone_by), mine[::-1]


def undoings_of(desk: Desk, op: str) -> list[Operation]:
    """The operations that took that one back, newest first, with what took them back in turn."""
    direct = _grouped(desk, read_commits(desk, trailer=(UNDOES, op)))
    return [
        replace(
            each,
            undone_by=next((later.op for later in undoings_of(desk, each.op) if not later.undone_by), ""),
        )
        for each in direct
    ]


def read_commits(
    desk: Desk,
    *,
    trailer: tuple[str, str] | None = None,
    author: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
) -> list[LoggedCommit]:
    """The commits that `storage.history` finds, newest first, and before them those that wait to be made."""
    waiting = [_logged(each) for each in Queue(desk.layout).waiting()]
    if trailer:
        name, start = trailer
        waiting = [each for each in waiting if any(value.startswith(start) for value in all_of(each, name))]
    waiting = [
        each
        for each in waiting
        if (not author or each.author[1] == author)
        and (since is None or each.at >= since)
        and (until is None or each.at < until)
    ]
    known = history.find_commits(
        desk.layout, trailer=trailer, author=author, since=since, until=until, limit=limit
    )
    landed = {_identity(each) for each in known} if waiting else set()
    return [*(each for each in reversed(waiting) if _identity(each) not in landed), *known][:limit]


def waiting_content(desk: Desk, entry: str) -> tuple[str, bytes] | None:
    """(path, bytes) of the queued change that added the entry; None where none did."""
    for commit in Queue(desk.layout).waiting():
        if (ENTRY, entry) in _logged(commit).trailers:
            path, content = commit.paths[-1]
            return (path, content) if isinstance(content, bytes) else None
    return None


def trailer_of(commit: LoggedCommit, name: str) -> str:
    """The first value of a trailer; "" where there is none."""
    return next((value for key, value in commit.trailers if key == name), "")


def all_of(commit: LoggedCommit, name: str) -> list[str]:
    """Every value of a trailer."""
    return [value for key, value in commit.trailers if key == name]


def author_of(desk: Desk, commit: LoggedCommit) -> str:
    """The key of the agent who made the commit, `desk` for the desk itself, else the name."""
    return key_of(desk, commit.author[1]) or commit.author[0]


def key_of(desk: Desk, email: str) -> str:
    """The key of the agent who commits under that address, `desk` for the desk itself; "" for nobody here."""
    if email == desk_actor(desk).email:
        return "desk"
    agent = desk.settings.agent_by_email(email)
    if agent:
        return agent.key
    return email.removesuffix("@desk.invalid") if email.endswith("@desk.invalid") else ""


def address_of(desk: Desk, who: str, *, me: Actor | None) -> str:
    """The address under which that agent, `me` or the `desk` itself commits. Raises UsageError."""
    word = who.strip().casefold()
    if word in {"desk", "mail"}:
        return desk_actor(desk).email
    if word == "me" and me is not None:
        return me.email
    agent = desk.settings.agent(word) or desk.settings.agent_by_email(who)
    if agent is None:
        known = [agent.key for agent in desk.settings.agents]
        raise UsageError(f'no agent "{who}"', "--by", suggest(who, [*known, "desk"]))
    return agent.email or f"{agent.key}@desk.invalid"


def _grouped(desk: Desk, commits: list[LoggedCommit]) -> list[Operation]:
    """The operations of commits that are given newest first; those that stand know it."""
    groups: dict[str, list[LoggedCommit]] = {}
    for commit in commits:
        if op := trailer_of(commit, OP):
            groups.setdefault(op, []).append(commit)
    undone: dict[str, str] = {}
    found = []
    for op, group in groups.items():
        newest = group[0]
        told = list(
            dict.fromkeys(each.subject.partition(": ")[2] or each.subject for each in reversed(group))
        )
        undoes = trailer_of(newest, UNDOES)
        if undoes and op not in undone:
            undone[undoes] = op
        found.append(
            Operation(
                op,
                newest.at,
                author_of(desk, newest),
                newest.author,
                told[0] + (", …" if len(told) > 1 else ""),
                tuple(dict.fromkeys(each.subject.partition(":")[0] for each in reversed(group))),
                undoes,
                undone.get(op, ""),
                sum(len(all_of(each, ENTRY)) for each in group),
            )
        )
    return found


def _logged(commit: Commit) -> LoggedCommit:
    subject, _, rest = commit.message.partition("\n")
    pairs = (line.partition(": ") for line in rest.splitlines() if ": " in line)
    trailers = tuple((name, value) for name, _, value in pairs)
    return LoggedCommit("", commit.author, commit.at, subject, trailers)


def _identity(commit: LoggedCommit) -> tuple[str, tuple[tuple[str, str], ...]]:
    return (commit.subject, commit.trailers)
