"""What `desk doctor` says of the mail server's door and of several Unix users, on a real installation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import pytest
from mta.installed import Installation, User, Users, mail
from needs import needs

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

pytestmark = needs("root", "useradd")


class Server(NamedTuple):
    """A shared desk, hooked up to procmail."""

    installation: Installation
    owner: User
    mailer: User
    outsider: User
    desk: Path
    shim: Path


@pytest.fixture(scope="module")
def server(installation: Installation, users: Users, top: Path) -> Server:
    """As `desk init --shared` and `sudo desk setup mta --procmail --install` leave it."""
    group = users.group("srv")
    owner, mailer, outsider = (
        users.user("own", group=group),
        users.user("mai", group=group),
        users.user("out"),
    )
    desk, shim = owner.home / "desk", top / "desk-ingest-server"
    owner.home.chmod(0o755)
    made = owner.run(installation.command("init", "--shared", group, desk))
    assert made.returncode == 0, made.stderr
    server = Server(installation, owner, mailer, outsider, desk, shim)
    hook_up(server)
    assert mailer.run([shim], stdin=mail("doctored"), env={}).returncode == 0
    return server


def hook_up(server: Server) -> None:
    """`sudo desk setup mta --procmail --user USER --install`."""
    done = server.installation.desk(
        *("-C", server.desk, "setup", "mta", "--procmail", "--user", server.mailer.name),
        *("--shim", server.shim, "--install"),
    )
    assert done.returncode == 0, done.stderr


def examine(server: Server, user: User | None = None, **environment: str) -> dict[str, str]:
    """Level of each code that the doctor names, asked by root or by a user."""
    command = ("-C", server.desk, "doctor", "--json")
    if user is None:
        done = server.installation.desk(*command, **environment)
        said = done.stdout
    else:
        told = user.run(server.installation.command(*command))
        said = told.stdout.decode()
    document = json.loads(said)
    assert document["kind"] == "diagnoses"
    return {item["code"]: item["level"] for item in document["items"]}


def shim_without(server: Server, old: str, new: str) -> AbstractContextManager[None]:
    """The shim with something else in it."""
    text = server.shim.read_text()
    assert old in text
    return server.installation.with_text(server.shim, text.replace(old, new))


FAULTS: dict[str, Callable[[Server], AbstractContextManager[None]]] = {
    "door-missing": lambda server: server.installation.without(server.shim),
    "door-foreign": lambda server: server.installation.with_text(server.shim, "#!/bin/sh\nexit 0\n"),
    "door-elsewhere": lambda server: shim_without(server, str(server.desk), "/srv/other"),
    "door-no-python": lambda server: shim_without(
        server, str(server.installation.python), "/opt/gone/python"
    ),
    "door-old": lambda server: shim_without(server, "trap : HUP", "trap : USR1 HUP"),
    "recipe-changed": lambda server: server.installation.with_text(
        server.mailer.home / ".procmailrc", ":0\n| cat >/dev/null\n"
    ),
    "shim-not-shipped": lambda server: server.installation.without(server.installation.shipped_shim),
}


def test_all_is_well(server: Server) -> None:
    """Root sees the door tried as the mail user, the recipe in its place, everybody's rights."""
    found = examine(server)
    for code in ("door", "recipe", "access", "shared", "role", "last-mail"):
        assert found[code] == "ok", found
    assert set(found.values()) <= {"ok", "note", "warning"}
    assert [code for code, level in found.items() if level == "warning"] == ["no-backup"]


@pytest.mark.parametrize("code", FAULTS)
def test_a_fault_of_the_door_is_named_until_it_is_mended(server: Server, code: str) -> None:
    """With its remedy; setting up again is the remedy of most."""
    assert code not in examine(server)
    with FAULTS[code](server):
        assert code in examine(server)
    assert code not in examine(server)


def test_setting_up_again_mends_the_shim(server: Server) -> None:
    """The remedy that the doctor names."""
    server.shim.write_text("#!/bin/sh\nexit 0\n")
    assert "door-foreign" in examine(server)
    hook_up(server)
    assert examine(server)["door"] == "ok"


def test_a_shim_that_others_may_change(server: Server) -> None:
    """It runs for every mail: only its owner may write it."""
    server.shim.chmod(0o775)
    assert "door-writable" in examine(server)
    server.shim.chmod(0o755)
    assert "door-writable" not in examine(server)


def test_a_door_that_is_closed_to_the_mail_user(server: Server) -> None:
    """Out of the group: named by the trial and by the files' modes; back in it, all is well."""
    group = server.desk.group()
    server.mailer.regroup("")
    found = examine(server)
    assert found["door-closed"] == found["no-access"] == "error"
    server.mailer.regroup(group)
    assert not {"door-closed", "no-access"} & set(examine(server))


def test_who_cannot_try_the_door_says_so(server: Server) -> None:
    """The owner is not root: a note, and what to do; everything else is looked at."""
    found = examine(server, server.owner)
    assert found["door-not-tried"] == "note"
    assert found["access"] == "ok"


def test_ones_own_git_in_a_desk_of_somebody_else(server: Server) -> None:
    """Git refuses until told to trust the folder; then the note is gone."""
    assert examine(server, server.mailer)["git-distrusts"] == "note"
    config = server.mailer.home / ".gitconfig"
    config.write_text(f"[safe]\n\tdirectory = {server.desk}\n")
    assert "git-distrusts" not in examine(server, server.mailer)
    config.unlink()


def test_the_exit_code_tells_a_program(server: Server) -> None:
    """1 with errors and warnings (there is no backup yet), 0 once there is none."""
    command = ("-C", server.desk, "doctor")
    assert server.installation.desk(*command).returncode == 1
    done = server.installation.desk("-C", server.desk, "backup", server.installation.top / "backup.tar.gz")
    assert done.returncode == 0, done.stderr
    done = server.installation.desk(*command)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "All is well."), done.stdout
