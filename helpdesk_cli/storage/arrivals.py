"""Which entries two states of a desk differ by, read from git's objects: whoever wrote them, wherever.

Not from the trailers of commits: what a person committed by hand, or a merge put together, has none. An
entry that stands in another file than before (its ticket got another number) is not a new one.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from helpdesk_cli.storage import git
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from helpdesk_cli.storage.layout import Layout

# An import of ten thousand mails is looked at in pieces: git hands over whole files.
_FILES_A_CALL = 200
_NO_OBJECT = b"0"
ENTRY = re.compile(
    rb"^<!-- desk:(?P<kind>[a-z][a-z0-9-]*) (?P<id>[A-Za-z0-9]+)\r?\n"
    rb"(?P<header>(?:(?!-->|<!-- ).*\n)*)-->\r?$",
    re.MULTILINE,
)
_OUT = re.compile(rb"^direction: out\r?$", re.MULTILINE)
_BY = re.compile(rb"^by: ", re.MULTILINE)
_OPENED = re.compile(rb"^what: opened\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Arrival:
    """An entry that was not there before: the file it stands in (from the desk's root), its kind and id.

    `moves` says whether it may set something in motion; what an import brought does not. `is_out`: the desk
    said it. `is_entered`: an agent wrote down what somebody said. `opens`: with it the ticket began.
    """

    path: str
    kind: str
    id: str
    moves: bool
    is_out: bool = False
    is_entered: bool = False
    opens: bool = False


def arrivals(layout: Layout, since: str, tip: str) -> list[Arrival]:
    """The entries of ticket files that `tip` has and `since` ("" for no commit at all) has not."""
    changed = _changed(layout, since, tip)
    before: set[str] = set()
    for data in _contents(layout, [old for old, _, _ in changed]):
        before.update(match["id"].decode() for match in ENTRY.finditer(data))
    kept = [(new, path) for _, new, path in changed if new.strip(_NO_OBJECT)]
    found = []
    for (_, path), data in zip(kept, _contents(layout, [new for new, _ in kept]), strict=True):
        for match in ENTRY.finditer(data):
            if (name := match["id"].decode()) not in before:
                kind, header = match["kind"].decode(), match["header"]
                found.append(Arrival(path, kind, name, _moves(kind, header), **_facts(kind, header)))
    return found


def is_ancestor(layout: Layout, commit: str, of: str) -> bool:
    """Whether that commit is part of the history of the other; False too where git does not know it."""
    return git.Running(layout, ["merge-base", "--is-ancestor", commit, of]).result()[0] == 0


def _facts(kind: str, header: bytes) -> dict[str, bool]:
    is_out = kind == "message" and bool(_OUT.search(header))
    return {
        "is_out": is_out,
        "is_entered": kind == "message" and not is_out and bool(_BY.search(header)),
        "opens": kind == "event" and bool(_OPENED.search(header)),
    }


def _moves(kind: str, header: bytes) -> bool:
    """Imported mail says nothing of automatic answers, and the ticket it opened was opened by `mail`."""
    if kind in {"message", "note"} and re.search(rb"^moved-from:", header, re.MULTILINE):
        # It was news where it came from.
        return False
    if re.search(rb"^imported:", header, re.MULTILINE):
        # What another helpdesk had.
        return False
    if kind == "message":
        return any(re.search(rb"^%s:" % key, header, re.MULTILINE) for key in (b"answerable", b"by"))
    opened = _OPENED.search(header)
    return not (kind == "event" and opened and re.search(rb"^by: mail\r?$", header, re.MULTILINE))


def _changed(layout: Layout, since: str, tip: str) -> list[tuple[bytes, bytes, str]]:
    """(object before, object after, path) of each ticket file that differs; zeros where there is none."""
    if not since:
        since = git.run(layout, ["hash-object", "-t", "tree", "--stdin"]).decode().strip()
    where = f"{layout.prefix}tickets"
    args = ["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", since, tip, "--", where]
    fields = git.run(layout, args).split(b"\0")[:-1]
    found = []
    for facts, name in zip(fields[::2], fields[1::2], strict=True):
        path = name.decode("utf-8", "surrogateescape")
        _, _, old, new, _ = facts.split(b" ")
        if path.endswith(".md"):
            found.append((old, new, path.removeprefix(layout.prefix)))
    return found


def _contents(layout: Layout, names: Sequence[bytes]) -> Iterator[bytes]:
    """The bytes of each of these objects, in order; zeros are passed over."""
    wanted = (name for name in names if name.strip(_NO_OBJECT))
    while some := list(islice(wanted, _FILES_A_CALL)):
        yield from _read(layout, some)


def _read(layout: Layout, names: Iterable[bytes]) -> Iterator[bytes]:
    out = git.run(layout, ["cat-file", "--batch"], stdin=[name + b"\n" for name in names])
    at = 0
    while at < len(out):
        end = out.index(b"\n", at)
        size = int(out[at:end].rsplit(b" ", 1)[1])
        yield out[end + 1 : end + 1 + size]
        at = end + 1 + size + 1
