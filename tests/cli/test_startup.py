"""Start-up time, guarded by facts: which modules a command does not load."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from care.world import write_mail

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Desk

TYPER_FREE = ("typer", "rich", "click", "re", "inspect", "subprocess", "json", "helpdesk_cli.cli.run")
HEAVY = (
    "click",
    "rich",
    "pydantic",
    "tabulate",
    "wcwidth",
    "importlib.metadata",
    "email",
    "mailparser",
    "yaml",
    "frontmatter",
    "jinja2",
    "sqlite3",
    "logging",
    "asyncio",
    "multiprocessing",
)


def loaded_by(arguments: tuple[str, ...], environment: dict[str, str], complete: str = "") -> set[str]:
    """The modules in memory when the command line has been answered."""
    program = (
        "import sys, atexit\n"
        "atexit.register(lambda: sys.stderr.write('\\n'.join(sys.modules)))\n"
        f"sys.argv = ['desk', *{arguments!r}]\n"
        "from helpdesk_cli.cli.main import main\n"
        "main()\n"
    )
    extra = {"_DESK_COMPLETE": "complete_bash", "COMP_WORDS": complete, "COMP_CWORD": "1"} if complete else {}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**environment, **extra},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert done.stdout, done.stderr
    return set(done.stderr.split("\n"))


def test_the_version_costs_a_bare_interpreter(environment: dict[str, str]) -> None:
    """`desk --version` loads neither Typer nor anything of desk but its number."""
    loaded = loaded_by(("--version",), environment)
    # What the interpreter's own site configuration loads is not ours to count.
    bare = loaded_by_bare(environment)
    assert not {name for name in TYPER_FREE if name in loaded - bare}


def loaded_by_bare(environment: dict[str, str]) -> set[str]:
    """What this interpreter loads to do nothing."""
    done = subprocess.run(
        [sys.executable, "-c", "import sys; sys.stdout.write('\\n'.join(sys.modules))"],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    return set(done.stdout.split("\n"))


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (
            ("help",),
            (
                *HEAVY,
                "helpdesk_cli.desk",
                "helpdesk_cli.storage",
                "helpdesk_cli.mail",
                "helpdesk_cli.cli.man",
            ),
        ),
        (("help", "ids"), (*HEAVY, "helpdesk_cli.desk", "helpdesk_cli.storage", "helpdesk_cli.mail")),
        (("help", "man"), (*HEAVY, "helpdesk_cli.desk", "helpdesk_cli.storage", "helpdesk_cli.mail")),
        (
            ("completion", "fish"),
            (*HEAVY, "helpdesk_cli.desk", "helpdesk_cli.storage", "helpdesk_cli.cli.man"),
        ),
    ],
)
def test_a_command_does_not_load_what_it_does_not_need(
    environment: dict[str, str], arguments: tuple[str, ...], absent: tuple[str, ...]
) -> None:
    """Each name in the table is a cost that somebody would feel at every call."""
    assert loaded_by(arguments, environment) & {*absent} == set()


# A ticket file as young as those of this test is read again by every command (git's two-second rule).
READING = (
    *(name for name in HEAVY if name not in {"yaml", "frontmatter", "sqlite3"}),
    "socket",
    "helpdesk_cli.mail",
    "helpdesk_cli.cli.faults",
    "helpdesk_cli.cli.pager",
)
# What deciding, drawing ids, other forms of output and service levels need, and asking who I am.
LISTING = (
    "hashlib",
    "csv",
    "json",
    "tempfile",
    "random",
    "helpdesk_cli.cli.ticket_view",
    "helpdesk_cli.desk.record",
    "helpdesk_cli.sla.calendar",
    "helpdesk_cli.sla.policies",
)
# The index has a word or two of these for each ticket; what they do is for those on which they acted.
INDEXING = ("helpdesk_cli.rules.rule", "helpdesk_cli.rules.occasion", "helpdesk_cli.tickets.inverse")
# What a ticket that records its policy is shown without.
SHOWING = (
    "helpdesk_cli.desk.record",
    "helpdesk_cli.storage.pending",
    "helpdesk_cli.desk.conditions",
    "helpdesk_cli.desk.customers",
    "helpdesk_cli.storage.raw",
)
# Of an answer that waits in the outbox: what fills templates, sends, or reads mail.
WRITING = (
    "jinja2",
    "smtplib",
    "ssl",
    "mailparser",
    "tabulate",
    "wcwidth",
    "logging",
    "mimetypes",
    "csv",
)


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        # It reads sla.yaml, of which there is no copy yet: what warnings do is said as in rules.
        (("show", "1"), (*READING, *SHOWING, *INDEXING[1:], "csv")),
        (("show", "--json", "1"), (*READING, *INDEXING)),
        (("list",), (*READING, *LISTING, *INDEXING)),
        (("count",), (*READING, *LISTING, *INDEXING)),
        (("path", "1"), (*READING, *INDEXING, "csv")),
        (("whoami",), (*READING, "csv", "sqlite3", "json", "yaml", "frontmatter")),
        (("note", "1", "-m", "x"), (*READING, *INDEXING, "csv")),
        (("--yes", "reply", "1", "-m", "x", "--to", "a@x.example"), WRITING),
    ],
)
def test_a_daily_command_stays_light(
    desk: Desk,
    environment: dict[str, str],
    tmp_path: Path,
    arguments: tuple[str, ...],
    absent: tuple[str, ...],
) -> None:
    """On a desk with a ticket: no mail is parsed to show one, no table is drawn into a pipe."""
    environment |= {"DESK_AGENT": "dana", "DESK_DIR": str(tmp_path / "here")}
    assert desk("init").returncode == 0
    assert desk("new", "-m", "A call.").returncode == 0
    # What was written within the last two seconds is read once more by who lists (storage/index_survey).
    for path in (tmp_path / "here").glob("tickets/**/*"):
        os.utime(path, (path.stat().st_mtime - 3600,) * 2)
    assert desk("count").returncode == 0
    assert loaded_by(arguments, environment) & {*absent} == set()


def test_taking_in_a_mail_loads_nothing_of_what_did_not_happen(
    desk: Desk, environment: dict[str, str], tmp_path: Path
) -> None:
    """No rule is on, nothing is undone: the mail server waits for each module."""
    assert desk("init").returncode == 0
    environment |= {"DESK_DIR": str(tmp_path / "here")}
    for number in (1, 2):
        # The first one finds no copy of sla.yaml yet, and reads it.
        mail = tmp_path / f"{number}.eml"
        mail.write_bytes(write_mail(number))
        loaded = loaded_by(("ingest", str(mail)), environment)
    assert "helpdesk_cli.desk.filing" in loaded
    assert not {name for name in INDEXING if name in loaded}


def test_completing_a_name_loads_no_command(environment: dict[str, str]) -> None:
    """The names come from the table of contents."""
    loaded = loaded_by((), environment, complete="desk h")
    assert not {name for name in loaded if name.startswith(("helpdesk_cli.desk", "helpdesk_cli.storage"))}
    assert not {"helpdesk_cli.cli.man", "helpdesk_cli.cli.help"} & loaded
