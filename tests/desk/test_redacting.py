"""What is redacted is gone from the desk, does not come back, and what still holds it is named exactly."""

from __future__ import annotations

import os
import subprocess
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail
from clones.meeting import Clone
from moved import BOB, DANA, PDF, furnish, is_well, texts
from needs import require

from helpdesk_cli.desk import forgetting, record
from helpdesk_cli.desk.cron import cron
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.merging import merge, unmerge_each
from helpdesk_cli.desk.news import begin
from helpdesk_cli.desk.note import note
from helpdesk_cli.desk.outcome import Options
from helpdesk_cli.desk.redacting import Redacted, Wish, commands, plan_redaction, redact
from helpdesk_cli.desk.retry import retry
from helpdesk_cli.errors import NotFoundError, UsageError
from helpdesk_cli.storage import raw, records
from helpdesk_cli.storage.outbox import Outbox
from helpdesk_cli.tickets.entries import Message, Note, Tombstone

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "My card number is 4111 1111 1111 1111."
MAIL = write_mail(5, sender=BOB, text=f"{SECRET}\n", attachment=PDF)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = furnish(World.make(tmp_path / "desk"))
    made.take(MAIL)
    return made


def gone(world: World, word: str = "4.1", **wish: object) -> Redacted:
    return redact(world.desk, Wish(word, **wish), actor=DANA)  # type: ignore[arg-type] # as Wish has them


def holders(world: World, words: str = "4111") -> list[str]:
    """The files of the desk, and of its state, that have the words as they are."""
    everything = [*world.root.glob("tickets/**/*"), *world.state.rglob("*")]
    return [str(path) for path in everything if path.is_file() and words.encode() in path.read_bytes()]


def objects(world: World, data: bytes) -> set[str]:
    """Git's objects that hold these bytes, by git alone."""
    lines = world.git("cat-file", "--batch-all-objects", "--batch-check").splitlines()
    names = [line.split()[0] for line in lines if line.split()[1] == "blob"]
    return {name for name in names if data in _blob(world, name)}


def _blob(world: World, name: str) -> bytes:
    call = ["git", "-C", str(world.root), "cat-file", "blob", name]
    return subprocess.run(call, capture_output=True, check=True).stdout


def test_nothing_of_it_is_left_on_this_host_but_in_git(world: World) -> None:
    open_index(world.desk, full=True, done=frozenset()).close()
    assert holders(world)
    found = gone(world, why="card number")
    assert holders(world) == []
    assert list(world.root.glob("tickets/*/*/TICKET-4/*")) == []
    assert found.done == ("the original of the mail",)
    ticket = world.ticket("TICKET-4")
    assert texts(world, "TICKET-4") == []
    (stub,) = (entry for _, entry in ticket.numbered)
    assert (stub.kind, stub.message_id) == ("tombstone", "m5@customer.example")
    is_well(world)


def test_git_s_objects_are_named_exactly(world: World) -> None:
    world.git("tag", "v1")
    world.git("stash", "list")
    found = gone(world)
    # Another ticket has the same file: git has it once, and nothing may take it away.
    assert set(found.holding.objects) == objects(world, SECRET.encode())
    assert [path.rpartition("/")[2] for path in found.holding.in_use] == ["be854a65-invoice.pdf"]
    assert set(found.holding.refs) == {"refs/heads/main", "refs/tags/v1"}
    listed = (world.root / found.ids).read_text("ascii").split()
    assert tuple(listed) == found.holding.objects


@pytest.mark.parametrize("way", ["live", "import", "other trace lines", "retry"])
def test_it_does_not_come_back(world: World, way: str) -> None:
    gone(world)
    before = (world.root / "tickets").rglob("*.md")
    contents = {path: path.read_bytes() for path in before}
    later = world.later(hours=1)
    if way == "retry":
        digest = raw.keep(world.state, MAIL)
        records.set_aside(world.desk.layout).put(digest, {"why": "a fault", "live": False})
        assert [done.ingested.outcome for done in retry(later.desk)] == ["duplicate"]
    else:
        mail = b"Received: from elsewhere\n" + MAIL if way == "other trace lines" else MAIL
        done = later.take(mail, Options(live=way == "live"))
        assert (done.outcome, done.ticket) == ("duplicate", "TICKET-4")
    assert contents == {path: path.read_bytes() for path in (world.root / "tickets").rglob("*.md")}
    assert holders(world) == []
    is_well(world)


def test_an_answer_to_it_still_finds_its_ticket(world: World) -> None:
    gone(world)
    assert world.later(hours=1).take(write_mail(6, sender=BOB, answers=5)).ticket == "TICKET-4"


def test_a_second_copy_s_original_goes_too(world: World) -> None:
    world.later(minutes=1).take(b"Received: from elsewhere\n" + MAIL)
    assert sum(MAIL in path.read_bytes() for path in world.state.glob("raw/*/*")) == 2
    assert gone(world).done == ("the originals of the mail",)
    assert sum(MAIL in path.read_bytes() for path in world.state.glob("raw/*/*")) == 0


def test_only_an_attachment(world: World) -> None:
    found = gone(world, attachment="invoice.pdf")
    ticket = world.ticket("TICKET-4")
    (message,) = ticket.messages
    assert (message.attachments, message.raw, message.text.strip()) == ((), "", SECRET)
    assert "an attachment was redacted" in message.flags
    assert [number for number, _ in ticket.numbered] == [1]
    # The other ticket has the same file: git has it once.
    assert found.holding.objects == ()
    assert len(found.holding.in_use) == 1
    gone(world, "2.1", attachment="invoice.pdf")
    again = gone(world, attachment="invoice.pdf")
    assert set(again.holding.objects) == {name for name in objects(world, PDF) if _blob(world, name) == PDF}
    assert any("has the same attachment" in text for text in found.traces)
    done = world.later(hours=1).take(MAIL)
    assert (done.outcome, done.message) == ("duplicate", 1)
    assert not raw.verify(world.state, _digest(MAIL))
    with pytest.raises(NotFoundError, match=r'has no attachment "x".*It has: none'):
        gone(world, "1.1", attachment="x")
    is_well(world)


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def test_a_note_by_its_id(world: World) -> None:
    note(world.desk, ["1"], f"He says: {SECRET}", actor=DANA)
    (entry,) = (each for each in world.ticket("TICKET-1").entries if isinstance(each, Note))
    gone(world, entry.id)
    assert texts(world, "TICKET-1") == ["This is what mail 1 says."]


def test_the_subject_goes_when_it_is_asked_for(world: World) -> None:
    found = gone(world, subject=True, why="card number")
    ticket = world.ticket("TICKET-4")
    assert ticket.subject == "(redacted)"
    assert "Request 5" not in (world.root / "tickets/2026/11/TICKET-4.md").read_text()
    assert set(found.holding.objects) >= objects(world, b"subject: Request 5")
    is_well(world)


def test_who_quotes_it_is_named(world: World) -> None:
    quoted = f"What now?\n\nOn Friday Bob wrote:\n> {SECRET}\n"
    world.take(write_mail(6, sender=BOB, answers=5, text=quoted))
    found = gone(world)
    assert [text for text in found.traces if "TICKET-4.md has 1 line" in text]


def test_what_waits_to_be_sent_is_not(world: World) -> None:
    (ours,) = (each for each in world.ticket("TICKET-2").messages if each.direction == "out")
    outbox = Outbox(world.desk.layout)
    (name,) = outbox.names()
    found = gone(world, "2.2")
    assert found.done == ("its mail in the outbox",)
    assert (outbox.names(), outbox.has_data(name)) == ([], False)
    assert ours.id not in {each.id for each in world.ticket("TICKET-2").messages}
    mail = outbox.get(name)
    assert mail is not None
    assert mail.state == "dropped"


def test_a_redaction_stays_one_through_a_merge_and_back(world: World) -> None:
    merge(world.desk, ["1", "4"], actor=DANA)
    gone(world, "1.2")
    unmerge_each(world.desk, ["4"], actor=DANA)
    assert SECRET not in "".join(texts(world, "TICKET-1") + texts(world, "TICKET-4"))
    assert world.later(hours=1).take(MAIL).outcome == "duplicate"
    assert holders(world) == []


def test_again_it_says_how_things_stand(world: World) -> None:
    first = gone(world, subject=True)
    assert plan_redaction(world.desk, Wish("4.1"), actor=DANA).is_done
    again = gone(world)
    assert again.holding == first.holding
    assert again.done == ()


def test_what_cannot_be_redacted(world: World) -> None:
    for word, fact in (("4", "names no message"), ("4.9", "no message 9"), ("99.1", "there is no TICKET-99")):
        with pytest.raises((NotFoundError, UsageError), match=fact):
            gone(world, word)
    event = world.ticket("TICKET-4").events[0].id
    with pytest.raises(UsageError, match="neither a message nor a note"):
        gone(world, event)
    with pytest.raises(UsageError, match="one line"):
        gone(world, why="x" * 300)


def test_the_server_carries_out_what_a_clone_redacted(world: World, tmp_path: Path) -> None:
    begin(world.desk)
    clone = Clone.of(world, tmp_path / "clone", "kim")
    redact(clone.world.desk, Wish("4.1"), actor=DANA)
    server = Clone(world, "dana")
    server.configure("false")
    assert server.pull(clone)
    assert raw.verify(world.state, _digest(MAIL))
    later = world.later(hours=1)
    assert cron(later.root, now=later.now).problems == []
    assert not raw.verify(world.state, _digest(MAIL))
    assert holders(world) == []


def test_the_commands_make_git_forget(world: World) -> None:
    require("git-filter-repo")
    world.git("tag", "v1")
    found = gone(world, subject=True)
    for line in commands(found):
        environment = {**os.environ, "HOME": str(world.root.parent), "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(
            ["sh", "-c", line], cwd=world.root, check=False, capture_output=True, env=environment
        )
        assert done.returncode == 0, done.stderr
    assert objects(world, SECRET.encode()) == objects(world, b"subject: Request 5") == set()
    again = gone(world)
    assert (again.holding.objects, again.ids) == ((), "")
    assert [isinstance(each, Message) for each in world.ticket("TICKET-1").messages] == [True]
    note(world.desk, ["1"], "The history is another now.", actor=DANA)
    is_well(world)


def test_the_index_is_opened_twice_for_however_many_redactions(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once to write, once to be thrown away: it is made anew from every file after that."""
    for word in ("1.1", "2.1", "3.1", "4.1"):
        gone(world, word)
    news = [(ticket.id, ticket, entry) for ticket in world.tickets() for entry in ticket.entries]
    assert len([entry for _, _, entry in news if isinstance(entry, Tombstone)]) == 4
    opened = []

    def count(*args: object, **options: object) -> object:
        opened.append(args)
        return open_index(*args, **options)  # type: ignore[arg-type] # handed on

    for module in (forgetting, record):
        monkeypatch.setattr(module, "open_index", count)
    assert forgetting.forget_news(world.desk, news) == []
    assert len(opened) == 2
