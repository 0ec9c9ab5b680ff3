"""`desk help`: the pages of commands and topics."""

from typing import Annotated

import typer

from helpdesk_cli.cli import contents, manual, topics
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.output import Output
from helpdesk_cli.cli.root import load, unknown
from helpdesk_cli.cli.session import session_of


def explain(
    context: typer.Context,
    topic: Annotated[
        str,
        typer.Argument(
            metavar="TOPIC",
            help="A command or a topic; without one, the list of commands.",
            autocompletion=lambda: [*contents.names(), *topics.topic_names()],
        ),
    ] = "",
) -> None:
    """Explain a command or a topic.

    `desk help topics` lists the topics. The same pages are man pages (`man desk-list`) where they
    were installed: see `desk help man`.
    """
    output = Output(session_of(context))
    output.text(find_text(topic, output.width))


def find_text(topic: str, width: int) -> str:
    """The page's text for a terminal of that width. Raises UsageError for what is neither."""
    if not topic:
        return manual.contents_as_text(contents.in_groups(), width)
    entry = contents.find(topic)
    page = load(entry).page(entry.name) if entry else topics.find_topic(topic)
    if page is None:
        raise unknown(topic, topics.topic_names())
    return manual.as_text(page, width)


COMMAND = Command(
    explain,
    usage=("[TOPIC]",),
    examples=(
        ("desk help tag", "Explain `desk tag`."),
        ("desk help exit-codes", "List the exit codes."),
        ("desk help topics", "List what else is explained."),
    ),
    see_also=("man",),
)
