"""Recipients as a person types them: `Ada <ada@example.org>, bob@example.org`. Nothing is guessed."""

from __future__ import annotations

import re

from helpdesk_cli.errors import UsageError
from helpdesk_cli.mail.recipients import check_address
from helpdesk_cli.tickets.person import Person

# One item up to a comma or semicolon that stands neither in quotes nor in angle brackets.
_ITEM = re.compile(r'(?:"(?:[^"\\]|\\.)*+"|<[^<>]*+>|[^",;<>])++')
_NAMED = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*+)"|([^"<>]*?))\s*<([^<>]*)>\s*')
_ESCAPED = re.compile(r"\\(.)")


def read_list(text: str, *, place: str) -> tuple[Person, ...]:
    """The people of a list, each once, in order. Raises UsageError for what is not plainly an address.

    A name that holds a comma stands in quotes, as in mail; `place` is where the list stands.
    """
    people: dict[str, Person] = {}
    end = 0
    for match in _ITEM.finditer(text):
        _only_commas(text[end : match.start()], text, place)
        end = match.end()
        if match[0].strip():
            person = _read_one(match[0], place)
            people.setdefault(person.key, person)
    _only_commas(text[end:], text, place)
    return tuple(people.values())


def write_list(people: tuple[Person, ...]) -> str:
    """The people as `read_list` reads them."""
    return ", ".join(_write_one(person) for person in people)


def _write_one(person: Person) -> str:
    if not person.name:
        return person.email
    plain = not re.search(r'[",;<>\\@]', person.name) and person.name == person.name.strip()
    escaped = person.name.replace("\\", "\\\\").replace('"', '\\"')
    name = person.name if plain else f'"{escaped}"'
    return f"{name} <{person.email}>"


def _read_one(item: str, place: str) -> Person:
    match = _NAMED.fullmatch(item)
    name, address = ("", item.strip()) if match is None else (match[1], match[3].strip())
    if match is not None:
        name = _ESCAPED.sub(r"\1", match[1]) if match[1] is not None else match[2].strip()
        # Two addresses, or a list that lost its comma: not for us to choose.
        if not name.isprintable() or (match[1] is None and "@" in name):
            raise _unclear(item, place)
    try:
        return Person(name, check_address(address))
    except UsageError as error:
        raise UsageError(error.message, place, error.hint) from None


def _only_commas(between: str, text: str, place: str) -> None:
    if between.strip(",; \t"):
        raise _unclear(text, place)


def _unclear(text: str, place: str) -> UsageError:
    hint = "Write `Ada Lovelace <ada@example.org>, bob@example.org`; a name with a comma or @ in quotes."
    return UsageError(f"{text.strip()!r} is not a list of addresses", place, hint)
