"""The walk over a mail's parts: which of them are its text, in what order, and which are attachments.

It is ours because mail-parser drops unnamed parts and text/calendar, joins every text part and opens
attached mails. It also finds the parts of multiparts that are broken in the ways that occur.
"""

from __future__ import annotations

import re
from email.errors import MissingHeaderBodySeparatorDefect
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from helpdesk_cli.mail.alternatives import choose
from helpdesk_cli.mail.headers import header_text, message_ids, parameters
from helpdesk_cli.mail.parts import Leaf, body_role, parse
from helpdesk_cli.mail.transfer import transfer_decoded

if TYPE_CHECKING:
    from helpdesk_cli.mail.limits import Limits
    from helpdesk_cli.mail.parts import Unopened

_SEARCHED: Final = 1 << 20  # characters in which a boundary is looked for


class Walk:
    """The leaves of a mail in reading order, and the problems met on the way."""

    def __init__(self, root: Unopened, limits: Limits) -> None:
        """Walk `root`, entering parts in parts `limits.depth` times at most."""
        self._limits = limits
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
        if children is None or level >= self._limits.depth:
            return [self._leaf(node, kind, top=top)]
        if kind == "multipart/alternative":
            return choose([self._leaves(child, level + 1) for child in children])
        branches = [self._leaves(child, level + 1) for child in children]
        leaves = [leaf for branch in branches for leaf in branch]
        if kind == "multipart/related":
            for leaf in leaves:
                leaf.inline = leaf.inline or bool(leaf.content_id)
        # RFC 6522: what follows the text for people is for programs. RFC 2183 section 2.9: a
        # disposition is of all parts in a part.
        first = len(branches[0]) if kind == "multipart/report" and branches else len(leaves)
        attached = not top and _disposition(node) == "attachment"
        for leaf in leaves[0 if attached else first :]:
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
            few = source.count(f"--{found}") <= self._limits.parts
            if found and few and (kind.startswith("multipart/") or f"\n--{found}--" in source):
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
        disposition = _disposition(node)
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


def _disposition(node: Unopened) -> str:
    return node.first("content-disposition").partition(";")[0].strip().lower()


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
    match = _delimiter().search(source, 0, _SEARCHED)
    return match[1] if match and '"' not in match[1] else ""
