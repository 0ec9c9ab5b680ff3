"""What an address says about who sends from it: a machine, or nobody that can be written to."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_LONGEST_LOCAL_PART = 256


@cache
def _machine_names() -> re.Pattern[str]:
    return re.compile(
        r"mailer[-_.]?daemon|postmaster|daemon|root|nobody|abuse"
        r"|(?:.*[-_.+])?(?:no[-_.]?reply|do[-_.]?not[-_.]?reply)(?:[-_.+=\d].*)?"
        r"|bounces?(?:[-_.+=].*)?|owner-.*|.*-(?:request|owner|bounces?|errors|relay)(?:\+.*)?"
    )


def is_machine_address(address: str) -> bool:
    """Whether the local part is one that machines send from; VERP, BATV and SRS are seen through."""
    local = original_address(address).rpartition("@")[0]
    return bool(_machine_names().fullmatch(local))


def original_address(address: str) -> str:
    """The address as its owner writes it, case-folded: BATV (prvs=) and SRS are taken off."""
    local, _, domain = address.strip().casefold().rpartition("@")
    local = re.sub(r"^(?:prvs|msprvs1)=[^=]*=", "", local[-_LONGEST_LOCAL_PART:])
    if match := re.match(r"srs[01][=+-].*=([^=]+)=([^=]+)$", local):
        domain, local = match[1], match[2]
    return f"{local}@{domain}"


@cache
def _addr_spec() -> re.Pattern[str]:
    label = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
    return re.compile(rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.-]{{1,64}}@{label}(?:\.{label}){{0,20}}")


def is_address(text: str) -> bool:
    """Whether this is an ASCII local part at an ASCII or IDNA domain, in a form that stays as it is."""
    local, _, domain = text.rpartition("@")
    return (
        _addr_spec().fullmatch(text) is not None
        and local.isascii()
        and unicodedata.normalize("NFKC", domain) == domain
        and ".." not in local
        and not local.startswith(".")
        and not local.endswith(".")
    )
