"""rules.yaml as a commit has it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helpdesk_cli.errors import NotFoundError, TryAgainError
from helpdesk_cli.storage import git
from helpdesk_cli.storage.rules_file import NAME

if TYPE_CHECKING:
    from helpdesk_cli.storage.layout import Layout

# What names a commit and can be no option of git's: `HEAD~2`, `origin/main`, `v1^{commit}`.
_REVISION = re.compile(r"\w[\w./@^~{}+-]{0,199}", re.ASCII)


def read_revision(layout: Layout, revision: str) -> bytes:
    """The bytes of rules.yaml in that commit. Raises NotFoundError where there is no such commit or file."""
    hint = "Name a file, or a commit that has a rules.yaml: HEAD, origin/main."
    if not _REVISION.fullmatch(revision):
        raise NotFoundError("is neither a file nor a commit", revision, hint)
    try:
        return git.run(layout, ["cat-file", "blob", f"{revision}:{layout.prefix}{NAME}"])
    except git.GitError as error:
        if not error.said:
            raise TryAgainError(error.message, error.place, error.hint) from None
        raise NotFoundError(f"git has no {NAME} there", revision, hint) from None
