"""`desk rules test`, `run`, `replay` and `explain`: rules tried, before they count and afterwards."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.cli.ask import confirm_many
from helpdesk_cli.cli.changing import report
from helpdesk_cli.cli.here import actor_of, reader_of
from helpdesk_cli.cli.mail_argument import read_mail
from helpdesk_cli.cli.progress import reporter, track
from helpdesk_cli.cli.rules_trial_view import (
    explained_lines,
    many_lines,
    replay_table,
    replay_words,
    test_lines,
)
from helpdesk_cli.desk import rules_run as runs
from helpdesk_cli.desk.rules_explain import check_event, check_rule, explain_mail, explain_ticket
from helpdesk_cli.desk.rules_files import HEAD, BrokenRulesError, book_at, book_in, own_book
from helpdesk_cli.desk.rules_replay import read_span, replay
from helpdesk_cli.desk.rules_test import Tested, document, test_rules
from helpdesk_cli.errors import FindingsError, InvalidFileError, NotFoundError, UsageError
from helpdesk_cli.mail.limits import LARGEST_MAIL
from helpdesk_cli.mail.received import Envelope
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from helpdesk_cli.cli.output import Output
    from helpdesk_cli.cli.session import Session
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.rules_reading import Book

_MOST_SHOWN = 20
TESTS = "rules/tests"


@dataclass(frozen=True, slots=True)
class Asked:
    """The words and options of the call; "" and None are not said."""

    words: tuple[str, ...] = ()
    file: str = ""
    against: str = ""
    rule: str = ""
    event: str = ""
    since: str = ""
    sender: str | None = None
    recipients: tuple[str, ...] = ()
    sends: bool = False
    full: bool = False
    dry_run: bool = False
    form: str = ""
    fields: str = ""


def do(action: str, output: Output, session: Session, desk: Desk, asked: Asked) -> int | None:
    """`desk rules ACTION`; gives the exit code, None for none of its own."""
    _check_form(action, asked)
    if action == "run":
        return run(output, session, desk, asked)
    if action == "test":
        try_tests(output, session, desk, asked)
    elif action == "explain":
        explain(output, desk, asked)
    else:
        replay_past(output, session, desk, asked)
    return None


def _check_form(action: str, asked: Asked) -> None:
    if action == "run" and asked.form:
        raise UsageError("`desk rules run` prints lines", "--output")
    if action in {"test", "explain"} and asked.form not in {"", "json"}:
        raise UsageError(f"`desk rules {action}` prints lines, or JSON", "--output")
    if asked.fields and (action != "replay" or asked.form == "json"):
        raise UsageError("there are no columns to choose from", "--fields")


def try_tests(output: Output, session: Session, desk: Desk, asked: Asked) -> None:
    """`desk rules test`. Raises FindingsError where one fails."""
    book = read_book(output, desk, asked.file)
    places = [Path(word) for word in asked.words] or [desk.path(TESTS)]
    tested: list[Tested] = []
    for each in test_rules(desk, book.rules, places):
        tested.append(each)
        if asked.form != "json" and not (each.passed and session.quiet):
            for line in test_lines(each):
                output.line(*line)
    if asked.form == "json":
        output.json(document(tested))
    failed = sum(not each.passed for each in tested)
    count = f"{len(tested):,} test{'' if len(tested) == 1 else 's'}"
    if failed:
        raise FindingsError(f"{failed:,} of {len(tested):,} tests {'fails' if failed == 1 else 'fail'}")
    if asked.form != "json":
        output.confirm(f"{count}, all as expected.")


def explain(output: Output, desk: Desk, asked: Asked) -> None:
    """`desk rules explain`."""
    book = read_book(output, desk, asked.file)
    only = check_rule(book, asked.rule) if asked.rule else ""
    event = check_event(asked.event)
    if len(asked.words) != 1:
        raise UsageError("which ticket, or which mail?", hint="Say 42, 42.3 or a file.")
    (what,) = asked.words
    if what == "-" or Path(what).is_file():
        if event:
            raise UsageError("a mail in a file says itself what it sets off", "--event")
        found = explain_mail(desk, book, read_mail(what), Envelope(asked.sender, asked.recipients))
    elif "/" in what or what.endswith(".eml"):
        raise NotFoundError("there is no such file", what, "Name a ticket, or a mail in a file.")
    elif asked.sender is not None or asked.recipients:
        raise UsageError("--sender and --recipient are for a mail in a file", "rules explain")
    else:
        found = explain_ticket(desk, book, what, event=event)
    if asked.form == "json":
        output.json(found.json())
    else:
        output.page(explained_lines(found, only=only))


def run(output: Output, session: Session, desk: Desk, asked: Asked) -> int:
    """`desk rules run`: gives the exit code."""
    book = read_book(output, desk, asked.file)
    rule = check_rule(book, asked.rule) if asked.rule else ""
    wanted = runs.wanted_of(book, rule=rule, event=check_event(asked.event), sends=asked.sends)
    actor = actor_of(desk, session)
    for name in runs.held_back(wanted):
        output.note(f'"{name}" would write to somebody and is not run: --send lets it.')
    found = runs.find(desk, wanted, asked.words, actor=actor, progress=reporter("tickets", session))
    if not found:
        output.note("The rules change no ticket.")
        return 0
    if not asked.dry_run:
        confirm_many(session, "Let rules act on", found)
    counted = track(found, total=len(found), what="tickets", session=session)
    outcome = runs.run(desk, wanted, counted, actor=actor, dry_run=asked.dry_run)
    code = report(output, outcome, dry_run=asked.dry_run)
    if outcome.recorded and not asked.dry_run:
        output.note(f"`desk undo {outcome.op}` takes it back.")
    return code


def replay_past(output: Output, session: Session, desk: Desk, asked: Asked) -> None:
    """`desk rules replay`. Raises FindingsError where a ticket comes out otherwise."""
    after = read_book(output, desk, asked.file)
    against = asked.against or ("" if asked.file else HEAD)
    try:
        before = book_at(desk, against) if against else own_book(desk)
    except BrokenRulesError as error:
        raise _told(output, error) from None
    span = read_span(asked.since or "90d", desk.now, desk)
    found = replay(
        desk,
        before,
        after,
        span,
        query=asked.words,
        actor=reader_of(desk, session),
        progress=reporter("tickets", session),
    )
    if asked.form == "json":
        output.json(found.json())
    else:
        output.table(replay_table(found, full=asked.full), asked.form or "table", fields=asked.fields)
    if asked.form in {"", "table"}:
        output.line(replay_words(found))
        for line in many_lines(found.otherwise, len(found.otherwise) if asked.full else _MOST_SHOWN):
            output.line(*line)
    if found.timers:
        output.note(f"Rules of time are not replayed: {', '.join(found.timers)}.")
    if found.unknown:
        many = f"{found.unknown:,} mail{'' if found.unknown == 1 else 's'}"
        output.note(f"Of {many} not all is known that rules ask: the originals are on another host, or gone.")
    for path, why in found.skipped:
        output.error(why if path in why else f"{path}: {why}")
    if found.changed:
        many = f"{found.changed:,} ticket{' comes' if found.changed == 1 else 's come'}"
        raise FindingsError(f"{many} out otherwise")


def read_book(output: Output, desk: Desk, file: str) -> Book:
    """The rules of the file named, `-` for standard input, else the desk's own; what is wrong is all told."""
    try:
        if file == "-":
            return book_in(desk, sys.stdin.buffer.read(LARGEST_MAIL), place="standard input")
        if not file:
            return own_book(desk)
        if not Path(file).exists():
            raise NotFoundError("no such file or directory", file)
        return book_at(desk, file)
    except BrokenRulesError as error:
        raise _told(output, error) from None


def _told(output: Output, error: BrokenRulesError) -> InvalidFileError:
    for slip in error.slips:
        output.error(str(slip))
    number = len(error.slips)
    return InvalidFileError(f"{number} mistake{'' if number == 1 else 's'}: these rules cannot be asked")
