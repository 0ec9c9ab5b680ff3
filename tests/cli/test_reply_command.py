"""`desk reply` and `desk forward` as a person meets them: a real editor, a real terminal, real questions."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from cli.conftest import INHERITED, ROOT
from terminals import DESK, on_terminal

if TYPE_CHECKING:
    from pathlib import Path

MAIL = (
    "From: Ada Lovelace <ada@customer.example>\nTo: support@example.com\nCc: Bob <bob@customer.example>\n"
    "Subject: {subject}\nMessage-ID: <{name}@customer.example>\n\nHello.\n"
)


@dataclass(frozen=True, slots=True)
class Desktop:
    """Dana at a terminal; `root` is the desk. `say` is what the editor does, a shell script with $1."""

    root: Path
    environment: dict[str, str]

    def type(self, *arguments: str, typed: str = "", say: str = "", agent: str = "dana") -> tuple[int, str]:
        """(exit code, what the terminal showed) of `desk ARGUMENTS`."""
        editor = self.root.parent / "editor"
        editor.write_text(f"#!/bin/sh\nset -e\n{say}\n")
        editor.chmod(0o755)
        environment = self.environment | {"DESK_EDITOR": str(editor), "DESK_AGENT": agent}
        return on_terminal(DESK, list(arguments), environment, typed)

    def run(self, *arguments: str, agent: str = "dana", stdin: str = "") -> subprocess.CompletedProcess[str]:
        """`desk ARGUMENTS` without any terminal."""
        return subprocess.run(
            [sys.executable, "-c", DESK, *arguments],
            input=stdin,
            env=self.environment | {"DESK_AGENT": agent},
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=60,
            start_new_session=True,
        )

    @property
    def drafts(self) -> list[str]:
        """The texts that are kept."""
        return [path.read_text() for path in sorted(self.root.glob(".git/desk/drafts/*.eml"))]

    @property
    def mails(self) -> list[str]:
        """The mails in the outbox."""
        return [path.read_text() for path in sorted(self.root.glob(".git/desk/outbox/*.eml"))]

    def take(
        self, name: str = "first", *, subject: str = "Invoice", more: str = "", text: str = "Hello."
    ) -> None:
        """Take a mail in."""
        mail = MAIL.format(name=name, subject=subject, more=more, text=text)
        assert self.run("ingest", stdin=mail).returncode == 0


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with Ada's mail in it; not to be changed."""
    place = tmp_path_factory.mktemp("made")
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    paths = {"HOME": str(place), "PYTHONPATH": str(ROOT), "DESK_DIR": str(place / "here")}
    found = Desktop(place / "here", kept | paths)
    assert found.run("init", str(found.root)).returncode == 0
    found.take()
    return found.root


@pytest.fixture
def desktop(made: Path, environment: dict[str, str], tmp_path: Path) -> Desktop:
    """A desk with Ada's mail in it."""
    shutil.copytree(made, tmp_path / "here", symlinks=True)
    # What Lee types meanwhile: in no terminal, so that Dana's answers are hers.
    lee = tmp_path / "lee"
    command = f"""exec '{sys.executable}' -c "{DESK}" "$@" < /dev/null > /dev/null 2>&1"""
    lee.write_text(f"#!/bin/sh\nDESK_NO_INPUT=1 DESK_AGENT=lee {command}\n")
    lee.chmod(0o755)
    return Desktop(tmp_path / "here", environment | {"DESK_DIR": str(tmp_path / "here"), "COLUMNS": "200"})


def body(text: str) -> str:
    """What an editor does to write the text above the scissors."""
    write = "/^$/ && !done {print; print said; done = 1; next} {print}"
    return f"""awk -v said='{text}' '{write}' "$1" > "$1.new"\nmv "$1.new" "$1"\n"""


HELLO = body("It is mended.")


def test_an_answer_from_the_editor(desktop: Desktop) -> None:
    code, shown = desktop.type("reply", "1", say=f'cat "$1"\n{HELLO}')
    assert code == 0, shown
    assert "# TICKET-1: Invoice" in shown
    assert "From: Dana Davis <support@example.com>\nTo: Ada Lovelace <ada@customer.example>\nCc:\n" in shown
    assert "# Cc: Bob <bob@customer.example>\n" in shown
    assert "\n> Hello.\n" in shown
    assert "TICKET-1: dana replied, pending\n" in shown
    (mail,) = desktop.mails
    assert mail.endswith("\nIt is mended.\n")
    assert "Bob" not in mail
    assert desktop.drafts == []


@pytest.mark.parametrize("say", ["true", ': > "$1"', "sed -i '/^$/q' \"$1\""])
def test_an_empty_or_unchanged_text_cancels(desktop: Desktop, say: str) -> None:
    code, shown = desktop.type("reply", "1", say=say)
    assert code == 6
    assert "the text is empty or as it was" in shown
    assert (desktop.mails, desktop.drafts) == ([], [])


def test_an_editor_that_fails_loses_nothing_and_the_next_reply_goes_on(desktop: Desktop) -> None:
    code, shown = desktop.type("reply", "1", say=f"{HELLO}exit 3")
    assert code == 6
    assert "ended with 3" in shown
    assert "`desk reply 1` goes on with it" in shown
    assert len(desktop.drafts) == 1
    code, shown = desktop.type("reply", "1", typed="\n")
    assert code == 0, shown
    assert "You have a draft on TICKET-1 since" in shown
    assert "It is mended." in desktop.mails[0]
    assert desktop.drafts == []


def test_who_does_not_go_on_keeps_the_old_text(desktop: Desktop) -> None:
    desktop.type("reply", "1", say=f"{HELLO}exit 3")
    code, shown = desktop.type("reply", "1", typed="n\n", say=body("Another one."))
    assert code == 0, shown
    assert "Another one." in desktop.mails[0]
    assert "It is mended." not in desktop.mails[0]
    (kept,) = desktop.drafts
    assert "It is mended." in kept
    assert "The draft is kept in " in shown


def test_killed_in_the_middle_of_the_editor_the_text_is_there(desktop: Desktop) -> None:
    code, _ = desktop.type("reply", "1", say=f"{HELLO}kill -9 $PPID")
    assert code == -9
    assert "It is mended." in desktop.drafts[0]
    assert desktop.type("reply", "1", typed="y\n")[0] == 0
    assert len(desktop.mails) == 1


def test_killed_after_the_recording_nothing_is_sent_twice(desktop: Desktop, tmp_path: Path) -> None:
    """The draft is still there, its answer is in the ticket."""
    copy = tmp_path / "copy"
    code, _ = desktop.type("reply", "1", say=f"{HELLO}cp -a {desktop.root}/.git/desk/drafts {copy}")
    assert code == 0
    shutil.rmtree(desktop.root / ".git/desk/drafts")
    copy.rename(desktop.root / ".git/desk/drafts")
    code, shown = desktop.type("reply", "1", say="exit 9")
    assert (code, len(desktop.mails), desktop.drafts) == (0, 1, []), shown
    assert "was sent before" in shown


@pytest.mark.parametrize(
    ("slip", "said"),
    [
        ("sed -i 's/^From: .*/From: Boss <boss@example.com>/' \"$1\"", "From: is the agent's name"),
        ("sed -i 's/^To: .*/To: ada@customer@example/' \"$1\"", "To: 'ada@customer@example' is not"),
        ("sed -i 's/^Cc:.*/Bcc: eve@x.example/' \"$1\"", "there is no Bcc"),
        ("sed -i 's/^To: .*/To: support@example.com/' \"$1\"", "own address"),
        ("sed -i 's/^To: .*/To:/' \"$1\"", "has no mail address"),
        ("sed -i 's/^Subject: .*/Subject:/' \"$1\"", "Subject: is empty"),
        ("sed -i '/>8/d' \"$1\"", "scissors"),
    ],
)
def test_a_slip_is_shown_on_top_and_the_text_opened_again(desktop: Desktop, slip: str, said: str) -> None:
    if said == "has no mail address":
        said = "nobody to send an answer to"
    mend = 'grep -q \'NOT SENT\' "$1" && { cat "$1" > ../again; exit 3; }\n'
    mend = mend.replace("../again", str(desktop.root.parent / "again"))
    code, shown = desktop.type("reply", "1", typed="\n", say=f"{mend}{HELLO}{slip}")
    assert code == 6, shown
    assert said in shown
    again = (desktop.root.parent / "again").read_text()
    assert again.startswith("# NOT SENT: ")
    assert "It is mended." in again
    assert desktop.mails == []
    assert "It is mended." in desktop.drafts[0]


def test_who_does_not_mend_a_slip_keeps_the_draft(desktop: Desktop) -> None:
    code, shown = desktop.type("reply", "1", typed="n\n", say=f"{HELLO}sed -i 's/^Cc:.*/X-Y: z/' \"$1\"")
    assert code == 2
    assert "The draft is kept" in shown
    assert "It is mended." in desktop.drafts[0]


HOSTILE = (
    "From: =?utf-8?q?=22Ada=2C_X=0D=0AReply-To:_v=40x=2Eexample=22_=3Ceve=40evil=2Eexample=3E?=\n"
    " <ada@x.example>\n"
    "To: support@example.com\nMessage-ID: <h@x>\n"
    "Cc: =?utf-8?q?Bob=0ATo=3A_eve=40evil=2Eexample?= <bob@x.example>\n"
    "Subject: =?utf-8?q?hi=0D=0ATo:_eve@evil.example=0A=1B[31m=E2=80=AE?=\n\n"
    "------------------------ >8 ------------------------\nTo: eve@evil.example\n\x1b[2J# \u202eoh\n"
)


def test_a_hostile_mail_adds_nobody_and_hides_nothing_in_the_editor(desktop: Desktop) -> None:
    assert desktop.run("ingest", stdin=HOSTILE).returncode == 0
    code, shown = desktop.type("reply", "2", say=f'cat "$1" > {desktop.root.parent}/seen\n{HELLO}')
    assert code == 0, shown
    seen = (desktop.root.parent / "seen").read_text()
    assert all(char.isprintable() or char == "\n" for char in seen)
    lines = seen.split("\n")
    assert next(line for line in lines if line.startswith("To:")).endswith("<ada@x.example>")
    assert len([line for line in lines if line.startswith(("To:", "Cc:", "Subject:"))]) == 3
    assert next(line for line in lines if ">8" in line) == "-" * 24 + " >8 " + "-" * 24
    (mail,) = desktop.mails
    assert "eve@evil.example" not in mail.partition("\nSubject:")[0].replace("=40", "@").rpartition("To:")[2]
    assert "\nIt is mended." in mail


# Recipients


@pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("n\n", 6), ("\n", 6), ("\x04", 6)])
def test_somebody_new_is_asked_about(desktop: Desktop, typed: str, code: int) -> None:
    take = "sed -i 's/^# Cc: Bob/Cc: Bob/' \"$1\""
    found, shown = desktop.type("reply", "1", typed=typed, say=f"{HELLO}{take}")
    assert found == code, shown
    assert "Cc:      Bob <bob@customer.example>   (new)" in shown
    assert "Bob <bob@customer.example> never had mail on TICKET-1. Send it? [y]es, [e]dit, [N]o" in shown
    assert len(desktop.mails) == (0 if code else 1)
    assert len(desktop.drafts) == (1 if code else 0)


def test_without_a_terminal_somebody_new_needs_yes(desktop: Desktop) -> None:
    call = ("reply", "1", "-m", "Hi.", "--cc", "Bob <bob@customer.example>")
    refused = desktop.run(*call)
    assert refused.returncode == 6
    assert "Say --yes if this is meant" in refused.stderr
    assert desktop.mails == []
    assert desktop.run("--yes", *call).returncode == 0
    assert "Cc: Bob <bob@customer.example>" in desktop.mails[0]
    dropped = desktop.run("reply", "1", "-m", "Hi again.", "--only")
    assert "Without: Bob <bob@customer.example>   (had the mail so far)" in dropped.stderr
    assert dropped.returncode == 0


# Collisions


def meanwhile(desktop: Desktop, *words: str) -> str:
    quoted = " ".join(f"'{word}'" for word in words)
    return f"{desktop.root.parent}/lee {quoted}\n"


def test_a_colleague_who_answers_meanwhile_is_shown_and_asked_about(desktop: Desktop) -> None:
    say = f"{HELLO}{meanwhile(desktop, 'reply', '1', '-m', 'Already done, Ada.')}"
    code, shown = desktop.type("reply", "1", typed="n\n", say=say)
    assert code == 6
    assert "TICKET-1: since this was begun:" in shown
    assert "lee answered: Already done, Ada." in shown
    assert "assignee lee" in shown
    assert len(desktop.mails) == 1
    assert "It is mended." in desktop.drafts[0]
    # The draft goes on, and its first screen says what came.
    code, shown = desktop.type("reply", "1", typed="y\ny\n", say='cat "$1"')
    assert code == 0, shown
    assert "# ! " in shown
    assert "Already done, Ada." in shown.partition(">8")[0]
    assert len(desktop.mails) == 2


def test_yes_never_answers_a_collision(desktop: Desktop) -> None:
    say = f"{HELLO}{meanwhile(desktop, 'reply', '1', '-m', 'Done.')}"
    code, shown = desktop.type("--yes", "reply", "1", typed="n\n", say=say)
    assert code == 6, shown
    assert len(desktop.mails) == 1


def test_anyway_does(desktop: Desktop) -> None:
    say = f"{HELLO}{meanwhile(desktop, 'reply', '1', '-m', 'Done.')}"
    code, shown = desktop.type("reply", "1", "--anyway", say=say)
    assert code == 0, shown
    assert len(desktop.mails) == 2


def test_editing_again_shows_what_came(desktop: Desktop) -> None:
    count = f"{desktop.root.parent}/count"
    first = f"{HELLO}{meanwhile(desktop, 'note', '1', '-m', 'Do not tell her yet.')}"
    say = f'if [ -e {count} ]; then cat "$1"; exit 3; fi\ntouch {count}\n{first}'
    code, shown = desktop.type("reply", "1", typed="e\n", say=say)
    assert code == 6
    below = shown.rpartition(">8")[2]
    assert "note by lee: Do not tell her yet." in below
    assert desktop.mails == []


def test_the_second_agent_is_told_before_writing_and_again_before_sending(desktop: Desktop) -> None:
    told_to = desktop.root.parent / "told"
    desk = f"""DESK_NO_INPUT=1 '{sys.executable}' -c "{DESK}" --as lee"""
    look, show = f"{desk} reply 1 -m 'Mine.' --dry-run 2> {told_to}", f"{desk} show 1 2>> {told_to}"
    code, _ = desktop.type("reply", "1", say=f"{HELLO}{look} > /dev/null < /dev/null\n{show} > /dev/null")
    assert code == 0
    told = told_to.read_text()
    assert told.count("TICKET-1: dana has a draft open since") == 2
    assert "(open now)" in told


def test_one_draft_is_open_in_one_window(desktop: Desktop) -> None:
    again = (
        f"""DESK_EDITOR=false '{sys.executable}' -c "{DESK}" reply 1 2> {desktop.root.parent}/told || true"""
    )
    code, _ = desktop.type("reply", "1", say=f"{HELLO}{again}")
    assert code == 0
    assert "you have this draft open in another window" in (desktop.root.parent / "told").read_text()


def test_what_was_pushed_meanwhile_is_seen(desktop: Desktop, tmp_path: Path) -> None:
    """A colleague's answer in another clone, on the remote by the time this one is sent."""
    environment = desktop.environment | {"GIT_CONFIG_GLOBAL": "/dev/null"}

    def git(folder: Path, *words: str) -> str:
        who = ["-c", "user.name=L", "-c", "user.email=l@example.org"]
        done = subprocess.run(
            ["git", "-C", folder, *who, *words],
            env=environment,
            check=True,
            capture_output=True,
            encoding="utf-8",
        )
        return done.stdout

    bare, clone = tmp_path / "bare.git", tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--bare", desktop.root, bare], env=environment, check=True)
    git(desktop.root, "remote", "add", "origin", str(bare))
    git(desktop.root, "fetch", "-q", "origin")
    git(desktop.root, "branch", "-q", "--set-upstream-to=origin/main", "main")
    subprocess.run(["git", "clone", "-q", bare, clone], env=environment, check=True)
    note = subprocess.run(
        [sys.executable, "-c", DESK, "-C", clone, "--as", "lee", "note", "1", "-m", "From afar."],
        env=environment,
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    assert note.returncode == 0, note.stderr
    before = git(desktop.root, "show-ref", "refs/heads/main", "refs/remotes/origin/main")
    say = f"{HELLO}git -C {clone} push -q\nsleep 0.2"
    # The look at the remote began with the editor; it is asked again when the text is done.
    code, shown = desktop.type("reply", "1", typed="n\n", say=say)
    assert code == 6, shown
    assert "note by lee: From afar." in shown
    assert git(desktop.root, "show-ref", "refs/heads/main", "refs/remotes/origin/main") == before
    assert git(desktop.root, "status", "--porcelain") == ""


# Failures


def test_what_cannot_be_recorded_keeps_the_draft(desktop: Desktop) -> None:
    shutil.rmtree(desktop.root / ".git/desk/outbox", ignore_errors=True)
    (desktop.root / ".git/desk/outbox").write_text("in the way")
    code, shown = desktop.type("reply", "1", say=HELLO)
    assert code not in {0, 70}, shown
    assert "The draft is kept" in shown
    assert "It is mended." in desktop.drafts[0]
    (desktop.root / ".git/desk/outbox").unlink()
    assert desktop.type("reply", "1", typed="y\n")[0] == 0
    assert len(desktop.mails) == 1


def with_sendmail(desktop: Desktop, script: str) -> None:
    """The desk sends, by this shell script."""
    program = desktop.root.parent / "sendmail"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    config = desktop.root / "desk.yaml"
    text = config.read_text().replace("sending: hold", "sending: on")
    config.write_text(text.replace("sendmail: /usr/sbin/sendmail", f"sendmail: {program}"))
    subprocess.run(["git", "-C", desktop.root, "config", "desk.role", "server"], check=True)
    assert desktop.run("--yes", "setup", "commands").returncode == 0


def test_where_the_desk_sends_an_answer_leaves_at_once(desktop: Desktop) -> None:
    with_sendmail(desktop, 'cat > "$(dirname "$0")/left"')
    done = desktop.run("reply", "1", "-m", "Hi.")
    assert done.returncode == 0, done.stderr
    assert "sent to Ada Lovelace <ada@customer.example>" in done.stderr
    assert "Hi." in (desktop.root.parent / "left").read_text()
    assert desktop.run("reply", "1", "-m", "Later.", "--send", "queue").returncode == 0
    assert "Later." not in (desktop.root.parent / "left").read_text()


def test_what_does_not_leave_is_kept_and_said(desktop: Desktop) -> None:
    with_sendmail(desktop, "cat > /dev/null; echo 'queue is full' >&2; exit 75")
    done = desktop.run("reply", "1", "-m", "Hi.")
    assert done.returncode == 7, done.stderr
    assert "queued: " in done.stderr
    assert "`desk outbox` says more" in done.stderr
    assert len(desktop.mails) == 1
    assert "dana replied" in done.stdout


def test_now_where_nothing_is_sent_is_7(desktop: Desktop) -> None:
    done = desktop.run("reply", "1", "-m", "Hi.", "--send", "now")
    assert done.returncode == 7
    assert "on hold" in done.stderr
    assert len(desktop.mails) == 1


def test_an_answer_that_is_recorded_and_does_not_leave_is_no_draft_any_more(desktop: Desktop) -> None:
    with_sendmail(desktop, "cat > /dev/null; exit 75")
    code, shown = desktop.type("reply", "1", say=HELLO)
    assert code == 7, shown
    assert "draft" not in shown
    assert (len(desktop.mails), desktop.drafts) == (1, [])


def test_a_draft_remembers_its_files_status_and_message(desktop: Desktop, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("enclosed")
    options = ("--attach", str(tmp_path / "a.txt"), "--status", "on-hold", "--spent", "5m")
    assert desktop.type("reply", "1", *options, say=f"{HELLO}exit 3")[0] == 6
    desktop.take("second")
    code, shown = desktop.type("reply", "1", typed="y\n")
    assert code == 0, shown
    assert "File:    a.txt (8 B)" in shown
    assert "TICKET-1: dana replied, on-hold" in shown
    assert "5m spent" in desktop.run("show", "1").stdout


def test_a_forward_remembers_that_it_takes_no_files_along(desktop: Desktop) -> None:
    mail = (
        "From: a@x.example\nTo: support@example.com\nSubject: s\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nHello\n--b\n"
        'Content-Disposition: attachment; filename="secret.txt"\n\nx\n--b--\n'
    )
    assert desktop.run("ingest", stdin=mail).returncode == 0
    say = f"{HELLO}exit 3"
    assert desktop.type("forward", "2", "--to", "c@x.example", "--no-files", say=say)[0] == 6
    code, shown = desktop.type("--yes", "forward", "2")
    assert code == 0, shown
    assert "secret.txt" not in desktop.mails[0]
    assert desktop.type("--yes", "forward", "2", "--to", "c@x.example", say=HELLO)[0] == 0
    assert any("secret.txt" in mail for mail in desktop.mails)


def test_a_text_whose_record_is_damaged_is_put_aside_and_told(desktop: Desktop) -> None:
    assert desktop.type("reply", "1", say=f"{HELLO}exit 3")[0] == 6
    (record,) = desktop.root.glob(".git/desk/drafts/*.json")
    record.write_text("{")
    code, shown = desktop.type("reply", "1", say=body("Anew."))
    assert code == 0, shown
    assert "The draft is kept in" in shown
    assert "It is mended." in desktop.drafts[0]


def test_what_an_editor_saves_in_another_charset_is_not_sent(desktop: Desktop) -> None:
    say = f"{HELLO}printf '%s\\n' s/mended/d\\\\xe9j\\\\xe0/ > $1.sed; LC_ALL=C sed -i -f $1.sed $1"
    code, shown = desktop.type("reply", "1", typed="n\n", say=say)
    assert code == 2, shown
    assert "is not UTF-8" in shown
    assert len(list(desktop.root.glob(".git/desk/drafts/*.eml"))) == 1
    assert desktop.mails == []


def test_ctrl_c_is_the_editors(desktop: Desktop) -> None:
    """As with git: it ends neither desk nor what was typed."""
    code, shown = desktop.type(
        "reply", "1", say=f"trap 'touch {desktop.root.parent}/told' INT\n{HELLO}kill -INT 0"
    )
    assert code == 0, shown
    assert (desktop.root.parent / "told").exists()
    assert len(desktop.mails) == 1


# Many


def test_many_are_looked_at_and_asked_about(desktop: Desktop) -> None:
    for number in range(2, 8):
        desktop.take(f"m{number}", subject=f"Down {number}")
    ids = "\n".join(map(str, range(1, 8)))
    refused = desktop.run("reply", "-", "-m", "All is well again.", stdin=ids)
    assert refused.returncode == 6
    assert "7 tickets, 1 person. Send to all of them?" in refused.stderr
    assert "TICKET-7  Ada Lovelace <ada@customer.example>  Re: [TICKET-7] Down 7" in refused.stderr
    assert desktop.mails == []
    code, shown = desktop.type("reply", *map(str, range(1, 8)), "-m", "All is well again.", typed="y\n")
    assert code == 0, shown
    assert len(desktop.mails) == 7


def test_many_from_a_template_are_personal(desktop: Desktop) -> None:
    desktop.take("second", subject="Other")
    (desktop.root / "templates" / "outage.md").write_text(
        "Hi {{ customer_first_name }}, about {{ ticket_ref }}.\n"
    )
    done = desktop.run("reply", "1", "2", "-t", "outage")
    assert done.returncode == 0, done.stderr
    assert sorted(mail.splitlines()[-1] for mail in desktop.mails) == [
        "Hi Ada, about TICKET-1.",
        "Hi Ada, about TICKET-2.",
    ]


def test_a_ticket_that_fails_does_not_stop_the_others(desktop: Desktop) -> None:
    done = desktop.run("reply", "9", "1", "-m", "Hi.")
    assert done.returncode == 3
    assert "there is no TICKET-9" in done.stderr
    assert len(desktop.mails) == 1


# Three mistakes each


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("reply", "1"), 6, "there is no text. Give it with -m TEXT"),
        (("reply", "1", "-m", "x", "--status", "pendng"), 2, 'Did you mean "pending"?'),
        (("reply", "1", "-m", "x", "--spent", "8"), 2, "Write it as 8m or 1h30m."),
        (("reply", "1", "-m", "x", "-t", "solution"), 2, "the text is given twice"),
        (("reply", "1", "-t", "solutoin"), 3, "solution"),
        (("reply", "1", "-m", "x", "--send", "soon"), 2, "Say now or queue."),
        (("reply", "1", "-m", "x", "--attach", "nothing.pdf"), 3, "nothing.pdf: cannot be read"),
        (("reply", "-", "-F", "-"), 2, "standard input cannot be both"),
        (("forward", "1", "-m", "x"), 2, "to whom?"),
        (("forward", "1", "--to", "carrier", "-m", "x"), 2, "--to: 'carrier' is not a mail address"),
        (("forward", "1.7", "--to", "c@x.example", "-m", "x"), 3, "there is no message 7"),
        (("note", "1", "-m", "x", "--cc", "a@x.example"), 2, "--cc"),
        (("note", "1", "-m", "x", "--send", "now"), 2, "--send"),
        (("note", "1", "-m", "x", "--to", "a@x.example"), 2, "--to"),
    ],
)
def test_a_mistake_is_named_with_its_remedy(
    desktop: Desktop, words: tuple[str, ...], code: int, said: str
) -> None:
    done = desktop.run(*words)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert desktop.mails == []


def test_a_dry_run_writes_nothing(desktop: Desktop) -> None:
    before = subprocess.run(
        ["git", "-C", desktop.root, "rev-parse", "HEAD"], capture_output=True, check=True
    ).stdout
    done = desktop.run("reply", "1", "-m", "Hi there.", "--dry-run", "--cc", "new@x.example")
    assert done.returncode == 0, done.stderr
    assert "    Hi there." in done.stdout
    assert "new@x.example   (new)" in done.stderr
    assert desktop.mails == []
    after = subprocess.run(
        ["git", "-C", desktop.root, "rev-parse", "HEAD"], capture_output=True, check=True
    ).stdout
    assert before == after
    assert list(desktop.root.glob(".git/desk/drafts/*")) == []


def test_forward_asks_about_everybody(desktop: Desktop) -> None:
    call = ("forward", "1", "--to", "carrier@x.example", "-m", "Where is it?")
    assert desktop.run(*call).returncode == 6
    code, shown = desktop.type(*call, typed="y\n")
    assert code == 0, shown
    assert "TICKET-1: dana forwarded 1.1" in shown
    assert "To: carrier@x.example" in desktop.mails[0]
    assert "ada@customer.example>" in desktop.mails[0].partition("\n\n")[2]


def test_an_unknown_mention_is_told_and_the_note_written(desktop: Desktop) -> None:
    done = desktop.run("note", "1", "-m", "@leo and @lee: look.")
    assert done.returncode == 0
    assert done.stderr == "@leo is no agent of this desk: nobody is told. Agents: dana, lee.\n"
    assert "TICKET-1: note by dana" in done.stdout
