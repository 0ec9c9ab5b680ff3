"""Who a message is from or to, and the one way a person is written down."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ADDRESS = re.compile(r"\s*<([^<>]*)>\s*$")


@dataclass(frozen=True, slots=True)
class Person:
    """A name with an address, a phone number or a handle; each is "" when not known."""

    name: str = ""
    email: str = ""
    phone: str = ""
    handle: str = ""

    def __str__(self) -> str:
        """`Ada Lovelace <ada@example.org> <tel:+49301234> <handle:@ada>`; `read` is its inverse."""
        groups = [self.email, self.phone and f"tel:{self.phone}", self.handle and f"handle:{self.handle}"]
        addresses = " ".join(f"<{group}>" for group in groups if group)
        if not self.name:
            # A lone address is written bare: `ada@example.org`.
            return self.email if addresses == f"<{self.email}>" else addresses
        name = self.name
        if not addresses or re.search(r'[<>"\\]', name) or name != name.strip():
            escaped = name.replace("\\", "\\\\").replace('"', '\\"')
            name = f'"{escaped}"'
        return f"{name} {addresses}".rstrip()

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
        rest, email, phone, handle = text.strip(), "", "", ""
        while match := _ADDRESS.search(rest):
            if rest.startswith('"') and not re.match(r'"(?:[^"\\]|\\.)*"', rest[: match.start()].rstrip() or rest):
                break
            address = match[1].strip()
            if address.startswith("tel:"):
                phone = address.removeprefix("tel:")
            elif address.startswith("handle:"):
                handle = address.removeprefix("handle:")
            else:
                email = address
            rest = rest[: match.start()].rstrip()
        quoted = re.fullmatch(r'"((?:[^"\\]|\\.)*)"', rest)
        if quoted:
            rest = re.sub(r"\\(.)", r"\1", quoted[1], flags=re.DOTALL)
        elif rest and not email and not phone and not handle and "@" in rest and " " not in rest:
            return cls(email=rest)
        return cls(rest, email, phone, handle)
