"""`desk list`, `desk count`, `desk next` as they are typed: forms, files, columns, footers, errors."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import stat
from typing import TYPE_CHECKING

import pytest
from query.asked import CONTEXT

from helpdesk_cli.cli.list_columns import COLUMNS
from helpdesk_cli.cli.query_topic import EXAMPLES
from helpdesk_cli.desk.query_fields import ALL_FIELDS, ALL_FLAGS
from helpdesk_cli.query.parse import parse
from helpdesk_cli.storage.settings import LIST_COLUMNS
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Desk

HEADINGS = "ID AGE PRIORITY STATUS WHO FROM SUBJECT"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return tmp_path / "here"


@pytest.fixture
def busy(
    desk: Desk, environment: dict[str, str], here: Path, tmp_path_factory: pytest.TempPathFactory
) -> Desk:
    """A desk with four tickets: dana's urgent one, a new one, one that waits, one that is closed."""
    environment |= {"DESK_AGENT": "dana", "DESK_NOW": "2026-11-20T09:00:00Z", "DESK_NO_INPUT": "1"}
    made = tmp_path_factory.getbasetemp() / "four-tickets"
    if not made.exists():
        _fill(desk)
        shutil.copytree(here, made, symlinks=True)
    else:
        shutil.copytree(made, here, symlinks=True, dirs_exist_ok=True)
    return desk


def _fill(desk: Desk) -> None:
    assert desk("init").returncode == 0
    for number, (who, text) in enumerate(
        (
            ("Ada Lovelace <ada@example.org>", "The late invoice"),
            ("Bob <bob@example.com>", "=HYPERLINK(evil)"),
            ("李小龍 <li@example.com>", "Straße gesperrt"),
            ("Eve <eve@example.net>", "\x1b]0;x\x07 hello"),
        ),
        1,
    ):
        done = desk("new", "--for", who, "--subject", text, "-m", f"{text}: text {number}.")
        assert done.returncode == 0, done.stderr
    assert desk("set", "1", "priority=urgent", "assignee=dana", "status=open").returncode == 0
    assert desk("tag", "1", "2", "+vip").returncode == 0
    assert desk("status", "3", "pending").returncode == 0
    assert desk("close", "4").returncode == 0


def ids(desk: Desk, *words: str) -> str:
    done = desk("list", "-O", "ids", *words)
    assert done.returncode == 0, done.stderr
    return " ".join(each.removeprefix("TICKET-") for each in done.stdout.split())


def test_words_options_and_shell_words(busy: Desk) -> None:
    assert ids(busy) == "1 2 3"
    assert ids(busy, "late", "invoice") == "1"
    assert ids(busy, "late invoice") == "1"
    assert ids(busy, "invoice", "late") == "1"
    assert ids(busy, "invoice late") == ""
    assert ids(busy, "STRASSE") == "3"
    assert ids(busy, "assignee:me OR status:pending") == "1 3"
    assert ids(busy, "tag:vip", "-assignee:me") == "2"
    assert ids(busy, "--tag", "vip", "--status", "open,pending") == "1"
    assert ids(busy, "--assignee", "none", "NOT", "BEGIN", "tag:vip", "OR", "is:waiting", "END") == ""
    assert ids(busy, "from:@example.com", "--sort", "-id") == "3 2"
    assert ids(busy, "@mine") == "1"
    assert ids(busy, "--all", "sort:-id") == "4 3 2 1"
    assert ids(busy, "id:4") == "4"
    assert ids(busy, "is:done") == "4"


def test_what_is_hidden_is_said(busy: Desk) -> None:
    assert busy("snooze", "2", "--until", "3d").returncode == 0
    assert busy("list").stderr == "1 done, 1 snoozed not shown (`--all`)\n"
    assert busy("list", "--limit", "1").stderr == (
        "1 of 2 (all: `--limit 0`) · 1 done, 1 snoozed not shown (`--all`)\n"
    )
    assert busy("list", "--quiet").stderr == ""
    assert busy("list", "--all").stderr == ""
    assert busy("count").stderr == "1 done, 1 snoozed not shown (`--all`)\n"
    assert busy("count").stdout == "2\n"
    shown = busy("list", "-O", "table", "is:snoozed").stdout
    assert "new until Mon 2026-11-23 09:00" in shown or "new until" in shown
    assert busy("list", "is:snoozed").stdout.split("\t")[3] == "new"
    assert busy().stdout.splitlines()[-1].startswith("1 needs us · 1 waits for others · 1 snoozed until ")


def test_an_error_shows_its_place_and_nothing_is_listed(busy: Desk) -> None:
    done = busy("list", "asignee:me", "tag:vip")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        'desk: query: unknown field "asignee". Did you mean "assignee"?\n  asignee:me tag:vip\n  ^^^^^^^\n'
    )
    for words in (["status:opne"], ["tag:a or tag:b"], ["@mien"], ["sort:frm"], ["a OR"], ["--sort", "frm"]):
        for command in ("list", "count", "next"):
            if "--sort" in words and command != "list":
                continue
            done = busy(command, *words)
            assert (done.returncode, done.stdout) == (2, ""), words
            assert "^" in done.stderr, words
    assert busy("count", "--by", "statsu").stderr.endswith('Did you mean "status"?\n')
    assert busy("list", "--fields", "id,subjct").returncode == 2


def test_every_form_has_the_same_tickets(busy: Desk) -> None:
    tsv = [line.split("\t") for line in busy("list").stdout.splitlines()]
    assert [len(row) for row in tsv] == [7, 7, 7]
    assert tsv[1][6] == "=HYPERLINK(evil)"
    header, *rows = csv.reader(io.StringIO(busy("list", "-O", "csv").stdout))
    assert header == [column.key for column in COLUMNS]
    # No spreadsheet takes what a customer wrote for a formula.
    assert rows[1][6] == "'=HYPERLINK(evil)"
    assert [row[:4] for row in rows] == [row[:4] for row in tsv]
    document = json.loads(busy("list", "--json").stdout)
    assert (document["total"], [item["id"] for item in document["items"]]) == (3, [row[0] for row in tsv])
    lines = [json.loads(line) for line in busy("list", "-O", "jsonl").stdout.splitlines()]
    assert [line["id"] for line in lines] == [row[0] for row in tsv]
    assert busy("list", "-O", "md").stdout.splitlines()[0].startswith("| ID | AGE |")
    table = busy("list", "-O", "table").stdout.splitlines()
    assert (table[0].split(), len(table)) == (HEADINGS.split(), 4)
    for form in ("csv", "json", "jsonl", "md", "tsv", "ids", "table"):
        nothing = busy("list", "tag:no-such", "-O", form)
        assert nothing.returncode == 0
        if form == "json":
            assert json.loads(nothing.stdout)["items"] == []
        elif form in {"tsv", "ids", "jsonl"}:
            assert nothing.stdout == ""
    fields = json.loads(busy("list", "--json", "--fields", "id,waiting-for").stdout)
    assert list(fields["items"][0]) == ["id", "waiting_for"]
    # Nothing of a mail acts on a terminal, whatever is asked for.
    for form in ("tsv", "csv", "json", "jsonl", "md", "table"):
        assert "\x1b" not in busy("list", "--all", "-O", form).stdout


def test_a_thousand_tickets_are_one_document(busy: Desk, here: Path) -> None:
    """They are written in pieces, which nobody sees."""
    pattern = (here / "tickets/2026/11/TICKET-2.md").read_text()
    for number in range(100, 1300):
        uid = pattern.partition("uid: ")[2].partition("\n")[0]
        text = pattern.replace("TICKET-2", f"TICKET-{number}").replace(uid, f'"{number:016d}"')
        (here / f"tickets/2026/11/TICKET-{number}.md").write_text(text)
    document = json.loads(busy("list", "--json").stdout)
    assert document["total"] == len(document["items"]) == 1203
    assert len(busy("list").stdout.splitlines()) == 1203
    rows = list(csv.reader(io.StringIO(busy("list", "-O", "csv").stdout)))
    assert len(rows) == 1204
    assert len(busy("list", "-O", "md").stdout.splitlines()) == 1205
    assert len(busy("list", "-O", "table").stdout.splitlines()) == 1204
    assert busy("count").stdout == "1203\n"


def test_a_file_is_written_whole_or_not_at_all(busy: Desk, here: Path) -> None:
    out = here / "out"
    out.mkdir()
    for name, begin in (
        ("a.csv", '"id",'),
        ("a.json", '{"schema": "desk/1", "kind": "tickets"'),
        ("a.md", "| ID |"),
        ("a.tsv", "TICKET-1\t"),
        ("a.txt", "ID "),
        ("a.ids", "TICKET-1\n"),
        ("a.jsonl", '{"id": "TICKET-1"'),
    ):
        done = busy("list", "-o", f"out/{name}")
        assert (done.returncode, done.stdout) == (0, "")
        assert (out / name).read_text().startswith(begin)
        assert stat.S_IMODE((out / name).stat().st_mode) == 0o600, "it holds words of customers"
    assert busy("list", "-o", "out/b.dat").returncode == 2
    assert busy("list", "-o", "out/b.dat", "-O", "csv").returncode == 0
    assert busy("list", "-o", "out/a.csv", "asignee:me").returncode == 2
    (out / "a.csv").chmod(0o640)
    (out / "link.csv").symlink_to("a.csv")
    before = (out / "a.csv").read_text()
    assert busy("list", "-o", "out/link.csv", "id:1").returncode == 0
    assert (out / "link.csv").is_symlink()
    assert stat.S_IMODE((out / "a.csv").stat().st_mode) == 0o640
    assert len((out / "a.csv").read_text()) < len(before)
    failed = busy("list", "-o", "no-such-folder/a.csv")
    assert failed.returncode != 0
    assert failed.stderr.startswith("desk: no-such-folder/a.csv")
    assert busy("list", "-o", "/dev/stdout", "-O", "ids").stdout == "TICKET-1\nTICKET-2\nTICKET-3\n"
    assert [path for path in out.iterdir() if path.name.startswith(".")] == []


def test_columns_and_order_are_the_desks_the_views_or_asked_for(busy: Desk, here: Path) -> None:
    assert [column.key for column in COLUMNS] == list(LIST_COLUMNS)
    config = here / "desk.yaml"
    text = config.read_text().replace(
        "columns: [id, age, priority, status, assignee, requester, subject]", "columns: [subject, tags]"
    )
    text = text.replace("  sort: []", "  sort: -id").replace(
        "views:\n", "views:\n  late: {query: is:waiting, columns: [email, id], sort: subject}\n"
    )
    config.write_text(text)
    # The id always stands first: the first word of a line is what other commands take.
    assert busy("list").stdout.splitlines() == [
        "TICKET-3\tStraße gesperrt\t",
        "TICKET-2\t=HYPERLINK(evil)\tvip",
        "TICKET-1\tThe late invoice\tvip",
    ]
    assert busy("list", "@late").stdout == "TICKET-3\tli@example.com\n"
    assert busy("list", "@late", "--fields", "status").stdout == "pending\n"
    assert ids(busy, "@late") == "3"
    assert ids(busy, "@late", "--fields", "subject") == "3"
    config.write_text(text.replace("[subject, tags]", "[subject, tgas]"))
    done = busy("list")
    line = next(n for n, each in enumerate(config.read_text().split("\n"), 1) if "tgas" in each)
    assert (done.returncode, done.stderr) == (
        4,
        f'desk: desk.yaml:{line}: there is no column "tgas". Did you mean "tags"?\n',
    )


def test_counting_by_a_field(busy: Desk) -> None:
    assert busy("count", "--by", "status").stdout == "new\t1\nopen\t1\npending\t1\n"
    assert busy("count", "--by", "tags", "--all").stdout.splitlines() == ["\t2", "vip\t2"]
    assert busy("count", "--by", "requester", "from:@example.com").returncode == 0
    document = json.loads(busy("count", "--json", "--by", "assignee").stdout)
    assert document == {
        "schema": "desk/1",
        "kind": "count",
        "total": 3,
        "done_hidden": 1,
        "snoozed_hidden": 0,
        "by": "assignee",
        "items": [{"value": None, "tickets": 2}, {"value": "dana", "tickets": 1}],
    }


def test_next_says_why(busy: Desk) -> None:
    name, why, *_ = busy("next").stdout.rstrip("\n").split("\t")
    assert (name, why.split(", ")[:3]) == ("TICKET-1", ["urgent", "open", "yours"])
    assert busy("next", "-O", "ids", "assignee:none").stdout == "TICKET-2\n"
    document = json.loads(busy("next", "--take", "--json", "assignee:none").stdout)
    assert (document["ticket"]["id"], document["ticket"]["assignee"], document["taken"]) == (
        "TICKET-2",
        "dana",
        True,
    )
    done = busy("next", "assignee:none")
    assert (done.returncode, done.stdout) == (3, "")
    assert "nothing to do" in done.stderr
    unknown = busy("next", "--take", env={"DESK_AGENT": ""})
    assert unknown.returncode == 3
    assert "you are no agent of this desk" in unknown.stderr


def test_the_page_of_the_language_names_every_field_and_its_examples_are_queries(busy: Desk) -> None:
    page = busy("help", "query").stdout
    assert [row.key for row in ALL_FIELDS if f"  {row.key}" not in page] == []
    assert [flag for flag in ALL_FLAGS if f"{flag.field}:{flag.value}" not in page] == []
    context = replace(CONTEXT, fields=ALL_FIELDS, flags=ALL_FLAGS)
    lines = re.findall(r"(?m)^  ((?:status:|NOT BEGIN|subject:).*)$", page)
    assert len(lines) == 4
    for line in lines:
        parse(line, context)
    for command, _ in EXAMPLES:
        done = busy(*_words(command))
        assert done.returncode in {0, 6}, (command, done.stderr)


def _words(command: str) -> list[str]:
    import shlex  # noqa: PLC0415 - as the shell reads it

    return shlex.split(command)[1:]
