"""Addresses and telephone numbers as they are compared: one person writes them in many ways."""

from __future__ import annotations

import re

_NOT_DIALLED = re.compile(r"\(0\)|[^\d+]")
_FEWEST_DIGITS = 5


def address_key(address: str) -> str:
    """The address in lower case, without spaces around it; "" for what is none."""
    key = address.strip().casefold()
    local, at, domain = key.rpartition("@")
    return key if at and local and domain else ""


def base_key(address: str) -> str:
    """The address without what stands behind a plus: `ada+shop@example.com` is Ada's; "" for what is none."""
    local, at, domain = address_key(address).rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{domain}"


def domains_of(address: str) -> tuple[str, ...]:
    """The domain of an address and those above it, the longest first: mail.acme.example, acme.example."""
    domain = address_key(address).rpartition("@")[2].rstrip(".")
    labels = domain.split(".") if domain else []
    return tuple(".".join(labels[start:]) for start in range(max(len(labels) - 1, 1 if labels else 0)))


def phone_key(number: str) -> str:
    """The digits, with `+` for an international number (`00` is one, too); "" for what nobody can dial."""
    digits = _NOT_DIALLED.sub("", number)
    digits = "+" + digits[2:] if digits.startswith("00") else digits
    digits = digits[:1] + digits[1:].replace("+", "")
    return digits if len(digits) >= _FEWEST_DIGITS else ""
