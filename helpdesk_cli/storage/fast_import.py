"""What git-fast-import(1) is told: blobs and commits, with nothing in them that reads as a command."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from helpdesk_cli.storage.pending import Commit, Entry
    from helpdesk_cli.storage.refs import Head


def blob_stream(contents: Iterable[bytes]) -> Iterator[bytes]:
    """The stream that stores these contents and nothing else."""
    for content in contents:
        yield b"blob\n"
        yield from _data(content)
    yield b"done\n"


def commit_stream(
    head: Head, changes: Sequence[tuple[Entry, Mapping[str, bytes | None]]], committer: tuple[str, str]
) -> Iterator[bytes]:
    """The stream that makes a commit of each change on the branch, and prints the name of the last.

    The first commit names its parent, the others follow on the branch.
    """
    parent = f"from {head.tip}\n".encode() if head.tip else b""
    for number, (entry, blobs) in enumerate(changes, start=1):
        commit = entry.commit
        yield b"commit %s\nmark :%d\n" % (as_bytes(head.branch), number)
        yield b"author %s %s\n" % (_person(commit.author), _date(commit))
        yield b"committer %s %s\n" % (_person(committer), _date(commit))
        yield from _data(_message(commit))
        yield parent
        for path, content in blobs.items():
            if content is None:
                yield b"D %s\n" % _quoted(path)
            else:
                yield b"M 100644 inline %s\n" % _quoted(path)
                yield from _data(content)
        parent = b""
    yield b"get-mark :%d\ndone\n" % len(changes)


def merge_stream(
    ref: str,
    parents: Sequence[str],
    commit: Commit,
    changes: Mapping[str, tuple[str, str | bytes] | None],
    committer: tuple[str, str],
) -> Iterator[bytes]:
    """The stream that makes one commit, of several parents, under `ref`, and prints its name.

    `changes` are against the first parent: mode and blob (its name, or the bytes of a new one) by path.
    """
    yield b"commit %s\nmark :1\n" % as_bytes(ref)
    yield b"author %s %s\n" % (_person(commit.author), _date(commit))
    yield b"committer %s %s\n" % (_person(committer), _date(commit))
    yield from _data(_message(commit))
    for word, parent in zip(["from", *["merge"] * len(parents)], parents, strict=False):
        yield f"{word} {parent}\n".encode()
    # What goes comes first: a folder may take the place of a file.
    for path, change in sorted(changes.items(), key=lambda item: item[1] is not None):
        if change is None:
            yield b"D %s\n" % _quoted(path)
        elif isinstance(change[1], bytes):
            yield b"M %s inline %s\n" % (change[0].encode(), _quoted(path))
            yield from _data(change[1])
        else:
            yield b"M %s %s %s\n" % (change[0].encode(), change[1].encode(), _quoted(path))
    yield b"get-mark :1\ndone\n"


def _data(content: bytes) -> tuple[bytes, bytes, bytes]:
    return b"data %d\n" % len(content), content, b"\n"


def _message(commit: Commit) -> bytes:
    text = commit.message.replace("\0", "\N{REPLACEMENT CHARACTER}").rstrip()
    return text.encode("utf-8", "replace") + b"\n"


def _person(person: tuple[str, str]) -> bytes:
    """`Name <address>` with nothing in it that git reads as structure; never without a name."""
    name, email = ("".join(char for char in text if char >= " " and char not in "<>\x7f") for text in person)
    name, email = name.strip(" .,:;\"'\\"), email.strip()
    return f"{name or email or 'unknown'} <{email}>".encode("utf-8", "replace")


def _date(commit: Commit) -> bytes:
    """Seconds and zone; git has no times before 1970, and zones of whole minutes."""
    offset = commit.at.utcoffset() or timedelta()
    minutes = abs(offset) // timedelta(minutes=1)
    sign = "-" if offset < timedelta() else "+"
    return f"{max(0, int(commit.at.timestamp()))} {sign}{minutes // 60:02d}{minutes % 60:02d}".encode()


def _quoted(path: str) -> bytes:
    """A path as fast-import reads it: C-quoted where it could be taken for quoted, or has a newline."""
    raw = as_bytes(path)
    if not (raw.startswith(b'"') or b"\n" in raw):
        return raw
    escaped = raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + escaped + b'"'


def as_bytes(path: str) -> bytes:
    """A path or branch as git knows it."""
    return path.encode("utf-8", "surrogateescape")
