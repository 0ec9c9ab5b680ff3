"""Reading without YAML what desk wrote: YAML reads the same, in the same places."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from care.world import World, write_mail
from hypothesis import given, settings
from hypothesis import strategies as st
from made_tickets import tickets

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.storage import front_matter_yaml
from helpdesk_cli.storage.front_matter import FrontMatter, read_plainly, write_pair
from helpdesk_cli.storage.ticket_file import new_ticket_file

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.tickets.ticket import Ticket

KEYS = ("id", "subject", "tags", "null", "yes", "a.b-c", "x", "no", "Status", "1", "é", "a b", "-", "?")
ODD = (
    *(
        "x",
        "no",
        "null",
        "~",
        "1:30",
        "=",
        "<<",
        "a: b",
        "a #b",
        "a  b",
        " a",
        "a ",
        "a\tb",
        "'a'",
        '"a"',
        "|",
        ">",
    ),
    *(
        "- a",
        "[a]",
        "{a: b}",
        "&a b",
        "*a",
        "!a b",
        "%a",
        "@a",
        "`a",
        "a,b",
        "é",
        "日本",
        "👍",
        "\u00a0",
        "\u0085",
    ),
    *(
        "\u2028",
        "\ufeff",
        "\x00",
        "\\",
        '"',
        "\\u{1b}",
        "Ada <ada@example.org>",
        "O'Hara <o@x.org>",
        "a@b.c",
        "#",
    ),
)
values = st.sampled_from(ODD) | st.text(max_size=12) | st.lists(st.sampled_from(ODD), max_size=4).map("".join)
ends = st.sampled_from(["\n", "\r\n"])
written = st.builds(
    write_pair, st.sampled_from(KEYS), values | st.lists(values, min_size=1, max_size=3).map(tuple), ends
)
typed = st.builds(
    lambda parts, end: ["".join(parts) + end],
    st.lists(st.sampled_from(KEYS + ODD + (": ", ":", " ", "- ", '"', "'", "# ")), min_size=1, max_size=5),
    ends | st.just(""),
)
blocks = st.lists(written | typed, max_size=6).map(
    lambda pairs: tuple(line for pair in pairs for line in pair)
)


def by_yaml(lines: tuple[str, ...]) -> FrontMatter | None:
    try:
        return front_matter_yaml.read_front_matter(lines, place="x", first_line=2)
    except InvalidFileError:
        return None


@settings(max_examples=600)
@given(blocks)
def test_what_is_read_without_yaml_is_what_yaml_reads(lines: tuple[str, ...]) -> None:
    # A line end stands at the end of a line only, as whoever divides a file into lines sees to.
    lines = tuple(line for line in lines if "\n" not in line[:-1])
    found = read_plainly(lines)
    assert found is None or found == by_yaml(lines)


@given(tickets())
def test_a_ticket_that_desk_wrote_reads_the_same(ticket: Ticket) -> None:
    lines = new_ticket_file(ticket).front.lines
    found = read_plainly(lines)
    assert found is None or found == by_yaml(lines)


@pytest.mark.parametrize(
    "lines",
    [
        ("status: open\n", "priority: high\n"),
        (
            'id: "TICKET-42"\n',
            "tags:\n",
            "- vip\n",
            '- "late invoice"\n',
            "requester: Ada <ada@example.org>\n",
        ),
        ('created: "2026-11-20T09:12:41Z"\r\n', 'subject: "Straße, 日本 👍"\r\n'),
    ],
)
def test_what_desk_writes_needs_no_yaml(lines: tuple[str, ...]) -> None:
    assert read_plainly(lines) == by_yaml(lines) is not None


@pytest.mark.parametrize(
    "lines",
    [
        ("status: no\n",),
        ("status: open # soon\n",),
        ("status: open\n", "status: new\n"),
        ("# status\n", "status: open\n"),
        ("tags: [a, b]\n",),
        ("tags:\n", "  - a\n"),
        ("tags:\n", "- a\n", "  b\n"),
        ("subject: >\n", "  long\n"),
        ("subject: a\n", "  b\n"),
        ('subject: "a\n', 'b"\n'),
        ('subject: "a\\tb"\n',),
        ("status:\n",),
        ("status:open\n",),
        ("\n",),
        (),
    ],
)
def test_what_a_hand_wrote_is_left_to_yaml(lines: tuple[str, ...]) -> None:
    assert read_plainly(lines) is None


def test_a_ticket_that_desk_wrote_is_shown_and_listed_without_yaml(tmp_path: Path) -> None:
    """YAML costs 25 ms to import: a fifth of what `desk show` takes."""
    world = World.make(tmp_path / "desk")
    world.take(write_mail(1))
    # Service levels are read by YAML.
    (world.root / "sla.yaml").unlink()
    program = (
        "import sys\n"
        "sys.argv = ['desk', '-C', sys.argv[1], *sys.argv[2:]]\n"
        "from helpdesk_cli.cli.run import run\n"
        "code = run(sys.argv[1:])\n"
        "sys.stderr.write(str(code) + ' ' + ' '.join(sorted({'yaml', 'frontmatter'} & set(sys.modules))))\n"
    )
    # The settings are read from their copy from the second call on.
    for words in (["whoami"], ["show", "1"], ["list", "is:unanswered"], ["log", "1"]):
        done = subprocess.run(
            [sys.executable, "-c", program, str(world.root), *words],
            capture_output=True,
            text=True,
            check=True,
        )
        assert words == ["whoami"] or done.stderr.split("\n")[-1] == "0 ", done.stderr
