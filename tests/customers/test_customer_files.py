"""Customers' files, clause by clause of docs/FORMAT.md: read strictly, changed line by line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_cli.customers.customer import Customer, Organisation
from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage.customer_files import CUSTOMER_KEYS, ORGANISATION_KEYS, change, read, write

FORMAT = (Path(__file__).parents[2] / "docs/FORMAT.md").read_text("utf-8")
PLACE = "customers/ada.md"
FILE = b"""\
---
# her file
name: Ada Lovelace   # as she signs
addresses:
- ada@example.org   # work
- ada@home.example
contract: "2026-17"
vip: yes
---

Likes tea.
"""


def test_every_clause_has_a_test() -> None:
    clauses = set(re.findall(r"^\*\*C(\d+)\*\*", FORMAT, re.MULTILINE))
    tests = set(re.findall(r"_c(\d+)", "".join(map(Path.read_text, Path(__file__).parent.glob("test_*.py")))))
    assert clauses == tests
    assert clauses


def test_the_keys_on_the_page_are_those_there_are_c2_c3() -> None:
    customers, organisations = FORMAT.split("**C2**")[1].split("**C3**")
    keys = re.findall(r"^\| `([a-z]+)` \|", customers, re.MULTILINE)
    assert tuple(keys) == CUSTOMER_KEYS
    keys = re.findall(r"^\| `([a-z]+)` \|", organisations.split("**C4**")[0], re.MULTILINE)
    assert tuple(keys) == ORGANISATION_KEYS


def test_a_file_is_read_c1() -> None:
    found = read(FILE, place=PLACE)
    assert isinstance(found, Customer)
    assert (found.id, found.name, found.vip) == ("ada", "Ada Lovelace", True)
    assert found.addresses == ("ada@example.org", "ada@home.example")
    assert (found.other, found.notes) == ((("contract", "2026-17"),), "Likes tea.")
    acme = read(b"---\ndomains: Acme.example, acme.test\n---\n", place="customers/organisations/acme.md")
    assert acme == Organisation("acme", "", ("acme.example", "acme.test"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Just notes.\n", "customers/ada.md:1: this file has no front matter"),
        ("---\nname: Ada\n", "customers/ada.md:1: the front matter has no end"),
        ("---\ntier: gold\n---\n", "customers/ada.md:1: nobody is named here"),
        (
            "---\nname: Ada\naddresses: ada at example\n---\n",
            'customers/ada.md:3: "ada at example" is no address',
        ),
        ("---\nname: Ada\naddresses: [a@x.example, b]\n---\n", 'customers/ada.md:3: "b" is no address'),
        ("---\nname: Ada\nvip: perhaps\n---\n", 'customers/ada.md:3: "perhaps" is neither yes nor no'),
        ("---\nname: Ada\nphone: none\n---\n", 'customers/ada.md:3: "none" is no telephone number'),
        ("---\nname: Ada\nname: Eve\n---\n", 'customers/ada.md:3: the key "name" stands twice'),
        ("---\nname: [Ada, Eve]\n---\n", 'customers/ada.md:2: "name" is one value'),
        ("---\nname: {a: b}\n---\n", 'customers/ada.md:2: "name" is one value'),
        ("---\nname: Ada\ntags: [two words]\n---\n", 'customers/ada.md:3: "two words" is no tag'),
        ("---\nname: A\x1bda\n---\n", "customers/ada.md:2: this line holds a control character"),
        ("---\nname: *a\n---\n", "customers/ada.md:2: YAML anchors"),
        (
            "---\nname: Ada\n<<<<<<< HEAD\ntier: gold\n=======\ntier: free\n>>>>>>> there\n---\n",
            "customers/ada.md:3: git left a conflict in this file",
        ),
    ],
)
def test_mistakes_are_named_with_their_line_c4(text: str, said: str) -> None:
    with pytest.raises(InvalidFileError) as error:
        read(text.encode(), place=PLACE)
    assert str(error.value).startswith(said)


def test_what_is_no_text_is_named_with_its_line_c4() -> None:
    with pytest.raises(InvalidFileError, match=r"customers/ada.md:2: this line is not UTF-8"):
        read(b"---\nname: \xff\n---\n", place=PLACE)


@pytest.mark.parametrize(
    ("domains", "is_fine"),
    [("acme.example", True), ("@acme.example", False), ("acme", False), ("a b.example", False)],
)
def test_domains_c4(domains: str, is_fine: bool) -> None:  # noqa: FBT001 - a column of the table
    data = f"---\ndomains: ['{domains}']\n---\n".encode()
    place = "customers/organisations/acme.md"
    if is_fine:
        assert read(data, place=place)
        return
    with pytest.raises(InvalidFileError, match="is no domain"):
        read(data, place=place)


def test_a_change_leaves_every_other_byte_c5() -> None:
    after = change(FILE, {"tier": "gold", "vip": "no"}, place=PLACE)
    expected = FILE.replace(b"vip: yes", b'vip: "no"').replace(b"vip:", b"tier: gold\nvip:")
    assert after == expected.replace(b'tier: gold\nvip: "no"', b'vip: "no"').replace(
        b"- ada@home.example\n", b"- ada@home.example\ntier: gold\n"
    )
    more = change(FILE, {"addresses": ("ada@home.example", "ada@new.example")}, place=PLACE)
    assert b"- ada@example.org" not in more
    assert b"# her file\nname: Ada Lovelace   # as she signs\n" in more
    assert b"- ada@home.example\n- ada@new.example\n" in more


def test_line_ends_and_marks_of_the_file_are_kept_c5() -> None:
    windows = b"\xef\xbb\xbf" + FILE.replace(b"\n", b"\r\n")
    after = change(windows, {"tier": "gold"}, place=PLACE, notes="One\nTwo")
    assert after.startswith(b"\xef\xbb\xbf---\r\n")
    assert b"\n" not in after.replace(b"\r\n", b"")
    assert after.endswith(b"Likes tea.\r\n\r\nOne\r\nTwo\r\n")
    assert read(after, place=PLACE).tier == "gold"


def test_a_file_without_a_last_line_end_c5() -> None:
    after = change(b"---\nname: Ada\n---\nnote", {"tier": "free"}, place=PLACE)
    assert after == b"---\nname: Ada\ntier: free\n---\nnote"
    assert change(after, {}, place=PLACE, notes="more") == after + b"\n\nmore\n"


def test_a_stub_names_nobody_c6() -> None:
    data = write(
        {"uid": "4vq7m3x9k2wd8h5n", "erased": "2026-11-20T09:00:00Z", "by": "dana"}, organisation=False
    )
    found = read(data, place="customers/erased-4vq7m3x9k2wd8h5n.md")
    assert found == Customer(
        "erased-4vq7m3x9k2wd8h5n", uid="4vq7m3x9k2wd8h5n", erased_at="2026-11-20T09:00:00Z"
    )


_REFUSED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=60)


@given(name=TEXT.filter(lambda text: bool(text.split())), account=TEXT, notes=TEXT)
def test_what_is_written_is_read_again_c5(name: str, account: str, notes: str) -> None:
    """Whatever a mail says somebody's name is."""
    given_ = {
        "name": " ".join(name.split()),
        "account": " ".join(account.split()),
        "addresses": ("a@x.example",),
    }
    if _REFUSED.search(notes.strip().replace("\r\n", "\n")):
        # Not altered either: whoever wrote it says what is meant.
        with pytest.raises(InvalidFileError, match="control character"):
            read(write(given_, notes, organisation=False), place=PLACE)
        notes = ""
    data = write(given_, notes, organisation=False)
    found = read(data, place=PLACE)
    assert isinstance(found, Customer)
    assert found.name == given_["name"]
    assert found.account == given_["account"]
    again = change(data, {"tier": "gold"}, place=PLACE)
    assert read(again, place=PLACE).name == found.name
