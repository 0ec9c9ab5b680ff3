"""Who a message is from or to, and the one way a person is written down."""

from __future__ import annotations

import re

from helpdesk_cli.values import dataclass

_BARE = re.compile(r'[^\s<>"\\@]+@[^\s<>"\\]+')
_PLAIN_NAME = re.compile(r'[^<>"\\]+')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
# What is not closed is taken as well, so that nothing is looked at twice.
_GROUP = re.compile(r"<((?:[^<>\\]|\\.)*+)(>?)", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SCHEMES = ("mailto:", "tel:", "handle:")


@dataclass(frozen=True, slots=True)
class Person:
    """A name with an address, a phone number or a handle; each is "" when not known."""

    name: str = ""
    email: str = ""
    phone: str = ""
    handle: str = ""

    def __str__(self) -> str:
        """`Ada Lovelace <ada@example.org> <tel:+49301234> <handle:@ada>`; `read` is its inverse."""
        email = f"mailto:{self.email}" if self.email.startswith(_SCHEMES) else self.email
        if _BARE.fullmatch(email) and self == Person(email=email):
            return email
        groups = [email, self.phone and f"tel:{self.phone}", self.handle and f"handle:{self.handle}"]
        name = self.name
        if name and (name != name.strip() or _BARE.fullmatch(name) or not _PLAIN_NAME.fullmatch(name)):
            escaped = name.replace("\\", "\\\\").replace('"', '\\"')
            name = f'"{escaped}"'
        return " ".join([name, *(f"<{_write_group(group)}>" for group in groups if group)]).strip()

    @property
    def label(self) -> str:
        """What to call this person in one word or two: the name, else the address."""
        return self.name or self.email or self.phone or self.handle

    @property
    def key(self) -> str:
        """The address for comparison: case-folded; "" when the person has none."""
        return self.email.casefold()

    @classmethod
    def read(cls, text: str) -> Person:
        """The person that `str(person)` or a hand wrote; never raises."""
        text = text.strip()
        if _BARE.fullmatch(text):
            text = f"<{text}>"
        quoted = _QUOTED.match(text)
        if quoted:
            name, rest = _ESCAPED.sub(r"\1", quoted[1]), text[quoted.end() :]
        else:
            start = text.find("<")
            name, rest = (text[:start].strip(), text[start:]) if start >= 0 else (text, "")
        email = phone = handle = ""
        for group, closed in _GROUP.findall(rest):
            if not closed:
                continue
            address = _ESCAPED.sub(r"\1", group) if "\\" in group else group
            if address.startswith("tel:"):
                phone = address.removeprefix("tel:")
            elif address.startswith("handle:"):
                handle = address.removeprefix("handle:")
            else:
                email = address.removeprefix("mailto:")
        return cls(name, email, phone, handle)


NOBODY = Person()


def _write_group(text: str) -> str:
    """A group in which only the last `>` ends it: no address that people have needs the backslashes."""
    return re.sub(r"([<>\\])", r"\\\1", text) if any(char in text for char in "<>\\") else text
