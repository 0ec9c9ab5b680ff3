"""The fixtures of what `installed` holds; root makes the users and removes them."""

from __future__ import annotations

import compileall
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mta.installed import Installation, Users, closure, reachable_python
from needs import require

if TYPE_CHECKING:
    import importlib.metadata
    from collections.abc import Iterator

    from mta.installed import User

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def top() -> Iterator[Path]:
    """A folder that every user may enter (pytest's own are private)."""
    folder = Path(tempfile.mkdtemp(prefix="desk-mta-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def installation(top: Path) -> Installation:
    """The program and what it needs, copied."""
    require("root")
    subprocess.run([reachable_python(), "-m", "venv", "--without-pip", top / "env"], check=True)
    made = Installation(top)
    site = made.package.parent
    found: dict[str, importlib.metadata.Distribution] = {}
    closure("helpdesk-cli", found)
    # Itself from the checkout: an editable installation has no files of its own.
    del found["helpdesk-cli"]
    for distribution in found.values():
        for file in distribution.files or []:
            source = Path(str(distribution.locate_file(file)))
            if ".." in file.parts or file.suffix == ".pth" or not source.is_file():
                continue
            target = site / Path(*file.parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            # With its time, so that what pip compiled counts.
            shutil.copy2(source, target)
    shutil.copytree(ROOT / "helpdesk_cli", made.package, ignore=shutil.ignore_patterns("__pycache__"))
    sample = made.package / "sample"
    sample.mkdir()
    for name in ("desk.yaml", "rules.yaml", "sla.yaml"):
        shutil.copyfile(ROOT / name, sample / name)
    for folder in ("templates", "rules", "mappings"):
        shutil.copytree(ROOT / folder, sample / folder)
    compileall.compile_dir(made.package, quiet=2, workers=1)
    shutil.copy(ROOT / "helpdesk_cli/door/desk-ingest", made.shipped_shim)
    for path in [top / "env", *(top / "env").rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o644))
    return made


@pytest.fixture(scope="session")
def users(top: Path) -> Iterator[Users]:
    """Makes users; root only."""
    require("root", "useradd", "groupadd")
    made = Users(top)
    yield made
    made.close()


@pytest.fixture(scope="session")
def mail_user(users: Users) -> User:
    """The user under whom mail is delivered."""
    return users.user("mail")
