"""The commands on a real desk: what they print, what they leave, how they end."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Desk

MAIL = """From: Ada Lovelace <ada@example.org>
To: support@example.com
Subject: {subject}
Date: Fri, 20 Nov 2026 09:12:00 +0000
Message-ID: <{name}@mail.example.org>

{text}
"""
ACTING = {"DESK_AGENT": "dana", "DESK_NOW": "2026-11-20T10:00:00Z"}
ROOT = Path(__file__).resolve().parents[2]


def mail(name: str, *, subject: str = "Wrong VAT", text: str = "Hello, please correct it.") -> str:
    """A mail as a mail server hands it over."""
    return MAIL.format(name=name, subject=subject, text=text)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """The folder that commands run in."""
    return tmp_path / "here"


@pytest.fixture(scope="session")
def seven_tickets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with seven tickets, made once; tests take a copy."""
    folder = tmp_path_factory.mktemp("seven")
    mails = folder / "mails"
    mails.mkdir()
    for number in range(1, 8):
        text = mail(f"m{number}", subject=f"Question {number}").replace("09:12", f"09:0{number}")
        (mails / f"{number}.eml").write_text(text)
    for arguments in (["init", "desk"], ["-C", "desk", "ingest", "mails"]):
        subprocess.run(
            [sys.executable, "-m", "helpdesk_cli.cli.main", *arguments],
            cwd=folder,
            env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"], "HOME": str(folder), **ACTING},
            capture_output=True,
            check=True,
        )
    return folder / "desk"


@pytest.fixture
def ready(desk: Desk, environment: dict[str, str]) -> Desk:
    """A new desk with its agent dana acting, without a ticket."""
    environment |= ACTING
    assert desk("init").returncode == 0
    return desk


@pytest.fixture
def busy(desk: Desk, environment: dict[str, str], here: Path, seven_tickets: Path) -> Desk:
    """The same desk with seven tickets."""
    environment |= ACTING
    shutil.copytree(seven_tickets, here, dirs_exist_ok=True, symlinks=True)
    return desk


def git(folder: Path, *arguments: str) -> str:
    """What git says of the desk."""
    return subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, encoding="utf-8", check=True
    ).stdout


def files(folder: Path) -> dict[str, str]:
    """Every ticket file's text by its name."""
    return {path.name: path.read_text() for path in sorted(folder.glob("tickets/*/*/*.md"))}


# ingest: 0 or 75 when a mail is on standard input


def test_a_mail_on_standard_input_is_taken_in_without_a_word(ready: Desk) -> None:
    """Nothing for a mail server to read."""
    done = ready("ingest", stdin=mail("m1"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert ready("list", "-O", "ids").stdout == "TICKET-1\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("ingest", "--no-such-option"),
        ("ingest", "--status", "pendng"),
        ("ingest", "--recipient"),
        ("-C", "/nonexistent", "ingest"),
        ("--no-such-option", "ingest"),
        ("ingest", "--now", "yesterday"),
    ],
)
def test_whatever_is_wrong_the_mail_server_keeps_the_mail(ready: Desk, arguments: tuple[str, ...]) -> None:
    """A typing error in a recipe ends in 75, not in a bounce."""
    done = ready(*arguments, stdin=mail("m1", subject="secret words"))
    assert done.returncode == 75
    assert "secret" not in done.stderr
    assert ready("list", "-O", "ids").stdout == ""


def test_a_broken_desk_yaml_keeps_the_mail_with_the_mail_server(ready: Desk, here: Path) -> None:
    """Configuration is edited by hand while mail comes in."""
    (here / "desk.yaml").write_text("statuses: [\n")
    done = ready("ingest", stdin=mail("m1"))
    assert done.returncode == 75
    assert done.stderr.startswith("desk: desk.yaml:")


def test_nothing_on_standard_input_is_no_mail(ready: Desk) -> None:
    """A broken pipe."""
    assert ready("ingest", stdin="").returncode == 75


def test_a_missing_file_is_said_with_the_code_for_it(ready: Desk) -> None:
    """No mail server waits for a path."""
    done = ready("ingest", "no-such.eml", stdin="")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "desk: no-such.eml: there is no such file or folder\n"


def test_ingest_answers_in_json_line_by_line(ready: Desk, here: Path) -> None:
    """One object a mail."""
    folder = here / "in"
    folder.mkdir()
    (folder / "a.eml").write_text(mail("a"))
    (folder / "b.eml").write_text(mail("a"))
    lines = [json.loads(line) for line in ready("ingest", "--json", "in").stdout.splitlines()]
    assert lines == [
        {
            "schema": "desk/1",
            "kind": "ingested",
            "file": f"in/{name}.eml",
            "outcome": outcome,
            "ticket": "TICKET-1",
            "message": "1.1",
        }
        for name, outcome in (("a", "created"), ("b", "duplicate"))
    ]


def test_a_dry_run_takes_nothing_in(ready: Desk, here: Path) -> None:
    """It says what would be."""
    (here / "a.eml").write_text(mail("a"))
    before = git(here, "rev-parse", "HEAD")
    done = ready("ingest", "--dry-run", "a.eml")
    assert done.stdout == "a.eml: opened TICKET-1\n1 mail: 1 opened a ticket (nothing was written)\n"
    assert files(here) == {}
    assert git(here, "rev-parse", "HEAD") == before


# tickets, many and few


def test_a_list_of_ids_is_a_list_of_tickets(busy: Desk) -> None:
    """What `desk list` prints can be fed back, columns and all."""
    listed = busy("list", "tag:none-such").stdout
    assert listed == ""
    rows = "\n".join(busy("list").stdout.splitlines()[:3]) + "\n"
    done = busy("tag", "-", "+vat", stdin=rows)
    assert done.returncode == 0
    assert done.stdout == "".join(f"TICKET-{number}: tags +vat\n" for number in (1, 2, 3))
    assert busy("close", "-", stdin="").returncode == 2


def test_more_than_five_tickets_are_asked_about(busy: Desk, here: Path) -> None:
    """Nobody is there to ask: refused with 6 unless --yes was said."""
    before = files(here)
    done = busy("close", *map(str, range(1, 8)), env={"DESK_NO_INPUT": "1"})
    assert done.returncode == 6
    assert "Close 7 tickets (1, 2, 3, 4, 5, …)?" in done.stderr
    assert files(here) == before
    assert busy("close", "--yes", *map(str, range(1, 8))).returncode == 0


def test_one_that_is_wrong_does_not_stop_the_others(busy: Desk) -> None:
    """Each is named; the exit code is that of the first fault."""
    done = busy("take", "1", "99", "2")
    assert done.returncode == 3
    assert done.stdout.splitlines() == [
        "TICKET-1: assign to dana, status new → open",
        "TICKET-2: assign to dana, status new → open",
    ]
    assert done.stderr == "desk: there is no TICKET-99. `desk list` shows what there is.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("tag", "1", "+vip", "-billing"),
        ("assign", "1", "lee"),
        ("take", "1"),
        ("status", "1", "pending"),
        ("resolve", "1"),
        ("close", "1"),
        ("set", "1", "priority=high"),
        ("note", "1", "-m", "A note."),
        ("new", "-m", "A call.", "--for", "Grace <grace@example.org>"),
        ("new", "--on", "1", "-m", "It works."),
    ],
)
def test_a_dry_run_changes_nothing_and_the_real_one_is_one_commit(
    busy: Desk, here: Path, arguments: tuple[str, ...]
) -> None:
    """--dry-run on every command that writes; afterwards git is clean and has one commit more."""
    before, tip = files(here), git(here, "rev-list", "--count", "HEAD")
    done = busy(*arguments, "--dry-run")
    assert done.returncode == 0
    assert done.stdout
    assert (files(here), git(here, "rev-list", "--count", "HEAD")) == (before, tip)
    assert busy(*arguments).returncode == 0
    assert files(here) != before
    assert int(git(here, "rev-list", "--count", "HEAD")) == int(tip) + 1
    assert git(here, "status", "--short") == ""


def test_who_is_no_agent_may_read_and_not_write(busy: Desk) -> None:
    """With the remedy."""
    environment = {"DESK_AGENT": "", "SUDO_USER": ""}
    assert busy("show", "1", env=environment).returncode == 0
    done = busy("take", "1", env=environment)
    assert done.returncode == 3
    assert "you are no agent of this desk" in done.stderr
    assert busy("--as", "lee", "take", "1", env=environment).returncode == 0


# list


def test_the_default_list_says_what_it_hides(busy: Desk) -> None:
    """On standard error, so that a pipe is not disturbed."""
    busy("close", "1")
    done = busy("list", "-O", "ids")
    assert len(done.stdout.splitlines()) == 6
    assert done.stderr == "1 done not shown (`--all`)\n"
    assert busy("list", "--quiet").stderr == ""
    assert len(busy("ls", "--all", "-O", "ids").stdout.splitlines()) == 7
    assert busy("list", "status:closed", "-O", "ids").stdout == "TICKET-1\n"


def test_the_list_filters_by_words_and_options(busy: Desk) -> None:
    """Both ways of saying it; a dash excludes."""
    busy("tag", "1", "2", "+vip")
    busy("assign", "2", "lee")

    def ids(*arguments: str) -> list[str]:
        return busy("list", "-O", "ids", *arguments).stdout.split()

    assert ids("--tag", "vip") == ["TICKET-1", "TICKET-2"]
    assert ids("tag:vip", "-assignee:lee") == ["TICKET-1"]
    assert ids("--assignee", "none", "tag:vip") == ["TICKET-1"]
    assert ids("-tag:vip", "not:status:open") == [f"TICKET-{number}" for number in range(3, 8)]
    assert ids("status:open,pending") == ["TICKET-2"]
    assert busy("list", "stats:open").stderr == (
        'desk: query: unknown field "stats". Did you mean "status"?\n  stats:open\n  ^^^^^\n'
    )
    assert busy("list", "assignee:zoe").returncode == 2


def test_a_broken_ticket_file_does_not_hide_the_others(busy: Desk, here: Path) -> None:
    """It is named on standard error, and the exit code says that something is missing."""
    (here / "tickets" / "2026" / "11" / "TICKET-3.md").write_text("<<<<<<< HEAD\n")
    done = busy("list", "-O", "ids")
    assert done.returncode == 8
    assert len(done.stdout.splitlines()) == 6
    assert "TICKET-3.md" in done.stderr
    assert busy("show", "3").returncode == 4
    assert busy("tag", "1", "+still-works").returncode == 0


def test_bare_desk_is_the_overview(busy: Desk) -> None:
    """What needs us first, then how many wait."""
    busy("status", "1", "pending")
    done = busy()
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].split() == [
        "ID",
        "AGE",
        "PRIORITY",
        "STATUS",
        "WHO",
        "SLA",
        "FROM",
        "SUBJECT",
    ]
    assert done.stdout.splitlines()[-1] == "6 need us · 1 waits for others · 0 done"


# show and attachments


def test_no_mail_writes_to_a_terminal(ready: Desk) -> None:
    """An escape sequence is visible in every command that prints it."""
    evil = "\x1b]52;c;ZWNobw==\x07\x9b31m"
    encoded = "=?utf-8?Q?a=1B]52;c;x=07b?="
    ready("ingest", stdin=mail("m1", subject=encoded, text=f"one {evil} two"))
    for arguments in (["show", "1"], ["show", "1", "--json"], ["list"], ["list", "--json"], ["log", "1"], []):
        shown = ready(*arguments).stdout
        assert shown
        assert "\x1b" not in shown, arguments
        assert "\x9b" not in shown, arguments


def test_the_original_comes_back_byte_for_byte(ready: Desk, here: Path) -> None:
    """Through a pipe, whatever bytes there are."""
    data = b"From: a@b.c\r\nSubject: \xff\xfe\r\nMessage-ID: <x@y>\r\n\r\n\x00\x1b[31m\xe9\r\n"
    (here / "a.eml").write_bytes(data)
    ready("ingest", "a.eml")
    program = "from helpdesk_cli.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "show", "--raw", "1.1"],
        cwd=here,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        capture_output=True,
        check=True,
    )
    assert done.stdout == data


def test_show_names_what_is_not_there(busy: Desk) -> None:
    """With exit code 3, or 2 for what is no address at all."""
    assert busy("show", "99").returncode == 3
    assert busy("show", "1.7").returncode == 3
    assert busy("show", "1.x").returncode == 2
    assert busy("attachments", "1", "1").returncode == 3


WITH_FILE = """From: Ada <ada@example.org>
To: support@example.com
Subject: A file
Message-ID: <file@mail.example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/plain

See there.
--x
Content-Type: application/octet-stream
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="../../evil.bin"

ZGF0YQ==
--x--
"""


def test_an_attachment_lands_where_it_is_told_to(ready: Desk, here: Path) -> None:
    """Into the folder named and nowhere else; an existing file is asked about."""
    ready("ingest", stdin=WITH_FILE)
    listed = ready("attachments", "1").stdout.split("\t")
    assert (listed[0], listed[2], listed[3]) == ("1", "application/octet-stream", "4\n")
    (here / "out").mkdir()
    assert ready("attachments", "1", "1", "-o", "out").returncode == 0
    (written,) = (here / "out").iterdir()
    assert written.read_text() == "data"
    assert ready("attachments", "1", "1", "-o", str(written), env={"DESK_NO_INPUT": "1"}).returncode == 6
    (here / "link").symlink_to("elsewhere")
    assert ready("attachments", "1", "1", "-o", "link", env={"DESK_NO_INPUT": "1"}).returncode == 6
    assert not (here / "elsewhere").exists()
    for nowhere in ("x" * 300, "desk.yaml/x", "no/such/folder"):
        refused = ready("attachments", "1", "1", "-o", nowhere)
        assert refused.returncode == 3
        assert "cannot be written" in refused.stderr
    assert ready("attachments", "1", "1").stdout == ready("attachments", "1", "1", "-o", "-").stdout == "data"


# edit and note


def editor(here: Path, script: str) -> dict[str, str]:
    """An environment in which a shell script is the editor."""
    program = here.parent / "editor"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"DESK_EDITOR": str(program)}


def test_an_edited_ticket_is_one_change(busy: Desk, here: Path) -> None:
    """Checked, recorded, committed."""
    done = busy("edit", "1", env=editor(here, "sed -i 's/^priority: medium/priority: high/' \"$1\""))
    assert (done.returncode, done.stdout) == (0, "TICKET-1: edited by dana\n")
    assert "priority: high" in files(here)["TICKET-1.md"]
    assert git(here, "status", "--short") == ""


def test_an_edit_that_is_refused_keeps_the_text(busy: Desk, here: Path) -> None:
    """The file stays as it was; the message says where the text is."""
    before = files(here)
    done = busy("edit", "1", env=editor(here, "sed -i 's/^priority: medium/priority: hgih/' \"$1\""))
    assert done.returncode == 4
    kept = Path(done.stderr.rpartition("Your text is in ")[2].strip().rstrip("."))
    assert "priority: hgih" in kept.read_text()
    kept.unlink()
    assert files(here) == before


def test_an_edit_that_changes_nothing_is_cancelled(busy: Desk, here: Path) -> None:
    """Exit code 6, nothing written."""
    done = busy("edit", "1", env=editor(here, "true"))
    assert done.returncode == 6
    assert git(here, "status", "--short") == ""


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        ('rm "$1"', 6, "left no file"),
        ('rm "$1"; mkdir "$1"', 6, "left no file"),
        ('rm "$1"; mkfifo "$1"', 6, "left no file"),
        ('rm "$1"; exit 1', 6, "ended with 1"),
        ("kill -9 $$", 6, "ended with -9"),
        (': > "$1"', 4, "does not begin with"),
        ('head -c 3000 /dev/urandom > "$1"', 4, "does not begin with"),
        ("sed -i 's/^id: .*/id: TICKET-2/' \"$1\"", 4, "never edited"),
        ("head -c 64000001 /dev/zero | tr '\\0' x >> \"$1\"", 4, "larger than 64 MB"),
        ('rm tickets/*/*/TICKET-1.md; echo x >> "$1"', 3, "is gone"),
    ],
)
def test_an_editor_that_does_odd_things_harms_nothing(
    busy: Desk, here: Path, script: str, code: int, said: str
) -> None:
    before = files(here)
    done = busy("edit", "1", env=editor(here, script))
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    git(here, "checkout", "--", "tickets")
    assert files(here) == before
    kept = done.stderr.rpartition("Your text is in ")[2].strip().rstrip(".")
    assert "Your text is in" not in done.stderr or Path(kept).is_file()


def test_a_broken_file_is_mended_under_its_own_name(busy: Desk, here: Path) -> None:
    (ticket,) = here.glob("tickets/*/*/TICKET-1.md")
    whole = ticket.read_text()
    ticket.write_text(whole.replace("---\n", "", 1))
    mend = 'printf -- \'---\\n\' | cat - "$1" > new && mv new "$1"'
    stolen = busy("edit", "1", env=editor(here, f"{mend}; sed -i 's/^id: .*/id: TICKET-2/' \"$1\""))
    assert (stolen.returncode, "never edited" in stolen.stderr) == (4, True)
    assert busy("edit", "1", env=editor(here, mend)).returncode == 0
    assert ticket.read_text() == whole


def test_an_edit_overwrites_nobody(busy: Desk, here: Path) -> None:
    """The ticket changes while the editor is open: conflict, both texts kept."""
    program = f"{sys.executable} -m helpdesk_cli.cli.main tag 1 +meanwhile > /dev/null"
    done = busy("edit", "1", env=editor(here, f"{program}; sed -i 's/medium/high/' \"$1\""))
    assert done.returncode == 5
    assert "meanwhile" in files(here)["TICKET-1.md"]
    Path(done.stderr.rpartition("Your text is in ")[2].strip().rstrip(".")).unlink()


def test_a_note_comes_from_a_file_or_from_standard_input(busy: Desk, here: Path) -> None:
    """And from one place only."""
    (here.parent / "text").write_text("From a file.\n")
    assert busy("note", "1", "-F", str(here.parent / "text")).returncode == 0
    assert busy("note", "1", "-F", "-", stdin="From a pipe.\n").returncode == 0
    text = files(here)["TICKET-1.md"]
    assert "From a file." in text
    assert "From a pipe." in text
    assert busy("note", "1", "-m", "a", "-F", "-", stdin="b").returncode == 2
    assert busy("note", "-", "-F", "-", stdin="1").returncode == 2
    assert busy("note", "1", stdin="").returncode == 6
    assert busy("note", "1", "-m", " ").returncode == 6
    assert busy("note", "1", "-F", "no-such-file").returncode == 3


# new


def test_new_from_a_program(ready: Desk) -> None:
    """JSON in, JSON out."""
    given = {"subject": "Form", "text": "Hello", "channel": "form", "requester": {"email": "g@example.org"}}
    done = ready("new", "--json", "-", stdin=json.dumps(given))
    assert json.loads(done.stdout) == {
        "schema": "desk/1",
        "kind": "opened",
        "outcome": "created",
        "ticket": "TICKET-1",
    }
    again = ready("new", "--json", "-", stdin=json.dumps({"text": "More", "on": "1"}))
    assert json.loads(again.stdout)["outcome"] == "appended"
    shown = json.loads(ready("show", "1", "--json").stdout)["ticket"]
    assert shown["requester"]["email"] == "g@example.org"
    assert [entry["text"] for entry in shown["timeline"] if entry["kind"] == "message"] == [
        "Hello\n",
        "More\n",
    ]


@pytest.mark.parametrize(("given", "code"), [("{", 4), ("[]", 4), ('{"subjct": "x"}', 2), ("[" * 100_000, 4)])
def test_new_refuses_what_is_no_request(ready: Desk, given: str, code: int) -> None:
    """A short message, no ticket."""
    done = ready("new", "--json", "-", stdin=given)
    assert (done.returncode, done.stderr.count("\n")) == (code, 1)
    assert ready("list", "--all").stdout == ""


# JSON is what `desk help json` says


def keys_of(value: object) -> set[str]:
    """Every key in a JSON document, however deep."""
    if isinstance(value, dict):
        return set(value) | {key for each in value.values() for key in keys_of(each)}
    if isinstance(value, list):
        return {key for each in value for key in keys_of(each)}
    return set()


def test_every_key_of_json_is_documented(busy: Desk, here: Path) -> None:
    """`desk help json` names it; schema and kind come first."""
    (here.parent / "a.eml").write_text(WITH_FILE)
    assert busy("ingest", "../a.eml").returncode == 0
    assert busy("note", "8", "-m", "A note.").returncode == 0
    assert busy("tag", "8", "+vip").returncode == 0
    documented = set(re.findall(r'[`"]([a-z0-9_]+)[`"]', busy("help", "json").stdout))
    for arguments in (
        ("show", "8", "--json"),
        ("list", "--all", "--json"),
        ("overview", "--json"),
        ("log", "8", "--json"),
        ("whoami", "--json"),
        ("fsck", "--json"),
        ("doctor", "--json"),
        ("backup", "--json", ".."),
        ("ingest", "--json", "../a.eml"),
    ):
        document = json.loads(busy(*arguments).stdout)
        assert list(document)[:2] == ["schema", "kind"], arguments
        assert keys_of(document) <= documented, arguments


def test_init_goes_where_it_is_told(desk: Desk, here: Path) -> None:
    """-C and DIR join; DESK_DIR names the desk to work on and is no place for a new one."""
    (here / "a").mkdir()
    assert desk("-C", "a", "init", "b", env={"DESK_DIR": str(here / "elsewhere")}).returncode == 0
    assert (here / "a" / "b" / "desk.yaml").is_file()
    assert not (here / "elsewhere").exists()
    assert desk("list", env={"DESK_DIR": "a/b"}).returncode == 0
    assert desk("list", "-C", "a/b", env={"DESK_DIR": "/nonexistent"}).returncode == 0
    assert desk("init", "--shared", "no-such-group", "c").returncode == 2
