"""docs/customers.md names every field and flag there is, with the words that help has."""

from __future__ import annotations

import re
from pathlib import Path

from helpdesk_cli.customers.fields import FIELDS, FLAGS

PAGE = (Path(__file__).resolve().parents[2] / "docs/customers.md").read_text("utf-8")


def test_every_field_is_there() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \| ([^|]+) \|$", PAGE, re.MULTILINE)
    wanted = [(", ".join(f"`{name}`" for name in (row.key, *row.aliases)), row.about) for row in FIELDS]
    assert rows == wanted


def test_every_flag_is_there() -> None:
    rows = re.findall(r"^\| `([^|]+)` \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)
    assert rows == [(f"{flag.field}:{flag.value}", flag.means, flag.about) for flag in FLAGS]
