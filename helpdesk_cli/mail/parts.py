"""The parts of a mail: which of them are the text, in what order, and which are attachments.

The structure is the one that mail-parser reads (its `message`, the compat32 policy of the standard
library); the walk over it is ours, as mail-parser drops unnamed parts and text/calendar, joins every
text part and opens attached mails. Here attached mails stay closed: they are bytes, as they came.
"""

from __future__ import annotations

import email
import re
from dataclasses import dataclass, field
from email.errors import MissingHeaderBodySeparatorDefect
from email.message import Message
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

from helpdesk_cli.mail.alternatives import RENDITIONS, choose
from helpdesk_cli.mail.headers import header_text, message_ids, parameters
from helpdesk_cli.mail.transfer import transfer_decoded

if TYPE_CHECKING:
    from collections.abc import Iterator

Role = Literal["plain", "html", "attached"]

# Text that is not for reading as the body of a mail.
_FILES: Final = frozenset(
    [
        "calendar",
        "csv",
        "css",
        "javascript",
        "rfc822-headers",
        "rtf",
        "vcard",
        "x-vcard",
        "directory",
        "xml",
        "x-patch",
        "x-diff",
        "patch",
        "x-python",
        "x-sh",
        "x-shellscript",
        "x-csrc",
        "x-chdr",
        "x-log",
        "tab-separated-values",
        "troff",
        "sgml",
        "x-tex",
        "cache-manifest",
        "x-moz-deleted",
    ]
)
_CONTENT_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,80}")


class Unopened(Message):
    """A message of the standard library that leaves attached mails unparsed, whatever their depth."""

    source: str = ""  # the undecoded body of a part that has no parts; bytes as surrogates

    def set_payload(self, payload: Any, charset: Any = None) -> None:  # noqa: ANN401 - the signature of the base
        """Keep the body before its character set is applied to it."""
        if isinstance(payload, str):
            self.source = payload
        super().set_payload(payload, charset)

    def get_content_type(self) -> str:
        """The type, for the parser: an attached mail is bytes to it."""
        kind = super().get_content_type()
        return "application/octet-stream" if kind.startswith("message/") else kind

    @property
    def kind(self) -> str:
        """The type as the part says it, lower-case, always `type/subtype`."""
        kind = super().get_content_type()
        return kind if _CONTENT_TYPE.fullmatch(kind) else "application/octet-stream"

    def said(self, name: str) -> list[str]:
        """The values of the headers of that (lower-case) name, bytes as surrogates."""
        return [str(value) for key, value in self.raw_items() if key.lower() == name]

    def first(self, name: str) -> str:
        """The first of them, or ""."""
        return next(iter(self.said(name)), "")


@dataclass(slots=True, eq=False)
class Leaf:
    """A part without parts."""

    node: Unopened
    kind: str
    role: Role
    original_name: str = ""
    content_id: str = ""
    inline: bool = False
    parameters: dict[str, str] = field(default_factory=dict)
    content: bytes = b""

    @property
    def charset(self) -> str:
        """The character set that the part names, or ""."""
        return self.parameters.get("charset", "")


def parse(raw: bytes) -> Unopened:
    """The structure of a mail; raises what the standard library's parser raises."""
    return email.message_from_bytes(raw, _class=Unopened)


class Walk:
    """The leaves of a mail in reading order, and the problems met on the way."""

    def __init__(self, root: Unopened, *, depth: int) -> None:
        """Walk `root`, entering parts in parts `depth` times at most."""
        self._depth = depth
        self.problems: list[str] = []
        self._declared: set[str] = set()  # boundaries met so far
        self.leaves = self._leaves(root, 0, top=True)
        if not any(leaf.role != "attached" for leaf in self.leaves):
            self._find_text(root)

    def _leaves(self, node: Unopened, level: int, *, top: bool = False) -> list[Leaf]:
        node = node if top else _with_whole_head(node)
        kind = node.kind
        self._declared.update(
            value for key, value in parameters(node.first("content-type")) if key == "boundary"
        )
        children = self._children(node, kind, top=top)
        if children is None or level >= self._depth:
            return [self._leaf(node, kind, top=top)]
        if kind == "multipart/alternative":
            return choose([self._leaves(child, level + 1) for child in children])
        leaves = [leaf for child in children for leaf in self._leaves(child, level + 1)]
        if kind == "multipart/related":
            for leaf in leaves:
                leaf.inline = leaf.inline or bool(leaf.content_id)
        if kind == "multipart/report":
            # RFC 6522: what follows the text for people is for programs, and attached.
            first = self._leaves(children[0], level + 1) if children else []
            for leaf in leaves[len(first) :]:
                leaf.role = "attached"
        return leaves

    def _children(self, node: Unopened, kind: str, *, top: bool) -> list[Unopened] | None:
        """The parts of a part; None when it has none."""
        payload: Any = node.get_payload() if node.is_multipart() else None
        if payload is not None:
            real = [
                child for child in payload if child.keys() or child.source.strip() or child.is_multipart()
            ]
            if real and not (
                len(payload) == 1 and not real[0].is_multipart() and _boundary_in(real[0].source)
            ):
                return real
        if kind.startswith("multipart/") or (top and "content-type" not in node):
            source = _outermost(node) if payload is not None else node.source
            if "base64" in node.first("content-transfer-encoding").lower():
                source = transfer_decoded(source, "base64")[0].decode("ascii", "surrogateescape")
            found = _boundary_in(source)
            if found and (kind.startswith("multipart/") or f"\n--{found}--" in source):
                return self._parsed_again(source, found)
        if kind.startswith("text/") and "\n--" in node.source:
            return self._split(node)
        return [] if payload is not None and not node.source and not _outermost(node).strip() else None

    def _split(self, node: Unopened) -> list[Unopened] | None:
        """The parts in a text whose own multipart was closed too early: its delimiters stand in the text."""
        found = _boundary_in(node.source)
        if found not in self._declared:
            return None
        own = "".join(
            f"{key}: {value}\n" for key, value in node.raw_items() if key.lower().startswith("content-")
        )
        return self._parsed_again(f"--{found}\n{own}\n{node.source}", found)

    def _parsed_again(self, source: str, boundary: str) -> list[Unopened] | None:
        """The parts of a body whose boundary only the body tells."""
        self.problems.append("boundary-guessed")
        head = f'Content-Type: multipart/mixed; boundary="{boundary}"\n\n'
        again = parse((head + source).encode("ascii", "surrogateescape"))
        payload: Any = again.get_payload() if again.is_multipart() else None
        return list(payload) if payload else None

    def _leaf(self, node: Unopened, kind: str, *, top: bool) -> Leaf:
        said = node.first("content-type")
        placed = node.first("content-disposition")
        about = dict(reversed(parameters(said)))
        name = _name(placed, about)
        self._check_mime(node, placed, about)
        disposition = placed.partition(";")[0].strip().lower()
        content_id = "".join(message_ids(node.first("content-id"))[:1])
        if kind.startswith("multipart/"):
            kind = "text/plain"  # parts that could not be told from each other: to be read as they stand
        content, problem = transfer_decoded(
            node.source or _outermost(node), node.first("content-transfer-encoding")
        )
        if problem:
            self.problems.append(problem)
        leaf = Leaf(
            node=node,
            kind=kind,
            role="attached",
            original_name=name,
            content_id=content_id,
            inline=disposition == "inline" or (bool(content_id) and disposition != "attachment"),
            parameters=about,
            content=content,
        )
        named = bool(name) and not (top and disposition != "attachment")
        if (disposition != "attachment" and not named) or (top and disposition == "attachment" and not name):
            leaf.role = body_role(kind)
        return leaf

    def _check_mime(self, node: Unopened, placed: str, about: dict[str, str]) -> None:
        """RELIABILITY T14: another program may see another type, another name than we do."""
        if len(node.said("content-type")) > 1 or len(node.said("content-disposition")) > 1:
            self.problems.append("ambiguous-mime")
        names = {header_text(value) for key, value in parameters(placed) if key == "filename"}
        if "name" in about:
            names.add(header_text(about["name"]))
        if len(names) > 1:
            self.problems.append("ambiguous-mime")

    def _find_text(self, root: Unopened) -> None:
        """No part is the text: show a text that only its name made an attachment, or the preamble."""
        for leaf in self.leaves:
            if leaf.kind == "text/plain" and leaf.inline:
                shown = Leaf(leaf.node, leaf.kind, "plain", parameters=leaf.parameters, content=leaf.content)
                self.leaves.insert(0, shown)
                return
        stray = "\n".join(filter(None, (root.preamble, root.epilogue))) if root.is_multipart() else ""
        if stray.strip() and not re.search(r"multi-?part message in MIME|MIME format", stray, re.IGNORECASE):
            leaf = Leaf(root, "text/plain", "plain", content=stray.encode("ascii", "surrogateescape"))
            self.leaves.insert(0, leaf)


def body_role(kind: str) -> Role:
    """Whether a part of this type is text to read, when nothing else makes it an attachment."""
    main, _, sub = kind.partition("/")
    if main != "text" or sub in _FILES or kind in RENDITIONS:
        return "attached"
    return "html" if sub == "html" else "plain"


def _name(placed: str, about: dict[str, str]) -> str:
    """The name of a part: filename*, filename, name*, name, in this order (T14)."""
    for key, value in parameters(placed):
        if key == "filename" and value:
            return header_text(value)
    return header_text(about.get("name", ""))


_HEAD_LINE: Final = re.compile(r"[!-9;-~]+:|[ \t]+\S|[\w*-]+=")


def _with_whole_head(node: Unopened) -> Unopened:
    """The part with the rest of its headers, when a line folded without a space ended them."""
    if not any(isinstance(defect, MissingHeaderBodySeparatorDefect) for defect in node.defects):
        return node
    source = node.source.replace("\r\n", "\n")
    block, blank, body = source.partition("\n\n")
    lines = block.split("\n")
    if not blank or not all(_HEAD_LINE.match(line) for line in lines):
        return node
    own = "".join(f"{key}: {value}\n" for key, value in node.raw_items())
    more = "".join(f"{line}\n" if ":" in line.partition("=")[0] else f" {line}\n" for line in lines)
    again = parse(f"{own}{more}\n{body}".encode("ascii", "surrogateescape"))
    again.set_default_type(node.get_default_type())
    return again


def _outermost(node: Unopened) -> str:
    """What a multipart holds beside its parts."""
    return "\n".join(piece for piece in (node.preamble, node.epilogue) if piece)


@cache
def _delimiter() -> re.Pattern[str]:
    return re.compile(
        r"^--([^\s-][^\r\n]{0,199}?|-[^\r\n]{1,199}?)[ \t]*\r?\n(?=content-[a-z-]+[ \t]*:)",
        re.IGNORECASE | re.MULTILINE,
    )


def _boundary_in(source: str) -> str:
    """The boundary that a body uses without its header saying so; "" when it has none."""
    match = _delimiter().search(source)
    return match[1] if match and '"' not in match[1] else ""


def bodies(leaves: list[Leaf]) -> Iterator[Leaf]:
    """The leaves that are text."""
    return (leaf for leaf in leaves if leaf.role != "attached")
