"""`desk tag`: words on tickets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helpdesk_cli.desk.changing import Decided, Outcome, change_each
from helpdesk_cli.errors import UsageError
from helpdesk_cli.tickets.changes import change_list, change_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.tickets.ticket import Ticket

_TAG = re.compile(r"[^\W_][\w./:@-]{0,59}")


def check_tag(word: str) -> str:
    """The tag in small letters. Raises UsageError for what cannot be one."""
    tag = word.strip().casefold()
    if not _TAG.fullmatch(tag):
        raise UsageError(
            f'"{word}" is not a tag',
            "",
            "A tag is one word of letters, digits and . / : @ _ -, up to 60 long.",
        )
    return tag


def tag(
    desk: Desk,
    words: Iterable[str],
    *,
    added: Sequence[str] = (),
    removed: Sequence[str] = (),
    actor: Actor,
    dry_run: bool = False,
) -> Outcome:
    """Put tags on tickets and take tags off. Raises UsageError for what is no tag."""
    new, old = tuple(map(check_tag, added)), tuple(map(check_tag, removed))
    if clash := sorted(set(new) & set(old)):
        raise UsageError(f'the tag "{clash[0]}" is both added and removed')

    def decide(_: Door, ticket: Ticket) -> Decided:
        changes = change_list(ticket, "tags", added=new, removed=old)
        return Decided(changes, ", ".join(map(change_text, changes)))

    return change_each(desk, words, decide, actor=actor, dry_run=dry_run)
