"""Whether a message only says thanks, so that it need not reopen anything. DECISIONS 23."""

from __future__ import annotations

import unicodedata
from functools import cache

from helpdesk_cli.mail.wording_thanks import GREETINGS, PHRASES, UNSPACED

_LONGEST = 240
_MOST_NAME_WORDS = 3

_DOUBT = frozenset("?？؟;；@/\\=<>…")
_ENDS = frozenset(".!¡,:\n。！、，।؛،·–—()*")
_SMILEYS = (" :)", " ;)", " :-)", " ;-)", " :d")


def only_thanks(new_text: str) -> bool:
    """Whether the text is thanks and nothing else; in doubt False."""
    text = new_text.strip().replace("’", "'")
    if not text or len(text) > _LONGEST or "..." in text:
        return False
    if any(character in _DOUBT or character.isdigit() for character in text):
        return False
    thanked = False
    for number, piece in enumerate(_sentences(text)):
        words = " ".join(piece.casefold().split())
        thanks = _reads_as_thanks(words)
        if thanks is None and not (_greets(words) if number == 0 else thanked and _may_be_name(piece)):
            return False
        thanked = thanked or bool(thanks)
    return thanked


def _sentences(text: str) -> list[str]:
    """The pieces between punctuation, dashes and pictures, none of them blank."""
    for smiley in _SMILEYS:
        text = text.replace(smiley, "\n").replace(smiley.upper(), "\n")
    text = text.replace(" - ", "\n")
    ended = "".join("\n" if character in _ENDS or _is_picture(character) else character for character in text)
    return [piece.strip() for piece in ended.split("\n") if piece.strip()]


def _is_picture(character: str) -> bool:
    """An emoji or a part of one: other symbols, joiners, skin tones."""
    return unicodedata.category(character) in ("So", "Sk", "Cf") or character == "\ufe0f"


@cache
def _phrases() -> dict[str, list[tuple[str, bool, bool]]]:
    """First character -> (phrase, whether it thanks, whether a space must follow)."""
    table: dict[str, list[tuple[str, bool, bool]]] = {}
    for text, spaced in ((PHRASES, True), (UNSPACED, False)):
        for entry in _entries(text):
            phrase = entry.removeprefix("=")
            table.setdefault(phrase[0], []).append((phrase, entry.startswith("="), spaced))
    return table


@cache
def _greetings() -> frozenset[str]:
    return frozenset(_entries(GREETINGS))


def _entries(table: str) -> list[str]:
    return [entry for line in table.strip().split("\n") for entry in line.split("|")]


def _reads_as_thanks(words: str) -> bool | None:
    """True: made of known phrases with thanks among them; False: without; None: holds something else."""
    # Position reached -> whether thanks were said on some way there.
    reached: dict[int, bool] = {0: False}
    for at, first in enumerate(words):
        for phrase, thanks, spaced in _phrases().get(first, ()) if at in reached else ():
            end = at + len(phrase)
            if not words.startswith(phrase, at) or (spaced and words[end : end + 1].strip()):
                continue
            end += words[end : end + 1] == " "
            reached[end] = reached.get(end, False) or reached[at] or thanks
    return reached.get(len(words))


def _greets(words: str) -> bool:
    """`hi kim`: a greeting and at most a name."""
    split = words.split()
    return any(
        " ".join(split[:size]) in _greetings() and len(split) - size <= _MOST_NAME_WORDS
        for size in range(1, len(split) + 1)
    )


def _may_be_name(piece: str) -> bool:
    """Two or three capitalised words, as people sign."""
    names = piece.split()
    return len(names) <= _MOST_NAME_WORDS and all(
        name[0].isupper() and name.replace("-", "").isalpha() for name in names
    )
