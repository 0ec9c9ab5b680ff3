"""What an agent says in answer to a notice: commands, then words for the customer; or why that is unclear.

The notice that they answer is internal, so only words that are beyond doubt the agent's own are taken: all of
them above what is quoted, or all of them below quoted lines that are marked as such (RELIABILITY T42).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helpdesk_cli.mail.marks import is_forward_subject
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from helpdesk_cli.mail.model import Part, Segment

# What a command takes: nothing, one word or name, words with signs. `note` turns the rest into a note.
_TAKES = {
    "note": "",
    "resolve": "",
    "close": "",
    "status": "WORD",
    "assign": "NAME",
    "priority": "WORD",
    "tag": "WORD -WORD",
}
COMMANDS = tuple(_TAKES)
# `#42` is a number and `# Prices` a heading: people write both to customers. `#note: x` and `# note` are
# slips of the pen, and what follows was not meant for a customer.
_COMMAND = re.compile(r"[#＃]([^\W\d_][\w-]*)(?:[ \t]+(.*))?", re.DOTALL)
_LIKE_COMMAND = re.compile(rf"[#＃](?:[^\W\d_]|[ \t]*(?:{'|'.join(COMMANDS)})\b)", re.IGNORECASE)
_HIDDEN_COMMAND = re.compile(rf"^[ \t]*[#＃][ \t]*(?:{'|'.join(COMMANDS)})\b", re.IGNORECASE | re.MULTILINE)
# What programs put below a mail without the usual `-- `.
_ADVERT = re.compile(
    r"(?:sent (?:from|with|via)|get outlook|gesendet (?:von|mit)|von meinem .{1,40} gesendet"
    r"|envoyé (?:de|depuis)|enviado (?:desde|de)|inviato da)\b",
    re.IGNORECASE,
)
_SIGNATURES = frozenset(
    ("application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature")
)
_ENCRYPTED = frozenset(("application/pgp-encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"))
_ATTRIBUTION_LINES = 4
_SHINGLE = 8  # words in a row that nobody writes twice by chance
_LONGEST = 2_000_000


class UnclearError(ValueError):
    """Why the mail cannot be sent on as it is: a sentence."""


@dataclass(frozen=True, slots=True)
class AgentAnswer:
    """`commands` are (name, argument), in order; `text` the rest, "" for none; `is_note`: it stays inside."""

    commands: tuple[tuple[str, str], ...]
    text: str
    is_note: bool = False


def read_answer(body: Sequence[Segment], *, subject: str, footer: str) -> AgentAnswer:
    """The commands and the words of an answer. Raises UnclearError.

    `footer` begins the last line of every notice: where an agent's own words hold it, the notice is
    quoted without marks.
    """
    if is_forward_subject(subject):
        raise UnclearError("it is a forwarded mail, so that it is not certain which words are yours")
    text = _own_text(body)
    if any(line.lstrip("> \t|").startswith(footer) for line in text.split("\n")):
        raise UnclearError(
            "the notice is quoted in it without marks, so that it is not certain what is yours"
        )
    return _split(text)


def files_of(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The files that go along; a signature of the mail as a whole does not. Raises UnclearError."""
    kept = tuple(part for part in parts if part.content_type not in _SIGNATURES)
    for part in kept:
        if part.content_type in _ENCRYPTED:
            raise UnclearError("it is encrypted, and the desk cannot read it")
        if part.content_type.startswith("message/"):
            raise UnclearError("a mail is attached to it, which may be the notice itself")
    return kept


def repeats(text: str, others: Iterable[str]) -> bool:
    """Whether the text has eight words in a row of any of the others: something was quoted unmarked."""
    words = _words(text)
    own = {tuple(words[at : at + _SHINGLE]) for at in range(len(words) - _SHINGLE + 1)}
    if not own:
        return False
    for other in others:
        theirs = _words(other)
        if any(tuple(theirs[at : at + _SHINGLE]) in own for at in range(len(theirs) - _SHINGLE + 1)):
            return True
    return False


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text[:_LONGEST].casefold())


def _own_text(body: Sequence[Segment]) -> str:
    """The agent's words; how they close them is theirs as well, unlike what stands below a `-- `."""
    filled = [segment for segment in body if segment.text.strip()]
    kinds = [segment.kind for segment in filled]
    if "quote" not in kinds:
        return _joined(filled)
    first, last = kinds.index("quote"), len(kinds) - 1 - kinds[::-1].index("quote")
    above, below = filled[:first], filled[last + 1 :]
    if "text" not in kinds[first:]:
        return _joined(above)
    if "text" not in kinds[: last + 1] and all(_is_marked(segment.text) for segment in filled[: last + 1]):
        return _joined(below)
    raise UnclearError(
        "your words stand between quoted ones, so that it is not certain what is yours: "
        "write all of them above what you quote"
    )


def _joined(segments: Sequence[Segment]) -> str:
    return "".join(_before_signature(segment) for segment in segments).strip("\n")


def _before_signature(segment: Segment) -> str:
    """All of what was written; of a signature what stands above its mark: "Best regards, Dana"."""
    if segment.kind != "signature":
        return segment.text
    lines = segment.text.split("\n")
    marked = (at for at, line in enumerate(lines) if line.rstrip() == "--" or _ADVERT.match(line.strip()))
    return "\n".join(lines[: next(marked, len(lines))])


def _is_marked(quote: str) -> bool:
    """Whether each quoted line is marked, but for the "Ada wrote:" above them."""
    lines = [line for line in quote.split("\n") if line.strip()]
    marked = [line.lstrip().startswith(">") for line in lines]
    begin = marked.index(True) if True in marked else len(lines)
    return begin <= _ATTRIBUTION_LINES and all(marked[begin:])


def _split(text: str) -> AgentAnswer:
    lines = text.split("\n")
    commands: list[tuple[str, str]] = []
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        match = _COMMAND.fullmatch(line)
        if line and match is None:
            if _LIKE_COMMAND.match(line):
                raise UnclearError(f'"{line[:60]}" is not quite a command; there are {_known()}')
            break
        if match is not None:
            commands.append(_command(match[1].casefold(), (match[2] or "").strip(), line))
        at += 1
    names = [name for name, _ in commands]
    for name in names:
        if name != "tag" and names.count(name) > 1:
            raise UnclearError(f"#{name} stands in it twice")
    if len({"resolve", "close", "status"} & set(names)) > 1:
        raise UnclearError("it says more than one status")
    rest = "\n".join(lines[at:]).strip("\n")
    if _HIDDEN_COMMAND.search(rest):
        raise UnclearError("a command stands below other words: commands are the first lines")
    return AgentAnswer(tuple(commands), rest if rest.strip() else "", is_note="note" in names)


def _command(name: str, argument: str, line: str) -> tuple[str, str]:
    if name not in _TAKES:
        raise UnclearError(f'there is no command "{line[:60]}"; there are {_known()}')
    takes = _TAKES[name]
    if bool(argument) != bool(takes):
        said = (
            f"takes {takes}"
            if takes
            else "takes nothing: what is meant for the customer begins a line of its own"
        )
        raise UnclearError(f"#{name} {said}")
    return name, argument


def _known() -> str:
    return " ".join(f"#{each}" for each in COMMANDS)
