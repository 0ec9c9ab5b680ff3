"""What `desk help` explains beside the commands: exit codes, ids, output, environment, options."""

from __future__ import annotations

import importlib
import inspect
from typing import TYPE_CHECKING

from helpdesk_cli.cli.globals import global_options
from helpdesk_cli.cli.manual import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typer.core import TyperOption

_TEXTS = {
    "exit-codes": """
        What the exit status of a command says.

        Every command ends with one of these. `desk-ingest`, the door for mail systems, ends with 0 or
        75 and nothing else.

          0    done
          1    a check (`desk fsck`, `desk doctor`) found something
          2    the command line or a query is wrong; nothing was changed
          3    not found, ambiguous, or on another host
          4    a ticket file, configuration file or template is invalid
          5    a conflict: somebody else changed the same thing; nothing was overwritten
          6    cancelled: the answer was no, the edited text was empty, or nobody could be asked
          7    a mail was not sent; it stays in the outbox
          8    done in part: some files could not be read, they are named on standard error
          70   an internal error; the message says where its traceback is
          75   a passing fault (a busy lock, a full disk): the same call may succeed later

        130 is an interrupt from the keyboard, 141 a reader that went away (`desk list | head`).
        """,
    "ids": """
        How tickets and messages are named.

        `42`, `042`, `TICKET-42` and `ticket-42` name the same ticket; the prefix is set in
        `desk.yaml`. `42.3` is the third message of ticket 42.

        A command that takes tickets takes several, and `-` for a list on standard input: the first
        word of each line counts and the rest is ignored, so that the output of `desk list` can be fed
        back as it is:

          desk list --tag outage | fzf -m | desk close -

        `-q QUERY` means the tickets that `desk list QUERY` shows, beside those that are named. An empty
        query means all that is not done, and is asked about.

          desk close -q 'status:resolved silent-for:7d..'

        So behind the name of such a command `-q` is no short form of `--quiet`.

        Writing to more than five tickets is asked about first. `--yes` answers; without a terminal
        and without `--yes` the command refuses and ends with 6. `desk undo` takes it back.

        In `desk tag` and `desk list`, words may start with a dash: `desk tag 42 +vip -billing`,
        `desk list -tag:spam`. There a single dash begins an option only when the word is exactly an
        option, such as `-n`; a double dash always does. After `--` everything is a word.
        """,
    "output": """
        Where output goes and in what form.

        Results go to standard output, everything else to standard error. On a terminal, lists are
        tables fitted to its width, and long texts go through the pager. In a pipe, lists are lines of
        tab-separated values without a heading, whole and without colour.

        `--output` (`-O`) names the form: `table`, `tsv`, `csv` (with a heading, every cell quoted, a
        cell that a spreadsheet would take for a formula prefixed with an apostrophe), `json`, `jsonl`
        (one object a line), `ids` or `md`. Times are RFC 3339, lengths of time are seconds.

        Control characters, escape sequences and characters that hide or reorder text are printed as
        `\\u{1b}` wherever they come from; JSON escapes them in its own way. No mail can write to your
        terminal.

        Colour follows `--color`, then `NO_COLOR`, then whether the output is a terminal and `TERM` is
        not `dumb`.
        """,
    "json": """
        What JSON output looks like.

        Every document says its schema and its kind. Names are in snake_case. What is not known is
        `null`, an empty list is `[]`; no key is left out. Times are RFC 3339 in UTC, lengths of time are
        whole seconds, sizes are bytes. Within the schema `desk/1`, keys are only ever added, and none
        is given another meaning. Control characters are escaped, other scripts are not.

        `desk show --json ID`; for several tickets one document a line:

          {"schema": "desk/1", "kind": "ticket", "ticket": {
            "id", "uid", "subject", "status", "priority", "category", "type", "product", "team",
            "inbox", "channel", "requester": {"name", "email", "phone", "handle"},
            "cc": [{"name", "email"}], "assignee", "tags": [], "created_at", "merged_into",
            "formerly": [], "links": [], "linked": [], "snoozed_until", "snooze_on_reply", "path",
            "timeline": [ENTRY, ...]}}

        The path is that of the ticket's file, from the desk's root. An entry of the timeline is a
        message, a note, an event or a tombstone, in order of time:

          {"kind": "message", "id", "number": "42.3", "at", "direction": "in" or "out", "by",
            "from": {"name", "email"}, "to": [], "cc": [], "reply_to": [], "subject", "date",
            "message_id", "in_reply_to", "references": [], "threaded_by", "inbox",
            "text", "new_text", "automatic", "bulk", "spam", "answerable", "authenticated",
            "failed_recipients": [], "delivery", "outbox", "forwards", "moved_from",
            "flags": [], "headers": [{"name", "value"}], "raw", "suggested_requester",
            "attachments": [{"filename", "original_name", "content_type", "size", "sha256", "path"}]}
          {"kind": "note", "id", "by", "at", "text", "mentions": [], "moved_from", "attachments": []}
          {"kind": "event", "id", "by", "at", "what", "changes": [CHANGE, ...],
            "facts": [{"key", "value"}]}
          {"kind": "tombstone", "id", "number", "by", "at", "covers", "reason", "removed_at",
            "message_id"}

        `text` is the whole text of a message, `new_text` what its author newly wrote, without quoted
        history and signature. `automatic` is `auto-reply`, `bounce`, `loop`, `other` or `null`; `bulk` is
        `list`, `newsletter` or `null`. `by` is the agent who entered or sent it, `null` for mail that
        came in. The path of an attachment is relative to the ticket's file, and `null` when the
        attachment is too large for git. A change is one of

          {"field", "old", "new"}
          {"field", "added": [], "removed": []}

        `desk list --json`; an item is a ticket without its timeline, with the times and numbers that the
        timeline comes to:

          {"schema": "desk/1", "kind": "tickets", "total", "items": [{...,
            "last_at", "last_in_at", "last_out_at", "first_response_at", "unanswered_at",
            "resolved_at", "snoozed_until", "messages", "replies", "notes", "attachments"}]}

        Bare `desk` (`desk overview --json`) adds `need_us`, `waiting`, `snoozed`, `done` and
        `problems`.

        `desk count --json` and `desk next --json`:

          {"schema": "desk/1", "kind": "count", "total", "done_hidden", "snoozed_hidden", "by",
            "items": [{"value", "tickets"}]}
          {"schema": "desk/1", "kind": "next", "ticket", "why": [], "taken", "left"}

        `desk ingest --json`, one a line; the outcome is `created`, `appended`, `duplicate`, `unparsed`
        or `deferred`:

          {"schema": "desk/1", "kind": "ingested", "file", "outcome", "ticket", "message"}

        `desk new --json FILE`:

          {"schema": "desk/1", "kind": "opened", "outcome": "created" or "appended", "ticket"}

        `desk fsck --json` and `desk doctor --json`:

          {"schema": "desk/1", "kind": "findings", "total",
            "items": [{"code", "path", "problem", "remedy", "repairable"}],
            "repaired": [{"code", "path", "what"}]}
          {"schema": "desk/1", "kind": "diagnoses", "total",
            "items": [{"level", "subject", "code", "what", "remedy"}]}

        `desk log --json`, `desk whoami --json` and `desk backup --json`:

          {"schema": "desk/1", "kind": "log", "total",
            "items": [{"at", "commit", "ticket", "who", "what", "op", "rule"}]}
          {"schema": "desk/1", "kind": "agent", "agent": {"key", "name", "email", "why"}}
          {"schema": "desk/1", "kind": "backup", "path", "size"}
        """,
    "environment": """
        The variables that desk reads.

          DESK_DIR       the desk to use, as -C does
          DESK_AGENT     the agent who acts, as --as does
          DESK_NOW       the time to take for the present, as --now does
          DESK_NO_INPUT  1: never ask; what would need an answer is refused with exit code 6
          DESK_PAGER     the pager; then GIT_PAGER, PAGER, less. `cat` or empty: none
          DESK_EDITOR    the editor; then GIT_EDITOR, VISUAL, EDITOR, vi
          DESK_DEBUG     1: print the traceback of an internal error
          NO_COLOR       any value: no colour
          COLUMNS        the width of tables

        The pager runs with `LESSSECURE=1`: text from a mail cannot make it start a program.
        """,
}


def topic_names() -> list[str]:
    """The names of all topics, in the order in which they are listed."""
    return [*sorted([*_TEXTS, "options", "query"]), "topics"]


def find_topic(name: str) -> Page | None:
    """The page of a topic; None when there is no such topic."""
    if name == "options":
        return _options()
    if name == "query":
        # It has every field of the language in it.
        page: Page = importlib.import_module("helpdesk_cli.cli.query_topic").page()
        return page
    if name == "topics":
        return _topics()
    text = _TEXTS.get(name)
    return Page(name, inspect.cleandoc(text)) if text else None


def records(options: Sequence[TyperOption]) -> tuple[tuple[str, str], ...]:
    """(how it is written, what it does) of each option."""
    found = []
    for option in options:
        written = ", ".join(sorted(option.opts, key=lambda name: (name.startswith("--"), name)))
        found.append((written if option.is_flag else f"{written} {option.metavar}", str(option.help)))
    return tuple(found)


def _options() -> Page:
    text = (
        "The options that every command takes.\n\nThey may stand before the command's name or after it;"
        " where both are given, the later one counts."
    )
    return Page("options", text, options=records(global_options(with_version=True)))


def _topics() -> Page:
    lines = [
        f"  {name.ljust(14)} {page.summary}" for name in topic_names()[:-1] if (page := find_topic(name))
    ]
    return Page("topics", "What `desk help` explains beside the commands.\n\n" + "\n".join(lines))
