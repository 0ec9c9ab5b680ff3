"""`desk bulk` with an editor that is a program, and the verbs that take a query: as they are typed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Desk

MAIL = """From: {sender}
To: support@example.com
Subject: {subject}
Date: Fri, 20 Nov 2026 09:0{number}:00 +0000
Message-ID: <{number}@mail.example.org>

Please look.
"""
EVIL = "Offer\x1b]0;x\x07 \u202e close 1 # keep 2"
ACTING = {"DESK_AGENT": "dana", "DESK_NOW": "2026-11-20T10:00:00Z"}
ROOT = Path(__file__).resolve().parents[2]
SUBJECTS = ("Question", "Wrong VAT", EVIL, "Login", "Late", "Late again", "Printer")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Dana at ten, with an editor that `edits` writes."""
    return {
        **ACTING,
        "DESK_NO_INPUT": "1",
        "DESK_EDITOR": f"sh {tmp_path / 'editor'}",
        "DESK_DIR": str(tmp_path / "here" / "d"),
    }


@pytest.fixture(scope="session")
def seven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with seven tickets, made once; tests take a copy."""
    folder = tmp_path_factory.mktemp("bulk")
    mails = folder / "mails"
    mails.mkdir()
    for number, subject in enumerate(SUBJECTS, start=1):
        text = MAIL.format(number=number, subject=subject, sender=f"c{number}@example.org")
        (mails / f"{number}.eml").write_text(text)
    for arguments in (["init", "d"], ["-C", "d", "ingest", "mails"]):
        subprocess.run(
            [sys.executable, "-m", "helpdesk_cli.cli.main", *arguments],
            cwd=folder,
            env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "HOME": str(folder), **ACTING},
            capture_output=True,
            check=True,
        )
    return folder / "d"


@pytest.fixture
def filled(desk: Desk, seven: Path, tmp_path: Path) -> Desk:
    """A desk with seven tickets."""
    shutil.copytree(seven, tmp_path / "here" / "d", symlinks=True)
    return desk


@pytest.fixture
def edits(tmp_path: Path) -> Edits:
    """What the editor does."""
    return Edits(tmp_path)


class Edits:
    """An editor: a script in sh that is given the file as `$1`; it keeps what it was shown."""

    def __init__(self, folder: Path) -> None:
        """Nothing is edited before `do`."""
        self.script = folder / "editor"
        self.seen = folder / "seen"

    def do(self, *commands: str) -> None:
        """Run these each time the editor opens."""
        self.script.write_text(f'cat "$1" >> {self.seen}\n' + "\n".join(commands) + "\n")

    @property
    def shown(self) -> list[str]:
        """The lines it was shown, over all openings."""
        return self.seen.read_text("utf-8").splitlines()


def commits(env: dict[str, str]) -> list[str]:
    """The subjects of the commits, newest first."""
    command = ["git", "-C", env["DESK_DIR"], "log", "--format=%s"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def values(desk: Desk, env: dict[str, str]) -> dict[str, tuple[str, str, str, str]]:
    """Status, assignee, priority and tags of each ticket."""
    items = json.loads(desk("list", "--all", "--json", env=env).stdout)["items"]
    names = ("status", "assignee", "priority")
    return {
        each["id"]: (*(each[name] or "" for name in names), ",".join(each["tags"]))  # type: ignore[misc] # four
        for each in items
    }


def test_lines_are_done_as_one_operation_and_taken_back(
    filled: Desk, env: dict[str, str], edits: Edits
) -> None:
    """Long and short forms, several on a line; what is deleted or kept stays."""
    before = values(filled, env)
    edits.do(
        r"sed -i -E -e '/^keep 1 /s/keep/assign lee, tag +vip -x priority high/' "
        r"-e '/^keep 2 /s/keep/c/' -e '/^keep 4 /s/keep/t +late/' -e '/^keep 5 /d' "
        r"-e '/^keep 6 /s/^keep 6.*/s pending TICKET-6/' "
        '"$1"'
    )
    done = filled("bulk", "status:new", env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.splitlines()) == [
        "TICKET-1: status new → open, priority medium → high, assignee lee, tags +vip",
        "TICKET-2: status new → closed",
        "TICKET-4: status new → open, assignee dana, tags +late",
        "TICKET-6: status new → pending",
    ]
    after = values(filled, env)
    assert after["TICKET-1"] == ("open", "lee", "high", "vip")
    assert after["TICKET-4"] == ("open", "dana", "medium", "late")
    assert [after[f"TICKET-{number}"] for number in (3, 5, 7)] == [before["TICKET-3"]] * 3
    undone = filled("undo", env=env)
    assert undone.returncode == 0
    assert len(undone.stdout.splitlines()) == 4
    assert values(filled, env) == before


def test_a_line_shows_the_ticket_and_no_character_that_acts(
    filled: Desk, env: dict[str, str], edits: Edits
) -> None:
    """What a subject says is neither a line, a command, nor an escape sequence."""
    edits.do("true")
    done = filled("bulk", env=env)
    assert (done.returncode, done.stderr) == (
        6,
        "desk: no line asks for anything. Nothing was changed.\n",
    )
    lines = [line for line in edits.shown if not line.startswith("#")]
    assert len(lines) == 7
    assert "keep 1  medium new -  Question" in lines
    (odd,) = [line for line in lines if line.startswith("keep 3 ")]
    assert "\x1b" not in odd
    assert "\u202e" not in odd
    assert odd.endswith("close 1 # keep 2")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("clsoe 2", 'line 1: unknown command "clsoe". Did you mean "close"?'),
        ("close 99", 'line 1: "99" is not in this list.'),
        ("assign nobodi 2", 'line 1: no agent "nobodi".'),
        ("status opn 2", 'line 1: unknown status "opn". Did you mean "open"?'),
        ("status merged 2", 'line 1: "merged" is no status to set by hand'),
        ("priority 2", 'line 1: unknown priority "2"'),
        ("tag 2", "line 1: tag needs words such as `+vip` or `-billing`"),
        ("tag +a b 2", 'line 1: unknown command "b"'),
        ("+§ 2", 'line 1: "§" is not a tag'),
        ("close", "line 1: no ticket is named"),
        ("assign", "line 1: assign needs a word behind it"),
        ("2", 'line 1: there is no command before "2"'),
        ("42; rm -rf /", 'line 1: there is no command before "42"'),
        ("close 2\nclose TICKET-2", "line 2: TICKET-2 stands in line 1 already: write all on one line."),
    ],
)
def test_a_mistake_opens_the_editor_again_and_nothing_is_done(
    filled: Desk, env: dict[str, str], edits: Edits, line: str, said: str
) -> None:
    """With the reason on top; left as it is, it cancels and the text is kept."""
    tmp_path = edits.script.parent
    before = commits(env)
    (tmp_path / "lines").write_text(f"{line}\ntake 1\n")
    edits.do(f'grep -q "^# NOT DONE" "$1" || cat {tmp_path / "lines"} > "$1"')
    done = filled("bulk", "status:new", env=env | {"TMPDIR": str(tmp_path)})
    assert done.returncode == 6, done.stderr
    assert any(shown.startswith(f"# NOT DONE: {_moved(said)}") for shown in edits.shown), edits.shown
    (kept,) = tmp_path.glob("desk-bulk-*.txt")
    assert str(kept) in done.stderr
    assert line.partition("\n")[0] in kept.read_text()
    assert commits(env) == before


def _moved(said: str) -> str:
    """The complaint with the number that the line has below it."""
    word, number, rest = said.split(" ", 2)
    return f"{word} {int(number[:-1]) + 1}: {rest}"


def test_a_mistake_is_mended(filled: Desk, env: dict[str, str], edits: Edits) -> None:
    """The second time it is right; the complaint is a comment and need not be taken out."""
    edits.do(
        'if grep -q "^# NOT DONE" "$1"; then sed -i "s/^clsoe/close/" "$1"; '
        'else sed -i "s/^keep 2 /clsoe 2 /" "$1"; fi'
    )
    done = filled("bulk", "status:new", env=env)
    assert (done.returncode, done.stdout) == (0, "TICKET-2: status new → closed\n")


def test_what_changed_meanwhile_is_left_and_named(filled: Desk, env: dict[str, str], edits: Edits) -> None:
    """A colleague closes one, writes a note on another; the rest is done."""
    program = f"{sys.executable} -m helpdesk_cli.cli.main --as lee"
    edits.do(
        f"{program} close 1 > /dev/null",
        f"{program} note 2 -m 'Wait for me.' > /dev/null",
        """sed -i 's/^keep/priority high/' "$1" """,
    )
    done = filled("bulk", "id:1..4", "--yes", env=env)
    assert done.returncode == 5
    assert sorted(done.stdout.splitlines()) == [
        "TICKET-3: priority medium → high",
        "TICKET-4: priority medium → high",
    ]
    assert (
        "TICKET-1: changed while you were editing: status is closed now, and was new; it is left"
        in done.stderr
    )
    assert "TICKET-2: changed while you were editing: a note was added since; it is left" in done.stderr


def test_above_five_it_is_asked(filled: Desk, env: dict[str, str], edits: Edits) -> None:
    """DECISIONS 32; looking is free."""
    edits.do("""sed -i 's/^keep/close/' "$1" """)
    asked = filled("bulk", env=env)
    assert asked.returncode == 6
    assert "Change 7 tickets" in asked.stderr
    looked = filled("bulk", "--dry-run", env=env)
    assert looked.returncode == 0
    assert looked.stdout.count("+status: closed") == 7
    assert filled("bulk", "--yes", env=env).stdout.count("status new → closed") == 7


def test_an_editor_that_fails_changes_nothing(filled: Desk, env: dict[str, str], edits: Edits) -> None:
    """As git does: a bad exit cancels."""
    edits.do("""sed -i 's/^keep/close/' "$1" """, "exit 3")
    done = filled("bulk", "--yes", env=env)
    assert done.returncode == 6
    assert "ended with 3" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("close", "-q", "subject:late"), ["TICKET-5: status new → closed", "TICKET-6: status new → closed"]),
        (("assign", "-q", "subject:printer", "lee"), ["TICKET-7: assign to lee, status new → open"]),
        (
            ("take", "1", "-q", "subject:printer"),
            ["TICKET-1: assign to dana, status new → open", "TICKET-7: assign to dana, status new → open"],
        ),
        (("tag", "-q", "subject:printer", "+x", "-y"), ["TICKET-7: tags +x"]),
        (("status", "--query=subject:printer", "pending"), ["TICKET-7: status new → pending"]),
        (("set", "-q", "subject:printer", "priority=low"), ["TICKET-7: priority medium → low"]),
        (("note", "-q", "subject:printer", "-m", "x"), ["TICKET-7: note by dana"]),
        (("spam", "-q", "subject:printer"), ["TICKET-7: status new → spam"]),
    ],
)
def test_writing_verbs_take_a_query(
    filled: Desk, env: dict[str, str], words: tuple[str, ...], said: list[str]
) -> None:
    """Beside ids, and with the words of the verb behind it."""
    done = filled(*words, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.splitlines()) == said


def test_a_query_that_finds_nothing_changes_nothing_and_says_so(filled: Desk, env: dict[str, str]) -> None:
    """No error: a line of a crontab may find nothing today."""
    done = filled("close", "-q", "subject:nowhere", env=env)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "The query finds no ticket: nothing was changed.\n"


def test_an_empty_query_is_asked_about_and_a_wrong_one_refused(filled: Desk, env: dict[str, str]) -> None:
    """What a variable that is not set makes of a command line."""
    done = filled("close", "-q", "", env=env)
    assert done.returncode == 6
    assert "Close every ticket that is not done, 7 tickets?" in done.stderr
    wrong = filled("close", "-q", "stauts:new", "--yes", env=env)
    assert wrong.returncode == 2
    assert 'Did you mean "status"?' in wrong.stderr
    none = filled("close", env=env)
    assert none.returncode == 2
    assert "no ticket was named" in none.stderr


def test_quiet_is_still_said_before_the_verb(filled: Desk, env: dict[str, str]) -> None:
    """`-q` behind a verb is its query; --quiet and `desk -q` are what they were."""
    assert filled("-q", "close", "1", env=env).stdout == ""
    assert filled("close", "2", "--quiet", env=env).stdout == ""
