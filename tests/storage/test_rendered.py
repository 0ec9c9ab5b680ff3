"""A rendered ticket shows what it is: nothing in a mail imitates, swallows or links anything on the page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import made_tickets as made
import pytest
from hypothesis import given, settings
from rendering import RENDERERS, Node, read_html

from helpdesk_cli.storage.ticket_file import new_ticket_file
from helpdesk_cli.tickets.changes import FieldSet
from helpdesk_cli.tickets.entries import Attachment, Entry, Event, Message, Note, Segment, Tombstone
from helpdesk_cli.tickets.escapes import escape
from helpdesk_cli.tickets.person import Person
from helpdesk_cli.tickets.ticket import Ticket

Renderer = Callable[[str], str]
ADDRESS = re.compile(r"mailto:[^\s<>@]+@[^\s<>@]+")


def skeleton(entry: Entry) -> Iterator[str]:
    """What the page shows of an entry at the top level."""
    yield f"<!-- desk:{entry.kind} {entry.id}"
    if isinstance(entry, Message | Note):
        yield "h2"
        folded = False
        for segment in entry.body:
            if segment.kind == "text":
                yield "pre"
            elif not folded:
                yield "details"
            folded = segment.kind != "text"
        if entry.attachments:
            yield "ul"
    else:
        yield "ul"
    yield f"<!-- /desk:{entry.kind} {entry.id}"


def shown(page: Node) -> Iterator[str]:
    for node in page.elements:
        if node.name == "#comment":
            first, _, _ = node.text.strip().partition("\n")
            yield f"<!-- {first}"
        else:
            yield node.name


def shielded(text: str) -> str:
    """A body as the file has it."""
    whole = text if text.endswith("\n") else f"{text}\n"
    return re.sub(r"^(?=\\*<!-- /?desk:)", r"\\", escape(whole), flags=re.MULTILINE)


def check(ticket: Ticket, render: Renderer) -> None:
    page = read_html(render(str(new_ticket_file(ticket))))
    assert list(shown(page)) == [piece for entry in ticket.entries for piece in skeleton(entry)]
    bodies = [
        part.text for entry in ticket.entries if isinstance(entry, Message | Note) for part in entry.body
    ]
    assert [code.content for code in page.every("code")] == [shielded(text) for text in bodies]
    allowed = {"page", "", "#comment", "h2", "pre", "code", "details", "summary", "ul", "li", "a"}
    assert {node.name for node in walk(page)} <= allowed
    folders = {file.path for entry in ticket.entries for file in getattr(entry, "attachments", ())}
    for link in page.every("a"):
        target = link.attributes["href"]
        assert ADDRESS.fullmatch(target) or (folders and target.startswith(f"{made.ID}/"))
    for heading in page.every("h2"):
        assert not {node.name for node in walk(heading)} - {"h2", "", "a"}


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from walk(child)


@pytest.mark.parametrize("render", RENDERERS)
@given(ticket=made.tickets())
@settings(max_examples=150)
def test_nothing_in_a_mail_becomes_structure_of_the_page(ticket: Ticket, render: Renderer) -> None:
    check(ticket, render)


@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize("attack", made.ATTACKS)
def test_known_attacks_do_not_show(attack: str, render: Renderer) -> None:
    for text in (attack, f"a\n{attack}", f"{attack}\n\nb\n", f"\n{attack}\n"):
        file = Attachment(text, text, 1, "ab", f"{made.ID}/ab-x", text * 2)
        body = (Segment("text", f"{text}\n"), Segment("quote", f"{text}\n"), Segment("signature", text))
        person = Person(text, text, text, text)
        entries = (
            Message("m1", made.NOON, person, automatic=text, body=body, attachments=(file,)),
            Message("m2", made.NOON, Person(text, "ada@example.org"), body=(Segment("text", "after\n"),)),
            Note("n1", made.NOON, text, (Segment("text", text),)),
            Event("v1", made.NOON, text, text, (FieldSet(text, text, text),), (("op", text), ("x", text))),
            Event("v2", made.NOON, text, "opened", (FieldSet("status", "", text),)),
            Tombstone("w1", made.NOON, text, text, text),
        )
        check(Ticket(made.ID, made.UID, made.NOON, subject=text, tags=(text,), entries=entries), render)
