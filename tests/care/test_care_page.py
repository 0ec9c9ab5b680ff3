"""docs/CARE.md tells of every finding there is, and of no other; and of what is repaired."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/CARE.md").read_text("utf-8")
CHECKS = [*(ROOT / "helpdesk_cli/desk/checks").glob("*.py"), ROOT / "helpdesk_cli/desk/fsck.py"]


def findings() -> dict[str, bool]:
    """Each code in the program, and whether some finding of it is repairable."""
    found: dict[str, bool] = {}
    for path in CHECKS:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding":
                (code, *_), names = node.args, {keyword.arg for keyword in node.keywords}
                assert isinstance(code, ast.Constant), "a code stands where the finding is made"
                found[code.value] = found.get(code.value, False) or "repairable" in names
    return found


def test_every_finding_is_on_the_page_with_what_is_repaired() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| .+ \|(.*)\|$", PAGE, re.MULTILINE)
    assert {code: bool(repaired.strip()) for code, repaired in rows} == findings()
    assert len(rows) == len({code for code, _ in rows})
