"""The rules of a desk, read and ready to be asked: from a copy where rules.yaml is the same as last time.

A mail pays for rules what they cost, and nothing where there are none: the outline says so without a query.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from helpdesk_cli.errors import DeskError, where
from helpdesk_cli.storage.rules_copy import Outline, key_of, read_copy, write_copy

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk


def outline_of(desk: Desk) -> Outline:
    """What rules there are, in outline; `why` where rules.yaml cannot be used: that stops no mail."""
    key = key_of(desk.layout)
    if key is None:
        return Outline()
    found = read_copy(desk.layout, key)
    if found is None:
        try:
            # YAML and the reading of queries: only when there is no copy.
            found = importlib.import_module("helpdesk_cli.desk.rules_reading").outline(desk)
        except (DeskError, OSError) as error:
            return Outline(why=str(error).partition("\n")[0])
        except Exception as error:  # noqa: BLE001 - a mistake of ours in reading rules costs no mail its ticket
            return Outline(why=f"{type(error).__name__} {where(error)}")
        write_copy(desk.layout, key, found)
    return found
