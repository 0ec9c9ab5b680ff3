"""Three Unix users on one shared desk, one of them the mail user; a fourth is kept out. DECISIONS 16."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

import pytest
from mta.installed import Installation, User, Users, git, mail, times_in_desk
from needs import needs

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

pytestmark = needs("root", "useradd")


class Team(NamedTuple):
    """Who works on the desk, and who does not."""

    owner: User
    colleague: User
    mailer: User
    outsider: User
    desk: Path
    shim: Path
    installation: Installation


@pytest.fixture(scope="module")
def team(installation: Installation, users: Users, top: Path) -> Team:
    """A desk of three users, hooked up for the third, used by each of them under an unfriendly umask."""
    group = users.group("team")
    owner, colleague, mailer = (users.user(role, group=group) for role in ("own", "col", "mai"))
    outsider = users.user("out")
    desk, shim = owner.home / "desk", top / "desk-ingest-team"
    # A home is private; the way to the desk must be open to the group.
    owner.home.chmod(0o755)
    made = owner.run(with_umask(installation.command("init", "--shared", group, desk)))
    assert made.returncode == 0, made.stderr
    done = installation.desk(
        "-C", desk, "setup", "mta", "--procmail", "--user", mailer.name, "--shim", shim, "--install"
    )
    assert done.returncode == 0, done.stderr
    return Team(owner, colleague, mailer, outsider, desk, shim, installation)


def with_umask(command: list[str | Path], umask: str = "077") -> list[str | Path]:
    """The command as it runs for somebody who keeps their files to themselves."""
    return ["/bin/sh", "-c", f'umask {umask}; exec "$@"', "sh", *command]


def act(team: Team, user: User, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """`desk ARGUMENTS` by a user, as the sample's agent dana."""
    command = with_umask(team.installation.command("-C", team.desk, "--as", "dana", *arguments))
    return user.run(command)


def deliver(team: Team, data: bytes) -> int:
    """The shim's answer to the mail user."""
    done = team.mailer.run(with_umask([team.shim]), stdin=data, env={})
    assert done.stdout + done.stderr == b""
    return done.returncode


def test_each_may_write_what_the_others_wrote(team: Team) -> None:
    """Mail, agent, agent, mail again: nobody is locked out, everything is committed."""
    assert deliver(team, mail("first")) == 0
    for user, tag in ((team.owner, "+a"), (team.colleague, "+b"), (team.owner, "-a")):
        done = act(team, user, "tag", "1", tag)
        assert done.returncode == 0, done.stderr
    reply = mail("second").replace(b"\n\n", b"\nIn-Reply-To: <first@example.org>\n\n", 1)
    assert deliver(team, reply) == 0
    done = act(team, team.colleague, "resolve", "1")
    assert done.returncode == 0, done.stderr
    assert times_in_desk(team.desk, "first") == times_in_desk(team.desk, "second") == 1
    assert len(list((team.desk / "tickets").rglob("*.md"))) == 1
    assert git(team.desk, "status", "--porcelain") == ""
    git(team.desk, "fsck", "--strict")
    assert len(git(team.desk, "log", "--oneline").splitlines()) == 7


def test_everything_is_the_groups_and_nobody_elses(team: Team) -> None:
    """Whatever the umask: group as owner, others nothing, folders hand their group down."""
    assert deliver(team, mail("third")) == 0
    group = team.desk.stat().st_gid
    for path in [team.desk, *team.desk.rglob("*")]:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            continue
        assert status.st_gid == group, path
        assert not status.st_mode & stat.S_IRWXO, path
        assert status.st_mode >> 3 & 7 == status.st_mode >> 6 & 7, path
        assert status.st_mode & stat.S_ISGID or not path.is_dir(), path


def test_a_fourth_user_gets_nothing(team: Team) -> None:
    """Not a member: neither reading nor handing in mail; told why, not shown anything."""
    listed = team.outsider.run(team.installation.command("-C", team.desk, "list"))
    assert listed.returncode != 0
    assert b"first" not in listed.stdout
    log = team.outsider.home / "log"
    done = team.outsider.run([team.shim, "--check"], env={"DESK_ERRLOG": str(log)})
    assert done.returncode == 75
    assert str(team.desk) in log.read_text()
    assert team.outsider.run([team.shim], stdin=mail("intruder"), env={}).returncode == 75
    assert times_in_desk(team.desk, "intruder") == 0


def test_setup_refuses_a_user_who_cannot_deliver(team: Team, top: Path) -> None:
    """The door is tried as that user before the mail server is told anything."""
    home = team.outsider.home
    done = team.installation.desk(
        *("-C", team.desk, "setup", "mta", "--procmail", "--user", team.outsider.name),
        *("--shim", top / "desk-ingest-out", "--install"),
    )
    assert done.returncode == 1
    assert team.outsider.name in done.stderr
    assert str(team.desk) in done.stderr
    assert not (home / ".procmailrc").exists()


def test_setup_never_changes_rules_of_ones_own(team: Team, top: Path) -> None:
    """A .procmailrc that is there stays as it is; what to add is said."""
    rules = team.colleague.home / ".procmailrc"
    rules.write_text("# my own rules\n")
    os.chown(rules, team.colleague.entry.pw_uid, -1)
    done = team.installation.desk(
        *("-C", team.desk, "setup", "mta", "--procmail", "--user", team.colleague.name),
        *("--shim", top / "desk-ingest-own", "--install"),
    )
    assert done.returncode == 1
    assert "by hand" in done.stderr
    assert rules.read_text() == "# my own rules\n"


def test_setup_twice_is_once(team: Team) -> None:
    """The same shim, the same rules, the same answer."""
    again = ("setup", "mta", "--procmail", "--user", team.mailer.name, "--shim", team.shim, "--install")
    before = (team.shim.read_bytes(), (team.mailer.home / ".procmailrc").read_bytes())
    done = team.installation.desk("-C", team.desk, *again)
    assert done.returncode == 0, done.stderr
    assert (team.shim.read_bytes(), (team.mailer.home / ".procmailrc").read_bytes()) == before


@pytest.mark.parametrize("who", ["root", "no-such-user"])
def test_setup_names_the_remedy_for_an_impossible_user(team: Team, who: str) -> None:
    """Mail is not delivered as root, nor as somebody who does not exist."""
    done = team.installation.desk("-C", team.desk, "setup", "mta", "--user", who)
    assert done.returncode in {2, 3}
    assert "--user" in done.stderr
