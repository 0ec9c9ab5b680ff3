"""Customers made, changed, shown, handed out and erased, on a real desk with real git."""

from __future__ import annotations

import json
import os
import pkgutil
import re
import subprocess
import tarfile
import unicodedata
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail
from customers.conftest import DANA, fill, write
from needs import require

from helpdesk_cli.desk import customer_erase, forgetting
from helpdesk_cli.desk.backup import backup
from helpdesk_cli.desk.customer_changes import Wish, new_customer, new_organisation, set_fields
from helpdesk_cli.desk.customer_erase import erase, plan_erasure
from helpdesk_cli.desk.customer_export import export
from helpdesk_cli.desk.customer_history import history_json, history_of
from helpdesk_cli.desk.doctor import doctor
from helpdesk_cli.desk.fields import set_fields as set_ticket_fields
from helpdesk_cli.desk.fsck import fsck
from helpdesk_cli.desk.note import note as add_note
from helpdesk_cli.desk.operations import last_operation, recent_operations
from helpdesk_cli.desk.redacting import commands
from helpdesk_cli.desk.templates import render
from helpdesk_cli.desk.undo import plan_undo, undo
from helpdesk_cli.errors import ConflictError, InvalidFileError, NotFoundError, UsageError
from helpdesk_cli.replies.template import Template
from helpdesk_cli.storage import archive
from helpdesk_cli.storage.copies import read_copies
from helpdesk_cli.tickets.person import NOBODY, Person

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.desk.changing import Outcome
    from helpdesk_cli.storage.layout import Layout

ADA = Person("Ada Lovelace", "ada@customer.example")


def wish(*pairs: str, note: str = "") -> Wish:
    split = [pair.partition("=") for pair in pairs]
    return Wish(tuple((key, value) for key, _, value in split), note)


def new(world: World, person: Person, *pairs: str) -> str:
    return new_customer(world.desk, person, wish(*pairs), actor=DANA).path


def test_a_new_file_is_named_by_the_person_and_committed_without_a_name(world: World) -> None:
    assert new(world, ADA, "tier=gold") == "customers/ada-lovelace.md"
    assert new(world, Person("Ada Lovelace", "other@x.example")) == "customers/ada-lovelace-2.md"
    assert new(world, Person("Łukasz Żółć-Straße", "l@x.example")) == "customers/ukasz-zoc-strasse.md"
    assert new(world, Person("李偉", "li.wei@x.example")) == "customers/li-wei.md"
    assert new(world, Person("", "readme@x.example")) == "customers/customer.md"
    assert new(world, Person("../../etc/passwd", "p@x.example")) == "customers/etc-passwd.md"
    assert new(world, Person("Organisations", "o@x.example")) == "customers/customer-2.md"
    assert world.status() == ""
    said = world.git("log", "--format=%an %s", "-1", "--", "customers/ada-lovelace.md")
    uid = next(
        line for line in (world.root / "customers/ada-lovelace.md").read_text().split("\n") if "uid" in line
    )
    assert said == f"Dana Davis customer {uid.split()[1].strip(chr(34))}: created by dana\n"


def test_nobody_is_written_down_twice(world: World) -> None:
    new(world, ADA)
    for address in ("ada@customer.example", "ADA@customer.example", "ada+shop@customer.example"):
        with pytest.raises(ConflictError, match="ada-lovelace"):
            new(world, Person("", address))
    with pytest.raises(ConflictError, match="stands in another file: ada-lovelace"):
        new(world, Person("Eve", "eve@x.example"), "addresses=+ada@customer.example")


def test_a_hand_s_edits_survive_and_are_committed_with_the_change(world: World) -> None:
    path = world.root / new(world, ADA)
    path.write_text(
        path.read_text().replace("addresses:", "# hers\ncontract: a  # by hand\naddresses:") + "Tea.\n"
    )
    set_fields(world.desk, "ada-lovelace", wish("vip=yes", "tags=b,a"), actor=DANA)
    text = path.read_text()
    assert "# hers\ncontract: a  # by hand\n" in text
    assert text.endswith("Tea.\n")
    assert world.status() == ""
    assert world.git("show", "HEAD:customers/ada-lovelace.md") == text


def test_lists_change_and_are_replaced(world: World) -> None:
    path = world.root / new(world, ADA, "phone=+49 30 1234")
    for pairs, key, now in (
        (("addresses=+a@x.example,-ADA@customer.example",), "addresses", ["a@x.example"]),
        (("addresses=b@x.example,c@x.example",), "addresses", ["b@x.example", "c@x.example"]),
        (("phone=++49 30 999999",), "phone", ['"+49 30 1234"', '"+49 30 999999"']),
        (("phone=-+49 30 1234",), "phone", ['"+49 30 999999"']),
        (("phone=",), "phone", []),
    ):
        set_fields(world.desk, "ada-lovelace", wish(*pairs), actor=DANA)
        lines = path.read_text().split("\n")
        found = []
        if f"{key}:" in lines:
            rest = lines[lines.index(f"{key}:") + 1 :]
            found = [line[2:] for line in rest[: next(n for n, line in enumerate(rest) if line[:2] != "- ")]]
        assert found == now


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        ("tier=glod", 'Did you mean "gold"'),
        ("vip=perhaps", "neither yes nor no"),
        ("teir=gold", 'Did you mean "tier"'),
        ("domains=acme.example", 'unknown field "domains"'),
        ("addresses=+nobody", '"nobody" is no address'),
        ("tags=two words", "is no tag"),
        ("uid=x", 'unknown field "uid"'),
    ],
)
def test_bad_values_change_nothing(world: World, pair: str, said: str) -> None:
    path = world.root / new(world, ADA)
    before = path.read_text()
    with pytest.raises((UsageError, InvalidFileError), match=said):
        set_fields(world.desk, "ada-lovelace", wish(pair, "account=1"), actor=DANA)
    assert path.read_text() == before
    assert world.status() == ""


def test_an_editor_that_saved_meanwhile_is_not_overwritten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = world.root / new(world, ADA)
    fired = []
    real = customer_erase.files.change

    def saved_meanwhile(data: bytes, *args: object, **more: object) -> bytes:
        fired.append(path.write_text("---\nname: Another\n---\n"))
        return real(data, *args, **more)

    monkeypatch.setattr("helpdesk_cli.storage.customer_files.change", saved_meanwhile)
    with pytest.raises(ConflictError):
        set_fields(world.desk, "ada-lovelace", wish("tier=gold"), actor=DANA)
    assert fired
    assert path.read_text() == "---\nname: Another\n---\n"


def test_a_dry_run_writes_nothing(world: World) -> None:
    done = new_customer(world.desk, ADA, wish("tier=gold"), actor=DANA, dry_run=True)
    assert "+tier: gold" in done.diff
    assert not (world.root / "customers").exists()


def test_show_tells_of_open_tickets_first_and_of_everybody_of_an_organisation(world: World) -> None:
    fill(world)
    set_ticket_fields(world.desk, ["4"], [("status", "resolved")], actor=DANA)
    world.take(write_mail(5, sender="Ada <ada+x@home.example>"))
    history = history_of(world.desk, "k-17")
    assert [line.row.number for line in history.open] == [5, 1]
    assert [line.row.number for line in history.done] == [4]
    assert history.who.label == "Ada Lovelace"
    acme = history_of(world.desk, "Acme  LTD")
    assert [line.row.number for line in acme.open] == [3, 2]
    assert [each.id for each in acme.people] == ["bob"]
    eve = history_of(world.desk, "eve@mail.acme.example")
    assert (eve.who.label, len(eve.open)) == ("Eve", 1)
    assert history_json(eve)["customer"]["tier"] == "silver"
    assert history_of(world.desk, "stranger@x.example").open == ()
    with pytest.raises(NotFoundError, match='Did you mean "ada"'):
        history_of(world.desk, "adda")


def test_templates_know_them(world: World) -> None:
    fill(world)
    text = "{{ customer_tier }} {{ customer_account }} {{ organisation | default('alone') }}"
    template = Template("x", "templates/x.md", text, 1)
    said = render(world.desk, template, world.ticket("TICKET-1"), agent=None)
    assert said.text == "gold K-17 alone\n"
    with pytest.raises(InvalidFileError, match="customer_account is empty"):
        render(world.desk, template, world.ticket("TICKET-2"), agent=None)


def test_fsck_and_doctor_name_both_places(world: World) -> None:
    fill(world)
    assert fsck(world.desk) == []
    write(world, "customers/copy.md", "---\nname: Ada\naddresses: [ADA@customer.example]\ntier: glod\n---\n")
    write(world, "customers/Odd Name.md", "---\nname: Ada\n---\n")
    write(world, "customers/sub/x.md", "---\nname: Ada\n---\n")
    write(world, "customers/README.md", "Hello\n")
    write(world, "customers/broken.md", "---\nname: Ada\nvip: perhaps\n---\n")
    write(
        world,
        "customers/slip.md",
        "---\nname: Slip\nadresses: [a@x.example]\norganisation: acm\nbank: x\n---\n",
    )
    write(world, "customers/organisations/acme2.md", "---\ndomains: [ACME.example]\n---\n")
    found = {(each.code, each.path) for each in fsck(world.desk)}
    assert found == {
        ("customer-twice", "customers/ada.md"),
        ("customer-tier", "customers/copy.md"),
        ("customer-astray", "customers/Odd Name.md"),
        ("customer-astray", "customers/sub"),
        ("customer-broken", "customers/broken.md:3"),
        ("customer-key", "customers/slip.md"),
        ("customer-organisation", "customers/slip.md"),
        ("organisation-twice", "customers/organisations/acme.md"),
    }
    (twice,) = (each for each in fsck(world.desk) if each.code == "customer-twice")
    assert "customers/copy.md" in twice.problem
    seen = {each.code for _, each in doctor(world.root, now=world.now)}
    assert {code for code, _ in found} <= seen


def test_an_export_holds_everything_of_one_person_and_no_other_s_ticket(world: World, tmp_path: Path) -> None:
    fill(world)
    world.take(write_mail(5, attachment=b"%PDF ada"))
    world.take(write_mail(6, sender="Eve <eve@mail.acme.example>", headers=(("Cc", "ada@home.example"),)))
    add_note(world.desk, ["1"], "She called.", actor=DANA)
    done = export(world.desk, "ada@home.example", tmp_path)
    assert (done.tickets, done.named, done.missing) == (3, 1, [])
    archive.check(done.path)
    assert done.path.stat().st_mode & 0o777 == 0o600
    with tarfile.open(done.path) as tar:
        names = tar.getnames()
        assert {name.partition("/")[0] for name in names} == {
            *("README.txt", "customer.md", "customer.json", "tickets", "named", "originals", "list.json")
        }
        assert len([name for name in names if name.startswith("originals/")]) == 4
        assert len([name for name in names if name.endswith(".pdf")]) == 1
        named = json.load(tar.extractfile("named/TICKET-6.json"))
        assert [entry["kind"] for entry in named["timeline"]] == ["message"]
        whole = b"".join(tar.extractfile(name).read() for name in names)
    assert b"She called." in whole
    assert b"This is what mail 3 says" not in whole
    with pytest.raises(UsageError, match="inside the desk"):
        export(world.desk, "ada", world.root / "x.tar.gz")
    with pytest.raises(UsageError, match="such a file already"):
        export(world.desk, "ada", done.path)


def test_erased_is_erased(world: World) -> None:
    fill(world)
    world.git("add", "customers")
    world.git("commit", "-q", "-m", "By hand")
    world.take(write_mail(5, text="My secret passphrase is tea.\n", attachment=b"%PDF ada"))
    world.take(write_mail(6, sender="Eve <eve@mail.acme.example>", headers=(("Cc", "ada@home.example"),)))
    world.take(write_mail(7, answers=3, text="Ada joins in with her own words.\n"))
    add_note(world.desk, ["1"], "Ada called.", actor=DANA)
    set_ticket_fields(world.desk, ["2"], [("cc", "ada@customer.example")], actor=DANA)
    plan = plan_erasure(world.desk, "ada")
    done = erase(world.desk, plan, actor=DANA)
    assert done.stub.startswith("customers/erased-")
    assert not (world.root / "customers/ada.md").exists()
    assert world.status() == ""
    # What others wrote to her is others'; all else is gone.
    assert done.named == ("TICKET-6.1",)
    # As a word: digests and ids are random, and one in some dozens holds these letters.
    named = re.compile(r"\bada\b", re.IGNORECASE)
    assert [each.id for each in world.tickets() if named.search(str(each))] == ["TICKET-6"]
    texts = {path: (world.root / path).read_text().casefold() for path in world.paths()}
    assert [path for path, text in texts.items() if "lovelace" in text or "ada@" in text] == [
        next(path for path in texts if "TICKET-6" in path)
    ]
    assert world.ticket("TICKET-1").requester == NOBODY
    assert not list(world.root.glob("tickets/*/*/*/*.pdf"))
    originals = [path for path in (world.state / "raw").glob("*/*") if b"ada@" in path.read_bytes()]
    assert len(originals) == 1, "Eve's mail with her in Cc"
    assert any("original" in text for text in done.redacted.traces)
    # The commands name what git holds, and nothing that the desk needs now.
    held = set(done.redacted.holding.objects)
    now = {line.split()[2] for line in world.git("ls-tree", "-r", "HEAD").splitlines()}
    assert held
    assert not held & now
    for line in world.git("cat-file", "--batch-all-objects", "--batch-check").splitlines():
        name, kind, _ = line.split()
        if kind == "blob" and b"passphrase" in world.git("cat-file", "-p", name).encode():
            assert name in held
    assert [each.code for each in fsck(world.desk, full=True)] == []
    forget_in_git(world, list(commands(done.redacted)))
    names = (b"passphrase", b"her own words", b"ada called", b"likes tea")
    assert [name for name in names if any(name in data for data in contents(world))] == []
    # The mails on which the rules that come with desk are tried are nobody's.
    samples = [path.read_bytes().lower() for path in (world.root / "rules").rglob("*.eml")]
    naming = [data for data in contents(world) if b"ada@" in data and data not in samples]
    assert naming
    assert all(b"ticket-6" in data for data in naming), "a ticket of Eve's, who wrote to her"
    add_note(world.desk, ["3"], "The history is another now.", actor=DANA)
    assert [each.code for each in fsck(world.desk, full=True)] == []


def test_a_name_is_found_however_it_is_written(world: World) -> None:
    """Capitals with accents, sharp s, accents as letters of their own, and as mail and records have them."""
    name = "Änne Groß"
    said = ("ÄNNE GROSS called.", unicodedata.normalize("NFD", f"Dear {name},"), "As änne\ngroß said.")
    for number, text in enumerate(said, 1):
        add_note(world.desk, [str(number)], text, actor=DANA)
    before = world.git("rev-parse", "HEAD:tickets/2026/11/TICKET-3.md").strip()
    set_ticket_fields(world.desk, ["3"], [("cc", "anne@gross.example")], actor=DANA)
    world.take(write_mail(9, answers=3, sender=f"{name} <anne@gross.example>"))
    world.take(write_mail(5, sender=f"{name} <anne@gross.example>"))
    world.take(write_mail(6, sender="Eve <eve@else.example>", text=f"Is {name} there?\n{'ü' * 900}\n"))
    world.take(write_mail(7, sender="Eve <eve@else.example>", headers=(("Comments", name),)))
    world.take(write_mail(8, sender="Eve <eve@else.example>", headers=(("Cc", "anne@gross.example"),)))
    write(world, "kb/people.md", "---\ntitle: People\n---\nAsk Änne\nGroß.\n")
    draft = world.state / "drafts" / "made"
    draft.parent.mkdir(exist_ok=True)
    draft.write_text(json.dumps({"to": name}))
    erased = erase(world.desk, plan_erasure(world.desk, "anne@gross.example"), actor=DANA)
    traces = "\n".join(erased.redacted.traces)
    for path in ("TICKET-1.md", "TICKET-2.md", "TICKET-3.md", "TICKET-6.md", "kb/people.md", "drafts/made"):
        assert f"{path} names the person." in traces
    assert "TICKET-4.md" not in traces
    assert "TICKET-5.md" not in traces
    assert "3 originals of mail in other tickets name the person" in traces
    # A version of the ticket in which she said something later, with no address of hers.
    assert before in erased.redacted.holding.objects


def contents(world: World) -> list[bytes]:
    """Every content that git has, in small letters."""
    listed = world.git("cat-file", "--batch-all-objects", "--batch-check").splitlines()
    names = [name for name, kind, _ in map(str.split, listed) if kind == "blob"]
    return [world.git("cat-file", "-p", name).lower().encode("utf-8", "surrogateescape") for name in names]


def forget_in_git(world: World, lines: list[str]) -> None:
    """What the desk says to type, typed."""
    require("git-filter-repo")
    environment = {**os.environ, "HOME": str(world.root.parent), "GIT_CONFIG_NOSYSTEM": "1"}
    assert any("filter-repo" in line for line in lines)
    for line in lines:
        done = subprocess.run(
            ["sh", "-c", line], cwd=world.root, check=False, capture_output=True, env=environment
        )
        assert done.returncode == 0, done.stderr


def test_what_was_erased_before_is_gone_through_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits and leaves here is read once for all of it, and once for each ticket of this erasure."""
    fill(world)
    for number in range(5, 11):
        world.take(write_mail(number, answers=number - 1, sender="Eve <eve@mail.acme.example>"))
    for name, tickets in (("ada", 2), ("eve@mail.acme.example", len(world.tickets()) - 3), ("bob", 1)):
        reads: list[object] = []

        def counted(layout: Layout, reads: list[object] = reads) -> dict[str, str]:
            reads.append(layout)
            return read_copies(layout)

        monkeypatch.setattr(forgetting, "read_copies", counted)
        erase(world.desk, plan_erasure(world.desk, name), actor=DANA)
        assert len(reads) == tickets + (name != "ada")
    assert not list((world.state / "raw").glob("*/*"))


def test_what_was_erased_does_not_come_back(world: World) -> None:
    fill(world)
    erase(world.desk, plan_erasure(world.desk, "ada"), actor=DANA)
    before = world.ticket("TICKET-1")
    assert world.take(write_mail(1)).outcome == "duplicate"
    assert world.ticket("TICKET-1") == before
    with pytest.raises(NotFoundError):
        plan_erasure(world.desk, "ada@customer.example")
    # Who writes again is somebody new.
    world.take(write_mail(8))
    assert history_of(world.desk, "ada@customer.example").who.standing.customer is None


class KilledError(BaseException):
    """Nothing catches it."""


PLACES = (
    ("helpdesk_cli.desk.customer_erase.names_person", 2),
    ("helpdesk_cli.desk.customer_erase.forget_copies", 1),
    ("helpdesk_cli.desk.customer_erase.forget_index", 1),
    ("helpdesk_cli.storage.durable.write_new", 1),
    ("helpdesk_cli.storage.pending.Queue.put", 3),
    ("helpdesk_cli.desk.side_files.durable.remove", 3),
    ("helpdesk_cli.desk.customer_erase.commit_pending", 1),
)


@pytest.mark.parametrize(("place", "nth"), PLACES)
def test_an_erasure_that_was_ended_goes_on(
    world: World, place: str, nth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(world)
    world.git("add", "customers")
    world.git("commit", "-q", "-m", "By hand")
    plan = plan_erasure(world.desk, "ada")
    calls = []
    with monkeypatch.context() as patch:
        end_at(patch, place, nth, calls)
        with pytest.raises(KilledError):
            erase(world.desk, plan, actor=DANA)
    assert len(calls) == nth, "the fault fired"
    with suppress(NotFoundError):
        # Nothing is left of her where all was done but the last commit.
        erase(world.desk, plan_erasure(world.desk, "ada@customer.example"), actor=DANA)
    assert not (world.root / "customers/ada.md").exists()
    assert len(list(world.root.glob("customers/erased-*.md"))) == 1
    assert not any("ada@" in (world.root / path).read_text() for path in world.paths())
    assert not any(b"ada@" in path.read_bytes() for path in (world.state / "raw").glob("*/*"))
    add_note(world.desk, ["3"], "Later.", actor=DANA)
    assert world.status() == ""
    assert fsck(world.desk, full=True) == []


def end_at(patch: pytest.MonkeyPatch, place: str, nth: int, calls: list[int]) -> None:
    """As if the process ended before the nth call of that function."""
    real = pkgutil.resolve_name(place)

    def ended(*args: object, **more: object) -> object:
        calls.append(1)
        if len(calls) == nth:
            raise KilledError
        return real(*args, **more)

    patch.setattr(place, ended)


def test_somebody_else_s_plus_is_not_erased(world: World) -> None:
    write(world, "customers/bob.md", "---\naddresses: [bob@acme.example]\n---\n")
    write(world, "customers/shop.md", "---\nname: Shop\naddresses: [bob+shop@acme.example]\n---\n")
    write(world, "customers/organisations/acme.md", "---\ndomains: [acme.example]\n---\n")
    with pytest.raises(UsageError, match="people are erased"):
        plan_erasure(world.desk, "acme")
    erase(world.desk, plan_erasure(world.desk, "bob"), actor=DANA)
    assert world.ticket("TICKET-2").requester.email == "bob+shop@acme.example"
    assert len(world.ticket("TICKET-2").messages) == 1


def test_customers_are_in_a_backup(world: World, tmp_path: Path) -> None:
    fill(world)
    backup(world.desk, tmp_path / "b.tar.gz")
    with tarfile.open(tmp_path / "b.tar.gz") as tar:
        assert "tree/customers/ada.md" in tar.getnames()


def test_an_organisation_is_made_and_changed(world: World) -> None:
    done = new_organisation(world.desk, "acme", wish("domains=acme.example", "tier=silver"), actor=DANA)
    assert done.path == "customers/organisations/acme.md"
    set_fields(world.desk, "acme", wish("domains=+acme.test", "vip=yes"), actor=DANA)
    text = (world.root / done.path).read_text()
    assert "- acme.example\n- acme.test\n" in text
    for name in ("Acme", "../x", "a/b", "", ".x"):
        with pytest.raises(UsageError, match="is no name for a file"):
            new_organisation(world.desk, name, wish(), actor=DANA)
    with pytest.raises(ConflictError):
        new_organisation(world.desk, "acme", wish(), actor=DANA)
    with pytest.raises(ConflictError, match="another file: acme"):
        new_organisation(world.desk, "acme2", wish("domains=ACME.example"), actor=DANA)


def back(world: World, op: str = "") -> Outcome:
    """`desk undo [OP]`."""
    return undo(world.desk, plan_undo(world.desk, op, actor=DANA), actor=DANA)


def test_undo_takes_the_last_change_of_a_customer_back_and_brings_it_again(world: World) -> None:
    path = world.root / new(world, ADA, "tier=gold")
    made = path.read_bytes()
    set_fields(world.later(minutes=1).desk, "ada-lovelace", wish("tier=", "vip=yes", note="Tea."), actor=DANA)
    changed = path.read_bytes()
    done = back(world.later(minutes=2))
    assert ([each.summary for each in done.recorded], done.errors) == (
        ["customers/ada-lovelace.md: taken back"],
        [],
    )
    assert path.read_bytes() == made
    assert back(world.later(minutes=3), done.op).errors == []
    assert path.read_bytes() == changed
    assert world.status() == ""
    known = {each.op: each for each in recent_operations(world.desk)}
    assert known[done.op].undoes
    assert known[done.op].undone_by


def test_undo_takes_a_new_file_away_and_brings_it_back(world: World) -> None:
    path = world.root / new(world, ADA)
    made = path.read_bytes()
    gone = back(world.later(minutes=1))
    assert not path.exists()
    assert world.status() == ""
    assert back(world.later(minutes=2), gone.op).errors == []
    assert path.read_bytes() == made


def test_undo_leaves_what_came_later(world: World) -> None:
    """Other keys and what hands wrote stay, before and after; the same key set again is in the way."""
    path = world.root / new(world, ADA)
    path.write_text(path.read_text().replace("addresses:", "contract: a\naddresses:"))
    set_fields(world.later(minutes=1).desk, "ada-lovelace", wish("tier=gold", note="Tea."), actor=DANA)
    op = last_operation(world.desk, DANA).op
    set_fields(world.later(minutes=2).desk, "ada-lovelace", wish("vip=yes"), actor=DANA)
    done = back(world.later(minutes=3), op)
    assert done.errors == []
    text = path.read_text()
    assert "contract: a" in text
    assert "vip: yes" in text.replace('"', "")
    assert "tier" not in text
    assert "Tea." not in text
    assert back(world.later(minutes=4), done.op).errors == []
    set_fields(world.later(minutes=5).desk, "ada-lovelace", wish("tier=silver"), actor=DANA)
    ((_, error),) = back(world.later(minutes=6), op).errors
    assert "was changed since: it stays as it is" in str(error)
    assert "tier: silver" in path.read_text()


def test_undo_leaves_the_line_ends_of_windows(world: World) -> None:
    path = world.root / new(world, ADA, "tier=silver")
    made = path.read_bytes().replace(b"\n", b"\r\n") + b"\r\nTea.\r\n"
    path.write_bytes(made)
    world.git("commit", "-qam", "By hand")
    set_fields(world.later(minutes=1).desk, "ada-lovelace", wish("tier=gold", note="Late."), actor=DANA)
    op = last_operation(world.desk, DANA).op
    with_vip = set_fields(world.later(minutes=2).desk, "ada-lovelace", wish("vip=yes"), actor=DANA)
    assert with_vip.is_changed
    done = back(world.later(minutes=3), op)
    assert done.errors == []
    assert path.read_bytes().replace(b'vip: "yes"\r\n', b"") == made
    again = back(world.later(minutes=4), done.op)
    assert again.errors == []
    assert b"Late." in path.read_bytes()
    assert b"\n" not in path.read_bytes().replace(b"\r\n", b"")
    # A hand brings the other ends: what is undone is what was said.
    path.write_bytes(path.read_bytes().replace(b"\r\n", b"\n"))
    assert back(world.later(minutes=5), again.op).errors == []
    assert b"Late." not in path.read_bytes()
    assert b"\r" not in path.read_bytes()


def test_undo_gives_nobody_two_files_and_brings_no_erased_one_back(world: World) -> None:
    place = new(world, ADA)
    gone = back(world.later(minutes=1))
    new(world.later(minutes=2), Person("Ada King", ADA.email))
    ((_, error),) = back(world.later(minutes=3), gone.op).errors
    assert "stands in another file now: ada-king" in str(error)
    assert not (world.root / place).exists()
    later = world.later(minutes=4)
    erase(later.desk, plan_erasure(later.desk, "ada-king"), actor=DANA)
    with pytest.raises(ConflictError, match="erased by dana"):
        last_operation(world.desk, DANA)
    ((_, error),) = back(world.later(minutes=5), gone.op).errors
    assert "somebody was erased since" in str(error)
    assert not (world.root / place).exists()


def test_a_note_with_control_characters_is_written_visibly(world: World) -> None:
    path = world.root / new(world, ADA)
    set_fields(world.desk, "ada-lovelace", wish(note="one\x1b[31m\u202etwo\rthree"), actor=DANA)
    assert path.read_text().endswith("\n\none\\u{1b}[31m\\u{202e}two\\u{d}three\n")
