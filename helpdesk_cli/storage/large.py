"""Attachments too large for git: `.git/desk/attachments/ab/<sha256>`, on this host only, in backups too."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from helpdesk_cli.errors import NotFoundError
from helpdesk_cli.storage import durable
from helpdesk_cli.storage.folder import read_file

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.storage.layout import Layout


def path_of(layout: Layout, digest: str) -> Path:
    """Where the attachment with that sha256 lies, or would lie."""
    return layout.state / "attachments" / digest[:2] / digest


def keep(layout: Layout, content: bytes) -> str:
    """Keep the bytes durably and give their sha256; keeping twice is keeping once."""
    digest = sha256(content).hexdigest()
    path = path_of(layout, digest)
    durable.make_dirs(path.parent, within=layout.state, modes=layout.modes)
    try:
        durable.write_new(path, content, within=layout.state, modes=layout.modes, tmp=layout.tmp)
    except FileExistsError:
        if sha256(read_file(path, within=layout.state)[0]).hexdigest() != digest:
            durable.replace(path, content, within=layout.state, modes=layout.modes, tmp=layout.tmp)
    return digest


def remove(layout: Layout, digest: str) -> bool:
    """Forget an attachment, for good; False where it is not here. For what was redacted."""
    return durable.remove(path_of(layout, digest), within=layout.state)


def read(layout: Layout, digest: str) -> bytes:
    """The attachment's bytes. Raises NotFoundError on a host that did not take the mail in."""
    try:
        return read_file(path_of(layout, digest), within=layout.state)[0]
    except FileNotFoundError:
        raise NotFoundError(
            "this attachment is kept only on the host that took the mail in", digest[:12], "Ask for it there."
        ) from None
