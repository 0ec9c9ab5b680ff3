"""A fresh desk for each test, made once."""

from __future__ import annotations

from care.conftest import fresh_desk, world

__all__ = ["fresh_desk", "world"]
