"""The tickets of a commit as an index in memory: for a look at how everything was. No file is touched."""

from __future__ import annotations

import importlib
import os
import re
from itertools import islice
from typing import TYPE_CHECKING

from helpdesk_cli.storage import git, index_facts
from helpdesk_cli.storage.folder import Stat
from helpdesk_cli.storage.index import Index
from helpdesk_cli.storage.index_read import LARGEST, MANY, ReadFile, read_data
from helpdesk_cli.storage.index_tables import is_ticket_name, is_utf8
from helpdesk_cli.storage.trees import Leaf, contents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from helpdesk_cli.storage.layout import Layout

_PLACE = re.compile(r"tickets/[0-9]{4}/[0-9]{2}/[^/]+")
_CHUNK = 250
_GROUP = 50


class CommitIndex(Index):
    """An index, in memory, of what the ticket files said in that commit."""

    def __init__(
        self,
        layout: Layout,
        commit: str,
        *,
        done: frozenset[str],
        with_texts: bool = True,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """`commit` is its full name; `done` are the folded words of the statuses that are done.

        Without texts it can be asked nothing of what messages say, and is made sooner.
        """
        super().__init__(layout.tmp / "of-a-commit.db", layout.root, now_ns=0)
        self._layout, self._commit, self._done = layout, commit, done
        self._with_texts = with_texts
        self.fill(progress)

    def _is_writable(self) -> bool:
        """In memory, always."""
        return False

    def fill(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Read every ticket file of the commit."""
        index_facts.prepare(self, self._done or frozenset())
        found = ticket_leaves(self._layout, self._commit)
        results = _read_all(self._layout, found, self._done or frozenset())
        taken = 0
        while chunk := list(islice(results, _CHUNK)):
            for each in chunk:
                if each.facts is not None and not self._with_texts:
                    each.facts["texts"] = []
            with self.transaction():
                self._take(chunk)
                self._put_facts(chunk)
            taken += len(chunk)
            if progress:
                progress(taken, len(found))


def ticket_leaves(layout: Layout, commit: str) -> dict[str, Leaf]:
    """The ticket files of a commit, by their paths from the desk's root."""
    args = ["ls-tree", "-r", "-z", "--full-tree", commit, "--", f"{layout.prefix}tickets"]
    found = {}
    for line in git.run(layout, args).split(b"\0")[:-1]:
        facts, _, name = line.partition(b"\t")
        mode, _, blob = facts.decode().split(" ")
        path = name.decode("utf-8", "surrogateescape").removeprefix(layout.prefix)
        leaf = Leaf(mode, blob)
        if leaf.is_file and is_utf8(path) and _PLACE.fullmatch(path) and is_ticket_name(path):
            found[path] = leaf
    return found


def _read_all(layout: Layout, found: dict[str, Leaf], done: frozenset[str]) -> Iterator[ReadFile]:
    """Each file's rows; of many on several processors, as `index_read` does it."""
    blobs = contents(layout, [leaf.blob for leaf in found.values()])
    jobs = ((path, (path, data)) for path, (_, data) in zip(found, blobs, strict=True))

    def work(job: tuple[str, bytes]) -> ReadFile:
        return _read(*job, done)

    workers = len(os.sched_getaffinity(0))
    if len(found) < MANY or workers < 2:  # noqa: PLR2004 - one child alone saves nothing
        yield from (work(job) for _, job in jobs)
        return
    sandbox = importlib.import_module("helpdesk_cli.storage.sandbox")
    results = sandbox.Results(work, jobs, workers=workers + 1, group=_GROUP)
    try:
        for path, result in results:
            read = isinstance(result, ReadFile)
            yield result if read else ReadFile(path, problem=f"{path}: cannot be read ({result})")
    finally:
        results.close()


def _read(path: str, data: bytes, done: frozenset[str]) -> ReadFile:
    found = ReadFile(path, Stat(0, len(data), 0, 0))
    if len(data) > LARGEST:
        found.problem = f"{path}: too large"
        return found
    return read_data(found, data, done)
