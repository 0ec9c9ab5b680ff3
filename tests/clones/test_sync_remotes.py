"""What remotes can be like: busy, gone, rewritten, refusing, silent, foreign. Said; nothing is lost."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail
from clones.fleet import meet
from clones.meeting import Clone

from helpdesk_cli.desk import sync as syncing
from helpdesk_cli.errors import ConflictError, NotFoundError, TryAgainError
from helpdesk_cli.storage import git, remotes
from helpdesk_cli.storage.layout import find

if TYPE_CHECKING:
    from pathlib import Path

    from clones.fleet import Fleet

TICKET = "tickets/2026/11/TICKET-1.md"


def state(clone: Clone) -> tuple[object, ...]:
    """Everything that a failed sync must leave alone."""
    return (
        clone.files(),
        clone.world.status(),
        clone.world.git("rev-parse", "HEAD"),
        clone.world.git("ls-files", "-s"),
    )


def test_who_loses_a_race_merges_again(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    kim, lee, mia = fleet.clones
    kim.tag("1", "vip")
    others = iter([lee, mia])
    push = remotes.push

    def after_another(layout: object, *args: object, **options: object) -> bool:
        if layout == find(kim.world.root):
            for other in others:
                other.note("1", other.name)
                meet(other)
                break
        return push(layout, *args, **options)  # type: ignore[arg-type] # handed on

    monkeypatch.setattr(remotes, "push", after_another)
    assert meet(kim).tries == 3
    assert len([entry for entry in kim.world.ticket("TICKET-1").entries if entry.kind == "note"]) == 2
    assert kim.world.git("rev-parse", "HEAD").strip() == fleet.hub("rev-parse", "main").strip()


def test_who_always_loses_gives_up_whole(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    kim, lee, _ = fleet.clones
    kim.tag("1", "vip")
    push = remotes.push

    def after_another(layout: object, *args: object, **options: object) -> bool:
        if layout == find(kim.world.root):
            lee.note("1", "again")
            meet(lee)
        return push(layout, *args, **options)  # type: ignore[arg-type] # handed on

    monkeypatch.setattr(remotes, "push", after_another)
    monkeypatch.setattr(syncing, "_PAUSE", 0.001)
    with pytest.raises(TryAgainError, match="pushed to origin/main 5 times"):
        meet(kim)
    assert kim.world.status() == ""
    assert kim.findings() == []
    monkeypatch.undo()
    meet(kim)
    assert kim.world.git("rev-parse", "HEAD").strip() == fleet.hub("rev-parse", "main").strip()


def test_a_rewritten_history_is_told_and_not_taken(fleet: Fleet) -> None:
    kim, lee, _ = fleet.clones
    lee.note("1", "mine")
    kim.take(write_mail(2, answers=1))
    meet(kim)
    meet(lee)
    kim.world.git("checkout", "-q", "-B", "main", "HEAD~2")
    kim.world.git("commit", "-q", "--allow-empty", "-m", "another past")
    kim.world.git("push", "-q", "--force", "origin", "main")
    before = state(lee)
    for _ in range(2):
        with pytest.raises(ConflictError, match="history of origin/main was rewritten"):
            meet(lee)
        assert state(lee) == before
    lee.world.git("merge", "-q", "--no-edit", "origin/main")
    meet(lee)
    assert len(lee.world.ticket("TICKET-1").messages) == 2


def test_a_branch_that_somebody_removed(fleet: Fleet) -> None:
    meet(fleet.lee)
    fleet.hub("branch", "-m", "main", "old")
    with pytest.raises(
        ConflictError, match=r"has no branch main any more.*git push origin [0-9a-f]{40}:refs/heads/main"
    ):
        meet(fleet.lee)


def test_a_branch_that_is_not_there_yet_begins(fleet: Fleet) -> None:
    World(fleet.root / "hub").git("init", "-q", "--bare", str(fleet.root / "empty"))
    fleet.lee.world.git("remote", "add", "other", str(fleet.root / "empty"))
    assert meet(fleet.lee, remote="other").begins
    assert World(fleet.root / "empty").git("rev-parse", "main") == fleet.lee.world.git("rev-parse", "HEAD")


def test_no_remote_several_remotes_and_no_such_remote(fleet: Fleet) -> None:
    lee = fleet.lee.world
    with pytest.raises(NotFoundError, match=r'no remote "hbu".*There is origin'):
        meet(fleet.lee, remote="hbu")
    lee.git("branch", "--unset-upstream")
    assert str(meet(fleet.lee).upstream) == "origin/main"
    lee.git("remote", "add", "other", "/nowhere")
    with pytest.raises(NotFoundError, match=r"2 remotes: origin, other.*--set-upstream-to=NAME/main"):
        meet(fleet.lee)
    for name in ("origin", "other"):
        lee.git("remote", "remove", name)
    with pytest.raises(NotFoundError, match=r"git remote add origin URL"):
        meet(fleet.lee)


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (("checkout", "-q", "--detach"), "HEAD is detached.*git checkout main"),
        (("merge", "-q", "--no-commit", "--no-ff", "other"), "a merge is going on.*git merge --abort"),
        (("rebase", "-q", "-i", "--root"), "a rebase is going on.*git rebase --abort"),
    ],
)
def test_what_a_person_has_begun_is_theirs_to_end(fleet: Fleet, work: tuple[str, ...], said: str) -> None:
    lee = fleet.lee
    lee.world.git("config", "sequence.editor", "sed -i s/^pick/edit/")
    lee.world.git("branch", "other")
    lee.world.git("checkout", "-q", "other")
    lee.world.git("commit", "-q", "--allow-empty", "-m", "other")
    lee.world.git("checkout", "-q", "main")
    lee.world.git(*work, check=False)
    before = state(lee)
    with pytest.raises(ConflictError, match=said):
        meet(lee)
    assert state(lee) == before


def test_a_remote_that_is_not_there(fleet: Fleet) -> None:
    lee = fleet.lee
    lee.note("1", "mine")
    before = state(lee)
    shutil.move(fleet.root / "hub", fleet.root / "away")
    with pytest.raises(TryAgainError, match=r"origin cannot be reached: .*hub.*Nothing is lost"):
        meet(lee)
    assert state(lee) == before


def test_a_remote_that_never_answers_is_not_waited_for(fleet: Fleet) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        fleet.lee.world.git("remote", "set-url", "origin", f"git://127.0.0.1:{port}/hub")
        with pytest.raises(TryAgainError, match="did not answer in time"):
            meet(fleet.lee, patience=0.3)


def test_a_password_in_a_url_is_not_repeated(fleet: Fleet) -> None:
    with socket.create_server(("127.0.0.1", 0)) as refusing:
        port = refusing.getsockname()[1]
    fleet.lee.world.git("remote", "set-url", "origin", f"http://lee:s3cret@127.0.0.1:{port}/hub")
    with pytest.raises(TryAgainError) as raised:
        meet(fleet.lee)
    assert "s3cret" not in str(raised.value)
    assert "cannot be reached" in str(raised.value)


def test_a_remote_with_files_checked_out(fleet: Fleet) -> None:
    lee, mia = fleet.lee, fleet.mia
    lee.world.git("remote", "set-url", "origin", str(mia.world.root))
    lee.note("1", "mine")
    with pytest.raises(ConflictError, match=r"somebody works in it there.*git init --bare"):
        meet(lee)


def test_a_remote_that_refuses_says_so_in_its_own_words(fleet: Fleet) -> None:
    hook = fleet.root / "hub/hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'only on Mondays' >&2\nexit 1\n")
    hook.chmod(0o755)
    fleet.lee.note("1", "mine")
    fleet.mia.tag("1", "vip")
    with pytest.raises(ConflictError, match=r"refuses what is ours: \[remote rejected\].*only on Mondays"):
        meet(fleet.lee)
    assert fleet.lee.world.status() == ""


def test_two_desks_are_not_one(fleet: Fleet) -> None:
    other = World.make(fleet.root / "other", anew=True)
    fleet.lee.world.git("remote", "set-url", "origin", str(other.root))
    before = state(fleet.lee)
    with pytest.raises(ConflictError, match="no commit in common"):
        meet(fleet.lee)
    assert state(fleet.lee) == before


def test_shallow_and_partial_clones(fleet: Fleet) -> None:
    kim = fleet.kim
    url = f"file://{fleet.root / 'hub'}"
    fleet.hub("config", "uploadpack.allowFilter", "true")
    for number in range(3):
        kim.later(minutes=number).note("1", f"note {number}")
    meet(kim)
    clones = []
    for name, option in (("shallow", "--depth=1"), ("partial", "--filter=blob:none")):
        kim.world.git("clone", "-q", option, url, str(fleet.root / name))
        clones.append(Clone(World(fleet.root / name), name).later(hours=2))
        clones[-1].tag("1", name)
    kim.later(hours=2).note("1", "more")
    meet(kim)
    for clone in clones:
        meet(clone)
        assert clone.world.status() == ""
    meet(kim)
    assert kim.world.ticket("TICKET-1").tags == ("partial", "shallow")
    # Behind the cut, nothing is known to be common.
    fleet.hub("branch", "-f", "main", "main~6")
    shutil.rmtree(clones[0].world.root / ".git/desk/sync")
    with pytest.raises(ConflictError, match="git fetch --unshallow origin"):
        meet(clones[0])


def test_nobody_is_asked_and_the_users_own_ssh_is_used(
    fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ssh of the user's, named in their own settings; it runs the command here and notes its words."""
    program = tmp_path / "bin/ssh"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\n"
        f"printf '%s\\n' \"$*\" >> {tmp_path}/words\n"
        f'env | grep -E "ASKPASS|TERMINAL_PROMPT|SSH_AUTH" >> {tmp_path}/environment\n'
        "while [ $# -gt 1 ]; do shift; done\n"
        'exec sh -c "$1"\n'
    )
    program.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        f'[core]\n\tsshCommand = {program} -i mine\n[url "ssh://server"]\n\tinsteadOf = desk:\n'
    )
    monkeypatch.setenv("HOME", str(home))
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_ASKPASS", "/bin/false")
    monkeypatch.setenv("SSH_ASKPASS", "/bin/false")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/somewhere")
    fleet.lee.world.git("remote", "set-url", "origin", f"desk:{fleet.root / 'hub'}")
    fleet.lee.note("1", "mine")
    meet(fleet.lee)
    words = (tmp_path / "words").read_text()
    assert "git-receive-pack" in words
    assert all("-i mine -oBatchMode=yes" in line for line in words.splitlines())
    found = set((tmp_path / "environment").read_text().splitlines())
    assert found == {
        "GIT_ASKPASS=",
        "SSH_ASKPASS_REQUIRE=never",
        "SSH_AUTH_SOCK=/somewhere",
        "GIT_TERMINAL_PROMPT=0",
    }


def test_a_server_that_wants_a_password_ends_without_a_question(fleet: Fleet) -> None:
    class Wants(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="desk"')
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Wants)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        fleet.lee.world.git("remote", "set-url", "origin", f"http://127.0.0.1:{server.server_port}/hub")
        with pytest.raises(TryAgainError, match="cannot be reached: could not read Username"):
            meet(fleet.lee)
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("path", [".git/hooks/post-merge", ".Git/config", "../outside", "git~1/config"])
def test_a_path_that_would_lead_out_is_not_written(fleet: Fleet, path: str) -> None:
    """A tree made by hand, as an attacker would push it to a server that checks nothing."""
    folder, name = path.split("/", 1)
    hub = str(fleet.root / "hub")

    def made(kind: str, data: bytes) -> bytes:
        args = ["git", "-C", hub, "hash-object", "-t", kind, "-w", "--stdin", "--literally"]
        done = subprocess.run(args, input=data, capture_output=True, check=True)
        return bytes.fromhex(done.stdout.decode().strip())

    tree = made("blob", b"evil\n")
    mode = b"100644"
    for part in reversed(name.split("/")):
        tree, mode = made("tree", b"%s %s\0" % (mode, part.encode()) + tree), b"40000"
    args = ["git", "-C", hub, "cat-file", "tree", "main^{tree}"]
    root = subprocess.run(args, capture_output=True, check=True).stdout
    # Trees are sorted: behind the names with a dot and before the others, or first.
    place = root.index(b"100644 desk.yaml\0") if folder == ".Git" else 0
    place = root.index(b"40000 templates\0") if folder == "git~1" else place
    whole = made("tree", root[:place] + b"40000 %s\0" % folder.encode() + tree + root[place:]).hex()
    commit = fleet.hub("commit-tree", whole, "-p", "main", "-m", "evil").strip()
    fleet.hub("update-ref", "refs/heads/main", commit)
    fleet.lee.world.git("config", "fetch.fsckObjects", "false")
    before = state(fleet.lee)
    with pytest.raises(ConflictError, match="no path that desk writes to"):
        meet(fleet.lee)
    assert state(fleet.lee) == before
    assert not (fleet.lee.world.root / ".git/hooks/post-merge").exists()
    assert not (fleet.root / "outside").exists()


def test_a_link_is_not_written(fleet: Fleet) -> None:
    kim, lee, _ = fleet.clones
    (kim.world.root / "templates/evil.md").symlink_to("/etc/passwd")
    kim.world.git("add", "templates/evil.md")
    kim.world.git("commit", "-qm", "a link")
    kim.world.git("push", "-q", "origin", "main")
    with pytest.raises(ConflictError, match="a link, which desk neither writes nor follows"):
        meet(lee)
    assert not (lee.world.root / "templates/evil.md").is_symlink()


def test_git_2_28_which_cannot_leave_fetch_head_alone(
    fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, old = tmp_path / "refused", tmp_path / "git"
    old.write_text(
        f"""#!/bin/sh
for word; do
    if [ "$word" = --no-write-fetch-head ]; then
        echo "error: unknown option \\`no-write-fetch-head'" >&2
        echo >> '{refused}'
        exit 129
    fi
done
exec '{git.program()}' "$@"
"""
    )
    old.chmod(0o755)
    monkeypatch.setattr(git, "program", lambda: str(old))
    kim, lee, _ = fleet.clones
    kim.tag("1", "vip")
    meet(kim)
    meet(lee)
    assert refused.exists()
    assert lee.world.ticket("TICKET-1").tags == ("vip",)
