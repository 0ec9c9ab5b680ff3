"""RELIABILITY T50: who may push may write desk.yaml; only what a person approved on this host runs there."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import smtp_sink
from care.world import ENVIRONMENT, World, write_mail
from needs import needs
from terminals import DESK, on_terminal

from helpdesk_cli.desk.approving import approve, review
from helpdesk_cli.desk.backup import backup
from helpdesk_cli.desk.commands import Named, NotApprovedError, commands_of, require_approved, why_not_run
from helpdesk_cli.desk.cron import cron
from helpdesk_cli.desk.doctor import doctor
from helpdesk_cli.desk.fetch import fetch_all, state_of
from helpdesk_cli.desk.init import init
from helpdesk_cli.desk.outbox_list import listing
from helpdesk_cli.desk.restore import restore
from helpdesk_cli.errors import DeskError, InvalidFileError, UsageError
from helpdesk_cli.storage import access, setup
from helpdesk_cli.storage.approvals import read_approvals
from helpdesk_cli.tickets.times import write_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
TEAM, OWNER, MEMBER = 30100, 30001, 30002
SETTINGS = """\
sending: on
inboxes: {support: support@ours.example}
agents:
  dana: {name: Dana Davis, email: dana@example.com}
"""


@dataclass(frozen=True, slots=True)
class Pushed:
    """A desk into whose desk.yaml somebody wrote a command; `marker` is there when it has run."""

    world: World
    text: str
    marker: Path

    @property
    def has_run(self) -> bool:
        """Whether the command has run."""
        return self.marker.exists()

    def write(self, text: str) -> None:
        """Write and commit settings, as a pull brings them."""
        (self.world.root / "desk.yaml").write_text(SETTINGS + text)
        self.world.git("commit", "-qam", "Settings")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`desk ARGUMENTS` in a process of its own, with nobody to ask."""
        return subprocess.run(
            [sys.executable, "-m", "helpdesk_cli.cli.main", "-C", str(self.world.root), *arguments],
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            check=False,
            timeout=60,
        )

    @property
    def environment(self) -> dict[str, str]:
        """What a command finds around it."""
        own = {"PATH": os.environ["PATH"], "DESK_AGENT": "dana", "DESK_NOW": write_time(self.world.now)}
        return {**ENVIRONMENT, **own, "LC_ALL": "C.UTF-8", "TERM": "xterm"}

    def cron(self) -> list[str]:
        """What cron says of it."""
        return cron(self.world.root, now=self.world.now, says_all=True).to_say

    def codes(self) -> dict[str, str]:
        """What the doctor says of commands."""
        found = doctor(self.world.root, now=self.world.now, environment={})
        return {each.code: each.level for subject, each in found if subject == "commands"}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A mail server that takes mail, and knows no login."""
    with smtp_sink.running() as sink:
        yield sink.port


def of_sendmail(marker: Path, _: int) -> str:
    program = marker.with_name("mailer")
    program.write_text(f"#!/bin/sh\ntouch {marker}\ncat > /dev/null\n")
    program.chmod(0o755)
    return f"outgoing:\n  sendmail: {program}\n"


def of_smtp(key: str) -> Callable[[Path, int], str]:
    return lambda marker, port: (
        "outgoing:\n  via: smtp\n"
        f"  smtp: {{host: 127.0.0.1, port: {port}, security: none, user: kim, {key}: touch {marker}}}\n"
    )


def of_fetch(key: str) -> Callable[[Path, int], str]:
    return lambda marker, _: (
        f"fetch:\n  support: {{host: localhost, port: 1, user: kim, {key}: 'touch {marker}; echo x'}}\n"
    )


WAYS = {
    "sendmail": of_sendmail,
    "smtp-password": of_smtp("password-command"),
    "smtp-token": of_smtp("token-command"),
    "fetch-password": of_fetch("password-command"),
    "fetch-token": of_fetch("token-command"),
}


@pytest.fixture(params=list(WAYS))
def pushed(request: pytest.FixtureRequest, world: World, port: int, tmp_path: Path) -> Pushed:
    """Each of the settings that can name a command."""
    world.take(write_mail(1))
    marker = tmp_path / "ran"
    made = Pushed(world, WAYS[request.param](marker, port), marker)
    made.write(made.text)
    return made


@pytest.fixture
def sender(world: World, port: int, tmp_path: Path) -> Pushed:
    """The one whose program sends."""
    world.take(write_mail(1))
    made = Pushed(world, of_sendmail(tmp_path / "ran", port), tmp_path / "ran")
    made.write(made.text)
    return made


def test_nothing_of_a_pushed_command_runs(pushed: Pushed) -> None:
    is_fetch = "fetch:" in pushed.text
    replied = pushed.run("--yes", "reply", "1", "-m", "Hello.")
    assert replied.returncode == 0, replied.stderr
    said = pushed.cron()
    assert [each for each in said if "nobody has approved this command" in each], said
    tried = [
        ("cron",),
        ("outbox", "send"),
        ("fetch",),
        ("doctor",),
        ("doctor", "mail", "--to", "a@b.example"),
    ]
    codes = {each: pushed.run("--yes", *each).returncode for each in tried}
    assert not pushed.has_run
    assert pushed.codes() == {"command-new": "error"}
    if is_fetch:
        assert codes["fetch",] == 4
        assert state_of(pushed.world.desk, "support").fetched_at is None
    else:
        assert (codes["outbox", "send"], codes["doctor", "mail", "--to", "a@b.example"]) == (7, 4)
        (mail,) = listing(pushed.world.desk).mails
        assert (mail.state, mail.attempts) == ("queued", 0)
        assert "nobody has approved" in mail.why
        assert "nobody has approved" in replied.stderr


def test_what_a_person_approves_runs(pushed: Pushed) -> None:
    pushed.run("--yes", "reply", "1", "-m", "Hello.")
    assert pushed.run("setup", "commands").returncode == 6, "nobody was there to be asked"
    pushed.cron()
    assert not pushed.has_run
    shown = pushed.run("--yes", "setup", "commands")
    assert shown.returncode == 0, shown.stderr
    assert str(pushed.marker.parent) in shown.stdout
    pushed.cron()
    assert pushed.has_run
    assert pushed.codes()["command"] == "ok"
    assert "all of them are approved" in pushed.run("setup", "commands").stdout


def test_a_changed_command_needs_a_new_approval(pushed: Pushed) -> None:
    pushed.run("--yes", "reply", "1", "-m", "Hello.")
    pushed.world.approve()
    other = pushed.marker.with_name("other")
    (pushed.marker.with_name("mailer2")).write_text(f"#!/bin/sh\ntouch {other}\n")
    (pushed.marker.with_name("mailer2")).chmod(0o755)
    changed = pushed.text.replace(f"touch {pushed.marker}", f"touch {other}").replace("/mailer", "/mailer2")
    assert changed != pushed.text
    pushed.write(changed)
    said = pushed.cron()
    assert [each for each in said if "not the command that was approved" in each], said
    assert not other.exists()
    assert not pushed.has_run
    assert pushed.codes() == {"command-changed": "error"}
    pushed.write(pushed.text)
    assert pushed.codes()["command"] == "ok", "what was approved in this place still is"
    pushed.write(changed)
    pushed.world.approve()
    pushed.cron()
    assert other.exists()
    pushed.write(pushed.text)
    assert "command-changed" in pushed.codes(), "nobody rolls an approval back"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("127.0.0.1", "localhost"),
        ("user: kim", "user: root"),
        ("security: none", "security: tls"),
        ("port: 1", "port: 2"),
    ],
)
@pytest.mark.parametrize("way", ["smtp-password", "fetch-token"])
def test_a_secret_goes_to_no_other_server(
    world: World, tmp_path: Path, way: str, before: str, after: str
) -> None:
    text = WAYS[way](tmp_path / "ran", 1).replace("localhost, port", "127.0.0.1, security: none, port")
    pushed = Pushed(world, text, tmp_path / "ran")
    pushed.write(text)
    world.approve()
    assert pushed.codes() == {"command": "ok"}
    pushed.write(text.replace(before, after))
    assert pushed.codes() == {"command-changed": "error"}
    (command,) = commands_of(world.desk)
    with pytest.raises(NotApprovedError, match=r"was approved here for kim at 127\.0\.0\.1:1"):
        require_approved(world.desk, command)
    pushed.cron()
    assert not pushed.has_run


def test_one_command_is_not_another_because_it_has_its_words(world: World) -> None:
    """An approval is for its place, too: a password for fetching is none for sending."""
    here = "{host: localhost, port: 1, user: kim, password-command: echo x}"
    Pushed(world, "", world.root).write(f"fetch:\n  support: {here}\n")
    world.approve()
    Pushed(world, "", world.root).write(f"fetch:\n  other: {here}\noutgoing:\n  via: smtp\n  smtp: {here}\n")
    assert [each.state for each in review(world.desk)] == ["new", "new"]


def test_the_shipped_program_needs_nothing(world: World) -> None:
    assert commands_of(world.desk) == ()
    assert not world.desk.layout.approvals.exists()
    require_approved(world.desk, None)


def test_a_clone_runs_nothing_and_is_asked_nothing(sender: Pushed) -> None:
    sender.world.git("config", "desk.role", "clone")
    assert commands_of(sender.world.desk) == ()
    sender.write(sender.text + "  from-clones: yes\n")
    assert [each.state for each in review(sender.world.desk)] == ["new"]


def test_cron_says_it_once_a_day(sender: Pushed) -> None:
    first = sender.run("cron", "--quiet")
    assert (first.returncode, first.stderr.count("nobody has approved")) == (1, 1)
    assert sender.run("cron", "--quiet").stderr == ""
    tomorrow = cron(sender.world.root, now=sender.world.later(days=1, minutes=1).now)
    assert len([said for said in tomorrow.to_say if "nobody has approved" in said]) == 1


def test_a_network_fault_before_does_not_hide_it(world: World) -> None:
    pushed = Pushed(
        world, of_fetch("password-command")(world.root.parent / "ran", 0), world.root.parent / "ran"
    )
    pushed.write(pushed.text)
    world.approve()
    assert fetch_all(world.desk) == [], "a network that is away for a minute"
    pushed.write(pushed.text.replace("echo x", "echo y"))
    (said,) = fetch_all(world.later(minutes=1).desk)
    assert "not the command" in said


@pytest.mark.parametrize("answer", ["y\n", "n\n"])
def test_who_is_at_the_terminal_is_asked(sender: Pushed, answer: str) -> None:
    arguments = ["-C", str(sender.world.root), "doctor", "mail", "--to", "dana@elsewhere.example"]
    code, shown = on_terminal(DESK, arguments, sender.environment, answer)
    assert "May this command run on this host from now on" in shown
    assert sender.has_run == (answer == "y\n"), shown
    assert code == (0 if answer == "y\n" else 4), shown


def test_yes_is_no_answer_where_something_else_was_asked_for(world: World, tmp_path: Path) -> None:
    pushed = Pushed(world, "", tmp_path / "ran")
    pushed.write(of_fetch("password-command")(pushed.marker, 0))
    arguments = ["-C", str(world.root), "--yes", "fetch"]
    code, shown = on_terminal(DESK, arguments, {**pushed.environment, "DESK_NO_INPUT": "1"})
    assert code == 4, shown
    assert not pushed.has_run
    code, shown = on_terminal(DESK, arguments, pushed.environment, "y\n")
    assert pushed.has_run, shown


@pytest.mark.parametrize("text", ["true\x1b[2K\rtrue", "true\nfalse", "a\u202eb", "a\0b", "a\ud800b"])
def test_what_hides_is_shown_or_refused(world: World, text: str) -> None:
    """desk.yaml may not hold it; and from wherever else it came, it is seen."""
    pushed = Pushed(world, "", world.root)
    line = f"outgoing:\n  sendmail: {json.dumps('/' + text)}\n"
    (world.root / "desk.yaml").write_text(SETTINGS + line)
    done = pushed.run("--yes", "setup", "commands")
    assert (done.returncode, done.stdout) == (4, ""), done.stderr
    assert "desk.yaml:" in done.stderr
    assert not set(done.stderr) & {"\x1b", "\u202e", "\0"}
    assert "Traceback" not in done.stderr


def test_homographs_and_gaps_are_other_commands(world: World) -> None:
    pushed = Pushed(world, "", world.root)
    pushed.write("fetch:\n  a: {host: localhost, user: kim, password-command: pass show x}\n")
    world.approve()
    for text in ("pass  show x", "pаss show x", "pass show x ;", "Pass show x"):
        pushed.write(f"fetch:\n  a: {{host: localhost, user: kim, password-command: '{text}'}}\n")
        assert [each.state for each in review(world.desk)] == ["changed"], text


@pytest.mark.parametrize(
    "text",
    [
        "{root}/bin/mailer",
        "sh -c 'cd {root} && ./x'",
        "cat<{root}/secret",
        "run --config={root}/x.cfg",
        "{link}",
    ],
)
def test_what_lies_in_the_desk_is_never_approved(world: World, tmp_path: Path, text: str) -> None:
    """It is pushed with the rest: what was approved could do something else tomorrow."""
    link = tmp_path / "link"
    link.symlink_to(world.root / "bin")
    command = Named("fetch: a: password-command", text.format(root=world.root, link=link))
    with pytest.raises(UsageError, match="whoever may push can change what it does"):
        approve(world.desk, [command], by="dana")
    assert read_approvals(world.desk.layout) == {}


def test_a_relative_name_leads_nowhere(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands run in /, whoever calls from where."""
    (world.root / "secret.sh").write_text(f"touch {tmp_path}/ran\n")
    pushed = Pushed(world, "", tmp_path / "ran")
    pushed.write("fetch:\n  a: {host: localhost, port: 1, user: kim, password-command: sh ./secret.sh}\n")
    world.approve()
    monkeypatch.chdir(world.root)
    (said,) = fetch_all(world.desk)
    assert "secret.sh" in said
    assert not pushed.has_run


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"approved": 3}', b'{"approved": {"a": {"x": 1}}}', b"\xff", b"[" * 100_000]
)
def test_a_damaged_record_approves_nothing_and_can_be_made_anew(sender: Pushed, data: bytes) -> None:
    sender.world.approve()
    sender.world.desk.layout.approvals.write_bytes(data)
    (command,) = commands_of(sender.world.desk)
    assert "cannot be believed" in why_not_run(sender.world.desk, command)
    assert sender.codes() == {"approvals-damaged": "error", "command-new": "error"}
    sender.world.approve()
    require_approved(sender.world.desk, command)


def test_a_link_in_its_place_is_not_followed(sender: Pushed, tmp_path: Path) -> None:
    sender.world.approve()
    path = sender.world.desk.layout.approvals
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    (command,) = commands_of(sender.world.desk)
    with pytest.raises(NotApprovedError):
        require_approved(sender.world.desk, command)


@pytest.mark.parametrize("mode", [0o660, 0o602, 0o666])
def test_what_others_could_have_written_is_not_believed(sender: Pushed, mode: int) -> None:
    sender.world.approve()
    path = sender.world.desk.layout.approvals
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(mode)
    (command,) = commands_of(sender.world.desk)
    assert "others than the desk's owner could have written it" in why_not_run(sender.world.desk, command)
    sender.world.approve()
    assert path.stat().st_mode & 0o777 == 0o600


def test_no_backup_brings_approvals_along(sender: Pushed, tmp_path: Path) -> None:
    sender.world.approve()
    made = backup(sender.world.desk, tmp_path / "backup.tar.gz")
    with tarfile.open(made.path) as archive:
        assert not [name for name in archive.getnames() if "approved" in name]
    restore(made.path, tmp_path / "again", now=sender.world.now)
    again = World(tmp_path / "again")
    (command,) = commands_of(again.desk)
    assert "nobody has approved" in why_not_run(again.desk, command)


def as_user(user: int, work: Callable[[], str]) -> str:
    """What `work` gives, or the error it raises, in a process of that user in the team."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        said = "died"
        try:
            os.setgroups([TEAM])
            os.setgid(TEAM)
            os.setuid(user)
            said = work()
        except DeskError as error:
            said = f"{type(error).__name__}: {error}"
        finally:
            os.write(write, said.encode())
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said


@pytest.fixture
def shared() -> Iterator[Pushed]:
    """A desk of OWNER's that TEAM shares, in a folder that all may enter; its command was approved."""
    with tempfile.TemporaryDirectory() as place:
        top = Path(place)
        top.chmod(0o755)
        world = World.make(top / "desk")
        pushed = Pushed(world, "", top / "ran")
        pushed.write("fetch:\n  a: {host: localhost, port: 1, user: kim, password-command: echo x}\n")
        for path in (world.root, *world.root.rglob("*")):
            os.chown(path, OWNER, TEAM, follow_symlinks=False)
        setup.configure(world.desk.layout, group=TEAM)
        world.approve()
        yield pushed


@needs("root")
def test_the_owner_approves_and_everybody_may_run_it(shared: Pushed) -> None:
    world = shared.world
    status = world.desk.layout.approvals.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (OWNER, TEAM, 0o640)
    (command,) = commands_of(world.desk)
    assert as_user(MEMBER, lambda: why_not_run(world.desk, command)) == ""
    assert as_user(OWNER, lambda: why_not_run(world.desk, command)) == ""
    assert access.strays(world.desk.layout) == [], "it is as it should be"
    setup.share(world.desk.layout, TEAM)
    assert why_not_run(world.desk, command) == "", "sharing again does not open it to the group"


@needs("root")
def test_a_member_of_the_group_approves_nothing(shared: Pushed) -> None:
    world = shared.world
    config = world.root / "desk.yaml"
    config.write_text(config.read_text().replace("echo x", "id"))
    (command,) = commands_of(world.desk)
    path = world.desk.layout.approvals

    def by_the_command() -> str:
        approve(world.desk, [command], by="lee")
        return "approved"

    def by_hand() -> str:
        record = json.loads(path.read_text())
        record["approved"][command.place]["text"] = command.text
        path.unlink()
        path.write_text(json.dumps(record))
        path.chmod(0o640)
        return "written"

    def by_a_file_of_the_owners() -> str:
        path.unlink()
        os.rename(world.root / "notes.json", path)  # noqa: PTH104 - as an attacker would
        return "moved"

    assert "only user 30001, who owns this desk, or root" in as_user(MEMBER, by_the_command)
    record = path.read_bytes()
    assert as_user(MEMBER, by_hand) == "written"
    assert as_user(MEMBER, lambda: why_not_run(world.desk, command)).count(
        "is not the file of the desk's owner"
    )
    forged = path.read_bytes()
    # What the owner's desk wrote for the team is the owner's file, too; its members may write it.
    notes = world.root / "notes.json"
    notes.write_bytes(forged)
    os.chown(notes, OWNER, TEAM)
    notes.chmod(0o660)
    assert as_user(MEMBER, by_a_file_of_the_owners) == "moved"
    assert "others than the desk's owner" in as_user(OWNER, lambda: why_not_run(world.desk, command))
    assert record != forged


@needs("root")
def test_what_would_not_be_believed_is_said_when_it_is_approved(shared: Pushed) -> None:
    world = shared.world
    os.chown(world.state, MEMBER, TEAM)
    with pytest.raises(InvalidFileError, match=r"/desk must be the owner's, too"):
        world.approve()


def test_no_call_goes_round_the_approval() -> None:
    """Who can start a command of desk.yaml, by name or by import, is listed here; each asks first."""
    starters = {"read_secret", "open_transport", "transmit", "Sendmail", "Smtp"}
    modules = {
        "helpdesk_cli.channels.smtp",
        "helpdesk_cli.channels.sendmail",
        "helpdesk_cli.channels.transport",
    }
    found = set()
    for path in sorted((ROOT / "helpdesk_cli").rglob("*.py")):
        name = path.relative_to(ROOT / "helpdesk_cli").as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("helpdesk_cli.channels"):
                found |= {name for alias in node.names if alias.name in starters}
            elif isinstance(node, ast.Constant) and node.value in modules:
                found.add(name)
    assert found - {"channels/smtp.py", "channels/transport.py"} == {"desk/fetch.py", "desk/outbox.py"}
    for name, starter in (("desk/outbox.py", "open_transport("), ("desk/fetch.py", "open_mailbox(")):
        text = (ROOT / "helpdesk_cli" / name).read_text("utf-8")
        assert 0 < text.index("    require_approved(") < text.index(starter)


def test_init_in_a_desk_that_is_there_approves_nothing(sender: Pushed) -> None:
    init(sender.world.root, now=sender.world.now, environment=ENVIRONMENT)
    (command,) = commands_of(sender.world.desk)
    assert why_not_run(sender.world.desk, command)
