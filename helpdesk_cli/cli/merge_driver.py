"""`desk merge-driver`: what git calls to merge two versions of a ticket."""

from pathlib import Path
from typing import Annotated

import typer

from helpdesk_cli.cli.command import Command
from helpdesk_cli.desk.merge_driver import run


def merge(
    base: Annotated[str, typer.Argument(metavar="BASE", help="The common ancestor (`%O`).")],
    ours: Annotated[
        str, typer.Argument(metavar="OURS", help="Our version, which becomes the merged one (`%A`).")
    ],
    theirs: Annotated[str, typer.Argument(metavar="THEIRS", help="The other version (`%B`).")],
    path: Annotated[str, typer.Argument(metavar="PATH", help="The file's name in the repository (`%P`).")],
) -> int:
    """Merge two versions of a ticket file; called by git.

    `desk init` tells git to use it. Messages and notes of both sides are united; a field that both
    changed takes the later change, and the other stays in the history. What a hand wrote on both sides
    in the same place is left between conflict markers, with exit code 1.
    """
    return run(Path(base), Path(ours), Path(theirs), path=path)


COMMAND = Command(
    merge,
    usage=("BASE OURS THEIRS PATH",),
    examples=(
        (
            "git config merge.desk.driver 'desk merge-driver %O %A %B %P'",
            "What `desk init` does to make git call it.",
        ),
        (
            "desk merge-driver old.md mine.md theirs.md TICKET-42.md",
            "Merge by hand; the result is in mine.md.",
        ),
    ),
    see_also=("init",),
)
