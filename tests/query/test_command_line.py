"""The words of a command line, as real shells hand them over."""

from __future__ import annotations

import subprocess

import pytest
from needs import require
from query.asked import CONTEXT

from helpdesk_cli.query.errors import QueryError
from helpdesk_cli.query.parse import parse

# What is typed, without any quoting for the shell; what it reads as.
UNQUOTED = (
    ("status:open,new assignee:me", "status:open,new assignee:me"),
    ("-tag:spam late", "-tag:spam late"),
    ("not:tag:spam not:late", "-tag:spam -late"),
    ("NOT tag:spam", "-tag:spam"),
    ("NOT BEGIN tag:a OR tag:b END", "-(tag:a OR tag:b)"),
    ("BEGIN tag:a OR tag:b END late", "(tag:a OR tag:b) late"),
    ("priority:at-least:high", "priority:>=high"),
    ("priority:above:medium", "priority:>medium"),
    ("age:at-most:3d messages:below:5", "age:<=3d messages:<5"),
    ("subject:exactly:hello", "subject:=hello"),
    ("messages=3", "messages:=3"),
    ("created:7d..", "created:7d.."),
    ("created:..2025-09 id:40..49", "created:..2025-09 id:40..49"),
    ("created:2026-11-20T09:00..monday", None),
    ("created:monday..2026-11-20T09:00", "created:monday..2026-11-20T09:00"),
    ("from:@example.com @mine view:mine", "from:@example.com view:mine view:mine"),
    ("/late/ subject:/late/", "/late/ subject:/late/"),
    ("sort:-created,priority", "sort:-created sort:priority"),
    ('subject:"late invoice"', 'subject:"late invoice"'),
    ("subject:'late invoice'", 'subject:"late invoice"'),
    ('-subject:"late invoice"', '-subject:"late invoice"'),
    ('"late invoice"', '"late invoice"'),
    ('assignee:"dana",lee', "assignee:dana,lee"),
    ('created:"2026-11-20 09:00"..', 'created:"2026-11-20 09:00"..'),
)


@pytest.mark.parametrize("shell", ["bash", "zsh", "dash"])
@pytest.mark.parametrize(("typed", "read"), UNQUOTED)
def test_what_is_typed_survives_the_shell(typed: str, read: str | None, shell: str) -> None:
    require(shell)
    flags = {"zsh": ["-f"], "bash": ["--norc"]}.get(shell, [])
    done = subprocess.run(
        [shell, *flags, "-c", f"printf '%s\\0' {typed}"], capture_output=True, check=True, text=True
    )
    words = done.stdout.split("\0")[:-1]
    if read is None:
        with pytest.raises(QueryError, match="ends before it begins"):
            parse(words, CONTEXT)
    else:
        assert str(parse(words, CONTEXT)) == read


# A word with spaces in it, and what it reads as: one value, unless it has the language's own signs.
SPACED = (
    ("subject:late invoice", 'subject:"late invoice"'),
    ("subject:late, but not lost", 'subject:"late, but not lost"'),
    ("subject:Re: hello (copy)", 'subject:"Re: hello (copy)"'),
    ("subject:if a>b", 'subject:"if a>b"'),
    ("subject:a - b", 'subject:"a - b"'),
    ("subject=late invoice", 'subject:="late invoice"'),
    ("late invoice", '"late invoice"'),
    ("  late invoice ", '"late invoice"'),
    ("10,000 tickets", '"10,000 tickets"'),
    ("-late invoice", '-"late invoice"'),
    ("tag:late invoice,vip", 'tag:"late invoice",vip'),
    ("from:Ada Lovelace", 'from:"Ada Lovelace"'),
    ("created:2026-11-20 09:00..2026-11-20 10:00", 'created:"2026-11-20 09:00".."2026-11-20 10:00"'),
    ("subject:/late invoice/", "subject:/late invoice/"),
    # The language's own signs: a text of a query.
    ("status:open tag:vip", "status:open tag:vip"),
    ("late tag:vip", "late tag:vip"),
    ("late -tag:vip", "late -tag:vip"),
    ("late age>3d", "late age:>3d"),
    ("tag:a OR tag:b", "tag:a OR tag:b"),
    ("late OR overdue", "late OR overdue"),
    ("(late invoice)", "late invoice"),
    ('"late invoice" vip', '"late invoice" vip'),
    ("late sort:-created", "late sort:-created"),
)


@pytest.mark.parametrize(("word", "read"), SPACED)
def test_a_word_with_spaces_is_one_value_or_a_query(word: str, read: str) -> None:
    assert str(parse([word], CONTEXT)) == read
    assert str(parse(["tag:x", word, "late"], CONTEXT)).startswith("tag:x") or " OR " in read


@pytest.mark.parametrize("word", ["subject:late asignee:me", "late asignee:me", "late status:opne"])
def test_a_mistake_inside_a_word_with_spaces_is_no_text(word: str) -> None:
    with pytest.raises(QueryError, match="unknown"):
        parse([word], CONTEXT)


def test_parentheses_may_be_words_of_their_own() -> None:
    assert parse(["(", "tag:a", "OR", "tag:b", ")"], CONTEXT) == parse("(tag:a OR tag:b)", CONTEXT)
