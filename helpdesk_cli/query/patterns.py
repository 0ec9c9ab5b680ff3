"""Patterns that users write, matched in RE2 only: in time that grows with the text alone. DECISIONS 38."""

from __future__ import annotations

import importlib
from functools import lru_cache
from typing import Any

LONGEST = 1_000
# What RE2 may take for one compiled pattern and its automata, in bytes.
_MEMORY = 4_000_000


class NoPatternsError(ValueError):
    """RE2 is not installed: patterns are refused, never run by another engine."""


@lru_cache(maxsize=2048)  # a thousand rules, and another thousand beside them, about one mail after the other
def compile_pattern(pattern: str) -> Any:  # noqa: ANN401 - google-re2 has no types
    """The pattern, without regard to case. Raises ValueError with the reason when it cannot be used."""
    if len(pattern) > LONGEST:
        raise ValueError(f"is longer than {LONGEST:,} characters")
    # Loaded for queries that have a pattern, and there only: 5 ms, and no wheel on every machine.
    try:
        re2 = importlib.import_module("re2")
    except ImportError as error:
        raise NoPatternsError("cannot be used: google-re2 is not installed") from error
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    options.max_mem = _MEMORY
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else "no reason given"
        words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"is not valid: {words}") from error


def is_found(pattern: str, text: str | None) -> bool:
    """Whether the pattern matches anywhere in the text: SQLite's REGEXP, and the same in memory."""
    return text is not None and compile_pattern(pattern).search(text) is not None
