"""`@lee` in a note: which agents it calls. Pure: asked by `desk note` and by whoever tells them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MENTIONS = "mentions"
# Not the @ of an address, nor of a path (`git@host`, `HEAD@{1}`, `x/@scope`).
_AT = re.compile(r"(?<![\w.@/+=:-])@([a-z0-9][a-z0-9._-]*)", re.IGNORECASE | re.ASCII)


def mentioned(text: str, agents: Iterable[str]) -> tuple[str, ...]:
    """The agents (their keys) that the text calls by `@KEY`, each once, in order."""
    known = {agent.casefold(): agent for agent in agents}
    found = (_known(word, known) for word in _words(text))
    return tuple(dict.fromkeys(agent for agent in found if agent))


def unknown_mentions(text: str, agents: Iterable[str]) -> tuple[str, ...]:
    """The words behind an @ that are no agent, each once, in order."""
    known = {agent.casefold(): agent for agent in agents}
    return tuple(dict.fromkeys(word.rstrip("._-") for word in _words(text) if not _known(word, known)))


def _words(text: str) -> list[str]:
    # An address begins with what is no @: `@lee@example.org` is none of ours either.
    return [match[1] for match in _AT.finditer(text) if text[match.end() : match.end() + 1] != "@"]


def _known(word: str, known: dict[str, str]) -> str:
    """The agent of that name; a stop behind it belongs to the sentence unless the name has it."""
    while word:
        if agent := known.get(word.casefold()):
            return agent
        if word[-1] not in "._-":
            return ""
        word = word[:-1]
    return ""
