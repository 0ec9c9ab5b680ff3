"""The JSON of a mail taken in says what the functions that read mail found: the ticket file loses nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from corpus.facts import facts_of_functions, facts_of_json, facts_of_mail
from corpus.score import CHECKS, fold, score
from corpus.score_meaning import MEANING_CHECKS, ONLY_JUDGED
from corpus_door.front import NOW
from documented import faults

from helpdesk_cli.desk.clock import read_clock
from helpdesk_cli.desk.desk import open_desk
from helpdesk_cli.desk.reading import circumstances_of
from helpdesk_cli.mail.reading import receive
from helpdesk_cli.mail.received import Envelope

if TYPE_CHECKING:
    from corpus.facts import Facts
    from corpus_door.filled import Filled

    from helpdesk_cli.mail.received import Received


@pytest.fixture(scope="module")
def documents(filled: Filled) -> list[dict[str, Any]]:
    """What is shown of every ticket of the desk."""
    ids = filled.front.desk("list", "--all", "-O", "ids").text.split()
    return filled.front.desk("show", "--json", *ids).documents()


@pytest.fixture(scope="module")
def messages(documents: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Every message of the desk by the id of its entry."""
    entries = [entry for document in documents for entry in document["ticket"]["timeline"]]
    return {entry["id"]: entry for entry in entries if entry["kind"] == "message"}


@pytest.fixture(scope="module")
def received(filled: Filled) -> dict[bytes, Received]:
    """Every mail as the functions read it for this desk."""
    around = circumstances_of(open_desk(filled.front.root, now=read_clock(NOW)))
    return {raw: receive(raw, Envelope(), around) for raw in filled.mails.values()}


def test_the_json_is_as_documented(filled: Filled, documents: list[dict[str, Any]]) -> None:
    assert faults(documents, "list of document") == []
    assert faults(list(filled.told().values()), "list of ingested") == []
    assert faults(filled.front.desk("list", "--all", "--json").documents()[0], "tickets") == []
    assert faults(filled.front.desk("overview", "--json").documents()[0], "overview") == []


def test_the_json_says_what_was_read(
    filled: Filled, messages: dict[str, dict[str, Any]], received: dict[bytes, Received]
) -> None:
    compared = 0
    for file, told in filled.told().items():
        read = received[filled.mails[file]]
        # Of a mail that came twice, the first copy is the one that was filed.
        if told["outcome"] != "duplicate":
            facts = facts_of_functions(read.mail, read.body, read.kind)
            assert as_json_has_it(facts) == in_one_line(facts_of_json(messages[read.entry_id])), file
            compared += 1
    assert compared > 600


def as_json_has_it(facts: Facts) -> Facts:
    """Less what the JSON leaves to the headers: of several senders the others, and what the desk decides."""
    return in_one_line(replace(facts, judged=None, senders=(*facts.senders, ("", ""))[:1]))


def in_one_line(facts: Facts) -> Facts:
    """With the new text folded: blank lines between two pieces of it are not part of the promise."""
    return replace(facts, new_text=fold(facts.new_text))


def test_every_message_knows_its_original(filled: Filled, messages: dict[str, dict[str, Any]]) -> None:
    for message in messages.values():
        filled.front.kept(message["raw"].removeprefix("sha256:"))


def test_the_score_of_the_json_is_the_score_of_the_functions(
    messages: dict[str, dict[str, Any]], received: dict[bytes, Received]
) -> None:
    checks = {name: check for name, check in (CHECKS | MEANING_CHECKS).items() if name not in ONLY_JUDGED}
    by_json = score(checks, lambda raw: facts_of_json(messages[received[raw].entry_id]))
    by_functions = score(checks, facts_of_mail)
    assert [(each.mail, each.field) for each in by_json if each.miss] == [
        (each.mail, each.field) for each in by_functions if each.miss
    ]
    assert len(by_json) == len(by_functions) > 300
