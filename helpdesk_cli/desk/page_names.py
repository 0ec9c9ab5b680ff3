"""Names of templates and articles as people type them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.errors import NotFoundError
from helpdesk_cli.storage.settings import suggest

if TYPE_CHECKING:
    from collections.abc import Sequence


def find_name(said: str, names: Sequence[str], *, what: str) -> str:
    """The name that is meant: itself, or the one that ends in `/said`. Raises NotFoundError."""
    wanted = said.strip().casefold().removesuffix(".md")
    if wanted in names:
        return wanted
    ending = [name for name in names if name.endswith(f"/{wanted}")]
    if len(ending) == 1 and wanted:
        return ending[0]
    if ending:
        raise NotFoundError(f'there are several {what}s called "{said}"', "", f"Say {' or '.join(ending)}.")
    lasts = {name.rpartition("/")[2]: name for name in names}
    raise NotFoundError(f'there is no {what} "{said}"', "", suggest(wanted, [*names, *lasts]))
