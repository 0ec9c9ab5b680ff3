"""The history of a repository as one file, and a repository made of such files: git-bundle(1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.storage import git, refs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from helpdesk_cli.storage.layout import Layout

# Hours for a repository of many gigabytes; a minute is enough for anything else.
_TIMEOUT = 6 * 3600.0


def read_refs(layout: Layout) -> dict[str, str]:
    """Every ref and HEAD with its object's name; {} for a repository without a commit."""
    lines = git.run(layout, ["for-each-ref", "--format=%(objectname) %(refname)"]).decode().splitlines()
    found = {name: value for value, _, name in (line.partition(" ") for line in lines)}
    tip = refs.head(layout).tip
    return found | ({"HEAD": tip} if tip else {})


def write_bundle(layout: Layout, path: Path, *, without: Sequence[str] = ()) -> bool:
    """Write all refs and what they need, less what the commits `without` need; False where nothing is new."""
    if not read_refs(layout):
        return False
    args = ["bundle", "create", "--quiet", str(path), "--all", "HEAD", *(f"^{commit}" for commit in without)]
    running = git.Running(layout, args)
    running.wait(_TIMEOUT)
    code, _, said = running.result()
    if code != 0 and "empty bundle" in said:
        return False
    if code != 0:
        raise git.failure(layout, args, code, said)
    return True


def read_bundles(layout: Layout, paths: Sequence[Path], *, branch: str, tip: str) -> None:
    """Fill a new repository from bundles, the first whole, and check out `branch` ("": `tip` itself)."""
    for path in paths:
        wanted = ["+refs/*:refs/*", *([] if branch else ["+HEAD:refs/desk/restored"])]
        running = git.Running(
            layout,
            [
                "-c",
                "fetch.fsckObjects=true",
                "fetch",
                "--quiet",
                "--update-head-ok",
                "--no-tags",
                str(path),
                *wanted,
            ],
        )
        running.wait(_TIMEOUT)
        running.output()
    if branch:
        git.run(layout, ["symbolic-ref", "HEAD", branch])
    elif tip:
        git.run(layout, ["update-ref", "--no-deref", "HEAD", tip])
        git.run(layout, ["update-ref", "-d", "refs/desk/restored"])
    if tip:
        running = git.Running(layout, ["reset", "--quiet", "--hard", tip])
        running.wait(_TIMEOUT)
        running.output()
