"""`desk sync`: this clone and the others come together."""

from typing import Annotated

import typer

from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import actor_of, desk_of
from helpdesk_cli.cli.options import Json
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.session import session_of
from helpdesk_cli.desk import sync as verbs
from helpdesk_cli.desk.rehome import Healed
from helpdesk_cli.desk.sync import Synced
from helpdesk_cli.desk.sync_report import Tally
from helpdesk_cli.errors import ConflictError

_MOST_NAMED = 5
_COUNTED = (
    ("tickets", "new ticket"),
    ("mails", "mail"),
    ("replies", "reply"),
    ("notes", "note"),
    ("changes", "change"),
)


def sync(
    context: typer.Context,
    *,
    remote: Annotated[
        str,
        typer.Option("--remote", metavar="NAME", help="The remote to sync with; else the branch's upstream."),
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Fetch, and say what would come and go; change nothing.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Bring this clone and the others together: take what they did, give what was done here.

    It fetches, merges tickets by meaning, gives tickets that two clones gave one number one each, and
    pushes; where somebody else pushes meanwhile, it does so again, up to five times. Nothing is asked: git
    uses the keys and helpers that it has.

    Either all of what came is here afterwards or none of it. What only a person can settle is said before
    anything is touched, with the command that helps; the exit code is 5. It is 75 where the remote does
    not answer. Files that you have changed and not committed are merged and stay uncommitted; what you
    have staged stays staged.

    `git config desk.sync true` lets `desk cron` do it, every minute.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    done = verbs.sync(desk, actor_of(desk, session), remote=remote, dry_run=dry_run)
    if as_json:
        output.json(_as_document(done))
    else:
        _tell(output, done)
    if done.left:
        raise ConflictError(
            "; ".join(f"{each.path}: {each.what}" for each in done.left),
            "",
            "Settle it, then `desk sync` again.",
        )
    return 0


def _tell(output: Output, done: Synced) -> None:
    words = ("would come", "would go") if done.is_dry else ("came", "went")
    if done.begins:
        where = "is not there yet" if done.is_dry else "is new there"
        output.confirm(f"{done.upstream.remote}: the branch {done.upstream.branch} {where}")
    said = False
    for word, tally in zip(words, (done.came, done.went), strict=True):
        if not tally.is_empty:
            said = True
            output.confirm(f"{word}: {_words(tally)}")
    for each in done.healed:
        output.confirm(each.what)
    if not said and not done.healed and not done.begins:
        output.confirm(f"Nothing new, here or on {done.upstream}.")


def _words(tally: Tally) -> str:
    """`2 new tickets, 3 mails, 1 reply, desk.yaml; TICKET-51 is yours`."""
    counts = [(getattr(tally, name), thing) for name, thing in _COUNTED]
    said = [f"{number} {thing if number == 1 else _plural(thing)}" for number, thing in counts if number]
    said += tally.files[:_MOST_NAMED]
    if len(tally.files) > _MOST_NAMED:
        said.append(f"{len(tally.files) - _MOST_NAMED} more files")
    yours = list(tally.yours[:_MOST_NAMED])
    if len(tally.yours) > _MOST_NAMED:
        yours.append(f"{len(tally.yours) - _MOST_NAMED} more")
    verb = "is" if len(yours) == 1 else "are"
    return ", ".join(said) + (f"; {', '.join(yours)} {verb} yours" if yours else "")


def _plural(thing: str) -> str:
    return f"{thing.removesuffix('y')}ies" if thing.endswith("y") else f"{thing}s"


def _as_document(done: Synced) -> dict[str, object]:
    return {
        "schema": "desk/1",
        "kind": "sync",
        "dry_run": done.is_dry,
        "remote": done.upstream.remote,
        "branch": done.upstream.branch,
        "commit": done.tip or None,
        "tries": done.tries,
        "came": _tally(done.came),
        "went": _tally(done.went),
        "healed": [_healed(each) for each in done.healed],
        "left": [_healed(each) for each in done.left],
    }


def _tally(tally: Tally) -> dict[str, object]:
    counts: dict[str, object] = {name: getattr(tally, name) for name, _ in _COUNTED}
    return counts | {"files": list(tally.files), "yours": list(tally.yours)}


def _healed(each: Healed) -> dict[str, object]:
    return {"code": each.code, "path": each.path or None, "what": each.what}


COMMAND = Command(
    sync,
    usage=("[--remote NAME] [--dry-run] [--json]",),
    examples=(
        ("desk sync", "Take what others did and give what was done here."),
        ("desk sync --dry-run", "Look what would come and go."),
        ("desk sync --remote backup", "Sync with another remote than the branch's upstream."),
        ("git config desk.sync true", "Let `desk cron` do it in this clone."),
    ),
    see_also=("cron", "fsck", "merge-driver", "init"),
)
