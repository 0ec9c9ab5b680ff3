"""Whatever is written in desk.yaml: settings, or the line that is wrong and what to do about it."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage import layout, setup
from helpdesk_cli.storage.settings_cache import read_text
from helpdesk_cli.storage.settings_file import read_settings
from helpdesk_cli.storage.settings_people_file import NOT_AGENTS

SAMPLE = (Path(__file__).parents[2] / "desk.yaml").read_text()


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("agnets: {}", 1, 'unknown key "agnets"'),
        ("name: a\nname: b", 2, "stands twice"),
        ("name: [a", 1, "not valid YAML"),
        ("name: a: b", 1, "not valid YAML"),
        ("name: a\n\tb: c", 2, "not valid YAML"),
        ("name: &a b", 1, "anchors"),
        ("name: !a b", 1, "tags"),
        ("name: a\n---\nname: b", 2, "second YAML document"),
        ("name: a\n\x1b: b", 2, "U+001B"),
        ("\ufffename: a", 1, "U+FFFE"),
        ('name: "a\\x1b[31m"', 1, "control character"),
        ('name: "a\\nb"', 1, "line break"),
        ("name: [a, b]", 1, "single value"),
        ("- a", 1, "key: value"),
        ("a", 1, "key: value"),
        ("[[[[[[[[[[[[[a]]]]]]]]]]]]]", 1, "nested deeper"),
        ("x" * 1_100_000, 1, "larger than"),
        ("format: 2", 1, "newer than this program"),
        ("format: x", 1, "whole number"),
        ("format: '٣'", 1, "whole number"),
        ("prefix: a b", 1, "not a prefix"),
        ("inboxes:\n  a: x", 2, "not a mail address"),
        ("inboxes:\n  a: {}", 2, "no address"),
        ("inboxes:\n  a: x@example.org\n  b: X@example.org", 2, "the same address"),
        ("inboxes:\n  A b: x@example.org", 2, "not a name"),
        ("agents:\n  none: {email: a@example.org}", 2, "meaning of its own"),
        ("agents:\n  me: {email: a@example.org}", 2, "meaning of its own"),
        *((f"agents:\n  {word}: {{}}", 2, "meaning of its own") for word in sorted(NOT_AGENTS - {"-"})),
        ("agents:\n  a: {email: a@example.org}\n  b: {email: A@example.org}", 2, "the same address"),
        ("agents:\n  a: {teams: x}\nteams:\n  y: {}", 2, 'unknown team "x"'),
        ("agents:\n  a: {teams: x}\nteams:", 2, 'unknown team "x"'),
        ("statuses:\n  new: {kind: active}", 2, 'status "open" is missing'),
        ("statuses:\n  new: {kind: activ}", 2, "not possible here"),
        ("statuses:\n  new: {}", 2, "does not say its kind"),
        ("priorities:\n  a: {aliases: [b]}\n  b: {}", 3, "already means"),
        ("default-priority: hihg", 1, "is not among the priorities"),
        ("forms:\n  a: {requester: x}", 2, "does not say its sender"),
        ("forms:\n  a: {sender: a@example.org, requester: ''}", 2, "where its requester stands"),
        ("limits:\n  message: 1 TB", 2, "not a size"),
        (f"limits:\n  message: {'9' * 400} GB", 2, "not a size"),
        ("mail:\n  reopen-within: 999999d", 2, "not a length of time"),
        ("mail:\n  thanks: maybe", 2, "not possible here"),
        ("mail:\n  trust-spam-headers: perhaps", 2, "neither yes nor no"),
    ],
)
def test_a_mistake_names_its_line_and_the_remedy(text: str, line: int, said: str) -> None:
    with pytest.raises(InvalidFileError, match=re.escape(said)) as refused:
        read_settings(text)
    name, _, found = refused.value.place.partition(":")
    assert name == "desk.yaml"
    assert abs(int(found) - line) <= 1
    assert refused.value.hint


def test_bytes_that_are_no_text_name_their_line(tmp_path: Path) -> None:
    setup.git_init(tmp_path)
    (tmp_path / "desk.yaml").write_bytes(b"format: 1\nname: \xff\n")
    with pytest.raises(InvalidFileError, match="UTF-8") as refused:
        read_text(layout.at(tmp_path))
    assert refused.value.place == "desk.yaml:2"


def refusal(text: str) -> InvalidFileError | None:
    try:
        read_settings(text)
    except InvalidFileError as error:
        return error
    return None


def test_a_thousand_slips_of_the_pen_are_all_explained() -> None:
    """Lines lost, doubled and moved, keys and values misspelt, bytes of every kind in between."""
    chance = random.Random(20261121)  # noqa: S311 - a fixed sequence is wanted
    pieces = ["\t", "  ", "- ", ": ", "'", '"', "|", ">", "&a ", "*a", "!x ", "{", "}", "[", "]", "#", "~"]
    pieces += [
        "null",
        "1:30",
        "-1",
        "9" * 30,
        "\0",
        "\x1b[31m",
        "\u202e",
        "é",
        "\n",
        "---\n",
        "%YAML\n",
        "x" * 999,
    ]
    refused = 0
    for _ in range(1000):
        text = SAMPLE
        for _ in range(chance.randint(1, 4)):
            lines = text.split("\n")
            here = chance.randrange(len(lines))
            match chance.randrange(5):
                case 0:
                    del lines[here]
                    text = "\n".join(lines)
                case 1:
                    lines.insert(here, chance.choice(lines))
                    text = "\n".join(lines)
                case 2:
                    place = chance.randrange(len(text) + 1)
                    text = text[:place] + chance.choice(pieces) + text[place:]
                case 3:
                    place = chance.randrange(len(text) + 1)
                    text = text[:place] + text[place + chance.choice([1, 1, 3, 10]) :]
                case _:
                    key = lines[here].partition(":")[0]
                    lines[here] = f"{key}: {chance.choice(pieces)}"
                    text = "\n".join(lines)
        error = refusal(text)
        if error:
            refused += 1
            assert re.fullmatch(r"desk\.yaml:\d+", error.place), error
            assert error.hint, error
            assert str(error).replace("\u202e", "").isprintable(), error
    assert 100 < refused < 1000
