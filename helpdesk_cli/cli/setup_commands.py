"""`desk setup commands`: a person looks at the commands of desk.yaml, and says which may run on this host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.cli.ask import choose, confirm
from helpdesk_cli.cli.here import reader_of
from helpdesk_cli.desk.approving import approve, require_owner, review, running_user_name
from helpdesk_cli.errors import UsageError
from helpdesk_cli.table import Toned

if TYPE_CHECKING:
    from helpdesk_cli.cli.output import Output
    from helpdesk_cli.cli.session import Session
    from helpdesk_cli.desk.approving import Reviewed, State
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.table import Tone

_TONES: dict[State, Tone] = {"approved": "good", "new": "notice", "changed": "alarm"}
_INDENT = f"{'':10}"


def set_up_commands(session: Session, output: Output, desk: Desk) -> None:
    """Show every command, and ask whether what is new or changed may run.

    Raises CancelledError where that is not confirmed; UsageError where it cannot be.
    """
    found = review(desk)
    for each in found:
        _show(output, each)
    asked = [each for each in found if each.state != "approved"]
    if not asked:
        said = "all of them are approved" if found else "there is none that would have to be"
        output.confirm(f"Commands of desk.yaml that this host runs: {said}.")
        return
    _refuse_inside(asked)
    require_owner(desk)
    output.note("`git log -p desk.yaml` says who wrote them.")
    confirm(session, _question(asked))
    _approve(output, session, desk, asked)


def offer(session: Session, output: Output, desk: Desk, *, place: str) -> None:
    """Where a person is at the terminal: ask whether commands may run that are needed now.

    Those whose place begins with `place`. `--yes` is no answer: it is said of other things. Returns also
    where they were not approved; whoever runs them says so.
    """
    asked = [each for each in review(desk) if each.state != "approved" and each.named.place.startswith(place)]
    if not asked or not output.to_terminal or any(each.inside for each in asked):
        return
    try:
        require_owner(desk)
    except UsageError:
        return
    for each in asked:
        _show(output, each)
    if choose(session, _question(asked), may_edit=False) == "yes":
        _approve(output, session, desk, asked)


def _show(output: Output, reviewed: Reviewed) -> None:
    named, before = reviewed.named, reviewed.approval
    place = f"desk.yaml:{reviewed.line}" if reviewed.line else "desk.yaml"
    output.line(Toned(f"{reviewed.state:<10}", _TONES[reviewed.state]), f"{place}: {named.place}")
    output.line(f"{_INDENT}{_visible(named.text)}")
    if named.to:
        output.line(f"{_INDENT}prints the secret of {_visible(named.to)}")
    if before is None:
        return
    by = f"approved by {before.by} at {before.at}"
    if reviewed.state == "approved":
        output.line(Toned(f"{_INDENT}{by}", "faint"))
        return
    text = "" if before.text == named.text else f": {_visible(before.text)}"
    to = "" if before.to == named.to or not before.to else f", for {_visible(before.to)}"
    output.line(Toned(f"{_INDENT}before, {by}{text}{to}", "notice"))


def _visible(text: str) -> str:
    """On one line, whatever it holds: a line break, too, could hide what comes behind it."""
    return text.replace("\n", "\\u{a}").replace("\t", "\\u{9}")


def _refuse_inside(asked: list[Reviewed]) -> None:
    for each in asked:
        if each.inside:
            raise UsageError(
                f"{each.inside} lies in the desk: whoever may push can change what it does",
                f"desk.yaml:{each.line}: {each.named.place}",
                "Put it elsewhere, such as /usr/local/bin or /etc, and name it there.",
            )


def _question(asked: list[Reviewed]) -> str:
    what = "this command" if len(asked) == 1 else f"these {len(asked)} commands"
    return f"May {what} run on this host from now on, whenever needed?"


def _approve(output: Output, session: Session, desk: Desk, asked: list[Reviewed]) -> None:
    who = reader_of(desk, session)
    approve(desk, [each.named for each in asked], by=who.key if who else running_user_name())
    for each in asked:
        output.confirm(f"Approved on this host: {each.named.place}")
