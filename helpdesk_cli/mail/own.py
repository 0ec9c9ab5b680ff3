"""Which addresses and marks are our own: a mail that carries them came from this desk."""

from __future__ import annotations

from helpdesk_cli.values import dataclass


@dataclass(frozen=True, slots=True)
class OwnAddresses:
    """Every address of the desk's inboxes (aliases too), what signs its mail, what marks it.

    `addresses` are case-folded. `instances` are the ids this desk writes into X-Desk-Loop.
    """

    addresses: frozenset[str] = frozenset()
    instances: frozenset[str] = frozenset()
    key: bytes = b""

    def has(self, address: str) -> bool:
        """Whether mail to this address comes to us: with `support@x` also `support+anything@x`."""
        local, _, domain = address.strip().casefold().rpartition("@")
        plain = f"{local.partition('+')[0]}@{domain}"
        return bool(local) and bool({f"{local}@{domain}", plain} & self.addresses)
