"""Diagnosis: one thing that the doctor looked at, and how it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.errors import DeskError

Level = Literal["ok", "note", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """How one thing is: `what`, and unless all is well `remedy`, how to mend it.

    `code` is for programs and stays: "door-missing". A note is worth knowing and needs nothing done; a
    warning will hurt some day; with an error something does not work now.
    """

    level: Level
    code: str
    what: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """The desk to look at. `fault` is what is wrong with desk.yaml; `desk` has the shipped settings then."""

    desk: Desk
    environment: Mapping[str, str]
    fault: DeskError | None = None


def ok(code: str, what: str) -> Diagnosis:
    """All is well."""
    return Diagnosis("ok", code, what)


def counted(number: int, thing: str, things: str = "") -> str:
    """`1 mail`, `2 mails`."""
    return f"{number} {thing if number == 1 else things or f'{thing}s'}"


def megabytes(size: int) -> str:
    """A number of bytes as a person reads it, in decimal units."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} bytes"
