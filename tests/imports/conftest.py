"""A fresh desk for each test, made once; what the other helpdesks exported."""

from __future__ import annotations

from pathlib import Path

from care.conftest import fresh_desk, world

__all__ = ["EXPORTS", "fresh_desk", "world"]

EXPORTS = Path(__file__).parent / "exports"
