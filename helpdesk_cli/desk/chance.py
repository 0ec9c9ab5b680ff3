"""The one place that draws random ids. DESK_SEED makes them repeatable, for tests and documentation."""

from __future__ import annotations

import importlib
import os

from helpdesk_cli.tickets.ids import ID_BYTES, write_id

_drawn = {"count": 0}


def draw_id(*context: str) -> str:
    """Eighty random bits as an id; with DESK_SEED set, a hash of the seed, `context` and a counter."""
    seed = os.environ.get("DESK_SEED")
    if seed is None:
        return write_id(os.urandom(ID_BYTES))
    _drawn["count"] += 1
    text = "\0".join([seed, str(_drawn["count"]), *context])
    # OpenSSL takes 3 ms to load, for tests and documentation only.
    sha256 = importlib.import_module("hashlib").sha256
    return write_id(sha256(text.encode("utf-8", "surrogateescape")).digest())
