"""The table of contents: every command's name, where it lives, its summary and its group.

Help, "did you mean" and the completion of names read only this; a command's module is imported
when it is chosen. A test holds each summary equal to the first line of the command's own help.
"""

from __future__ import annotations

from typing import Literal

from helpdesk_cli.values import dataclass

Group = Literal["daily", "tickets", "mail", "care", "about"]

GROUPS: dict[Group, str] = {
    "daily": "Daily work",
    "tickets": "More on tickets",
    "mail": "Mail",
    "care": "Looking after the desk",
    "about": "About desk",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the table of contents; `target` is `module:NAME` below helpdesk_cli.cli."""

    name: str
    target: str
    summary: str
    group: Group
    aliases: tuple[str, ...] = ()
    hidden: bool = False  # called by programs or by default, not typed by people


ENTRIES: tuple[Entry, ...] = (
    Entry("ingest", "ingest:COMMAND", "Take mail in.", "daily"),
    Entry(
        "list", "list:COMMAND", "List tickets, the most urgent and longest waiting first.", "daily", ("ls",)
    ),
    Entry("count", "count:COMMAND", "Count tickets.", "tickets"),
    Entry("show", "show:SHOW", "Show tickets, or single messages.", "daily"),
    Entry("next", "next:COMMAND", "Give the one ticket to do now, and why.", "daily"),
    Entry("take", "assign:TAKE", "Take tickets: they become yours.", "daily"),
    Entry("assign", "assign:ASSIGN", "Give tickets to an agent.", "daily"),
    Entry("escalate", "escalate:COMMAND", "Escalate tickets: a step up, or to whom you name.", "tickets"),
    Entry("agent", "agent:COMMAND", "Say who is here, and who is away until when.", "tickets"),
    Entry("tag", "tag:COMMAND", "Put tags on tickets and take tags off.", "daily"),
    Entry("status", "status:STATUS", "Bring tickets into a status.", "daily"),
    Entry("reply", "reply:COMMAND", "Answer the people who wrote.", "daily"),
    Entry(
        "report", "report:COMMAND", "Tell what the tickets come to: how much, how soon, how well.", "daily"
    ),
    Entry("note", "note:COMMAND", "Add an internal note; it never leaves the desk.", "daily"),
    Entry("new", "new:COMMAND", "Open a ticket for what did not come by mail.", "daily"),
    Entry("resolve", "status:RESOLVE", "Say that the requester has what they asked for.", "tickets"),
    Entry("close", "status:CLOSE", "Close tickets: nothing more is expected.", "tickets"),
    Entry("reopen", "status:REOPEN", "Take tickets up again: the status becomes open.", "tickets"),
    Entry("forward", "forward:COMMAND", "Hand a message on to a third party.", "tickets"),
    Entry("snooze", "snooze:SNOOZE", "Let tickets rest until a time.", "tickets"),
    Entry("wake", "snooze:WAKE", "Wake snoozed tickets before their time.", "tickets"),
    Entry("merge", "merge:MERGE", "Merge tickets into one.", "tickets"),
    Entry("unmerge", "merge:UNMERGE", "Take merged tickets out again.", "tickets"),
    Entry("dupes", "dupes:COMMAND", "Find tickets that may be one.", "tickets"),
    Entry("split", "merge:SPLIT", "Make a ticket of its own of messages that are another matter.", "tickets"),
    Entry("link", "link:LINK", "Link tickets: related, one blocking or part of the other.", "tickets"),
    Entry("unlink", "link:UNLINK", "Take links between tickets away.", "tickets"),
    Entry("set", "set:COMMAND", "Set fields of tickets.", "tickets"),
    Entry("attachments", "show:ATTACHMENTS", "List the attachments of a ticket, or take one out.", "tickets"),
    Entry("edit", "edit:COMMAND", "Edit tickets in your editor.", "tickets"),
    Entry("log", "log:COMMAND", "Tell what happened.", "tickets"),
    Entry("bulk", "bulk:COMMAND", "Change many tickets in your editor, a line each.", "tickets"),
    Entry("undo", "undo:COMMAND", "Take back what a command did.", "tickets"),
    Entry("sla", "sla:COMMAND", "Show what is due to whom, and act on what is late.", "tickets"),
    Entry("rules", "rules:COMMAND", "Say what happens to tickets by itself; check and try it.", "tickets"),
    Entry("path", "show:PATH", "Print where tickets lie.", "tickets"),
    Entry("outbox", "outbox:COMMAND", "Show mail on its way out, send it, or give it up.", "mail"),
    Entry("template", "template:COMMAND", "Look at the templates for replies, try them, check them.", "mail"),
    Entry("kb", "kb:COMMAND", "Find articles, and those that fit a ticket.", "mail"),
    Entry(
        "customer",
        "customer:COMMAND",
        "Say who customers are, show all that they asked, hand it out, or erase it.",
        "tickets",
    ),
    Entry("overview", "overview:COMMAND", "Show what needs attention.", "daily", hidden=True),
    Entry(
        "spam", "spam:SPAM", "Call tickets spam: out of every list, and nothing is sent from them.", "mail"
    ),
    Entry("unspam", "spam:UNSPAM", "Take spam back: the status becomes what it was.", "mail"),
    Entry("fetch", "fetch:COMMAND", "Fetch mail from mailboxes elsewhere.", "mail"),
    Entry("init", "init:COMMAND", "Begin a desk in a folder, or complete a clone of one.", "care"),
    Entry(
        "doctor",
        "doctor:COMMAND",
        "Look whether everything around the tickets is set up as it should be.",
        "care",
    ),
    Entry("ack", "ack:COMMAND", "Say whether a mail is acknowledged, and by which rule.", "mail"),
    Entry("csat", "csat:COMMAND", "Say how satisfied people are.", "mail"),
    Entry(
        "setup",
        "setup:COMMAND",
        "Hook a mail server or cron up to this desk; say which commands run here.",
        "care",
    ),
    Entry(
        "cron", "cron:COMMAND", "Do what is due: mail that goes out, notices, digests, what waits.", "care"
    ),
    Entry("whoami", "whoami:COMMAND", "Say which agent you are and why.", "care"),
    Entry(
        "fsck",
        "fsck:COMMAND",
        "Check that everything is there, whole, and where it belongs.",
        "care",
    ),
    Entry(
        "sync",
        "sync:COMMAND",
        "Bring this clone and the others together: take what they did, give what was done here.",
        "care",
    ),
    Entry("reindex", "reindex:COMMAND", "Make the index anew from the ticket files.", "care"),
    Entry(
        "redact",
        "redact:COMMAND",
        "Take out what must not be kept: a message, a note, an attachment.",
        "care",
    ),
    Entry(
        "export", "export:COMMAND", "Write tickets for other programs: a table, JSON, or a mailbox.", "care"
    ),
    Entry("qa", "qa:COMMAND", "Review answers: draw some, give points, see what they came to.", "care"),
    Entry(
        "reconcile",
        "reconcile:COMMAND",
        "Look whether every mail that the mail server handed over is here.",
        "care",
    ),
    Entry(
        "import", "import_:COMMAND", "Take over an old mailbox, or the tickets of another helpdesk.", "care"
    ),
    Entry("backup", "backup:BACKUP", "Write the whole desk into one file.", "care"),
    Entry("restore", "backup:RESTORE", "Make a desk again from its backup.", "care"),
    Entry(
        "merge-driver",
        "merge_driver:COMMAND",
        "Merge two versions of a ticket file; called by git.",
        "care",
    ),
    Entry("help", "help:COMMAND", "Explain a command or a topic.", "about"),
    Entry("completion", "completion:COMMAND", "Print the completion script for a shell.", "about"),
    Entry("man", "man:COMMAND", "Write the manual pages.", "about"),
)


def find(name: str) -> Entry | None:
    """The entry of that name or alias."""
    return next((entry for entry in ENTRIES if name == entry.name or name in entry.aliases), None)


def names() -> list[str]:
    """Every name a person may type, aliases included."""
    return [name for entry in ENTRIES if not entry.hidden for name in (entry.name, *entry.aliases)]


def in_groups() -> list[tuple[str, list[Entry]]]:
    """(heading, entries) as help shows them: the daily verbs first; empty groups are left out."""
    groups = [
        (heading, [entry for entry in ENTRIES if entry.group == group and not entry.hidden])
        for group, heading in GROUPS.items()
    ]
    return [(heading, entries) for heading, entries in groups if entries]
