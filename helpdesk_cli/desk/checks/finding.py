"""Finding: one thing that a check found."""

from __future__ import annotations

from helpdesk_cli.values import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, where, and what to do about it.

    `code` is for programs and stays: "ticket-broken". `path` is from the desk's root, with `:LINE` where
    a line is meant, or absolute for what lies in git's folder; "" for the desk as a whole. `repairable`:
    `desk fsck --repair` sees to it.
    """

    code: str
    path: str
    problem: str
    remedy: str = ""
    repairable: bool = False
