"""Healing after clones have met: conflicts of git's, numbers given out twice, one ticket in two files.

Everything follows from the content of the files, so that clones that heal the same state make the same
files. All versions of a ticket are folded into one; then the older of two tickets keeps a number
(`tickets/clashes`). New files are on the disk, and git knows of them, before old ones go: a kill in between
leaves one ticket in two files, which the next healing folds.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.record import LOCK_TIMEOUT, commit_message, commit_pending
from helpdesk_cli.desk.rehome import Healed, Plan, clear, lying, write
from helpdesk_cli.desk.versions import gather
from helpdesk_cli.storage import conflicts, lock, pending
from helpdesk_cli.storage.layout import prepare
from helpdesk_cli.storage.ticket_file import change_ticket_file, read_ticket_file
from helpdesk_cli.storage.ticket_merge import merge_ticket_files
from helpdesk_cli.tickets.clashes import Claim, renamed_links, settle
from helpdesk_cli.tickets.renumber import relinked, renumbered
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.versions import Version
    from helpdesk_cli.storage.ticket_file import TicketFile


@dataclass(frozen=True, slots=True)
class Healing:
    """What was healed and what is left. `is_merging`: the user's merge waits for `git commit`."""

    done: tuple[Healed, ...] = ()
    left: tuple[Healed, ...] = ()
    is_merging: bool = False


def heal(desk: Desk, actor: Actor) -> Healing:
    """Heal what follows from the content of the files; twice is once.

    While a merge is going on, the healed files are only told to git's index: the user's `git commit`
    concludes the merge. Raises GitError where git cannot be asked, TryAgainError for a busy desk.
    """
    prepare(desk.layout)
    with lock.hold(desk.layout.lock, timeout=LOCK_TIMEOUT, modes=desk.layout.modes):
        plan = Plan(desk, gather(desk))
        _fold(plan)
        _renumber(plan)
        written = write(plan)
        paths = [*written.changed, *((path, None) for path in written.gone)]
        if plan.found.is_merging:
            conflicts.settle(desk.layout, written.present, gone=written.gone)
        elif paths:
            _enqueue(plan, paths, actor)
        clear(desk, written)
    if paths and not plan.found.is_merging:
        commit_pending(desk)
    left = (*plan.left.values(), *(Healed("conflict", path, why) for path, why in plan.found.left.items()))
    return Healing(tuple(plan.done), left, plan.found.is_merging)


def _fold(plan: Plan) -> None:
    """One file of all versions of each ticket that has several."""
    found = plan.found
    several = {uid for uid, paths in found.paths.items() if len(paths) > 1} | found.sides.keys()
    for uid in sorted(several):
        versions = [*lying(plan, uid), *found.sides.get(uid, [])]
        versions.sort(key=lambda version: (version.base is not None, version.path, version.file.to_bytes()))
        merged, problem = _merge_all(versions)
        if problem:
            for path in {version.path for version in versions}:
                plan.left[path] = Healed("conflict", path, problem)
            continue
        plan.tickets[uid] = merged
        plan.sources[uid] = versions
        paths = sorted({version.path for version in versions})
        code = "conflict" if uid in found.sides else "uid-clash"
        plan.done.append(Healed(code, paths[0], f"{merged.ticket.id}: merged from {' and '.join(paths)}"))


def _merge_all(versions: list[Version]) -> tuple[TicketFile, str]:
    """All versions in one, and what a person would have to resolve in it."""
    problems: list[str] = []

    def both(file: TicketFile, version: Version) -> TicketFile:
        merged = merge_ticket_files(version.base, file, version.file)
        problems.extend(merged.conflicts)
        return file if merged.conflicts else read_ticket_file(merged.to_bytes(), place=version.path)

    merged = reduce(both, versions[1:], versions[0].file)
    return merged, f"changed by hand on both sides: {', '.join(problems)}" if problems else ""


def _renumber(plan: Plan) -> None:
    """Another number for the younger of two tickets with one, and for the links that mean it."""
    found = plan.found
    claims = {uid: claim for uid, claim in found.claims.items() if uid not in plan.tickets}
    claims |= {uid: Claim.of(file.ticket) for uid, file in plan.tickets.items()}
    moves = settle(claims.values(), taken=found.taken)
    for move in moves:
        file = _opened(plan, move.uid)
        plan.tickets[move.uid] = change_ticket_file(file, renumbered(file.ticket, move.new))
        said = f"{move.old} of {claims[move.uid].created_at:%Y-%m-%d %H:%M} is {move.new} now"
        plan.done.append(Healed("number-clash", plan.sources[move.uid][0].path, said))
    for uid, claim in claims.items():
        renamed = renamed_links(claim, moves, claims) if moves else {}
        if renamed:
            file = _opened(plan, uid)
            plan.tickets[uid] = change_ticket_file(file, relinked(file.ticket, renamed))


def _opened(plan: Plan, uid: str) -> TicketFile:
    if uid not in plan.tickets:
        plan.sources[uid] = list(lying(plan, uid))
        plan.tickets[uid] = plan.sources[uid][0].file
    return plan.tickets[uid]


def _enqueue(plan: Plan, paths: list[tuple[str, pending.Content]], actor: Actor) -> None:
    names = [file.ticket.id for file in plan.tickets.values()]
    subject = f"{', '.join(sorted(names))}: healed after clones have met"
    message = commit_message(subject, op=draw_id("heal"))
    author = (actor.name, actor.email)
    pending.Queue(plan.desk.layout).put(pending.Commit(tuple(paths), author, message, plan.desk.now))
