"""Recipients as they are typed: everything plain is read, nothing else is guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_cli.errors import UsageError
from helpdesk_cli.mail.address_list import read_list, write_list
from helpdesk_cli.tickets.person import Person


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("", ()),
        (" , ;", ()),
        ("ada@x.example", (Person("", "ada@x.example"),)),
        ("<ada@x.example>", (Person("", "ada@x.example"),)),
        ("Ada Lovelace <ada@x.example>", (Person("Ada Lovelace", "ada@x.example"),)),
        ('"Lovelace, Ada" <ada@x.example>', (Person("Lovelace, Ada", "ada@x.example"),)),
        ('"A \\"q\\" \\\\" <ada@x.example>', (Person('A "q" \\', "ada@x.example"),)),
        ("a@x.example, b@x.example; c@x.example,", tuple(Person("", f"{n}@x.example") for n in "abc")),
        ("Ada <ada@x.example>, ADA@x.example", (Person("Ada", "ada@x.example"),)),
        ("ada@müller.example", (Person("", "ada@xn--mller-kva.example"),)),
    ],
)
def test_plain_lists_are_read(text: str, people: tuple[Person, ...]) -> None:
    assert read_list(text, place="To") == people


@pytest.mark.parametrize(
    "text",
    [
        "Ada Lovelace",
        "Ada ada@x.example",
        "a@x.example b@x.example",
        "a@x.example <b@x.example>",
        '"Jörg, X <evil@e.example>" a@b.example',
        "Ada <ada@x.example",
        "ada@x.example>",
        '"Ada <ada@x.example>',
        "Ada <a@x.example> <b@x.example>",
        "-oQ/tmp@x.example",
        "a@x.example\nBcc: v@x.example",
        "a@x.example\r\nRCPT TO:<c@x.example>",
        "<>",
        "a@",
        "@x.example",
        "victim＠corp.example",
        "group: a@x.example;",
        "a@x.example\x00",
    ],
)
def test_what_is_not_plain_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_list(text, place="To")
    assert str(caught.value).startswith("To: ")
    assert caught.value.hint


def test_a_name_that_looks_like_an_address_adds_nobody() -> None:
    """T38: the name is a name, and there is one recipient."""
    (person,) = read_list('"Jörg, X <evil@e.example>" <a@b.example>', place="To")
    assert person == Person("Jörg, X <evil@e.example>", "a@b.example")


NAMES = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), max_size=30).map(
    lambda text: " ".join(text.split())
)


@given(st.lists(NAMES, max_size=4))
def test_written_lists_are_read_back(names: list[str]) -> None:
    people = tuple(Person(name, f"p{number}@x.example") for number, name in enumerate(names))
    assert read_list(write_list(people), place="To") == people


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        people = read_list(text, place="To")
    except UsageError:
        return
    assert all(person.email.count("@") == 1 and person.name.isprintable() for person in people)
