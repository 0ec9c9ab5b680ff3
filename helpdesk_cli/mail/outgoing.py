"""The bytes of a letter: strict in every header, plain in its body (RELIABILITY G26)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpdesk_cli.mail.letter import Letter

# As Request Tracker does it: the first four tell where the thread began, the last six where it is.
_FIRST, _LAST = 4, 6


def trim_references(references: tuple[str, ...]) -> tuple[str, ...]:
    """At most ten of the ids, each once: the first four and the last six."""
    ids = tuple(dict.fromkeys(references))
    return ids if len(ids) <= _FIRST + _LAST else (*ids[:_FIRST], *ids[-_LAST:])


def write_letter(letter: Letter) -> bytes:
    """The mail with CRLF line ends. Raises UsageError for what is not fit to be sent."""
    raise NotImplementedError(letter.message_id)
