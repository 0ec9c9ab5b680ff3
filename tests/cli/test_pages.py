"""Every command explains itself: help, examples, man page, documentation, all from one source."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from helpdesk_cli.cli import contents, man, manual, markdown, roff, topics
from helpdesk_cli.cli.command import DeskCommand
from helpdesk_cli.cli.root import load

ROOT = Path(__file__).resolve().parents[2]
ENTRIES = [pytest.param(entry, id=entry.name) for entry in contents.ENTRIES]
PAGES = [pytest.param(page, id=page.name or "desk") for page in man.all_pages()]


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_table_of_contents_says_what_the_command_says(entry: contents.Entry) -> None:
    """The summary stands in two places and is the same in both."""
    assert load(entry).page(entry.name).summary == entry.summary


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_command_has_help_with_examples_that_it_can_read(entry: contents.Entry) -> None:
    """At least two examples; the command's own parser accepts each of them."""
    command = load(entry)
    page = command.page(entry.name)
    assert len(page.examples) >= (1 if entry.hidden else 2)
    for line, explanation in page.examples:
        assert explanation.endswith("."), line
        for words in commands_in(line, entry):
            command.make_context(entry.name, words)


def commands_in(line: str, entry: contents.Entry) -> list[list[str]]:
    """The words of each call of the command in a shell line."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|<>;&()")
    lexer.whitespace_split = True
    calls: list[list[str]] = []
    current: list[str] = []
    for token in [*lexer, ";"]:
        if set(token) <= set("|<>;&()"):
            if current[:1] == ["desk"] and current[1:2] and current[1] in (entry.name, *entry.aliases):
                calls.append(current[2:])
            current = []
        else:
            current.append(token)
    return calls


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_option_and_argument_is_explained(entry: contents.Entry) -> None:
    """Nobody has to guess what an option does."""
    page = load(entry).page(entry.name)
    for written, meaning in (*page.arguments, *page.options):
        assert meaning.rstrip().endswith((".", ")")), f"{entry.name} {written}"


@pytest.mark.parametrize("entry", ENTRIES)
def test_an_example_or_the_usage_speaks_of_the_command(entry: contents.Entry) -> None:
    """Examples are about the command they stand under."""
    page = load(entry).page(entry.name)
    assert all("desk" in line for line, _ in page.examples)
    assert page.usage


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("width", [40, 80, 200])
def test_help_keeps_to_the_width(page: manual.Page, width: int) -> None:
    """Flowing text is wrapped; only literal lines and single words may be longer."""
    literal = {
        line
        for paragraph in page.paragraphs
        if manual.is_literal(paragraph)
        for line in paragraph.split("\n")
    }
    literal |= {f"  $ {command}" for command, _ in page.examples}
    for line in manual.as_text(page, width).split("\n"):
        assert len(line) <= min(width, manual.MOST_COLUMNS) or line in literal or line.startswith("  "), line


@pytest.mark.parametrize("page", PAGES)
def test_see_also_names_what_exists(page: manual.Page) -> None:
    """No reference leads nowhere."""
    for name in page.see_also:
        assert contents.find(name) or topics.find_topic(name), name


@pytest.mark.parametrize("page", PAGES)
def test_a_man_page_is_what_groff_and_mandoc_take(page: manual.Page) -> None:
    """No request is mistyped, no text is taken for a request."""
    source = roff.as_roff(page, version="1.0")
    assert source.isascii()
    for line in source.split("\n"):
        assert not line.startswith(".") or line.split()[0] in {
            ".TH",
            ".SH",
            ".TP",
            ".PP",
            ".br",
            ".nf",
            ".fi",
        }
    for checker in (["groff", "-man", "-Tascii", "-ww", "-z"], ["mandoc", "-Tlint", "-Wwarning"]):
        if shutil.which(checker[0]):
            done = subprocess.run(checker, input=source, capture_output=True, encoding="ascii", check=False)
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_roff_shows_what_is_typed() -> None:
    """Nothing a shell would need is turned into typography, nothing at a line's start into a request."""
    page = manual.Page("x", "Do.\n\n.TH 'quoted' \\ -x ~ ^ `code` “é”\n\n  .literal\n  'too", usage=("",))
    source = roff.as_roff(page, version="1.0")
    assert "\\&.TH \\(aqquoted\\(aq \\e \\-x \\(ti \\(ha \\fBcode\\fR \\[u201C]\\[u00E9]\\[u201D]" in source
    assert "\n  .literal\n  \\(aqtoo\n" in source


def test_markdown_shows_what_is_written() -> None:
    """Angle brackets and stars outside of code come out as they are."""
    page = manual.Page(
        "x", "Do <this> *now*.\n\nUse `a*b<c>`.", usage=("A",), examples=(("desk x", "Try *it*."),)
    )
    text = markdown.as_markdown(page)
    assert text.startswith("# desk x\n\nDo \\<this\\> \\*now\\*.\n\n```\ndesk x A\n```\n\nUse `a*b<c>`.\n")
    assert "Try \\*it\\*.\n\n```console\n$ desk x\n```" in text


def test_the_documentation_is_what_the_commands_say() -> None:
    """docs/commands is generated (`make docs`) and committed; a change of help changes it."""
    folder = ROOT / "docs" / "commands"
    expected = dict(man.render(as_markdown=True))
    present = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    assert sorted(present) == sorted(expected)
    for name, text in expected.items():
        assert present[name] == text, f"docs/commands/{name} is stale: run `make docs`"


def test_no_two_commands_share_a_name() -> None:
    """Names and aliases are unique, and no topic hides behind a command."""
    names = [name for entry in contents.ENTRIES for name in (entry.name, *entry.aliases)]
    assert len(names) == len(set(names))
    assert not set(names) & set(topics.topic_names())


def test_commands_are_the_kind_that_takes_global_options() -> None:
    """-C, --as and the like are on every command, and none of them reuses those names."""
    for entry in contents.ENTRIES:
        command = load(entry)
        assert isinstance(command, DeskCommand)
        names = [name for param in command.params for name in (*param.opts, *param.secondary_opts)]
        assert len(names) == len(set(names)), entry.name
        assert {"-C", "--as", "--now", "--quiet", "--yes", "--help"} <= set(names)


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_command_is_in_a_story(entry: contents.Entry) -> None:
    """Somebody types it, in tests/stories, and sees what it prints."""
    told = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "stories").glob("*.md"))
    # Bare `desk` is the overview, git calls the merge driver.
    typed = {"overview": r"^\$ desk$", "merge-driver": r"^\$ .*git pull"}.get(
        entry.name, rf"^(\$|>) .*\bdesk (-\S+ )*{entry.name}\b"
    )
    assert re.search(typed, told, re.MULTILINE)
