"""Ticket files read for the index: one after the other, or many on several processors."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

from helpdesk_cli.errors import DeskError, TryAgainError
from helpdesk_cli.storage.folder import Stat, keep_open_for_good, read_file
from helpdesk_cli.storage.index_tables import table_rows
from helpdesk_cli.storage.ticket_file import read_ticket_file
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

# A ticket file larger than this is somebody's mistake and is reported, not read.
LARGEST = 64_000_000
# Fewer are read sooner than a child is started.
MANY = 400
# What the children have ready while we write 250: with fewer they wait for us, with more we for them.
_GROUP = 100


@dataclass(slots=True)
class ReadFile:
    """What a file has for the index. `problem` where it cannot be read, then with its beginning in `data`."""

    path: str
    stat: Stat = field(default_factory=lambda: Stat(0, 0, 0, 0))
    rows: dict[str, set[tuple[object, ...]]] = field(default_factory=dict)
    facts: dict[str, list[tuple[Any, ...]]] | None = None
    problem: str = ""
    data: bytes = b""
    is_gone: bool = False
    must_wait: bool = False  # a passing fault: it must be looked at again


def read_all(root: Path, paths: Sequence[str], done: frozenset[str] | None) -> Iterator[ReadFile]:
    """Each file's rows, in order; with `done`, the folded words of what is done, its facts too."""
    workers = len(os.sched_getaffinity(0))
    if len(paths) < MANY or workers < 2:  # noqa: PLR2004 - one child alone saves nothing
        for path in paths:
            yield read_one(root, path, done)
        return
    # Once, before there are children.
    sandbox = importlib.import_module("helpdesk_cli.storage.sandbox")
    if done is not None:
        importlib.import_module(importlib.import_module("helpdesk_cli.storage.index_facts").ROWS)

    def work(path: str) -> ReadFile:
        keep_open_for_good()
        return read_one(root, path, done)

    # One more than there are processors: one of them always waits for us to take what it has.
    results = sandbox.Results(work, ((path, path) for path in paths), workers=workers + 1, group=_GROUP)
    try:
        for path, result in results:
            # A file that ends its reader is read by nobody: it says so, and hides no other.
            yield result if isinstance(result, ReadFile) else _ended(root, path, str(result))
    finally:
        results.close()


def read_one(root: Path, path: str, done: frozenset[str] | None) -> ReadFile:
    """The rows of one file."""
    found = ReadFile(path)
    try:
        found.stat = Stat.of(os.lstat(root / path))
        data, found.stat = read_file(root / path, within=root, limit=LARGEST)
    except FileNotFoundError:
        found.is_gone = True
        return found
    except TryAgainError as error:
        found.problem, found.stat, found.must_wait = str(error), Stat(0, 0, 0, 0), True
        return found
    except DeskError as error:
        found.problem = str(error)
        return found
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - as below
        found.problem = f"{path}: cannot be read ({type(error).__name__})"
        return found
    return read_data(found, data, done)


def read_data(found: ReadFile, data: bytes, done: frozenset[str] | None) -> ReadFile:
    """The rows of a file whose bytes these are, put into `found`."""
    path = found.path
    try:
        ticket = read_ticket_file(data, place=path).ticket
        found.rows = table_rows(path, ticket)
        if done is not None:
            # Its modules are needed by those who ask, not by a mail.
            facts = importlib.import_module("helpdesk_cli.storage.index_facts")
            found.facts = facts.fact_rows(path, ticket, done)
    except TryAgainError as error:
        found.problem, found.stat, found.must_wait = str(error), Stat(0, 0, 0, 0), True
    except DeskError as error:
        found.problem = str(error)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - a fault of ours over one file must not hide all the others
        found.problem = f"{path}: cannot be read ({type(error).__name__})"
    if found.problem:
        found.data = data[:4_000_000]
    return found


def _ended(root: Path, path: str, why: str) -> ReadFile:
    try:
        stat = Stat.of(os.lstat(root / path))
    except FileNotFoundError:
        return ReadFile(path, is_gone=True)
    return ReadFile(path, stat, problem=f"{path}: cannot be read ({why})")
