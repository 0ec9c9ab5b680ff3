"""A customer and an organisation as their files have them."""

from __future__ import annotations

from helpdesk_cli.values import dataclass


@dataclass(frozen=True, slots=True)
class Customer:
    """A person who writes to us. `id` is the file's name; `vip` None: as the organisation has it.

    `organisation` is the name of an organisation's file, or whatever a hand wrote; "" = by the domains of the
    addresses. `erased_at`: nothing else is left. `other`: keys that desk does not know, with their values.
    """

    id: str
    name: str = ""
    addresses: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    account: str = ""
    organisation: str = ""
    tier: str = ""
    vip: bool | None = None
    tags: tuple[str, ...] = ()
    uid: str = ""
    erased_at: str = ""
    notes: str = ""
    other: tuple[tuple[str, str | tuple[str, ...]], ...] = ()

    @property
    def label(self) -> str:
        """What to call this person: the name, else an address, a number, the file's name."""
        return self.name or next(iter((*self.addresses, *self.phones)), self.id)


@dataclass(frozen=True, slots=True)
class Organisation:
    """Whom several customers belong to. `id` is the file's name; its people have its tier by default."""

    id: str
    name: str = ""
    domains: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    account: str = ""
    tier: str = ""
    vip: bool | None = None
    tags: tuple[str, ...] = ()
    uid: str = ""
    notes: str = ""
    other: tuple[tuple[str, str | tuple[str, ...]], ...] = ()

    @property
    def label(self) -> str:
        """What to call it."""
        return self.name or self.id


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody who asks is to this desk: their own file, their organisation's, both or neither."""

    customer: Customer | None = None
    organisation: Organisation | None = None

    @property
    def is_known(self) -> bool:
        """Whether a file speaks of this person."""
        return self.customer is not None

    @property
    def name(self) -> str:
        """The name in the customer's file, "" where there is none."""
        return self.customer.name if self.customer else ""

    @property
    def tier(self) -> str:
        """The customer's own, else the organisation's."""
        return self._first("tier")

    @property
    def account(self) -> str:
        """The customer's own, else the organisation's."""
        return self._first("account")

    @property
    def vip(self) -> bool:
        """As the customer's file says, else the organisation's; no where neither says anything."""
        said = [each.vip for each in (self.customer, self.organisation) if each and each.vip is not None]
        return bool(said) and said[0] is True

    @property
    def tags(self) -> tuple[str, ...]:
        """Those of both."""
        own = self.customer.tags if self.customer else ()
        theirs = self.organisation.tags if self.organisation else ()
        return tuple(sorted({*own, *theirs}))

    @property
    def organisation_name(self) -> str:
        """What to call the organisation; where it has no file, the word in the customer's."""
        if self.organisation:
            return self.organisation.label
        return self.customer.organisation if self.customer else ""

    def _first(self, name: str) -> str:
        for each in (self.customer, self.organisation):
            value: str = getattr(each, name) if each else ""
            if value:
                return value
        return ""
