"""`desk ingest FOLDER` with all real and all hostile mail: all of it kept and in order, nothing acts."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

import pytest
from corpus_door.front import MEBIBYTES, hostile_mails, unsafe_characters

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Filled


def test_every_mail_is_taken_in(filled: Filled) -> None:
    assert filled.ended.code == 0, filled.ended.err
    assert filled.ended.err == b""
    assert filled.ended.mebibytes < MEBIBYTES
    told = filled.told()
    assert told.keys() == filled.mails.keys()
    assert {each["outcome"] for each in told.values()} == {"created", "appended", "duplicate", "unparsed"}
    assert all(each["ticket"] and each["message"] for each in told.values())


def test_the_original_of_every_mail_is_kept(filled: Filled) -> None:
    for file, raw in filled.mails.items():
        assert filled.front.kept(hashlib.sha256(raw).hexdigest()) == raw, file


def test_only_what_has_no_headers_or_is_nested_without_end_is_unparsed(filled: Filled) -> None:
    names = {file.rpartition("/")[2] for file, each in filled.told().items() if each["outcome"] == "unparsed"}
    assert {re.sub(r"-\d{3}-|\.eml$", " ", name).strip() for name in names} == {
        "cpython-msg_19",
        "hostile T4-multiparts",
        "hostile T4-multiparts-CR",
        "hostile boundaries",
        "hostile no-fields",
        "hostile NULs",
        "hostile a-shell-s-prompt",
    }


def test_the_desk_is_in_order(filled: Filled) -> None:
    checked = filled.front.desk("fsck", "--full", "--json")
    assert checked.documents()[0]["items"] == []
    assert checked.code == 0
    assert filled.front.git("status", "--porcelain=v1", "--untracked-files=all") == ""
    filled.front.git("fsck", "--strict", "--full")


def test_what_git_tells_holds_nothing_of_the_mails(filled: Filled) -> None:
    """Subjects of commits are ours, of a few fixed forms; nobody but the desk and its agents is an author."""
    lines = filled.front.git("log", "--format=%an <%ae>%x09%cn <%ce>%x09%s").splitlines()
    people = {tuple(line.split("\t")[:2]) for line in lines}
    subjects = {re.sub(r"\d+", "N", line.split("\t")[2]) for line in lines}
    assert len(people) <= 2
    assert subjects <= {
        "Begin the desk",
        "TICKET-N: opened by a mail",
        "TICKET-N: spam",
        "TICKET-N: a bounce",
        "TICKET-N: an automatic mail",
        "TICKET-N: an automatic reply",
        "TICKET-N: our own mail came back",
        "TICKET-N: mail from the requester",
        "TICKET-N: mail from somebody else",
        "TICKET-N: mail from dana",
    }, subjects


def test_taking_all_of_it_in_again_adds_nothing(filled: Filled) -> None:
    before = filled.front.git("rev-parse", "HEAD")
    again = filled.front.desk("ingest", filled.folder, "--json")
    assert again.code == 0
    assert {each["outcome"] for each in again.documents()} == {"duplicate"}
    assert filled.front.git("rev-parse", "HEAD") == before
    assert filled.front.git("status", "--porcelain=v1", "--untracked-files=all") == ""


@pytest.mark.parametrize("form", ["table", "tsv", "csv", "json", "jsonl", "ids", "md"])
def test_a_list_of_it_is_safe_to_read(filled: Filled, form: str) -> None:
    every = ("--fields", "id,requester,subject,tags,team,path") if form != "json" else ()
    listed = filled.front.desk("list", "--all", "--limit", "0", "-O", form, *every)
    assert (listed.code, listed.err) == (0, b"")
    assert unsafe_characters([listed.text]) == []
    assert len(listed.text) > 10_000 or form == "ids"


@pytest.mark.parametrize(
    "arguments", [("show", "--full"), ("show", "--json"), ("log",), ("path",)], ids=" ".join
)
def test_every_ticket_is_safe_to_read(filled: Filled, arguments: tuple[str, ...]) -> None:
    ids = filled.front.desk("list", "--all", "-O", "ids").text.split()
    # Git's part in a log costs a process a ticket.
    ids = ids[::6] if arguments == ("log",) else ids
    shown = filled.front.desk(*arguments, *ids)
    assert (shown.code, shown.err) == (0, b"")
    assert shown.mebibytes < MEBIBYTES
    assert unsafe_characters([shown.text]) == []
    if "--json" in arguments:
        assert [document["ticket"]["id"] for document in shown.documents()] == ids


def test_the_overview_is_safe_to_read_and_finds_nothing_wrong(filled: Filled) -> None:
    seen = filled.front.desk()
    assert (seen.code, seen.err) == (0, b"")
    assert unsafe_characters([seen.text]) == []


def test_the_files_themselves_are_text_that_is_safe_to_read(filled: Filled) -> None:
    """`cat`, `git diff` and an editor see no more than our commands do."""
    files = sorted(filled.front.root.glob("tickets/*/*/*.md"))
    assert len(files) > 500
    assert unsafe_characters(file.read_bytes().decode() for file in files) == []


def test_attachments_land_where_they_are_told_to(filled: Filled, tmp_path: Path) -> None:
    """Whatever the mail named them; byte for byte."""
    named = [name for name in hostile_mails() if name.startswith(("T11", "T12", "T13", "T18 filename"))]
    told = {file.rpartition("/")[2]: each["ticket"] for file, each in filled.told().items()}
    tickets = [told[file] for file in told if re.match(r"hostile-\d+-(T1[123]|T18-filename)", file)]
    assert len(tickets) == len(named)
    for number, ticket in enumerate(tickets):
        listed = filled.front.desk("attachments", ticket, "-O", "json")
        assert listed.code == 0
        (item,) = json.loads(listed.text)["items"]
        folder = tmp_path / str(number) / "deep"
        folder.mkdir(parents=True)
        assert filled.front.desk("attachments", ticket, "1", "-o", folder).code == 0
        (written,) = [path for path in (tmp_path / str(number)).rglob("*") if path.is_file()]
        assert written.parent == folder
        assert hashlib.sha256(written.read_bytes()).hexdigest() == item["sha256"]
        assert item["path"].startswith(f"{ticket}/")
        assert ".." not in item["path"].split("/")


def test_the_original_is_shown_byte_for_byte(filled: Filled) -> None:
    for file in list(filled.mails)[::40]:
        told = filled.told()[file]
        if told["outcome"] == "created":
            shown = filled.front.desk("show", "--raw", f"{told['ticket']}.1")
            assert hashlib.sha256(shown.out).digest() == hashlib.sha256(filled.mails[file]).digest()
