"""Doing what a recipe says on this machine: its own files, Postfix's tables, its commands.

Files that may hold somebody's own rules (`.procmailrc`) are only begun, never changed; what is not done
is said, to be done by hand.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.storage import access, durable
from helpdesk_cli.storage.faults import translated

if TYPE_CHECKING:
    from collections.abc import Callable

    from helpdesk_cli.channels.recipes import MapAdded, Recipe, RecipeFile

_TIMEOUT = 60


def apply(recipe: Recipe, find_program: Callable[[str], str]) -> tuple[list[str], list[str]]:
    """(what was done, what is left to do by hand), one line each."""
    done: list[str] = []
    left: list[str] = []
    for file in recipe.files:
        why_not = write_file(file)
        if why_not:
            left.append(f"{file.path}: {why_not}")
        else:
            done.append(f"{recipe.title}: {file.path}")
    if left:
        return done, left
    for added in recipe.maps:
        why_not = _add_map(added, find_program("postconf"))
        (left if why_not else done).append(why_not or f"{recipe.title}: {added.parameter} has {added.table}")
    for command in recipe.commands:
        program = find_program(command[0])
        said = _run((program, *command[1:])) if program else f"{command[0]} is not installed"
        if said:
            left.append(f"{' '.join(command)}: {said}")
    return done, left


def missing(recipe: Recipe, find_program: Callable[[str], str]) -> list[str]:
    """What of the recipe is no longer there; what this user may not look at is not named."""
    found = [file.path for file in recipe.files if _is_missing(file)]
    postconf = find_program("postconf")
    if postconf:
        gone = (added for added in recipe.maps if added.table not in _tables(added, postconf))
        found += [f"{added.table} in {added.parameter}" for added in gone]
        services = [
            words[2].partition("=")[0] for words in recipe.commands if words[:2] == ("postconf", "-M")
        ]
        found += [f"{name} in master.cf" for name in services if not _says(postconf, "-M", name)]
    return found


def write_file(file: RecipeFile) -> str:
    """Write a file of a recipe; why it was not, "" when it stands there as it should."""
    path = Path(file.path)
    text = file.text.encode()
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}"
    with translated(path):
        present = path.read_bytes() if path.exists() else None
    if present is not None and not file.whole:
        return "" if text in present else "it has rules already; add the lines that `desk setup mta` prints"
    if present != text:
        durable.replace(path, text, within=path.parent, modes=durable.Modes(file.mode, 0o755))
    owner = access.user_named(file.owner)
    if owner is not None and os.geteuid() == 0:
        with translated(path):
            os.chown(path, owner.uid, owner.gid)
    return ""


def _is_missing(file: RecipeFile) -> bool:
    try:
        present = Path(file.path).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    text = file.text.encode()
    return present != text if file.whole else text not in present


def _tables(added: MapAdded, postconf: str) -> list[str]:
    return _says(postconf, "-h", added.parameter).replace(",", " ").split()


def _says(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=False).stdout


def _add_map(added: MapAdded, postconf: str) -> str:
    if not postconf:
        return "postconf is not installed"
    tables = _tables(added, postconf)
    if added.table in tables:
        return ""
    return _run((postconf, "-e", f"{added.parameter} = {' '.join([*tables, added.table])}"))


def _run(command: tuple[str, ...]) -> str:
    """What a command complained of; "" when it ended with 0."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT, check=False, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if done.returncode == 0 else (done.stderr.strip() or f"ended with {done.returncode}")
