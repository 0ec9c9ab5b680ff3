"""A ticket file as a reader sees it: rendered by two Markdown renderers, then read as a tree of HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options
from markdown_it import MarkdownIt
from mdit_py_plugins.front_matter import front_matter_plugin

_VOID = {"br", "hr", "img", "input", "meta", "link"}
_COMMENT = re.compile(r"<!--(.*?)--!?>", re.DOTALL)


@dataclass
class Node:
    """An element or a comment; text is a Node without children whose name is ""."""

    name: str
    text: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)

    @property
    def content(self) -> str:
        """All text in it."""
        return self.text + "".join(child.content for child in self.children if child.name != "#comment")

    def every(self, name: str) -> list[Node]:
        """All elements of that name in it, itself included."""
        found = [self] if self.name == name else []
        return found + [node for child in self.children for node in child.every(name)]

    @property
    def elements(self) -> list[Node]:
        """Its children that are not space."""
        return [child for child in self.children if child.name or child.text.strip()]


def with_commonmark(text: str) -> str:
    """As CommonMark, with tables, strikethrough and front matter, says."""
    renderer = MarkdownIt("commonmark").enable(["table", "strikethrough"]).use(front_matter_plugin)
    return str(renderer.render(text))


def with_github(text: str) -> str:
    """As GitHub's own renderer says, all of its extensions on; front matter is cut off."""
    below = text.split("\n---\n", 1)[1]
    return str(cmarkgfm.github_flavored_markdown_to_html(below, options=Options.CMARK_OPT_UNSAFE))


RENDERERS = [with_commonmark, with_github]


def read_html(html: str) -> Node:
    """The page as a tree; a closing tag that closes nothing, and an element left open, are errors."""
    tree = _Tree()
    position = 0
    for comment in _COMMENT.finditer(html):  # as HTML 5 ends them, which html.parser learnt late
        tree.feed(html[position : comment.start()])
        tree.open[-1].children.append(Node("#comment", comment[1]))
        position = comment.end()
    tree.feed(html[position:])
    tree.close()
    if len(tree.open) != 1:
        raise ValueError(f"left open: {[node.name for node in tree.open[1:]]}")
    return tree.open[0]


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Node("page")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, attributes={name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in _VOID:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        if self.open.pop().name != tag:
            raise ValueError(f"closes nothing: {tag}")

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(Node("", data))
